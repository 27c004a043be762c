//! Who vouches: local identity providers, the national eID and our own store, in two
//! protocols and one form, seen by the journey as one.
//!
//! `start` turns a route into a [`Departure`]; each kind's `finish` turns what comes back
//! into an [`UpstreamAnswer`](crate::login::identity::UpstreamAnswer), once every check has
//! passed. Adding a protocol is a file here and an arm below.

mod asking;
pub mod credentials;
mod eid;
mod evidence;
pub mod oidc;
pub mod saml;

use crate::domain::assurance::WantedAssurance;
use crate::domain::refusal::Refused;
use crate::login::outbound::Outbound;
use crate::login::transaction::{LoginTransaction, Route};
use crate::saml::EntityId;
use crate::trust::registry::{Upstream, UpstreamProtocol};

/// How the user gets to where they prove who they are.
#[derive(Debug)]
pub enum Departure {
    /// Away, to somebody else's pages.
    Leave(Outbound),
    /// Our own password page.
    AskPassword,
}

/// Portner's side towards those who vouch.
#[derive(Debug)]
pub struct UpstreamConnectors {
    /// The central store.
    pub credentials: credentials::CredentialsUpstream,
    /// SAML identity providers.
    pub saml: saml::SamlConnector,
    /// OpenID providers.
    pub oidc: oidc::OidcConnector,
}

impl UpstreamConnectors {
    /// Sends the user off to prove what is `wanted`. `requester` names the service to upstreams that want to
    /// know (`RequesterID`).
    pub async fn start(
        &self,
        tx: &LoginTransaction,
        route: &Route,
        upstream: &Upstream,
        wanted: &WantedAssurance,
        requester: &EntityId,
    ) -> Result<Departure, Refused> {
        let levels = &upstream.levels;
        let left = match &upstream.protocol {
            UpstreamProtocol::Central => return Ok(Departure::AskPassword),
            UpstreamProtocol::Saml(idp, _) => {
                let context = asking::context(wanted, levels);
                self.saml.start(tx, route, idp, context.as_ref(), requester).await
            }
            UpstreamProtocol::Oidc(op, _) => {
                let acr_values = asking::acr_values(wanted, levels);
                self.oidc.start(tx, route, op, &acr_values).await
            }
        };
        left.map(Departure::Leave)
    }
}
