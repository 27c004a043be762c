//! A browser that an account has logged in with before, and a budget of its own for it (G07):
//! strangers who guess at a pupil's password do not keep the pupil out on the pupil's own device.
//!
//! The browser carries it, sealed: a random number, and of each account that logged in there a
//! mark that is keyed to that number. Whoever steals it learns no name and is nobody: a mark
//! opens nothing, it only says whose tries are counted apart from strangers', and those are
//! fewer. Two of them are never alike, and nothing of it is kept here or written to a log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ambient::Ambient;
use crate::domain::account::AccountId;
use crate::keys::derive::{Label, MasterSecret};

/// A computer of a school has many users: the last so many are remembered.
const MOST_ACCOUNTS: usize = 30;
/// For so long after its last login there is an account remembered.
pub const REMEMBERED_DAYS: u32 = 180;

/// A browser, and the accounts that have logged in with it: what its cookie holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    id: [u8; 16],
    proven: Vec<Proven>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Proven {
    mark: u64,
    day: u32,
}

impl Device {
    /// A browser that is not known.
    pub fn new(ambient: &Ambient) -> Self {
        Self {
            id: ambient.bytes(),
            proven: Vec::new(),
        }
    }

    /// What it is counted by.
    pub const fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// Whether anybody has logged in with it.
    pub fn is_proven_at_all(&self) -> bool {
        !self.proven.is_empty()
    }

    /// Whether this account has logged in with it lately.
    pub fn is_proven_for(&self, secret: &MasterSecret, account: AccountId, now: Timestamp) -> bool {
        let (mark, today) = (self.mark(secret, account), day_of(now));
        self.proven
            .iter()
            .any(|proven| proven.mark == mark && !proven.is_over(today))
    }

    /// The same after this account has logged in with it.
    #[must_use]
    pub fn proven_for(mut self, secret: &MasterSecret, account: AccountId, now: Timestamp) -> Self {
        let (mark, today) = (self.mark(secret, account), day_of(now));
        self.proven
            .retain(|proven| proven.mark != mark && !proven.is_over(today));
        self.proven.insert(0, Proven { mark, day: today });
        self.proven.truncate(MOST_ACCOUNTS);
        self
    }

    fn mark(&self, secret: &MasterSecret, account: AccountId) -> u64 {
        let derived = secret.derive(Label::ProvenDevice, &[&self.id, account.0.as_bytes()]);
        let first = derived.first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(first)
    }
}

impl Proven {
    const fn is_over(self, today: u32) -> bool {
        today.saturating_sub(self.day) >= REMEMBERED_DAYS
    }
}

fn day_of(now: Timestamp) -> u32 {
    u32::try_from(now.as_second().div_euclid(24 * 3600)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use uuid::Uuid;

    use super::*;

    fn secret() -> MasterSecret {
        MasterSecret::new(&[7; 32]).unwrap()
    }

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    #[test]
    fn who_logged_in_is_known_for_half_a_year_and_nobody_else_is() {
        let (ambient, now) = (Ambient::system(), Timestamp::from_second(1_800_000_000).unwrap());
        let device = Device::new(&ambient).proven_for(&secret(), account(1), now);
        assert!(device.is_proven_for(&secret(), account(1), now));
        assert!(!device.is_proven_for(&secret(), account(2), now));
        let later = now + SignedDuration::from_hours(24 * 180);
        assert!(!device.is_proven_for(&secret(), account(1), later));
        let other_house = MasterSecret::new(&[8; 32]).unwrap();
        assert!(!device.is_proven_for(&other_house, account(1), now));
    }

    #[test]
    fn one_account_leaves_another_mark_in_each_browser() {
        let (ambient, now) = (Ambient::system(), Timestamp::from_second(1_800_000_000).unwrap());
        let one = Device::new(&ambient).proven_for(&secret(), account(1), now);
        let other = Device::new(&ambient).proven_for(&secret(), account(1), now);
        assert_ne!(one.proven[0].mark, other.proven[0].mark);
        let moved = Device {
            proven: one.proven,
            ..other
        };
        assert!(
            !moved.is_proven_for(&secret(), account(1), now),
            "not in another's"
        );
    }

    #[test]
    fn a_computer_of_a_school_remembers_its_last_thirty_and_fits_a_cookie() {
        let (ambient, now) = (Ambient::system(), Timestamp::from_second(1_800_000_000).unwrap());
        let device = (0..100).fold(Device::new(&ambient), |device, number| {
            device.proven_for(&secret(), account(number), now)
        });
        assert!(device.is_proven_for(&secret(), account(99), now));
        assert!(device.is_proven_for(&secret(), account(70), now));
        assert!(!device.is_proven_for(&secret(), account(69), now));
        assert!(postcard::to_stdvec(&device).unwrap().len() < 500);
    }
}
