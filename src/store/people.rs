//! Writing the directory: a person with accounts and roles goes in as one, or not at all.
//!
//! Writes say what holds from now on, so that the same directory can be loaded again and
//! again. Accounts are never deleted here: a UNI-ID is for life.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::cpr_uuids::forget_ways_in;
use super::protections::put_by_hand;
use super::{Store, StoreError, Tx, millis, on, sha256, uuid, within};
use crate::domain::account::{Account, Person, PersonId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::cpr::CprIndex;
use crate::domain::group::GroupKind;
use crate::domain::institution::{Institution, InstitutionNumber, LegalForm};
use crate::domain::role::Role;
use crate::domain::search_word::words;
use crate::domain::stage::Level;
use crate::keys::vault::SealedCpr;

/// A person as the directory is to know them.
#[derive(Debug, Clone)]
pub struct PersonEntry {
    /// The person as the directory is to have them.
    pub person: Person,
    /// The CPR number, sealed for the vault and indexed; `None` takes a known one away.
    pub cpr: Option<(SealedCpr, CprIndex)>,
    /// Their accounts, each with what it is where.
    pub accounts: Vec<(Account, Vec<ActorEntry>)>,
}

/// One role of an account, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorEntry {
    /// The affiliation.
    pub id: ActorId,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// Where; must be in the directory.
    pub institution: InstitutionNumber,
    /// What they do there, more closely; all of the group.
    pub roles: BTreeSet<Role>,
    /// How far a pupil has come.
    pub level: Option<Level>,
    /// Since when a pupil is at the present stage.
    pub stage_since: Option<Timestamp>,
    /// The classes that it is a member of, by the institution's own names for them.
    pub classes: Vec<String>,
    /// Active from this moment; `None`: always was.
    pub from: Option<Timestamp>,
    /// Active until just before this moment; `None`: for good.
    pub until: Option<Timestamp>,
}

impl Store {
    /// Adds an institution or renames it.
    pub async fn put_institution(&self, institution: &Institution) -> Result<(), StoreError> {
        let mut tx = self.writing.begin().await?;
        put_institution(&mut tx, institution).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the directory knows the institution.
    pub async fn has_institution(&self, number: &InstitutionNumber) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM institutions WHERE number = $1";
        let count: i64 = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(number.as_str()).fetch_one(db).await)?;
        Ok(count > 0)
    }

    /// Adds or replaces a person, in one transaction. Roles that an account had before and
    /// that are not in the entry are gone, unless a school's system tells of them or an administrator
    /// has written them; accounts that are not in it stay as they were, and so do blocks.
    pub async fn put_person(&self, entry: &PersonEntry) -> Result<(), StoreError> {
        let mut tx = self.writing.begin().await?;
        put_person(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Sealed CPR numbers in the order of their people, from just after `after`, at most `limit`.
    pub async fn sealed_cprs_after(
        &self,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<(PersonId, SealedCpr)>, StoreError> {
        const SQL: &str = "SELECT person, sealed FROM cpr_vault WHERE person > $1 ORDER BY person LIMIT $2";
        let after = after.map_or_else(String::new, |person| person.0.to_string());
        let rows: Vec<(String, Vec<u8>)> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(after).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(person, sealed)| {
                let person = PersonId(uuid("cpr_vault.person", &person)?);
                Ok((person, SealedCpr::from_bytes(sealed)))
            })
            .collect()
    }

    /// Puts `new` in the place of `old`. Does nothing where that has changed in the meantime; says
    /// whether it did something.
    pub async fn reseal_cpr(
        &self,
        person: PersonId,
        old: &SealedCpr,
        new: &SealedCpr,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE cpr_vault SET sealed = $3 WHERE person = $1 AND sealed = $2";
        let changed = on!(self.writing, db => sqlx::query(SQL)
            .bind(person.0.to_string())
            .bind(old.as_bytes())
            .bind(new.as_bytes())
            .execute(db)
            .await?
            .rows_affected());
        Ok(changed > 0)
    }
}

/// Adds an institution or renames it, as part of something larger.
pub(super) async fn put_institution(tx: &mut Tx, institution: &Institution) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO institutions (number, name, cvr, legal_form) VALUES ($1, $2, $3, $4)
        ON CONFLICT (number) DO UPDATE SET name = excluded.name, cvr = excluded.cvr,
        legal_form = excluded.legal_form";
    within!(*tx, db => sqlx::query(SQL)
        .bind(institution.number.as_str())
        .bind(&institution.name)
        .bind(&institution.cvr)
        .bind(institution.legal_form.map(LegalForm::word))
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}

/// Adds or replaces a person, as part of something larger.
pub(super) async fn put_person(tx: &mut Tx, entry: &PersonEntry) -> Result<(), StoreError> {
    const PERSON: &str = "INSERT INTO people (id, given_name, family_name, protected)
            VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET given_name = excluded.given_name,
            family_name = excluded.family_name, protected = excluded.protected
            WHERE excluded.protected OR NOT EXISTS (SELECT 1 FROM protections t
                JOIN accounts a ON a.person = t.person JOIN actors r ON r.account = a.id
                WHERE t.person = excluded.id AND r.institution = t.institution AND r.source = t.source
                AND r.gone_at IS NULL)";
    within!(*tx, db => sqlx::query(PERSON)
        .bind(entry.person.id.0.to_string())
        .bind(&entry.person.given_name)
        .bind(&entry.person.family_name)
        .bind(entry.person.protected)
        .execute(&mut *db)
        .await
        .map(drop))?;
    put_by_hand(tx, entry.person.id, entry.person.protected).await?;
    put_number(tx, entry).await?;
    for (account, actors) in &entry.accounts {
        put_account(tx, entry, account, actors).await?;
    }
    Ok(())
}

/// The CPR number; whoever came in by another one comes in by that no more.
async fn put_number(tx: &mut Tx, entry: &PersonEntry) -> Result<(), StoreError> {
    const OTHER_CPR: &str = "SELECT COUNT(*) FROM cpr_vault WHERE person = $1 AND cpr_index <> $2";
    const FORGET_CPR: &str = "DELETE FROM cpr_vault WHERE person = $1";
    const CPR: &str = "INSERT INTO cpr_vault (person, sealed, cpr_index) VALUES ($1, $2, $3)";
    let person = entry.person.id.0.to_string();
    let index = entry
        .cpr
        .as_ref()
        .map_or(&[][..], |(_, index)| index.0.as_slice());
    let others: i64 = within!(*tx, db => sqlx::query_scalar(OTHER_CPR)
        .bind(&person)
        .bind(index)
        .fetch_one(&mut *db)
        .await)?;
    if others > 0 {
        // Whenever that was: it is over.
        forget_ways_in(tx, &[entry.person.id], Timestamp::UNIX_EPOCH).await?;
    }
    within!(*tx, db => {
        sqlx::query(FORGET_CPR).bind(&person).execute(&mut *db).await?;
        if let Some((sealed, index)) = &entry.cpr {
            sqlx::query(CPR)
                .bind(&person)
                .bind(sealed.as_bytes())
                .bind(index.0.as_slice())
                .execute(&mut *db)
                .await?;
        }
    });
    Ok(())
}

/// A user name with what it is used as: what was written by hand before is replaced.
async fn put_account(
    tx: &mut Tx,
    entry: &PersonEntry,
    account: &Account,
    actors: &[ActorEntry],
) -> Result<(), StoreError> {
    const ACCOUNT: &str = "INSERT INTO accounts (id, person, user_name, uni_id, cpr_identified, blocked,
            operators_block) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (id) DO UPDATE SET person = excluded.person,
            user_name = excluded.user_name, uni_id = excluded.uni_id,
            cpr_identified = excluded.cpr_identified,
            operators_block = excluded.operators_block, blocked = excluded.blocked OR EXISTS (SELECT 1
            FROM account_blocks b WHERE b.account = accounts.id AND b.through_broker)";
    const FORGET_ACTORS: &str = "DELETE FROM actors WHERE account = $1 AND source IS NULL
            AND added_by IS NULL";
    // Whoever is written here again as active is not closed any more.
    const OPEN: &str = "UPDATE accounts SET closed_at = NULL WHERE id = $1 AND closed_at IS NOT NULL
            AND EXISTS (SELECT 1 FROM actors r WHERE r.account = accounts.id AND r.source IS NULL
                AND (r.active_until IS NULL OR r.active_until > accounts.closed_at))";
    let id = account.id.0.to_string();
    within!(*tx, db => {
        sqlx::query(ACCOUNT)
            .bind(&id)
            .bind(entry.person.id.0.to_string())
            .bind(account.user_name.as_str())
            .bind(account.uni_id.as_str())
            .bind(account.cpr_identified)
            .bind(account.blocked)
            .execute(&mut *db)
            .await?;
        sqlx::query(FORGET_ACTORS).bind(&id).execute(&mut *db).await?;
    });
    for actor in actors {
        put_actor(tx, (&entry.person, account), actor).await?;
    }
    within!(*tx, db => sqlx::query(OPEN).bind(&id).execute(&mut *db).await.map(drop))?;
    Ok(())
}

/// An affiliation, with its classes and what it is found by.
async fn put_actor(
    tx: &mut Tx,
    (person, account): (&Person, &Account),
    actor: &ActorEntry,
) -> Result<(), StoreError> {
    const ACTOR: &str =
        "INSERT INTO actors (id, account, actor_group, institution, active_from, active_until,
            roles, level, stage_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    const CLASS: &str = "INSERT INTO school_groups (id, institution, source, local_id, name, kind)
            VALUES ($1, $2, '', $3, $3, $4) ON CONFLICT (institution, source, local_id) DO UPDATE
            SET gone_at = NULL";
    const MEMBER: &str = "INSERT INTO memberships (actor, school_group)
            SELECT $1, id FROM school_groups WHERE institution = $2 AND source = '' AND local_id = $3
            ON CONFLICT (actor, school_group) DO NOTHING";
    const WORD: &str = "INSERT INTO search_words (institution, word, actor) VALUES ($1, $2, $3)";
    within!(*tx, db => {
        sqlx::query(ACTOR)
            .bind(actor.id.0.to_string())
            .bind(account.id.0.to_string())
            .bind(actor.group.as_str())
            .bind(actor.institution.as_str())
            .bind(actor.from.map(millis))
            .bind(actor.until.map(millis))
            .bind(written_roles(&actor.roles))
            .bind(actor.level.map(Level::as_text))
            .bind(actor.stage_since.map(millis))
            .execute(&mut *db)
            .await?;
        for class in &actor.classes {
            sqlx::query(CLASS)
                .bind(class_id(&actor.institution, class).to_string())
                .bind(actor.institution.as_str())
                .bind(class)
                .bind(GroupKind::Hovedgruppe.as_str())
                .execute(&mut *db)
                .await?;
            sqlx::query(MEMBER)
                .bind(actor.id.0.to_string())
                .bind(actor.institution.as_str())
                .bind(class)
                .execute(&mut *db)
                .await?;
        }
        let found_by = [
            person.given_name.as_str(),
            person.family_name.as_str(),
            account.user_name.as_str(),
        ];
        for word in words(found_by) {
            sqlx::query(WORD)
                .bind(actor.institution.as_str())
                .bind(word.into_bytes())
                .bind(actor.id.0.to_string())
                .execute(&mut *db)
                .await?;
        }
    });
    Ok(())
}

/// The id of a class that somebody wrote here: it follows from where it is and what it is called.
fn class_id(institution: &InstitutionNumber, class: &str) -> Uuid {
    let hash = sha256(&[
        b"class\0",
        institution.as_str().as_bytes(),
        b"\0",
        class.as_bytes(),
    ]);
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Roles as the database has them: their words with commas between.
pub(super) fn written_roles(roles: &BTreeSet<Role>) -> String {
    let words: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    words.join(",")
}

/// The same back; nothing where one of them is none.
pub(super) fn read_roles(written: &str) -> Option<BTreeSet<Role>> {
    let words = written.split(',').filter(|word| !word.is_empty());
    words.map(Role::parse).collect()
}
