//! The task behind the writer: gathers jobs, writes each batch in one commit, answers everybody.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{Answer, FinishedLogin, Job, Pace, RestsOn, Tally, Waiting, WriteFailed};
use crate::ambient::Ambient;
use crate::domain::audit::AuditEvent;
use crate::domain::session::{SessionId, SsoSession};
use crate::store::grants::{Consumption, Exchange, NewGrant};
use crate::store::replay::{Once, Sighting};
use crate::store::sessions::{Participation, TokenHash};
use crate::store::{Pool, Store, StoreError, Tx, audit, grants, replay, sessions};

/// The one task that writes.
pub(super) struct Scribe {
    pub(super) store: Store,
    pub(super) ambient: Ambient,
    pub(super) pace: Pace,
    pub(super) tally: Arc<Tally>,
}

impl Scribe {
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Waiting>) {
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
            // A mark or a session that nobody waits for any more would only lock its owner out
            // or lie open. What an auditor is told of has happened.
            batch.retain(|waiting| matches!(waiting.job, Job::Audit(_)) || !waiting.answer.is_closed());
            if !batch.is_empty() {
                self.write(&mut batch).await;
            }
        }
    }

    /// Writes all in one commit. What the database refuses is tried again one by one, so that
    /// one row which cannot be written fails nobody else.
    async fn write(&self, batch: &mut Vec<Waiting>) {
        match self.commit(batch).await {
            Ok(answers) => {
                for (waiting, answer) in batch.drain(..).zip(answers) {
                    waiting.answer.send(Ok(answer)).ok();
                }
            }
            Err(error) if batch.len() > 1 && !error.is_unavailable() => {
                tracing::warn!(%error, jobs = batch.len(), "a commit failed and is tried row by row");
                for waiting in batch.drain(..) {
                    let outcome = self.commit(std::slice::from_ref(&waiting)).await;
                    let outcome = outcome.map(|mut answers| answers.pop().unwrap_or(Answer::Written));
                    waiting.answer.send(outcome.map_err(failed)).ok();
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for waiting in batch.drain(..) {
                    waiting.answer.send(Err(WriteFailed::Commit(error.clone()))).ok();
                }
            }
        }
    }

    async fn commit(&self, batch: &[Waiting]) -> Result<Vec<Answer>, StoreError> {
        let topics = Topics::of(batch);
        let now = self.ambient.now();
        self.wait_for_the_disk(true).await?;
        let mut tx: Tx = self.store.writing.begin().await?;
        let seen = replay::remember(&mut tx, &topics.sightings, now).await?;
        sessions::open(&mut tx, &topics.opened).await?;
        sessions::touch(&mut tx, &topics.touched, now).await?;
        sessions::note(&mut tx, &topics.parts).await?;
        grants::issue(&mut tx, &topics.codes).await?;
        let exchanged = grants::exchange(&mut tx, &topics.exchanges, now).await?;
        audit::append(&mut tx, &topics.events).await?;
        tx.commit().await?;
        // The rows are safe; a connection that stays careful is only slower.
        self.wait_for_the_disk(false).await.ok();
        self.tally.commits.fetch_add(1, Ordering::Relaxed);
        self.tally.rows.fetch_add(batch.len() as u64, Ordering::Relaxed);

        let (mut seen, mut exchanged) = (seen.into_iter(), exchanged.into_iter());
        let answers = batch.iter().map(|waiting| match waiting.job {
            Job::Audit(_) | Job::Login(_) => Answer::Written,
            // There is one answer for each; were there none, it would be no permission.
            Job::Exchange(_) => Answer::Exchanged(exchanged.next().unwrap_or(Consumption::Refused)),
            Job::Sighting(_) => Answer::Seen(seen.next().unwrap_or(Once::Replayed)),
        });
        Ok(answers.collect())
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

fn failed(error: StoreError) -> WriteFailed {
    WriteFailed::Commit(Arc::new(error))
}

/// The jobs of one commit, sorted by the table that they go to, each in the order they came.
#[derive(Default)]
struct Topics<'b> {
    sightings: Vec<Sighting>,
    opened: Vec<(TokenHash, &'b SsoSession)>,
    touched: Vec<SessionId>,
    parts: Vec<(SessionId, &'b Participation)>,
    codes: Vec<&'b NewGrant>,
    exchanges: Vec<&'b Exchange>,
    events: Vec<&'b AuditEvent>,
}

impl<'b> Topics<'b> {
    fn of(batch: &'b [Waiting]) -> Self {
        let mut topics = Self::default();
        for waiting in batch {
            match &waiting.job {
                Job::Audit(event) => topics.events.push(event),
                Job::Login(login) => topics.add(login),
                Job::Exchange(exchange) => topics.exchanges.push(exchange),
                Job::Sighting(sighting) => topics.sightings.push(*sighting),
            }
        }
        topics
    }

    fn add(&mut self, login: &'b FinishedLogin) {
        let session = match &login.session {
            RestsOn::New(token, session) => {
                self.opened.push((*token, session));
                session.id
            }
            RestsOn::Earlier(session) => {
                self.touched.push(*session);
                *session
            }
        };
        self.parts.push((session, &login.part));
        self.codes.extend(&login.code);
        self.events.push(&login.event);
    }
}
