//! The five minutes in which a pupil may log in by the user name alone, to get a new password
//! (DR17, U50–U53): what a window is, whose and where. Pure: who may open one is
//! `people/teacher_desk.rs`'s business, how it is kept the store's.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::account::{AccountId, PersonId};
use super::actor::ActorId;
use super::institution::InstitutionNumber;

/// How long a window is open, by our own clock.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(300);

/// How long a login that went through a window may take to learn the new password.
pub const LEARNING: SignedDuration = SignedDuration::from_mins(15);

/// How long "it was not the pupil" can be said afterwards (H08).
pub const UNDO: SignedDuration = SignedDuration::from_hours(24);

/// How long a pupil who comes too late is told so (error E11).
pub const TOLD_TOO_LATE: SignedDuration = SignedDuration::from_mins(10);

/// Of so many pictures the *lærerbillede* is one.
pub const AMONG: usize = 9;

/// Wrong pictures that one window bears; then it is good on the teacher's network alone. A stranger
/// who knows the name and hits upon the minutes gets in two times in nine at the most.
pub const WRONG_PICKS: u32 = 2;

/// Windows that one pupil may be given in an hour; more help nobody and would let somebody who is
/// allowed to open them try pictures without end.
pub const PER_HOUR: u32 = 12;

/// Names one window: five minutes in which a pupil gets a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WindowId(pub Uuid);

/// Where somebody sits, as far as the network tells: its prefix, such as `192.0.2.0/24`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place(pub Option<String>);

impl Place {
    /// Whether it is the same network. What is not known is nowhere.
    pub fn is_where(&self, other: &Self) -> bool {
        self.0.is_some() && self == other
    }
}

/// Who helps, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// The person: what is remembered, since nobody helps themselves by another account (DR10).
    pub person: PersonId,
    /// The account by which they help.
    pub account: AccountId,
    /// The affiliation that they help by.
    pub actor: ActorId,
    /// The institution whose pupils they help.
    pub institution: InstitutionNumber,
    /// Whether every pupil there is theirs to help, or those of their own groups alone.
    pub reach: Reach,
}

/// Whom somebody may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Pupils of groups that they are in themselves (U47).
    OwnGroups,
    /// Every pupil of the institution (U48).
    Institution,
}

/// The picture that the teacher sees beside the pupil's name, and those that it stands among.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeacherPicture {
    /// The number of the picture that is right.
    pub number: u8,
    /// The numbers of all that are offered, the same at each look, so that looking twice tells nothing.
    pub among: Vec<u8>,
}

/// A window as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpWindow {
    /// Names this window.
    pub id: WindowId,
    /// The account of the pupil.
    pub account: AccountId,
    /// Who opened it.
    pub helper: Helper,
    /// Where they sat.
    pub place: Place,
    /// What is asked for anywhere else.
    pub picture: TeacherPicture,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// From this moment on it is closed.
    pub closes_at: Timestamp,
    /// How often a wrong picture was picked.
    pub refused: u32,
    /// When it was taken back, or another took its place.
    pub cancelled_at: Option<Timestamp>,
    /// When a login went through it.
    pub taken_at: Option<Timestamp>,
    /// When that login had learnt the new password.
    pub finished_at: Option<Timestamp>,
    /// When it was said that it was not the pupil.
    pub undone_at: Option<Timestamp>,
}

/// How a window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    /// A login may go through it.
    Open,
    /// Nobody came in time.
    RanOut,
    /// It was taken back.
    Cancelled,
    /// A login is learning the new password.
    Learning,
    /// A login went through it and never got to the end: the old password holds.
    GivenUp,
    /// There is a new password.
    Finished,
    /// It was not the pupil: that password is dead.
    Undone,
}

impl HelpWindow {
    /// How it stands at this moment.
    pub fn state(&self, now: Timestamp) -> WindowState {
        match (self.undone_at, self.finished_at, self.cancelled_at, self.taken_at) {
            (Some(_), ..) => WindowState::Undone,
            (None, Some(_), ..) => WindowState::Finished,
            (None, None, Some(_), _) => WindowState::Cancelled,
            (None, None, None, Some(taken)) if now.duration_since(taken) < LEARNING => WindowState::Learning,
            (None, None, None, Some(_)) => WindowState::GivenUp,
            (None, None, None, None) if now < self.closes_at => WindowState::Open,
            (None, None, None, None) => WindowState::RanOut,
        }
    }

    /// Whether it can still be said that it was not the pupil.
    pub fn can_be_undone(&self, now: Timestamp) -> bool {
        self.undone_at.is_none()
            && self
                .finished_at
                .is_some_and(|finished| now.duration_since(finished) < UNDO)
    }

    /// Whether a picture may still be picked from another network.
    pub const fn bears_a_pick(&self) -> bool {
        self.refused < WRONG_PICKS
    }
}

/// A pupil as those who help see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpedPupil {
    /// The account of the pupil.
    pub account: AccountId,
    /// The person of that account.
    pub person: PersonId,
    /// Given names, or those of the alias.
    pub given_name: String,
    /// Family name, or that of the alias.
    pub family_name: String,
    /// The name to log in with: shown when it is asked for (U49).
    pub user_name: String,
    /// Why nobody may open a window for them, if nobody may.
    pub beyond_help: Option<BeyondHelp>,
}

/// Why no teacher gives somebody a new password (H04).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeyondHelp {
    /// The account is blocked.
    Blocked,
    /// They are more than a pupil somewhere: staff get passwords in another way (U29).
    NotOnlyPupil,
    /// Another owner's school says that they are, and nobody has confirmed it: a window would open what may be
    /// there, an adult's word opens nothing of it (K01).
    SaidToBeMore,
    /// They are who would help (DR10).
    Oneself,
    /// They have no password here, and their schools have a login of their own (G16, U60).
    LocalLogin,
    /// They are another owner's too, and nobody has confirmed that they are here (K01, H04).
    Unconfirmed,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn window() -> HelpWindow {
        HelpWindow {
            id: WindowId(Uuid::nil()),
            account: AccountId(Uuid::nil()),
            helper: Helper {
                person: PersonId(Uuid::nil()),
                account: AccountId(Uuid::nil()),
                actor: ActorId(Uuid::nil()),
                institution: InstitutionNumber::parse("101001").unwrap(),
                reach: Reach::OwnGroups,
            },
            place: Place::default(),
            picture: TeacherPicture {
                number: 3,
                among: vec![3],
            },
            opened_at: at(0),
            closes_at: at(300),
            refused: 0,
            cancelled_at: None,
            taken_at: None,
            finished_at: None,
            undone_at: None,
        }
    }

    #[test]
    fn a_window_is_open_for_five_minutes_and_not_a_second_longer() {
        let window = window();
        assert_eq!(window.state(at(299)), WindowState::Open);
        assert_eq!(window.state(at(300)), WindowState::RanOut);
        assert_eq!(window.state(at(301)), WindowState::RanOut);
    }

    #[test]
    fn a_taken_window_is_learning_until_it_is_given_up_finished_or_cancelled() {
        let taken = HelpWindow {
            taken_at: Some(at(200)),
            ..window()
        };
        assert_eq!(taken.state(at(301)), WindowState::Learning);
        assert_eq!(taken.state(at(200 + 15 * 60)), WindowState::GivenUp);
        let cancelled = HelpWindow {
            cancelled_at: Some(at(250)),
            ..taken.clone()
        };
        assert_eq!(cancelled.state(at(260)), WindowState::Cancelled);
        let finished = HelpWindow {
            finished_at: Some(at(400)),
            ..taken
        };
        assert_eq!(finished.state(at(90_000)), WindowState::Finished);
        assert!(finished.can_be_undone(at(400 + 24 * 3600 - 1)));
        assert!(!finished.can_be_undone(at(400 + 24 * 3600)));
    }

    #[test]
    fn who_sits_nowhere_sits_nowhere_else_either() {
        let place = |network: &str| Place(Some(network.to_owned()));
        assert!(place("192.0.2.0/24").is_where(&place("192.0.2.0/24")));
        assert!(!place("192.0.2.0/24").is_where(&place("198.51.100.0/24")));
        assert!(!place("192.0.2.0/24").is_where(&Place::default()));
        assert!(!Place::default().is_where(&Place::default()));
    }
}
