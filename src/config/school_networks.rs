//! `config/school-networks.toml`: which networks are schools', so that six hundred pupils behind
//! one address are a school and no attack (G05, G08).
//!
//! One table for each network as it is known to the outside, with the institutions behind it.

use std::net::IpAddr;
use std::sync::Arc;

use super::file::{self, Section};
use super::listen::Network;
use super::problem::{Problem, Problems, Source};
use crate::domain::institution::InstitutionNumber;

/// Wider networks than these are no school's: whoever sits in one bears more than others.
const WIDEST: (u8, u8) = (16, 32);

/// The registered networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchoolNetworks(Vec<SchoolNetwork>);

/// One school's network, or that of several which go out together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolNetwork {
    /// What it is called, in alarms too.
    pub name: Arc<str>,
    /// Where it shows.
    pub networks: Vec<Network>,
    /// Who is behind it.
    pub institutions: Arc<[InstitutionNumber]>,
}

impl SchoolNetwork {
    /// Whether everybody in it comes from one address.
    pub fn is_one_address(&self) -> bool {
        matches!(self.networks.as_slice(), [only] if only.is_one_address())
    }
}

impl SchoolNetworks {
    /// Reads the file, or tells everything that is wrong with it.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let read = file::read(source, &mut problems, |section| {
            let mut known: Vec<(Network, String)> = Vec::new();
            section.named_tables(|name, one| read_one(name, one, &mut known))
        });
        problems.unless_fatal(Self(read))
    }

    /// The school network that this address is in.
    pub fn of(&self, address: IpAddr) -> Option<&SchoolNetwork> {
        let has = |school: &&SchoolNetwork| school.networks.iter().any(|network| network.contains(address));
        self.0.iter().find(has)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn read_one(name: &str, section: &mut Section<'_>, known: &mut Vec<(Network, String)>) -> SchoolNetwork {
    let networks: Vec<Network> = section
        .require("networks", "where it shows, such as [\"192.0.2.0/24\"]")
        .unwrap_or_default();
    for network in &networks {
        if network.is_wider_than(WIDEST) {
            let problem = Problem::error(format!("{name}: {network} is too wide to be a school's"));
            section.fault(
                "networks",
                problem
                    .help("list the networks that the school goes out by, no wider than /16, or /32 of IPv6"),
            );
        }
        if let Some((_, other)) = known.iter().find(|(known, _)| known.overlaps(network)) {
            let problem = Problem::error(format!("{name}: {network} is listed for {other} already"));
            section.fault(
                "networks",
                problem.help(
                    "schools that go out by the same network stand in one table, with all their institutions",
                ),
            );
        }
        known.push((*network, name.to_owned()));
    }
    let institutions = section.checked_list("institutions", InstitutionNumber::parse);
    if institutions.is_empty() {
        let problem = Problem::error(format!("{name} has no institution"));
        section.fault(
            "institutions",
            problem.help("write whose network it is, such as institutions = [\"101001\"]"),
        );
    }
    SchoolNetwork {
        name: name.into(),
        networks,
        institutions: institutions.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SchoolNetworks, Problems> {
        SchoolNetworks::parse(&Source::new("config/school-networks.toml", text))
    }

    #[test]
    fn an_address_is_in_the_network_that_lists_it() {
        let schools = read(
            "[lillekoebing]\nnetworks = [\"192.0.2.0/24\", \"2001:db8:1::/48\"]\ninstitutions = [\"101001\", \"101002\"]\n\
             [storkoebing]\nnetworks = [\"198.51.100.7\"]\ninstitutions = [\"202001\"]\n",
        )
        .unwrap();
        let of = |address: &str| schools.of(address.parse().unwrap()).map(|school| &*school.name);
        assert_eq!(of("192.0.2.77"), Some("lillekoebing"));
        assert_eq!(of("2001:db8:1:2::3"), Some("lillekoebing"));
        assert_eq!(of("198.51.100.7"), Some("storkoebing"));
        assert_eq!(of("198.51.100.8"), None);
        assert_eq!(schools.len(), 2);
    }

    #[test]
    fn what_would_make_everybody_a_school_or_is_listed_twice_is_told() {
        let one = "[a]\nnetworks = [\"192.0.2.0/24\"]\ninstitutions = [\"101001\"]\n";
        for text in [
            "[a]\nnetworks = [\"0.0.0.0/0\"]\ninstitutions = [\"101001\"]\n",
            "[a]\nnetworks = [\"10.0.0.0/8\"]\ninstitutions = [\"101001\"]\n",
            "[a]\nnetworks = [\"2001:db8::/31\"]\ninstitutions = [\"101001\"]\n",
            "[a]\nnetworks = [\"192.0.2.0/24\"]\n",
            "[a]\ninstitutions = [\"101001\"]\n",
            "[a]\nnetworks = [\"192.0.2.0/24\"]\ninstitutions = [\"skole\"]\n",
            "[a]\nnetworks = [\"192.0.2.0/33\"]\ninstitutions = [\"101001\"]\n",
            &format!("{one}[b]\nnetworks = [\"192.0.2.128/25\"]\ninstitutions = [\"202001\"]\n"),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("").unwrap().is_empty());
    }
}
