//! Portner in the demonstration: the ordinary product, and what the others were told of it.
//!
//! The one seam between the demo and the rest of the program: how Portner is started from a
//! settings file, and the addresses and names by which it is registered elsewhere.

use super::addresses::Addresses;
use super::error::DemoError;
use super::premises::Premises;
use crate::ambient::Ambient;
use crate::config::keys::KeyPurpose;
use crate::domain::account::PersonId;
use crate::keys::derive::{Label, MasterSecret};
use crate::saml::peer::{
    AcsEndpoints, AssertionSecrecy, LogoutEndpoints, NameIdRule, NotAnEndpoint, PlainHttp, RequestTrust,
    SignWhat, Skew, SsoEndpoints, TrustedKeys,
};
use crate::saml::xml::{AcceptedCiphers, VerifyingKey};
use crate::saml::{EndpointUrl, EntityId, NameIdFormat, SamlIdp, SamlSelf, SamlService};
use crate::trust::load::CALLBACK_PATH;
use crate::web::serve::Stop;

/// Below Portner's origin: its name in SAML.
const ENTITY_ID: &str = "/saml/metadata";
/// Below Portner's origin: where SAML services send requests.
const SSO: &str = "/saml/sso";
/// Below Portner's origin: where SAML identity providers send answers, each to an address of its own.
const ACS: &str = "/saml/acs/";

/// Starts Portner with the settings and the people of this demonstration.
#[expect(clippy::unused_async, reason = "the product itself is not there yet")]
pub(super) async fn open(premises: &Premises, _ambient: Ambient, _stop: Stop) -> Result<(), DemoError> {
    let _ = (premises.settings_file(), premises.directory_file());
    Ok(())
}

/// The name of a person in a sector, as Portner makes it (E14).
pub(super) fn pairwise(pseudonyms: &MasterSecret, sector: &str, person: PersonId) -> String {
    let name = pseudonyms.derive(Label::PairwiseSubject, &[sector.as_bytes(), person.0.as_bytes()]);
    data_encoding::BASE32_NOPAD
        .encode(name.as_slice())
        .to_ascii_lowercase()
}

/// Portner's name in OpenID Connect.
pub(super) fn issuer(addresses: Addresses) -> String {
    addresses.broker_origin()
}

/// Where Portner's users come back from an OpenID upstream.
pub(super) fn callback(addresses: Addresses, upstream: &str) -> String {
    format!("{}{CALLBACK_PATH}{upstream}", addresses.broker_origin())
}

/// Portner as a SAML identity provider that an upstream's users log in for: its service.
pub(super) fn as_service_of(premises: &Premises, upstream: &str) -> Result<SamlService, DemoError> {
    let origin = premises.addresses().broker_origin();
    Ok(SamlService {
        entity_id: entity_id(&format!("{origin}{ENTITY_ID}"))?,
        acs: AcsEndpoints::single(endpoint(&format!("{origin}{ACS}{upstream}"))?),
        requests: RequestTrust::Signed(trusted(premises, KeyPurpose::Requests)?),
        sign: SignWhat::Both,
        encrypt: None,
        name_ids: NameIdRule {
            default: NameIdFormat::Persistent,
            also: Vec::new(),
        },
        logout: LogoutEndpoints::default(),
    })
}

/// Portner as a service knows it: its SAML identity provider.
pub(super) fn as_idp(premises: &Premises) -> Result<SamlIdp, DemoError> {
    let origin = premises.addresses().broker_origin();
    Ok(SamlIdp {
        entity_id: entity_id(&format!("{origin}{ENTITY_ID}"))?,
        sso: SsoEndpoints::Redirect(endpoint(&format!("{origin}{SSO}"))?),
        keys: trusted(premises, KeyPurpose::Assertions)?,
        sign_requests: true,
        ask_name_id: None,
        assertions: AssertionSecrecy::Optional,
        ciphers: AcceptedCiphers::default(),
        skew: Skew::default(),
        logout: LogoutEndpoints::default(),
    })
}

/// A SAML party of the demo as it describes itself: `entity_id`, and one address for messages.
pub(super) fn saml_self(name: &str, messages: &str) -> Result<SamlSelf, DemoError> {
    let address = endpoint(messages)?;
    Ok(SamlSelf {
        entity_id: entity_id(name)?,
        sso: address.clone(),
        acs: address,
        logout: None,
    })
}

/// An address on this machine.
pub(super) fn endpoint(url: &str) -> Result<EndpointUrl, DemoError> {
    EndpointUrl::parse(url, PlainHttp::OnLoopback)
        .map_err(|error: NotAnEndpoint| DemoError::Portner(Box::new(error)))
}

/// A party's name in SAML.
pub(super) fn entity_id(name: &str) -> Result<EntityId, DemoError> {
    EntityId::parse(name).map_err(|error| DemoError::Portner(Box::new(error)))
}

fn trusted(premises: &Premises, purpose: KeyPurpose) -> Result<TrustedKeys, DemoError> {
    let signer = premises.portners_signer(purpose)?;
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| DemoError::Key {
        name: purpose.as_str().to_owned(),
        source,
    };
    let key = VerifyingKey::from_spki_der(signer.public_key()).map_err(|error| failed(error.into()))?;
    TrustedKeys::new(vec![key]).map_err(|error| failed(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::listen::Origin;

    #[test]
    fn portners_origin_is_one_that_the_settings_take() {
        let addresses = Addresses::from(8080).unwrap();
        assert!(Origin::parse(&addresses.broker_origin()).is_some());
    }
}
