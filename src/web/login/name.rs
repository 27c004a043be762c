//! `/login/{service}/{tx}/name`: who are you?

use axum::extract::{Path, State};
use axum::response::Response;

use super::here::{Here, LoginPath, Sent};
use crate::domain::refusal::Refusal;
use crate::login::driver::Event;
use crate::login::transaction::Mishap;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{perform, views, whence};

/// The page for a name, also for those who come back to it.
pub async fn get(State(portner): State<Portner>, visit: Visit, Path(path): Path<LoginPath>) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => {
            let scene = here.scene(&portner, &visit);
            match perform::name_page(&scene, &here.tx).await {
                Ok(page) => perform::show(&scene, &here.tx, page).await,
                Err(refused) => perform::perform(&scene, here.tx.clone(), Err(refused)).await,
            }
        }
        Err(elsewhere) => *elsewhere,
    }
}

/// Takes a name. One that leads nowhere is asked for again on the same page (E1, E5).
pub async fn post(sent: Sent) -> Response {
    let Sent {
        portner,
        visit,
        here,
        posted,
    } = sent;
    let scene = here.scene(&portner, &visit);
    let typed = posted.one("name").unwrap_or_default().to_owned();
    let (whence, cookie) = whence::named(&portner, &visit);
    let mut tx = here.tx.clone();
    tx.fill_mishap(None);
    let step = portner
        .driver
        .advance(scene.registry, &mut tx, Event::NameTyped(typed.clone(), whence))
        .await;
    let response = match step {
        Err(refused) if is_about_the_name(&refused.refusal) => {
            let mishap = Mishap::of_name(&typed, refused.refusal.clone());
            perform::mishap(&scene, tx, &refused, mishap).await
        }
        step => perform::perform(&scene, tx, step).await,
    };
    views::with_cookies(response, cookie)
}

fn is_about_the_name(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::UnknownUserName
            | Refusal::UnknownDomain { .. }
            | Refusal::MalformedName
            | Refusal::NameNotForService
    )
}
