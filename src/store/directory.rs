//! Looking people up: accounts by name, UNI-ID or CPR index, and what they are where.
//!
//! On the path of every login, so each question is one indexed statement: a trip to the
//! database costs more than what it fetches. Writing people
//! is in `people.rs`, reading a directory from a file in `seed.rs`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::people::read_roles;
use super::relation::unconfirmed;
use super::row::row;
use super::{Store, StoreError, millis, on, timestamp, uuid};
use crate::domain::account::{Account, AccountId, Person, PersonId, UniId};
use crate::domain::actor::{Actor, ActorGroup, ActorId};
use crate::domain::cpr::CprIndex;
use crate::domain::institution::{Institution, InstitutionNumber, LegalForm};
use crate::domain::login_name::BareName;
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::stage::Level;
use crate::keys::vault::SealedCpr;

/// Accounts with their person and the affiliations that are active at the moment `$2`.
macro_rules! records_where {
    ($condition:literal) => {
        concat!(
            "SELECT a.id, a.person, a.user_name, a.uni_id, a.cpr_identified, a.blocked,
                p.given_name, p.family_name, p.protected,
                r.id AS actor, r.actor_group, r.roles, r.level, r.stage_since, i.number, i.name, i.cvr, i.legal_form,
                ",
            unconfirmed!("r", "$2"),
            " AS unconfirmed
            FROM accounts a
            JOIN people p ON p.id = a.person
            LEFT JOIN actors r ON r.account = a.id
                AND (r.active_from IS NULL OR r.active_from <= $2)
                AND (r.active_until IS NULL OR r.active_until > $2)
            LEFT JOIN institutions i ON i.number = r.institution
            WHERE ",
            $condition,
            " ORDER BY a.user_name, i.name, i.number, r.actor_group, r.id"
        )
    };
}

impl Store {
    /// The account that this name is typed for.
    pub async fn account_by_user_name(&self, name: &BareName) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT id, person, user_name, uni_id, cpr_identified, blocked
            FROM accounts WHERE user_name = $1";
        let row: Option<AccountRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(name.as_str()).fetch_optional(db).await)?;
        row.map(Account::try_from).transpose()
    }

    /// The person of this account, with this account alone.
    pub async fn record_of_account(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<PersonRecord>, StoreError> {
        const SQL: &str = records_where!("a.id = $1");
        let rows: Vec<RecordRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(account.0.to_string()).bind(millis(now)).fetch_all(db).await)?;
        gather(rows)
    }

    /// The person whose account services know by this UNI-ID, with this account alone.
    pub async fn record_by_uni_id(
        &self,
        uni_id: &UniId,
        now: Timestamp,
    ) -> Result<Option<PersonRecord>, StoreError> {
        const SQL: &str = records_where!("a.uni_id = $1");
        let rows: Vec<RecordRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(uni_id.as_str()).bind(millis(now)).fetch_all(db).await)?;
        gather(rows)
    }

    /// Where this account belongs at the moment, each once.
    pub async fn institutions_of_account(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<InstitutionNumber>, StoreError> {
        const SQL: &str = "SELECT DISTINCT institution FROM actors WHERE account = $1
            AND (active_from IS NULL OR active_from <= $2)
            AND (active_until IS NULL OR active_until > $2) ORDER BY institution";
        let numbers: Vec<String> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        let read = |number: &String| {
            InstitutionNumber::parse(number).map_err(|_| StoreError::corrupt("actors.institution"))
        };
        numbers.iter().map(read).collect()
    }

    /// The institutions at which this account is somebody in a way that counts (K01); where there is none, all of
    /// them. Only these say how it logs in (G16).
    pub async fn schools_of_account(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<BTreeSet<InstitutionNumber>, StoreError> {
        const SQL: &str = concat!(
            "SELECT x.institution, NOT ",
            unconfirmed!("x", "$2"),
            " AS counts FROM actors x WHERE x.account = $1
            AND (x.active_from IS NULL OR x.active_from <= $2)
            AND (x.active_until IS NULL OR x.active_until > $2)"
        );
        let rows: Vec<(String, bool)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        let some_count = rows.iter().any(|(_, counts)| *counts);
        let wanted = rows.iter().filter(|(_, counts)| *counts || !some_count);
        let read = |number: &String| {
            InstitutionNumber::parse(number).map_err(|_| StoreError::corrupt("actors.institution"))
        };
        wanted.map(|(number, _)| read(number)).collect()
    }

    /// The institution at this place of their list, which goes round; none where there is none at all.
    pub async fn institution_at(&self, place: u32) -> Result<Vec<InstitutionNumber>, StoreError> {
        const SQL: &str = "SELECT number FROM institutions ORDER BY number
            LIMIT 1 OFFSET ($1 % (SELECT CASE WHEN COUNT(*) = 0 THEN 1 ELSE COUNT(*) END FROM institutions))";
        let numbers: Vec<String> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(i64::from(place))
            .fetch_all(db)
            .await)?;
        let read = |number: &String| {
            InstitutionNumber::parse(number).map_err(|_| StoreError::corrupt("institutions.number"))
        };
        numbers.iter().map(read).collect()
    }

    /// The person with this CPR number and the accounts that are tied to it; other accounts
    /// of the same person are out of an identity provider's reach (U11, C09).
    pub async fn record_by_cpr(
        &self,
        index: &CprIndex,
        now: Timestamp,
    ) -> Result<Option<PersonRecord>, StoreError> {
        const SQL: &str = records_where!(
            "a.person = (SELECT v.person FROM cpr_vault v WHERE v.cpr_index = $1) AND a.cpr_identified"
        );
        let rows: Vec<RecordRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(index.0.as_slice()).bind(millis(now)).fetch_all(db).await)?;
        gather(rows)
    }

    /// The person with the accounts that are tied to them by CPR, for when they may choose (U11).
    pub async fn record_of_person(
        &self,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Option<PersonRecord>, StoreError> {
        const SQL: &str = records_where!("a.person = $1 AND a.cpr_identified");
        let rows: Vec<RecordRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(person.0.to_string()).bind(millis(now)).fetch_all(db).await)?;
        gather(rows)
    }

    /// The person's CPR number as the vault sealed it.
    pub async fn sealed_cpr_of(&self, person: PersonId) -> Result<Option<SealedCpr>, StoreError> {
        const SQL: &str = "SELECT sealed FROM cpr_vault WHERE person = $1";
        let sealed: Option<Vec<u8>> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(person.0.to_string()).fetch_optional(db).await)?;
        Ok(sealed.map(SealedCpr::from_bytes))
    }
}

row! {
    struct AccountRow {
        id: String,
        person: String,
        user_name: String,
        uni_id: String,
        cpr_identified: bool,
        blocked: bool,
    }
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: AccountId(uuid("accounts.id", &row.id)?),
            person: PersonId(uuid("accounts.person", &row.person)?),
            user_name: BareName::parse(&row.user_name)
                .map_err(|_| StoreError::corrupt("accounts.user_name"))?,
            uni_id: UniId::parse(&row.uni_id).map_err(|_| StoreError::corrupt("accounts.uni_id"))?,
            cpr_identified: row.cpr_identified,
            blocked: row.blocked,
        })
    }
}

row! {
    /// One row for each affiliation of each account, or one without for an account that has none.
    struct RecordRow {
        id: String,
        person: String,
        user_name: String,
        uni_id: String,
        cpr_identified: bool,
        blocked: bool,
        given_name: String,
        family_name: String,
        protected: bool,
        actor: Option<String>,
        actor_group: Option<String>,
        roles: Option<String>,
        level: Option<String>,
        stage_since: Option<i64>,
        number: Option<String>,
        name: Option<String>,
        cvr: Option<String>,
        legal_form: Option<String>,
        unconfirmed: Option<bool>,
    }
}

impl RecordRow {
    fn person(&self) -> Result<Person, StoreError> {
        Ok(Person {
            id: PersonId(uuid("accounts.person", &self.person)?),
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            protected: self.protected,
        })
    }

    fn into_parts(self) -> Result<(Account, Option<Actor>), StoreError> {
        let account = Account::try_from(AccountRow {
            id: self.id,
            person: self.person,
            user_name: self.user_name,
            uni_id: self.uni_id,
            cpr_identified: self.cpr_identified,
            blocked: self.blocked,
        })?;
        let (Some(id), Some(group), Some(number), Some(name)) =
            (self.actor, self.actor_group, self.number, self.name)
        else {
            return Ok((account, None));
        };
        let actor = Actor {
            id: ActorId(uuid("actors.id", &id)?),
            account: account.id,
            group: ActorGroup::parse(&group).ok_or(StoreError::corrupt("actors.actor_group"))?,
            institution: Institution {
                number: InstitutionNumber::parse(&number)
                    .map_err(|_| StoreError::corrupt("institutions.number"))?,
                name,
                cvr: self.cvr,
                legal_form: self.legal_form.as_deref().and_then(LegalForm::parse),
            },
            roles: read_roles(self.roles.as_deref().unwrap_or_default())
                .ok_or(StoreError::corrupt("actors.roles"))?,
            level: self
                .level
                .map(|level| Level::parse(&level).ok_or(StoreError::corrupt("actors.level")))
                .transpose()?,
            stage_since: self
                .stage_since
                .map(|at| timestamp("actors.stage_since", at))
                .transpose()?,
            unconfirmed: self.unconfirmed.unwrap_or_default(),
        };
        Ok((account, Some(actor)))
    }
}

/// Rows of one person, ordered by account, become their record.
fn gather(rows: Vec<RecordRow>) -> Result<Option<PersonRecord>, StoreError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let person = first.person()?;
    let mut accounts: Vec<AccountRecord> = Vec::new();
    for row in rows {
        let (account, actor) = row.into_parts()?;
        match accounts.last_mut() {
            Some(last) if last.account.id == account.id => last.actors.extend(actor),
            _ => accounts.push(AccountRecord {
                account,
                actors: actor.into_iter().collect(),
            }),
        }
    }
    Ok(Some(PersonRecord { person, accounts }))
}
