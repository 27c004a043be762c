//! A refusal becomes a page, one log line, one audit row and a number in the metrics. What
//! belongs to no login is only counted: anybody can send it, and the trail is kept for long.

use std::error::Error;

use axum::http::header::USER_AGENT;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use uuid::Uuid;

use super::addresses::LoginAddress;
use super::pages::{Form, PartyHelp, RefusalPage};
use super::refusal_again;
use super::sessions;
use super::state::Portner;
use super::views;
use super::visit::{Reference, Visit};
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::error_url::{ErrorDetails, ErrorKind};
use crate::domain::refusal::{Audience, Culprit, Refusal, Refused};
use crate::domain::service::{ServiceId, ServiceProfile};
use crate::domain::text::Language;
use crate::domain::upstream::{UpstreamId, UpstreamProfile};
use crate::login::transaction::{LoginTransaction, Stopped};
use crate::texts::RefusalContext;

/// What is known of a login that was refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// The login, where there is one.
    pub tx: Option<&'a LoginTransaction>,
    /// The service, where at least its name came along.
    pub service: Option<&'a ServiceProfile>,
    /// What was refused.
    pub kind: Kind,
}

/// What was refused: each has a name of its own in the log and for the auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A login, or a request that may have wanted to be one.
    #[default]
    Login,
    /// A logout.
    Logout,
}

impl Around<'_> {
    /// A logout of which nothing more is known.
    pub const LOGOUT: Self = Self {
        tx: None,
        service: None,
        kind: Kind::Logout,
    };
}

/// Logs and counts a refusal and writes the audit row. Every refusal of a login, or of an
/// attempt at one, passes here exactly once.
pub async fn record(portner: &Portner, visit: &Visit, around: Around<'_>, refused: &Refused) {
    let code = refused.refusal.code();
    let reason = reason(refused);
    let service = around.service.map(|service| service.id.as_str());
    let upstream = refused.refusal.upstream().map(UpstreamId::as_str);
    let is_ours = matches!(refused.refusal, Refusal::Internal | Refusal::StoreAway { .. });
    match (around.kind, is_ours) {
        (Kind::Login, true) => {
            tracing::error!(reference = %visit.reference, refusal.code = code, service.id = service, upstream.id = upstream, reason, "login refused");
        }
        (Kind::Login, false) => {
            tracing::warn!(reference = %visit.reference, refusal.code = code, service.id = service, upstream.id = upstream, reason, "login refused");
        }
        (Kind::Logout, true) => {
            tracing::error!(reference = %visit.reference, refusal.code = code, service.id = service, upstream.id = upstream, reason, "logout refused");
        }
        (Kind::Logout, false) => {
            tracing::warn!(reference = %visit.reference, refusal.code = code, service.id = service, upstream.id = upstream, reason, "logout refused");
        }
    }
    portner.metrics.refused(&refused.refusal);
    speak_against_upstream(portner, visit, around, refused);
    if around.tx.is_none() && is_junk(&refused.refusal) && !portner.bursts.admit(portner, code, None).await {
        return;
    }
    if matches!(refused.refusal, Refusal::StoreAway { .. }) {
        // The row would go where nothing can be written; the log has it.
        return;
    }
    let tried_by = around.tx.and_then(LoginTransaction::person);
    let event = AuditEvent::new(
        visit.reference.0,
        portner.ambient.now(),
        match around.kind {
            Kind::Login => AuditAct::LoginRefused { code, reason },
            Kind::Logout => AuditAct::LogoutRefused { code, reason },
        },
    )
    .in_login(around.tx.map(|tx| tx.id().to_string()))
    .asked_by(around.service.map(|service| service.id.clone()))
    .vouched_by(
        refused
            .refusal
            .upstream()
            .cloned()
            .or_else(|| Some(around.tx?.route()?.upstream.clone())),
    )
    .about(
        tried_by.or_else(|| Some(refused.whose?.0)),
        around
            .tx
            .and_then(LoginTransaction::account)
            .or_else(|| Some(refused.whose?.1)),
    )
    .from_network(visit.client_prefix());
    if let Err(error) = portner.writer.audit(event).await {
        tracing::error!(reference = %visit.reference, %error, "audit row could not be written");
    }
}

/// What scanners send everywhere, and what shows no knowledge of any login.
const fn is_junk(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::WrongHost | Refusal::TooLarge { .. })
}

/// Notes what speaks against an upstream and not against the user. Answers that belong to no
/// login do not, nor what only a browser says that the upstream has said: anybody can send that.
fn speak_against_upstream(portner: &Portner, visit: &Visit, around: Around<'_>, refused: &Refused) {
    let now = portner.ambient.now();
    match (&refused.refusal, around.tx) {
        (
            Refusal::UpstreamRequestFailed { upstream }
            | Refusal::UpstreamUnreachable { upstream }
            | Refusal::UpstreamBusy { upstream, .. },
            _,
        ) => {
            portner.health.out_of_reach(upstream, now);
        }
        (Refusal::UpstreamAnswerRefused { upstream, .. }, Some(tx)) if refused.is_upstreams_word => {
            let name = tx.route().and_then(|route| route.name.as_ref());
            let device = (visit.client_prefix(), visit.headers.get(USER_AGENT));
            match name {
                Some(name) => portner
                    .health
                    .answer_refused(upstream, name.as_typed().to_lowercase(), now),
                None => portner.health.answer_refused(
                    upstream,
                    (device.0, device.1.map(HeaderValue::as_bytes)),
                    now,
                ),
            }
        }
        _ => {}
    }
}

/// The refusal as a page with one way forward.
pub async fn page(portner: &Portner, visit: &Visit, around: Around<'_>, refused: Refused) -> Response {
    record(portner, visit, around, &refused).await;
    show(portner, visit, around, &refused.refusal, visit.reference)
}

/// For requests without a login that can be told: what is known is at most the service.
pub async fn outside_a_login(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    refused: impl Into<Refused>,
) -> Response {
    without_a_login(portner, visit, service, Kind::Login, refused.into()).await
}

/// For logouts: what is known is at most who asked.
pub async fn of_a_logout(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    refused: Refused,
) -> Response {
    without_a_login(portner, visit, service, Kind::Logout, refused).await
}

async fn without_a_login(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    kind: Kind,
    refused: Refused,
) -> Response {
    let registry = portner.registry();
    let service = service
        .and_then(|id| registry.service(id))
        .map(|service| &service.profile);
    let around = Around {
        tx: None,
        service,
        kind,
    };
    if refused.refusal == Refusal::NoSuchPage {
        return only_count(portner, visit, around, &refused);
    }
    page(portner, visit, around, refused).await
}

/// For requests at addresses that no login has: scanners and typing errors. They are counted,
/// and leave nothing behind.
pub fn of_no_login(portner: &Portner, visit: &Visit, refused: &Refused) -> Response {
    only_count(portner, visit, Around::default(), refused)
}

fn only_count(portner: &Portner, visit: &Visit, around: Around<'_>, refused: &Refused) -> Response {
    let reason = reason(refused);
    tracing::debug!(reference = %visit.reference, refusal.code = refused.refusal.code(), reason, "request refused");
    portner.metrics.refused(&refused.refusal);
    show(portner, visit, around, &refused.refusal, Reference(Uuid::nil()))
}

/// `reference` finds the line in the log; it is nil where there is none.
fn show(
    portner: &Portner,
    visit: &Visit,
    around: Around<'_>,
    refusal: &Refusal,
    reference: Reference,
) -> Response {
    let stopped = Stopped {
        refusal: refusal.clone(),
        reference: reference.0,
        at: portner.ambient.now(),
    };
    again(portner, visit, around, &stopped)
}

/// The page of a refusal that was logged and counted when it happened.
pub fn again(portner: &Portner, visit: &Visit, around: Around<'_>, stopped: &Stopped) -> Response {
    let view = view(portner, visit, around, stopped);
    let refusal = &stopped.refusal;
    let status = StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = views::html(status, &view);
    if let Some(retry_after) = refusal.retry_after()
        && let Ok(seconds) = HeaderValue::from_str(&retry_after.to_string())
    {
        response.headers_mut().insert("retry-after", seconds);
    }
    response
}

fn view<'p>(portner: &'p Portner, visit: &Visit, around: Around<'_>, stopped: &Stopped) -> RefusalPage<'p> {
    let refusal = &stopped.refusal;
    let wished = around.tx.and_then(|tx| tx.request().language);
    let mut page = views::page(portner, visit, wished);
    let language = page.words.language();
    if let Some(address) = refusal_again::address(portner, around, stopped) {
        page.language_link = format!("{address}&lang={}", page.other_lang());
    }
    let registry = portner.registry();
    let upstream = refusal
        .upstream()
        .and_then(|id| registry.upstream(id))
        .map(|upstream| &upstream.profile);
    let context = RefusalContext {
        upstream: upstream.map(|profile| profile.name.in_language(language).to_owned()),
        kind: upstream.map(|profile| profile.kind),
        service: around
            .service
            .map(|profile| profile.name.in_language(language).to_owned()),
    };
    let at_fault = around
        .service
        .filter(|_| upstream.is_none() && refusal.culprit() == Culprit::Service);
    RefusalPage {
        words: page.words.refusal(refusal, &context),
        page,
        time: super::times::readable(stopped.at, language),
        timestamp: stopped.at.to_string(),
        reference: (!stopped.reference.is_nil()).then(|| Reference(stopped.reference).to_string()),
        contact: match (upstream, at_fault) {
            (Some(upstream), _) => upstream.contact.clone(),
            (None, Some(service)) => service.contact.clone(),
            (None, None) => None,
        },
        help: help(portner, stopped, (upstream, at_fault), language),
        service: around.service.map(|profile| views::back_to(profile, language)),
        tell: around.tx.and_then(|tx| tell_form(tx, refusal)),
        licence: around
            .service
            .filter(|_| *refusal == Refusal::NoLicence)
            .and_then(|service| service.missing_licence_url.as_ref())
            .map(ToString::to_string),
        retry: match refusal {
            // Nobody was logged out: here they can be.
            Refusal::LogoutRefused => sessions::is_there(portner, visit).then(|| "/logout".to_owned()),
            _ => around.tx.filter(|tx| may_retry(tx, refusal)).map(retry_at),
        },
    }
}

/// The help of the party whose matter it is: the upstream's, or of a service that has failed its users.
fn help(
    portner: &Portner,
    stopped: &Stopped,
    (upstream, service): (Option<&UpstreamProfile>, Option<&ServiceProfile>),
    language: Language,
) -> Option<PartyHelp> {
    let (name, url) = match (upstream, service) {
        (Some(upstream), _) => (&upstream.name, upstream.error_url.as_ref()?),
        (None, Some(service)) => (&service.name, service.error_url.as_ref()?),
        (None, None) => return None,
    };
    let details = ErrorDetails {
        kind: error_kind(&stopped.refusal),
        at: stopped.at,
        relying_party: portner.services.saml.us.entity_id.as_str(),
        reference: &Reference(stopped.reference).to_string(),
        context: stopped.refusal.code(),
    };
    Some(PartyHelp {
        party: name.in_language(language).to_owned(),
        url: url.with(&details),
    })
}

const fn error_kind(refusal: &Refusal) -> ErrorKind {
    match refusal {
        Refusal::NotLinked { .. } | Refusal::EmployeeWithoutCpr { .. } | Refusal::AnotherPerson { .. } => {
            ErrorKind::Identification
        }
        Refusal::EidForPublicBodies { .. } | Refusal::NoAccessToService => ErrorKind::Authorization,
        _ => ErrorKind::Other,
    }
}

/// Lets the service know, where it is one of those that may be told.
fn tell_form(tx: &LoginTransaction, refusal: &Refusal) -> Option<Form> {
    (refusal.audience() == Audience::UserThenService).then(|| views::form(tx, LoginAddress::of(tx).tell()))
}

/// Whether another try, another name or another login could end better. Where the service has
/// left no choice, only what may pass by itself is worth it.
fn may_retry(tx: &LoginTransaction, refusal: &Refusal) -> bool {
    let passes = matches!(
        refusal,
        Refusal::UpstreamRequestFailed { .. }
            | Refusal::UpstreamAnswerRefused { .. }
            | Refusal::UpstreamUnreachable { .. }
            | Refusal::UpstreamDeclined { .. }
    );
    refusal.audience() == Audience::UserThenService && (has_choice(tx) || passes)
}

/// Whether the service leaves it to the user where to log in.
fn has_choice(tx: &LoginTransaction) -> bool {
    tx.request().hints.only.as_ref().is_none_or(|only| only.len() > 1)
}

/// Where the user tries again: at the question where they log in, or, where the service has
/// answered that, by setting out once more.
fn retry_at(tx: &LoginTransaction) -> String {
    let address = LoginAddress::of(tx);
    if has_choice(tx) {
        address.name()
    } else {
        address.again()
    }
}

/// The cause and its causes, for the operator. What they say is free of personal data by
/// construction: error types name checks and parties, never values.
fn reason(refused: &Refused) -> String {
    let mut parts = Vec::new();
    if let Refusal::UpstreamAnswerRefused { check, .. } | Refusal::ServiceRequestRefused { check } =
        &refused.refusal
    {
        parts.push(format!("[{check}]"));
    }
    let mut cause = refused.source();
    while let Some(error) = cause {
        parts.push(error.to_string());
        cause = error.source();
    }
    parts.join(": ")
}
