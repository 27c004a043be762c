//! Who asks: services, in two protocols, seen by the journey as one.
//!
//! `receive` turns a protocol's request into a [`LoginRequest`];
//! `answer` and `refuse` turn the journey's end into what the service understands. Adding a
//! protocol is a file here and an arm below.

pub mod oidc;
pub mod own;
pub mod saml;
mod words;

use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::text::given;
use crate::login::answer::LoginAnswer;
use crate::login::outbound::Outbound;
use crate::login::request::LoginRequest;
use crate::login::transaction::LoginTransaction;
use crate::store::grants::NewGrant;
use crate::trust::registry::{Service, ServiceProtocol};

/// What became of a service's request.
#[derive(Debug)]
pub enum Received {
    /// A login begins.
    Login(LoginRequest),
    /// The request is in order, but what it asks for cannot be had; the service is told so.
    Objected(LoginRequest, Refused),
    /// The request is not in order, and the protocol has an answer for that.
    Answered {
        /// The service that asked.
        service: ServiceId,
        /// What the browser is to carry to it.
        outbound: Outbound,
        /// What is logged.
        refused: Refused,
    },
}

/// An answer, and what must be kept before it goes out.
#[derive(Debug)]
pub struct Reply {
    /// What the browser carries.
    pub outbound: Outbound,
    /// The code in it, where the service comes for the answer itself.
    pub code: Option<NewGrant>,
    /// The user's name as the service was told it.
    pub subject: String,
    /// What kind of name a SAML service was given; empty for others.
    pub name_format: String,
}

/// Nobody is registered by this name; the operator gets to see which was given.
fn unknown_service(kind: &str, name: Option<&str>) -> Refused {
    Refusal::UnknownService.because(match name {
        Some(name) => format!("no service has the {kind} {}", given(name)),
        None => format!("the request names no service by {kind}"),
    })
}

/// The faces that Portner shows to services.
#[derive(Debug)]
pub struct ServiceFaces {
    /// The SAML identity provider.
    pub saml: saml::SamlFace,
    /// The OpenID provider.
    pub oidc: oidc::OidcFace,
}

impl ServiceFaces {
    /// The service's answer, ready to go through the browser once what it stands on is kept.
    pub async fn answer(
        &self,
        tx: &LoginTransaction,
        service: &Service,
        answer: &LoginAnswer,
    ) -> Result<Reply, Refused> {
        match &service.protocol {
            ServiceProtocol::Saml(peer) => {
                let outbound = self.saml.answer(tx, service, peer, answer).await?;
                let name = self.saml.name_told(tx, peer, answer)?;
                Ok(Reply {
                    outbound,
                    code: None,
                    name_format: name.format.uri().to_owned(),
                    subject: name.value,
                })
            }
            ServiceProtocol::Oidc(client) => self.oidc.answer(tx, service, client, answer),
            ServiceProtocol::Own(page) => Ok(own::answer(*page, tx, service, answer)),
        }
    }

    /// A refusal in the service's own words.
    pub async fn refuse(
        &self,
        tx: &LoginTransaction,
        service: &Service,
        refusal: &Refusal,
    ) -> Result<Outbound, Refused> {
        match &service.protocol {
            ServiceProtocol::Saml(peer) => self.saml.refuse(tx, peer, refusal).await,
            ServiceProtocol::Oidc(_) => self.oidc.refuse(tx, service, refusal),
            ServiceProtocol::Own(_) => Ok(own::refuse(service)),
        }
    }
}
