//! What an import changes, written in one transaction with what is told of it: together, or not
//! at all.
//!
//! Whether it may be written is decided against the state that it was planned from: where another
//! import has changed the institution in between, nothing is written (K05). Rows go in long runs,
//! since SQLite's one writer is what logins wait for.

mod write;

pub(super) use write::{close_idle, history, words_of_actor};

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::audit;
use super::imports::{put_findings, put_import, put_source};
use super::locks::lock_accounts;
use super::{Store, StoreError, Tx, within};
use crate::domain::account::{Account, AccountId, PersonId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::audit::AuditEvent;
use crate::domain::civil_number::CivilNumberKind;
use crate::domain::contact::Contact;
use crate::domain::cpr::CprIndex;
use crate::domain::group::{GroupId, GroupKind};
use crate::domain::history::HistoryEntry;
use crate::domain::import::{ImportFinding, ImportRecord, SourceName};
use crate::domain::institution::InstitutionNumber;
use crate::domain::role::Role;
use crate::domain::stage::Level;
use crate::keys::vault::{SealedCpr, SealedReplacement};

/// Everything that becomes different at one institution.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// People who are new here and everywhere.
    pub people: Vec<NewPerson>,
    /// People who are called otherwise now.
    pub names: Vec<Named>,
    /// People whom this source says to be protected from now on, or does no more.
    pub protections: Vec<(PersonId, bool)>,
    /// People whose CPR number is another one than before: whoever came in by the old one is out.
    pub renumbered: Vec<PersonId>,
    /// People whose day of birth or kind of number is another one now.
    pub details: Vec<(PersonId, Option<Date>, Option<CivilNumberKind>)>,
    /// CPR numbers that are new or changed.
    pub cprs: Vec<(PersonId, SealedCpr, CprIndex)>,
    /// Replacement numbers that are new or changed.
    pub replacements: Vec<(PersonId, SealedReplacement)>,
    /// People whose replacement number is none any more.
    pub replacements_gone: Vec<PersonId>,
    /// Accounts that are tied to their person by a CPR number from now on.
    pub identified: Vec<AccountId>,
    /// Accounts of people who had none.
    pub accounts: Vec<Account>,
    /// Affiliations that are new, changed or back, as they are from now on.
    pub actors: Vec<ActorRow>,
    /// Affiliations that ended.
    pub gone: Vec<ActorId>,
    /// Groups that are new, changed or back, as they are from now on.
    pub groups: Vec<GroupRow>,
    /// Groups that are no more.
    pub groups_gone: Vec<GroupId>,
    /// Memberships that began.
    pub joined: Vec<(ActorId, GroupId)>,
    /// Memberships that ended.
    pub parted: Vec<(ActorId, GroupId)>,
    /// Contact relations that are new or changed.
    pub contacts: Vec<Contact>,
    /// Contact relations that are no more: the pupil, then the adult.
    pub contacts_gone: Vec<(ActorId, ActorId)>,
    /// Affiliations that are found by other words from now on; those of people who are called
    /// otherwise need not be among them.
    pub found_anew: Vec<ActorId>,
    /// What is remembered of it.
    pub history: Vec<HistoryEntry>,
}

/// Somebody whom nobody knew before.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// What they are called, and by whom.
    pub named: Named,
    /// The day of birth, where the source tells.
    pub birth_date: Option<Date>,
    /// What the source says of the number.
    pub number_kind: Option<CivilNumberKind>,
}

/// What somebody is called where others can see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Whether this source is the one that says so from now on.
    pub by_source: bool,
    /// The person who is called so.
    pub person: PersonId,
    /// Given names, or those of the alias.
    pub given_name: String,
    /// Family name, or that of the alias.
    pub family_name: String,
    /// Whether name and address are protected.
    pub protected: bool,
}

/// An affiliation as it is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorRow {
    /// The affiliation.
    pub id: ActorId,
    /// The account that has it.
    pub account: AccountId,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// What the source calls the person.
    pub local_id: Option<String>,
    /// What the source calls the person as somebody's adult.
    pub contact_id: Option<String>,
    /// What they do.
    pub roles: BTreeSet<Role>,
    /// How far a pupil has come.
    pub level: Option<Level>,
    /// Since when a pupil is at the present stage.
    pub stage_since: Option<Timestamp>,
    /// Where it begins or begins again: whether it waits to be confirmed.
    pub unconfirmed: bool,
}

/// A group as it is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The group.
    pub id: GroupId,
    /// What the source calls it.
    pub local_id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub kind: GroupKind,
    /// How far its members have come.
    pub level: Option<Level>,
    /// The line of study.
    pub line: Option<String>,
    /// Active from this moment.
    pub from: Option<Timestamp>,
    /// Active until just before this moment.
    pub until: Option<Timestamp>,
}

/// One import, ready to be written.
#[derive(Debug)]
pub struct Applying<'a> {
    /// What is told of it, in the state `applied`.
    pub record: &'a ImportRecord,
    /// What was wrong with rows.
    pub findings: &'a [ImportFinding],
    /// The version that it was planned from.
    pub version: i64,
    /// What the institution is called, where nobody knew it before and the source tells.
    pub institution_name: Option<&'a str>,
    /// The source whose people these were, where the school changes its system.
    pub takes_over: Option<&'a SourceName>,
    /// What becomes different.
    pub changes: &'a Changes,
    /// The row for the auditor.
    pub event: &'a AuditEvent,
    /// That of whoever said yes, where it was held.
    pub also: Option<&'a AuditEvent>,
}

/// What became of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All of it holds.
    Whole,
    /// Something else was changed there in the meantime, or decided of it; nothing was written.
    Outdated,
}

impl Store {
    /// Writes an import, unless the institution is another one than it was planned for.
    pub async fn apply_import(&self, import: &Applying<'_>) -> Result<Written, StoreError> {
        let record = import.record;
        let here = Here {
            institution: &record.institution,
            source: &record.source,
            // What was held is written when it was confirmed.
            now: record.decided_at.unwrap_or(record.received_at),
        };
        let mut tx = self.writing.begin_durable().await?;
        if !take_turn(&mut tx, import).await? {
            return Ok(Written::Outdated);
        }
        if !lock_accounts(&mut tx, import.changes).await? {
            return Ok(Written::Outdated);
        }
        if let Some(old) = import.takes_over {
            super::protections::hand_over(&mut tx, &here, old).await?;
        }
        write::changes(&mut tx, &here, import.changes).await?;
        if let Some(old) = import.takes_over {
            super::imports::forget_source(&mut tx, &record.institution, old).await?;
        }
        put_source(&mut tx, record).await?;
        if !put_import(&mut tx, record).await? {
            return Ok(Written::Outdated);
        }
        put_findings(&mut tx, record.id, import.findings).await?;
        super::imports::overtake(&mut tx, record).await?;
        super::held::forget_decided(&mut tx).await?;
        audit::append(&mut tx, &[import.event]).await?;
        audit::append(&mut tx, import.also.as_slice()).await?;
        tx.commit().await?;
        self.writing.hurry().await.ok();
        Ok(Written::Whole)
    }
}

/// For which source of which institution something is written, and when.
pub(super) struct Here<'a> {
    pub(super) institution: &'a InstitutionNumber,
    pub(super) source: &'a SourceName,
    pub(super) now: Timestamp,
}

/// Of two that were planned from the same state, the first has its turn.
async fn take_turn(tx: &mut Tx, import: &Applying<'_>) -> Result<bool, StoreError> {
    const NEW: &str = "INSERT INTO institutions (number, name, version) VALUES ($1, $2, 1)
        ON CONFLICT (number) DO NOTHING";
    const KNOWN: &str = "UPDATE institutions SET version = version + 1, name = COALESCE($3, name)
        WHERE number = $1 AND version = $2";
    let number = import.record.institution.as_str();
    let changed = within!(*tx, db => sqlx::query(KNOWN)
        .bind(number)
        .bind(import.version)
        .bind(import.institution_name)
        .execute(&mut *db)
        .await?
        .rows_affected());
    if changed > 0 || import.version > 0 {
        return Ok(changed > 0);
    }
    let added = within!(*tx, db => sqlx::query(NEW)
        .bind(number)
        .bind(import.institution_name.unwrap_or(number))
        .execute(&mut *db)
        .await?
        .rows_affected());
    Ok(added > 0)
}
