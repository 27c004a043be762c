//! `GET /stopped`: a refusal once more, in the other language.
//!
//! A refusal is shown where it happens: at an address that takes an upstream's answer, at the
//! end of a form, anywhere. Asking for that address again would do something, or find nothing.
//! So the page's language link leads here, with everything that was said sealed into it. It was
//! logged and counted when it happened; looking at it again leaves nothing behind.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::refusal_page::{self, Around};
use super::sealed_link;
use super::state::Portner;
use super::transactions;
use super::visit::Visit;
use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceId;
use crate::keys::seal::SealPurpose;
use crate::login::transaction::{LoginTransaction, Stopped, TransactionId};

/// What the page was about.
#[derive(Serialize, Deserialize)]
struct Said {
    refusal: Refusal,
    service: Option<ServiceId>,
    tx: Option<TransactionId>,
    reference: Uuid,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
}

/// The address of the same page, in the language that is added to it; nothing where it cannot be sealed.
pub fn address(portner: &Portner, around: Around<'_>, stopped: &Stopped) -> Option<String> {
    let said = Said {
        refusal: stopped.refusal.clone(),
        service: around.service.map(|service| service.id.clone()),
        tx: around.tx.map(LoginTransaction::id),
        reference: stopped.reference,
        at: stopped.at,
    };
    sealed_link::address(portner, SealPurpose::Stopped, "/stopped", &said)
}

/// Shows it again. What we did not seal ourselves is an address where nothing lives.
pub async fn get(State(portner): State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let Some(said) = sealed_link::read::<Said>(&portner, SealPurpose::Stopped, &query) else {
        return refusal_page::outside_a_login(&portner, &visit, None, Refusal::NoSuchPage).await;
    };
    let registry = portner.registry();
    let service = said.service.as_ref().and_then(|id| registry.service(id));
    let tx = match said.tx {
        Some(id) => transactions::load(&portner, &visit.cookies, id).await.ok(),
        None => None,
    };
    let around = Around {
        tx: tx.as_ref(),
        service: service.map(|service| &service.profile),
        ..Around::default()
    };
    let stopped = Stopped {
        refusal: said.refusal,
        reference: said.reference,
        at: said.at,
    };
    refusal_page::again(&portner, &visit, around, &stopped)
}
