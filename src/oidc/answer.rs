//! The authorization response: back to the service, by redirect or by a form that posts itself.
//!
//! Every answer names us in `iss` (RFC 9207), so that no service can be made to take one
//! provider's answer for another's.

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::client::{Issuer, RedirectUri, ResponseMode};
use super::error::AuthorizationErrorCode;

/// Where an answer goes. It exists only for a registered address (E01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAddress {
    /// The registered address.
    pub redirect_uri: RedirectUri,
    /// How to travel there.
    pub response_mode: ResponseMode,
    /// What the service wants back unchanged.
    pub state: Option<String>,
}

/// What the service is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationOutcome<'a> {
    /// Log in with this code.
    Code(&'a str),
    /// It did not work.
    Error {
        /// The `error` that the service reads.
        code: AuthorizationErrorCode,
        /// A fixed sentence for developers; never what the request said.
        description: Option<&'static str>,
    },
}

/// An answer, ready for the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizationAnswer {
    /// Go to this address.
    Redirect(String),
    /// Post these fields to this address.
    PostForm {
        /// The registered address.
        action: String,
        /// Names and values, not yet escaped for HTML.
        fields: Vec<(&'static str, String)>,
    },
}

impl ReturnAddress {
    /// Writes the answer.
    pub fn answer(&self, issuer: &Issuer, outcome: AuthorizationOutcome<'_>) -> AuthorizationAnswer {
        let mut fields = Vec::with_capacity(4);
        match outcome {
            AuthorizationOutcome::Code(code) => fields.push(("code", code.to_owned())),
            AuthorizationOutcome::Error { code, description } => {
                fields.push(("error", code.as_str().to_owned()));
                fields.extend(description.map(|text| ("error_description", text.to_owned())));
            }
        }
        fields.extend(self.state.as_ref().map(|state| ("state", state.clone())));
        fields.push(("iss", issuer.as_str().to_owned()));
        match self.response_mode {
            ResponseMode::Query => {
                AuthorizationAnswer::Redirect(with_query(self.redirect_uri.as_str(), &fields))
            }
            ResponseMode::FormPost => AuthorizationAnswer::PostForm {
                action: self.redirect_uri.as_str().to_owned(),
                fields,
            },
        }
    }
}

/// Adds parameters to an address whose own bytes stay as they were registered.
fn with_query(address: &str, fields: &[(&'static str, String)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{address}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;
    use crate::domain::address::PlainHttp;

    fn to(address: &str, response_mode: ResponseMode, state: Option<&str>) -> ReturnAddress {
        ReturnAddress {
            redirect_uri: RedirectUri::parse(address, PlainHttp::Refused).unwrap(),
            response_mode,
            state: state.map(str::to_owned),
        }
    }

    fn issuer() -> Issuer {
        Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap()
    }

    #[test]
    fn a_code_travels_by_query() {
        let answer = to("https://a.example/cb?t=1", ResponseMode::Query, Some("s t"))
            .answer(&issuer(), AuthorizationOutcome::Code("c"));
        let expected = "https://a.example/cb?t=1&code=c&state=s+t&iss=https%3A%2F%2Fportner.example";
        assert_eq!(answer, AuthorizationAnswer::Redirect(expected.to_owned()));
    }

    #[test]
    fn an_error_travels_by_form() {
        let code = AuthorizationErrorCode::LoginRequired;
        let answer = to("https://a.example/cb", ResponseMode::FormPost, None).answer(
            &issuer(),
            AuthorizationOutcome::Error {
                code,
                description: None,
            },
        );
        let AuthorizationAnswer::PostForm { action, fields } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(action, "https://a.example/cb");
        let iss = "https://portner.example".to_owned();
        assert_eq!(fields, [("error", "login_required".to_owned()), ("iss", iss)]);
    }

    proptest! {
        #[test]
        fn state_comes_back_unchanged_and_changes_nothing_else(state in "\\PC{0,60}") {
            let answer = to("https://a.example/cb", ResponseMode::Query, Some(&state))
                .answer(&issuer(), AuthorizationOutcome::Code("c"));
            let AuthorizationAnswer::Redirect(url) = answer else { unreachable!() };
            let url = Url::parse(&url).unwrap();
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            let expected = [("code", "c"), ("state", state.as_str()), ("iss", "https://portner.example")];
            prop_assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
            prop_assert_eq!(url.host_str(), Some("a.example"));
            prop_assert!(url.fragment().is_none());
        }
    }
}
