//! `[saml.chain]`: parties whose certificates a pinned authority must vouch for; `[oidc.chain]`: the same
//! for the certificates that clients show.
//!
//! That nobody vouches (any more) is no fault of the file: such a party is registered and switched off,
//! so that what was served before does not stay in its place, and users are told whose login is closed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::list_fetch::ListSource;
use super::load::{PartyFile, Terms};
use super::validity::Vouched;
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::keys::chain::{
    Authorities, NotVouchedFor, Revocation, RevocationList, distribution_points, issuer_of,
};
use crate::oidc::client_certificate::Vouchers;
use crate::saml::metadata::CertifiedKey;
use crate::saml::peer::TrustedKeys;
use crate::saml::xml::certificate_end;

/// For how long a list still counts when the next one should have been there, where nothing is said.
const USUAL_GRACE: SignedDuration = SignedDuration::from_hours(24);

/// `[saml.chain]` as it is written.
pub(super) struct Chain {
    authorities: Authorities,
    /// Lists that lie beside the file.
    lists: Vec<RevocationList>,
    /// Addresses of others.
    addresses: Vec<Url>,
    /// Whether they are also fetched where certificates say.
    by_certificate: bool,
}

/// Reads `[saml.chain]`: the authorities that must vouch for this party's certificates, if any must. A chain
/// that is asked for and cannot be checked is an error, never "unchecked".
pub(super) fn read_chain(section: &mut Section<'_>, file: &PartyFile) -> Option<Chain> {
    if !section.has("chain") {
        return None;
    }
    section.table("chain", |chain| {
        let contents = |chain: &Section<'_>, key: &str, name: &str| {
            let read = std::fs::read(file.beside(name));
            let unreadable = |error: std::io::Error| {
                let problem = Problem::error(format!("{name} cannot be read: {error}"));
                chain.fault(key, problem.help("put the file beside this one"));
            };
            read.map_err(unreadable).ok()
        };
        let roots: Option<String> =
            chain.require("roots", "the file with the certificates that are pinned (PEM)");
        let roots = roots.and_then(|name| contents(chain, "roots", &name));
        let between: Option<String> = chain.get("intermediates");
        let between = between.map_or(Some(Vec::new()), |name| contents(chain, "intermediates", &name));
        let names: Vec<String> = chain.get_or("lists", Vec::new());
        let is_address = |name: &&String| name.contains("://");
        let addresses: Vec<Url> = names
            .iter()
            .filter(is_address)
            .filter_map(|name| chain.checked("lists", Url::parse(name)))
            .collect();
        let lists: Option<Vec<_>> = names
            .iter()
            .filter(|name| !is_address(name))
            .map(|name| chain.checked("lists", RevocationList::read(&contents(chain, "lists", name)?)))
            .collect();
        let by_certificate = chain.get_or("distribution_points", false);
        let words = [
            ("unchecked", Revocation::Unchecked),
            ("soft", Revocation::Soft),
            ("hard", Revocation::Hard),
        ];
        let has_lists = !names.is_empty() || by_certificate;
        let revocation = chain.word("revocation", &words);
        let revocation = revocation.unwrap_or(if has_lists {
            Revocation::Hard
        } else {
            Revocation::Unchecked
        });
        if revocation != Revocation::Unchecked && !has_lists {
            let problem = Problem::error("revocation is to be checked, but there is no list");
            chain.fault(
                "revocation",
                problem.help("write lists = [\"…\"] (files or addresses), or distribution_points = true"),
            );
        }
        if file.given.is_some() && (by_certificate || !addresses.is_empty()) {
            let problem = Problem::error("for parties of a feed no lists are fetched");
            chain.fault(
                "lists",
                problem.help("the feed's signature vouches for their keys; keep lists as files, or none"),
            );
        }
        let grace = chain.get_or("grace", USUAL_GRACE);
        let read = Authorities::read(&roots?, &between?, revocation, grace);
        Some(Chain {
            authorities: chain.checked("roots", read)?,
            lists: lists?,
            addresses,
            by_certificate,
        })
    })
}

/// Of the certificates that a client shows: who vouches, and the lists that are here. Which certificate
/// will be shown nobody knows beforehand, so that lists are named, and looked for where the authorities'
/// own certificates say.
pub(super) fn vouchers(section: &Section<'_>, chain: Chain, terms: &Terms<'_>) -> Vouchers {
    let (authorities, lists) = with_lists(section, chain, &[], terms);
    Vouchers { authorities, lists }
}

/// The keys whose certificates are vouched for, and until when that holds; the others are passed over, and
/// told.
pub(super) fn vouched_for(
    section: &Section<'_>,
    chain: Chain,
    certified: &[CertifiedKey],
    terms: &Terms<'_>,
) -> (Option<TrustedKeys>, Vouched) {
    let now = terms.now;
    let (authorities, lists) = with_lists(section, chain, certified, terms);
    let mut keys = Vec::new();
    let mut until = None;
    for CertifiedKey { key, certificate } in certified {
        match authorities.vouch_for(certificate, &lists, now) {
            Ok(lists_until) => {
                keys.push(key.clone());
                let own = certificate_end(certificate).unwrap_or(Timestamp::MAX);
                let end = lists_until.map_or(own, |lists_until| lists_until.min(own));
                until = until.max(Some(end));
            }
            Err(refused) => {
                let problem = Problem::warning(format!("a signing key is passed over: {refused}"));
                section.fault("metadata", problem.help(remedy(&refused)));
            }
        }
    }
    let vouched = until.map_or(Vouched::ByNobody, Vouched::Until);
    (TrustedKeys::new(keys).ok(), vouched)
}

/// The authorities with every list that is here; those that are fetched are noted.
fn with_lists(
    section: &Section<'_>,
    chain: Chain,
    certified: &[CertifiedKey],
    terms: &Terms<'_>,
) -> (Authorities, Vec<RevocationList>) {
    let Chain {
        authorities,
        mut lists,
        addresses,
        by_certificate,
    } = chain;
    let now = terms.now;
    let mut addresses: BTreeMap<Url, Vec<Vec<u8>>> =
        addresses.into_iter().map(|url| (url, Vec::new())).collect();
    if by_certificate {
        // Whom nobody vouches for has no say in where we call.
        let known = certified
            .iter()
            .map(|certified| certified.certificate.as_slice())
            .filter(|certificate| authorities.leads_to(certificate, now).is_ok());
        for certificate in known.chain(authorities.between()) {
            for url in distribution_points(certificate) {
                addresses.entry(url).or_default().extend(issuer_of(certificate));
            }
        }
    }
    for (url, mut issuers) in addresses {
        issuers.sort_unstable();
        issuers.dedup();
        let source = ListSource::new(url, issuers, &authorities);
        lists.extend(fetched(section, &source, terms));
        terms.lists.borrow_mut().push(source);
    }
    (authorities, lists)
}

fn remedy(refused: &NotVouchedFor) -> &'static str {
    match refused {
        NotVouchedFor::Chain(_) => {
            "see `roots`, `intermediates` and `lists`, or ask the party for metadata with its current certificate"
        }
        NotVouchedFor::Overdue(_) => {
            "`portner metadata sources` tells why no newer list is here; put one beside the file and name it in `lists`"
        }
    }
}

/// The last good copy of a list. That there is none yet is told, and decides what `revocation` says.
fn fetched(section: &Section<'_>, source: &ListSource, terms: &Terms<'_>) -> Option<RevocationList> {
    let problem = match source.good(&terms.shelf) {
        Ok(Some(list)) => {
            if list.next_update <= terms.now {
                let problem = Problem::warning(format!(
                    "the list of {} should have been replaced at {:.0}",
                    source.url, list.next_update
                ));
                let stops = list.next_update.saturating_add(source.grace);
                let stops = stops.unwrap_or(Timestamp::MAX);
                section.fault(
                    "chain",
                    problem.help(format!(
                        "from {stops:.0} it counts no longer (`grace`); `portner metadata sources` tells why no newer one is here"
                    )),
                );
            }
            return Some(list);
        }
        Ok(None) => Problem::warning(format!("{} was not fetched yet", source.url))
            .help("`portner serve` fetches it by itself, `portner metadata refresh` now"),
        Err(error) => Problem::warning(format!(
            "the last good copy of {} is of no use: {error}",
            source.url
        ))
        .help("let the user that Portner runs as read and write in files.trust"),
    };
    section.fault("chain", problem);
    None
}
