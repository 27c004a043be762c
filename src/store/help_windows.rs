//! Windows in which a pupil may log in once by the user name alone (DR17), each change together
//! with its row for the auditor.
//!
//! Who may help whom is asked of the directory at the moment of use, in `helped_pupils.rs`.

use jiff::{SignedDuration, Timestamp};

use super::audit::append;
use super::credentials::{NewSecret, end_all_of, replace_or_put};
use super::ended_windows::supersede;
use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, uuid, within};
use crate::domain::account::{AccountId, PersonId, SecretVersion};
use crate::domain::actor::ActorId;
use crate::domain::audit::AuditEvent;
use crate::domain::group::GroupId;
use crate::domain::institution::InstitutionNumber;
use crate::domain::teacher_help::{
    HelpWindow, Helper, PER_HOUR, Place, Reach, TeacherPicture, UNDO, WRONG_PICKS, WindowId,
};

/// Which login went through a window: a hash that only the login itself can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowOwner(pub [u8; 32]);

/// What became of a picture that was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// It was the one, and the login is through.
    Through,
    /// It was not the one.
    Wrong,
    /// The window is open no longer, or not to pictures.
    Closed,
}

/// What a login made of a window.
#[derive(Debug)]
pub struct Learnt<'a> {
    /// The window that the login went through.
    pub window: WindowId,
    /// The login that has taken the window: no other may use it.
    pub owner: WindowOwner,
    /// Whose secret it is.
    pub account: AccountId,
    /// The secret that it takes the place of, if there was one.
    pub from: Option<SecretVersion>,
    /// The new one.
    pub secret: &'a NewSecret,
    /// How many hashes are remembered.
    pub remembered: u8,
}

/// Windows, the latest first; of one moment, those first that may still come to something.
macro_rules! windows_where {
    ($condition:literal, $limit:literal) => {
        concat!(
            "SELECT id, account, institution, helper, helper_account, helper_actor, whole_school, network,
                picture, among, opened_at, closes_at, refused, cancelled_at, taken_at, finished_at, undone_at
            FROM help_windows WHERE ",
            $condition,
            " ORDER BY opened_at DESC,
                CASE WHEN cancelled_at IS NULL AND finished_at IS NULL THEN 0 ELSE 1 END, id DESC",
            $limit
        )
    };
}

impl Store {
    /// Opens windows, each in the place of an earlier one for the same pupil, together with the
    /// auditor's rows. Returns those pupils who have had too many lately; then nothing is opened.
    pub async fn open_help_windows(
        &self,
        windows: &[HelpWindow],
        events: &[AuditEvent],
    ) -> Result<Vec<AccountId>, StoreError> {
        let mut tx = self.writing.begin().await?;
        let (mut too_many, mut superseded) = (Vec::new(), Vec::new());
        // In one order, so that two who open for the same pupils never wait for each other.
        let mut ordered: Vec<&HelpWindow> = windows.iter().collect();
        ordered.sort_unstable_by_key(|window| window.account.0);
        for window in ordered {
            let about = |event: &&AuditEvent| event.account == Some(window.account);
            match put_in_place(&mut tx, window, events.iter().find(about)).await? {
                Some(others) => superseded.extend(others),
                None => too_many.push(window.account),
            }
        }
        if too_many.is_empty() {
            append(&mut tx, &superseded.iter().chain(events).collect::<Vec<_>>()).await?;
            tx.commit().await?;
        }
        Ok(too_many)
    }

    /// The window that was opened last for this pupil, whatever became of it.
    pub async fn last_help_window(&self, account: AccountId) -> Result<Option<HelpWindow>, StoreError> {
        const SQL: &str = windows_where!("account = $1", " LIMIT 1");
        let row: Option<WindowRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(account.0.to_string()).fetch_optional(db).await)?;
        row.map(HelpWindow::try_from).transpose()
    }

    /// The window with this id, open or not; nothing where there is none or it was forgotten.
    pub async fn help_window(&self, id: WindowId) -> Result<Option<HelpWindow>, StoreError> {
        const SQL: &str = windows_where!("id = $1", "");
        let row: Option<WindowRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.0.to_string()).fetch_optional(db).await)?;
        row.map(HelpWindow::try_from).transpose()
    }

    /// The windows of an institution that were opened since this moment, the latest first.
    pub async fn help_windows_at(
        &self,
        institution: &InstitutionNumber,
        since: Timestamp,
    ) -> Result<Vec<HelpWindow>, StoreError> {
        const SQL: &str = windows_where!("opened_at >= $2 AND institution = $1", "");
        let rows: Vec<WindowRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(millis(since))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(HelpWindow::try_from).collect()
    }

    /// The windows of the pupils of a group that its institution has opened since this moment, the latest
    /// first: of what another school does for the same pupil, nothing.
    pub async fn help_windows_of_group(
        &self,
        institution: &InstitutionNumber,
        group: GroupId,
        since: Timestamp,
    ) -> Result<Vec<HelpWindow>, StoreError> {
        const SQL: &str = windows_where!(
            "opened_at >= $2 AND institution = $3 AND account IN (SELECT p.account FROM memberships pm
                JOIN actors p ON p.id = pm.actor WHERE pm.school_group = $1)",
            ""
        );
        let rows: Vec<WindowRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(group.0.to_string())
            .bind(millis(since))
            .bind(institution.as_str())
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(HelpWindow::try_from).collect()
    }

    /// Lets a login through a window: the first to come alone, and that one as often as it asks.
    pub async fn take_help_window(
        &self,
        id: WindowId,
        owner: WindowOwner,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const TAKE: &str = "UPDATE help_windows SET taken_by = $2, taken_at = $3 WHERE id = $1
            AND taken_by IS NULL AND cancelled_at IS NULL AND closes_at > $3";
        let mut tx = self.writing.begin().await?;
        let taken = within!(tx, db => sqlx::query(TAKE)
            .bind(id.0.to_string())
            .bind(owner.0.as_slice())
            .bind(millis(event.at))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if taken == 0 {
            drop(tx);
            return self.has_taken_help_window(id, owner).await;
        }
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether this login went through the window, and was not sent out again.
    pub async fn has_taken_help_window(&self, id: WindowId, owner: WindowOwner) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM help_windows WHERE id = $1 AND taken_by = $2
            AND cancelled_at IS NULL AND finished_at IS NULL";
        let count: i64 = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(id.0.to_string())
            .bind(owner.0.as_slice())
            .fetch_one(db)
            .await)?;
        Ok(count > 0)
    }

    /// Lets a login through that has picked the right picture, or counts a wrong one: many at once
    /// are looked at one after the other, so that no more wrong ones are borne than that.
    pub async fn pick_help_window(
        &self,
        (id, owner): (WindowId, WindowOwner),
        picked: u8,
        (used, refused): (&AuditEvent, &AuditEvent),
    ) -> Result<Picked, StoreError> {
        const COUNT: &str = "UPDATE help_windows SET refused = refused + 1 WHERE id = $1 AND refused < $3
            AND taken_by IS NULL AND cancelled_at IS NULL AND closes_at > $2 RETURNING picture";
        const TAKE: &str = "UPDATE help_windows SET taken_by = $2, taken_at = $3, refused = refused - 1
            WHERE id = $1";
        let mut tx = self.writing.begin().await?;
        let right: Option<i64> = within!(tx, db => sqlx::query_scalar(COUNT)
            .bind(id.0.to_string())
            .bind(millis(used.at))
            .bind(i64::from(WRONG_PICKS))
            .fetch_optional(&mut *db)
            .await)?;
        let verdict = match right {
            None => return Ok(Picked::Closed),
            Some(right) if right == i64::from(picked) => {
                within!(tx, db => sqlx::query(TAKE)
                    .bind(id.0.to_string())
                    .bind(owner.0.as_slice())
                    .bind(millis(used.at))
                    .execute(&mut *db)
                    .await
                    .map(drop))?;
                append(&mut tx, &[used]).await?;
                Picked::Through
            }
            Some(_) => {
                append(&mut tx, &[refused]).await?;
                Picked::Wrong
            }
        };
        tx.commit().await?;
        Ok(verdict)
    }

    /// Takes a window back, also from a login that is learning. Says whether there was anything to
    /// take back.
    pub async fn cancel_help_window(&self, id: WindowId, event: &AuditEvent) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE help_windows SET cancelled_at = $2 WHERE id = $1
            AND cancelled_at IS NULL AND finished_at IS NULL";
        let mut tx = self.writing.begin().await?;
        let cancelled = within!(tx, db => sqlx::query(SQL)
            .bind(id.0.to_string())
            .bind(millis(event.at))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if cancelled > 0 {
            append(&mut tx, &[event]).await?;
            tx.commit().await?;
        }
        Ok(cancelled > 0)
    }

    /// Puts the learnt secret in the place of the old one, and ends everything else of the account.
    /// Nothing is done where the window was taken back, or another secret was there first.
    pub async fn finish_help_window(
        &self,
        learnt: &Learnt<'_>,
        events: [&AuditEvent; 2],
    ) -> Result<Option<SecretVersion>, StoreError> {
        const FINISH: &str = "UPDATE help_windows SET finished_at = $3 WHERE id = $1 AND taken_by = $2
            AND cancelled_at IS NULL AND finished_at IS NULL";
        let [event, _] = events;
        let mut tx = self.writing.begin().await?;
        // The secret's row first, as at every other change of it: else two could wait for each other.
        let made = replace_or_put(
            &mut tx,
            (learnt.account, learnt.from),
            learnt.secret,
            learnt.remembered,
        );
        let Some(version) = made.await? else {
            return Ok(None);
        };
        let finished = within!(tx, db => sqlx::query(FINISH)
            .bind(learnt.window.0.to_string())
            .bind(learnt.owner.0.as_slice())
            .bind(millis(event.at))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if finished == 0 {
            return Ok(None);
        }
        end_all_of(&mut tx, learnt.account, event).await?;
        append(&mut tx, &events).await?;
        tx.commit().await?;
        Ok(Some(version))
    }

    /// Says that it was not the pupil: whatever secret the account has opens nothing from now on, and
    /// everything of the account ends (H08). Nothing is done a day later, or where another window has
    /// led to a new secret since.
    pub async fn undo_help_window(&self, id: WindowId, event: &AuditEvent) -> Result<bool, StoreError> {
        const UNDO_IT: &str = "UPDATE help_windows SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL
            AND finished_at > $3 AND NOT EXISTS (SELECT 1 FROM help_windows l
                WHERE l.account = help_windows.account AND l.finished_at > help_windows.finished_at)
            RETURNING account";
        const WHOSE: &str = "SELECT account FROM help_windows WHERE id = $1";
        // Another version, so that no proof of the dead one counts.
        const KILL: &str = "UPDATE passwords SET expires_at = $2, version = version + 1, told_at = NULL
            WHERE account = $1";
        let since = event.at.saturating_sub(UNDO).unwrap_or(Timestamp::MIN);
        let mut tx = self.writing.begin().await?;
        let account: Option<String> = within!(tx, db => sqlx::query_scalar(WHOSE)
            .bind(id.0.to_string())
            .fetch_optional(&mut *db)
            .await)?;
        let Some(account) = account else {
            return Ok(false);
        };
        // The secret's row first here too; where there is nothing to undo, nothing is committed.
        within!(tx, db => sqlx::query(KILL)
            .bind(&account)
            .bind(millis(event.at))
            .execute(&mut *db)
            .await
            .map(drop))?;
        let undone: Option<String> = within!(tx, db => sqlx::query_scalar(UNDO_IT)
            .bind(id.0.to_string())
            .bind(millis(event.at))
            .bind(millis(since))
            .fetch_optional(&mut *db)
            .await)?;
        if undone.is_none() {
            return Ok(false);
        }
        let account = AccountId(uuid("help_windows.account", &account)?);
        end_all_of(&mut tx, account, event).await?;
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Puts a window in the place of earlier ones of the same pupil, and gives the auditor's rows of those; nothing
/// where there were too many lately.
async fn put_in_place(
    tx: &mut Tx,
    window: &HelpWindow,
    event: Option<&AuditEvent>,
) -> Result<Option<Vec<AuditEvent>>, StoreError> {
    // Takes the account's row first: of two who open at the same time, the second sees the first's.
    const TAKE_TURN: &str = "UPDATE accounts SET blocked = blocked WHERE id = $1";
    const RECENT: &str = "SELECT COUNT(*) FROM help_windows WHERE account = $1 AND opened_at > $2";
    const PUT: &str = "INSERT INTO help_windows (id, account, institution, helper, helper_account,
            helper_actor, whole_school, network, picture, among, opened_at, closes_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let account = window.account.0.to_string();
    let (now, helper) = (window.opened_at, &window.helper);
    let hour = now
        .saturating_sub(SignedDuration::from_hours(1))
        .unwrap_or(Timestamp::MIN);
    within!(*tx, db => sqlx::query(TAKE_TURN).bind(&account).execute(&mut *db).await.map(drop))?;
    let recent: i64 = within!(*tx, db => sqlx::query_scalar(RECENT)
        .bind(&account)
        .bind(millis(hour))
        .fetch_one(&mut *db)
        .await)?;
    if recent >= i64::from(PER_HOUR) {
        return Ok(None);
    }
    let among: Vec<String> = window.picture.among.iter().map(u8::to_string).collect();
    let superseded = match event {
        Some(event) => supersede(tx, window.account, event).await?,
        None => Vec::new(),
    };
    within!(*tx, db => {
        sqlx::query(PUT)
            .bind(window.id.0.to_string())
            .bind(&account)
            .bind(helper.institution.as_str())
            .bind(helper.person.0.to_string())
            .bind(helper.account.0.to_string())
            .bind(helper.actor.0.to_string())
            .bind(helper.reach == Reach::Institution)
            .bind(&window.place.0)
            .bind(i64::from(window.picture.number))
            .bind(among.join(","))
            .bind(millis(now))
            .bind(millis(window.closes_at))
            .execute(&mut *db)
            .await?;
    });
    Ok(Some(superseded))
}

row! {
    struct WindowRow {
        id: String,
        account: String,
        institution: String,
        helper: String,
        helper_account: String,
        helper_actor: String,
        whole_school: bool,
        network: Option<String>,
        picture: i64,
        among: String,
        opened_at: i64,
        closes_at: i64,
        refused: i64,
        cancelled_at: Option<i64>,
        taken_at: Option<i64>,
        finished_at: Option<i64>,
        undone_at: Option<i64>,
    }
}

impl TryFrom<WindowRow> for HelpWindow {
    type Error = StoreError;

    fn try_from(row: WindowRow) -> Result<Self, StoreError> {
        let moment = |column, at: Option<i64>| at.map(|at| timestamp(column, at)).transpose();
        let among = row
            .among
            .split(',')
            .map(str::parse)
            .collect::<Result<Vec<u8>, _>>();
        Ok(Self {
            id: WindowId(uuid("help_windows.id", &row.id)?),
            account: AccountId(uuid("help_windows.account", &row.account)?),
            helper: Helper {
                person: PersonId(uuid("help_windows.helper", &row.helper)?),
                account: AccountId(uuid("help_windows.helper_account", &row.helper_account)?),
                actor: ActorId(uuid("help_windows.helper_actor", &row.helper_actor)?),
                institution: InstitutionNumber::parse(&row.institution)
                    .map_err(|_| StoreError::corrupt("help_windows.institution"))?,
                reach: if row.whole_school {
                    Reach::Institution
                } else {
                    Reach::OwnGroups
                },
            },
            place: Place(row.network),
            picture: TeacherPicture {
                number: u8::try_from(row.picture).map_err(|_| StoreError::corrupt("help_windows.picture"))?,
                among: among.map_err(|_| StoreError::corrupt("help_windows.among"))?,
            },
            opened_at: timestamp("help_windows.opened_at", row.opened_at)?,
            closes_at: timestamp("help_windows.closes_at", row.closes_at)?,
            refused: u32::try_from(row.refused).unwrap_or(u32::MAX),
            cancelled_at: moment("help_windows.cancelled_at", row.cancelled_at)?,
            taken_at: moment("help_windows.taken_at", row.taken_at)?,
            finished_at: moment("help_windows.finished_at", row.finished_at)?,
            undone_at: moment("help_windows.undone_at", row.undone_at)?,
        })
    }
}
