//! Who sits where: how many connections one network has, so that none of them takes every place (M05).
//!
//! A network is a prefix (/24, or /48 of IPv6), or a registered school network as a whole, which has a
//! larger share, of which one address of several has half at most. Where schools are registered, all others
//! together leave places for them. Who is over its share is turned away; where a network has half of it, or
//! the house is three quarters full, nobody sits there who asks for nothing. A listed proxy stands for many
//! and is not counted. What is remembered is bounded by the connections that are open.

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
    /// Everybody who is in no school's.
    Unlisted,
    School(Arc<str>),
    /// One address (/64 of IPv6) of a school network that has several.
    AtSchool(IpAddr),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

impl Network {
    /// All that an address counts for.
    fn all_of(address: IpAddr, schools: &SchoolNetworks) -> Vec<Self> {
        let Some(school) = schools.of(address) else {
            let narrow = match address {
                IpAddr::V4(address) => {
                    let [a, b, c, _] = address.octets();
                    Self::V4(Ipv4Addr::new(a, b, c, 0))
                }
                IpAddr::V6(address) => {
                    let [a, b, c, ..] = address.segments();
                    Self::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
                }
            };
            return if schools.is_empty() {
                vec![narrow]
            } else {
                vec![narrow, Self::Unlisted]
            };
        };
        let whole = Self::School(Arc::clone(&school.name));
        if school.is_one_address() {
            return vec![whole];
        }
        let one = match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        };
        vec![Self::AtSchool(one), whole]
    }
}

/// The places of one server.
pub(super) struct Seats {
    schools: SchoolNetworks,
    proxies: TrustedProxies,
    all: u32,
    share: u32,
    school_share: u32,
    unlisted: u32,
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
    /// The networks that it counts for, with how many each has; none for a listed proxy.
    networks: Vec<(Network, Arc<AtomicU32>)>,
}

impl Seats {
    pub(super) fn new(limits: &HttpLimits, schools: SchoolNetworks, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self {
            schools,
            proxies,
            all: limits.connections,
            share: limits.per_network,
            school_share: limits.per_school,
            unlisted: limits.unlisted,
            taken: AtomicU32::new(0),
            networks: Mutex::default(),
        })
    }

    /// A place for a connection from this address, if its network has one left.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Seat> {
        let address = peer.to_canonical();
        let networks = if self.proxies.include(peer) || self.proxies.include(address) {
            Vec::new()
        } else {
            self.count(Network::all_of(address, &self.schools))?
        };
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(Seat {
            seats: Arc::clone(self),
            networks,
        })
    }

    fn count(&self, all: Vec<Network>) -> Option<Vec<(Network, Arc<AtomicU32>)>> {
        let mut networks = self.networks();
        let had = |network: &Network| {
            let taken = networks.taken.get(network);
            taken.map_or(0, |taken| taken.load(Ordering::Relaxed))
        };
        let full = all.iter().find(|network| had(network) >= self.share_of(network));
        let Some(network) = full.cloned() else {
            let counted = all.into_iter().map(|network| {
                let taken = Arc::clone(networks.taken.entry(network.clone()).or_default());
                taken.fetch_add(1, Ordering::Relaxed);
                (network, taken)
            });
            return Some(counted.collect());
        };
        let share = self.share_of(&network);
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
            Network::Unlisted => self.unlisted,
            Network::School(_) => self.school_share,
            Network::AtSchool(_) => self.school_share.div_ceil(2),
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
        self.networks.is_empty()
    }

    /// Whether others need the place of who asks for nothing.
    pub(super) fn is_wanted(&self) -> bool {
        if self.is_a_proxys() {
            return false;
        }
        let seats = &self.seats;
        let crowded = |taken: &AtomicU32, all: u32, of_four: u32| {
            u64::from(taken.load(Ordering::Relaxed)) * 4 > u64::from(all) * u64::from(of_four)
        };
        let is_crowded = |(network, taken): &(Network, Arc<AtomicU32>)| {
            let of_four = if *network == Network::Unlisted { 3 } else { 2 };
            crowded(taken, seats.share_of(network), of_four)
        };
        self.networks.iter().any(is_crowded) || crowded(&seats.taken, seats.all, 3)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.fetch_sub(1, Ordering::Relaxed);
        if self.networks.is_empty() {
            return;
        }
        let mut networks = self.seats.networks();
        for (network, taken) in &self.networks {
            if taken.fetch_sub(1, Ordering::Relaxed) == 1 {
                networks.taken.remove(network);
            }
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
        limits.unlisted = 12;
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
        let one_pupil = fill(&seats, "192.0.2.1");
        assert_eq!(one_pupil.len(), 4, "one address of a school");
        assert_eq!(fill(&seats, "192.0.2.2").len(), 4, "another of it");
        assert_eq!(fill(&seats, "10.0.0.1").len(), 50, "the proxy");
    }

    #[test]
    fn m05_strangers_together_leave_places_for_the_schools() {
        let seats = seats("[skolen]\nnetworks = [\"192.0.2.1\"]\ninstitutions = [\"101001\"]\n");
        let strangers: Vec<Seat> = (0..20)
            .flat_map(|n| fill(&seats, &format!("203.0.{n}.1")))
            .collect();
        assert_eq!(strangers.len(), 12, "however many networks they come from");
        assert!(strangers[11].is_wanted());
        let school = fill(&seats, "192.0.2.1");
        assert_eq!(school.len(), 8, "a school behind one address has its whole share");
        drop((strangers, school));
        assert!(seats.networks().taken.is_empty());
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
