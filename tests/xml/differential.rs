//! A30: whatever we accept, `xmlsec1` accepts, has digested the same bytes, and reads the same person out of it.
//!
//! On random disorder (`disorder.rs`) of messages that we signed and that `xmlsec1` signed. `cargo test` gives it
//! two seconds; `PORTNER_DIFFERENTIAL_SECONDS=600 cargo test --test main differential -- --nocapture` goes on for
//! longer and tells how much was tried.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use portner::keys::Signer;
use portner::saml::xml::names::SAML;
use portner::saml::xml::{AcceptedCiphers, Document, Limits, Verified, VerifiedResponse, verify_response};
use tempfile::TempDir;

use super::disorder::Disorder;
use super::judges::{IDS, installed, pem, signed_by_xmlsec1, template};
use super::keys::{EC, RSA, TestSigner};
use super::messages::{self, Layers};
use super::mutator;

const OF_RESPONSE: &str = "/*/*[local-name()='Signature']";
const OF_ASSERTION: &str = "/*/*[local-name()='Assertion']/*[local-name()='Signature']";

/// A party with its key as both programs want it, and what it has signed.
struct Party {
    signer: &'static TestSigner,
    honest: Vec<String>,
}

fn parties(folder: &TempDir) -> Vec<Party> {
    let list = "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs saml #default\"/>";
    let mut parties = Vec::new();
    for (signer, method) in [(&*RSA, "rsa-sha256"), (&*EC, "ecdsa-sha256")] {
        let ours = messages::ALL
            .into_iter()
            .flat_map(|layers| [1, 2].map(|number| messages::response(layers, number, signer)));
        let theirs = ["", list]
            .map(|list| signed_by_xmlsec1(folder, &template(method, "2001/04/xmlenc#sha256", list), signer));
        let honest = ours.chain(theirs).collect();
        parties.push(Party { signer, honest });
    }
    parties
}

fn accept(message: &[u8], signer: &TestSigner) -> Option<VerifiedResponse> {
    let document = Document::parse(message, &Limits::MESSAGE).ok()?;
    verify_response(&document, &[signer.verifying_key()], &[], AcceptedCiphers::Gcm).ok()
}

/// Whether `xmlsec1` agrees with what we made of a message, signature by signature, and on the person.
fn compare(
    folder: &Path,
    message: &[u8],
    ours: &VerifiedResponse,
    signer: &TestSigner,
) -> Result<(), String> {
    let document = folder.join("message.xml");
    std::fs::write(&document, message).unwrap();
    let key = folder.join("key.pem");
    std::fs::write(&key, pem("PUBLIC KEY", signer.public_key())).unwrap();

    let assertion = ours.assertion();
    let own = assertion.filter(|assertion| assertion.root().parent().is_none());
    for (verified, place) in [(ours.response(), OF_RESPONSE), (own, OF_ASSERTION)] {
        let Some(verified) = verified else { continue };
        let output = Command::new("xmlsec1")
            .args(["--verify", "--store-references", "--print-debug"])
            .args(IDS)
            .args([
                "--enabled-key-data",
                "key-name",
                "--node-xpath",
                place,
                "--pubkey-pem",
            ])
            .args([&key, &document])
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let theirs = digested(&String::from_utf8_lossy(&output.stdout));
        if theirs != canonical(verified) {
            return Err(format!("xmlsec1 has digested {theirs}"));
        }
    }
    let (theirs, ours) = (person_by_xmllint(&document), assertion.map(person));
    if ours.as_ref().is_some_and(|ours| *ours != theirs) {
        return Err(format!("xmllint reads {theirs}, we read {ours:?}"));
    }
    Ok(())
}

/// What `xmlsec1` says it has digested, without what a list of prefixes alone adds.
fn digested(printed: &str) -> String {
    let (_, rest) = printed
        .split_once("== PreDigest data - start buffer:\n")
        .expect("xmlsec1 prints what it digests");
    let (bytes, _) = rest.split_once("\n== PreDigest data - end buffer").unwrap();
    let document = Document::parse(bytes.as_bytes(), &Limits::MESSAGE).unwrap();
    document.root().canonical(usize::MAX).unwrap()
}

fn canonical(verified: &Verified) -> String {
    verified.root().canonical(usize::MAX).unwrap()
}

fn person(assertion: &Verified) -> String {
    let subject = assertion.root().child(SAML.uri, "Subject").unwrap();
    let name = subject.and_then(|subject| subject.child(SAML.uri, "NameID").unwrap());
    name.map(|name| name.text().unwrap().to_owned())
        .unwrap_or_default()
}

/// The name, found without any of our code.
fn person_by_xmllint(document: &Path) -> String {
    let name = "string(//*[local-name()='Subject']/*[local-name()='NameID'])";
    let output = Command::new("xmllint")
        .args(["--nonet", "--xpath", name])
        .arg(document)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .trim_end_matches('\n')
        .to_owned()
}

#[test]
fn a30_what_we_accept_in_any_disorder_xmlsec1_reads_alike() {
    if !installed("xmlsec1") || !installed("xmllint") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let long = long_run();
    let end = Instant::now() + long.unwrap_or(Duration::from_secs(2));
    let parties = parties(&folder);
    let (mut tried, mut accepted, mut refused) = (0_u64, 0_u64, 0_u64);
    let mut attacks = parties.iter().flat_map(|party| {
        let mutants = mutator::mutants(&party.honest[0], &party.honest[1]);
        mutants
            .into_iter()
            .map(move |mutant| (party, mutant.xml.into_bytes()))
    });
    let mut disorder = Disorder::new(if long.is_some() { seed_of_today() } else { 30 });
    // A busy machine takes longer, and tries as much.
    while Instant::now() < end || accepted < 20 && tried < 2_000 {
        let party = &parties[usize::from(tried % 2 == 1)];
        // The attacks of the catalogue come first, among the disorder.
        let attack = if tried % 4 == 0 { attacks.next() } else { None };
        let (party, message) = attack.unwrap_or_else(|| (party, disorder.message(&party.honest)));
        tried += 1;
        let Some(ours) = accept(&message, party.signer) else {
            refused += 1;
            continue;
        };
        if party.honest.iter().any(|honest| honest.as_bytes() == message) {
            continue;
        }
        accepted += 1;
        if let Err(difference) = compare(folder.path(), &message, &ours, party.signer) {
            panic!("{difference}\n{}", String::from_utf8_lossy(&message));
        }
    }
    eprintln!("{tried} messages: {refused} refused, {accepted} changed, accepted and read alike");
    assert!(refused >= 20 && accepted >= 20, "{refused} {accepted}");
}

/// The comparison itself can fail: xmlsec1 sees a change that we are told to believe.
#[test]
fn the_comparison_notices_another_person() {
    if !installed("xmlsec1") || !installed("xmllint") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let honest = messages::response(Layers::Assertion, 1, &RSA);
    let ours = accept(honest.as_bytes(), &RSA).unwrap();
    let compared = |message: &str| compare(folder.path(), message.as_bytes(), &ours, &RSA);
    assert_eq!(compared(&honest), Ok(()));
    assert!(compared(&honest.replace("sofie@", "rektor@")).is_err());
    assert!(compared(&messages::response(Layers::Assertion, 2, &RSA)).is_err());
}

/// Each long run tries others.
fn seed_of_today() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a seed and no time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs()
}

fn long_run() -> Option<Duration> {
    #[expect(clippy::disallowed_methods, reason = "how the suite is told to go on")]
    let seconds = std::env::var("PORTNER_DIFFERENTIAL_SECONDS").ok()?;
    let seconds = seconds.parse().expect("PORTNER_DIFFERENTIAL_SECONDS is a number");
    Some(Duration::from_secs(seconds))
}
