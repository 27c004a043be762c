//! The end of a login: session, audit, answer.
//!
//! The order matters: the session exists and the audit row is on disk before anything is
//! handed out. Each part can be done twice with the same result, so that a double click on
//! the last button ends in one login.

use axum::http::HeaderValue;
use axum::response::Response;

use super::pages::Receiver;
use super::perform::{Scene, remember_choice};
use super::{sessions, transactions, views};
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::refusal::Refused;
use crate::login::answer::LoginAnswer;
use crate::login::journey::CompletedLogin;
use crate::login::transaction::LoginTransaction;
use crate::telemetry::metrics::LoginOutcome;

/// Gives the service its answer.
pub async fn finish(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    login: CompletedLogin,
) -> Result<Response, Refused> {
    let portner = scene.portner;
    let (session, session_cookie) = sessions::for_login(scene, tx, &login).await?;
    let service = &scene.service.profile;
    let answer = portner.driver.answer(tx, &login, service, &session).await?;
    let outbound = portner.services.answer(tx, scene.service, &answer).await?;
    audit(scene, tx, &login, &answer).await?;

    let page = views::page(portner, scene.visit, tx.request().language);
    let receiver = Receiver::Service(service.name.in_language(page.words.language()).to_owned());
    let cookies: Vec<HeaderValue> = [
        session_cookie,
        transactions::end(portner, &scene.visit.cookies, tx.id()),
        remember_choice(portner, tx),
    ]
    .into_iter()
    .flatten()
    .collect();
    Ok(views::with_cookies(
        views::send(page, receiver, outbound),
        cookies,
    ))
}

/// One row and one log line for each finished login. Without the row there is no login.
async fn audit(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    login: &CompletedLogin,
    answer: &LoginAnswer,
) -> Result<(), Refused> {
    let released = answer
        .released
        .attributes()
        .iter()
        .map(|(attribute, _)| attribute.as_str().to_owned());
    let cpr = answer.released.cpr().map(|_| "cpr".to_owned());
    let service = &scene.service.profile;
    let now = scene.portner.ambient.now();
    let event = AuditEvent {
        id: scene.visit.reference.0,
        at: now,
        transaction: Some(tx.id().to_string()),
        service: Some(service.id.clone()),
        upstream: Some(login.identity.upstream.clone()),
        person: Some(login.person.id),
        account: Some(login.account.id),
        client_prefix: scene.visit.client_prefix(),
        act: AuditAct::LoginFinished {
            assurance: answer.assurance,
            released: released.chain(cpr).collect(),
        },
    };
    scene.portner.writer.audit(event).await?;
    let seconds = now.duration_since(tx.started_at()).as_secs_f64();
    let outcome = match tx.leans_on() {
        Some(_) => LoginOutcome::AnsweredFromSession,
        None => LoginOutcome::Answered,
    };
    let upstream = scene
        .registry
        .upstream(&login.identity.upstream)
        .map(|upstream| upstream.profile.kind);
    scene
        .portner
        .metrics
        .login_ended(scene.service.kind(), upstream, outcome);
    if tx.leans_on().is_none() {
        scene.portner.health.succeeded(&login.identity.upstream);
    }
    tracing::info!(
        reference = %scene.visit.reference,
        login.id = %tx.id(),
        service.id = %service.id,
        upstream.id = %login.identity.upstream,
        account.id = %login.account.id,
        level.factors = ?answer.assurance.factors,
        level.nsis = ?answer.assurance.nsis,
        level.wanted = ?tx.request().wanted.demands,
        leaned = tx.leans_on().is_some(),
        login.seconds = seconds,
        "login finished"
    );
    Ok(())
}
