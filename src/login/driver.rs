//! The async part of the journey: takes an event, fills in what it proved, loads the
//! facts, and asks [`journey::next`] what comes now.
//!
//! It performs nothing: pages, redirects and cookies are the web layer's.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::adult::WaitingAct;
use super::identify::Signposts;
use super::identity::{self, AuthenticatedIdentity, UpstreamAnswer};
use super::journey::{self, CompletedLogin, Facts, Question, Step};
use super::recognise::recognise;
use super::request::LoginRequest;
use super::sso;
use super::step_up::{self, Wishes};
use super::transaction::{ActorChoice, LoginTransaction, Route};
use crate::ambient::Ambient;
use crate::budgets::{Budgets, Whence};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::actor::ActorId;
use crate::domain::assurance::NsisLevel;
use crate::domain::licence::LicenceRule;
use crate::domain::password_rule::PasswordRules;
use crate::domain::person_record::PersonRecord;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceProfile;
use crate::domain::session::{SessionLimits, SsoSession};
use crate::domain::upstream::{UpstreamId, UpstreamProfile};
use crate::keys::derive::MasterSecret;
use crate::keys::vault::CprVault;
use crate::store::Store;
use crate::store::replay::{Mark, Once};
use crate::store::writer::Writer;
use crate::trust::registry::Registry;

/// What happened since the visitor's last step.
#[derive(Debug)]
pub enum Event {
    /// The service's request came in, perhaps with an earlier session in the browser.
    Begun(Option<SsoSession>),
    /// The page was shown again.
    Revisited,
    /// A name was typed.
    NameTyped(String, Whence),
    /// The picture that the teacher shows was picked; nothing: the pupil would rather log in as usual.
    PicturePicked(Option<u8>, Whence),
    /// An upstream was picked from the list.
    UpstreamChosen(UpstreamId),
    /// An upstream vouched; every check of its protocol has passed.
    Proved(Box<UpstreamAnswer>),
    /// A user name was picked.
    AccountChosen(AccountId),
    /// An affiliation was picked.
    ActorChosen(ActorId),
    /// Somebody who waits for an adult does something about it.
    Waited(WaitingAct),
}

/// What the journey needs of the house.
#[derive(Clone)]
pub struct Driver {
    /// Where people and sessions are.
    pub store: Store,
    /// Remembers proofs.
    pub writer: Writer,
    /// Finds and opens CPR numbers.
    pub vault: Arc<CprVault>,
    /// Makes names of people and sessions.
    pub pseudonyms: Arc<MasterSecret>,
    /// Time and chance.
    pub ambient: Ambient,
    /// How many wrong names are told as such.
    pub budgets: Arc<Budgets>,
    /// For how long a session counts.
    pub limits: SessionLimits,
    /// Whether `user@domain` routes to local logins.
    pub domain_login: bool,
    /// The domain that scoped values of ours belong to.
    pub scope: Arc<str>,
    /// What passwords are kept by.
    pub rules: Arc<PasswordRules>,
    /// Until when a window asks for no picture on any network (T2).
    pub without_picture_until: Option<Timestamp>,
    /// The highest NSIS level that this installation is notified for; without one it asserts none.
    pub notified: Option<NsisLevel>,
}

impl Driver {
    /// Fills in what the event proved and says what comes now.
    pub async fn advance(
        &self,
        registry: &Registry,
        tx: &mut LoginTransaction,
        event: Event,
    ) -> Result<Step, Refused> {
        tx.visit();
        let request = tx.request().clone();
        let service = service_of(registry, &request)?;
        let signposts = Signposts {
            registry,
            service,
            request: &request,
            domain_login: self.domain_login,
        };
        let mark = match &event {
            Event::Proved(answer) => answer.mark,
            _ => None,
        };
        let recognised = self.take_in(&signposts, tx, event).await?;
        let help = self.help_facts(registry, tx).await?;
        let upstream = upstream_of(registry, tx);
        let record = match recognised {
            Some(record) => Some(record),
            None => self.record_of(upstream, tx).await?,
        };
        let stronger = self.stronger(&signposts, tx, record.as_ref());
        let secret = self.secret_facts(registry, tx, record.as_ref()).await?;
        let adult = self.adult_facts(&signposts, tx, record.as_ref()).await?;
        let facts = Facts {
            adult,
            service,
            upstream,
            licensed: self.licensed(service, tx).await?,
            record,
            help,
            secret,
            stronger,
        };
        let step = journey::next(tx, &facts, self.ambient.now());
        let step = self.count_once(tx, step, mark).await?;
        match step {
            Step::AskAdult => {
                let waiting = self.wait_for_adult(registry, tx, facts.record.as_ref()).await?;
                Ok(Step::Ask(Question::Adult(Box::new(waiting))))
            }
            Step::StepUp(upstream) => {
                step_up::tell(tx, service, &upstream);
                tx.step_up(upstream.clone());
                let name = tx.route().and_then(|route| route.name.clone());
                Ok(Step::LeaveFor(Route { upstream, name }))
            }
            Step::ProveAnew(route) => {
                tx.prove_anew(route.clone());
                Ok(Step::LeaveFor(route))
            }
            Step::Refuse(Refusal::LevelNotReached) => {
                Err(Refusal::LevelNotReached.because(step_up::asked_and_held(tx, service)))
            }
            step => Ok(step),
        }
    }

    /// Who could prove more of the account that was come as.
    fn stronger(
        &self,
        signposts: &Signposts<'_>,
        tx: &LoginTransaction,
        record: Option<&PersonRecord>,
    ) -> Option<UpstreamId> {
        let identity = tx.identity()?;
        if journey::wishes(tx, signposts.service).are_met_by(&identity.assurance) {
            return None;
        }
        let account = record?.account(tx.account()?)?;
        step_up::next_upstream(
            signposts,
            self.notified,
            &identity.upstream,
            tx.answered(),
            account,
        )
    }

    /// A proof counts once: a finished login is written together with its mark, any other step
    /// is taken after the mark is on disk. A double click within one login is still that once.
    async fn count_once(
        &self,
        tx: &LoginTransaction,
        step: Step,
        mark: Option<Mark>,
    ) -> Result<Step, Refused> {
        match (step, mark) {
            (Step::Answer(login), mark) => Ok(Step::Answer(Box::new(CompletedLogin { mark, ..*login }))),
            (step, None) => Ok(step),
            (step, Some(mark)) => match self.writer.mark(mark).await? {
                Once::First | Once::SameOwner => Ok(step),
                Once::Replayed => Err(identity::replayed(tx)),
            },
        }
    }

    /// Fills in what the event proved; whoever it recognised need not be looked up again.
    async fn take_in(
        &self,
        signposts: &Signposts<'_>,
        tx: &mut LoginTransaction,
        event: Event,
    ) -> Result<Option<PersonRecord>, Refused> {
        match event {
            Event::Begun(session) => self.begin(signposts, tx, session.as_ref())?,
            // Whoever comes back without an answer of the eID goes on as the pupil.
            Event::Revisited => tx.take_up_again(None),
            Event::Waited(act) => self.take_in_waiting(signposts, tx, act).await?,
            Event::Proved(answer) if tx.is_set_aside() => {
                self.take_in_parent(signposts, tx, *answer).await?;
            }
            Event::NameTyped(typed, whence) => {
                let route = signposts.route_for_typed(&typed)?;
                let known = self.refuse_unknown_names(&route, &whence).await?;
                tx.fill_route(route);
                self.offer_help(signposts.registry, tx, known.as_ref(), &whence)
                    .await?;
            }
            Event::PicturePicked(picked, whence) => {
                self.take_in_picture(signposts.registry, tx, picked, &whence)
                    .await?;
            }
            Event::UpstreamChosen(chosen) => tx.fill_route(signposts.route_for_choice(&chosen)?),
            Event::Proved(answer) => return self.take_in_answer(signposts, tx, *answer).await.map(Some),
            Event::AccountChosen(account) => self.take_in_account(signposts, tx, account).await?,
            Event::ActorChosen(actor) => tx.fill_actor(ActorChoice::One(actor)),
        }
        Ok(None)
    }

    fn begin(
        &self,
        signposts: &Signposts<'_>,
        tx: &mut LoginTransaction,
        session: Option<&SsoSession>,
    ) -> Result<(), Refused> {
        let request = signposts.request;
        signposts.refuse_what_nobody_may_vouch_for()?;
        if !step_up::could_be_met_by_somebody(signposts, self.notified) {
            let wanted = signposts.service.wanted.and(&request.wanted).words();
            return Err(Refusal::LevelUnavailable.because(format!("nobody could prove {wanted}")));
        }
        let now = self.ambient.now();
        let believed = session.map(|session| sso::as_believed(signposts.registry, session.clone()));
        let session = believed.as_ref();
        let shares = |session: &&SsoSession| {
            let upstream = signposts.registry.upstream(&session.upstream);
            upstream.is_some_and(|upstream| upstream.profile.sessions.shared)
        };
        let lean_on = session
            .filter(|s| sso::may_lean(signposts, s, &self.limits, now))
            .filter(shares);
        if let Some(session) = lean_on {
            tx.fill_from_session(session, self.identity_of(session));
        } else if let Some(session) = session.filter(|s| self.can_step_up_from(signposts, s, now)) {
            tx.fill_from_session(session, self.identity_of(session));
        } else if let Some(route) = signposts.route_from_hints() {
            tx.fill_route(route);
        }
        Ok(())
    }

    /// A session that is too weak for this request says who the user is, where somebody could prove more.
    fn can_step_up_from(&self, signposts: &Signposts<'_>, session: &SsoSession, now: Timestamp) -> bool {
        let wishes = Wishes::of(signposts);
        sso::is_good(signposts, session, &self.limits, now)
            && !wishes.are_met_by(&self.identity_of(session).assurance)
            && step_up::could_be_met_by_somebody(signposts, self.notified)
    }

    /// What an earlier login proved, as far as it may be passed on today.
    pub(super) fn identity_of(&self, session: &SsoSession) -> AuthenticatedIdentity {
        AuthenticatedIdentity {
            upstream: session.upstream.clone(),
            assurance: step_up::passed_on(session.assurance, self.notified),
            methods: session.methods.clone(),
            authenticated_at: session.authenticated_at,
            time_is_said: session.time_is_said,
            not_after: Some(session.expires_at),
            authorities: session.authorities.clone(),
            privileges: session.privileges.clone(),
            session: None,
        }
    }

    async fn take_in_answer(
        &self,
        signposts: &Signposts<'_>,
        tx: &mut LoginTransaction,
        answer: UpstreamAnswer,
    ) -> Result<PersonRecord, Refused> {
        // The upstream is decided once, in the transaction (DR07).
        let upstream = signposts
            .registry
            .upstream(&answer.identity.upstream)
            .filter(|_| {
                tx.route()
                    .is_some_and(|route| route.upstream == answer.identity.upstream)
            })
            .ok_or_else(|| Refusal::LoginLost.because("an answer by another upstream than the route's"))?;
        let found = recognise(
            &self.store,
            &self.vault,
            &upstream.profile,
            &answer.claimed,
            self.ambient.now(),
        )
        .await?;
        let mut reached: Vec<_> = found.accounts.iter().map(|record| record.account.id).collect();
        if let Some(first) = tx.same_as() {
            // More was to be proved of one account: anybody else's proof is nobody's here (C06).
            reached.retain(|account| found.person.id == first.person && *account == first.account);
            if reached.is_empty() {
                let upstream = upstream.profile.id.clone();
                return Err(
                    Refusal::AnotherPerson { upstream }.because("a step-up came back as another person")
                );
            }
        }
        let identity = AuthenticatedIdentity {
            assurance: step_up::passed_on(answer.identity.assurance, self.notified),
            ..answer.identity
        };
        tx.fill_identity(identity, found.person.id, &reached);
        tx.fill_secret(answer.claimed.secret);
        Ok(found)
    }

    /// A choice is one of those that the page offered, or it is none: another account of the
    /// same person is out of this identity's reach (C08, C09).
    async fn take_in_account(
        &self,
        signposts: &Signposts<'_>,
        tx: &mut LoginTransaction,
        chosen: AccountId,
    ) -> Result<(), Refused> {
        let upstream = upstream_of(signposts.registry, tx);
        let offered = match tx.person() {
            Some(person) if tx.has_choice() => self.offered_accounts(upstream, person).await?,
            _ => None,
        };
        if offered.is_some_and(|record| record.account(chosen).is_some()) {
            tx.fill_account(chosen);
        }
        Ok(())
    }

    /// The person of this login as the directory has them now: with the chosen account, or
    /// with all that they may choose from.
    async fn record_of(
        &self,
        upstream: Option<&UpstreamProfile>,
        tx: &LoginTransaction,
    ) -> Result<Option<PersonRecord>, Refused> {
        let Some(person) = tx.person() else {
            return Ok(None);
        };
        let Some(chosen) = tx.account() else {
            return self.offered_accounts(upstream, person).await;
        };
        let found = self.store.record_of_account(chosen, self.ambient.now()).await;
        let found = found.map_err(Refused::from)?;
        // Also where it was recognised earlier: it may have left since (C01).
        let found = found.filter(|record| record.person.id == person).zip(upstream);
        Ok(found.map(|(record, upstream)| record.within(&upstream.institutions)))
    }

    /// What a CPR number from this upstream reaches.
    async fn offered_accounts(
        &self,
        upstream: Option<&UpstreamProfile>,
        person: PersonId,
    ) -> Result<Option<PersonRecord>, Refused> {
        let Some(upstream) = upstream else {
            return Ok(None);
        };
        let found = self.store.record_of_person(person, self.ambient.now()).await;
        let found = found.map_err(Refused::from)?;
        Ok(found.map(|record| record.within(&upstream.institutions)))
    }

    /// Which of the account's affiliations have a licence for the service, where it goes by that.
    async fn licensed(
        &self,
        service: &ServiceProfile,
        tx: &LoginTransaction,
    ) -> Result<BTreeSet<ActorId>, Refused> {
        let (LicenceRule::Told | LicenceRule::Required, Some(account)) = (service.licence, tx.account())
        else {
            return Ok(BTreeSet::new());
        };
        let licensed = self
            .store
            .licensed_actors(&service.id, account, self.ambient.now());
        licensed.await.map_err(Refused::from)
    }
}

fn service_of<'a>(registry: &'a Registry, request: &LoginRequest) -> Result<&'a ServiceProfile, Refused> {
    registry
        .service(&request.service)
        .map(|service| &service.profile)
        .ok_or_else(|| Refusal::UnknownService.into())
}

fn upstream_of<'a>(registry: &'a Registry, tx: &LoginTransaction) -> Option<&'a UpstreamProfile> {
    tx.route()
        .and_then(|route| registry.upstream(&route.upstream))
        .map(|upstream| &upstream.profile)
}
