//! What somebody may read of their own account's past: where it logged in, what was told to whom, and
//! who changed its password. Read from the audit trail; nothing of anybody else's, and no address.

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::domain::account::{AccountId, PersonId};
use crate::domain::approval::AdultKind;
use crate::domain::desk::DeskAct;
use crate::domain::institution::InstitutionNumber;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::told::Told;
use crate::domain::upstream::UpstreamId;
use crate::store::audit::AuditRecord;
use crate::store::{Store, StoreError};

/// So many entries stand on one page.
const ON_A_PAGE: u32 = 25;

/// One page of it, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnHistory {
    /// The latest first; empty where nothing is kept.
    pub entries: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub older: Option<u64>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, as far as the user may know.
    pub what: Happened,
    /// At which service, where it was at one.
    pub service: Option<ServiceId>,
    /// Who vouched, where somebody did.
    pub upstream: Option<UpstreamId>,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A service was told that it is them, and this with it.
    LoggedIn(Vec<Told>),
    /// A login was refused, for the reason with this code.
    Refused(String),
    /// A session was ended.
    LoggedOut,
    /// They changed the password.
    Changed,
    /// They made a new password with the national eID.
    Renewed,
    /// A parent made a new password for them with the national eID.
    HelpedByParent,
    /// A code for the first login was made.
    CodeIssued,
    /// A teacher let them have a new password without the old one, for five minutes.
    TeacherOpened,
    /// Somebody came in by what a teacher had opened.
    WindowUsed,
    /// Somebody came by the name from elsewhere, and did not know the teacher's picture.
    PickRefused,
    /// What a teacher had opened was closed again.
    WindowClosed,
    /// They made a new password with a teacher's help.
    TeacherHelped,
    /// A teacher said that it was not them who made the new password, which is dead.
    TeacherUndid,
    /// A teacher looked up the user name.
    TeacherSawName,
    /// A teacher wrote it on a sheet of the class.
    TeacherPrintedName,
    /// They asked an adult to say yes.
    AskedAdult,
    /// An adult said yes for two hours.
    Vouched {
        /// Which kind of adult.
        kind: AdultKind,
        /// What the adult is called, as far as the directory knows them still.
        name: Option<String>,
    },
    /// An adult said no.
    AdultRefused,
    /// An adult's yes was taken back, or ended by itself before its time.
    VouchedNoMore,
    /// Something was done at an administrators' desk.
    AtDesk {
        /// What was done there.
        act: DeskAct,
        /// What people call the institution.
        institution: String,
        /// Who did it.
        by: By,
    },
}

/// Who did something at an administrators' desk, as far as whom it is about may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The user themselves.
    Oneself,
    /// Somebody who was there then, by name.
    Named(String),
    /// Somebody who is not known there.
    Administrator,
    /// Those who run the installation.
    Operator,
}

/// The acts that are told, as the trail names them.
pub const ACTS: [&str; 32] = [
    "stepup.asked",
    "stepup.ended",
    "stepup.granted",
    "stepup.refused",
    "stepup.revoked",
    "support.issued",
    "help.name_printed",
    "help.name_shown",
    "reset.attempt_refused",
    "reset.cancelled",
    "reset.finished",
    "reset.opened",
    "reset.used",
    "reset.undone",
    "login.finished",
    "login.refused",
    "logout",
    "password.changed",
    "password.recovered",
    "password.code_issued",
    DeskAct::CodeMade.name(),
    DeskAct::CodeViewed.name(),
    DeskAct::RuleSet.name(),
    DeskAct::RuleLifted.name(),
    DeskAct::Blocked.name(),
    DeskAct::Unblocked.name(),
    DeskAct::AffiliationAdded.name(),
    DeskAct::PupilEmployed.name(),
    DeskAct::AffiliationProlonged.name(),
    DeskAct::AffiliationEnded.name(),
    DeskAct::RightGranted.name(),
    DeskAct::RightWithdrawn.name(),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    released: Vec<String>,
    code: String,
    whose: String,
    kind: Option<AdultKind>,
    by_account: Option<AccountId>,
    institution: Option<String>,
    by: Option<String>,
}

/// The page before a place in the trail; without one, the latest.
pub async fn read(
    store: &Store,
    (person, account): (PersonId, AccountId),
    before: Option<u64>,
    now: Timestamp,
) -> Result<OwnHistory, Refused> {
    let found = store.audit_of_account((person, account), &ACTS, before, ON_A_PAGE + 1);
    let mut rows = found.await.map_err(Refused::from)?;
    let has_more = rows.len() > usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX));
    let older = rows.last().filter(|_| has_more).map(|row| row.sequence);
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut found = entry(store, row).await?;
        if let Some(Entry {
            what: Happened::Vouched { name, .. },
            ..
        }) = &mut found
        {
            *name = name_of_adult(store, row, now).await?;
        }
        entries.extend(found);
    }
    Ok(OwnHistory { entries, older })
}

/// What the adult of a row is called today; nothing where they have left.
async fn name_of_adult(store: &Store, row: &AuditRecord, now: Timestamp) -> Result<Option<String>, Refused> {
    let details: Details =
        serde_json::from_str(&row.details).map_err(|error| Refusal::Internal.because(error))?;
    let Some(account) = details.by_account else {
        return Ok(None);
    };
    let record = store
        .record_of_account(account, now)
        .await
        .map_err(Refused::from)?;
    Ok(record.map(|record| format!("{} {}", record.person.given_name, record.person.family_name)))
}

async fn entry(store: &Store, row: &AuditRecord) -> Result<Option<Entry>, Refused> {
    let details: Details =
        serde_json::from_str(&row.details).map_err(|error| Refusal::Internal.because(error))?;
    let what = match row.act.as_str() {
        "login.finished" => {
            let mut told: Vec<Told> = details
                .released
                .iter()
                .filter_map(|name| Told::of(name))
                .collect();
            told.sort_unstable();
            told.dedup();
            Happened::LoggedIn(told)
        }
        "login.refused" => Happened::Refused(details.code),
        "logout" => Happened::LoggedOut,
        "password.changed" => Happened::Changed,
        "password.recovered" if details.whose == "child" => Happened::HelpedByParent,
        "password.recovered" => Happened::Renewed,
        "password.code_issued" | "support.issued" => Happened::CodeIssued,
        "reset.opened" => Happened::TeacherOpened,
        "reset.used" => Happened::WindowUsed,
        "reset.attempt_refused" => Happened::PickRefused,
        "reset.cancelled" => Happened::WindowClosed,
        "reset.finished" => Happened::TeacherHelped,
        "reset.undone" => Happened::TeacherUndid,
        "help.name_shown" => Happened::TeacherSawName,
        "help.name_printed" => Happened::TeacherPrintedName,
        "stepup.asked" => Happened::AskedAdult,
        "stepup.granted" => Happened::Vouched {
            kind: details.kind.unwrap_or(AdultKind::Teacher),
            name: None,
        },
        "stepup.refused" => Happened::AdultRefused,
        "stepup.revoked" | "stepup.ended" => Happened::VouchedNoMore,
        name => match DeskAct::parse(name) {
            Some(act) => at_desk(store, act, row, &details).await.map_err(Refused::from)?,
            None => return Ok(None),
        },
    };
    Ok(Some(Entry {
        at: row.at,
        what,
        service: row.service.as_deref().and_then(ServiceId::parse),
        upstream: row.upstream.as_deref().and_then(UpstreamId::parse),
    }))
}

async fn at_desk(
    store: &Store,
    act: DeskAct,
    row: &AuditRecord,
    details: &Details,
) -> Result<Happened, StoreError> {
    let said_at = details.institution.as_deref().unwrap_or_default();
    let number = InstitutionNumber::parse(said_at).ok();
    let institution = match &number {
        Some(number) => store.institution(number).await?,
        None => None,
    };
    let who = details.by.as_deref().unwrap_or_default();
    let by = match who.strip_prefix("account:") {
        None if who.starts_with("program:") => By::Administrator,
        None => By::Operator,
        Some(account) if row.account.as_deref() == Some(account) => By::Oneself,
        Some(account) => match Uuid::try_parse(account) {
            Ok(account) => named(store, AccountId(account), row.at, number.as_ref()).await?,
            Err(_) => By::Administrator,
        },
    };
    Ok(Happened::AtDesk {
        act,
        institution: institution.map_or_else(|| said_at.to_owned(), |known| known.name),
        by,
    })
}

/// The name of somebody who was of this institution when they did it.
async fn named(
    store: &Store,
    account: AccountId,
    at: Timestamp,
    number: Option<&InstitutionNumber>,
) -> Result<By, StoreError> {
    let record = store.record_of_account(account, at).await?;
    let colleague = record.filter(|record| {
        let mut actors = record.accounts.iter().flat_map(|held| &held.actors);
        actors.any(|actor| Some(&actor.institution.number) == number)
    });
    Ok(colleague.map_or(By::Administrator, |record| {
        By::Named(format!(
            "{} {}",
            record.person.given_name, record.person.family_name
        ))
    }))
}
