//! `portner keys`: makes a complete set, and lists what is there.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use clap::Subcommand;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::ambient::Ambient;
use crate::config::Settings;
use crate::config::keys::KeyPurpose;
use crate::config::problem::Problem;
use crate::keys::generate::{GenerateFailed, KeyKind, generate};
use crate::telemetry::log::chain;
use crate::web::serve::tls::expiry;

use super::Place;
use super::from_token;
use super::installation;
use super::lost_keys::{keep_agreement, let_go, none_is_needed};
use super::output::Output;
use super::rotate;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make every key that is not there yet, each in a file of its own
    New {
        /// Make RSA keys of 3072 bits, as OIOSAML wants them; signing costs three times as much
        #[arg(long)]
        oiosaml: bool,
        /// Make P-256 keys for SAML, too, for parties with signature = "ecdsa-sha256"
        #[arg(long)]
        ecdsa: bool,
        /// A key that is gone for good, such as pairwise: make another, whatever that costs
        #[arg(long, value_name = "KEY")]
        lost: Vec<String>,
    },
    /// Make the keys that will take over, and publish them from now on
    Next {
        /// Which keys, such as tokens-es256; all that can be rotated, where none is named
        purposes: Vec<String>,
        /// Make RSA keys of 3072 bits, as OIOSAML wants them
        #[arg(long)]
        oiosaml: bool,
    },
    /// Let the next keys take over; the ones before stay published until nothing of theirs counts
    Retire {
        /// Which keys; all that have a next one, where none is named
        purposes: Vec<String>,
        /// Do not wait until peers have seen the next key: for a key that has leaked, which is named
        #[arg(long)]
        now: bool,
    },
    /// Use a key that stays in a token (PKCS #11): writes the file that names it, with a certificate
    FromToken {
        /// What the key is for: assertions, requests, either with -es256, metadata, tokens-es256 or tokens-rs256
        purpose: String,
        /// Which key: pkcs11:token=…;object=…?module-path=…&pin-source=file:…
        uri: String,
        /// Let it be the next key, which takes over with `portner keys retire`
        #[arg(long)]
        next: bool,
    },
    /// List the keys: purpose, kind, key id, end of certificate; with the next and the retired
    List,
}

/// Runs one action. Whether all is well.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let settings = match Settings::load(&place.config) {
        Ok(settings) => settings,
        Err(problems) => return output.problems(&problems),
    };
    match action {
        Action::New { oiosaml, ecdsa, lost } => {
            let allowed =
                let_go(&settings, lost).and_then(|lost| none_is_needed(&settings, &lost).map(|()| lost));
            let lost = match allowed {
                Ok(lost) => lost,
                Err(problem) => {
                    output.problem(&problem);
                    return false;
                }
            };
            make_all(&settings, rsa(*oiosaml), *ecdsa, output) && keep_agreement(&settings, &lost, output)
        }
        Action::Next { purposes, oiosaml } => {
            rotate::next(&settings, purposes, rsa(*oiosaml), &Ambient::system(), output)
        }
        Action::Retire { purposes, now } => {
            rotate::retire(&settings, purposes, *now, &Ambient::system(), output)
        }
        Action::FromToken { purpose, uri, next } => {
            from_token::write(&settings, (purpose, uri), *next, &Ambient::system(), output)
        }
        Action::List => list(&settings, output),
    }
}

const fn rsa(oiosaml: bool) -> KeyKind {
    if oiosaml {
        KeyKind::Rsa3072
    } else {
        KeyKind::Rsa2048
    }
}

fn make_all(settings: &Settings, rsa: KeyKind, ecdsa: bool, output: &mut Output) -> bool {
    let directory = settings.keys.directory();
    let made = KeySet {
        host: settings.origin.host(),
        rsa,
        ecdsa,
    };
    match made.create(directory, &Ambient::system()) {
        Ok(made) => {
            for purpose in &made {
                output.line(format!("made {}", directory.join(purpose.file_name()).display()));
            }
            if made.is_empty() {
                output.line("every key is there already; none was made");
            }
            if let Some(problem) = small_keys(settings, rsa) {
                output.problem(&problem);
            }
            if let Some(problem) = named_after_nobody(settings, &made) {
                output.problem(&problem);
            }
            true
        }
        Err(error) => {
            let problem = Problem::error(chain(&error));
            output.problem(&problem.help(format!(
                "make {} a directory that you may write to",
                directory.display()
            )));
            false
        }
    }
}

/// Keys that are there and have fewer bits than were asked for.
fn small_keys(settings: &Settings, rsa: KeyKind) -> Option<Problem> {
    let small = installation::small_keys(&settings.keys);
    (rsa == KeyKind::Rsa3072 && !small.is_empty()).then(|| {
        let problem = Problem::warning(format!(
            "{} have 2048 bits and stay as they are",
            small.join(", ")
        ));
        problem.help("let others take over: portner keys next --oiosaml, and in 48 hours portner keys retire")
    })
}

/// Certificates carry the host of the origin, for people who read them.
fn named_after_nobody(settings: &Settings, made: &[KeyPurpose]) -> Option<Problem> {
    let origin = &settings.origin;
    let certificates = made.iter().filter(|purpose| purpose.has_certificate());
    let files: Vec<_> = certificates.map(|purpose| purpose.file_name()).collect();
    (*origin == Settings::default().origin && !files.is_empty()).then(|| {
        let problem = Problem::warning(format!(
            "origin is not set, so the new certificates name {}",
            origin.host()
        ));
        problem.help(format!(
            "for more than a try on this machine: set origin, remove {} in {}, and run this again \
             before any party has them",
            files.join(", "),
            settings.keys.directory().display()
        ))
    })
}

/// Makes every key that `directory` does not have yet, readable by the owner alone, and says
/// which. Keys that are there are never touched. `host` goes into certificates.
pub fn create_key_set(
    directory: &Path,
    host: &str,
    rsa: KeyKind,
    ambient: &Ambient,
) -> Result<Vec<KeyPurpose>, KeySetFailed> {
    let ecdsa = false;
    KeySet { host, rsa, ecdsa }.create(directory, ambient)
}

/// What a set of new keys is like.
struct KeySet<'a> {
    host: &'a str,
    rsa: KeyKind,
    /// Whether SAML has P-256 keys, too.
    ecdsa: bool,
}

impl KeySet<'_> {
    fn create(&self, directory: &Path, ambient: &Ambient) -> Result<Vec<KeyPurpose>, KeySetFailed> {
        create_private_directory(directory).map_err(KeySetFailed::File)?;
        let is_wanted = |purpose: &KeyPurpose| {
            let for_saml = purpose.is_elliptic() && purpose.has_certificate();
            purpose.is_in_a_new_set() || (self.ecdsa && for_saml)
        };
        let mut made = Vec::new();
        for purpose in KeyPurpose::ALL.into_iter().filter(is_wanted) {
            let path = directory.join(purpose.file_name());
            if path.exists() {
                continue;
            }
            let text = key_text(purpose, self.host, self.rsa, ambient)?;
            write_private(&path, text.as_bytes()).map_err(KeySetFailed::File)?;
            made.push(purpose);
        }
        Ok(made)
    }
}

pub(super) fn key_text(
    purpose: KeyPurpose,
    host: &str,
    rsa: KeyKind,
    ambient: &Ambient,
) -> Result<Zeroizing<String>, GenerateFailed> {
    if purpose.is_symmetric() {
        let key = Zeroizing::new(ambient.bytes::<32>());
        return Ok(Zeroizing::new(HEXLOWER.encode(&*key) + "\n"));
    }
    let kind = if purpose.is_elliptic() { KeyKind::P256 } else { rsa };
    let key = generate(kind, &format!("{host} {}", purpose.as_str()), ambient)?;
    let mut text = key.private_key;
    if purpose.has_certificate() {
        text.push_str(&key.certificate);
    }
    Ok(text)
}

/// A directory that its owner alone can look into.
#[cfg(unix)]
pub fn create_private_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// A directory.
#[cfg(not(unix))]
pub fn create_private_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// A file that its owner alone can read, and that is not there yet.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A key set could not be made.
#[derive(Debug, thiserror::Error)]
pub enum KeySetFailed {
    /// A file could not be written.
    #[error("a key file could not be written")]
    File(#[source] io::Error),
    /// A key could not be made.
    #[error("a key could not be made")]
    Key(#[from] GenerateFailed),
}

fn list(settings: &Settings, output: &mut Output) -> bool {
    let mut well = true;
    for purpose in KeyPurpose::ALL {
        let name = purpose.as_str();
        list_others(settings, purpose, output);
        if purpose.is_optional() && !installation::is_there(&settings.keys, purpose) {
            output.line(format!("{name:<16} none"));
            continue;
        }
        if purpose.is_symmetric() {
            match installation::symmetric_key(&settings.keys, purpose) {
                Ok(_) => output.line(format!("{name:<16} secret, 32 bytes")),
                Err(problem) => {
                    well = false;
                    output.problem(&problem);
                }
            }
            continue;
        }
        match installation::signer(&settings.keys, purpose) {
            Ok(signer) => {
                let until = signer.certificate().and_then(expiry);
                let until = until.map_or_else(String::new, |until| {
                    format!(", certificate until {}", until.strftime("%F"))
                });
                output.line(format!(
                    "{name:<16} {}, {}{until}",
                    signer.algorithm().word(),
                    signer.key_id()
                ));
            }
            Err(problem) => {
                well = false;
                output.problem(&problem);
            }
        }
    }
    well
}

/// The keys of a purpose that do not sign: the next, and those before.
fn list_others(settings: &Settings, purpose: KeyPurpose, output: &mut Output) {
    let plan = &settings.keys;
    let name = purpose.as_str();
    let next = plan.next_file(purpose).filter(|path| path.exists());
    let others = next.into_iter().map(|path| ("next".to_owned(), path)).chain(
        plan.retired_files(purpose)
            .into_iter()
            .map(|(at, path)| (format!("retired {}", at.strftime("%F")), path)),
    );
    for (what, path) in others {
        let plan = plan.with_file(purpose, path);
        let about = if purpose.is_symmetric() {
            installation::symmetric_key(&plan, purpose).map(|_| "secret, 32 bytes".to_owned())
        } else {
            installation::signer(&plan, purpose).map(|signer| signer.key_id().to_owned())
        };
        match about {
            Ok(about) => output.line(format!("{name:<16} {what}, {about}")),
            Err(problem) => output.problem(&problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crate::config::problem::Source;

    use crate::config::keys::KeyPlan;

    use super::*;

    #[test]
    fn a_new_set_is_complete_private_and_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let make = || create_key_set(&path, "login.example", KeyKind::Rsa2048, &Ambient::system()).unwrap();
        assert_eq!(make().len(), 11);
        let plan = KeyPlan::in_directory(&path);
        for purpose in KeyPurpose::ALL
            .into_iter()
            .filter(|purpose| !purpose.is_optional())
        {
            let mode = std::fs::metadata(path.join(purpose.file_name()))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{purpose:?}");
            if purpose.is_symmetric() {
                installation::symmetric_key(&plan, purpose).unwrap();
            } else {
                let signer = installation::signer(&plan, purpose).unwrap();
                assert_eq!(
                    signer.certificate().is_some(),
                    purpose.has_certificate(),
                    "{purpose:?}"
                );
            }
        }
        installation::decryption_key(&plan).unwrap();
        let before = std::fs::read(path.join("pairwise.key")).unwrap();
        std::fs::remove_file(path.join("seal-current.key")).unwrap();
        assert_eq!(make(), [KeyPurpose::SealCurrent]);
        assert_eq!(std::fs::read(path.join("pairwise.key")).unwrap(), before);
    }

    #[test]
    fn certificates_that_would_name_this_machine_alone_are_told() {
        let settings = |text: &str| Settings::parse(&Source::new("portner.toml", text)).unwrap();
        let made = [KeyPurpose::Assertions, KeyPurpose::Pairwise];
        let told = named_after_nobody(&settings(""), &made).unwrap();
        assert!(told.to_string().contains("localhost"), "{told}");
        assert!(told.remedy().unwrap().contains("remove assertions.pem in"));
        assert!(named_after_nobody(&settings(""), &[KeyPurpose::Pairwise]).is_none());
        let ours =
            settings("origin = \"https://login.example\"\n[listen]\ntrusted_proxies = [\"10.0.0.1\"]\n");
        assert!(named_after_nobody(&ours, &made).is_none());
    }

    #[test]
    fn a_secret_of_the_wrong_length_is_told_and_never_a_panic() {
        let directory = tempfile::tempdir().unwrap();
        let plan = KeyPlan::in_directory(directory.path());
        for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64)] {
            std::fs::write(directory.path().join("pairwise.key"), text).unwrap();
            std::fs::set_permissions(
                directory.path().join("pairwise.key"),
                std::fs::Permissions::from_mode(0o600),
            )
            .unwrap();
            let problem = installation::symmetric_key(&plan, KeyPurpose::Pairwise).unwrap_err();
            assert!(problem.to_string().contains("64 hexadecimal digits"), "{problem}");
        }
    }
}
