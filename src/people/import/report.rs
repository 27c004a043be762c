//! What deliveries and imports are told as in plain lines: on a terminal, and beside a file that was
//! taken from a folder.

use super::delivery::{Content, Delivery};
use super::finding;
use super::importer::Outcome;
use super::names::LocalId;
use super::overview::{Overview, told};
use super::reason::said;
use super::shown::{Shown, Standing};
use crate::domain::import::{Asked, ImportFinding, ImportRecord, ImportState, Reason};
use crate::texts::Words;

/// How many findings are told of.
const MOST: usize = 200;

/// What a file says by itself.
pub fn delivery(delivery: &Delivery, words: &Words<'_>) -> Vec<String> {
    let (what, people, groups) = match &delivery.content {
        Content::Whole(roster) => ("everybody", roster.people.len(), roster.groups.len()),
        Content::Changes(roster) => ("changes", roster.people.len(), roster.groups.len()),
        Content::Removals(removals) => ("removals", removals.people.len(), removals.groups.len()),
    };
    let mut lines = vec![format!(
        "institution {}, source {}, sent {}: {what}: {people} people, {groups} groups",
        delivery.institution.number, delivery.source, delivery.sent_at
    )];
    let all: Vec<ImportFinding> = delivery.findings.iter().map(|one| told(one, words)).collect();
    lines.extend(findings(&all, words));
    lines
}

/// What a plan would do.
pub fn overview(overview: &Overview, words: &Words<'_>) -> Vec<String> {
    let counts = &overview.counts;
    let mut lines = vec![
        format!(
            "people: {} added, {} changed, {} back, {} left, {} unchanged; {} rows refused",
            counts.added, counts.changed, counts.restored, counts.left, counts.unchanged, counts.refused
        ),
        format!(
            "adults: {} added, {} left; groups: {} put, {} left",
            counts.contacts_added, counts.contacts_left, counts.groups_put, counts.groups_left
        ),
    ];
    if counts.unconfirmed > 0 {
        lines.push(format!("waiting to be confirmed: {}", counts.unconfirmed));
    }
    lines.extend(overview.classes.iter().map(|class| {
        format!(
            "  class {}: {} -> {} pupils ({} new, {} moved in, {} moved out, {} left)",
            class.name, class.before, class.after, class.added, class.moved_in, class.moved_out, class.left
        )
    }));
    let gained = overview.roles_gained.iter();
    lines.extend(gained.map(|(role, by)| format!("  role {role}: gained by {by}")));
    if !overview.leaving.is_empty() {
        lines.push(format!("  leaving: {}", overview.leaving.join(", ")));
    }
    lines.extend(findings(&overview.findings, words));
    lines.extend(reasons(&overview.reasons, words));
    lines
}

/// What became of a delivery.
pub fn outcome(outcome: &Outcome, words: &Words<'_>) -> Vec<String> {
    let id = outcome.record.id;
    if outcome.again {
        return vec![format!("import {id} was applied before; nothing was changed")];
    }
    let mut lines = overview(&outcome.overview, words);
    match outcome.record.state {
        ImportState::Applied => lines.push(format!("applied as import {id}")),
        ImportState::Held => lines.push(format!(
            "held as import {id}: nothing was changed. Confirm with: portner import {} --confirm {id} --by NAME",
            operation(&outcome.record.asked)
        )),
        ImportState::Refused | ImportState::Overtaken | ImportState::Discarded => {
            lines.extend(reasons(&outcome.record.reasons, words));
            lines.push(format!("refused as import {id}: nothing was changed"));
        }
    }
    lines
}

/// The command that asks for the same, with a file.
pub fn operation(asked: &Asked) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    match asked {
        Asked {
            takes_over: Some(old),
            ..
        } => format!("change-source FILE --from {}", quoted(old.as_str())),
        Asked {
            reidentifies: Some(id),
            ..
        } => format!("reidentify FILE --local-id {}", quoted(id)),
        Asked { moves_in: true, .. } => "apply FILE --moving-in".to_owned(),
        Asked { .. } => "apply FILE".to_owned(),
    }
}

/// Why somebody is to look first, or why it was refused.
pub fn reasons(reasons: &[Reason], words: &Words<'_>) -> Vec<String> {
    let all = reasons.iter();
    all.map(|reason| format!("! {}", said(reason, words))).collect()
}

/// What is wrong with rows.
pub fn findings(findings: &[ImportFinding], words: &Words<'_>) -> Vec<String> {
    let first = findings.iter().take(MOST);
    let mut lines: Vec<String> = first
        .map(|finding| {
            let file = finding.file.as_ref().map(|file| format!("{file}, "));
            let line = finding.line.map_or_else(String::new, |line| {
                format!("{}line {line}: ", file.unwrap_or_default())
            });
            let subject = finding.subject.as_deref().unwrap_or("-");
            let said = finding::said(finding, words);
            format!("{line}{subject}: {} {}", said.what, said.mend)
        })
        .collect();
    if findings.len() > MOST {
        lines.push(format!("… and {} more", findings.len() - MOST));
    }
    lines
}

/// One import in one line.
pub fn one_line(record: &ImportRecord) -> String {
    let counts = &record.counts;
    let decided = record.decided_by.as_ref().map_or_else(String::new, |by| {
        let how = match record.state {
            ImportState::Discarded => "thrown away",
            _ => "confirmed",
        };
        format!(", {how} by {by}")
    });
    format!(
        "{}  {}  {}  {}  {}  sent {}  by {} ({}){decided}: +{} ~{} -{}, {} refused",
        record.id,
        record.state.word(),
        record.institution,
        record.source,
        record.kind.word(),
        record.sent_at,
        record.delivered_by,
        record.way.word(),
        counts.added + counts.restored,
        counts.changed,
        counts.left,
        counts.refused
    )
}

/// Whether people are in an import.
pub fn shown(shown: &[Shown], words: &Words<'_>) -> Vec<String> {
    let line = |one: &Shown| {
        let who = one.actor.as_ref().map_or_else(String::new, |actor| {
            format!(
                "{} {} ({}) ",
                actor.given_name, actor.family_name, actor.user_name
            )
        });
        let gone_at = one.actor.as_ref().and_then(|actor| actor.gone_at);
        let why = match &one.standing {
            Standing::Present => words.say("import-why-present"),
            Standing::Gone => {
                let at = gone_at.map_or_else(String::new, |at| at.to_string());
                words.say_with("import-why-gone", "at", at)
            }
            Standing::Refused(kept) => {
                let said = finding::said(kept, words);
                format!("{} {} {}", words.say("import-why-refused"), said.what, said.mend)
            }
            Standing::Unknown => words.say("import-why-unknown"),
        };
        // What was typed may be a number, and so may what a source has called somebody.
        let id = LocalId::parse(&one.local_id).map_or_else(|_| "…".to_owned(), |id| id.to_string());
        format!("{id}: {who}{why}")
    };
    shown.iter().map(line).collect()
}
