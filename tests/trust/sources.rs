//! Metadata that is fetched from the party itself, or asked for at a query service.

use jiff::{SignedDuration, Timestamp};
use portner::app::fetch_sources;
use portner::domain::address::PlainHttp;
use portner::keys::Signer;
use portner::saml::metadata;
use portner::saml::xml::{Document, Limits};
use portner::trust::difference::Outline;
use portner::trust::fetch::Which;

use crate::attacks::saml_stage::Stage;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::Files;
use crate::world::publisher::{Page, Publisher};
use crate::world::saml_idp::SamlIdp;
use crate::world::signing::sign;

const TOML: &str = "metadata/upstreams/lillekoebing.toml";
pub(crate) const PATH: &str = "/lillekoebing.xml";

/// A federation in which Lillekøbing publishes its metadata itself.
pub(crate) struct Published {
    pub(crate) stage: Stage,
    pub(crate) publisher: Publisher,
}

impl Published {
    /// `more` are further lines of `[saml]`.
    pub(crate) async fn start(document: &str, more: &str) -> Self {
        let publisher = Publisher::start().await;
        publisher.publish(PATH, document);
        let stage = Stage::set().await;
        let files = &stage.world.house.files;
        std::fs::remove_file(files.path("metadata/upstreams/lillekoebing.xml")).unwrap();
        files.add(
            TOML,
            &format!("metadata_url = \"{}\"\n{more}", publisher.at(PATH)),
        );
        let this = Self { stage, publisher };
        this.fetch().await;
        this
    }

    /// With a pinned key, of which the federation's hand is the owner.
    async fn pinned(document: &str) -> Self {
        let federation = SamlIdp::new("foederation");
        let pem = pem_of(&*federation.signer);
        let stage = Self::start("", "metadata_key = \"signer.pem\"\n").await;
        stage.files().put("metadata/upstreams/signer.pem", &pem);
        stage.publish_signed(document).await;
        stage.fetch().await;
        stage
    }

    async fn publish_signed(&self, document: &str) {
        let federation = SamlIdp::new("foederation");
        self.publisher
            .publish(PATH, &sign(document, &*federation.signer).await);
    }

    pub(crate) fn files(&self) -> &Files {
        &self.stage.world.house.files
    }

    /// What happens by itself when time passes.
    async fn fetch(&self) {
        fetch_sources(&self.stage.world.house.portner, Which::Due).await;
        self.stage.world.house.keeper().read_anew().await;
    }

    /// The same from all sources, twice: what the first brings may name others.
    pub(crate) async fn fetch_all(&self) {
        for _ in 0..2 {
            fetch_sources(&self.stage.world.house.portner, Which::All).await;
            self.stage.world.house.keeper().read_anew().await;
        }
    }

    async fn a_day_later(&self) {
        self.stage.world.house.wait(SignedDuration::from_hours(25));
        self.fetch().await;
    }

    /// Whether an answer of this login counts now.
    pub(crate) async fn believes(&self, idp: &SamlIdp) -> bool {
        let world = &self.stage.world;
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world
            .type_name(&mut browser, &page, "sofie@lillekoebing.example")
            .await;
        if !world.lillekoebing.is_asked_by(&page) {
            return false;
        }
        let asked = world.lillekoebing.read(&page);
        let words = world
            .lillekoebing
            .words(&asked, crate::attacks::saml_stage::SOFIE, world.house.now());
        let answer = idp.form(&words, &asked).await;
        is_logged_in(&browser.post_from_elsewhere(&asked.acs_path(), &answer).await)
    }

    pub(crate) fn told(&self) -> String {
        self.stage.world.house.portner.trust.text()
    }

    fn held(&self) -> Vec<String> {
        let place = self
            .stage
            .world
            .house
            .portner
            .fetcher
            .shelf
            .place("upstreams/lillekoebing");
        place.notes().held.map(|held| held.difference).unwrap_or_default()
    }
}

pub(crate) fn pem_of(signer: &dyn Signer) -> String {
    let base64 = data_encoding::BASE64.encode(signer.certificate().unwrap());
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}

fn lillekoebing() -> SamlIdp {
    SamlIdp::new("lillekoebing")
}

/// A login with another key under the name of Lillekøbing.
fn impostor() -> (SamlIdp, String) {
    let mut evil = SamlIdp::new("ondskab");
    let honest = lillekoebing();
    evil.entity_id.clone_from(&honest.entity_id);
    evil.sso.clone_from(&honest.sso);
    let metadata = evil.metadata();
    (evil, metadata)
}

fn with_id(metadata: &str) -> String {
    metadata.replacen(" entityID=", " ID=\"_1\" entityID=", 1)
}

fn until(metadata: &str, moment: &str) -> String {
    metadata.replacen(" entityID=", &format!(" validUntil=\"{moment}\" entityID="), 1)
}

#[tokio::test]
async fn metadata_is_fetched_and_counts_after_a_restart_without_network() {
    let world = Published::start(&lillekoebing().metadata(), "").await;
    assert!(world.believes(&lillekoebing()).await);
    world.publisher.say(PATH, Page::Status(500));
    let restarted = world.stage.world.house.restarted().await;
    assert!(
        restarted
            .portner
            .registry()
            .upstreams()
            .any(|upstream| upstream.profile.id.as_str() == "lillekoebing")
    );
    // Nothing is asked at a start.
    assert_eq!(world.publisher.asked().len(), 1);
}

#[tokio::test]
async fn an_unchanged_document_is_not_sent_again() {
    let world = Published::start(&lillekoebing().metadata(), "").await;
    world.fetch().await;
    assert_eq!(world.publisher.asked().len(), 1, "it is not due");
    world.a_day_later().await;
    let asked = world.publisher.asked();
    assert!(asked.len() == 2 && asked[1].1.is_some(), "{asked:?}");
    assert!(
        world.told().contains("fetched at 2027-03-02T09:00:00Z"),
        "{}",
        world.told()
    );
}

#[tokio::test]
async fn b24_a_new_key_that_nobody_signed_for_waits_for_an_operator() {
    let world = Published::start(&lillekoebing().metadata(), "").await;
    let (evil, metadata) = impostor();
    world.publisher.publish(PATH, &metadata);
    world.a_day_later().await;
    assert!(world.believes(&lillekoebing()).await && !world.believes(&evil).await);
    let difference = world.held();
    assert!(
        difference
            .iter()
            .any(|line| line.starts_with("- IdP key signing, sha256 ")),
        "{difference:?}"
    );
    assert!(
        difference
            .iter()
            .any(|line| line.starts_with("+ IdP key signing, sha256 ")),
        "{difference:?}"
    );
    assert!(
        world.told().contains("a change waits since 2027-03-02"),
        "{}",
        world.told()
    );
    let metrics = world.stage.world.house.portner.metrics.render();
    assert!(
        metrics.contains("portner_metadata_sources{state=\"quarantined\"} 1"),
        "{metrics}"
    );

    // The auditor reads it once, however often the source is asked.
    world.a_day_later().await;
    let audit = world.stage.world.house.audit().await;
    let denied: Vec<_> = audit.iter().filter(|row| row.act == "meta.deny").collect();
    assert_eq!(denied.len(), 1, "{audit:?}");
    assert!(
        denied[0].details.contains("upstreams/lillekoebing")
            && denied[0].details.contains("nobody has signed"),
        "{denied:?}"
    );

    // A restart forgets nothing, and lets nothing slip in.
    world.stage.world.house.keeper().read_anew().await;
    assert!(!world.believes(&evil).await);

    // The operator looks at it and takes it.
    let shown = portner(world.files(), &["metadata", "diff", "lillekoebing"]);
    assert!(
        shown.contains("nobody has signed for the change") && shown.contains(&difference[0]),
        "{shown}"
    );
    let digest = shown_digest(&world);
    let accept = ["metadata", "accept", "lillekoebing", &digest, "--by", "drift 2"];
    let accepted = portner(world.files(), &accept);
    assert!(
        accepted.contains("accepted for upstreams/lillekoebing"),
        "{accepted}"
    );
    // Who took what is for the auditor, once (L06).
    let audit = world.stage.world.house.audit().await;
    let taken: Vec<_> = audit
        .iter()
        .filter(|row| row.act == "ops.metadata_accepted")
        .map(|row| serde_json::from_str::<serde_json::Value>(&row.details).unwrap())
        .collect();
    assert_eq!(taken.len(), 1, "{audit:?}");
    assert_eq!(
        (&taken[0]["about"], &taken[0]["by"]),
        (&"upstreams/lillekoebing".into(), &"drift 2".into())
    );
    let detail = taken[0]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with(&digest) && detail.contains(&difference[0]),
        "{detail}"
    );
    world.stage.world.house.keeper().read_anew().await;
    assert!(world.believes(&evil).await && !world.believes(&lillekoebing()).await);
}

#[tokio::test]
async fn b24_every_change_that_could_hijack_logins_waits() {
    let honest = lillekoebing().metadata();
    let scope = "<md:Extensions><shibmd:Scope xmlns:shibmd=\"urn:mace:shibboleth:metadata:1.0\">storkoebing.example</shibmd:Scope></md:Extensions><md:KeyDescriptor";
    let logout = |binding: &str, more: &str| {
        let service = format!(
            "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" \
             Location=\"https://idp.ondskab.example/slo\"{more}/><md:SingleSignOnService"
        );
        honest.replacen("<md:SingleSignOnService", &service, 1)
    };
    let changes = [
        (
            "- IdP requests by redirect",
            honest.replace(
                "https://idp.lillekoebing.example/sso",
                "https://idp.ondskab.example/sso",
            ),
        ),
        (
            "+ IdP scope storkoebing.example",
            honest.replacen("<md:KeyDescriptor", scope, 1),
        ),
        ("+ IdP logout by redirect to https://idp.ondskab", logout("HTTP-Redirect", "")),
        ("+ IdP logout by post to https://idp.ondskab", logout("HTTP-POST", "")),
        // Calls from us to them, with the name of whoever logs out in it.
        ("+ IdP logout by soap to https://idp.ondskab", logout("SOAP", "")),
        (
            "+ IdP logout by response to https://idp.ondskab.example/svar",
            logout("HTTP-Redirect", " ResponseLocation=\"https://idp.ondskab.example/svar\""),
        ),
        // Whom our pages tell users to call, and where they send them.
        (
            "+ contact it@ondskab.example",
            honest.replacen(
                "</md:EntityDescriptor>",
                "<md:ContactPerson contactType=\"support\"><md:EmailAddress>mailto:it@ondskab.example</md:EmailAddress></md:ContactPerson></md:EntityDescriptor>",
                1,
            ),
        ),
        (
            "+ page for its users' errors https://ondskab.example/",
            honest.replacen(
                "<md:IDPSSODescriptor ",
                "<md:IDPSSODescriptor errorURL=\"https://ondskab.example/\" ",
                1,
            ),
        ),
        (
            "- entityID",
            honest.replace(
                "entityID=\"https://idp.lillekoebing",
                "entityID=\"https://idp.ondskab",
            ),
        ),
    ];
    let world = Published::start(&honest, "").await;
    for (line, changed) in changes {
        world.publisher.publish(PATH, &changed);
        world.a_day_later().await;
        assert!(
            world.held().iter().any(|held| held.starts_with(line)),
            "{line}: {:?}",
            world.held()
        );
        assert!(world.believes(&lillekoebing()).await, "{line}");
    }
    // What is no such change is taken: the party's dates, and its way back.
    world
        .publisher
        .publish(PATH, &until(&honest, "2028-03-01T08:00:00Z"));
    world.a_day_later().await;
    assert_eq!(world.held(), Vec::<String>::new());
    assert!(
        world
            .stage
            .world
            .house
            .portner
            .registry()
            .upstreams()
            .any(|upstream| upstream.validity.metadata_until.is_some())
    );
}

/// Where a service's answers go when a request names no place.
#[test]
fn b24_another_usual_place_for_answers_is_a_change() {
    let outline = |first: &str, second: &str| {
        let acs = |index: u8, more: &str| {
            format!(
                "<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
                 Location=\"https://tjeneste.example/acs{index}\" index=\"{index}\"{more}/>"
            )
        };
        let xml = format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://tjeneste.example\">\
             <md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}{}\
             </md:SPSSODescriptor></md:EntityDescriptor>",
            acs(0, first),
            acs(1, second)
        );
        let document = Document::parse(xml.as_bytes(), &Limits::METADATA).unwrap();
        let metadata = metadata::read(document.root(), PlainHttp::Refused, Timestamp::MIN).unwrap();
        Outline::of(&metadata)
    };
    let usual = " isDefault=\"true\"";
    let difference = outline(usual, "").difference(&outline("", usual));
    assert_eq!(
        difference,
        [
            "- SP answers by default to https://tjeneste.example/acs0",
            "+ SP answers by default to https://tjeneste.example/acs1"
        ]
    );
}

/// What is served is what was looked at, and not what has come in its place since.
#[tokio::test]
async fn b24_an_operator_accepts_what_was_shown_and_nothing_else() {
    let world = Published::start(&lillekoebing().metadata(), "").await;
    let innocent = lillekoebing()
        .metadata()
        .replace("idp.lillekoebing.example/sso", "idp.lillekoebing.example/nyt");
    world.publisher.publish(PATH, &innocent);
    world.a_day_later().await;
    let digest = shown_digest(&world);
    let (evil, swapped) = impostor();
    world.publisher.publish(PATH, &swapped);
    world.a_day_later().await;
    let told = portner(world.files(), &["metadata", "accept", "lillekoebing", &digest]);
    assert!(told.contains("is not what that digest was shown of"), "{told}");
    world.stage.world.house.keeper().read_anew().await;
    assert!(world.believes(&lillekoebing()).await && !world.believes(&evil).await);
    assert!(!world.held().is_empty(), "it still waits");

    let digest = shown_digest(&world);
    let place = world.files().path("trust/upstreams/lillekoebing~held.xml");
    assert_eq!(std::fs::read_to_string(&place).unwrap(), swapped);
    for wrong in ["", &digest[..8], &digest.to_uppercase()] {
        let told = portner(world.files(), &["metadata", "accept", "lillekoebing", wrong]);
        assert!(told.contains("is not what that digest"), "{wrong}: {told}");
    }
    let told = portner(world.files(), &["metadata", "accept", "lillekoebing", &digest]);
    assert!(told.contains("accepted for upstreams/lillekoebing"), "{told}");
    let told = portner(world.files(), &["metadata", "accept", "lillekoebing", &digest]);
    assert!(told.contains("nothing waits for lillekoebing"), "{told}");
}

/// The digest that `metadata diff` shows of what waits.
fn shown_digest(world: &Published) -> String {
    let shown = portner(world.files(), &["metadata", "diff", "lillekoebing"]);
    let command = "portner metadata accept upstreams/lillekoebing ";
    let (_, rest) = shown.split_once(command).unwrap_or_else(|| panic!("{shown}"));
    let digest = rest.lines().next().unwrap();
    assert_eq!(digest.len(), 32, "{shown}");
    digest.to_owned()
}

/// Whose certificate was taken away as a signer has no say any more, whatever lies on the shelf.
#[tokio::test]
async fn b24_a_withdrawn_pin_is_believed_no_longer() {
    let document = with_id(&lillekoebing().metadata());
    let world = Published::pinned(&document).await;
    assert!(world.believes(&lillekoebing()).await);
    let successor = SamlIdp::new("efterfoelger");
    let pem = pem_of(&*successor.signer);
    world.files().put("metadata/upstreams/signer.pem", &pem);
    world.stage.world.house.keeper().read_anew().await;
    assert!(!world.believes(&lillekoebing()).await);
    let told = world.told();
    assert!(told.contains("is not signed by the pinned key"), "{told}");
    // It is asked for at once, and whole.
    world
        .publisher
        .publish(PATH, &sign(&document, &*successor.signer).await);
    world.fetch().await;
    assert!(world.believes(&lillekoebing()).await, "{}", world.told());
}

/// "Unchanged" is no answer to somebody who has nothing.
#[tokio::test]
async fn a_copy_that_is_lost_or_damaged_is_fetched_again() {
    let world = Published::start(&lillekoebing().metadata(), "").await;
    let copy = world.files().path("trust/upstreams/lillekoebing.xml");
    for what in ["lost", "damaged"] {
        if what == "lost" {
            std::fs::remove_file(&copy).unwrap();
        } else {
            std::fs::write(&copy, "<md:Entity").unwrap();
        }
        world.a_day_later().await;
        assert!(world.believes(&lillekoebing()).await, "{what}: {}", world.told());
        assert!(copy.exists(), "{what}");
    }
}

#[tokio::test]
async fn b24_a_pinned_signature_speaks_for_a_change_and_nothing_else_does() {
    let world = Published::pinned(&with_id(&lillekoebing().metadata())).await;
    assert!(world.believes(&lillekoebing()).await);
    let (evil, swapped) = impostor();
    let swapped = with_id(&swapped);
    let stranger = SamlIdp::new("ondskab");
    let signed = sign(
        &with_id(&lillekoebing().metadata()),
        &*SamlIdp::new("foederation").signer,
    )
    .await;
    let attacks = [
        ("unsigned", swapped.clone()),
        ("of a stranger", sign(&swapped, &*stranger.signer).await),
        (
            "changed after signing",
            signed.replace("idp.lillekoebing.example/sso", "idp.ondskab.example/sso"),
        ),
        ("over", {
            let over = until(&swapped, "2027-03-01T09:00:00Z");
            sign(&over, &*SamlIdp::new("foederation").signer).await
        }),
        (
            "a document type",
            format!("<!DOCTYPE x [<!ENTITY e \"x\">]>{signed}"),
        ),
        ("a bomb", format!("<a>{}</a>", "<a>".repeat(100_000))),
        ("nothing", String::new()),
        ("a page", "<html><body>Log ind</body></html>".to_owned()),
    ];
    for (attack, document) in attacks {
        world.publisher.publish(PATH, &document);
        world.a_day_later().await;
        assert!(
            world.believes(&lillekoebing()).await && !world.believes(&evil).await,
            "{attack}"
        );
        let told = world.told();
        assert!(
            told.contains("source    upstreams/lillekoebing: fetched at"),
            "{attack}: {told}"
        );
        assert!(
            world
                .stage
                .world
                .house
                .portner
                .fetcher
                .shelf
                .place("upstreams/lillekoebing")
                .notes()
                .trouble
                .is_some(),
            "{attack}"
        );
    }
    world.publish_signed(&swapped).await;
    world.a_day_later().await;
    assert!(world.believes(&evil).await && !world.believes(&lillekoebing()).await);
}

#[tokio::test]
async fn b24_an_older_copy_and_another_party_wait_even_when_they_are_signed() {
    let world = Published::pinned(&until(
        &with_id(&lillekoebing().metadata()),
        "2027-06-01T00:00:00Z",
    ))
    .await;
    let (evil, swapped) = impostor();
    for (attack, document) in [
        ("older", until(&with_id(&swapped), "2027-05-01T00:00:00Z")),
        (
            "another",
            until(
                &with_id(&SamlIdp::new("ondskab").metadata()),
                "2027-07-01T00:00:00Z",
            ),
        ),
    ] {
        world.publish_signed(&document).await;
        world.a_day_later().await;
        assert!(
            world.believes(&lillekoebing()).await && !world.believes(&evil).await,
            "{attack}"
        );
        assert!(!world.held().is_empty(), "{attack}");
    }
}

#[tokio::test]
async fn b25_no_answer_of_a_source_leads_inside_or_holds_anybody_up() {
    let world = Published::start(&lillekoebing().metadata(), "").await;
    let elsewhere = Publisher::start().await;
    let (_, swapped) = impostor();
    elsewhere.publish("/x", &swapped);
    for (attack, page) in [
        ("a redirect", Page::Redirect(elsewhere.at("/x"))),
        ("no end", Page::Endless),
        ("gone", Page::Status(404)),
    ] {
        world.publisher.say(PATH, page);
        world.a_day_later().await;
        let notes = world
            .stage
            .world
            .house
            .portner
            .fetcher
            .shelf
            .place("upstreams/lillekoebing")
            .notes();
        assert!(
            notes.trouble.is_some() && notes.held.is_none(),
            "{attack}: {notes:?}"
        );
        assert!(world.believes(&lillekoebing()).await, "{attack}");
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_source_that_is_silent_stops_neither_a_start_nor_anybodys_login() {
    let publisher = Publisher::start().await;
    publisher.say(PATH, Page::Silence);
    let world = Federation::start().await;
    let files = &world.house.files;
    std::fs::remove_file(files.path("metadata/upstreams/lillekoebing.xml")).unwrap();
    files.add(TOML, &format!("metadata_url = \"{}\"\n", publisher.at(PATH)));
    let restarted = world.house.restarted().await;
    assert!(publisher.asked().is_empty(), "a start fetches nothing");
    let fetching = tokio::spawn({
        let portner = restarted.portner.clone();
        async move { fetch_sources(&portner, Which::Due).await }
    });
    let mut browser = crate::world::visitor::Visitor::at(&restarted);
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@storkoebing.example")
        .await;
    assert!(world.storkoebing.is_asked_by(&page));
    fetching.abort();
}

#[tokio::test]
async fn one_entity_is_asked_for_at_a_query_service() {
    let publisher = Publisher::start().await;
    let federation = SamlIdp::new("foederation");
    let signed = sign(&with_id(&lillekoebing().metadata()), &*federation.signer).await;
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        lillekoebing().entity_id.as_bytes(),
    );
    let path = format!(
        "/mdq/entities/%7Bsha1%7D{}",
        data_encoding::HEXLOWER.encode(digest.as_ref())
    );
    publisher.publish(&path, &signed);
    let world = Federation::start().await;
    let files = &world.house.files;
    std::fs::remove_file(files.path("metadata/upstreams/lillekoebing.xml")).unwrap();
    files.put("metadata/upstreams/signer.pem", &pem_of(&*federation.signer));
    files.add(
        TOML,
        &format!(
            "mdq = \"{}\"\nentity_id = \"{}\"\nmetadata_key = \"signer.pem\"\n",
            publisher.at("/mdq/"),
            lillekoebing().entity_id
        ),
    );
    let ask = async || {
        fetch_sources(&world.house.portner, Which::All).await;
        world.house.keeper().read_anew().await;
        world
            .house
            .portner
            .registry()
            .upstream_by_entity_id(&lillekoebing().entity_id)
            .is_some()
    };
    // A signed answer about somebody else is no answer.
    let other = sign(&with_id(&SamlIdp::new("ondskab").metadata()), &*federation.signer).await;
    publisher.publish(&path, &other);
    std::fs::remove_dir_all(files.path("trust")).ok();
    world.house.keeper().read_anew().await;
    fetch_sources(&world.house.portner, Which::All).await;
    let notes = world
        .house
        .portner
        .fetcher
        .shelf
        .place("upstreams/lillekoebing")
        .notes();
    assert!(notes.trouble.unwrap().contains("ondskab"));
    publisher.publish(&path, &signed);
    assert!(ask().await);
}

/// What the program says, whatever its exit code.
pub(crate) fn portner(files: &Files, arguments: &[&str]) -> String {
    let config = files.path("portner.toml");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portner"));
    let output = command
        .args(arguments)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
