//! What an administrator does about a login that was refused, fitted to the person: it names no button
//! that is not on their page. For everything else, what the catalogue says to administrators holds.

use crate::domain::actor::ActorGroup;
use crate::domain::upstream::UpstreamKind;
use crate::people::admin_desk::{Obstacle, PersonHere, WayIn};
use crate::web::pages::Page;

use super::words;

/// The advice about a refusal with this code, of a login through an upstream of this kind.
pub(super) fn of(
    page: &Page<'_>,
    known: &PersonHere,
    code: &str,
    through: Option<UpstreamKind>,
) -> Option<String> {
    let key = match code {
        "UL-102" | "UL-104" => another_password(known),
        "UL-202" => affiliation(known),
        "UL-203" => block(known),
        "UL-401" if through != Some(UpstreamKind::Local) => stronger(known),
        _ => return None,
    };
    Some(page.say(key))
}

/// Who gives them another password.
fn another_password(known: &PersonHere) -> &'static str {
    let is_pupil = known.asked.group == ActorGroup::Elev;
    if known.powers.gets_code && words::code_button(known.asked.secret).is_some() {
        "desk-advice-code"
    } else if is_pupil && known.powers.gets_code {
        "desk-advice-elevadgang"
    } else if known.asked.account.cpr_identified {
        "desk-advice-renew"
    } else if known.way == WayIn::Local {
        "desk-advice-local"
    } else {
        "desk-advice-operators"
    }
}

fn affiliation(known: &PersonHere) -> &'static str {
    let has_none = known
        .obstacles
        .iter()
        .any(|one| matches!(one, Obstacle::Ended(_) | Obstacle::NotBegun(_)));
    match (has_none, known.asked.source.is_some()) {
        (false, _) => "desk-advice-affiliated-now",
        (true, true) => "desk-advice-source",
        (true, false) => "desk-advice-by-hand",
    }
}

fn block(known: &PersonHere) -> &'static str {
    match &known.block {
        Some(_) if known.powers.may_unblock => "desk-advice-unblock",
        Some(_) => "desk-why-anothers-block",
        None if known.asked.account.blocked => "desk-trouble-blocked-operators",
        None => "desk-advice-unblocked",
    }
}

/// By what they prove more than a password does.
fn stronger(known: &PersonHere) -> &'static str {
    match (known.asked.account.cpr_identified, known.asked.group) {
        (true, _) => "desk-advice-stronger",
        (false, ActorGroup::Elev) => "desk-advice-stronger-pupil",
        (false, _) => "desk-advice-stronger-no-number",
    }
}
