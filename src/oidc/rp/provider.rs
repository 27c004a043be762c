//! What is known of an upstream provider: where it listens and which keys it has.
//!
//! Fetched when first needed and now and then again; while a fetch fails or brings
//! something suspicious, the last good state stays (D09, M09), also over a restart where there
//! is a [`ProviderMemory`]. One fetches for all who wait, and they share what comes of it, good or
//! bad: a provider that hangs takes the time of one call from each of them, not of one call after
//! the other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
use super::description::{Description, Verdict};
use crate::egress::{Egress, EgressError};
use crate::oidc::client::{Endpoints, Issuer, OidcUpstream};
use crate::oidc::jwk::KeySet;

/// After this the description and the keys are fetched again.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(60);

/// No two fetches are closer together, whatever tokens with invented key ids arrive.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// A provider as it was when last seen in good order.
pub(super) struct Provider {
    description: Description,
    pub(super) keys: KeySet,
}

impl Provider {
    pub(super) const fn endpoints(&self) -> &Endpoints {
        &self.description.endpoints
    }

    pub(super) const fn names_itself(&self) -> bool {
        self.description.names_itself
    }
}

/// Where what was learnt of a provider outlives this process, and where what an operator must
/// decide waits. What goes wrong there is for the memory to tell: no login fails by it.
pub trait ProviderMemory: Send + Sync {
    /// What was kept.
    fn recall(&self) -> Remembered;
    /// Tells one kept description from another without reading it.
    fn mark(&self) -> Option<(u64, std::time::SystemTime)>;
    /// Keeps what counts from now on. Without a description, the one that was kept stays, and so does
    /// what waits.
    fn keep(&self, description: Option<&Description>, keys: &RememberedKeys, now: Timestamp);
    /// Lets another description wait for an operator.
    fn hold(&self, found: &Description, reason: &str, difference: Vec<String>, now: Timestamp);
    /// Notes that a fetch brought nothing.
    fn failed(&self, why: &str);
}

/// What was kept of a provider.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// The description that counts.
    pub description: Option<Vec<u8>>,
    /// The keys that were fetched last and were good; nothing where none ever were.
    pub keys: Option<RememberedKeys>,
    /// Whether something waits for an operator.
    pub waits: bool,
}

/// The keys of a provider as they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedKeys {
    /// From where: keys of another place are no keys of this provider.
    pub jwks_uri: Url,
    /// When they were fetched.
    pub fetched: Timestamp,
    /// The JWK Set.
    pub keys: String,
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
    memory: Option<Arc<dyn ProviderMemory>>,
    /// Whether a change waits for an operator, who may have decided since.
    waits: AtomicBool,
    /// The kept description that what is here comes from.
    mark: RwLock<Option<(u64, std::time::SystemTime)>>,
}

/// What is known of earlier fetches.
#[derive(Default)]
struct Tries {
    last: Option<Timestamp>,
    failure: Option<Arc<RelyingPartyError>>,
    /// The trouble that was noted last.
    noted: Option<&'static str>,
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
            memory: None,
            waits: AtomicBool::new(false),
            mark: RwLock::default(),
        }
    }

    /// The same, beginning with what is remembered.
    pub fn remembering(upstream: &OidcUpstream, memory: Arc<dyn ProviderMemory>) -> Self {
        Self {
            memory: Some(memory),
            ..Self::new(upstream)
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
        self.forget_what_is_decided_otherwise();
        match self.good() {
            Some(good) if now.duration_since(good.fetched_at) < FRESH_FOR => Ok(good.provider),
            // One renews; the others go on with what there is.
            Some(good) if self.tries.try_lock().is_err() => Ok(good.provider),
            // Rarely taken, and large: it is not carried about in every login's future.
            _ => Box::pin(self.renew(egress, now, FRESH_FOR)).await,
        }
    }

    /// The provider with keys that are younger than the pause between two fetches.
    pub(super) async fn with_new_keys(
        &self,
        egress: &Egress,
        now: Timestamp,
    ) -> Result<Arc<Provider>, RelyingPartyError> {
        Box::pin(self.renew(egress, now, PAUSE)).await
    }

    /// Looks at the provider now, whatever is known of it.
    pub async fn look_again(&self, egress: &Egress, now: Timestamp) -> Result<(), RelyingPartyError> {
        self.renew(egress, now, SignedDuration::ZERO).await.map(|_| ())
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
        self.forget_what_is_decided_otherwise();
        let mut served = None;
        if self.good().is_none() {
            served = self.recall(now);
        }
        let good = self.good();
        if let Some(good) = &good {
            let is_young = now.duration_since(good.fetched_at) < young_enough;
            let was_tried = tries.last.is_some_and(|last| now.duration_since(last) < PAUSE);
            if is_young || was_tried {
                return Ok(good.provider.clone());
            }
            served = Some(good.provider.description.clone());
        } else if let Some(failure) = tries.failure.as_ref().filter(|_| waited) {
            return Err(RelyingPartyError::Shared(Arc::clone(failure)));
        }
        tries.last = Some(now);
        let fetched = self.fetch_in_time(egress, served, now).await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        let trouble = fetched.as_ref().err().map(RelyingPartyError::reason);
        if let Err(error) = &fetched
            && tries.noted != trouble
        {
            let why = error.to_string();
            self.remember(move |memory| memory.failed(&why)).await;
        }
        tries.noted = trouble;
        match (fetched, good) {
            (Ok(provider), _) => {
                let provider = Arc::new(provider);
                self.take(Good {
                    provider: provider.clone(),
                    fetched_at: now,
                });
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
    async fn fetch_in_time(
        &self,
        egress: &Egress,
        served: Option<Description>,
        now: Timestamp,
    ) -> Result<Provider, RelyingPartyError> {
        match tokio::time::timeout(egress.timeout(), self.fetch(egress, served, now)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(RelyingPartyError::Unreachable(EgressError::Timeout {
                host: self.issuer.as_str().to_owned(),
            })),
        }
    }

    fn good(&self) -> Option<Good> {
        self.good.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, good: impl Into<Option<Good>>) {
        *self.good.write().unwrap_or_else(PoisonError::into_inner) = good.into();
    }

    async fn fetch(
        &self,
        egress: &Egress,
        served: Option<Description>,
        now: Timestamp,
    ) -> Result<Provider, RelyingPartyError> {
        let description = match self.written_down() {
            Some(description) => description,
            None => {
                self.decided_over(self.discover(egress).await?, served, now)
                    .await?
            }
        };
        let jwks = &description.endpoints.jwks;
        let answer = egress.get(jwks, HeaderMap::new()).await?;
        if !answer.status.is_success() {
            return Err(RelyingPartyError::Discovery { check: "jwks_status" });
        }
        let keys = KeySet::from_json(&answer.body).map_err(RelyingPartyError::Keys)?;
        let kept = RememberedKeys {
            jwks_uri: jwks.clone(),
            fetched: now,
            keys: String::from_utf8_lossy(&answer.body).into_owned(),
        };
        let is_new = self.pinned.is_none() && !self.waits.load(Ordering::Relaxed);
        let learnt = is_new.then(|| description.clone());
        self.remember(move |memory| memory.keep(learnt.as_ref(), &kept, now))
            .await;
        if let (true, Some(memory)) = (is_new, &self.memory) {
            *self.mark.write().unwrap_or_else(PoisonError::into_inner) = memory.mark();
        }
        Ok(Provider { description, keys })
    }

    /// The description that counts from now on: the one that was found, or the one that is served while
    /// another waits for an operator (D09).
    async fn decided_over(
        &self,
        found: Description,
        served: Option<Description>,
        now: Timestamp,
    ) -> Result<Description, RelyingPartyError> {
        match found.over(served.as_ref()) {
            Verdict::Take(difference) => {
                for change in difference.iter().filter(|_| served.is_some()) {
                    tracing::info!(issuer = %self.issuer, change, "a provider describes itself anew");
                }
                self.waits.store(false, Ordering::Relaxed);
                Ok(found)
            }
            Verdict::Wait { reason, difference } => {
                for change in &difference {
                    tracing::warn!(issuer = %self.issuer, reason, change, "a change of a provider waits for an operator");
                }
                self.remember(move |memory| memory.hold(&found, reason, difference, now))
                    .await;
                self.waits.store(true, Ordering::Relaxed);
                served.ok_or(RelyingPartyError::Discovery {
                    check: "endpoint_host",
                })
            }
            Verdict::Refuse(check) => Err(RelyingPartyError::Discovery { check }),
        }
    }

    /// Begins with what was kept; the description that counts, also where its keys are not here.
    fn recall(&self, now: Timestamp) -> Option<Description> {
        let memory = self.memory.as_ref()?;
        let mark = memory.mark();
        let Remembered {
            description,
            keys,
            waits,
        } = memory.recall();
        *self.mark.write().unwrap_or_else(PoisonError::into_inner) = mark;
        self.waits.store(waits, Ordering::Relaxed);
        let kept = || Description::read(&description?, &self.issuer);
        let description = self.written_down().or_else(kept)?;
        let keys = keys.filter(|keys| keys.jwks_uri == description.endpoints.jwks);
        if let Some(kept) = keys
            && let Ok(keys) = KeySet::from_json(kept.keys.as_bytes())
        {
            let provider = Provider {
                description: description.clone(),
                keys,
            };
            self.take(Good {
                provider: Arc::new(provider),
                fetched_at: kept.fetched.min(now),
            });
        }
        Some(description)
    }

    /// What an operator has accepted counts at once.
    fn forget_what_is_decided_otherwise(&self) {
        if !self.waits.load(Ordering::Relaxed) {
            return;
        }
        let known = *self.mark.read().unwrap_or_else(PoisonError::into_inner);
        if self.memory.as_ref().is_some_and(|memory| memory.mark() != known) {
            self.take(None);
        }
    }

    /// Does something with the memory, where there is one, on a thread that may wait for a disk.
    async fn remember(&self, act: impl FnOnce(&dyn ProviderMemory) + Send + 'static) {
        if let Some(memory) = self.memory.clone() {
            // It tells by itself what goes wrong.
            let _ = tokio::task::spawn_blocking(move || act(&*memory)).await;
        }
    }

    /// What an operator has written down in place of what the provider says.
    fn written_down(&self) -> Option<Description> {
        let endpoints = self.pinned.clone()?;
        Some(Description {
            issuer: self.issuer.as_str().to_owned(),
            endpoints,
            names_itself: false,
        })
    }

    async fn discover(&self, egress: &Egress) -> Result<Description, RelyingPartyError> {
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
        Ok(Description {
            issuer: self.issuer.as_str().to_owned(),
            endpoints,
            names_itself: further.authorization_response_iss_parameter_supported,
        })
    }
}
