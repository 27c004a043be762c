//! What programs are told, as JSON. Never a CPR number, and of a protected person the alias alone.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::problem::why_word;
use crate::domain::import::{ImportFinding, ImportRecord};
use crate::people::admin_desk::{CodeRow, ImportShown, Obstacle, PersonHere, Reading, Why};
use crate::people::import::finding::said;
use crate::people::import::reason;
use crate::people::import::shown::{Shown, Standing};
use crate::store::administrators::Administrator;
use crate::store::desk::{Affiliation, GroupHere, SecretState};
use crate::store::refusals::RefusedLogin;
use crate::store::search::FoundActor;
use crate::texts::Words;

/// Several, each told in the same way.
pub(super) fn list<T>(all: &[T], one: impl FnMut(&T) -> Value) -> Value {
    all.iter().map(one).collect()
}

fn moment(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

pub(super) fn class(one: &GroupHere) -> Value {
    json!({ "id": one.id.0, "name": one.name, "pupils": one.pupils })
}

pub(super) fn administrator(one: &Administrator, can_come: bool) -> Value {
    json!({
        "given_name": one.given_name,
        "family_name": one.family_name,
        "user_name": one.user_name.as_str(),
        "since": one.given_at.to_string(),
        "can_come": can_come,
    })
}

pub(super) fn code_row(row: &CodeRow) -> Value {
    let reading = row.reading.as_ref();
    code(&row.who, reading.ok_or(row.why))
}

/// A code as it is handed out, or why there is none.
pub(super) fn code(who: &Affiliation, reading: Result<&Reading, Option<Why>>) -> Value {
    let (reading, why) = match reading {
        Ok(reading) => (Some(reading), None),
        Err(why) => (None, why),
    };
    json!({
        "id": who.actor.0,
        "given_name": who.person.given_name,
        "family_name": who.person.family_name,
        "user_name": who.shown_user_name(),
        "code": reading.map(|reading| reading.code.as_str()),
        "good_until": moment(reading.map(|reading| reading.until)),
        "none_because": why.map(why_word),
    })
}

const fn secret(state: SecretState) -> &'static str {
    match state {
        SecretState::None => "none",
        SecretState::Readable(_) => "code-readable",
        SecretState::Handed(_) => "code-handed",
        SecretState::RanOut(_) => "code-ran-out",
        SecretState::Replaced(_) => "replaced",
        SecretState::ReplacedRanOut(_) => "replaced-ran-out",
        SecretState::Own => "own",
        SecretState::Dead(_) => "dead",
    }
}

pub(super) fn found(one: &FoundActor) -> Value {
    json!({
        "id": one.actor.0,
        "given_name": one.given_name,
        "family_name": one.family_name,
        "protected": (!one.hidden).then_some(one.protected),
        "user_name": one.shown_user_name(),
        "uni_id": one.shown_uni_id(),
        "group": one.group.as_str(),
        "source": one.source,
        "local_id": one.local_id,
        "gone_at": moment(one.gone_at),
        "blocked": (!one.hidden).then_some(one.blocked),
    })
}

pub(super) fn affiliation(one: &Affiliation) -> Value {
    let roles: Vec<_> = one.roles.iter().map(|role| role.as_str()).collect();
    json!({
        "id": one.actor.0,
        "given_name": one.person.given_name,
        "family_name": one.person.family_name,
        "user_name": one.shown_user_name(),
        "uni_id": one.shown_uni_id(),
        "group": one.group.as_str(),
        "roles": roles,
        "source": one.source,
        "local_id": one.local_id,
        "by_hand": one.is_by_hand(),
        "secret": one.secret.map(secret),
        "from": moment(one.from),
        "until": moment(one.until),
        "gone_at": moment(one.gone_at),
    })
}

pub(super) fn person(known: &PersonHere) -> Value {
    let groups: Vec<_> = known.groups.iter().map(|group| group.name.as_str()).collect();
    let affiliations: Vec<_> = known.affiliations.iter().map(affiliation).collect();
    let obstacles: Vec<_> = known.obstacles.iter().map(obstacle).collect();
    let refused: Vec<_> = known.refused.iter().map(refusal).collect();
    // Of whom nobody has confirmed, nothing of person and account is told (K01).
    let is_told = !known.asked.hidden;
    json!({
        "id": known.asked.actor.0,
        "confirmed": is_told,
        "given_name": known.asked.person.given_name,
        "family_name": known.asked.person.family_name,
        "protected": is_told.then_some(known.asked.person.protected),
        "user_name": known.asked.shown_user_name(),
        "uni_id": known.asked.shown_uni_id(),
        "level": known.level(),
        "groups": groups,
        "rule_set": known.rule.as_ref().map(|(set, _)| set.rule.word()),
        "elsewhere_too": is_told.then_some(known.is_elsewhere),
        "affiliations": affiliations,
        "cannot_log_in": obstacles,
        "refused_logins": refused,
    })
}

fn obstacle(one: &Obstacle) -> Value {
    let (what, at) = match one {
        Obstacle::NotConfirmed => ("not-confirmed", None),
        Obstacle::Blocked { through_broker: true } => ("blocked", None),
        Obstacle::Blocked {
            through_broker: false,
        } => ("blocked-from-central-login", None),
        Obstacle::BlockedByOperators => ("blocked-by-operators", None),
        Obstacle::Ended(at) => ("ended", Some(*at)),
        Obstacle::NotBegun(at) => ("not-begun", Some(*at)),
        Obstacle::NoCode => ("no-code-yet", None),
        Obstacle::NoWayIn => ("no-way-in", None),
        Obstacle::CodeWaits(at) => ("code-waits", Some(*at)),
        Obstacle::CodeRanOut(at) | Obstacle::OthersCodeRanOut(at) => ("code-ran-out", Some(*at)),
        Obstacle::PasswordDead(at) => ("password-dead", Some(*at)),
    };
    json!({ "what": what, "at": moment(at) })
}

fn refusal(one: &RefusedLogin) -> Value {
    json!({
        "at": one.at.to_string(),
        "code": one.code,
        "service": one.service,
        "upstream": one.upstream,
        "reference": one.id,
    })
}

pub(super) fn import(record: &ImportRecord, words: &Words<'_>) -> Value {
    let reasons: Vec<_> = record
        .reasons
        .iter()
        .map(|one| reason::said(one, words))
        .collect();
    json!({
        "id": record.id,
        "source": record.source.as_str(),
        "kind": record.kind.word(),
        "sent_at": record.sent_at.to_string(),
        "received_at": record.received_at.to_string(),
        "delivered_by": record.delivered_by,
        "state": record.state.word(),
        "counts": record.counts,
        "reasons": reasons,
    })
}

pub(super) fn whole_import(import: &ImportShown, words: &Words<'_>) -> Value {
    let findings = list(&import.findings, |one| finding(one, words));
    let people = list(&import.shown, |one| standing(one, words));
    let mut told = self::import(&import.record, words);
    if let Some(told) = told.as_object_mut() {
        told.insert("findings".to_owned(), findings);
        told.insert("people".to_owned(), people);
    }
    told
}

/// Whether somebody is in the latest import of the source.
fn standing(one: &Shown, words: &Words<'_>) -> Value {
    let (word, refused) = match &one.standing {
        Standing::Present => ("present", None),
        Standing::Gone => ("gone", None),
        Standing::Refused(why) => ("refused", Some(why)),
        Standing::Unknown => ("unknown", None),
    };
    json!({
        "local_id": one.local_id,
        "id": one.actor.as_ref().map(|known| known.actor.0),
        "standing": word,
        "finding": refused.map(|why| finding(why, words)),
    })
}

fn finding(one: &ImportFinding, words: &Words<'_>) -> Value {
    let told = said(one, words);
    json!({
        "file": one.file,
        "line": one.line,
        "subject": one.subject,
        "code": one.code,
        "values": one.values,
        "what": told.what,
        "remedy": told.mend,
        "row_refused": one.refused,
    })
}
