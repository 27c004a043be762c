//! `[api.NAME]`: which programs of schools may use the administrators' desk, how they prove who they are,
//! at which institutions, for what, and until when (I01, K07).

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::deliverers::{DelivererProof, read_proof};
use super::file::Section;
use super::problem::Problem;
use crate::domain::day;
use crate::domain::institution::InstitutionNumber;

/// How many requests a program may make in a minute where nothing else is said.
const PER_MINUTE: u32 = 120;

/// A program that may use the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskProgram {
    /// What the operator calls it, and what the auditor reads.
    pub name: String,
    /// How it proves who it is.
    pub proof: DelivererProof,
    /// The institutions whose desks it may sit at.
    pub institutions: BTreeSet<InstitutionNumber>,
    /// What it may do there.
    pub may: BTreeSet<DeskScope>,
    /// From this moment on it is nobody any more.
    pub until: Timestamp,
    /// How many requests it may make in a minute.
    pub per_minute: u32,
}

/// What a program may do at a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeskScope {
    /// Search people and read what is known of them, with why they cannot log in.
    ReadPeople,
    /// Read imports and their errors.
    ReadImports,
    /// Read codes for first logins, and make them.
    ReadCodes,
    /// Write and end affiliations by hand.
    WriteAffiliations,
    /// Block pupils, and lift blocks.
    WriteBlocks,
    /// Set other password rules for pupils.
    WriteRules,
}

impl DeskScope {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::ReadPeople,
        Self::ReadImports,
        Self::ReadCodes,
        Self::WriteAffiliations,
        Self::WriteBlocks,
        Self::WriteRules,
    ];

    /// The word of the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReadPeople => "people:read",
            Self::ReadImports => "imports:read",
            Self::ReadCodes => "codes:read",
            Self::WriteAffiliations => "affiliations:write",
            Self::WriteBlocks => "blocks:write",
            Self::WriteRules => "rules:write",
        }
    }

    fn parse(word: &str) -> Result<Self, NoScope> {
        Self::ALL
            .into_iter()
            .find(|one| one.word() == word)
            .ok_or(NoScope)
    }
}

/// A word that is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of people:read, imports:read, codes:read, affiliations:write, blocks:write and rules:write")]
pub struct NoScope;

/// Reads `[api]`.
pub(super) fn read(section: &mut Section<'_>) -> Vec<DeskProgram> {
    let mut known: Vec<DelivererProof> = Vec::new();
    let all = section.named_tables(|name, section| {
        let proof = read_proof(section);
        let until = section.require::<String>("until", "write the last day on which it is believed");
        let until = until.and_then(|text| section.checked("until", text.parse::<Date>()));
        for (key, why) in [
            (
                "institutions",
                "write the numbers of the institutions that it works for",
            ),
            ("may", "write what it may do, such as \"people:read\""),
        ] {
            if !section.has(key) {
                let problem = Problem::error(format!("this program has no {key}"));
                section.fault("", problem.help(why));
            }
        }
        let institutions = section.checked_list("institutions", InstitutionNumber::parse);
        let may = section.checked_list("may", DeskScope::parse);
        let per_minute = section.get_or("per_minute", PER_MINUTE);
        let proof = proof?;
        if matches!(proof, DelivererProof::Folder(_)) || known.contains(&proof) {
            let problem = Problem::error("this program cannot be told from others");
            let help = "give it a token or a certificate of its own";
            section.fault("", problem.help(help));
            return None;
        }
        known.push(proof.clone());
        Some(DeskProgram {
            name: name.to_owned(),
            proof,
            institutions: institutions.into_iter().collect(),
            may: may.into_iter().collect(),
            until: day::end_of(until?)?,
            per_minute,
        })
    });
    all.into_iter().flatten().collect()
}
