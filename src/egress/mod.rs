//! The one way out: every call that Portner makes to another machine goes through here
//! (DR12, B25, E10).
//!
//! https alone, no redirects, the address checked after the name was resolved, answers
//! and waiting limited, connections kept, a breaker for hosts that are down and room for so
//! many calls to one host and no more (M09). Nothing is tried twice: a code counts once, and
//! whoever waits decides. What the answers mean is for the callers.

mod address;
mod breaker;
mod bulkhead;
mod connect;
mod error;
mod settings;
mod tally;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use self::address::AddressRule;
pub use self::address::inner_host;
use self::breaker::{Breakers, Leave};
pub use self::bulkhead::{Bulkhead, Place};
use self::connect::GuardedConnector;
pub use self::error::EgressError;
pub use self::settings::{EgressSettings, EgressSetupError, InnerHosts};
pub use self::tally::CallEnd;
use self::tally::Tally;

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

/// The guarded client. Cheap to clone; clones share connections and breakers.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    client: Client<GuardedConnector, Full<Bytes>>,
    breakers: Arc<Breakers>,
    bulkhead: Arc<Bulkhead>,
    tally: Tally,
    rule: Arc<AddressRule>,
    timeout: Duration,
    max_answer: usize,
}

/// A host that may be called now.
struct Door {
    host: String,
    leave: Leave,
    place: Place,
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
            bulkhead: Bulkhead::new(settings.at_once),
            tally: Tally::default(),
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

    /// Posts a JSON document.
    pub async fn post_json(
        &self,
        url: &Url,
        mut headers: HeaderMap,
        document: String,
    ) -> Result<Answer, EgressError> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.call(Method::POST, url, headers, Bytes::from(document)).await
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
        let door = self.door_of(self.0.rule.host_to_ask_for_signed(url), url)?;
        self.download_at(door, url, headers, room, take).await
    }

    async fn download_at(
        &self,
        Door { host, leave, place }: Door,
        url: &Url,
        headers: HeaderMap,
        room: Room,
        mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<Head, EgressError> {
        let request = request(Method::GET, url, headers, Bytes::new())?;
        let exchange = async {
            let failed = |cause: Box<dyn std::error::Error + Send + Sync>| EgressError::of(&host, cause);
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
        let end = CallEnd::of(outcome.as_ref().map(|head| head.status));
        self.settle(leave, end);
        drop(place);
        outcome
    }

    /// How long one call may take in all.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// How the calls ended so far.
    pub fn calls(&self) -> impl Iterator<Item = (CallEnd, u64)> {
        self.0.tally.read()
    }

    /// How many hosts are left alone now.
    pub fn resting(&self) -> usize {
        self.0.breakers.resting()
    }

    /// Calls that are under way, to all hosts, and the most to one.
    pub fn under_way(&self) -> (usize, usize) {
        self.0.bulkhead.taken()
    }

    /// The host of an address, with leave to call it and room for the call.
    fn door(&self, url: &Url) -> Result<Door, EgressError> {
        self.door_of(self.0.rule.host_to_call(url), url)
    }

    fn door_of(&self, host: Option<&str>, url: &Url) -> Result<Door, EgressError> {
        let opened = self.open_door(host, url);
        if let Err(error) = &opened {
            self.0.tally.count(CallEnd::of_error(error));
        }
        opened
    }

    fn open_door(&self, host: Option<&str>, url: &Url) -> Result<Door, EgressError> {
        let host = host.ok_or(EgressError::Scheme)?;
        // Two programs on one machine fail apart.
        let door = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        let host = host.to_owned();
        // Room first: whoever finds none must not take the leave of the one that goes first.
        let Some(place) = self.0.bulkhead.enter(&door) else {
            return Err(EgressError::NoRoom { host });
        };
        match self.0.breakers.admit(&door, Instant::now()) {
            Some(leave) => Ok(Door { host, leave, place }),
            None => Err(EgressError::BreakerOpen { host }),
        }
    }

    fn settle(&self, leave: Leave, end: CallEnd) {
        self.0.tally.count(end);
        leave.settle(end == CallEnd::Answered, Instant::now());
    }

    /// A call once begun goes on to its end, so that a visitor who leaves neither hides that
    /// the host hangs nor makes room for the next one to hang there.
    async fn call(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, EgressError> {
        let request = request(method, url, headers, body)?;
        let door = self.door(url)?;
        let host = door.host.clone();
        let egress = self.clone();
        let call = tokio::spawn(async move { egress.call_at(door, request).await });
        call.await.unwrap_or_else(|error| {
            Err(EgressError::Failed {
                host,
                cause: error.into(),
            })
        })
    }

    async fn call_at(&self, door: Door, request: Request<Full<Bytes>>) -> Result<Answer, EgressError> {
        let Door { host, leave, place } = door;
        let outcome = match tokio::time::timeout(self.0.timeout, self.exchange(request, &host)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(EgressError::Timeout { host }),
        };
        self.settle(leave, CallEnd::of(outcome.as_ref().map(|answer| answer.status)));
        drop(place);
        outcome
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, host: &str) -> Result<Answer, EgressError> {
        let failed = |cause: Box<dyn std::error::Error + Send + Sync>| EgressError::of(host, cause);
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
