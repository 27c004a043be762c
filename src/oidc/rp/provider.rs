//! What is known of an upstream provider: where it listens and which keys it has.
//!
//! Fetched when first needed and now and then again; while a fetch fails or brings
//! something suspicious, the last good state stays (D09, M09). One fetches for all who wait,
//! and they share what comes of it, good or bad: a provider that hangs takes the time of one
//! call from each of them, not of one call after the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use openidconnect::ProviderMetadata;
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use super::RelyingPartyError;
use crate::egress::{Egress, EgressError};
use crate::oidc::client::{Endpoints, Issuer, OidcUpstream};
use crate::oidc::jwk::KeySet;

/// After this the description and the keys are fetched again.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(60);

/// No two fetches are closer together, whatever tokens with invented key ids arrive.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// A provider as it was when last seen in good order.
pub(super) struct Provider {
    pub(super) endpoints: Endpoints,
    pub(super) keys: KeySet,
    /// Whether it promised to name itself in every answer (RFC 9207).
    pub(super) names_itself: bool,
}

/// The last good state of a provider, and when it was tried to renew it. It is learnt of the
/// provider alone, and outlives changes of what we are registered as there (A02).
pub struct ProviderCache {
    issuer: Issuer,
    pinned: Option<Endpoints>,
    good: RwLock<Option<Good>>,
    /// Held by whoever fetches.
    tries: Mutex<Tries>,
    /// How many fetches have ended.
    ended: AtomicU64,
}

/// What is known of earlier fetches.
#[derive(Default)]
struct Tries {
    last: Option<Timestamp>,
    failure: Option<Arc<RelyingPartyError>>,
}

#[derive(Clone)]
struct Good {
    provider: Arc<Provider>,
    fetched_at: Timestamp,
}

type ProviderDocument = ProviderMetadata<
    FurtherMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct FurtherMetadata {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    end_session_endpoint: Option<Url>,
}

impl openidconnect::AdditionalProviderMetadata for FurtherMetadata {}

impl ProviderCache {
    /// Nothing is learnt yet.
    pub fn new(upstream: &OidcUpstream) -> Self {
        Self {
            issuer: upstream.issuer.clone(),
            pinned: upstream.endpoints.clone(),
            good: RwLock::default(),
            tries: Mutex::default(),
            ended: AtomicU64::new(0),
        }
    }

    /// Whether what was learnt is of the provider of this registration.
    pub fn is_of(&self, upstream: &OidcUpstream) -> bool {
        self.issuer == upstream.issuer && self.pinned == upstream.endpoints
    }

    /// The provider, fresh if that can be had.
    pub(super) async fn get(
        &self,
        egress: &Egress,
        now: Timestamp,
    ) -> Result<Arc<Provider>, RelyingPartyError> {
        match self.good() {
            Some(good) if now.duration_since(good.fetched_at) < FRESH_FOR => Ok(good.provider),
            // One renews; the others go on with what there is.
            Some(good) if self.tries.try_lock().is_err() => Ok(good.provider),
            _ => self.renew(egress, now, FRESH_FOR).await,
        }
    }

    /// The provider with keys that are younger than the pause between two fetches.
    pub(super) async fn with_new_keys(
        &self,
        egress: &Egress,
        now: Timestamp,
    ) -> Result<Arc<Provider>, RelyingPartyError> {
        self.renew(egress, now, PAUSE).await
    }

    /// Fetches once for everybody who waits; keeps the last good state if that fails.
    async fn renew(
        &self,
        egress: &Egress,
        now: Timestamp,
        young_enough: SignedDuration,
    ) -> Result<Arc<Provider>, RelyingPartyError> {
        let ended_before = self.ended.load(Ordering::SeqCst);
        let mut tries = self.tries.lock().await;
        let waited = self.ended.load(Ordering::SeqCst) != ended_before;
        let good = self.good();
        if let Some(good) = &good {
            let is_young = now.duration_since(good.fetched_at) < young_enough;
            let was_tried = tries.last.is_some_and(|last| now.duration_since(last) < PAUSE);
            if is_young || was_tried {
                return Ok(good.provider.clone());
            }
        } else if let Some(failure) = tries.failure.as_ref().filter(|_| waited) {
            return Err(RelyingPartyError::Shared(Arc::clone(failure)));
        }
        tries.last = Some(now);
        let fetched = self.fetch_in_time(egress).await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        match (fetched, good) {
            (Ok(provider), _) => {
                let provider = Arc::new(provider);
                let good = Good {
                    provider: provider.clone(),
                    fetched_at: now,
                };
                *self.good.write().unwrap_or_else(PoisonError::into_inner) = Some(good);
                tries.failure = None;
                Ok(provider)
            }
            (Err(error), Some(good)) => {
                tracing::warn!(issuer = %self.issuer, reason = error.reason(), "keeping the last good provider state");
                Ok(good.provider)
            }
            (Err(error), None) => {
                let error = Arc::new(error);
                tries.failure = Some(Arc::clone(&error));
                Err(RelyingPartyError::Shared(error))
            }
        }
    }

    /// Description and keys together take no longer than one call may.
    async fn fetch_in_time(&self, egress: &Egress) -> Result<Provider, RelyingPartyError> {
        match tokio::time::timeout(egress.timeout(), self.fetch(egress)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(RelyingPartyError::Unreachable(EgressError::Timeout {
                host: self.issuer.as_str().to_owned(),
            })),
        }
    }

    fn good(&self) -> Option<Good> {
        self.good.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self, egress: &Egress) -> Result<Provider, RelyingPartyError> {
        let (endpoints, names_itself) = match &self.pinned {
            Some(endpoints) => (endpoints.clone(), false),
            None => self.discover(egress).await?,
        };
        let answer = egress.get(&endpoints.jwks, HeaderMap::new()).await?;
        if !answer.status.is_success() {
            return Err(RelyingPartyError::Discovery { check: "jwks_status" });
        }
        let keys = KeySet::from_json(&answer.body).map_err(RelyingPartyError::Keys)?;
        Ok(Provider {
            endpoints,
            keys,
            names_itself,
        })
    }

    async fn discover(&self, egress: &Egress) -> Result<(Endpoints, bool), RelyingPartyError> {
        let refuse = |check| RelyingPartyError::Discovery { check };
        let base = self.issuer.as_str().trim_end_matches('/');
        let url =
            Url::parse(&format!("{base}/.well-known/openid-configuration")).map_err(|_| refuse("issuer"))?;
        let answer = egress.get(&url, HeaderMap::new()).await?;
        if !answer.status.is_success() {
            return Err(refuse("status"));
        }
        let document: ProviderDocument =
            serde_json::from_slice(&answer.body).map_err(|_| refuse("document"))?;
        if document.issuer().as_str() != self.issuer.as_str() {
            return Err(refuse("issuer"));
        }
        let token = document.token_endpoint().ok_or(refuse("token_endpoint"))?;
        let further = document.additional_metadata();
        let endpoints = Endpoints {
            authorization: document.authorization_endpoint().url().clone(),
            token: token.url().clone(),
            jwks: document.jwks_uri().url().clone(),
            userinfo: document
                .userinfo_endpoint()
                .map(|endpoint| endpoint.url().clone()),
            end_session: further.end_session_endpoint.clone(),
        };
        if !stands_with(&url, &endpoints) {
            return Err(refuse("endpoint_host"));
        }
        Ok((endpoints, further.authorization_response_iss_parameter_supported))
    }
}

/// Endpoints stand at the issuer's own host, with its scheme. Where they do not, they are written
/// down by hand: a document that a stranger changed must not send secrets elsewhere (D09).
fn stands_with(issuer: &Url, endpoints: &Endpoints) -> bool {
    let needed = [&endpoints.authorization, &endpoints.token, &endpoints.jwks];
    let optional = [&endpoints.userinfo, &endpoints.end_session];
    needed
        .into_iter()
        .chain(optional.into_iter().flatten())
        .all(|endpoint| endpoint.scheme() == issuer.scheme() && endpoint.host_str() == issuer.host_str())
}
