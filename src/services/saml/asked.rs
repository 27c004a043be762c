//! What a SAML service asks for, in the journey's words. How its answer looks is the face's matter.

use std::sync::Arc;

use super::SamlReply;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::text::given;
use crate::domain::upstream::UpstreamId;
use crate::login::request::{Freshness, Hints, LoginRequest, ReplyContext};
use crate::saml::authn_context::RequestedAuthnContext;
use crate::saml::authn_request::{AuthnRequest, RequestRefusal};
use crate::saml::{EntityId, NameIdFormat, SamlSelf, SamlService};
use crate::trust::registry::{Registry, Service};

pub(super) fn refused(error: RequestRefusal) -> Refused {
    match error {
        RequestRefusal::Acs => Refusal::UnregisteredAddress.because(error),
        RequestRefusal::Issuer => Refusal::UnknownService.because(error),
        other => Refusal::ServiceRequestRefused {
            check: other.reason().to_owned(),
        }
        .because(other),
    }
}

/// Why the service gets no name of the kind that it asks for, if it does not (saml-core §3.4.1.1).
pub(super) fn name_not_given(peer: &SamlService, asked: &AuthnRequest) -> Option<String> {
    if peer.name_ids.choose(asked.name_id_format.as_ref()).is_none() {
        let format = asked.name_id_format.as_ref().map_or("", NameIdFormat::uri);
        return Some(format!(
            "the request asks for a NameID of the format {}, which the service is not registered for \
             (name_id, also_name_ids)",
            given(format)
        ));
    }
    let qualifier = asked.name_qualifier.as_deref();
    qualifier
        .filter(|qualifier| *qualifier != peer.entity_id.as_str())
        .map(|qualifier| {
            format!(
                "the request asks for the name that {} knows the user by (SPNameQualifier)",
                given(qualifier)
            )
        })
}

pub(super) fn login_request(
    registry: &Registry,
    us: &SamlSelf,
    service: &Arc<Service>,
    asked: &AuthnRequest,
    relay_state: Option<String>,
) -> Result<LoginRequest, Refused> {
    let context = asked.context.as_ref();
    let reply = SamlReply {
        request_id: asked.id.clone(),
        acs: asked.acs.url.as_str().to_owned(),
        relay_state,
        name_id_format: asked
            .name_id_format
            .as_ref()
            .map(|format| format.uri().to_owned()),
        asked: context.map(|context| (context.comparison, context.class_refs.clone())),
    };
    let reply = postcard::to_stdvec(&reply).map_err(|error| Refusal::Internal.because(error))?;
    Ok(LoginRequest {
        service: service.profile.id.clone(),
        wanted: context.map(RequestedAuthnContext::wanted).unwrap_or_default(),
        freshness: Freshness {
            force: asked.force_authn,
            ..Freshness::default()
        },
        passive: asked.is_passive,
        hints: Hints {
            login_name: asked.subject_hint.as_ref().map(|name| name.value.clone()),
            only: wished_upstreams(registry, us, asked),
            proxy_count: asked.scoping.proxy_count,
            requesters: asked
                .scoping
                .requester_ids
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect(),
            ..Hints::default()
        },
        language: None,
        reply: ReplyContext(reply),
    })
}

/// `IDPList`, as far as it names upstreams that exist. An empty list of a service that named
/// some means that none of them will do.
fn wished_upstreams(registry: &Registry, us: &SamlSelf, asked: &AuthnRequest) -> Option<Vec<UpstreamId>> {
    let named = &asked.scoping.idp_list;
    (!named.is_empty()).then(|| {
        // Where nobody stands behind us, we vouch ourselves. An OpenID upstream has no entityID; its issuer
        // names it as well.
        let by_name = |id: &EntityId| match id {
            id if *id == us.entity_id => registry.central(),
            id => registry
                .upstream_by_entity_id(id.as_str())
                .or_else(|| registry.upstream_by_issuer(id.as_str())),
        };
        let known = named.iter().filter_map(by_name);
        known.map(|upstream| upstream.profile.id.clone()).collect()
    })
}
