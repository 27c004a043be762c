//! `/logout` and `/oidc/logout`: a visitor wants to log out, or a service sends them to. Whoever
//! comes without a hint that names this session is asked before (OIDC RP-Initiated Logout 1.0).

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use super::participants::{Party, of_session};
use super::progress::{Asker, Logout};
use super::{receipt, tour};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::session::SsoSession;
use crate::oidc::jwks::verification_keys;
use crate::oidc::logout::{AcceptedLogout, LogoutRefused, LogoutRequest};
use crate::oidc::params::Parameters;
use crate::web::incoming::Posted;
use crate::web::pages::{Form, LogoutPage};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{bounce, csrf, refusal_page, sessions, transactions, views};

/// Hidden field of our own confirmation form.
const CONFIRMED: &str = "form";

/// `GET /logout`: by nobody but the visitor; or the tour of a logout goes on that got stuck.
pub async fn page(State(portner): State<Portner>, visit: Visit) -> Response {
    match tour::resume(&portner, &visit).await {
        Some(response) => response,
        None => {
            receive(
                &portner,
                &visit,
                &Parameters::new(Vec::<(String, String)>::new()),
                "",
                false,
            )
            .await
        }
    }
}

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
    let request = match LogoutRequest::read(parameters, &face.issuer, &keys) {
        Err(LogoutRefused::Hint) => LogoutRequest::read(parameters, &face.realm, &keys),
        read => read,
    };
    let (service, accepted) = match request {
        Ok(request) => {
            let known = request
                .client_id()
                .and_then(|id| registry.service_by_client_id(id.as_str()));
            let service = known.map(|(service, _)| service.profile.id.clone());
            let accepted = request.accept(known.map(|(_, client)| client));
            // Whoever logs out is logged out, but nobody is sent to a service that is off (B13).
            let is_on = known.is_some_and(|(service, _)| service.profile.enabled);
            let accepted = accepted.map(|accepted| AcceptedLogout {
                then: accepted.then.filter(|_| is_on),
                ..accepted
            });
            (service, accepted)
        }
        Err(error) => (None, Err(error)),
    };
    let accepted = match accepted {
        Ok(accepted) => accepted,
        Err(error) => {
            let refused = Refusal::LogoutRefused.because(error);
            return refusal_page::of_a_logout(portner, visit, service.as_ref(), refused).await;
        }
    };
    match decide(portner, visit, service.as_ref(), &accepted, query, confirmed).await {
        Ok(response) => response,
        Err(refused) => refusal_page::of_a_logout(portner, visit, service.as_ref(), refused).await,
    }
}

async fn decide(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    accepted: &AcceptedLogout,
    query: &str,
    confirmed: bool,
) -> Result<Response, Refused> {
    let asker = asker(service.cloned(), accepted);
    let Some(session) = sessions::open_here(portner, visit).await? else {
        // No session came along that could be ended; but nobody is told that they are out while a login
        // in their name waits for one more answer.
        let response = receipt::answer(portner, visit, &Logout::begin(portner, asker)).await;
        let proved = transactions::drop_proved(portner, &visit.cookies, None).await;
        return Ok(views::with_cookies(response, proved));
    };
    if !confirmed && must_ask(portner, &session, service, accepted).await? {
        return ask(portner, visit, &session, service, query).await;
    }
    Ok(tour::begin(portner, visit, &[session], asker).await)
}

/// Whether the user is asked first: where there is a session, and no hint that names this very one.
/// Anybody has an ID token of their own, and could send others here with it (F05).
async fn must_ask(
    portner: &Portner,
    session: &SsoSession,
    service: Option<&ServiceId>,
    accepted: &AcceptedLogout,
) -> Result<bool, Refused> {
    let named = accepted.hint.as_ref().and_then(|hint| hint.session.as_ref());
    let (Some(service), Some(named)) = (service, named) else {
        return Ok(true);
    };
    let parts = portner.store.participations(session.id).await;
    let parts = parts.map_err(Refused::from)?;
    Ok(!parts
        .iter()
        .any(|part| part.service == *service && part.session_index == *named))
}

async fn ask(
    portner: &Portner,
    visit: &Visit,
    session: &SsoSession,
    service: Option<&ServiceId>,
    query: &str,
) -> Result<Response, Refused> {
    let mut page = views::page(portner, visit, None);
    // The question may have come by POST; it is asked by GET in the same words.
    page.language_link = format!("/oidc/logout{}", views::in_language(query, page.other_lang()));
    let language = page.words.language();
    let registry = portner.registry();
    let mut services: Vec<String> = Vec::new();
    for participant in of_session(portner, session.id).await? {
        let party = participant.party();
        let name = party.name(&registry, language);
        if matches!(party, Party::Service(_)) && !services.contains(&name) {
            services.push(name);
        }
    }
    let record = portner
        .store
        .record_of_account(session.account, portner.ambient.now())
        .await;
    let record = record.map_err(Refused::from)?;
    let account = record.as_ref().and_then(|record| record.account(session.account));
    let service = service.and_then(|id| registry.service(id));
    let view = LogoutPage {
        form: Form {
            action: format!("/oidc/logout?{query}"),
            token: sessions::form_token(portner, visit),
        },
        user_name: account.map(|record| record.account.user_name.to_string()),
        services,
        service: service.map(|service| views::back_to(&service.profile, language)),
        page,
    };
    Ok(views::html(StatusCode::OK, &view))
}

/// Who gets the answer.
fn asker(service: Option<ServiceId>, accepted: &AcceptedLogout) -> Asker {
    match (service, &accepted.then) {
        (Some(service), Some(address)) => Asker::Client(service, address.clone()),
        (service, _) => Asker::Visitor(service),
    }
}

/// The confirmation form belongs to the session that it would end.
fn is_own_token(portner: &Portner, visit: &Visit, given: &str) -> bool {
    csrf::same_token(&sessions::form_token(portner, visit), given)
}
