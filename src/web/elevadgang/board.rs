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
use super::{AtDesk, Door, asked, at, denied, desk, failed, id_of, may_act, not_yours};
use crate::domain::group::GroupId;
use crate::people::teacher_desk::board::ClassBoard;
use crate::people::teacher_desk::{NotDone, TeacherDesk};
use crate::web::own::{self, LoggedIn};
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
    show_at(&portner, &visit, Door::Teacher, &place).await
}

/// Shows it to an administrator.
pub async fn get_all(State(portner): State<Portner>, visit: Visit, Path(place): Path<Place>) -> Response {
    show_at(&portner, &visit, Door::Administrator, &place).await
}

/// Does something for one pupil on a teacher's board.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(place): Path<Place>,
    body: Bytes,
) -> Response {
    take_at(&portner, &visit, Door::Teacher, (&place, &body)).await
}

/// Does something for one pupil on an administrator's.
pub async fn post_all(
    State(portner): State<Portner>,
    visit: Visit,
    Path(place): Path<Place>,
    body: Bytes,
) -> Response {
    take_at(&portner, &visit, Door::Administrator, (&place, &body)).await
}

/// The address of a class's board.
pub fn address(at: &AtDesk, group: GroupId) -> String {
    format!("{}/tavle/{}", at.front(), group.0)
}

/// The class of the address at this desk; a class that is another's is noted, and looks like none.
pub async fn class_at(
    portner: &Portner,
    visit: &Visit,
    (who, at): (&LoggedIn, &AtDesk),
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

async fn show_at(portner: &Portner, visit: &Visit, door: Door, (institution, group): &Place) -> Response {
    let quietly = looks_again(visit);
    // A page that asks by itself does not keep its session awake.
    let quiet = if quietly {
        match own::look_in(portner, visit, door.page()).await {
            Ok(quiet) => quiet,
            Err(refused) => return failed(portner, visit, refused).await,
        }
    } else {
        None
    };
    let who = match quiet {
        Some(who) => who,
        None => match own::enter(portner, visit, door.page()).await {
            Ok(who) => who,
            Err(response) => return *response,
        },
    };
    let at = match at(portner, visit, door, &who, institution).await {
        Ok(at) => at,
        Err(response) => return *response,
    };
    let (group, board) = match class_at(portner, visit, (&who, &at), group).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let page = views::page(portner, visit, None);
    let address = address(&at, group);
    let code = class_link::path(portner, &at.institution.number, group);
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
        code: ClassCode::of(portner.settings.origin.at(&code).to_string()),
        sheet: own::form(portner, visit, &format!("{address}/ark")),
        page: page.clone(),
    };
    let remembered = views::remember_language(portner, visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}

async fn take_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    ((institution, group), body): (&Place, &[u8]),
) -> Response {
    let taken = own::posted(portner, visit, door.page(), body, &FIELDS).await;
    let (who, posted) = match taken {
        Ok(taken) => taken,
        Err(response) => return *response,
    };
    let at = match at(portner, visit, door, &who, institution).await {
        Ok(at) => at,
        Err(response) => return *response,
    };
    let board = address(&at, GroupId(id_of(group)));
    let done = match (posted.one("cancel"), posted.one("give")) {
        (Some(window), None) => desk::cancel(&at.desk, window, visit)
            .await
            .map(|()| "taget-tilbage"),
        (None, Some(_)) if !may_act(&who) => {
            return own::prove_again(portner, visit, door.page(), &board).await;
        }
        (None, Some(pupil)) => give(&at.desk, pupil, visit).await.map(|()| "aabnet"),
        _ => Err(NotDone::Nobody),
    };
    match done.or_else(desk::word_of) {
        // A page that asks for itself goes on doing so.
        Ok(word) if looks_again(visit) => views::see_other(&format!("{board}?selv=1&besked={word}")),
        Ok(word) => views::see_other(&format!("{board}?besked={word}")),
        Err(NotDone::Store(error)) => failed(portner, visit, error).await,
        Err(_) => not_yours(portner, visit),
    }
}

async fn give(desk: &TeacherDesk, pupil: &str, visit: &Visit) -> Result<(), NotDone> {
    let account = crate::domain::account::AccountId(id_of(pupil));
    desk.open(&[account], &asked(visit)).await.map(drop)
}
