//! A new password for an employee who has no national eID that would do: the workplace asks on their
//! behalf, and two people look at it (U30).

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::account::AccountId;
use super::institution::InstitutionNumber;

/// A case that nobody has finished by then is over, and is opened anew.
pub const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Names a case. Not a secret: it opens nothing without the second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CaseId(pub Uuid);

/// A workplace's wish that one of its employees gets a new password, which takes two people here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportCase {
    /// What the case is called on the command line.
    pub id: CaseId,
    /// The account that the password is for.
    pub account: AccountId,
    /// The workplace, which hands the code over.
    pub institution: InstitutionNumber,
    /// Who took it in.
    pub opened_by: String,
    /// When it was taken in.
    pub opened_at: Timestamp,
    /// Who made the code, and when, once somebody has.
    pub issued: Option<(String, Timestamp)>,
}

/// Why somebody makes no code for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCodeForCase {
    /// The one who took it in is not the one who makes the code.
    SamePerson,
    /// A code was made already.
    Issued,
    /// It is too old.
    Over,
}

impl SupportCase {
    /// Whether this person may make the code at this moment.
    pub fn may_issue(&self, by: &str, now: Timestamp) -> Result<(), NoCodeForCase> {
        if self.issued.is_some() {
            return Err(NoCodeForCase::Issued);
        }
        if now.duration_since(self.opened_at) >= LASTS {
            return Err(NoCodeForCase::Over);
        }
        if is_same(by, &self.opened_by) {
            return Err(NoCodeForCase::SamePerson);
        }
        Ok(())
    }
}

/// Whether two spellings are of one name: neither capitals nor blanks make two people of one.
pub fn is_same(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        words.join(" ")
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_made_once_by_another_person_within_a_week() {
        let opened_at: Timestamp = "2027-03-01T08:00:00Z".parse().unwrap();
        let case = SupportCase {
            id: CaseId(Uuid::nil()),
            account: AccountId(Uuid::nil()),
            institution: InstitutionNumber::parse("101001").unwrap(),
            opened_by: "Anna Berg".to_owned(),
            opened_at,
            issued: None,
        };
        let second = SignedDuration::from_secs(1);
        assert_eq!(case.may_issue("Bo", opened_at + LASTS - second), Ok(()));
        assert_eq!(case.may_issue("Bo", opened_at + LASTS), Err(NoCodeForCase::Over));
        for same in ["Anna Berg", " anna  BERG "] {
            assert_eq!(case.may_issue(same, opened_at), Err(NoCodeForCase::SamePerson));
        }
        let issued = SupportCase {
            issued: Some(("Bo".to_owned(), opened_at)),
            ..case
        };
        assert_eq!(issued.may_issue("Carl", opened_at), Err(NoCodeForCase::Issued));
    }
}
