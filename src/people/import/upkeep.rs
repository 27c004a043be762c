//! What imports leave to time: who left is forgotten after the grace, and sources and affiliations
//! that nobody has spoken of for long are warned of and then closed (U72: the incumbent's twelve months).

use jiff::{SignedDuration, Timestamp};

use super::held;
use crate::ambient::Ambient;
use crate::config::import::ImportSettings;
use crate::domain::actor::ActorGroup;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::history::{Change, HistoryEntry};
use crate::domain::import::{Asked, Counts, DeliveryKind, ImportId, ImportRecord, ImportState, Way};
use crate::store::changes::{Applying, Changes, Written};
use crate::store::leavers::Forgotten;
use crate::store::stale::{ManualActor, SourceState};
use crate::store::{Store, StoreError};

/// For how long what changed, and what was delivered, can be looked up: as long as the audit.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// So many affiliations are given their search words in one transaction.
const AT_ONCE: u32 = 200;
/// So many times in one round; the others have their turn in the next.
const MOST_TIMES: u32 = 500;

/// What one round of upkeep did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Who left and was forgotten.
    pub forgotten: Forgotten,
    /// Sources that will be closed soon, with the moment.
    pub warned: Vec<(SourceState, Timestamp)>,
    /// Sources whose people were closed.
    pub closed: Vec<SourceState>,
    /// Affiliations that were written here, will be closed soon, and were warned of just now.
    pub manual_warned: u64,
    /// Affiliations that were written here and were closed.
    pub manual_closed: u64,
}

/// One round: to be run every hour, and harmless to run at any time.
pub async fn round(store: &Store, settings: &ImportSettings, ambient: &Ambient) -> Result<Kept, StoreError> {
    let now = ambient.now();
    let before = |days: u32| now.saturating_sub(days_of(days)).unwrap_or(Timestamp::MIN);
    let mut kept = Kept::default();
    for state in store.import_sources().await? {
        let ends_at = state
            .applied_at
            .saturating_add(days_of(settings.stale_days))
            .unwrap_or(Timestamp::MAX);
        let warned_for = |at: Timestamp| now.duration_since(at) >= days_of(settings.warning_days);
        // Whoever was not warned for long enough, since Portner stood still, gets the time.
        if now >= ends_at && state.warned_at.is_some_and(warned_for) {
            if close(store, &state, ambient).await? {
                kept.closed.push(state);
            }
            continue;
        }
        let warns_from = ends_at
            .saturating_sub(days_of(settings.warning_days))
            .unwrap_or(Timestamp::MIN);
        if now >= warns_from && state.warned_at.is_none() {
            store
                .note_source_warning(&state.institution, &state.source, now)
                .await?;
            let grace = now
                .saturating_add(days_of(settings.warning_days))
                .unwrap_or(Timestamp::MAX);
            kept.warned.push((state, ends_at.max(grace)));
        }
    }
    store.begin_manual_actors(now).await?;
    let warned_for = |at: Timestamp| now.duration_since(at) >= days_of(settings.warning_days);
    let old = store.manual_actors_before(before(settings.stale_days)).await?;
    // What was warned of before somebody confirmed it was not warned of since.
    let was_warned = |actor: &&ManualActor| {
        actor
            .warned_at
            .is_some_and(|at| at >= actor.kept_at && warned_for(at))
    };
    for actor in old.iter().filter(was_warned) {
        kept.manual_closed += u64::from(store.end_manual_actor(actor, ambient).await?);
    }
    let soon = before(settings.stale_days.saturating_sub(settings.warning_days));
    kept.manual_warned = store.note_manual_warning(soon, now).await?;
    kept.forgotten = store.forget_leavers(before(settings.grace_days), ambient).await?;
    for _ in 0..MOST_TIMES {
        if store.index_unfound(AT_ONCE).await? < u64::from(AT_ONCE) {
            break;
        }
    }
    let told_until = now.saturating_sub(TOLD_FOR).unwrap_or(Timestamp::MIN);
    let kept_until = now.saturating_sub(held::KEPT_FOR).unwrap_or(Timestamp::MIN);
    store.forget_held_files(kept_until).await?;
    store.purge_history(told_until).await?;
    store.purge_imports(told_until).await?;
    Ok(kept)
}

fn days_of(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

/// Ends everything that a source has told, as if it had sent that all have left. Whether it did:
/// an import that came at the same moment has said otherwise.
async fn close(store: &Store, state: &SourceState, ambient: &Ambient) -> Result<bool, StoreError> {
    let present = store
        .present(&state.institution, &state.source, ambient.now())
        .await?;
    let newer = present
        .last
        .is_none_or(|last| last.applied_at != state.applied_at);
    if newer {
        return Ok(false);
    }
    let now = ambient.now();
    let id = ImportId(ambient.uuid());
    let mut changes = Changes::default();
    let mut counts = Counts::default();
    for actor in present.actors.iter().filter(|actor| actor.gone_at.is_none()) {
        if actor.group == ActorGroup::Kontaktperson {
            counts.contacts_left += 1;
        } else {
            counts.left += 1;
        }
        changes.gone.push(actor.id);
        changes.history.push(HistoryEntry {
            id: ambient.uuid(),
            person: actor.person.id,
            actor: Some(actor.id),
            institution: Some(state.institution.clone()),
            source: Some(state.source.clone()),
            import: Some(id),
            at: now,
            what: Change::Left,
            detail: "stale".to_owned(),
        });
    }
    let record = ImportRecord {
        id,
        institution: state.institution.clone(),
        source: state.source.clone(),
        kind: DeliveryKind::Removal,
        sent_at: state.sent_at,
        received_at: now,
        delivered_by: "portner".to_owned(),
        way: Way::Upkeep,
        digest: [0; 32],
        state: ImportState::Applied,
        counts,
        reasons: Vec::new(),
        asked: Asked::default(),
        decided_at: None,
        decided_by: None,
    };
    let event = AuditEvent {
        id: ambient.uuid(),
        at: now,
        transaction: None,
        service: None,
        upstream: None,
        person: None,
        account: None,
        client_prefix: None,
        act: AuditAct::Import {
            import: id,
            state: record.state,
            institution: record.institution.clone(),
            source: record.source.clone(),
            counts,
        },
    };
    let import = Applying {
        record: &record,
        findings: &[],
        version: present.version,
        institution_name: None,
        takes_over: None,
        changes: &changes,
        event: &event,
        also: None,
    };
    Ok(store.apply_import(&import).await? == Written::Whole)
}
