//! Federations: signed aggregates and query services, and what is made of their parties.

use jiff::SignedDuration;
use portner::ambient::{Clock as _, SystemClock};
use portner::app::fetch_sources;
use portner::trust::fetch::Which;

use super::sources::pem_of;
use crate::attacks::saml_stage::SOFIE;
use crate::world::authority::Authority;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::House;
use crate::world::publisher::{Page, Publisher};
use crate::world::saml_idp::SamlIdp;
use crate::world::signing::sign;

const PATH: &str = "/feed.xml";
const RULES: &str = "[[fed.upstreams]]\nwithin = [\"nyby.example\"]\nkind = \"local\"\n\
    institutions = [\"101001\"]\nvouches_for = [\"uni-id\"]\n[fed.upstreams.mapping]\nsubject = \"uni-id\"\n";

/// A federation of federations: one that publishes a feed, which Portner takes.
struct Fed {
    world: Federation,
    publisher: Publisher,
    hand: SamlIdp,
}

impl Fed {
    async fn start(inside: &str, rules: &str) -> Self {
        let this = Self {
            world: Federation::start().await,
            publisher: Publisher::start().await,
            hand: SamlIdp::new("foederation"),
        };
        let files = &this.world.house.files;
        files.put("metadata/fed.pem", &pem_of(&*this.hand.signer));
        let url = this.publisher.at(PATH);
        files.put(
            "metadata/feeds.toml",
            &format!("[fed]\nurl = \"{url}\"\nkey = \"fed.pem\"\n{rules}"),
        );
        this.publish(inside).await;
        this.fetch(Which::Due).await;
        this
    }

    async fn signed(&self, inside: &str, until: &str) -> String {
        sign(&feed(inside, until), &*self.hand.signer).await
    }

    async fn publish(&self, inside: &str) {
        self.publisher
            .publish(PATH, &self.signed(inside, "2027-06-01T00:00:00Z").await);
    }

    async fn fetch(&self, which: Which) {
        fetch_sources(&self.world.house.portner, which).await;
        self.world.house.keeper().read_anew().await;
    }

    async fn a_day_later(&self) {
        self.world.house.wait(SignedDuration::from_hours(25));
        self.fetch(Which::Due).await;
    }

    fn told(&self) -> String {
        self.world.house.portner.trust.text()
    }

    /// Whether users of a domain are sent to this login and it is believed, signed with this key.
    async fn believes(&self, asked: &SamlIdp, domain: &str, signed: &SamlIdp) -> bool {
        let mut browser = self.world.visitor();
        let page = self.world.arrive(&mut browser, "skolebroen").await;
        let page = self
            .world
            .type_name(&mut browser, &page, &format!("sofie@{domain}"))
            .await;
        if !asked.is_asked_by(&page) {
            return false;
        }
        let question = asked.read(&page);
        let words = asked.words(&question, SOFIE, self.world.house.now());
        let answer = signed.form(&words, &question).await;
        is_logged_in(&browser.post_from_elsewhere(&question.acs_path(), &answer).await)
    }
}

fn feed(inside: &str, until: &str) -> String {
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_feed\" validUntil=\"{until}\" \
         cacheDuration=\"PT6H\">\n{inside}\n</md:EntitiesDescriptor>"
    )
}

fn nyby() -> SamlIdp {
    SamlIdp::new("nyby")
}

/// With a scope, a name and more, as federations have it.
fn described(metadata: &str, scope: &str) -> String {
    let extensions = format!(
        "<md:Extensions><shibmd:Scope xmlns:shibmd=\"urn:mace:shibboleth:metadata:1.0\">{scope}</shibmd:Scope>\
         <mdui:UIInfo xmlns:mdui=\"urn:oasis:names:tc:SAML:metadata:ui\"><mdui:DisplayName xml:lang=\"da\">Nyby Kommune</mdui:DisplayName>\
         <mdui:DisplayName xml:lang=\"en\">City of Nyby</mdui:DisplayName></mdui:UIInfo></md:Extensions><md:KeyDescriptor"
    );
    metadata.replacen("<md:KeyDescriptor", &extensions, 1)
}

fn hidden(metadata: &str) -> String {
    let attributes = "<md:Extensions><a:EntityAttributes xmlns:a=\"urn:oasis:names:tc:SAML:metadata:attribute\" \
        xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\"><s:Attribute Name=\"http://macedir.org/entity-category\">\
        <s:AttributeValue>http://refeds.org/category/hide-from-discovery</s:AttributeValue></s:Attribute></a:EntityAttributes></md:Extensions>";
    metadata.replacen(
        "<md:IDPSSODescriptor",
        &format!("{attributes}<md:IDPSSODescriptor"),
        1,
    )
}

#[tokio::test]
async fn a_party_of_a_feed_is_served_by_its_rule_also_after_a_restart_without_network() {
    let fed = Fed::start(&described(&nyby().metadata(), "nyby.example"), RULES).await;
    assert!(
        fed.believes(&nyby(), "nyby.example", &nyby()).await,
        "{}",
        fed.told()
    );
    fed.publisher.say(PATH, Page::Status(503));
    let asked = fed.publisher.asked().len();
    let restarted: House = fed.world.house.restarted().await;
    let party = restarted
        .portner
        .registry()
        .upstream_by_entity_id(&nyby().entity_id)
        .cloned()
        .unwrap();
    assert_eq!(
        party
            .profile
            .name
            .in_language(portner::domain::text::Language::En),
        "City of Nyby"
    );
    assert_eq!(fed.publisher.asked().len(), asked, "a start fetches nothing");
}

#[tokio::test]
async fn a_signed_change_is_served_and_who_leaves_is_gone() {
    let fed = Fed::start(&described(&nyby().metadata(), "nyby.example"), RULES).await;
    let mut other = SamlIdp::new("andenby");
    let old = nyby();
    other.entity_id.clone_from(&old.entity_id);
    other.sso.clone_from(&old.sso);
    let before = fed.world.house.portner.registry();
    fed.publish(&described(&other.metadata(), "nyby.example")).await;
    fed.a_day_later().await;
    assert!(fed.believes(&other, "nyby.example", &other).await);
    assert!(
        !fed.believes(&other, "nyby.example", &nyby()).await,
        "the old key counts no more"
    );
    let told = portner::trust::difference::of_feeds(&before, &fed.world.house.portner.registry());
    assert!(
        told.iter().any(|line| line.contains(": - IdP key "))
            && told.iter().any(|line| line.contains(": + IdP key ")),
        "{told:?}"
    );
    fed.publish("").await;
    fed.a_day_later().await;
    assert!(
        fed.world
            .house
            .portner
            .registry()
            .upstream_by_entity_id(&old.entity_id)
            .is_none()
    );
}

#[tokio::test]
async fn b24_no_feed_is_believed_that_its_key_has_not_signed_or_that_is_over_or_older() {
    let honest = described(&nyby().metadata(), "nyby.example");
    let fed = Fed::start(&honest, RULES).await;
    let mut evil = SamlIdp::new("ondskab");
    evil.entity_id.clone_from(&nyby().entity_id);
    evil.sso.clone_from(&nyby().sso);
    let swapped = described(&evil.metadata(), "nyby.example");
    let end = "</md:EntitiesDescriptor>";
    let good = fed.signed(&honest, "2027-06-01T00:00:00Z").await;
    let elsewhere = Publisher::start().await;
    elsewhere.publish("/x", &fed.signed(&swapped, "2027-06-02T00:00:00Z").await);
    let attacks = [
        ("unsigned", Page::Document(feed(&swapped, "2027-06-01T00:00:00Z"))),
        (
            "of a stranger",
            Page::Document(sign(&feed(&swapped, "2027-06-01T00:00:00Z"), &*evil.signer).await),
        ),
        (
            "over",
            Page::Document(fed.signed(&swapped, "2027-03-01T09:00:00Z").await),
        ),
        (
            "older",
            Page::Document(fed.signed(&swapped, "2027-05-31T00:00:00Z").await),
        ),
        (
            "one more inside",
            Page::Document(good.replace(end, &format!("{swapped}{end}"))),
        ),
        ("one more after it", Page::Document(format!("{good}{swapped}"))),
        (
            "another key",
            Page::Document(good.replace("https://idp.nyby.example/sso", "https://idp.ondskab.example/sso")),
        ),
        (
            "a bomb",
            Page::Document(format!("<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\">]>{good}")),
        ),
        ("a redirect", Page::Redirect(elsewhere.at("/x"))),
        ("cut off", Page::Document(good[..good.len() - 30].to_owned())),
        ("gone", Page::Status(404)),
    ];
    for (attack, page) in attacks {
        fed.publisher.say(PATH, page);
        fed.a_day_later().await;
        assert!(fed.believes(&nyby(), "nyby.example", &nyby()).await, "{attack}");
        assert!(!fed.believes(&nyby(), "nyby.example", &evil).await, "{attack}");
        let notes = fed.world.house.portner.fetcher.shelf.place("feeds/fed").notes();
        assert!(notes.trouble.is_some(), "{attack}");
    }
    assert!(elsewhere.asked().is_empty());
    // A copy that somebody changes on the disk is no better.
    let copy = fed
        .world
        .house
        .portner
        .fetcher
        .shelf
        .place("feeds/fed")
        .good_path();
    std::fs::write(&copy, feed(&swapped, "2027-06-01T00:00:00Z")).unwrap();
    fed.world.house.keeper().read_anew().await;
    assert!(!fed.believes(&nyby(), "nyby.example", &evil).await);
    assert!(fed.told().contains("is not taken"), "{}", fed.told());
}

#[tokio::test]
async fn b24_a_feed_takes_nothing_from_a_file_and_gets_no_more_than_its_rule_says() {
    let lillekoebing = SamlIdp::new("lillekoebing");
    let mut evil = SamlIdp::new("ondskab");
    evil.entity_id.clone_from(&lillekoebing.entity_id);
    let rules = RULES.replace("\"nyby.example\"", "\"nyby.example\", \"lillekoebing.example\"");
    let inside = [
        // The name of a party with a file; a scope outside of the rule; a domain that a file has.
        described(&evil.metadata(), "nyby.example"),
        described(&SamlIdp::new("fremmed").metadata(), "fremmed.example"),
        described(&nyby().metadata(), "lillekoebing.example"),
    ];
    let fed = Fed::start(&inside.concat(), &rules).await;
    let registry = fed.world.house.portner.registry();
    assert!(
        registry
            .upstream_by_entity_id(&SamlIdp::new("fremmed").entity_id)
            .is_none()
    );
    assert_eq!(
        registry
            .upstream_by_entity_id(&lillekoebing.entity_id)
            .unwrap()
            .profile
            .id
            .as_str(),
        "lillekoebing"
    );
    assert!(
        fed.believes(&lillekoebing, "lillekoebing.example", &lillekoebing)
            .await
    );
    assert!(!fed.believes(&lillekoebing, "lillekoebing.example", &evil).await);
    let told = fed.told();
    assert!(
        told.contains("fed.idp.nyby.example-")
            && told.contains("lillekoebing.example, which belongs to lillekoebing"),
        "{told}"
    );
}

/// A domain stays with the party that has it in its own file, also while that file is refused: nobody of a
/// feed gets its users meanwhile (B24).
#[tokio::test]
async fn b24_a_feed_gets_no_domain_of_a_file_that_is_refused() {
    let rules = RULES.replace(
        "\"nyby.example\"",
        "\"nyby.example\", \"lillekoebing.example\", \"gym.lillekoebing.example\"",
    );
    let grasping = described(&nyby().metadata(), "lillekoebing.example");
    let fed = Fed::start(&grasping, &rules).await;
    let toml = "metadata/upstreams/lillekoebing.toml";
    let files = &fed.world.house.files;
    let honest = std::fs::read_to_string(files.path(toml)).unwrap();
    let is_asked = async |house: &House, domain: &str| {
        let (_, url) = fed.world.request_of("skolebroen", |_| {}).await;
        let mut browser = crate::world::visitor::Visitor::at(house);
        let page = browser.get(&url).await;
        let name = format!("sofie@{domain}");
        nyby().is_asked_by(&browser.submit(&page.form(), &[("name", &name)]).await)
    };
    for (what, text) in [
        ("served", honest.clone()),
        ("off", format!("enabled = false\n{honest}")),
        (
            "a word that nobody knows",
            honest.replacen("kind = \"local\"", "kind = \"lokal\"", 1),
        ),
        ("torn", honest.replacen("kind = ", "kind ", 1)),
    ] {
        files.put(toml, &text);
        // At a start, where nothing is known of before.
        let problems = fed.world.house.reload_faulty();
        let told = crate::world::house::told(&problems);
        assert!(
            !is_asked(&fed.world.house, "lillekoebing.example").await,
            "{what}: {told}"
        );
        if !["served", "off"].contains(&what) {
            assert!(
                told.contains("users of lillekoebing.example are not sent to fed."),
                "{what}: {told}"
            );
        }
    }
    // Nor what lies under a domain that a file has with all that is under it.
    files.put(toml, &honest.replacen("[\"lille", "[\"*.lille", 1));
    fed.publish(&described(&nyby().metadata(), "gym.lillekoebing.example"))
        .await;
    fed.a_day_later().await;
    assert!(
        !is_asked(&fed.world.house, "gym.lillekoebing.example").await,
        "{}",
        fed.told()
    );
    // What nobody's file has is the feed's.
    std::fs::remove_file(files.path(toml)).unwrap();
    fed.world.house.keeper().read_anew().await;
    assert!(
        is_asked(&fed.world.house, "gym.lillekoebing.example").await,
        "{}",
        fed.told()
    );
}

/// What an operator has switched off, or what is refused, is not brought back by a feed that has it too.
#[tokio::test]
async fn b13_b24_whom_a_file_switches_off_no_feed_brings_back() {
    let lillekoebing = SamlIdp::new("lillekoebing");
    let inside = described(&lillekoebing.metadata(), "nyby.example");
    let fed = Fed::start(&inside, RULES).await;
    let (toml, xml) = (
        "metadata/upstreams/lillekoebing.toml",
        "metadata/upstreams/lillekoebing.xml",
    );
    let files = &fed.world.house.files;
    let party = std::fs::read_to_string(files.path(toml)).unwrap();
    let over =
        lillekoebing
            .metadata()
            .replacen(" entityID=", " validUntil=\"2027-03-01T07:00:00Z\" entityID=", 1);
    let is_served = |portner: &portner::web::state::Portner| {
        let registry = portner.registry();
        registry
            .upstreams()
            .any(|party| party.registrar != portner::trust::validity::Registrar::File)
    };
    let off = format!("enabled = false\n{party}");
    for (what, toml_text, xml_text) in [
        ("off", off.as_str(), lillekoebing.metadata()),
        ("off and over", off.as_str(), over.clone()),
        ("over", party.as_str(), over.clone()),
        ("off and faulty", off.as_str(), "<not metadata".to_owned()),
        ("mistyped", "kind = ", over),
    ] {
        files.put(toml, toml_text);
        files.put(xml, &xml_text);
        // Twice: of what was served before nothing is known any more.
        for _ in 0..2 {
            fed.world.house.keeper().read_anew().await;
            assert!(!is_served(&fed.world.house.portner), "{what}: {}", fed.told());
            assert!(
                !fed.believes(&lillekoebing, "nyby.example", &lillekoebing).await,
                "{what}"
            );
        }
    }
    // After a restart as well; where nobody knows whom a file is about, that is told.
    files.put(toml, &off);
    files.put(xml, "<not metadata");
    let problems = fed.world.house.reload_faulty();
    let told = crate::world::house::told(&problems);
    assert!(
        told.contains("lillekoebing.toml does not say whom it is about")
            && told.matches("does not say whom").count() == 1,
        "{told}"
    );
    let named = format!("{off}entity_id = \"{}\"\n", lillekoebing.entity_id);
    files.put(toml, &named);
    fed.world.house.reload_faulty();
    assert!(!is_served(&fed.world.house.portner));
    // Without the file the feed may.
    std::fs::remove_file(files.path(toml)).unwrap();
    fed.world.house.keeper().read_anew().await;
    assert!(is_served(&fed.world.house.portner), "{}", fed.told());
}

/// A federation's signer that is taken away is not believed any more, whatever lies on the shelf.
#[tokio::test]
async fn b24_a_feeds_withdrawn_key_is_believed_no_longer() {
    let inside = described(&nyby().metadata(), "nyby.example");
    let fed = Fed::start(&inside, RULES).await;
    assert!(fed.believes(&nyby(), "nyby.example", &nyby()).await);
    let successor = SamlIdp::new("efterfoelger");
    let files = &fed.world.house.files;
    files.put("metadata/fed.pem", &pem_of(&*successor.signer));
    fed.world.house.keeper().read_anew().await;
    assert!(!fed.believes(&nyby(), "nyby.example", &nyby()).await);
    // And the next one is asked for at once.
    let document = sign(&feed(&inside, "2027-06-01T00:00:00Z"), &*successor.signer).await;
    fed.publisher.publish(PATH, &document);
    fed.fetch(Which::Due).await;
    assert!(
        fed.believes(&nyby(), "nyby.example", &nyby()).await,
        "{}",
        fed.told()
    );
}

/// What a feed's rules name beside it counts as soon as it changes: a new revocation list, for instance.
#[tokio::test]
async fn b24_a_list_beside_a_feeds_rules_is_read_anew() {
    let authority = Authority::new("udstedende");
    let idp = nyby();
    let own = data_encoding::BASE64.encode(idp.signer.certificate().unwrap());
    let issued = authority.certify(&*idp.signer, 4711, None);
    let inside = described(&idp.metadata().replace(&own, &issued), "nyby.example");
    let chain = "[fed.upstreams.saml.chain]\nroots = \"root.pem\"\nlists = [\"liste.crl\"]\n";
    let fed = Fed::start("", RULES).await;
    let files = &fed.world.house.files;
    files.put("metadata/root.pem", authority.pem());
    let list = |revoked: &[u64]| authority.list("2027-03-01T07:00:00Z", "2027-03-04T07:00:00Z", revoked);
    files.put("metadata/liste.crl", &list(&[]));
    files.add("metadata/feeds.toml", chain);
    fed.publish(&inside).await;
    fed.a_day_later().await;
    assert!(fed.believes(&idp, "nyby.example", &idp).await, "{}", fed.told());
    files.put("metadata/liste.crl", &list(&[4711]));
    fed.world.house.keeper().read_anew().await;
    assert!(!fed.believes(&idp, "nyby.example", &idp).await, "{}", fed.told());
}

/// That an older aggregate is no step forward does not rest on notes alone.
#[tokio::test]
async fn b24_an_older_feed_is_refused_also_where_the_notes_are_lost() {
    let honest = described(&nyby().metadata(), "nyby.example");
    let fed = Fed::start(&honest, RULES).await;
    let files = &fed.world.house.files;
    let mut withdrawn = SamlIdp::new("ondskab");
    withdrawn.entity_id.clone_from(&nyby().entity_id);
    withdrawn.sso.clone_from(&nyby().sso);
    let before = described(&withdrawn.metadata(), "nyby.example");
    let older = fed.signed(&before, "2027-05-31T00:00:00Z").await;
    fed.publisher.publish(PATH, &older);
    for notes in ["{", "{}"] {
        files.put("trust/feeds/fed.json", notes);
        fed.fetch(Which::Due).await;
        assert!(
            fed.believes(&nyby(), "nyby.example", &nyby()).await,
            "{}",
            fed.told()
        );
        assert!(!fed.believes(&nyby(), "nyby.example", &withdrawn).await);
        assert!(fed.told().contains("older than what is served"), "{}", fed.told());
    }
}

#[tokio::test]
async fn b24_one_name_twice_in_a_feed_is_the_first_ones_and_is_told() {
    let mut evil = SamlIdp::new("ondskab");
    evil.entity_id.clone_from(&nyby().entity_id);
    let inside = described(&nyby().metadata(), "nyby.example") + &described(&evil.metadata(), "nyby.example");
    let fed = Fed::start(&inside, RULES).await;
    assert!(fed.believes(&nyby(), "nyby.example", &nyby()).await);
    assert!(!fed.believes(&nyby(), "nyby.example", &evil).await);
    assert!(
        fed.told().contains("claims https://idp.nyby.example"),
        "{}",
        fed.told()
    );
}

/// U20: users are told how feeds do, by name and never by where they are.
#[tokio::test]
async fn the_status_page_says_how_a_feed_does() {
    let fed = Fed::start(&described(&nyby().metadata(), "nyby.example"), RULES).await;
    let look = async |path: &str| fed.world.visitor().get(path).await.body;
    let page = look("/status").await;
    assert!(
        page.contains("<span>fed</span>") && page.contains("Hentes som den skal"),
        "{page}"
    );
    assert!(
        look("/status.json")
            .await
            .contains("{\"name\":\"fed\",\"state\":\"ok\"}")
    );
    fed.publisher.say(PATH, Page::Status(404));
    fed.a_day_later().await;
    let page = look("/status").await;
    assert!(page.contains("Kunne ikke hentes sidst"), "{page}");
    let told = look("/status.json").await;
    assert!(told.contains("{\"name\":\"fed\",\"state\":\"late\"}"), "{told}");
    assert!(!page.contains("127.0.0.1") && !told.contains("http"), "{told}");
}

#[tokio::test]
async fn a_party_that_hides_is_not_offered_and_still_reached_by_its_domain() {
    let fed = Fed::start(&hidden(&described(&nyby().metadata(), "nyby.example")), RULES).await;
    let registry = fed.world.house.portner.registry();
    let allowed = portner::domain::service::AllowedUpstreams::All;
    assert!(registry.search("nyby", &allowed, 10).is_empty());
    assert!(fed.believes(&nyby(), "nyby.example", &nyby()).await);
}

#[tokio::test]
async fn a_service_of_a_feed_gets_what_its_rule_allows_of_what_it_asks_for() {
    let rules = "[[fed.services]]\nall = true\nrelease = \"platform\"\nstart_url = \"https://skolebroen.example/start\"\n";
    let world = Federation::start().await;
    let own = std::fs::read_to_string(world.house.files.path("metadata/services/skolebroen.xml")).unwrap();
    let asks = "<md:AttributeConsumingService index=\"0\"><md:ServiceName xml:lang=\"da\">Skolebroen</md:ServiceName>\
        <md:RequestedAttribute Name=\"dk:unilogin:uniid\"/><md:RequestedAttribute Name=\"urn:alt\"/></md:AttributeConsumingService></md:SPSSODescriptor>";
    let own = own.replace("</md:SPSSODescriptor>", asks);
    let own = own
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        .unwrap_or(&own);
    let fed = Fed::start("", rules).await;
    for ending in ["toml", "xml"] {
        std::fs::remove_file(
            fed.world
                .house
                .files
                .path(&format!("metadata/services/skolebroen.{ending}")),
        )
        .unwrap();
    }
    fed.publish(own).await;
    fed.a_day_later().await;
    let registry = fed.world.house.portner.registry();
    let (service, _) = registry
        .service_by_entity_id("https://skolebroen.example")
        .unwrap_or_else(|| panic!("{}", fed.told()));
    assert!(service.profile.id.as_str().starts_with("fed.skolebroen.example-"));
    let released: Vec<_> = service
        .profile
        .release
        .attributes()
        .map(portner::domain::attribute::Attribute::as_str)
        .collect();
    assert_eq!(released, ["uni-id"]);
}

#[tokio::test]
async fn entities_of_a_query_service_are_served_by_the_same_rules() {
    let fed = Fed::start("", RULES).await;
    let signed = nyby()
        .metadata()
        .replacen(" entityID=", " ID=\"_1\" entityID=", 1);
    let signed = sign(&described(&signed, "nyby.example"), &*fed.hand.signer).await;
    let service: url::Url = fed.publisher.at("/mdq").parse().unwrap();
    let query = portner::trust::source::query(&service, &nyby().entity_id);
    fed.publisher.publish(query.path(), &signed);
    let rules = RULES.replace(
        "within",
        &format!("entities = [\"{}\"]\nwithin", nyby().entity_id),
    );
    let text = format!("[fed]\nmdq = \"{service}\"\nkey = \"fed.pem\"\n{rules}");
    fed.world.house.files.put("metadata/feeds.toml", &text);
    fed.fetch(Which::Due).await;
    assert!(
        fed.believes(&nyby(), "nyby.example", &nyby()).await,
        "{}",
        fed.told()
    );
}

#[tokio::test]
async fn what_is_wrong_with_the_file_is_told_and_leaves_everybody_as_they_are() {
    let fed = Fed::start(&described(&nyby().metadata(), "nyby.example"), RULES).await;
    let files = &fed.world.house.files;
    let honest = std::fs::read_to_string(files.path("metadata/feeds.toml")).unwrap();
    for (from, to, told) in [
        ("key = \"fed.pem\"", "key = \"nope.pem\"", "it cannot be read"),
        ("key = \"fed.pem\"\n", "", "key is missing"),
        ("[fed]", "[fed", "feeds.toml: "),
        ("url = ", "uri = ", "a feed comes from one place"),
    ] {
        files.put("metadata/feeds.toml", &honest.replacen(from, to, 1));
        fed.world.house.keeper().read_anew().await;
        assert!(fed.told().contains(told), "{told}: {}", fed.told());
        assert!(fed.believes(&nyby(), "nyby.example", &nyby()).await, "{told}");
    }
    for (from, to, told) in [
        ("within = [\"nyby.example\"]\n", "", "does not say for whom it is"),
        ("kind = \"local\"", "kind = \"lokal\"", "is not served: "),
        (
            "kind = \"local\"",
            "kind = \"local\"\nlukket = true",
            "is not a setting",
        ),
    ] {
        files.put("metadata/feeds.toml", &honest.replacen(from, to, 1));
        fed.world.house.keeper().read_anew().await;
        assert!(fed.told().contains(told), "{told}: {}", fed.told());
    }
}

#[tokio::test]
async fn the_example_is_one() {
    let fed = Fed::start("", RULES).await;
    let files = &fed.world.house.files;
    let example = include_str!("../../metadata/feeds.toml.example");
    files.put("metadata/feeds.toml", example);
    let pem = std::fs::read_to_string(files.path("metadata/fed.pem")).unwrap();
    files.put("metadata/foederation.pem", &pem);
    files.put("releases.toml", include_str!("../../config/releases.toml"));
    fed.world.house.keeper().read_anew().await;
    let told = fed.told();
    assert!(
        told.contains("the feed foederation was not fetched yet"),
        "{told}"
    );
    // Its rules are read when there is somebody to read them for.
    let rules = example.split_once("[[foederation.upstreams]]").unwrap().1;
    let rules = format!(
        "[[fed.upstreams]]{}",
        rules
            .replace("[foederation.", "[fed.")
            .replace("*.skoler.example", "nyby.example")
    );
    let fed = Fed::start(&described(&nyby().metadata(), "nyby.example"), &rules).await;
    assert!(
        fed.world
            .house
            .portner
            .registry()
            .upstream_by_entity_id(&nyby().entity_id)
            .is_some(),
        "{}",
        fed.told()
    );
}

/// A rule may say in one line what kind of software its parties are; what stands beside it deviates from that.
#[tokio::test]
async fn a_rule_has_presets_as_a_partys_own_file_has() {
    let inside = described(&nyby().metadata(), "nyby.example");
    let asked = async |rules: &str| {
        let fed = Fed::start(&inside, rules).await;
        let mut browser = fed.world.visitor();
        let page = fed.world.arrive(&mut browser, "skolebroen").await;
        let page = fed
            .world
            .type_name(&mut browser, &page, "anna@nyby.example")
            .await;
        (
            nyby().is_asked_by(&page).then(|| nyby().read(&page).subject),
            fed.told(),
        )
    };
    let with = |lines: &str| RULES.replace("kind = \"local\"", &format!("{lines}\nkind = \"local\""));
    let named = Some(Some("anna@nyby.example".to_owned()));
    assert_eq!(asked(RULES).await.0, named);
    assert_eq!(
        asked(&with("preset = \"adfs\"")).await.0,
        Some(None),
        "AD FS takes no name"
    );
    let deviating = format!(
        "{}[fed.upstreams.saml]\nname_hint = \"subject\"\n",
        with("preset = \"adfs\"")
    );
    assert_eq!(asked(&deviating).await.0, named, "but this one does");
    let (nobody, told) = asked(&with("preset = \"adsf\"")).await;
    assert_eq!(nobody, None);
    assert!(told.contains("there is no preset adsf"), "{told}");
}

/// `check` says that nobody of a new feed is served yet, and names the command that fetches it.
#[tokio::test]
async fn an_operator_fetches_a_feed_at_once() {
    let fed = Fed::start(&nyby().metadata(), RULES).await;
    let (files, url) = (&fed.world.house.files, fed.publisher.at("/anden.xml"));
    // The program has the clock of the machine.
    let until = SystemClock.now() + SignedDuration::from_hours(48);
    let document = fed.signed(&nyby().metadata(), &until.to_string()).await;
    fed.publisher.publish("/anden.xml", &document);
    let rules = RULES.replace("fed.", "anden.");
    files.put(
        "metadata/feeds.toml",
        &format!("[anden]\nurl = \"{url}\"\nkey = \"fed.pem\"\n{rules}"),
    );
    let config = files.path("portner.toml");
    let command = move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_portner"))
            .args(["metadata", "refresh", "anden", "--config"])
            .arg(config)
            .output()
    };
    // On a thread of its own: the publisher answers on this one.
    let output = tokio::task::spawn_blocking(command).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("feeds/anden: fetched at 2"),
        "{told}"
    );
    fed.world.house.keeper().read_anew().await;
    assert!(!fed.told().contains("was not fetched yet"), "{}", fed.told());
}
