//! The evidence table: sealed messages, append-only, each row chained to the one before it.
//!
//! The chain is that of the audit trail (`audit.rs`), over label and sealed bytes, so that it is
//! checked without the key that opens them. Rows are appended by the writer alone.

use jiff::Timestamp;

use super::audit::{AuditHead, ChainState};
use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, uuid, within};
use crate::domain::evidence::EvidenceLabel;

/// How many rows are checked at a time.
const PAGE: i64 = 200;

/// One piece, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEvidence {
    /// What can be read of it.
    pub label: EvidenceLabel,
    /// The message, sealed to the key elsewhere.
    pub sealed: Vec<u8>,
}

/// A piece as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRecord {
    /// Its place in the chain, from 1.
    pub sequence: u64,
    /// The piece.
    pub evidence: SealedEvidence,
}

impl Store {
    /// Pieces after `sequence`, oldest first, at most `limit`.
    pub async fn evidence_after(&self, sequence: u64, limit: u32) -> Result<Vec<EvidenceRecord>, StoreError> {
        let from = i64::try_from(sequence).unwrap_or(i64::MAX);
        let rows = self.evidence_rows_after(from, i64::from(limit)).await?;
        rows.into_iter().map(EvidenceRecord::try_from).collect()
    }

    /// Follows the chain from its oldest kept row to its head.
    pub async fn verify_evidence_chain(&self) -> Result<ChainState, StoreError> {
        let (head, head_hash) = self.evidence_end("head").await?;
        let (mut last, mut hash) = self.evidence_end("tail").await?;
        let mut rows = 0;
        while last < head {
            let page = self.evidence_rows_after(last, PAGE).await?;
            if page.is_empty() {
                return Ok(broken_at(last + 1));
            }
            for row in page.into_iter().take_while(|row| row.sequence <= head) {
                if row.sequence != last + 1 || row.hash_after(&hash)?.as_slice() != row.hash {
                    return Ok(broken_at(last + 1));
                }
                (last, hash) = (row.sequence, row.hash);
                rows += 1;
            }
        }
        if hash == head_hash {
            let head = AuditHead {
                sequence: u64::try_from(head).unwrap_or_default(),
                hash,
            };
            Ok(ChainState::Whole { rows, head })
        } else {
            Ok(broken_at(last))
        }
    }

    async fn evidence_rows_after(&self, sequence: i64, limit: i64) -> Result<Vec<EvidenceRow>, StoreError> {
        const SQL: &str = "SELECT sequence, id, at, login, party, kind, sealed, hash FROM evidence
            WHERE sequence > $1 ORDER BY sequence LIMIT $2";
        let rows = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(sequence).bind(limit).fetch_all(db).await)?;
        Ok(rows)
    }

    async fn evidence_end(&self, which: &'static str) -> Result<(i64, Vec<u8>), StoreError> {
        const SQL: &str = "SELECT sequence, hash FROM evidence_ends WHERE which = $1";
        let end = on!(self.reading, db => sqlx::query_as(SQL).bind(which).fetch_one(db).await)?;
        Ok(end)
    }

    /// Takes rows off the old end of the chain and remembers the hash that the rest hangs on.
    pub(super) async fn purge_evidence(&self, before: Timestamp) -> Result<u64, StoreError> {
        const LAST_OLD: &str = "SELECT sequence, hash FROM evidence WHERE at < $1 AND sequence <
            COALESCE((SELECT MIN(sequence) FROM evidence WHERE at >= $1), 9223372036854775807)
            ORDER BY sequence DESC LIMIT 1";
        const MOVE_TAIL: &str = "UPDATE evidence_ends SET sequence = $1, hash = $2 WHERE which = 'tail'";
        const DELETE: &str = "DELETE FROM evidence WHERE sequence <= $1";
        let mut tx = self.writing.begin().await?;
        let last_old: Option<(i64, Vec<u8>)> = within!(tx, db =>
            sqlx::query_as(LAST_OLD).bind(millis(before)).fetch_optional(&mut *db).await)?;
        let Some((sequence, hash)) = last_old else {
            return Ok(0);
        };
        let deleted = within!(tx, db => {
            sqlx::query(MOVE_TAIL).bind(sequence).bind(hash).execute(&mut *db).await?;
            sqlx::query(DELETE).bind(sequence).execute(&mut *db).await?.rows_affected()
        });
        tx.commit().await?;
        Ok(deleted)
    }
}

/// Appends pieces to the chain. The head's row is locked until the transaction ends, so that
/// nodes that share a database append one after the other.
pub(super) async fn append(tx: &mut Tx, pieces: &[&SealedEvidence]) -> Result<(), StoreError> {
    const TAKE_PLACES: &str = "UPDATE evidence_ends SET sequence = sequence + $1 WHERE which = 'head'
        RETURNING sequence, hash";
    const INSERT: &str = "INSERT INTO evidence (sequence, id, at, login, party, kind, sealed, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const MOVE_HEAD: &str = "UPDATE evidence_ends SET hash = $1 WHERE which = 'head'";
    if pieces.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(pieces.len()).unwrap_or(i64::MAX);
    let (last, mut hash): (i64, Vec<u8>) = within!(*tx, db =>
        sqlx::query_as(TAKE_PLACES).bind(count).fetch_one(&mut *db).await)?;
    for (sequence, piece) in (last - count + 1..).zip(pieces) {
        hash = chained(&hash, sequence, piece).to_vec();
        let label = &piece.label;
        within!(*tx, db => sqlx::query(INSERT)
            .bind(sequence)
            .bind(label.id.to_string())
            .bind(millis(label.at))
            .bind(label.login.as_deref())
            .bind(label.party.as_str())
            .bind(label.kind.as_str())
            .bind(piece.sealed.as_slice())
            .bind(hash.as_slice())
            .execute(&mut *db)
            .await
            .map(drop))?;
    }
    within!(*tx, db => sqlx::query(MOVE_HEAD).bind(hash).execute(&mut *db).await.map(drop))?;
    Ok(())
}

/// SHA-256 over the hash before, the place, the label and the sealed bytes.
fn chained(before: &[u8], sequence: i64, piece: &SealedEvidence) -> [u8; 32] {
    let (label, place) = (piece.label.bytes(), sequence.to_be_bytes());
    let lengths = [before.len(), label.len()].map(|length| (length as u64).to_be_bytes());
    super::sha256(&[&lengths[0], before, &place, &lengths[1], &label, &piece.sealed])
}

row! {
    struct EvidenceRow {
        sequence: i64,
        id: String,
        at: i64,
        login: Option<String>,
        party: String,
        kind: String,
        sealed: Vec<u8>,
        hash: Vec<u8>,
    }
}

impl EvidenceRow {
    fn piece(&self) -> Result<SealedEvidence, StoreError> {
        Ok(SealedEvidence {
            label: EvidenceLabel {
                id: uuid("evidence.id", &self.id)?,
                at: timestamp("evidence.at", self.at)?,
                login: self.login.clone(),
                party: self.party.clone(),
                kind: self.kind.clone(),
            },
            sealed: self.sealed.clone(),
        })
    }

    fn hash_after(&self, before: &[u8]) -> Result<[u8; 32], StoreError> {
        Ok(chained(before, self.sequence, &self.piece()?))
    }
}

impl TryFrom<EvidenceRow> for EvidenceRecord {
    type Error = StoreError;

    fn try_from(row: EvidenceRow) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: u64::try_from(row.sequence).unwrap_or_default(),
            evidence: row.piece()?,
        })
    }
}

fn broken_at(sequence: i64) -> ChainState {
    ChainState::BrokenAt {
        sequence: u64::try_from(sequence).unwrap_or_default(),
    }
}
