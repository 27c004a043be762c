//! How much guessing is borne: of names (G05), of one account's secret (G07), and of many
//! accounts' (G08). Budgets and not locks: whoever exceeds one is told less or waits, and nobody
//! is shut out of their own account by somebody else.
//!
//! [`Budgets`] is asked before a name or a secret is looked at and told what came of it. What
//! strangers do is counted in memory, what one account bears ([`patience`]) in the database.
//! Who a visitor is for this purpose is a [`Whence`]; pages and texts are not here.

mod alarm;
pub mod device;
mod gauge;
mod guesses;
pub mod in_a_day;
mod names;
pub mod patience;
mod places;
mod usual;
mod whence;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::ambient::Ambient;
use crate::config::limits::{GuessLimits, NameLimits};
use crate::domain::credential_class::CredentialClass;
use crate::domain::login_name::BareName;
use crate::store::writer::Writer;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::Metrics;

pub use alarm::{Alarm, AlarmKind, Scope};
pub use guesses::{Standing, Target, Wait};
pub use names::Manner;
pub use whence::Whence;

use guesses::Guesses;
use names::Names;
use places::Places;
use usual::{Counted, Usual};

/// What is counted of strangers, and the limits. One for the whole process.
pub struct Budgets {
    state: Mutex<State>,
    house: House,
}

struct House {
    store: Store,
    writer: Writer,
    metrics: Arc<Metrics>,
    ambient: Ambient,
}

/// The counts alone: pure, so that a whole day can be played in a moment.
#[derive(Debug)]
pub(crate) struct State {
    names: Names,
    guesses: Guesses,
    places: Places,
    usual: Usual,
}

impl State {
    pub(crate) fn new(names: NameLimits, guesses: GuessLimits) -> Self {
        Self {
            names: Names::new(names),
            guesses: Guesses::new(guesses),
            places: Places::default(),
            usual: Usual::default(),
        }
    }

    /// A name was typed that nobody has.
    pub(crate) fn unknown_name(
        &mut self,
        whence: &Whence,
        name: &BareName,
        now: Timestamp,
    ) -> (Manner, Vec<Alarm>) {
        self.names
            .unknown(whence, name, (&mut self.places, &mut self.usual), now)
    }

    /// Whether this try at a secret is looked at.
    pub(crate) fn admit(&mut self, whence: &Whence, target: &Target, now: Timestamp) -> Result<(), Wait> {
        self.guesses
            .admit(whence, target, (&mut self.places, &self.usual), now)
    }

    /// A secret was wrong.
    pub(crate) fn wrong(&mut self, whence: &Whence, target: &Target, now: Timestamp) -> Vec<Alarm> {
        self.guesses
            .wrong(whence, target, (&mut self.places, &mut self.usual), now)
    }

    /// A secret was right.
    pub(crate) fn right(&mut self, whence: &Whence, target: &Target, now: Timestamp) {
        self.guesses
            .right(whence, target, (&mut self.places, &mut self.usual), now);
    }

    /// Whether this account has logged in from there lately.
    pub(crate) fn is_regular(&self, whence: &Whence, name: &BareName) -> bool {
        self.places.is_regular(whence, name)
    }
}

impl Budgets {
    /// Nothing counted yet; [`tend`](Self::tend) brings in what earlier weeks were like.
    pub fn new(
        (names, guesses): (NameLimits, GuessLimits),
        store: Store,
        writer: Writer,
        metrics: Arc<Metrics>,
        ambient: Ambient,
    ) -> Self {
        Self {
            state: Mutex::new(State::new(names, guesses)),
            house: House {
                store,
                writer,
                metrics,
                ambient,
            },
        }
    }

    /// A name was typed that nobody has: whether that may be said (G05).
    pub async fn unknown_name(&self, whence: &Whence, name: &BareName) -> Manner {
        let (manner, alarms) = self.state().unknown_name(whence, name, self.now());
        self.house.raise(whence, alarms).await;
        manner
    }

    /// Whether a try at this secret is looked at (G08). Right and wrong ones wait alike.
    pub fn admit(&self, whence: &Whence, target: &Target) -> Result<(), Wait> {
        self.state().admit(whence, target, self.now())
    }

    /// The secret was wrong.
    pub async fn wrong(&self, whence: &Whence, target: &Target) {
        let alarms = self.state().wrong(whence, target, self.now());
        self.house.raise(whence, alarms).await;
    }

    /// The secret was right, which makes up for the wrong ones before it from there.
    pub fn right(&self, whence: &Whence, target: &Target) {
        self.state().right(whence, target, self.now());
    }

    /// Whether this account has logged in from this network within the last days.
    pub fn is_regular(&self, whence: &Whence, name: &BareName) -> bool {
        self.state().is_regular(whence, name)
    }

    /// Keeps what this hour has had so far, and learns what is usual at this hour of the week.
    /// Once a minute is often enough.
    pub async fn tend(&self) -> Result<(), StoreError> {
        let now = self.now();
        let (counted, wanted) = {
            let mut state = self.state();
            state.names.prune(now);
            state.places.prune(now);
            (state.usual.take_counted(), state.usual.wanted(now))
        };
        for (what, hour, count) in counted {
            self.house.store.add_to_hour(what.word(), hour, count).await?;
        }
        for hour in wanted {
            for what in Counted::ALL {
                let mut before = Vec::new();
                for earlier in usual::same_hour_of_earlier_weeks(hour) {
                    before.extend(self.house.store.count_of_hour(what.word(), earlier).await?);
                }
                self.state().usual.learn(what, hour, before);
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.house.ambient.now()
    }
}

impl std::fmt::Debug for Budgets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Budgets")
    }
}

impl Counted {
    const ALL: [Self; 4] = [
        Self::Names,
        Self::Guesses(CredentialClass::Pictures),
        Self::Guesses(CredentialClass::Words),
        Self::Guesses(CredentialClass::Chosen),
    ];
}

#[cfg(test)]
mod school_day;
