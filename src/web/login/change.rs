//! `/login/{service}/{tx}/change`: a new password, shown, rehearsed, or chosen.
//!
//! Each form is taken only where the journey asks for a new password at this very moment, so
//! that nobody changes a secret that they have not just proved (G15).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::here::{Here, LoginPath};
use crate::credentials::Password;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::password_rule::SecretForm;
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::{Refusal, Refused};
use crate::login::driver::Event;
use crate::login::journey::{NewSecretAsked, Question, Step};
use crate::login::new_secret::{Learning, LearningPage, Picking};
use crate::login::transaction::LoginTransaction;
use crate::web::incoming::Posted;
use crate::web::learning::Taken;
use crate::web::perform::{self, Scene};
use crate::web::secret_pages;
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
    let record = record(scene, tx).await?;
    let held = tx
        .account()
        .and_then(|id| record.account(id))
        .ok_or(Refusal::Internal)?;
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
