//! Pushed authorization requests (PAR, RFC 9126): the client tells us what it asks, and the
//! browser carries no more than a name for it.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::authorize::Carried;
use super::client::Thumbprint;
use super::params::Parameters;

/// Names of pushed requests begin so (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// For how long the browser may take to come.
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(90);

/// The handle in a `request_uri`; nothing where it is an address of any other kind.
pub fn handle_in(request_uri: &str) -> Option<&str> {
    request_uri.strip_prefix(PREFIX)
}

/// A request that was pushed and found good.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedRequest {
    parameters: Vec<(String, String)>,
    signed: bool,
}

impl PushedRequest {
    /// Keeps what was asked. `signed` is whether the client signed for it.
    pub fn of(parameters: &Parameters, signed: bool) -> Self {
        // What proves who the client is has done its work.
        let kept = |name: &str| {
            !matches!(
                name,
                "client_secret" | "client_assertion" | "client_assertion_type"
            )
        };
        Self {
            parameters: parameters
                .pairs()
                .iter()
                .filter(|(name, _)| kept(name))
                .cloned()
                .collect(),
            signed,
        }
    }

    /// The same, tied to the key that the client proved to have (RFC 9449 §10.1).
    #[must_use]
    pub fn tied_to(mut self, key: &Thumbprint) -> Self {
        self.parameters
            .push(("dpop_jkt".to_owned(), key.as_str().to_owned()));
        self
    }

    /// What was asked, and how it came.
    pub fn into_parts(self) -> (Parameters, Carried) {
        let carried = Carried {
            pushed: true,
            signed: self.signed,
        };
        (Parameters::new(self.parameters), carried)
    }
}

impl fmt::Debug for PushedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushedRequest(..)")
    }
}

/// The JSON of success (RFC 9126 §2.2).
#[derive(Debug, Serialize)]
pub struct PushedDocument {
    request_uri: String,
    expires_in: i64,
}

impl PushedDocument {
    /// Tells the client the name of its request.
    pub fn new(handle: &str) -> Self {
        Self {
            request_uri: format!("{PREFIX}{handle}"),
            expires_in: LIFETIME.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept_with_the_request() {
        let form = Parameters::new([
            ("client_id", "a"),
            ("client_secret", "b"),
            ("client_assertion", "c"),
        ]);
        let (kept, carried) = PushedRequest::of(&form, true).into_parts();
        assert_eq!(kept.pairs().len(), 1);
        assert_eq!(
            carried,
            Carried {
                pushed: true,
                signed: true
            }
        );
    }

    #[test]
    fn no_other_address_is_a_pushed_request() {
        assert_eq!(handle_in("urn:ietf:params:oauth:request_uri:x"), Some("x"));
        for other in ["https://evil.example/x", "urn:ietf:params:oauth:x", ""] {
            assert_eq!(handle_in(other), None, "{other}");
        }
    }
}
