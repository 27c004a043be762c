//! Getting back in by oneself, below `/faa-adgang`: user names and new passwords for whoever has just
//! proved by the national eID who they are (U21, U22, U27–U29, H12).
//!
//! What somebody may do is asked of `people::self_service` at each request, and never remembered. The
//! login that sent them here goes on where it was.

pub mod course;
pub mod done;
pub mod overview;
pub mod renewal;

use axum::response::Response;
use url::form_urlencoded;

use super::addresses::LoginAddress;
use super::own::{self, LoggedIn};
use super::pages::Form;
use super::state::Portner;
use super::visit::Visit;
use super::{refusal_page, transactions};
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamKind;
use crate::login::transaction::TransactionId;
use crate::people::self_service::Proven;
use crate::trust::registry::Registry;

/// The field of the query that names the login to go back to.
const LOGIN: &str = "login";

/// The address of the first page for somebody at this login, where anybody could prove who they are.
pub fn address(registry: &Registry, login: &LoginAddress) -> Option<String> {
    let page = OwnPage::Recovery;
    let mut eids = registry.upstreams_of(UpstreamKind::NationalEid);
    let is_open = eids.any(|eid| eid.profile.enabled && eid.profile.entitled.cpr);
    // Whoever is on the way here already finds no second way here.
    let is_here = page.service_id().as_ref() == Some(&login.service);
    (is_open && !is_here).then(|| format!("{}?{LOGIN}={}/{}", page.path(), login.service, login.tx))
}

/// The login that somebody came from, as the address of the page names it.
#[derive(Debug, Clone, Default)]
pub struct CameFrom(Option<LoginAddress>);

impl CameFrom {
    /// Reads the query; what names no login is none.
    pub fn read(query: &str) -> Self {
        let mut fields = form_urlencoded::parse(query.as_bytes());
        let named = fields.find(|(name, _)| name == LOGIN).and_then(|(_, value)| {
            let (service, tx) = value.split_once('/')?;
            Some(LoginAddress {
                service: ServiceId::parse(service)?,
                tx: TransactionId::parse(tx)?,
            })
        });
        Self(named)
    }

    /// This address with the login in it.
    pub fn along(&self, path: &str) -> String {
        match &self.0 {
            Some(login) => format!("{path}?{LOGIN}={}/{}", login.service, login.tx),
            None => path.to_owned(),
        }
    }

    /// Where to go on: the login, while this browser has it; else where its service begins; else our front.
    pub async fn onward(&self, portner: &Portner, visit: &Visit) -> String {
        const FRONT: &str = "/";
        let Some(login) = &self.0 else {
            return FRONT.to_owned();
        };
        if transactions::load(portner, &visit.cookies, login.tx)
            .await
            .is_ok()
        {
            return login.name();
        }
        let registry = portner.registry();
        let service = registry.service(&login.service);
        service.map_or(FRONT.to_owned(), |service| service.profile.start_url.to_string())
    }
}

/// A form of one of these pages, which takes the login along.
fn form(portner: &Portner, visit: &Visit, path: &str, from: &CameFrom) -> Form {
    Form {
        action: from.along(path),
        token: own::form_token(portner, visit, path),
    }
}

/// What the present login proves here.
fn proven(portner: &Portner, here: &LoggedIn) -> Result<Proven, Refused> {
    let registry = portner.registry();
    let upstream = registry.upstream(&here.session.upstream);
    let proven = upstream.and_then(|upstream| Proven::by(&upstream.profile, &here.account));
    proven.ok_or_else(|| not_found(here).because("the login does not say whom it found by CPR"))
}

/// Denmark's own words for somebody who is not there, or not theirs: the same for both (H12).
fn not_found(here: &LoggedIn) -> Refusal {
    Refusal::NotLinked {
        upstream: here.session.upstream.clone(),
    }
}

/// A refusal with the way back to the first page.
async fn refuse(portner: &Portner, visit: &Visit, refused: Refused) -> Response {
    let id = OwnPage::Recovery.service_id();
    refusal_page::outside_a_login(portner, visit, id.as_ref(), refused).await
}
