//! Skolebroen and Elevplanen: SAML service providers that show what they receive.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query, RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::addresses::Addresses;
use super::broker;
use super::error::DemoError;
use super::http::{self, Shelf};
use super::key_files::SharedSigner;
use super::outcome::{Outcome, WayOut};
use super::pages::{PostPage, ProblemPage, ServicePage};
use super::parties::SKOLEBROEN;
use super::premises::Premises;
use super::services::{Protocol, Registration};
use crate::ambient::Ambient;
use crate::domain::assurance::Comparison;
use crate::domain::release::SubjectKind;
use crate::saml::authn_context::RequestedAuthnContext;
use crate::saml::authn_request::Scoping;
use crate::saml::authn_request_write::{AuthnQuestion, Outbound};
use crate::saml::checks::Expected;
use crate::saml::logout::{self, LogoutExpected, LogoutRequest};
use crate::saml::logout_send::{LogoutSender, SessionToEnd};
use crate::saml::peer::RequestTrust;
use crate::saml::response::{self, Answer};
use crate::saml::status::Status;
use crate::saml::{
    AcceptedAssertion, AttributeValue, EntityId, Incoming, MessageId, MessageKind, NameId, SamlIdp, SamlSelf,
};

const NAME: &str = Protocol::Saml.as_str();

/// How services of the school sector ask for two factors.
const TWO_FACTORS: &str = "dk:unilogin:loa:ToFaktor";
/// How they ask for the level that an adult can vouch for.
pub(super) const AN_ADULT: &str = "dk:unilogin:loa:VoksenVerificeret";

/// The web site of the SAML services.
struct Site {
    addresses: Addresses,
    portner: SamlIdp,
    /// The national eID's name, for doors that lead straight there.
    eid: EntityId,
    signer: SharedSigner,
    /// Requests that wait for an answer, by relay state. The answer comes by a cross-site
    /// POST, which brings no cookie along.
    asked: Shelf<String>,
    visits: Shelf<Outcome>,
    /// Sessions that Portner says are over, by its name for them.
    ended: Shelf<()>,
    ambient: Ambient,
}

/// How a login is begun.
#[derive(Deserialize)]
pub(super) struct Wishes {
    pub(super) fresh: Option<String>,
    pub(super) idp: Option<String>,
}

#[derive(Deserialize)]
struct Posted {
    #[serde(rename = "SAMLResponse")]
    response: String,
    #[serde(rename = "RelayState")]
    relay_state: Option<String>,
}

#[derive(Deserialize)]
struct PostedGoodbye {
    #[serde(rename = "SAMLRequest")]
    request: String,
    #[serde(rename = "RelayState")]
    relay_state: Option<String>,
}

/// The site's routes.
pub(super) fn routes(premises: &Premises, ambient: &Ambient) -> Result<Router, DemoError> {
    let addresses = premises.addresses();
    let site = Site {
        addresses,
        portner: broker::as_idp(premises)?,
        eid: broker::entity_id(&Addresses::origin(addresses.eid()))?,
        signer: premises.party_signer("skolebroen")?,
        asked: Shelf::new(ambient),
        visits: Shelf::new(ambient),
        ended: Shelf::new(ambient),
        ambient: ambient.clone(),
    };
    Ok(Router::new()
        .route("/{service}", get(show))
        .route("/{service}/login", get(log_in))
        .route("/{service}/acs", post(receive))
        .route("/{service}/logout", post(log_out))
        .route("/{service}/slo", get(hear_of_logout).post(hear_of_logout_posted))
        .with_state(Arc::new(site)))
}

/// Sends the user to Portner with a signed AuthnRequest.
async fn log_in(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let Some(service) = Registration::hosted(Protocol::Saml, &service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    match site.ask(service, &wishes).await {
        Some(address) => http::see_other(&address),
        None => site.trouble("Forespørgslen til Portner kunne ikke skrives."),
    }
}

/// Takes Portner's answer, checks it, and shows it at an address that can be loaded again.
async fn receive(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    Form(posted): Form<Posted>,
) -> Response {
    let Some(service) = Registration::hosted(Protocol::Saml, &service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    let visit = site.visits.put(site.judge(service, &posted));
    let cookie = http::cookie(&cookie_name(service), &visit);
    (
        [(SET_COOKIE, cookie)],
        http::see_other(&service.home(site.addresses)),
    )
        .into_response()
}

/// What this browser's last login here came to.
async fn show(State(site): State<Arc<Site>>, Path(service): Path<String>, headers: HeaderMap) -> Response {
    let Some(service) = Registration::hosted(Protocol::Saml, &service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    let visit = http::cookie_of(&headers, &cookie_name(service)).and_then(|visit| site.visits.look(visit));
    let is_over = |visit: &Outcome| {
        let index = visit.seat().and_then(|(_, index)| index);
        index.is_some_and(|index| site.ended.look(index).is_some())
    };
    let outcome = visit
        .filter(|visit| !is_over(visit))
        .unwrap_or_else(|| Outcome::nobody(NAME));
    let page = ServicePage {
        party: service.party(),
        start: service.login_url(site.addresses),
        logout: outcome.seat().map(|_| service.logout_url(site.addresses)),
        outcome,
        home: site.addresses.start_url(),
    };
    http::page(StatusCode::OK, &page)
}

/// Forgets who was here, and asks Portner to log the user out everywhere.
async fn log_out(State(site): State<Arc<Site>>, Path(service): Path<String>, headers: HeaderMap) -> Response {
    let Some(service) = Registration::hosted(Protocol::Saml, &service) else {
        return site.trouble("Den tjeneste er her ikke.");
    };
    let visit = http::cookie_of(&headers, &cookie_name(service)).and_then(|visit| site.visits.take(visit));
    let forgotten = [(SET_COOKIE, http::no_cookie(&cookie_name(service)))];
    let request = match visit.as_ref().and_then(Outcome::seat) {
        Some(seat) => site.say_goodbye(service, seat).await,
        None => None,
    };
    let onward = match request {
        Some(Outbound::Redirect(address)) => http::see_other(&address),
        Some(Outbound::Post(form)) => {
            let page = PostPage {
                party: service.party(),
                heading: "Du bliver logget ud",
                action: form.to.to_string(),
                fields: form.fields,
            };
            http::page(StatusCode::OK, &page)
        }
        None => http::see_other(&service.home(site.addresses)),
    };
    (forgotten, onward).into_response()
}

/// Portner asks for a logout by Redirect, or answers that it is done.
async fn hear_of_logout(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let incoming = Incoming::from_redirect(&query.unwrap_or_default());
    site.hear(&service, incoming.ok()).await
}

/// Portner asks by POST. The cookie does not come along, so the session is known by its index.
async fn hear_of_logout_posted(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    Form(posted): Form<PostedGoodbye>,
) -> Response {
    let incoming = Incoming::from_post(MessageKind::Request, &posted.request, posted.relay_state);
    site.hear(&service, incoming.ok()).await
}

impl Site {
    async fn hear(&self, service: &str, incoming: Option<Incoming>) -> Response {
        let Some(service) = Registration::hosted(Protocol::Saml, service) else {
            return self.trouble("Den tjeneste er her ikke.");
        };
        let home = http::see_other(&service.home(self.addresses));
        let Some(incoming) = incoming else {
            return self.trouble("Beskeden kan ikke læses.");
        };
        if incoming.kind() == MessageKind::Response {
            return home;
        }
        let relay_state = incoming.relay_state().map(str::to_owned);
        let Some(request) = self.read_goodbye(service, incoming) else {
            return self.trouble("Beskeden er ikke fra Portner.");
        };
        for index in &request.session_indexes {
            self.ended.put_under(index, ());
        }
        let answer = self.answer_goodbye(&request.id, relay_state.as_deref(), service);
        match answer.await {
            Some(Outbound::Redirect(address)) => http::see_other(&address),
            _ => home,
        }
    }

    /// The request that ends a session at Portner.
    async fn say_goodbye(
        &self,
        service: &Registration,
        (name_id, index): (&NameId, Option<&str>),
    ) -> Option<Outbound> {
        let (id, us) = (MessageId::fresh(self.ambient.entropy()), self.us(service)?);
        let session = SessionToEnd {
            name_id,
            index,
            is_telling: service.subject == SubjectKind::UniId,
            encryption: None,
        };
        let sender = self.sender(&us, &id);
        let request = sender.request(&self.portner.logout, session, "farvel");
        request.await.ok()?
    }

    fn read_goodbye(&self, service: &Registration, incoming: Incoming) -> Option<LogoutRequest> {
        let message = incoming
            .authenticate(&RequestTrust::Signed(self.portner.keys.clone()))
            .ok()?;
        let here = broker::endpoint(&service.slo_url(self.addresses)).ok()?;
        let expected = LogoutExpected {
            sender: &self.portner.entity_id,
            received_at: &here,
            through_browser: true,
            skew: self.portner.skew,
            decryption_keys: &[],
            now: self.ambient.now(),
        };
        logout::accept_request(&message, &expected).ok()
    }

    async fn answer_goodbye(
        &self,
        request: &str,
        relay_state: Option<&str>,
        service: &Registration,
    ) -> Option<Outbound> {
        let (id, us) = (MessageId::fresh(self.ambient.entropy()), self.us(service)?);
        let sender = self.sender(&us, &id);
        let answer = sender.response(&self.portner.logout, request, &Status::Success, relay_state);
        answer.await.ok()?
    }

    fn sender<'a>(&'a self, us: &'a SamlSelf, id: &'a MessageId) -> LogoutSender<'a> {
        LogoutSender {
            issuer: &us.entity_id,
            signer: &*self.signer,
            id,
            now: self.ambient.now(),
        }
    }

    async fn ask(&self, service: &Registration, wishes: &Wishes) -> Option<String> {
        let id = MessageId::fresh(self.ambient.entropy());
        let relay_state = self.asked.put(id.as_str().to_owned());
        let wanted = match (service.asks_for_two_factors, service.asks_for_an_adult) {
            (true, _) => Some(TWO_FACTORS),
            (false, true) => Some(AN_ADULT),
            (false, false) => None,
        };
        let context = wanted.map(|wanted| RequestedAuthnContext {
            comparison: Comparison::Minimum,
            class_refs: vec![wanted.to_owned()],
        });
        let eid_alone = Scoping {
            idp_list: vec![self.eid.clone()],
            ..Scoping::default()
        };
        let question = AuthnQuestion {
            us: &self.us(service)?,
            idp: &self.portner,
            id: &id,
            issue_instant: self.ambient.now(),
            force_authn: wishes.fresh.is_some(),
            is_passive: false,
            subject: None,
            context: context.as_ref(),
            scoping: wishes.idp.as_ref().map(|_| &eid_alone),
        };
        match question.send(Some(&relay_state), &*self.signer).await.ok()? {
            Outbound::Redirect(address) => Some(address),
            Outbound::Post(_) => None,
        }
    }

    fn judge(&self, service: &Registration, posted: &Posted) -> Outcome {
        let asked = posted
            .relay_state
            .as_ref()
            .and_then(|relay_state| self.asked.take(relay_state));
        let (Some(request_id), Some(us)) = (asked, self.us(service)) else {
            return Outcome::not_believed(NAME, "in_response_to");
        };
        let incoming = match Incoming::from_post(MessageKind::Response, &posted.response, None) {
            Ok(incoming) => incoming,
            Err(refusal) => return Outcome::not_believed(NAME, refusal.reason()),
        };
        let expected = Expected {
            idp: &self.portner,
            us: &us,
            received_at: &us.acs,
            request_id: &request_id,
            authenticated_since: None,
            now: self.ambient.now(),
            decryption_keys: &[],
        };
        match response::accept(incoming.document(), &expected) {
            Ok(Answer::LoggedIn(assertion)) => logged_in(&assertion),
            Ok(Answer::Declined(failure)) => {
                let status = failure.reason.map(|reason| format!("{reason:?}"));
                let error = format!("{:?}", failure.blame);
                Outcome::refused(NAME, [("error", error.into()), ("status", status.into())])
            }
            Err(denied) => Outcome::not_believed(NAME, denied.reason()),
        }
    }

    fn us(&self, service: &Registration) -> Option<SamlSelf> {
        broker::saml_self(&service.home(self.addresses), &service.answer_url(self.addresses)).ok()
    }

    fn trouble(&self, text: &str) -> Response {
        let page = ProblemPage {
            party: SKOLEBROEN,
            text,
            home: self.addresses.start_url(),
        };
        http::page(StatusCode::BAD_REQUEST, &page)
    }
}

fn cookie_name(service: &Registration) -> String {
    format!("{}_{}", service.party().cookie, service.id)
}

fn logged_in(assertion: &AcceptedAssertion) -> Outcome {
    let attributes = assertion.attributes.names().map(|name| {
        let values = assertion.attributes.values(name).iter().map(|value| match value {
            AttributeValue::Text(text) => Value::from(text.as_str()),
            AttributeValue::Name(name) => Value::from(name.value.as_str()),
        });
        (name.to_owned(), values.collect::<Vec<_>>().into())
    });
    let attributes: Map<String, Value> = attributes.collect();
    let level = assertion.class_ref.as_deref();
    let way_out = WayOut::Saml {
        name: assertion.name_id.clone(),
        index: assertion.session_index.clone(),
    };
    Outcome::logged_in(NAME, &assertion.name_id.value, level, "attributes", attributes).with_way_out(way_out)
}
