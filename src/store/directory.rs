//! Looking people up: accounts by name, UNI-ID or CPR index, and what they are where.
//!
//! On the path of every login, so each question is one indexed statement. Writing people
//! is in `people.rs`, reading a directory from a file in `seed.rs`.

use jiff::Timestamp;
use sqlx::FromRow;

use super::{Store, StoreError, millis, on, uuid};
use crate::domain::account::{Account, AccountId, Person, PersonId, UniId};
use crate::domain::actor::{Actor, ActorGroup, ActorId};
use crate::domain::cpr::CprIndex;
use crate::domain::institution::{Institution, InstitutionNumber};
use crate::domain::login_name::BareName;
use crate::keys::vault::SealedCpr;

impl Store {
    /// The account that this name is typed for.
    pub async fn account_by_user_name(&self, name: &BareName) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT id, person, user_name, uni_id, cpr_identified, blocked
            FROM accounts WHERE user_name = $1";
        let row: Option<AccountRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(name.as_str()).fetch_optional(db).await)?;
        row.map(Account::try_from).transpose()
    }

    /// The account that services know by this UNI-ID.
    pub async fn account_by_uni_id(&self, uni_id: &UniId) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT id, person, user_name, uni_id, cpr_identified, blocked
            FROM accounts WHERE uni_id = $1";
        let row: Option<AccountRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(uni_id.as_str()).fetch_optional(db).await)?;
        row.map(Account::try_from).transpose()
    }

    /// One account.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT id, person, user_name, uni_id, cpr_identified, blocked
            FROM accounts WHERE id = $1";
        let row: Option<AccountRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.0.to_string()).fetch_optional(db).await)?;
        row.map(Account::try_from).transpose()
    }

    /// The accounts of the person with this CPR number that are tied to it; other accounts
    /// of the same person are out of an identity provider's reach (U11, C09).
    pub async fn accounts_by_cpr(&self, index: &CprIndex) -> Result<Vec<Account>, StoreError> {
        const SQL: &str = "SELECT a.id, a.person, a.user_name, a.uni_id, a.cpr_identified, a.blocked
            FROM cpr_vault v JOIN accounts a ON a.person = v.person
            WHERE v.cpr_index = $1 AND a.cpr_identified ORDER BY a.user_name";
        let rows: Vec<AccountRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(index.0.as_slice()).fetch_all(db).await)?;
        rows.into_iter().map(Account::try_from).collect()
    }

    /// The accounts of a person that are tied to them by CPR, for when they may choose (U11).
    pub async fn cpr_identified_accounts_of(&self, person: PersonId) -> Result<Vec<Account>, StoreError> {
        const SQL: &str = "SELECT id, person, user_name, uni_id, cpr_identified, blocked
            FROM accounts WHERE person = $1 AND cpr_identified ORDER BY user_name";
        let rows: Vec<AccountRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(person.0.to_string()).fetch_all(db).await)?;
        rows.into_iter().map(Account::try_from).collect()
    }

    /// One person.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        const SQL: &str = "SELECT given_name, family_name, protected FROM people WHERE id = $1";
        let row: Option<PersonRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.0.to_string()).fetch_optional(db).await)?;
        Ok(row.map(|row| Person {
            id,
            given_name: row.given_name,
            family_name: row.family_name,
            protected: row.protected,
        }))
    }

    /// The person's CPR number as the vault sealed it.
    pub async fn sealed_cpr_of(&self, person: PersonId) -> Result<Option<SealedCpr>, StoreError> {
        const SQL: &str = "SELECT sealed FROM cpr_vault WHERE person = $1";
        let sealed: Option<Vec<u8>> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(person.0.to_string()).fetch_optional(db).await)?;
        Ok(sealed.map(SealedCpr::from_bytes))
    }

    /// What the account is, and where, at this moment; ordered by institution, then group.
    pub async fn active_actors_of(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Actor>, StoreError> {
        const SQL: &str = "SELECT a.id, a.actor_group, i.number, i.name, i.cvr
            FROM actors a JOIN institutions i ON i.number = a.institution
            WHERE a.account = $1 AND (a.active_from IS NULL OR a.active_from <= $2)
              AND (a.active_until IS NULL OR a.active_until > $2)
            ORDER BY i.name, i.number, a.actor_group, a.id";
        let rows: Vec<ActorRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(account.0.to_string()).bind(millis(now)).fetch_all(db).await)?;
        rows.into_iter().map(|row| row.into_actor(account)).collect()
    }
}

#[derive(FromRow)]
struct AccountRow {
    id: String,
    person: String,
    user_name: String,
    uni_id: String,
    cpr_identified: bool,
    blocked: bool,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: AccountId(uuid("accounts.id", &row.id)?),
            person: PersonId(uuid("accounts.person", &row.person)?),
            user_name: BareName::parse(&row.user_name).map_err(|_| corrupt("accounts.user_name"))?,
            uni_id: UniId::parse(&row.uni_id).map_err(|_| corrupt("accounts.uni_id"))?,
            cpr_identified: row.cpr_identified,
            blocked: row.blocked,
        })
    }
}

#[derive(FromRow)]
struct PersonRow {
    given_name: String,
    family_name: String,
    protected: bool,
}

#[derive(FromRow)]
struct ActorRow {
    id: String,
    actor_group: String,
    number: String,
    name: String,
    cvr: Option<String>,
}

impl ActorRow {
    fn into_actor(self, account: AccountId) -> Result<Actor, StoreError> {
        Ok(Actor {
            id: ActorId(uuid("actors.id", &self.id)?),
            account,
            group: ActorGroup::parse(&self.actor_group).ok_or(corrupt("actors.actor_group"))?,
            institution: Institution {
                number: InstitutionNumber::parse(&self.number).map_err(|_| corrupt("institutions.number"))?,
                name: self.name,
                cvr: self.cvr,
            },
        })
    }
}

const fn corrupt(column: &'static str) -> StoreError {
    StoreError::Corrupt { column }
}
