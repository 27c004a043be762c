//! One connection: requests in, answers out, until it is idle, broken or told to end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use crate::config::limits::HttpLimits;
use crate::config::listen::TrustedProxies;

use super::body::TimedBody;
use super::client_address::ClientAddress;
use super::client_certificate::ShownCertificate;
use super::seats::Seat;
use super::stop::Stop;

/// More headers than this are read by nobody; browsers send about twenty.
const MOST_HEADERS: usize = 128;

/// What is read beyond the limit of [`HttpLimits::header_bytes`], so that whoever has gathered a little too
/// much, such as cookies, is answered by a page and not by a bare status.
const TO_TELL_THEM: usize = 16 * 1024;

/// Whoever is at the other end, and what is served to them.
#[derive(Clone)]
pub(super) struct Visitor {
    router: Router,
    peer: IpAddr,
    seat: Arc<Seat>,
    proxies: TrustedProxies,
    shown: Option<ShownCertificate>,
    requests: Arc<Requests>,
}

/// Counts requests, to know when a connection is idle.
#[derive(Default)]
struct Requests {
    begun: AtomicUsize,
    done: AtomicUsize,
}

impl Visitor {
    pub(super) fn new(router: Router, (peer, seat): (IpAddr, Seat), proxies: TrustedProxies) -> Self {
        Self {
            router,
            peer,
            seat: Arc::new(seat),
            proxies,
            shown: None,
            requests: Arc::default(),
        }
    }

    /// The same with the certificate of its handshake.
    pub(super) fn showing(self, shown: Option<ShownCertificate>) -> Self {
        Self { shown, ..self }
    }

    async fn ask(
        self,
        mut request: Request<Incoming>,
        body_limit: Duration,
    ) -> Result<Response<Body>, Infallible> {
        self.requests.begun.fetch_add(1, Ordering::Relaxed);
        let address = ClientAddress::of(self.peer, request.headers(), &self.proxies);
        request.extensions_mut().insert(address);
        let by_proxy = || ShownCertificate::of_proxy(self.peer, request.headers(), &self.proxies);
        if let Some(shown) = self.shown.clone().or_else(by_proxy) {
            request.extensions_mut().insert(shown);
        }
        let request = request.map(|body| Body::new(TimedBody::new(body, body_limit)));
        let answer = self.router.oneshot(request).await;
        self.requests.done.fetch_add(1, Ordering::Relaxed);
        answer
    }

    /// Resolves when nothing was asked for at least `limit`; where the place is wanted by others, for a
    /// thirtieth of it.
    async fn is_idle(&self, limit: Duration) {
        let moment = limit / 30;
        let (mut seen, mut moments) = (0, 0);
        loop {
            sleep(moment).await;
            let begun = self.requests.begun.load(Ordering::Relaxed);
            let is_quiet = begun == seen && self.requests.done.load(Ordering::Relaxed) == begun;
            moments = if is_quiet { moments + 1 } else { 0 };
            seen = begun;
            if moments >= 30 || (moments >= 1 && self.seat.is_wanted()) {
                return;
            }
        }
    }

    /// Resolves when the connection is as old as any may be. A proxy's is as old as the proxy wants.
    async fn is_old(&self, limit: Duration) {
        if self.seat.is_a_proxys() {
            std::future::pending::<()>().await;
        }
        sleep(limit).await;
    }
}

/// Speaks HTTP/1.1. A head that does not come in time ends the connection, also between requests.
pub(super) async fn http1<S>(stream: S, visitor: Visitor, limits: &HttpLimits, stop: Stop)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let body_limit = limits.body;
    let service = {
        let visitor = visitor.clone();
        service_fn(move |request| visitor.clone().ask(request, body_limit))
    };
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_headers(MOST_HEADERS)
        // hyper's own lower bound is 8 KiB.
        .max_buf_size(limits.header_bytes.0.max(8 * 1024) + TO_TELL_THEM)
        .serve_connection(TokioIo::new(stream), service);
    run(connection, &visitor, limits, stop).await;
}

/// Speaks HTTP/2.
pub(super) async fn http2<S>(stream: S, visitor: Visitor, limits: &HttpLimits, stop: Stop)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let body_limit = limits.body;
    let service = {
        let visitor = visitor.clone();
        service_fn(move |request| visitor.clone().ask(request, body_limit))
    };
    let header_bytes = u32::try_from(limits.header_bytes.0 + TO_TELL_THEM).unwrap_or(u32::MAX);
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(header_bytes)
        .keep_alive_interval(limits.header)
        .keep_alive_timeout(limits.header)
        .serve_connection(TokioIo::new(stream), service);
    run(connection, &visitor, limits, stop).await;
}

/// Drives a connection; ends it in good order when it idles, when it has got old or when everything
/// stops. Who does not take what they asked for, and so keeps it open after that, is cut off.
async fn run<C: GracefulConnection>(connection: C, visitor: &Visitor, limits: &HttpLimits, stop: Stop) {
    let mut connection = std::pin::pin!(connection);
    let must_end = async {
        tokio::select! {
            () = stop.requested() => {}
            () = visitor.is_idle(limits.header * 6) => {}
            () = visitor.is_old(limits.age) => {}
        }
    };
    tokio::select! {
        // Broken connections are the other side's business and too many to log.
        _ = connection.as_mut() => return,
        () = must_end => {}
    }
    connection.as_mut().graceful_shutdown();
    // Something may be under way that takes long, such as a board that somebody looks at.
    let _ = timeout(limits.drain.max(limits.age), connection).await;
}
