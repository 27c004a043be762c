//! Portner in the demonstration: the ordinary product, and what the others were told of it.
//!
//! The one seam between the demo and the rest of the program: how Portner is started from a
//! settings file, and the addresses and names by which it is registered elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::addresses::Addresses;
use super::desk_stories::ADMINISTRATOR;
use super::error::DemoError;
use super::premises::{Premises, people};
use super::services::Registration;
use crate::ambient::Ambient;
use crate::app::App;
use crate::cli::Place;
use crate::cli::installation::Installation;
use crate::config::keys::KeyPurpose;
use crate::domain::address::PlainHttp;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::desk::{DeskAct, Doer};
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::BareName;
use crate::keys::SigningAlgorithm;
use crate::saml::peer::{
    AcsEndpoints, AssertionEncryption, AssertionSecrecy, EncryptWhat, LogoutEndpoints, NameIdRule, NameValue,
    NotAnEndpoint, RequestHints, RequestTrust, SignWhat, Skew, SsoEndpoints, TrustedKeys, WantedSignatures,
};
use crate::saml::xml::{EncryptionKey, EncryptionMethod, VerifyingKey};
use crate::saml::{EndpointUrl, EntityId, NameIdFormat, SamlIdp, SamlSelf, SamlService};
use crate::trust::load::CALLBACK_PATH;
use crate::web::serve::Stop;
use crate::web::service_api::realm;
use crate::web::state::Portner;

/// Below Portner's origin: its name in SAML.
const ENTITY_ID: &str = "/saml/metadata";
/// Below Portner's origin: where SAML services send requests.
const SSO: &str = "/saml/sso";
/// Below Portner's origin: where SAML services send logout messages.
const SLO: &str = "/saml/slo";
/// Below Portner's origin: where SAML identity providers send answers, each to an address of its own.
const ACS: &str = "/saml/acs/";

/// Starts Portner with the settings and the people of this demonstration, and waits until it
/// listens.
pub(super) async fn open(premises: &Premises, ambient: Ambient, stop: Stop) -> Result<(), DemoError> {
    let place = Place {
        config: premises.settings_file(),
    };
    let (installation, problems) = Installation::read(&place, ambient.clock());
    let installation = match installation {
        Some(installation) if !problems.stop_logins() => installation,
        _ => return Err(failed(problems.to_string())),
    };
    // Everything that an installation has is built on the way: too much for the callers' own state.
    let app = Box::pin(App::build(installation, ambient))
        .await
        .map_err(failed)?;
    app.seed(people()?).await.map_err(failed)?;
    make_administrator(app.portner()).await?;
    let serving = tokio::spawn(app.serve(stop));
    let ended = async {
        match serving.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(problem)) => Err(failed(problem)),
            Err(panicked) => Err(failed(panicked)),
        }
    };
    let address = Addresses::socket(premises.addresses().broker());
    until_reached(address, ended, PATIENCE).await
}

/// Who looks after the people of a school: given by those who run the installation, as a directory
/// does not tell it.
async fn make_administrator(portner: &Portner) -> Result<(), DemoError> {
    let (name, institution) = ADMINISTRATOR;
    let name = BareName::parse(name).map_err(failed)?;
    let institution = InstitutionNumber::parse(institution).map_err(failed)?;
    let account = portner.store.account_by_user_name(&name).await.map_err(failed)?;
    let account = account.ok_or_else(|| failed("the administrator is not in the directory"))?;
    let by = Doer::Operator("demo".to_owned());
    let event = AuditEvent::new(
        portner.ambient.uuid(),
        portner.ambient.now(),
        AuditAct::Desk {
            act: DeskAct::RightGranted,
            institution: institution.clone(),
            by: by.clone(),
            reason: None,
            detail: None,
        },
    )
    .about(account.person, account.id);
    // A demonstration that is started again has one already.
    let id = (portner.ambient.uuid(), account.id);
    let granted = portner.store.grant_administrator(id, &institution, &by, &event);
    granted.await.map(drop).map_err(failed)
}

/// How long what listens on this machine may take to be reached from it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until somebody answers at `address`; `ended` is whoever should, and has given up.
async fn until_reached(
    address: SocketAddr,
    ended: impl Future<Output = Result<(), DemoError>>,
    patience: Duration,
) -> Result<(), DemoError> {
    let mut last = None;
    let reached = async {
        while let Err(error) = TcpStream::connect(address).await {
            last = Some(error);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let outcome = tokio::select! {
        ended = ended => return ended,
        outcome = tokio::time::timeout(patience, reached) => outcome,
    };
    outcome.map_err(|_| DemoError::NotReached {
        address,
        source: last,
    })
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DemoError {
    DemoError::Portner(source.into())
}

/// Portner's name in OpenID Connect, towards this service.
pub(super) fn issuer(addresses: Addresses, service: &Registration) -> String {
    let origin = addresses.broker_origin();
    if service.face == "own" {
        origin
    } else {
        format!("{origin}{}", realm::PATH)
    }
}

/// Where Portner's users come back from an OpenID upstream.
pub(super) fn callback(addresses: Addresses, upstream: &str) -> String {
    format!("{}{CALLBACK_PATH}{upstream}", addresses.broker_origin())
}

/// Portner as an upstream knows it: a SAML service, which can read what is encrypted to it.
pub(super) fn as_service_of(premises: &Premises, upstream: &str) -> Result<SamlService, DemoError> {
    let origin = premises.addresses().broker_origin();
    let decrypting = premises.portners_signer(KeyPurpose::Decryption)?;
    Ok(SamlService {
        entity_id: entity_id(&format!("{origin}{ENTITY_ID}"))?,
        acs: AcsEndpoints::single(endpoint(&format!("{origin}{ACS}{upstream}"))?),
        requests: RequestTrust::Signed(trusted(premises, KeyPurpose::Requests)?),
        sign: SignWhat::Both,
        encrypt: Some(AssertionEncryption {
            what: EncryptWhat::default(),
            to: EncryptionKey::from_spki_der(decrypting.public_key())
                .map_err(|error| DemoError::Portner(Box::new(error)))?,
            method: EncryptionMethod::default(),
        }),
        signature: SigningAlgorithm::default(),
        name_value: NameValue::default(),
        tells_upstream: true,
        name_ids: NameIdRule {
            default: NameIdFormat::Persistent,
            also: Vec::new(),
        },
        logout: LogoutEndpoints {
            redirect: Some(endpoint(&format!("{origin}{SLO}/{upstream}"))?),
            ..LogoutEndpoints::default()
        },
    })
}

/// Portner as a service knows it: its SAML identity provider.
pub(super) fn as_idp(premises: &Premises) -> Result<SamlIdp, DemoError> {
    let origin = premises.addresses().broker_origin();
    Ok(SamlIdp {
        encrypt: None,
        entity_id: entity_id(&format!("{origin}{ENTITY_ID}"))?,
        sso: SsoEndpoints::Redirect(endpoint(&format!("{origin}{SSO}"))?),
        keys: trusted(premises, KeyPurpose::Assertions)?,
        sign_requests: true,
        signature: SigningAlgorithm::default(),
        signed: WantedSignatures::default(),
        ask_name_id: None,
        hints: RequestHints::default(),
        assertions: AssertionSecrecy::Optional,
        cbc_until: None,
        skew: Skew::default(),
        logout: LogoutEndpoints {
            redirect: Some(endpoint(&format!("{origin}{SLO}"))?),
            post: Some(endpoint(&format!("{origin}{SLO}"))?),
            ..LogoutEndpoints::default()
        },
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
    use std::future::pending;

    use super::*;
    use crate::config::listen::Origin;

    #[test]
    fn portners_origin_is_one_that_the_settings_take() {
        let addresses = Addresses::from(8080).unwrap();
        assert!(Origin::parse(&addresses.broker_origin()).is_some());
    }

    #[tokio::test]
    async fn nobody_is_waited_for_without_end() {
        // Bound and not listening: nobody is reached there.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let waited = until_reached(address, pending(), Duration::from_millis(50)).await;
        let error = waited.unwrap_err();
        assert!(
            error.to_string().contains(&format!("{address} is not answered")),
            "{error}"
        );
        assert!(std::error::Error::source(&error).is_some());
    }
}
