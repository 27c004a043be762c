//! Which upstream a `user@domain` belongs to (U06, U07).
//!
//! The whole domain first, then each domain above it whose upstream takes subdomains, so
//! the longest match wins. For a domain that nobody has: the registered one that looks
//! most like it (E5).

use std::collections::HashMap;

use crate::config::spelling::edit_distance;
use crate::domain::login_name::Domain;
use crate::domain::upstream::DomainRule;

use super::search::fold;

/// The longest unknown domain that a look-alike is sought for; honest ones are shorter.
const LONGEST_TYPO: usize = 80;

/// Domains and whose they are. An owner is a number that the registry gave out.
#[derive(Debug, Default, Clone)]
pub struct DomainTable {
    owners: HashMap<Domain, Owner>,
    /// Folded spelling and domain, for look-alikes.
    spellings: Vec<(Box<str>, Domain)>,
}

#[derive(Debug, Clone, Copy)]
struct Owner {
    number: u32,
    with_subdomains: bool,
}

impl DomainTable {
    /// Gives a domain to an owner, or says who has it already.
    pub fn add(&mut self, rule: &DomainRule, number: u32) -> Result<(), TakenBy> {
        if let Some(owner) = self.owners.get(&rule.domain) {
            return Err(TakenBy(owner.number));
        }
        let owner = Owner {
            number,
            with_subdomains: rule.with_subdomains,
        };
        self.owners.insert(rule.domain.clone(), owner);
        self.spellings
            .push((fold(&rule.domain.to_unicode()).into(), rule.domain.clone()));
        Ok(())
    }

    /// Whose a domain is.
    pub fn owner(&self, domain: &Domain) -> Option<u32> {
        if let Some(owner) = self.owners.get(domain) {
            return Some(owner.number);
        }
        domain.with_parents().skip(1).find_map(|parent| {
            let parent = Domain::parse(parent).ok()?;
            let owner = self.owners.get(&parent)?;
            owner.with_subdomains.then_some(owner.number)
        })
    }

    /// The registered domain that somebody who typed `domain` most likely meant: at most two
    /// slips, and no more than one in five letters. `admit` says whose may be offered.
    pub fn nearest(&self, domain: &Domain, admit: impl Fn(u32) -> bool) -> Option<&Domain> {
        let typed = fold(&domain.to_unicode());
        if typed.len() > LONGEST_TYPO {
            return None;
        }
        let allowed = (typed.len() / 5).min(2);
        let letters = Letters::of(&typed);
        self.spellings
            .iter()
            .filter(|(spelling, _)| letters.could_be_within(allowed, spelling))
            .map(|(spelling, candidate)| (edit_distance(&typed, spelling), candidate))
            .filter(|(distance, _)| *distance <= allowed)
            .filter(|(_, candidate)| self.owner(candidate).is_some_and(&admit))
            .min()
            .map(|(_, candidate)| candidate)
    }
}

/// How often each letter stands in a text: a quick way to tell that two cannot be alike.
struct Letters([i16; 256]);

impl Letters {
    fn of(text: &str) -> Self {
        let mut counts = Self([0; 256]);
        counts.count(text, 1);
        counts
    }

    fn count(&mut self, text: &str, step: i16) {
        for byte in text.bytes() {
            if let Some(count) = self.0.get_mut(usize::from(byte)) {
                *count += step;
            }
        }
    }

    /// Whether so few slips could make `other` of this. A slip changes two counts at most.
    fn could_be_within(&self, slips: usize, other: &str) -> bool {
        let mut difference = Self(self.0);
        difference.count(other, -1);
        let changed: u16 = difference.0.iter().map(|count| count.unsigned_abs()).sum();
        usize::from(changed) <= 2 * slips
    }
}

/// The domain belongs to the owner with this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenBy(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    fn rule(text: &str, with_subdomains: bool) -> DomainRule {
        DomainRule {
            domain: domain(text),
            with_subdomains,
        }
    }

    fn table() -> DomainTable {
        let mut table = DomainTable::default();
        table.add(&rule("lillekøbing.example", true), 1).unwrap();
        table.add(&rule("gym.lillekøbing.example", false), 2).unwrap();
        table.add(&rule("storstad.example", false), 3).unwrap();
        table
    }

    #[test]
    fn the_longest_registered_domain_wins() {
        let table = table();
        assert_eq!(table.owner(&domain("Lillekøbing.example")), Some(1));
        assert_eq!(table.owner(&domain("skole.lillekøbing.example")), Some(1));
        assert_eq!(table.owner(&domain("gym.lillekøbing.example")), Some(2));
        assert_eq!(
            table.owner(&domain("a.gym.lillekøbing.example")),
            Some(1),
            "2 takes no subdomains"
        );
        assert_eq!(table.owner(&domain("a.storstad.example")), None);
        assert_eq!(table.owner(&domain("example")), None);
    }

    #[test]
    fn a_domain_has_one_owner() {
        let mut table = table();
        assert_eq!(table.add(&rule("storstad.example", true), 9), Err(TakenBy(3)));
        assert_eq!(table.owner(&domain("storstad.example")), Some(3));
    }

    #[test]
    fn only_close_look_alikes_are_offered() {
        let table = table();
        let nearest = |text: &str| table.nearest(&domain(text), |_| true).map(Domain::to_unicode);
        assert_eq!(
            nearest("lilekøbing.example").as_deref(),
            Some("lillekøbing.example")
        );
        assert_eq!(
            nearest("lillekoebing.exampel").as_deref(),
            Some("lillekøbing.example")
        );
        assert_eq!(nearest("sotrstad.example").as_deref(), Some("storstad.example"));
        assert_eq!(nearest("nykøbing.example"), None);
        assert_eq!(
            table.nearest(&domain("storstat.example"), |owner| owner != 3),
            None
        );
        let long = vec!["a".repeat(60); 4].join(".");
        assert_eq!(nearest(&long), None);
    }
}
