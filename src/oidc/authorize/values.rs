//! The values of single parameters of an authorization request.

use std::collections::BTreeSet;

use super::{Code, Prompt, Wrong, limited, words};
use crate::oidc::client::{OidcClient, ResourceUri, Scope};
use crate::oidc::params::Parameters;
use crate::oidc::pkce::CodeChallenge;

pub(super) fn scopes(
    parameters: &Parameters,
    client: &OidcClient,
) -> Result<(BTreeSet<Scope>, Vec<String>), Wrong> {
    let mut granted = BTreeSet::new();
    let mut dropped = Vec::new();
    for word in words(limited(parameters.one("scope")?)?) {
        match Scope::parse(&word) {
            Err(_) => return Err(Wrong(Code::InvalidScope, "a scope is malformed")),
            Ok(scope) if scope == Scope::openid() || client.scopes.contains(&scope) => {
                granted.insert(scope);
            }
            Ok(_) => dropped.push(word),
        }
    }
    if !granted.contains(&Scope::openid()) {
        return Err(Wrong(Code::InvalidScope, "the scope openid is missing"));
    }
    Ok((granted, dropped))
}

/// What access tokens are wanted for; more than is registered is refused and not dropped, since
/// a token for less would fail at the resource.
pub(super) fn resources(parameters: &Parameters, client: &OidcClient) -> Result<Vec<ResourceUri>, Wrong> {
    let mut wanted = Vec::new();
    for text in parameters.many("resource") {
        let resource = ResourceUri::parse(text)
            .ok()
            .filter(|resource| client.rules.resources.contains(resource))
            .ok_or(Wrong(
                Code::InvalidTarget,
                "the client is not registered for this resource",
            ))?;
        if !wanted.contains(&resource) {
            wanted.push(resource);
        }
    }
    Ok(wanted)
}

pub(super) fn challenge(
    parameters: &Parameters,
    client: &OidcClient,
) -> Result<Option<CodeChallenge>, Wrong> {
    let method = parameters.one("code_challenge_method")?;
    match (parameters.one("code_challenge")?, method) {
        (None, None) if !client.needs_pkce() => Ok(None),
        (None, _) => Err(Wrong(Code::InvalidRequest, "code_challenge is required (PKCE)")),
        (Some(challenge), Some("S256")) => CodeChallenge::parse(challenge)
            .map(Some)
            .ok_or(Wrong(Code::InvalidRequest, "code_challenge is malformed")),
        // RFC 7636 §4.3 takes a missing method for `plain`, which protects nothing.
        (Some(_), _) => Err(Wrong(Code::InvalidRequest, "code_challenge_method must be S256")),
    }
}

pub(super) fn prompt(value: Option<&str>) -> Result<Prompt, Wrong> {
    let words: BTreeSet<_> = value.unwrap_or_default().split_ascii_whitespace().collect();
    if !words
        .iter()
        .all(|word| matches!(*word, "none" | "login" | "consent" | "select_account"))
    {
        return Err(Wrong(Code::InvalidRequest, "prompt has an unknown value"));
    }
    match (words.contains("none"), words.len()) {
        (_, 0) => Ok(Prompt::AsNeeded),
        (true, 1) => Ok(Prompt::Silent),
        (true, _) => Err(Wrong(Code::InvalidRequest, "prompt=none stands alone")),
        (false, _) => Ok(Prompt::Insist {
            login: words.contains("login"),
            consent: words.contains("consent"),
            select_account: words.contains("select_account"),
        }),
    }
}

pub(super) fn max_age(value: Option<&str>) -> Result<Option<u32>, Wrong> {
    let Some(text) = value else { return Ok(None) };
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number {
        return Err(Wrong(Code::InvalidRequest, "max_age is not a number of seconds"));
    }
    // No login is older than all these seconds, however many more are borne.
    Ok(Some(text.parse().unwrap_or(u32::MAX)))
}
