//! What whoever vouches is asked for on behalf of a service, and by what name of the service.

use super::perform::Scene;
use crate::domain::assurance::{Demand, Factors, WantedAssurance};
use crate::login::transaction::LoginTransaction;
use crate::saml::EntityId;
use crate::trust::registry::ServiceProtocol;

/// What is asked of whoever vouches: of an adult for a pupil, two factors; else what the service asks.
pub fn wanted(scene: &Scene<'_>, tx: &LoginTransaction) -> WantedAssurance {
    if tx.is_set_aside() {
        WantedAssurance::at_least(vec![Demand::Factors(Factors::Two)])
    } else {
        tx.request().wanted.and(&scene.service.profile.wanted)
    }
}

/// What the service is called towards upstreams: its own name in SAML, or its name with us.
pub fn requester(scene: &Scene<'_>) -> EntityId {
    match &scene.service.protocol {
        ServiceProtocol::Saml(peer) => peer.entity_id.clone(),
        ServiceProtocol::Oidc(_) | ServiceProtocol::Own(_) => {
            let name = scene
                .portner
                .settings
                .origin
                .at(&format!("/services/{}", scene.service.profile.id));
            // A short name below an origin is never too long nor spaced.
            EntityId::parse(name.as_str())
                .unwrap_or_else(|_| scene.portner.services.saml.us.entity_id.clone())
        }
    }
}
