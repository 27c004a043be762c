//! Pages that belong to no login: front page, support, help for each role, embedded files.

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::pages::{FrontPage, HelpRole, HelpRolePage, SupportPage};
use super::state::Portner;
use super::visit::Visit;
use super::{assets, headers, refusal_page, service_api, views};
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
pub async fn asset(Path(file): Path<String>, asked: HeaderMap) -> Response {
    let Some(asset) = assets::lookup(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = (CONTENT_TYPE, asset.content_type());
    let mut response = match asset.gzip().filter(|_| takes_gzip(&asked)) {
        Some(packed) => ([kind, (CONTENT_ENCODING, "gzip")], packed).into_response(),
        None => ([kind], asset.body()).into_response(),
    };
    response.headers_mut().extend(headers::for_asset());
    response
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
    let (status, refused) = (StatusCode::METHOD_NOT_ALLOWED, Refusal::NoSuchPage.into());
    if service_api::is_for_clients(&visit.path) {
        return service_api::refuse::unread(&portner, &visit, (status, &refused));
    }
    let mut response = refusal_page::of_no_login(&portner, &visit, &refused);
    *response.status_mut() = status;
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, VARY};

    use super::*;

    #[tokio::test]
    async fn files_are_kept_for_good_and_both_forms_of_them_apart() {
        let mut packed = 0;
        for file in assets::all() {
            for accepted in ["gzip", "identity"] {
                let name = file.url().strip_prefix(assets::PREFIX).unwrap().to_owned();
                let asked = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
                let response = asset(Path(name), asked).await;
                let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
                assert_eq!(response.status(), StatusCode::OK, "{}", file.url());
                assert!(
                    header(CACHE_CONTROL).unwrap().ends_with("immutable"),
                    "{}",
                    file.url()
                );
                assert_eq!(header(VARY), Some("accept-encoding"), "{} {accepted}", file.url());
                packed += usize::from(header(CONTENT_ENCODING) == Some("gzip"));
            }
        }
        assert!(packed > 0, "stylesheets are packed");
    }
}
