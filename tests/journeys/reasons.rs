//! What the operator reads of a refusal: the names that were given, never a value.

use crate::world::federation::Federation;
use crate::world::saml_idp::form;

/// The reason of the last refusal that was written down.
async fn last_reason(world: &Federation) -> String {
    let records = world.house.audit().await;
    let details = records
        .iter()
        .map(|record| serde_json::from_str::<serde_json::Value>(&record.details).unwrap());
    let mut reasons = details.filter_map(|details| Some(details["reason"].as_str()?.to_owned()));
    reasons.next_back().unwrap_or_default()
}

#[tokio::test]
async fn the_name_of_an_unknown_service_is_told_short_and_on_one_line() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = browser.get("/oidc/authorize?client_id=laesehest").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-501"));
    assert_eq!(
        last_reason(&world).await,
        "no service has the client_id laesehest"
    );
    let long = format!("/oidc/authorize?client_id=a%0Ab{}", "x".repeat(300));
    assert_eq!(browser.get(&long).await.refusal_code().as_deref(), Some("UL-501"));
    let reason = last_reason(&world).await;
    assert!(
        reason.starts_with("no service has the client_id abx") && reason.len() < 160,
        "{reason}"
    );
    browser.get("/oidc/authorize").await;
    assert_eq!(
        last_reason(&world).await,
        "the request names no service by client_id"
    );
}

#[tokio::test]
async fn what_a_service_asked_for_in_vain_is_told() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world
        .client("laesehesten")
        .request(&[("redirect_uri", "https://laesehesten.example/andet?bruger=sofie")]);
    let page = browser.get(&asked).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-503"));
    assert_eq!(
        last_reason(&world).await,
        "the redirect_uri https://laesehesten.example/andet is not registered"
    );
}

#[tokio::test]
async fn an_installation_that_is_called_otherwise_names_no_other_product() {
    let world = Federation::start_with("\n[presentation]\nname = \"Skolelogin\"\n").await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let words = world.lillekoebing.words(&asked, "1999999999", world.house.now());
    let answer = world.lillekoebing.form(&words, &asked).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"));
    assert!(page.body.contains("ikke tilknyttet Skolelogin"), "{}", page.body);
    assert!(!page.body.contains("Unilogin"), "{}", page.body);
}

#[tokio::test]
async fn of_somebody_who_is_not_linked_the_log_has_names_and_no_value() {
    let world = Federation::start().await;
    let nothing = "nothing that it vouches by was sent under the names of its [mapping]";
    for (user, looked_for) in [("1999999999", "looked for by: uni-id"), ("sofie", nothing)] {
        let mut browser = world.visitor();
        let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
        let mut words = world.lillekoebing.words(&asked, user, world.house.now());
        words.attributes = vec![("mail".to_owned(), vec!["sofie@hemmelig.example".to_owned()])];
        let answer = world.lillekoebing.form(&words, &asked).await;
        let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-201"));
        assert!(!page.body.contains("MitID"), "{}", page.body);
        let reason = last_reason(&world).await;
        assert_eq!(reason, format!("{looked_for}; the upstream sent: mail"));
    }
}

#[tokio::test]
async fn the_reason_of_an_upstream_that_declined_is_one_word() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    words.status = "urn:oasis:names:tc:SAML:2.0:status:Responder".to_owned();
    let declined = words.declined_by(&*world.lillekoebing.signer).await;
    let answer = form(&declined, &asked);
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-305"));
    assert_eq!(last_reason(&world).await, "no reason was given");
}

#[tokio::test]
async fn the_reason_that_a_declining_upstream_gives_is_named() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    words.status = "urn:oasis:names:tc:SAML:2.0:status:Responder".to_owned();
    words.status_reason = Some("urn:oasis:names:tc:SAML:2.0:status:AuthnFailed".to_owned());
    let declined = words.declined_by(&*world.lillekoebing.signer).await;
    let page = browser
        .post_from_elsewhere(&asked.acs_path(), &form(&declined, &asked))
        .await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-305"));
    let reason = last_reason(&world).await;
    assert!(reason.contains("AuthnFailed"), "{reason}");
}

/// Lillekøbing's own answer, meant for somebody else, to a browser that came for `name`.
async fn answered_for_another_audience(world: &Federation, name: &str) -> Option<String> {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world.type_name(&mut browser, &page, name).await;
    let asked = world.lillekoebing.read(&page);
    let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    words.audiences = vec![vec!["https://en-anden.example".to_owned()]];
    let answer = world.lillekoebing.form(&words, &asked).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    page.refusal_code()
}

#[tokio::test]
async fn a_municipality_is_in_trouble_when_several_users_are_refused_and_not_for_one() {
    let world = Federation::start().await;
    let status = async || world.visitor().get("/status").await.body;
    let well = status().await;
    for _ in 0..4 {
        let code = answered_for_another_audience(&world, "sofie@lillekoebing.example").await;
        assert_eq!(code.as_deref(), Some("UL-303"));
    }
    assert_eq!(status().await, well, "one user's answers say little");
    for name in ["emil@lillekoebing.example", "ida@lillekoebing.example"] {
        answered_for_another_audience(&world, name).await;
    }
    let troubled = status().await;
    assert_ne!(troubled, well);
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_eq!(status().await, well, "a login that goes through ends it");
}

#[tokio::test]
async fn answers_that_belong_to_no_login_say_nothing_of_an_upstream() {
    let world = Federation::start().await;
    let status = async || world.visitor().get("/status").await.body;
    let well = status().await;
    for _ in 0..5 {
        let mut browser = world.visitor();
        let junk = [("SAMLResponse".to_owned(), "PGE+".to_owned())];
        browser.post_from_elsewhere("/saml/acs/lillekoebing", &junk).await;
    }
    assert_eq!(status().await, well);
}

#[tokio::test]
async fn who_speaks_no_saml_gets_no_metadata() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    assert!(
        browser
            .get("/saml/metadata/lillekoebing")
            .await
            .status
            .is_success()
    );
    for upstream in ["havnekoebing", "central", "nobody"] {
        let page = browser.get(&format!("/saml/metadata/{upstream}")).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-606"), "{upstream}");
    }
}
