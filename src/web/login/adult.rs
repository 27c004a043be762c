//! `/login/{service}/{tx}/adult`: a pupil waits for an adult to say yes (U61), looks again, asks anew, has a
//! parent prove it here, proves it alone, or gives up.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::here::{Here, LoginPath, Sent};
use crate::domain::approval::EndedWhy;
use crate::domain::refusal::Refusal;
use crate::login::adult::WaitingAct;
use crate::login::driver::Event;
use crate::web::perform;
use crate::web::refusal_page::{self, Around};
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes what somebody who waits does.
pub async fn post(sent: Sent) -> Response {
    let act = match sent.posted.one("do") {
        Some("cancel") => return give_up(sent).await,
        Some("again") => Some(WaitingAct::Again),
        Some("parent") => Some(WaitingAct::ParentHere),
        Some("own") => Some(WaitingAct::OwnEid),
        _ => None,
    };
    let Sent {
        portner, visit, here, ..
    } = sent;
    let scene = here.scene(&portner, &visit);
    let event = act.map_or(Event::Revisited, Event::Waited);
    perform::advance(&scene, here.tx.clone(), event).await
}

/// `…/state`: for the page itself, which looks whether there is an answer: nothing while it waits.
pub async fn state(State(portner): State<Portner>, visit: Visit, Path(path): Path<LoginPath>) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => match portner.driver.still_waits(&here.tx).await {
            Ok(true) => StatusCode::NO_CONTENT.into_response(),
            Ok(false) | Err(_) => StatusCode::OK.into_response(),
        },
        Err(_) => StatusCode::OK.into_response(),
    }
}

/// The service hears, in its own protocol, that the level was not reached.
async fn give_up(sent: Sent) -> Response {
    let Sent {
        portner, visit, here, ..
    } = sent;
    let scene = here.scene(&portner, &visit);
    let mut tx = here.tx.clone();
    tx.take_up_again(None);
    if let Err(refused) = portner.driver.give_up_waiting(&tx, EndedWhy::Cancelled).await {
        return perform::perform(&scene, tx, Err(refused)).await;
    }
    let refused = Refusal::LevelNotReached.because("the pupil would not wait for an adult");
    let around = Around {
        tx: Some(&tx),
        service: Some(&scene.service.profile),
        ..Around::default()
    };
    refusal_page::record(&portner, &visit, around, &refused).await;
    perform::tell_service(&scene, &tx, &refused.refusal).await
}
