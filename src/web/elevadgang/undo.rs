//! `…/ikke-eleven/{window}`: "it was not the pupil" (H08), asked once more
//! before it is done, since the pupil's password is dead afterwards.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{AtDesk, Come, Door, answered, asked, come, come_with, failed, id_of, may_act, not_yours};
use crate::domain::refusal::Refused;
use crate::domain::teacher_help::{HelpWindow, HelpedPupil, WindowId};
use crate::people::teacher_desk::NotDone;
use crate::web::logout::end::tell_later;
use crate::web::logout::participants::{Participant, of_session};
use crate::web::own;
use crate::web::pages::NotThePupilPage;
use crate::web::state::Portner;
use crate::web::views;
use crate::web::visit::Visit;

/// Asks a teacher whether it really was not the pupil.
pub async fn get(State(portner): State<Portner>, visit: Visit, Path(path): Path<Place>) -> Response {
    answered(ask(&portner, &visit, Door::Teacher, &path).await)
}

/// Asks an administrator.
pub async fn get_all(State(portner): State<Portner>, visit: Visit, Path(path): Path<Place>) -> Response {
    answered(ask(&portner, &visit, Door::Administrator, &path).await)
}

/// Takes a teacher's word for it.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<Place>,
    body: Bytes,
) -> Response {
    answered(take(&portner, &visit, Door::Teacher, (&path, &body)).await)
}

/// Takes an administrator's.
pub async fn post_all(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<Place>,
    body: Bytes,
) -> Response {
    answered(take(&portner, &visit, Door::Administrator, (&path, &body)).await)
}

/// The institution and the window of the address.
type Place = (String, String);

async fn ask(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    (institution, window): &Place,
) -> Result<Response, Box<Response>> {
    let Come { who, at } = come(portner, visit, door, institution).await?;
    let front = at.front();
    let found = match found(&at, visit, window).await {
        Ok((window, pupil)) if window.can_be_undone(who.now) => Ok(pupil),
        Ok(_) => Err(NotDone::Stale),
        Err(not_done) => Err(not_done),
    };
    let pupil = match found {
        Ok(pupil) => pupil,
        Err(not_done) => return Ok(instead(portner, visit, &front, not_done).await),
    };
    let view = NotThePupilPage {
        form: own::form(portner, visit, &visit.path),
        pupil: format!("{} {}", pupil.given_name, pupil.family_name),
        back: front,
        page: views::page(portner, visit, None),
    };
    Ok(views::html(StatusCode::OK, &view))
}

/// Kills what came of the window: password, sessions and what services were given.
async fn take(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    ((institution, window), body): (&Place, &[u8]),
) -> Result<Response, Box<Response>> {
    let (Come { who, at }, _) = come_with(portner, visit, door, institution, (body, &[])).await?;
    if !may_act(&who) {
        return Ok(own::prove_again(portner, visit, door.page(), &visit.path).await);
    }
    let front = at.front();
    let done = match found(&at, visit, window).await {
        Ok((window, pupil)) => match who_takes_part(portner, &pupil).await {
            Ok(participants) => at.desk.undo(window.id, &asked(visit)).await.map(|_| participants),
            Err(refused) => return Ok(failed(portner, visit, refused).await),
        },
        Err(not_done) => Err(not_done),
    };
    Ok(match done {
        Ok(participants) => {
            tell_later(portner, participants);
            views::see_other(&format!("{front}?besked=ikke-eleven"))
        }
        Err(not_done) => instead(portner, visit, &front, not_done).await,
    })
}

/// What is answered where nothing was done.
async fn instead(portner: &Portner, visit: &Visit, front: &str, not_done: NotDone) -> Response {
    match not_done {
        NotDone::Stale => views::see_other(&format!("{front}?besked=aendret")),
        NotDone::Store(error) => failed(portner, visit, error).await,
        _ => not_yours(portner, visit),
    }
}

async fn found(at: &AtDesk, visit: &Visit, window: &str) -> Result<(HelpWindow, HelpedPupil), NotDone> {
    at.desk.window(WindowId(id_of(window)), &asked(visit)).await
}

/// Everybody who takes part in the account's open sessions: they are told when those have ended.
async fn who_takes_part(portner: &Portner, pupil: &HelpedPupil) -> Result<Vec<Participant>, Refused> {
    let now = portner.ambient.now();
    let sessions = portner.store.sessions_of(pupil.person, now).await?;
    let mut participants = Vec::new();
    for session in sessions {
        if session.account == pupil.account {
            participants.extend(of_session(portner, session.id).await?);
        }
    }
    Ok(participants)
}
