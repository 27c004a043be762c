//! So many may wait for one and the same, and no more: whoever is slow or dead fills a
//! compartment of its own and never the ship (M09, DR29).
//!
//! Nothing queues here. Who finds no room is told at once, and can do something else.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Room for each name apart.
pub struct Bulkhead {
    room: usize,
    held: Mutex<HashMap<String, usize>>,
    turned_away: AtomicU64,
}

/// A place, free again when it is dropped.
pub struct Place {
    bulkhead: Arc<Bulkhead>,
    name: String,
}

impl Bulkhead {
    /// With room for so many under each name, one at the least.
    pub fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            room: room.max(1),
            held: Mutex::default(),
            turned_away: AtomicU64::new(0),
        })
    }

    /// A place under this name, if one is free.
    pub fn enter(self: &Arc<Self>, name: &str) -> Option<Place> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = held.entry(name.to_owned()).or_default();
        if *taken >= self.room {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        *taken += 1;
        Some(Place {
            bulkhead: Arc::clone(self),
            name: name.to_owned(),
        })
    }

    /// Places taken now, under all names, and the most under one.
    pub fn taken(&self) -> (usize, usize) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        (
            held.values().sum(),
            held.values().copied().max().unwrap_or_default(),
        )
    }

    /// How many found no room since the start.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.bulkhead.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = held.get_mut(&self.name) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                held.remove(&self.name);
            }
        }
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bulkhead(room for {})", self.room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_room_and_a_place_comes_back() {
        let bulkhead = Bulkhead::new(2);
        let one = bulkhead.enter("slow").unwrap();
        let two = bulkhead.enter("slow").unwrap();
        assert!(bulkhead.enter("slow").is_none());
        let other = bulkhead.enter("healthy").unwrap();
        assert_eq!((bulkhead.taken(), bulkhead.turned_away()), ((3, 2), 1));
        drop(one);
        assert!(bulkhead.enter("slow").is_some());
        drop((two, other));
        assert_eq!(bulkhead.taken(), (0, 0));
        assert!(bulkhead.held.lock().unwrap().is_empty(), "names are not kept");
    }
}
