//! The group-commit writer: many rows, one commit, one wait for the disk.
//!
//! Replay marks and audit rows must be on disk before a login goes on, and the disk is the
//! slowest thing on the path (performance.md §0.4). All that waits is therefore written in
//! one transaction. A lone row is written at once; under load a commit begins at most once
//! per [`Pace::interval`], so that each carries what gathered since the last one (P9).
//! When a commit fails, everybody who waited for it is told, and fails closed (M10).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::ephemeral::StateKey;
use super::replay::{Once, Owner, Sighting};
use super::{Pool, Store, StoreError, Tx, audit, replay};
use crate::ambient::Ambient;
use crate::domain::audit::AuditEvent;
use crate::domain::refusal::{Refusal, Refused};

/// How the writer gathers rows.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The least time from the start of one commit to the start of the next.
    pub interval: Duration,
    /// The most rows in one commit.
    pub largest: usize,
    /// How many rows may wait; more are refused at once.
    pub queue: usize,
    /// How long a row waits for its commit before its login fails.
    pub patience: Duration,
}

impl Default for Pace {
    /// Two rows for each of 500 logins a second gather to twelve per commit.
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(12),
            largest: 512,
            queue: 8192,
            patience: Duration::from_secs(5),
        }
    }
}

/// The way in to the writer. Clones share it; it ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    tally: Arc<Tally>,
    ambient: Ambient,
    patience: Duration,
}

impl Writer {
    /// Starts the writer on the current runtime.
    pub fn start(store: Store, ambient: Ambient, pace: Pace) -> Self {
        let (jobs, waiting) = mpsc::channel(pace.queue);
        let tally = Arc::new(Tally::default());
        let scribe = Scribe {
            store,
            ambient: ambient.clone(),
            pace,
            tally: tally.clone(),
        };
        tokio::spawn(scribe.run(waiting));
        Self {
            jobs,
            tally,
            ambient,
            patience: pace.patience,
        }
    }

    /// Writes an audit event; it is on disk when this returns.
    pub async fn audit(&self, event: AuditEvent) -> Result<(), WriteFailed> {
        self.submit(Row::Audit(Box::new(event))).await.map(drop)
    }

    /// Marks the key as seen for `ttl`; `true` the first time, even across restarts and nodes.
    pub async fn once(&self, key: StateKey, ttl: SignedDuration) -> Result<bool, WriteFailed> {
        Ok(self.once_by(key, Owner::NOBODY, ttl).await? == Once::First)
    }

    /// Marks the key as seen for `ttl` on behalf of an owner, and says who saw it first.
    pub async fn once_by(
        &self,
        key: StateKey,
        owner: Owner,
        ttl: SignedDuration,
    ) -> Result<Once, WriteFailed> {
        let expires_at = self.ambient.now().saturating_add(ttl).unwrap_or(Timestamp::MAX);
        let answer = self
            .submit(Row::Replay(Sighting {
                key,
                owner,
                expires_at,
            }))
            .await?;
        // Only an audit row has no answer; for a mark, no answer is no permission.
        answer.ok_or(WriteFailed::Stopped)
    }

    /// What was written since the start, for metrics.
    pub fn written(&self) -> Written {
        Written {
            rows: self.tally.rows.load(Ordering::Relaxed),
            commits: self.tally.commits.load(Ordering::Relaxed),
        }
    }

    async fn submit(&self, row: Row) -> Result<Option<Once>, WriteFailed> {
        let (answer, answered) = oneshot::channel();
        self.jobs
            .try_send(Job { row, answer })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => WriteFailed::Overloaded,
                mpsc::error::TrySendError::Closed(_) => WriteFailed::Stopped,
            })?;
        match timeout(self.patience, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(WriteFailed::Stopped),
            Err(_) => Err(WriteFailed::TooSlow),
        }
    }
}

/// Rows and the commits that carried them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows on disk.
    pub rows: u64,
    /// Commits, each one wait for the disk.
    pub commits: u64,
}

/// The row may not be on disk; whoever needs it there does not go on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteFailed {
    /// Too many rows wait already.
    #[error("too many rows wait to be written")]
    Overloaded,
    /// The commit did not come in time.
    #[error("the database took too long to commit")]
    TooSlow,
    /// The writer has ended.
    #[error("the writer has ended")]
    Stopped,
    /// The commit failed.
    #[error("the rows could not be committed")]
    Commit(#[source] Arc<StoreError>),
}

impl From<WriteFailed> for Refused {
    /// Whoever waits and comes again gets through a full queue; a broken database is ours to mend.
    fn from(failed: WriteFailed) -> Self {
        match failed {
            WriteFailed::Overloaded | WriteFailed::TooSlow => Refusal::Overloaded { retry_after: 5 },
            WriteFailed::Stopped | WriteFailed::Commit(_) => Refusal::Internal,
        }
        .because(failed)
    }
}

#[derive(Debug, Default)]
struct Tally {
    rows: AtomicU64,
    commits: AtomicU64,
}

#[derive(Debug)]
struct Job {
    row: Row,
    answer: oneshot::Sender<Result<Option<Once>, WriteFailed>>,
}

#[derive(Debug)]
enum Row {
    Audit(Box<AuditEvent>),
    Replay(Sighting),
}

/// The one task that writes.
struct Scribe {
    store: Store,
    ambient: Ambient,
    pace: Pace,
    tally: Arc<Tally>,
}

impl Scribe {
    async fn run(self, mut waiting: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(self.pace.largest);
        let mut next_start = Instant::now();
        while waiting.recv_many(&mut batch, self.pace.largest).await > 0 {
            sleep_until(next_start).await;
            next_start = Instant::now() + self.pace.interval;
            while batch.len() < self.pace.largest
                && let Ok(job) = waiting.try_recv()
            {
                batch.push(job);
            }
            // A mark that nobody waits for any more would only lock its owner out. What happened, happened.
            batch.retain(|job| matches!(job.row, Row::Audit(_)) || !job.answer.is_closed());
            if !batch.is_empty() {
                self.write(&mut batch).await;
            }
        }
    }

    async fn write(&self, batch: &mut Vec<Job>) {
        let outcome = self.commit(batch).await.map_err(Arc::new);
        match outcome {
            Ok(seen) => {
                let mut seen = seen.into_iter();
                self.tally.commits.fetch_add(1, Ordering::Relaxed);
                self.tally.rows.fetch_add(batch.len() as u64, Ordering::Relaxed);
                for job in batch.drain(..) {
                    let answer = match job.row {
                        Row::Audit(_) => None,
                        Row::Replay(_) => seen.next(),
                    };
                    job.answer.send(Ok(answer)).ok();
                }
            }
            Err(error) => {
                for job in batch.drain(..) {
                    job.answer.send(Err(WriteFailed::Commit(error.clone()))).ok();
                }
            }
        }
    }

    async fn commit(&self, batch: &[Job]) -> Result<Vec<Once>, StoreError> {
        let (mut events, mut sightings) = (Vec::new(), Vec::new());
        for job in batch {
            match &job.row {
                Row::Audit(event) => events.push(event.as_ref()),
                Row::Replay(sighting) => sightings.push(*sighting),
            }
        }
        self.wait_for_the_disk(true).await?;
        let mut tx: Tx = self.store.writing.begin().await?;
        let seen = replay::remember(&mut tx, &sightings, self.ambient.now()).await?;
        audit::append(&mut tx, &events).await?;
        tx.commit().await?;
        // The rows are safe; a connection that stays careful is only slower.
        self.wait_for_the_disk(false).await.ok();
        Ok(seen)
    }

    /// SQLite waits for the disk at these commits only; PostgreSQL does so at each. The two
    /// kinds share the one writing connection, because SQLite has one writer anyway.
    async fn wait_for_the_disk(&self, wait: bool) -> Result<(), StoreError> {
        let Pool::Sqlite(db) = &self.store.writing else {
            return Ok(());
        };
        let pragma = if wait {
            "PRAGMA synchronous = FULL"
        } else {
            "PRAGMA synchronous = NORMAL"
        };
        sqlx::query(pragma).execute(db).await?;
        Ok(())
    }
}

/// Cuts rows into runs of 64, 32, 16 … 1, so that few statement texts exist and each stays prepared.
pub(super) fn by_powers_of_two<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    const LARGEST: usize = 64;
    std::iter::from_fn(move || {
        let size = if rows.len() >= LARGEST {
            LARGEST
        } else {
            1 << rows.len().checked_ilog2()?
        };
        let (run, rest) = rows.split_at_checked(size)?;
        rows = rest;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_all_rows_in_order_with_few_sizes() {
        for length in 0..300 {
            let rows: Vec<usize> = (0..length).collect();
            let runs: Vec<&[usize]> = by_powers_of_two(&rows).collect();
            assert_eq!(runs.concat(), rows);
            assert!(
                runs.iter()
                    .all(|run| run.len().is_power_of_two() && run.len() <= 64)
            );
        }
    }

    #[test]
    fn a_full_queue_is_overload_and_a_broken_writer_is_ours() {
        let told = |failed: WriteFailed| Refused::from(failed).refusal.code();
        assert_eq!(told(WriteFailed::Overloaded), "UL-901");
        assert_eq!(told(WriteFailed::TooSlow), "UL-901");
        assert_eq!(told(WriteFailed::Stopped), "UL-900");
    }
}
