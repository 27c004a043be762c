//! A fixed number of threads for work that takes milliseconds of pure computing (G01).
//!
//! Hashing never runs on the threads that serve requests, so federated logins do not wait
//! behind it. The queue is bounded, and work that has waited too long is not done at all:
//! whoever asked has been told to come back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::argon2::Arena;

/// How much the pool does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize {
    /// Threads; as many as cores, since each computes without a pause.
    pub threads: usize,
    /// How many may wait; more are refused at once.
    pub queue: usize,
    /// How long one may wait before it is refused after all.
    pub deadline: Duration,
}

impl Default for PoolSize {
    /// A queue that is worked off within the deadline at 20 ms each.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            threads,
            queue: threads * 100,
            deadline: Duration::from_secs(3),
        }
    }
}

/// The work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too much waits already.
    #[error("too many passwords are being checked")]
    Overloaded {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The threads are gone.
    #[error("the password threads have ended")]
    Stopped,
}

type Work = Box<dyn FnOnce(&mut Arena) + Send>;

struct Job {
    expires: Instant,
    work: Work,
}

/// The way in to the threads. They end when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Pool {
    jobs: SyncSender<Job>,
    deadline: Duration,
}

impl Pool {
    /// Starts the threads.
    pub fn start(size: PoolSize) -> Self {
        let (jobs, waiting) = sync_channel(size.queue.max(1));
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..size.threads.max(1) {
            let waiting = waiting.clone();
            std::thread::spawn(move || work_off(&waiting));
        }
        Self {
            jobs,
            deadline: size.deadline,
        }
    }

    /// Does the work on one of the threads, and gives its result.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Arena) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            expires: Instant::now() + self.deadline,
            work: Box::new(move |arena| {
                // Nobody to tell: the browser has gone, and the hash can be saved.
                if !answer.is_closed() {
                    answer.send(work(arena)).ok();
                }
            }),
        };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => self.overloaded(),
            TrySendError::Disconnected(_) => Refused::Stopped,
        })?;
        // Work that is dropped without an answer had waited too long.
        answered.await.map_err(|_| self.overloaded())
    }

    const fn overloaded(&self) -> Refused {
        Refused::Overloaded {
            retry_after: self.deadline,
        }
    }
}

fn work_off(waiting: &Mutex<Receiver<Job>>) {
    let mut arena = Arena::default();
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if Instant::now() < job.expires {
            // A panic must cost one login, not the thread; half-used memory is overwritten anyway.
            catch_unwind(AssertUnwindSafe(|| (job.work)(&mut arena))).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn pool(queue: usize, deadline: Duration) -> Pool {
        Pool::start(PoolSize {
            threads: 1,
            queue,
            deadline,
        })
    }

    /// Keeps the only thread busy until the sender is dropped.
    async fn occupy(pool: &Pool) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), Refused>>) {
        let (release, held) = mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let pool = pool.clone();
        let task = tokio::spawn(async move {
            pool.run(move |_| {
                started.send(()).ok();
                held.recv().ok();
            })
            .await
        });
        has_started.await.unwrap();
        (release, task)
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let pool = pool(1, Duration::from_mins(1));
        let (release, busy) = occupy(&pool).await;
        let queued = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|_| 1).await }
        });
        tokio::task::yield_now().await;
        assert!(matches!(pool.run(|_| 2).await, Err(Refused::Overloaded { .. })));
        drop(release);
        assert_eq!(queued.await.unwrap(), Ok(1));
        assert_eq!(busy.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn work_that_waited_past_its_deadline_is_not_done() {
        let pool = pool(4, Duration::ZERO);
        assert!(matches!(pool.run(|_| ()).await, Err(Refused::Overloaded { .. })));
    }

    #[tokio::test]
    async fn work_that_panics_takes_no_other_with_it() {
        let pool = pool(4, Duration::from_mins(1));
        assert!(pool.run(|_| panic!("as a test")).await.is_err());
        assert_eq!(pool.run(|_| 1).await, Ok(1));
    }
}
