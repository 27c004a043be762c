//! `/login/{service}/{tx}/change`: a new password, shown, rehearsed, or chosen.
//!
//! Each form is taken only where the journey asks for a new password at this very moment, so
//! that nobody changes a secret that they have not just proved (G15).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use zeroize::Zeroizing;

use super::here::{Here, LoginPath};
use super::picking::{self, Picked};
use crate::credentials::Password;
use crate::credentials::assigned::AssignedSecret;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::password_rule::{ChoiceProblem, SecretForm};
use crate::domain::person_record::PersonRecord;
use crate::domain::refusal::{Refusal, Refused};
use crate::login::driver::Event;
use crate::login::journey::{NewSecretAsked, Question, Step};
use crate::login::new_secret::{Learning, LearningPage, OwnTyped, Picking, Said, TIMES};
use crate::login::transaction::LoginTransaction;
use crate::web::incoming::Posted;
use crate::web::perform::{self, Scene};
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes a step towards a new password.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<LoginPath>,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let here = match Here::post(&portner, &visit, &path, &posted).await {
        Ok(here) => here,
        Err(elsewhere) => return *elsewhere,
    };
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
    let at = |page| Learning {
        page,
        ..Learning::default()
    };
    let may_choose = scene
        .portner
        .new_secrets
        .rules
        .rule(asked.rule)
        .own_choice
        .is_some();
    match posted.one("do") {
        Some("learnt") => tx.fill_learning(at(LearningPage::Hidden)),
        Some("show") => tx.fill_learning(at(LearningPage::Shown)),
        Some("choose") if may_choose => tx.fill_learning(at(LearningPage::Own)),
        // Where there is no wish, this changes nothing: who must, still must.
        Some("stay") => tx.fill_wish(false),
        Some("own") if may_choose => return choose(scene, tx, asked, posted).await,
        _ if tx.learning().page == LearningPage::Hidden => return rehearse(scene, tx, asked, posted).await,
        _ => {}
    }
    Ok(())
}

/// The assigned secret, once more without seeing it: kept when it was right often enough in a row.
async fn rehearse(
    scene: &Scene<'_>,
    tx: &mut LoginTransaction,
    asked: &NewSecretAsked,
    posted: &Posted,
) -> Result<(), Refused> {
    let round = posted.one("round").and_then(|round| round.parse().ok());
    if round != Some(tx.learning().right) {
        return Ok(());
    }
    let assigned = scene.portner.new_secrets.assigned(tx, asked)?;
    let is_right = match (&assigned, picking::read(tx, posted)?) {
        (AssignedSecret::Pictures(_), Some(Picked::GoOn(picking))) => {
            tx.fill_picking(picking);
            return Ok(());
        }
        (AssignedSecret::Pictures(sequence), Some(Picked::Done(picked))) => *sequence == picked,
        (AssignedSecret::Text(text), None) => posted.one("new").is_some_and(|typed| typed == text.as_str()),
        _ => false,
    };
    tx.fill_picking(Picking::default());
    let right = if is_right { tx.learning().right + 1 } else { 0 };
    match (is_right, right < TIMES) {
        (false, _) => tx.fill_learning(Learning {
            said: Some(Said::NotRight),
            ..Learning::default()
        }),
        (true, true) => tx.fill_learning(Learning {
            page: LearningPage::Hidden,
            right,
            said: Some(Said::Right),
        }),
        (true, false) => keep(scene, tx, asked, (assigned.to_password(), assigned.form())).await?,
    }
    Ok(())
}

/// A password of one's own: kept if there is nothing wrong with it.
async fn choose(
    scene: &Scene<'_>,
    tx: &mut LoginTransaction,
    asked: &NewSecretAsked,
    posted: &Posted,
) -> Result<(), Refused> {
    let secrets = &scene.portner.new_secrets;
    let typed = posted.one("new").unwrap_or_default();
    let problems = |said| Learning {
        page: LearningPage::Own,
        right: 0,
        said: Some(said),
    };
    let Some(choice) = secrets.rules.rule(asked.rule).own_choice else {
        return Ok(());
    };
    let Ok(password) = Password::new(typed.to_owned()) else {
        let too_long = ChoiceProblem::TooLong(choice.longest);
        tx.fill_learning(problems(Said::Problems(vec![too_long])));
        return Ok(());
    };
    let own = OwnTyped {
        password,
        text: Zeroizing::new(typed.to_owned()),
    };
    let record = record(scene, tx).await?;
    let held = tx
        .account()
        .and_then(|id| record.account(id))
        .ok_or(Refusal::Internal)?;
    let found = secrets.problems(&choice, &record, held, &own).await?;
    if !found.is_empty() {
        tx.fill_learning(problems(Said::Problems(found)));
        return Ok(());
    }
    if posted.one("again") != Some(typed) {
        tx.fill_learning(problems(Said::Differ));
        return Ok(());
    }
    keep(scene, tx, asked, (own.password, SecretForm::Text)).await
}

async fn keep(
    scene: &Scene<'_>,
    tx: &mut LoginTransaction,
    asked: &NewSecretAsked,
    secret: (Password, SecretForm),
) -> Result<(), Refused> {
    let record = record(scene, tx).await?;
    let held = tx
        .account()
        .and_then(|id| record.account(id))
        .ok_or(Refusal::Internal)?;
    let event = |act: AuditAct| AuditEvent {
        id: scene.visit.reference.0,
        at: scene.portner.ambient.now(),
        transaction: Some(tx.id().to_string()),
        service: Some(scene.service.profile.id.clone()),
        upstream: tx.identity().map(|identity| identity.upstream.clone()),
        person: tx.person(),
        account: tx.account(),
        client_prefix: scene.visit.client_prefix(),
        act,
    };
    let kept = scene.portner.new_secrets.keep(held, asked, secret, event).await?;
    // Where somebody was quicker, the proof is good no longer, as the journey sees by itself.
    if let Some(version) = kept {
        tx.fill_wish(false);
        tx.fill_secret(Some(version));
        tx.fill_learning(Learning {
            page: LearningPage::Done,
            ..Learning::default()
        });
        tracing::info!(
            reference = %scene.visit.reference,
            login.id = %tx.id(),
            account.id = %held.account.id,
            "password changed"
        );
    }
    Ok(())
}

async fn record(scene: &Scene<'_>, tx: &LoginTransaction) -> Result<PersonRecord, Refused> {
    let portner = scene.portner;
    let account = tx.account().ok_or(Refusal::Internal)?;
    let found = portner
        .store
        .record_of_account(account, portner.ambient.now())
        .await;
    found
        .map_err(Refused::from)?
        .ok_or_else(|| Refusal::Internal.because("the account is gone"))
}
