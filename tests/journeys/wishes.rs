//! What parties say about themselves in their metadata, and what comes of it: which identifier a service wants,
//! where users find help.

use super::faces::{attributes, saml};
use crate::world::federation::Federation;

const SUBJECT: &str = "urn:oasis:names:tc:SAML:attribute:subject-id";
const PAIRWISE: &str = "urn:oasis:names:tc:SAML:attribute:pairwise-id";
const ENTITLEMENT: &str = "urn:oid:1.3.6.1.4.1.5923.1.1.1.7";
const LIBRARY: &str = "urn:mace:dir:entitlement:common-lib-terms";

/// Puts this before the service's role in its metadata.
fn in_metadata(world: &Federation, party: &str, before: &str, more: &str) {
    let path = format!("metadata/{party}.xml");
    world
        .house
        .files
        .change(&path, before, &format!("{more}{before}"));
}

/// What `skolebroen-edu` hears when it wants this.
async fn identifiers(wish: &str) -> (bool, bool) {
    let world = Federation::start().await;
    if !wish.is_empty() {
        let entity_attributes = format!(
            "<md:Extensions xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">\
             <a:EntityAttributes xmlns:a=\"urn:oasis:names:tc:SAML:metadata:attribute\">\
             <s:Attribute xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
             Name=\"urn:oasis:names:tc:SAML:profiles:subject-id:req\"><s:AttributeValue>{wish}</s:AttributeValue>\
             </s:Attribute></a:EntityAttributes></md:Extensions>"
        );
        in_metadata(
            &world,
            "services/skolebroen-edu",
            "<md:IDPSSODescriptor",
            &entity_attributes,
        );
        world.house.reload();
    }
    let (_, heard) = attributes(&saml(&world, "skolebroen-edu", "alma1234").await);
    (heard.contains_key(SUBJECT), heard.contains_key(PAIRWISE))
}

#[tokio::test]
async fn a_service_gets_the_identifier_that_it_wants_and_no_other() {
    assert_eq!(
        identifiers("").await,
        (true, true),
        "who says nothing gets what its rule has"
    );
    assert_eq!(identifiers("subject-id").await, (true, false));
    assert_eq!(identifiers("pairwise-id").await, (false, true));
    assert_eq!(identifiers("any").await, (false, true), "the one that tells less");
    assert_eq!(identifiers("none").await, (false, false));
    assert_eq!(
        identifiers("something").await,
        (true, true),
        "a wish that nobody knows is none"
    );
}

/// A wish takes away and never adds.
#[tokio::test]
async fn a_wish_for_an_identifier_adds_nothing_to_the_rule() {
    let world = Federation::start().await;
    world.house.files.change(
        "releases.toml",
        "\"institution-name\", \"subject-id\", \"pairwise-id\"",
        "\"institution-name\"",
    );
    in_metadata(
        &world,
        "services/skolebroen-edu",
        "<md:IDPSSODescriptor",
        "<md:Extensions xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">\
         <a:EntityAttributes xmlns:a=\"urn:oasis:names:tc:SAML:metadata:attribute\">\
         <s:Attribute xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         Name=\"urn:oasis:names:tc:SAML:profiles:subject-id:req\"><s:AttributeValue>subject-id</s:AttributeValue>\
         </s:Attribute></a:EntityAttributes></md:Extensions>",
    );
    let problems = crate::world::house::told(&world.house.reload_faulty());
    assert!(
        problems.contains("wants subject-id (subject-id:req), which its release rule does not give"),
        "{problems}"
    );
    let (_, heard) = attributes(&saml(&world, "skolebroen-edu", "alma1234").await);
    assert!(
        !heard.contains_key(SUBJECT) && !heard.contains_key(PAIRWISE),
        "{heard:?}"
    );
}

#[tokio::test]
async fn access_by_licence_is_an_entitlement() {
    let world = Federation::start().await;
    let service = "services/skolebroen-edu";
    world.decide(service, &format!("entitlement = \"{LIBRARY}\""));
    let entitled = async || {
        let (_, heard) = attributes(&saml(&world, "skolebroen-edu", "alma1234").await);
        heard.get(ENTITLEMENT).cloned()
    };
    assert_eq!(
        entitled().await,
        Some(vec![LIBRARY.to_owned()]),
        "everybody whom the service is for"
    );
    world.decide(service, "licence = \"told\"");
    assert_eq!(entitled().await, None, "Alma has no licence");
}

/// Who is sent to the wrong place by an upstream is told where that helps its users.
#[tokio::test]
async fn a_refusal_shows_where_the_upstream_helps_its_users() {
    let world = Federation::start().await;
    let help = "errorURL=\"https://idp.lillekoebing.example/hj?k=ERRORURL_CODE&amp;r=ERRORURL_TID&amp;t=ERRORURL_TS&amp;c=ERRORURL_CTX&amp;p=ERRORURL_RP\" ";
    let path = "metadata/upstreams/lillekoebing.xml";
    let role = "<md:IDPSSODescriptor ";
    world.house.files.change(path, role, &format!("{role}{help}"));
    world.house.reload();
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let words = world.lillekoebing.words(&asked, "9999999999", world.house.now());
    let form = world.lillekoebing.form(&words, &asked).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &form).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"), "{}", page.body);
    let address = page
        .body
        .split("href=\"https://idp.lillekoebing.example/hj?")
        .nth(1);
    let address = address.unwrap_or_else(|| panic!("no help: {}", page.body));
    let address = address
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let parts: Vec<&str> = address.split('&').collect();
    assert_eq!(parts[0], "k=IDENTIFICATION_FAILURE", "{address}");
    assert!(
        page.body.contains(parts[1].trim_start_matches("r=")),
        "the reference is the page's: {address}"
    );
    assert_eq!(parts[2], format!("t={}", world.house.now().as_second()));
    assert_eq!(parts[3], "c=UL-201");
    assert_eq!(parts[4], "p=https%3A%2F%2Flogin.example%2Fsaml%2Fmetadata");
    assert!(page.body.contains("Hjælp hos"), "{}", page.body);
    assert!(page.body.contains("Kontakt: it@lillekoebing.example"));
}

#[tokio::test]
async fn a_refusal_by_a_service_shows_its_own_help_and_no_address_that_is_none() {
    let world = Federation::start().await;
    let path = "metadata/services/skolebroen-voksne.xml";
    let role = "<md:SPSSODescriptor ";
    let with = |url: &str| format!("{role}errorURL=\"{url}\" ");
    world
        .house
        .files
        .change(path, role, &with("https://skolebroen-voksne.example/hjaelp"));
    world.decide(
        "services/skolebroen-voksne",
        "contact = \"hjaelp@skolebroen.example\"",
    );
    let page = saml(&world, "skolebroen-voksne", "alma1234").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-505"), "{}", page.body);
    assert!(
        page.body
            .contains("href=\"https://skolebroen-voksne.example/hjaelp\""),
        "{}",
        page.body
    );
    assert!(page.body.contains("Kontakt: hjaelp@skolebroen.example"));
    for bad in ["javascript:alert(1)", "http://skolebroen-voksne.example/x"] {
        let before = std::fs::read_to_string(world.house.files.path(path)).unwrap();
        let start = before.find("errorURL=\"").unwrap() + 10;
        let end = start + before[start..].find('"').unwrap();
        world
            .house
            .files
            .put(path, &format!("{}{bad}{}", &before[..start], &before[end..]));
        world.house.reload();
        let page = saml(&world, "skolebroen-voksne", "alma1234").await;
        assert!(
            !page.body.contains(bad) && !page.body.contains("Hjælp hos"),
            "{}",
            page.body
        );
    }
}
