//! Services that speak OpenID Connect: our face as a provider.
//!
//! The whole answer is decided when the login ends; the code that goes out stands for it,
//! sealed. The token endpoint (`web/service_api/token.rs`) only hands it over.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Received, Reply, unknown_service, words};
use crate::ambient::Ambient;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::session::SessionId;
use crate::domain::text::Language;
use crate::domain::text::given;
use crate::keys::Signer;
use crate::keys::derive::Label;
use crate::keys::file::RsaPadding;
use crate::keys::ring::KeyRing;
use crate::keys::seal::{SealPurpose, Sealer};
use crate::login::answer::LoginAnswer;
use crate::login::outbound::Outbound;
use crate::login::request::{Freshness, Hints, LoginRequest, ReplyContext};
use crate::login::transaction::LoginTransaction;
use crate::oidc::acr;
use crate::oidc::answer::{AuthorizationAnswer, AuthorizationOutcome, ReturnAddress};
use crate::oidc::authorize::{
    self, AuthorizationRefused, AuthorizationRequest, Carried, Prompt, Unanswerable,
};
use crate::oidc::client::{IdTokenAlgorithm, Issuer, OidcClient, ResourceUri, Scope, Thumbprint};
use crate::oidc::code::{CODE_LIFETIME, ClaimMap, CodeRecord, GrantedAnswer};
use crate::oidc::error::code_for;
use crate::oidc::hint::{IdTokenHint, NotOurToken};
use crate::oidc::jwks::verification_keys;
use crate::oidc::params::Parameters;
use crate::oidc::pkce::CodeChallenge;
use crate::oidc::pushed::PushedRequest;
use crate::store::grants::{Grant, GrantFamily, Handle, HandleKind, NewGrant};
use crate::trust::registry::{Registry, Service};

/// Portner as an OpenID provider.
pub struct OidcFace {
    /// Our issuer, except towards services that were written for the incumbent.
    pub issuer: Issuer,
    /// Our name towards services that were written for the incumbent.
    pub realm: Issuer,
    /// What ID tokens are signed with by default (ES256).
    pub es256: KeyRing,
    /// What they are signed with for clients that know no elliptic curves.
    pub rs256: KeyRing,
    /// Seals what codes and tokens stand for.
    pub sealer: Sealer,
    /// Time and chance.
    pub ambient: Ambient,
}

/// How the answer finds its way back, and what was asked that only the answer shows.
#[derive(Debug, Serialize, Deserialize)]
struct OidcReply {
    return_to: ReturnAddress,
    nonce: Option<String>,
    challenge: Option<CodeChallenge>,
    scopes: BTreeSet<Scope>,
    acr_values: Vec<String>,
    only_subject: Option<String>,
    resources: Vec<ResourceUri>,
    dpop_key: Option<Thumbprint>,
}

impl OidcFace {
    /// What this service knows us by. A provider has one name towards each client, so that a
    /// token never says another than the discovery document that the client read.
    pub fn issuer_of(&self, service: &Service) -> &Issuer {
        if service.profile.face.is_of_the_incumbent() {
            &self.realm
        } else {
            &self.issuer
        }
    }

    /// Every key that our tokens verify with.
    pub fn published_keys(&self) -> impl Iterator<Item = Arc<dyn Signer>> {
        let rsa = self.rs256.published();
        let both = rsa.flat_map(|key| [key.padded(RsaPadding::Pss), Some(key)].into_iter().flatten());
        self.es256.published().chain(both)
    }

    /// What tokens for this client are signed with.
    pub fn signer_for(&self, client: &OidcClient) -> Arc<dyn Signer> {
        self.signer(client.id_token_algorithm)
    }

    /// What signs in this way.
    pub fn signer(&self, algorithm: IdTokenAlgorithm) -> Arc<dyn Signer> {
        let rsa = self.rs256.current();
        match algorithm {
            IdTokenAlgorithm::Es256 => Arc::clone(&self.es256.current()),
            IdTokenAlgorithm::Rs256 => Arc::clone(&rsa),
            // The RSA key always has this way too.
            IdTokenAlgorithm::Ps256 => rsa.padded(RsaPadding::Pss).unwrap_or_else(|| Arc::clone(&rsa)),
        }
    }

    /// Reads an authorization request, however it was carried here.
    pub fn receive(
        &self,
        registry: &Registry,
        parameters: &Parameters,
        carried: Carried,
    ) -> Result<Received, Refused> {
        let client_id = authorize::client_id(parameters)
            .map_err(|_| unknown_service("client_id", parameters.one("client_id").ok().flatten()))?;
        let (service, client) = registry
            .service_by_client_id(client_id.as_str())
            .ok_or_else(|| unknown_service("client_id", Some(client_id.as_str())))?;
        if !service.profile.enabled {
            // Not even an error is sent to where it stood (B13).
            return Err(Refusal::ServiceDisabled.into());
        }
        match self
            .read(service, client, parameters, carried)
            .map(|(asked, _)| asked)
        {
            Ok(asked) => Ok(Received::Login(self.login_request(registry, service, asked)?)),
            Err(AuthorizationRefused::OnOurPage(Unanswerable::UnregisteredRedirectUri)) => {
                let asked = parameters.one("redirect_uri").ok().flatten().unwrap_or_default();
                // What follows the path is the service's own, and may be about somebody.
                let place = asked.split(['?', '#']).next().unwrap_or_default();
                let cause = format!("the redirect_uri {} is not registered", given(place));
                Err(Refusal::UnregisteredAddress.because(cause))
            }
            Err(AuthorizationRefused::OnOurPage(error)) => Err(unanswerable(error)),
            Err(AuthorizationRefused::ToService(error)) => {
                let outcome = AuthorizationOutcome::Error {
                    code: error.code,
                    description: Some(error.description),
                };
                let outbound = outbound(error.return_to.answer(self.issuer_of(service), outcome))?;
                let check = error.code.as_str().to_owned();
                let refused = Refusal::ServiceRequestRefused { check }.because(*error);
                Ok(Received::Answered {
                    service: service.profile.id.clone(),
                    outbound,
                    refused,
                })
            }
        }
    }

    /// The request, and the parameters that its client signed for, if it did. A request object is
    /// for whom its client knows us as.
    fn read(
        &self,
        service: &Service,
        client: &OidcClient,
        parameters: &Parameters,
        carried: Carried,
    ) -> Result<(AuthorizationRequest, Option<Parameters>), AuthorizationRefused> {
        let issuer = self.issuer_of(service);
        let signed = authorize::unfold(parameters, client, issuer, self.ambient.now())?;
        let carried = Carried {
            signed: carried.signed || signed.is_some(),
            ..carried
        };
        let asked = AuthorizationRequest::read(signed.as_ref().unwrap_or(parameters), client, carried)?;
        Ok((asked, signed))
    }

    /// Checks a request that a client pushes, so that what is wrong is told at once, and gives
    /// what is kept of it. `proved` is the key that the client proved to have.
    pub fn push(
        &self,
        service: &Service,
        client: &OidcClient,
        parameters: &Parameters,
        proved: Option<&Thumbprint>,
    ) -> Result<PushedRequest, AuthorizationRefused> {
        let pushed = Carried {
            pushed: true,
            signed: false,
        };
        let (asked, signed) = self.read(service, client, parameters, pushed)?;
        let kept = PushedRequest::of(signed.as_ref().unwrap_or(parameters), signed.is_some());
        match (proved, asked.dpop_key) {
            (Some(proved), None) => Ok(kept.tied_to(proved)),
            (Some(proved), Some(named)) if *proved != named => {
                Err(Box::new(authorize::Answerable::key_mismatch(asked.return_to)).into())
            }
            _ => Ok(kept),
        }
    }

    fn login_request(
        &self,
        registry: &Registry,
        service: &Service,
        asked: AuthorizationRequest,
    ) -> Result<LoginRequest, Refused> {
        if !asked.dropped_scopes.is_empty() {
            let scopes = given(&asked.dropped_scopes.join(" "));
            let id = service.profile.id.as_str();
            tracing::info!(
                service.id = id,
                scopes,
                "scopes beyond the registration are left out"
            );
        }
        let hinted = self.hinted_subject(service, &asked);
        // Whom the service means is not known from a hint that nobody can read: whoever is here
        // proves who they are, and is not taken for the one that was meant (E16).
        let is_unclear = asked.claims.subject.is_none() && matches!(hinted, Some(Err(_)));
        let only_subject = asked.claims.subject.clone().or(hinted.and_then(Result::ok));
        let acr_values = if asked.claims.acr.is_empty() {
            asked.acr_values
        } else {
            asked.claims.acr
        };
        let wanted = acr::wanted(&acr_values);
        let mut hints = asked.upstream_hints.iter();
        let hinted = hints.find_map(|hint| registry.upstream_by_hint(hint));
        let (login, select_account) = match asked.prompt {
            Prompt::Insist {
                login,
                select_account,
                ..
            } => (login, select_account),
            Prompt::AsNeeded | Prompt::Silent => (false, false),
        };
        let reply = OidcReply {
            return_to: asked.return_to,
            nonce: asked.nonce,
            challenge: asked.challenge,
            scopes: asked.scopes,
            acr_values,
            only_subject,
            resources: asked.resources,
            dpop_key: asked.dpop_key,
        };
        let reply = postcard::to_stdvec(&reply).map_err(|error| Refusal::Internal.because(error))?;
        Ok(LoginRequest {
            service: service.profile.id.clone(),
            wanted,
            freshness: Freshness {
                force: login || is_unclear,
                choose_again: select_account,
                max_age_seconds: asked.max_age,
            },
            passive: asked.prompt == Prompt::Silent,
            hints: Hints {
                login_name: asked.login_hint,
                upstream: hinted.map(|upstream| upstream.profile.id.clone()),
                ..Hints::default()
            },
            language: asked.ui_locales.iter().find_map(|tag| Language::from_tag(tag)),
            reply: ReplyContext(reply),
        })
    }

    /// The user that an earlier ID token of ours names. Its age does not matter, its signature does.
    fn hinted_subject(
        &self,
        service: &Service,
        asked: &AuthorizationRequest,
    ) -> Option<Result<String, NotOurToken>> {
        let hint = asked.id_token_hint.as_deref()?;
        let keys = verification_keys(self.published_keys());
        let read = IdTokenHint::read(hint, self.issuer_of(service), &keys);
        Some(read.map(|hint| hint.subject))
    }

    /// A code for the service, and what it stands for.
    pub fn answer(
        &self,
        tx: &LoginTransaction,
        service: &Service,
        client: &OidcClient,
        answer: &LoginAnswer,
    ) -> Result<Reply, Refused> {
        let reply = OidcReply::read(tx)?;
        if reply
            .only_subject
            .as_ref()
            .is_some_and(|only| *only != answer.subject.value)
        {
            return Err(
                Refusal::InteractionNeeded { login: true }.because("another user than the service asked for")
            );
        }
        let return_to = reply.return_to.clone();
        let mut record = self.record(reply, client, service, answer);
        record.answer.login = Some(tx.id().to_string());
        let code = self.code(tx, answer.session, &record)?;
        let outcome = AuthorizationOutcome::Code(code.handle.expose());
        Ok(Reply {
            outbound: outbound(return_to.answer(self.issuer_of(service), outcome))?,
            code: Some(code),
            subject: answer.subject.value.clone(),
            name_format: String::new(),
        })
    }

    /// An error, on its way to the service.
    pub fn refuse(
        &self,
        tx: &LoginTransaction,
        service: &Service,
        refusal: &Refusal,
    ) -> Result<Outbound, Refused> {
        let reply = OidcReply::read(tx)?;
        let code = code_for(refusal).ok_or_else(|| refusal.clone())?;
        outbound(reply.return_to.answer(
            self.issuer_of(service),
            AuthorizationOutcome::Error {
                code,
                description: None,
            },
        ))
    }

    /// What a client is told of a login that it asked for without a browser.
    pub fn granted(
        &self,
        service: &Service,
        answer: &LoginAnswer,
        (acr_values, scopes): (&[String], BTreeSet<Scope>),
    ) -> GrantedAnswer {
        let claims = words::claims(service, answer);
        GrantedAnswer {
            subject: answer.subject.value.clone(),
            session: Some(answer.session_index.clone()),
            authenticated_at: answer.authenticated_at,
            acr: acr::achieved(acr_values, &answer.assurance).to_owned(),
            amr: acr::methods(&answer.methods, &answer.assurance),
            scopes,
            id_token: ClaimMap(claims.id_token),
            userinfo: ClaimMap(claims.userinfo),
            acting: answer.acting.clone(),
            login: None,
        }
    }

    fn record(
        &self,
        reply: OidcReply,
        client: &OidcClient,
        service: &Service,
        answer: &LoginAnswer,
    ) -> CodeRecord {
        let now = self.ambient.now();
        CodeRecord {
            client_id: client.client_id.clone(),
            redirect_uri: reply.return_to.redirect_uri,
            challenge: reply.challenge,
            nonce: reply.nonce,
            expires_at: now.saturating_add(CODE_LIFETIME).unwrap_or(now),
            session_ends: answer.session_ends,
            resources: reply.resources,
            dpop_key: reply.dpop_key,
            answer: self.granted(service, answer, (&reply.acr_values, reply.scopes)),
        }
    }

    /// The same code for the same login, so that a double click ends in one.
    fn code(
        &self,
        tx: &LoginTransaction,
        session: SessionId,
        record: &CodeRecord,
    ) -> Result<NewGrant, Refused> {
        let plain = postcard::to_stdvec(record).map_err(|error| Refusal::Internal.because(error))?;
        let payload = self
            .sealer
            .seal(SealPurpose::Code, &plain)
            .map_err(|error| Refusal::Internal.because(error))?;
        let secret = tx.derive_for_login(Label::AuthorizationCode);
        Ok(NewGrant {
            handle: Handle::from_bytes(HandleKind::AuthorizationCode, &secret),
            grant: Grant {
                family: GrantFamily(tx.derive_row_id(Label::GrantFamily)),
                session: Some(session),
                login: None,
                bound_to: record.client_id.as_str().to_owned(),
                payload,
                issued_at: self.ambient.now(),
                expires_at: record.expires_at,
            },
        })
    }
}

impl OidcReply {
    fn read(tx: &LoginTransaction) -> Result<Self, Refused> {
        postcard::from_bytes(&tx.request().reply.0).map_err(|error| Refusal::Internal.because(error))
    }
}

impl std::fmt::Debug for OidcFace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcFace")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

fn refused_for(error: Unanswerable) -> Refused {
    let check = error.parameter().to_owned();
    Refusal::ServiceRequestRefused { check }.because(error)
}

/// A request that can be answered on our own page alone.
pub fn unanswerable(error: Unanswerable) -> Refused {
    match error {
        Unanswerable::UnregisteredRedirectUri => Refusal::UnregisteredAddress.because(error),
        Unanswerable::ClientId => Refusal::UnknownService.because(error),
        Unanswerable::RedirectUri | Unanswerable::RequestUri => refused_for(error),
    }
}

fn outbound(answer: AuthorizationAnswer) -> Result<Outbound, Refused> {
    let parse = |text: &str| Url::parse(text).map_err(|error| Refusal::Internal.because(error));
    Ok(match answer {
        AuthorizationAnswer::Redirect(url) => Outbound::Redirect(parse(&url)?),
        AuthorizationAnswer::PostForm { action, fields } => Outbound::PostForm {
            to: parse(&action)?,
            fields: fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        },
    })
}
