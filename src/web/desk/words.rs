//! What the desk says of words that are not words for people.

use jiff::Timestamp;

use crate::domain::audit::HelpAct;
use crate::domain::desk::DeskAct;
use crate::domain::history::Change;
use crate::domain::import::{Counts, DeliveryKind, ImportRecord, ImportState};
use crate::domain::password_rule::RuleKey;
use crate::people::admin_desk::{Deed, Obstacle, WayIn, Who};
use crate::store::desk::SecretState;
use crate::texts::Words;
use crate::web::times;

pub(super) fn who(words: &Words<'_>, who: &Who) -> String {
    match who {
        Who::Colleague(name) => name.clone(),
        Who::Other => words.say("desk-who-other"),
        Who::Operator => words.say("desk-who-operator"),
        Who::Program(name) => words.say_with("desk-who-program", "name", name),
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
        SecretState::Replaced(_) => "desk-code-state-replaced",
        SecretState::ReplacedRanOut(_) => "desk-code-state-replaced-ran-out",
        SecretState::Own => "desk-code-state-own",
        SecretState::Dead(_) => "desk-code-state-dead",
    }
}

/// What the button says that shows or makes a code; nothing where no code of the desk's can come.
pub(super) const fn code_button(state: SecretState) -> Option<&'static str> {
    match state {
        SecretState::None | SecretState::RanOut(_) => Some("desk-code-make"),
        SecretState::Readable(_) => Some("desk-code-show"),
        // Whoever has it already is told that it ends.
        SecretState::Handed(_) => Some("desk-code-make-another"),
        SecretState::Replaced(_)
        | SecretState::ReplacedRanOut(_)
        | SecretState::Own
        | SecretState::Dead(_) => None,
    }
}

pub(super) fn obstacle(words: &Words<'_>, obstacle: &Obstacle) -> String {
    let on = |key: &str, at: Timestamp| words.say_with(key, "day", times::day(at, words.language()));
    match obstacle {
        Obstacle::Blocked { through_broker: true } => words.say("desk-trouble-blocked"),
        Obstacle::Blocked {
            through_broker: false,
        } => words.say("desk-trouble-blocked-central"),
        Obstacle::BlockedByOperators => words.say("desk-trouble-blocked-operators"),
        Obstacle::Ended(at) => on("desk-trouble-ended", *at),
        Obstacle::NotBegun(at) => on("desk-trouble-not-begun", *at),
        Obstacle::NoCode => words.say("desk-trouble-no-code"),
        Obstacle::NoWayIn => words.say("desk-trouble-no-way-in"),
        Obstacle::CodeWaits(until) => words.say_with(
            "desk-trouble-code-waits",
            "day",
            times::last_day(*until, words.language()),
        ),
        Obstacle::CodeRanOut(at) => on("desk-trouble-code-ran-out", *at),
        Obstacle::OthersCodeRanOut(at) => on("desk-trouble-others-code-ran-out", *at),
        Obstacle::PasswordDead(at) => on("desk-trouble-password-dead", *at),
    }
}

/// What is said where nothing stands in the way.
pub(super) const fn clear(way: WayIn) -> &'static str {
    match way {
        WayIn::Password => "desk-trouble-clear",
        WayIn::Eid => "desk-trouble-clear-eid",
        WayIn::Local => "desk-trouble-clear-local",
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
        Change::Confirmed => "desk-change-confirmed",
    }
}

/// What somebody did, and who.
pub(super) fn deed(words: &Words<'_>, deed: &Deed, by: &Who) -> String {
    let detail = match deed {
        Deed::Desk(DeskAct::RuleSet, Some(word)) => {
            RuleKey::parse(word).map_or_else(|| word.clone(), |key| words.say(rule(key)))
        }
        Deed::Desk(_, detail) => detail.clone().unwrap_or_default(),
        Deed::Help(_) => String::new(),
    };
    let key = match deed {
        Deed::Desk(act, _) => act_key(*act),
        Deed::Help(HelpAct::WindowUndone) => "desk-act-undone",
        Deed::Help(HelpAct::NameShown) => "desk-act-name-shown",
        Deed::Help(HelpAct::NamePrinted) => "desk-act-name-printed",
        Deed::Help(_) => "desk-act-opened",
    };
    words.say_all(key, &[("who", who(words, by)), ("detail", detail)])
}

const fn act_key(act: DeskAct) -> &'static str {
    match act {
        DeskAct::CodeMade => "desk-act-code-made",
        DeskAct::CodeViewed => "desk-act-code-viewed",
        DeskAct::RuleSet => "desk-act-rule-set",
        DeskAct::RuleLifted => "desk-act-rule-lifted",
        DeskAct::Blocked => "desk-act-blocked",
        DeskAct::Unblocked => "desk-act-unblocked",
        DeskAct::AffiliationAdded => "desk-act-affiliation-added",
        DeskAct::PupilEmployed => "desk-act-pupil-employed",
        DeskAct::AffiliationProlonged => "desk-act-affiliation-prolonged",
        DeskAct::AffiliationEnded => "desk-act-affiliation-ended",
        DeskAct::AffiliationVouched => "desk-act-affiliation-vouched",
        DeskAct::AffiliationConfirmed => "desk-act-affiliation-confirmed",
        DeskAct::RightGranted => "desk-act-right-granted",
        DeskAct::RightWithdrawn => "desk-act-right-withdrawn",
        DeskAct::PersonViewed | DeskAct::Denied | DeskAct::ImportConfirmed | DeskAct::ImportDiscarded => {
            "desk-act-viewed"
        }
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
        ImportState::Discarded => "desk-import-state-discarded",
    }
}

pub(super) fn counts(words: &Words<'_>, import: &ImportRecord) -> String {
    counts_of(words, &import.counts)
}

pub(super) fn counts_of(words: &Words<'_>, counts: &Counts) -> String {
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
        "vouched" => "desk-done-vouched",
        "confirmed" => "desk-done-confirmed",
        "import-taken" => "desk-done-import-taken",
        "import-refused" => "desk-done-import-refused",
        "import-discarded" => "desk-done-import-discarded",
        _ => return None,
    })
}
