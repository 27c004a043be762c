//! The beginning of every login, once a protocol has read its request.

use axum::response::Response;

use super::circles;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::login::driver::Event;
use crate::login::outbound::Outbound;
use crate::login::request::LoginRequest;
use crate::login::transaction::{LoginTransaction, Route};
use crate::services::Received;
use crate::trust::registry::Registry;
use crate::web::pages::Receiver;
use crate::web::perform::{self, Arrival, Scene};
use crate::web::refusal_page::{self, Around};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{sessions, views};

/// Begins a login, or answers or explains why there is none. `service` is who asked, as far
/// as that is known even when the request is no good.
pub async fn begin(
    portner: &Portner,
    visit: &Visit,
    registry: &Registry,
    service: Option<&ServiceId>,
    received: Result<Received, Refused>,
) -> Response {
    match received {
        Ok(Received::Login(request)) => begin_login(portner, visit, registry, request, None).await,
        Ok(Received::Objected(request, objection)) => {
            begin_login(portner, visit, registry, request, Some(objection)).await
        }
        Ok(Received::Answered {
            service,
            outbound,
            refused,
        }) => answer(portner, visit, registry, &service, outbound, &refused).await,
        Err(refused) => refusal_page::outside_a_login(portner, visit, service, refused).await,
    }
}

async fn begin_login(
    portner: &Portner,
    visit: &Visit,
    registry: &Registry,
    request: LoginRequest,
    objection: Option<Refused>,
) -> Response {
    let Some(service) = registry.service(&request.service) else {
        return refusal_page::outside_a_login(portner, visit, None, Refusal::UnknownService).await;
    };
    // A question is shown at the login's own address, never at the protocol's.
    let scene = Scene {
        portner,
        visit,
        registry,
        service,
        arrival: Arrival::Post,
    };
    let session = match sessions::current(portner, visit).await {
        Ok(session) => session,
        Err(refused) => {
            return refusal_page::outside_a_login(portner, visit, Some(&request.service), refused).await;
        }
    };
    let passive = request.passive;
    let mut tx = LoginTransaction::begin(request, &portner.ambient);
    tx.fill_place(visit.client_prefix());
    let step = match objection {
        Some(refused) => Err(refused),
        None => {
            portner
                .driver
                .advance(registry, &mut tx, Event::Begun(session))
                .await
        }
    };
    let (step, cookie) = circles::count(&scene, passive, step);
    views::with_cookies(perform::perform(&scene, tx, step).await, cookie)
}

/// Begins a login on a way that is known already, in which the user wants a new password.
pub async fn for_new_secret(
    portner: &Portner,
    visit: &Visit,
    registry: &Registry,
    request: LoginRequest,
    route: Route,
) -> Response {
    let Some(service) = registry.service(&request.service) else {
        return refusal_page::outside_a_login(portner, visit, None, Refusal::UnknownService).await;
    };
    let scene = Scene {
        portner,
        visit,
        registry,
        service,
        arrival: Arrival::Post,
    };
    let mut tx = LoginTransaction::begin(request, &portner.ambient);
    tx.fill_route(route);
    tx.fill_wish(true);
    perform::advance(&scene, tx, Event::Revisited).await
}

/// The protocol itself has an answer to a faulty request; it is logged like any refusal.
async fn answer(
    portner: &Portner,
    visit: &Visit,
    registry: &Registry,
    service: &ServiceId,
    outbound: Outbound,
    refused: &Refused,
) -> Response {
    let service = registry.service(service).map(|service| &service.profile);
    let around = Around {
        service,
        ..Around::default()
    };
    refusal_page::record(portner, visit, around, refused).await;
    let page = views::page(portner, visit, None);
    let name = service.map(|service| service.name.in_language(page.words.language()).to_owned());
    views::send(page, Receiver::Service(name.unwrap_or_default()), outbound)
}
