//! The rows of an import, table by table, in an order that leaves no row pointing nowhere.

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::{Changes, Here};
use crate::domain::account::AccountId;
use crate::domain::actor::ActorId;
use crate::domain::civil_number::CivilNumberKind;
use crate::domain::history::HistoryEntry;
use crate::domain::import::{ImportId, SourceName};
use crate::domain::search_word;
use crate::domain::stage::Level;
use crate::store::locks::lock_accounts_of;
use crate::store::people::written_roles;
use crate::store::row::row;
use crate::store::unconfirmed::FORGOTTEN_AFTER;
use crate::store::{StoreError, Tx, cpr_uuids, millis, protections, runs, within};

/// Writes rows in runs: the statement up to its values, what each row binds, and the rest.
macro_rules! put {
    ($tx:expr, $rows:expr, $before:expr, |$values:ident, $row:pat_param| $push:expr, $after:expr) => {
        for run in runs::of($rows) {
            within!(*$tx, db => {
                let mut query = QueryBuilder::new($before);
                query.push_values(run, |mut $values, $row| {
                    $push;
                });
                query.push($after);
                query.build().execute(&mut *db).await?;
            });
        }
    };
}

/// Writes all of it.
pub(super) async fn changes(tx: &mut Tx, here: &Here<'_>, changes: &Changes) -> Result<(), StoreError> {
    people(tx, here, changes).await?;
    protections::put(tx, here, &changes.protections).await?;
    cpr_uuids::forget_ways_in(tx, &changes.renumbered, here.now).await?;
    numbers(tx, changes).await?;
    accounts(tx, changes).await?;
    groups(tx, here, changes).await?;
    actors(tx, here, changes).await?;
    leave(tx, here, changes).await?;
    relations(tx, changes).await?;
    open_and_close(tx, here, changes).await?;
    words(tx, changes).await?;
    history(tx, &changes.history).await
}

async fn people(tx: &mut Tx, here: &Here<'_>, changes: &Changes) -> Result<(), StoreError> {
    put!(
        tx,
        &changes.people,
        "INSERT INTO people (id, given_name, family_name, protected, birth_date, number_kind,
            named_institution, named_source) ",
        |values, new| values
            .push_bind(new.named.person.0.to_string())
            .push_bind(new.named.given_name.clone())
            .push_bind(new.named.family_name.clone())
            .push_bind(new.named.protected)
            .push_bind(new.birth_date.map(|date| date.to_string()))
            .push_bind(new.number_kind.map(CivilNumberKind::as_str))
            .push_bind(here.institution.as_str().to_owned())
            .push_bind(here.source.as_str().to_owned()),
        ""
    );
    put!(
        tx,
        &changes.names,
        "UPDATE people SET given_name = v.column2, family_name = v.column3, protected = v.column4,
            named_institution = CASE WHEN v.column7 THEN v.column5 ELSE named_institution END,
            named_source = CASE WHEN v.column7 THEN v.column6 ELSE named_source END FROM (",
        |values, named| values
            .push_bind(named.person.0.to_string())
            .push_bind(named.given_name.clone())
            .push_bind(named.family_name.clone())
            .push_bind(named.protected)
            .push_bind(here.institution.as_str().to_owned())
            .push_bind(here.source.as_str().to_owned())
            .push_bind(named.by_source),
        ") AS v WHERE people.id = v.column1"
    );
    put!(
        tx,
        &changes.details,
        "UPDATE people SET birth_date = v.column2, number_kind = v.column3 FROM (",
        |values, (person, birth_date, kind)| values
            .push_bind(person.0.to_string())
            .push_bind(birth_date.map(|date| date.to_string()))
            .push_bind(kind.map(CivilNumberKind::as_str)),
        ") AS v WHERE people.id = v.column1"
    );
    Ok(())
}

async fn numbers(tx: &mut Tx, changes: &Changes) -> Result<(), StoreError> {
    put!(
        tx,
        &changes.cprs,
        "INSERT INTO cpr_vault (person, sealed, cpr_index) ",
        |values, (person, sealed, index)| values
            .push_bind(person.0.to_string())
            .push_bind(sealed.as_bytes().to_vec())
            .push_bind(index.0.to_vec()),
        " ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed, cpr_index = excluded.cpr_index"
    );
    put!(
        tx,
        &changes.replacements,
        "INSERT INTO replacement_numbers (person, sealed, mark) ",
        |values, (person, number)| values
            .push_bind(person.0.to_string())
            .push_bind(number.sealed.clone())
            .push_bind(number.mark.to_vec()),
        " ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed, mark = excluded.mark"
    );
    put!(
        tx,
        &changes.replacements_gone,
        "DELETE FROM replacement_numbers WHERE person IN (",
        |values, person| values.push_bind(person.0.to_string()),
        ")"
    );
    Ok(())
}

async fn accounts(tx: &mut Tx, changes: &Changes) -> Result<(), StoreError> {
    put!(
        tx,
        &changes.accounts,
        "INSERT INTO accounts (id, person, user_name, uni_id, cpr_identified, blocked) ",
        |values, account| values
            .push_bind(account.id.0.to_string())
            .push_bind(account.person.0.to_string())
            .push_bind(account.user_name.as_str().to_owned())
            .push_bind(account.uni_id.as_str().to_owned())
            .push_bind(account.cpr_identified)
            .push_bind(account.blocked),
        ""
    );
    put!(
        tx,
        &changes.identified,
        "UPDATE accounts SET cpr_identified = (1 = 1) WHERE id IN (",
        |values, account| values.push_bind(account.0.to_string()),
        ")"
    );
    Ok(())
}

async fn groups(tx: &mut Tx, here: &Here<'_>, changes: &Changes) -> Result<(), StoreError> {
    put!(
        tx,
        &changes.groups,
        "INSERT INTO school_groups (id, institution, source, local_id, name, kind, level, line,
            active_from, active_until) ",
        |values, group| values
            .push_bind(group.id.0.to_string())
            .push_bind(here.institution.as_str().to_owned())
            .push_bind(here.source.as_str().to_owned())
            .push_bind(group.local_id.clone())
            .push_bind(group.name.clone())
            .push_bind(group.kind.as_str())
            .push_bind(group.level.map(Level::as_text))
            .push_bind(group.line.clone())
            .push_bind(group.from.map(millis))
            .push_bind(group.until.map(millis)),
        " ON CONFLICT (id) DO UPDATE SET source = excluded.source, local_id = excluded.local_id,
            name = excluded.name, kind = excluded.kind, level = excluded.level, line = excluded.line,
            active_from = excluded.active_from, active_until = excluded.active_until, gone_at = NULL"
    );
    for run in runs::of(&changes.groups_gone) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new("UPDATE school_groups SET gone_at = ");
            query.push_bind(millis(here.now)).push(" WHERE gone_at IS NULL AND id IN (");
            query.push_values(run, |mut values, group| {
                values.push_bind(group.0.to_string());
            });
            query.push(")").build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

// The statement below spells it in milliseconds.
const _: () = assert!(FORGOTTEN_AFTER.as_secs() == 604_800);

/// An affiliation that comes back within [`FORGOTTEN_AFTER`] waits to be confirmed if it did before.
async fn actors(tx: &mut Tx, here: &Here<'_>, changes: &Changes) -> Result<(), StoreError> {
    put!(
        tx,
        &changes.actors,
        "INSERT INTO actors (id, account, actor_group, institution, source, local_id, contact_id, roles,
            level, stage_since, since, unconfirmed_since) ",
        |values, actor| values
            .push_bind(actor.id.0.to_string())
            .push_bind(actor.account.0.to_string())
            .push_bind(actor.group.as_str())
            .push_bind(here.institution.as_str().to_owned())
            .push_bind(here.source.as_str().to_owned())
            .push_bind(actor.local_id.clone())
            .push_bind(actor.contact_id.clone())
            .push_bind(written_roles(&actor.roles))
            .push_bind(actor.level.map(Level::as_text))
            .push_bind(actor.stage_since.map(millis))
            .push_bind(millis(here.now))
            .push_bind(actor.unconfirmed.then(|| millis(here.now))),
        " ON CONFLICT (id) DO UPDATE SET actor_group = excluded.actor_group, source = excluded.source,
            local_id = excluded.local_id, contact_id = excluded.contact_id, roles = excluded.roles,
            level = excluded.level, stage_since = excluded.stage_since, active_until = NULL,
            unconfirmed_since = CASE WHEN actors.gone_at IS NULL
                OR excluded.since - actors.gone_at < 604800000 THEN actors.unconfirmed_since
                ELSE excluded.unconfirmed_since END,
            vouched_by = CASE WHEN actors.gone_at IS NULL THEN actors.vouched_by END,
            gone_at = NULL"
    );
    Ok(())
}

/// Ends affiliations at once; whatever belongs to them stays until the grace is over.
async fn leave(tx: &mut Tx, here: &Here<'_>, changes: &Changes) -> Result<(), StoreError> {
    for run in runs::of(&changes.gone) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new("UPDATE actors SET gone_at = ");
            query.push_bind(millis(here.now)).push(", active_until = ");
            query.push_bind(millis(here.now)).push(" WHERE gone_at IS NULL AND id IN (");
            query.push_values(run, |mut values, actor| {
                values.push_bind(actor.0.to_string());
            });
            query.push(")").build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

async fn relations(tx: &mut Tx, changes: &Changes) -> Result<(), StoreError> {
    let pair = |one: ActorId| one.0.to_string();
    put!(
        tx,
        &changes.parted,
        "DELETE FROM memberships WHERE (actor, school_group) IN (",
        |values, (actor, group)| values.push_bind(pair(*actor)).push_bind(group.0.to_string()),
        ")"
    );
    put!(
        tx,
        &changes.joined,
        "INSERT INTO memberships (actor, school_group) ",
        |values, (actor, group)| values.push_bind(pair(*actor)).push_bind(group.0.to_string()),
        " ON CONFLICT DO NOTHING"
    );
    put!(
        tx,
        &changes.contacts_gone,
        "DELETE FROM contacts WHERE (pupil, adult) IN (",
        |values, (pupil, adult)| values.push_bind(pair(*pupil)).push_bind(pair(*adult)),
        ")"
    );
    put!(
        tx,
        &changes.contacts,
        "INSERT INTO contacts (pupil, adult, relation, custody) ",
        |values, contact| values
            .push_bind(pair(contact.pupil))
            .push_bind(pair(contact.adult))
            .push_bind(contact.relation.as_str())
            .push_bind(contact.custody),
        " ON CONFLICT (pupil, adult) DO UPDATE SET relation = excluded.relation, custody = excluded.custody"
    );
    Ok(())
}

/// An account is open as long as anything of it is active, at this institution or another.
async fn open_and_close(tx: &mut Tx, here: &Here<'_>, changes: &Changes) -> Result<(), StoreError> {
    let opened: Vec<AccountId> = changes.actors.iter().map(|actor| actor.account).collect();
    put!(
        tx,
        &opened,
        "UPDATE accounts SET closed_at = NULL WHERE closed_at IS NOT NULL AND id IN (",
        |values, account| values.push_bind(account.0.to_string()),
        ")"
    );
    close_idle(tx, here.now, &changes.gone).await
}

/// Closes the accounts of affiliations that ended, where nothing of them is active any more, and
/// ends their sessions: access ends at once.
pub(in crate::store) async fn close_idle(
    tx: &mut Tx,
    now: Timestamp,
    gone: &[ActorId],
) -> Result<(), StoreError> {
    let now = millis(now);
    // Whoever gives them an affiliation at this moment is waited for.
    lock_accounts_of(tx, gone).await?;
    for run in runs::of(gone) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new("UPDATE accounts SET closed_at = ");
            query.push_bind(now).push(
                " WHERE closed_at IS NULL AND id IN (SELECT r.account FROM actors r WHERE r.id IN (",
            );
            query.push_values(run, |mut values, actor| {
                values.push_bind(actor.0.to_string());
            });
            query.push(")) AND NOT EXISTS (SELECT 1 FROM actors o WHERE o.account = accounts.id
                AND (o.active_until IS NULL OR o.active_until > ");
            query.push_bind(now).push("))").build().execute(&mut *db).await?;

            let mut query = QueryBuilder::new("UPDATE sessions SET ended_at = ");
            query.push_bind(now).push(
                " WHERE ended_at IS NULL AND person IN (SELECT a.person FROM actors r
                    JOIN accounts a ON a.id = r.account WHERE r.id IN (",
            );
            query.push_values(run, |mut values, actor| {
                values.push_bind(actor.0.to_string());
            });
            query.push(")) AND account IN (SELECT id FROM accounts WHERE closed_at = ");
            query.push_bind(now).push(")").build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

/// Somebody who is called otherwise is found otherwise, wherever they are.
async fn words(tx: &mut Tx, changes: &Changes) -> Result<(), StoreError> {
    for run in runs::of(&changes.names) {
        let ids: Vec<String> = run.iter().map(|named| named.person.0.to_string()).collect();
        words_of(tx, "p.id", &ids).await?;
    }
    for run in runs::of(&changes.found_anew) {
        let ids: Vec<String> = run.iter().map(|actor| actor.0.to_string()).collect();
        words_of(tx, "r.id", &ids).await?;
    }
    Ok(())
}

/// An affiliation is found by its words from now on.
pub(in crate::store) async fn words_of_actor(tx: &mut Tx, actor: ActorId) -> Result<(), StoreError> {
    words_of(tx, "r.id", &[actor.0.to_string()]).await
}

async fn words_of(tx: &mut Tx, column: &'static str, ids: &[String]) -> Result<(), StoreError> {
    let rows: Vec<FoundByRow> = within!(*tx, db => {
        let mut query = QueryBuilder::new(
            "SELECT r.id, r.institution, r.local_id, r.contact_id, r.written_as, a.user_name, p.given_name, p.family_name
             FROM actors r JOIN accounts a ON a.id = r.account JOIN people p ON p.id = a.person WHERE ",
        );
        query.push(column).push(" IN (");
        query.push_values(ids, |mut values, id| {
            values.push_bind(id.clone());
        });
        query.push(")").build_query_as().fetch_all(&mut *db).await
    })?;
    put!(
        tx,
        &rows,
        "DELETE FROM search_words WHERE actor IN (",
        |values, row| values.push_bind(row.id.clone()),
        ")"
    );
    let found_by: Vec<(&FoundByRow, String)> = rows
        .iter()
        .flat_map(|row| {
            let names = [
                row.given_name.as_str(),
                row.family_name.as_str(),
                row.user_name.as_str(),
            ];
            let ids = [&row.local_id, &row.contact_id, &row.written_as].map(Option::as_deref);
            let words = search_word::words(names.into_iter().chain(ids.into_iter().flatten()));
            words.into_iter().map(move |word| (row, word))
        })
        .collect();
    put!(
        tx,
        &found_by,
        "INSERT INTO search_words (institution, word, actor) ",
        |values, (row, word)| values
            .push_bind(row.institution.clone())
            .push_bind(word.as_bytes().to_vec())
            .push_bind(row.id.clone()),
        ""
    );
    Ok(())
}

row! {
    struct FoundByRow {
        id: String,
        institution: String,
        local_id: Option<String>,
        contact_id: Option<String>,
        written_as: Option<String>,
        user_name: String,
        given_name: String,
        family_name: String,
    }
}

pub(in crate::store) async fn history(tx: &mut Tx, entries: &[HistoryEntry]) -> Result<(), StoreError> {
    put!(
        tx,
        entries,
        "INSERT INTO people_history (id, person, actor, institution, source, import, at, what, detail) ",
        |values, entry| values
            .push_bind(entry.id.to_string())
            .push_bind(entry.person.0.to_string())
            .push_bind(entry.actor.map(|actor| actor.0.to_string()))
            .push_bind(
                entry
                    .institution
                    .as_ref()
                    .map(|number| number.as_str().to_owned())
            )
            .push_bind(
                entry
                    .source
                    .as_ref()
                    .map(|source: &SourceName| source.as_str().to_owned())
            )
            .push_bind(entry.import.map(|import: ImportId| import.to_string()))
            .push_bind(millis(entry.at))
            .push_bind(entry.what.word())
            .push_bind(entry.detail.clone()),
        ""
    );
    Ok(())
}
