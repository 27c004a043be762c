//! An OpenID provider that costs next to nothing: everything it must remember of a login is
//! in the code, and the only work is one ES256 signature.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64URL_NOPAD;
use portner::ambient::Ambient;
use portner::keys::Signer;
use portner::oidc::id_token::{IdTokenClaims, at_hash, validity};
use portner::oidc::jwks::JwkSetDocument;
use portner::oidc::pkce::CodeChallenge;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::premises::{Premises, cpr};

/// What a code stands for.
#[derive(Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) person: u32,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
}

impl Grant {
    pub(crate) fn code(&self) -> String {
        BASE64URL_NOPAD.encode(&serde_json::to_vec(self).unwrap())
    }

    fn read(code: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(code.as_bytes()).ok()?).ok()
    }
}

struct Provider {
    issuer: String,
    signer: Arc<dyn Signer>,
    ambient: Ambient,
}

#[derive(Deserialize)]
struct TokenRequest {
    code: String,
    code_verifier: String,
}

/// Listens until the runtime ends.
pub(crate) async fn open(premises: &Premises) {
    let provider = Provider {
        issuer: premises.provider_origin(),
        signer: Arc::clone(&premises.stub),
        ambient: Ambient::system(),
    };
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(jwks))
        .route("/token", post(token))
        .with_state(Arc::new(provider));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", premises.provider_port))
        .await
        .unwrap();
    tokio::spawn(async move { serve(listener, routes).await });
}

/// A server loop of our own: the product does without axum's.
pub(crate) async fn serve(listener: tokio::net::TcpListener, routes: Router) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let _ = socket.set_nodelay(true);
        let service = hyper_util::service::TowerToHyperService::new(routes.clone());
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(hyper_util::rt::TokioIo::new(socket), service);
        tokio::spawn(connection);
    }
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Json<JwkSetDocument> {
    Json(JwkSetDocument::of([&provider.signer]))
}

async fn token(State(provider): State<Arc<Provider>>, Form(request): Form<TokenRequest>) -> Json<Value> {
    let grant = Grant::read(&request.code);
    let honest = |grant: &Grant| {
        CodeChallenge::parse(&grant.challenge)
            .is_some_and(|challenge| challenge.is_answered_by(&request.code_verifier))
    };
    let Some(grant) = grant.filter(honest) else {
        return Json(json!({ "error": "invalid_grant" }));
    };
    let (iat, exp) = validity(provider.ambient.now());
    let access_token = "kun-til-maalinger";
    let mut attributes = Map::new();
    attributes.insert("dk.cpr".to_owned(), cpr(grant.person).into());
    attributes.insert("unilogin_loa".to_owned(), "EnFaktor".into());
    let claims = IdTokenClaims {
        iss: &provider.issuer,
        sub: &format!("bruger-{}", grant.person),
        aud: "portner",
        exp,
        iat,
        auth_time: iat,
        nonce: Some(&grant.nonce),
        acr: None,
        amr: &["pwd".to_owned()],
        at_hash: Some(at_hash(access_token)),
        sid: None,
        attributes: &attributes,
    };
    let id_token = claims.sign(&*provider.signer).await.unwrap();
    Json(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": 300,
        "id_token": id_token,
    }))
}
