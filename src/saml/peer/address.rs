//! What parties are called, and where messages to them go.

use std::fmt;

use url::Url;

use crate::domain::address::PlainHttp;

/// The name of a party in SAML, compared byte by byte (saml-core §8.3.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(String);

impl EntityId {
    /// Reads an entity id: 1–1024 characters (saml-metadata §2.2.1), none of them space or control.
    pub fn parse(text: &str) -> Result<Self, NotAnEntityId> {
        let fits = (1..=1024).contains(&text.chars().count());
        if fits && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnEntityId)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be an entity id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entityID has 1 to 1024 characters, without spaces")]
pub struct NotAnEntityId;

/// An address that messages are sent to. Its spelling is kept: recipients compare byte by byte (B02).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointUrl(String);

impl EndpointUrl {
    /// Reads an address without fragment and without user name.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, NotAnEndpoint> {
        let url = Url::parse(text).map_err(|_| NotAnEndpoint::NotAUrl)?;
        let is_clean = text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\'));
        if !is_clean || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(NotAnEndpoint::NotAUrl);
        }
        match url.scheme() {
            "https" => Ok(Self(text.to_owned())),
            "http" if plain.admits(&url) => Ok(Self(text.to_owned())),
            _ => Err(NotAnEndpoint::NotHttps),
        }
    }

    /// The address as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no address that messages may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEndpoint {
    /// Not an absolute URL, or one with a fragment, a user name or odd characters.
    #[error("not an absolute URL without fragment and user name")]
    NotAUrl,
    /// Another scheme than https.
    #[error("not an https address")]
    NotHttps,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_addresses_are_endpoints() {
        let parse = |text| EndpointUrl::parse(text, PlainHttp::Refused);
        assert!(parse("https://sp.example/acs?a=1").is_ok());
        for bad in [
            "http://sp.example/acs",
            "javascript:alert(1)",
            "data:text/html,x",
            "/acs",
            "https://sp.example/acs#x",
            "https://user@sp.example/",
            "https://sp.example/\"><script>",
            " https://sp.example/",
            "https://sp.example/a\nb",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_demo_may_use_http_on_the_machine_itself_only() {
        let parse = |text| EndpointUrl::parse(text, PlainHttp::OnLoopback);
        for good in [
            "http://localhost:8080/acs",
            "http://127.0.0.1/acs",
            "http://[::1]:1/acs",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        assert_eq!(parse("http://sp.example/acs"), Err(NotAnEndpoint::NotHttps));
        assert_eq!(
            parse("http://localhost.sp.example/acs"),
            Err(NotAnEndpoint::NotHttps)
        );
    }
}
