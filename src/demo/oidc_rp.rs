//! Læringshaven, Personalerummet and Sundhedsmappen: OpenID Connect clients that show what
//! they receive.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query, RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::addresses::Addresses;
use super::broker;
use super::error::DemoError;
use super::http::{self, Shelf};
use super::outcome::{Outcome, WayOut};
use super::pages::{PostPage, ProblemPage, ServicePage};
use super::parties::LAERINGSHAVEN;
use super::premises::Premises;
use super::saml_sp::{AN_ADULT, Wishes};
use super::services::{Protocol, REGISTRATIONS, Registration};
use crate::ambient::Ambient;
use crate::domain::address::PlainHttp;
use crate::domain::upstream::UpstreamId;
use crate::egress::{Egress, EgressSettings, InnerHosts};
use crate::oidc::client::{ClientId, Issuer, LogoutBinding, OidcUpstream, Scope, UpstreamAuthentication};
use crate::oidc::jwk::JwsAlgorithm;
use crate::oidc::params::Parameters;
use crate::oidc::pkce::CodeChallenge;
use crate::oidc::rp::{AcceptedIdToken, Departure, Expected, RelyingParty, RelyingPartyError};

const NAME: &str = Protocol::Oidc.as_str();

/// The web site of the OpenID Connect services.
struct Site {
    addresses: Addresses,
    clients: Vec<Client>,
    /// Logins that wait for an answer, by what their browser keeps in a cookie.
    asked: Shelf<Asked>,
    visits: Shelf<Outcome>,
    /// Sessions that Portner says are over, by its name for them.
    ended: Shelf<()>,
    ambient: Ambient,
}

/// One registration, and Portner as it sees it.
struct Client {
    service: &'static Registration,
    portner: RelyingParty,
}

/// What was sent along and must come back.
#[derive(Clone)]
struct Asked {
    state: String,
    nonce: String,
    verifier: String,
}

#[derive(Deserialize)]
struct LogoutNotice {
    logout_token: String,
}

/// The site's routes.
pub(super) fn routes(premises: &Premises, ambient: &Ambient) -> Result<Router, DemoError> {
    let failed = |error| DemoError::Portner(Box::new(error));
    let settings = EgressSettings {
        inner_hosts: InnerHosts::Listed(BTreeSet::from(["localhost".to_owned()])),
        plain_http_on_loopback: true,
        ..EgressSettings::default()
    };
    let egress = Egress::new(&settings).map_err(failed)?;
    let own = REGISTRATIONS
        .into_iter()
        .filter(|service| service.protocol == Protocol::Oidc);
    let clients = own.map(|service| {
        let portner = RelyingParty::new(registered(premises, service)?, egress.clone(), ambient.clone());
        Ok(Client { service, portner })
    });
    let site = Site {
        addresses: premises.addresses(),
        clients: clients.collect::<Result<_, DemoError>>()?,
        asked: Shelf::new(ambient),
        visits: Shelf::new(ambient),
        ended: Shelf::new(ambient),
        ambient: ambient.clone(),
    };
    Ok(Router::new()
        .route("/{service}", get(show))
        .route("/{service}/login", get(log_in))
        .route("/{service}/callback", get(receive))
        .route("/{service}/logout", post(log_out))
        .route("/{service}/backchannel", post(hear_of_logout))
        .with_state(Arc::new(site)))
}

/// Portner, as this client was told about it.
fn registered(premises: &Premises, service: &Registration) -> Result<OidcUpstream, DemoError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| DemoError::Portner(error);
    let addresses = premises.addresses();
    let issuer = Issuer::parse(&broker::issuer(addresses, service), PlainHttp::OnLoopback);
    Ok(OidcUpstream {
        id: UpstreamId::parse("portner").ok_or_else(|| failed("not a short name".into()))?,
        issuer: issuer.map_err(|error| failed(error.into()))?,
        client_id: ClientId::parse(service.id).map_err(|error| failed(error.into()))?,
        authentication: UpstreamAuthentication::ClientSecretBasic(Zeroizing::new(
            premises.secret(service.id)?,
        )),
        redirect_uri: Url::parse(&service.answer_url(addresses)).map_err(|error| failed(error.into()))?,
        scopes: BTreeSet::from([Scope::openid()]),
        algorithms: BTreeSet::from([JwsAlgorithm::Es256, JwsAlgorithm::Rs256]),
        endpoints: None,
        asks_userinfo: true,
        parameters: Vec::new(),
        logout_by: LogoutBinding::Post,
    })
}

/// Sends the user to Portner with an authorization request.
async fn log_in(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let Some(client) = site.client(&service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    let fresh = || http::ticket(&site.ambient);
    let asked = Asked {
        state: fresh(),
        nonce: fresh(),
        verifier: fresh() + &fresh(),
    };
    let hint: Vec<_> = wishes
        .idp
        .into_iter()
        .map(|idp| ("idphint".to_owned(), idp))
        .collect();
    let adult = [AN_ADULT.to_owned()];
    let departure = Departure {
        acr_values: if client.service.asks_for_an_adult {
            &adult
        } else {
            &[]
        },
        state: &asked.state,
        nonce: &asked.nonce,
        challenge: Some(&CodeChallenge::of(&asked.verifier)),
        prompt: wishes.fresh.map(|_| "login"),
        extra: &hint,
        ..Departure::default()
    };
    match client.portner.authorization_url(&departure).await {
        Ok(address) => {
            let name = waiting_cookie(client.service, &asked.state);
            let cookie = http::cookie(&name, &site.asked.put(asked));
            ([(SET_COOKIE, cookie)], http::see_other(address.as_str())).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "the demo's client does not reach Portner");
            site.trouble("Portner svarer ikke.")
        }
    }
}

/// Takes Portner's answer, fetches the tokens, and shows them at an address that can be loaded again.
async fn receive(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(client) = site.client(&service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    let query = query.unwrap_or_default();
    let waiting_name = waiting_cookie(client.service, &state_in(&query));
    let waiting = http::cookie_of(&headers, &waiting_name);
    let outcome = match waiting.and_then(|waiting| site.asked.take(waiting)) {
        Some(asked) => client.judge(&asked, &query).await,
        None => Outcome::not_believed(NAME, "state"),
    };
    let cookies = AppendHeaders([
        (
            SET_COOKIE,
            http::cookie(&visit_cookie(client.service), &site.visits.put(outcome)),
        ),
        (SET_COOKIE, http::no_cookie(&waiting_name)),
    ]);
    let home = client.service.home(site.addresses);
    (cookies, http::see_other(&home)).into_response()
}

/// What this browser's last login here came to.
async fn show(State(site): State<Arc<Site>>, Path(service): Path<String>, headers: HeaderMap) -> Response {
    let Some(client) = site.client(&service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    let service = client.service;
    let visit = http::cookie_of(&headers, &visit_cookie(service)).and_then(|visit| site.visits.look(visit));
    let is_over = |visit: &Outcome| visit.sid().is_some_and(|sid| site.ended.look(sid).is_some());
    let visit = visit.filter(|visit| !is_over(visit));
    let outcome = visit.unwrap_or_else(|| Outcome::nobody(NAME));
    let page = ServicePage {
        party: service.party(),
        start: service.login_url(site.addresses),
        logout: outcome.id_token().map(|_| service.logout_url(site.addresses)),
        home: site.addresses.start_url(),
        outcome,
    };
    http::page(StatusCode::OK, &page)
}

/// Portner says that a session is over (OIDC Back-Channel Logout).
async fn hear_of_logout(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    Form(posted): Form<LogoutNotice>,
) -> StatusCode {
    let Some(client) = site.client(&service) else {
        return StatusCode::NOT_FOUND;
    };
    match client.portner.read_logout_token(&posted.logout_token).await {
        Ok(logout) => {
            if let Some(session) = &logout.session {
                site.ended.put_under(session, ());
            }
            StatusCode::OK
        }
        Err(error) => {
            tracing::warn!(%error, "the demo's client does not believe a logout token");
            StatusCode::BAD_REQUEST
        }
    }
}

/// Forgets who was here, and sends the browser to do the same at Portner. By POST: an ID token
/// says who the user is, and has no business in an address.
async fn log_out(State(site): State<Arc<Site>>, Path(service): Path<String>, headers: HeaderMap) -> Response {
    let Some(client) = site.client(&service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    let home = client.service.home(site.addresses);
    let cookie = visit_cookie(client.service);
    let visit = http::cookie_of(&headers, &cookie).and_then(|visit| site.visits.take(visit));
    let forgotten = [(SET_COOKIE, http::no_cookie(&cookie))];
    let end = client.portner.end_session_endpoint().await.ok().flatten();
    let (Some(end), Some(id_token)) = (end, visit.as_ref().and_then(Outcome::id_token)) else {
        return (forgotten, http::see_other(&home)).into_response();
    };
    let page = PostPage {
        party: client.service.party(),
        heading: "Du bliver logget ud",
        action: end.into(),
        fields: vec![
            ("id_token_hint", id_token.to_owned()),
            ("post_logout_redirect_uri", home),
        ],
    };
    (forgotten, http::page(StatusCode::OK, &page)).into_response()
}

impl Site {
    fn client(&self, service: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.service.id == service)
    }

    fn trouble(&self, text: &str) -> Response {
        let page = ProblemPage {
            party: LAERINGSHAVEN,
            text,
            home: self.addresses.start_url(),
        };
        http::page(StatusCode::BAD_REQUEST, &page)
    }
}

impl Client {
    async fn judge(&self, asked: &Asked, query: &str) -> Outcome {
        let callback = Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned());
        let expected = Expected {
            state: &asked.state,
            nonce: &asked.nonce,
            verifier: &asked.verifier,
            max_age: None,
        };
        match self.portner.finish(&callback, &expected).await {
            Ok(token) => logged_in(token),
            Err(RelyingPartyError::Declined { .. }) => {
                let error = callback.one("error").ok().flatten();
                Outcome::refused(NAME, [("error", error.into())])
            }
            Err(error) => {
                tracing::warn!(%error, "the demo's client does not believe Portner");
                Outcome::not_believed(NAME, error.reason())
            }
        }
    }
}

/// One for each login under way: two tabs must not answer for each other.
fn waiting_cookie(service: &Registration, state: &str) -> String {
    let login: String = state
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(12)
        .collect();
    format!("{}_{}_asked_{login}", service.party().cookie, service.id)
}

fn state_in(query: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(name, _)| name == "state")
        .map(|(_, state)| state.into_owned())
        .unwrap_or_default()
}

fn visit_cookie(service: &Registration) -> String {
    format!("{}_{}", service.party().cookie, service.id)
}

fn logged_in(token: AcceptedIdToken) -> Outcome {
    let way_out = WayOut::Oidc {
        id_token: token.raw,
        sid: token.claims.get("sid").and_then(Value::as_str).map(str::to_owned),
    };
    Outcome::logged_in(NAME, &token.subject, token.acr.as_deref(), "claims", token.claims)
        .with_way_out(way_out)
}
