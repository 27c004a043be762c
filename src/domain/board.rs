//! The classroom board: how each pupil of one class stands in the lesson, and what of their logins
//! makes somebody stuck. Pure: whose board it is, `people` says; what is kept, the store.

use jiff::{SignedDuration, Timestamp};

use super::account::AccountId;
use super::group::GroupId;
use super::own_page::RESERVED_PREFIX;
use super::refusal::{Audience, Refusal};
use super::service::ServiceId;
use super::session::SessionId;
use super::teacher_help::{Helper, Place};
use super::upstream::UpstreamId;

/// What was refused longer ago is no matter of this lesson.
pub const LESSON: SignedDuration = SignedDuration::from_mins(90);

/// Whoever looks at the board of a class: by which session, as what, at which class. Each part of it
/// must hold while the board is open (I06).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The session behind it.
    pub session: SessionId,
    /// Who looks, and as what.
    pub helper: Helper,
    /// At which class or teaching group.
    pub group: GroupId,
}

/// What a login of a pupil came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginNote {
    /// By which account.
    pub account: AccountId,
    /// When the login came to this.
    pub at: Timestamp,
    /// From which network.
    pub place: Place,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They proved who they are, or a service was told.
    In,
    /// It was refused.
    Refused {
        /// The refusal's code.
        code: String,
        /// At which service.
        service: Option<ServiceId>,
        /// By which upstream.
        upstream: Option<UpstreamId>,
    },
}

/// What somebody is stuck at: a refusal after which nothing went well.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stuck {
    /// The refusal's code.
    pub code: String,
    /// At which service.
    pub service: Option<ServiceId>,
    /// By which upstream.
    pub upstream: Option<UpstreamId>,
    /// When it was so the last time.
    pub at: Timestamp,
    /// How often in a row.
    pub times: u32,
    /// From which network the last time.
    pub place: Option<String>,
}

/// What somebody is stuck at, by what their logins came to, the oldest first.
pub fn stuck<'n>(notes: impl Iterator<Item = &'n LoginNote>) -> Option<Stuck> {
    let mut stuck: Option<Stuck> = None;
    for note in notes {
        stuck = match &note.outcome {
            Outcome::In => None,
            Outcome::Refused { code, service, .. }
                if !was_seen(code) || is_private(code, service.as_ref()) =>
            {
                stuck
            }
            Outcome::Refused {
                code,
                service,
                upstream,
            } => Some(Stuck {
                times: stuck
                    .filter(|before| before.code == *code)
                    .map_or(1, |before| before.times.saturating_add(1)),
                code: code.clone(),
                service: service.clone(),
                upstream: upstream.clone(),
                at: note.at,
                place: note.place.0.clone(),
            }),
        };
    }
    stuck
}

/// Whether somebody stood before this refusal: a service that asks without disturbing anybody is told,
/// and its user sees nothing.
fn was_seen(code: &str) -> bool {
    Refusal::of_code(code).is_some_and(|refusal| refusal.audience() != Audience::Service)
}

impl Stuck {
    /// Whether it may have been anybody: whoever types a name and a wrong password is refused under that
    /// name, wherever they sit and whoever they are.
    pub fn may_be_anybodys(&self) -> bool {
        is_anybodys(&self.code)
    }
}

fn is_anybodys(code: &str) -> bool {
    matches!(
        Refusal::of_code(code),
        Some(Refusal::WrongPassword | Refusal::TooManyAttempts { .. } | Refusal::StrangersWait { .. })
    )
}

/// Whether it is no matter of the lesson: what our own pages refuse somebody who is logged in. A password
/// is the same wherever it is typed.
fn is_private(code: &str, service: Option<&ServiceId>) -> bool {
    let is_our_page = |service: &ServiceId| service.as_str().starts_with(RESERVED_PREFIX);
    service.is_some_and(is_our_page) && !is_anybodys(code)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn note(second: i64, outcome: Outcome) -> LoginNote {
        LoginNote {
            account: AccountId(Uuid::nil()),
            at: Timestamp::from_second(1_800_000_000 + second).unwrap(),
            place: Place::default(),
            outcome,
        }
    }

    fn refused(code: &str) -> Outcome {
        Outcome::Refused {
            code: code.to_owned(),
            service: None,
            upstream: None,
        }
    }

    #[test]
    fn who_got_in_afterwards_is_not_stuck() {
        let notes = [note(0, refused("UL-102")), note(9, Outcome::In)];
        assert_eq!(stuck(notes.iter()), None);
        assert_eq!(stuck([].iter()), None);
    }

    #[test]
    fn the_last_refusal_counts_with_its_repetitions() {
        let notes = [
            note(0, refused("UL-102")),
            note(5, Outcome::In),
            note(7, refused("UL-506")),
            note(9, refused("UL-102")),
            note(12, refused("UL-102")),
        ];
        let stuck = stuck(notes.iter()).unwrap();
        assert_eq!((stuck.code.as_str(), stuck.times), ("UL-102", 2));
        assert_eq!(stuck.at, notes[4].at);
    }

    #[test]
    fn a_wrong_password_may_be_anybodys_and_a_proof_that_led_nowhere_is_not() {
        for (code, anybodys) in [
            ("UL-102", true),
            ("UL-104", true),
            ("UL-105", true),
            ("UL-506", false),
        ] {
            let stuck = stuck([note(0, refused(code))].iter()).unwrap();
            assert_eq!(stuck.may_be_anybodys(), anybodys, "{code}");
        }
    }

    #[test]
    fn what_our_own_pages_refuse_is_no_matter_of_the_lesson() {
        let of = |code: &str, service: &str| Outcome::Refused {
            code: code.to_owned(),
            service: ServiceId::parse(service),
            upstream: None,
        };
        let stuck_at = |code, service| stuck([note(0, of(code, service))].iter());
        assert_eq!(stuck_at("UL-401", "portner-min-side"), None);
        assert!(stuck_at("UL-401", "laesehesten").is_some());
        assert!(stuck_at("UL-102", "portner-min-side").is_some());
    }

    #[test]
    fn what_only_a_service_was_told_makes_nobody_stuck() {
        let silent = Refusal::InteractionNeeded { login: true };
        assert_eq!(stuck([note(0, refused(silent.code()))].iter()), None);
        assert_eq!(
            stuck([note(0, refused("UL-999"))].iter()),
            None,
            "no code of ours"
        );
    }
}
