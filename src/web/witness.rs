//! Keeps signed messages of the parties that are marked `evidence = true`, sealed, before what they
//! say counts: a login whose evidence cannot be kept does not go on.
//!
//! What is kept is the message as it went over the wire. Requests that are not signed, answers
//! that were refused and logout are not evidence of anybody's word.

use super::state::Portner;
use crate::domain::evidence::{EvidenceLabel, Exchanged, Party};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceProfile;
use crate::domain::upstream::UpstreamProfile;
use crate::login::outbound::Outbound;
use crate::login::transaction::TransactionId;
use crate::store::evidence::SealedEvidence;

/// A message of an upstream, if it is one whose messages are kept.
pub async fn of_upstream(
    portner: &Portner,
    upstream: &UpstreamProfile,
    login: TransactionId,
    kind: Exchanged,
    message: &str,
) -> Result<(), Refused> {
    if !upstream.evidence.is_kept() {
        return Ok(());
    }
    let party = Party::Upstream(upstream.id.clone());
    keep(portner, &party, Some(login), kind, message).await
}

/// A message of a service, if it is one whose messages are kept.
pub async fn of_service(
    portner: &Portner,
    service: &ServiceProfile,
    login: Option<TransactionId>,
    kind: Exchanged,
    message: &str,
) -> Result<(), Refused> {
    if !service.evidence.is_kept() {
        return Ok(());
    }
    let party = Party::Service(service.id.clone());
    keep(portner, &party, login, kind, message).await
}

/// What the browser carries, as one text: the address, or the form with its address.
pub fn text_of(outbound: &Outbound) -> String {
    match outbound {
        Outbound::Redirect(url) => url.to_string(),
        Outbound::PostForm { to, fields } => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields);
            format!("{to}\n{}", form.finish())
        }
    }
}

async fn keep(
    portner: &Portner,
    party: &Party,
    login: Option<TransactionId>,
    kind: Exchanged,
    message: &str,
) -> Result<(), Refused> {
    let Some(seal) = &portner.evidence else {
        return Err(Refusal::Internal.because(format!(
            "evidence of {party} is to be kept, and there is no evidence.public_key"
        )));
    };
    let label = EvidenceLabel {
        id: portner.ambient.uuid(),
        at: portner.ambient.now(),
        login: login.map(|login| login.to_string()),
        party: party.to_string(),
        kind: kind.word().to_owned(),
    };
    let sealed = seal
        .seal(&label, message.as_bytes())
        .map_err(|error| Refusal::Internal.because(error))?;
    Ok(portner.writer.evidence(SealedEvidence { label, sealed }).await?)
}
