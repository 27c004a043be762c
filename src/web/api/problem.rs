//! Why a program is answered nothing else: a problem (RFC 9457) with the catalogue's code, a word for programs
//! and a sentence for people. What was sent is never repeated in it (L01).

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::config::api::DeskScope;
use crate::credentials::HashFailed;
use crate::domain::refusal::{Culprit, Refusal, Refused};
use crate::people::admin_desk::{DeskError, Why};
use crate::store::StoreError;
use crate::telemetry::log::chain;
use crate::texts::Words;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Why nothing is answered.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody whom we know.
    Unknown,
    /// Somebody whose time is over.
    Ended,
    /// Too many requests in a minute; so many seconds are left of it.
    TooFast(u32),
    /// A program that may not do this.
    Scope(DeskScope),
    /// There is no such address.
    NoSuchPlace,
    /// It is asked for in another way.
    OtherMethod(Method),
    /// What was sent cannot be read; where it stopped.
    Unreadable(String),
    /// What was sent is too long.
    TooLong,
    /// The desk says no.
    Desk(DeskError),
}

impl From<DeskError> for Stop {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Desk(error.into())
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: String,
    status: u16,
    detail: String,
    /// The catalogue's.
    code: &'static str,
    /// For programs: it stays the same in every language.
    reason: &'a str,
    /// Names this answer in our log.
    reference: String,
}

impl Stop {
    /// The word for programs.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ended => "ended",
            Self::TooFast(_) => "too-fast",
            Self::Scope(_) => "scope",
            Self::NoSuchPlace => "no-such-place",
            Self::OtherMethod(_) => "method",
            Self::Unreadable(_) => "unreadable",
            Self::TooLong => "too-long",
            Self::Desk(DeskError::NotYours) => "not-yours",
            Self::Desk(DeskError::Cannot(why)) => why_word(*why),
            Self::Desk(DeskError::Hash(HashFailed::Refused(_))) => "busy",
            Self::Desk(_) => "failed",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Unknown | Self::Ended => StatusCode::UNAUTHORIZED,
            Self::TooFast(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Scope(_) | Self::Desk(DeskError::NotYours) => StatusCode::FORBIDDEN,
            Self::NoSuchPlace => StatusCode::NOT_FOUND,
            Self::OtherMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Desk(DeskError::Cannot(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Desk(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The answer, counted.
    pub(super) fn answer(self, portner: &Portner, visit: &Visit) -> Response {
        let words = portner.texts.in_language(visit.language(portner, None));
        let (word, status, detail) = (self.word(), self.status(), self.detail(&words));
        let headers = self.headers();
        let refused = self.refused();
        let code = refused.refusal.code();
        if let Some(error) = &refused.cause {
            tracing::error!(reference = %visit.reference, refusal.code = code, error = %chain(&**error), "the desk failed a program");
        }
        portner.metrics.refused(&refused.refusal);
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail,
            code,
            reason: word,
            reference: visit.reference.to_string(),
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(CONTENT_TYPE, kind)], body).into_response();
        let retry_after = refused.refusal.retry_after().map(|seconds| {
            let seconds = HeaderValue::from(seconds);
            (RETRY_AFTER, seconds)
        });
        response
            .headers_mut()
            .extend(headers.into_iter().chain(retry_after));
        response
    }

    fn detail(&self, words: &Words<'_>) -> String {
        match self {
            Self::Scope(scope) => words.say_with("api-scope", "scope", scope.word()),
            Self::Unreadable(place) => words.say_with("api-unreadable", "place", place),
            Self::Desk(DeskError::Cannot(why)) => words.say(why.key()),
            Self::Unknown => words.say("api-unknown"),
            Self::Ended => words.say("api-ended"),
            Self::TooFast(_) => words.say("api-too-fast"),
            Self::NoSuchPlace => words.say("api-no-such-place"),
            Self::OtherMethod(_) => words.say("api-method"),
            Self::TooLong => words.say("api-too-long"),
            Self::Desk(DeskError::NotYours) => words.say("api-not-yours"),
            Self::Desk(_) => words.say("api-failed"),
        }
    }

    fn headers(&self) -> Vec<(axum::http::HeaderName, HeaderValue)> {
        match self {
            Self::Unknown | Self::Ended => {
                let challenge = HeaderValue::from_static("Bearer realm=\"api\"");
                vec![(WWW_AUTHENTICATE, challenge)]
            }
            Self::OtherMethod(wanted) => HeaderValue::from_str(wanted.as_str())
                .map(|wanted| (ALLOW, wanted))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What it is in the catalogue, with the cause for the log.
    fn refused(self) -> Refused {
        match self {
            Self::Unknown => Refusal::UnknownService.into(),
            Self::Ended => Refusal::ServiceDisabled.into(),
            Self::TooFast(retry_after) => Refusal::TooManyAttempts { retry_after }.into(),
            // The same of what is another's and of what is nobody's (I01).
            Self::Scope(_) | Self::Desk(DeskError::NotYours) => Refusal::NoAccessToService.into(),
            Self::NoSuchPlace | Self::OtherMethod(_) => Refusal::NoSuchPage.into(),
            Self::TooLong => Refusal::TooLarge {
                from: Culprit::Service,
            }
            .into(),
            Self::Unreadable(_) | Self::Desk(DeskError::Cannot(_)) => Refusal::ServiceRequestRefused {
                check: "api".to_owned(),
            }
            .into(),
            Self::Desk(DeskError::Store(error)) => error.into(),
            Self::Desk(DeskError::Hash(HashFailed::Refused(_))) => {
                Refusal::Overloaded { retry_after: 5 }.into()
            }
            Self::Desk(error) => Refusal::Internal.because(error),
        }
    }
}

/// A body that is longer than any that is described.
pub fn too_long(portner: &Portner, visit: &Visit) -> Response {
    Stop::TooLong.answer(portner, visit)
}

/// A body that broke off.
pub fn unreadable(portner: &Portner, visit: &Visit) -> Response {
    Stop::Unreadable("body".to_owned()).answer(portner, visit)
}

/// The word for programs of why the desk says no: the text's key without what it begins with.
pub(super) const fn why_word(why: Why) -> &'static str {
    match why {
        Why::NotInYourHands => "not-in-your-hands",
        Why::Yourself => "yourself",
        Why::HasOwnSecret => "own-secret",
        Why::LocalLogin => "local-login",
        Why::AlreadyHere => "already-here",
        Why::ToldBySource => "told-by-source",
        Why::LastAdministrator => "last",
        Why::NotEmployed => "not-employed",
        Why::SaidAlready => "said-already",
        Why::NothingToDo => "nothing-to-do",
        Why::NobodyOfThatName => "nobody",
        Why::Day => "day",
        Why::AnothersBlock => "anothers-block",
        Why::PupilEmployed => "pupil-employed",
        Why::Choice => "choice",
        Why::Reason => "reason",
        Why::NumberInReason => "number",
        Why::FileGone => "file-gone",
        Why::ImportChanged => "import-changed",
    }
}
