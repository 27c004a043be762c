//! Where services and upstreams are told directly that a session has ended: a program on
//! loopback that writes down what it hears, and answers as a test wants it to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use portner::oidc::jws;
use portner::saml::Incoming;
use portner::saml::xml::names::SAMLP;
use serde_json::Value;
use url::form_urlencoded;

use super::house::START;

/// How somebody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Fine,
    /// Not within any deadline.
    Slow,
    /// With an error.
    Broken,
    /// As somebody else.
    Posing,
}

/// A path, and what was posted there.
type Heard = (String, Vec<u8>);

/// The desk. Clones share it.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) address: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    moods: Arc<Mutex<BTreeMap<String, Mood>>>,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            heard: Arc::default(),
            moods: Arc::default(),
        };
        let answering = desk.clone();
        let router = Router::new()
            .fallback(move |uri: Uri, body: Bytes| async move { answering.answer(uri.path(), &body).await });
        tokio::spawn(async move { axum::serve(listener, router).await });
        desk
    }

    /// Where this party is called.
    pub(crate) fn of(&self, party: &str) -> String {
        format!("{}/{party}", self.address)
    }

    /// From now on this party answers so.
    pub(crate) fn is(&self, party: &str, mood: Mood) {
        self.moods.lock().unwrap().insert(party.to_owned(), mood);
    }

    /// What this party has heard, oldest first.
    pub(crate) fn heard_by(&self, party: &str) -> Vec<Vec<u8>> {
        let heard = self.heard.lock().unwrap();
        let own = heard.iter().filter(|(path, _)| path == &format!("/{party}"));
        own.map(|(_, body)| body.clone()).collect()
    }

    /// The one call that this party has heard.
    pub(crate) fn call_to(&self, party: &str) -> Vec<u8> {
        let mut heard = self.heard_by(party);
        assert_eq!(heard.len(), 1, "calls to {party}");
        heard.remove(0)
    }

    /// The claims of the one logout token that this party has heard, and its header.
    pub(crate) fn token_to(&self, party: &str) -> (Value, String) {
        let body = self.call_to(party);
        let (_, token) = form_urlencoded::parse(&body)
            .find(|(name, _)| name == "logout_token")
            .unwrap_or_else(|| panic!("{party} got {}", String::from_utf8_lossy(&body)));
        (jws::peek(&token).unwrap(), token.into_owned())
    }

    async fn answer(&self, path: &str, body: &[u8]) -> Response {
        self.heard.lock().unwrap().push((path.to_owned(), body.to_vec()));
        let party = path.trim_start_matches('/');
        let mood = self.moods.lock().unwrap().get(party).copied();
        match mood.unwrap_or(Mood::Fine) {
            Mood::Slow => {
                tokio::time::sleep(Duration::from_mins(2)).await;
                StatusCode::OK.into_response()
            }
            Mood::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            mood => match Incoming::from_soap(body) {
                Ok(request) => {
                    let issuer = if mood == Mood::Posing { "posing" } else { party };
                    logged_out(issuer, &request)
                }
                Err(_) => StatusCode::OK.into_response(),
            },
        }
    }
}

/// "Done", as a party says it over a connection that we opened.
fn logged_out(issuer: &str, request: &Incoming) -> Response {
    let envelope = request.document().root();
    let request = envelope
        .descendants()
        .find(|element| element.is(SAMLP.uri, "LogoutRequest"))
        .unwrap();
    let answer = format!(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>\
         <p:LogoutResponse xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_a\" Version=\"2.0\" \
         IssueInstant=\"{START}\" InResponseTo=\"{}\">\
         <a:Issuer xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</a:Issuer>\
         <p:Status><p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></p:Status>\
         </p:LogoutResponse></S:Body></S:Envelope>",
        request.attribute("ID").unwrap(),
        entity_id(issuer),
    );
    ([(CONTENT_TYPE, "text/xml")], answer).into_response()
}

/// What a party of the federation is called in SAML.
fn entity_id(party: &str) -> String {
    if party == "lillekoebing" {
        "https://idp.lillekoebing.example".to_owned()
    } else {
        format!("https://{party}.example")
    }
}
