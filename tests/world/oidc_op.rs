//! An OpenID provider that says whatever a test wants it to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use portner::ambient::Ambient;
use portner::keys::Signer;
use portner::keys::file::{FileSigner, RsaPadding};
use portner::keys::generate::{KeyKind, generate};
use portner::oidc::jwks::JwkSetDocument;
use portner::oidc::jws::{self, TokenType};
use serde_json::{Value, json};
use url::Url;

use super::browser::Page;
use super::visitor::leads_to;

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A provider on loopback: documents by path, and a record of what was asked.
#[derive(Clone)]
pub(crate) struct OidcProvider {
    pub(crate) issuer: String,
    pub(crate) signer: Arc<dyn Signer>,
    documents: Arc<Mutex<BTreeMap<String, (StatusCode, String)>>>,
    requests: Arc<Mutex<Vec<String>>>,
    /// What was posted last, by path.
    forms: Arc<Mutex<BTreeMap<String, String>>>,
    /// Paths that are asked in vain for now.
    hanging: Arc<Mutex<BTreeSet<String>>>,
}

/// What Portner asked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) redirect_path: String,
    pub(crate) login_hint: Option<String>,
}

impl OidcProvider {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let provider = Self {
            issuer,
            signer: some_key(),
            documents: Arc::default(),
            requests: Arc::default(),
            forms: Arc::default(),
            hanging: Arc::default(),
        };
        provider.serve(DISCOVERY, &provider.description());
        provider.publish(&[Arc::clone(&provider.signer)]);
        let answering = provider.clone();
        let router = Router::new().fallback(move |uri: Uri, form: String| async move {
            if !form.is_empty() {
                answering
                    .forms
                    .lock()
                    .unwrap()
                    .insert(uri.path().to_owned(), form);
            }
            answering.reply(uri.path()).await
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// What it honestly says of itself.
    pub(crate) fn description(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/userinfo"),
            "jwks_uri": at("/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    pub(crate) fn serve(&self, path: &str, document: &Value) {
        self.serve_status(path, StatusCode::OK, document);
    }

    pub(crate) fn serve_status(&self, path: &str, status: StatusCode, document: &Value) {
        let entry = (status, document.to_string());
        self.documents.lock().unwrap().insert(path.to_owned(), entry);
    }

    /// Answers with a redirect instead.
    pub(crate) fn serve_redirect(&self, path: &str, status: StatusCode, to: &str) {
        self.serve_status(path, status, &Value::from(to));
    }

    pub(crate) fn publish(&self, keys: &[Arc<dyn Signer>]) {
        self.serve("/jwks", &serde_json::to_value(JwkSetDocument::of(keys)).unwrap());
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|known| *known == path).count()
    }

    /// A field of the form that was posted last to a path.
    pub(crate) fn posted(&self, path: &str, name: &str) -> Option<String> {
        let forms = self.forms.lock().unwrap();
        let mut fields = url::form_urlencoded::parse(forms.get(path)?.as_bytes());
        fields
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    /// Reads the request that Portner sends the browser with.
    pub(crate) fn read(&self, page: &Page) -> Question {
        let url = leads_to(page).unwrap_or_else(|| panic!("{} leads nowhere\n{}", page.url, page.body));
        assert!(url.as_str().starts_with(&self.issuer), "sent to {url}");
        let given: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        Question {
            state: given["state"].clone(),
            nonce: given["nonce"].clone(),
            redirect_path: Url::parse(&given["redirect_uri"]).unwrap().path().to_owned(),
            login_hint: given.get("login_hint").cloned(),
        }
    }

    /// The claims of an honest ID token, to which a test adds who the user is.
    pub(crate) fn claims(&self, question: &Question, now: Timestamp) -> Value {
        json!({
            "iss": self.issuer,
            "sub": "user-1",
            "aud": "portner",
            "iat": now.as_second(),
            "exp": now.as_second() + 300,
            "auth_time": now.as_second(),
            "nonce": question.nonce,
        })
    }

    /// Has this ready at the token endpoint.
    pub(crate) async fn will_say(&self, claims: &Value) {
        let token = jws::sign(&*self.signer, TokenType::IdToken, claims)
            .await
            .unwrap();
        self.will_hand_out(&token);
    }

    /// Has this ready at the token endpoint, whatever it is.
    pub(crate) fn will_hand_out(&self, id_token: &str) {
        self.serve(
            "/token",
            &json!({ "access_token": "at-1", "token_type": "Bearer", "id_token": id_token }),
        );
    }

    /// The way back with a code.
    pub(crate) fn way_back(&self, question: &Question) -> String {
        self.way_back_with(question, &question.state, &self.issuer)
    }

    #[expect(clippy::unused_self, reason = "the way back is from this provider")]
    pub(crate) fn way_back_with(&self, question: &Question, state: &str, issuer: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", "c-1"), ("state", state), ("iss", issuer)])
            .finish();
        format!("{}?{query}", question.redirect_path)
    }

    /// From now on, whoever asks for this path waits until it is released.
    pub(crate) fn hang(&self, path: &str) {
        self.hanging.lock().unwrap().insert(path.to_owned());
    }

    pub(crate) fn release(&self, path: &str) {
        self.hanging.lock().unwrap().remove(path);
    }

    /// Waits until a path was asked for so often.
    pub(crate) async fn was_asked(&self, path: &str, times: usize) {
        for _ in 0..2_000 {
            if self.asked(path) >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{path} was asked for {} times", self.asked(path));
    }

    async fn reply(&self, path: &str) -> Response {
        self.requests.lock().unwrap().push(path.to_owned());
        while self.hanging.lock().unwrap().contains(path) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.answer(path)
    }

    fn answer(&self, path: &str) -> Response {
        let found = self.documents.lock().unwrap().get(path).cloned();
        let (status, body) = found.unwrap_or((StatusCode::NOT_FOUND, "{}".to_owned()));
        let location = body.trim_matches('"').to_owned();
        let mut response = (status, [("content-type", "application/json")], body).into_response();
        if status.is_redirection() {
            response
                .headers_mut()
                .insert("location", location.parse().unwrap());
        }
        response
    }
}

/// A token with this header and these claims, and whatever for a signature.
pub(crate) fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}

pub(crate) fn some_key() -> Arc<dyn Signer> {
    let pair = generate(KeyKind::P256, "op", &Ambient::system()).unwrap();
    let signer = FileSigner::from_pem(pair.private_key.as_bytes(), None, None, RsaPadding::Pkcs1);
    Arc::new(signer.unwrap())
}
