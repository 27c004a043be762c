//! `…/tavle/{group}`: the board of one class (U47, U50, U51; H01, I01, I06). It says who is logged in,
//! who is stuck and at what, and whose window is open; a press gives five minutes or takes them back.
//!
//! It follows the class by itself where there is script ([`super::board_live`]), and by asking for the
//! page again where there is none.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::board_shown::{self, digest};
use super::{
    AtDesk, Come, Door, answered, asked, at, come, come_with, denied, desk, failed, id_of, may_act, not_yours,
};
use crate::domain::board::LESSON;
use crate::domain::group::GroupId;
use crate::domain::refusal::Refused;
use crate::people::teacher_desk::board::ClassBoard;
use crate::people::teacher_desk::{NotDone, TeacherDesk};
use crate::store::ephemeral::StateKey;
use crate::web::own;
use crate::web::pages::{BoardPage, ClassCode};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{class_link, views};

/// The fields of the board's form: a pupil to give five minutes, a window to take back.
const FIELDS: [&str; 2] = ["give", "cancel"];

/// The institution and the class of the address.
pub type Place = (String, String);

/// Shows the board to a teacher.
pub async fn get(State(portner): State<Portner>, visit: Visit, Path(place): Path<Place>) -> Response {
    answered(show_at(&portner, &visit, Door::Teacher, &place).await)
}

/// Shows it to an administrator.
pub async fn get_all(State(portner): State<Portner>, visit: Visit, Path(place): Path<Place>) -> Response {
    answered(show_at(&portner, &visit, Door::Administrator, &place).await)
}

/// Does something for one pupil on a teacher's board.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(place): Path<Place>,
    body: Bytes,
) -> Response {
    answered(take_at(&portner, &visit, Door::Teacher, (&place, &body)).await)
}

/// Does something for one pupil on an administrator's.
pub async fn post_all(
    State(portner): State<Portner>,
    visit: Visit,
    Path(place): Path<Place>,
    body: Bytes,
) -> Response {
    answered(take_at(&portner, &visit, Door::Administrator, (&place, &body)).await)
}

/// The address of a class's board.
pub fn address(at: &AtDesk, group: GroupId) -> String {
    format!("{}/tavle/{}", at.front(), group.0)
}

/// The class of the address at this desk; a class that is another's is noted, and looks like none.
pub async fn class_at(
    portner: &Portner,
    visit: &Visit,
    Come { who, at }: &Come,
    group: &str,
) -> Result<(GroupId, ClassBoard), Box<Response>> {
    let group = GroupId(id_of(group));
    match at.desk.board(group, portner.session_limits().idle).await {
        Ok(Some(board)) => Ok((group, board)),
        Ok(None) => Err(Box::new(denied(portner, visit, who).await)),
        Err(error) => Err(Box::new(failed(portner, visit, error).await)),
    }
}

/// Whether the page asks for itself again, where there is no script: as it was asked to.
fn looks_again(visit: &Visit) -> bool {
    url::form_urlencoded::parse(visit.query.as_bytes()).any(|(name, value)| name == "selv" && value == "1")
}

async fn show_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    (institution, group): &Place,
) -> Result<Response, Box<Response>> {
    let quietly = looks_again(visit);
    // A page that asks by itself does not keep its session awake.
    let quiet = if quietly {
        match own::look_in(portner, visit, door.page()).await {
            Ok(quiet) => quiet,
            Err(refused) => return Ok(failed(portner, visit, refused).await),
        }
    } else {
        None
    };
    let come = match quiet {
        Some(who) => {
            let at = at(portner, visit, door, &who, institution).await?;
            Come { who, at }
        }
        None => come(portner, visit, door, institution).await?,
    };
    let (group, board) = class_at(portner, visit, &come, group).await?;
    if let Err(refused) = note_opening(portner, visit, &come, group).await {
        return Ok(failed(portner, visit, refused).await);
    }
    let Come { who, at } = come;
    let page = views::page(portner, visit, None);
    let address = address(&at, group);
    let address_of_class = class_link::path(portner, &at.institution.number, group);
    let scene = board_shown::Scene {
        registry: &portner.registry(),
        page: &page,
        front: &at.front(),
        here: visit.client_prefix(),
    };
    let view = BoardPage {
        form: own::form(portner, visit, &address),
        institution: at.institution.name.clone(),
        class: scene.class(&board),
        said: desk::said(visit).map(|key| page.say(key)),
        prove_again: (!may_act(&who)).then(|| format!("{}/log-ind-igen?tavle={}", at.front(), group.0)),
        live: format!("{address}/nu"),
        seen: digest(&board),
        looks_again: quietly,
        summary: scene.summary(&board),
        rows: board.pupils.iter().map(|one| scene.row(one, board.at)).collect(),
        desk: at.front(),
        code: ClassCode::of(portner.settings.origin.at(&address_of_class).to_string()),
        sheet: own::form(portner, visit, &format!("{address}/ark")),
        page: page.clone(),
    };
    let remembered = views::remember_language(portner, visit);
    Ok(views::with_cookies(
        views::html(StatusCode::OK, &view),
        remembered,
    ))
}

/// A row for the auditor for each board that somebody opens: once in a lesson, however often the page is
/// asked for again by then.
async fn note_opening(
    portner: &Portner,
    visit: &Visit,
    Come { who, at }: &Come,
    group: GroupId,
) -> Result<(), Refused> {
    let key = StateKey::of(
        "board.opened",
        &[&who.session.id.0.to_string(), &group.0.to_string()],
    );
    if portner.ephemeral.once(&key, LESSON).await? {
        at.desk.note_opened(group, &asked(visit)).await?;
    }
    Ok(())
}

async fn take_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    ((institution, group), body): (&Place, &[u8]),
) -> Result<Response, Box<Response>> {
    let (Come { who, at }, posted) = come_with(portner, visit, door, institution, (body, &FIELDS)).await?;
    let board = address(&at, GroupId(id_of(group)));
    let done = match (posted.one("cancel"), posted.one("give")) {
        (Some(window), None) => desk::cancel(&at.desk, window, visit)
            .await
            .map(|()| "taget-tilbage"),
        (None, Some(_)) if !may_act(&who) => {
            return Ok(own::prove_again(portner, visit, door.page(), &board).await);
        }
        (None, Some(pupil)) => give(&at.desk, pupil, visit).await.map(|()| "aabnet"),
        _ => Err(NotDone::Nobody),
    };
    Ok(match done.or_else(desk::word_of) {
        // A page that asks for itself goes on doing so.
        Ok(word) if looks_again(visit) => views::see_other(&format!("{board}?selv=1&besked={word}")),
        Ok(word) => views::see_other(&format!("{board}?besked={word}")),
        Err(NotDone::Store(error)) => failed(portner, visit, error).await,
        Err(_) => not_yours(portner, visit),
    })
}

async fn give(desk: &TeacherDesk, pupil: &str, visit: &Visit) -> Result<(), NotDone> {
    let account = crate::domain::account::AccountId(id_of(pupil));
    desk.open(&[account], &asked(visit)).await.map(drop)
}
