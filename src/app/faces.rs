//! How we are called, and how services see us in either protocol.

use std::sync::Arc;

use super::keys::Keys;
use super::{CannotStart, because};
use crate::ambient::Ambient;
use crate::config::listen::Origin;
use crate::config::problem::Problem;
use crate::config::settings::Settings;
use crate::domain::address::PlainHttp;
use crate::oidc::client::Issuer;
use crate::saml::peer::OwnLogout;
use crate::saml::{EndpointUrl, EntityId, SamlSelf};
use crate::services::{ServiceFaces, oidc::OidcFace, saml::SamlFace};
use crate::telemetry::clocks::Clocks;
use crate::web::service_api::realm;

/// What we are called in SAML and in OpenID Connect, at our own address and at that of the incumbent.
pub(super) fn names(
    settings: &Settings,
    plain: PlainHttp,
) -> Result<(EntityId, Issuer, Issuer), CannotStart> {
    let issuer = Issuer::parse(settings.origin.as_str(), plain);
    let entity_id = EntityId::parse(settings.origin.at("/saml/metadata").as_str());
    let realm = Issuer::parse(settings.origin.at(realm::PATH).as_str(), plain);
    match (entity_id, issuer, realm) {
        (Ok(entity_id), Ok(issuer), Ok(realm)) => Ok((entity_id, issuer, realm)),
        _ => Err(Box::new(
            Problem::error("origin is no name that services can know us by").help("write an https address"),
        )),
    }
}

/// How services see us, in either protocol.
pub(super) fn faces(
    origin: &Origin,
    (entity_id, issuer, realm): (EntityId, Issuer, Issuer),
    plain: PlainHttp,
    (keys, clocks, ambient): (&Keys, &Arc<Clocks>, &Ambient),
) -> Result<ServiceFaces, CannotStart> {
    Ok(ServiceFaces {
        saml: SamlFace {
            us: own_face(origin, &entity_id, plain)?,
            signers: keys.assertions.clone(),
            plain,
            clocks: Arc::clone(clocks),
            ambient: ambient.clone(),
        },
        oidc: OidcFace {
            issuer,
            realm,
            es256: keys.tokens_es256.clone(),
            rs256: keys.tokens_rs256.clone(),
            sealer: keys.sealer.clone(),
            ambient: ambient.clone(),
        },
    })
}

fn own_face(origin: &Origin, entity_id: &EntityId, plain: PlainHttp) -> Result<SamlSelf, CannotStart> {
    let address = |path| {
        EndpointUrl::parse(origin.at(path).as_str(), plain)
            .map_err(because("origin is no address for SAML", "write an https address"))
    };
    Ok(SamlSelf {
        entity_id: entity_id.clone(),
        sso: address("/saml/sso")?,
        acs: address("/saml/acs")?,
        logout: Some(OwnLogout {
            front: address("/saml/slo")?,
            soap: address("/saml/soap/slo")?,
        }),
    })
}
