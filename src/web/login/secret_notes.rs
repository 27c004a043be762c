//! The smaller forms about passwords: one that runs out, one that was changed, and the ways to a
//! new one (U23–U25, U40).

use axum::extract::{Path, State};
use axum::response::Response;

use super::here::{Here, LoginPath, Sent};
use crate::domain::refusal::Refused;
use crate::login::driver::Event;
use crate::login::help::Help;
use crate::login::journey::{Question, Step};
use crate::login::new_secret::Learning;
use crate::web::addresses::LoginAddress;
use crate::web::perform::{self, Scene};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{secret_pages, views};

/// Takes "now" or "later" for a password that runs out.
pub async fn runs_out(sent: Sent) -> Response {
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
    if !matches!(step, Ok(Step::Ask(Question::RunsOut { .. }))) {
        return perform::perform(&scene, tx, step).await;
    }
    if posted.one("do") == Some("now") {
        tx.fill_wish(true);
    } else if let Err(refused) = note_told(&scene, &tx).await {
        return perform::perform(&scene, tx, Err(refused)).await;
    }
    perform::advance(&scene, tx, Event::Revisited).await
}

async fn note_told(
    scene: &Scene<'_>,
    tx: &crate::login::transaction::LoginTransaction,
) -> Result<(), Refused> {
    let (Some(account), Some(version)) = (tx.account(), tx.secret_proved()) else {
        return Ok(());
    };
    let now = scene.portner.ambient.now();
    let noted = scene.portner.store.note_told(account, version, now).await;
    noted.map_err(Refused::from)
}

/// Goes on after a change.
pub async fn changed(sent: Sent) -> Response {
    let Sent {
        portner, visit, here, ..
    } = sent;
    let mut tx = here.tx.clone();
    if tx.help() == Some(&Help::Learnt) {
        tx.fill_help(None);
    }
    tx.fill_learning(Learning::default());
    perform::advance(&here.scene(&portner, &visit), tx, Event::Revisited).await
}

/// The ways to a new password.
pub async fn new_password(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<LoginPath>,
) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => {
            let scene = here.scene(&portner, &visit);
            perform::show(&scene, &here.tx, secret_pages::new_password(&scene, &here.tx)).await
        }
        Err(elsewhere) => *elsewhere,
    }
}

/// Takes the wish for a new password: the present one is asked for first.
pub async fn wish(sent: Sent) -> Response {
    let Sent {
        portner, visit, here, ..
    } = sent;
    let scene = here.scene(&portner, &visit);
    let mut tx = here.tx.clone();
    tx.fill_wish(true);
    tx.fill_mishap(None);
    let to = views::see_other(&LoginAddress::of(&tx).password());
    perform::show(&scene, &tx, to).await
}

/// What to do about a forgotten password.
pub async fn forgotten(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<LoginPath>,
) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => {
            let scene = here.scene(&portner, &visit);
            perform::show(&scene, &here.tx, secret_pages::forgotten(&scene, &here.tx)).await
        }
        Err(elsewhere) => *elsewhere,
    }
}
