//! What is kept of signed messages, who can read it, and what happens where it cannot be kept.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::BASE64;
use portner::keys::evidence::EvidenceKey;
use portner::store::evidence::EvidenceRecord;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_client::json;
use crate::world::visitor::Visitor;

/// A federation that keeps evidence of some of its parties, and the half of the key that reads it.
async fn witnessed() -> (Federation, EvidenceKey, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let (private, public) = EvidenceKey::generate().unwrap();
    std::fs::write(place.path().join("evidence.key"), private.as_bytes()).unwrap();
    let alone = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(place.path().join("evidence.key"), alone).unwrap();
    std::fs::write(place.path().join("evidence.pub"), &public).unwrap();
    let setting = format!(
        "[evidence]\npublic_key = \"{}/evidence.pub\"\n",
        place.path().display()
    );
    let world = Federation::start_with(&setting).await;
    mark(
        &world,
        &[
            "upstreams/lillekoebing",
            "upstreams/havnekoebing",
            "services/skolebroen",
            "services/laesehesten",
        ],
    );
    (world, EvidenceKey::parse(&private).unwrap(), place)
}

/// Marks parties for evidence.
fn mark(world: &Federation, parties: &[&str]) {
    for party in parties {
        let path = format!("metadata/{party}.toml");
        let text = std::fs::read_to_string(world.house.files.path(&path)).unwrap();
        world.house.files.put(&path, &format!("evidence = true\n{text}"));
    }
    world.house.reload();
}

async fn log_in_through_lillekoebing(world: &Federation, browser: &mut Visitor, service: &str) -> Page {
    let asked = world.sent_to_lillekoebing(browser, service).await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    browser.post_from_elsewhere(&asked.acs_path(), &answer).await
}

async fn kept(world: &Federation) -> Vec<EvidenceRecord> {
    world.house.portner.store.evidence_after(0, 1_000).await.unwrap()
}

fn read(key: &EvidenceKey, record: &EvidenceRecord) -> String {
    let evidence = &record.evidence;
    String::from_utf8(key.open(&evidence.label, &evidence.sealed).unwrap()).unwrap()
}

fn kinds(records: &[EvidenceRecord]) -> Vec<(&str, &str)> {
    records
        .iter()
        .map(|record| {
            let label = &record.evidence.label;
            (label.party.as_str(), label.kind.as_str())
        })
        .collect()
}

#[tokio::test]
async fn every_signed_message_of_a_marked_saml_party_is_kept_and_read_only_with_the_key() {
    let (world, key, _place) = witnessed().await;
    let page = log_in_through_lillekoebing(&world, &mut world.visitor(), "skolebroen").await;
    assert!(is_logged_in(&page), "{}", page.body);
    let records = kept(&world).await;
    assert_eq!(
        kinds(&records),
        [
            ("service/skolebroen", "saml-request-received"),
            ("upstream/lillekoebing", "saml-request-sent"),
            ("upstream/lillekoebing", "saml-response-received"),
            ("service/skolebroen", "saml-response-sent"),
        ]
    );
    assert!(read(&key, &records[0]).contains("SAMLRequest="));
    assert!(read(&key, &records[1]).contains("SAMLRequest="));
    let heard = BASE64
        .decode(
            read(&key, &records[2])
                .split_whitespace()
                .collect::<String>()
                .as_bytes(),
        )
        .unwrap();
    let heard = String::from_utf8(heard).unwrap();
    assert!(
        heard.contains("1000001201") && heard.contains("SignatureValue"),
        "{heard}"
    );
    assert!(read(&key, &records[3]).contains("SAMLResponse="));
    let logins: Vec<_> = records[1..]
        .iter()
        .map(|record| record.evidence.label.login.clone())
        .collect();
    assert!(
        logins[0].is_some() && logins.iter().all(|login| *login == logins[0]),
        "{logins:?}"
    );

    // What the server keeps shows nobody, and it has no key that opens it.
    for record in &records {
        let text = String::from_utf8_lossy(&record.evidence.sealed).into_owned();
        assert!(!text.contains("SAML") && !text.contains("1000001201"));
    }
}

#[tokio::test]
async fn id_tokens_of_marked_parties_are_kept() {
    let (world, key, _place) = witnessed().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world
        .type_name(&mut browser, &page, "sofie@havnekoebing.example")
        .await;
    let question = world.havnekoebing.read(&page);
    let mut claims = world.havnekoebing.claims(&question, world.house.now());
    claims["uniid"] = "1000001201".into();
    world.havnekoebing.will_say(&claims).await;
    let done = browser.get(&world.havnekoebing.way_back(&question)).await;
    let heard = kept(&world).await;
    assert_eq!(
        kinds(&heard),
        [("upstream/havnekoebing", "id-token-received")],
        "{}",
        done.body
    );
    assert_eq!(read(&key, &heard[0]).split('.').count(), 3);
    let Some(code) = client.answer(&done).get("code").cloned() else {
        panic!("{}", done.body)
    };
    let tokens = json(&client.redeem(&browser, &code).await);
    let all = kept(&world).await;
    assert_eq!(kinds(&all)[1], ("service/laesehesten", "id-token-sent"));
    assert_eq!(read(&key, &all[1]), tokens["id_token"].as_str().unwrap());
    // Both are found by the login that they are of (`evidence open --login`).
    let login = |record: &EvidenceRecord| record.evidence.label.login.clone();
    assert!(login(&all[0]).is_some());
    assert_eq!(login(&all[1]), login(&all[0]));
}

#[tokio::test]
async fn of_parties_that_are_not_marked_nothing_is_kept() {
    let world = Federation::start().await;
    let page = log_in_through_lillekoebing(&world, &mut world.visitor(), "skolebroen").await;
    assert!(is_logged_in(&page));
    assert_eq!(kept(&world).await, []);
}

#[tokio::test]
async fn a_login_whose_evidence_cannot_be_kept_does_not_go_on() {
    // Marked, and no key to seal to.
    let world = Federation::start().await;
    mark(&world, &["services/skolebroen"]);
    let page = world.arrive(&mut world.visitor(), "skolebroen").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-900"), "{}", page.body);

    // The table is gone while logins are under way.
    let (world, _, _place) = witnessed().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    world
        .house
        .tamper("ALTER TABLE evidence RENAME TO evidence_gone")
        .await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-900"), "{}", page.body);
    assert_eq!(world.house.count("sessions").await, 0);
}

fn portner(world: &Federation, arguments: &[&str], more: &[PathBuf]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_portner"))
        .args(arguments)
        .args(more)
        .arg("--config")
        .arg(world.house.files.path("portner.toml"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[tokio::test]
async fn evidence_is_verified_without_the_key_and_opened_with_it() {
    let (world, _, place) = witnessed().await;
    log_in_through_lillekoebing(&world, &mut world.visitor(), "skolebroen").await;
    let (well, told, _) = portner(&world, &["evidence", "verify"], &[]);
    assert!(
        well && told.starts_with("whole: 4 messages, up to number 4\n"),
        "{told}"
    );

    let key = |place: &Path| vec![place.join("evidence.key")];
    let open = ["evidence", "open", "--party", "service/skolebroen", "--key"];
    let (well, told, _) = portner(&world, &open, &key(place.path()));
    assert!(well);
    let lines: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert_eq!(lines[1]["kind"], "saml-response-sent");
    assert!(lines[1]["message"].as_str().unwrap().contains("SAMLResponse="));

    let other = tempfile::tempdir().unwrap();
    let pair = other.path().join("pair");
    let (well, told, _) = portner(&world, &["evidence", "new-key"], std::slice::from_ref(&pair));
    assert!(well && told.contains("evidence.pub"), "{told}");
    let (well, told, faults) = portner(&world, &open, &key(&pair));
    assert!(!well && told.is_empty(), "another key opens nothing: {told}");
    assert!(faults.contains("does not open"), "{faults}");
    let (well, _, faults) = portner(&world, &["evidence", "new-key"], &[pair]);
    assert!(!well, "a pair that is there is never overwritten");
    assert!(faults.contains("holds no pair yet"), "{faults}");

    world
        .house
        .tamper("UPDATE evidence SET login = NULL WHERE sequence = 3")
        .await;
    let (well, _, faults) = portner(&world, &["evidence", "verify"], &[]);
    assert!(!well && faults.contains("broken at number 3"), "{faults}");
}

#[tokio::test]
async fn check_wants_a_key_where_a_party_is_marked() {
    let world = Federation::start().await;
    mark(&world, &["services/skolebroen"]);
    let (well, _, faults) = portner(&world, &["check"], &[]);
    assert!(
        !well && faults.contains("there is no evidence.public_key"),
        "{faults}"
    );
}
