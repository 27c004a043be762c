//! Upstreams that speak SAML: our face as a service provider.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::evidence::{self, Said};
use crate::ambient::Ambient;
use crate::config::listen::Origin;
use crate::domain::address::PlainHttp;
use crate::domain::assurance::Factors;
use crate::domain::login_name::LoginName;
use crate::domain::refusal::{Culprit, LOOP, Refusal, Refused, SCOPE};
use crate::domain::text::given;
use crate::domain::upstream::{UpstreamId, UpstreamProfile};
use crate::keys::Signer;
use crate::keys::derive::Label;
use crate::keys::saml_keys::SamlKeys;
use crate::login::at_upstream::AtUpstream;
use crate::login::identity::{AuthenticatedIdentity, SignedMessage, UpstreamAnswer};
use crate::login::outbound::Outbound;
use crate::login::transaction::{LoginTransaction, Route};
use crate::saml::authn_context::RequestedAuthnContext;
use crate::saml::authn_request_write::{AuthnQuestion, Outbound as Message, onward};
use crate::saml::checks::{Denied, Expected};
use crate::saml::incoming::IncomingRefusal;
use crate::saml::peer::{NameHint, OwnLogout};
use crate::saml::response::{self, Answer};
use crate::saml::xml::DecryptionKey;
use crate::saml::{
    AcceptedAssertion, EndpointUrl, EntityId, Incoming, MessageId, MessageKind, NameId, NameIdFormat,
    SamlIdp, SamlSelf, Scoping,
};
use crate::store::ephemeral::StateKey;
use crate::store::replay::{Mark, Owner};
use crate::telemetry::clocks::Clocks;
use crate::telemetry::metrics::PartyRole;
use crate::trust::Live;
use crate::trust::mapping::IdentityMapping;

/// Assertion ids are remembered for longer than any clock is off (B05).
const REMEMBERED_LONGER: SignedDuration = SignedDuration::from_mins(10);

/// Portner as a service provider of SAML upstreams.
pub struct SamlConnector {
    /// Our name in SAML.
    pub entity_id: EntityId,
    /// Where we are.
    pub origin: Origin,
    /// Whether plain http on loopback is a fit address, as in the demo.
    pub plain: PlainHttp,
    /// What requests are signed with.
    pub signers: SamlKeys,
    /// What opens encrypted assertions.
    pub decryption: Live<Decryption>,
    /// Time and chance.
    pub ambient: Ambient,
    /// Watches the clocks of others.
    pub clocks: Arc<Clocks>,
}

/// The keys that open what upstreams encrypt to us, and what they are told of them. The next
/// opens before it is used, and the retired go on opening: a peer may hold old metadata.
pub struct Decryption {
    /// All that open.
    pub keys: Vec<DecryptionKey>,
    /// The certificates of those that upstreams may encrypt to.
    pub certificates: Vec<Vec<u8>>,
    /// What the keys are called, to see whether any has changed.
    pub key_ids: Vec<String>,
}

impl SamlConnector {
    /// Sends the user off with an AuthnRequest.
    pub async fn start(
        &self,
        tx: &LoginTransaction,
        route: &Route,
        idp: &SamlIdp,
        context: Option<&RequestedAuthnContext>,
        requester: &EntityId,
    ) -> Result<Outbound, Refused> {
        let failed = || Refusal::UpstreamRequestFailed {
            upstream: route.upstream.clone(),
        };
        let us = self.us_towards(&route.upstream)?;
        // A service that forbids brokers is heeded whatever the upstream gets to know.
        let scoping = onward(&asked_scoping(tx), requester).ok_or(Refusal::ProxyingForbidden)?;
        let name = route.name.as_ref().map(typed);
        let subject = name
            .clone()
            .filter(|_| idp.hints.name == NameHint::Subject)
            .map(|name| NameId::new(NameIdFormat::Unspecified, name));
        let question = AuthnQuestion {
            us: &us,
            idp,
            id: &request_id(tx),
            issue_instant: self.ambient.now(),
            // Its own earlier login may be older than the service takes.
            force_authn: tx.freshness().force || tx.freshness().max_age_seconds.is_some(),
            is_passive: false,
            subject: subject.as_ref(),
            context,
            scoping: idp.hints.scoping.then_some(&scoping),
        };
        let signer = self.signer_for(idp)?;
        let message = question.send(Some(&relay_state(tx)), &*signer).await;
        match message.map_err(|error| failed().because(error))? {
            Message::Redirect(url) => {
                let mut url = Url::parse(&url).map_err(|error| failed().because(error))?;
                if let Some((parameter, name)) = idp.hints.name.parameter().zip(name) {
                    url.query_pairs_mut().append_pair(parameter, &name);
                }
                Ok(Outbound::Redirect(url))
            }
            Message::Post(form) => {
                let to = Url::parse(form.to.as_str()).map_err(|error| failed().because(error))?;
                let fields = form
                    .fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                Ok(Outbound::PostForm { to, fields })
            }
        }
    }

    /// Our current key, signing as this identity provider is registered to want it.
    pub fn signer_for(&self, idp: &SamlIdp) -> Result<Arc<dyn Signer>, Refused> {
        let signer = self.signers.signer(idp.signature);
        signer.map_err(|error| Refusal::Internal.because(error))
    }

    /// Takes the identity provider's answer; every check of the protocol is behind it.
    pub fn finish(
        &self,
        tx: &LoginTransaction,
        profile: &UpstreamProfile,
        idp: &SamlIdp,
        mapping: &IdentityMapping,
        field: &str,
    ) -> Result<UpstreamAnswer, Refused> {
        let incoming = Incoming::from_post(MessageKind::Response, field, None)
            .map_err(|error| unreadable(profile, error))?;
        let us = self.us_towards(&profile.id)?;
        let request_id = request_id(tx);
        let decryption = self.decryption.current();
        let expected = Expected {
            idp,
            us: &us,
            received_at: &us.acs,
            request_id: request_id.as_str(),
            authenticated_since: proved_since(tx, self.ambient.now()),
            now: self.ambient.now(),
            decryption_keys: &decryption.keys,
        };
        let assertion = match response::accept(incoming.document(), &expected) {
            Ok(Answer::LoggedIn(assertion)) => *assertion,
            Ok(Answer::Declined(failure)) => {
                let cause = match &failure.reason {
                    Some(reason) => given(reason.name()),
                    None => "no reason was given".to_owned(),
                };
                return Err(Refusal::UpstreamDeclined {
                    upstream: profile.id.clone(),
                }
                .because(cause));
            }
            Err(denied) => {
                if let Denied::Issued(at) = denied {
                    self.watch_clock(profile, at);
                }
                return Err(Self::denied(profile, denied));
            }
        };
        self.watch_clock(profile, assertion.issued_at);
        if assertion.authenticating_authorities.contains(&self.entity_id) {
            let cause = "it was ourselves who vouched: this upstream asked us in turn";
            return Err(answer_refused(profile, LOOP, cause));
        }
        if !evidence::is_in_scope(&assertion, &profile.scopes) {
            let cause = "a scoped value is not the identity provider's own";
            return Err(answer_refused(profile, SCOPE, cause).said_by_upstream(true));
        }
        Ok(UpstreamAnswer {
            mark: Some(mark_of(tx, &assertion)),
            message: SignedMessage(field.to_owned()),
            ..self.vouched(profile, mapping, &assertion)?
        })
    }

    /// Ourselves, as one upstream knows us: each has an address of its own for answers (DR07).
    pub fn us_towards(&self, upstream: &UpstreamId) -> Result<SamlSelf, Refused> {
        let address = |path: &str| {
            EndpointUrl::parse(self.origin.at(path).as_str(), self.plain)
                .map_err(|error| Refusal::Internal.because(error))
        };
        Ok(SamlSelf {
            entity_id: self.entity_id.clone(),
            sso: address("/saml/sso")?,
            acs: address(&format!("/saml/acs/{upstream}"))?,
            logout: Some(OwnLogout {
                front: address(&format!("/saml/slo/{upstream}"))?,
                soap: address(&format!("/saml/soap/slo/{upstream}"))?,
            }),
        })
    }

    /// What is signed says what time it is there.
    fn watch_clock(&self, profile: &UpstreamProfile, issued: Timestamp) {
        let now = self.ambient.now();
        self.clocks
            .saw(PartyRole::Upstream, profile.id.as_str(), issued, now);
    }

    fn denied(profile: &UpstreamProfile, denied: Denied) -> Refused {
        if denied.is_too_large() {
            return Refusal::TooLarge {
                from: Culprit::Upstream,
            }
            .because(denied);
        }
        let is_its_own_word = denied.is_of_a_verified_assertion();
        answer_refused(profile, denied.reason(), denied).said_by_upstream(is_its_own_word)
    }

    fn vouched(
        &self,
        profile: &UpstreamProfile,
        mapping: &IdentityMapping,
        assertion: &AcceptedAssertion,
    ) -> Result<UpstreamAnswer, Refused> {
        let claimed = evidence::claimed(mapping, assertion)
            .map_err(|error| answer_refused(profile, error.0, error).said_by_upstream(true))?;
        let assurance = evidence::proved(mapping, assertion, profile.ceiling);
        let assurance = evidence::of_kind(assurance, mapping, &claimed);
        let authorities = std::iter::once(&assertion.issuer).chain(&assertion.authenticating_authorities);
        let method = if assurance.factors == Factors::Two {
            "mfa"
        } else {
            "pwd"
        };
        Ok(UpstreamAnswer {
            claimed,
            identity: AuthenticatedIdentity {
                upstream: profile.id.clone(),
                assurance,
                methods: vec![method.to_owned()],
                authenticated_at: assertion.authn_instant.min(self.ambient.now()),
                time_is_said: true,
                not_after: assertion.session_not_on_or_after,
                authorities: authorities.map(|id| id.as_str().to_owned()).collect(),
                privileges: evidence::privileges(mapping, profile, assertion),
                session: Some(AtUpstream::Saml {
                    name: (&assertion.name_id).into(),
                    index: assertion.session_index.clone(),
                }),
            },
            mark: None,
            message: SignedMessage::default(),
        })
    }
}

impl Said for AcceptedAssertion {
    /// A transient name is nobody's key (C03).
    fn subject(&self) -> &str {
        if self.name_id.format == NameIdFormat::Transient {
            return "";
        }
        &self.name_id.value
    }

    fn values(&self, name: &str) -> Vec<String> {
        self.attributes
            .texts(name)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    fn names(&self) -> Vec<&str> {
        self.attributes.names().collect()
    }
}

impl std::fmt::Debug for SamlConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SamlConnector")
            .field("entity_id", &self.entity_id)
            .finish_non_exhaustive()
    }
}

/// The earliest moment at which the user may have proved who they are, where the service cares.
fn proved_since(tx: &LoginTransaction, now: Timestamp) -> Option<Timestamp> {
    let freshness = tx.freshness();
    let forced = freshness.force.then(|| tx.started_at());
    let by_age = freshness
        .max_age()
        // The answer may be as old as the request that it answers.
        .and_then(|age| tx.started_at().min(now).checked_sub(age).ok());
    forced.max(by_age)
}

/// What travels as RelayState: the service, so that a browser that lost everything still
/// knows the way back, and the login.
pub fn relay_state(tx: &LoginTransaction) -> String {
    format!("{}/{}", tx.request().service, tx.id())
}

/// An assertion counts once, within the login that it answers (B05).
fn mark_of(tx: &LoginTransaction, assertion: &AcceptedAssertion) -> Mark {
    let parts = [assertion.issuer.as_str(), &assertion.assertion_id];
    let forgotten = assertion.not_on_or_after.saturating_add(REMEMBERED_LONGER);
    Mark {
        key: StateKey::of("saml.assertion", &parts),
        owner: Owner::of(&tx.id().to_string()),
        expires_at: forgotten.unwrap_or(assertion.not_on_or_after),
    }
}

fn request_id(tx: &LoginTransaction) -> MessageId {
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(tx.derive(Label::RequestId))
        .for_each(|(to, from)| *to = from);
    MessageId::from_bytes(bytes)
}

fn typed(name: &LoginName) -> String {
    match name {
        LoginName::Bare(name) => name.to_string(),
        LoginName::AtDomain(name) => format!("{}@{}", name.local, name.domain.to_unicode()),
    }
}

fn asked_scoping(tx: &LoginTransaction) -> Scoping {
    let hints = &tx.request().hints;
    Scoping {
        idp_list: Vec::new(),
        proxy_count: hints.proxy_count,
        requester_ids: hints
            .requesters
            .iter()
            .filter_map(|id| EntityId::parse(id).ok())
            .collect(),
    }
}

fn unreadable(profile: &UpstreamProfile, error: IncomingRefusal) -> Refused {
    if error.is_too_large() {
        return Refusal::TooLarge {
            from: Culprit::Upstream,
        }
        .because(error);
    }
    answer_refused(profile, error.reason(), error)
}

fn answer_refused(
    profile: &UpstreamProfile,
    check: &str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Refused {
    Refusal::UpstreamAnswerRefused {
        upstream: profile.id.clone(),
        check: check.to_owned(),
    }
    .because(cause)
}
