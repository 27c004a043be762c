//! What happened with one person here, the latest first: what changed, by which source, and what was
//! done at the desks, by whom and why. Nothing of what other institutions did.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::AdminDesk;
use super::person::Who;
use crate::domain::audit::HelpAct;
use crate::domain::desk::DeskAct;
use crate::domain::history::HistoryEntry;
use crate::store::StoreError;
use crate::store::audit::AuditRecord;
use crate::store::desk::Affiliation;

/// The most changes, and the most acts, that are told of, those elsewhere among them.
const MOST: u32 = 60;

/// The acts that are told of: all that change something, and not each time that somebody looked.
const ACTS: [&str; 16] = [
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
    HelpAct::NameShown.name(),
    HelpAct::NamePrinted.name(),
    HelpAct::WindowOpened.name(),
    HelpAct::WindowUndone.name(),
];

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: PastWhat,
}

/// What may have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastWhat {
    /// What is known of the person changed.
    Changed(HistoryEntry),
    /// Somebody did something.
    Done {
        /// What.
        deed: Deed,
        /// Who.
        by: Who,
        /// Why, where they had to say.
        reason: Option<String>,
    },
}

/// What somebody does here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// At this desk, and more closely, such as the rule that was set.
    Desk(DeskAct, Option<String>),
    /// At Elevadgang.
    Help(HelpAct),
}

impl Deed {
    fn parse(name: &str, detail: Option<String>) -> Option<Self> {
        let helped = [
            HelpAct::NameShown,
            HelpAct::NamePrinted,
            HelpAct::WindowOpened,
            HelpAct::WindowUndone,
        ];
        let help = helped.into_iter().find(|act| act.name() == name);
        help.map(Self::Help)
            .or_else(|| Some(Self::Desk(DeskAct::parse(name)?, detail)))
    }
}

/// What the auditor's row says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    institution: String,
    by: String,
    by_account: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
}

impl AdminDesk {
    /// The past of an affiliation's person here.
    pub(super) async fn past(&self, asked: &Affiliation) -> Result<Vec<Past>, StoreError> {
        let store = &self.tools.store;
        let of = (asked.person.id, asked.account.id);
        let rows = store.audit_of_account(of, &ACTS, None, MOST).await?;
        let mut past = Vec::new();
        let mut known: BTreeMap<String, Who> = BTreeMap::new();
        for row in &rows {
            past.extend(self.done(row, &mut known).await?);
        }
        let done_at: Vec<Timestamp> = past.iter().map(|one| one.at).collect();
        let changes = store.history_of(asked.person.id, MOST).await?;
        // What was written by hand is told of by the act.
        let told_anyhow = |entry: &HistoryEntry| entry.source.is_none() && done_at.contains(&entry.at);
        let of_here = changes
            .into_iter()
            .filter(|entry| entry.institution.as_ref() == Some(self.here()) && !told_anyhow(entry));
        past.extend(of_here.map(|entry| Past {
            at: entry.at,
            what: PastWhat::Changed(entry),
        }));
        past.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(past)
    }

    async fn done(
        &self,
        row: &AuditRecord,
        known: &mut BTreeMap<String, Who>,
    ) -> Result<Option<Past>, StoreError> {
        let details: Details =
            serde_json::from_str(&row.details).map_err(|_| StoreError::corrupt("audit.details"))?;
        if details.institution != self.here().as_str() {
            return Ok(None);
        }
        let Some(deed) = Deed::parse(&row.act, details.detail) else {
            return Ok(None);
        };
        let doer = match details.by_account {
            Some(account) => format!("account:{account}"),
            None => details.by,
        };
        let by = if let Some(who) = known.get(&doer) {
            who.clone()
        } else {
            let who = self.who(&doer).await?;
            known.insert(doer, who.clone());
            who
        };
        Ok(Some(Past {
            at: row.at,
            what: PastWhat::Done {
                deed,
                by,
                reason: details.reason,
            },
        }))
    }
}
