//! `portner keys from-token`: a key file that names a key in a token instead of holding one.
//! Making the key is the token's own business, and its tools'.

use crate::ambient::Ambient;
use crate::config::Settings;
use crate::config::keys::KeyPurpose;
use crate::config::problem::Problem;
use crate::keys::file::RsaPadding;
use crate::keys::generate::certify;
use crate::keys::pkcs11::TokenSigner;
use crate::keys::{Signer, SigningAlgorithm};
use crate::telemetry::log::chain;

use super::keys::write_private;
use super::output::Output;

/// The purposes whose keys sign and do nothing else.
pub(super) const SIGNING: [KeyPurpose; 7] = [
    KeyPurpose::Assertions,
    KeyPurpose::AssertionsEs256,
    KeyPurpose::Requests,
    KeyPurpose::RequestsEs256,
    KeyPurpose::Metadata,
    KeyPurpose::TokensEs256,
    KeyPurpose::TokensRs256,
];

/// Writes the file for a purpose, where none is there. `next`: as the key that will take over.
pub(super) fn write(
    settings: &Settings,
    (purpose, uri): (&str, &str),
    next: bool,
    ambient: &Ambient,
    output: &mut Output,
) -> bool {
    match written(settings, purpose, uri, next, ambient) {
        Ok(line) => {
            output.line(line);
            true
        }
        Err(problem) => {
            output.problem(&problem);
            false
        }
    }
}

fn written(
    settings: &Settings,
    purpose: &str,
    uri: &str,
    next: bool,
    ambient: &Ambient,
) -> Result<String, Problem> {
    let purpose = SIGNING
        .into_iter()
        .find(|known| known.as_str() == purpose)
        .ok_or_else(|| {
            let known = SIGNING.map(KeyPurpose::as_str).join(", ");
            Problem::error(format!("no key for {purpose} can stay in a token"))
                .help(format!("name one of: {known}"))
        })?;
    let opened = TokenSigner::open(uri.as_bytes(), false, RsaPadding::Pkcs1);
    let key = opened.map_err(|error| {
        Problem::error(error.to_string())
            .help("`pkcs11-tool --module … --login --list-objects` shows what is there")
    })?;
    let is_curve = key.algorithm() == SigningAlgorithm::EcdsaP256Sha256;
    if is_curve != purpose.is_elliptic() {
        let wanted = if is_curve { "RSA" } else { "P-256" };
        let problem = Problem::error(format!("a key for {} is {wanted}", purpose.as_str()));
        return Err(problem.help("make a key of that kind in the token"));
    }
    let mut text = format!("{}\n", uri.trim());
    if purpose.has_certificate() {
        let name = format!("{} {}", settings.origin.host(), purpose.as_str());
        let certificate = certify(&key, &name, ambient);
        text.push_str(&certificate.map_err(|error| Problem::error(chain(&error)))?);
    }
    let plan = &settings.keys;
    let path = if next {
        plan.next_file(purpose)
    } else {
        Some(plan.directory().join(purpose.file_name()))
    };
    let path = path.ok_or_else(|| Problem::error("this key is not kept in the keys directory"))?;
    write_private(&path, text.as_bytes()).map_err(|error| {
        Problem::error(format!("{}: {error}", path.display()))
            .help("a key that is there is never replaced: make this one the next with --next, or move the file away")
    })?;
    Ok(format!("made {}: {}", path.display(), key.key_id()))
}
