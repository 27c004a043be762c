//! What counts once counts once, however many try at the same moment: the checks of the other files are made
//! one after the other, and a race lives between a check and its mark (B05, D01, E10, E11).

use std::future::Future;

use portner::oidc::client_auth::ASSERTION_TYPE;
use portner::oidc::jws::{self, TokenType};
use serde_json::json;

use super::oidc_codes::code_for;
use super::saml_stage::SOFIE;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::ORIGIN;
use crate::world::oidc_client::{post_as_program, text_of};

const TRIES: usize = 20;

/// How many of the pages that come of trying at once are what they should be once.
async fn successes<F: Future<Output = Page> + Send + 'static>(
    tries: impl IntoIterator<Item = F>,
    succeeds: fn(&Page) -> bool,
) -> usize {
    let running: Vec<_> = tries.into_iter().map(tokio::spawn).collect();
    assert_eq!(running.len(), TRIES);
    let mut count = 0;
    for one in running {
        let page = one.await.unwrap();
        assert!(!page.status.is_server_error(), "{} {}", page.status, page.body);
        count += usize::from(succeeds(&page));
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b05_of_one_assertion_in_many_logins_at_once_one_counts() {
    let world = Federation::start().await;
    let mut logins = Vec::new();
    for _ in 0..TRIES {
        let mut browser = world.visitor();
        let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
        let mut words = world.lillekoebing.words(&asked, SOFIE, world.house.now());
        words.number = "den-samme".to_owned();
        let answer = world.lillekoebing.form(&words, &asked).await;
        logins.push((browser, asked, answer));
    }
    let tries = logins.into_iter().map(|(mut browser, asked, answer)| async move {
        browser.post_from_elsewhere(&asked.acs_path(), &answer).await
    });
    assert_eq!(successes(tries, is_logged_in).await, 1);
    assert_eq!(world.house.count("sessions").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e10_a_pushed_request_that_many_use_at_once_begins_one_login() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let form = client.asked(&[]);
    let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let pushed = client.post(&world.visitor(), "/oidc/par", &form).await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &client.client_id)
        .append_pair("request_uri", &text_of(&pushed, "request_uri"))
        .finish();
    let tries = (0..TRIES).map(|_| {
        let (mut browser, target) = (world.visitor(), format!("/oidc/authorize?{query}"));
        async move { browser.get(&target).await }
    });
    let begun = successes(tries, |page| page.url.path().ends_with("/name")).await;
    assert_eq!(begun, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e11_an_assertion_that_is_sent_many_times_at_once_counts_once() {
    let world = Federation::start().await;
    let client = world.client("noegle");
    let mut browser = world.visitor();
    let code = code_for(&world, &client, &mut browser).await;
    let now = world.house.now().as_second();
    let claims = json!({
        "iss": "noegle", "sub": "noegle", "aud": ORIGIN, "jti": "en", "iat": now, "exp": now + 60,
    });
    let assertion = jws::sign(&*world.client_key, TokenType::ClientAssertion, &claims).await;
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(client.redemption(&code))
        .append_pair("client_assertion_type", ASSERTION_TYPE)
        .append_pair("client_assertion", &assertion.unwrap())
        .finish();
    let tries = (0..TRIES).map(|_| {
        let (browser, body) = (browser.clone(), body.clone());
        async move { post_as_program(&browser, "/oidc/token", vec![], body).await }
    });
    // Who the others are is not known, so that they cannot burn the code either.
    let refused = successes(tries, |page| page.body.contains("invalid_client")).await;
    assert_eq!(refused, TRIES - 1);
}
