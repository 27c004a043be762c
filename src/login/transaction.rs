//! One login on its way: a form with blanks that only the `fill_*` methods change.
//!
//! It travels in a sealed cookie (`seal.rs`); the server keeps nothing of it. Secrets that
//! go to the next hop (message ids, nonces, PKCE verifiers, our answer's ids) are derived
//! from the transaction's own secret, so that a double click makes the same request and
//! gets the same answer (pain 24).

mod aside;
mod secrets;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use aside::{AdultNote, AskingAdult, SamePerson};

use super::at_upstream::AtUpstream;
use super::help::Help;
use super::identity::AuthenticatedIdentity;
pub use super::mishap::{Mishap, MishapAt, Stopped};
use super::new_secret::{Learning, Picking};
use super::request::LoginRequest;
use crate::ambient::Ambient;
use crate::domain::account::{AccountId, PersonId, SecretVersion};
use crate::domain::actor::ActorId;
use crate::domain::login_name::LoginName;
use crate::domain::refusal::Refusal;
use crate::domain::session::{SessionId, SsoSession};
use crate::domain::upstream::UpstreamId;

/// How long a login may take from request to answer.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// Names a login in URLs, form fields and RelayState. Not a secret: the cookie is what counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TransactionId(Uuid);

impl TransactionId {
    /// Reads the 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 32
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        plain.then(|| Uuid::parse_str(text).ok()).flatten().map(Self)
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// Where the user goes to prove who they are, and the name to take along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Who is to vouch.
    pub upstream: UpstreamId,
    /// What the user typed, so that nobody types it twice (pain 23).
    pub name: Option<LoginName>,
}

/// Which of the user's affiliations the service hears of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActorChoice {
    /// One, chosen by the user or the only one.
    One(ActorId),
    /// All that the service is for.
    All,
}

/// Tells one answer of an upstream from another: the first half of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerMark(pub [u8; 16]);

/// The login as far as it has come.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginTransaction {
    id: TransactionId,
    secret: [u8; 32],
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    started_at: Timestamp,
    visits: u8,
    hop: u8,
    request: LoginRequest,
    route: Option<Route>,
    identity: Option<AuthenticatedIdentity>,
    person: Option<PersonId>,
    account: Option<AccountId>,
    has_choice: bool,
    actor: Option<ActorChoice>,
    leans_on: Option<Uuid>,
    same_as: Option<SamePerson>,
    answered: Vec<UpstreamId>,
    behind: Vec<(UpstreamId, AtUpstream)>,
    answer: Option<AnswerMark>,
    stopped: Option<Stopped>,
    mishap: Option<Mishap>,
    secret_proved: Option<SecretVersion>,
    wants_new_secret: bool,
    learning: Learning,
    picking: Picking,
    pub(super) help: Option<Help>,
    pub(super) left_at: Option<i64>,
    adult: AskingAdult,
}

impl LoginTransaction {
    /// A new login with every blank open.
    pub fn begin(request: LoginRequest, ambient: &Ambient) -> Self {
        Self {
            id: TransactionId(ambient.uuid()),
            secret: ambient.bytes(),
            started_at: ambient.now(),
            visits: 0,
            hop: 0,
            request,
            route: None,
            identity: None,
            person: None,
            account: None,
            has_choice: false,
            actor: None,
            leans_on: None,
            same_as: None,
            answered: Vec::new(),
            behind: Vec::new(),
            answer: None,
            stopped: None,
            mishap: None,
            secret_proved: None,
            wants_new_secret: false,
            learning: Learning::default(),
            picking: Picking::default(),
            help: None,
            left_at: None,
            adult: AskingAdult::default(),
        }
    }

    /// Its name.
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// What was asked.
    pub fn request(&self) -> &LoginRequest {
        &self.request
    }

    /// When it began.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Whether it took too long.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.duration_since(self.started_at) >= LIFETIME
    }

    /// How often the browser came by.
    pub fn visits(&self) -> u8 {
        self.visits
    }

    /// Where the user goes, once decided.
    pub fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    /// What was vouched for, once it was.
    pub fn identity(&self) -> Option<&AuthenticatedIdentity> {
        self.identity.as_ref()
    }

    /// Whose login it is, once recognised.
    pub fn person(&self) -> Option<PersonId> {
        self.person
    }

    /// Which account, once chosen.
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Whether the identity reached several accounts, so that the user chooses, and may choose again.
    pub fn has_choice(&self) -> bool {
        self.has_choice
    }

    /// As whom, once chosen.
    pub fn actor(&self) -> Option<&ActorChoice> {
        self.actor.as_ref()
    }

    /// The session that the proof was taken from, where it was not new.
    pub fn leans_on(&self) -> Option<SessionId> {
        self.leans_on.map(SessionId)
    }

    /// Whose second proof is awaited, during a step-up.
    pub fn same_as(&self) -> Option<SamePerson> {
        self.same_as
    }

    /// The upstreams that have answered in this login, so that none is asked twice for more.
    pub fn answered(&self) -> &[UpstreamId] {
        &self.answered
    }

    /// The sessions of upstreams that have answered before the present one, for when they are logged out.
    pub fn behind(&self) -> &[(UpstreamId, AtUpstream)] {
        &self.behind
    }

    /// Why it could not go on, the last time that it could not.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.stopped.as_ref().map(|stopped| &stopped.refusal)
    }

    /// What the login said when it was stopped by this very answer: whoever sends it again is
    /// told the same, and nobody is asked anything again. What may have passed is tried anew: the
    /// answer was not taken then.
    pub fn stopped_by(&self, answer: AnswerMark) -> Option<&Stopped> {
        self.stopped
            .as_ref()
            .filter(|stopped| self.answer == Some(answer) && !stopped.refusal.may_pass())
    }

    /// Which secret of the central store was proved in this very login, if one was.
    pub fn secret_proved(&self) -> Option<SecretVersion> {
        self.secret_proved
            .filter(|_| self.identity.is_some() && self.leans_on.is_none())
    }

    /// Whether the user has asked for a new password.
    pub fn wants_new_secret(&self) -> bool {
        self.wants_new_secret
    }

    /// How far the user has come with a new password.
    pub fn learning(&self) -> &Learning {
        &self.learning
    }

    /// The pictures that were picked so far.
    pub fn picking(&self) -> &Picking {
        &self.picking
    }

    /// What was sent last, if it led nowhere.
    pub fn mishap(&self) -> Option<&Mishap> {
        self.mishap.as_ref()
    }

    /// Counts a visit.
    pub fn visit(&mut self) {
        self.visits = self.visits.saturating_add(1);
    }

    /// Decides where the user goes. Anything that an earlier route brought is forgotten.
    /// Taking the same route again changes nothing, so that a double click is one click.
    pub fn fill_route(&mut self, route: Route) {
        if self.route.as_ref() != Some(&route) {
            self.forget_route();
            self.wants_new_secret = false;
            self.route = Some(route);
        }
    }

    /// Forgets every answer so far, so that the same way can be taken from its beginning.
    pub fn set_out_again(&mut self) {
        self.forget_route();
    }

    fn forget_route(&mut self) {
        self.hop = self.hop.saturating_add(1);
        self.route = None;
        self.identity = None;
        self.person = None;
        self.account = None;
        self.has_choice = false;
        self.actor = None;
        self.leans_on = None;
        self.same_as = None;
        self.answered.clear();
        self.behind.clear();
        self.answer = None;
        self.stopped = None;
        self.mishap = None;
        self.secret_proved = None;
        self.learning = Learning::default();
        self.picking = Picking::default();
        self.help = None;
        self.adult.forget();
    }

    /// Gives up a proof that is good no longer: the same account is to be proved once more.
    pub fn prove_anew(&mut self, route: Route) {
        self.forget_route();
        self.route = Some(route);
    }

    /// Sends the user on for a stronger proof that they are who they are so far. The weaker proof is
    /// given up: what comes back counts by itself. That its upstream has a session now is remembered.
    pub fn step_up(&mut self, upstream: UpstreamId) {
        let same_as = self.person.zip(self.account);
        let answered = std::mem::take(&mut self.answered);
        let mut behind = std::mem::take(&mut self.behind);
        let identity = self.identity.take();
        behind.extend(identity.and_then(|identity| Some((identity.upstream, identity.session?))));
        let name = self.route.take().and_then(|route| route.name);
        self.forget_route();
        self.answered = answered;
        self.behind = behind;
        self.same_as = same_as.map(|(person, account)| SamePerson { person, account });
        self.route = Some(Route { upstream, name });
    }

    /// Writes down why it could not go on, for when the service is to be told.
    pub fn fill_stopped(&mut self, stopped: Stopped) {
        self.stopped = Some(stopped);
    }

    /// Writes down which answer of the upstream came last.
    pub fn fill_answer(&mut self, answer: AnswerMark) {
        self.answer = Some(answer);
        self.stopped = None;
    }

    /// Writes down what led nowhere, or that something else was sent since.
    pub fn fill_mishap(&mut self, mishap: Option<Mishap>) {
        self.mishap = mishap;
    }

    /// Writes down which secret was proved.
    pub fn fill_secret(&mut self, version: Option<SecretVersion>) {
        self.secret_proved = version;
    }

    /// Writes down that a new password is wanted, or that it is not any more.
    pub fn fill_wish(&mut self, wants_new_secret: bool) {
        self.wants_new_secret = wants_new_secret;
        self.learning = Learning::default();
    }

    /// Writes down how far the user has come with a new password.
    pub fn fill_learning(&mut self, learning: Learning) {
        // Somebody is at work: no browser goes round in circles through forms by itself (M13).
        self.visits = 0;
        self.learning = learning;
    }

    /// Writes down what was picked.
    pub fn fill_picking(&mut self, picking: Picking) {
        self.visits = 0;
        self.picking = picking;
    }

    /// Writes down what an earlier login in this browser proved.
    pub fn fill_from_session(&mut self, session: &SsoSession, identity: AuthenticatedIdentity) {
        self.fill_route(Route {
            upstream: session.upstream.clone(),
            name: None,
        });
        self.fill_identity(identity, session.person, &[session.account]);
        // It answered in another login: in this one it may be asked for more.
        self.answered.clear();
        self.leans_on = Some(session.id.0);
    }

    /// Writes down what was vouched for, whose it is, and which accounts it reaches: a single
    /// one is settled, of several the user chooses.
    pub fn fill_identity(
        &mut self,
        identity: AuthenticatedIdentity,
        person: PersonId,
        reached: &[AccountId],
    ) {
        if !self.answered.contains(&identity.upstream) {
            self.answered.push(identity.upstream.clone());
        }
        self.identity = Some(identity);
        self.person = Some(person);
        self.account = match reached {
            [only] => Some(*only),
            _ => None,
        };
        self.has_choice = reached.len() > 1;
        self.actor = None;
        self.leans_on = None;
        self.same_as = None;
        self.help = None;
    }

    /// Writes down which account.
    pub fn fill_account(&mut self, account: AccountId) {
        self.account = Some(account);
        self.actor = None;
    }

    /// Writes down as whom.
    pub fn fill_actor(&mut self, actor: ActorChoice) {
        self.actor = Some(actor);
    }
}

impl fmt::Debug for LoginTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginTransaction")
            .field("id", &self.id)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
