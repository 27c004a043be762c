//! `[import.deliverers.NAME]`: which systems may deliver people over HTTP or by a folder, how they prove who
//! they are, and of which sources and institutions they may speak (K01).

use std::collections::BTreeSet;
use std::path::PathBuf;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::file::Section;
use super::problem::Problem;
use crate::domain::import::SourceName;
use crate::domain::institution::InstitutionNumber;

/// A system that may deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliverer {
    /// What the operator calls it: "delivered by" in what is remembered of its imports.
    pub name: String,
    /// How it proves who it is.
    pub proof: DelivererProof,
    /// The sources whose words it brings.
    pub sources: BTreeSet<SourceName>,
    /// The institutions that it may speak of.
    pub institutions: BTreeSet<InstitutionNumber>,
}

/// What is known of a deliverer's secret: nothing that would let anybody be it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelivererProof {
    /// SHA-256 of the token that it sends as a bearer.
    Token([u8; 32]),
    /// SHA-256 of the certificate that it shows where programs show them.
    Certificate([u8; 32]),
    /// The folder that it alone may write to: its files are taken in as the watched folder's are.
    Folder(PathBuf),
}

/// Reads `[import.deliverers]`.
pub(super) fn read(section: &mut Section<'_>) -> Vec<Deliverer> {
    let all = section.named_tables(|name, section| {
        let proof = read_proof(section);
        for (key, why) in [
            (
                "sources",
                "write the sources that it speaks for, as its files name them",
            ),
            (
                "institutions",
                "write the numbers of the institutions that it speaks of",
            ),
        ] {
            if !section.has(key) {
                let problem = Problem::error(format!("this deliverer has no {key}"));
                section.fault("", problem.help(why));
            }
        }
        let sources = section.checked_list("sources", SourceName::parse);
        let institutions = section.checked_list("institutions", InstitutionNumber::parse);
        Some(Deliverer {
            name: name.to_owned(),
            proof: proof?,
            sources: sources.into_iter().collect(),
            institutions: institutions.into_iter().collect(),
        })
    });
    all.into_iter().flatten().collect()
}

/// One of the three, and no secret itself.
pub(super) fn read_proof(section: &mut Section<'_>) -> Option<DelivererProof> {
    let token = read_digest(section, "token_sha256");
    let certificate = read_digest(section, "certificate_sha256");
    let folder = section.get("folder");
    match (token, certificate, folder) {
        (Some(token), None, None) => Some(DelivererProof::Token(token)),
        (None, Some(certificate), None) => Some(DelivererProof::Certificate(certificate)),
        (None, None, Some(folder)) => Some(DelivererProof::Folder(folder)),
        (None, None, None) if section.has("token_sha256") || section.has("certificate_sha256") => None,
        _ => {
            let problem = Problem::error("how it proves who it is must be said in one way");
            let help = "write token_sha256 = \"…\" (of a random token, by `sha256sum`) certificate_sha256 = \"…\" (by `openssl x509 -fingerprint -sha256`), or folder = \"…\" that it alone may write to";
            section.fault("", problem.help(help));
            None
        }
    }
}

/// 64 hexadecimal digits, with or without colons.
fn read_digest(section: &mut Section<'_>, key: &'static str) -> Option<[u8; 32]> {
    let text: String = section.get(key)?;
    let digits: String = text.chars().filter(|one| *one != ':').collect();
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok();
    let read = bytes.and_then(|bytes| bytes.try_into().ok());
    if read.is_none() {
        let problem = Problem::error(format!("{key} is no SHA-256"));
        section.fault(key, problem.help("write its 64 hexadecimal digits"));
    }
    read
}
