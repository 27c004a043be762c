//! Where a party helps users whom it has failed: `errorURL` of its metadata, with the placeholders of the
//! SAML V2.0 Metadata Deployment Profile for errorURL.

use std::fmt::Write as _;

use jiff::Timestamp;
use url::Url;

/// An address for help: https alone, since users are sent there from our own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorUrl(Url);

/// Not an address that users are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an https address")]
pub struct NotAnErrorUrl;

/// What went wrong, in the words of the profile (§2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It did not say who the user is, or not so that anybody knows them.
    Identification,
    /// The user may not do what they came for.
    Authorization,
    /// Anything else.
    Other,
}

impl ErrorKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Identification => "IDENTIFICATION_FAILURE",
            Self::Authorization => "AUTHORIZATION_FAILURE",
            Self::Other => "OTHER_ERROR",
        }
    }
}

/// What stands where the placeholders are.
#[derive(Debug, Clone, Copy)]
pub struct ErrorDetails<'a> {
    /// What went wrong, in the words of `ERRORURL_CODE`.
    pub kind: ErrorKind,
    /// `ERRORURL_TS`: when, in seconds of the Unix clock.
    pub at: Timestamp,
    /// `ERRORURL_RP`: who could not go on, by entityID.
    pub relying_party: &'a str,
    /// `ERRORURL_TID`: what our log knows it by.
    pub reference: &'a str,
    /// `ERRORURL_CTX`: our own code for it.
    pub context: &'a str,
}

impl ErrorUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`NotAnErrorUrl`].
    pub fn parse(text: &str) -> Result<Self, NotAnErrorUrl> {
        let url = Url::parse(text.trim()).map_err(|_| NotAnErrorUrl)?;
        let is_fit = url.scheme() == "https"
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none();
        if is_fit { Ok(Self(url)) } else { Err(NotAnErrorUrl) }
    }

    /// The address as the party gave it, with its placeholders.
    pub fn template(&self) -> &str {
        self.0.as_str()
    }

    /// The address with its placeholders filled in. Values are percent-encoded whole, so that none can become
    /// another part of the address.
    pub fn with(&self, details: &ErrorDetails<'_>) -> String {
        let at = details.at.as_second().to_string();
        let values = [
            ("ERRORURL_CODE", details.kind.word()),
            ("ERRORURL_TS", &at),
            ("ERRORURL_RP", details.relying_party),
            ("ERRORURL_TID", details.reference),
            ("ERRORURL_CTX", details.context),
        ];
        let filled = values
            .into_iter()
            .fold(self.0.as_str().to_owned(), |address, (name, value)| {
                address.replace(name, &encoded(value))
            });
        // A placeholder never stands in the host: there it would have been written in small letters.
        filled
    }
}

fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to memory does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_addresses_are_offered_to_users() {
        for bad in [
            "http://idp.example/help",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://user@idp.example/",
            "/help",
        ] {
            assert_eq!(ErrorUrl::parse(bad), Err(NotAnErrorUrl), "{bad}");
        }
    }

    #[test]
    fn placeholders_are_filled_in_and_nothing_else_changes() {
        let details = ErrorDetails {
            kind: ErrorKind::Identification,
            at: Timestamp::UNIX_EPOCH,
            relying_party: "https://login.example/saml/metadata?a=b&c#d",
            reference: "K7QF-2M4P",
            context: "UL-201",
        };
        let with = |text: &str| ErrorUrl::parse(text).unwrap().with(&details);
        assert_eq!(
            with(
                "https://idp.example/help?code=ERRORURL_CODE&ts=ERRORURL_TS&rp=ERRORURL_RP&tid=ERRORURL_TID&ctx=ERRORURL_CTX"
            ),
            "https://idp.example/help?code=IDENTIFICATION_FAILURE&ts=0&rp=https%3A%2F%2Flogin.example%2Fsaml%2Fmetadata%3Fa%3Db%26c%23d&tid=K7QF-2M4P&ctx=UL-201"
        );
        assert_eq!(with("https://idp.example/help"), "https://idp.example/help");
        assert!(with("https://ERRORURL_RP/x").starts_with("https://errorurl_rp/"));
    }
}
