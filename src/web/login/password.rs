//! `/login/{service}/{tx}/password`: the second page for users of the central store.

use axum::extract::{Path, State};
use axum::response::Response;

use super::here::{Here, LoginPath, Sent};
use super::picking::{self, Picked};
use crate::domain::refusal::Refusal;
use crate::login::driver::Event;
use crate::login::new_secret::Picking;
use crate::login::transaction::Mishap;
use crate::upstreams::credentials::Given;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{perform, secret_pages, views, whence};

/// The page for a password; without a name there is nothing to ask a password for.
pub async fn get(State(portner): State<Portner>, visit: Visit, Path(path): Path<LoginPath>) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => perform::advance(&here.scene(&portner, &visit), here.tx.clone(), Event::Revisited).await,
        Err(elsewhere) => *elsewhere,
    }
}

/// Takes a password. A wrong one is asked for again on the same page.
pub async fn post(sent: Sent) -> Response {
    let Sent {
        portner,
        visit,
        here,
        posted,
    } = sent;
    let scene = here.scene(&portner, &visit);
    let whence = whence::of(&portner, &visit);
    let mut tx = here.tx.clone();
    let picked = secret_pages::grid_secret(&tx).map(|grid| picking::read(&grid, tx.picking(), &posted));
    let given = match picked {
        Ok(Some(Picked::GoOn(picking))) => {
            tx.fill_mishap(None);
            tx.fill_picking(picking);
            return perform::advance(&scene, tx, Event::Revisited).await;
        }
        Ok(Some(Picked::Done(sequence))) => Given::Pictures(sequence),
        Ok(None) => Given::Text(posted.one("password").unwrap_or_default().to_owned()),
        Err(refused) => return perform::perform(&scene, tx, Err(refused)).await,
    };
    tx.fill_picking(Picking::default());
    let proved = portner
        .upstreams
        .credentials
        .finish(scene.registry, &tx, given, &whence)
        .await;
    match proved {
        Ok(answer) => {
            let account = answer.claimed.account;
            let cookie = account.and_then(|account| whence::proven(&portner, whence, account));
            let event = Event::Proved(Box::new(answer));
            views::with_cookies(perform::advance(&scene, tx, event).await, cookie)
        }
        Err(refused)
            if matches!(
                refused.refusal,
                Refusal::WrongPassword | Refusal::TooManyAttempts { .. } | Refusal::StrangersWait { .. }
            ) =>
        {
            let mishap = Mishap::of_password(refused.refusal.clone());
            perform::mishap(&scene, tx, &refused, mishap).await
        }
        Err(refused) => perform::perform(&scene, tx, Err(refused)).await,
    }
}
