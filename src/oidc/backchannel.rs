//! A login that a service asks for without a browser (OpenID CIBA Core 1.0), for the one thing that Portner
//! offers so: an adult's word for a pupil who is logged in at that service (DR18).
//!
//! Pure: reads the request and says what is kept of it. Who is meant, and what comes of it, the endpoint says.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::{ClientId, Scope};
use super::params::Parameters;
use super::token::{TokenErrorCode, TokenRefused};
use crate::domain::spoken_text::SpokenText;

/// How the token endpoint is asked for the answer.
pub const GRANT_TYPE: &str = "urn:openid:params:grant-type:ciba";

/// How often a client may look, in seconds.
pub const INTERVAL: i64 = 5;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackchannelRequest {
    /// Who is meant.
    pub hint: Hint,
    /// What both devices show.
    pub binding_message: SpokenText,
    /// Which level, in the client's own spelling.
    pub acr_values: Vec<String>,
    /// What is asked for.
    pub scopes: BTreeSet<Scope>,
    /// For how long at the most.
    pub expiry: Option<SignedDuration>,
    /// What proves to the client that it is us who call.
    pub notification_token: Option<String>,
}

/// Whom a client means: somebody who is logged in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// By an ID token of ours.
    IdToken(String),
    /// By the name that the client knows them by (`sub`).
    Subject(String),
}

/// What is kept behind an `auth_req_id`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackchannelRecord {
    /// Who asked.
    pub client_id: ClientId,
    /// The question that was put to adults.
    pub approval: Uuid,
    /// Which level, in the client's own spelling.
    pub acr_values: Vec<String>,
    /// What was asked for.
    pub scopes: BTreeSet<Scope>,
}

/// What a client is told when there is an answer (CIBA §10.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ping {
    /// Where.
    pub to: String,
    /// What proves that it is us.
    pub token: String,
    /// Of which request.
    pub auth_req_id: String,
}

/// The answer to a request that is taken (CIBA §7.3).
#[derive(Debug, Serialize)]
pub struct BackchannelDocument {
    /// What to ask the token endpoint with.
    pub auth_req_id: String,
    /// How long it is worth asking, in seconds.
    pub expires_in: i64,
    /// How often.
    pub interval: i64,
}

impl BackchannelRequest {
    /// Reads the form.
    pub fn read(form: &Parameters, allowed: &BTreeSet<Scope>) -> Result<Self, TokenRefused> {
        use TokenErrorCode as Code;
        let refuse = |code, reason| Err(TokenRefused::new(code, reason));
        for unheard in ["request", "user_code", "login_hint_token"] {
            // What would change the meaning of the rest is not passed over.
            if form.has(unheard) {
                return refuse(Code::InvalidRequest, "unsupported_parameter");
            }
        }
        let scopes: BTreeSet<Scope> = form
            .one("scope")?
            .unwrap_or_default()
            .split_ascii_whitespace()
            .filter_map(|scope| Scope::parse(scope).ok())
            .filter(|scope| allowed.contains(scope) && *scope != Scope::offline_access())
            .collect();
        if !scopes.contains(&Scope::openid()) {
            return refuse(Code::InvalidScope, "scope");
        }
        let hint = match (form.one("id_token_hint")?, form.one("login_hint")?) {
            (Some(token), None) => Hint::IdToken(token.to_owned()),
            (None, Some(subject)) => Hint::Subject(subject.to_owned()),
            _ => return refuse(Code::InvalidRequest, "one_hint"),
        };
        let message = form.one("binding_message")?.and_then(SpokenText::parse);
        let Some(binding_message) = message else {
            return refuse(Code::InvalidBindingMessage, "binding_message");
        };
        let expiry = match form.one("requested_expiry")?.map(str::parse::<i64>) {
            None => None,
            Some(Ok(seconds)) if seconds > 0 => Some(SignedDuration::from_secs(seconds)),
            Some(_) => return refuse(Code::InvalidRequest, "requested_expiry"),
        };
        let acr_values = form.one("acr_values")?.unwrap_or_default();
        let token = form.one("client_notification_token")?;
        // RFC 6750's own alphabet, and no longer than CIBA allows.
        let is_bearer = |token: &str| {
            (1..=1024).contains(&token.len())
                && token
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
        };
        if token.is_some_and(|token| !is_bearer(token)) {
            return refuse(Code::InvalidRequest, "client_notification_token");
        }
        Ok(Self {
            notification_token: token.map(str::to_owned),
            hint,
            binding_message,
            acr_values: acr_values.split_ascii_whitespace().map(str::to_owned).collect(),
            scopes,
            expiry,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("scope", "openid"),
        ("login_hint", "abc"),
        ("binding_message", "K7-42"),
    ];

    fn read(changes: &[(&str, &str)]) -> Result<BackchannelRequest, TokenRefused> {
        let kept = GOOD
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let allowed = BTreeSet::from([Scope::openid()]);
        BackchannelRequest::read(&Parameters::new(kept.chain(changes).copied()), &allowed)
    }

    #[test]
    fn a_request_names_one_user_and_a_text_for_both_devices() {
        let good = read(&[]).unwrap();
        assert_eq!(good.hint, Hint::Subject("abc".to_owned()));
        let code = |changes: &[(&str, &str)]| read(changes).unwrap_err().code.as_str();
        assert_eq!(code(&[("scope", "profile")]), "invalid_scope");
        assert_eq!(code(&[("id_token_hint", "x")]), "invalid_request", "two hints");
        for short in ["", "K7-", "   7   ", "....", "-- -", "010203-4567"] {
            assert_eq!(code(&[("binding_message", short)]), "invalid_binding_message");
        }
        assert_eq!(
            code(&[("binding_message", "<b>x</b>")]),
            "invalid_binding_message"
        );
        let long = "x".repeat(41);
        assert_eq!(code(&[("binding_message", &long)]), "invalid_binding_message");
        assert_eq!(code(&[("requested_expiry", "soon")]), "invalid_request");
        assert_eq!(code(&[("user_code", "1234")]), "invalid_request");
    }
}
