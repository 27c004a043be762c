//! The authorization request: what a service asks when it sends a user to log in.
//!
//! Two steps, since two parties may be wrong. First, client and address: until both are
//! known, nobody but the user may be told anything (E01). Then the rest, where errors go
//! back to the service. Only the code flow exists here (E09).

use std::collections::BTreeSet;

use super::answer::ReturnAddress;
use super::claims_request::ClaimsRequest;
use super::client::{ClientId, OidcClient, ResponseMode, Scope};
use super::error::AuthorizationErrorCode as Code;
use super::params::{Parameters, Repeated};
use super::pkce::CodeChallenge;

/// What a service asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer goes.
    pub return_to: ReturnAddress,
    /// What is asked for, as far as it is registered; the rest was dropped (E15).
    pub scopes: BTreeSet<Scope>,
    /// What was asked for beyond registration, for the event in the log.
    pub dropped_scopes: Vec<String>,
    /// What the service wants to find in the ID token.
    pub nonce: Option<String>,
    /// What the code is tied to.
    pub challenge: Option<CodeChallenge>,
    /// How the user may be disturbed.
    pub prompt: Prompt,
    /// How many seconds old the login may be.
    pub max_age: Option<u32>,
    /// Who the user might be.
    pub login_hint: Option<String>,
    /// Which upstream might know them, by whichever name the service uses for the hint.
    pub upstream_hint: Option<String>,
    /// Which levels will do, in order of preference.
    pub acr_values: Vec<String>,
    /// Claims asked for one by one.
    pub claims: ClaimsRequest,
    /// Which languages the user reads, in order of preference.
    pub ui_locales: Vec<String>,
    /// An earlier ID token of the user.
    pub id_token_hint: Option<String>,
}

/// `prompt`: how the user may or must be disturbed (OIDC Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prompt {
    /// As the login needs it.
    #[default]
    AsNeeded,
    /// `none`: nothing may be shown.
    Silent,
    /// Something must be shown, even if the login would not need it.
    Insist {
        /// The user must log in anew (E16).
        login: bool,
        /// The user must be asked for consent.
        consent: bool,
        /// The user must choose an account.
        select_account: bool,
    },
}

/// A request that is answered on our own page alone: there is nowhere to send an answer (E01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// Missing, doubled or malformed.
    #[error("client_id is missing or malformed")]
    ClientId,
    /// Missing or doubled.
    #[error("redirect_uri is missing or came twice")]
    RedirectUri,
    /// Not byte-equal to a registered one.
    #[error("redirect_uri is not registered")]
    UnregisteredRedirectUri,
}

/// An error that the service is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", .code.as_str())]
pub struct Answerable {
    /// Where the error goes.
    pub return_to: ReturnAddress,
    /// The code.
    pub code: Code,
    /// The rule that was broken; goes out as `error_description`.
    pub description: &'static str,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationRefused {
    /// On our own page.
    #[error("the request cannot be answered")]
    OnOurPage(#[from] Unanswerable),
    /// To the service.
    #[error("the service's request is refused")]
    ToService(#[from] Box<Answerable>),
}

/// Who asks: what the registry is asked for before anything else is read.
pub fn client_id(parameters: &Parameters) -> Result<ClientId, Unanswerable> {
    let text = parameters
        .one("client_id")
        .ok()
        .flatten()
        .ok_or(Unanswerable::ClientId)?;
    ClientId::parse(text).map_err(|_| Unanswerable::ClientId)
}

impl AuthorizationRequest {
    /// Checks the parameters against what is registered of `client`.
    pub fn read(parameters: &Parameters, client: &OidcClient) -> Result<Self, AuthorizationRefused> {
        if client_id(parameters)? != client.client_id {
            return Err(Unanswerable::ClientId.into());
        }
        let asked = parameters
            .one("redirect_uri")
            .ok()
            .flatten()
            .ok_or(Unanswerable::RedirectUri)?;
        let redirect_uri = client
            .redirect_uri(asked)
            .ok_or(Unanswerable::UnregisteredRedirectUri)?
            .clone();
        let return_to = ReturnAddress {
            redirect_uri,
            response_mode: answer_mode(parameters, client),
            state: acceptable_state(parameters),
        };
        read_rest(parameters, client, &return_to).map_err(|Wrong(code, description)| {
            AuthorizationRefused::ToService(Box::new(Answerable {
                return_to,
                code,
                description,
            }))
        })
    }
}

/// A broken rule that the service is told of.
struct Wrong(Code, &'static str);

impl From<Repeated> for Wrong {
    fn from(_: Repeated) -> Self {
        Self(Code::InvalidRequest, "a parameter came more than once")
    }
}

fn read_rest(
    parameters: &Parameters,
    client: &OidcClient,
    return_to: &ReturnAddress,
) -> Result<AuthorizationRequest, Wrong> {
    refuse_unsupported(parameters)?;
    check_response(parameters, client)?;
    let (scopes, dropped_scopes) = scopes(parameters, client)?;
    let text =
        |name| -> Result<Option<String>, Wrong> { Ok(limited(parameters.one(name)?)?.map(str::to_owned)) };
    let upstream_hint = ["domain_hint", "kc_idp_hint", "idphint", "aarc_idp_hint"]
        .into_iter()
        .map(text)
        .find_map(Result::transpose)
        .transpose()?;
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        return_to: return_to.clone(),
        scopes,
        dropped_scopes,
        nonce: text("nonce")?,
        challenge: challenge(parameters, client)?,
        prompt: prompt(parameters.one("prompt")?)?,
        max_age: max_age(parameters.one("max_age")?)?,
        login_hint: text("login_hint")?,
        upstream_hint,
        acr_values: words(limited(parameters.one("acr_values")?)?),
        claims: match parameters.one("claims")? {
            None => ClaimsRequest::default(),
            Some(json) => ClaimsRequest::from_json(json)
                .map_err(|_| Wrong(Code::InvalidRequest, "claims is not a claims request"))?,
        },
        ui_locales: words(limited(parameters.one("ui_locales")?)?),
        id_token_hint: parameters.one("id_token_hint")?.map(str::to_owned),
    })
}

/// No honest value of a plain parameter is longer.
const MAX_VALUE: usize = 2048;

fn limited(value: Option<&str>) -> Result<Option<&str>, Wrong> {
    match value {
        Some(text) if text.len() > MAX_VALUE || text.chars().any(char::is_control) => Err(Wrong(
            Code::InvalidRequest,
            "a value is too long or has control characters",
        )),
        other => Ok(other),
    }
}

fn words(text: Option<&str>) -> Vec<String> {
    let words = text.unwrap_or_default().split_ascii_whitespace();
    words.map(str::to_owned).collect()
}

/// How an error travels before all is read: as asked, if that may be, else by query.
fn answer_mode(parameters: &Parameters, client: &OidcClient) -> ResponseMode {
    parameters
        .one("response_mode")
        .ok()
        .flatten()
        .and_then(ResponseMode::parse)
        .filter(|mode| client.response_modes.contains(mode))
        .unwrap_or_default()
}

/// A state that is doubled or oversized is not sent back; the request is refused for it later.
fn acceptable_state(parameters: &Parameters) -> Option<String> {
    let state = parameters.one("state").ok().flatten()?;
    limited(Some(state)).ok().flatten().map(str::to_owned)
}

fn refuse_unsupported(parameters: &Parameters) -> Result<(), Wrong> {
    limited(parameters.one("state")?)?;
    if parameters.has("request") {
        return Err(Wrong(
            Code::RequestNotSupported,
            "request objects are not supported",
        ));
    }
    if parameters.has("request_uri") {
        return Err(Wrong(
            Code::RequestUriNotSupported,
            "request_uri is not supported",
        ));
    }
    if parameters.has("registration") {
        return Err(Wrong(
            Code::RegistrationNotSupported,
            "registration is not supported",
        ));
    }
    Ok(())
}

fn check_response(parameters: &Parameters, client: &OidcClient) -> Result<(), Wrong> {
    match parameters.one("response_type")? {
        Some("code") => {}
        None => return Err(Wrong(Code::InvalidRequest, "response_type is missing")),
        Some(_) => {
            return Err(Wrong(
                Code::UnsupportedResponseType,
                "only response_type=code is supported",
            ));
        }
    }
    let mode = match parameters.one("response_mode")? {
        None => ResponseMode::default(),
        Some(text) => ResponseMode::parse(text).ok_or(Wrong(
            Code::InvalidRequest,
            "only response_mode query and form_post are supported",
        ))?,
    };
    if !client.response_modes.contains(&mode) {
        return Err(Wrong(
            Code::InvalidRequest,
            "the service is not registered for this response_mode",
        ));
    }
    Ok(())
}

fn scopes(parameters: &Parameters, client: &OidcClient) -> Result<(BTreeSet<Scope>, Vec<String>), Wrong> {
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

fn challenge(parameters: &Parameters, client: &OidcClient) -> Result<Option<CodeChallenge>, Wrong> {
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

fn prompt(value: Option<&str>) -> Result<Prompt, Wrong> {
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

fn max_age(value: Option<&str>) -> Result<Option<u32>, Wrong> {
    value
        .map(|text| {
            text.parse()
                .map_err(|_| Wrong(Code::InvalidRequest, "max_age is not a number of seconds"))
        })
        .transpose()
}

#[cfg(test)]
mod tests;
