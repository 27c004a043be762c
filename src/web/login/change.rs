//! `/login/{service}/{tx}/change`: a new password, shown, rehearsed, or chosen.
//!
//! Each form is taken only where the journey asks for a new password at this very moment, so
//! that nobody changes a secret that they have not just proved (G15), or for which a teacher has
//! opened a window (U53).

use axum::response::Response;

use super::here::Sent;
use crate::credentials::Password;
use crate::domain::audit::{AuditAct, AuditEvent, HelpAct};
use crate::domain::password_rule::SecretForm;
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::teacher_help::WindowId;
use crate::login::driver::Event;
use crate::login::help::Help;
use crate::login::journey::{NewSecretAsked, Question, Step};
use crate::login::new_secret::{Learning, LearningPage, Picking};
use crate::login::transaction::LoginTransaction;
use crate::web::incoming::Posted;
use crate::web::learning::Taken;
use crate::web::logout::end::Ending;
use crate::web::perform::{self, Scene};
use crate::web::secret_pages;

/// Takes a step towards a new password.
pub async fn post(sent: Sent) -> Response {
    let Sent {
        portner,
        visit,
        here,
        posted,
    } = sent;
    let scene = here.scene(&portner, &visit);
    let mut tx = here.tx.clone();
    let step = portner
        .driver
        .advance(scene.registry, &mut tx, Event::Revisited)
        .await;
    let asked = match step {
        Ok(Step::Ask(Question::NewSecret(asked))) => asked,
        step => return perform::perform(&scene, tx, step).await,
    };
    match take(&scene, &mut tx, &asked, &posted).await {
        Ok(()) => perform::advance(&scene, tx, Event::Revisited).await,
        Err(refused) => perform::perform(&scene, tx, Err(refused)).await,
    }
}

async fn take(
    scene: &Scene<'_>,
    tx: &mut LoginTransaction,
    asked: &NewSecretAsked,
    posted: &Posted,
) -> Result<(), Refused> {
    let record = record(scene, tx).await?;
    let held = held(tx, &record)?;
    let taken = secret_pages::lesson(scene, tx, asked)?
        .take(&record, held, posted)
        .await?;
    match taken {
        Taken::Nothing => {}
        Taken::GoOn(learning) => {
            tx.fill_picking(Picking::default());
            tx.fill_learning(learning);
        }
        Taken::Picked(picking) => tx.fill_picking(picking),
        // Who knows the old one after all logs in by it; the window stays theirs while it lasts (H07).
        Taken::Stay if tx.learns_through().is_some() && asked.may_stay() => tx.fill_help(None),
        // Where there is no wish, this changes nothing: who must, still must.
        Taken::Stay => tx.fill_wish(false),
        Taken::Learnt(password, form) => {
            tx.fill_picking(Picking::default());
            keep(scene, tx, held, asked, (password, form)).await?;
        }
    }
    Ok(())
}

async fn keep(
    scene: &Scene<'_>,
    tx: &mut LoginTransaction,
    held: &AccountRecord,
    asked: &NewSecretAsked,
    secret: (Password, SecretForm),
) -> Result<(), Refused> {
    let secrets = &scene.portner.new_secrets;
    let rule = asked.rule.word();
    let changed = event(scene, tx, AuditAct::PasswordChanged { rule });
    // Whoever is logged in by the old one is so no longer, and their services hear of it.
    let ending = Ending::of_account(scene.portner, held.account.person, held.account.id).await?;
    let kept = match tx.learns_through() {
        None => secrets.keep(held, asked, secret, |_| changed).await?,
        Some(window) => {
            let finished = finished(scene, tx, window).await?;
            secrets
                .keep_learnt(tx, held, asked, secret, [finished, changed])
                .await?
        }
    };
    // Where somebody was quicker, the proof is good no longer, as the journey sees by itself.
    let Some(version) = kept else { return Ok(()) };
    ending.tell_later(scene.portner);
    tracing::info!(
        reference = %scene.visit.reference,
        login.id = %tx.id(),
        account.id = %held.account.id,
        "password changed"
    );
    if tx.learns_through().is_some() {
        tx.fill_help(Some(Help::Learnt));
        return Ok(());
    }
    tx.fill_wish(false);
    tx.fill_secret(Some(version));
    tx.fill_learning(Learning {
        page: LearningPage::Done,
        ..Learning::default()
    });
    Ok(())
}

/// The auditor's row of a window that led to a new password.
async fn finished(scene: &Scene<'_>, tx: &LoginTransaction, window: WindowId) -> Result<AuditEvent, Refused> {
    let found = scene.portner.store.help_window(window).await;
    let found = found.map_err(Refused::from)?;
    let helper = found.map(|found| found.helper).ok_or(Refusal::Internal)?;
    let act = AuditAct::Helped {
        act: HelpAct::WindowFinished,
        by: helper.person,
        by_account: helper.account,
        institution: helper.institution,
        window: Some(window.0),
        reason: None,
    };
    Ok(AuditEvent {
        id: scene.portner.ambient.uuid(),
        ..event(scene, tx, act)
    })
}

fn event(scene: &Scene<'_>, tx: &LoginTransaction, act: AuditAct) -> AuditEvent {
    let holder = tx.holder();
    AuditEvent::new(scene.visit.reference.0, scene.portner.ambient.now(), act)
        .in_login(tx.id().to_string())
        .asked_by(scene.service.profile.id.clone())
        .vouched_by(tx.route().map(|route| route.upstream.clone()))
        .about(
            holder.map(|holder| holder.person),
            holder.map(|holder| holder.account),
        )
        .from_network(scene.visit.client_prefix())
}

fn held<'a>(tx: &LoginTransaction, record: &'a PersonRecord) -> Result<&'a AccountRecord, Refused> {
    let held = tx.holder().and_then(|holder| record.account(holder.account));
    held.ok_or_else(|| Refusal::Internal.into())
}

async fn record(scene: &Scene<'_>, tx: &LoginTransaction) -> Result<PersonRecord, Refused> {
    let portner = scene.portner;
    let holder = tx.holder().ok_or(Refusal::Internal)?;
    let found = portner
        .store
        .record_of_account(holder.account, portner.ambient.now())
        .await;
    found
        .map_err(Refused::from)?
        .ok_or_else(|| Refusal::Internal.because("the account is gone"))
}
