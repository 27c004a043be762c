//! Leading the browser past everybody who is told through it alone: one after the other, by
//! redirects and by forms, so that it works without script and without cookies in frames.
//!
//! Each party sends the browser back; where one does not, `/logout` goes on from there. The
//! state of the tour is `progress.rs`.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderValue;
use axum::response::Response;
use url::form_urlencoded;
use uuid::Uuid;

use super::denied::denied;
use super::end;
use super::messages;
use super::participants::{Participant, Party, Role, Way, of_session};
use super::progress::{Asker, Logout, Outcome, Stop};
use super::{receipt, tell};
use crate::domain::refusal::Refused;
use crate::domain::service::ServiceId;
use crate::domain::session::{SessionId, SsoSession};
use crate::domain::upstream::UpstreamId;
use crate::login::at_upstream::AtUpstream;
use crate::oidc::params::Parameters;
use crate::telemetry::metrics::{AskedBy, LogoutOutcome};
use crate::web::pages::Receiver;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{headers, refusal_page, sessions, transactions, views};

/// Logs out, beginning with us: ends these sessions, tells everybody, and answers whoever asked.
pub async fn begin(portner: &Portner, visit: &Visit, ending: &[SsoSession], asker: Asker) -> Response {
    let ours = sessions::open_here(portner, visit).await.ok().flatten();
    let is_here = ours.is_some_and(|ours| ending.iter().any(|session| session.id == ours.id));
    let by = match &asker {
        Asker::Visitor(service) => service.clone(),
        Asker::Client(service, _)
        | Asker::Login(service, _)
        | Asker::Service(service, ..)
        | Asker::Unanswered(Party::Service(service)) => Some(service.clone()),
        Asker::Upstream(..) | Asker::Unanswered(Party::Upstream(_)) => None,
    };
    let response = match end::end(portner, visit, ending, by.as_ref()).await {
        Ok(participants) => {
            let logout = Logout::begin(portner, asker);
            tell_all(portner, visit, logout, participants).await
        }
        Err(refused) => refusal_page::of_a_logout(portner, visit, by.as_ref(), refused).await,
    };
    if is_here {
        without_session(portner, visit, response).await
    } else {
        response
    }
}

/// A session of somebody at an eID that is to end before a login goes on.
pub struct EidSession {
    /// The eID.
    pub upstream: UpstreamId,
    /// What it calls that session, where it has said so.
    pub at: Option<AtUpstream>,
    /// The service whose login it is.
    pub service: ServiceId,
    /// Where that login stands.
    pub then: String,
}

/// Leads the browser through the eID's logout, and on to the login. No session of ours ends.
pub async fn lead_out(portner: &Portner, visit: &Visit, eid: EidSession) -> Response {
    let mut logout = Logout::begin(portner, Asker::Login(eid.service, eid.then));
    logout.lent = Some((eid.upstream, eid.at));
    go_on(portner, visit, logout).await
}

/// The session's cookie goes, logins that wait for an answer of whoever was here (F12), and what the
/// browser has kept of us (F10).
async fn without_session(portner: &Portner, visit: &Visit, response: Response) -> Response {
    let proved = transactions::drop_proved(portner, &visit.cookies, None).await;
    let mut response = views::with_cookies(response, sessions::forget(portner).into_iter().chain(proved));
    let (name, value) = headers::for_logged_out();
    response.headers_mut().insert(name, value);
    response
}

async fn tell_all(
    portner: &Portner,
    visit: &Visit,
    mut logout: Logout,
    mut participants: Vec<Participant>,
) -> Response {
    participants.retain(|participant| !knows_already(&logout.asker, participant));
    let (told, left) = tell::first(portner, participants).await;
    logout.told = told;
    for participant in &left {
        let ways = participant.ways();
        if ways.contains(&Way::PastThem) {
            logout.stops.push(Stop::of(participant));
        } else if let (Party::Service(service), Some(url)) =
            (participant.party(), messages::frame(portner, participant))
        {
            logout.frames.push((service, url.into()));
            logout.told.push((participant.party(), Outcome::Framed));
        } else {
            logout.told.push((participant.party(), Outcome::NoWay));
        }
    }
    // Taken from the end: services first, in the order they came, and upstreams last, since one of
    // those that does not send the browser back ends the tour.
    logout.stops.reverse();
    go_on(portner, visit, logout).await
}

/// Whoever asked in SAML gets an answer instead, or wants none. An OpenID client is told like the
/// others, unless its file says otherwise: some are confused when they hear of it before their user is back.
fn knows_already(asker: &Asker, participant: &Participant) -> bool {
    match (asker, participant.party()) {
        (Asker::Service(asker, ..), Party::Service(service)) => *asker == service,
        (Asker::Upstream(asker, ..), Party::Upstream(upstream)) => *asker == upstream,
        (Asker::Unanswered(asker), party) => *asker == party,
        (Asker::Client(asker, _) | Asker::Visitor(Some(asker)), Party::Service(service)) => {
            *asker == service && (participant.knows_its_own() || participant.ways().is_empty())
        }
        _ => false,
    }
}

/// Leads the browser to the next one, or ends the tour.
pub async fn go_on(portner: &Portner, visit: &Visit, mut logout: Logout) -> Response {
    while let Some(stop) = logout.stops.pop() {
        let Some(participant) = found(portner, &stop).await else {
            continue;
        };
        if logout.is_late(portner) {
            logout.told.push((participant.party(), Outcome::Silent));
            continue;
        }
        match lead_to(portner, visit, &mut logout, &participant).await {
            Ok(response) => return response,
            Err(error) => {
                let cause = crate::telemetry::log::chain(&*error);
                tracing::warn!(party = participant.party().id(), cause, "not told of a logout");
                logout.underway = None;
                logout.told.push((participant.party(), Outcome::Silent));
            }
        }
    }
    if let Some((upstream, at)) = logout.lent.take()
        && let Some(response) = leave_eid(portner, visit, &mut logout, (upstream, at)).await
    {
        return response;
    }
    log_line(visit, &logout);
    count(portner, &logout);
    let response = receipt::answer(portner, visit, &logout).await;
    Logout::clear(portner, visit).await;
    if Logout::is_there(portner, visit) {
        views::with_cookies(response, Logout::forget(portner))
    } else {
        response
    }
}

/// Leads the browser out of an eID at which none of our sessions is; nothing where it has no such way, and then
/// what came of telling it directly is written down.
async fn leave_eid(
    portner: &Portner,
    visit: &Visit,
    logout: &mut Logout,
    (upstream, at): (UpstreamId, Option<AtUpstream>),
) -> Option<Response> {
    let known = portner.registry().upstream(&upstream).cloned().zip(at);
    let participant = Participant {
        session: SessionId(Uuid::nil()),
        place: 0,
        role: Role::Upstream(upstream, known),
    };
    if let Ok(response) = lead_to(portner, visit, logout, &participant).await {
        return Some(response);
    }
    logout.underway = None;
    let party = participant.party();
    let told = tell::directly(portner, vec![participant]).await;
    let outcome = if told.iter().all(|(_, is_done)| *is_done) {
        Outcome::Done
    } else {
        Outcome::NoWay
    };
    logout.told.push((party, outcome));
    None
}

fn count(portner: &Portner, logout: &Logout) {
    let asked_by = match &logout.asker {
        Asker::Visitor(_) | Asker::Login(..) => AskedBy::Visitor,
        Asker::Client(..) => AskedBy::Client,
        Asker::Service(..) | Asker::Unanswered(Party::Service(_)) => AskedBy::Service,
        Asker::Upstream(..) | Asker::Unanswered(Party::Upstream(_)) => AskedBy::Upstream,
    };
    let outcome = if logout.is_whole() {
        LogoutOutcome::Whole
    } else {
        LogoutOutcome::Partly
    };
    portner.metrics.logout_ended(asked_by, outcome);
    for (party, outcome) in &logout.told {
        portner.metrics.logout_told(party.role(), outcome.notice());
    }
}

async fn found(portner: &Portner, stop: &Stop) -> Option<Participant> {
    let participants = of_session(portner, stop.session()).await;
    let mut participants = participants
        .inspect_err(|error| tracing::error!(%error, "a participant of a logout could not be read"))
        .ok()?;
    (stop.place() < participants.len()).then(|| participants.swap_remove(stop.place()))
}

async fn lead_to(
    portner: &Portner,
    visit: &Visit,
    logout: &mut Logout,
    participant: &Participant,
) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
    let (outbound, id) = messages::for_browser(portner, participant, &logout.id).await?;
    let party = participant.party();
    let page = views::page(portner, visit, None);
    let name = party.name(&portner.registry(), page.words.language());
    let receiver = match &party {
        Party::Service(_) => Receiver::Service(name),
        Party::Upstream(_) => Receiver::Upstream(name),
    };
    logout.underway = Some((party, id));
    let kept: Option<HeaderValue> = logout.keep(portner).await?;
    Ok(views::with_cookies(views::send(page, receiver, outbound), kept))
}

/// The browser is back from the party that it was led to last; `outcome` is what that party said.
pub async fn returned(portner: &Portner, visit: &Visit, mut logout: Logout, outcome: Outcome) -> Response {
    if let Some((party, _)) = logout.underway.take() {
        logout.told.push((party, outcome));
    }
    go_on(portner, visit, logout).await
}

/// The logout of this browser, if it is at this party and waits for the answer to a message.
pub async fn waiting_at(
    portner: &Portner,
    visit: &Visit,
    party: &Party,
) -> Result<(Logout, String), Refused> {
    let logout = Logout::load(portner, visit).await;
    let logout = logout.ok_or_else(|| denied("no_logout_underway"))?;
    match &logout.underway {
        Some((at, id)) if at == party => {
            let id = id.clone();
            Ok((logout, id))
        }
        _ => Err(denied("in_response_to")),
    }
}

/// `GET /logout` while a logout is underway: somebody did not send the browser back.
pub async fn resume(portner: &Portner, visit: &Visit) -> Option<Response> {
    let logout = Logout::load(portner, visit).await?;
    Some(returned(portner, visit, logout, Outcome::Silent).await)
}

/// `GET /oidc/logged-out/{upstream}`: an OpenID provider sends the browser back from its logout.
pub async fn returned_from_oidc(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters = Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned());
    let state = parameters.one("state").ok().flatten().map(str::to_owned);
    let party = UpstreamId::parse(&upstream).map(Party::Upstream);
    let waiting = match &party {
        Some(party) => waiting_at(&portner, &visit, party).await,
        None => Err(denied("issuer")),
    };
    match waiting {
        Ok((logout, _)) if state.as_ref() == Some(&logout.id) => {
            returned(&portner, &visit, logout, Outcome::Done).await
        }
        Ok(_) => refusal_page::of_a_logout(&portner, &visit, None, denied("state")).await,
        Err(refused) => refusal_page::of_a_logout(&portner, &visit, None, refused).await,
    }
}

fn log_line(visit: &Visit, logout: &Logout) {
    let count = |wanted| {
        logout
            .told
            .iter()
            .filter(|(_, outcome)| *outcome == wanted)
            .count()
    };
    tracing::info!(
        reference = %visit.reference,
        told.done = count(Outcome::Done),
        told.framed = count(Outcome::Framed),
        told.silent = count(Outcome::Silent),
        told.no_way = count(Outcome::NoWay),
        "logout finished"
    );
}
