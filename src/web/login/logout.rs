//! `/oidc/logout`: a service sends the user to log out. Our own session ends first; whoever
//! comes without a hint that names this session is asked before (OIDC RP-Initiated Logout 1.0).

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use url::form_urlencoded;

use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::upstream::{UpstreamId, UpstreamKind};
use crate::login::answer::session_index;
use crate::oidc::jwks::verification_keys;
use crate::oidc::logout::{AcceptedLogout, LogoutRequest};
use crate::oidc::params::Parameters;
use crate::web::incoming::Posted;
use crate::web::pages::{Form, LoggedOutPage, LogoutPage};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{bounce, csrf, headers, refusal_page, sessions, views};

/// Hidden field of our own confirmation form.
const CONFIRMED: &str = "form";

/// By GET.
pub async fn get(State(portner): State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let parameters = Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned());
    receive(&portner, &visit, &parameters, &query, false).await
}

/// By POST: from a service, or from our own confirmation page. What another site posts comes
/// without the session that it is about, and is posted again from here first (F04).
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let has_session = sessions::is_there(&portner, &visit);
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_session) {
        return bounce::page(&portner, &visit, "/oidc/logout", posted);
    }
    let own = !csrf::is_from_elsewhere(&visit.headers, portner.settings.origin.as_str());
    if own
        && posted
            .one(CONFIRMED)
            .is_some_and(|token| is_own_token(&portner, &visit, token))
    {
        let query = query.unwrap_or_default();
        let parameters = Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned());
        return receive(&portner, &visit, &parameters, &query, true).await;
    }
    let parameters = Parameters::new(posted.fields().iter().cloned());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(posted.fields())
        .finish();
    receive(&portner, &visit, &parameters, &query, false).await
}

async fn receive(
    portner: &Portner,
    visit: &Visit,
    parameters: &Parameters,
    query: &str,
    confirmed: bool,
) -> Response {
    let registry = portner.registry();
    let face = &portner.services.oidc;
    let keys = verification_keys(face.published_keys());
    // A hint names us as its service knows us.
    let request = LogoutRequest::read(parameters, &face.issuer, &keys)
        .or_else(|_| LogoutRequest::read(parameters, &face.realm, &keys));
    let (service, accepted) = match request {
        Ok(request) => {
            let known = request
                .client_id()
                .and_then(|id| registry.service_by_client_id(id.as_str()));
            let service = known.map(|(service, _)| service.profile.id.clone());
            (service, request.accept(known.map(|(_, client)| client)))
        }
        Err(error) => (None, Err(error)),
    };
    let accepted = match accepted {
        Ok(accepted) => accepted,
        Err(error) => {
            let refused = Refusal::LogoutRefused.because(error);
            return refusal_page::outside_a_login(portner, visit, service.as_ref(), refused).await;
        }
    };
    match must_ask(portner, visit, service.as_ref(), &accepted).await {
        Ok(true) if !confirmed => ask(portner, visit, service.as_ref(), query),
        Ok(_) => log_out(portner, visit, service.as_ref(), &accepted).await,
        Err(refused) => refusal_page::outside_a_login(portner, visit, service.as_ref(), refused).await,
    }
}

/// Whether the user is asked first: where there is a session, and no hint that names this very one.
/// Anybody has an ID token of their own, and could send others here with it (F05).
async fn must_ask(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    accepted: &AcceptedLogout,
) -> Result<bool, Refused> {
    let Some(session) = sessions::current(portner, visit).await? else {
        return Ok(false);
    };
    let registry = portner.registry();
    let service = service.and_then(|id| registry.service(id));
    let own = service.map(|service| session_index(&session, &service.profile, &portner.driver.pseudonyms));
    let named = accepted.hint.as_ref().and_then(|hint| hint.session.as_ref());
    Ok(own.is_none() || named != own.as_ref())
}

fn ask(portner: &Portner, visit: &Visit, service: Option<&ServiceId>, query: &str) -> Response {
    let page = views::page(portner, visit, None);
    let language = page.words.language();
    let registry = portner.registry();
    let service = service.and_then(|id| registry.service(id));
    let view = LogoutPage {
        form: Form {
            action: format!("/oidc/logout?{query}"),
            token: sessions::form_token(portner, visit),
        },
        user_name: None,
        services: Vec::new(),
        service: service.map(|service| views::back_to(&service.profile, language)),
        page,
    };
    views::html(StatusCode::OK, &view)
}

async fn log_out(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    accepted: &AcceptedLogout,
) -> Response {
    if !sessions::is_there(portner, visit) {
        // Nothing came along that could be ended, so nothing is taken from the browser either.
        return go_on(portner, visit, service, accepted, None);
    }
    let (vouched, cookie) = match end_session(portner, visit, service).await {
        Ok(ended) => ended,
        Err(refused) => return refusal_page::outside_a_login(portner, visit, service, refused).await,
    };
    let response = go_on(portner, visit, service, accepted, vouched.as_ref());
    let mut response = views::with_cookies(response, cookie);
    let (name, value) = headers::for_logged_out();
    response.headers_mut().insert(name, value);
    response
}

/// Back to the service, or a receipt.
fn go_on(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    accepted: &AcceptedLogout,
    vouched: Option<&UpstreamId>,
) -> Response {
    match &accepted.then {
        Some(address) => views::see_other(address),
        None => receipt(portner, visit, service, vouched),
    }
}

/// Who vouched for the session that ended, and the cookie that takes it from the browser.
type Ended = (Option<UpstreamId>, Option<HeaderValue>);

async fn end_session(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
) -> Result<Ended, Refused> {
    let session = sessions::current(portner, visit).await?;
    let vouched = session.as_ref().map(|session| session.upstream.clone());
    if let Some(session) = session {
        let event = AuditEvent {
            id: visit.reference.0,
            at: portner.ambient.now(),
            transaction: None,
            service: service.cloned(),
            upstream: Some(session.upstream.clone()),
            person: Some(session.person),
            account: Some(session.account),
            client_prefix: visit.client_prefix(),
            act: AuditAct::LoggedOut,
        };
        portner
            .writer
            .audit(event)
            .await
            .map_err(|error| Refusal::Internal.because(error))?;
    }
    Ok((vouched, sessions::end(portner, visit).await?))
}

/// Says where the user may still be logged in: whoever vouched for them has a session of its
/// own, unless it was our own store of passwords (F12).
fn receipt(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    vouched: Option<&UpstreamId>,
) -> Response {
    let page = views::page(portner, visit, None);
    let language = page.words.language();
    let registry = portner.registry();
    let service = service.and_then(|id| registry.service(id));
    let elsewhere = vouched
        .and_then(|id| registry.upstream(id))
        .filter(|upstream| upstream.profile.kind != UpstreamKind::Central);
    let view = LoggedOutPage {
        not_reached: Vec::new(),
        upstream: elsewhere.map(|upstream| upstream.profile.name.in_language(language).to_owned()),
        service: service.map(|service| views::back_to(&service.profile, language)),
        page,
    };
    views::html(StatusCode::OK, &view)
}

/// The confirmation form belongs to the session that it would end.
fn is_own_token(portner: &Portner, visit: &Visit, given: &str) -> bool {
    csrf::same_token(&sessions::form_token(portner, visit), given)
}
