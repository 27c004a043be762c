//! `POST /oidc/token`: a code becomes tokens, once, for the service that asked.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::{cors, denied, gate};
use crate::domain::evidence::Exchanged;
use crate::domain::service::ServiceId;
use crate::keys::seal::SealPurpose;
use crate::oidc::client::OidcClient;
use crate::oidc::client_auth::PresentedCredentials;
use crate::oidc::code::{ACCESS_TOKEN_LIFETIME, CodeRecord, GrantedAnswer};
use crate::oidc::params::Parameters;
use crate::oidc::token::{RedeemedCode, TokenDocument, TokenErrorCode, TokenRefused, TokenRequest};
use crate::store::ephemeral::StateKey;
use crate::store::grants::{Consumption, Exchange, Grant, Handle, HandleKind, NewGrant};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::witness;

/// Redeems a code.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let form = Parameters::new(posted.fields().iter().cloned());
    let response = match redeem(&portner, &visit, &form).await {
        Ok(document) => ([(CACHE_CONTROL, "no-store")], Json(document)).into_response(),
        Err(refused) => {
            let service = named_service(&portner, &visit, &form);
            denied::tell_auditor(&portner, &visit, service.as_ref(), &refused).await;
            refuse(&visit, &refused)
        }
    };
    cors::allow(&portner, &visit.headers, response)
}

/// Answers a browser that asks before it sends.
pub use super::cors::preflight;

/// Who asks, as it says itself: for the auditor, and for nothing that is decided.
fn named_service(portner: &Portner, visit: &Visit, form: &Parameters) -> Option<ServiceId> {
    let presented = PresentedCredentials::read(authorization(&visit.headers), form).ok()?;
    let registry = portner.registry();
    let (service, _) = registry.service_by_client_id(presented.client_id().as_str())?;
    Some(service.profile.id.clone())
}

async fn redeem(portner: &Portner, visit: &Visit, form: &Parameters) -> Result<TokenDocument, TokenRefused> {
    let registry = portner.registry();
    let presented = PresentedCredentials::read(authorization(&visit.headers), form)?;
    let (service, client) = registry
        .service_by_client_id(presented.client_id().as_str())
        .filter(|(service, _)| service.profile.enabled)
        .ok_or_else(|| refused(TokenErrorCode::InvalidClient, "unknown_client"))?;
    let face = &portner.services.oidc;
    let now = portner.ambient.now();
    let once = async |key: String, until: Timestamp| is_new(portner, &key, until, now).await;
    presented
        .authenticate(client, face.issuer_of(service), now, once)
        .await?;

    let request = TokenRequest::read(form)?;
    let code = Handle::parse(HandleKind::AuthorizationCode, &request.code)
        .ok_or_else(|| refused(TokenErrorCode::InvalidGrant, "unknown_code"))?;
    let presented = Presented { portner, client, now };
    let (redeemed, access_token) = presented.redeem(code, &request).await?;
    let tokens = redeemed
        .tokens(
            face.issuer_of(service),
            access_token,
            &**face.signer_for(client),
            now,
        )
        .await;
    let tokens = tokens.map_err(|error| failed(&error))?;
    let kept = witness::of_service(
        portner,
        &service.profile,
        None,
        Exchanged::IdTokenSent,
        tokens.id_token(),
    );
    kept.await.map_err(|refused| failed(&refused))?;
    Ok(tokens)
}

/// A code in the hands of a client that has proved who it is.
struct Presented<'a> {
    portner: &'a Portner,
    client: &'a OidcClient,
    now: Timestamp,
}

impl Presented<'_> {
    /// Takes the code out of the store and puts an access token in its place. The code is burnt
    /// by the first try, right or wrong (E04, E06).
    async fn redeem(
        &self,
        code: Handle,
        request: &TokenRequest,
    ) -> Result<(RedeemedCode, String), TokenRefused> {
        let found = self.portner.store.find_grant(&code, self.now).await;
        let Some(found) = found.map_err(|error| failed(&error))? else {
            self.burn(code, Vec::new()).await?;
            // It is granted only if it was given out in this very moment, after we looked.
            return Err(refused(TokenErrorCode::InvalidGrant, "unknown_code"));
        };
        if !gate::may_issue(self.portner, &found) {
            self.burn(code, Vec::new()).await?;
            return Err(refused(TokenErrorCode::InvalidGrant, "may_not_issue"));
        }
        let grant = found.grant;
        let record = self.open(&grant)?;
        match record.redeem(&self.client.client_id, request, self.now) {
            Ok(redeemed) => {
                let token = self.access_token(&grant, redeemed.answer())?;
                let text = token.handle.expose().to_owned();
                self.burn(code, vec![token]).await?;
                Ok((redeemed, text))
            }
            Err(refused) => {
                self.burn(code, Vec::new()).await?;
                Err(refused)
            }
        }
    }

    /// Uses the code up. A second try ends everything that came of the first (E06).
    async fn burn(&self, code: Handle, gives: Vec<NewGrant>) -> Result<(), TokenRefused> {
        let exchange = Exchange {
            handle: code,
            bound_to: self.client.client_id.as_str().to_owned(),
            gives,
        };
        let consumed = self.portner.writer.exchange(exchange).await;
        match consumed.map_err(|error| failed(&error))? {
            Consumption::Granted(_) => Ok(()),
            Consumption::Replayed(family) => {
                let revoked = self.portner.store.revoke_family(family, self.now).await;
                revoked.map_err(|error| failed(&error))?;
                Err(refused(TokenErrorCode::InvalidGrant, denied::CODE_REPLAY))
            }
            Consumption::Refused => Err(refused(TokenErrorCode::InvalidGrant, "unknown_code")),
        }
    }

    fn open(&self, grant: &Grant) -> Result<CodeRecord, TokenRefused> {
        let plain = self.portner.sealer.open(SealPurpose::Code, &grant.payload);
        let plain = plain.map_err(|error| failed(&error))?;
        postcard::from_bytes(&plain).map_err(|error| failed(&error))
    }

    fn access_token(&self, code: &Grant, answer: &GrantedAnswer) -> Result<NewGrant, TokenRefused> {
        let plain = postcard::to_stdvec(answer).map_err(|error| failed(&error))?;
        let payload = self.portner.sealer.seal(SealPurpose::AccessToken, &plain);
        let expires_at = self.now.saturating_add(ACCESS_TOKEN_LIFETIME);
        Ok(NewGrant {
            handle: Handle::new(HandleKind::AccessToken, &self.portner.ambient),
            grant: Grant {
                family: code.family,
                session: code.session,
                bound_to: code.bound_to.clone(),
                payload: payload.map_err(|error| failed(&error))?,
                issued_at: self.now,
                expires_at: expires_at.unwrap_or(self.now),
            },
        })
    }
}

/// A client assertion counts once (E11).
async fn is_new(portner: &Portner, key: &str, until: Timestamp, now: Timestamp) -> bool {
    let key = StateKey::of("oidc.client-assertion", &[key]);
    portner
        .writer
        .once(key, until.duration_since(now))
        .await
        .unwrap_or(false)
}

fn refuse(visit: &Visit, refused: &TokenRefused) -> Response {
    tracing::warn!(reference = %visit.reference, error = refused.code.as_str(), reason = refused.reason, "token refused");
    let status = StatusCode::from_u16(refused.code.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, [(CACHE_CONTROL, "no-store")], Json(refused.document())).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Basic"));
    }
    response
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok())
}

const fn refused(code: TokenErrorCode, reason: &'static str) -> TokenRefused {
    TokenRefused { code, reason }
}

/// Something of ours failed. OAuth has no word for that at this endpoint; the log has.
fn failed(error: &dyn std::error::Error) -> TokenRefused {
    tracing::error!(%error, "token endpoint failed");
    refused(TokenErrorCode::InvalidRequest, "internal")
}
