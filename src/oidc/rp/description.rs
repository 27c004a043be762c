//! What a provider says of itself, as far as it decides where users, codes and tokens go: what of
//! another description counts at once, and what waits for an operator (D09).
//!
//! Keys are no part of it. They come from the address that is known, over verified TLS, and a
//! provider changes them as it likes; whoever can answer there has the provider itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::oidc::client::{Endpoints, Issuer};

/// Where a provider listens, and what it has promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Its name, byte for byte.
    pub issuer: String,
    /// Where it listens.
    pub endpoints: Endpoints,
    /// Whether it promised to name itself in every answer (RFC 9207).
    pub names_itself: bool,
}

/// What to do with a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It counts from now on; this changes by it.
    Take(Vec<String>),
    /// An operator decides over it.
    Wait {
        /// Why it does not count by itself, for the operator.
        reason: &'static str,
        /// What would change.
        difference: Vec<String>,
    },
    /// It is no description of this provider.
    Refuse(&'static str),
}

impl Description {
    /// Reads what was kept of this provider; nothing where it is of another or cannot be read.
    pub fn read(bytes: &[u8], issuer: &Issuer) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        (read.issuer == issuer.as_str() && read.unusable().is_none()).then_some(read)
    }

    /// As it is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Decides over this description, while `served` counts.
    pub fn over(&self, served: Option<&Self>) -> Verdict {
        if let Some(check) = self.unusable() {
            return Verdict::Refuse(check);
        }
        let difference = self.difference(served);
        let Some(served) = served else {
            return if self.strangers().next().is_none() {
                // The operator wrote its name down, and TLS vouches for it: the first answer is believed.
                Verdict::Take(difference)
            } else {
                let reason = "it has addresses at other hosts than its own";
                Verdict::Wait { reason, difference }
            };
        };
        // What only comes in addition, at its own host, takes nothing away from anybody.
        let comes_alone = !difference.iter().any(|line| line.starts_with('-'));
        let known: Vec<&Url> = served.addresses().map(|(_, url)| url).collect();
        if comes_alone && self.strangers().all(|url| known.contains(&url)) {
            Verdict::Take(difference)
        } else {
            let reason = "it would send users, codes or tokens elsewhere";
            Verdict::Wait { reason, difference }
        }
    }

    /// What differs from what is served, as a person reads it: `-` goes, `+` comes.
    pub fn difference(&self, served: Option<&Self>) -> Vec<String> {
        let before = served.map(Self::facts).unwrap_or_default();
        let after = self.facts();
        let gone = before
            .iter()
            .filter(|(what, says)| after.get(*what) != Some(says));
        let come = after
            .iter()
            .filter(|(what, says)| before.get(*what) != Some(says));
        let gone = gone.map(|(what, says)| format!("- {what} {says}"));
        gone.chain(come.map(|(what, says)| format!("+ {what} {says}")))
            .collect()
    }

    fn facts(&self) -> BTreeMap<&'static str, String> {
        let mut facts: BTreeMap<_, _> = self
            .addresses()
            .map(|(what, url)| (what, url.to_string()))
            .collect();
        if self.names_itself {
            facts.insert("names itself in every answer", "(iss)".to_owned());
        }
        facts
    }

    fn addresses(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        let Endpoints {
            authorization,
            token,
            jwks,
            userinfo,
            end_session,
        } = &self.endpoints;
        [
            ("users are sent to", Some(authorization)),
            ("codes are redeemed at", Some(token)),
            ("keys are at", Some(jwks)),
            ("userinfo is at", userinfo.as_ref()),
            ("logouts go to", end_session.as_ref()),
        ]
        .into_iter()
        .filter_map(|(what, url)| Some((what, url?)))
    }

    /// Addresses at other hosts than the provider's own, or at other ports.
    fn strangers(&self) -> impl Iterator<Item = &Url> {
        let own = Url::parse(&self.issuer).ok().map(|url| url.origin());
        self.addresses()
            .map(|(_, url)| url)
            .filter(move |url| Some(url.origin()) != own)
    }

    /// Plain http is for whoever's own name is, which is this machine and nobody else.
    fn unusable(&self) -> Option<&'static str> {
        let plain_is_known = self.issuer.starts_with("http:");
        let is_usable = |url: &Url| url.scheme() == "https" || plain_is_known && url.scheme() == "http";
        self.addresses()
            .any(|(_, url)| !is_usable(url))
            .then_some("endpoint_scheme")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str) -> Description {
        let url = |path: &str| format!("https://{host}{path}").parse().unwrap();
        Description {
            issuer: "https://login.example".to_owned(),
            endpoints: Endpoints {
                authorization: url("/authorize"),
                token: url("/token"),
                jwks: url("/jwks"),
                userinfo: None,
                end_session: None,
            },
            names_itself: true,
        }
    }

    fn waits(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Wait { .. })
    }

    #[test]
    fn the_first_description_counts_at_its_own_host_alone() {
        assert!(matches!(at("login.example").over(None), Verdict::Take(_)));
        for elsewhere in ["login.example.ondskab.example", "login.example:8443", "example"] {
            assert!(waits(&at(elsewhere).over(None)), "{elsewhere}");
        }
        let mut mixed = at("login.example");
        mixed.endpoints.userinfo = Some("https://graph.example/userinfo".parse().unwrap());
        assert!(waits(&mixed.over(None)));
    }

    #[test]
    fn whatever_moves_or_goes_waits_and_what_only_comes_at_home_does_not() {
        type Change = fn(&mut Description, Url);
        let served = at("login.example");
        let url = |text: &str| -> Url { text.parse().unwrap() };
        let changes: [Change; 5] = [
            |it, url| it.endpoints.authorization = url,
            |it, url| it.endpoints.token = url,
            |it, url| it.endpoints.jwks = url,
            |it, url| it.endpoints.userinfo = Some(url),
            |it, url| it.endpoints.end_session = Some(url),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut elsewhere = served.clone();
            change(&mut elsewhere, url("https://ondskab.example/x"));
            assert!(waits(&elsewhere.over(Some(&served))), "{number} elsewhere");
            let mut at_home = served.clone();
            change(&mut at_home, url("https://login.example/x"));
            assert_eq!(
                waits(&at_home.over(Some(&served))),
                number < 3,
                "{number} at home"
            );
            // What was there and goes away again.
            if number >= 3 {
                assert!(waits(&served.over(Some(&at_home))), "{number} goes");
            }
            let mut plain = served.clone();
            change(&mut plain, url("http://login.example/x"));
            assert!(
                matches!(plain.over(Some(&served)), Verdict::Refuse(_)),
                "{number} in plain"
            );
        }
        let mut nameless = served.clone();
        nameless.names_itself = false;
        assert!(waits(&nameless.over(Some(&served))));
        assert!(!waits(&served.over(Some(&nameless))));
        assert_eq!(served.over(Some(&served)), Verdict::Take(Vec::new()));
    }

    /// What an operator has accepted elsewhere does not have to be accepted with each addition.
    #[test]
    fn an_accepted_stranger_is_no_reason_to_wait_again() {
        let mut served = at("login.example");
        served.endpoints.userinfo = Some("https://graph.example/userinfo".parse().unwrap());
        let mut more = served.clone();
        more.endpoints.end_session = Some("https://login.example/end".parse().unwrap());
        assert!(matches!(more.over(Some(&served)), Verdict::Take(_)));
    }

    #[test]
    fn what_was_kept_of_another_provider_is_not_read() {
        use crate::domain::address::PlainHttp;
        let kept = at("login.example").to_bytes();
        let issuer = |text: &str| Issuer::parse(text, PlainHttp::Refused).unwrap();
        assert_eq!(
            Description::read(&kept, &issuer("https://login.example")),
            Some(at("login.example"))
        );
        assert_eq!(Description::read(&kept, &issuer("https://andet.example")), None);
        assert_eq!(Description::read(b"{", &issuer("https://login.example")), None);
    }
}
