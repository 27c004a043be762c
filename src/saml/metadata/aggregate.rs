//! A federation's aggregate: many parties under one signature, read as a stream.
//!
//! One party at a time is in memory. A party that is not in order is passed over and told; an
//! aggregate that is not signed by the pinned key, or is over, is nothing at all.

use std::io::Read;

use jiff::{SignedDuration, Timestamp};

use super::super::instant;
use super::super::xml::names::MD;
use super::super::xml::{AggregateRefusal, Element, VerifyingKey, Visitor, read_signed};
use super::{EntityMetadata, MetadataRefusal, about, read};
use crate::domain::address::PlainHttp;

/// What a whole aggregate may have: ten times the largest federation there is.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// How many parties that are passed over are told by name.
const MOST_TOLD: usize = 50;

/// An aggregate that its pinned key has signed.
#[derive(Debug)]
pub struct Aggregate<T> {
    /// What it says about itself.
    pub head: Head,
    /// What was made of its parties.
    pub parties: Vec<T>,
    /// How many parties it describes.
    pub entities: usize,
    /// How many of them are not in order.
    pub passed_over: usize,
    /// The first of those, with why.
    pub told: Vec<(String, MetadataRefusal)>,
}

/// What an aggregate says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// Until when it counts.
    pub valid_until: Option<Timestamp>,
    /// How long it wishes to be kept before it is asked for again.
    pub cache_duration: Option<SignedDuration>,
    /// When it was made.
    pub published: Option<Timestamp>,
}

/// Why nothing of an aggregate is taken.
#[derive(Debug, thiserror::Error)]
pub enum FeedRefusal {
    /// Not signed by the pinned key, or not XML that is read.
    #[error("it is not an aggregate that its pinned key has signed")]
    Signature(#[from] AggregateRefusal),
    /// `validUntil` is illegible or has passed (B24).
    #[error("validUntil has passed")]
    Expired,
}

/// Reads an aggregate of `reader`. `take` makes of each party in good order what is to be kept.
///
/// # Errors
/// [`FeedRefusal`].
pub fn read_aggregate<T>(
    reader: impl Read,
    keys: &[VerifyingKey],
    plain: PlainHttp,
    now: Timestamp,
    take: impl FnMut(EntityMetadata) -> Option<T>,
) -> Result<Aggregate<T>, FeedRefusal> {
    let gatherer = Gatherer {
        plain,
        now,
        take,
        groups: Vec::new(),
        aggregate: Aggregate {
            head: Head::default(),
            parties: Vec::new(),
            entities: 0,
            passed_over: 0,
            told: Vec::new(),
        },
        is_over: false,
    };
    let (aggregate, is_over) = read_signed(reader, keys, LARGEST, gatherer)?;
    if is_over {
        Err(FeedRefusal::Expired)
    } else {
        Ok(aggregate)
    }
}

struct Gatherer<T, F> {
    plain: PlainHttp,
    now: Timestamp,
    take: F,
    /// Until when each group that is open counts; nothing where it is over.
    groups: Vec<Until>,
    aggregate: Aggregate<T>,
    is_over: bool,
}

/// Until when a group counts.
#[derive(Debug, Clone, Copy)]
enum Until {
    Forever,
    Then(Timestamp),
    Over,
}

impl<T, F: FnMut(EntityMetadata) -> Option<T>> Gatherer<T, F> {
    fn until(&self) -> Until {
        self.groups.last().copied().unwrap_or(Until::Forever)
    }

    fn entity(&mut self, entity: Element<'_>) {
        self.aggregate.entities += 1;
        let metadata = match self.until() {
            Until::Over => Err(MetadataRefusal::Expired),
            Until::Forever => read(entity, self.plain, self.now),
            Until::Then(until) => read(entity, self.plain, self.now).map(|metadata| EntityMetadata {
                valid_until: Some(metadata.valid_until.map_or(until, |own| own.min(until))),
                ..metadata
            }),
        };
        match metadata {
            Ok(metadata) => self.aggregate.parties.extend((self.take)(metadata)),
            Err(refusal) => {
                self.aggregate.passed_over += 1;
                if self.aggregate.told.len() < MOST_TOLD {
                    let name = entity.attribute("entityID").unwrap_or_default();
                    self.aggregate.told.push((super::clean(name), refusal));
                }
            }
        }
    }
}

impl<T, F: FnMut(EntityMetadata) -> Option<T>> Visitor for Gatherer<T, F> {
    type Gathered = (Aggregate<T>, bool);

    fn group(&mut self, group: Element<'_>) {
        let own = match group.attribute("validUntil").map(instant::read) {
            None => Until::Forever,
            Some(Some(until)) if until > self.now => Until::Then(until),
            Some(_) => Until::Over,
        };
        let until = match (self.until(), own) {
            (Until::Over, _) | (_, Until::Over) => Until::Over,
            (Until::Then(outer), Until::Then(own)) => Until::Then(outer.min(own)),
            (Until::Then(until), Until::Forever) | (Until::Forever, Until::Then(until)) => Until::Then(until),
            (Until::Forever, Until::Forever) => Until::Forever,
        };
        if self.groups.is_empty() {
            self.is_over = matches!(until, Until::Over);
            self.aggregate.head.valid_until = match until {
                Until::Then(until) => Some(until),
                Until::Forever | Until::Over => None,
            };
            self.aggregate.head.cache_duration =
                group.attribute("cacheDuration").and_then(instant::read_duration);
        }
        self.groups.push(until);
    }

    fn group_ends(&mut self) {
        self.groups.pop();
    }

    fn element(&mut self, element: Element<'_>) {
        if element.is(MD.uri, "EntityDescriptor") {
            self.entity(element);
        } else if element.is(MD.uri, "Extensions") && self.groups.len() == 1 {
            self.aggregate.head.published = about::published(element.children());
        }
    }

    fn believed(self) -> Self::Gathered {
        (self.aggregate, self.is_over)
    }
}
