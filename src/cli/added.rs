//! What is told of a party that was just added: whom to compare keys with, and what `portner check`
//! would say of it, so that expired, weak or doubled metadata is not found out later.

use std::path::Path;

use super::Place;
use super::installation::Installation;
use super::output::Output;
use crate::ambient::{Clock as _, SystemClock};
use crate::config::problem::{Problem, Problems};
use crate::domain::address::PlainHttp;
use crate::saml::metadata;
use crate::saml::xml::{Document, Limits};
use crate::trust::difference::Outline;

/// Keys and addresses of the metadata in this file, as far as it is taken.
pub(super) fn tell_facts(xml: &Path, output: &mut Output) {
    let bytes = std::fs::read(xml).unwrap_or_default();
    let Ok(document) = Document::parse(&bytes, &Limits::METADATA) else {
        return;
    };
    let Ok(metadata) = metadata::read(document.root(), PlainHttp::OnLoopback, SystemClock.now()) else {
        return;
    };
    output.line("compare its keys with the party, by telephone for instance:");
    for fact in Outline::of(&metadata).facts() {
        output.line(format!("  {fact}"));
    }
}

/// What is wrong now and was not before.
pub(super) fn tell_faults(place: &Place, before: &Problems, output: &mut Output) {
    let (_, now) = Installation::read(place, &SystemClock);
    let is_new = |problem: &&Problem| !before.iter().any(|known| is_same(known, problem));
    for problem in now.iter().filter(is_new) {
        output.problem(problem);
    }
}

fn is_same(one: &Problem, other: &Problem) -> bool {
    one.to_string() == other.to_string() && one.file() == other.file()
}
