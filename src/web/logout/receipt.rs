//! The end of a logout: whoever asked gets their answer, and the visitor a receipt wherever
//! something is left to be said.
//!
//! A SAML service is answered at once, since its protocol can say that not everybody was
//! reached, and it may be waiting for the answer to log the user out. An OpenID client's
//! address can say nothing, so that the visitor sees the receipt first.

use std::collections::BTreeSet;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::Url;

use super::messages;
use super::participants::Party;
use super::progress::{Asker, Logout, Outcome};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::text::Language;
use crate::keys::seal::SealPurpose;
use crate::login::outbound::Outbound;
use crate::saml::MessageId;
use crate::saml::logout_send::LogoutSender;
use crate::saml::status::Status;
use crate::trust::registry::{Registry, ServiceProtocol, UpstreamProtocol};
use crate::web::pages::{BackToService, EidOpenPage, Frame, LoggedOutPage, Onward, Receiver};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{headers, refusal_page, sealed_link, views};

/// Answers whoever asked, with a receipt where one is due.
pub async fn answer(portner: &Portner, visit: &Visit, logout: &Logout) -> Response {
    let way_on = match way_on(portner, logout).await {
        Ok(way_on) => way_on,
        Err(refused) => return refusal_page::of_a_logout(portner, visit, None, refused).await,
    };
    if let Asker::Login(_, address) = &logout.asker {
        return on_with_login(portner, visit, logout, address);
    }
    let says_all_itself = logout.is_whole() || !matches!(logout.asker, Asker::Client(..));
    match way_on {
        Some(outbound) if logout.frames.is_empty() && says_all_itself => {
            let page = views::page(portner, visit, None);
            let receiver = receiver(portner, &logout.asker, page.words.language());
            views::send(page, receiver, outbound)
        }
        way_on => show(portner, visit, logout, way_on),
    }
}

/// The login goes on; where the eID was not left for certain, after a page that says so.
fn on_with_login(portner: &Portner, visit: &Visit, logout: &Logout, address: &str) -> Response {
    let stays = logout.told.iter().find(|(_, outcome)| *outcome != Outcome::Done);
    let Some((eid, _)) = stays else {
        return views::see_other(address);
    };
    let mut page = views::page(portner, visit, None);
    // The page is the end of a way that nobody goes twice: in the other language the login goes on.
    page.language_link = format!("{address}?lang={}", page.other_lang());
    let view = EidOpenPage {
        eid: eid.name(&portner.registry(), page.words.language()),
        onward: address.to_owned(),
        page,
    };
    views::html(StatusCode::OK, &view)
}

/// How the browser gets back to whoever asked, with the protocol's answer.
async fn way_on(portner: &Portner, logout: &Logout) -> Result<Option<Outbound>, Refused> {
    let registry = portner.registry();
    let status = if logout.is_whole() {
        Status::Success
    } else {
        Status::Partial
    };
    let id = MessageId::fresh(portner.ambient.entropy());
    let now = portner.ambient.now();
    match &logout.asker {
        Asker::Visitor(_) | Asker::Login(..) | Asker::Unanswered(_) => Ok(None),
        Asker::Client(_, address) => {
            let url = Url::parse(address).map_err(|error| Refusal::Internal.because(error))?;
            Ok(Some(Outbound::Redirect(url)))
        }
        Asker::Service(service, request, relay_state) => {
            let Some(ServiceProtocol::Saml(peer)) =
                registry.service(service).map(|service| &service.protocol)
            else {
                return Ok(None);
            };
            let signer = portner.services.saml.signer_for(peer)?;
            let sender = LogoutSender {
                issuer: &portner.services.saml.us.entity_id,
                signer: &*signer,
                id: &id,
                now,
            };
            messages::answer(&sender, &peer.logout, request, &status, relay_state.as_deref()).await
        }
        Asker::Upstream(upstream, request, relay_state) => {
            let Some(UpstreamProtocol::Saml(idp, _)) =
                registry.upstream(upstream).map(|upstream| &upstream.protocol)
            else {
                return Ok(None);
            };
            let signer = portner.upstreams.saml.signer_for(idp)?;
            let sender = LogoutSender {
                issuer: &portner.upstreams.saml.entity_id,
                signer: &*signer,
                id: &id,
                now,
            };
            messages::answer(&sender, &idp.logout, request, &status, relay_state.as_deref()).await
        }
    }
}

fn receiver(portner: &Portner, asker: &Asker, language: Language) -> Receiver {
    let registry = portner.registry();
    match asker {
        Asker::Upstream(id, ..) => Receiver::Upstream(Party::Upstream(id.clone()).name(&registry, language)),
        Asker::Client(id, ..) | Asker::Service(id, ..) | Asker::Login(id, ..) => {
            Receiver::Service(Party::Service(id.clone()).name(&registry, language))
        }
        Asker::Visitor(_) | Asker::Unanswered(_) => Receiver::Ourselves,
    }
}

/// `GET /logged-out`: the receipt once more, in the other language. Nobody is told again.
pub async fn again(State(portner): State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let Some(mut logout) = sealed_link::read::<Logout>(&portner, SealPurpose::Receipt, &query) else {
        return refusal_page::outside_a_login(&portner, &visit, None, Refusal::NoSuchPage).await;
    };
    logout.frames.clear();
    let way_on = match &logout.asker {
        Asker::Client(_, address) => Url::parse(address).ok().map(Outbound::Redirect),
        Asker::Visitor(_)
        | Asker::Login(..)
        | Asker::Service(..)
        | Asker::Upstream(..)
        | Asker::Unanswered(_) => None,
    };
    show(&portner, &visit, &logout, way_on)
}

fn show(portner: &Portner, visit: &Visit, logout: &Logout, way_on: Option<Outbound>) -> Response {
    let mut page = views::page(portner, visit, None);
    if let Some(address) = sealed_link::address(portner, SealPurpose::Receipt, "/logged-out", logout) {
        page.language_link = format!("{address}&lang={}", page.other_lang());
    }
    let language = page.words.language();
    let registry = portner.registry();
    let told = Told::sorted(logout, &registry, language);
    let back = match &logout.asker {
        Asker::Visitor(service) => service.as_ref().and_then(|id| registry.service(id)),
        Asker::Client(service, _)
        | Asker::Login(service, _)
        | Asker::Service(service, ..)
        | Asker::Unanswered(Party::Service(service)) => registry.service(service),
        Asker::Upstream(..) | Asker::Unanswered(Party::Upstream(_)) => None,
    };
    let frames: Vec<Frame> = logout
        .frames
        .iter()
        .map(|(service, url)| Frame {
            name: Party::Service(service.clone()).name(&registry, language),
            url: url.clone(),
        })
        .collect();
    let onward = way_on.map(|outbound| onward(portner, logout, language, outbound));
    let view = LoggedOutPage {
        done: told.done,
        asked: told.asked,
        silent: told.silent,
        no_way: told.no_way,
        upstreams: told.upstreams,
        onward,
        service: back.map(|service| views::back_to(&service.profile, language)),
        frames,
        page,
    };
    let mut response = views::html(StatusCode::OK, &view);
    if !logout.frames.is_empty() {
        let (name, value) = headers::with_frames(&portner.settings.origin, &origins(logout));
        response.headers_mut().insert(name, value);
    }
    response
}

fn onward(portner: &Portner, logout: &Logout, language: Language, outbound: Outbound) -> Onward {
    let name = match receiver(portner, &logout.asker, language) {
        Receiver::Service(name) | Receiver::Upstream(name) => name,
        Receiver::Ourselves => String::new(),
    };
    // Where there is nothing to read, nobody has to press a button, once the frames have loaded.
    let at_once = logout.is_whole() || !matches!(logout.asker, Asker::Client(..));
    match outbound {
        Outbound::Redirect(url) => Onward::Link {
            to: BackToService {
                service: name,
                url: url.into(),
                is_own: false,
            },
            at_once,
        },
        Outbound::PostForm { to, fields } => Onward::Form {
            service: name,
            action: to.into(),
            fields,
        },
    }
}

/// The origins of the frames: nothing else may be framed.
fn origins(logout: &Logout) -> BTreeSet<String> {
    let urls = logout.frames.iter().filter_map(|(_, url)| Url::parse(url).ok());
    urls.map(|url| url.origin().ascii_serialization()).collect()
}

/// The names of everybody, by what became of telling them.
#[derive(Default)]
struct Told {
    done: Vec<String>,
    asked: Vec<String>,
    silent: Vec<String>,
    no_way: Vec<String>,
    upstreams: Vec<String>,
}

impl Told {
    /// Each party once: where it took part several times, by the worst that became of it.
    fn sorted(logout: &Logout, registry: &Registry, language: Language) -> Self {
        let mut parties: Vec<(&Party, Outcome)> = Vec::new();
        for (party, outcome) in &logout.told {
            match parties.iter_mut().find(|(known, _)| known == &party) {
                Some((_, known)) => *known = worse(*known, *outcome),
                None => parties.push((party, *outcome)),
            }
        }
        let mut told = Self::default();
        for (party, outcome) in parties {
            let name = party.name(registry, language);
            let list = match (party, outcome) {
                (_, Outcome::Done) => &mut told.done,
                (_, Outcome::Framed) => &mut told.asked,
                (Party::Upstream(_), Outcome::Silent | Outcome::NoWay) => &mut told.upstreams,
                (Party::Service(_), Outcome::Silent) => &mut told.silent,
                (Party::Service(_), Outcome::NoWay) => &mut told.no_way,
            };
            list.push(name);
        }
        told
    }
}

const fn worse(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Outcome::Silent, _) | (_, Outcome::Silent) => Outcome::Silent,
        (Outcome::NoWay, _) | (_, Outcome::NoWay) => Outcome::NoWay,
        (Outcome::Framed, _) | (_, Outcome::Framed) => Outcome::Framed,
        (Outcome::Done, Outcome::Done) => Outcome::Done,
    }
}
