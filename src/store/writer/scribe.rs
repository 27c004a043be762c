//! The task behind the writer: gathers jobs, writes each batch in one commit, answers everybody.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{Answer, FinishedLogin, Job, Pace, RestsOn, Tally, Waiting, WriteFailed};
use crate::ambient::Ambient;
use crate::domain::audit::AuditEvent;
use crate::domain::session::{SessionId, SsoSession};
use crate::store::ended_approvals::ApprovalUse;
use crate::store::evidence::SealedEvidence;
use crate::store::grants::{Consumption, Exchange, NewGrant};
use crate::store::replaced::Change;
use crate::store::replay::{Mark, Once};
use crate::store::sessions::{Participation, TokenHash};
use crate::store::upstream_sessions::UpstreamSession;
use crate::store::{
    Store, StoreError, Tx, audit, credentials, ended_approvals, evidence, grants, locks, replaced, replay,
    sessions, upstream_sessions,
};

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
            batch.retain(|waiting| {
                matches!(waiting.job, Job::Audit(_) | Job::Evidence(_)) || !waiting.answer.is_closed()
            });
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
        let now = self.ambient.now();
        let marks: Vec<Mark> = batch.iter().filter_map(|waiting| waiting.job.mark()).collect();
        let mut tx: Tx = self.store.writing.begin_durable().await?;
        let mut seen = replay::remember(&mut tx, &marks, now).await?.into_iter();
        let verdicts: Vec<Option<Once>> = batch
            .iter()
            // There is one verdict for each mark; were there none, it would be no permission.
            .map(|waiting| waiting.job.mark().map(|_| seen.next().unwrap_or(Once::Replayed)))
            .collect();
        let jobs = || batch.iter().map(|waiting| &waiting.job);
        let replaced: Vec<SessionId> = jobs().filter_map(Job::replaces).collect();
        let mut needed: Vec<SessionId> = jobs().filter_map(Job::rests_on).collect();
        needed.extend(&replaced);
        let secrets: Vec<_> = batch
            .iter()
            .filter_map(|waiting| waiting.job.by_secret())
            .collect();
        let versions = credentials::held(&mut tx, &secrets).await?;
        locks::lock_sessions(&mut tx, &needed).await?;
        let over = sessions::ended(&mut tx, &needed).await?;
        let ending = ended_approvals::of_sessions(&mut tx, &replaced, now).await?;
        // Both in one order; what is asked in a session that ends need not stand.
        let vouched = jobs().filter_map(Job::vouched).map(|one| one.approval);
        let vouched: Vec<_> = vouched.chain(ending.iter().map(|one| one.id)).collect();
        let taken_back = ended_approvals::no_longer_standing(&mut tx, &vouched, now).await?;
        let is_refused = |job: &Job| {
            let has_ended = job.rests_on().is_some_and(|session| over.contains(&session));
            let was_changed = |(account, version)| versions.get(&account) != Some(&version);
            let was_taken_back = |one: &ApprovalUse| taken_back.contains(&one.approval);
            has_ended || job.by_secret().is_some_and(was_changed) || job.vouched().is_some_and(was_taken_back)
        };
        let written = batch
            .iter()
            .zip(&verdicts)
            .filter(|(waiting, seen)| **seen != Some(Once::Replayed) && !is_refused(&waiting.job));
        let now_replaced: HashSet<SessionId> = written
            .filter_map(|(waiting, _)| waiting.job.replaces())
            .collect();
        // Whoever would lean on a session that ends in this very commit comes too late.
        let is_over = |job: &Job| {
            is_refused(job)
                || job
                    .rests_on()
                    .is_some_and(|session| now_replaced.contains(&session))
        };
        let mut topics = Topics::of(batch, &verdicts, is_over);
        topics
            .changes
            .retain(|change| !over.contains(&change.before.session));
        sessions::open(&mut tx, &topics.opened).await?;
        sessions::touch(&mut tx, &topics.touched, now).await?;
        let ended = replaced::end(&mut tx, &topics.changes, &ending).await?;
        sessions::note(&mut tx, &topics.parts).await?;
        upstream_sessions::note(&mut tx, &topics.at_upstreams).await?;
        ended_approvals::note_uses(&mut tx, &topics.uses).await?;
        grants::issue(&mut tx, &topics.codes).await?;
        let exchanged = grants::exchange(&mut tx, &topics.exchanges, now).await?;
        // What ends is told before what begins.
        drop(topics.events.splice(0..0, &ended));
        audit::append(&mut tx, &topics.events).await?;
        evidence::append(&mut tx, &topics.evidence).await?;
        tx.commit().await?;
        // The rows are safe; a connection that stays careful is only slower.
        self.store.writing.hurry().await.ok();
        self.tally.commits.fetch_add(1, Ordering::Relaxed);
        let rows = marks.len() + topics.rows();
        self.tally.rows.fetch_add(rows as u64, Ordering::Relaxed);

        let mut exchanged = exchanged.into_iter();
        let answers = batch
            .iter()
            .zip(verdicts)
            .map(|(waiting, seen)| match &waiting.job {
                Job::Audit(_) | Job::Evidence(_) | Job::Issue(_) => Answer::Written,
                Job::Exchange(_) => Answer::Exchanged(exchanged.next().unwrap_or(Consumption::Refused)),
                Job::Login(_) if is_over(&waiting.job) => Answer::Over,
                Job::Login(_) => Answer::Seen(seen.unwrap_or(Once::First)),
                Job::Mark(_) => Answer::Seen(seen.unwrap_or(Once::Replayed)),
            });
        Ok(answers.collect())
    }
}

fn failed(error: StoreError) -> WriteFailed {
    WriteFailed::Commit(Arc::new(error))
}

/// What one commit writes, sorted by the table that it goes to, each in the order it came.
#[derive(Default)]
struct Topics<'b> {
    opened: Vec<(TokenHash, &'b SsoSession)>,
    touched: Vec<SessionId>,
    changes: Vec<Change<'b>>,
    parts: Vec<(SessionId, &'b Participation)>,
    at_upstreams: Vec<(SessionId, &'b UpstreamSession)>,
    uses: Vec<&'b ApprovalUse>,
    codes: Vec<&'b NewGrant>,
    exchanges: Vec<&'b Exchange>,
    events: Vec<&'b AuditEvent>,
    evidence: Vec<&'b SealedEvidence>,
}

impl<'b> Topics<'b> {
    /// Everything but logins whose proof was seen before, or whose session has ended since.
    fn of(batch: &'b [Waiting], verdicts: &[Option<Once>], is_over: impl Fn(&Job) -> bool) -> Self {
        let mut topics = Self::default();
        for (waiting, seen) in batch.iter().zip(verdicts) {
            match &waiting.job {
                Job::Audit(event) => topics.events.push(event),
                Job::Evidence(piece) => topics.evidence.push(piece),
                Job::Login(_) if *seen == Some(Once::Replayed) || is_over(&waiting.job) => {}
                Job::Login(login) => topics.add(login),
                Job::Exchange(exchange) => topics.exchanges.push(exchange),
                Job::Issue(grants) => topics.codes.extend(grants),
                Job::Mark(_) => {}
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
        self.changes.extend(login.replaces.as_ref().map(|before| Change {
            before,
            next: session,
            login: &login.event,
        }));
        self.at_upstreams
            .extend(login.at_upstream.iter().map(|note| (session, note)));
        self.parts.push((session, &login.part));
        self.codes.extend(&login.code);
        self.uses.extend(&login.vouched);
        self.events.push(&login.event);
    }

    fn rows(&self) -> usize {
        let given: usize = self.exchanges.iter().map(|exchange| exchange.gives.len()).sum();
        let used = self.touched.len() + self.exchanges.len();
        self.opened.len()
            + self.parts.len()
            + self.at_upstreams.len()
            + self.codes.len()
            + self.events.len()
            + self.evidence.len()
            + used
            + given
    }
}
