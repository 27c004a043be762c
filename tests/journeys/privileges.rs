//! What somebody may do on behalf of whom: said by an upstream that is believed about it, and given to services
//! that may have it.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use portner::domain::privilege::{PrivilegeGroup, PrivilegeScope};
use portner::saml::bpp;
use serde_json::{Value, json};

use super::faces::attributes;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_client::id_token;
use crate::world::visitor::Visitor;

const EMILS_CPR: &str = "0201851001";
/// The municipality whose teacher Emil is, and another.
const OWN: &str = "20200200";
const OTHER: &str = "10100100";
const ATTRIBUTE: &str = "https://data.gov.dk/model/core/eid/privilegesIntermediate";
const RIGHT: &str = "urn:dk:skole:indberetter";

/// A list as KOMBIT and OS2faktor write it.
fn list(scope: &str) -> String {
    let xml = format!(
        "<?xml version=\"1.0\"?><bpp:PrivilegeList xmlns:bpp=\"http://itst.dk/oiosaml/basic_privilege_profile\">\
         <PrivilegeGroup Scope=\"urn:dk:gov:saml:{scope}\"><Constraint Name=\"urn:dk:skole:trin\">4</Constraint>\
         <Privilege>{RIGHT}</Privilege></PrivilegeGroup></bpp:PrivilegeList>"
    );
    BASE64.encode(xml.as_bytes())
}

fn of_company(cvr: &str) -> String {
    list(&format!("cvrNumberIdentifier:{cvr}"))
}

/// A federation in which Storkøbing's login is believed about these.
async fn believing(whom: &str) -> Federation {
    let world = Federation::start().await;
    world.decide("upstreams/storkoebing", &format!("privileges_for = [{whom}]"));
    world
}

/// Emil comes from a service's first page by Storkøbing's login, which says this of his rights.
async fn emil(world: &Federation, browser: &mut Visitor, first: &Page, name: &str, rights: &str) -> Page {
    let page = world.type_name(browser, first, "emil@storkoebing.example").await;
    let asked = world.storkoebing.read(&page);
    let mut words = world.storkoebing.words(&asked, EMILS_CPR, world.house.now());
    words.attributes.push((name.to_owned(), vec![rights.to_owned()]));
    let form = world.storkoebing.form(&words, &asked).await;
    browser.post_from_elsewhere(&asked.acs_path(), &form).await
}

/// What `service` hears of Emil's rights.
async fn heard(world: &Federation, service: &str, name: &str, rights: &str) -> Option<Vec<PrivilegeGroup>> {
    let mut browser = world.visitor();
    let first = world.arrive(&mut browser, service).await;
    let page = emil(world, &mut browser, &first, name, rights).await;
    assert!(is_logged_in(&page), "{}", page.body);
    in_answer(&page)
}

fn in_answer(page: &Page) -> Option<Vec<PrivilegeGroup>> {
    let (_, attributes) = attributes(page);
    let values = attributes.get(ATTRIBUTE)?;
    assert_eq!(values.len(), 1, "all in one value");
    Some(bpp::decode(&values[0]).unwrap())
}

fn granted() -> Vec<PrivilegeGroup> {
    vec![PrivilegeGroup {
        scope: PrivilegeScope::parse(&format!("urn:dk:gov:saml:cvrNumberIdentifier:{OWN}")).unwrap(),
        privileges: vec![RIGHT.to_owned()],
        constraints: BTreeMap::from([("urn:dk:skole:trin".to_owned(), "4".to_owned())]),
    }]
}

#[tokio::test]
async fn a_public_service_hears_what_its_user_may_do_and_so_does_the_next() {
    let world = believing(&format!("\"{OWN}\"")).await;
    let mut browser = world.visitor();
    let first = world.arrive(&mut browser, "skolebroen-oio").await;
    let page = emil(&world, &mut browser, &first, ATTRIBUTE, &of_company(OWN)).await;
    assert_eq!(in_answer(&page), Some(granted()), "{}", page.body);
    let row = format!("{:?}", world.house.audit().await.last().unwrap());
    assert!(
        row.contains("\\\"privileges\\\"") || row.contains("\"privileges\""),
        "{row}"
    );
    // A later login that leans on the first.
    let page = world.arrive(&mut browser, "skolebroen-oio").await;
    assert_eq!(in_answer(&page), Some(granted()), "{}", page.body);
    // The older profile's name is read as well.
    let old = "dk:gov:saml:attribute:Privileges_intermediate";
    assert_eq!(
        heard(&world, "skolebroen-oio", old, &of_company(OWN)).await,
        Some(granted())
    );
}

#[tokio::test]
async fn a_client_gets_them_as_objects() {
    let world = believing(&format!("\"{OWN}\"")).await;
    let client = world.client("laesehesten-oio");
    let mut browser = world.visitor();
    let first = browser.get(&client.request(&[])).await;
    let page = emil(&world, &mut browser, &first, ATTRIBUTE, &of_company(OWN)).await;
    let code = client.answer(&page)["code"].clone();
    let token: Value = id_token(&client.redeem(&browser, &code).await);
    assert_eq!(
        token["privileges"],
        json!([{
            "scope": format!("urn:dk:gov:saml:cvrNumberIdentifier:{OWN}"),
            "privileges": [RIGHT],
            "constraints": {"urn:dk:skole:trin": "4"},
        }])
    );
}

/// Of a list that says more than it may, what it may say counts, in both protocols and in all that a client asks.
#[tokio::test]
async fn c01_of_a_long_list_the_rights_that_it_may_say_are_kept() {
    let world = believing(&format!("\"{OWN}\"")).await;
    let group = |scope: &str, right: &str| {
        format!(
            "<PrivilegeGroup Scope=\"urn:dk:gov:saml:{scope}\"><Constraint Name=\"urn:dk:skole:trin\">4</Constraint>\
             <Privilege>{right}</Privilege></PrivilegeGroup>"
        )
    };
    let own = format!("cvrNumberIdentifier:{OWN}");
    let groups = [
        group(&format!("cvrNumberIdentifier:{OTHER}"), "urn:dk:skole:alt"),
        group(&own, RIGHT),
        group(&format!("cprNumberIdentifier:{EMILS_CPR}"), "urn:dk:skole:alt"),
        group(&format!("seNumberIdentifier:{OWN}"), "urn:dk:skole:alt"),
    ];
    let xml = format!(
        "<bpp:PrivilegeList xmlns:bpp=\"http://itst.dk/oiosaml/basic_privilege_profile\">{}</bpp:PrivilegeList>",
        groups.concat()
    );
    let rights = BASE64.encode(xml.as_bytes());
    assert_eq!(
        heard(&world, "skolebroen-oio", ATTRIBUTE, &rights).await,
        Some(granted())
    );

    for (client, hears) in [("laesehesten-oio", true), ("laesehesten", false)] {
        let client = world.client(client);
        let mut browser = world.visitor();
        let first = browser.get(&client.request(&[])).await;
        let page = emil(&world, &mut browser, &first, ATTRIBUTE, &rights).await;
        let code = client.answer(&page)["code"].clone();
        let tokens = client.redeem(&browser, &code).await;
        let token: Value = id_token(&tokens);
        let told = token.to_string();
        assert_eq!(told.contains(RIGHT), hears, "{told}");
        assert!(
            !told.contains("urn:dk:skole:alt") && !told.contains(EMILS_CPR),
            "{told}"
        );
    }
}

/// An upstream grants nothing on behalf of others, and nothing at all where nobody has said that it may.
#[tokio::test]
async fn c01_rights_over_others_and_rights_that_nobody_may_say_grant_nothing() {
    let service = "skolebroen-oio";
    let world = Federation::start().await;
    assert_eq!(heard(&world, service, ATTRIBUTE, &of_company(OWN)).await, None);
    world.decide("upstreams/storkoebing", &format!("privileges_for = [\"{OWN}\"]"));
    for (rights, why) in [
        (of_company(OTHER), "another municipality's"),
        (
            list("productionUnitIdentifier:1234567890"),
            "whose place it is, nobody knows",
        ),
        (format!("%{}", of_company(OWN)), "not base64"),
        (BASE64.encode(b"<x/>"), "another document"),
    ] {
        assert_eq!(heard(&world, service, ATTRIBUTE, &rights).await, None, "{why}");
    }
    let path = "metadata/upstreams/storkoebing.toml";
    let line = format!("privileges_for = [\"{OWN}\"]");
    world.house.files.change(path, &line, "privileges_for = [\"*\"]");
    world.house.reload();
    assert_eq!(
        heard(
            &world,
            service,
            ATTRIBUTE,
            &list(&format!("cprNumberIdentifier:{EMILS_CPR}"))
        )
        .await,
        None,
        "a CPR number is no scope here"
    );
    // Emil does not act for them, whoever believes it of him.
    assert_eq!(heard(&world, service, ATTRIBUTE, &of_company(OTHER)).await, None);
    assert_eq!(
        heard(&world, service, ATTRIBUTE, &of_company(OWN)).await,
        Some(granted())
    );
    // Whose rule does not have them hears nothing.
    assert_eq!(
        heard(&world, "skolebroen", ATTRIBUTE, &of_company(OWN)).await,
        None
    );
}
