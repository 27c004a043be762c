//! The administrators' desk: what is done there, by whom, why, and with whom it may be done.
//!
//! Pure rules: who is what was looked up before, and what is done is the store's to write.

use std::fmt;

use super::account::AccountId;
use super::actor::ActorGroup;
use super::institution::InstitutionNumber;
use super::text::{holds_a_number_of_a_person, misleads};

/// Who did something at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doer {
    /// Somebody who logged in.
    Account(AccountId),
    /// Somebody who runs the installation, as they are called on its machine.
    Operator(String),
    /// A program of the institution's, as the settings call it.
    Program(String),
}

impl fmt::Display for Doer {
    /// As the database has it: `account:`, `operator:` or `program:`, then who.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account:{account}"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Program(name) => write!(f, "program:{name}"),
        }
    }
}

/// What is done at the desk, each with a name of its own for the auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeskAct {
    /// What is known of a person was looked at (L07).
    PersonViewed,
    /// A code for the first login was made (U31).
    CodeMade,
    /// A code for the first login was read (T5, H09).
    CodeViewed,
    /// Another password rule was set for a pupil (U42).
    RuleSet,
    /// The rule of the pupil's stage holds again.
    RuleLifted,
    /// The account was blocked.
    Blocked,
    /// The block was lifted.
    Unblocked,
    /// An affiliation was written by hand (U71).
    AffiliationAdded,
    /// The same, by which a pupil became one of the staff.
    PupilEmployed,
    /// The last day of such an affiliation was moved.
    AffiliationProlonged,
    /// Such an affiliation was ended (U72).
    AffiliationEnded,
    /// An administrator said that somebody whom a source tells of is theirs: another one is waited for (K01).
    AffiliationVouched,
    /// A second one said so: the affiliation is confirmed.
    AffiliationConfirmed,
    /// A delivery that was held was taken in (K05).
    ImportConfirmed,
    /// It was thrown away.
    ImportDiscarded,
    /// Somebody became an administrator (U73).
    RightGranted,
    /// Somebody is none any more.
    RightWithdrawn,
    /// Somebody asked for what is not theirs to see or to do (I01, I04, I05).
    Denied,
}

impl DeskAct {
    /// Every act.
    pub const ALL: [Self; 18] = [
        Self::PersonViewed,
        Self::CodeMade,
        Self::CodeViewed,
        Self::RuleSet,
        Self::RuleLifted,
        Self::Blocked,
        Self::Unblocked,
        Self::AffiliationAdded,
        Self::PupilEmployed,
        Self::AffiliationProlonged,
        Self::AffiliationEnded,
        Self::AffiliationVouched,
        Self::AffiliationConfirmed,
        Self::ImportConfirmed,
        Self::ImportDiscarded,
        Self::RightGranted,
        Self::RightWithdrawn,
        Self::Denied,
    ];

    /// The event's name in log and table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PersonViewed => "admin.person_viewed",
            Self::CodeMade => "admin.code_made",
            Self::CodeViewed => "admin.code_viewed",
            Self::RuleSet => "admin.rule_set",
            Self::RuleLifted => "admin.rule_lifted",
            Self::Blocked => "admin.blocked",
            Self::Unblocked => "admin.unblocked",
            Self::AffiliationAdded => "admin.affiliation_added",
            Self::PupilEmployed => "admin.pupil_employed",
            Self::AffiliationProlonged => "admin.affiliation_prolonged",
            Self::AffiliationEnded => "admin.affiliation_ended",
            Self::AffiliationVouched => "admin.affiliation_vouched",
            Self::AffiliationConfirmed => "admin.affiliation_confirmed",
            Self::ImportConfirmed => "admin.import_confirmed",
            Self::ImportDiscarded => "admin.import_discarded",
            Self::RightGranted => "admin.right_granted",
            Self::RightWithdrawn => "admin.right_withdrawn",
            Self::Denied => "authz.deny",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// Why something is done: 3 to 200 characters on one line, without a CPR number (L01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Reads what somebody wrote.
    pub fn parse(text: &str) -> Result<Self, NoReason> {
        let text = text.trim();
        if !(3..=200).contains(&text.chars().count()) || text.chars().any(misleads) {
            return Err(NoReason::Length);
        }
        if holds_a_number_of_a_person(text) {
            return Err(NoReason::Number);
        }
        Ok(Self(text.to_owned()))
    }

    /// The words as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a reason is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReason {
    /// It is too short, too long or not on one line.
    #[error("a reason has 3 to 200 characters on one line")]
    Length,
    /// It has a number in it that may be somebody's CPR number.
    #[error("a reason has no CPR number in it")]
    Number,
}

/// By which ways an institution's staff get to its desk with two factors, as the installation is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StrongWays {
    /// Something finds people by CPR number, such as the national eID.
    pub by_number: bool,
    /// Something finds accounts by UNI-ID, such as the institution's own login.
    pub by_account: bool,
}

impl StrongWays {
    /// Whether one of them finds an account, by whether a CPR number ties it to its person.
    pub const fn find(self, cpr_identified: bool) -> bool {
        self.by_account || (self.by_number && cpr_identified)
    }
}

/// One affiliation of an account that is active now, as far as the desk's rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// The institution where it is.
    pub institution: InstitutionNumber,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// Whether a system told of it, or an administrator wrote it by hand, while the account was another owner's,
    /// and nobody has confirmed it: then it gives no say over the account (K01).
    pub unconfirmed: bool,
}

/// What an institution's administrators may do with an account as a whole, which its other
/// institutions would feel too (I05, K07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Say {
    /// It is a pupil of ours, and nobody's employee: block, rule, first code.
    OverPupil,
    /// It is a pupil of ours whom another institution says it employs, which nobody has confirmed: to block
    /// it, since nobody else's word may take that away; nothing that opens what may be theirs.
    OverBlock,
    /// It is one of our staff, and nobody anywhere else: the first code, and nothing else (U29).
    OverStaff,
    /// It is a guest, a parent, not confirmed to be ours, or something at another institution than ours, where
    /// whoever reads a first code of ours would be them too: nothing.
    Nothing,
}

impl Say {
    /// Decided by what the account is, here and elsewhere, at this moment.
    pub fn of(here: &InstitutionNumber, ties: &[Tie]) -> Self {
        let is_ours = |tie: &&Tie| tie.institution == *here && !tie.unconfirmed;
        if ties.iter().filter(is_ours).any(Tie::works) {
            if ties.iter().all(|tie| tie.institution == *here) {
                Self::OverStaff
            } else {
                Self::Nothing
            }
        } else if ties
            .iter()
            .filter(is_ours)
            .any(|tie| tie.group == ActorGroup::Elev)
        {
            let mut works = ties.iter().filter(|tie| tie.works()).peekable();
            if works.peek().is_none() {
                Self::OverPupil
            } else if works.all(|tie| tie.unconfirmed) {
                Self::OverBlock
            } else {
                Self::Nothing
            }
        } else {
            Self::Nothing
        }
    }

    /// Whether the pupil can be blocked, and a block of ours be lifted (K10).
    pub const fn blocks(self) -> bool {
        matches!(self, Self::OverPupil | Self::OverBlock)
    }
}

impl Tie {
    const fn works(&self) -> bool {
        matches!(self.group, ActorGroup::Medarbejder | ActorGroup::Ekstern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> InstitutionNumber {
        InstitutionNumber::parse(text).unwrap()
    }

    fn tie(institution: &str, group: ActorGroup, unconfirmed: bool) -> Tie {
        Tie {
            institution: number(institution),
            group,
            unconfirmed,
        }
    }

    #[test]
    fn names_of_acts_are_read_as_they_are_written() {
        for act in DeskAct::ALL {
            assert_eq!(DeskAct::parse(act.name()), Some(act));
        }
    }

    #[test]
    fn a_reason_is_a_line_without_a_persons_number() {
        assert_eq!(Reason::parse(" Glemte den ").unwrap().as_str(), "Glemte den");
        for text in ["", "x", "  a ", "to\nlinjer", &"x".repeat(201)] {
            assert_eq!(Reason::parse(text), Err(NoReason::Length), "{text}");
        }
        for text in [
            "0201851001",
            "er 020185-1001",
            "020185 1001",
            "nr. 020185.1001 igen",
        ] {
            assert_eq!(Reason::parse(text), Err(NoReason::Number), "{text}");
        }
        for text in ["ring 12 34 56 78", "sag 2027-000123", "020185 og 1001"] {
            assert!(Reason::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_school_has_a_say_over_its_own_and_over_no_guest() {
        use ActorGroup::{Elev, Kontaktperson, Medarbejder};
        let here = number("101001");
        let say = |ties: &[Tie]| Say::of(&here, ties);
        assert_eq!(say(&[tie("101001", Elev, false)]), Say::OverPupil);
        assert_eq!(say(&[tie("101001", Medarbejder, false)]), Say::OverStaff);
        assert_eq!(say(&[tie("101001", Kontaktperson, false)]), Say::Nothing);
        assert_eq!(say(&[]), Say::Nothing);
        let borrowed = [tie("101001", Elev, true), tie("202001", Elev, false)];
        assert_eq!(
            say(&borrowed),
            Say::Nothing,
            "a guest, or whom nobody has confirmed to be ours"
        );
        let two_schools = [tie("101001", Elev, false), tie("202001", Elev, false)];
        assert_eq!(say(&two_schools), Say::OverPupil);
        let works_elsewhere = [tie("101001", Elev, false), tie("202001", Medarbejder, false)];
        assert_eq!(
            say(&works_elsewhere),
            Say::Nothing,
            "the other school would lose its employee"
        );
        let said_to_work_elsewhere = [tie("101001", Elev, false), tie("202001", Medarbejder, true)];
        assert_eq!(
            say(&said_to_work_elsewhere),
            Say::OverBlock,
            "nobody's word alone takes the block away"
        );
        let works_here = [tie("101001", Elev, false), tie("101001", Medarbejder, false)];
        assert_eq!(say(&works_here), Say::OverStaff);
        for elsewhere in [Medarbejder, Kontaktperson, Elev] {
            let both = [tie("101001", Medarbejder, false), tie("202001", elsewhere, false)];
            assert_eq!(
                say(&both),
                Say::Nothing,
                "a code of ours opens {elsewhere:?} there too"
            );
        }
    }
}
