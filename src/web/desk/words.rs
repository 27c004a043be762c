//! What the desk says of words that are not words for people.

use jiff::Timestamp;

use crate::domain::desk::Say;
use crate::domain::history::Change;
use crate::domain::import::{DeliveryKind, ImportRecord, ImportState};
use crate::domain::password_rule::RuleKey;
use crate::people::admin_desk::{Obstacle, Who};
use crate::store::desk::SecretState;
use crate::texts::Words;
use crate::web::times;

/// The day of a moment.
pub(super) fn day(at: Timestamp) -> String {
    times::day(at)
}

pub(super) fn who(words: &Words<'_>, who: &Who) -> String {
    match who {
        Who::Colleague(name) => name.clone(),
        Who::Other => words.say("desk-who-other"),
        Who::Operator => words.say("desk-who-operator"),
    }
}

pub(super) const fn rule(key: RuleKey) -> &'static str {
    match key {
        RuleKey::Indskoling => "desk-rule-indskoling",
        RuleKey::Mellemtrin => "desk-rule-mellemtrin",
        RuleKey::Udskoling => "desk-rule-udskoling",
        RuleKey::Ungdomsuddannelse => "desk-rule-ungdomsuddannelse",
        RuleKey::Kontaktperson => "desk-rule-kontaktperson",
        RuleKey::Ekstern => "desk-rule-ekstern",
        RuleKey::Medarbejder => "desk-rule-medarbejder",
    }
}

pub(super) const fn secret(state: SecretState) -> &'static str {
    match state {
        SecretState::None => "desk-code-state-none",
        SecretState::Readable(_) => "desk-code-state-readable",
        SecretState::Handed(_) => "desk-code-state-handed",
        SecretState::RanOut(_) => "desk-code-state-ran-out",
        SecretState::Own => "desk-code-state-own",
    }
}

/// Whether a code can be read or made, and what the button says.
pub(super) const fn code_button(state: SecretState, say: Say) -> Option<&'static str> {
    match (say, state) {
        (Say::Nothing, _) | (_, SecretState::Own) => None,
        (_, SecretState::Readable(_)) => Some("desk-code-show"),
        _ => Some("desk-code-make"),
    }
}

pub(super) fn obstacle(words: &Words<'_>, obstacle: &Obstacle) -> String {
    let on = |key: &str, at: Timestamp| words.say_with(key, "day", day(at));
    match obstacle {
        Obstacle::Blocked { through_broker: true } => words.say("desk-trouble-blocked"),
        Obstacle::Blocked {
            through_broker: false,
        } => words.say("desk-trouble-blocked-central"),
        Obstacle::BlockedByOperators => words.say("desk-trouble-blocked-operators"),
        Obstacle::Ended(at) => on("desk-trouble-ended", *at),
        Obstacle::NotBegun(at) => on("desk-trouble-not-begun", *at),
        Obstacle::NoSecret => words.say("desk-trouble-no-secret"),
        Obstacle::CodeWaits(until) => on("desk-trouble-code-waits", *until),
        Obstacle::CodeRanOut(at) => on("desk-trouble-code-ran-out", *at),
        Obstacle::NotIdentified => words.say("desk-trouble-not-identified"),
    }
}

pub(super) const fn change(change: Change) -> &'static str {
    match change {
        Change::Added => "desk-change-added",
        Change::Left => "desk-change-left",
        Change::Restored => "desk-change-restored",
        Change::Name => "desk-change-name",
        Change::Protection => "desk-change-protection",
        Change::Number => "desk-change-number",
        Change::BirthDate => "desk-change-birth-date",
        Change::Group => "desk-change-group",
        Change::Roles => "desk-change-roles",
        Change::Level => "desk-change-level",
        Change::Stage => "desk-change-stage",
        Change::Memberships => "desk-change-memberships",
        Change::Contacts => "desk-change-contacts",
        Change::Term => "desk-change-term",
        Change::Source => "desk-change-source",
        Change::Purged => "desk-change-purged",
    }
}

pub(super) const fn kind(kind: DeliveryKind) -> &'static str {
    match kind {
        DeliveryKind::Full => "desk-import-kind-full",
        DeliveryKind::Delta => "desk-import-kind-delta",
        DeliveryKind::Removal => "desk-import-kind-removal",
    }
}

pub(super) const fn state(state: ImportState) -> &'static str {
    match state {
        ImportState::Applied => "desk-import-state-applied",
        ImportState::Held => "desk-import-state-held",
        ImportState::Refused => "desk-import-state-refused",
        ImportState::Overtaken => "desk-import-state-overtaken",
    }
}

pub(super) fn counts(words: &Words<'_>, import: &ImportRecord) -> String {
    let counts = &import.counts;
    words.say_all(
        "desk-import-counts",
        &[
            ("added", (counts.added + counts.restored).to_string()),
            ("changed", counts.changed.to_string()),
            ("left", counts.left.to_string()),
            ("refused", counts.refused.to_string()),
        ],
    )
}

/// What was just done, by the word that the address has for it.
pub(super) fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "rule" => "desk-done-rule",
        "block" => "desk-done-block",
        "unblock" => "desk-done-unblock",
        "right" => "desk-done-right",
        "added" => "desk-done-added",
        "prolonged" => "desk-done-prolonged",
        "ended" => "desk-done-ended",
        _ => return None,
    })
}
