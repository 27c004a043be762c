//! Elevadgang: the teacher's desk on the web (U44–U53, E9). What it may do is decided by
//! `people/teacher_desk.rs`; here requests become calls of it, and what it says becomes pages.
//!
//! The institution is part of each address and is looked for among the teacher's own affiliations
//! at each request: nothing is remembered between two of them.

pub mod board;
pub mod board_live;
pub mod board_shown;
pub mod desk;
pub mod front;
pub mod sheet;
pub mod shown;
pub mod taken_back;
pub mod undo;
pub mod vouch;

use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::incoming::Posted;
use super::own::{self, FRESH, LoggedIn};
use super::pages::TeacherDeniedPage;
use super::state::Portner;
use super::views;
use super::visit::Visit;
use crate::domain::actor::Actor;
use crate::domain::institution::{Institution, InstitutionNumber};
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::Refused;
use crate::domain::teacher_help::Place;
use crate::people::teacher_desk::{Asked, TeacherDesk};

/// The two ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The blue button: a teacher, to own pupils (U45).
    Teacher,
    /// The grey one: an administrator with a strong login, to every pupil of the institution (U46, U48).
    Administrator,
}

impl Door {
    /// The page that one logs in to.
    pub const fn page(self) -> OwnPage {
        match self {
            Self::Teacher => OwnPage::Elevadgang,
            Self::Administrator => OwnPage::Administration,
        }
    }
}

/// The desk at the institution of the address.
pub struct AtDesk {
    /// By which way.
    pub door: Door,
    /// What it may do.
    pub desk: TeacherDesk,
    /// The institution of the desk.
    pub institution: Institution,
}

impl AtDesk {
    /// Its own address.
    pub fn front(&self) -> String {
        let (path, number) = (self.door.page().path(), &self.institution.number);
        match self.door {
            Door::Teacher => format!("{path}/{number}"),
            Door::Administrator => format!("{path}/{number}/elevadgang"),
        }
    }
}

/// Somebody at a desk.
pub struct Come {
    /// Who.
    pub who: LoggedIn,
    /// At which.
    pub at: AtDesk,
}

/// Whoever asks, logged in and at the desk of the address; else what they are answered.
pub async fn come(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    institution: &str,
) -> Result<Come, Box<Response>> {
    let who = own::enter(portner, visit, door.page()).await?;
    let at = at(portner, visit, door, &who, institution).await?;
    Ok(Come { who, at })
}

/// The same with a form of these fields, which this login was shown.
pub async fn come_with(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    institution: &str,
    (body, fields): (&[u8], &[&str]),
) -> Result<(Come, Posted), Box<Response>> {
    let (who, posted) = own::posted(portner, visit, door.page(), body, fields).await?;
    let at = at(portner, visit, door, &who, institution).await?;
    Ok((Come { who, at }, posted))
}

/// An answer, whichever way it came about.
pub fn answered(answer: Result<Response, Box<Response>>) -> Response {
    answer.unwrap_or_else(|instead| *instead)
}

/// What every row for the auditor says of the request.
pub fn asked(visit: &Visit) -> Asked {
    Asked {
        reference: visit.reference.0,
        place: Place(visit.client_prefix()),
    }
}

/// Whether acts that help a pupil are open to this login: a second factor, or a login of just now (T3).
pub fn may_act(who: &LoggedIn) -> bool {
    who.has_second_factor() || who.proved_within(FRESH)
}

/// The desk at the institution of this address, or the same refusal for an institution that is
/// another's, one that this login does not speak for, and one that does not exist (C01, I01, I05).
pub async fn at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    who: &LoggedIn,
    number: &str,
) -> Result<AtDesk, Box<Response>> {
    // The administrators' door asks what every page of their desk asks (K06).
    if door == Door::Administrator && !who.is_of_today() {
        let back = format!("{}/{number}/elevadgang", door.page().path());
        return Err(Box::new(
            own::prove_again(portner, visit, door.page(), &back).await,
        ));
    }
    let wanted = InstitutionNumber::parse(number).ok();
    let wanted = wanted.filter(|wanted| super::desk::reaches(portner, who, wanted));
    let registry = portner.registry();
    let here = |actor: &&Actor| wanted.as_ref() == Some(&actor.institution.number);
    for actor in who.actors.iter().filter(here) {
        let (store, ambient) = (&portner.store, &portner.ambient);
        let found = match door {
            Door::Teacher => TeacherDesk::for_actor(store, ambient, &registry, who.person.id, actor),
            Door::Administrator => {
                let found = TeacherDesk::for_administrator(store, ambient, &registry, who.person.id, actor);
                match found.await {
                    Ok(found) => found,
                    Err(error) => return Err(Box::new(failed(portner, visit, error).await)),
                }
            }
        };
        if let Some(desk) = found {
            return Ok(AtDesk {
                door,
                desk,
                institution: actor.institution.clone(),
            });
        }
    }
    Err(Box::new(denied(portner, visit, who).await))
}

/// "You cannot help here": said of another's pupil and institution, and of what does not exist.
pub async fn denied(portner: &Portner, visit: &Visit, who: &LoggedIn) -> Response {
    let asked = asked(visit);
    let noted = TeacherDesk::note_outsider(
        &portner.store,
        &portner.ambient,
        (who.person.id, who.account.id),
        &asked,
    );
    if let Err(error) = noted.await {
        return failed(portner, visit, error).await;
    }
    not_yours(portner, visit)
}

/// The same page, where the row for the auditor is written already.
pub fn not_yours(portner: &Portner, visit: &Visit) -> Response {
    let page = views::page(portner, visit, None);
    views::html(StatusCode::FORBIDDEN, &TeacherDeniedPage { page })
}

/// The id that a form or an address names; nobody's where it is none.
pub fn id_of(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or(Uuid::nil())
}

/// Something of ours failed.
pub async fn failed(portner: &Portner, visit: &Visit, failed: impl Into<Refused>) -> Response {
    let service = OwnPage::Elevadgang.service_id();
    super::refusal_page::outside_a_login(portner, visit, service.as_ref(), failed.into()).await
}
