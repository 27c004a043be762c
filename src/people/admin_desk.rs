//! The administrators' desk (Brugeradministration, Elevadministration): what the administrators of one
//! institution see of its people and do for them (U32, U33, U42, U66, U71–U73).
//!
//! A desk is of one institution and of one administrator, and there is no other way to it than
//! [`AdminDesk::for_actor`], which asks the store whether they have the right at this moment. Everything
//! is looked up through the institution, so that what belongs to another is not found and answers like
//! what nobody has (I01, I05, DR24). Every act leaves a row for the auditor, with who, whom, where and why.
//!
//! Not here: pages, and whether the login was strong and young enough, which are `web`'s.

mod by_hand;
mod codes;
mod confirming;
mod held;
mod imports;
mod overview;
mod past;
mod person;
mod pupil;
mod rights;

use std::sync::Arc;

use jiff::Timestamp;

use crate::ambient::Ambient;
use crate::config::api::DeskProgram;
use crate::config::import::ImportSettings;
use crate::credentials::{HashFailed, Passwords};
use crate::domain::account::{Account, AccountId};
use crate::domain::actor::ActorId;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::desk::{DeskAct, Doer, NoReason, Say, StrongWays};
use crate::domain::history::{Change, HistoryEntry};
use crate::domain::institution::{Institution, InstitutionNumber};
use crate::keys::seal::{SealFailed, Sealer};
use crate::people::import::importer::Importer;
use crate::store::desk::Affiliation;
use crate::store::{Store, StoreError};
use crate::trust::registry::Registry;

pub use by_hand::NewAffiliation;
pub use codes::{CodeRow, Reading};
pub use imports::{ImportShown, Latest};
pub use overview::{Attention, ClassRow, SourceAge};
pub use past::{Deed, Past, PastWhat};
pub use person::{InLatest, Obstacle, PersonHere, Powers, WayIn, Who};

/// What a desk works with.
#[derive(Debug, Clone)]
pub struct DeskTools {
    /// People and everything about them.
    pub store: Store,
    /// Hashes codes.
    pub passwords: Passwords,
    /// Seals codes that can still be read.
    pub sealer: Sealer,
    /// Time and chance.
    pub ambient: Ambient,
    /// When imports and affiliations are old.
    pub import: ImportSettings,
    /// Takes in what was held.
    pub importer: Importer,
    /// The registered parties, by some of which people get here.
    pub registry: Arc<Registry>,
}

/// Who sits at it, and from where.
#[derive(Debug, Clone)]
pub struct Sitting {
    /// Who.
    pub who: Seated,
    /// The network that they are in.
    pub client_prefix: Option<String>,
}

/// Who sits at a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seated {
    /// An administrator, by the account that is logged in.
    Administrator(AccountId),
    /// A program of the institution's, as the settings call it.
    Program(String),
}

impl Seated {
    const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Administrator(account) => Some(*account),
            Self::Program(_) => None,
        }
    }

    fn doer(&self) -> Doer {
        match self {
            Self::Administrator(account) => Doer::Account(*account),
            Self::Program(name) => Doer::Program(name.clone()),
        }
    }
}

/// The desk of one institution, for one of its administrators.
#[derive(Debug)]
pub struct AdminDesk {
    tools: DeskTools,
    institution: Institution,
    sitting: Sitting,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It is another institution's, or nobody's; which of them is not said (I01).
    #[error("there is no such thing here")]
    NotYours,
    /// It may not be done, for a reason that the administrator can read.
    #[error("it may not be done: {0:?}")]
    Cannot(Why),
    /// The database refused.
    #[error("the database refused")]
    Store(#[from] StoreError),
    /// A code could not be hashed.
    #[error("a code could not be hashed")]
    Hash(#[from] HashFailed),
    /// A code could not be sealed.
    #[error("a code could not be sealed")]
    Seal(#[from] SealFailed),
}

/// Why something may not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The account belongs to others too, or is no pupil's (U29, K07).
    NotInYourHands,
    /// It is one's own account.
    Yourself,
    /// It has a password of its own already.
    HasOwnSecret,
    /// Their schools have logins of their own, and they have no password here (G16).
    LocalLogin,
    /// The person is here in this way already.
    AlreadyHere,
    /// A source tells of the affiliation: it is ended there.
    ToldBySource,
    /// Nobody else could look after the institution.
    LastAdministrator,
    /// They are not employed here.
    NotEmployed,
    /// The administrator has said so already: somebody else is to say so too.
    SaidAlready,
    /// They have the right already, or have none.
    NothingToDo,
    /// Nobody has exactly this name.
    NobodyOfThatName,
    /// The last day is not one between tomorrow and a year from now.
    Day,
    /// Somebody else has set the block.
    AnothersBlock,
    /// A pupil would be one of the staff, and nobody has said that this is meant.
    PupilEmployed,
    /// A role, a rule or the like that there is not.
    Choice,
    /// The reason is too short, too long, or not on one line.
    Reason,
    /// The reason has a CPR number in it.
    NumberInReason,
    /// The file of the import is not here.
    FileGone,
    /// The import would change something else by now than was shown, or cannot be taken in as it was asked for.
    ImportChanged,
}

impl Why {
    /// Every reason, for whoever writes or tests words.
    pub const ALL: [Self; 19] = [
        Self::NotInYourHands,
        Self::Yourself,
        Self::HasOwnSecret,
        Self::LocalLogin,
        Self::AlreadyHere,
        Self::ToldBySource,
        Self::LastAdministrator,
        Self::NotEmployed,
        Self::SaidAlready,
        Self::NothingToDo,
        Self::NobodyOfThatName,
        Self::Day,
        Self::AnothersBlock,
        Self::PupilEmployed,
        Self::Choice,
        Self::Reason,
        Self::NumberInReason,
        Self::FileGone,
        Self::ImportChanged,
    ];

    /// The key of the text that says it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotInYourHands => "desk-why-not-in-your-hands",
            Self::Yourself => "desk-why-yourself",
            Self::HasOwnSecret => "desk-why-own-secret",
            Self::LocalLogin => "desk-why-local-login",
            Self::AlreadyHere => "desk-why-already-here",
            Self::ToldBySource => "desk-why-told-by-source",
            Self::LastAdministrator => "desk-why-last",
            Self::NotEmployed => "desk-why-not-employed",
            Self::SaidAlready => "desk-why-said-already",
            Self::NothingToDo => "desk-why-nothing-to-do",
            Self::NobodyOfThatName => "desk-why-nobody",
            Self::Day => "desk-why-day",
            Self::AnothersBlock => "desk-why-anothers-block",
            Self::PupilEmployed => "desk-why-pupil-employed",
            Self::Choice => "desk-why-choice",
            Self::Reason => "desk-why-reason",
            Self::NumberInReason => "desk-why-number",
            Self::FileGone => "desk-why-file-gone",
            Self::ImportChanged => "desk-why-import-changed",
        }
    }
}

impl From<NoReason> for DeskError {
    fn from(error: NoReason) -> Self {
        Self::Cannot(match error {
            NoReason::Length => Why::Reason,
            NoReason::Number => Why::NumberInReason,
        })
    }
}

/// What came of an act.
pub type Done<T = ()> = Result<T, DeskError>;

impl AdminDesk {
    /// The desk of the institution, if this account is one of its administrators at this moment. An
    /// institution that is not there answers like one that is another's. `at` names the page.
    ///
    /// # Errors
    /// [`DeskError::NotYours`], which the auditor has a row of.
    pub async fn for_actor(
        tools: &DeskTools,
        sitting: &Sitting,
        institution: &InstitutionNumber,
        at: &'static str,
    ) -> Done<Self> {
        let theirs = match sitting.who {
            Seated::Administrator(account) => Self::institutions_of(tools, account).await?,
            Seated::Program(_) => Vec::new(),
        };
        let mut theirs = theirs.into_iter();
        if let Some(institution) = theirs.find(|one| one.number == *institution) {
            return Ok(Self {
                tools: tools.clone(),
                institution,
                sitting: sitting.clone(),
            });
        }
        note_denied(tools, sitting, institution, at).await?;
        Err(DeskError::NotYours)
    }

    /// The desk of the institution, for a program that the settings send there; one that they do not send
    /// there is told what is told of an institution that is not there.
    ///
    /// # Errors
    /// [`DeskError::NotYours`], which the auditor has a row of.
    pub async fn for_program(
        tools: &DeskTools,
        (program, client_prefix): (&DeskProgram, Option<String>),
        institution: &InstitutionNumber,
        at: &'static str,
    ) -> Done<Self> {
        let sitting = Sitting {
            who: Seated::Program(program.name.clone()),
            client_prefix,
        };
        let works_there = program.institutions.contains(institution) && tools.ambient.now() < program.until;
        if works_there && let Some(institution) = tools.store.institution(institution).await? {
            return Ok(Self {
                tools: tools.clone(),
                institution,
                sitting,
            });
        }
        note_denied(tools, &sitting, institution, at).await?;
        Err(DeskError::NotYours)
    }

    /// Tells the auditor that something was asked for which is not this institution's (I01).
    ///
    /// # Errors
    /// The database's.
    pub async fn note_denied(&self, at: &'static str) -> Result<(), StoreError> {
        note_denied(&self.tools, &self.sitting, self.here(), at).await
    }

    /// The institutions whose desks this account may sit at, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn institutions_of(
        tools: &DeskTools,
        account: AccountId,
    ) -> Result<Vec<Institution>, StoreError> {
        tools.store.administered_by(account, tools.ambient.now()).await
    }

    /// The institution that it is the desk of.
    pub const fn institution(&self) -> &Institution {
        &self.institution
    }

    /// The account of the administrator who sits at it; a program has none.
    pub const fn account(&self) -> Option<AccountId> {
        self.sitting.who.account()
    }

    /// The account of the administrator, for what no program may do, whatever the settings say.
    fn person_at_it(&self) -> Done<AccountId> {
        self.account().ok_or(DeskError::NotYours)
    }

    fn now(&self) -> Timestamp {
        self.tools.ambient.now()
    }

    const fn here(&self) -> &InstitutionNumber {
        &self.institution.number
    }

    /// By which ways this institution's staff get here.
    fn ways(&self) -> StrongWays {
        self.tools.registry.strong_ways(&self.institution)
    }

    fn doer(&self) -> Doer {
        self.sitting.who.doer()
    }

    /// An affiliation of this institution.
    async fn load(&self, actor: ActorId) -> Done<Affiliation> {
        let found = self
            .tools
            .store
            .affiliation_here(self.here(), actor, self.now())
            .await?;
        found.ok_or(DeskError::NotYours)
    }

    /// Whether an affiliation of this institution is the administrator's own.
    ///
    /// # Errors
    /// [`DeskError::NotYours`]: another institution's, or nobody's.
    pub async fn is_own(&self, actor: ActorId) -> Done<bool> {
        Ok(Some(self.load(actor).await?.account.id) == self.account())
    }

    /// What this institution may do with the account as a whole, at this moment.
    async fn say(&self, account: AccountId) -> Result<Say, StoreError> {
        let ties = self.tools.store.ties_of(account, self.now()).await?;
        Ok(Say::of(self.here(), &ties))
    }

    /// A row for the auditor.
    fn event(
        &self,
        act: DeskAct,
        target: Option<&Account>,
        reason: Option<&str>,
        detail: Option<String>,
    ) -> AuditEvent {
        AuditEvent {
            id: self.tools.ambient.uuid(),
            at: self.now(),
            transaction: None,
            service: None,
            upstream: None,
            person: target.map(|account| account.person),
            account: target.map(|account| account.id),
            client_prefix: self.sitting.client_prefix.clone(),
            act: AuditAct::Desk {
                act,
                institution: self.here().clone(),
                by: self.doer(),
                reason: reason.map(str::to_owned),
                detail,
            },
        }
    }

    fn history(&self, (account, actor): (&Account, ActorId), what: Change, detail: String) -> HistoryEntry {
        HistoryEntry {
            id: self.tools.ambient.uuid(),
            person: account.person,
            actor: Some(actor),
            institution: Some(self.here().clone()),
            source: None,
            import: None,
            at: self.now(),
            what,
            detail,
        }
    }
}

/// Tells the auditor of somebody who asked for what is not theirs (I01, I04): `at` is the page, and
/// never what was asked for on it.
///
/// # Errors
/// The database's.
pub async fn note_denied(
    tools: &DeskTools,
    sitting: &Sitting,
    institution: &InstitutionNumber,
    at: &'static str,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        id: tools.ambient.uuid(),
        at: tools.ambient.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: None,
        account: sitting.who.account(),
        client_prefix: sitting.client_prefix.clone(),
        act: AuditAct::Desk {
            act: DeskAct::Denied,
            institution: institution.clone(),
            by: sitting.who.doer(),
            reason: None,
            detail: Some(at.to_owned()),
        },
    };
    tools.store.append_audit(std::slice::from_ref(&event)).await
}
