//! Files of parties that change while Portner runs, and metadata that ends.

use jiff::SignedDuration;
use portner::saml::xml::AcceptedCiphers;
use portner::trust::UpstreamProtocol;

use crate::attacks::saml_stage::Stage;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::SamlIdp;

const TOML: &str = "metadata/upstreams/lillekoebing.toml";
const XML: &str = "metadata/upstreams/lillekoebing.xml";

/// The page that somebody of Lillekøbing is led to, and whether that is their municipality.
async fn is_sent_to(world: &Federation, idp: &SamlIdp) -> bool {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@lillekoebing.example")
        .await;
    idp.is_asked_by(&page)
}

#[tokio::test]
async fn a_changed_file_is_served_when_it_has_come_to_rest_and_logins_under_way_go_on() {
    let mut stage = Stage::set().await;
    let mut keeper = stage.world.house.keeper();
    let files = &stage.world.house.files;
    files.change(
        TOML,
        "\"lillekoebing.example\"]\nscopes",
        "\"lillekoebing.example\", \"ny.example\"]\nscopes",
    );
    let is_known = async |world: &Federation| {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world.type_name(&mut browser, &page, "sofie@ny.example").await;
        world.lillekoebing.is_asked_by(&page)
    };
    keeper.look().await;
    assert!(!is_known(&stage.world).await, "it may still be written to");
    keeper.look().await;
    assert!(is_known(&stage.world).await);
    // The login that began before the swap ends after it.
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn a_file_that_becomes_faulty_leaves_the_party_as_it_was_and_others_are_read() {
    let world = Federation::start().await;
    let mut keeper = world.house.keeper();
    let honest = std::fs::read_to_string(world.house.files.path(XML)).unwrap();
    let faults = [
        (XML, "<not metadata".to_owned()),
        (XML, honest.replace("use=\"signing\"", "use=\"encryption\"")),
        (TOML, "kind = ".to_owned()),
    ];
    let storkoebing = "metadata/upstreams/storkoebing.toml";
    for (number, (file, text)) in faults.into_iter().enumerate() {
        world.house.files.put(file, &text);
        world.house.files.add(storkoebing, &format!("# {number}\n"));
        keeper.read_anew().await;
        assert!(is_sent_to(&world, &world.lillekoebing).await, "{file}");
        let told = world.house.portner.trust.text();
        assert!(
            told.contains("not all taken") && told.contains("lillekoebing is served as it was"),
            "{told}"
        );
        let metrics = world.house.portner.metrics.render();
        let count = format!(
            "portner_party_readings_total{{outcome=\"partly\"}} {}",
            number + 1
        );
        assert!(metrics.contains(&count), "{metrics}");
    }
    // A faulty table is nobody's outage either.
    world.house.files.put("releases.toml", "[");
    keeper.read_anew().await;
    assert!(is_sent_to(&world, &world.lillekoebing).await);
}

#[tokio::test]
async fn a_party_that_is_switched_off_is_off_even_when_its_file_is_faulty() {
    let world = Federation::start().await;
    let mut keeper = world.house.keeper();
    let party = std::fs::read_to_string(world.house.files.path(TOML)).unwrap();
    let switched_off = format!("enabled = false\n{party}");
    world.house.files.put(TOML, &switched_off);
    world.house.files.put(XML, "<not metadata");
    keeper.read_anew().await;
    assert!(!is_sent_to(&world, &world.lillekoebing).await);
}

#[tokio::test]
async fn a_party_whose_file_is_gone_is_gone() {
    let world = Federation::start().await;
    let mut keeper = world.house.keeper();
    std::fs::remove_file(world.house.files.path(TOML)).unwrap();
    keeper.look().await;
    keeper.look().await;
    assert!(!is_sent_to(&world, &world.lillekoebing).await);
    assert!(world.house.portner.trust.text().contains("all taken"));
}

#[tokio::test]
async fn b24_metadata_that_ends_while_portner_runs_is_believed_no_longer() {
    let mut stage = Stage::set().await;
    let metadata = stage.world.lillekoebing.metadata().replacen(
        " entityID=",
        " validUntil=\"2027-03-01T08:10:00Z\" entityID=",
        1,
    );
    stage.world.house.files.put(XML, &metadata);
    stage.world.house.reload();
    stage.world.house.wait(SignedDuration::from_secs(599));
    assert!(is_sent_to(&stage.world, &stage.world.lillekoebing).await);

    stage.world.house.wait(SignedDuration::from_secs(1));
    let mut browser = stage.world.visitor();
    let page = stage.world.arrive(&mut browser, "skolebroen").await;
    let page = stage
        .world
        .type_name(&mut browser, &page, "sofie@lillekoebing.example")
        .await;
    assert!(!stage.world.lillekoebing.is_asked_by(&page));
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-306"),
        "users are told whose login is closed"
    );
    // An honest answer to a request of before does not count any more.
    let page = stage.say(&stage.words()).await;
    assert!(!is_logged_in(&page));
}

#[tokio::test]
async fn what_ends_is_told_in_time() {
    let world = Federation::start().await;
    let metadata = world.lillekoebing.metadata().replacen(
        " entityID=",
        " validUntil=\"2027-03-29T08:00:00Z\" entityID=",
        1,
    );
    world.house.files.put(XML, &metadata);
    world.house.reload();
    world.house.keeper().warn();
    let metrics = world.house.portner.metrics.render();
    assert!(
        metrics.contains("portner_party_metadata_days_left{role=\"upstream\"} 28.0"),
        "{metrics}"
    );
    assert!(
        metrics.contains("portner_party_certificate_days_left{role=\"upstream\"}"),
        "{metrics}"
    );
    let told = world.house.portner.trust.text();
    assert!(
        told.contains("upstream lillekoebing: metadata at 2027-03-29T08:00:00Z, within 30 days"),
        "{told}"
    );
}

/// AES-CBC ends with the exception that was made for it, and not with the next restart (DR30).
#[tokio::test]
async fn an_exception_for_cbc_ends_while_portner_runs() {
    for read_anew in [false, true] {
        let world = Federation::start().await;
        world.house.files.add(
            TOML,
            "[saml.accept_cbc]\nowner = \"it\"\nreason = \"old\"\nuntil = 2027-03-01T09:00:00Z\n",
        );
        world.house.keeper().read_anew().await;
        let accepted = || {
            let registry = world.house.portner.registry();
            let party = registry
                .upstream_by_entity_id(&world.lillekoebing.entity_id)
                .unwrap();
            let UpstreamProtocol::Saml(idp, _) = &party.protocol else {
                panic!("Lillekøbing speaks SAML")
            };
            idp.ciphers(world.house.now())
        };
        assert_eq!(accepted(), AcceptedCiphers::GcmAndCbc);
        world.house.wait(SignedDuration::from_hours(2));
        if read_anew {
            world.house.keeper().read_anew().await;
            let told = world.house.portner.trust.text();
            assert!(told.contains("this exception has ended"), "{told}");
            assert!(!told.contains("served as it was"), "{told}");
        }
        assert_eq!(accepted(), AcceptedCiphers::Gcm, "read anew: {read_anew}");
        assert!(
            is_sent_to(&world, &world.lillekoebing).await,
            "and nobody is locked out"
        );
    }
}
