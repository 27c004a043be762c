//! The group-commit writer: many rows, one commit, one wait for the disk.
//!
//! Replay marks, sessions, codes and audit rows must be on disk before a login goes on, and
//! the disk is the slowest thing on the path. All that waits is therefore written in
//! one transaction. A lone row is written at once; under load a commit begins at most once
//! per [`Pace::interval`], so that each carries what gathered since the last one (P9).
//! When a commit fails, everybody who waited for it is told, and fails closed (M10).

mod scribe;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::ended_approvals::ApprovalUse;
use super::ephemeral::StateKey;
use super::error::BACK_PERHAPS;
use super::evidence::SealedEvidence;
use super::grants::{Consumption, Exchange, NewGrant};
use super::replaced::Replaced;
use super::replay::{Mark, Once, Owner};
use super::sessions::{Participation, TokenHash};
use super::upstream_sessions::UpstreamSession;
use super::{Store, StoreError};
use crate::ambient::Ambient;
use crate::domain::account::{AccountId, SecretVersion};
use crate::domain::audit::AuditEvent;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::session::{SessionId, SsoSession};

use scribe::Scribe;

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
    /// At 500 logins a second six jobs and some twenty rows gather for each commit.
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(8),
            largest: 512,
            queue: 8192,
            patience: Duration::from_secs(5),
        }
    }
}

/// The way in to the writer. Clones share it; it ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Waiting>,
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
        self.submit(Job::Audit(Box::new(event))).await.map(drop)
    }

    /// Writes evidence; it is on disk when this returns.
    pub async fn evidence(&self, piece: SealedEvidence) -> Result<(), WriteFailed> {
        self.submit(Job::Evidence(Box::new(piece))).await.map(drop)
    }

    /// Writes all that a finished login leaves behind, together or not at all, and says
    /// whether its proof was seen before: after [`Once::Replayed`] nothing was written. The
    /// same login finished twice leaves one session and one code.
    pub async fn login(&self, login: FinishedLogin) -> Result<Once, WriteFailed> {
        seen(&self.submit(Job::Login(Box::new(login))).await?)
    }

    /// Uses a handle up and gives out what it is exchanged for. Of any number of callers, at
    /// most one is granted.
    pub async fn exchange(&self, exchange: Exchange) -> Result<Consumption, WriteFailed> {
        match self.submit(Job::Exchange(Box::new(exchange))).await? {
            Answer::Exchanged(consumption) => Ok(consumption),
            // Only an exchange is answered so; for another answer there is no permission.
            Answer::Written | Answer::Seen(_) | Answer::Over => Err(WriteFailed::Stopped),
        }
    }

    /// Gives out handles that come of no other, together or not at all; they are on disk when
    /// this returns.
    pub async fn issue(&self, grants: Vec<NewGrant>) -> Result<(), WriteFailed> {
        self.submit(Job::Issue(grants)).await.map(drop)
    }

    /// Marks the key as seen for `ttl`; `true` the first time, even across restarts and nodes.
    pub async fn once(&self, key: StateKey, ttl: SignedDuration) -> Result<bool, WriteFailed> {
        let mark = Mark {
            key,
            owner: Owner::NOBODY,
            expires_at: self.ambient.now().saturating_add(ttl).unwrap_or(Timestamp::MAX),
        };
        Ok(self.mark(mark).await? == Once::First)
    }

    /// Marks something as seen on behalf of its owner, and says who saw it first.
    pub async fn mark(&self, mark: Mark) -> Result<Once, WriteFailed> {
        seen(&self.submit(Job::Mark(mark)).await?)
    }

    /// What was written since the start, for metrics.
    pub fn written(&self) -> Written {
        Written {
            rows: self.tally.rows.load(Ordering::Relaxed),
            commits: self.tally.commits.load(Ordering::Relaxed),
        }
    }

    async fn submit(&self, job: Job) -> Result<Answer, WriteFailed> {
        let (answer, answered) = oneshot::channel();
        self.jobs
            .try_send(Waiting { job, answer })
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

/// All that a finished login leaves behind.
#[derive(Debug)]
pub struct FinishedLogin {
    /// The proof that it rests on, where it came just now and counts once.
    pub mark: Option<Mark>,
    /// The secret of the central store that was proved just now, where one was: a login by a secret that
    /// another has taken the place of is none (G15).
    pub by_secret: Option<(AccountId, SecretVersion)>,
    /// The session that it rests on.
    pub session: RestsOn,
    /// The earlier session of this browser that it takes the place of, which ends with it.
    pub replaces: Option<Replaced>,
    /// The sessions at the upstreams that vouched in this login, where they have some of their own.
    pub at_upstream: Vec<UpstreamSession>,
    /// The service's part in that session.
    pub part: Participation,
    /// The code that the service redeems, where its protocol has one.
    pub code: Option<NewGrant>,
    /// What says that an adult vouches, where the answer says so: it must stand at the commit.
    pub vouched: Option<ApprovalUse>,
    /// The row for the auditor.
    pub event: AuditEvent,
}

/// What a login rests on.
#[derive(Debug)]
pub enum RestsOn {
    /// A proof of its own: a session begins.
    New(TokenHash, Box<SsoSession>),
    /// An earlier session, which was used once more.
    Earlier(SessionId),
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
    /// The session that the login would rest on, or the word of the adult, has ended; nothing of the login was
    /// written.
    #[error("the session of this login has ended already")]
    SessionOver,
    /// The commit failed.
    #[error("the rows could not be committed")]
    Commit(#[source] Arc<StoreError>),
}

impl WriteFailed {
    /// Whether the database could not be used at all, so that nothing can be remembered now.
    pub fn is_away(&self) -> bool {
        match self {
            Self::TooSlow => true,
            Self::Commit(error) => error.is_unavailable(),
            Self::Overloaded | Self::Stopped | Self::SessionOver => false,
        }
    }
}

impl From<WriteFailed> for Refused {
    /// Whoever waits and comes again gets through a full queue, and finds a store that is back.
    fn from(failed: WriteFailed) -> Self {
        match failed {
            WriteFailed::Overloaded => Refusal::Overloaded { retry_after: 5 },
            WriteFailed::SessionOver => Refusal::LoginLost,
            _ if failed.is_away() => Refusal::StoreAway {
                retry_after: BACK_PERHAPS,
            },
            _ => Refusal::Internal,
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
struct Waiting {
    job: Job,
    answer: oneshot::Sender<Result<Answer, WriteFailed>>,
}

#[derive(Debug)]
enum Job {
    Audit(Box<AuditEvent>),
    Evidence(Box<SealedEvidence>),
    Login(Box<FinishedLogin>),
    Exchange(Box<Exchange>),
    Issue(Vec<NewGrant>),
    Mark(Mark),
}

impl Job {
    /// The earlier session that a login takes the place of.
    fn replaces(&self) -> Option<SessionId> {
        match self {
            Self::Login(login) => login.replaces.as_ref().map(|before| before.session),
            _ => None,
        }
    }

    /// The session that a login rests on.
    fn rests_on(&self) -> Option<SessionId> {
        match self {
            Self::Login(login) => Some(match &login.session {
                RestsOn::New(_, session) => session.id,
                RestsOn::Earlier(session) => *session,
            }),
            Self::Audit(_) | Self::Evidence(_) | Self::Exchange(_) | Self::Issue(_) | Self::Mark(_) => None,
        }
    }

    /// The secret that a new session begins with.
    fn by_secret(&self) -> Option<(AccountId, SecretVersion)> {
        match self {
            Self::Login(login) if matches!(login.session, RestsOn::New(..)) => login.by_secret,
            _ => None,
        }
    }

    /// The word of an adult that an answer rests on.
    fn vouched(&self) -> Option<&ApprovalUse> {
        match self {
            Self::Login(login) => login.vouched.as_ref(),
            _ => None,
        }
    }

    fn mark(&self) -> Option<Mark> {
        match self {
            Self::Mark(mark) => Some(*mark),
            Self::Login(login) => login.mark,
            Self::Audit(_) | Self::Evidence(_) | Self::Exchange(_) | Self::Issue(_) => None,
        }
    }
}

#[derive(Debug)]
enum Answer {
    Written,
    Exchanged(Consumption),
    Seen(Once),
    /// The session has ended: nothing was written.
    Over,
}

fn seen(answer: &Answer) -> Result<Once, WriteFailed> {
    match answer {
        Answer::Seen(once) => Ok(*once),
        Answer::Over => Err(WriteFailed::SessionOver),
        // Only marks are answered so; for another answer there is no permission.
        Answer::Written | Answer::Exchanged(_) => Err(WriteFailed::Stopped),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_is_overload_and_a_broken_writer_is_ours() {
        let told = |failed: WriteFailed| Refused::from(failed).refusal.code();
        assert_eq!(told(WriteFailed::Overloaded), "UL-901");
        assert_eq!(told(WriteFailed::TooSlow), "UL-902");
        assert_eq!(told(WriteFailed::Stopped), "UL-900");
    }
}
