//! Pages that belong to no login: front page, support, help for each role, embedded files.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::pages::{FrontPage, HelpRole, HelpRolePage, SupportPage};
use super::state::Portner;
use super::visit::Visit;
use super::{assets, refusal_page, views};
use crate::domain::refusal::Refusal;

/// Says what this is.
pub async fn front(State(portner): State<Portner>, visit: Visit) -> Response {
    let view = FrontPage {
        page: views::page(&portner, &visit, None),
    };
    remember(&portner, &visit, views::html(StatusCode::OK, &view))
}

/// Explains every code, from the same catalogue that refuses (E1–E8, U78).
pub async fn support(State(portner): State<Portner>, visit: Visit) -> Response {
    let contact = support_contact(&portner);
    let view = SupportPage::new(views::page(&portner, &visit, None), contact);
    remember(&portner, &visit, views::html(StatusCode::OK, &view))
}

/// Help for one role (U77, U78).
pub async fn help(State(portner): State<Portner>, visit: Visit, Path(role): Path<String>) -> Response {
    let Some(role) = HelpRole::of_word(&role) else {
        return refusal_page::of_no_login(&portner, &visit, &Refusal::NoSuchPage.into());
    };
    let contact = support_contact(&portner);
    let view = HelpRolePage::new(views::page(&portner, &visit, None), role, contact);
    remember(&portner, &visit, views::html(StatusCode::OK, &view))
}

/// An embedded file, by its hashed name.
pub async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = assets::lookup(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let forever = (CACHE_CONTROL, "public, max-age=31536000, immutable");
    let kind = (CONTENT_TYPE, asset.content_type());
    match asset.gzip().filter(|_| takes_gzip(&headers)) {
        Some(packed) => (
            [
                kind,
                forever,
                (CONTENT_ENCODING, "gzip"),
                (VARY, "accept-encoding"),
            ],
            packed,
        )
            .into_response(),
        None => ([kind, forever], asset.body()).into_response(),
    }
}

/// Browsers ask for it unasked.
pub async fn favicon() -> Response {
    views::see_other(assets::url("logo.svg"))
}

/// Nothing lives at this address.
pub async fn no_such_page(State(portner): State<Portner>, visit: Visit) -> Response {
    refusal_page::of_no_login(&portner, &visit, &Refusal::NoSuchPage.into())
}

/// Something lives here, and is asked for in another way; which ways there are, `Allow` says.
pub async fn no_such_method(State(portner): State<Portner>, visit: Visit) -> Response {
    let mut response = refusal_page::of_no_login(&portner, &visit, &Refusal::NoSuchPage.into());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

fn support_contact(portner: &Portner) -> Option<String> {
    let support = &portner.settings.presentation.support;
    let lines: Vec<String> = support
        .phone
        .iter()
        .chain(&support.email)
        .cloned()
        .chain(support.url.iter().map(ToString::to_string))
        .collect();
    (!lines.is_empty()).then(|| lines.join(" · "))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get("accept-encoding")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted
        .split(',')
        .any(|coding| coding.trim().starts_with("gzip"))
}

fn remember(portner: &Portner, visit: &Visit, page: Response) -> Response {
    views::with_cookies(page, views::remember_language(portner, visit))
}
