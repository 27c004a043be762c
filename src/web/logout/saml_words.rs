//! What SAML logout messages have in common, whoever sends them: how they arrive, that they
//! count once, and how a call by SOAP is answered.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::denied::{denied, denied_because};
use crate::domain::refusal::{Culprit, Refusal, Refused};
use crate::saml::incoming::IncomingRefusal;
use crate::saml::logout::REMEMBERED_FOR;
use crate::saml::peer::RequestTrust;
use crate::saml::{Authenticated, EntityId, Incoming, MessageKind};
use crate::store::ephemeral::StateKey;
use crate::web::incoming::Posted;
use crate::web::state::Portner;

/// Reads messages as they arrive.
pub struct Arrived;

impl Arrived {
    /// In the query of a redirect.
    pub fn by_redirect(query: Option<&str>) -> Result<Incoming, Refused> {
        Incoming::from_redirect(query.unwrap_or_default()).map_err(unreadable)
    }

    /// In a form.
    pub fn by_post(posted: &Posted) -> Result<Incoming, Refused> {
        let relay_state = posted.one("RelayState").map(str::to_owned);
        let message = |kind: MessageKind| posted.one(kind.parameter()).map(|field| (kind, field));
        let messages = (message(MessageKind::Request), message(MessageKind::Response));
        let ((Some((kind, field)), None) | (None, Some((kind, field)))) = messages else {
            return Err(denied("no_message"));
        };
        Incoming::from_post(kind, field, relay_state).map_err(unreadable)
    }

    /// In an envelope.
    pub fn by_soap(body: &[u8]) -> Result<Incoming, Refused> {
        Incoming::from_soap(body).map_err(unreadable)
    }
}

fn unreadable(error: IncomingRefusal) -> Refused {
    if error.is_too_large() {
        return Refusal::TooLarge {
            from: Culprit::Service,
        }
        .because(error);
    }
    denied_because(error.reason(), error)
}

/// Checks the signature, which a logout message always has.
pub fn authenticate(incoming: Incoming, trust: &RequestTrust) -> Result<Authenticated, Refused> {
    incoming
        .authenticate(trust)
        .map_err(|error| denied_because("signature", error))
}

/// A request counts once, even across restarts and nodes: one that names no session would end
/// later ones as well.
pub async fn once(portner: &Portner, sender: &EntityId, id: &str) -> Result<(), Refused> {
    let key = StateKey::of("saml.logout", &[sender.as_str(), id]);
    if portner.writer.once(key, REMEMBERED_FOR).await? {
        Ok(())
    } else {
        Err(denied("replay"))
    }
}

/// An answer by SOAP.
pub fn soap(envelope: String) -> Response {
    ([(CONTENT_TYPE, "text/xml; charset=utf-8")], envelope).into_response()
}

/// A refusal by SOAP: the code, and nothing that would help to find out more.
pub fn soap_fault(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.refusal.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    let code = refused.refusal.code();
    let fault = format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>\
         <faultcode>soap:Client</faultcode><faultstring>{code}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    );
    (status, [(CONTENT_TYPE, "text/xml; charset=utf-8")], fault).into_response()
}
