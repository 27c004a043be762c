//! Signing keys that stay in a token (PKCS #11). SoftHSM plays the token; its module reads where
//! its tokens are from the environment, once, so that each test runs in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cryptoki::context::Pkcs11;
use data_encoding::BASE64;
use portner::app::rotation::read_anew;
use portner::domain::address::PlainHttp;
use portner::oidc::jwk::{JwsAlgorithm, KeySet};
use portner::oidc::jws::{self, TokenType};
use portner::saml::EndpointUrl;
use portner::saml::binding_post::PostForm;
use portner::saml::response::Answer;
use portner::web::serve::stop_channel;
use portner::web::state::Portner;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::Files;
use crate::world::oidc_client::{json, text_of};
use crate::world::saml_idp::answer_in;

const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
];

/// SoftHSM, where it is installed. In CI it always is.
fn module() -> Option<&'static str> {
    let found = MODULES.into_iter().find(|path| Path::new(path).exists());
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "SoftHSM is not installed, and CI needs it"
        );
        eprintln!("passed over: SoftHSM is not installed (tests/peers/install.sh installs it)");
    }
    found
}

/// A token, in the process that was started for it.
struct Token {
    module: &'static str,
    home: PathBuf,
}

impl Token {
    /// The token of this process. If it has none, one that has is started for this test, and must succeed.
    fn of(test: &str) -> Option<Self> {
        let module = module()?;
        if let Some(settings) = std::env::var_os("SOFTHSM2_CONF") {
            let home = PathBuf::from(settings).parent().unwrap().to_owned();
            return Some(Self { module, home });
        }
        let home = tempfile::tempdir().unwrap();
        let token = Self {
            module,
            home: home.path().to_owned(),
        };
        let settings = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            token.objects().display()
        );
        std::fs::create_dir(token.objects()).unwrap();
        std::fs::write(token.settings(), settings).unwrap();
        token.run(
            "softhsm2-util",
            "--init-token --free --label skolens --so-pin 87654321 --pin 12345678",
        );
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("tokens::{test}"), "--nocapture"])
            .env("SOFTHSM2_CONF", token.settings())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && told.contains("1 passed"),
            "{told}\n{errors}"
        );
        None
    }

    fn settings(&self) -> PathBuf {
        self.home.join("softhsm2.conf")
    }

    fn objects(&self) -> PathBuf {
        self.home.join("tokens")
    }

    fn run(&self, program: &str, arguments: &str) {
        let output = Command::new(program)
            .args(arguments.split(' '))
            .env("SOFTHSM2_CONF", self.settings())
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments}: {errors}");
    }

    fn make_key(&self, kind: &str, label: &str) {
        let module = self.module;
        self.run(
            "pkcs11-tool",
            &format!("--module {module} --token-label skolens --login --pin 12345678 --keypairgen --key-type {kind} --label {label} --usage-sign"),
        );
    }

    fn uri(&self, files: &Files, label: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let pin = files.path("pin");
        std::fs::write(&pin, "12345678\n").unwrap();
        std::fs::set_permissions(&pin, std::fs::Permissions::from_mode(0o600)).unwrap();
        format!(
            "pkcs11:token=skolens;object={label}?module-path={}&pin-source=file:{}",
            self.module,
            pin.display()
        )
    }
}

/// `portner keys …`, as an operator types it.
fn keys(files: &Files, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_portner"))
        .arg("keys")
        .args(arguments)
        .arg("--config")
        .arg(files.path("portner.toml"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

/// What a command of this installation prints.
fn portner_says(files: &Files, command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_portner"))
        .args([command, "--config"])
        .arg(files.path("portner.toml"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A Portner whose answers are signed by keys of the token.
async fn world_with(token: &Token, settings: &str) -> Federation {
    token.make_key("EC:prime256v1", "tokens");
    token.make_key("rsa:2048", "gamle-tokens");
    token.make_key("rsa:2048", "assertions");
    Federation::start_with_own_keys_changed(|files| {
        files.add("portner.toml", settings);
        for (purpose, label) in [
            ("tokens-es256", "tokens"),
            ("tokens-rs256", "gamle-tokens"),
            ("assertions", "assertions"),
        ] {
            let uri = token.uri(files, label);
            let there = keys(files, &["from-token", purpose, &uri]);
            assert!(there.is_err(), "a key that is there is never replaced");
            std::fs::remove_file(files.path("keys").join(format!("{purpose}.pem"))).unwrap();
            keys(files, &["from-token", purpose, &uri]).unwrap();
        }
        let told = keys(files, &["list"]).unwrap();
        assert!(told.contains("tokens-es256"), "{told}");
    })
    .await
}

async fn published(world: &Federation) -> KeySet {
    KeySet::from_json(world.visitor().get("/oidc/jwks").await.body.as_bytes()).unwrap()
}

/// The ID token of a login at this client.
async fn id_token_of(world: &Federation, id: &str) -> String {
    let client = world.client(id);
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let tokens = client.redeem(&browser, &client.answer(&page)["code"]).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    text_of(&tokens, "id_token")
}

#[tokio::test]
async fn every_answer_is_signed_by_the_token_and_its_keys_rotate() {
    let Some(token) = Token::of("every_answer_is_signed_by_the_token_and_its_keys_rotate") else {
        return;
    };
    let world = world_with(&token, "").await;
    let signed = id_token_of(&world, "laesehesten").await;
    let believed = |keys: &KeySet, token: &str, algorithm| {
        jws::verify(token, keys, &[algorithm], TokenType::IdToken).is_ok()
    };
    assert!(believed(&published(&world).await, &signed, JwsAlgorithm::Es256));
    for (client, algorithm) in [
        ("rsa-pss", JwsAlgorithm::Ps256),
        ("rsa-gammel", JwsAlgorithm::Rs256),
    ] {
        let signed = id_token_of(&world, client).await;
        assert!(believed(&published(&world).await, &signed, algorithm), "{client}");
    }
    // A service checks the signature against the certificate of our metadata.
    let mut browser = world.visitor();
    let (request_id, url) = world.request_of("skolebroen", |_| {}).await;
    let page = browser.get(&url).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let (to, xml, _) = answer_in(&page);
    let form = PostForm {
        to: EndpointUrl::parse(to.as_str(), PlainHttp::Refused).unwrap(),
        fields: vec![("SAMLResponse", BASE64.encode(xml.as_bytes()))],
    };
    let service = world.service("skolebroen");
    let answer = service.read_answer(world.portner_metadata(), &request_id, &form);
    assert!(matches!(answer, Ok(Answer::LoggedIn(_))), "{answer:?}");

    // The next key is made in the token too, and takes over as files do.
    token.make_key("EC:prime256v1", "tokens-2");
    let files = &world.house.files;
    keys(
        files,
        &[
            "from-token",
            "tokens-es256",
            &token.uri(files, "tokens-2"),
            "--next",
        ],
    )
    .unwrap();
    assert!(look_again(&world.house.portner));
    let cached = published(&world).await;
    // What `portner keys retire` leaves behind, by this world's clock.
    let folder = files.path("keys");
    let at = world.house.now().strftime("%Y%m%dT%H%M%SZ");
    let retired = folder.join(format!("tokens-es256.retired-{at}.pem"));
    std::fs::rename(folder.join("tokens-es256.pem"), retired).unwrap();
    std::fs::rename(
        folder.join("tokens-es256.next.pem"),
        folder.join("tokens-es256.pem"),
    )
    .unwrap();
    assert!(look_again(&world.house.portner));
    let renewed = id_token_of(&world, "laesehesten").await;
    assert!(
        believed(&cached, &renewed, JwsAlgorithm::Es256),
        "it was published before it signed"
    );
    assert!(
        believed(&published(&world).await, &signed, JwsAlgorithm::Es256),
        "the old one is still known"
    );
    let kid = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_ne!(kid(&renewed), kid(&signed));
}

#[tokio::test]
async fn a_token_that_goes_away_stops_logins_and_says_so() {
    let Some(token) = Token::of("a_token_that_goes_away_stops_logins_and_says_so") else {
        return;
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let admin = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut world = world_with(&token, "").await;
    let settings = format!("[listen]\npublic = [\"{port}\"]\nadmin = \"{admin}\"\n");
    world.house.files.change("portner.toml", "[listen]\n", &settings);
    world.house = world.house.restarted().await;
    let (_stop, stop) = stop_channel();
    tokio::spawn(world.house.app.take().unwrap().serve(stop));
    assert_eq!(becomes(admin, "200").await, "ready\n");
    id_token_of(&world, "laesehesten").await;

    // Somebody else logs the process out: its sessions are worth nothing, and are opened anew.
    let module = Pkcs11::new(token.module).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    module.open_ro_session(slot).unwrap().logout().unwrap();
    id_token_of(&world, "laesehesten").await;

    // The token is gone: no answer at all, rather than one that nobody signed.
    let away = token.home.join("away");
    std::fs::rename(token.objects(), &away).unwrap();
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let answer = client.redeem(&browser, &client.answer(&page)["code"]).await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    assert_eq!(json(&answer)["error"], "server_error");
    let page = world.arrive(&mut browser, "skolebroen").await;
    assert!(page.refusal_code().is_some(), "{}", page.body);
    assert!(
        !page.body.contains("token skolens"),
        "users are told no inner names"
    );
    assert!(!world.house.portner.signing_troubles().is_empty());
    assert_eq!(becomes(admin, "503").await, "not ready\n");
}

/// A token in which one key is missing: what that key signs fails, everything else goes on, and the operator
/// reads which it is.
#[tokio::test]
async fn one_key_that_is_gone_takes_no_other_along() {
    let Some(token) = Token::of("one_key_that_is_gone_takes_no_other_along") else {
        return;
    };
    let world = world_with(&token, "").await;
    id_token_of(&world, "laesehesten").await;
    assert_eq!(world.house.portner.signing_troubles(), []);
    let module = token.module;
    for kind in ["privkey", "pubkey"] {
        token.run(
            "pkcs11-tool",
            &format!("--module {module} --token-label skolens --login --pin 12345678 --delete-object --type {kind} --label tokens"),
        );
    }
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let answer = client.redeem(&browser, &client.answer(&page)["code"]).await;
    assert_eq!(json(&answer)["error"], "server_error", "{}", answer.body);
    let page = world.arrive(&mut browser, "skolebroen").await;
    assert!(
        is_logged_in(&page),
        "another key of the same token: {}",
        page.body
    );

    let mut troubles = Vec::new();
    for _ in 0..50 {
        troubles = world.house.portner.signing_troubles();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let which: Vec<_> = troubles.iter().map(|(purpose, _)| purpose.as_str()).collect();
    assert_eq!(which, ["tokens-es256"], "{troubles:?}");
    assert!(
        troubles[0].1.contains("tokens in the token skolens"),
        "{troubles:?}"
    );
    let told = portner_says(&world.house.files, "doctor");
    let line = |name: &str| {
        let line = told
            .lines()
            .find(|line| line.starts_with(&format!("(key {name})")));
        line.unwrap_or_else(|| panic!("no {name}: {told}")).to_owned()
    };
    assert!(line("tokens-es256").contains("does not sign"), "{told}");
    assert!(line("assertions").ends_with(" well"), "{told}");
}

/// What `/ready` says once it has this status.
async fn becomes(admin: std::net::SocketAddr, status: &str) -> String {
    for _ in 0..150 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let Ok(mut stream) = tokio::net::TcpStream::connect(admin).await else {
            continue;
        };
        let asked = format!("GET /ready HTTP/1.1\r\nhost: {admin}\r\nconnection: close\r\n\r\n");
        stream.write_all(asked.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        if answer.starts_with(&format!("HTTP/1.1 {status}")) {
            return answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        }
    }
    panic!("/ready never said {status}");
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told() {
    let Some(token) = Token::of("what_is_wrong_with_a_token_is_told") else {
        return;
    };
    token.make_key("EC:prime256v1", "tokens");
    token.make_key("EC:secp384r1", "stor");
    let files = Files::with_own_keys();
    let good = token.uri(&files, "tokens");
    let told = |purpose: &str, uri: &str| keys(&files, &["from-token", purpose, uri, "--next"]).unwrap_err();
    for (purpose, uri, words) in [
        (
            "decryption",
            good.clone(),
            "no key for decryption can stay in a token",
        ),
        ("assertions", good.clone(), "a key for assertions is RSA"),
        (
            "tokens-es256",
            good.replace("object=tokens", "object=andre"),
            "there is no private key",
        ),
        (
            "tokens-es256",
            good.replace("skolens", "andres"),
            "there is no token andres",
        ),
        (
            "tokens-es256",
            good.replace("object=tokens", "object=stor"),
            "neither RSA",
        ),
        (
            "tokens-es256",
            good.replace("libsofthsm2", "nothing"),
            "PKCS#11 module",
        ),
        ("tokens-es256", good.replace("/pin", "/nip"), "PIN"),
        (
            "tokens-es256",
            good.replace("pin-source", "pin-value"),
            "a file of its own",
        ),
    ] {
        let told = told(purpose, &uri).replace(['\n', '│'], " ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{uri}: {told}");
        assert!(!told.contains("12345678"), "the PIN is never shown");
    }
    std::fs::write(files.path("pin"), "00000000\n").unwrap();
    assert!(told("tokens-es256", &good).contains("PinIncorrect"));
    let file = files.path("keys").join("tokens-es256.next.pem");
    assert!(!file.exists(), "nothing was written");
}

/// Looks at the key files, as a Portner that runs does. Whether that changed anything.
fn look_again(portner: &Portner) -> bool {
    let look = read_anew(portner);
    assert!(look.faults.is_empty(), "{:?}", look.faults);
    !look.changed.is_empty()
}
