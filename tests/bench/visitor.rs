//! A browser without a screen, as cheap as one can be: one TLS connection to the broker,
//! its cookies, and the fields of the forms that it is shown.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What goes wrong, in words. One is enough to void the run.
pub(crate) type Told<T> = Result<T, String>;

/// The way to the broker.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) tls: Arc<rustls::ClientConfig>,
}

/// Where a request comes from, as browsers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// An address that was typed, or a link on another site.
    Elsewhere,
    /// A form on one of the broker's own pages.
    OwnPage,
    /// A form that another site posts: cookies marked `SameSite=Lax` stay at home.
    OtherSitesForm,
}

impl From {
    const fn fetch_site(self) -> &'static str {
        match self {
            Self::Elsewhere | Self::OtherSitesForm => "cross-site",
            Self::OwnPage => "same-origin",
        }
    }
}

/// An answer of the broker.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

impl Answer {
    /// Where the browser is sent to.
    pub(crate) fn redirect(self) -> Told<String> {
        self.location
            .ok_or_else(|| format!("no redirect but {}: {}", self.status, self.body))
    }

    /// The page, if it is one and no refusal.
    pub(crate) fn page(self) -> Told<String> {
        let refused = self.body.contains("data-refusal-code=\"UL-");
        if self.status == 200 && !refused {
            Ok(self.body)
        } else {
            Err(format!("no page but {}: {}", self.status, self.body))
        }
    }
}

/// One connection and the cookies that came over it.
pub(crate) struct Visitor {
    wire: SendRequest<Full<Bytes>>,
    host: String,
    cookies: Vec<(String, String)>,
}

impl Visitor {
    /// Connects anew: a whole TLS handshake.
    pub(crate) async fn arrive(door: &Door) -> Told<Self> {
        let failed = |error: &dyn std::error::Error| format!("no connection: {error}");
        let socket = TcpStream::connect(door.address)
            .await
            .map_err(|error| failed(&error))?;
        socket.set_nodelay(true).map_err(|error| failed(&error))?;
        let name = ServerName::try_from("localhost").map_err(|error| failed(&error))?;
        let stream = TlsConnector::from(Arc::clone(&door.tls))
            .connect(name, socket)
            .await;
        let stream = stream.map_err(|error| failed(&error))?;
        let (wire, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        Ok(Self {
            wire,
            host: door.host.clone(),
            cookies: Vec::new(),
        })
    }

    /// The connection stays, the person at it is another one.
    pub(crate) fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Whether the broker still listens at the other end.
    pub(crate) fn is_connected(&self) -> bool {
        !self.wire.is_closed()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Told<Answer> {
        self.send(Method::GET, path, From::Elsewhere, None, String::new())
            .await
    }

    /// Asks, and follows the broker's redirects to its own pages.
    pub(crate) async fn get_page(&mut self, path: &str) -> Told<String> {
        let mut answer = self.get(path).await?;
        while let Some(next) = answer.location.take_if(|next| next.starts_with('/')) {
            answer = self.get(&next).await?;
        }
        answer.page()
    }

    /// Asks, and follows the broker's own redirects until one leads elsewhere.
    pub(crate) async fn get_away(&mut self, path: &str) -> Told<String> {
        let mut answer = self.get(path).await?;
        while let Some(next) = answer.location.take_if(|next| next.starts_with('/')) {
            answer = self.get(&next).await?;
        }
        answer.redirect()
    }

    pub(crate) async fn post(&mut self, path: &str, from: From, fields: &[(&str, &str)]) -> Told<Answer> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(Method::POST, path, from, None, body).await
    }

    /// A call between servers, by a client that proves itself with HTTP Basic.
    pub(crate) async fn call(&mut self, path: &str, basic: &str, fields: &[(&str, &str)]) -> Told<Answer> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(Method::POST, path, From::Elsewhere, Some(basic), body)
            .await
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        from: From,
        basic: Option<&str>,
        body: String,
    ) -> Told<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        match basic {
            Some(basic) => request = request.header(AUTHORIZATION, basic),
            None => {
                request = request
                    .header("accept-language", "da")
                    .header("sec-fetch-site", from.fetch_site());
            }
        }
        if from != From::OtherSitesForm && !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let failed = |error: &dyn std::error::Error| format!("{path}: {error}");
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| failed(&error))?;
        self.wire.ready().await.map_err(|error| failed(&error))?;
        let response = self
            .wire
            .send_request(request)
            .await
            .map_err(|error| failed(&error))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| failed(&error))?.to_bytes();
        for cookie in head.headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap_or_default());
        }
        Ok(Answer {
            status: head.status.as_u16(),
            location: head
                .headers
                .get(LOCATION)
                .and_then(|to| to.to_str().ok())
                .map(str::to_owned),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
        let Some((name, value)) = pair.split_once('=') else {
            return;
        };
        self.cookies.retain(|(known, _)| known != name);
        if !rest.contains("Max-Age=0") {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// Where the first form of a page leads.
pub(crate) fn action(page: &str) -> Told<&str> {
    between(page, "<form method=\"post\" action=\"", "\"").ok_or_else(|| format!("no form: {page}"))
}

/// The value of a hidden field.
pub(crate) fn field<'a>(page: &'a str, name: &str) -> Told<&'a str> {
    between(page, &format!("name=\"{name}\" value=\""), "\"").ok_or_else(|| format!("no {name}: {page}"))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
