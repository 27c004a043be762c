//! A visitor of one Portner: a browser that keeps cookies, follows redirects within Portner
//! and stops where it would be sent to somebody else.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use portner::ambient::{Clock as _, ManualClock};
use portner::web::serve::ClientAddress;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

use super::browser::Page;
use super::canary;
use super::house::{House, ORIGIN};
use super::html::{self, Form};

/// No answer takes longer, however busy the machine is.
const LONGEST: Duration = Duration::from_mins(1);

/// A browser at one Portner.
#[derive(Clone)]
pub(crate) struct Visitor {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// When cookies end, by the watch of the house; without a watch none does.
    ends: BTreeMap<String, Timestamp>,
    watch: Option<Arc<ManualClock>>,
    language: &'static str,
    address: Option<IpAddr>,
}

/// An answer that goes on.
pub(crate) struct Stream {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Body,
}

impl Stream {
    /// What comes next, up to and with something that says `word`.
    pub(crate) async fn hear(&mut self, word: &str) -> String {
        let mut heard = String::new();
        while !heard.contains(word) {
            match self.next().await {
                Some(more) => heard += &more,
                None => panic!("it ended before it said {word}: {heard}"),
            }
        }
        heard
    }

    /// What is said until it ends.
    pub(crate) async fn until_it_ends(&mut self) -> String {
        let mut heard = String::new();
        while let Some(more) = self.next().await {
            heard += &more;
        }
        heard
    }

    /// Whether nothing is said for so long.
    pub(crate) async fn is_silent_for(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.body.frame()).await.is_err()
    }

    async fn next(&mut self) -> Option<String> {
        let frame = tokio::time::timeout(LONGEST, self.body.frame()).await;
        let frame = frame.expect("nothing was said in time")?.unwrap();
        let said = String::from_utf8_lossy(frame.data_ref().unwrap()).into_owned();
        canary::look_at(&Page {
            url: Url::parse(ORIGIN).unwrap(),
            status: self.status,
            headers: self.headers.clone(),
            body: said.clone(),
        });
        Some(said)
    }
}

/// A request that is not what a browser would send.
pub(crate) struct Odd<'a> {
    pub(crate) method: Method,
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Visitor {
    pub(crate) fn at(house: &House) -> Self {
        Self {
            watch: Some(Arc::clone(&house.clock)),
            ..Self::behind(house.router.clone())
        }
    }

    /// A browser at whatever answers here.
    pub(crate) fn behind(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            ends: BTreeMap::new(),
            watch: None,
            language: "da",
            address: None,
        }
    }

    /// The same browser at this address.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.address = Some(address.parse().unwrap());
        self
    }

    pub(crate) fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// The same browser at another Portner, such as the one after a restart.
    pub(crate) fn moved_to(&self, house: &House) -> Self {
        Self {
            router: house.router.clone(),
            ..self.clone()
        }
    }

    pub(crate) fn cookies(&self) -> &BTreeMap<String, String> {
        &self.cookies
    }

    pub(crate) fn cookies_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.cookies
    }

    pub(crate) fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-session")
    }

    /// How many logins are open.
    pub(crate) fn open_logins(&self) -> usize {
        let open = |(name, value): &(&String, &String)| name.starts_with("__Host-tx-") && value.len() > 8;
        self.cookies.iter().filter(open).count()
    }

    /// Types an address, or comes by a link or redirect, and follows as far as Portner leads.
    pub(crate) async fn get(&mut self, target: &str) -> Page {
        let page = self.send(&Method::GET, target, None, "none").await;
        self.follow(page).await
    }

    pub(crate) async fn get_once(&mut self, target: &str) -> Page {
        self.send(&Method::GET, target, None, "none").await
    }

    /// Submits a form of Portner's and follows.
    pub(crate) async fn submit(&mut self, form: &Form, fill: &[(&str, &str)]) -> Page {
        let page = self.submit_once(form, fill).await;
        self.follow(page).await
    }

    pub(crate) async fn submit_once(&mut self, form: &Form, fill: &[(&str, &str)]) -> Page {
        if let Some((_, typed)) = fill.iter().find(|(name, _)| *name == "password") {
            canary::secret(typed);
        }
        let body = body_of(form, fill);
        let method = if form.method == "post" {
            Method::POST
        } else {
            Method::GET
        };
        self.send(&method, &form.action, Some(body), "same-origin").await
    }

    /// Is made by another site to post: without cookies, as `SameSite=Lax` has it; the page that
    /// posts again is followed.
    pub(crate) async fn post_from_elsewhere(&mut self, target: &str, fields: &[(String, String)]) -> Page {
        let page = self.post_from_elsewhere_once(target, fields).await;
        let again = html::forms(&page.body)
            .into_iter()
            .find(|form| form.fields.iter().any(|field| field.name == "portner_reposted"));
        match again {
            Some(form) => self.submit(&form, &[]).await,
            None => self.follow(page).await,
        }
    }

    pub(crate) async fn post_from_elsewhere_once(
        &mut self,
        target: &str,
        fields: &[(String, String)],
    ) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(&Method::POST, target, Some(body), "cross-site").await
    }

    /// Sends what no browser sends, with this browser's cookies unless others are given.
    pub(crate) async fn odd(&mut self, odd: Odd<'_>) -> Page {
        let mut request = Request::builder().method(odd.method).uri(odd.target);
        let headers = request.headers_mut().unwrap();
        headers.insert(HOST, HeaderValue::from_static("login.example"));
        if let Some(cookies) = self.cookie_header() {
            headers.insert(COOKIE, cookies);
        }
        for (name, value) in odd.headers {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(&value).unwrap(),
            );
        }
        self.exchange(odd.target, request.body(Body::from(odd.body)).unwrap())
            .await
    }

    /// Asks for an answer that does not end, as a page's script does.
    pub(crate) async fn listen(&self, target: &str) -> Stream {
        let mut request = Request::builder()
            .uri(target)
            .header(HOST, "login.example")
            .header("accept-language", self.language)
            .header("accept", "text/event-stream")
            .header("sec-fetch-site", "same-origin");
        if let Some(cookies) = self.cookie_header() {
            request = request.header(COOKIE, cookies);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(address) = self.address {
            request.extensions_mut().insert(ClientAddress(address));
        }
        let answer = tokio::time::timeout(LONGEST, self.router.clone().oneshot(request));
        let (parts, body) = answer.await.expect("no answer in time").unwrap().into_parts();
        Stream {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..10 {
            let Some(next) = leads_to(&page).filter(|next| next.origin().ascii_serialization() == ORIGIN)
            else {
                return page;
            };
            page = self.send(&Method::GET, next.as_str(), None, "same-origin").await;
        }
        panic!("redirected in circles, last at {}", page.url);
    }

    async fn send(
        &mut self,
        method: &Method,
        target: &str,
        body: Option<String>,
        site: &'static str,
    ) -> Page {
        let target = Url::parse(ORIGIN).unwrap().join(target).unwrap();
        assert_eq!(target.origin().ascii_serialization(), ORIGIN, "not Portner's");
        let mut target = target[url::Position::BeforePath..].to_owned();
        if let (&Method::GET, Some(query)) = (method, &body) {
            target = format!("{target}?{query}");
        }
        let mut request = Request::builder()
            .method(method)
            .uri(&target)
            .header(HOST, "login.example")
            .header("accept-language", self.language)
            .header("sec-fetch-site", site);
        let lax_holds_back = site == "cross-site" && *method == Method::POST;
        if let Some(cookies) = self.cookie_header().filter(|_| !lax_holds_back) {
            request = request.header(COOKIE, cookies);
        }
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = if *method == Method::POST { body } else { None };
        self.exchange(
            &target,
            request.body(Body::from(body.unwrap_or_default())).unwrap(),
        )
        .await
    }

    async fn exchange(&mut self, target: &str, mut request: Request<Body>) -> Page {
        if let Some(address) = self.address {
            request.extensions_mut().insert(ClientAddress(address));
        }
        let answer = tokio::time::timeout(LONGEST, self.router.clone().oneshot(request));
        let (parts, body) = answer.await.expect("no answer in time").unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        for set in parts.headers.get_all(SET_COOKIE) {
            self.take_cookie(set.to_str().unwrap());
        }
        let page = Page {
            url: Url::parse(ORIGIN)
                .unwrap()
                .join(target)
                .unwrap_or_else(|_| Url::parse(ORIGIN).unwrap()),
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        canary::look_at(&page);
        page
    }

    fn cookie_header(&self) -> Option<HeaderValue> {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .filter(|(name, _)| !self.has_ended(name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| HeaderValue::from_str(&pairs.join("; ")).unwrap())
    }

    fn has_ended(&self, name: &str) -> bool {
        let (Some(end), Some(watch)) = (self.ends.get(name), &self.watch) else {
            return false;
        };
        watch.now() >= *end
    }

    fn take_cookie(&mut self, set: &str) {
        let (pair, attributes) = set.split_once(';').unwrap_or((set, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let mut attributes = attributes.split(';').map(str::trim);
        let seconds = attributes.find_map(|one| one.strip_prefix("Max-Age="));
        let seconds: Option<i64> = seconds.map(|seconds| seconds.parse().unwrap());
        self.ends.remove(name);
        if seconds == Some(0) {
            self.cookies.remove(name);
            return;
        }
        self.cookies.insert(name.to_owned(), value.to_owned());
        if let (Some(seconds), Some(watch)) = (seconds, &self.watch) {
            let end = watch.now() + SignedDuration::from_secs(seconds);
            self.ends.insert(name.to_owned(), end);
        }
    }
}

/// Where a redirect leads.
pub(crate) fn leads_to(page: &Page) -> Option<Url> {
    let location = page
        .headers
        .get(LOCATION)
        .filter(|_| page.status.is_redirection())?;
    page.url.join(location.to_str().unwrap()).ok()
}

/// What a browser would send of a form, with some fields filled in.
pub(crate) fn body_of(form: &Form, fill: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> = form
        .fields
        .iter()
        .filter(|field| !field.name.is_empty() && !fill.iter().any(|(name, _)| *name == field.name))
        .map(|field| (field.name.clone(), field.value.clone()))
        .collect();
    pairs.extend(
        fill.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
