//! What a source has told of an institution so far: what an import is compared with.
//!
//! Read in a few large statements, outside of any transaction: [`Present::version`] tells the
//! writing side whether something was changed in between.

mod rows;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::AssertSqlSafe;

use super::people::read_roles;
use super::relation::{has_them, same_owner};
use super::{Store, StoreError, millis, on, runs, timestamp, uuid};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::civil_number::CivilNumberKind;
use crate::domain::contact::{Contact, Relation};
use crate::domain::cpr::CprIndex;
use crate::domain::group::{GroupId, GroupKind};
use crate::domain::import::{ImportId, SourceName};
use crate::domain::institution::{Institution, InstitutionNumber, LegalForm};
use crate::domain::role::Role;
use crate::domain::stage::Level;

use rows::{ActorRow, GroupRow, KnownRow};

// Everything is looked up from the person on: `|| ''` keeps SQLite from going through all of an institution
// for each of its people, which its own guess of what is rare would have it do.

/// Whether the source `$2` of the institution `$1` says what a person is called: it is the one that
/// does, or nobody does any more.
macro_rules! named_here {
    () => {
        "(p.named_institution IS NULL OR (p.named_institution = $1 AND p.named_source = $2)
            OR NOT EXISTS (SELECT 1 FROM accounts na JOIN actors nr ON nr.account = na.id
                WHERE na.person = p.id AND nr.institution || '' = p.named_institution
                AND nr.source || '' = p.named_source AND nr.gone_at IS NULL)) AS named_here"
    };
}

/// What others say of a person, as seen from the source `$2` of the institution `$1`:
/// - `protected_elsewhere`: another source that still tells of the person says that they are protected, or
///   whoever wrote them by hand does (an empty source);
/// - `protected_here`: this source says that they are;
/// - `told_elsewhere`: another source, or somebody by hand, tells of them;
/// - `anothers`: an institution of another owner has them at the moment `$3`, and this one has them in no way
///   that counts (as a contact person, by hand, or unconfirmed).
macro_rules! said_elsewhere {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM protections t WHERE t.person = p.id
            AND NOT (t.institution = $1 AND t.source = $2)
            AND (t.source = '' OR EXISTS (SELECT 1 FROM accounts ta JOIN actors tr ON tr.account = ta.id
                WHERE ta.person = p.id AND tr.institution || '' = t.institution
                AND tr.source || '' = t.source AND tr.gone_at IS NULL))) AS protected_elsewhere,
         EXISTS (SELECT 1 FROM protections t WHERE t.person = p.id
            AND t.institution = $1 AND t.source = $2) AS protected_here,
         EXISTS (SELECT 1 FROM accounts ea JOIN actors er ON er.account = ea.id
            WHERE ea.person = p.id AND er.gone_at IS NULL
            AND NOT (er.institution = $1 AND COALESCE(er.source, '') = $2)) AS told_elsewhere,
         (EXISTS (SELECT 1 FROM accounts xa JOIN actors xr ON xr.account = xa.id
            WHERE xa.person = p.id AND xr.institution <> $1 AND ",
            has_them!("xr", "$3"),
            " AND NOT ",
            same_owner!("$1", "xr.institution"),
            ")
          AND NOT EXISTS (SELECT 1 FROM accounts ha JOIN actors hr ON hr.account = ha.id
            WHERE ha.person = p.id AND hr.institution || '' = $1 AND hr.gone_at IS NULL
            AND hr.actor_group <> 'Kontaktperson' AND hr.added_by IS NULL
            AND hr.unconfirmed_since IS NULL)) AS anothers"
        )
    };
}

/// Everything that one source has told of one institution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Present {
    /// The institution, if it is in the directory.
    pub institution: Option<Institution>,
    /// Goes up with every import there.
    pub version: i64,
    /// The latest import that was applied.
    pub last: Option<LastImport>,
    /// Affiliations, those that are gone among them.
    pub actors: Vec<PresentActor>,
    /// Groups, those that are gone among them.
    pub groups: Vec<PresentGroup>,
    /// Who is whose adult, those that are gone among them: a relation is kept while somebody is away, and
    /// counts again when they come back.
    pub contacts: Vec<Contact>,
}

/// The latest import of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastImport {
    /// The import that was applied.
    pub import: ImportId,
    /// When the source wrote it.
    pub sent_at: Timestamp,
    /// When it was applied.
    pub applied_at: Timestamp,
}

/// One affiliation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentActor {
    /// The affiliation.
    pub id: ActorId,
    /// The account that has it.
    pub account: AccountId,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// What the source calls the person.
    pub local_id: Option<String>,
    /// What the source calls the person as somebody's adult.
    pub contact_id: Option<String>,
    /// What they do.
    pub roles: BTreeSet<Role>,
    /// How far a pupil has come.
    pub level: Option<Level>,
    /// Since when a pupil is at the present stage.
    pub stage_since: Option<Timestamp>,
    /// When the source stopped telling of it.
    pub gone_at: Option<Timestamp>,
    /// Classes and other groups.
    pub memberships: BTreeSet<GroupId>,
    /// Who it is.
    pub person: PresentPerson,
}

/// A person as they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentPerson {
    /// The person.
    pub id: PersonId,
    /// Given names, or those of the alias.
    pub given_name: String,
    /// Family name, or that of the alias.
    pub family_name: String,
    /// Whether name and address are protected.
    pub protected: bool,
    /// What this source says of them.
    pub here: SaidHere,
    /// What others say of them.
    pub elsewhere: SaidElsewhere,
    /// The day of birth, where a source has told it.
    pub birth_date: Option<Date>,
    /// What the source says of the number.
    pub number_kind: Option<CivilNumberKind>,
    /// What the CPR number is found by.
    pub cpr: Option<CprIndex>,
    /// By what a replacement number is known again.
    pub replacement: Option<[u8; 32]>,
}

/// What the source that delivers says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaidHere {
    /// It says what the person is called: nobody else does, or does any more.
    pub named: bool,
    /// It says that they are protected.
    pub protected: bool,
}

/// What others say of a person: another source, another institution, or somebody by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaidElsewhere {
    /// They are protected: who may name them may not lift that (L08, K01).
    pub protected: bool,
    /// They are told of at all.
    pub told: bool,
    /// They are at another owner's institution, and here in no way that counts: what this source tells of them
    /// from now on waits to be confirmed (K01).
    pub anothers: bool,
}

/// A group as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentGroup {
    /// The group.
    pub id: GroupId,
    /// What the source calls it.
    pub local_id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub kind: GroupKind,
    /// How far its members have come.
    pub level: Option<Level>,
    /// The line of study.
    pub line: Option<String>,
    /// Active from this moment.
    pub from: Option<Timestamp>,
    /// Active until just before this moment.
    pub until: Option<Timestamp>,
    /// When the source stopped telling of it.
    pub gone_at: Option<Timestamp>,
}

/// Somebody whom the directory knows by their CPR number, wherever they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// Who it is.
    pub person: PresentPerson,
    /// The account that their CPR number leads to, where there is one.
    pub account: Option<AccountId>,
    /// What they do wherever they are.
    pub roles: BTreeSet<Role>,
}

impl Store {
    /// What this source has told of this institution.
    pub async fn present(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
        now: Timestamp,
    ) -> Result<Present, StoreError> {
        // The version first: what is read after it is as new or newer.
        let Some((version, known)) = self.institution_and_version(institution).await? else {
            return Ok(Present::default());
        };
        Ok(Present {
            institution: Some(known),
            version,
            last: self.last_import(institution, source).await?,
            actors: self.present_actors(institution, source, now).await?,
            groups: self.present_groups(institution, source).await?,
            contacts: self.present_contacts(institution, source).await?,
        })
    }

    /// The people whom these CPR numbers lead to, for the source that asks.
    pub async fn people_by_cpr(
        &self,
        indexes: &[CprIndex],
        (institution, source): (&InstitutionNumber, &SourceName),
        now: Timestamp,
    ) -> Result<HashMap<CprIndex, KnownPerson>, StoreError> {
        let mut found = HashMap::new();
        for run in runs::of(indexes) {
            let sql = format!(
                concat!(
                    "SELECT p.id AS person, p.given_name, p.family_name, p.protected, p.birth_date,
                        p.number_kind, v.cpr_index, n.mark, a.id AS account, ",
                    named_here!(),
                    ", ",
                    said_elsewhere!(),
                    " FROM cpr_vault v JOIN people p ON p.id = v.person
                     LEFT JOIN replacement_numbers n ON n.person = p.id
                     LEFT JOIN accounts a ON a.person = p.id AND a.cpr_identified
                     WHERE v.cpr_index IN ({}) ORDER BY p.id, a.closed_at IS NOT NULL, a.id"
                ),
                runs::places(4, run.len())
            );
            let rows: Vec<KnownRow> = on!(self.reading, db => {
                let mut query = sqlx::query_as(AssertSqlSafe(sql))
                    .bind(institution.as_str())
                    .bind(source.as_str())
                    .bind(millis(now));
                for index in run {
                    query = query.bind(index.0.to_vec());
                }
                query.fetch_all(db).await
            })?;
            for row in rows {
                let account = row
                    .account
                    .as_deref()
                    .map(|id| uuid("accounts.id", id))
                    .transpose()?;
                let person = row.person()?;
                if let Some(index) = person.cpr {
                    found.entry(index).or_insert(KnownPerson {
                        person,
                        account: account.map(AccountId),
                        roles: BTreeSet::new(),
                    });
                }
            }
            for (index, roles) in self.roles_by_cpr(run).await? {
                if let Some(known) = found.get_mut(&index) {
                    known.roles.extend(roles);
                }
            }
        }
        Ok(found)
    }

    async fn roles_by_cpr(&self, run: &[CprIndex]) -> Result<Vec<(CprIndex, BTreeSet<Role>)>, StoreError> {
        let sql = format!(
            "SELECT v.cpr_index, r.roles FROM cpr_vault v JOIN accounts a ON a.person = v.person
             JOIN actors r ON r.account = a.id
             WHERE r.gone_at IS NULL AND r.roles <> '' AND v.cpr_index IN ({})",
            runs::places(1, run.len())
        );
        let rows: Vec<(Vec<u8>, String)> = on!(self.reading, db => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
            for index in run {
                query = query.bind(index.0.to_vec());
            }
            query.fetch_all(db).await
        })?;
        rows.into_iter()
            .map(|(index, roles)| {
                let index = index
                    .try_into()
                    .map_err(|_| StoreError::corrupt("cpr_vault.cpr_index"))?;
                let roles = read_roles(&roles).ok_or(StoreError::corrupt("actors.roles"))?;
                Ok((CprIndex(index), roles))
            })
            .collect()
    }

    async fn institution_and_version(
        &self,
        number: &InstitutionNumber,
    ) -> Result<Option<(i64, Institution)>, StoreError> {
        const SQL: &str = "SELECT version, name, cvr, legal_form FROM institutions WHERE number = $1";
        let row: Option<(i64, String, Option<String>, Option<String>)> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(number.as_str()).fetch_optional(db).await)?;
        Ok(row.map(|(version, name, cvr, legal_form)| {
            let institution = Institution {
                number: number.clone(),
                name,
                cvr,
                legal_form: legal_form.as_deref().and_then(LegalForm::parse),
            };
            (version, institution)
        }))
    }

    /// The latest import of this source at this institution that was applied.
    pub async fn last_import(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
    ) -> Result<Option<LastImport>, StoreError> {
        const SQL: &str = "SELECT import, sent_at, applied_at FROM import_sources
            WHERE institution = $1 AND source = $2";
        let row: Option<(String, i64, i64)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .fetch_optional(db)
            .await)?;
        row.map(|(import, sent_at, applied_at)| {
            Ok(LastImport {
                import: ImportId(uuid("import_sources.import", &import)?),
                sent_at: timestamp("import_sources.sent_at", sent_at)?,
                applied_at: timestamp("import_sources.applied_at", applied_at)?,
            })
        })
        .transpose()
    }

    async fn present_actors(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
        now: Timestamp,
    ) -> Result<Vec<PresentActor>, StoreError> {
        const SQL: &str = concat!(
            "SELECT r.id, r.account, r.actor_group, r.local_id, r.contact_id, r.roles, r.level,
                r.stage_since, r.gone_at, p.id AS person, p.given_name, p.family_name, p.protected,
                p.birth_date, p.number_kind, v.cpr_index, n.mark, ",
            named_here!(),
            ", ",
            said_elsewhere!(),
            " FROM actors r JOIN accounts a ON a.id = r.account JOIN people p ON p.id = a.person
            LEFT JOIN cpr_vault v ON v.person = p.id
            LEFT JOIN replacement_numbers n ON n.person = p.id
            WHERE r.institution = $1 AND r.source = $2 ORDER BY r.id"
        );
        const MEMBERSHIPS: &str = "SELECT m.actor, m.school_group FROM memberships m
            JOIN actors r ON r.id = m.actor WHERE r.institution = $1 AND r.source = $2";
        let rows: Vec<ActorRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        let pairs: Vec<(String, String)> = on!(self.reading, db => sqlx::query_as(MEMBERSHIPS)
            .bind(institution.as_str())
            .bind(source.as_str())
            .fetch_all(db)
            .await)?;
        let mut memberships: HashMap<ActorId, BTreeSet<GroupId>> = HashMap::new();
        for (actor, group) in pairs {
            let actor = ActorId(uuid("memberships.actor", &actor)?);
            let group = GroupId(uuid("memberships.school_group", &group)?);
            memberships.entry(actor).or_default().insert(group);
        }
        rows.into_iter()
            .map(|row| {
                let mut actor = PresentActor::try_from(row)?;
                actor.memberships = memberships.remove(&actor.id).unwrap_or_default();
                Ok(actor)
            })
            .collect()
    }

    async fn present_groups(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
    ) -> Result<Vec<PresentGroup>, StoreError> {
        const SQL: &str = "SELECT id, local_id, name, kind, level, line, active_from, active_until, gone_at
            FROM school_groups WHERE institution = $1 AND source = $2 ORDER BY id";
        let rows: Vec<GroupRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(PresentGroup::try_from).collect()
    }

    async fn present_contacts(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
    ) -> Result<Vec<Contact>, StoreError> {
        const SQL: &str = "SELECT c.pupil, c.adult, c.relation, c.custody FROM contacts c
            JOIN actors r ON r.id = c.pupil WHERE r.institution = $1 AND r.source = $2
            ORDER BY c.pupil, c.adult";
        let rows: Vec<(String, String, String, bool)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .fetch_all(db)
            .await)?;
        rows.into_iter()
            .map(|(pupil, adult, relation, custody)| {
                Ok(Contact {
                    pupil: ActorId(uuid("contacts.pupil", &pupil)?),
                    adult: ActorId(uuid("contacts.adult", &adult)?),
                    relation: Relation::parse(&relation).ok_or(StoreError::corrupt("contacts.relation"))?,
                    custody,
                })
            })
            .collect()
    }
}
