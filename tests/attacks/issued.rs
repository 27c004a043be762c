//! Injection into what Portner issues: whatever the words, what a service reads is what was meant,
//! and nothing beside it (B21).

use data_encoding::BASE64;
use portner::domain::address::PlainHttp;
use portner::domain::institution::{Institution, InstitutionNumber};
use portner::saml::AcceptedAssertion;
use portner::saml::EndpointUrl;
use portner::saml::binding_post::PostForm;
use portner::saml::response::Answer;
use portner::saml::status::Reason;
use portner::saml::xml::names::SAML;
use portner::saml::xml::{Document, Element, Limits};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::world::browser::Page;
use crate::world::canary;
use crate::world::federation::Federation;
use crate::world::html;
use crate::world::oidc_client::{id_token, json};
use crate::world::saml_idp::answer_in;
use crate::world::saml_sp::RequestWords;
use crate::world::visitor::{Visitor, leads_to};

/// Where a browser counts logins that nobody was asked for.
const TURNS: &str = "__Host-turns";

const SERVICE: &str = "skolebroen";
const INSTITUTION_NAME: &str = "dk:unilogin:institution_names";

/// Words that break out of XML, HTML, JSON, URLs and headers where somebody joins strings.
const HOSTILE: [&str; 20] = [
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "</saml:AttributeValue><saml:AttributeValue>rektor",
    "</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>",
    "<saml:NameID>rektor</saml:NameID>",
    "]]><!-- -->",
    "<![CDATA[rektor]]>",
    "<!-- rektor -->",
    "<?xml-stylesheet href=\"x\"?>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
    "&amp;&lt;&#x41;&#65;&unknown;&",
    "a\" xmlns:saml=\"urn:x",
    "line\r\nSet-Cookie: x=y\r\n\r\n<html>",
    "tab\tnew\nline\rreturn",
    "\u{85}\u{2028}\u{2029}\u{feff}",
    "\u{202e}nekcirk\u{202c}",
    "ÆØÅ 🦉 e\u{301}",
    "\\\",\"cpr\":\"0101010101\",\"x\":\"\\",
    "%0d%0a%3Cscript%3E&code=x#y",
    "${7*7}{{7*7}}<%= 7*7 %>",
];

/// Any characters that XML can hold at all; none of them is meant as markup.
fn words() -> impl Strategy<Value = String> {
    let picked = prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned);
    let mixed = "[<>&\"'\\]\\[!#x;/= a-z\u{a0}-\u{2ff}]{1,40}";
    let pieces = prop::collection::vec(prop::sample::select(HOSTILE.to_vec()), 2..4);
    prop_oneof![picked, mixed, pieces.prop_map(|pieces| pieces.concat())]
}

async fn rename_school(world: &Federation, name: &str) {
    let school = Institution {
        number: InstitutionNumber::parse("101001").unwrap(),
        name: name.to_owned(),
        cvr: None,
        legal_form: None,
    };
    world.house.portner.store.put_institution(&school).await.unwrap();
}

async fn logged_in(world: &Federation) -> Visitor {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, SERVICE).await;
    world.log_in_as(&mut browser, &page, "alma1234").await;
    browser
}

/// What the service makes of the page that was meant for it, every check of its own passed.
fn read(world: &Federation, page: &Page, request_id: &str) -> Answer {
    let (to, xml, _) = answer_in(page);
    let form = PostForm {
        to: EndpointUrl::parse(to.as_str(), PlainHttp::Refused).unwrap(),
        fields: vec![("SAMLResponse", BASE64.encode(xml.as_bytes()))],
    };
    let service = world.service(SERVICE);
    let answer = service.read_answer(world.portner_metadata(), request_id, &form);
    answer.unwrap_or_else(|denied| panic!("{request_id:?}: {denied:?}\n{xml}"))
}

fn accepted(answer: Answer) -> AcceptedAssertion {
    match answer {
        Answer::LoggedIn(assertion) => *assertion,
        Answer::Declined(failure) => panic!("{failure:?}"),
    }
}

/// The values of an attribute, to the letter.
fn values_of(page: &Page, attribute: &str) -> Vec<String> {
    let xml = answer_in(page).1;
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let named = document
        .root()
        .descendants()
        .filter(|element| element.is(SAML.uri, "Attribute"))
        .filter(|element| element.attribute("Name") == Some(attribute));
    named
        .flat_map(Element::children)
        .map(|value| value.text().unwrap().to_owned())
        .collect()
}

/// The page has the one form that it should have, and no markup besides.
fn assert_one_form(page: &Page, words: &str) {
    assert_eq!(html::forms(&page.body).len(), 1, "{words:?}");
    let scripts = html::tags(&page.body)
        .into_iter()
        .filter(|tag| tag.name == "script")
        .filter(|tag| !tag.attributes.contains_key("src"));
    assert_eq!(scripts.count(), 0, "{words:?}\n{}", page.body);
}

#[tokio::test]
async fn b21_an_issued_assertion_reads_as_it_was_meant_whatever_the_words() {
    allow_what_is_sent_along();
    let world = Federation::start().await;
    let mut browser = logged_in(&world).await;
    let service = world.service(SERVICE);
    let plain = accepted_of_plain(&world, &mut browser).await;
    let mut runner = TestRunner::deterministic();
    let strategy = (words(), words(), words());
    for _ in 0..70 {
        let (name, relay_state, id) = strategy.new_tree(&mut runner).unwrap().current();
        // So many at once would be a circle.
        browser.cookies_mut().remove(TURNS);
        // A service's own message id may have 256 bytes.
        let id: String = id.chars().take(60).collect();
        rename_school(&world, &name).await;
        let mut asked = RequestWords::of(service, world.house.now());
        asked.id.clone_from(&id);
        asked.relay_state = Some(relay_state.clone());
        asked.provider_name = Some(name.clone());
        let page = browser.get(&asked.signed_url(service.signer()).await).await;
        let (_, _, returned) = answer_in(&page);
        assert_eq!(returned.as_deref(), Some(relay_state.as_str()));
        assert_one_form(&page, &relay_state);
        let assertion = accepted(read(&world, &page, &id));
        assert_eq!(values_of(&page, INSTITUTION_NAME), [name.as_str()]);
        assert_eq!(assertion.name_id, plain.name_id, "{name:?}");
        for attribute in ["dk:unilogin:uniid", "dk:unilogin:aktoergruppe"] {
            assert_eq!(
                assertion.attributes.texts(attribute),
                plain.attributes.texts(attribute),
                "{name:?}"
            );
        }
    }
}

/// One of the hostile words has a number in it.
fn allow_what_is_sent_along() {
    canary::allow(
        "0101010101",
        "a service's own RelayState and state come back as they were",
    );
}

async fn accepted_of_plain(world: &Federation, browser: &mut Visitor) -> AcceptedAssertion {
    let (id, url) = world.request_of(SERVICE, |_| {}).await;
    accepted(read(world, &browser.get(&url).await, &id))
}

#[tokio::test]
async fn b21_a_refusal_reads_as_it_was_meant_whatever_the_words() {
    allow_what_is_sent_along();
    let world = Federation::start().await;
    let service = world.service(SERVICE);
    for words in HOSTILE {
        let mut asked = RequestWords::of(service, world.house.now());
        words.clone_into(&mut asked.id);
        asked.relay_state = Some(words.to_owned());
        asked.is_passive = true;
        let page = world
            .visitor()
            .get(&asked.signed_url(service.signer()).await)
            .await;
        assert_eq!(answer_in(&page).2.as_deref(), Some(words));
        assert_one_form(&page, words);
        match read(&world, &page, words) {
            Answer::Declined(failure) => assert_eq!(failure.reason, Some(Reason::NoPassive)),
            Answer::LoggedIn(_) => panic!("{words:?} logs somebody in"),
        }
    }
}

/// Characters that XML cannot hold are in no honest name; nobody is locked out by one, and no page breaks.
#[tokio::test]
async fn b21_characters_that_xml_cannot_hold_break_nothing() {
    let world = Federation::start().await;
    let mut browser = logged_in(&world).await;
    for character in ['\u{1}', '\u{8}', '\u{b}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
        browser.cookies_mut().remove(TURNS);
        let words = format!("Bakke{character}skolen");
        rename_school(&world, &words).await;
        let (id, url) = world.request_of(SERVICE, |_| {}).await;
        let page = browser.get(&url).await;
        assert!(!page.status.is_server_error(), "{words:?}: {}", page.body);
        accepted(read(&world, &page, &id));
        assert_eq!(
            values_of(&page, INSTITUTION_NAME),
            ["Bakke\u{fffd}skolen"],
            "{words:?}"
        );

        let mut asked = RequestWords::of(world.service(SERVICE), world.house.now());
        asked.relay_state = Some(words.clone());
        let signer = world.service(SERVICE).signer();
        let page = browser.get(&asked.signed_url(signer).await).await;
        assert!(!page.status.is_server_error(), "{words:?}: {}", page.body);
    }
}

#[tokio::test]
async fn b21_a_code_and_its_tokens_read_as_they_were_meant_whatever_the_words() {
    allow_what_is_sent_along();
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = logged_in(&world).await;
    for words in HOSTILE {
        rename_school(&world, words).await;
        for mode in ["query", "form_post"] {
            let change = [("state", words), ("nonce", words), ("response_mode", mode)];
            browser.cookies_mut().remove(TURNS);
            let page = browser.get(&client.request(&change)).await;
            assert!(!page.headers.contains_key("x"), "{words:?}");
            let (state, code) = if mode == "query" {
                let url = leads_to(&page).unwrap_or_else(|| panic!("{words:?}: {}", page.body));
                assert!(url.as_str().starts_with(&client.redirect_uri()), "{url}");
                let answer = client.answer(&page);
                if let Some(error) = answer.get("error") {
                    // RFC 6749 has no line breaks in a state, so such a one is a fault.
                    assert!(words.contains(char::is_control), "{words:?}: {error}");
                    continue;
                }
                (answer["state"].clone(), answer["code"].clone())
            } else {
                assert_one_form(&page, words);
                let form = page.form();
                let value = |name: &str| {
                    let field = form.fields.iter().find(|field| field.name == name);
                    field.map(|field| field.value.clone())
                };
                assert_eq!(form.action, client.redirect_uri());
                let (Some(state), Some(code)) = (value("state"), value("code")) else {
                    assert!(words.contains(char::is_control), "{words:?}");
                    continue;
                };
                (state, code)
            };
            assert_eq!(state, words, "{mode}");
            let tokens = client.redeem(&browser, &code).await;
            let claims = id_token(&tokens);
            assert_eq!(claims["nonce"], words, "{mode}");
            let told = crate::world::oidc_client::userinfo(
                &browser,
                json(&tokens)["access_token"].as_str().unwrap(),
            )
            .await;
            assert_eq!(json(&told)["institution_names"], words, "{mode}");
            assert!(claims.get("cpr").is_none() && json(&told).get("cpr").is_none());
        }
    }
}

/// An identity provider's words that go on to services: its name, and nothing else of its own.
#[tokio::test]
async fn b21_what_an_identity_provider_says_stays_with_us() {
    let world = Federation::start().await;
    for words in HOSTILE {
        let mut browser = world.visitor();
        let (id, url) = world.request_of(SERVICE, |_| {}).await;
        let page = browser.get(&url).await;
        let page = world
            .type_name(&mut browser, &page, "sofie@lillekoebing.example")
            .await;
        let asked = world.lillekoebing.read(&page);
        let mut said = world.lillekoebing.words(&asked, "1000001201", world.house.now());
        for name in ["urn:oid:2.5.4.42", "dk:unilogin:aktoergruppe", "rolle"] {
            said.attributes.push((name.to_owned(), vec![words.to_owned()]));
        }
        words.clone_into(&mut said.class_ref);
        let answer = world.lillekoebing.form(&said, &asked).await;
        let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
        let assertion = accepted(read(&world, &page, &id));
        assert_eq!(assertion.attributes.texts("dk:unilogin:aktoergruppe"), ["Elev"]);
        assert!(assertion.attributes.texts("rolle").is_empty());
        let xml = answer_in(&page).1;
        assert!(
            !xml.contains("rektor") && !xml.contains("alert"),
            "{words:?}: {xml}"
        );
    }
}
