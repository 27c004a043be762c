//! From an address below `/login/{service}/{tx}` to the login that it names, as this browser
//! holds it; or to the one page that leads back to the service.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceId;
use crate::login::transaction::{LoginTransaction, TransactionId};
use crate::trust::registry::{Registry, Service};
use crate::web::addresses::LoginAddress;
use crate::web::incoming::Posted;
use crate::web::perform::{Arrival, Scene};
use crate::web::state::Portner;
use crate::web::views::SentForm;
use crate::web::visit::Visit;
use crate::web::{csrf, refusal_page, transactions, views};

/// The variable parts of the address.
#[derive(Debug, Deserialize)]
pub struct LoginPath {
    service: String,
    tx: String,
}

/// A form of one of a login's pages, sent by the browser that holds the login: what every handler that takes
/// one begins with.
pub struct Sent {
    /// The running installation.
    pub portner: Portner,
    /// The browser's request.
    pub visit: Visit,
    /// The login, as this browser holds it.
    pub here: Here,
    /// The fields of the form, each there once.
    pub posted: Posted,
}

impl FromRequest<Portner> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, portner: &Portner) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(visit) = Visit::from_request_parts(&mut parts, portner).await;
        let path = Path::<LoginPath>::from_request_parts(&mut parts, portner).await;
        let Path(path) = path.map_err(IntoResponse::into_response)?;
        let body = Bytes::from_request(Request::from_parts(parts, body), portner).await;
        let posted = Posted::read(&body.map_err(IntoResponse::into_response)?);
        match Here::post(portner, &visit, &path, &posted).await {
            Ok(here) => Ok(Self {
                portner: portner.clone(),
                visit,
                here,
                posted,
            }),
            Err(elsewhere) => Err(*elsewhere),
        }
    }
}

/// A login that this browser holds, at one of its pages.
pub struct Here {
    registry: Arc<Registry>,
    service: Arc<Service>,
    arrival: Arrival,
    /// The login, as the browser's cookie holds it.
    pub tx: LoginTransaction,
}

impl Here {
    /// For showing a page.
    pub async fn get(portner: &Portner, visit: &Visit, path: &LoginPath) -> Result<Self, Box<Response>> {
        Self::open(portner, visit, path, Arrival::Get).await
    }

    /// For taking in a form of ours: it must come from our own page of this very login.
    async fn post(
        portner: &Portner,
        visit: &Visit,
        path: &LoginPath,
        posted: &Posted,
    ) -> Result<Self, Box<Response>> {
        let here = Self::open(portner, visit, path, Arrival::Post).await?;
        let from_elsewhere = csrf::is_from_elsewhere(&visit.headers, portner.settings.origin.as_str());
        let form = posted.one("form").filter(|_| !from_elsewhere);
        match form.map_or(SentForm::Foreign, |given| views::sent_form(&here.tx, given)) {
            SentForm::Current => Ok(here),
            // Nothing is done to a user whom the page was not about; what the login asks now is shown.
            SentForm::Stale => Err(Box::new(views::see_other(&LoginAddress::of(&here.tx).current()))),
            SentForm::Foreign => {
                let service = Some(&here.service.profile.id);
                let refused = Refusal::FormRefused;
                Err(Box::new(
                    refusal_page::outside_a_login(portner, visit, service, refused).await,
                ))
            }
        }
    }

    async fn open(
        portner: &Portner,
        visit: &Visit,
        path: &LoginPath,
        arrival: Arrival,
    ) -> Result<Self, Box<Response>> {
        let registry = portner.registry();
        let service = ServiceId::parse(&path.service).and_then(|id| registry.service(&id).cloned());
        let opened = match (&service, TransactionId::parse(&path.tx)) {
            (Some(_), Some(tx)) => transactions::load(portner, &visit.cookies, tx).await,
            _ => Err(Refusal::NoSuchPage),
        };
        match (service, opened) {
            (Some(service), Ok(tx)) if tx.request().service == service.profile.id => Ok(Self {
                registry,
                service,
                arrival,
                tx,
            }),
            (service, opened) => {
                let refusal = opened.err().unwrap_or(Refusal::NoSuchPage);
                let service = service.map(|service| service.profile.id.clone());
                Err(Box::new(
                    refusal_page::outside_a_login(portner, visit, service.as_ref(), refusal).await,
                ))
            }
        }
    }

    /// What performing a step needs.
    pub fn scene<'a>(&'a self, portner: &'a Portner, visit: &'a Visit) -> Scene<'a> {
        Scene {
            portner,
            visit,
            registry: &self.registry,
            service: &self.service,
            arrival: self.arrival,
        }
    }
}
