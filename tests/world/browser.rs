//! A browser without a screen: follows redirects, keeps cookies by host, holds back Lax
//! cookies from cross-site posts, submits forms. Bounded in everything.

use std::collections::BTreeMap;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use url::Url;

use super::html::{self, Form};

/// What a visitor looks at.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: String,
}

impl Page {
    /// The code of the refusal that the page shows.
    pub(crate) fn refusal_code(&self) -> Option<String> {
        html::attribute(&self.body, "main", "data-refusal-code").filter(|code| !code.is_empty())
    }

    /// The first form.
    pub(crate) fn form(&self) -> Form {
        html::forms(&self.body)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no form at {}\n{}", self.url, self.body))
    }

    /// What a demo service received.
    pub(crate) fn received(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&html::text_of_id(&self.body, "received")?).ok()
    }
}

/// A visitor's browser.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    cookies: BTreeMap<(String, String), String>,
    language: &'static str,
}

impl Browser {
    pub(crate) fn new() -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            client,
            cookies: BTreeMap::new(),
            language: "da",
        }
    }

    /// The cookies of a host, by name.
    pub(crate) fn cookies_of(&self, host: &str) -> BTreeMap<String, String> {
        let own = self.cookies.iter().filter(|((known, _), _)| known == host);
        own.map(|((_, name), value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Types an address.
    pub(crate) async fn get(&mut self, url: &str) -> Page {
        self.go(None, Method::GET, Url::parse(url).unwrap(), None).await
    }

    /// Submits a form of a page, with some fields filled in.
    pub(crate) async fn submit(&mut self, page: &Page, form: &Form, fill: &[(&str, &str)]) -> Page {
        let (method, url, body) = Self::submission(page, form, fill);
        self.go(Some(page.url.clone()), method, url, body).await
    }

    fn submission(page: &Page, form: &Form, fill: &[(&str, &str)]) -> (Method, Url, Option<String>) {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for field in &form.fields {
            let filled = fill.iter().find(|(name, _)| *name == field.name);
            pairs.push((
                field.name.clone(),
                filled.map_or(field.value.clone(), |(_, value)| (*value).to_owned()),
            ));
        }
        for (name, value) in fill {
            if !form.fields.iter().any(|field| field.name == *name) {
                pairs.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        let encoded = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let mut url = page.url.join(&form.action).unwrap();
        if form.method == "post" {
            (Method::POST, url, Some(encoded))
        } else {
            url.set_query(Some(&encoded));
            (Method::GET, url, None)
        }
    }

    async fn go(&mut self, from: Option<Url>, method: Method, url: Url, body: Option<String>) -> Page {
        let mut page = self.request(from.as_ref(), &method, &url, body).await;
        for _ in 0..20 {
            let Some(location) = page
                .headers
                .get(LOCATION)
                .filter(|_| page.status.is_redirection())
            else {
                return page;
            };
            let next = page.url.join(location.to_str().unwrap()).unwrap();
            page = self
                .request(Some(&page.url.clone()), &Method::GET, &next, None)
                .await;
        }
        panic!("more than 20 redirects, last at {}", page.url);
    }

    async fn request(
        &mut self,
        from: Option<&Url>,
        method: &Method,
        url: &Url,
        body: Option<String>,
    ) -> Page {
        let host = url.host_str().unwrap().to_owned();
        let cross_site = from.is_some_and(|from| from.host_str() != url.host_str());
        let same_origin = from.is_some_and(|from| from.origin() == url.origin());
        let site = match (from, same_origin, cross_site) {
            (None, ..) => "none",
            (_, true, _) => "same-origin",
            (_, _, true) => "cross-site",
            _ => "same-site",
        };
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header("accept-language", self.language)
            .header("sec-fetch-site", site);
        let lax_holds_back = cross_site && *method == Method::POST;
        let own = self.cookies_of(&host);
        if !own.is_empty() && !lax_holds_back {
            let pairs: Vec<_> = own
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .unwrap();
        let response = self
            .client
            .request(request)
            .await
            .unwrap_or_else(|error| panic!("{method} {url}: {error:?}"));
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        for set in parts.headers.get_all(SET_COOKIE) {
            self.take_cookie(&host, set.to_str().unwrap());
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Page {
            url: url.clone(),
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    fn take_cookie(&mut self, host: &str, set: &str) {
        let (pair, attributes) = set.split_once(';').unwrap_or((set, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let key = (host.to_owned(), name.to_owned());
        if attributes
            .split(';')
            .any(|attribute| attribute.trim() == "Max-Age=0")
        {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }
}
