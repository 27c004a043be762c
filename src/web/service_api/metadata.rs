//! `GET /saml/metadata`: who we are in SAML, signed; and, below it, as one upstream knows us.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;

use crate::domain::login_name::Domain;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::upstream::UpstreamId;
use crate::keys::{Signer, SigningAlgorithm};
use crate::saml::metadata_write::{Contact, ContactKind, OwnMetadata};
use crate::saml::{MessageId, SamlSelf};
use crate::trust::registry::UpstreamProtocol;
use crate::web::refusal_page;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// For how long a copy may be used: peers fetch it again within days.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Our metadata: as services know us, or as one upstream does.
pub async fn own(portner: &Portner, towards: Option<&UpstreamId>) -> Result<String, Refused> {
    let Some(upstream) = towards else {
        return document(portner, &portner.services.saml.us, SigningAlgorithm::default()).await;
    };
    // One that speaks no SAML has no address for answers that our metadata could name.
    let registry = portner.registry();
    let Some(UpstreamProtocol::Saml(idp, _)) = registry.upstream(upstream).map(|known| &known.protocol)
    else {
        return Err(Refusal::NoSuchPage.into());
    };
    let us = portner.upstreams.saml.us_towards(upstream)?;
    document(portner, &us, idp.signature).await
}

/// As services know us. The service provider's part names the address of no upstream in particular.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    answer(&portner, &visit, own(&portner, None).await).await
}

/// As one upstream knows us: with the address at which we take its answers.
pub async fn towards(State(portner): State<Portner>, visit: Visit, Path(upstream): Path<String>) -> Response {
    let document = match UpstreamId::parse(&upstream) {
        Some(upstream) => own(&portner, Some(&upstream)).await,
        None => Err(Refusal::NoSuchPage.into()),
    };
    answer(&portner, &visit, document).await
}

async fn answer(portner: &Portner, visit: &Visit, document: Result<String, Refused>) -> Response {
    match document {
        Ok(xml) => ([(CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response(),
        Err(refused) => refusal_page::outside_a_login(portner, visit, None, refused).await,
    }
}

/// What is said of us to a reader whose requests of ours are signed so.
async fn document(portner: &Portner, us: &SamlSelf, signature: SigningAlgorithm) -> Result<String, Refused> {
    let registry = portner.registry();
    let answer_signing: Vec<_> = certificates(portner.services.saml.signers.published());
    // Nobody meets a request of a week ago, and some upstreams keep the last of these alone.
    let request_signing: Vec<_> = certificates(portner.upstreams.saml.signers.in_use(signature));
    let scopes: std::collections::BTreeSet<_> = registry
        .upstreams()
        .flat_map(|upstream| upstream.profile.scopes.iter().cloned())
        .chain(Domain::parse(portner.settings.scope()))
        .collect();
    let scopes: Vec<_> = scopes.into_iter().collect();
    let presentation = &portner.settings.presentation;
    let contacts: Vec<_> = presentation
        .support
        .email
        .iter()
        .map(|email| Contact {
            kind: ContactKind::Technical,
            name: presentation.name.in_language(presentation.language).to_owned(),
            email: email.clone(),
        })
        .collect();
    let now = portner.ambient.now();
    let metadata = OwnMetadata {
        us,
        id: &MessageId::fresh(portner.ambient.entropy()),
        valid_until: now.saturating_add(VALID_FOR).unwrap_or(now),
        answer_signing: &answer_signing,
        request_signing: &request_signing,
        decryption: &portner.upstreams.saml.decryption.current().certificates,
        scopes: &scopes,
        name: &presentation.name,
        contacts: &contacts,
    };
    let signed = metadata
        .issue(&**portner.metadata_signers.current())
        .await
        .map_err(|error| Refusal::Internal.because(error))?;
    Ok(signed.as_str().to_owned())
}

fn certificates(signers: impl IntoIterator<Item = Arc<dyn Signer>>) -> Vec<Vec<u8>> {
    signers
        .into_iter()
        .filter_map(|signer| Some(signer.certificate()?.to_vec()))
        .collect()
}
