//! Requests at the edge of what is honest: words without a value, and heads that are too large.

use axum::http::{Method, StatusCode};
use portner::web::serve::stop_channel;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::oidc_answers::Stage;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::visitor::Odd;

/// A word without a value counts as left out (RFC 6749 §3.1), wherever it stands in an answer, and what an
/// answer needs is not there then.
#[tokio::test]
async fn d01_d03_words_without_a_value_are_no_words() {
    let mut stage = Stage::set().await;
    let provider = stage.world.havnekoebing.clone();
    let (at, sent) = (stage.question.redirect_path.clone(), stage.question.state.clone());
    let issuer: String = url::form_urlencoded::byte_serialize(provider.issuer.as_bytes()).collect();
    for (query, code, reason, attack) in [
        (
            format!("&state=&code=c-1&iss={issuer}"),
            "UL-602",
            "UL-602",
            "an empty state",
        ),
        (
            "&state=".to_owned(),
            "UL-602",
            "UL-602",
            "an empty state and nothing else",
        ),
        (
            format!("&&state={sent}&code=c-1&iss="),
            "UL-303",
            "[iss_parameter]",
            "an empty issuer",
        ),
        (
            format!("&state={sent}&code=&iss={issuer}&"),
            "UL-303",
            "[callback]",
            "an empty code",
        ),
        (
            format!("state&=&state={sent}&iss={issuer}"),
            "UL-303",
            "[callback]",
            "no code at all",
        ),
    ] {
        stage
            .assert_denied(&format!("{at}?{query}"), (code, reason), attack)
            .await;
    }
    assert_eq!(provider.asked("/token"), 0, "no code was sent on");

    let claims = stage.claims();
    provider.will_say(&claims).await;
    let way = format!(
        "{at}?&error=&state=&=x&code=c-1&&state={sent}&session_state=&iss={issuer}&error_description"
    );
    let page = stage.browser.get(&way).await;
    assert!(
        is_logged_in(&page),
        "what is empty stands in nobody's way: {}",
        page.body
    );
}

/// Whoever has gathered too many cookies reads what happened, instead of an empty page.
#[tokio::test]
async fn m05_a_head_that_is_too_large_is_answered_by_a_page() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let cookie = |bytes: usize| vec![("cookie", format!("samlet={}", "a".repeat(bytes)))];
    let many = |count: usize| -> Vec<(&'static str, String)> {
        let name = |number| &*Box::leak(format!("x-mange-{number}").into_boxed_str());
        (0..count).map(|number| (name(number), "1".to_owned())).collect()
    };
    for (headers, is_refused) in [
        (cookie(30 * 1024), false),
        (cookie(33 * 1024), true),
        (many(20), false),
        (many(65), true),
    ] {
        let asked = Odd {
            method: Method::GET,
            target: "/",
            headers,
            body: Vec::new(),
        };
        let page = browser.odd(asked).await;
        if is_refused {
            assert_eq!(page.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
            assert_eq!(page.refusal_code().as_deref(), Some("UL-607"), "{}", page.body);
        } else {
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        }
    }
    assert!(world.house.audit().await.is_empty(), "it is no attack on a login");
}

/// The same over a connection, which reads somewhat more than it takes.
#[tokio::test]
async fn m05_a_connection_tells_whose_head_is_too_large() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut world = Federation::start().await;
    let settings = format!("[listen]\npublic = [\"{free}\"]\n");
    world.house.files.change("portner.toml", "[listen]\n", &settings);
    world.house = world.house.restarted().await;
    let (_stop, stop) = stop_channel();
    tokio::spawn(world.house.app.take().unwrap().serve(stop));
    let answered = async |bytes: usize| {
        let mut stream = loop {
            match tokio::net::TcpStream::connect(free).await {
                Ok(stream) => break stream,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        };
        let host = world.house.portner.settings.origin.host().to_owned();
        let cookie = "a".repeat(bytes);
        let asked =
            format!("GET / HTTP/1.1\r\nhost: {host}\r\ncookie: samlet={cookie}\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(asked.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert!(answered(30 * 1024).await.starts_with("HTTP/1.1 200"));
    let told = answered(40 * 1024).await;
    assert!(
        told.starts_with("HTTP/1.1 431") && told.contains("UL-607"),
        "{told}"
    );
    let cut = answered(200 * 1024).await;
    assert!(!cut.contains("HTTP/1.1 200"), "{cut}");
}
