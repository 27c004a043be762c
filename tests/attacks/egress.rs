//! Providers that lead Portner's own calls astray: into private networks, round by redirects,
//! into the sand (B25, E10). A sentinel on loopback counts who comes.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::{Files, House};
use crate::world::oidc_client::OidcClient;
use crate::world::oidc_op::DISCOVERY;
use crate::world::visitor::{Visitor, leads_to};

/// Somebody in our own network whom nobody is to call. Never answers.
struct Sentinel {
    port: u16,
    visited: Arc<AtomicUsize>,
}

impl Sentinel {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let visited = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&visited);
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                kept.push(stream);
            }
        });
        Self { port, visited }
    }

    fn assert_alone(&self, attack: &str) {
        assert_eq!(self.visited.load(Ordering::SeqCst), 0, "{attack}: it was called");
    }
}

/// A browser on its way to Havnekøbing. The page where that did not work.
async fn sent(world: &Federation, browser: &mut Visitor) -> Page {
    let page = world.arrive(browser, "skolebroen").await;
    world
        .type_name(browser, &page, "sofie@havnekoebing.example")
        .await
}

fn assert_not_sent(page: &Page, attack: &str) {
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-302"),
        "{attack}: {}",
        page.body
    );
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{attack}");
    assert_eq!(leads_to(page), None, "{attack}");
}

#[tokio::test]
async fn b25_redirects_of_a_provider_are_not_followed() {
    let sentinel = Sentinel::start().await;
    let inside = format!("http://127.0.0.1:{}/hemmeligt", sentinel.port);
    for status in [301, 302, 303, 307, 308] {
        let status = StatusCode::from_u16(status).unwrap();
        for path in [DISCOVERY, "/jwks"] {
            let world = Federation::start().await;
            world.havnekoebing.serve_redirect(path, status, &inside);
            assert_not_sent(&sent(&world, &mut world.visitor()).await, path);
            assert_eq!(world.havnekoebing.asked(path), 1, "{status} at {path}");
        }
        let world = Federation::start().await;
        let mut browser = world.visitor();
        let question = world.havnekoebing.read(&sent(&world, &mut browser).await);
        world.havnekoebing.serve_redirect("/token", status, &inside);
        let page = browser.get(&world.havnekoebing.way_back(&question)).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-304"), "{}", page.body);
        assert!(!is_logged_in(&page));
    }
    sentinel.assert_alone("by redirect");
}

#[tokio::test]
async fn b25_a_description_cannot_send_calls_elsewhere() {
    let sentinel = Sentinel::start().await;
    let port = sentinel.port;
    let places = [
        format!("http://localhost:{port}/x"),
        format!("http://127.0.0.2:{port}/x"),
        format!("http://[::1]:{port}/x"),
        format!("https://127.0.0.1:{port}/x"),
        format!("http://user:secret@127.0.0.1:{port}/x"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://10.0.0.1/x".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://127.0.0.1/x".to_owned(),
        "javascript:alert(1)".to_owned(),
    ];
    for place in &places {
        for name in ["token_endpoint", "jwks_uri", "userinfo_endpoint"] {
            let world = Federation::start().await;
            let file = "metadata/upstreams/havnekoebing.toml";
            world
                .house
                .files
                .change(file, "[oidc]\n", "[oidc]\nuserinfo = true\n");
            world.house.reload();
            let mut description = world.havnekoebing.description();
            description[name] = place.as_str().into();
            world.havnekoebing.serve(DISCOVERY, &description);
            let mut browser = world.visitor();
            let page = sent(&world, &mut browser).await;
            let attack = format!("{name} at {place}");
            if leads_to(&page).is_some() {
                // Taken as it is spelled, and found out when it is to be called.
                let question = world.havnekoebing.read(&page);
                let mut claims = world.havnekoebing.claims(&question, world.house.now());
                claims["uniid"] = "1000001201".into();
                world.havnekoebing.will_say(&claims).await;
                let page = browser.get(&world.havnekoebing.way_back(&question)).await;
                assert!(!is_logged_in(&page), "{attack}");
            } else {
                assert_not_sent(&page, &attack);
            }
            sentinel.assert_alone(&attack);
        }
    }
}

#[tokio::test]
async fn b25_an_answer_has_an_end() {
    let endless = Value::from("x".repeat(3 * 1024 * 1024));
    for path in [DISCOVERY, "/jwks"] {
        let world = Federation::start().await;
        world.havnekoebing.serve(path, &json!({ "keys": endless }));
        assert_not_sent(&sent(&world, &mut world.visitor()).await, path);
    }
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let question = world.havnekoebing.read(&sent(&world, &mut browser).await);
    world
        .havnekoebing
        .serve("/token", &json!({ "id_token": endless }));
    let page = browser.get(&world.havnekoebing.way_back(&question)).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-304"), "{}", page.body);
}

#[tokio::test]
async fn b25_nobody_waits_for_one_who_never_answers() {
    let world = Federation::start_with("timeout = \"300 ms\"\n").await;
    let silent = Sentinel::start().await;
    let address = format!("http://127.0.0.1:{}", silent.port);
    world.house.files.change(
        "metadata/upstreams/nede.toml",
        "http://127.0.0.1:9\"",
        &format!("{address}\""),
    );
    world.house.reload();
    let began = Instant::now();
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world.type_name(&mut browser, &page, "sofie@nede.example").await;
    assert_not_sent(&page, "silence");
    assert!(silent.visited.load(Ordering::SeqCst) > 0, "it was asked");
    assert!(began.elapsed() < Duration::from_secs(20), "and given up");
}

/// A Portner that may call no private address, with these providers; each has a domain of its number.
async fn guarded(issuers: &[String]) -> House {
    let files = Files::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    files.put("authority.pem", &made.cert.pem());
    let authority = files.path("authority.pem");
    files.change(
        "portner.toml",
        "private_addresses = true",
        &format!("extra_authorities = [\"{}\"]", authority.display()),
    );
    for (number, issuer) in issuers.iter().enumerate() {
        let text = format!(
            "kind = \"local\"\nname = \"Kommune {number}\"\ncontact = \"it\"\ninstitutions = [\"101001\"]\n\
             domains = [\"k{number}.example\"]\nvouches_for = [\"uni-id\"]\n[oidc]\nissuer = \"{issuer}\"\n\
             client_id = \"portner\"\nsecret = {{ env = \"CARGO_PKG_NAME\" }}\n"
        );
        files.put(&format!("metadata/upstreams/k{number}.toml"), &text);
    }
    files.put(
        "metadata/services/aaben.toml",
        "name = \"Åben\"\nstart_url = \"https://aaben.example\"\nrelease = \"learning\"\n[oidc]\n\
         redirect_uris = [\"https://aaben.example/callback\"]\nauthentication = \"none\"\n",
    );
    House::open(files).await
}

#[tokio::test]
async fn b25_private_addresses_are_not_called_by_whatever_name() {
    let sentinel = Sentinel::start().await;
    let port = sentinel.port;
    let issuers = [
        format!("https://127.0.0.1:{port}"),
        format!("https://127.1.2.3:{port}"),
        // A name that resolves to us, as one does that a stranger's DNS server answers for.
        format!("https://localhost:{port}"),
        format!("https://[::1]:{port}"),
        format!("https://[64:ff9b::7f00:1]:{port}"),
        format!("https://0.0.0.0:{port}"),
        "https://169.254.169.254".to_owned(),
        "https://10.0.0.1".to_owned(),
        "https://192.168.1.1".to_owned(),
        "https://100.64.0.1".to_owned(),
        "https://[fd00:ec2::254]".to_owned(),
        "https://[fe80::1]".to_owned(),
    ];
    let house = guarded(&issuers).await;
    let client = OidcClient {
        client_id: "aaben".to_owned(),
    };
    for (number, issuer) in issuers.iter().enumerate() {
        let began = Instant::now();
        let mut browser = Visitor::at(&house);
        let page = browser.get(&client.request(&[])).await;
        let fill = format!("sofie@k{number}.example");
        let page = browser.submit(&page.form(), &[("name", &fill)]).await;
        assert_not_sent(&page, issuer);
        let audit = house.audit().await;
        let told = &audit.last().unwrap().details;
        assert!(
            told.contains("leads to an address that must not be called"),
            "{issuer}: {told}"
        );
        sentinel.assert_alone(issuer);
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{issuer}: nobody waited"
        );
    }
}

#[tokio::test]
async fn b25_a_provider_is_registered_by_https_alone() {
    for issuer in [
        "http://op.example",
        "http://127.0.0.1:8080",
        "ftp://op.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:secret@op.example",
        "https://op.example/?x=1",
        "https://op.example/#x",
        "//op.example",
        // Other spellings of 127.0.0.1.
        "https://2130706433",
        "https://0x7f.1",
        "https://0177.0.0.1",
        "https://[::ffff:127.0.0.1]",
    ] {
        let house = guarded(&[]).await;
        let text = format!(
            "kind = \"local\"\nname = \"K\"\ncontact = \"it\"\ninstitutions = [\"101001\"]\n\
             vouches_for = [\"uni-id\"]\n[oidc]\nissuer = \"{issuer}\"\nclient_id = \"portner\"\n\
             secret = {{ env = \"CARGO_PKG_NAME\" }}\n"
        );
        house.files.put("metadata/upstreams/k.toml", &text);
        assert!(house.reload_faulty().stop_logins(), "{issuer}");
    }
}
