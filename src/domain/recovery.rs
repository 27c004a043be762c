//! Getting back in by oneself: what somebody who has proved by the national eID who they are may
//! do about which account (U21, U22, U27–U29, H12).
//!
//! Pure. Who proved what, and whose children are whose, was looked up before; what becomes of a
//! new password is in `crate::people::self_service`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::actor::ActorGroup;
use super::institution::InstitutionNumber;
use super::person_record::AccountRecord;

/// From this age on nobody has custody of a person (forældreansvarsloven § 1).
const OF_AGE: u32 = 18;

/// Whose account it is to the one who has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// Their own.
    Own,
    /// A child's of whom they have custody.
    Child,
}

impl Whose {
    /// The word of the audit trail.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Child => "child",
        }
    }
}

/// Why an account gets no new password in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hindrance {
    /// It is blocked: a password would open nothing, and who blocked it lifts that.
    Blocked,
    /// It belongs to no school any more.
    Nowhere,
    /// The holder is a pupil below the age from which the installation lets pupils do it alone.
    TooYoung,
    /// A child's account that is more than a pupil's: nobody else sets what staff log in with.
    MoreThanAPupil,
    /// It has no password here, and its schools have a login of their own (U60, G16).
    LocalLogin,
}

impl Hindrance {
    /// Every hindrance.
    pub const ALL: [Self; 5] = [
        Self::Blocked,
        Self::Nowhere,
        Self::TooYoung,
        Self::MoreThanAPupil,
        Self::LocalLogin,
    ];
}

/// What else counts beside the account itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// How old the account's holder is, where that is known.
    pub age: Option<u32>,
    /// From which age on pupils do it alone.
    pub pupil_age: u32,
    /// Whether its schools' own logins are the only ones that it has.
    pub by_local_login_alone: bool,
}

/// Whether an account may get a new password from somebody to whom it is that.
pub fn may_renew(whose: Whose, held: &AccountRecord, around: Circumstances) -> Result<(), Hindrance> {
    let is_pupil_alone = held.actors.iter().all(|actor| actor.group == ActorGroup::Elev);
    // First of all: who is too young is not shown the name of a blocked account either.
    if whose == Whose::Own && is_pupil_alone && !is_old_enough(around.age, around.pupil_age) {
        return Err(Hindrance::TooYoung);
    }
    if held.account.blocked {
        return Err(Hindrance::Blocked);
    }
    if held.actors.is_empty() {
        return Err(Hindrance::Nowhere);
    }
    if whose == Whose::Child && !is_pupil_alone {
        return Err(Hindrance::MoreThanAPupil);
    }
    if around.by_local_login_alone {
        return Err(Hindrance::LocalLogin);
    }
    Ok(())
}

/// Whether somebody logs in by their schools' own logins alone: without a password here, at schools that
/// each have one. A first password would be a way round those logins (G16, U60).
pub fn by_local_login_alone<'a>(
    has_secret: bool,
    schools: impl IntoIterator<Item = &'a InstitutionNumber>,
    with_local_login: &BTreeSet<InstitutionNumber>,
) -> bool {
    !has_secret
        && schools
            .into_iter()
            .all(|school| with_local_login.contains(school))
}

/// Nobody is old enough whose age nobody knows.
fn is_old_enough(age: Option<u32>, from: u32) -> bool {
    age.is_some_and(|age| age >= from)
}

/// Whole years from a birth to a day; nothing before it.
pub fn age_on(born: Date, today: Date) -> Option<u32> {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let years = today.year() - born.year() - i16::from(!had_birthday);
    u32::try_from(years).ok()
}

/// Whether anybody can have custody of a person of this age. Where nobody knows the age, the school's
/// word for the custody counts.
pub fn may_be_a_child(age: Option<u32>) -> bool {
    age.is_none_or(|age| age < OF_AGE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use crate::domain::account::{Account, AccountId, PersonId, UniId};
    use crate::domain::actor::{Actor, ActorId};
    use crate::domain::institution::{Institution, InstitutionNumber};
    use crate::domain::login_name::BareName;

    const FINE: Circumstances = Circumstances {
        age: Some(9),
        pupil_age: 15,
        by_local_login_alone: false,
    };

    fn held(groups: &[ActorGroup], blocked: bool) -> AccountRecord {
        let account = Account {
            id: AccountId(Uuid::nil()),
            person: PersonId(Uuid::nil()),
            user_name: BareName::parse("sofi1234").unwrap(),
            uni_id: UniId::parse("sofi1234").unwrap(),
            cpr_identified: true,
            blocked,
        };
        let actor = |group: &ActorGroup| Actor {
            id: ActorId(Uuid::nil()),
            account: account.id,
            group: *group,
            institution: Institution {
                number: InstitutionNumber::parse("101001").unwrap(),
                name: "Bakkeskolen".to_owned(),
                cvr: None,
                legal_form: None,
            },
            roles: BTreeSet::new(),
            level: None,
            stage_since: None,
            unconfirmed: false,
        };
        AccountRecord {
            actors: groups.iter().map(actor).collect(),
            account,
        }
    }

    #[test]
    fn a_parent_helps_a_child_and_never_a_colleague() {
        let pupil = held(&[ActorGroup::Elev], false);
        assert_eq!(may_renew(Whose::Child, &pupil, FINE), Ok(()));
        let works_there_too = held(&[ActorGroup::Elev, ActorGroup::Medarbejder], false);
        let refused = may_renew(Whose::Child, &works_there_too, FINE);
        assert_eq!(refused, Err(Hindrance::MoreThanAPupil));
    }

    #[test]
    fn a_pupil_does_it_alone_from_an_age_and_everybody_else_at_any() {
        let pupil = held(&[ActorGroup::Elev], false);
        let aged = |age| Circumstances { age, ..FINE };
        for (age, expected) in [
            (Some(15), Ok(())),
            (Some(14), Err(Hindrance::TooYoung)),
            (None, Err(Hindrance::TooYoung)),
        ] {
            assert_eq!(may_renew(Whose::Own, &pupil, aged(age)), expected, "{age:?}");
        }
        let staff = held(&[ActorGroup::Elev, ActorGroup::Medarbejder], false);
        assert_eq!(may_renew(Whose::Own, &staff, aged(None)), Ok(()));
    }

    #[test]
    fn blocked_and_departed_accounts_stay_as_they_are() {
        let grown = Circumstances {
            age: Some(16),
            ..FINE
        };
        for whose in [Whose::Own, Whose::Child] {
            let blocked = held(&[ActorGroup::Elev], true);
            assert_eq!(may_renew(whose, &blocked, grown), Err(Hindrance::Blocked));
            assert_eq!(
                may_renew(whose, &held(&[], false), grown),
                Err(Hindrance::Nowhere)
            );
        }
    }

    #[test]
    fn nobody_gets_a_first_password_round_their_schools_own_login() {
        let pupil = held(&[ActorGroup::Elev], false);
        let elsewhere = Circumstances {
            by_local_login_alone: true,
            ..FINE
        };
        assert_eq!(
            may_renew(Whose::Child, &pupil, elsewhere),
            Err(Hindrance::LocalLogin)
        );
        let number = |text: &str| InstitutionNumber::parse(text).unwrap();
        let (with, both) = (
            BTreeSet::from([number("101001")]),
            [number("101001"), number("909001")],
        );
        assert!(by_local_login_alone(false, &both[..1], &with));
        assert!(
            !by_local_login_alone(true, &both[..1], &with),
            "it has a password"
        );
        assert!(
            !by_local_login_alone(false, &both, &with),
            "one school has no login"
        );
    }

    #[test]
    fn who_is_too_young_is_told_that_and_nothing_of_the_account() {
        for (groups, blocked) in [(&[ActorGroup::Elev][..], true), (&[], false)] {
            let young = Circumstances { age: Some(9), ..FINE };
            let refused = may_renew(Whose::Own, &held(groups, blocked), young);
            assert_eq!(refused, Err(Hindrance::TooYoung));
        }
    }

    #[test]
    fn years_are_whole_and_custody_ends_with_the_eighteenth() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let born = day("2009-03-02");
        assert_eq!(age_on(born, day("2027-03-01")), Some(17));
        assert_eq!(age_on(born, day("2027-03-02")), Some(18));
        assert_eq!(age_on(born, day("2008-12-31")), None);
        assert!(may_be_a_child(Some(17)) && may_be_a_child(None) && !may_be_a_child(Some(18)));
        assert_eq!(age_on(day("2012-02-29"), day("2027-02-28")), Some(14));
    }
}
