//! Who may look after an institution's people: given, taken back, and never nobody any more (U73, K07).
//!
//! The right alone opens nothing: it counts while its holder is employed there, which is asked anew
//! each time.

use jiff::Timestamp;
use uuid::Uuid;

use super::audit::append;
use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, uuid, within};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::audit::AuditEvent;
use crate::domain::desk::{Doer, StrongWays};
use crate::domain::institution::{Institution, InstitutionNumber, LegalForm};
use crate::domain::login_name::BareName;

/// The right, for an account that is employed at its institution at the moment `$2`.
macro_rules! rights_where {
    ($columns:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM administrators d JOIN accounts a ON a.id = d.account JOIN people p ON p.id = a.person
              JOIN institutions i ON i.number = d.institution
              WHERE d.ended_at IS NULL AND a.closed_at IS NULL AND EXISTS (SELECT 1 FROM actors r
                WHERE r.account = d.account AND r.institution = d.institution
                AND r.actor_group = 'Medarbejder' AND r.gone_at IS NULL
                AND (r.active_from IS NULL OR r.active_from <= $2)
                AND (r.active_until IS NULL OR r.active_until > $2)) AND ",
            $condition
        )
    };
}

/// Somebody who has the right and may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// The account that has the right.
    pub account: AccountId,
    /// The holder of that account.
    pub person: PersonId,
    /// Given names, or those of the alias.
    pub given_name: String,
    /// Family name, or that of the alias.
    pub family_name: String,
    /// The name to log in with.
    pub user_name: BareName,
    /// Whether the account is blocked from every login.
    pub blocked: bool,
    /// Whether a CPR number ties the account to the person.
    pub cpr_identified: bool,
    /// Who gave it, as the database has it ([`Doer`]).
    pub given_by: String,
    /// When it was given.
    pub given_at: Timestamp,
}

impl Administrator {
    /// Whether they get to the desk in fact, by the ways that there are.
    pub const fn can_come(&self, ways: StrongWays) -> bool {
        !self.blocked && ways.find(self.cpr_identified)
    }
}

/// What became of taking the right back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// It is gone.
    Done,
    /// They had none.
    NotOne,
    /// Nobody else could look after the institution: nothing was done.
    WouldBeLast,
}

impl Store {
    /// The institutions that this account may look after at this moment.
    pub async fn administered_by(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Institution>, StoreError> {
        const SQL: &str = rights_where!(
            "i.number, i.name, i.cvr, i.legal_form",
            "d.account = $1 ORDER BY i.name, i.number"
        );
        let rows: Vec<InstitutionRow> = on!(self.reading, db =>
            sqlx::query_as(SQL)
                .bind(account.0.to_string())
                .bind(millis(now))
                .fetch_all(db)
                .await)?;
        rows.into_iter().map(read_institution).collect()
    }

    /// The institution with this number, where the directory has it.
    pub async fn institution(&self, number: &InstitutionNumber) -> Result<Option<Institution>, StoreError> {
        const SQL: &str = "SELECT number, name, cvr, legal_form FROM institutions WHERE number = $1";
        let row: Option<InstitutionRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(number.as_str()).fetch_optional(db).await)?;
        row.map(read_institution).transpose()
    }

    /// Everybody who may look after the institution at this moment, by name.
    pub async fn administrators_of(
        &self,
        institution: &InstitutionNumber,
        now: Timestamp,
    ) -> Result<Vec<Administrator>, StoreError> {
        const SQL: &str = rights_where!(
            "d.account, a.person, p.given_name, p.family_name, a.user_name, a.blocked, a.cpr_identified,
             d.given_by, d.given_at",
            "d.institution = $1 ORDER BY p.given_name, p.family_name, d.account"
        );
        let rows: Vec<AdministratorRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(Administrator::try_from).collect()
    }

    /// Gives the right, with the auditor's row. Says whether it was given: not where the account has
    /// it already or is not employed there.
    pub async fn grant_administrator(
        &self,
        (id, account): (Uuid, AccountId),
        institution: &InstitutionNumber,
        by: &Doer,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "INSERT INTO administrators (id, institution, account, given_by, given_at)
            SELECT $1, $2, a.id, $4, CAST($5 AS BIGINT) FROM accounts a
            WHERE a.id = $3 AND a.closed_at IS NULL AND EXISTS (SELECT 1 FROM actors r
                WHERE r.account = a.id AND r.institution = $2 AND r.actor_group = 'Medarbejder'
                AND r.gone_at IS NULL AND (r.active_from IS NULL OR r.active_from <= $5)
                AND (r.active_until IS NULL OR r.active_until > $5))
            ON CONFLICT DO NOTHING";
        let mut tx = self.writing.begin().await?;
        let given = within!(tx, db => sqlx::query(SQL)
            .bind(id.to_string())
            .bind(institution.as_str())
            .bind(account.0.to_string())
            .bind(by.to_string())
            .bind(millis(event.at))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if given == 0 {
            return Ok(false);
        }
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Takes the right back, with the auditor's row. Nothing is done where nobody else could come by
    /// one of these ways and look after the institution, also where two take it from one another at
    /// the same moment.
    pub async fn withdraw_administrator(
        &self,
        account: AccountId,
        (institution, ways): (&InstitutionNumber, StrongWays),
        by: &Doer,
        event: &AuditEvent,
    ) -> Result<Withdrawn, StoreError> {
        const SQL: &str = "UPDATE administrators SET ended_at = $3, ended_by = $4
            WHERE institution = $1 AND account = $2 AND ended_at IS NULL";
        let mut tx = self.writing.begin().await?;
        one_at_a_time(&mut tx, institution).await?;
        let others = others_who_can_come(&mut tx, account, (institution, ways), event.at).await?;
        let ended = within!(tx, db => sqlx::query(SQL)
            .bind(institution.as_str())
            .bind(account.0.to_string())
            .bind(millis(event.at))
            .bind(by.to_string())
            .execute(&mut *db)
            .await?
            .rows_affected());
        if ended == 0 {
            return Ok(Withdrawn::NotOne);
        }
        if others == 0 {
            return Ok(Withdrawn::WouldBeLast);
        }
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(Withdrawn::Done)
    }
}

/// How many others have the right here and get to the desk in fact. Whoever asks within a transaction
/// that ends something has the others wait first.
pub(super) async fn others_who_can_come(
    tx: &mut Tx,
    account: AccountId,
    (institution, ways): (&InstitutionNumber, StrongWays),
    now: Timestamp,
) -> Result<i64, StoreError> {
    const SQL: &str = rights_where!(
        "COUNT(*)",
        "d.institution = $1 AND d.account <> $3 AND NOT a.blocked AND ($4 OR ($5 AND a.cpr_identified))"
    );
    Ok(within!(*tx, db => sqlx::query_scalar(SQL)
        .bind(institution.as_str())
        .bind(millis(now))
        .bind(account.0.to_string())
        .bind(ways.by_account)
        .bind(ways.by_number)
        .fetch_one(&mut *db)
        .await)?)
}

/// Has whoever comes at the same time wait: SQLite does so by itself.
pub(super) async fn one_at_a_time(tx: &mut Tx, institution: &InstitutionNumber) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE institutions SET name = name WHERE number = $1";
    within!(*tx, db => sqlx::query(SQL).bind(institution.as_str()).execute(&mut *db).await.map(drop))?;
    Ok(())
}

/// Number, name, CVR number and legal form.
type InstitutionRow = (String, String, Option<String>, Option<String>);

fn read_institution((number, name, cvr, legal_form): InstitutionRow) -> Result<Institution, StoreError> {
    Ok(Institution {
        number: InstitutionNumber::parse(&number).map_err(|_| StoreError::corrupt("institutions.number"))?,
        name,
        cvr,
        legal_form: legal_form.as_deref().and_then(LegalForm::parse),
    })
}

row! {
    struct AdministratorRow {
        account: String,
        person: String,
        given_name: String,
        family_name: String,
        user_name: String,
        blocked: bool,
        cpr_identified: bool,
        given_by: String,
        given_at: i64,
    }
}

impl TryFrom<AdministratorRow> for Administrator {
    type Error = StoreError;

    fn try_from(row: AdministratorRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: AccountId(uuid("administrators.account", &row.account)?),
            person: PersonId(uuid("accounts.person", &row.person)?),
            given_name: row.given_name,
            family_name: row.family_name,
            user_name: BareName::parse(&row.user_name)
                .map_err(|_| StoreError::corrupt("accounts.user_name"))?,
            blocked: row.blocked,
            cpr_identified: row.cpr_identified,
            given_by: row.given_by,
            given_at: timestamp("administrators.given_at", row.given_at)?,
        })
    }
}
