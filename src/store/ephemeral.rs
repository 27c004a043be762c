//! What need not outlive the process: short-lived values, one-time marks, coarse counters.
//!
//! [`InProcess`] serves one node. Marks that must survive a restart, such as the ids of
//! assertions, go through [`super::writer::Writer::mark`] instead.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use moka::Expiry;
use moka::ops::compute::{CompResult, Op};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::replay::{Once, Owner};
use crate::ambient::Ambient;
use crate::domain::refusal::{Refusal, Refused};

/// What state is kept under: a hash, so that no secret and no name lies in memory or in a
/// table, and length-prefixed, so that no two lists of parts give the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey([u8; 32]);

impl StateKey {
    /// The key for `parts` within one purpose, such as `"saml.assertion"`.
    pub fn of(purpose: &str, parts: &[&str]) -> Self {
        let lengths: Vec<[u8; 8]> = parts
            .iter()
            .map(|part| (part.len() as u64).to_be_bytes())
            .collect();
        let mut pieces: Vec<&[u8]> = vec![purpose.as_bytes(), &[0]];
        for (length, part) in lengths.iter().zip(parts) {
            pieces.extend([length.as_slice(), part.as_bytes()]);
        }
        Self(super::sha256(&pieces))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its first 64 bits, for counting what need not be told apart for sure.
    pub fn short(&self) -> u64 {
        u64::from_be_bytes(self.0.first_chunk().copied().unwrap_or_default())
    }
}

/// An answer that may come later: a shared store is asked over the network.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, EphemeralFailed>> + Send + 'a>>;

/// Short-lived state that may be lost with the process: what was seen, and what is parked for a while.
pub trait Ephemeral: Send + Sync {
    /// Marks the key for `ttl`. Says who marked it first; of parallel callers exactly one is first.
    fn once_by<'a>(&'a self, key: &'a StateKey, owner: &'a Owner, ttl: SignedDuration) -> Answer<'a, Once>;

    /// Keeps a value for `ttl`, in place of an earlier one.
    fn put<'a>(&'a self, key: &'a StateKey, value: Vec<u8>, ttl: SignedDuration) -> Answer<'a, ()>;

    /// Reads a value and leaves it.
    fn get<'a>(&'a self, key: &'a StateKey) -> Answer<'a, Option<Vec<u8>>>;

    /// Takes a value out; of parallel callers at most one gets it.
    fn take<'a>(&'a self, key: &'a StateKey) -> Answer<'a, Option<Vec<u8>>>;

    /// Counts one more, and says how many there are in the present window, which the first
    /// count opened.
    fn count<'a>(&'a self, key: &'a StateKey, window: SignedDuration) -> Answer<'a, u32>;

    /// Marks the key for `ttl`; `true` the first time.
    fn once<'a>(&'a self, key: &'a StateKey, ttl: SignedDuration) -> Answer<'a, bool> {
        let marked = self.once_by(key, &Owner::NOBODY, ttl);
        Box::pin(async move { Ok(marked.await? == Once::First) })
    }
}

/// Short-lived state could not be kept or read. Whoever relied on it refuses (M10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EphemeralFailed {
    /// No room for another mark; forgetting an older one would let it pass a second time.
    #[error("no room for another one-time mark")]
    Full,
    /// The shared store is away.
    #[error("the shared short-lived state is away")]
    Away,
}

impl From<EphemeralFailed> for Refused {
    fn from(failed: EphemeralFailed) -> Self {
        let refusal = match failed {
            EphemeralFailed::Full => Refusal::Overloaded { retry_after: 30 },
            EphemeralFailed::Away => Refusal::StoreAway {
                retry_after: super::error::BACK_PERHAPS,
            },
        };
        refusal.because(failed)
    }
}

/// How much is kept in memory.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Marks; when all are in use, new ones are refused.
    pub marks: u64,
    /// Bytes of values; when full, the longest unused is dropped.
    pub value_bytes: u64,
    /// Counters; when full, the longest unused is dropped.
    pub counters: u64,
}

impl Default for Room {
    /// About 100 MB when full: a morning's peak of logins in flight, many times over.
    fn default() -> Self {
        Self {
            marks: 500_000,
            value_bytes: 32 << 20,
            counters: 100_000,
        }
    }
}

/// Short-lived state in this process's memory. Time is the ambient clock's; the cache's own
/// timers only give the memory back.
pub struct InProcess {
    ambient: Ambient,
    room: Room,
    marks: Cache<StateKey, Dated<Owner>>,
    values: Cache<StateKey, Dated<Arc<[u8]>>>,
    counters: Cache<StateKey, Dated<u32>>,
}

impl InProcess {
    /// Empty memory of this size.
    pub fn new(ambient: Ambient, room: Room) -> Self {
        Self {
            ambient,
            room,
            // Twice the room: the limit is ours, so that the cache never drops a mark by itself.
            marks: Cache::builder()
                .max_capacity(room.marks.saturating_mul(2))
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(GiveBack)
                .build(),
            values: Cache::builder()
                .weigher(|_, value: &Dated<Arc<[u8]>>| u32::try_from(value.it.len() + 64).unwrap_or(u32::MAX))
                .max_capacity(room.value_bytes)
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(GiveBack)
                .build(),
            counters: Cache::builder()
                .max_capacity(room.counters)
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(GiveBack)
                .build(),
        }
    }

    fn mark(&self, key: &StateKey, owner: &Owner, ttl: SignedDuration) -> Result<Once, EphemeralFailed> {
        let now = self.ambient.now();
        if self.marks.entry_count() >= self.room.marks {
            self.marks.run_pending_tasks();
            if self.marks.entry_count() >= self.room.marks {
                return Err(EphemeralFailed::Full);
            }
        }
        let result = self
            .marks
            .entry_by_ref(key)
            .and_compute_with(|known| match known {
                Some(known) if now < known.value().until => Op::Nop,
                _ => Op::Put(Dated::new(*owner, now, ttl)),
            });
        Ok(match result {
            CompResult::Unchanged(known) if known.value().it.is_same(owner) => Once::SameOwner,
            CompResult::Unchanged(_) => Once::Replayed,
            _ => Once::First,
        })
    }

    fn add_one(&self, key: &StateKey, window: SignedDuration) -> u32 {
        let now = self.ambient.now();
        let entry = self.counters.entry_by_ref(key).and_upsert_with(|known| {
            match known.map(moka::Entry::into_value) {
                Some(known) if now < known.until => Dated {
                    it: known.it.saturating_add(1),
                    ..known
                },
                _ => Dated::new(1, now, window),
            }
        });
        entry.into_value().it
    }
}

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl Ephemeral for InProcess {
    fn once_by<'a>(&'a self, key: &'a StateKey, owner: &'a Owner, ttl: SignedDuration) -> Answer<'a, Once> {
        Box::pin(std::future::ready(self.mark(key, owner, ttl)))
    }

    fn put<'a>(&'a self, key: &'a StateKey, value: Vec<u8>, ttl: SignedDuration) -> Answer<'a, ()> {
        let dated = Dated::new(Arc::from(value), self.ambient.now(), ttl);
        self.values.insert(*key, dated);
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, key: &'a StateKey) -> Answer<'a, Option<Vec<u8>>> {
        let now = self.ambient.now();
        let found = self.values.get(key).filter(|value| now < value.until);
        Box::pin(std::future::ready(Ok(found.map(|value| value.it.to_vec()))))
    }

    fn take<'a>(&'a self, key: &'a StateKey) -> Answer<'a, Option<Vec<u8>>> {
        let now = self.ambient.now();
        let taken = self.values.remove(key).filter(|value| now < value.until);
        Box::pin(std::future::ready(Ok(taken.map(|value| value.it.to_vec()))))
    }

    fn count<'a>(&'a self, key: &'a StateKey, window: SignedDuration) -> Answer<'a, u32> {
        Box::pin(std::future::ready(Ok(self.add_one(key, window))))
    }
}

#[derive(Debug, Clone, Copy)]
struct Dated<T> {
    it: T,
    until: Timestamp,
    ttl: Duration,
}

impl<T> Dated<T> {
    fn new(it: T, now: Timestamp, ttl: SignedDuration) -> Self {
        Self {
            it,
            until: now.saturating_add(ttl).unwrap_or(Timestamp::MAX),
            ttl: ttl.unsigned_abs(),
        }
    }
}

/// Tells the cache when the memory of an entry can be reused.
struct GiveBack;

impl<T> Expiry<StateKey, Dated<T>> for GiveBack {
    fn expire_after_create(&self, _: &StateKey, value: &Dated<T>, _: Instant) -> Option<Duration> {
        Some(value.ttl)
    }

    fn expire_after_update(
        &self,
        _: &StateKey,
        value: &Dated<T>,
        _: Instant,
        left: Option<Duration>,
    ) -> Option<Duration> {
        Some(left.map_or(value.ttl, |left| left.max(value.ttl)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;
    use crate::ambient::{ManualClock, OsEntropy};

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn memory(room: Room) -> (InProcess, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        let ambient = Ambient::new(clock.clone(), Arc::new(OsEntropy));
        (InProcess::new(ambient, room), clock)
    }

    #[test]
    fn keys_of_different_parts_differ() {
        assert_ne!(StateKey::of("a", &["b", "c"]), StateKey::of("a", &["bc"]));
        assert_ne!(StateKey::of("a", &["b", ""]), StateKey::of("a", &["b"]));
        assert_ne!(StateKey::of("a", &["b"]), StateKey::of("ab", &[]));
    }

    #[tokio::test]
    async fn a_mark_holds_until_its_time_is_over() {
        let (memory, clock) = memory(Room::default());
        let key = StateKey::of("test", &["1"]);
        assert_eq!(memory.once(&key, MINUTE).await, Ok(true));
        clock.advance(SignedDuration::from_secs(59));
        assert_eq!(memory.once(&key, MINUTE).await, Ok(false));
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(memory.once(&key, MINUTE).await, Ok(true));
    }

    #[tokio::test]
    async fn the_owner_of_a_mark_is_known_again_and_others_are_not() {
        let (memory, _) = memory(Room::default());
        let key = StateKey::of("test", &["1"]);
        let (mine, other) = (Owner::of("mine"), Owner::of("other"));
        assert_eq!(memory.once_by(&key, &mine, MINUTE).await, Ok(Once::First));
        assert_eq!(memory.once_by(&key, &mine, MINUTE).await, Ok(Once::SameOwner));
        assert_eq!(memory.once_by(&key, &other, MINUTE).await, Ok(Once::Replayed));
        assert_eq!(memory.once(&key, MINUTE).await, Ok(false));
    }

    #[test]
    fn of_many_threads_exactly_one_is_first() {
        let (memory, _) = memory(Room::default());
        let (key, start) = (StateKey::of("test", &["1"]), Barrier::new(8));
        let firsts = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        memory.mark(&key, &Owner::NOBODY, MINUTE) == Ok(Once::First)
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| usize::from(thread.join().unwrap()))
                .sum::<usize>()
        });
        assert_eq!(firsts, 1);
    }

    #[tokio::test]
    async fn a_full_memory_refuses_new_marks_and_forgets_none() {
        let (memory, _) = memory(Room {
            marks: 100,
            ..Room::default()
        });
        let key = |n: u32| StateKey::of("test", &[&n.to_string()]);
        let mut taken = 0;
        while taken < 1000 && memory.once(&key(taken), MINUTE).await == Ok(true) {
            taken += 1;
            memory.marks.run_pending_tasks();
        }
        assert_eq!(taken, 100);
        for n in 0..100 {
            assert_ne!(memory.once(&key(n), MINUTE).await, Ok(true), "{n} was forgotten");
        }
    }

    #[tokio::test]
    async fn a_value_is_taken_once_and_not_after_its_time() {
        let (memory, clock) = memory(Room::default());
        let key = StateKey::of("test", &["1"]);
        memory.put(&key, b"state".to_vec(), MINUTE).await.unwrap();
        assert_eq!(memory.take(&key).await, Ok(Some(b"state".to_vec())));
        assert_eq!(memory.take(&key).await, Ok(None));
        memory.put(&key, b"state".to_vec(), MINUTE).await.unwrap();
        clock.advance(MINUTE);
        assert_eq!(memory.take(&key).await, Ok(None));
    }

    #[tokio::test]
    async fn a_count_starts_again_with_each_window() {
        let (memory, clock) = memory(Room::default());
        let key = StateKey::of("test", &["1"]);
        for expected in 1..=3 {
            assert_eq!(memory.count(&key, MINUTE).await, Ok(expected));
            clock.advance(SignedDuration::from_secs(20));
        }
        assert_eq!(memory.count(&key, MINUTE).await, Ok(1));
    }
}
