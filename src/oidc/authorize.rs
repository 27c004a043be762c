//! The authorization request: what a service asks when it sends a user to log in.
//!
//! Two steps, since two parties may be wrong. First, client and address: until both are
//! known, nobody but the user may be told anything (E01). Then the rest, where errors go
//! back to the service. Only the code flow exists here (E09).

mod values;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::answer::ReturnAddress;
use super::claims_request::ClaimsRequest;
use super::client::{ClientId, Issuer, OidcClient, ResourceUri, ResponseMode, Scope, Thumbprint};
use super::error::AuthorizationErrorCode as Code;
use super::params::{Parameters, Repeated};
use super::pkce::CodeChallenge;
use super::request_object::{self, RequestObjectRefused};
use crate::domain::upstream::HINT_PARAMETERS;
use values::{challenge, max_age, prompt, resources, scopes};

/// What a service asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The service that asks.
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
    /// Which upstream might know them, by whichever names the service uses for it.
    pub upstream_hints: Vec<String>,
    /// Which levels will do, in order of preference.
    pub acr_values: Vec<String>,
    /// Claims asked for one by one.
    pub claims: ClaimsRequest,
    /// Which languages the user reads, in order of preference.
    pub ui_locales: Vec<String>,
    /// An earlier ID token of the user.
    pub id_token_hint: Option<String>,
    /// What access tokens are wanted for; none means userinfo (RFC 8707).
    pub resources: Vec<ResourceUri>,
    /// The key that the code is tied to (RFC 9449 §10).
    pub dpop_key: Option<Thumbprint>,
}

/// How a request came: a client may be bound to one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// It was pushed to us by the client itself (RFC 9126).
    pub pushed: bool,
    /// It was signed by the client (RFC 9101).
    pub signed: bool,
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
    /// It names a pushed request that is not there, is used up or is another client's.
    #[error("request_uri names no pushed request of this client")]
    RequestUri,
}

impl Unanswerable {
    /// The parameter that is at fault.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::ClientId => "client_id",
            Self::RedirectUri | Self::UnregisteredRedirectUri => "redirect_uri",
            Self::RequestUri => "request_uri",
        }
    }
}

/// An error that the service is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", .code.as_str())]
pub struct Answerable {
    /// Where the error goes.
    pub return_to: ReturnAddress,
    /// The `error` that the service reads.
    pub code: Code,
    /// The rule that was broken; goes out as `error_description`.
    pub description: &'static str,
}

impl Answerable {
    /// `dpop_jkt` names another key than the proof beside it (RFC 9449 §10.1).
    pub const fn key_mismatch(return_to: ReturnAddress) -> Self {
        Self {
            return_to,
            code: Code::InvalidRequest,
            description: "dpop_jkt is not the key of the DPoP proof",
        }
    }
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

/// The parameters that the client means: those of its request object, where it sent one.
pub fn unfold(
    parameters: &Parameters,
    client: &OidcClient,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Option<Parameters>, AuthorizationRefused> {
    let opened = match parameters.one("request") {
        Ok(None) => return Ok(None),
        Ok(Some(_)) if parameters.has("request_uri") => Err(Wrong(
            Code::InvalidRequest,
            "request and request_uri exclude each other",
        )),
        Ok(Some(object)) => request_object::open(object, client, issuer, now).map_err(Wrong::from),
        Err(repeated) => Err(repeated.into()),
    };
    match opened {
        Ok(signed) => Ok(Some(signed)),
        Err(wrong) => Err(wrong.towards(return_address(parameters, client)?)),
    }
}

impl AuthorizationRequest {
    /// Checks the parameters against what is registered of `client`.
    pub fn read(
        parameters: &Parameters,
        client: &OidcClient,
        carried: Carried,
    ) -> Result<Self, AuthorizationRefused> {
        if client_id(parameters)? != client.client_id {
            return Err(Unanswerable::ClientId.into());
        }
        let return_to = return_address(parameters, client)?;
        check_carriage(client, carried)
            .and_then(|()| read_rest(parameters, client, &return_to))
            .map_err(|wrong| wrong.towards(return_to))
    }
}

fn return_address(parameters: &Parameters, client: &OidcClient) -> Result<ReturnAddress, Unanswerable> {
    let asked = parameters
        .one("redirect_uri")
        .ok()
        .flatten()
        .ok_or(Unanswerable::RedirectUri)?;
    let redirect_uri = client
        .redirect_uri(asked)
        .ok_or(Unanswerable::UnregisteredRedirectUri)?
        .clone();
    Ok(ReturnAddress {
        redirect_uri,
        response_mode: answer_mode(parameters, client),
        state: acceptable_state(parameters),
    })
}

fn check_carriage(client: &OidcClient, carried: Carried) -> Result<(), Wrong> {
    if client.rules.must_push && !carried.pushed {
        return Err(Wrong(
            Code::InvalidRequest,
            "this client must push its requests (PAR)",
        ));
    }
    if client.rules.must_sign && !carried.signed {
        return Err(Wrong(
            Code::InvalidRequest,
            "this client must sign its requests (JAR)",
        ));
    }
    Ok(())
}

/// A broken rule that the service is told of.
struct Wrong(Code, &'static str);

impl From<Repeated> for Wrong {
    fn from(_: Repeated) -> Self {
        Self(Code::InvalidRequest, "a parameter came more than once")
    }
}

impl From<RequestObjectRefused> for Wrong {
    fn from(refused: RequestObjectRefused) -> Self {
        match refused {
            RequestObjectRefused::NotSupported => Self(
                Code::RequestNotSupported,
                "request objects need keys that this client has not registered",
            ),
            RequestObjectRefused::Invalid(reason) => {
                tracing::warn!(reason, "request object refused");
                Self(Code::InvalidRequestObject, "the request object does not hold")
            }
        }
    }
}

impl Wrong {
    fn towards(self, return_to: ReturnAddress) -> AuthorizationRefused {
        let Self(code, description) = self;
        AuthorizationRefused::ToService(Box::new(Answerable {
            return_to,
            code,
            description,
        }))
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
    let upstream_hints = HINT_PARAMETERS
        .into_iter()
        .map(text)
        .filter_map(Result::transpose);
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
        upstream_hints: upstream_hints.collect::<Result<_, _>>()?,
        acr_values: words(limited(parameters.one("acr_values")?)?),
        claims: match parameters.one("claims")? {
            None => ClaimsRequest::default(),
            Some(json) => ClaimsRequest::from_json(json)
                .map_err(|_| Wrong(Code::InvalidRequest, "claims is not a claims request"))?,
        },
        ui_locales: words(limited(parameters.one("ui_locales")?)?),
        id_token_hint: parameters.one("id_token_hint")?.map(str::to_owned),
        resources: resources(parameters, client)?,
        dpop_key: parameters
            .one("dpop_jkt")?
            .map(|text| Thumbprint::parse(text).ok_or(Wrong(Code::InvalidRequest, "dpop_jkt is malformed")))
            .transpose()?,
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
            Code::InvalidRequestObject,
            "a request object holds no other",
        ));
    }
    if parameters.has("request_uri") {
        return Err(Wrong(
            Code::RequestUriNotSupported,
            "request_uri takes addresses of pushed requests alone",
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

#[cfg(test)]
mod tests;
