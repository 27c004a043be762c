//! The page of a login that asks which picture the teacher shows, made from the login as far as it
//! has come (DR17).

use axum::http::StatusCode;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;

use super::addresses::LoginAddress;
use super::pages::TeacherPicturePage;
use super::pages::picture_grid::Cell;
use super::perform::Scene;
use super::secret_pages::grid_secret;
use super::views;
use crate::credentials::pictures::Grid;
use crate::domain::login_name::LoginName;
use crate::domain::refusal::Refused;
use crate::login::transaction::LoginTransaction;

/// "Which picture does your teacher show you?": the same pictures at each look, in another order.
pub fn teacher_picture(scene: &Scene<'_>, tx: &LoginTransaction, among: &[u8]) -> Result<Response, Refused> {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let nonce = scene.portner.ambient.bytes();
    let secret = grid_secret(tx)?;
    let cells = Grid::new(&secret, nonce).cells().into_iter();
    let cells = cells
        .filter(|(picture, _)| among.contains(&picture.number()))
        .map(|(picture, token)| Cell::of(picture, token, &page));
    let address = LoginAddress::of(tx);
    let name = tx.route().and_then(|route| route.name.as_ref());
    let view = TeacherPicturePage {
        form: views::form_about_user(tx, address.teacher_picture()),
        user_name: name.map(LoginName::as_typed).unwrap_or_default(),
        nonce: BASE64URL_NOPAD.encode(&nonce),
        cells: cells.collect(),
        back: address.name(),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        page,
    };
    Ok(views::html(StatusCode::OK, &view))
}
