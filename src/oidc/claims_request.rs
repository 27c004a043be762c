//! The `claims` parameter: claims asked for one by one (OIDC Core §5.5).
//!
//! Asking is not getting: the release rule decides what a service hears, whatever it asks for. So only
//! `acr` and `sub` are kept, which carry demands that can fail a login; a level that is asked for is
//! always demanded, whether it is called essential or not.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::jws::object;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimsRequest {
    /// Levels that will do; empty where none were named.
    pub acr: Vec<String>,
    /// The only user that will do.
    pub subject: Option<String>,
}

/// It is not a claims request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claims parameter is not a claims request")]
pub struct NotAClaimsRequest;

#[derive(Deserialize, Default)]
struct Written {
    #[serde(default)]
    id_token: Map<String, Value>,
    /// It must be an object too, and nothing of it is kept.
    #[serde(default, rename = "userinfo")]
    _userinfo: Map<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Member {
    #[serde(rename = "essential")]
    _essential: bool,
    value: Option<String>,
    values: Vec<String>,
}

impl ClaimsRequest {
    /// Reads the parameter.
    pub fn from_json(json: &str) -> Result<Self, NotAClaimsRequest> {
        let written: Written = object(json.as_bytes()).ok_or(NotAClaimsRequest)?;
        let acr = member(&written.id_token, "acr")?;
        let subject = member(&written.id_token, "sub")?.value;
        Ok(Self {
            acr: acr.value.into_iter().chain(acr.values).collect(),
            subject,
        })
    }
}

/// One member in full; `null` asks for the claim and says nothing more.
fn member(claims: &Map<String, Value>, name: &str) -> Result<Member, NotAClaimsRequest> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(Member::default()),
        Some(value @ Value::Object(_)) => Member::deserialize(value).map_err(|_| NotAClaimsRequest),
        Some(_) => Err(NotAClaimsRequest),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_strict_form_of_a_level_is_read() {
        let json = r#"{"id_token":{"acr":{"essential":true,"values":["a","b"]},"sub":{"value":"s"}},"userinfo":{"name":null}}"#;
        let request = ClaimsRequest::from_json(json).unwrap();
        assert_eq!(request.acr, ["a", "b"]);
        assert_eq!(request.subject.as_deref(), Some("s"));
    }

    #[test]
    fn an_unreadable_demand_is_refused_rather_than_overlooked() {
        for json in [
            "",
            "[]",
            "null",
            r#"{"id_token":{"acr":"x"}}"#,
            r#"{"id_token":{"acr":[true]}}"#,
            r#"{"id_token":{"sub":{"value":1}}}"#,
        ] {
            assert!(ClaimsRequest::from_json(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_input_brings_it_down(json in "\\PC{0,80}") {
            let _ = ClaimsRequest::from_json(&json);
        }
    }
}
