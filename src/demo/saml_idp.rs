//! Lillekøbing's own login: a SAML identity provider that knows Portner by its registration.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};

use super::addresses::Addresses;
use super::broker;
use super::cast::{self, Conduct, Resident};
use super::desk::{Desk, Slip};
use super::error::DemoError;
use super::http;
use super::key_files::SharedSigner;
use super::pages::PostPage;
use super::parties::LILLEKOEBING;
use super::premises::Premises;
use crate::ambient::Ambient;
use crate::saml::authn_context::PASSWORD_PROTECTED_TRANSPORT;
use crate::saml::authn_request::{self, AuthnRequest};
use crate::saml::authn_request_write::Outbound;
use crate::saml::logout::{self, LogoutExpected};
use crate::saml::logout_send::LogoutSender;
use crate::saml::peer::{EndpointUrl, Skew};
use crate::saml::response_write::{
    AttributeNameFormat, FailureResponse, IssueFailed, IssuedAttribute, LoginResponse,
};
use crate::saml::status::{Blame, Failure, Reason, Status};
use crate::saml::xml::CanonicalXml;
use crate::saml::{
    AttributeValue, EntityId, Incoming, MessageId, MessageKind, NameId, NameIdFormat, SamlSelf, SamlService,
    binding_post,
};

/// The identity provider and whom it serves.
struct Idp {
    us: SamlSelf,
    portner: SamlService,
    signer: SharedSigner,
    /// A key that nobody was told about.
    unregistered: SharedSigner,
    /// Where it hears of logouts.
    slo: EndpointUrl,
    desk: Desk<Waiting>,
    ambient: Ambient,
}

/// A request, while its user stands at the desk.
#[derive(Clone)]
struct Waiting {
    request: AuthnRequest,
    relay_state: Option<String>,
}

/// Lillekøbing's routes.
pub(super) fn routes(premises: &Premises, ambient: &Ambient) -> Result<Router, DemoError> {
    let addresses = premises.addresses();
    let origin = Addresses::origin(addresses.lillekoebing());
    let idp = Idp {
        us: broker::saml_self(&origin, &format!("{origin}/sso"))?,
        portner: broker::as_service_of(premises, "lillekoebing")?,
        signer: premises.party_signer("lillekoebing")?,
        unregistered: premises.party_signer("lillekoebing-unregistered")?,
        slo: broker::endpoint(&format!("{origin}/slo"))?,
        desk: Desk::new(LILLEKOEBING, &cast::LILLEKOEBING, addresses, ambient),
        ambient: ambient.clone(),
    };
    Ok(Router::new()
        .route("/sso", get(receive))
        .route("/login", post(log_in))
        .route("/slo", get(log_out))
        .with_state(Arc::new(idp)))
}

/// Reads the AuthnRequest and asks who is there, with the name that Portner was told.
async fn receive(State(idp): State<Arc<Idp>>, RawQuery(query): RawQuery) -> Response {
    let Some(waiting) = idp.read(&query.unwrap_or_default()) else {
        return idp
            .desk
            .trouble("Forespørgslen kan ikke læses, eller den er ikke fra Portner.");
    };
    let typed = waiting
        .request
        .subject_hint
        .as_ref()
        .map(|name| name.value.clone());
    idp.desk.ask(waiting, &typed.unwrap_or_default())
}

/// Checks the password and sends the answer by POST.
async fn log_in(State(idp): State<Arc<Idp>>, Form(slip): Form<Slip>) -> Response {
    let (waiting, resident) = match idp.desk.read(slip) {
        Ok(found) => found,
        Err(instead) => return *instead,
    };
    match idp.answer(&waiting.request, resident).await {
        Ok(message) => {
            let acs = waiting.request.acs.url;
            let form = binding_post::write(
                acs,
                MessageKind::Response,
                &message,
                waiting.relay_state.as_deref(),
            );
            let page = PostPage {
                party: LILLEKOEBING,
                heading: "Du er logget ind",
                action: form.to.to_string(),
                fields: form.fields,
            };
            http::page(StatusCode::OK, &page)
        }
        Err(error) => {
            tracing::error!(%error, "the demo's identity provider could not answer");
            idp.desk.trouble("Svaret kunne ikke skrives.")
        }
    }
}

/// Portner ends somebody's session. This login keeps none of its own: it asks for the password each time, so
/// that what is asked of it is done already.
async fn log_out(State(idp): State<Arc<Idp>>, RawQuery(query): RawQuery) -> Response {
    match idp.say_goodbye(&query.unwrap_or_default()).await {
        Some(url) => http::see_other(&url),
        None => idp
            .desk
            .trouble("Beskeden om at logge ud kan ikke læses, eller den er ikke fra Portner."),
    }
}

impl Idp {
    /// Reads the LogoutRequest; gives where the browser brings the answer.
    async fn say_goodbye(&self, query: &str) -> Option<String> {
        let incoming = Incoming::from_redirect(query).ok()?;
        let relay_state = incoming.relay_state().map(str::to_owned);
        let message = incoming.authenticate(&self.portner.requests).ok()?;
        let expected = LogoutExpected {
            sender: &self.portner.entity_id,
            received_at: &self.slo,
            through_browser: true,
            skew: Skew::default(),
            now: self.ambient.now(),
            decryption_keys: &[],
        };
        let request = logout::accept_request(&message, &expected).ok()?;
        let sender = LogoutSender {
            issuer: &self.us.entity_id,
            signer: &*self.signer,
            id: &self.fresh_id(),
            now: self.ambient.now(),
        };
        let answer = sender.response(
            &self.portner.logout,
            &request.id,
            &Status::Success,
            relay_state.as_deref(),
        );
        match answer.await.ok()?? {
            Outbound::Redirect(url) => Some(url),
            Outbound::Post(_) => None,
        }
    }

    fn read(&self, query: &str) -> Option<Waiting> {
        let incoming = Incoming::from_redirect(query).ok()?;
        let relay_state = incoming.relay_state().map(str::to_owned);
        let message = incoming.authenticate(&self.portner.requests).ok()?;
        let request = authn_request::accept(&message, &self.portner, &self.us).ok()?;
        Some(Waiting { request, relay_state })
    }

    async fn answer(&self, request: &AuthnRequest, resident: &Resident) -> Result<CanonicalXml, IssueFailed> {
        let now = self.ambient.now();
        let hour_ago = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(now);
        match resident.conduct {
            Conduct::Honest
            | Conduct::FailsAtTheToken
            | Conduct::SpeaksOfAnEmployee
            | Conduct::LeavesOutTheCpr
            | Conduct::IsAnotherEid => self.vouch(request, resident, now, &self.signer).await,
            Conduct::SignsWithAnotherKey => self.vouch(request, resident, now, &self.unregistered).await,
            Conduct::AnswersTooLate => self.vouch(request, resident, hour_ago, &self.signer).await,
            Conduct::Declines => self.decline(request, now).await,
        }
    }

    async fn vouch(
        &self,
        request: &AuthnRequest,
        resident: &Resident,
        at: Timestamp,
        signer: &SharedSigner,
    ) -> Result<CanonicalXml, IssueFailed> {
        let one_factor = IssuedAttribute {
            name: "dk:unilogin:loa".to_owned(),
            name_format: AttributeNameFormat::Uri,
            friendly_name: None,
            values: vec![AttributeValue::Text("EnFaktor".to_owned())],
        };
        let response = LoginResponse {
            issuer: &self.us.entity_id,
            service: &self.portner,
            acs: &request.acs.url,
            in_response_to: &request.id,
            response_id: &self.fresh_id(),
            assertion_id: &self.fresh_id(),
            issue_instant: at,
            subject: &NameId::new(NameIdFormat::Persistent, resident.key),
            authn_instant: at,
            session_index: &http::ticket(&self.ambient),
            session_not_on_or_after: at.saturating_add(SignedDuration::from_hours(8)).unwrap_or(at),
            class_ref: PASSWORD_PROTECTED_TRANSPORT,
            authenticating_authorities: NOBODY_ELSE,
            attributes: &[one_factor],
        };
        response.issue(&**signer, self.ambient.entropy()).await
    }

    async fn decline(&self, request: &AuthnRequest, at: Timestamp) -> Result<CanonicalXml, IssueFailed> {
        let response = FailureResponse {
            issuer: &self.us.entity_id,
            acs: &request.acs.url,
            in_response_to: &request.id,
            response_id: &self.fresh_id(),
            issue_instant: at,
            failure: &Failure::new(Blame::Responder, Reason::AuthnFailed),
        };
        response.issue(&*self.signer).await
    }

    fn fresh_id(&self) -> MessageId {
        MessageId::fresh(self.ambient.entropy())
    }
}

/// It proves who its users are by itself.
const NOBODY_ELSE: &[EntityId] = &[];
