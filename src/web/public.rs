//! Pages that belong to no login: front page, support, status, embedded files; and what
//! machines ask on the admin listener.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::pages::{FrontPage, Notice, StatusPage, SupportPage, UpstreamState, UpstreamStatus};
use super::state::Portner;
use super::visit::Visit;
use super::{assets, refusal_page, times, views};
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

/// How everything does (U20).
pub async fn status(State(portner): State<Portner>, visit: Visit) -> Response {
    let page = views::page(&portner, &visit, None);
    let language = page.words.language();
    let registry = portner.registry();
    let now = portner.ambient.now();
    let shown = registry
        .upstreams()
        .map(|upstream| &upstream.profile)
        .filter(|profile| !profile.hidden);
    let upstreams = shown.map(|profile| UpstreamStatus {
        name: profile.name.in_language(language).to_owned(),
        state: match (profile.enabled, portner.health.is_troubled(&profile.id, now)) {
            (false, _) => UpstreamState::Off,
            (true, true) => UpstreamState::Trouble,
            (true, false) => UpstreamState::Ok,
        },
    });
    let notices = portner
        .settings
        .presentation
        .notices
        .iter()
        .filter(|notice| notice.is_shown(now));
    let view = StatusPage {
        as_of: times::readable(now, language),
        notices: notices
            .map(|notice| Notice {
                when: notice
                    .from
                    .map(|from| times::readable(from, language))
                    .unwrap_or_default(),
                text: notice.text.in_language(language).to_owned(),
            })
            .collect(),
        upstreams: upstreams.collect(),
        page,
    };
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
