//! What goes along in our requests to a municipality, and what can be left out (Entra ID, AD FS).

use portner::saml::{Incoming, Scoping};
use url::Url;

use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::answer_in;
use crate::world::visitor::leads_to;

/// Where a browser is sent for this name, and the request that it brings.
async fn asked(world: &Federation) -> (Url, String) {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@lillekoebing.example")
        .await;
    let url = leads_to(&page).unwrap();
    let incoming = Incoming::from_redirect(url.query().unwrap()).unwrap();
    let root = incoming.document().root();
    let elements: Vec<_> = root
        .children()
        .map(|child| child.local_name().to_owned())
        .collect();
    (url, elements.join(" "))
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let found = url.query_pairs().find(|(parameter, _)| parameter == name)?;
    Some(found.1.into_owned())
}

#[tokio::test]
async fn an_upstream_learns_the_name_and_the_service() {
    let (url, elements) = asked(&Federation::start().await).await;
    assert_eq!(elements, "Issuer Subject NameIDPolicy Scoping");
    assert!(parameter(&url, "login_hint").is_none() && parameter(&url, "username").is_none());
}

#[tokio::test]
async fn what_entra_and_ad_fs_refuse_can_be_left_out() {
    for (word, name) in [
        ("login_hint", Some("login_hint")),
        ("username", Some("username")),
        ("none", None),
    ] {
        let saml = format!("name_hint = \"{word}\"\nscoping = false\n");
        let (url, elements) = asked(&Federation::start_with_saml(&saml).await).await;
        assert_eq!(elements, "Issuer NameIDPolicy", "{word}");
        for known in ["login_hint", "username"] {
            let expected = (name == Some(known)).then(|| "sofie@lillekoebing.example".to_owned());
            assert_eq!(parameter(&url, known), expected, "{word}");
        }
        assert!(parameter(&url, "Signature").is_some(), "{word}");
    }
}

#[tokio::test]
async fn a_service_that_forbids_brokers_is_heeded_where_nobody_is_told_of_it() {
    let world = Federation::start_with_saml("scoping = false\n").await;
    let mut browser = world.visitor();
    let page = browser.get(&nobody_between(&world, "skolebroen").await).await;
    let page = world
        .type_name(&mut browser, &page, "sofie@lillekoebing.example")
        .await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-106"), "{}", page.body);
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert!(
        is_logged_in(&page),
        "our own store stands behind nobody: {}",
        page.body
    );
    let elsewhere = nobody_between(&world, "skolebroen-snaever").await;
    let page = world.visitor().get(&elsewhere).await;
    assert!(answer_in(&page).1.contains("status:ProxyCountExceeded"));
}

/// A session that somebody else has vouched for is no login without a broker.
#[tokio::test]
async fn a_service_that_forbids_brokers_gets_no_brokered_session() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let idp = &world.lillekoebing;
    let answer = idp.log_in(&asked, "1000001201", world.house.now()).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(is_logged_in(&page), "{}", page.body);
    let page = browser.get(&nobody_between(&world, "skolebroen").await).await;
    assert!(page.url.path().ends_with("/name"), "{}", page.url);
}

async fn nobody_between(world: &Federation, service: &str) -> String {
    let scoping = Box::leak(Box::new(Scoping {
        proxy_count: Some(0),
        ..Scoping::default()
    }));
    let request = world.request_of(service, |question| question.scoping = Some(scoping));
    request.await.1
}
