//! A service that asks for an adult's word without a browser: whether the question may be put for a pupil who
//! is logged in there, and what the service is told on the strength of the answer. Everything that a login asks
//! is asked each time, and the same gate decides (DR08).

use std::collections::BTreeSet;

use super::answer::{Ingredients, LoginAnswer, answer};
use super::driver::Driver;
use super::journey::{self, CompletedLogin};
use super::level::{self, Vouched};
use super::may_issue::{Standing, may_issue};
use super::request::{Freshness, Hints, LoginRequest, ReplyContext};
use super::{adult, secret_due, sso};
use crate::domain::actor::ActorId;
use crate::domain::approval::Approval;
use crate::domain::assurance::WantedAssurance;
use crate::domain::face::ActingAs;
use crate::domain::licence::LicenceRule;
use crate::domain::refusal::Refused;
use crate::domain::service::ServiceProfile;
use crate::domain::session::SsoSession;
use crate::trust::registry::Registry;

impl Driver {
    /// Whether an adult's word could bring the pupil of this session to the service, and they are there.
    pub async fn may_ask(
        &self,
        registry: &Registry,
        service: &ServiceProfile,
        session: &SsoSession,
    ) -> Result<bool, Refused> {
        if !session.is_live(self.ambient.now(), &self.limits) {
            return Ok(false);
        }
        let login = self.login_in_session(registry, service, session, None).await?;
        Ok(login.is_some())
    }

    /// What the service hears of the pupil of this session, on the strength of this word; nothing where it
    /// does not count at this moment.
    pub async fn answer_in_session(
        &self,
        registry: &Registry,
        service: &ServiceProfile,
        session: &SsoSession,
        approval: &Approval,
    ) -> Result<Option<LoginAnswer>, Refused> {
        let is_of_it = approval.session == Some(session.id)
            && approval.account == session.account
            && approval.person == session.person;
        if !is_of_it || !approval.counts_at(&service.id, self.ambient.now()) {
            return Ok(None);
        }
        let Some(vouched) = Vouched::of(approval) else {
            return Ok(None);
        };
        if !self.still_vouches(approval).await? {
            return Ok(None);
        }
        let login = self.login_in_session(registry, service, session, Some(vouched));
        let Some(login) = login.await? else {
            return Ok(None);
        };
        let request = asked_by(service);
        let with = Ingredients {
            request: &request,
            service,
            session,
            pseudonyms: &self.pseudonyms,
            scope: &self.scope,
            fresh: self.ambient.bytes(),
        };
        // Nobody's CPR number goes out without a browser.
        Ok(Some(answer(&login, with, None)))
    }

    /// The login that this session makes at this service with this word; without one, the login that it could
    /// make. Nothing where no login would be let in, or something would first be asked of the user.
    async fn login_in_session(
        &self,
        registry: &Registry,
        service: &ServiceProfile,
        session: &SsoSession,
        vouched: Option<Vouched>,
    ) -> Result<Option<CompletedLogin>, Refused> {
        let now = self.ambient.now();
        let session = sso::as_believed(registry, session.clone());
        let upstream = registry.upstream(&session.upstream).map(|known| &known.profile);
        let found = self.store.record_of_account(session.account, now).await;
        let record = found.map_err(Refused::from)?.zip(upstream);
        let record = record.map(|(record, upstream)| record.within(&upstream.institutions));
        let record = record.filter(|record| record.person.id == session.person);
        let held = record.as_ref().and_then(|record| record.account(session.account));
        let (Some(record), Some(held)) = (record.as_ref(), held) else {
            return Ok(None);
        };
        if !adult::could_vouch(service, held) {
            return Ok(None);
        }
        let licensed = if service.licence == LicenceRule::NotAsked {
            BTreeSet::new()
        } else {
            let licensed = self.store.licensed_actors(&service.id, session.account, now);
            licensed.await.map_err(Refused::from)?
        };
        let secret = if registry.is_central(&session.upstream) {
            let secret = secret_due::of_account(&self.store, &self.rules, held, now).await;
            secret.map_err(Refused::from)?
        } else {
            None
        };
        let Ok(mut acting) = journey::admitted(service, held, &licensed) else {
            return Ok(None);
        };
        if let Some(vouched) = &vouched {
            acting.retain(|actor| journey::is_for(vouched, actor));
        }
        // Nobody is here who could be asked as which.
        if acting.is_empty() || (service.acting_as == ActingAs::OneActor && acting.len() > 1) {
            return Ok(None);
        }
        let identity = self.identity_of(&session);
        let level = match &vouched {
            Some(vouched) => level::at(identity.assurance, Some(vouched), now),
            None => level::with_an_adult(identity.assurance),
        };
        let standing = Standing {
            upstream,
            held,
            licensed: &licensed,
            level: Some(&level),
            secret: secret.as_ref(),
        };
        let acting: Vec<ActorId> = acting.iter().map(|actor| actor.id).collect();
        let actors = match may_issue(service, &standing, &acting) {
            Ok(actors) => actors,
            Err(why) => {
                let service = service.id.as_str();
                tracing::info!(
                    service.id = service,
                    why = why.word(),
                    "nothing without a browser"
                );
                return Ok(None);
            }
        };
        Ok(Some(CompletedLogin {
            level,
            vouched,
            identity,
            person: record.person.clone(),
            account: held.account.clone(),
            actors,
            licensed,
            mark: None,
        }))
    }
}

fn asked_by(service: &ServiceProfile) -> LoginRequest {
    LoginRequest {
        service: service.id.clone(),
        wanted: WantedAssurance::default(),
        freshness: Freshness::default(),
        passive: true,
        hints: Hints::default(),
        language: None,
        reply: ReplyContext(Vec::new()),
    }
}
