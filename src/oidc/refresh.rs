//! Renewing tokens: what a refresh token may become (RFC 6749 §6).
//!
//! It can only lose: scopes and resources narrow down, never widen. That an old one kills its
//! family is the store's and the endpoint's to see to (E12).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::client::{ClientId, Confirmation, OidcClient, RefreshLife, RefreshRule, ResourceUri, Scope};
use super::code::{CodeRecord, TokenRecord};
use super::params::Parameters;
use super::token::{TokenErrorCode, TokenRefused};

/// A request to renew tokens.
pub struct RefreshRequest {
    /// The refresh token.
    pub token: String,
    scopes: Option<BTreeSet<Scope>>,
    resources: Vec<ResourceUri>,
}

impl RefreshRequest {
    /// Reads the form.
    pub fn read(parameters: &Parameters) -> Result<Self, TokenRefused> {
        use TokenErrorCode as Code;
        let token = parameters
            .one("refresh_token")?
            .ok_or(TokenRefused::new(Code::InvalidRequest, "refresh_token"))?;
        let scopes = match parameters.one("scope")? {
            None => None,
            Some(text) => Some(
                text.split_ascii_whitespace()
                    .map(Scope::parse)
                    .collect::<Result<BTreeSet<_>, _>>()
                    .map_err(|_| TokenRefused::new(Code::InvalidScope, "scope"))?,
            ),
        };
        Ok(Self {
            token: token.to_owned(),
            scopes,
            resources: resources(parameters)?,
        })
    }
}

/// The `resource` parameters of a token request (RFC 8707 §2.2).
pub(super) fn resources(parameters: &Parameters) -> Result<Vec<ResourceUri>, TokenRefused> {
    parameters
        .many("resource")
        .map(|text| {
            ResourceUri::parse(text).map_err(|_| TokenRefused::new(TokenErrorCode::InvalidTarget, "resource"))
        })
        .collect()
}

/// Those of the granted resources that are asked for now; all of them where none is named.
pub(super) fn narrowed(
    granted: &[ResourceUri],
    wanted: &[ResourceUri],
) -> Result<Vec<ResourceUri>, TokenRefused> {
    if wanted.is_empty() {
        return Ok(granted.to_vec());
    }
    if wanted.iter().all(|resource| granted.contains(resource)) {
        return Ok(wanted.to_vec());
    }
    Err(TokenRefused::new(
        TokenErrorCode::InvalidTarget,
        "resource_not_granted",
    ))
}

/// Whether a login gives a refresh token, whether that outlives the session, and when it ends.
pub fn life_of(code: &CodeRecord, rule: RefreshRule, now: Timestamp) -> Option<RefreshToken> {
    let within_session = RefreshToken {
        outlives_session: false,
        expires_at: code.session_ends,
    };
    match rule.life {
        RefreshLife::Never => None,
        RefreshLife::Offline(life) if code.answer.scopes.contains(&Scope::offline_access()) => {
            Some(RefreshToken {
                outlives_session: true,
                expires_at: now.saturating_add(life).unwrap_or(code.session_ends),
            })
        }
        RefreshLife::Session | RefreshLife::Offline(_) => Some(within_session),
    }
}

/// What becomes of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whether it counts when nobody is logged in any more.
    pub outlives_session: bool,
    /// When it runs out; renewing does not put that off.
    pub expires_at: Timestamp,
}

impl TokenRecord {
    /// What the new access token stands for, if this refresh token is the client's, and the
    /// client may still have it. `proved` is what the request proved to have.
    ///
    /// What is registered may have shrunk since the login; nothing beyond it is given (E15).
    pub fn renew(
        mut self,
        client: &OidcClient,
        request: &RefreshRequest,
        proved: Option<&Confirmation>,
        may_have: impl Fn(&str) -> bool,
    ) -> Result<Self, TokenRefused> {
        if self.client_id != client.client_id {
            return Err(invalid_grant("other_client"));
        }
        if client.rules.refresh.life == RefreshLife::Never {
            return Err(invalid_grant("no_more_refresh"));
        }
        if self.confirmation.is_some() && self.confirmation.as_ref() != proved {
            return Err(invalid_grant("other_key"));
        }
        self.answer
            .scopes
            .retain(|scope| *scope == Scope::openid() || client.scopes.contains(scope));
        if let Some(wanted) = &request.scopes {
            if !wanted.is_subset(&self.answer.scopes) {
                return Err(TokenRefused::new(
                    TokenErrorCode::InvalidScope,
                    "scope_not_granted",
                ));
            }
            self.answer.scopes.clone_from(wanted);
        }
        self.resources
            .retain(|resource| client.rules.resources.contains(resource));
        self.resources = narrowed(&self.resources, &request.resources)?;
        self.answer.id_token.0.retain(|claim, _| may_have(claim));
        self.answer.userinfo.0.retain(|claim, _| may_have(claim));
        self.confirmation = proved.cloned();
        Ok(self)
    }

    /// Whose token it is.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }
}

const fn invalid_grant(reason: &'static str) -> TokenRefused {
    TokenRefused::new(TokenErrorCode::InvalidGrant, reason)
}
