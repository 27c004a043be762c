//! Who says of whom that name and address are protected: somebody is, as long as anybody says so who
//! still tells of them (L08). What they are called instead is not decided here.

use sqlx::QueryBuilder;

use super::changes::Here;
use super::{StoreError, Tx, runs, within};
use crate::domain::account::PersonId;
use crate::domain::import::SourceName;

/// Who wrote somebody here by hand, in the place of an institution and a source.
pub(super) const BY_HAND: &str = "";

/// Remembers what a source says of people from now on.
pub(super) async fn put(
    tx: &mut Tx,
    here: &Here<'_>,
    protections: &[(PersonId, bool)],
) -> Result<(), StoreError> {
    let (on, off): (Vec<_>, Vec<_>) = protections.iter().copied().partition(|(_, on)| *on);
    for run in runs::of(&on) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new("INSERT INTO protections (person, institution, source) ");
            query.push_values(run, |mut values, (person, _)| {
                values
                    .push_bind(person.0.to_string())
                    .push_bind(here.institution.as_str().to_owned())
                    .push_bind(here.source.as_str().to_owned());
            });
            query.push(" ON CONFLICT DO NOTHING").build().execute(&mut *db).await?;
        });
    }
    for run in runs::of(&off) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new("DELETE FROM protections WHERE institution = ");
            query.push_bind(here.institution.as_str().to_owned()).push(" AND source = ");
            query.push_bind(here.source.as_str().to_owned()).push(" AND person IN (");
            query.push_values(run, |mut values, (person, _)| {
                values.push_bind(person.0.to_string());
            });
            query.push(")").build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

/// What an old source said is said by the one that takes its place, until that says something else.
pub(super) async fn hand_over(tx: &mut Tx, here: &Here<'_>, old: &SourceName) -> Result<(), StoreError> {
    const TAKE: &str = "INSERT INTO protections (person, institution, source)
        SELECT person, institution, CAST($2 AS TEXT) FROM protections WHERE institution = $1 AND source = $3
        ON CONFLICT DO NOTHING";
    const LEAVE: &str = "DELETE FROM protections WHERE institution = $1 AND source = $2";
    within!(*tx, db => {
        sqlx::query(TAKE)
            .bind(here.institution.as_str())
            .bind(here.source.as_str())
            .bind(old.as_str())
            .execute(&mut *db)
            .await?;
        sqlx::query(LEAVE).bind(here.institution.as_str()).bind(old.as_str()).execute(&mut *db).await?;
    });
    Ok(())
}

/// The same of somebody who was written here by hand.
pub(super) async fn put_by_hand(tx: &mut Tx, person: PersonId, protected: bool) -> Result<(), StoreError> {
    const ON: &str = "INSERT INTO protections (person, institution, source) VALUES ($1, $2, $2)
        ON CONFLICT DO NOTHING";
    const OFF: &str = "DELETE FROM protections WHERE person = $1 AND institution = $2 AND source = $2";
    let sql = if protected { ON } else { OFF };
    within!(*tx, db => sqlx::query(sql)
        .bind(person.0.to_string())
        .bind(BY_HAND)
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}
