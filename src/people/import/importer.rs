//! Carrying deliveries out: planned outside of any transaction, held where limits say so, written
//! in one (DR23). Of two at once, the second is planned anew from what the first left (K05).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::delivery::{Content, Delivery};
use super::materialise::{CannotMaterialise, Workshop, materialise};
use super::names::LocalId;
use super::overview::Overview;
use super::plan::{Situation, plan};
use super::sense;
use crate::ambient::Ambient;
use crate::config::import::ImportLimits;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::civil_number::CivilNumber;
use crate::domain::cpr::CprIndex;
use crate::domain::import::{
    Counts, DeliveryKind, ImportId, ImportRecord, ImportState, Reason, SourceName, Way,
};
use crate::domain::institution::InstitutionNumber;
use crate::keys::vault::CprVault;
use crate::store::changes::{Applying, Changes, Written};
use crate::store::present::{KnownPerson, Present};
use crate::store::{Store, StoreError};
use crate::texts::Words;

/// How often a delivery is planned anew when something else was changed meanwhile.
const ATTEMPTS: u32 = 5;

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

/// How and by whom a delivery came.
#[derive(Debug, Clone)]
pub struct Handover {
    /// By which way.
    pub way: Way,
    /// Who delivered it: a person or a system.
    pub by: String,
    /// SHA-256 over the file as it came.
    pub digest: [u8; 32],
    /// The institutions that the one who delivers may speak for; nothing: for all (K01).
    pub speaks_for: Option<BTreeSet<InstitutionNumber>>,
}

/// What is to be done with a delivery beyond what every import does.
#[derive(Debug, PartialEq, Eq, Clone, Default)]
pub struct Wish {
    /// The import that was held, and is to be carried out after all.
    pub confirms: Option<ImportId>,
    /// The source whose people this one takes over (U70).
    pub takes_over: Option<SourceName>,
    /// The one person whose CPR number may be another one (E14).
    pub reidentifies: Option<LocalId>,
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

/// A delivery could not be carried out; nothing of it holds.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailed {
    /// The import that is to be confirmed is not held, or was of another file or source.
    #[error("this is not the import that was held: deliver the very same file, and name its id")]
    NotHeld,
    /// What it would change is not what was looked at.
    #[error("what it would change is not what was shown when it was held: look at it again, then confirm")]
    OtherReasons,
    /// Whoever delivered it cannot be the one who confirms it (K05).
    #[error("somebody else than who delivered it is to confirm that so many are gone")]
    SecondPerson,
    /// The source that is to be replaced has told nothing of this institution.
    #[error("nothing was ever applied of the source that this one is to take the place of")]
    NothingToTakeOver,
    /// The person that is meant is not in the delivery.
    #[error("nobody in this delivery has the local id that is to have another CPR number")]
    NobodyToReidentify,
    /// Other imports kept changing the same institution.
    #[error("other imports changed the same institution at the same time: try again")]
    Busy,
    /// The rows could not be made.
    #[error(transparent)]
    Materialise(#[from] CannotMaterialise),
    /// The database refused.
    #[error("the import could not be stored")]
    Store(#[from] StoreError),
}

impl Importer {
    /// Shows what a delivery would change; writes nothing.
    pub async fn preview(
        &self,
        delivery: &Delivery,
        wish: &Wish,
        words: &Words<'_>,
    ) -> Result<Overview, ImportFailed> {
        let source = delivery.source.clone();
        let seen = self.look(delivery, &source, wish).await?;
        sense::names_what_is_there(delivery, wish, seen.has_old_source())?;
        let plan = plan(delivery, self.situation(&seen, wish));
        Ok(Overview::of(delivery, &plan, &seen.all(), &self.limits, words))
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
            let mut record = self.record(delivery, &source, from, Counts::default());
            record.state = ImportState::Refused;
            record.reasons = vec![Reason::OtherInstitution];
            return self.note(record, Overview::default()).await;
        }
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
        let confirmed = match wish.confirms {
            Some(id) => Some(self.held(id, delivery, &source, from).await?),
            None => None,
        };
        for _ in 0..ATTEMPTS {
            let seen = self.look(delivery, &source, wish).await?;
            sense::names_what_is_there(delivery, wish, seen.has_old_source())?;
            let plan = plan(delivery, self.situation(&seen, wish));
            let overview = Overview::of(delivery, &plan, &seen.all(), &self.limits, words);
            let mut record = self.record(delivery, &source, from, overview.counts);
            if let Some(held) = &confirmed {
                record.id = held.id;
                record.delivered_by.clone_from(&held.delivered_by);
                record.received_at = held.received_at;
                record.decided_at = Some(self.ambient.now());
                record.decided_by = Some(from.by.clone());
            }
            if let Some(reason) = sense::is_from_the_future(delivery, self.ambient.now()) {
                record.state = ImportState::Refused;
                record.reasons = vec![reason];
                return self.note(record, overview).await;
            }
            if let Some(last) = seen.present.last
                && !is_newer(delivery, last.sent_at, wish)
            {
                record.state = ImportState::Refused;
                record.reasons = vec![Reason::NotNewer { last: last.sent_at }];
                return self.note(record, overview).await;
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

    /// Remembers what was refused before it could be read as a delivery of somebody.
    async fn note(&self, record: ImportRecord, overview: Overview) -> Result<Outcome, ImportFailed> {
        let event = self.event(&record);
        self.store
            .note_import(&record, &overview.findings, &event)
            .await?;
        tell(&record);
        Ok(Outcome {
            record,
            overview,
            again: false,
        })
    }

    /// Holds a delivery back; one that is held already is not held twice.
    async fn hold(&self, mut record: ImportRecord, overview: Overview) -> Result<Outcome, ImportFailed> {
        let held = self.store.import_of_file(
            &record.institution,
            &record.source,
            &record.digest,
            ImportState::Held,
        );
        if let Some(held) = held.await? {
            record.id = held.id;
            record.delivered_by = held.delivered_by;
            record.received_at = held.received_at;
        }
        self.note(record, overview).await
    }

    async fn again(&self, record: ImportRecord) -> Result<Outcome, ImportFailed> {
        let overview = Overview {
            findings: self.store.import_findings(record.id).await?,
            ..Overview::default()
        };
        Ok(Outcome {
            record,
            overview,
            again: true,
        })
    }

    async fn held(
        &self,
        id: ImportId,
        delivery: &Delivery,
        source: &SourceName,
        from: &Handover,
    ) -> Result<ImportRecord, ImportFailed> {
        let held = self.store.import_by_id(id).await?;
        held.filter(|held| {
            held.state == ImportState::Held
                && held.institution == delivery.institution.number
                && held.source == *source
                && held.digest == from.digest
        })
        .ok_or(ImportFailed::NotHeld)
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

    async fn look(&self, delivery: &Delivery, source: &SourceName, wish: &Wish) -> Result<Seen, StoreError> {
        let number = &delivery.institution.number;
        let present = self.store.present(number, source).await?;
        let old = match &wish.takes_over {
            Some(old) => Some(self.store.present(number, old).await?),
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
            known: self.store.people_by_cpr(&asked, number, source).await?,
            present,
            old,
        })
    }

    fn situation<'a>(&'a self, seen: &'a Seen, wish: &'a Wish) -> Situation<'a> {
        Situation {
            present: &seen.present,
            known: &seen.known,
            takes_over: seen.old.as_ref(),
            reidentified: wish.reidentifies.as_ref(),
            numbers: &*self.vault,
            now: self.ambient.now(),
        }
    }

    fn record(
        &self,
        delivery: &Delivery,
        source: &SourceName,
        from: &Handover,
        counts: Counts,
    ) -> ImportRecord {
        ImportRecord {
            id: ImportId(self.ambient.uuid()),
            institution: delivery.institution.number.clone(),
            source: source.clone(),
            kind: match delivery.content {
                Content::Whole(_) => DeliveryKind::Full,
                Content::Changes(_) => DeliveryKind::Delta,
                Content::Removals(_) => DeliveryKind::Removal,
            },
            sent_at: delivery.sent_at,
            received_at: self.ambient.now(),
            delivered_by: from.by.clone(),
            way: from.way,
            digest: from.digest,
            state: ImportState::Applied,
            counts,
            reasons: Vec::new(),
            decided_at: None,
            decided_by: None,
        }
    }

    fn event(&self, record: &ImportRecord) -> AuditEvent {
        AuditEvent {
            id: self.ambient.uuid(),
            at: self.ambient.now(),
            transaction: None,
            service: None,
            upstream: None,
            person: None,
            account: None,
            client_prefix: None,
            act: AuditAct::Import {
                import: record.id,
                state: record.state,
                institution: record.institution.clone(),
                source: record.source.clone(),
                counts: record.counts,
            },
        }
    }
}

/// What was there when a delivery was planned.
struct Seen {
    present: Present,
    known: HashMap<CprIndex, KnownPerson>,
    old: Option<Present>,
}

impl Seen {
    fn has_old_source(&self) -> bool {
        self.old.as_ref().is_some_and(|old| old.last.is_some())
    }

    fn all(&self) -> Vec<&Present> {
        std::iter::once(&self.present).chain(&self.old).collect()
    }
}

/// A re-identification comes with the file that said the other number.
fn is_newer(delivery: &Delivery, last: jiff::Timestamp, wish: &Wish) -> bool {
    delivery.sent_at > last || (wish.reidentifies.is_some() && delivery.sent_at == last)
}

/// For the operators' log: what, where and how many, and nobody by name.
fn tell(record: &ImportRecord) {
    let counts = &record.counts;
    tracing::info!(
        import.id = %record.id,
        import.state = record.state.word(),
        import.kind = record.kind.word(),
        import.way = record.way.word(),
        institution = %record.institution,
        source = %record.source,
        added = counts.added,
        changed = counts.changed,
        restored = counts.restored,
        left = counts.left,
        refused = counts.refused,
        "people were delivered"
    );
}
