//! Storkøbing's own login and the stand-in for the national eID: two OpenID providers of one
//! make, which know Portner by its registration.
//!
//! Code flow with PKCE, ID token ES256, userinfo, discovery, JWKS: what an honest provider
//! does for one client, and no more.

use std::sync::Arc;

use axum::extract::{Form, RawQuery, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::addresses::Addresses;
use super::broker;
use super::cast::{self, Conduct, Resident};
use super::desk::{Desk, Slip};
use super::eid_shapes::{EID_SHAPES, MUNICIPAL, Manner, Scheme};
use super::error::DemoError;
use super::http::{self, Shelf};
use super::key_files::SharedSigner;
use super::parties::{self, Party};
use super::premises::Premises;
use crate::ambient::Ambient;
use crate::oidc::id_token::{IdTokenClaims, at_hash, validity};
use crate::oidc::jwks::JwkSetDocument;
use crate::oidc::params::Parameters;
use crate::oidc::pkce::CodeChallenge;

const CLIENT_ID: &str = "portner";

/// A provider and its one client.
struct Provider {
    issuer: String,
    manner: Manner,
    signer: SharedSigner,
    secret: String,
    redirect_uri: String,
    desk: Desk<Asked>,
    codes: Shelf<Granted>,
    tokens: Shelf<Granted>,
    ambient: Ambient,
}

/// An authorization request, while its user stands at the desk.
#[derive(Clone)]
struct Asked {
    state: Option<String>,
    nonce: Option<String>,
    challenge: CodeChallenge,
}

/// A login that a code, and then an access token, stands for.
#[derive(Clone)]
struct Granted {
    resident: &'static Resident,
    asked: Asked,
    at: Timestamp,
}

/// Storkøbing's routes.
pub(super) fn storkoebing(premises: &Premises, ambient: &Ambient) -> Result<Router, DemoError> {
    let house = House {
        port: premises.addresses().storkoebing(),
        path: "",
        keys: "storkoebing",
        upstream: "storkoebing",
        party: parties::STORKOEBING,
        manner: MUNICIPAL,
        residents: &cast::STORKOEBING,
    };
    house.routes(premises, ambient)
}

/// The national eID's routes, in each of its shapes.
pub(super) fn eid(premises: &Premises, ambient: &Ambient) -> Result<Router, DemoError> {
    let mut site = Router::new();
    for shape in &EID_SHAPES {
        let house = House {
            port: premises.addresses().eid(),
            path: shape.path,
            keys: "mitid",
            upstream: shape.upstream,
            party: parties::EID,
            manner: shape.manner,
            residents: &cast::EID,
        };
        let routes = house.routes(premises, ambient)?;
        site = match shape.path {
            "" => site.merge(routes),
            path => site.nest(path, routes),
        };
    }
    Ok(site)
}

/// A provider before it is open.
struct House {
    port: u16,
    path: &'static str,
    /// Whose key and secret it has.
    keys: &'static str,
    /// What Portner calls it.
    upstream: &'static str,
    party: Party,
    manner: Manner,
    residents: &'static [Resident],
}

impl House {
    fn routes(self, premises: &Premises, ambient: &Ambient) -> Result<Router, DemoError> {
        let provider = Provider {
            issuer: format!("{}{}", Addresses::origin(self.port), self.path),
            manner: self.manner,
            signer: premises.party_signer(self.keys)?,
            secret: premises.secret(self.keys)?,
            redirect_uri: broker::callback(premises.addresses(), self.upstream),
            desk: Desk::new(self.party, self.residents, premises.addresses(), ambient),
            codes: Shelf::new(ambient),
            tokens: Shelf::new(ambient),
            ambient: ambient.clone(),
        };
        Ok(Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/login", post(log_in))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo).post(userinfo))
            .with_state(Arc::new(provider)))
    }
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Json<JwkSetDocument> {
    Json(JwkSetDocument::of([&provider.signer]))
}

/// Reads the authorization request and asks who is there, with the name that Portner was told.
async fn authorize(State(provider): State<Arc<Provider>>, RawQuery(query): RawQuery) -> Response {
    let query = Parameters::new(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned());
    match provider.asked(&query) {
        Some((asked, login_hint)) => provider.desk.ask(asked, &login_hint),
        None => provider
            .desk
            .trouble("Forespørgslen kan ikke læses, eller den er ikke fra Portner."),
    }
}

/// Checks the password and sends the user back with a code.
async fn log_in(State(provider): State<Arc<Provider>>, Form(slip): Form<Slip>) -> Response {
    let (asked, resident) = match provider.desk.read(slip) {
        Ok(found) => found,
        Err(instead) => return *instead,
    };
    let state = asked.state.clone();
    let outcome = if resident.conduct == Conduct::Declines {
        ("error", "access_denied".to_owned())
    } else {
        let at = provider.ambient.now();
        ("code", provider.codes.put(Granted { resident, asked, at }))
    };
    http::see_other(&provider.way_back(outcome, state))
}

/// Turns a code into tokens.
async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let form = Parameters::new(form);
    if !provider.is_portner(&headers, &form) {
        return oauth_error(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let Some(granted) = provider.redeem(&form) else {
        return oauth_error(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    if granted.resident.conduct == Conduct::FailsAtTheToken {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    match provider.tokens(granted).await {
        Some(tokens) => ([(CACHE_CONTROL, "no-store")], Json(tokens)).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Tells what the access token is good for.
async fn userinfo(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let bearer = authorization(&headers, "Bearer ");
    match bearer.and_then(|token| provider.tokens.look(token)) {
        Some(granted) => {
            let mut claims = provider.claims(granted.resident, true);
            claims.insert("sub".to_owned(), subject(granted.resident).into());
            ([(CACHE_CONTROL, "no-store")], Json(claims)).into_response()
        }
        None => oauth_error(StatusCode::UNAUTHORIZED, "invalid_token"),
    }
}

impl Provider {
    fn asked(&self, query: &Parameters) -> Option<(Asked, String)> {
        let one = |name| query.one(name).ok().flatten();
        let is_registered = one("client_id") == Some(CLIENT_ID)
            && one("redirect_uri") == Some(&self.redirect_uri)
            && one("response_type") == Some("code")
            && one("code_challenge_method") == Some("S256");
        let asked = Asked {
            state: one("state").map(str::to_owned),
            nonce: one("nonce").map(str::to_owned),
            challenge: CodeChallenge::parse(one("code_challenge")?)?,
        };
        is_registered.then(|| (asked, one("login_hint").unwrap_or_default().to_owned()))
    }

    fn way_back(&self, (name, value): (&str, String), state: Option<String>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(name, &value).append_pair("iss", &self.issuer);
        if let Some(state) = state {
            query.append_pair("state", &state);
        }
        format!("{}?{}", self.redirect_uri, query.finish())
    }

    fn is_portner(&self, headers: &HeaderMap, form: &Parameters) -> bool {
        let decode = |basic: &str| String::from_utf8(BASE64.decode(basic.as_bytes()).ok()?).ok();
        let basic = authorization(headers, "Basic ").and_then(decode);
        let expected = |id: &str, secret: &str| id == CLIENT_ID && secret == self.secret;
        // Id and secret hold no character that form encoding would change.
        if let Some((id, secret)) = basic.as_deref().and_then(|pair| pair.split_once(':')) {
            return expected(id, secret);
        }
        let one = |name| form.one(name).ok().flatten().unwrap_or_default();
        expected(one("client_id"), one("client_secret"))
    }

    fn redeem(&self, form: &Parameters) -> Option<Granted> {
        let one = |name| form.one(name).ok().flatten();
        let granted = self.codes.take(one("code")?)?;
        let fits = one("grant_type") == Some("authorization_code")
            && one("redirect_uri") == Some(&self.redirect_uri)
            && granted.asked.challenge.is_answered_by(one("code_verifier")?);
        fits.then_some(granted)
    }

    async fn tokens(&self, granted: Granted) -> Option<Value> {
        let (iat, exp) = validity(self.ambient.now());
        let access_token = self.tokens.put(granted.clone());
        let methods: Vec<String> = self
            .manner
            .methods
            .iter()
            .map(|method| (*method).to_owned())
            .collect();
        let claims = IdTokenClaims {
            iss: &self.issuer,
            sub: &subject(granted.resident),
            aud: CLIENT_ID,
            exp,
            iat,
            auth_time: granted.at.as_second(),
            nonce: granted.asked.nonce.as_deref(),
            acr: None,
            amr: &methods,
            at_hash: Some(at_hash(&access_token)),
            sid: None,
            attributes: &self.claims(granted.resident, false),
        };
        let id_token = claims.sign(&*self.signer).await.ok()?;
        Some(json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": exp.saturating_sub(iat),
            "id_token": id_token,
        }))
    }

    fn claims(&self, resident: &Resident, at_userinfo: bool) -> Map<String, Value> {
        let mut claims = Map::new();
        let (level, value) = self.manner.level;
        claims.insert(level.to_owned(), value.into());
        claims.insert("name".to_owned(), resident.name.into());
        let tells_cpr = at_userinfo || !self.manner.cpr_at_userinfo;
        if tells_cpr && resident.conduct != Conduct::LeavesOutTheCpr {
            claims.insert(self.manner.cpr.to_owned(), resident.key.into());
        }
        claims.extend(self.scheme_claims(resident));
        claims
    }

    /// What says that this is the national eID, and whether the user acts for an employer.
    fn scheme_claims(&self, resident: &Resident) -> Map<String, Value> {
        let employed = matches!(
            resident.conduct,
            Conduct::SpeaksOfAnEmployee | Conduct::LeavesOutTheCpr
        );
        let idp = match (resident.conduct, employed) {
            (Conduct::IsAnotherEid, _) => "euid",
            (_, true) => "mitid_erhverv",
            (_, false) => "mitid",
        };
        let said = match self.manner.scheme {
            Scheme::None => json!({}),
            Scheme::Signaturgruppen if employed => {
                json!({ "idp": idp, "identity_type": "professional", "nemlogin.cvr": "20200200" })
            }
            Scheme::Signaturgruppen => json!({ "idp": idp, "identity_type": "private" }),
            Scheme::Idura => json!({ "identityscheme": "dkmitid" }),
            Scheme::Signicat => json!({ "idp_id": "mitid", "nin_type": "CPR" }),
        };
        match said {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }
}

/// What the provider itself calls its user: nothing that anybody else knows.
fn subject(resident: &Resident) -> String {
    format!(
        "user-{}",
        data_encoding::HEXLOWER.encode(resident.login.as_bytes())
    )
}

fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)
}

fn oauth_error(status: StatusCode, code: &str) -> Response {
    (
        status,
        [(CACHE_CONTROL, "no-store")],
        Json(json!({ "error": code })),
    )
        .into_response()
}
