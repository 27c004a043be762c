//! How every source stands, in numbers for whoever watches the house: no name of a person, and no local id.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::import::{Counts, ImportState, SourceName};
use crate::domain::institution::InstitutionNumber;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::SourceNumbers;

/// The latest imports that are looked through for those that wait.
const LATEST: u32 = 500;

/// Every source that tells of people who are there, and every one of which something waits.
///
/// # Errors
/// The database's.
pub async fn of_sources(store: &Store, now: Timestamp) -> Result<Vec<SourceNumbers>, StoreError> {
    let mut held: BTreeMap<(InstitutionNumber, SourceName), u64> = BTreeMap::new();
    for import in store.imports(None, LATEST).await? {
        if import.state == ImportState::Held {
            *held.entry((import.institution, import.source)).or_default() += 1;
        }
    }
    let mut numbers = Vec::new();
    for state in store.import_sources().await? {
        let record = store.import_by_id(state.import).await?;
        let age = now.duration_since(state.applied_at);
        let of = (state.institution, state.source);
        numbers.push(SourceNumbers {
            institution: of.0.to_string(),
            source: of.1.to_string(),
            taken_in: Some((state.applied_at.as_duration().as_secs_f64(), age.as_secs_f64())),
            rows: record.map(|record| rows(&record.counts)).unwrap_or_default(),
            held: held.remove(&of).unwrap_or_default(),
        });
    }
    numbers.extend(
        held.into_iter()
            .map(|((institution, source), held)| SourceNumbers {
                institution: institution.to_string(),
                source: source.to_string(),
                taken_in: None,
                rows: Vec::new(),
                held,
            }),
    );
    Ok(numbers)
}

fn rows(counts: &Counts) -> Vec<(&'static str, u64)> {
    vec![
        ("added", counts.added),
        ("changed", counts.changed),
        ("restored", counts.restored),
        ("left", counts.left),
        ("unchanged", counts.unchanged),
        ("refused", counts.refused),
    ]
}
