//! `[saml.chain]`: parties whose certificates a pinned authority must vouch for.

use jiff::Timestamp;

use super::load::PartyFile;
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::keys::chain::{Authorities, Revocation};
use crate::saml::metadata::CertifiedKey;
use crate::saml::peer::TrustedKeys;

/// Reads `[saml.chain]`: the authorities that must vouch for this party's certificates, if any must. A chain
/// that is asked for and cannot be checked is an error, never "unchecked".
pub(super) fn read_chain(section: &mut Section<'_>, file: &PartyFile) -> Option<Authorities> {
    if !section.has("chain") {
        return None;
    }
    section.table("chain", |chain| {
        let contents = |chain: &Section<'_>, key: &str, name: &str| {
            let read = std::fs::read(file.beside(name));
            let unreadable = |error: std::io::Error| {
                let problem = Problem::error(format!("{name} cannot be read: {error}"));
                chain.fault(key, problem.help("put the file beside this one"));
            };
            read.map_err(unreadable).ok()
        };
        let roots: Option<String> =
            chain.require("roots", "the file with the certificates that are pinned (PEM)");
        let roots = roots.and_then(|name| contents(chain, "roots", &name));
        let between: Option<String> = chain.get("intermediates");
        let between = between.map_or(Some(Vec::new()), |name| contents(chain, "intermediates", &name));
        let names: Vec<String> = chain.get_or("lists", Vec::new());
        let lists: Option<Vec<Vec<u8>>> = names.iter().map(|name| contents(chain, "lists", name)).collect();
        let words = [
            ("unchecked", Revocation::Unchecked),
            ("soft", Revocation::Soft),
            ("hard", Revocation::Hard),
        ];
        let revocation = chain.word("revocation", &words);
        let revocation = revocation.unwrap_or(if names.is_empty() {
            Revocation::Unchecked
        } else {
            Revocation::Hard
        });
        let read = Authorities::read(&roots?, &between?, &lists?, revocation);
        chain.checked("roots", read)
    })
}

/// The keys whose certificates are vouched for; the others are passed over, and told.
pub(super) fn vouched_for(
    section: &Section<'_>,
    authorities: &Authorities,
    certified: &[CertifiedKey],
    now: Timestamp,
) -> Option<TrustedKeys> {
    let mut keys = Vec::new();
    for CertifiedKey { key, certificate } in certified {
        match authorities.vouch_for(certificate, now) {
            Ok(()) => keys.push(key.clone()),
            Err(refused) => {
                let problem = Problem::warning(format!("a signing key is passed over: {refused}"));
                section.fault(
                    "metadata",
                    problem.help("ask the party for metadata with its current certificate"),
                );
            }
        }
    }
    let trusted = TrustedKeys::new(keys).ok();
    if trusted.is_none() {
        let problem = Problem::error("no pinned authority vouches for any of its signing certificates");
        section.fault(
            "chain",
            problem
                .help("see `roots`, `intermediates` and `lists`, or ask the party for its current metadata"),
        );
    }
    trusted
}
