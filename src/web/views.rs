//! What the pages of a login have in common, made from what the handlers have.

use askama::Template;
use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::pages::{BackToService, Form, Page, Receiver, RepostPage};
use super::state::Portner;
use super::visit::Visit;
use super::{csrf, language};
use crate::config::notices::NoticeAt;
use crate::domain::own_page::RESERVED_PREFIX;
use crate::domain::service::ServiceProfile;
use crate::domain::text::Language;
use crate::keys::derive::Label;
use crate::login::outbound::Outbound;
use crate::login::transaction::LoginTransaction;

/// The words and links of a page for this visitor.
pub fn page<'p>(portner: &'p Portner, visit: &Visit, wished: Option<Language>) -> Page<'p> {
    let mut page = Page::new(portner.texts.in_language(visit.language(portner, wished)));
    page.language_link = in_language(&visit.query, page.other_lang());
    if visit.path == "/" || visit.path.starts_with("/login/") {
        let (language, now) = (page.words.language(), portner.ambient.now());
        let notices = portner.notices.current();
        let due = notices.due(NoticeAt::Login, now);
        page.notices = due
            .map(|notice| notice.text.in_language(language).to_owned())
            .collect();
    }
    page
}

/// The query of this address in another language; whatever else it says stays.
pub fn in_language(query: &str, tag: &str) -> String {
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "lang");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("lang", tag)
        .finish();
    format!("?{query}")
}

/// The way back to the service, in the visitor's language.
pub fn back_to(service: &ServiceProfile, language: Language) -> BackToService {
    BackToService {
        service: service.name.in_language(language).to_owned(),
        url: service.start_url.to_string(),
        is_own: false,
    }
}

/// The way out of a login that somebody gives up: back to the service; from a page of our own, which begins
/// the same login again, to the front.
pub fn way_out(service: &ServiceProfile, language: Language) -> BackToService {
    let back = back_to(service, language);
    if service.id.as_str().starts_with(RESERVED_PREFIX) {
        BackToService {
            url: "/".to_owned(),
            is_own: true,
            ..back
        }
    } else {
        back
    }
}

/// A form of this login that can be sent whenever the login is open, with the token that only this login's
/// pages carry.
pub fn form(tx: &LoginTransaction, action: String) -> Form {
    let token = form_token(&tx.derive_for_login(Label::FormToken));
    Form { action, token }
}

/// A form about the user whom this login is about now: taken for nobody else (architecture, §8).
pub fn form_about_user(tx: &LoginTransaction, action: String) -> Form {
    let Form { action, token } = form(tx, action);
    let about = form_token(&tx.derive_for_user(Label::FormToken));
    Form {
        action,
        token: format!("{token}{ABOUT_USER}{about}"),
    }
}

/// Between the part of a token that proves our own page and the part that says whom the page is about.
const ABOUT_USER: char = '.';

/// Whether a form is of our own page, and about whom the login is about now.
pub fn sent_form(tx: &LoginTransaction, given: &str) -> SentForm {
    let (own, about) = match given.split_once(ABOUT_USER) {
        Some((own, about)) => (own, Some(about)),
        None => (given, None),
    };
    let is = |secret: [u8; 32], part: &str| csrf::same_token(&form_token(&secret), part);
    if !is(tx.derive_for_login(Label::FormToken), own) {
        SentForm::Foreign
    } else if about.is_some_and(|about| !is(tx.derive_for_user(Label::FormToken), about)) {
        SentForm::Stale
    } else {
        SentForm::Current
    }
}

/// What a form's token says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentForm {
    /// Not of a page of this login.
    Foreign,
    /// Of an earlier page: another tab of this login has gone on to somebody else.
    Stale,
    /// As the login stands.
    Current,
}

fn form_token(secret: &[u8; 32]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(secret.get(..16).unwrap_or_default())
}

/// A rendered page.
pub fn html(status: StatusCode, view: &impl Template) -> Response {
    match view.render() {
        Ok(body) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(CONTENT_TYPE, kind)], body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// "Look there instead", by GET.
pub fn see_other(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Sends the browser off, by redirect or by a form that posts itself.
pub fn send(page: Page<'_>, receiver: Receiver, outbound: Outbound) -> Response {
    match outbound {
        Outbound::Redirect(url) => see_other(url.as_str()),
        Outbound::PostForm { to, fields } => html(
            StatusCode::OK,
            &RepostPage {
                page,
                receiver,
                action: to.to_string(),
                fields,
            },
        ),
    }
}

/// Adds cookies to an answer.
pub fn with_cookies(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Remembers a language that was chosen in this very request.
pub fn remember_language(portner: &Portner, visit: &Visit) -> Option<HeaderValue> {
    const A_YEAR: u32 = 365 * 24 * 3600;
    let chosen = visit.chosen_language?;
    portner
        .cookies()
        .set(language::COOKIE, chosen.tag(), Some(A_YEAR))
}
