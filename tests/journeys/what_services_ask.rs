//! What a service asks for beyond a login: which login, without a word to the user, in whose name; and what it
//! hears where its question has no answer.

use portner::saml::{EntityId, Scoping};
use url::Url;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::ORIGIN;
use crate::world::saml_idp::answer_in;
use crate::world::saml_sp::RequestWords;
use crate::world::visitor::leads_to;

/// The status that a page hands to a SAML service.
fn status(page: &Page) -> String {
    let xml = answer_in(page).1;
    let codes = xml
        .split("StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:")
        .skip(1);
    let codes: Vec<_> = codes.map(|rest| rest.split('"').next().unwrap()).collect();
    codes.join(" ")
}

fn at_lillekoebing(page: &Page) -> bool {
    leads_to(page).is_some_and(|url| url.host_str() == Some("idp.lillekoebing.example"))
}

/// Whoever must not be disturbed sees no page of ours, whatever the reason is.
#[tokio::test]
async fn e16_a_silent_request_that_is_refused_is_answered_at_the_service() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert!(is_logged_in(&page), "{}", page.body);

    let client = world.client("laesehesten-voksne");
    let page = browser.get(&client.request(&[("prompt", "none")])).await;
    assert_eq!(client.answer(&page)["error"], "access_denied", "{}", page.body);
    let request = world.request_of("skolebroen-voksne", |question| question.is_passive = true);
    let page = browser.get(&request.await.1).await;
    assert_eq!(status(&page), "Responder RequestDenied", "{}", page.body);
    // Asked aloud, the user is told, and the service when the user wants it.
    let page = world.arrive(&mut browser, "skolebroen-voksne").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-505"), "{}", page.body);
}

/// The first hint that means a login counts, in either protocol, and never one that the service may not use.
#[tokio::test]
async fn a_hint_leads_to_the_login_in_either_protocol() {
    let world = Federation::start().await;
    for hint in [
        "idphint=lillekoebing",
        "kc_idp_hint=lillekoebing",
        "domain_hint=lillekoebing.example",
        "domain_hint=ukendt.example&idphint=lillekoebing",
        "aarc_idp_hint=https%3A%2F%2Fidp.lillekoebing.example",
    ] {
        let (_, url) = world.request_of("skolebroen", |_| {}).await;
        let page = world.visitor().get(&format!("{url}&{hint}")).await;
        assert!(at_lillekoebing(&page), "{hint}: {} {}", page.url, page.body);
        let url = world.client("laesehesten").request(&[]);
        let page = world.visitor().get(&format!("{url}&{hint}")).await;
        assert!(at_lillekoebing(&page), "{hint}: {} {}", page.url, page.body);
    }
    let (_, url) = world.request_of("skolebroen-snaever", |_| {}).await;
    let page = world.visitor().get(&format!("{url}&idphint=lillekoebing")).await;
    assert!(!at_lillekoebing(&page), "the service may not use it");
}

async fn listed(world: &Federation, names: &[&str]) -> String {
    let entity = |name: &&str| EntityId::parse(name).unwrap();
    let scoping = Box::leak(Box::new(Scoping {
        idp_list: names.iter().map(entity).collect(),
        ..Scoping::default()
    }));
    let request = world.request_of("skolebroen", |question| question.scoping = Some(scoping));
    request.await.1
}

#[tokio::test]
async fn a_list_of_logins_may_name_our_own_and_holds_for_typed_names() {
    let world = Federation::start().await;
    let unknown = listed(&world, &["https://ukendt.example/idp"]).await;
    let page = world.visitor().get(&unknown).await;
    assert_eq!(status(&page), "Responder NoSupportedIDP", "{}", page.body);

    let us = format!("{ORIGIN}/saml/metadata");
    let mut browser = world.visitor();
    let page = browser.get(&listed(&world, &[&us]).await).await;
    let page = world
        .type_name(&mut browser, &page, "sofie@lillekoebing.example")
        .await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-106"), "{}", page.body);
    assert!(
        page.body.contains("sofie@lillekoebing.example"),
        "what was typed can be mended"
    );
    let page = world
        .type_name(&mut browser, &page, "sofie@lilekoebing.example")
        .await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-301"), "{}", page.body);
    assert!(
        !page.body.contains("@lillekoebing.example"),
        "what cannot be used is not offered: {}",
        page.body
    );
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert!(is_logged_in(&page), "{}", page.body);
}

/// A request that can be answered is: its service can mend it, its user cannot.
#[tokio::test]
async fn a_faulty_request_is_answered_at_a_registered_address() {
    let world = Federation::start().await;
    let peer = world.service("skolebroen");
    let honest = RequestWords::of(peer, world.house.now());
    let artifact = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact";
    let by_artifact = RequestWords {
        binding: Some(artifact.to_owned()),
        ..honest.clone()
    };
    let url = by_artifact.signed_url(peer.signer()).await;
    let page = world.visitor().get(&url).await;
    assert_eq!(status(&page), "Requester UnsupportedBinding", "{}", page.body);
    let to = answer_in(&page).0;
    assert_eq!(to.as_str(), peer.us.acs.as_str());
    assert!(
        answer_in(&page).1.contains(&honest.id),
        "it says to which request"
    );
    let rows = world.house.audit().await;
    assert!(
        rows.last().is_some_and(|row| row.act == "login.refused"),
        "{rows:?}"
    );

    let elsewhere = RequestWords {
        acs_url: Some("https://ondskab.example/acs".to_owned()),
        ..by_artifact
    };
    let page = world
        .visitor()
        .get(&elsewhere.signed_url(peer.signer()).await)
        .await;
    assert_eq!(leads_to(&page).as_ref().and_then(Url::host_str), None);
    assert!(
        page.refusal_code().is_some() && !page.body.contains("SAMLResponse"),
        "{}",
        page.body
    );
}
