//! Who asks at an endpoint of ours: a registered client that has proved who it is (E11).

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::Timestamp;

use super::refuse::failed;
use crate::domain::service::ServiceId;
use crate::domain::text::given;
use crate::oidc::client::OidcClient;
use crate::oidc::client_auth::PresentedCredentials;
use crate::oidc::params::Parameters;
use crate::oidc::token::{TokenErrorCode, TokenRefused};
use crate::store::ephemeral::StateKey;
use crate::trust::registry::{Service, ServiceProtocol};
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// A client that has proved who it is.
pub struct Caller {
    service: Arc<Service>,
    now: Timestamp,
}

impl Caller {
    /// Finds out who asks. Secrets are looked for in the header and the form, never in the query.
    pub async fn known(portner: &Portner, visit: &Visit, form: &Parameters) -> Result<Self, TokenRefused> {
        let unknown = TokenRefused::new(TokenErrorCode::InvalidClient, "unknown_client");
        let presented = PresentedCredentials::read(authorization(&visit.headers), form)?;
        let registry = portner.registry();
        let (service, client) = registry
            .service_by_client_id(presented.client_id().as_str())
            .filter(|(service, _)| service.profile.enabled)
            .ok_or(unknown)?;
        let now = portner.ambient.now();
        let once = async |key: String, until: Timestamp| is_new(portner, &key, until, now).await;
        presented
            .authenticate(
                client,
                portner.services.oidc.issuer_of(service),
                visit.certificate.as_deref(),
                now,
                once,
            )
            .await?;
        Ok(Self {
            service: Arc::clone(service),
            now,
        })
    }

    /// What is registered of it as a client; nothing for what no longer is one.
    pub fn client(&self) -> Result<&OidcClient, TokenRefused> {
        match &self.service.protocol {
            ServiceProtocol::Oidc(client) => Ok(client),
            ServiceProtocol::Saml(_) | ServiceProtocol::Own(_) => {
                Err(TokenRefused::new(TokenErrorCode::InvalidClient, "unknown_client"))
            }
        }
    }

    /// The service behind it.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// When it asked.
    pub const fn now(&self) -> Timestamp {
        self.now
    }
}

/// Who asks, as it says itself: for the auditor, and for nothing that is decided.
pub fn named_service(portner: &Portner, visit: &Visit, form: &Parameters) -> Option<ServiceId> {
    let presented = PresentedCredentials::read(authorization(&visit.headers), form).ok()?;
    let registry = portner.registry();
    let (service, _) = registry.service_by_client_id(presented.client_id().as_str())?;
    Some(service.profile.id.clone())
}

/// The client_id that came along, fit for a log line.
pub fn given_name(visit: &Visit, form: &Parameters) -> Option<String> {
    let presented = PresentedCredentials::read(authorization(&visit.headers), form).ok()?;
    Some(given(presented.client_id().as_str()))
}

/// The Authorization header.
pub fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok())
}

/// A client assertion counts once (E11).
async fn is_new(
    portner: &Portner,
    key: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, TokenRefused> {
    let key = StateKey::of("oidc.client-assertion", &[key]);
    let new = portner.writer.once(key, until.duration_since(now)).await;
    new.map_err(|error| failed(&error))
}
