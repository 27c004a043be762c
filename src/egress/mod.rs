//! The one way out: every call that Portner makes to another machine goes through here
//! (DR12, B25, E10).
//!
//! https alone, no redirects, the address checked after the name was resolved, answers
//! and waiting limited, connections kept, and a breaker for hosts that are down (M09).
//! What the answers mean is for the callers.

mod address;
mod breaker;
mod connect;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use self::address::AddressRule;
use self::breaker::Breakers;
use self::connect::GuardedConnector;

/// How the way out is guarded.
#[derive(Debug, Clone)]
pub struct EgressSettings {
    /// Which hosts may be in private networks.
    pub inner_hosts: InnerHosts,
    /// Whether http will do for those of them that are on loopback.
    pub plain_http_on_loopback: bool,
    /// Certificates in PEM that are trusted beside the system's.
    pub extra_roots: Option<Vec<u8>>,
    /// How long it may take until a connection stands.
    pub connect_timeout: Duration,
    /// How long one call may take in all.
    pub timeout: Duration,
    /// How many bytes an answer may have.
    pub max_answer: usize,
    /// How many failures in a row open the breaker.
    pub failures_to_open: u32,
    /// For how long the breaker stays open.
    pub open_for: Duration,
}

impl Default for EgressSettings {
    fn default() -> Self {
        Self {
            inner_hosts: InnerHosts::default(),
            plain_http_on_loopback: false,
            extra_roots: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(8),
            max_answer: 512 * 1024,
            failures_to_open: 5,
            open_for: Duration::from_secs(5),
        }
    }
}

/// The hosts that may be reached at private addresses and on this machine (B25).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InnerHosts {
    /// These, such as a municipality's own provider; by default none.
    Listed(BTreeSet<String>),
    /// All: for the demo and for tests, since whoever writes metadata could then look inside.
    All,
}

impl InnerHosts {
    fn contains(&self, host: &str) -> bool {
        match self {
            Self::Listed(hosts) => hosts.contains(host),
            Self::All => true,
        }
    }
}

impl Default for InnerHosts {
    fn default() -> Self {
        Self::Listed(BTreeSet::new())
    }
}

/// An answer, whole.
#[derive(Clone)]
pub struct Answer {
    /// The status; redirects are not followed.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Status and headers of an answer whose body was handed on.
#[derive(Debug, Clone)]
pub struct Head {
    /// The status; redirects are not followed.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
}

/// What a download may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes of the body.
    pub bytes: usize,
    /// Time until all of it is here.
    pub time: Duration,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why a call did not bring an answer. None of them shows the address in full: queries hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// Not https, or with a user name, or without a host.
    #[error("calls go to https addresses alone")]
    Scheme,
    /// The name leads into a network that is none of its business.
    #[error("the host {host} leads to an address that must not be called")]
    ForbiddenAddress {
        /// The host.
        host: String,
    },
    /// Too many failures; not tried now.
    #[error("the host {host} failed too often and is left alone for a while")]
    BreakerOpen {
        /// The host.
        host: String,
    },
    /// It took too long.
    #[error("the host {host} did not answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// More bytes than an honest answer has.
    #[error("the answer of {host} is too large")]
    TooLarge {
        /// The host.
        host: String,
    },
    /// Name, connection, TLS or HTTP failed.
    #[error("the call to {host} failed")]
    Failed {
        /// The host.
        host: String,
        /// How.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A header that cannot be sent.
    #[error("the request could not be built")]
    Request(#[source] http::Error),
}

/// The way out could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EgressSetupError {
    /// A PEM file without a certificate.
    #[error("the extra certificates could not be read")]
    ExtraRoots,
    /// Neither the system nor the settings trust anybody.
    #[error("there is no certificate to trust: no system store, and no extra ones")]
    NoRoots,
    /// rustls did not like it.
    #[error("TLS could not be set up")]
    Tls(#[source] rustls::Error),
}

/// The guarded client. Cheap to clone; clones share connections and breakers.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    client: Client<GuardedConnector, Full<Bytes>>,
    breakers: Breakers,
    rule: Arc<AddressRule>,
    timeout: Duration,
    max_answer: usize,
}

impl Egress {
    /// Sets the way out up, with the system's trust store.
    pub fn new(settings: &EgressSettings) -> Result<Self, EgressSetupError> {
        let rule = Arc::new(AddressRule::new(
            settings.inner_hosts.clone(),
            settings.plain_http_on_loopback,
        ));
        let connector = GuardedConnector::new(rule.clone(), tls(settings)?, settings.connect_timeout);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_mins(1))
            .pool_max_idle_per_host(16)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self(Arc::new(Inner {
            client,
            breakers: Breakers::new(settings.failures_to_open, settings.open_for),
            rule,
            timeout: settings.timeout,
            max_answer: settings.max_answer,
        })))
    }

    /// Fetches a document.
    pub async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Answer, EgressError> {
        self.call(Method::GET, url, headers, Bytes::new()).await
    }

    /// Posts a form that is already encoded.
    pub async fn post_form(
        &self,
        url: &Url,
        mut headers: HeaderMap,
        form: String,
    ) -> Result<Answer, EgressError> {
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, kind);
        self.call(Method::POST, url, headers, Bytes::from(form)).await
    }

    /// Posts a SOAP envelope.
    pub async fn post_soap(
        &self,
        url: &Url,
        action: &'static str,
        envelope: String,
    ) -> Result<Answer, EgressError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/xml"));
        headers.insert("soapaction", HeaderValue::from_static(action));
        self.call(Method::POST, url, headers, Bytes::from(envelope)).await
    }

    /// Fetches a document that may be larger and take longer than an answer of a login, piece by
    /// piece. Only the pieces of a success are handed on.
    pub async fn download(
        &self,
        url: &Url,
        headers: HeaderMap,
        room: Room,
        take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<Head, EgressError> {
        let door = self.door(url)?;
        self.download_at(door, url, headers, room, take).await
    }

    /// As [`download`](Self::download), and over plain http too: for documents of which nothing is believed
    /// but what their own signature covers.
    pub async fn download_signed(
        &self,
        url: &Url,
        headers: HeaderMap,
        room: Room,
        take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<Head, EgressError> {
        let host = self
            .0
            .rule
            .host_to_ask_for_signed(url)
            .ok_or(EgressError::Scheme)?;
        let door = self.open_door(host, url)?;
        self.download_at(door, url, headers, room, take).await
    }

    async fn download_at(
        &self,
        (host, door): (String, String),
        url: &Url,
        headers: HeaderMap,
        room: Room,
        mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<Head, EgressError> {
        let request = request(Method::GET, url, headers, Bytes::new())?;
        let exchange = async {
            let failed = |cause: Box<dyn std::error::Error + Send + Sync>| failure(&host, cause);
            let response = self.0.client.request(request).await;
            let (head, body) = response.map_err(|error| failed(error.into()))?.into_parts();
            let head = Head {
                status: head.status,
                headers: head.headers,
            };
            if !head.status.is_success() {
                return Ok(head);
            }
            let mut body = Limited::new(body, room.bytes);
            while let Some(frame) = body.frame().await {
                if let Ok(piece) = frame.map_err(failed)?.into_data() {
                    take(&piece).map_err(|error| failed(error.into()))?;
                }
            }
            Ok(head)
        };
        let outcome = match tokio::time::timeout(room.time, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(EgressError::Timeout { host: host.clone() }),
        };
        let healthy = outcome.as_ref().is_ok_and(|head| !head.status.is_server_error());
        self.0.breakers.record(&door, healthy, Instant::now());
        outcome
    }

    /// The host of an address that may be called now, and what its failures are counted under.
    fn door(&self, url: &Url) -> Result<(String, String), EgressError> {
        let host = self.0.rule.host_to_call(url).ok_or(EgressError::Scheme)?;
        self.open_door(host, url)
    }

    fn open_door(&self, host: &str, url: &Url) -> Result<(String, String), EgressError> {
        // Two programs on one machine fail apart.
        let door = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        let host = host.to_owned();
        if self.0.breakers.admits(&door, Instant::now()) {
            Ok((host, door))
        } else {
            Err(EgressError::BreakerOpen { host })
        }
    }

    async fn call(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, EgressError> {
        let (host, door) = self.door(url)?;
        let request = request(method, url, headers, body)?;
        let outcome = match tokio::time::timeout(self.0.timeout, self.exchange(request, &host)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(EgressError::Timeout { host: host.clone() }),
        };
        let healthy = outcome
            .as_ref()
            .is_ok_and(|answer| !answer.status.is_server_error());
        self.0.breakers.record(&door, healthy, Instant::now());
        outcome
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, host: &str) -> Result<Answer, EgressError> {
        let failed = |cause: Box<dyn std::error::Error + Send + Sync>| failure(host, cause);
        let response = self
            .0
            .client
            .request(request)
            .await
            .map_err(|error| failed(error.into()))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.0.max_answer)
            .collect()
            .await
            .map_err(failed)?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Egress")
    }
}

fn request(
    method: Method,
    url: &Url,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, EgressError> {
    let mut request = Request::builder()
        .method(method)
        .uri(url.as_str())
        .body(Full::new(body))
        .map_err(EgressError::Request)?;
    *request.headers_mut() = headers;
    request
        .headers_mut()
        .insert(USER_AGENT, HeaderValue::from_static("portner"));
    request
        .headers_mut()
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("application/json"));
    Ok(request)
}

/// Finds out what the layers below wanted to say.
fn failure(host: &str, cause: Box<dyn std::error::Error + Send + Sync>) -> EgressError {
    let host = host.to_owned();
    let mut link: Option<&(dyn std::error::Error + 'static)> = Some(&*cause);
    while let Some(error) = link {
        if error.is::<connect::ForbiddenAddress>() {
            return EgressError::ForbiddenAddress { host };
        }
        if error.is::<LengthLimitError>() {
            return EgressError::TooLarge { host };
        }
        link = error.source();
    }
    EgressError::Failed { host, cause }
}

fn tls(settings: &EgressSettings) -> Result<Arc<rustls::ClientConfig>, EgressSetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = &settings.extra_roots {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| EgressSetupError::ExtraRoots)?;
            roots.add(certificate).map_err(|_| EgressSetupError::ExtraRoots)?;
        }
    }
    if roots.is_empty() && !settings.plain_http_on_loopback {
        return Err(EgressSetupError::NoRoots);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(EgressSetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests;
