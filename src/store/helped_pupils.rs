//! Whom somebody may help, as the directory has it at this moment (U47, U48; I01, I06).
//!
//! A teacher's pupils are those who share a class or a teaching group with them; an administrator's
//! are all of the institution. What is shared must hold now: a class that is gone, an affiliation
//! that ended and an account that was closed make nobody anybody's pupil.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::relation::{active, blocked, may_help, may_vouch, more_than_pupil, teaching, unconfirmed};
use super::row::row;
use super::{Store, StoreError, millis, on, uuid};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::actor::ActorId;
use crate::domain::group::{GroupId, GroupKind};
use crate::domain::institution::InstitutionNumber;
use crate::domain::teacher_help::{BeyondHelp, HelpedPupil, Helper, Reach};

/// Pupils of one group, as they are shown together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpedGroup {
    /// The group; nothing for pupils who are in no class.
    pub group: Option<(GroupId, String)>,
    /// What it is for.
    pub kind: Option<GroupKind>,
    /// Its pupils, by name.
    pub pupils: Vec<HelpedPupil>,
}

/// What is known of a teacher who sees no pupils (E9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Groupless {
    /// Whether a school's system tells of the affiliation; else somebody wrote it here.
    pub imported: bool,
    /// Classes and teaching groups that the teacher is in.
    pub groups: i64,
    /// Groups of other kinds, such as teams.
    pub others: i64,
}

/// The columns of a [`PupilRow`], of the group `g`, the account `a`, its person `n` and the affiliation `p`.
macro_rules! pupil_columns {
    () => {
        concat!(
            "g.id AS group_id, g.name AS group_name, g.kind, a.id, a.person, a.user_name, ",
            blocked!(),
            " AS blocked, n.given_name, n.family_name,
            COALESCE(p.local_id, p.written_as) AS called, ",
            more_than_pupil!("a", "$3"),
            " AS more, ",
            more_than_pupil!(confirmed "a", "$3"),
            " AS more_for_certain, ",
            unconfirmed!("p", "$3"),
            " AS unconfirmed"
        )
    };
}

/// Whether the affiliation `x` says how its account logs in, and that account has no secret here: it counts,
/// or no other does.
macro_rules! says_how_without_secret {
    () => {
        concat!(
            "(NOT ",
            unconfirmed!("x", "$3"),
            " OR NOT EXISTS (SELECT 1 FROM actors y WHERE y.account = x.account AND ",
            active!("y", "$3"),
            " AND NOT ",
            unconfirmed!("y", "$3"),
            ")) AND NOT EXISTS (SELECT 1 FROM passwords w WHERE w.account = x.account)"
        )
    };
}

impl Store {
    /// Whether this helper may open a window for this account, or let it stay open: they are still
    /// who they were, the pupil is still theirs, and nothing but a pupil.
    pub async fn may_help(
        &self,
        helper: &Helper,
        account: AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            may_help!(pupil "$1", at "$2", by "$4", as "$5", whole "$6", now "$3")
        );
        self.is_helper(SQL, helper, account, now).await
    }

    /// Whether this helper may vouch for this account: as for a window, but that nobody takes it away by saying,
    /// unconfirmed, that the pupil is more.
    pub async fn may_vouch(
        &self,
        helper: &Helper,
        account: AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            may_vouch!(pupil "$1", at "$2", by "$4", as "$5", whole "$6", now "$3")
        );
        self.is_helper(SQL, helper, account, now).await
    }

    async fn is_helper(
        &self,
        sql: &'static str,
        helper: &Helper,
        account: AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(on!(self.reading, db => sqlx::query_scalar(sql)
            .bind(account.0.to_string())
            .bind(helper.institution.as_str())
            .bind(millis(now))
            .bind(helper.person.0.to_string())
            .bind(helper.actor.0.to_string())
            .bind(helper.reach == Reach::Institution)
            .fetch_one(db)
            .await)?)
    }

    /// The pupils whom this helper sees, group by group: classes first, then by name.
    pub async fn helped_pupils(
        &self,
        helper: &Helper,
        now: Timestamp,
    ) -> Result<Vec<HelpedGroup>, StoreError> {
        const OWN: &str = concat!(
            "SELECT ",
            pupil_columns!(),
            " FROM memberships hm JOIN school_groups g ON g.id = hm.school_group
            JOIN memberships pm ON pm.school_group = g.id
            JOIN actors p ON p.id = pm.actor JOIN accounts a ON a.id = p.account
            JOIN people n ON n.id = a.person
            WHERE hm.actor = $1 AND g.institution = $2 AND p.institution = $2 AND p.actor_group = 'Elev' AND ",
            teaching!(),
            " AND ",
            active!("g", "$3"),
            " AND ",
            active!("p", "$3"),
            " AND a.closed_at IS NULL
            ORDER BY CASE WHEN g.kind = 'Hovedgruppe' THEN 0 ELSE 1 END, g.name, g.id,
                n.given_name, n.family_name, a.id"
        );
        // `$1` is asked for in vain, so that both statements take the same.
        const ALL: &str = concat!(
            "SELECT ",
            pupil_columns!(),
            " FROM actors p JOIN accounts a ON a.id = p.account JOIN people n ON n.id = a.person
            LEFT JOIN memberships pm ON pm.actor = p.id AND EXISTS (SELECT 1 FROM school_groups c
                WHERE c.id = pm.school_group AND c.kind = 'Hovedgruppe' AND ",
            active!("c", "$3"),
            ") LEFT JOIN school_groups g ON g.id = pm.school_group
            WHERE p.id <> $1 AND p.institution = $2 AND p.actor_group = 'Elev' AND ",
            active!("p", "$3"),
            " AND a.closed_at IS NULL
            ORDER BY CASE WHEN g.id IS NULL THEN 1 ELSE 0 END, g.name, g.id,
                n.given_name, n.family_name, a.id"
        );
        let sql = match helper.reach {
            Reach::OwnGroups => OWN,
            Reach::Institution => ALL,
        };
        let rows: Vec<PupilRow> = on!(self.reading, db => sqlx::query_as(sql)
            .bind(helper.actor.0.to_string())
            .bind(helper.institution.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        gather(rows, helper)
    }

    /// The pupils of one class or teaching group, by name; nothing where it is not one that this helper
    /// sees, or has none.
    pub async fn helped_pupils_of(
        &self,
        helper: &Helper,
        group: GroupId,
        now: Timestamp,
    ) -> Result<Option<HelpedGroup>, StoreError> {
        // The order of the tables is the way through them: it costs with the class, not with the school.
        const SQL: &str = concat!(
            "SELECT ",
            pupil_columns!(),
            " FROM school_groups g CROSS JOIN memberships pm CROSS JOIN actors p CROSS JOIN accounts a
            CROSS JOIN people n
            WHERE g.id = $4 AND pm.school_group = g.id AND p.id = pm.actor AND a.id = p.account
            AND n.id = a.person AND g.institution = $2 AND p.institution = $2 AND p.actor_group = 'Elev' AND ",
            teaching!(),
            " AND ",
            active!("g", "$3"),
            " AND ",
            active!("p", "$3"),
            " AND a.closed_at IS NULL AND ($5 OR EXISTS (SELECT 1 FROM memberships hm
                WHERE hm.actor = $1 AND hm.school_group = g.id))
            ORDER BY n.given_name, n.family_name, a.id"
        );
        let rows: Vec<PupilRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(helper.actor.0.to_string())
            .bind(helper.institution.as_str())
            .bind(millis(now))
            .bind(group.0.to_string())
            .bind(helper.reach == Reach::Institution)
            .fetch_all(db)
            .await)?;
        Ok(gather(rows, helper)?.pop())
    }

    /// Pupils at the helper's institution who have no secret here, and the institutions that say how they log
    /// in, as [`Self::schools_of_account`] has them.
    pub async fn without_secret(
        &self,
        helper: &Helper,
        now: Timestamp,
    ) -> Result<HashMap<AccountId, BTreeSet<InstitutionNumber>>, StoreError> {
        const SQL: &str = concat!(
            "SELECT DISTINCT x.account, x.institution FROM actors p CROSS JOIN actors x
            WHERE p.institution = $2 AND p.actor_group = 'Elev' AND ",
            active!("p", "$3"),
            " AND x.account = p.account AND x.account <> $1 AND ",
            active!("x", "$3"),
            " AND ",
            says_how_without_secret!()
        );
        let rows: Vec<(String, String)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(helper.account.0.to_string())
            .bind(helper.institution.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        by_account(rows)
    }

    /// The same of one group alone.
    pub async fn without_secret_of(
        &self,
        helper: &Helper,
        group: GroupId,
        now: Timestamp,
    ) -> Result<HashMap<AccountId, BTreeSet<InstitutionNumber>>, StoreError> {
        const SQL: &str = concat!(
            "SELECT x.account, x.institution FROM actors x WHERE x.account <> $1 AND ",
            active!("x", "$3"),
            " AND ",
            says_how_without_secret!(),
            "
            AND x.account IN (SELECT p.account FROM memberships pm JOIN actors p ON p.id = pm.actor
                WHERE pm.school_group = $2 AND p.actor_group = 'Elev')"
        );
        let rows: Vec<(String, String)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(helper.account.0.to_string())
            .bind(group.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        by_account(rows)
    }

    /// What is known of a teacher's groups, for when there are no pupils to show.
    pub async fn groupless(&self, actor: ActorId, now: Timestamp) -> Result<Groupless, StoreError> {
        const IMPORTED: &str = "SELECT source FROM actors WHERE id = $1 AND source IS NOT NULL";
        const GROUPS: &str = concat!(
            "SELECT COUNT(*) FROM memberships m JOIN school_groups g ON g.id = m.school_group
            WHERE m.actor = $1 AND ($2 = ",
            teaching!(),
            ") AND ",
            active!("g", "$3")
        );
        let id = actor.0.to_string();
        let source: Option<String> = on!(self.reading, db =>
            sqlx::query_scalar(IMPORTED).bind(&id).fetch_optional(db).await)?;
        let count = async |teaching: bool| -> Result<i64, StoreError> {
            Ok(on!(self.reading, db => sqlx::query_scalar(GROUPS)
                .bind(&id)
                .bind(teaching)
                .bind(millis(now))
                .fetch_one(db)
                .await)?)
        };
        Ok(Groupless {
            imported: source.is_some(),
            groups: count(true).await?,
            others: count(false).await?,
        })
    }
}

/// Institutions by account.
fn by_account(
    rows: Vec<(String, String)>,
) -> Result<HashMap<AccountId, BTreeSet<InstitutionNumber>>, StoreError> {
    let mut found: HashMap<AccountId, BTreeSet<InstitutionNumber>> = HashMap::new();
    for (account, institution) in rows {
        let institution =
            InstitutionNumber::parse(&institution).map_err(|_| StoreError::corrupt("actors.institution"))?;
        let account = AccountId(uuid("actors.account", &account)?);
        found.entry(account).or_default().insert(institution);
    }
    Ok(found)
}

fn gather(rows: Vec<PupilRow>, helper: &Helper) -> Result<Vec<HelpedGroup>, StoreError> {
    let corrupt = StoreError::corrupt;
    let mut groups: Vec<HelpedGroup> = Vec::new();
    for row in rows {
        let group = match (&row.group_id, &row.group_name) {
            (Some(id), Some(name)) => Some((GroupId(uuid("school_groups.id", id)?), name.clone())),
            _ => None,
        };
        let kind = row
            .kind
            .as_deref()
            .map(|kind| GroupKind::parse(kind).ok_or(corrupt("school_groups.kind")));
        let kind = kind.transpose()?;
        let pupil = row.pupil(helper.person)?;
        match groups.last_mut() {
            Some(last) if last.group == group => last.pupils.push(pupil),
            _ => groups.push(HelpedGroup {
                group,
                kind,
                pupils: vec![pupil],
            }),
        }
    }
    Ok(groups)
}

row! {
    struct PupilRow {
        group_id: Option<String>,
        group_name: Option<String>,
        kind: Option<String>,
        id: String,
        person: String,
        user_name: String,
        blocked: bool,
        given_name: String,
        family_name: String,
        called: Option<String>,
        more: bool,
        more_for_certain: bool,
        unconfirmed: bool,
    }
}

impl PupilRow {
    fn pupil(self, helper: PersonId) -> Result<HelpedPupil, StoreError> {
        let person = PersonId(uuid("accounts.person", &self.person)?);
        let beyond_help = if person == helper {
            Some(BeyondHelp::Oneself)
        } else if self.unconfirmed {
            Some(BeyondHelp::Unconfirmed)
        } else if self.more_for_certain {
            Some(BeyondHelp::NotOnlyPupil)
        } else if self.blocked {
            Some(BeyondHelp::Blocked)
        } else if self.more {
            Some(BeyondHelp::SaidToBeMore)
        } else {
            None
        };
        let known = HelpedPupil {
            account: AccountId(uuid("accounts.id", &self.id)?),
            person,
            given_name: self.given_name,
            family_name: self.family_name,
            user_name: self.user_name,
            beyond_help,
        };
        // Whoever delivers a number, or knows a user name, learns nothing more by it (K01).
        Ok(match (beyond_help, self.called) {
            (Some(BeyondHelp::Unconfirmed), called) => HelpedPupil {
                given_name: called.unwrap_or_default(),
                family_name: String::new(),
                user_name: String::new(),
                ..known
            },
            _ => known,
        })
    }
}
