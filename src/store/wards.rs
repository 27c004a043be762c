//! Which pupils an adult has custody of at this moment, as their schools tell it (U22, U27, H12).
//!
//! Where the schools contradict each other, and one says that the custody is over, it is over. Pupils
//! with name and address protection are nobody's here: what is not read cannot be shown. The word of a school
//! that nobody has confirmed to have the pupil gives nobody custody (K01).

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Store, StoreError, millis, on, uuid};
use crate::domain::account::{AccountId, PersonId};

/// A pupil's account, as an adult with custody reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ward {
    /// The pupil of whom the adult has custody.
    pub person: PersonId,
    /// The account that is the pupil.
    pub account: AccountId,
}

/// From contacts to the accounts `child` of whom `$adult` has custody: both are active at the same school, the
/// adult by an account that is tied to them by CPR and is not blocked.
macro_rules! custody {
    (adult $adult:literal, now $now:literal) => {
        concat!(
            "FROM contacts c
            JOIN actors g ON g.id = c.adult AND g.actor_group = 'Kontaktperson' AND ",
            $crate::store::relation::active!("g", $now),
            " JOIN accounts own ON own.id = g.account AND own.cpr_identified AND NOT own.blocked
            JOIN actors k ON k.id = c.pupil AND k.actor_group = 'Elev' AND ",
            $crate::store::relation::active!("k", $now),
            " JOIN accounts child ON child.id = k.account
            JOIN people p ON p.id = child.person
            WHERE own.person = ",
            $adult,
            " AND c.custody AND NOT p.protected AND child.person <> ",
            $adult,
            " AND NOT ",
            $crate::store::relation::unconfirmed!("k", $now),
            " AND NOT EXISTS (SELECT 1 FROM contacts other
                    JOIN actors og ON og.id = other.adult
                        AND (og.active_until IS NULL OR og.active_until > ",
            $now,
            ") JOIN accounts oa ON oa.id = og.account
                    JOIN actors ok ON ok.id = other.pupil
                        AND (ok.active_until IS NULL OR ok.active_until > ",
            $now,
            ") JOIN accounts oc ON oc.id = ok.account
                    WHERE oa.person = ",
            $adult,
            " AND oc.person = child.person AND NOT other.custody)"
        )
    };
}
pub(super) use custody;

impl Store {
    /// The pupils of whom this person has custody now: both are active at the same school, the
    /// adult by an account that is tied to them by CPR and is not blocked.
    pub async fn wards_of(&self, adult: PersonId, now: Timestamp) -> Result<Vec<Ward>, StoreError> {
        const SQL: &str = concat!(
            "SELECT DISTINCT child.person, child.id ",
            custody!(adult "$1", now "$2"),
            " ORDER BY child.person, child.id"
        );
        let rows: Vec<(String, String)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(adult.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.iter()
            .map(|(person, account)| {
                Ok(Ward {
                    person: PersonId(uuid("accounts.person", person)?),
                    account: AccountId(uuid("accounts.id", account)?),
                })
            })
            .collect()
    }

    /// When a person was born, where their school tells it.
    pub async fn birth_date_of(&self, person: PersonId) -> Result<Option<Date>, StoreError> {
        const SQL: &str = "SELECT birth_date FROM people WHERE id = $1 AND birth_date IS NOT NULL";
        let told: Option<String> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(person.0.to_string()).fetch_optional(db).await)?;
        let read = |text: String| {
            let column = "people.birth_date";
            text.parse().map_err(|_| StoreError::corrupt(column))
        };
        told.map(read).transpose()
    }
}
