//! What other programs say: `xmlsec1` and `xmllint`. Where they are not installed, a test says so and is passed over.

use std::path::Path;
use std::process::{Command, Output};

use data_encoding::BASE64;
use portner::saml::xml::{AcceptedCiphers, Document, Limits, verify_response};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use super::keys::{EC, RSA, RSA_PSS, TestSigner};
use super::messages::{self, Layers, PERSON};
use super::mutator;
use super::properties;

pub(crate) fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("passed over: {program} is not installed");
    }
    found
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

pub(crate) const IDS: [&str; 4] = [
    "--id-attr:ID",
    "urn:oasis:names:tc:SAML:2.0:protocol:Response",
    "--id-attr:ID",
    "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
];

fn xmlsec1_verifies(folder: &TempDir, xml: &str, signer: &TestSigner) -> Output {
    use portner::keys::Signer;
    let key = write(folder, "key.pem", &pem("PUBLIC KEY", signer.public_key()));
    let document = write(folder, "document.xml", xml);
    let mut command = Command::new("xmlsec1");
    command.arg("--verify").args(IDS).args([
        "--pubkey-pem",
        &key,
        "--enabled-key-data",
        "key-name",
        &document,
    ]);
    command.output().unwrap()
}

#[test]
fn xmlsec1_verifies_what_we_sign() {
    if !installed("xmlsec1") {
        return;
    }
    let folder = TempDir::new().unwrap();
    for signer in [&*RSA, &*EC] {
        for signed in [Layers::Response, Layers::Assertion] {
            let xml = messages::response(signed, 1, signer);
            let verdict = xmlsec1_verifies(&folder, &xml, signer);
            assert!(
                verdict.status.success(),
                "{}",
                String::from_utf8_lossy(&verdict.stderr)
            );
            let forged = xml.replace(PERSON, "rektor");
            assert!(!xmlsec1_verifies(&folder, &forged, signer).status.success());
        }
    }
}

#[test]
fn we_verify_what_xmlsec1_signs() {
    if !installed("xmlsec1") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let signatures = ["rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256"];
    let digests = [
        "2001/04/xmlenc#sha256",
        "2001/04/xmldsig-more#sha384",
        "2001/04/xmlenc#sha512",
    ];
    let inclusive = "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs saml #default\"/>";
    for method in signatures {
        let signer = if method.starts_with("rsa") { &*RSA } else { &*EC };
        for digest in digests {
            for list in ["", inclusive] {
                let template = template(method, digest, list);
                let xml = signed_by_xmlsec1(&folder, &template, signer);
                let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
                let keys = [signer.verifying_key()];
                let response = verify_response(&document, &keys, &[], AcceptedCiphers::Gcm)
                    .unwrap_or_else(|refusal| panic!("{method} {digest} {list}: {refusal}\n{xml}"));
                let assertion = response.assertion().unwrap().root();
                assert!(
                    assertion
                        .descendants()
                        .any(|element| element.text() == Ok(PERSON))
                );
            }
        }
    }
}

/// Installed versions of `xmlsec1` know no RSA-PSS, so `openssl` judges the bytes of SignedInfo.
#[test]
fn openssl_verifies_what_we_sign_with_pss_and_we_what_it_signs() {
    if !installed("openssl") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let private = write(&folder, "private.pem", &pem("PRIVATE KEY", &RSA_PSS.pkcs8));
    let public = write(
        &folder,
        "public.pem",
        &pem("PUBLIC KEY", {
            use portner::keys::Signer;
            RSA_PSS.public_key()
        }),
    );
    let openssl = |arguments: &[&str]| {
        let pss = [
            "-sha256",
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            "rsa_pss_saltlen:32",
        ];
        let mut command = Command::new("openssl");
        command
            .arg("dgst")
            .args(pss)
            .args(arguments)
            .arg(path("info"))
            .output()
            .unwrap()
            .status
            .success()
    };
    let signed_info = |xml: &str| {
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        let info = document
            .root()
            .descendants()
            .find(|element| element.local_name() == "SignedInfo");
        info.unwrap().canonical(usize::MAX).unwrap()
    };
    let value = |xml: &str| {
        let (_, rest) = xml.split_once("<ds:SignatureValue>").unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };

    let ours = messages::response(Layers::Response, 1, &RSA_PSS);
    assert!(ours.contains("sha256-rsa-MGF1"));
    std::fs::write(path("info"), signed_info(&ours)).unwrap();
    std::fs::write(path("ours.sig"), BASE64.decode(value(&ours).as_bytes()).unwrap()).unwrap();
    assert!(openssl(&["-verify", &public, "-signature", &path("ours.sig")]));

    // By its long name with parameters, and with the salt of another digest.
    let short = "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1\"></ds:SignatureMethod>";
    let long = |salt: u8| {
        format!(
            "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2007/05/xmldsig-more#rsa-pss\">\
             <pss:RSAPSSParams xmlns:pss=\"http://www.w3.org/2007/05/xmldsig-more#\">\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
             <pss:SaltLength>{salt}</pss:SaltLength></pss:RSAPSSParams></ds:SignatureMethod>"
        )
    };
    for (method, is_good) in [(short.to_owned(), true), (long(32), true), (long(20), false)] {
        let theirs = ours.replace(short, &method);
        assert!(theirs.contains(&method));
        std::fs::write(path("info"), signed_info(&theirs)).unwrap();
        assert!(openssl(&["-sign", &private, "-out", &path("theirs.sig")]));
        let signature = BASE64.encode(&std::fs::read(path("theirs.sig")).unwrap());
        let theirs = theirs.replace(&value(&theirs), &signature);
        let document = Document::parse(theirs.as_bytes(), &Limits::MESSAGE).unwrap();
        let verdict = verify_response(&document, &[RSA_PSS.verifying_key()], &[], AcceptedCiphers::Gcm);
        assert_eq!(verdict.is_ok(), is_good, "{method}: {:?}", verdict.err());
        assert!(verify_response(&document, &[RSA.verifying_key()], &[], AcceptedCiphers::Gcm).is_err());
    }
}

/// SHA-1 rightly signed is refused all the same (A23).
#[test]
fn sha1_that_xmlsec1_signs_is_refused() {
    if !installed("xmlsec1") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let keys = [RSA.verifying_key()];
    let reason = |template: String| {
        let signed = signed_by_xmlsec1(&folder, &template, &RSA);
        let document = Document::parse(signed.as_bytes(), &Limits::MESSAGE).unwrap();
        verify_response(&document, &keys, &[], AcceptedCiphers::Gcm)
            .err()
            .map(|refusal| refusal.reason())
    };
    assert_eq!(
        reason(template("rsa-sha256", "2000/09/xmldsig#sha1", "")),
        Some("alg")
    );
    let template = template("rsa-sha256", "2001/04/xmlenc#sha256", "");
    assert_eq!(
        reason(template.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")),
        Some("alg")
    );
}

/// A Response as another product might write it, with an empty Signature for `xmlsec1` to fill in.
pub(super) fn template(method: &str, digest: &str, inclusive: &str) -> String {
    let response = messages::response(Layers::Response, 1, &RSA);
    let start = response.find("<ds:Signature ").unwrap();
    let end = response.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = format!(
        "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n  <SignedInfo>\n    \
         <CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">{inclusive}</CanonicalizationMethod>\n    \
         <SignatureMethod Algorithm='http://www.w3.org/2001/04/xmldsig-more#{method}'/>\n    \
         <Reference URI=\"#_r1\"><Transforms>\
         <Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">{inclusive}</Transform></Transforms>\
         <DigestMethod Algorithm=\"http://www.w3.org/{digest}\"/><DigestValue/></Reference>\n  </SignedInfo>\n  \
         <SignatureValue/>\n</Signature>"
    );
    let unsigned = format!("{}{signature}{}", &response[..start], &response[end..]);
    unsigned
        .replacen("<samlp:Response", "<samlp:Response xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"\n xmlns=\"urn:default\"", 1)
        .replace(
            "<saml:AttributeValue>",
            "<saml:AttributeValue xsi:type='xs:string' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>",
        )
        .replace("<samlp:Status>", "<samlp:Status >\r\n\t")
}

pub(super) fn signed_by_xmlsec1(folder: &TempDir, template: &str, signer: &TestSigner) -> String {
    let key = write(folder, "private.pem", &pem("PRIVATE KEY", &signer.pkcs8));
    let document = write(folder, "template.xml", template);
    let mut command = Command::new("xmlsec1");
    command
        .arg("--sign")
        .args(IDS)
        .args(["--privkey-pem", &key, &document]);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A30: what we accept, xmlsec1 accepts. Every document that it refuses we must refuse too.
#[test]
fn nothing_that_xmlsec1_refuses_is_accepted() {
    if !installed("xmlsec1") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let honest = messages::response(Layers::Response, 1, &RSA);
    let mutants = mutator::mutants(&honest, &messages::response(Layers::Response, 2, &RSA));
    for mutant in mutants
        .iter()
        .filter(|mutant| mutant.row == "A03" || mutant.row == "A06")
    {
        let theirs = xmlsec1_verifies(&folder, &mutant.xml, &RSA).status.success();
        let ours = Document::parse(mutant.xml.as_bytes(), &Limits::MESSAGE).is_ok_and(|document| {
            verify_response(&document, &[RSA.verifying_key()], &[], AcceptedCiphers::Gcm).is_ok()
        });
        assert!(theirs || !ours, "{} {}", mutant.row, mutant.name);
    }
}

/// Exclusive canonicalisation of random documents, byte by byte as libxml2 does it.
#[test]
fn xmllint_canonicalises_alike() {
    if !installed("xmllint") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut runner = TestRunner::deterministic();
    let strategy = (properties::model(), any::<u64>());
    for _ in 0..200 {
        let (model, seed) = strategy.new_tree(&mut runner).unwrap().current();
        let xml = model.wild_xml(seed);
        let ours = Document::parse(xml.as_bytes(), &Limits::MESSAGE)
            .unwrap()
            .root()
            .canonical(usize::MAX)
            .unwrap();
        let theirs = xmllint(Path::new(&write(&folder, "wild.xml", &xml)));
        assert_eq!(ours, theirs, "{xml}");
    }
}

fn xmllint(document: &Path) -> String {
    let output = Command::new("xmllint")
        .arg("--exc-c14n")
        .arg(document)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end_matches('\n')
        .to_owned()
}
