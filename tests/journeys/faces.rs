//! What services receive in each face, byte for byte as far as a test can say it beforehand.

use std::collections::BTreeMap;

use portner::saml::xml::{Document, Limits};
use serde_json::{Value, json};

use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::{ORIGIN, PASSWORD};
use crate::world::oidc_client::{id_token, json as json_of, userinfo};
use crate::world::saml_idp::answer_in;

const REALM: &str = "/auth/realms/broker";

/// Rikke: a teacher at two schools and a mother at a third. Only her first school has the licence.
const RIKKE: &str = r#"
[[person]]
given-name = "Rikke"
family-name = "Dam"
cpr = "0708821007"

[[person.account]]
user-name = "rikk1234"
uni-id = "1000001301"
password = "demo-kode-42"

[[person.account.actor]]
group = "medarbejder"
institution = "101001"

[[person.account.actor]]
group = "medarbejder"
institution = "202001"

[[person.account.actor]]
group = "kontaktperson"
institution = "101002"

[[licence]]
service = "laesehesten-udvidet"
institution = "101001"
group = "medarbejder"

[[licence]]
service = "laesehesten-licens"
institution = "101002"
"#;

/// Logs in at an OpenID service, and chooses this where there is a choice.
async fn tokens(world: &Federation, client: &str, name: &str, chosen: Option<&str>) -> (Value, Value) {
    let client = world.client(client);
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let mut page = world.log_in_as(&mut browser, &page, name).await;
    if let Some(chosen) = chosen {
        page = choose(&mut browser, &page, chosen).await;
    }
    let code = client.answer(&page)["code"].clone();
    let answer = client.redeem(&browser, &code).await;
    let access_token = json_of(&answer)["access_token"].as_str().unwrap().to_owned();
    (
        id_token(&answer),
        json_of(&userinfo(&browser, &access_token).await),
    )
}

/// Presses the button that says this.
async fn choose(browser: &mut crate::world::visitor::Visitor, page: &Page, words: &str) -> Page {
    let at = page
        .body
        .find(words)
        .unwrap_or_else(|| panic!("no {words} in\n{}", page.body));
    let before = &page.body[..at];
    let value = before
        .rsplit("value=\"")
        .next()
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    browser.submit(&page.form(), &[("actor", value)]).await
}

/// Takes out what no test can know beforehand, having looked at its shape.
fn settled(mut claims: Value) -> Value {
    let object = claims.as_object_mut().unwrap();
    for name in ["at_hash", "sid", "session_state", "sub"] {
        if let Some(value) = object.remove(name) {
            assert!(value.as_str().unwrap().len() >= 20, "{name}: {value}");
        }
    }
    for name in ["exp", "iat", "auth_time"] {
        object.remove(name);
    }
    claims
}

/// The attributes of a SAML answer, and its NameID.
pub(super) fn attributes(page: &Page) -> (String, BTreeMap<String, Vec<String>>) {
    let (_, xml, _) = answer_in(page);
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let is = |element: &portner::saml::xml::Element<'_>, name| {
        element.is("urn:oasis:names:tc:SAML:2.0:assertion", name)
    };
    let root = document.root();
    let name_id = root.descendants().find(|e| is(e, "NameID")).unwrap();
    let found = root
        .descendants()
        .filter(|e| is(e, "Attribute"))
        .map(|attribute| {
            let values = attribute.descendants().filter(|e| is(e, "AttributeValue"));
            let values = values.map(|value| value.text().unwrap().to_owned()).collect();
            (attribute.attribute("Name").unwrap().to_owned(), values)
        });
    (name_id.text().unwrap().to_owned(), found.collect())
}

pub(super) async fn saml(world: &Federation, service: &str, name: &str) -> Page {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, service).await;
    world.log_in_as(&mut browser, &page, name).await
}

fn one(value: &str) -> Vec<String> {
    vec![value.to_owned()]
}

#[tokio::test]
async fn a_service_of_the_incumbent_gets_the_claims_that_it_knows() {
    let world = Federation::start().await;
    let (token, userinfo) = tokens(&world, "laesehesten-unilogin", "alma1234", None).await;
    assert_eq!(token["sid"], token["session_state"]);
    let ticket = json!({
        "spec_ver": "OIDC.3.0-UNILOGIN",
        "https://data:gov:dk/model/core/specVersion": "OIDC.3.0-UNILOGIN",
        "uniid": "1000001203",
        "dk:unilogin:uniid": "1000001203",
        "aktoer_gruppe": "Elev",
        "dk:unilogin:aktoergruppe": "Elev",
        "institution_ids": "[101001]",
        "unilogin_loa": "EnFaktor",
        "dk:unilogin:loa": "EnFaktor",
        "loa": "2",
        "dk:gov:saml:attribute:AssuranceLevel": "2",
        "broker_id": "central",
    });
    let mut expected = ticket.clone();
    for (name, value) in [
        ("iss", json!(format!("{ORIGIN}{REALM}"))),
        ("aud", json!("laesehesten-unilogin")),
        ("nonce", json!("n-42")),
        ("acr", token["acr"].clone()),
        ("amr", json!(["pwd"])),
    ] {
        expected[name] = value;
    }
    assert_eq!(settled(token), expected);
    let mut expected = ticket;
    expected["inst_brugere"] =
        json!([{ "instnr": "101001", "in_tnr": "101001", "aktoer_grupper": ["Elev"] }]);
    assert_eq!(settled(userinfo), expected);
}

#[tokio::test]
async fn the_user_selects_one_actor_and_only_licensed_institutions_are_told() {
    let world = Federation::start_with_people(RIKKE).await;
    let employee = Some("Bakkeskolen, Havneskolen");
    let (token, userinfo) = tokens(&world, "laesehesten-udvidet", "rikk1234", employee).await;
    assert_eq!(token["aktoer_gruppe"], "Medarbejder");
    assert_eq!(
        token["institution_ids"], "[101001]",
        "the other school has no licence"
    );
    assert_eq!(
        (&token["has_license"], &token["userHasLicense"]),
        (&json!("true"), &json!("true"))
    );
    assert_eq!(
        userinfo["inst_brugere"],
        json!([{
            "instnr": "101001", "in_tnr": "101001",
            "instnavn": "Bakkeskolen", "in_tnavn": "Bakkeskolen",
            "aktoer_grupper": ["Medarbejder"],
        }])
    );
    let (token, userinfo) = tokens(&world, "laesehesten-udvidet", "rikk1234", Some("Forælder")).await;
    assert_eq!(token["aktoer_gruppe"], "Kontaktperson");
    assert_eq!(token["has_license"], "false");
    assert_eq!(token.get("institution_ids"), None);
    assert_eq!(userinfo["inst_brugere"], json!([]));
    // Without licences, the selected actor is everything of that group.
    let (token, _) = tokens(&world, "laesehesten-unilogin", "rikk1234", employee).await;
    assert_eq!(token["institution_ids"], "[101001,202001]");
}

#[tokio::test]
async fn a_service_that_needs_a_licence_gets_nobody_without_one_and_only_that_role() {
    let world = Federation::start_with_people(RIKKE).await;
    let (token, _) = tokens(&world, "laesehesten-licens", "rikk1234", None).await;
    assert_eq!(
        token["aktoer_gruppe"], "Kontaktperson",
        "she has none as a teacher"
    );
    let mut browser = world.visitor();
    let page = browser
        .get(&world.client("laesehesten-licens").request(&[]))
        .await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-506"));
    assert!(
        page.body.contains("href=\"https://bogskabet.example/licens\""),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("Spørg din lærer. Skolen kan give dig adgang."),
        "{}",
        page.body
    );
    assert_eq!(
        world.house.count("grants").await,
        2,
        "a code and a token of hers, none of Alma's"
    );
}

#[tokio::test]
async fn a_licence_that_ends_stops_the_next_login_in_the_same_session() {
    let world = Federation::start_with_people(RIKKE).await;
    let client = world.client("laesehesten-licens");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "rikk1234").await;
    assert!(client.answer(&page).contains_key("code"));
    let over = RIKKE.replace(
        "service = \"laesehesten-licens\"",
        "until = 2027-02-01\nservice = \"laesehesten-licens\"",
    );
    world.house.files.put(crate::world::house::MORE_PEOPLE, &over);
    let _seeds_again = world.house.restarted().await;
    let page = browser.get(&client.request(&[])).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-506"));
}

#[tokio::test]
async fn the_light_form_tells_an_institution_and_nobody() {
    let world = Federation::start().await;
    let (token, userinfo) = tokens(&world, "laesehesten-letvaegt", "alma1234", None).await;
    let (subject, other) = (
        token["sub"].clone(),
        tokens(&world, "laesehesten-unilogin", "alma1234", None).await.0,
    );
    assert_ne!(subject, other["sub"], "the pseudonym is the service's own");
    let names: Vec<_> = settled(token).as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["acr", "amr", "aud", "institution_ids", "iss", "nonce"]);
    assert_eq!(settled(userinfo), json!({ "institution_ids": "[101001]" }));
    let (name_id, told) = attributes(&saml(&world, "skolebroen-letvaegt", "alma1234").await);
    assert!(
        !name_id.contains("1000001203") && name_id.len() >= 32,
        "{name_id}"
    );
    let only = [("dk:unilogin:institution_ids".to_owned(), one("101001"))];
    assert_eq!(told, BTreeMap::from(only));
}

#[tokio::test]
async fn the_light_form_cannot_be_made_heavier() {
    let world = Federation::start().await;
    let heavier = ["subject = \"uni-id\"\n", "release = \"unilogin\"\n"];
    for line in heavier {
        let text = format!(
            "name = \"X\"\nstart_url = \"https://x.example/\"\nface = \"letvaegt\"\n{line}[oidc]\nredirect_uris = [\"https://x.example/cb\"]\nauthentication = \"none\"\n"
        );
        world.house.files.put("metadata/services/tung.toml", &text);
        let told = crate::world::house::told(&world.house.reload_faulty());
        assert!(told.contains("light form"), "{told}");
        assert!(
            world
                .house
                .portner
                .registry()
                .service_by_client_id("tung")
                .is_none()
        );
    }
}

#[tokio::test]
async fn changing_the_host_of_the_issuer_is_enough() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let discovered = json_of(
        &browser
            .get(&format!("{REALM}/.well-known/openid-configuration"))
            .await,
    );
    assert_eq!(discovered["issuer"], format!("{ORIGIN}{REALM}"));
    let path = |endpoint: &str| {
        let url = discovered[endpoint].as_str().unwrap().to_owned();
        url.strip_prefix(ORIGIN).unwrap().to_owned()
    };
    let below = |end: &str| format!("{REALM}/protocol/openid-connect/{end}");
    assert_eq!(path("authorization_endpoint"), below("auth"));
    assert_eq!(path("token_endpoint"), below("token"));
    assert_eq!(path("userinfo_endpoint"), below("userinfo"));
    assert_eq!(path("end_session_endpoint"), below("logout"));
    assert_eq!(path("jwks_uri"), below("certs"));
    let keys = json_of(&browser.get(&path("jwks_uri")).await);

    let client = world.client("laesehesten-unilogin");
    let asked = client
        .request(&[("response_mode", "form_post"), ("prompt", "login")])
        .replace("/oidc/authorize", &path("authorization_endpoint"));
    let page = browser.get(&asked).await;
    let page = browser.submit(&page.form(), &[("name", "alma1234")]).await;
    let page = browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    let form = crate::world::html::forms(&page.body).remove(0);
    let field = |name: &str| {
        form.fields
            .iter()
            .find(|field| field.name == name)
            .unwrap()
            .value
            .clone()
    };
    assert_eq!(field("iss"), format!("{ORIGIN}{REALM}"));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(client.redemption(&field("code")))
        .finish();
    let headers = vec![client.basic(crate::world::oidc_client::SECRET)];
    let answer =
        crate::world::oidc_client::post_as_program(&browser, &path("token_endpoint"), headers, body).await;
    let token = id_token(&answer);
    assert_eq!(token["iss"], format!("{ORIGIN}{REALM}"));
    let raw = json_of(&answer)["id_token"].as_str().unwrap().to_owned();
    let header: Value = serde_json::from_slice(
        &data_encoding::BASE64URL_NOPAD
            .decode(raw.split('.').next().unwrap().as_bytes())
            .unwrap(),
    )
    .unwrap();
    assert_eq!(
        header["alg"], "RS256",
        "the incumbent's services may know nothing else"
    );
    assert!(
        keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .any(|key| key["kid"] == header["kid"])
    );

    let leave = format!(
        "{}?id_token_hint={raw}&post_logout_redirect_uri=https%3A%2F%2Flaesehesten-unilogin.example%2Ffarvel",
        path("end_session_endpoint")
    );
    let page = browser.get(&leave).await;
    assert!(page.refusal_code().is_none(), "{}", page.body);
}

#[tokio::test]
async fn a_provider_has_one_name_towards_each_client() {
    let world = Federation::start().await;
    let own = world.client("laesehesten");
    let at_the_realm = own.request(&[]).replace(
        "/oidc/authorize",
        &format!("{REALM}/protocol/openid-connect/auth"),
    );
    let page = world.visitor().get(&at_the_realm).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-502"));
    let (token, _) = tokens(&world, "laesehesten", "alma1234", None).await;
    assert_eq!(token["iss"], ORIGIN);
}

#[tokio::test]
async fn without_a_service_of_the_incumbent_there_is_no_such_provider() {
    let world = Federation::start().await;
    for file in [
        "laesehesten-unilogin",
        "laesehesten-udvidet",
        "laesehesten-letvaegt",
    ] {
        std::fs::remove_file(world.house.files.path(&format!("metadata/services/{file}.toml"))).unwrap();
    }
    world.house.reload_faulty();
    let page = world
        .visitor()
        .get(&format!("{REALM}/.well-known/openid-configuration"))
        .await;
    assert_eq!(page.status, axum::http::StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_saml_service_of_the_incumbent_gets_the_attributes_that_it_knows() {
    let world = Federation::start().await;
    let (_, told) = attributes(&saml(&world, "skolebroen-unilogin", "alma1234").await);
    let expected = [
        ("https://data.gov.dk/model/core/specVersion", "OIO-SAML-3.0"),
        ("dk:unilogin:uniid", "1000001203"),
        ("dk:unilogin:aktoergruppe", "Elev"),
        ("dk:unilogin:institution_ids", "101001"),
        ("dk:unilogin:loa", "EnFaktor"),
        ("dk:gov:saml:attribute:AssuranceLevel", "2"),
        ("dk:unilogin:broker_id", "central"),
    ];
    let expected: BTreeMap<_, _> = expected
        .map(|(name, value)| (name.to_owned(), one(value)))
        .into_iter()
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn oiosaml_tells_private_people_from_employees() {
    let world = Federation::start_with_people(
        &RIKKE
            .replace("institution = \"202001\"", "institution = \"101002\"")
            .replace(
                "group = \"kontaktperson\"\ninstitution = \"101002\"",
                "group = \"medarbejder\"\ninstitution = \"202001\"",
            ),
    )
    .await;
    let (name_id, told) = attributes(&saml(&world, "skolebroen-oio", "alma1234").await);
    assert!(is_oio_name(&name_id, "person"), "{name_id}");
    let person: BTreeMap<_, _> = [
        ("https://data.gov.dk/model/core/specVersion", "OIO-SAML-3.0"),
        ("https://data.gov.dk/model/core/eid/firstName", "Alma"),
        ("https://data.gov.dk/model/core/eid/lastName", "Lund"),
        ("https://data.gov.dk/model/core/eid/fullName", "Alma Lund"),
    ]
    .map(|(name, value)| (name.to_owned(), one(value)))
    .into_iter()
    .collect();
    assert_eq!(told, person, "a pupil has no employer");
    let (name_id, told) = attributes(&saml(&world, "skolebroen-oio", "rikk1234").await);
    assert!(is_oio_name(&name_id, "professional"), "{name_id}");
    let cvr = &told["https://data.gov.dk/model/core/eid/professional/cvr"];
    assert_eq!(*cvr, ["10100100", "20200200"]);
    assert!(told.contains_key("https://data.gov.dk/model/core/eid/professional/orgName"));
}

fn is_oio_name(name_id: &str, kind: &str) -> bool {
    let head = format!("https://data.gov.dk/model/core/eid/{kind}/uuid/");
    name_id
        .strip_prefix(&head)
        .is_some_and(|uuid| uuid::Uuid::try_parse(uuid).is_ok())
}

#[tokio::test]
async fn eduperson_is_said_at_our_own_scope_which_our_metadata_has() {
    let world = Federation::start().await;
    let (_, told) = attributes(&saml(&world, "skolebroen-edu", "alma1234").await);
    let oid = |end: &str| format!("urn:oid:1.3.6.1.4.1.5923.1.1.1.{end}");
    assert_eq!(told[&oid("6")], ["1000001203@login.example"]);
    assert_eq!(told[&oid("1")], ["student", "member"]);
    assert_eq!(told[&oid("5")], ["student"]);
    assert_eq!(told[&oid("9")], ["student@login.example", "member@login.example"]);
    assert_eq!(told[&oid("11")], ["2"]);
    assert_eq!(told["urn:oid:1.3.6.1.4.1.25178.1.2.9"], ["login.example"]);
    assert_eq!(
        told["urn:oasis:names:tc:SAML:attribute:subject-id"],
        ["1000001203@login.example"]
    );
    let pairwise = &told["urn:oasis:names:tc:SAML:attribute:pairwise-id"][0];
    assert!(
        pairwise.ends_with("@login.example") && !pairwise.contains("1000001203"),
        "{pairwise}"
    );
    assert!(
        world.portner_metadata().contains(">login.example</shibmd:Scope>"),
        "{}",
        world.portner_metadata()
    );
}

#[tokio::test]
async fn a_transient_name_is_never_the_same_twice() {
    for lines in ["name_id = \"transient\"\n", "name_id = \"persistent\"\n"] {
        let world = Federation::start_changed(|files| {
            files.add("metadata/services/skolebroen.toml", lines);
        })
        .await;
        let first = attributes(&saml(&world, "skolebroen", "alma1234").await).0;
        let second = attributes(&saml(&world, "skolebroen", "alma1234").await).0;
        assert_eq!(first == second, lines.contains("persistent"), "{first} {second}");
    }
}
