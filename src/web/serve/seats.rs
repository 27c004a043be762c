//! Who sits where: how many connections one network has, so that none of them takes every place (M05).
//!
//! A network is a prefix (/24, or /48 of IPv6), or a registered school network as a whole, which has a
//! larger share. Who is over its share is turned away; where a network has half of it, or the house is
//! three quarters full, nobody sits there who asks for nothing. A listed proxy stands for many and is not
//! counted. What is remembered is bounded by the connections that are open.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::limits::HttpLimits;
use crate::config::listen::TrustedProxies;
use crate::config::school_networks::SchoolNetworks;

/// That a network is turned away is told this often at most.
const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

/// Whoever counts as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Network {
    School(Arc<str>),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

impl Network {
    fn of(address: IpAddr, schools: &SchoolNetworks) -> Self {
        if let Some(school) = schools.of(address) {
            return Self::School(Arc::clone(&school.name));
        }
        match address {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self::V4(Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Self::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        }
    }
}

/// The places of one server.
pub(super) struct Seats {
    schools: SchoolNetworks,
    proxies: TrustedProxies,
    all: u32,
    share: u32,
    school_share: u32,
    taken: AtomicU32,
    networks: Mutex<Networks>,
}

#[derive(Default)]
struct Networks {
    taken: HashMap<Network, Arc<AtomicU32>>,
    told: Option<Instant>,
}

/// One place, given back when it is dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    /// The network that it counts for, with how many that has; nothing for a listed proxy.
    network: Option<(Network, Arc<AtomicU32>)>,
}

impl Seats {
    pub(super) fn new(limits: &HttpLimits, schools: SchoolNetworks, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self {
            schools,
            proxies,
            all: limits.connections,
            share: limits.per_network,
            school_share: limits.per_school,
            taken: AtomicU32::new(0),
            networks: Mutex::default(),
        })
    }

    /// A place for a connection from this address, if its network has one left.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Seat> {
        let address = peer.to_canonical();
        let network = if self.proxies.include(peer) || self.proxies.include(address) {
            None
        } else {
            Some(self.count(Network::of(address, &self.schools))?)
        };
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(Seat {
            seats: Arc::clone(self),
            network,
        })
    }

    fn count(&self, network: Network) -> Option<(Network, Arc<AtomicU32>)> {
        let share = self.share_of(&network);
        let mut networks = self.networks();
        let taken = Arc::clone(networks.taken.entry(network.clone()).or_default());
        if taken.load(Ordering::Relaxed) < share {
            taken.fetch_add(1, Ordering::Relaxed);
            return Some((network, taken));
        }
        let is_due = |told: Instant| told.elapsed() >= BETWEEN_WARNINGS;
        if networks.told.is_none_or(is_due) {
            networks.told = Some(Instant::now());
            drop(networks);
            tracing::warn!(
                client.network = ?network,
                connections = share,
                "connections are turned away: one network has its whole share; a school's network, or a proxy, is to be listed as such",
            );
        }
        None
    }

    const fn share_of(&self, network: &Network) -> u32 {
        match network {
            Network::School(_) => self.school_share,
            Network::V4(_) | Network::V6(_) => self.share,
        }
    }

    // Counting goes on whatever became of another thread.
    fn networks(&self) -> MutexGuard<'_, Networks> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Whether it counts for nobody: a proxy's, which ends its connections itself.
    pub(super) const fn is_a_proxys(&self) -> bool {
        self.network.is_none()
    }

    /// Whether others need the place of who asks for nothing.
    pub(super) fn is_wanted(&self) -> bool {
        let Some((network, taken)) = &self.network else {
            return false;
        };
        let seats = &self.seats;
        let crowded = |taken: &AtomicU32, all: u32, of_four: u32| {
            u64::from(taken.load(Ordering::Relaxed)) * 4 > u64::from(all) * u64::from(of_four)
        };
        crowded(taken, seats.share_of(network), 2) || crowded(&seats.taken, seats.all, 3)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.fetch_sub(1, Ordering::Relaxed);
        let Some((network, taken)) = &self.network else {
            return;
        };
        let mut networks = self.seats.networks();
        if taken.fetch_sub(1, Ordering::Relaxed) == 1 {
            networks.taken.remove(network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::config::listen;
    use crate::config::problem::Source;

    fn seats(schools: &str) -> Arc<Seats> {
        let mut limits = Settings::default().limits.http;
        (limits.connections, limits.per_network, limits.per_school) = (20, 4, 8);
        let schools = SchoolNetworks::parse(&Source::new("config/school-networks.toml", schools)).unwrap();
        let proxies = TrustedProxies::new(vec![listen::Network::parse("10.0.0.1").unwrap()]);
        Seats::new(&limits, schools, proxies)
    }

    fn fill(seats: &Arc<Seats>, address: &str) -> Vec<Seat> {
        let address: IpAddr = address.parse().unwrap();
        std::iter::from_fn(|| seats.take(address)).take(50).collect()
    }

    #[test]
    fn a_network_has_its_share_a_school_a_larger_one_and_a_proxy_is_not_counted() {
        let seats = seats("[skolen]\nnetworks = [\"192.0.2.0/25\"]\ninstitutions = [\"101001\"]\n");
        let strangers = fill(&seats, "198.51.100.1");
        assert_eq!(strangers.len(), 4);
        assert!(
            seats.take("198.51.100.200".parse().unwrap()).is_none(),
            "one network"
        );
        assert!(
            seats.take("::ffff:198.51.100.2".parse().unwrap()).is_none(),
            "however it is written"
        );
        assert_eq!(fill(&seats, "2001:db8:1:2::1").len(), 4);
        assert_eq!(fill(&seats, "192.0.2.200").len(), 4, "beside the school");
        assert_eq!(fill(&seats, "192.0.2.1").len(), 8, "the school");
        assert_eq!(fill(&seats, "10.0.0.1").len(), 50, "the proxy");
    }

    #[test]
    fn who_leaves_gives_the_place_back_and_nothing_is_remembered() {
        let seats = seats("");
        let mut sitting = fill(&seats, "198.51.100.1");
        sitting.pop();
        sitting.push(seats.take("198.51.100.9".parse().unwrap()).unwrap());
        assert!(sitting[0].is_wanted(), "more than half of the share");
        sitting.truncate(2);
        assert!(!sitting[0].is_wanted());
        drop(sitting);
        assert!(seats.networks().taken.is_empty());
        assert_eq!(seats.taken.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn where_the_house_is_nearly_full_every_idle_place_is_wanted() {
        let seats = seats("");
        let first = seats.take("198.51.100.1".parse().unwrap()).unwrap();
        let others: Vec<Seat> = (0..4)
            .flat_map(|n| fill(&seats, &format!("203.0.{n}.1")))
            .collect();
        assert_eq!(others.len(), 16);
        assert!(first.is_wanted());
    }
}
