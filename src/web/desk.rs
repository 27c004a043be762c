//! `/administration`: the administrators' desk (Brugeradministration, Elevadministration).
//!
//! Every request takes the same way, whatever it is for: who is logged in and how strongly and lately,
//! whether they are an administrator of the institution in the address at this moment, and only then
//! what they came for (I04, I05, K06, DR24). The list in `places` is all that there is.

mod acts;
mod advice;
mod held;
mod pages;
mod person;
pub mod places;
mod words;

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use uuid::Uuid;

use super::incoming::Posted;
use super::own::{self, FRESH, LoggedIn};
use super::pages::{DeskChoosePage, DeskFrame, DeskItem, DeskStopPage, Page};
use super::state::Portner;
use super::visit::Visit;
use super::{deliveries, refusal_page, views};
use crate::credentials::HashFailed;
use crate::domain::actor::{Actor, ActorGroup, ActorId};
use crate::domain::desk::{NoReason, Reason};
use crate::domain::institution::InstitutionNumber;
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::{Refusal, Refused};
use crate::people::admin_desk::{self, AdminDesk, DeskError, DeskTools, Seated, Sitting, Why};
use places::DeskPlace;

/// The routes: one for each place.
pub(super) fn routes() -> Router<Portner> {
    DeskPlace::ALL.into_iter().fold(Router::new(), |router, place| {
        let answer = move |State(portner): State<Portner>, visit: Visit, body: Bytes| async move {
            serve(place, &portner, &visit, &body).await
        };
        let way = match place.fields() {
            Some(_) => post(answer),
            None => get(answer),
        };
        router.route(place.path(), way)
    })
}

/// One request at one institution's desk.
struct At<'a> {
    portner: &'a Portner,
    visit: &'a Visit,
    desk: AdminDesk,
    /// What the address names behind the institution.
    id: Option<Uuid>,
}

async fn serve(place: DeskPlace, portner: &Portner, visit: &Visit, body: &[u8]) -> Response {
    let (logged_in, posted) = match enter(place, portner, visit, body).await {
        Ok(entered) => entered,
        Err(elsewhere) => return *elsewhere,
    };
    let tools = tools(portner);
    let sitting = Sitting {
        who: Seated::Administrator(logged_in.account.id),
        client_prefix: visit.client_prefix(),
    };
    let mut parts = visit.path.split('/').skip(2);
    let Some(number) = parts.next().filter(|_| place != DeskPlace::Choose) else {
        return choose(portner, visit, &logged_in, &tools).await;
    };
    let Ok(number) = InstitutionNumber::parse(number) else {
        return denied(portner, visit);
    };
    // The institution that is asked for is none where this login does not reach it (C01).
    let reached = if reaches(portner, &logged_in, &number) {
        AdminDesk::for_actor(&tools, &sitting, &number, place.path()).await
    } else {
        let noted = admin_desk::note_denied(&tools, &sitting, &number, place.path()).await;
        Err(noted.map_or_else(DeskError::from, |()| DeskError::NotYours))
    };
    let desk = match reached {
        Ok(desk) => desk,
        Err(error) => return stopped(portner, visit, error).await,
    };
    let at = At {
        portner,
        visit,
        desk,
        id: parts.nth(1).and_then(|id| Uuid::try_parse(id).ok()),
    };
    let answer = match &posted {
        None => at.show(place, None, &[]).await,
        Some(posted) => at.take(place, posted).await,
    };
    match answer {
        Ok(response) => views::with_cookies(response, views::remember_language(portner, visit)),
        Err(DeskError::Cannot(why)) => at.cannot(place, why, posted.as_ref()).await,
        Err(DeskError::NotYours) => match at.desk.note_denied(place.path()).await {
            Ok(()) => denied(portner, visit),
            Err(error) => stopped(portner, visit, error.into()).await,
        },
        Err(error) => stopped(portner, visit, error).await,
    }
}

/// Who is logged in, and what they sent; or the login that is wanted first.
async fn enter(
    place: DeskPlace,
    portner: &Portner,
    visit: &Visit,
    body: &[u8],
) -> Result<(LoggedIn, Option<Posted>), Box<Response>> {
    let page = OwnPage::Administration;
    let (logged_in, posted) = match place.fields() {
        None => (own::enter(portner, visit, page).await?, None),
        Some(fields) => {
            let (logged_in, posted) = own::posted(portner, visit, page, body, fields).await?;
            (logged_in, Some(posted))
        }
    };
    // What is done here, a stolen session must not do: two factors, or a proof of now (T3, I11).
    let is_strong = logged_in.has_second_factor() || logged_in.proved_within(FRESH);
    let is_fresh = !place.wants_fresh_proof() || logged_in.proved_within(FRESH);
    if !logged_in.is_of_today() || !is_strong || !is_fresh {
        let back = place.page_of(&visit.path);
        return Err(Box::new(own::prove_again(portner, visit, page, back).await));
    }
    Ok((logged_in, posted))
}

/// What a desk works with.
pub(super) fn tools(portner: &Portner) -> DeskTools {
    DeskTools {
        store: portner.store.clone(),
        passwords: portner.new_secrets.passwords.clone(),
        sealer: portner.sealer.clone(),
        ambient: portner.ambient.clone(),
        import: portner.settings.import.clone(),
        importer: deliveries::importer(portner),
        registry: portner.registry(),
    }
}

/// Whether this login is one for the institution's staff: as an employee there, vouched for by somebody
/// who may speak for them.
pub(super) fn reaches(portner: &Portner, logged_in: &LoggedIn, number: &InstitutionNumber) -> bool {
    let registry = portner.registry();
    let spoken_for: Option<BTreeSet<InstitutionNumber>> = registry
        .upstream(&logged_in.session.upstream)
        .map(|upstream| upstream.profile.institutions.clone());
    let may_speak = spoken_for.is_some_and(|them| them.is_empty() || them.contains(number));
    let employed =
        |actor: &Actor| actor.group == ActorGroup::Medarbejder && actor.institution.number == *number;
    may_speak && logged_in.actors.iter().any(employed)
}

/// The institutions to choose from; the only one at once.
async fn choose(portner: &Portner, visit: &Visit, logged_in: &LoggedIn, tools: &DeskTools) -> Response {
    let theirs = match AdminDesk::institutions_of(tools, logged_in.account.id).await {
        Ok(theirs) => theirs,
        Err(error) => return stopped(portner, visit, error.into()).await,
    };
    let mut reached = theirs
        .into_iter()
        .filter(|one| reaches(portner, logged_in, &one.number));
    let institutions: Vec<DeskItem> = reached
        .by_ref()
        .map(|one| DeskItem {
            href: Some(base(&one.number)),
            text: one.name,
            note: Some(one.number.to_string()),
            badge: None,
        })
        .collect();
    let has_left = visit.query.split('&').any(|field| field == "done=left");
    if let [only] = institutions.as_slice()
        && let Some(href) = &only.href
        && !has_left
    {
        return views::see_other(href);
    }
    let status = if institutions.is_empty() && !has_left {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::OK
    };
    let page = views::page(portner, visit, None);
    let done = has_left.then(|| page.say("desk-done-left"));
    views::html(
        status,
        &DeskChoosePage {
            page,
            done,
            institutions,
        },
    )
}

fn base(number: &InstitutionNumber) -> String {
    format!("{}/{number}", OwnPage::Administration.path())
}

/// The same for what is another's and for what is nobody's (I01).
fn denied(portner: &Portner, visit: &Visit) -> Response {
    let page = views::page(portner, visit, None);
    let view = DeskStopPage {
        heading: page.say("desk-denied-heading"),
        text: page.say("desk-denied"),
        back: DeskItem {
            text: page.say("desk-denied-front"),
            href: Some(OwnPage::Administration.path().to_owned()),
            ..DeskItem::default()
        },
        page,
    };
    views::html(StatusCode::FORBIDDEN, &view)
}

async fn stopped(portner: &Portner, visit: &Visit, error: DeskError) -> Response {
    let refused: Refused = match error {
        DeskError::NotYours => return denied(portner, visit),
        DeskError::Store(error) => error.into(),
        DeskError::Hash(error @ HashFailed::Refused(_)) => {
            Refusal::Overloaded { retry_after: 5 }.because(error)
        }
        other => Refusal::Internal.because(other),
    };
    let id = OwnPage::Administration.service_id();
    refusal_page::outside_a_login(portner, visit, id.as_ref(), refused).await
}

impl At<'_> {
    fn page(&self) -> Page<'_> {
        views::page(self.portner, self.visit, None)
    }

    fn base(&self) -> String {
        base(&self.desk.institution().number)
    }

    /// What every page of the desk has; the address says what was just done.
    fn frame(&self, page: &Page<'_>, problem: Option<Why>) -> DeskFrame {
        let done = self.query("done");
        DeskFrame {
            institution: self.desk.institution().name.clone(),
            base: self.base(),
            done: words::done(&done)
                .filter(|_| problem.is_none())
                .map(|key| page.say(key)),
            problem: problem.map(|why| page.say(why.key())),
        }
    }

    fn query(&self, name: &str) -> String {
        url::form_urlencoded::parse(self.visit.query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.chars().take(100).collect())
            .unwrap_or_default()
    }

    /// The affiliation that the address names.
    fn actor(&self) -> Result<ActorId, DeskError> {
        self.id.map(ActorId).ok_or(DeskError::NotYours)
    }

    fn person_address(&self, actor: ActorId) -> String {
        format!("{}/person/{}", self.base(), actor.0)
    }

    /// The page that the form stands on, with why it was not done and what was written, but for what may be
    /// somebody's number (L01).
    async fn cannot(&self, place: DeskPlace, why: Why, posted: Option<&Posted>) -> Response {
        let kept: Vec<String> = place
            .fields()
            .unwrap_or_default()
            .iter()
            .map(|name| {
                posted
                    .and_then(|posted| posted.one(name))
                    .filter(|text| Reason::parse(text) != Err(NoReason::Number))
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        match self.show(place, Some(why), &kept).await {
            Ok(mut response) => {
                *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
                response
            }
            Err(error) => stopped(self.portner, self.visit, error).await,
        }
    }
}
