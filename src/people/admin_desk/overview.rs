//! The front of a desk: whom somebody looks for, the classes, and what needs attention.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::AdminDesk;
use crate::domain::account::UniId;
use crate::domain::desk::DeskAct;
use crate::domain::import::{ImportRecord, ImportState};
use crate::domain::search_word;
use crate::store::StoreError;
use crate::store::desk::{Affiliation, GroupHere};
use crate::store::search::FoundActor;
use crate::store::stale::SourceState;

/// The most people that a search shows.
const MOST: u32 = 50;
/// The latest imports that are looked through for those that wait for somebody.
const LATEST: u32 = 50;
/// A source that has not been heard of for longer than this is worth a word: schools send every night.
const QUIET: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A group with how many pupils it has.
pub type ClassRow = GroupHere;

/// A source, and how old what it told is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceAge {
    /// The source and its latest import.
    pub state: SourceState,
    /// Whole days since it was applied.
    pub days: i64,
    /// Whether that is longer than schools usually wait.
    pub is_quiet: bool,
    /// When its people are closed if nothing comes.
    pub closes_at: Timestamp,
    /// How many rows of it were not taken.
    pub refused: usize,
}

/// What an administrator should look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attention {
    /// Every source of the institution.
    pub sources: Vec<SourceAge>,
    /// Imports that wait for somebody to confirm them.
    pub held: Vec<ImportRecord>,
    /// Affiliations by hand that end soon, those that end first first.
    pub ending: Vec<Affiliation>,
    /// Whether nobody else has the administrator right and can log in with it.
    pub is_alone: bool,
}

impl Attention {
    /// Whether there is anything to do.
    pub fn is_calm(&self) -> bool {
        let calm = |source: &SourceAge| !source.is_quiet && source.refused == 0;
        self.sources.iter().all(calm) && self.held.is_empty() && self.ending.is_empty() && !self.is_alone
    }
}

impl AdminDesk {
    /// Whom the words find here, by the beginnings of names, user names and local ids, or by a whole UNI-ID.
    ///
    /// # Errors
    /// The database's.
    pub async fn search(&self, text: &str) -> Result<Vec<FoundActor>, StoreError> {
        let store = &self.tools.store;
        let wanted = search_word::wanted(text);
        let mut found = store.search_people((self.here(), None), &wanted, MOST).await?;
        // No word: it may not be found by its beginning.
        if let Ok(uni_id) = UniId::parse(text.trim()) {
            let by_id = store.actors_by_uni_id(self.here(), &uni_id).await?;
            found.extend(by_id);
            let mut seen = BTreeSet::new();
            found.retain(|one| seen.insert(one.actor.0));
        }
        self.note_listed("search", found.len()).await?;
        Ok(found)
    }

    /// Tells the auditor that a program was told of several at once; what was looked for is nobody's business. An
    /// administrator sees lists all day, and opens the person whom they mean.
    pub(super) async fn note_listed(&self, what: &str, count: usize) -> Result<(), StoreError> {
        if self.account().is_some() {
            return Ok(());
        }
        let event = self.event(
            DeskAct::PeopleListed,
            None,
            None,
            Some(format!("{what}: {count}")),
        );
        self.tools.store.append_audit(std::slice::from_ref(&event)).await
    }

    /// The groups that have pupils.
    ///
    /// # Errors
    /// The database's.
    pub async fn classes(&self) -> Result<Vec<ClassRow>, StoreError> {
        let groups = self.tools.store.groups_here(self.here(), self.now()).await?;
        Ok(groups.into_iter().filter(|group| group.pupils > 0).collect())
    }

    /// What needs attention.
    ///
    /// # Errors
    /// The database's.
    pub async fn attention(&self) -> Result<Attention, StoreError> {
        let (store, now) = (&self.tools.store, self.now());
        let mut sources = Vec::new();
        for state in store.import_sources().await? {
            if state.institution == *self.here() {
                sources.push(self.age(state, now).await?);
            }
        }
        let imports = store.imports(Some(self.here()), LATEST).await?;
        let held = imports.into_iter().filter(|one| one.state == ImportState::Held);
        let soon = now
            .saturating_add(days(self.tools.import.warning_days))
            .unwrap_or(Timestamp::MAX);
        let by_hand = store.manual_actors_of(self.here(), now).await?;
        let ending = by_hand
            .into_iter()
            .filter(|one| one.until.is_some_and(|until| until <= soon));
        let administrators = self.administrators().await?.into_iter();
        Ok(Attention {
            sources,
            held: held.collect(),
            ending: ending.collect(),
            is_alone: administrators.filter(|one| self.can_come(one)).count() < 2,
        })
    }

    async fn age(&self, state: SourceState, now: Timestamp) -> Result<SourceAge, StoreError> {
        let age = now.duration_since(state.applied_at);
        let findings = self.tools.store.import_findings(state.import).await?;
        Ok(SourceAge {
            days: age.as_hours() / 24,
            is_quiet: age > QUIET,
            closes_at: state
                .applied_at
                .saturating_add(days(self.tools.import.stale_days))
                .unwrap_or(Timestamp::MAX),
            refused: findings.iter().filter(|finding| finding.refused).count(),
            state,
        })
    }
}

fn days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}
