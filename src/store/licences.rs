//! Licences: written by a seed or by whoever gives access, read at logins to services that go by them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Store, StoreError, Tx, millis, on, uuid, within};
use crate::domain::account::AccountId;
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::licence::Licence;
use crate::domain::service::ServiceId;

impl Store {
    /// Gives access, or changes what an earlier grant of the same id gave.
    pub async fn put_licence(&self, licence: &Licence) -> Result<(), StoreError> {
        let mut tx = self.writing.begin().await?;
        put_licence(&mut tx, licence).await?;
        Ok(tx.commit().await?)
    }

    /// The services that anybody has a licence for, whether or not it holds at this moment.
    pub async fn licensed_services(&self) -> Result<BTreeSet<ServiceId>, StoreError> {
        const SQL: &str = "SELECT DISTINCT service FROM licences";
        let ids: Vec<String> = on!(self.reading, db => sqlx::query_scalar(SQL).fetch_all(db).await)?;
        ids.iter()
            .map(|id| ServiceId::parse(id).ok_or(StoreError::corrupt("licences.service")))
            .collect()
    }

    /// Which affiliations of the account have access to the service at this moment: by their
    /// institution, by their group, or by a class that they are in.
    pub async fn licensed_actors(
        &self,
        service: &ServiceId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<BTreeSet<ActorId>, StoreError> {
        const SQL: &str = "SELECT DISTINCT r.id FROM actors r
            JOIN licences l ON l.institution = r.institution AND l.service = $1
            WHERE r.account = $2
                AND (l.actor_group IS NULL OR l.actor_group = r.actor_group)
                AND (l.class IS NULL OR EXISTS (SELECT 1 FROM memberships m
                    JOIN school_groups g ON g.id = m.school_group
                    WHERE m.actor = r.id AND g.name = l.class AND g.gone_at IS NULL
                    AND (g.active_from IS NULL OR g.active_from <= $3)
                    AND (g.active_until IS NULL OR g.active_until > $3)))
                AND (l.active_from IS NULL OR l.active_from <= $3)
                AND (l.active_until IS NULL OR l.active_until > $3)";
        let ids: Vec<String> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(service.as_str())
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        ids.iter().map(|id| uuid("actors.id", id).map(ActorId)).collect()
    }
}

/// Gives access, as part of something larger.
pub(super) async fn put_licence(tx: &mut Tx, licence: &Licence) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO licences (id, service, institution, actor_group, class, active_from, active_until)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET
            service = excluded.service, institution = excluded.institution,
            actor_group = excluded.actor_group, class = excluded.class,
            active_from = excluded.active_from, active_until = excluded.active_until";
    within!(*tx, db => sqlx::query(SQL)
        .bind(licence.id.0.to_string())
        .bind(licence.service.as_str())
        .bind(licence.institution.as_str())
        .bind(licence.group.map(ActorGroup::as_str))
        .bind(&licence.class)
        .bind(licence.from.map(millis))
        .bind(licence.until.map(millis))
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}
