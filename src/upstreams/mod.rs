//! Who vouches: local identity providers, the national eID and our own store, in two
//! protocols and one form, seen by the journey as one.
//!
//! `start` turns a route into a [`Departure`]; each kind's `finish` turns what comes back
//! into an [`UpstreamAnswer`](crate::login::identity::UpstreamAnswer), once every check has
//! passed. Adding a protocol is a file here and an arm below.

pub mod credentials;
mod eid;
mod evidence;
pub mod oidc;
pub mod patience;
pub mod saml;

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
    /// Sends the user off. `requester` names the service to upstreams that want to know (`RequesterID`).
    pub async fn start(
        &self,
        tx: &LoginTransaction,
        route: &Route,
        upstream: &Upstream,
        requester: &EntityId,
    ) -> Result<Departure, Refused> {
        match &upstream.protocol {
            UpstreamProtocol::Central => Ok(Departure::AskPassword),
            UpstreamProtocol::Saml(idp, _) => self
                .saml
                .start(tx, route, idp, requester)
                .await
                .map(Departure::Leave),
            UpstreamProtocol::Oidc(op, _) => self.oidc.start(tx, route, op).await.map(Departure::Leave),
        }
    }
}
