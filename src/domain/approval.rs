//! "Unilogin Faktor 2": an adult vouches for a pupil who is logged in, for two hours (DR18, U54–U56,
//! U61–U64). What is asked, what is given, and how it stands at a moment.
//!
//! Pure. Who may vouch for whom is `people/teacher_desk/vouching.rs` and `people/parent_desk.rs`'s business, how it is kept the store's, and what
//! level it makes `login/level.rs`'s alone (DR09).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::account::{AccountId, PersonId};
use super::institution::InstitutionNumber;
use super::service::ServiceId;
use super::session::SessionId;
use super::teacher_help::{Helper, Place, Reach};

/// For how long the level lasts, by our own clock and to the second (U56).
pub const LASTS: SignedDuration = SignedDuration::from_secs(7200);

/// For how long a pupil waits at a time.
pub const WAITS: SignedDuration = SignedDuration::from_mins(10);

/// Questions that one pupil may put to adults within an hour, on all devices together; and as many that
/// services may put about them without a browser: neither takes anything from the other.
pub const PER_HOUR: u32 = 20;

/// Names one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ApprovalId(pub Uuid);

/// The picture that pupil and adult both see: a row of one shape above a row of another, which is easily
/// said aloud. It is no part of any secret, and looks like no picture of a picture password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConfirmPicture(u16);

/// How many kinds of shape there are.
pub const SHAPES: u16 = 6;

/// How many shapes stand in a row at the most.
pub const IN_A_ROW: u16 = 5;

impl ConfirmPicture {
    /// How many different pictures there are.
    pub const COUNT: u16 = SHAPES * IN_A_ROW * (SHAPES - 1) * IN_A_ROW;

    /// The one with this number.
    pub const fn numbered(number: u16) -> Option<Self> {
        if number < Self::COUNT {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Some picture, by four random bytes: enough that none is noticeably likelier than another.
    pub fn drawn(bytes: [u8; 4]) -> Self {
        let number = u32::from_le_bytes(bytes) % u32::from(Self::COUNT);
        Self(u16::try_from(number).unwrap_or_default())
    }

    /// The number that [`numbered`](Self::numbered) makes the same picture of.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Its rows, the upper first: which shape, and how many.
    pub const fn rows(self) -> [(u16, u16); 2] {
        let (upper, lower) = (
            self.0 / (IN_A_ROW * (SHAPES - 1)),
            self.0 % (IN_A_ROW * (SHAPES - 1)),
        );
        let (shape, count) = (upper / IN_A_ROW, upper % IN_A_ROW + 1);
        let (other, others) = (lower / IN_A_ROW, lower % IN_A_ROW + 1);
        // Never the same shape twice: "three stars and two stars" would be five.
        let other = if other >= shape { other + 1 } else { other };
        [(shape, count), (other, others)]
    }
}

/// By what pupil and adult know that they mean the same question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// Both see this picture.
    Picture(ConfirmPicture),
    /// Both see this text, which the service has made (CIBA's `binding_message`).
    Message(String),
}

/// Who vouches, as services may hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdultKind {
    /// Somebody who teaches the pupil.
    Teacher,
    /// Somebody who looks after all pupils of the school.
    Administrator,
    /// Somebody with custody, by the national eID.
    Parent,
}

impl AdultKind {
    /// The word of the audit trail and of services.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Administrator => "administrator",
            Self::Parent => "parent",
        }
    }
}

/// The adult who vouched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adult {
    /// At a desk, by which affiliation: they must have it, and the pupil, for as long as the level is to last.
    Teacher(Helper),
    /// The person, and the account that is tied to them by CPR: custody must last.
    Parent {
        /// The person.
        person: PersonId,
        /// The account.
        account: AccountId,
    },
}

impl Adult {
    /// Which kind of adult.
    pub const fn kind(&self) -> AdultKind {
        match self {
            Self::Teacher(helper) => match helper.reach {
                Reach::OwnGroups => AdultKind::Teacher,
                Reach::Institution => AdultKind::Administrator,
            },
            Self::Parent { .. } => AdultKind::Parent,
        }
    }

    /// The person: nobody vouches for themselves by another account (DR10).
    pub const fn person(&self) -> PersonId {
        match self {
            Self::Teacher(helper) => helper.person,
            Self::Parent { person, .. } => *person,
        }
    }

    /// The account that they did it by.
    pub const fn account(&self) -> AccountId {
        match self {
            Self::Teacher(helper) => helper.account,
            Self::Parent { account, .. } => *account,
        }
    }

    /// Where, for who did it at a desk.
    pub const fn institution(&self) -> Option<&InstitutionNumber> {
        match self {
            Self::Teacher(helper) => Some(&helper.institution),
            Self::Parent { .. } => None,
        }
    }
}

/// What was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The adult who vouched.
    pub by: Adult,
    /// At which services it counts: those that were enrolled when it was given.
    pub services: Vec<ServiceId>,
    /// When the adult said yes.
    pub at: Timestamp,
    /// From this moment on it counts no more.
    pub not_after: Timestamp,
}

/// Why a question or a level came to its end before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedWhy {
    /// The pupil gave up.
    Cancelled,
    /// The pupil asked anew.
    AskedAnew,
    /// The adult said no.
    Denied,
    /// An adult took it back.
    Revoked,
    /// A password was changed or handed out, or an account blocked: the pupil's or the adult's.
    Account,
    /// The adult is not the pupil's any more, or the account is closed.
    Relation,
    /// Somebody has logged in anew in the browser that it was for.
    NewLogin,
}

impl EndedWhy {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Cancelled,
        Self::AskedAnew,
        Self::Denied,
        Self::Revoked,
        Self::Account,
        Self::Relation,
        Self::NewLogin,
    ];

    /// The word of the database and of the audit trail.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::AskedAnew => "asked-anew",
            Self::Denied => "denied",
            Self::Revoked => "revoked",
            Self::Account => "account",
            Self::Relation => "relation",
            Self::NewLogin => "new-login",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.word() == word)
    }
}

/// One question, from the asking to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The question that this is.
    pub id: ApprovalId,
    /// The pupil who asks.
    pub person: PersonId,
    /// By which account.
    pub account: AccountId,
    /// The session that the level is for, alone; it may begin with the answer. Where a service asks by itself,
    /// the session that the pupil has there: the level is for that service's tokens, and ends with it.
    pub session: Option<SessionId>,
    /// Which service wants the level.
    pub service: ServiceId,
    /// Where the pupil sits.
    pub place: Place,
    /// What pupil and adult both see.
    pub sign: Sign,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// From this moment on nobody can say yes.
    pub closes_at: Timestamp,
    /// What was given, if it was.
    pub given: Option<Given>,
    /// When it ended before its time, and why.
    pub ended: Option<(Timestamp, EndedWhy)>,
}

/// How a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalState {
    /// The pupil waits.
    Waiting,
    /// Nobody answered in time, which is nobody's fault.
    RanOut,
    /// An adult vouches.
    Standing,
    /// The two hours are over.
    Over,
    /// It was ended.
    Ended(EndedWhy),
}

impl Approval {
    /// How it stands at this moment.
    pub fn state(&self, now: Timestamp) -> ApprovalState {
        match (&self.ended, &self.given) {
            (Some((_, why)), _) => ApprovalState::Ended(*why),
            (None, Some(given)) if now < given.not_after => ApprovalState::Standing,
            (None, Some(_)) => ApprovalState::Over,
            (None, None) if now < self.closes_at => ApprovalState::Waiting,
            (None, None) => ApprovalState::RanOut,
        }
    }

    /// Whether a service asks by itself (CIBA): no browser is raised by the answer.
    pub const fn is_without_browser(&self) -> bool {
        matches!(self.sign, Sign::Message(_))
    }

    /// Whether it counts at this service at this moment, as far as the row itself tells. What a service shows
    /// the pupil in its own words is for that service alone.
    pub fn counts_at(&self, service: &ServiceId, now: Timestamp) -> bool {
        self.state(now) == ApprovalState::Standing
            && (!self.is_without_browser() || *service == self.service)
            && self
                .given
                .as_ref()
                .is_some_and(|given| given.services.contains(service))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_picture_is_another_and_has_two_shapes() {
        let mut seen = BTreeSet::new();
        for number in 0..ConfirmPicture::COUNT {
            let rows = ConfirmPicture::numbered(number).unwrap().rows();
            let [(upper, above), (lower, below)] = rows;
            assert_ne!(upper, lower, "{number}");
            assert!(upper < SHAPES && lower < SHAPES, "{rows:?}");
            for count in [above, below] {
                assert!((1..=IN_A_ROW).contains(&count), "{rows:?}");
            }
            seen.insert(rows);
        }
        assert_eq!(seen.len(), 750);
        assert_eq!(ConfirmPicture::numbered(ConfirmPicture::COUNT), None);
    }

    #[test]
    fn words_are_read_back() {
        for why in EndedWhy::ALL {
            assert_eq!(EndedWhy::parse(why.word()), Some(why));
        }
    }

    #[test]
    fn a_question_waits_ten_minutes_and_a_level_lasts_two_hours_to_the_second() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let service = ServiceId::parse("trivsel").unwrap();
        let asked = Approval {
            id: ApprovalId(Uuid::nil()),
            person: PersonId(Uuid::nil()),
            account: AccountId(Uuid::nil()),
            session: None,
            service: service.clone(),
            place: Place::default(),
            sign: Sign::Message("K7".to_owned()),
            asked_at: at(0),
            closes_at: at(600),
            given: None,
            ended: None,
        };
        assert_eq!(asked.state(at(599)), ApprovalState::Waiting);
        assert_eq!(asked.state(at(600)), ApprovalState::RanOut);
        let given = Approval {
            given: Some(Given {
                by: Adult::Parent {
                    person: PersonId(Uuid::nil()),
                    account: AccountId(Uuid::nil()),
                },
                services: vec![service.clone()],
                at: at(0),
                not_after: at(0) + LASTS,
            }),
            ..asked
        };
        assert!(given.counts_at(&service, at(7199)));
        assert!(!given.counts_at(&service, at(7200)));
        assert!(!given.counts_at(&service, at(7201)));
        assert!(!given.counts_at(&ServiceId::parse("andet").unwrap(), at(1)));
        let ended = Approval {
            ended: Some((at(5), EndedWhy::Revoked)),
            ..given
        };
        assert!(!ended.counts_at(&service, at(6)));
        // What a service asked by itself is for nobody else, whoever was enrolled then.
        let other = ServiceId::parse("andet").unwrap();
        let mut wider = Approval { ended: None, ..ended };
        if let Some(given) = wider.given.as_mut() {
            given.services.push(other.clone());
        }
        assert!(!wider.counts_at(&other, at(6)) && wider.counts_at(&service, at(6)));
    }
}
