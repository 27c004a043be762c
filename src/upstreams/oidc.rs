//! Upstreams that speak OpenID Connect: our face as a relying party.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use url::Url;

use super::eid::NotAsTheScheme;
use super::evidence::{self, Said};
use crate::ambient::Ambient;
use crate::domain::assurance::Factors;
use crate::domain::login_name::LoginName;
use crate::domain::refusal::{NO_TRUST_ANCHOR, Refusal, Refused, SCOPE};
use crate::domain::upstream::{UpstreamId, UpstreamProfile};
use crate::egress::{Bulkhead, Egress, EgressError, Place};
use crate::keys::derive::Label;
use crate::login::at_upstream::AtUpstream;
use crate::login::identity::{AuthenticatedIdentity, SignedMessage, UpstreamAnswer};
use crate::login::outbound::Outbound;
use crate::login::transaction::{LoginTransaction, Route};
use crate::oidc::client::{LogoutBinding, OidcUpstream};
use crate::oidc::params::Parameters;
use crate::oidc::pkce::CodeChallenge;
use crate::oidc::rp::{
    AcceptedIdToken, Departure, Expected, ProviderCache, RelyingParty, RelyingPartyError, UpstreamLogout,
};
use crate::telemetry::clocks::Clocks;
use crate::telemetry::metrics::PartyRole;
use crate::trust::mapping::IdentityMapping;
use crate::trust::provider_shelf::ProviderPlace;
use crate::trust::shelf::Shelf;

/// How far a provider's clock may be off, where it says when a login was.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Portner as a relying party of OpenID upstreams.
pub struct OidcConnector {
    egress: Egress,
    ambient: Ambient,
    /// Room for those who wait for an upstream, so that a slow one holds only its own (DR29).
    waiting: Arc<Bulkhead>,
    /// Watches the clocks of others.
    clocks: Arc<Clocks>,
    /// Where what was learnt is kept.
    shelf: Shelf,
    /// What was learnt of each upstream: its description and its keys.
    learnt: RwLock<HashMap<UpstreamId, Arc<ProviderCache>>>,
}

/// What goes along to the upstream and must come back, derived from the login.
struct Secrets {
    state: String,
    nonce: String,
    verifier: String,
}

impl OidcConnector {
    /// Nothing is fetched yet. `waiting` is the room for those who wait for one upstream.
    pub fn new(
        egress: Egress,
        ambient: Ambient,
        waiting: Arc<Bulkhead>,
        clocks: Arc<Clocks>,
        shelf: Shelf,
    ) -> Self {
        Self {
            shelf,
            egress,
            ambient,
            waiting,
            clocks,
            learnt: RwLock::default(),
        }
    }

    /// Sends the user off with an authorization request.
    pub async fn start(
        &self,
        tx: &LoginTransaction,
        route: &Route,
        provider: &OidcUpstream,
        acr_values: &[String],
    ) -> Result<Outbound, Refused> {
        let party = self.party(provider);
        let failed = |error| not_sent(&route.upstream, error);
        let _place = self.place(provider, "login").map_err(failed)?;
        let secrets = Secrets::of(tx);
        let (request, freshness) = (tx.request(), tx.freshness());
        let login_hint = route.name.as_ref().map(typed);
        let challenge = CodeChallenge::of(&secrets.verifier);
        let departure = Departure {
            state: &secrets.state,
            nonce: &secrets.nonce,
            challenge: Some(&challenge),
            login_hint: login_hint.as_deref(),
            acr_values,
            prompt: freshness.force.then_some("login"),
            // A provider may ignore `prompt`; asked for an age, it says when (oidc-core §2, `auth_time`).
            max_age: freshness.max_age_seconds.or(freshness.force.then_some(0)),
            ui_locales: request.language.map(crate::domain::text::Language::tag),
            extra: &provider.parameters,
        };
        let url = party.authorization_url(&departure).await;
        url.map(Outbound::Redirect).map_err(failed)
    }

    /// Takes the browser's return; every check of the protocol is behind it.
    pub async fn finish(
        &self,
        tx: &LoginTransaction,
        profile: &UpstreamProfile,
        provider: &OidcUpstream,
        mapping: &IdentityMapping,
        callback: &Parameters,
    ) -> Result<UpstreamAnswer, Refused> {
        tx.back_in_time(self.ambient.now())?;
        let secrets = Secrets::of(tx);
        let expected = Expected {
            state: &secrets.state,
            nonce: &secrets.nonce,
            verifier: &secrets.verifier,
            max_age: tx.freshness().max_age_seconds,
        };
        let party = self.party(provider);
        let failed = |error| refused(&profile.id, error);
        let _place = self.place(provider, "login").map_err(failed)?;
        let finished = party.finish(callback, &expected).await;
        if let Ok(AcceptedIdToken { issued_at: at, .. }) | Err(RelyingPartyError::IssuedAhead(at)) = &finished
        {
            let now = self.ambient.now();
            self.clocks
                .saw(PartyRole::Upstream, profile.id.as_str(), *at, now);
        }
        let token = finished.map_err(failed)?;
        let answer_refused = |check: &str, cause: String| {
            let upstream = profile.id.clone();
            let check = check.to_owned();
            let refused = Refusal::UpstreamAnswerRefused { upstream, check }.because(cause);
            refused.said_by_upstream(true)
        };
        let too_early = tx
            .started_at()
            .saturating_sub(CLOCK_SKEW)
            .unwrap_or(Timestamp::MIN);
        if tx.freshness().force {
            let cause = match token.auth_time {
                None => Some("a new login was asked for, and the provider does not say when it was"),
                Some(at) if at < too_early => {
                    Some("a new login was asked for, and the provider speaks of an earlier one")
                }
                Some(_) => None,
            };
            if let Some(cause) = cause {
                return Err(answer_refused("auth_time", cause.to_owned()));
            }
        }
        if !evidence::is_in_scope(&token, &profile.scopes) {
            let cause = "a scoped value is not the provider's own";
            return Err(answer_refused(SCOPE, cause.to_owned()));
        }
        self.vouched(profile, mapping, &token)
            .map_err(|error| answer_refused(error.0, error.to_string()))
    }

    /// What the browser brings to log out there as well; nothing where the provider has no such place.
    /// By POST unless its file says otherwise: only there the ID token goes along, which says who the
    /// user is and has no business in an address (F10).
    pub async fn logout(
        &self,
        provider: &OidcUpstream,
        id_token: Option<&str>,
        back: &Url,
        state: &str,
    ) -> Result<Option<Outbound>, RelyingPartyError> {
        let _place = self.place(provider, "logout")?;
        let Some(mut to) = self.party(provider).end_session_endpoint().await? else {
            return Ok(None);
        };
        let fields = [
            ("client_id", provider.client_id.as_str()),
            ("post_logout_redirect_uri", back.as_str()),
            ("state", state),
        ];
        Ok(Some(match provider.logout_by {
            LogoutBinding::Post => {
                let hint = id_token.map(|token| ("id_token_hint", token));
                let fields = hint.into_iter().chain(fields);
                let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
                let fields = fields.collect();
                Outbound::PostForm { to, fields }
            }
            LogoutBinding::Get => {
                to.query_pairs_mut().extend_pairs(fields);
                Outbound::Redirect(to)
            }
        }))
    }

    /// Checks a logout token that the provider posted.
    pub async fn read_logout_token(
        &self,
        provider: &OidcUpstream,
        token: &str,
    ) -> Result<UpstreamLogout, RelyingPartyError> {
        let _place = self.place(provider, "logout")?;
        self.party(provider).read_logout_token(token).await
    }

    /// A place among those who wait for this upstream. Anybody can post logout tokens, which must
    /// not take the places of logins.
    fn place(&self, provider: &OidcUpstream, act: &str) -> Result<Place, RelyingPartyError> {
        self.waiting
            .enter(&format!("{}/{act}", provider.id))
            .ok_or_else(|| {
                let host = provider.issuer.as_str().to_owned();
                RelyingPartyError::Unreachable(EgressError::NoRoom { host })
            })
    }

    /// The relying party for this registration as it is now: our name there, our key or secret
    /// and what we ask may change at any time. What was learnt of the provider stays (A02).
    fn party(&self, provider: &OidcUpstream) -> RelyingParty {
        let known = self
            .learnt
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&provider.id)
            .cloned();
        let learnt = known
            .filter(|learnt| learnt.is_of(provider))
            .unwrap_or_else(|| self.learn(provider));
        RelyingParty::with(
            provider.clone(),
            learnt,
            self.egress.clone(),
            self.ambient.clone(),
        )
    }

    /// Begins to learn of a provider, unless somebody else began meanwhile.
    fn learn(&self, provider: &OidcUpstream) -> Arc<ProviderCache> {
        let memory = || Arc::new(ProviderPlace::of(&self.shelf, provider));
        let new = || Arc::new(ProviderCache::remembering(provider, memory()));
        let mut learnt = self.learnt.write().unwrap_or_else(PoisonError::into_inner);
        let known = learnt.entry(provider.id.clone()).or_insert_with(new);
        if !known.is_of(provider) {
            *known = new();
        }
        Arc::clone(known)
    }

    fn vouched(
        &self,
        profile: &UpstreamProfile,
        mapping: &IdentityMapping,
        token: &AcceptedIdToken,
    ) -> Result<UpstreamAnswer, NotAsTheScheme> {
        let claimed = evidence::claimed(mapping, token)?;
        let assurance = evidence::proved(mapping, token, profile.ceiling);
        let assurance = evidence::of_kind(assurance, mapping, &claimed);
        let default = if assurance.factors == Factors::Two {
            "mfa"
        } else {
            "pwd"
        };
        let methods = if token.amr.is_empty() {
            vec![default.to_owned()]
        } else {
            token.amr.clone()
        };
        let now = self.ambient.now();
        Ok(UpstreamAnswer {
            claimed,
            identity: AuthenticatedIdentity {
                upstream: profile.id.clone(),
                assurance,
                methods: methods.into_iter().take(8).collect(),
                authenticated_at: token.auth_time.map_or(now, |at| at.min(now)),
                time_is_said: token.auth_time.is_some(),
                not_after: None,
                authorities: vec![token.issuer.clone()],
                privileges: evidence::privileges(mapping, profile, token),
                session: Some(AtUpstream::oidc(
                    &token.subject,
                    token.claims.get("sid").and_then(Value::as_str),
                    &token.raw,
                )),
            },
            // The provider takes its code once.
            mark: None,
            message: SignedMessage(token.raw.clone()),
        })
    }
}

impl Secrets {
    fn of(tx: &LoginTransaction) -> Self {
        let text = |label| BASE64URL_NOPAD.encode(&tx.derive(label));
        let request = tx.request();
        Self {
            state: format!("{}.{}.{}", tx.id(), text(Label::State), request.service),
            nonce: text(Label::Nonce),
            verifier: text(Label::PkceVerifier),
        }
    }
}

impl Said for AcceptedIdToken {
    fn subject(&self) -> &str {
        &self.subject
    }

    fn values(&self, name: &str) -> Vec<String> {
        match self.claims.get(name) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Number(number)) => vec![number.to_string()],
            Some(Value::Array(values)) => values
                .iter()
                .filter_map(|v| Some(v.as_str()?.to_owned()))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.claims.keys().map(String::as_str).collect()
    }
}

impl std::fmt::Debug for OidcConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OidcConnector")
    }
}

/// Service and login of a `state` that we made.
pub fn read_state(state: &str) -> Option<(&str, &str)> {
    let mut parts = state.splitn(3, '.');
    let (tx, _, service) = (parts.next()?, parts.next()?, parts.next()?);
    Some((service, tx))
}

fn typed(name: &LoginName) -> String {
    match name {
        LoginName::Bare(name) => name.to_string(),
        LoginName::AtDomain(name) => format!("{}@{}", name.local, name.domain.to_unicode()),
    }
}

/// Why a user could not be sent to the upstream.
fn not_sent(upstream: &UpstreamId, error: RelyingPartyError) -> Refused {
    let upstream = upstream.clone();
    let refusal = match error.itself() {
        RelyingPartyError::Unreachable(EgressError::NoRoom { .. }) => busy(upstream),
        // Nothing that it answered could be verified, so nobody is sent there (A02).
        found if found.reason() == NO_TRUST_ANCHOR => {
            let check = NO_TRUST_ANCHOR.to_owned();
            Refusal::UpstreamAnswerRefused { upstream, check }
        }
        _ => Refusal::UpstreamRequestFailed { upstream },
    };
    refusal.because(error)
}

/// Why what the user came back with is no login.
fn refused(upstream: &UpstreamId, error: RelyingPartyError) -> Refused {
    let upstream = upstream.clone();
    let is_its_own_word = error.itself().is_its_own_word();
    let refusal = match error.itself() {
        RelyingPartyError::Declined { .. } => Refusal::UpstreamDeclined { upstream },
        RelyingPartyError::Unreachable(EgressError::NoRoom { .. }) => busy(upstream),
        RelyingPartyError::Unreachable(_)
        | RelyingPartyError::TokenEndpoint { .. }
        | RelyingPartyError::TokenAnswer
        | RelyingPartyError::Userinfo
            if !error.itself().is_bad_code() =>
        {
            Refusal::UpstreamUnreachable { upstream }
        }
        found => {
            let check = found.reason().to_owned();
            Refusal::UpstreamAnswerRefused { upstream, check }
        }
    };
    refusal.because(error).said_by_upstream(is_its_own_word)
}

/// Whoever waits for an upstream is gone after the time of a call or two.
const fn busy(upstream: UpstreamId) -> Refusal {
    Refusal::UpstreamBusy {
        upstream,
        retry_after: 10,
    }
}
