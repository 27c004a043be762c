//! Addresses of parties, checked at registration (E03) and kept byte for byte.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::RegistrationError;
use crate::domain::address::PlainHttp;

/// A provider's name: an https address without query and fragment (OIDC Discovery §3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issuer(String);

impl Issuer {
    /// Reads an issuer. It is kept as written: a trailing slash makes another one.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, RegistrationError> {
        let url = checked_url(text, plain)?;
        if url.path().contains("/.well-known/") {
            return Err(RegistrationError::DiscoveryAddress);
        }
        if url.query().is_some() {
            return Err(RegistrationError::Query("?".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The issuer as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address that answers may go to, byte for byte as registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Checks an address for registration (E03).
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, RegistrationError> {
        let url = checked_url(text, plain)?;
        if let Some((name, _)) = url
            .query_pairs()
            .find(|(name, _)| ANSWER_PARAMETERS.contains(&name.as_ref()))
        {
            return Err(RegistrationError::Query(name.into_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parameters of our answers, which an address must not bring along.
const ANSWER_PARAMETERS: [&str; 9] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
    "id_token",
    "response",
];

/// The origin of a web page, as browsers write it: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// Checks an origin for registration.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, RegistrationError> {
        let url = checked_url(text, plain)?;
        if url.origin().ascii_serialization() != text {
            return Err(RegistrationError::NotNormal {
                normal: url.origin().ascii_serialization(),
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What holds for every address: https, one way to write it, nothing that hides where it leads.
fn checked_url(text: &str, plain: PlainHttp) -> Result<Url, RegistrationError> {
    let url = Url::parse(text).map_err(|_| RegistrationError::NotAbsolute)?;
    match url.scheme() {
        "https" => {}
        "http" if plain.admits(&url) => {}
        "http" => return Err(RegistrationError::PlainHttp),
        other => return Err(RegistrationError::Scheme(other.to_owned())),
    }
    if text.contains('*') {
        return Err(RegistrationError::Wildcard);
    }
    if let Some(odd) = text.chars().find(|c| !is_uri_character(*c)) {
        return Err(RegistrationError::Character(odd));
    }
    if let Some(Host::Domain(name)) = url.host()
        && !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    {
        return Err(RegistrationError::Host);
    }
    if url.fragment().is_some() {
        return Err(RegistrationError::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RegistrationError::UserInfo);
    }
    // Comparing bytes is only safe where there is one spelling; a bare host may leave out its slash.
    let normal = url.as_str();
    if normal != text && normal.strip_suffix('/') != Some(text) {
        return Err(RegistrationError::NotNormal {
            normal: normal.to_owned(),
        });
    }
    Ok(url)
}

/// The characters that RFC 3986 §2 knows. URL parsers admit more, and disagree about them.
fn is_uri_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redirect(text: &str) -> Result<RedirectUri, RegistrationError> {
        RedirectUri::parse(text, PlainHttp::Refused)
    }

    #[test]
    fn ordinary_addresses_register() {
        for text in [
            "https://laesehest.example",
            "https://laesehest.example/callback",
            "https://laesehest.example:8443/callback?tenant=1",
        ] {
            assert_eq!(redirect(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn dangerous_addresses_do_not_register() {
        use RegistrationError as E;
        type Judge = fn(&RegistrationError) -> bool;
        let cases: [(&str, Judge); 17] = [
            ("/callback", |e| *e == E::NotAbsolute),
            ("https://*.example/cb", |e| {
                matches!(e, E::Wildcard | E::NotAbsolute)
            }),
            ("https://a.example/*", |e| *e == E::Wildcard),
            ("https://a.example/cb#", |e| *e == E::Fragment),
            ("https://a.example/cb#x", |e| *e == E::Fragment),
            ("http://a.example/cb", |e| *e == E::PlainHttp),
            ("http://localhost/cb", |e| *e == E::PlainHttp),
            ("javascript:alert(1)", |e| matches!(e, E::Scheme(_))),
            ("JavaScript:alert(1)", |e| matches!(e, E::Scheme(_))),
            ("data:text/html,x", |e| matches!(e, E::Scheme(_))),
            ("https://user@a.example/cb", |e| *e == E::UserInfo),
            ("https://a.example/cb?code=1", |e| *e == E::Query("code".into())),
            ("https://a.example/cb?x=1&st%61te=1", |e| {
                *e == E::Query("state".into())
            }),
            ("https://a.example/cb?iss=x", |e| *e == E::Query("iss".into())),
            ("https://a.example/x/../cb", |e| matches!(e, E::NotNormal { .. })),
            ("https://A.example/cb", |e| matches!(e, E::NotNormal { .. })),
            ("https:\\\\a.example\\cb", |e| *e == E::Character('\\')),
        ];
        for (text, expected) in cases {
            let error = redirect(text).expect_err(text);
            assert!(expected(&error), "{text}: {error:?}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_in_the_demo() {
        for text in [
            "http://localhost:3000/cb",
            "http://127.0.0.1:3000/cb",
            "http://[::1]/cb",
        ] {
            assert!(RedirectUri::parse(text, PlainHttp::OnLoopback).is_ok(), "{text}");
        }
        for text in [
            "http://localhost.example/cb",
            "http://10.0.0.1/cb",
            "http://a.example/cb",
        ] {
            let refused = RedirectUri::parse(text, PlainHttp::OnLoopback);
            assert_eq!(refused, Err(RegistrationError::PlainHttp), "{text}");
        }
    }

    #[test]
    fn issuers_and_origins_have_their_own_rules() {
        assert!(Issuer::parse("https://op.example/realm", PlainHttp::Refused).is_ok());
        assert!(Issuer::parse("https://op.example/?x=1", PlainHttp::Refused).is_err());
        assert!(WebOrigin::parse("https://app.example:8443", PlainHttp::Refused).is_ok());
        assert!(WebOrigin::parse("https://app.example/", PlainHttp::Refused).is_err());
        assert!(WebOrigin::parse("null", PlainHttp::Refused).is_err());
    }

    proptest! {
        #[test]
        fn whatever_registers_is_safe_to_send_a_browser_to(text in "https?://[ -~]{0,40}") {
            if let Ok(uri) = redirect(&text) {
                prop_assert!(uri.as_str().starts_with("https://"));
                prop_assert!(!uri.as_str().contains(['#', '*', '\\', ' ', '"', '<']));
            }
        }
    }
}
