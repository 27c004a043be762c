//! Files of deliveries that wait for somebody, sealed, and imports that are thrown away.
//!
//! A file is kept once, by its hash, however many institutions it speaks of: each of them decides of its own part.

use jiff::Timestamp;

use super::{Store, StoreError, Tx, audit, millis, on, within};
use crate::domain::audit::AuditEvent;
use crate::domain::import::{ImportId, ImportState};

impl Store {
    /// Keeps a file for as long as an import of it is held.
    pub async fn keep_held_file(
        &self,
        digest: &[u8; 32],
        sealed: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO held_files (digest, sealed, kept_at)
            SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM imports WHERE digest = $1 AND state = $4)
            ON CONFLICT (digest) DO UPDATE SET sealed = excluded.sealed, kept_at = excluded.kept_at";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(digest.as_slice())
            .bind(sealed)
            .bind(millis(now))
            .bind(ImportState::Held.word())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The file with this hash, sealed.
    pub async fn held_file(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT sealed FROM held_files WHERE digest = $1";
        let sealed: Option<Vec<u8>> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(digest.as_slice())
            .fetch_optional(db)
            .await)?;
        Ok(sealed)
    }

    /// Deletes files that were kept before this moment. Says how many.
    pub async fn forget_held_files(&self, before: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM held_files WHERE kept_at < $1";
        let gone = on!(self.writing, db => sqlx::query(SQL)
            .bind(millis(before))
            .execute(db)
            .await?
            .rows_affected());
        Ok(gone)
    }

    /// Throws a held import away, at the moment of the event. Says whether it was held until now.
    pub async fn discard_import(
        &self,
        import: ImportId,
        by: &str,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE imports SET state = $2, decided_at = $3, decided_by = $4
            WHERE id = $1 AND state = $5";
        let mut tx = self.writing.begin().await?;
        let done = within!(tx, db => sqlx::query(SQL)
            .bind(import.to_string())
            .bind(ImportState::Discarded.word())
            .bind(millis(event.at))
            .bind(by)
            .bind(ImportState::Held.word())
            .execute(&mut *db)
            .await?
            .rows_affected());
        if done == 0 {
            return Ok(false);
        }
        forget_decided(&mut tx).await?;
        audit::append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Deletes the files of which no import is held any more.
pub(super) async fn forget_decided(tx: &mut Tx) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM held_files WHERE NOT EXISTS
        (SELECT 1 FROM imports i WHERE i.digest = held_files.digest AND i.state = $1)";
    within!(*tx, db => sqlx::query(SQL)
        .bind(ImportState::Held.word())
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}
