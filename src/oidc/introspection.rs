//! What a token is worth, told to the client that has it and to the resource that it is for
//! (RFC 7662). Everybody else learns that it is worth nothing.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::access_token::{Audience, scope_text};
use super::client::{Confirmation, Issuer, OidcClient};
use super::code::TokenRecord;

/// Which kind of token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// It opens something.
    Access,
    /// It renews others.
    Refresh,
}

/// Whether `asker`, which has proved who it is, may look into the token: its own, or one that
/// is for it. A refresh token is nobody's business but its holder's.
pub fn may_see(asker: &OidcClient, record: &TokenRecord, kind: TokenKind) -> bool {
    let is_own = asker.client_id == record.client_id;
    let is_for_it = kind == TokenKind::Access
        && asker
            .rules
            .own_resource
            .as_ref()
            .is_some_and(|resource| record.resources.contains(resource));
    is_own || is_for_it
}

/// What a token that is worth nothing, or that is none of the asker's business, looks like.
pub fn inactive() -> Value {
    json!({ "active": false })
}

/// What a good token looks like.
pub fn active(
    record: &TokenRecord,
    kind: TokenKind,
    issuer: &Issuer,
    validity: (Timestamp, Timestamp),
) -> Value {
    let answer = &record.answer;
    let mut members = Map::from_iter([
        ("active".to_owned(), Value::from(true)),
        ("iss".to_owned(), Value::from(issuer.as_str())),
        ("sub".to_owned(), Value::from(answer.subject.as_str())),
        ("client_id".to_owned(), Value::from(record.client_id.as_str())),
        ("scope".to_owned(), Value::from(scope_text(&answer.scopes))),
        ("iat".to_owned(), Value::from(validity.0.as_second())),
        ("exp".to_owned(), Value::from(validity.1.as_second())),
        (
            "auth_time".to_owned(),
            Value::from(answer.authenticated_at.as_second()),
        ),
        ("acr".to_owned(), Value::from(answer.acr.as_str())),
    ]);
    if kind == TokenKind::Access {
        let audience = Audience::of(&record.resources, issuer);
        let confirmation = record.confirmation.as_ref();
        members.insert("aud".to_owned(), json!(audience));
        members.insert(
            "token_type".to_owned(),
            Value::from(Confirmation::token_type(confirmation)),
        );
        if let Some(confirmation) = confirmation {
            members.insert("cnf".to_owned(), confirmation.claim());
        }
    }
    Value::Object(members)
}
