//! Cases of employees whose workplace has asked for a new password, and the code that one ends in.

use jiff::Timestamp;

use super::audit::append;
use super::credentials::{NewSecret, hand_out};
use super::row::row;
use super::{Store, StoreError, millis, on, timestamp, uuid, within};
use crate::domain::account::AccountId;
use crate::domain::audit::AuditEvent;
use crate::domain::institution::InstitutionNumber;
use crate::domain::support_case::{CaseId, SupportCase};

impl Store {
    /// Takes a case in, together with the auditor's row.
    pub async fn open_support_case(&self, case: &SupportCase, event: &AuditEvent) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO support_cases (id, account, institution, opened_by, opened_at)
            VALUES ($1, $2, $3, $4, $5)";
        let mut tx = self.writing.begin().await?;
        within!(tx, db => sqlx::query(SQL)
            .bind(case.id.0.to_string())
            .bind(case.account.0.to_string())
            .bind(case.institution.as_str())
            .bind(&case.opened_by)
            .bind(millis(case.opened_at))
            .execute(&mut *db)
            .await
            .map(drop))?;
        append(&mut tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// The case with this id; nothing where there is none or it was forgotten.
    pub async fn support_case(&self, id: CaseId) -> Result<Option<SupportCase>, StoreError> {
        const SQL: &str = "SELECT id, account, institution, opened_by, opened_at, issued_by, issued_at
            FROM support_cases WHERE id = $1";
        let row: Option<CaseRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.0.to_string()).fetch_optional(db).await)?;
        row.map(SupportCase::try_from).transpose()
    }

    /// Ends a case in a code for its account, whatever that had before; everything of the account ends.
    /// Together with the auditor's row, or not at all: nothing is done, and `false` said, where the case
    /// has ended already.
    pub async fn issue_for_support_case(
        &self,
        case: &SupportCase,
        (by, now): (&str, Timestamp),
        code: &NewSecret,
        remembered: u8,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const TAKE: &str = "UPDATE support_cases SET issued_by = $2, issued_at = $3
            WHERE id = $1 AND issued_at IS NULL";
        let mut tx = self.writing.begin().await?;
        let taken = within!(tx, db => sqlx::query(TAKE)
            .bind(case.id.0.to_string())
            .bind(by)
            .bind(millis(now))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if taken == 0 {
            return Ok(false);
        }
        hand_out(&mut tx, case.account, code, remembered, event).await?;
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

row! {
    struct CaseRow {
        id: String,
        account: String,
        institution: String,
        opened_by: String,
        opened_at: i64,
        issued_by: Option<String>,
        issued_at: Option<i64>,
    }
}

impl TryFrom<CaseRow> for SupportCase {
    type Error = StoreError;

    fn try_from(row: CaseRow) -> Result<Self, StoreError> {
        let column = "support_cases.institution";
        let issued_at = row.issued_at.map(|at| timestamp("support_cases.issued_at", at));
        Ok(Self {
            id: CaseId(uuid("support_cases.id", &row.id)?),
            account: AccountId(uuid("support_cases.account", &row.account)?),
            institution: InstitutionNumber::parse(&row.institution)
                .map_err(|_| StoreError::corrupt(column))?,
            opened_by: row.opened_by,
            opened_at: timestamp("support_cases.opened_at", row.opened_at)?,
            issued: row.issued_by.zip(issued_at.transpose()?),
        })
    }
}
