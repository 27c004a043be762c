//! `/sig-god-for`: a parent says yes for a child who waits, on a device of their own, with the national eID
//! (U63). What they may do is `people/parent_desk.rs`'s to say.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::elevadgang::vouch::{said, vouched_row, waiting_row};
use super::elevadgang::{asked, id_of, taken_back};
use super::logout::level_over;
use super::own::{self, LoggedIn};
use super::pages::VouchPage;
use super::state::Portner;
use super::visit::Visit;
use super::{refusal_page, views};
use crate::domain::approval::ApprovalId;
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::teacher_help::Place;
use crate::login::adult::enrolled;
use crate::people::parent_desk::ParentDesk;
use crate::people::self_service::Proven;
use crate::people::teacher_desk::NotDone;
use crate::web::incoming::Posted;

/// The fields of the page's form.
const FIELDS: [&str; 4] = ["request", "do", "no", "back"];

/// Shows children who wait.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let here = match own::enter(&portner, &visit, OwnPage::Vouching).await {
        Ok(here) => here,
        Err(response) => return *response,
    };
    let said = said(&portner, &visit);
    match show(&portner, &visit, &here, (StatusCode::OK, said)).await {
        Ok(response) => response,
        Err(refused) => refuse(&portner, &visit, refused).await,
    }
}

/// Takes a yes or a no.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let page = OwnPage::Vouching;
    let (here, posted) = match own::posted(&portner, &visit, page, &body, &FIELDS).await {
        Ok(taken) => taken,
        Err(response) => return *response,
    };
    match act(&portner, &visit, &here, &posted).await {
        Ok(response) => response,
        Err(refused) => refuse(&portner, &visit, refused).await,
    }
}

async fn act(
    portner: &Portner,
    visit: &Visit,
    here: &LoggedIn,
    posted: &Posted,
) -> Result<Response, Refused> {
    let desk = desk(portner, here)?;
    let asked = asked(visit);
    let path = OwnPage::Vouching.path();
    let done = if let Some(id) = posted.one("no") {
        let no = desk.say_no(ApprovalId(id_of(id)), &asked).await;
        no.map(|()| "besked=nej".to_owned())
    } else if let Some(id) = posted.one("back") {
        let id = ApprovalId(id_of(id));
        match desk.take_back(id, &asked).await {
            Ok(()) => Ok(taken_back::query(
                level_over::tell_now(portner, id).await.as_ref(),
            )),
            Err(not_done) => Err(not_done),
        }
    } else if posted.one("do") == Some("vouch") {
        let fields = posted.fields().iter();
        let chosen: Vec<ApprovalId> = fields
            .filter(|(name, _)| name == "request")
            .map(|(_, value)| ApprovalId(id_of(value)))
            .collect();
        let services = enrolled(&portner.registry());
        let vouched = desk.vouch(&chosen, &services, here.session.id, &asked).await;
        vouched.map(|vouched| format!("givet={}", vouched.given))
    } else {
        Err(NotDone::Nobody)
    };
    match done {
        Ok(query) => Ok(views::see_other(&format!("{path}?{query}"))),
        Err(NotDone::Nobody) => Ok(views::see_other(&format!("{path}?besked=ingen-valgt"))),
        Err(NotDone::Stale) => {
            let page = views::page(portner, visit, None);
            let said = Some(page.say("vouch-said-stale"));
            show(portner, visit, here, (StatusCode::CONFLICT, said)).await
        }
        Err(NotDone::Store(error)) => Err(error.into()),
        // The same for a child of somebody else and for nobody's (H12).
        Err(NotDone::NotYours | NotDone::BeyondHelp | NotDone::TooMany) => {
            let upstream = here.session.upstream.clone();
            Err(Refusal::NotLinked { upstream }.because("a question of no child of theirs"))
        }
    }
}

async fn show(
    portner: &Portner,
    visit: &Visit,
    here: &LoggedIn,
    (status, said): (StatusCode, Option<String>),
) -> Result<Response, Refused> {
    let (waiting, vouched) = desk(portner, here)?.look(portner.session_limits().idle).await?;
    let page = views::page(portner, visit, None);
    let place = Place(visit.client_prefix());
    let path = OwnPage::Vouching.path();
    let view = VouchPage {
        form: own::form(portner, visit, path),
        institution: String::new(),
        name: format!("{} {}", here.person.given_name, here.person.family_name),
        said,
        prove_again: None,
        waiting: waiting
            .iter()
            .map(|one| waiting_row(portner, one, &place, &page))
            .collect(),
        vouched: vouched
            .iter()
            .filter_map(|one| vouched_row(portner, one, &page))
            .collect(),
        refresh: path.to_owned(),
        back: None,
        page,
    };
    let remembered = views::remember_language(portner, visit);
    Ok(views::with_cookies(views::html(status, &view), remembered))
}

/// The desk of whoever the national eID has found by CPR.
fn desk(portner: &Portner, here: &LoggedIn) -> Result<ParentDesk, Refused> {
    let registry = portner.registry();
    let upstream = registry.upstream(&here.session.upstream);
    let proven = upstream.and_then(|upstream| Proven::by(&upstream.profile, &here.account));
    if proven.is_none() {
        let upstream = here.session.upstream.clone();
        return Err(Refusal::NotLinked { upstream }.because("the login does not say whom it found by CPR"));
    }
    Ok(ParentDesk {
        store: portner.store.clone(),
        ambient: portner.ambient.clone(),
        person: here.person.id,
        account: here.account.id,
    })
}

async fn refuse(portner: &Portner, visit: &Visit, refused: Refused) -> Response {
    let id = OwnPage::Vouching.service_id();
    refusal_page::outside_a_login(portner, visit, id.as_ref(), refused).await
}
