//! `…/tavle/{group}/ark`: a class on paper, with user names and the code for its devices, and without
//! any secret (U49). That each user name was written out is told (L06, L07).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::board::{Place, address, class_at};
use super::{Come, Door, answered, asked, come_with, failed};
use crate::web::pages::{ClassCode, ClassSheetPage};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{class_link, times, views};

/// For a teacher.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(place): Path<Place>,
    body: Bytes,
) -> Response {
    answered(print_at(&portner, &visit, Door::Teacher, (&place, &body)).await)
}

/// For an administrator.
pub async fn post_all(
    State(portner): State<Portner>,
    visit: Visit,
    Path(place): Path<Place>,
    body: Bytes,
) -> Response {
    answered(print_at(&portner, &visit, Door::Administrator, (&place, &body)).await)
}

async fn print_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    ((institution, group), body): (&Place, &[u8]),
) -> Result<Response, Box<Response>> {
    let (come, _) = come_with(portner, visit, door, institution, (body, &[])).await?;
    let (group, board) = class_at(portner, visit, &come, group).await?;
    let Come { who, at } = come;
    if let Err(error) = at.desk.note_printed(&board, &asked(visit)).await {
        return Ok(failed(portner, visit, error).await);
    }
    let mut page = views::page(portner, visit, None);
    let back = address(&at, group);
    // The answer to a form is not asked for in another language: the board is.
    page.language_link = format!("{back}?lang={}", page.other_lang());
    let path = class_link::path(portner, &at.institution.number, group);
    let pupils = board.named().map(|one| {
        let name = format!("{} {}", one.pupil.given_name, one.pupil.family_name);
        (name.trim().to_owned(), one.pupil.user_name.clone())
    });
    let view = ClassSheetPage {
        institution: at.institution.name.clone(),
        class: board.name.clone(),
        day: times::day(who.now, page.words.language()),
        code: ClassCode::of(portner.settings.origin.at(&path).to_string()).map(ClassCode::on_paper),
        pupils: pupils.collect(),
        back,
        page,
    };
    Ok(views::html(StatusCode::OK, &view))
}
