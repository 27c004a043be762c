//! Tokens as they are kept: made, sealed, and found again.
//!
//! What a token means is `oidc/`'s; where its row is, the store's. Here the two meet.

use jiff::Timestamp;

use super::refuse::failed;
use crate::keys::Signer;
use crate::keys::seal::SealPurpose;
use crate::oidc::access_token;
use crate::oidc::client::Issuer;
use crate::oidc::code::{ACCESS_TOKEN_LIFETIME, TokenRecord};
use crate::oidc::introspection::TokenKind;
use crate::oidc::jwks::verification_keys;
use crate::oidc::token::TokenRefused;
use crate::store::grants::{Found, Grant, Handle, HandleKind, NewGrant, OfflineLogin};
use crate::web::state::Portner;

/// A token, and the row that it is kept in.
pub struct Made {
    /// What the client gets.
    pub text: String,
    /// What we keep.
    pub row: NewGrant,
}

/// What a token comes of: it belongs to the same family, and dies with the same session.
#[derive(Clone)]
pub struct Origin {
    grant: Grant,
    /// When the level is over on which it was given.
    level_ends: Option<Timestamp>,
}

impl Origin {
    /// The code or refresh token that was handed in.
    pub fn of(found: &Found) -> Self {
        Self {
            grant: found.grant.clone(),
            level_ends: found.level_ends,
        }
    }

    /// For how long an access token of now is good: for no longer than the level in it (I08).
    pub fn access_until(&self, now: Timestamp) -> Timestamp {
        let until = now.saturating_add(ACCESS_TOKEN_LIFETIME).unwrap_or(now);
        self.level_ends.map_or(until, |ends| ends.min(until))
    }

    /// The same, good for no longer than a level.
    #[must_use]
    pub fn until(mut self, level_ends: Timestamp) -> Self {
        self.level_ends = Some(level_ends);
        self
    }

    /// The same without the session, for what outlives it.
    #[must_use]
    pub fn beyond_session(&self, login: OfflineLogin) -> Self {
        Self {
            grant: Grant {
                family: self.grant.family.beyond_session(),
                session: None,
                login: Some(login),
                ..self.grant.clone()
            },
            level_ends: self.level_ends,
        }
    }

    /// An access token: a handle for userinfo, a signed one for resources (RFC 9068).
    pub async fn access_token(
        &self,
        portner: &Portner,
        record: &TokenRecord,
        (issuer, signer): (&Issuer, &dyn Signer),
        now: Timestamp,
    ) -> Result<Made, TokenRefused> {
        let expires_at = self.access_until(now);
        let for_userinfo = record.resources.is_empty();
        let kind = if for_userinfo {
            HandleKind::AccessToken
        } else {
            HandleKind::SignedAccessToken
        };
        let row = self.row(portner, kind, record, (now, expires_at))?;
        let text = if for_userinfo {
            row.handle.expose().to_owned()
        } else {
            let made =
                access_token::sign(record, issuer, row.handle.expose(), (now, expires_at), signer).await;
            made.map_err(|error| failed(&error))?
        };
        Ok(Made { text, row })
    }

    /// A refresh token.
    pub fn refresh_token(
        &self,
        portner: &Portner,
        record: &TokenRecord,
        validity: (Timestamp, Timestamp),
    ) -> Result<Made, TokenRefused> {
        let (from, until) = validity;
        let validity = (from, self.level_ends.map_or(until, |ends| ends.min(until)));
        let row = self.row(portner, HandleKind::RefreshToken, record, validity)?;
        Ok(Made {
            text: row.handle.expose().to_owned(),
            row,
        })
    }

    fn row(
        &self,
        portner: &Portner,
        kind: HandleKind,
        record: &TokenRecord,
        (issued_at, expires_at): (Timestamp, Timestamp),
    ) -> Result<NewGrant, TokenRefused> {
        let plain = postcard::to_stdvec(record).map_err(|error| failed(&error))?;
        let payload = portner.sealer.seal(purpose_of(kind), &plain);
        Ok(NewGrant {
            handle: Handle::new(kind, &portner.ambient),
            grant: Grant {
                payload: payload.map_err(|error| failed(&error))?,
                issued_at,
                expires_at,
                ..self.grant.clone()
            },
        })
    }
}

const fn purpose_of(kind: HandleKind) -> SealPurpose {
    match kind {
        HandleKind::AuthorizationCode => SealPurpose::Code,
        HandleKind::AccessToken | HandleKind::SignedAccessToken => SealPurpose::AccessToken,
        HandleKind::RefreshToken => SealPurpose::RefreshToken,
        HandleKind::PushedRequest => SealPurpose::PushedRequest,
        HandleKind::BackchannelRequest => SealPurpose::BackchannelRequest,
    }
}

/// Opens what is kept behind a handle of this kind.
pub fn open<T: serde::de::DeserializeOwned>(
    portner: &Portner,
    kind: HandleKind,
    grant: &Grant,
) -> Result<T, TokenRefused> {
    let plain = portner.sealer.open(purpose_of(kind), &grant.payload);
    let mut plain = plain.map_err(|error| failed(&error))?;
    // Kept before affiliations and logins were kept along: none are named. Anywhere else it is left over.
    plain.extend([0, 0]);
    postcard::from_bytes(&plain).map_err(|error| failed(&error))
}

/// The handle behind a token, whatever kind the token is of.
pub fn handle_of(portner: &Portner, token: &str) -> Option<(Handle, HandleKind)> {
    let plain = [HandleKind::AccessToken, HandleKind::RefreshToken]
        .into_iter()
        .find_map(|kind| Some((Handle::parse(kind, token)?, kind)));
    plain.or_else(|| {
        let keys = verification_keys(portner.services.oidc.published_keys());
        let id = access_token::id_of(token, &keys)?;
        let kind = HandleKind::SignedAccessToken;
        Some((Handle::parse(kind, id.as_str())?, kind))
    })
}

/// Which kind of token a handle is behind.
pub const fn token_kind(kind: HandleKind) -> TokenKind {
    match kind {
        HandleKind::RefreshToken => TokenKind::Refresh,
        _ => TokenKind::Access,
    }
}

/// The login that what outlives a session stands on; nothing where it is no longer good.
pub fn offline_login(found: &Found) -> Option<OfflineLogin> {
    Some(OfflineLogin {
        account: found.account?,
        upstream: found.vouched_by.clone()?,
    })
}
