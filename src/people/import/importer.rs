//! Carrying deliveries out: planned outside of any transaction, held where limits say so, written
//! in one (DR23). Of two at once, the second is planned anew from what the first left (K05).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::aside;
use super::delivery::Delivery;
use super::limits::Background;
use super::materialise::{Workshop, materialise};
use super::overview::Overview;
use super::plan::{Plan, Situation, plan};
use super::recording::tell;
use super::sense;
use crate::ambient::Ambient;
use crate::config::import::ImportLimits;
use crate::domain::civil_number::CivilNumber;
use crate::domain::cpr::CprIndex;
use crate::domain::import::{Counts, ImportId, ImportRecord, ImportState, Reason, SourceName};
use crate::keys::vault::CprVault;
use crate::store::changes::{Applying, Changes, Written};
use crate::store::present::{KnownPerson, Present};
use crate::store::{Store, StoreError};
use crate::texts::Words;

pub use super::asked::{Handover, ImportFailed, Wish};

/// How often a delivery is planned anew when something else was changed meanwhile.
const ATTEMPTS: u32 = 5;

/// Who left within so long is counted together: 5 % each night is not 5 %.
const TOGETHER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Carries deliveries out.
#[derive(Clone)]
pub struct Importer {
    /// Where people are kept.
    pub store: Store,
    /// What seals and finds numbers.
    pub vault: Arc<CprVault>,
    /// Time and chance.
    pub ambient: Ambient,
    /// What asks before it is done.
    pub limits: ImportLimits,
}

/// What became of a delivery.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What is remembered of it.
    pub record: ImportRecord,
    /// What it changes, or would.
    pub overview: Overview,
    /// Whether these very bytes had been applied before: nothing was written at all.
    pub again: bool,
}

impl Importer {
    /// Shows what a delivery would change; writes nothing.
    pub async fn preview(
        &self,
        delivery: &Delivery,
        wish: &Wish,
        words: &Words<'_>,
    ) -> Result<Overview, ImportFailed> {
        sense::is_possible(delivery, wish)?;
        let seen = self.look(delivery, wish).await?;
        sense::names_what_is_there(delivery, wish, &seen.present, seen.has_old_source())?;
        let (_, overview) = self.planned(delivery, &seen, wish, words);
        Ok(overview)
    }

    /// What it would change, beside the threads that logins wait for.
    fn planned<'a>(
        &'a self,
        delivery: &'a Delivery,
        seen: &'a Seen,
        wish: &'a Wish,
        words: &Words<'_>,
    ) -> (Plan<'a>, Overview) {
        aside(|| {
            let plan = plan(delivery, self.situation(seen, wish));
            let background = seen.background(delivery, wish, self.ambient.now());
            let overview = Overview::of(delivery, &plan, &background, &self.limits, words);
            (plan, overview)
        })
    }

    /// Carries a delivery out, or holds it back, or refuses it. Once, however often it comes.
    pub async fn import(
        &self,
        delivery: &Delivery,
        from: &Handover,
        wish: &Wish,
        words: &Words<'_>,
    ) -> Result<Outcome, ImportFailed> {
        let source = delivery.source.clone();
        let number = &delivery.institution.number;
        if from.speaks_for.as_ref().is_some_and(|own| !own.contains(number)) {
            let mut record = self.record(delivery, from, wish, Counts::default());
            record.state = ImportState::Refused;
            record.reasons = vec![Reason::OtherInstitution];
            return self.note(record, Overview::default()).await;
        }
        sense::is_possible(delivery, wish)?;
        let is_plain = *wish == Wish::default();
        let applied = self
            .store
            .import_of_file(number, &source, &from.digest, ImportState::Applied);
        if let Some(record) = applied.await?.filter(|_| is_plain) {
            // Where something else was applied since, the same file is old news.
            let last = self.store.last_import(number, &source).await?;
            if last.is_some_and(|last| last.import == record.id) {
                return self.again(record).await;
            }
        }
        for _ in 0..ATTEMPTS {
            // Each time anew: somebody else may have decided of it.
            let confirmed = match wish.confirms {
                Some(id) => Some(self.held(id, delivery, from, wish).await?),
                None => None,
            };
            let seen = self.look(delivery, wish).await?;
            sense::names_what_is_there(delivery, wish, &seen.present, seen.has_old_source())?;
            let (plan, overview) = self.planned(delivery, &seen, wish, words);
            let mut record = self.record(delivery, from, wish, overview.counts);
            if let Some(held) = &confirmed {
                record.id = held.id;
                record.delivered_by.clone_from(&held.delivered_by);
                record.received_at = held.received_at;
                record.decided_at = Some(self.ambient.now());
                record.decided_by = Some(from.by.clone());
            }
            let last = seen.present.last.as_ref();
            let is_old = last.filter(|last| !is_newer(delivery, last.sent_at, wish));
            let refused = sense::is_from_the_future(delivery, self.ambient.now())
                .or(is_old.map(|last| Reason::NotNewer { last: last.sent_at }))
                .or(sense::has_nothing_to_take(delivery, &overview.counts));
            if let Some(reason) = refused {
                return self.refuse(record, reason, overview).await;
            }
            record.reasons.clone_from(&overview.reasons);
            match &confirmed {
                None if !overview.reasons.is_empty() => {
                    record.state = ImportState::Held;
                    return self.hold(record, overview).await;
                }
                Some(held) => self.may_confirm(held, &overview.reasons, from)?,
                None => {}
            }
            let shop = Workshop {
                store: &self.store,
                vault: &self.vault,
                ambient: &self.ambient,
                institution: number,
                source: &source,
                import: record.id,
                moves_in: wish.moves_in(delivery),
            };
            let changes = materialise(&plan, shop).await?;
            let name = delivery.institution.name.as_deref();
            let name = name.filter(|_| seen.present.institution.is_none());
            match self.write(&record, &overview, &seen, name, wish, &changes).await {
                Ok(Written::Whole) => {
                    tell(&record);
                    return Ok(Outcome {
                        record,
                        overview,
                        again: false,
                    });
                }
                Ok(Written::Outdated) => {}
                // A name or a number that was free has been taken meanwhile.
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ImportFailed::Busy)
    }

    async fn write(
        &self,
        record: &ImportRecord,
        overview: &Overview,
        seen: &Seen,
        institution_name: Option<&str>,
        wish: &Wish,
        changes: &Changes,
    ) -> Result<Written, StoreError> {
        let event = self.event(record);
        let import = Applying {
            record,
            findings: &overview.findings,
            version: seen.present.version,
            institution_name,
            takes_over: wish.takes_over.as_ref(),
            changes,
            event: &event,
        };
        self.store.apply_import(&import).await
    }

    async fn held(
        &self,
        id: ImportId,
        delivery: &Delivery,
        from: &Handover,
        wish: &Wish,
    ) -> Result<ImportRecord, ImportFailed> {
        let held = self.store.import_by_id(id).await?;
        let held = held.filter(|held| {
            held.state == ImportState::Held
                && held.institution == delivery.institution.number
                && held.source == delivery.source
                && held.digest == from.digest
        });
        let held = held.ok_or(ImportFailed::NotHeld)?;
        // A change of system that was held is no plain import of somebody new.
        if held.asked == wish.asked() {
            Ok(held)
        } else {
            Err(ImportFailed::OtherWish)
        }
    }

    fn may_confirm(
        &self,
        held: &ImportRecord,
        reasons: &[Reason],
        from: &Handover,
    ) -> Result<(), ImportFailed> {
        if reasons.iter().any(|reason| !held.reasons.contains(reason)) {
            return Err(ImportFailed::OtherReasons);
        }
        let wants_another = self.limits.second_person && reasons.iter().any(Reason::wants_a_second_person);
        let same = held.delivered_by.trim().to_lowercase() == from.by.trim().to_lowercase();
        if wants_another && same {
            return Err(ImportFailed::SecondPerson);
        }
        Ok(())
    }

    async fn look(&self, delivery: &Delivery, wish: &Wish) -> Result<Seen, StoreError> {
        let (number, source) = (&delivery.institution.number, &delivery.source);
        let now = self.ambient.now();
        let present = self.store.present(number, source, now).await?;
        let old = match &wish.takes_over {
            Some(old) => Some(self.store.present(number, old, now).await?),
            None => None,
        };
        let here: BTreeSet<[u8; 32]> = present
            .actors
            .iter()
            .filter_map(|actor| actor.person.cpr.map(|index| index.0))
            .collect();
        let protected = delivery.protected.iter().filter_map(|row| row.number.as_ref());
        let asked: BTreeSet<[u8; 32]> = delivery
            .numbers()
            .chain(protected)
            .filter_map(|number| match number {
                CivilNumber::Cpr(cpr) => Some(self.vault.index(cpr).0),
                CivilNumber::Replacement(_) => None,
            })
            .filter(|index| !here.contains(index))
            .collect();
        let asked: Vec<CprIndex> = asked.into_iter().map(CprIndex).collect();
        Ok(Seen {
            known: self.store.people_by_cpr(&asked, (number, source), now).await?,
            others: self.store.sources_beside(number, source).await?,
            left_lately: self.left_lately(delivery, wish).await?,
            present,
            old,
        })
    }

    /// Who left without anybody having been asked; of both sources, where one takes over from another.
    async fn left_lately(&self, delivery: &Delivery, wish: &Wish) -> Result<(u64, u64), StoreError> {
        let since = self
            .ambient
            .now()
            .saturating_sub(TOGETHER)
            .unwrap_or(Timestamp::MIN);
        let number = &delivery.institution.number;
        let mut left = self.store.left_unasked(number, &delivery.source, since).await?;
        if let Some(old) = &wish.takes_over {
            let more = self.store.left_unasked(number, old, since).await?;
            left = (left.0.saturating_add(more.0), left.1.saturating_add(more.1));
        }
        Ok(left)
    }

    fn situation<'a>(&'a self, seen: &'a Seen, wish: &'a Wish) -> Situation<'a> {
        Situation {
            present: &seen.present,
            known: &seen.known,
            takes_over: seen.old.as_ref(),
            reidentified: wish.reidentifies.as_ref(),
            moves_in: wish.moves_in,
            numbers: &*self.vault,
            now: self.ambient.now(),
        }
    }
}

/// What was there when a delivery was planned.
struct Seen {
    present: Present,
    known: HashMap<CprIndex, KnownPerson>,
    old: Option<Present>,
    /// Other sources that tell of people there.
    others: Vec<SourceName>,
    /// People, and adults, who left of late without anybody having been asked.
    left_lately: (u64, u64),
}

impl Seen {
    fn has_old_source(&self) -> bool {
        self.old.as_ref().is_some_and(|old| old.last.is_some())
    }

    fn background<'a>(&'a self, delivery: &Delivery, wish: &Wish, now: Timestamp) -> Background<'a> {
        let is_new = self.present.last.is_none() && wish.takes_over.is_none();
        Background {
            present: std::iter::once(&self.present).chain(&self.old).collect(),
            // Whoever is there already, and is asked about a newcomer.
            others: if is_new { &self.others } else { &[] },
            left_lately: self.left_lately,
            year_over: delivery.school_year.is_over(now).then_some(delivery.school_year),
        }
    }
}

/// A re-identification comes with the file that said the other number.
fn is_newer(delivery: &Delivery, last: jiff::Timestamp, wish: &Wish) -> bool {
    delivery.sent_at > last || (wish.reidentifies.is_some() && delivery.sent_at == last)
}
