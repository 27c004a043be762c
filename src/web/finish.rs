//! The end of a login: session, audit, answer.
//!
//! The order matters: session, code and audit row are on disk, in one commit, before anything
//! is handed out. Each part can be done twice with the same result, so that a double click on
//! the last button ends in one login.

use axum::http::HeaderValue;
use axum::response::Response;

use super::logout::end::Ending;
use super::pages::Receiver;
use super::perform::{Scene, remember_choice};
use super::{sessions, transactions, views, witness};
use crate::domain::assurance::NsisLevel;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::evidence::Exchanged;
use crate::domain::face::ActingAs;
use crate::domain::history::{Change, HistoryEntry};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::upstream::UpstreamKind;
use crate::login::answer::LoginAnswer;
use crate::login::identity::replayed;
use crate::login::journey::CompletedLogin;
use crate::login::transaction::{ActorChoice, LoginTransaction};
use crate::store::ended_approvals::ApprovalUse;
use crate::store::replay::Once;
use crate::store::sessions::Participation;
use crate::store::writer::FinishedLogin;
use crate::telemetry::metrics::LoginOutcome;
use crate::trust::registry::ServiceProtocol;

/// Gives the service its answer.
pub async fn finish(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    login: CompletedLogin,
) -> Result<Response, Refused> {
    let portner = scene.portner;
    let resting = sessions::for_login(scene, tx, &login).await?;
    let service = &scene.service.profile;
    let answer = portner
        .driver
        .answer(tx, &login, service, &resting.session)
        .await?;
    let reply = portner.services.answer(tx, scene.service, &answer).await?;
    let latest = login.identity.session.as_ref();
    let behind = tx.behind().iter().map(|(upstream, session)| (upstream, session));
    let at_upstream = behind
        .chain(latest.map(|session| (&login.identity.upstream, session)))
        .map(|(upstream, session)| session.row(upstream, &portner.sealer, &portner.driver.pseudonyms));
    let at_upstream = at_upstream
        .collect::<Result<_, _>>()
        .map_err(|error| Refusal::Internal.because(error))?;
    if matches!(scene.service.protocol, ServiceProtocol::Saml(_)) {
        let (kind, sent) = (Exchanged::SamlResponseSent, witness::text_of(&reply.outbound));
        witness::of_service(portner, service, Some(tx.id()), kind, &sent).await?;
    }
    let left = resting.replaces.as_ref().filter(|before| before.is_by_another());
    let left = left.map(|before| Ending::of(before.session));
    let finished = FinishedLogin {
        mark: login.mark,
        by_secret: tx.account().zip(tx.secret_proved()),
        session: resting.on,
        replaces: resting.replaces,
        at_upstream,
        part: Participation {
            service: service.id.clone(),
            subject: reply.subject,
            session_index: answer.session_index.clone(),
            name_format: reply.name_format,
            since: portner.ambient.now(),
        },
        vouched: answer.vouched.map(|approval| ApprovalUse {
            approval,
            service: service.id.clone(),
            family: reply.code.as_ref().map(|code| code.grant.family),
        }),
        code: reply.code,
        event: event(scene, tx, &login, &answer),
    };
    if portner.writer.login(finished).await? == Once::Replayed {
        return Err(replayed(tx));
    }
    if let Some(left) = left {
        left.tell_later(portner);
    }
    Box::pin(confirm_choice(scene, tx, &login)).await?;
    tell(scene, tx, &login, &answer);

    let page = views::page(portner, scene.visit, tx.request().language);
    let receiver = Receiver::Service(service.name.in_language(page.words.language()).to_owned());
    let others = match resting.cookie {
        Some(_) => {
            let stays = Some((tx.id(), login.person.id));
            transactions::drop_proved(portner, &scene.visit.cookies, stays).await
        }
        None => Vec::new(),
    };
    let cookies: Vec<HeaderValue> = [
        resting.cookie,
        transactions::end(portner, &scene.visit.cookies, tx.id()),
        remember_choice(portner, tx),
    ]
    .into_iter()
    .flatten()
    .chain(others)
    .collect();
    Ok(views::with_cookies(
        views::send(page, receiver, reply.outbound),
        cookies,
    ))
}

/// Whoever chooses an affiliation that waits to be confirmed confirms it (K01). A school's own login does not:
/// it would be that school's word once more.
async fn confirm_choice(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    login: &CompletedLogin,
) -> Result<(), Refused> {
    let portner = scene.portner;
    let (Some(ActorChoice::One(chosen)), ActingAs::OneActor) = (tx.actor(), scene.service.profile.acting_as)
    else {
        return Ok(());
    };
    let upstream = scene.registry.upstream(&login.identity.upstream);
    let is_own_word = upstream.is_some_and(|upstream| upstream.profile.kind != UpstreamKind::Local);
    let Some(actor) = login.actors.iter().find(|actor| actor.id == *chosen) else {
        return Ok(());
    };
    let waits = portner.store.waits_to_be_confirmed(actor.id);
    if !is_own_word || !waits.await.map_err(Refused::from)? {
        return Ok(());
    }
    let institution = actor.institution.number.clone();
    let entry = HistoryEntry {
        id: portner.ambient.uuid(),
        person: login.person.id,
        actor: Some(actor.id),
        institution: Some(institution.clone()),
        source: None,
        import: None,
        at: portner.ambient.now(),
        what: Change::Confirmed,
        detail: "at a login".to_owned(),
    };
    let event = AuditEvent::new(
        portner.ambient.uuid(),
        portner.ambient.now(),
        AuditAct::AffiliationConfirmed {
            actor: actor.id,
            institution,
        },
    )
    .in_login(tx.id().to_string())
    .asked_by(scene.service.profile.id.clone())
    .vouched_by(login.identity.upstream.clone())
    .about(login.person.id, login.account.id)
    .from_network(scene.visit.client_prefix());
    let confirmed = portner.store.confirm_affiliation(actor.id, &entry, &event);
    confirmed.await.map(drop).map_err(Refused::from)
}

/// The row for the auditor. Without it there is no login.
fn event(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    login: &CompletedLogin,
    answer: &LoginAnswer,
) -> AuditEvent {
    AuditEvent::new(
        scene.visit.reference.0,
        scene.portner.ambient.now(),
        AuditAct::LoginFinished {
            assurance: answer.assurance,
            released: answer.released.names().map(str::to_owned).collect(),
        },
    )
    .in_login(tx.id().to_string())
    .asked_by(scene.service.profile.id.clone())
    .vouched_by(login.identity.upstream.clone())
    .about(login.person.id, login.account.id)
    .from_network(scene.visit.client_prefix())
}

/// Numbers, and one log line for each finished login.
fn tell(scene: &Scene<'_>, tx: &LoginTransaction, login: &CompletedLogin, answer: &LoginAnswer) {
    let now = scene.portner.ambient.now();
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
    let wanted = scene.service.profile.wanted.and(&tx.request().wanted).words();
    tracing::info!(
        reference = %scene.visit.reference,
        login.id = %tx.id(),
        service.id = %scene.service.profile.id,
        upstream.id = %login.identity.upstream,
        account.id = %login.account.id,
        level.factors = answer.assurance.factors.word(),
        level.nsis = answer.assurance.nsis.map_or("none", NsisLevel::word),
        level.wanted = wanted,
        level.reached = answer.assurance.words(),
        leaned = tx.leans_on().is_some(),
        login.seconds = seconds,
        "login finished"
    );
}
