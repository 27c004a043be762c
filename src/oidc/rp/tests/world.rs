//! A provider on loopback with everything right, for tests to put one thing wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::*;
use crate::ambient::{ManualClock, OsEntropy};
use crate::domain::address::PlainHttp;
use crate::domain::upstream::UpstreamId;
use crate::egress::{EgressSettings, InnerHosts};
use crate::keys::Signer;
use crate::keys::testing::p256;
use crate::oidc::client::{ClientId, Issuer, LogoutBinding};
use crate::oidc::id_token::at_hash;
use crate::oidc::jwk::JwsAlgorithm;
use crate::oidc::jwks::JwkSetDocument;

pub(super) const NOW: i64 = 1_000_000;
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const SECRET: &str = "our-secret-at-the-upstream";

/// A provider on loopback: documents by path, and a record of what was asked.
#[derive(Clone, Default)]
pub(super) struct FakeProvider {
    documents: Arc<Mutex<BTreeMap<&'static str, (u16, String)>>>,
    pub(super) requests: Arc<Mutex<Vec<String>>>,
}

impl FakeProvider {
    pub(super) fn serve(&self, path: &'static str, document: &Value) {
        self.serve_status(path, 200, document);
    }

    pub(super) fn serve_status(&self, path: &'static str, status: u16, document: &Value) {
        let entry = (status, document.to_string());
        self.documents.lock().unwrap().insert(path, entry);
    }

    pub(super) fn asked(&self, path: &str) -> usize {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|request| request.split(' ').nth(1) == Some(path))
            .count()
    }

    pub(super) async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let provider = self.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let provider = provider.clone();
                tokio::spawn(async move {
                    let mut buffer = vec![0; 16 * 1024];
                    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                        if stream
                            .write_all(provider.answer(request).as_bytes())
                            .await
                            .is_err()
                        {
                            break;
                        }
                    }
                });
            }
        });
        issuer
    }

    pub(super) fn answer(&self, request: String) -> String {
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        self.requests.lock().unwrap().push(request);
        let documents = self.documents.lock().unwrap();
        let (status, body) = documents
            .get(path.as_str())
            .cloned()
            .unwrap_or((404, "{}".to_owned()));
        format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// A provider, us as its relying party, and a clock.
pub(super) struct World {
    pub(super) provider: FakeProvider,
    pub(super) party: RelyingParty,
    pub(super) issuer: String,
    pub(super) signer: Arc<dyn Signer>,
    pub(super) clock: Arc<ManualClock>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(p256("k1"), |_| ()).await
    }

    pub(super) async fn with(signer: Arc<dyn Signer>, change: impl FnOnce(&mut OidcUpstream)) -> Self {
        let provider = FakeProvider::default();
        let issuer = provider.listen().await;
        provider.serve("/.well-known/openid-configuration", &configuration(&issuer));
        let clock = Arc::new(ManualClock::at(Timestamp::from_second(NOW).unwrap()));
        let mut upstream = OidcUpstream {
            id: UpstreamId::parse("lillekoebing").unwrap(),
            issuer: Issuer::parse(&issuer, PlainHttp::OnLoopback).unwrap(),
            client_id: ClientId::parse("portner").unwrap(),
            authentication: UpstreamAuthentication::ClientSecretBasic(Zeroizing::new(SECRET.to_owned())),
            redirect_uri: "https://portner.example/callback/lillekoebing".parse().unwrap(),
            scopes: BTreeSet::from([Scope::parse("ssn").unwrap()]),
            algorithms: BTreeSet::from([JwsAlgorithm::Es256]),
            endpoints: None,
            asks_userinfo: false,
            parameters: Vec::new(),
            logout_by: LogoutBinding::Post,
        };
        change(&mut upstream);
        let settings = EgressSettings {
            inner_hosts: InnerHosts::Listed(BTreeSet::from(["127.0.0.1".to_owned()])),
            plain_http_on_loopback: true,
            ..EgressSettings::default()
        };
        let ambient = Ambient::new(clock.clone(), Arc::new(OsEntropy));
        let world = Self {
            party: RelyingParty::new(upstream, Egress::new(&settings).unwrap(), ambient),
            provider,
            issuer,
            signer,
            clock,
        };
        world.publish(&world.signer);
        world
    }

    pub(super) fn publish(&self, signer: &Arc<dyn Signer>) {
        let document = serde_json::to_value(JwkSetDocument::of([signer])).unwrap();
        self.provider.serve("/jwks", &document);
    }

    pub(super) fn claims(&self) -> Value {
        json!({"iss": self.issuer, "sub": "u-1", "aud": "portner", "exp": NOW + 300, "iat": NOW,
               "auth_time": NOW - 5, "nonce": "nonce-1", "acr": "substantial", "amr": ["pwd"],
               "at_hash": at_hash("at"), "uuid": "7"})
    }

    pub(super) async fn serve_token(&self, signer: &dyn Signer, claims: &Value) {
        let token = jws::sign(signer, TokenType::IdToken, claims).await.unwrap();
        self.serve_raw(&token);
    }

    pub(super) fn serve_raw(&self, token: &str) {
        let answer = json!({"access_token": "at", "token_type": "Bearer", "id_token": token});
        self.provider.serve("/token", &answer);
    }

    pub(super) async fn finish(
        &self,
        callback: &[(&str, &str)],
    ) -> Result<AcceptedIdToken, RelyingPartyError> {
        let expected = Expected {
            state: "state-1",
            nonce: "nonce-1",
            verifier: VERIFIER,
            max_age: None,
        };
        self.party
            .finish(&Parameters::new(callback.iter().copied()), &expected)
            .await
    }

    /// The outcome for an ID token with some claims changed.
    pub(super) async fn outcome(&self, changes: &Value) -> Result<AcceptedIdToken, &'static str> {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        self.serve_token(&*self.signer, &claims).await;
        self.finish(&GOOD).await.map_err(|error| error.reason())
    }
}

pub(super) const GOOD: [(&str, &str); 2] = [("code", "c"), ("state", "state-1")];

pub(super) fn configuration(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
    })
}

pub(super) fn reason(outcome: Result<AcceptedIdToken, impl Into<Reason>>) -> &'static str {
    outcome.expect_err("accepted").into().0
}

pub(super) struct Reason(pub(super) &'static str);

impl From<&'static str> for Reason {
    fn from(reason: &'static str) -> Self {
        Self(reason)
    }
}

impl From<RelyingPartyError> for Reason {
    fn from(error: RelyingPartyError) -> Self {
        Self(error.reason())
    }
}
