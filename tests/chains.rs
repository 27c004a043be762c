//! Certificates as OCES3 has them: a root, an issuing authority and a party, signed with RSA-PSS, with
//! revocation lists. Made by the program `openssl`; where it is not installed, a test says so.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use data_encoding::BASE64;
use jiff::SignedDuration;
use jiff::Timestamp;
use portner::keys::chain::{Authorities, NotVouchedFor, Revocation, RevocationList, UnusableAuthorities};

use crate::parties::{Parties, entity, idp};

/// Everything that the authorities have issued, or nothing without the program.
static ISSUED: LazyLock<Option<tempfile::TempDir>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    issue(folder.path()).then_some(folder)
});

const PSS: &str = "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32";
const CA: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
const PARTY: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=emailProtection\n";

fn issue(folder: &Path) -> bool {
    if Command::new("openssl").arg("version").output().is_err() {
        // A run that others rely on does not pass over what it could not try.
        assert!(std::env::var_os("CI").is_none(), "openssl is not installed");
        eprintln!("passed over: openssl is not installed");
        return false;
    }
    let run = |line: String| {
        let mut command = Command::new("openssl");
        let output = command
            .current_dir(folder)
            .args(line.split(' '))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "openssl {line}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    put("ca.ext", CA);
    put("party.ext", PARTY);
    let request = |name: &str| {
        run(format!(
            "req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
    };
    let certify = |name: &str, by: &str, kind: &str, days: u32| {
        run(format!(
            "x509 -req -in {name}.csr -CA {by}.pem -CAkey {by}.key -CAcreateserial -out {name}.pem -days {days} -extfile {kind}.ext {PSS}"
        ));
    };
    for name in ["root", "other", "issuing", "party", "revoked", "shortlived"] {
        request(name);
    }
    for name in ["root", "other"] {
        run(format!(
            "x509 -req -in {name}.csr -signkey {name}.key -out {name}.pem -days 3650 -extfile ca.ext {PSS}"
        ));
    }
    certify("issuing", "root", "ca", 3650);
    certify("party", "issuing", "party", 3650);
    certify("revoked", "issuing", "party", 3650);
    certify("shortlived", "issuing", "party", 1);
    for name in ["root", "issuing"] {
        put(&format!("{name}.index"), "");
        put(&format!("{name}.number"), "01\n");
        put(
            &format!("{name}.cnf"),
            &format!(
                "[ca]\ndefault_ca=d\n[d]\ndatabase={name}.index\ncrlnumber={name}.number\ndefault_md=sha256\ndefault_crl_days=2000\nprivate_key={name}.key\ncertificate={name}.pem\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n"
            ),
        );
    }
    run("ca -config issuing.cnf -revoke revoked.pem".to_owned());
    for name in ["root", "issuing"] {
        run(format!(
            "ca -config {name}.cnf -gencrl -out {name}.crl -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"
        ));
    }
    true
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

fn certificate(folder: &Path, name: &str) -> String {
    let pem = String::from_utf8(read(folder, name)).unwrap();
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// Some months after everything was issued.
fn now() -> Timestamp {
    "2027-03-01T12:00:00Z".parse().unwrap()
}

/// What an authority says of a certificate, a day after its lists should have been replaced included.
fn judged(
    folder: &Path,
    (root, name): (&str, &str),
    lists: &[&str],
    revocation: Revocation,
    at: Timestamp,
) -> Result<Option<Timestamp>, NotVouchedFor> {
    let lists: Vec<_> = lists
        .iter()
        .map(|name| RevocationList::read(&read(folder, name)).unwrap())
        .collect();
    let grace = SignedDuration::from_hours(24);
    let authorities = Authorities::read(
        &read(folder, root),
        &read(folder, "issuing.pem"),
        revocation,
        grace,
    )
    .unwrap();
    let der = BASE64.decode(certificate(folder, name).as_bytes()).unwrap();
    authorities.vouch_for(&der, &lists, at)
}

#[test]
fn a_chain_leads_to_the_pinned_root_and_to_no_other() {
    let Some(folder) = &*ISSUED else { return };
    let folder = folder.path();
    let judged = |root, name: &str, at: Timestamp| {
        let verdict = judged(folder, (root, name), &[], Revocation::Unchecked, at);
        verdict.map(drop).map_err(|refused| refused.to_string())
    };
    assert_eq!(judged("root.pem", "party.pem", now()), Ok(()));
    let because = |verdict: Result<(), String>, word: &str| {
        let told = verdict.unwrap_err();
        assert!(told.contains(word), "{told}");
    };
    because(judged("other.pem", "party.pem", now()), "UnknownIssuer");
    because(judged("root.pem", "other.pem", now()), "CaUsedAsEndEntity");
    because(judged("root.pem", "shortlived.pem", now()), "CertExpired");
    because(
        judged("root.pem", "party.pem", Timestamp::UNIX_EPOCH),
        "CertNotValidYet",
    );
    let mut forged = BASE64
        .decode(certificate(folder, "party.pem").as_bytes())
        .unwrap();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let grace = SignedDuration::ZERO;
    let authorities = Authorities::read(
        &read(folder, "root.pem"),
        &read(folder, "issuing.pem"),
        Revocation::Unchecked,
        grace,
    );
    assert!(authorities.unwrap().vouch_for(&forged, &[], now()).is_err());
}

#[test]
fn a_revoked_certificate_does_not_count() {
    let Some(folder) = &*ISSUED else { return };
    let folder = folder.path();
    let both = ["root.crl", "issuing.crl"];
    let counts = |name: &str, lists: &[&str], revocation, at: Timestamp| {
        judged(folder, ("root.pem", name), lists, revocation, at).is_ok()
    };
    for revocation in [Revocation::Soft, Revocation::Hard] {
        assert!(counts("party.pem", &both, revocation, now()), "{revocation:?}");
        assert!(!counts("revoked.pem", &both, revocation, now()), "{revocation:?}");
    }
    // Where a list is missing or has expired, hard is closed and soft is open.
    assert!(counts("party.pem", &["issuing.crl"], Revocation::Soft, now()));
    assert!(!counts("party.pem", &["issuing.crl"], Revocation::Hard, now()));
    let later: Timestamp = "2033-01-01T00:00:00Z".parse().unwrap();
    assert!(counts("party.pem", &both, Revocation::Soft, later));
    assert!(!counts("party.pem", &both, Revocation::Hard, later));
    // Overdue is told apart from revoked, and holds for the grace.
    let list = RevocationList::read(&read(folder, "issuing.crl")).unwrap();
    let hard = |at| judged(folder, ("root.pem", "party.pem"), &both, Revocation::Hard, at);
    let end = list.next_update + SignedDuration::from_hours(24);
    assert!(hard(list.next_update).is_ok());
    assert!(hard(end - SignedDuration::from_secs(60)).unwrap().unwrap() <= end);
    assert!(matches!(hard(end), Err(NotVouchedFor::Overdue(_))));
}

#[test]
fn a_list_is_signed_by_its_authority_and_by_no_other() {
    let Some(folder) = &*ISSUED else { return };
    let folder = folder.path();
    let list = |bytes: &[u8]| RevocationList::read(bytes);
    let der = |name: &str| BASE64.decode(certificate(folder, name).as_bytes()).unwrap();
    let issuing = list(&read(folder, "issuing.crl")).unwrap();
    assert!(issuing.is_signed_by(&[der("root.pem"), der("issuing.pem")]));
    assert!(!issuing.is_signed_by(&[der("root.pem"), der("other.pem")]));
    assert!(!issuing.is_signed_by(&[]));
    let mut forged = BASE64
        .decode(certificate(folder, "issuing.crl").as_bytes())
        .unwrap();
    *forged.last_mut().unwrap() ^= 1;
    assert!(list(&forged).is_ok_and(|list| !list.is_signed_by(&[der("issuing.pem")])));
}

#[test]
fn authorities_that_cannot_be_checked_are_refused() {
    let Some(folder) = &*ISSUED else { return };
    let root = read(folder.path(), "root.pem");
    let refused = |roots: &[u8]| Authorities::read(roots, &[], Revocation::Hard, SignedDuration::ZERO).err();
    assert_eq!(refused(b""), Some(UnusableAuthorities::NoRoot));
    assert_eq!(refused(&root), None);
    let list = RevocationList::read(b"x").err();
    assert_eq!(list, Some(UnusableAuthorities::NotAList));
}

/// As an operator meets it: a party whose certificate nobody vouches for is not registered.
#[test]
fn a_party_is_registered_by_the_certificate_that_its_profile_asks_for() {
    let Some(folder) = &*ISSUED else { return };
    let folder = folder.path();
    let text = |name: &str| String::from_utf8(read(folder, name)).unwrap();
    let party = "kind = \"national-eid\"\nname = \"N\"\nvouches_for = [\"cpr\"]\n[saml.chain]\nroots = \"root.pem\"\nintermediates = \"issuing.pem\"\nlists = [\"root.crl\", \"issuing.crl\"]\n";
    let faults = |name: &str, party: &str| {
        let key = format!(
            "<md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
            certificate(folder, name)
        );
        let mut parties = Parties::new().with("upstreams/n.toml", party).with(
            "upstreams/n.xml",
            &entity("https://n.example", "", &idp(&key, "https://n.example/sso")),
        );
        for file in ["root.pem", "issuing.pem", "root.crl", "issuing.crl"] {
            parties = parties.with(&format!("upstreams/{file}"), &text(file));
        }
        parties.faults()
    };
    assert_eq!(faults("party.pem", party), "");
    let told = faults("revoked.pem", party);
    assert!(
        told.contains("CertRevoked") && told.contains("Error: no pinned authority vouches"),
        "{told}"
    );
    let told = faults("party.pem", &party.replace("\"root.pem\"", "\"missing.pem\""));
    assert!(told.contains("Error: missing.pem cannot be read"), "{told}");
    let told = faults("party.pem", &party.replace("lists", "revocation = \"hard\"\n#"));
    assert!(
        told.contains("Error: revocation is to be checked, but there is no list"),
        "{told}"
    );
}

/// The shipped example, with the lines of its chain switched on.
#[test]
fn the_example_of_the_national_eid_registers_with_its_chain() {
    let Some(folder) = &*ISSUED else { return };
    let folder = folder.path();
    let shipped = std::fs::read_to_string("metadata/upstreams/eid-nemlog-in.toml.example").unwrap();
    let (before, chain) = shipped.split_once("# [saml.chain]").unwrap();
    let chain = chain.replace("\n# ", "\n");
    let chain = chain
        .replace("distribution_points = true", "distribution_points = false")
        .replace("lists = []", "lists = [\"root.crl\", \"issuing.crl\"]");
    let key = format!(
        "<md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
        certificate(folder, "party.pem")
    );
    let text = |name: &str| String::from_utf8(read(folder, name)).unwrap();
    let parties = Parties::new()
        .with("upstreams/mitid.toml", &format!("{before}[saml.chain]{chain}"))
        .with(
            "upstreams/mitid.xml",
            &entity(
                "https://saml.nemlog-in.dk",
                "",
                &idp(&key, "https://login.nemlog-in.dk/sso"),
            ),
        )
        .with("upstreams/oces3-root.pem", &text("root.pem"))
        .with("upstreams/oces3-issuing.pem", &text("issuing.pem"))
        .with("upstreams/root.crl", &text("root.crl"))
        .with("upstreams/issuing.crl", &text("issuing.crl"));
    assert_eq!(parties.faults(), "");
}
