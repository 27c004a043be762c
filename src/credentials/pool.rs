//! A fixed number of threads for work that takes milliseconds of pure computing (G01).
//!
//! Hashing never runs on the threads that serve requests, and its own threads give way to those,
//! so federated logins do not wait behind it. Whether work will be done is said when it comes: who
//! would wait for longer than the deadline is told so at once and not when it has passed (P7).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::argon2::Arena;

/// What the threads are called, for whoever looks at where the time goes.
pub const THREAD_NAME: &str = "password";

/// How much the pool does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize {
    /// Threads; as many as cores, since each computes without a pause.
    pub threads: usize,
    /// How many may wait; more are refused at once.
    pub queue: usize,
    /// How long one may wait; who would wait for longer is refused at once.
    pub deadline: Duration,
}

impl Default for PoolSize {
    /// A thread for each core, and a queue that is worked off within the deadline at 20 ms each.
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

/// What the pool has done so far, and what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Work that was done.
    pub worked: u64,
    /// Work that was refused.
    pub refused: u64,
    /// Work that waits at the moment.
    pub waiting: usize,
}

type Work = Box<dyn FnOnce(&mut Arena) + Send>;

struct Job {
    expires: Instant,
    work: Work,
}

#[derive(Debug, Default)]
struct Tally {
    worked: AtomicU64,
    refused: AtomicU64,
    waiting: AtomicUsize,
    /// How long work took lately, in microseconds: the mean of about the last sixteen.
    usual: AtomicU64,
}

impl Tally {
    fn took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let before = self.usual.load(Ordering::Relaxed);
        let after = if before == 0 {
            micros
        } else {
            (before * 15 + micros) / 16
        };
        self.usual.store(after, Ordering::Relaxed);
    }
}

/// The way in to the threads. They end when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Pool {
    jobs: SyncSender<Job>,
    tally: Arc<Tally>,
    size: PoolSize,
}

impl Pool {
    /// Starts the threads.
    pub fn start(size: PoolSize) -> Self {
        let (jobs, waiting) = sync_channel(size.queue.max(1));
        let (waiting, tally) = (Arc::new(Mutex::new(waiting)), Arc::<Tally>::default());
        let threads = size.threads.max(1);
        for _ in 0..threads {
            let (waiting, tally) = (Arc::clone(&waiting), Arc::clone(&tally));
            let thread = std::thread::Builder::new().name(THREAD_NAME.to_owned());
            // As with a runtime that cannot start its threads, there is nothing to go on with.
            if let Err(error) = thread.spawn(move || work_off(&waiting, &tally)) {
                tracing::error!(%error, "a thread for passwords could not be started");
            }
        }
        Self {
            jobs,
            tally,
            size: PoolSize { threads, ..size },
        }
    }

    /// Does the work on one of the threads, and gives its result.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Arena) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        if self.wait_ahead() > self.size.deadline {
            return Err(self.refuse());
        }
        let (answer, answered) = oneshot::channel();
        let job = Job {
            // A last resort, for when work takes longer than it lately did.
            expires: Instant::now() + self.size.deadline * 2,
            work: Box::new(move |arena| {
                // Nobody to tell: the browser has gone, and the hash can be saved.
                if !answer.is_closed() {
                    answer.send(work(arena)).ok();
                }
            }),
        };
        self.tally.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = self.jobs.try_send(job) {
            self.tally.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(match error {
                TrySendError::Full(_) => self.refuse(),
                TrySendError::Disconnected(_) => Refused::Stopped,
            });
        }
        // Work that is dropped without an answer had waited too long.
        answered.await.map_err(|_| self.refuse())
    }

    /// What was done so far.
    pub fn done(&self) -> Done {
        Done {
            worked: self.tally.worked.load(Ordering::Relaxed),
            refused: self.tally.refused.load(Ordering::Relaxed),
            waiting: self.tally.waiting.load(Ordering::Relaxed),
        }
    }

    /// How long what comes now will wait, as work went lately.
    fn wait_ahead(&self) -> Duration {
        let waiting = self.tally.waiting.load(Ordering::Relaxed) as u64;
        let each = self.tally.usual.load(Ordering::Relaxed);
        Duration::from_micros(each.saturating_mul(waiting) / self.size.threads as u64)
    }

    fn refuse(&self) -> Refused {
        self.tally.refused.fetch_add(1, Ordering::Relaxed);
        Refused::Overloaded {
            retry_after: self.wait_ahead().max(Duration::from_secs(1)),
        }
    }
}

fn work_off(waiting: &Mutex<Receiver<Job>>, tally: &Tally) {
    give_way();
    let mut arena = Arena::default();
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        tally.waiting.fetch_sub(1, Ordering::Relaxed);
        let begun = Instant::now();
        if begun < job.expires {
            // A panic must cost one login, not the thread; half-used memory is overwritten anyway.
            tally.worked.fetch_add(1, Ordering::Relaxed);
            catch_unwind(AssertUnwindSafe(|| (job.work)(&mut arena))).ok();
            tally.took(begun.elapsed());
        }
    }
}

/// Whoever serves requests goes first on the core; on Linux, each thread has a niceness of its own.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        const NICENESS: i32 = 10;
        // Where it is not allowed, the threads share alike.
        let _ = rustix::process::nice(NICENESS);
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
    async fn who_would_wait_for_too_long_is_told_at_once_and_the_others_are_served() {
        let pool = pool(100, Duration::from_millis(200));
        let work = |_: &mut Arena| {
            let end = Instant::now() + Duration::from_millis(20);
            while Instant::now() < end {
                std::hint::spin_loop();
            }
        };
        for _ in 0..3 {
            pool.run(work).await.unwrap();
        }
        let offered: Vec<_> = (0..50)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let begun = Instant::now();
                    (pool.run(work).await.is_ok(), begun.elapsed())
                })
            })
            .collect();
        let (mut served, mut slowest_no) = (0, Duration::ZERO);
        for one in offered {
            match one.await.unwrap() {
                (true, _) => served += 1,
                (false, told_after) => slowest_no = slowest_no.max(told_after),
            }
        }
        assert!((5..=12).contains(&served), "{served} of about ten");
        assert!(slowest_no < Duration::from_millis(100), "{slowest_no:?}");
        let done = pool.done();
        assert_eq!((done.worked, done.refused), (served + 3, 50 - served));
    }

    #[tokio::test]
    async fn work_that_panics_takes_no_other_with_it() {
        let pool = pool(4, Duration::from_mins(1));
        assert!(pool.run(|_| panic!("as a test")).await.is_err());
        assert_eq!(pool.run(|_| 1).await, Ok(1));
    }
}
