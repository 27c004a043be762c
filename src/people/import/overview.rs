//! What a plan would do, to be looked at before it is carried out.

use std::collections::{HashMap, HashSet};

use super::delivery::Delivery;
use super::finding::{Finding, Weight, kept};
use super::limits::{Background, exceeded};
use super::names::LocalId;
use super::plan::{Affiliation, ClassDifference, Plan};
use crate::config::import::ImportLimits;
use crate::domain::import::{Counts, ImportFinding, Reason};
use crate::texts::Words;

/// What a plan would do, to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overview {
    /// How many of each.
    pub counts: Counts,
    /// What becomes different of each class.
    pub classes: Vec<ClassDifference>,
    /// How many gain each role who were there before.
    pub roles_gained: Vec<(&'static str, u64)>,
    /// What is wrong with rows.
    pub findings: Vec<ImportFinding>,
    /// Why somebody is to look first.
    pub reasons: Vec<Reason>,
    /// People who left or would leave, by the source's local ids: the first of them.
    pub leaving: Vec<String>,
}

impl Overview {
    /// Of a plan that was made from what is present.
    pub fn of(
        delivery: &Delivery,
        plan: &Plan<'_>,
        background: &Background<'_>,
        limits: &ImportLimits,
        words: &Words<'_>,
    ) -> Self {
        let mut findings: Vec<ImportFinding> = delivery
            .findings
            .iter()
            .map(|finding| told(finding, words))
            .collect();
        // Several things may be wrong with one row: it is one row all the same.
        let refused = delivery
            .findings
            .iter()
            .filter(|one| one.fault.weight() == Weight::RowRefused);
        let refused = refused.map(|one| one.at).collect::<HashSet<_>>().len();
        findings.extend(plan.objections.iter().map(|objection| objection.told(words)));
        let mut counts = plan.counts;
        counts.refused += u64::try_from(refused).unwrap_or(u64::MAX);
        let mut gained: HashMap<&'static str, u64> = HashMap::new();
        for role in plan.people.iter().flat_map(Affiliation::roles_gained) {
            *gained.entry(role.as_str()).or_default() += 1;
        }
        let mut roles_gained: Vec<_> = gained.into_iter().collect();
        roles_gained.sort_unstable();
        Self {
            counts,
            classes: plan.classes.clone(),
            roles_gained,
            findings,
            reasons: exceeded(plan, background, limits),
            leaving: plan
                .gone
                .iter()
                .filter_map(|actor| LocalId::parse(actor.local_id.as_deref()?).ok())
                .map(|id| id.to_string())
                .take(20)
                .collect(),
        }
    }
}

/// What is kept and shown of a finding.
pub fn told(finding: &Finding, words: &Words<'_>) -> ImportFinding {
    let said = finding.words(words);
    ImportFinding {
        file: finding.at.file.map(str::to_owned),
        line: Some(u64::from(finding.at.line)),
        subject: finding
            .subject
            .person()
            .or_else(|| finding.subject.group())
            .map(ToString::to_string),
        code: finding.fault.key().trim_start_matches("import-").to_owned(),
        values: Some(kept(finding.fault.values())),
        what: said.what,
        remedy: said.mend,
        refused: finding.fault.weight() == Weight::RowRefused,
    }
}
