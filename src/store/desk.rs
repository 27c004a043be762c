//! What an administrator sees of the people of one institution: every question has the institution
//! in it, so that what belongs to another is not found (I05, DR24).

use jiff::Timestamp;

use super::people::read_roles;
use super::relation::{named_elsewhere, unconfirmed};
use super::row::row;
use super::{Store, StoreError, millis, on, timestamp, uuid};
use crate::domain::account::{Account, AccountId, Person, PersonId, UniId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::desk::Tie;
use crate::domain::group::{GroupId, GroupKind};
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::BareName;
use crate::domain::role::Role;
use crate::domain::stage::Level;

/// Affiliations with whom they are of, and how far their account has come with a first login.
macro_rules! affiliations_where {
    ($now:literal, $($condition:expr),+ $(,)?) => {
        concat!(
            "SELECT r.id, r.account, a.person, p.given_name, p.family_name, p.protected, a.user_name,
                a.uni_id, a.cpr_identified, a.blocked, a.closed_at, r.actor_group, r.roles, r.level,
                r.source, r.local_id, r.added_by, r.since, r.active_from, r.active_until, r.gone_at,
                s.one_time, s.expires_at, f.account AS coded, EXISTS (SELECT 1 FROM former_passwords o
                    WHERE o.account = a.id) AS had_own, ",
            unconfirmed!("r", $now),
            " AS unconfirmed, COALESCE(r.local_id, r.contact_id, r.written_as) AS called, ",
            named_elsewhere!("r"),
            " AS named_elsewhere
             FROM actors r JOIN accounts a ON a.id = r.account JOIN people p ON p.id = a.person
             LEFT JOIN passwords s ON s.account = a.id
             LEFT JOIN first_codes f ON f.account = a.id AND f.version = s.version
             WHERE ",
            $($condition),+
        )
    };
}

/// One affiliation at the institution, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliation {
    /// The affiliation.
    pub actor: ActorId,
    /// The person whose it is.
    pub person: Person,
    /// By which account.
    pub account: Account,
    /// When the account was closed, where nothing of it is active any more.
    pub closed_at: Option<Timestamp>,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// What they do.
    pub roles: Vec<Role>,
    /// How far a pupil has come.
    pub level: Option<Level>,
    /// Which source tells of it; nothing: somebody wrote it here.
    pub source: Option<String>,
    /// What the source calls the person.
    pub local_id: Option<String>,
    /// Which administrator wrote it, as the database has it.
    pub added_by: Option<String>,
    /// When it began here, where that is known.
    pub since: Option<Timestamp>,
    /// Active from this moment.
    pub from: Option<Timestamp>,
    /// Active until just before this moment.
    pub until: Option<Timestamp>,
    /// When it ended.
    pub gone_at: Option<Timestamp>,
    /// Whether it gives no say over the account, which is another owner's (K01).
    pub unconfirmed: bool,
    /// Whether person and account are another owner's to tell of. Then the person's name is what this
    /// institution's source calls them, or an administrator has typed, and nothing else is told: neither protected
    /// nor blocked, nor what the account has to log in with (K01).
    pub hidden: bool,
    /// What the account has to log in with here; nothing where that is not this institution's to know.
    pub secret: Option<SecretState>,
}

/// What an account has to log in with at the central login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// Nothing was ever made.
    None,
    /// A code that nobody has used, which can be read until this moment.
    Readable(Timestamp),
    /// A code for one login that cannot be read any more, good until this moment.
    Handed(Timestamp),
    /// A code that ran out at this moment without being used.
    RanOut(Timestamp),
    /// A code that somebody else handed out in the place of a secret of its own, good until this moment.
    Replaced(Timestamp),
    /// The same, which ran out at this moment.
    ReplacedRanOut(Timestamp),
    /// A secret of its own.
    Own,
    /// A secret that opens nothing since this moment: it was not the pupil who got it (H08).
    Dead(Timestamp),
}

impl SecretState {
    /// Whether the account has or had a secret of its own, so that no code of the desk's comes in its
    /// place (U29).
    pub const fn is_or_was_own(self) -> bool {
        matches!(
            self,
            Self::Own | Self::Dead(_) | Self::Replaced(_) | Self::ReplacedRanOut(_)
        )
    }
}

impl Affiliation {
    /// Whether it holds at this moment.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.gone_at.is_none()
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| until > now)
    }

    /// The name to log in with, where it is this institution's to know: who delivers another owner's people by
    /// their numbers, or writes them in, is not told it (K01).
    pub fn shown_user_name(&self) -> Option<&str> {
        (!self.hidden).then(|| self.account.user_name.as_str())
    }

    /// What services know the account by, where it is this institution's to know (K01).
    pub fn shown_uni_id(&self) -> Option<&str> {
        (!self.hidden).then(|| self.account.uni_id.as_str())
    }

    /// Whether an administrator of the institution may move its last day and end it.
    pub const fn is_by_hand(&self) -> bool {
        self.source.is_none() && self.added_by.is_some()
    }
}

/// A group of the institution with how many are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHere {
    /// The group.
    pub id: GroupId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub kind: GroupKind,
    /// How many pupils are in it now.
    pub pupils: u64,
}

impl Store {
    /// One affiliation of this institution; another institution's is none, like one that is nobody's.
    pub async fn affiliation_here(
        &self,
        institution: &InstitutionNumber,
        actor: ActorId,
        now: Timestamp,
    ) -> Result<Option<Affiliation>, StoreError> {
        const SQL: &str = affiliations_where!("$3", "r.institution = $1 AND r.id = $2");
        let row: Option<AffiliationRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(actor.0.to_string())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        row.map(|row| row.read(now)).transpose()
    }

    /// Everything that a person is or was at this institution, the latest first.
    pub async fn affiliations_of_person(
        &self,
        institution: &InstitutionNumber,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Vec<Affiliation>, StoreError> {
        const SQL: &str = affiliations_where!(
            "$3",
            "r.institution = $1 AND a.person = $2
             ORDER BY r.gone_at IS NOT NULL, r.gone_at DESC, a.user_name, r.actor_group, r.id"
        );
        let rows: Vec<AffiliationRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(person.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(|row| row.read(now)).collect()
    }

    /// The pupils who are in this group of the institution now, by name.
    pub async fn pupils_in(
        &self,
        institution: &InstitutionNumber,
        group: GroupId,
        now: Timestamp,
    ) -> Result<Vec<Affiliation>, StoreError> {
        const SQL: &str = affiliations_where!(
            "$3",
            "r.institution = $1 AND r.actor_group = 'Elev' AND r.gone_at IS NULL
             AND (r.active_from IS NULL OR r.active_from <= $3)
             AND (r.active_until IS NULL OR r.active_until > $3)
             AND EXISTS (SELECT 1 FROM memberships m JOIN school_groups g ON g.id = m.school_group
                WHERE m.actor = r.id AND g.id = $2 AND g.institution = $1 AND g.gone_at IS NULL)
             ORDER BY p.given_name, p.family_name, r.id"
        );
        let rows: Vec<AffiliationRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(group.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(|row| row.read(now)).collect()
    }

    /// Those who work here now, or come without being employed, and have no secret of their own yet,
    /// the latest first.
    pub async fn newcomers(
        &self,
        institution: &InstitutionNumber,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Affiliation>, StoreError> {
        const SQL: &str = affiliations_where!(
            "$2",
            "r.institution = $1 AND r.actor_group IN ('Medarbejder', 'Ekstern') AND r.gone_at IS NULL
             AND (r.active_from IS NULL OR r.active_from <= $2)
             AND (r.active_until IS NULL OR r.active_until > $2)
             AND (s.account IS NULL OR s.one_time) AND NOT ",
            unconfirmed!("r", "$2"),
            "
             ORDER BY r.since IS NULL, r.since DESC, p.given_name, p.family_name, r.id LIMIT $3"
        );
        let rows: Vec<AffiliationRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(millis(now))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(|row| row.read(now)).collect()
    }

    /// Affiliations written by hand here that still hold, soonest end first.
    pub async fn manual_actors_of(
        &self,
        institution: &InstitutionNumber,
        now: Timestamp,
    ) -> Result<Vec<Affiliation>, StoreError> {
        const SQL: &str = affiliations_where!(
            "$2",
            "r.institution = $1 AND r.added_by IS NOT NULL AND r.gone_at IS NULL
             AND (r.active_until IS NULL OR r.active_until > $2)
             ORDER BY r.active_until, r.written_as, r.id"
        );
        let rows: Vec<AffiliationRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(|row| row.read(now)).collect()
    }

    /// Everything that an account is anywhere at this moment.
    pub async fn ties_of(&self, account: AccountId, now: Timestamp) -> Result<Vec<Tie>, StoreError> {
        const SQL: &str = concat!(
            "SELECT r.institution, r.actor_group, ",
            unconfirmed!("r", "$2"),
            " AS unconfirmed FROM actors r WHERE r.account = $1 AND r.gone_at IS NULL
            AND (r.active_from IS NULL OR r.active_from <= $2)
            AND (r.active_until IS NULL OR r.active_until > $2) ORDER BY r.id"
        );
        let rows: Vec<(String, String, bool)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter()
            .map(|(institution, group, unconfirmed)| {
                Ok(Tie {
                    institution: InstitutionNumber::parse(&institution)
                        .map_err(|_| StoreError::corrupt("actors.institution"))?,
                    group: ActorGroup::parse(&group).ok_or(StoreError::corrupt("actors.actor_group"))?,
                    unconfirmed,
                })
            })
            .collect()
    }

    /// The groups of the institution that are there now, with how many pupils each has.
    pub async fn groups_here(
        &self,
        institution: &InstitutionNumber,
        now: Timestamp,
    ) -> Result<Vec<GroupHere>, StoreError> {
        const SQL: &str = "SELECT g.id, g.name, g.kind, (SELECT COUNT(*) FROM memberships m
                JOIN actors r ON r.id = m.actor WHERE m.school_group = g.id
                AND r.actor_group = 'Elev' AND r.gone_at IS NULL
                AND (r.active_from IS NULL OR r.active_from <= $2)
                AND (r.active_until IS NULL OR r.active_until > $2)) AS pupils
            FROM school_groups g WHERE g.institution = $1 AND g.gone_at IS NULL
            AND (g.active_from IS NULL OR g.active_from <= $2)
            AND (g.active_until IS NULL OR g.active_until > $2) ORDER BY g.name, g.id";
        let rows: Vec<(String, String, String, i64)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(group_here).collect()
    }

    /// The groups that an affiliation of this institution is in.
    pub async fn groups_of_actor(
        &self,
        institution: &InstitutionNumber,
        actor: ActorId,
    ) -> Result<Vec<GroupHere>, StoreError> {
        const SQL: &str = "SELECT g.id, g.name, g.kind, CAST(0 AS BIGINT) AS pupils FROM school_groups g
            JOIN memberships m ON m.school_group = g.id
            WHERE g.institution = $1 AND m.actor = $2 AND g.gone_at IS NULL ORDER BY g.name, g.id";
        let rows: Vec<(String, String, String, i64)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(actor.0.to_string())
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(group_here).collect()
    }

    /// How many adults a pupil of this institution has, and how many of them with custody.
    pub async fn contacts_of_pupil(
        &self,
        institution: &InstitutionNumber,
        actor: ActorId,
    ) -> Result<(u64, u64), StoreError> {
        const SQL: &str = "SELECT COUNT(*), COUNT(CASE WHEN c.custody THEN 1 END) FROM contacts c
            JOIN actors r ON r.id = c.pupil JOIN actors d ON d.id = c.adult
            WHERE r.institution = $1 AND r.id = $2 AND d.gone_at IS NULL";
        let (all, custody): (i64, i64) = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(actor.0.to_string())
            .fetch_one(db)
            .await)?;
        Ok((unsigned(all), unsigned(custody)))
    }
}

fn group_here((id, name, kind, pupils): (String, String, String, i64)) -> Result<GroupHere, StoreError> {
    Ok(GroupHere {
        id: GroupId(uuid("school_groups.id", &id)?),
        name,
        kind: GroupKind::parse(&kind).ok_or(StoreError::corrupt("school_groups.kind"))?,
        pupils: unsigned(pupils),
    })
}

row! {
    struct AffiliationRow {
        id: String,
        account: String,
        person: String,
        given_name: String,
        family_name: String,
        protected: bool,
        user_name: String,
        uni_id: String,
        cpr_identified: bool,
        blocked: bool,
        closed_at: Option<i64>,
        actor_group: String,
        roles: String,
        level: Option<String>,
        source: Option<String>,
        local_id: Option<String>,
        added_by: Option<String>,
        since: Option<i64>,
        active_from: Option<i64>,
        active_until: Option<i64>,
        gone_at: Option<i64>,
        one_time: Option<bool>,
        expires_at: Option<i64>,
        coded: Option<String>,
        had_own: bool,
        unconfirmed: bool,
        called: Option<String>,
        named_elsewhere: bool,
    }
}

impl AffiliationRow {
    fn read(self, now: Timestamp) -> Result<Affiliation, StoreError> {
        let moment = |column, at: Option<i64>| at.map(|at| timestamp(column, at)).transpose();
        let person = PersonId(uuid("accounts.person", &self.person)?);
        let ends = moment("passwords.expires_at", self.expires_at)?.unwrap_or(Timestamp::MAX);
        let secret = match self.one_time {
            None => SecretState::None,
            Some(false) if ends <= now => SecretState::Dead(ends),
            Some(false) => SecretState::Own,
            Some(true) if self.had_own && ends <= now => SecretState::ReplacedRanOut(ends),
            Some(true) if self.had_own => SecretState::Replaced(ends),
            Some(true) if ends <= now => SecretState::RanOut(ends),
            Some(true) if self.coded.is_some() => SecretState::Readable(ends),
            Some(true) => SecretState::Handed(ends),
        };
        let roles = read_roles(&self.roles).ok_or(StoreError::corrupt("actors.roles"))?;
        let is_told = !(self.unconfirmed || self.named_elsewhere);
        let (given_name, family_name) = if is_told {
            (self.given_name, self.family_name)
        } else {
            (self.called.unwrap_or_else(|| "–".to_owned()), String::new())
        };
        Ok(Affiliation {
            unconfirmed: self.unconfirmed,
            hidden: !is_told,
            actor: ActorId(uuid("actors.id", &self.id)?),
            person: Person {
                id: person,
                given_name,
                family_name,
                protected: is_told && self.protected,
            },
            account: Account {
                id: AccountId(uuid("actors.account", &self.account)?),
                person,
                user_name: BareName::parse(&self.user_name)
                    .map_err(|_| StoreError::corrupt("accounts.user_name"))?,
                uni_id: UniId::parse(&self.uni_id).map_err(|_| StoreError::corrupt("accounts.uni_id"))?,
                cpr_identified: is_told && self.cpr_identified,
                blocked: is_told && self.blocked,
            },
            closed_at: moment("accounts.closed_at", self.closed_at)?,
            group: ActorGroup::parse(&self.actor_group).ok_or(StoreError::corrupt("actors.actor_group"))?,
            roles: roles.into_iter().collect(),
            level: self
                .level
                .map(|level| Level::parse(&level).ok_or(StoreError::corrupt("actors.level")))
                .transpose()?,
            source: self.source,
            local_id: self.local_id,
            added_by: self.added_by,
            since: moment("actors.since", self.since)?,
            from: moment("actors.active_from", self.active_from)?,
            until: moment("actors.active_until", self.active_until)?,
            gone_at: moment("actors.gone_at", self.gone_at)?,
            secret: is_told.then_some(secret),
        })
    }
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
