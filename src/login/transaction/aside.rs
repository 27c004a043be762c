//! A login whose user waits for an adult: what is asked, and the user's own proof set aside while the adult
//! is at the national eID on the same device. The adult's proof says that they vouch, and nothing else: no
//! session comes of it, and the login goes on as the user's (DR18, F13).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ActorChoice, LoginTransaction, Route};
use crate::domain::account::{AccountId, PersonId, SecretVersion};
use crate::domain::approval::ApprovalId;
use crate::domain::own_page::FRESH_SECONDS;
use crate::domain::session::SessionId;
use crate::domain::teacher_help::Place;
use crate::domain::upstream::UpstreamId;
use crate::keys::derive::Label;
use crate::login::at_upstream::AtUpstream;
use crate::login::identity::AuthenticatedIdentity;
use crate::login::request::Freshness;

/// Whose proof a step-up awaits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamePerson {
    /// The person.
    pub person: PersonId,
    /// The account that they had come as.
    pub account: AccountId,
}

/// What the waiting page says beside how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdultNote {
    /// Whoever was at the eID has no custody of the pupil.
    NotAParent,
    /// Whoever was at the eID did not come to an end there.
    NotProved,
}

/// How far a login has come with asking an adult.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct AskingAdult {
    /// How many questions were put before the present one.
    round: u8,
    /// Where the browser is, as far as its network tells.
    place: Option<String>,
    note: Option<AdultNote>,
    aside: Option<Box<Aside>>,
    /// Whether somebody else may still be logged in where this login goes, so that a new proof is asked for.
    is_lent: bool,
}

/// The user's own proof, while an adult is at the eID.
#[derive(Clone, Serialize, Deserialize)]
struct Aside {
    route: Option<Route>,
    identity: Option<AuthenticatedIdentity>,
    person: Option<PersonId>,
    account: Option<AccountId>,
    has_choice: bool,
    actor: Option<ActorChoice>,
    leans_on: Option<Uuid>,
    answered: Vec<UpstreamId>,
    behind: Vec<(UpstreamId, AtUpstream)>,
    secret_proved: Option<SecretVersion>,
}

impl AskingAdult {
    pub(super) fn round(&self) -> u8 {
        self.round
    }

    /// Forgets everything but where the browser is, and that questions were put.
    pub(super) fn forget(&mut self) {
        self.note = None;
        self.aside = None;
    }
}

impl LoginTransaction {
    /// The session that the login rests on, or will: its name follows from the login.
    pub fn session(&self) -> SessionId {
        self.leans_on()
            .unwrap_or_else(|| SessionId(self.derive_row_id(Label::SessionRow)))
    }

    /// The question that this user puts to adults in this login: the same again for the same round.
    pub fn approval(&self) -> ApprovalId {
        let account = self.account.map_or(Uuid::nil(), |account| account.0);
        let random = self.derived(Label::ApprovalRow, &[&[self.adult.round], account.as_bytes()]);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(random).for_each(|(to, from)| *to = from);
        ApprovalId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Asks once more, as another question.
    pub fn ask_adult_anew(&mut self) {
        self.adult.round = self.adult.round.saturating_add(1);
        self.adult.note = None;
    }

    /// What the waiting page says beside how it stands.
    pub fn adult_note(&self) -> Option<AdultNote> {
        self.adult.note
    }

    /// Where the browser is.
    pub fn place(&self) -> Place {
        Place(self.adult.place.clone())
    }

    /// Writes down where the browser is.
    pub fn fill_place(&mut self, place: Option<String>) {
        self.adult.place = place;
    }

    /// Whoever waits goes round in no circles: the page looks again by itself, until it is told to stop (M13).
    pub fn rest(&mut self) {
        self.visits = 0;
    }

    /// Writes down what else there is to say.
    pub fn fill_adult_note(&mut self, note: Option<AdultNote>) {
        self.adult.note = note;
    }

    /// Whether an adult is at the eID.
    pub fn is_set_aside(&self) -> bool {
        self.adult.aside.is_some()
    }

    /// How old a proof may be: of an adult on somebody else's device, one of now; of whoever has that device
    /// afterwards, one of their own.
    pub fn freshness(&self) -> Freshness {
        if self.is_set_aside() {
            Freshness {
                force: true,
                choose_again: false,
                max_age_seconds: Some(FRESH_SECONDS),
            }
        } else {
            let asked = self.request.freshness;
            Freshness {
                force: asked.force || self.adult.is_lent,
                ..asked
            }
        }
    }

    /// Writes down whether somebody else may still be logged in where this login goes (F13).
    pub fn fill_lent(&mut self, is_lent: bool) {
        self.adult.is_lent = is_lent;
    }

    /// Sets the user's own proof aside, and sends whoever is there now to the eID.
    pub fn set_aside(&mut self, upstream: UpstreamId) {
        if self.is_set_aside() || self.identity.is_none() {
            return;
        }
        let aside = Aside {
            route: self.route.take(),
            identity: self.identity.take(),
            person: self.person,
            account: self.account,
            has_choice: self.has_choice,
            actor: self.actor.take(),
            leans_on: self.leans_on,
            answered: std::mem::take(&mut self.answered),
            behind: std::mem::take(&mut self.behind),
            secret_proved: self.secret_proved,
        };
        self.forget_route();
        self.adult.aside = Some(Box::new(aside));
        self.route = Some(Route { upstream, name: None });
    }

    /// Takes the user's own proof up again; nothing where none was set aside.
    pub fn take_up_again(&mut self, note: Option<AdultNote>) {
        let Some(aside) = self.adult.aside.take() else {
            return;
        };
        self.forget_route();
        let aside = *aside;
        self.route = aside.route;
        self.identity = aside.identity;
        self.person = aside.person;
        self.account = aside.account;
        self.has_choice = aside.has_choice;
        self.actor = aside.actor;
        self.leans_on = aside.leans_on;
        self.answered = aside.answered;
        self.behind = aside.behind;
        self.secret_proved = aside.secret_proved;
        self.adult.note = note;
    }
}
