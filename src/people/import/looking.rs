//! What is there when a delivery is planned: what its source has told, who is known otherwise, and who left
//! of late. Read outside of any transaction; the version of the institution tells whether it still is so.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::aside;
use super::asked::Wish;
use super::delivery::Delivery;
use super::importer::Importer;
use super::limits::{Background, LeftLately, PeopleRows};
use super::overview::Overview;
use super::plan::{Plan, Situation, plan};
use crate::domain::civil_number::CivilNumber;
use crate::domain::cpr::CprIndex;
use crate::domain::import::SourceName;
use crate::store::StoreError;
use crate::store::present::{KnownPerson, Present};
use crate::texts::Words;

/// Who left within so long is counted together: 5 % each night is not 5 %.
const TOGETHER: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Importer {
    pub(super) async fn look(&self, delivery: &Delivery, wish: &Wish) -> Result<Seen, StoreError> {
        let (number, source) = (&delivery.institution.number, &delivery.source);
        let now = self.ambient.now();
        let present = self.store.present(number, source, now).await?;
        let old = match &wish.takes_over {
            Some(old) => Some(self.store.present(number, old, now).await?),
            None => None,
        };
        let here: BTreeSet<[u8; 32]> = present
            .actors
            .iter()
            .filter_map(|actor| actor.person.cpr.map(|index| index.0))
            .collect();
        let protected = delivery.protected.iter().filter_map(|row| row.number.as_ref());
        let asked: BTreeSet<[u8; 32]> = delivery
            .numbers()
            .chain(protected)
            .filter_map(|number| match number {
                CivilNumber::Cpr(cpr) => Some(self.vault.index(cpr).0),
                CivilNumber::Replacement(_) => None,
            })
            .filter(|index| !here.contains(index))
            .collect();
        let asked: Vec<CprIndex> = asked.into_iter().map(CprIndex).collect();
        Ok(Seen {
            known: self.store.people_by_cpr(&asked, (number, source), now).await?,
            others: self.store.sources_beside(number, source).await?,
            left_lately: self.left_lately(delivery, wish).await?,
            present,
            old,
        })
    }

    /// Who left without anybody having been asked; of both sources, where one takes over from another.
    async fn left_lately(&self, delivery: &Delivery, wish: &Wish) -> Result<LeftLately, StoreError> {
        let since = self
            .ambient
            .now()
            .saturating_sub(TOGETHER)
            .unwrap_or(Timestamp::MIN);
        let number = &delivery.institution.number;
        let mut left = LeftLately::default();
        for source in std::iter::once(&delivery.source).chain(&wish.takes_over) {
            let (people, adults) = self.store.left_unasked(number, source, since).await?;
            left.people = left.people.saturating_add(people);
            left.adults = left.adults.saturating_add(adults);
        }
        Ok(left)
    }

    /// What it would change, beside the threads that logins wait for.
    pub(super) fn planned<'a>(
        &'a self,
        delivery: &'a Delivery,
        seen: &'a Seen,
        wish: &'a Wish,
        words: &Words<'_>,
    ) -> (Plan<'a>, Overview) {
        aside(|| {
            let plan = plan(delivery, self.situation(seen, wish));
            let background = seen.background(delivery, wish, self.ambient.now());
            let overview = Overview::of(delivery, &plan, &background, &self.limits, words);
            (plan, overview)
        })
    }

    fn situation<'a>(&'a self, seen: &'a Seen, wish: &'a Wish) -> Situation<'a> {
        Situation {
            present: &seen.present,
            known: &seen.known,
            takes_over: seen.old.as_ref(),
            reidentified: wish.reidentifies.as_ref(),
            moves_in: wish.moves_in,
            numbers: &*self.vault,
            now: self.ambient.now(),
        }
    }
}

/// What was there when a delivery was planned.
pub(super) struct Seen {
    pub(super) present: Present,
    known: HashMap<CprIndex, KnownPerson>,
    old: Option<Present>,
    /// Other sources that tell of people there.
    others: Vec<SourceName>,
    left_lately: LeftLately,
}

impl Seen {
    pub(super) fn has_old_source(&self) -> bool {
        self.old.as_ref().is_some_and(|old| old.last.is_some())
    }

    fn background<'a>(&'a self, delivery: &Delivery, wish: &Wish, now: Timestamp) -> Background<'a> {
        let is_new = self.present.last.is_none() && wish.takes_over.is_none();
        Background {
            present: std::iter::once(&self.present).chain(&self.old).collect(),
            // Whoever is there already, and is asked about a newcomer.
            others: if is_new { &self.others } else { &[] },
            left_lately: self.left_lately,
            year_over: delivery.school_year.is_over(now).then_some(delivery.school_year),
            rows: PeopleRows::of(delivery),
        }
    }
}
