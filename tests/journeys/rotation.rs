//! New keys under way (M01): services, upstreams and users that are in the middle of something
//! notice nothing, and nobody restarts anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use portner::app::rotation::read_anew;
use portner::cli::keys::create_key_set;
use portner::config::keys::KeyPurpose;
use portner::keys::generate::KeyKind;
use portner::oidc::jwk::{JwsAlgorithm, KeySet};
use portner::oidc::jws::{self, TokenType};
use portner::saml::peer::AssertionEncryption;
use portner::web::state::Portner;

use crate::attacks::saml_encryption::portners_key;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_client::{OidcClient, text_of, userinfo};
use crate::world::oidc_op::DISCOVERY;
use crate::world::saml_idp::form;
use crate::world::visitor::{Visitor, leads_to};

const ROTATING: [&str; 7] = [
    "decryption.pem",
    "metadata.pem",
    "assertions.pem",
    "requests.pem",
    "tokens-es256.pem",
    "tokens-rs256.pem",
    "seal-current.key",
];

fn named(file: &str, what: &str) -> String {
    let (name, ending) = file.rsplit_once('.').unwrap();
    format!("{name}{what}.{ending}")
}

/// What `portner keys next` leaves behind.
fn announce(world: &Federation) {
    let new = tempfile::tempdir().unwrap();
    let ambient = portner::ambient::Ambient::system();
    create_key_set(new.path(), "login.example", KeyKind::Rsa2048, &ambient).unwrap();
    for file in ROTATING {
        let next = world.house.files.path("keys").join(named(file, ".next"));
        std::fs::copy(new.path().join(file), next).unwrap();
    }
    assert!(look_again(&world.house.portner));
}

/// What `portner keys retire` leaves behind.
fn retire(world: &Federation) {
    let keys = world.house.files.path("keys");
    let at = world.house.now().strftime(".retired-%Y%m%dT%H%M%SZ").to_string();
    for file in ROTATING {
        std::fs::rename(keys.join(file), keys.join(named(file, &at))).unwrap();
        std::fs::rename(keys.join(named(file, ".next")), keys.join(file)).unwrap();
    }
    assert!(look_again(&world.house.portner));
}

async fn key_ids(browser: &mut Visitor) -> BTreeSet<String> {
    let keys = browser.get("/oidc/jwks").await.body;
    let keys = KeySet::from_json(keys.as_bytes()).unwrap();
    keys.iter()
        .filter_map(|key| key.key_id().map(str::to_owned))
        .collect()
}

/// A client that fetched our keys once, before anything happened.
struct Cached(KeySet);

impl Cached {
    async fn fetched(browser: &mut Visitor) -> Self {
        Self(KeySet::from_json(browser.get("/oidc/jwks").await.body.as_bytes()).unwrap())
    }

    fn believes(&self, id_token: &str) -> bool {
        jws::verify(id_token, &self.0, &[JwsAlgorithm::Es256], TokenType::IdToken).is_ok()
    }
}

/// The name of the key that signed a token.
fn signed_by(token: &str) -> String {
    let header = data_encoding::BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes());
    let header: serde_json::Value = serde_json::from_slice(&header.unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

async fn log_in(world: &Federation, client: &OidcClient) -> (Visitor, String, String) {
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let tokens = client.redeem(&browser, &client.answer(&page)["code"]).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    (
        browser,
        text_of(&tokens, "id_token"),
        text_of(&tokens, "refresh_token"),
    )
}

#[tokio::test]
async fn m01_no_client_notices_that_keys_rotate() {
    let world = Federation::start_with_own_keys().await;
    let client = world.client("fornyer");
    let before = key_ids(&mut world.visitor()).await;
    let (_, first_token, _) = log_in(&world, &client).await;

    announce(&world);
    let announced = key_ids(&mut world.visitor()).await;
    assert!(before.is_subset(&announced) && announced.len() == 2 * before.len());
    // The client fetches keys now and then; this is the last time before the switch.
    let cached = Cached::fetched(&mut world.visitor()).await;
    assert!(cached.believes(&first_token));

    // The next key is known for 48 hours before it signs.
    world.house.wait(SignedDuration::from_hours(48));
    let (browser, old_token, refresh) = log_in(&world, &client).await;
    assert!(cached.believes(&old_token));

    // A login that is under way, a code that is on its way, a session that is open.
    let mut midway = world.visitor();
    let question = midway.get(&client.request(&[])).await;
    let question = world.type_name(&mut midway, &question, "alma1234").await;
    let mut open = browser.clone();
    let code = client.answer(&open.get(&client.request(&[])).await)["code"].clone();
    retire(&world);

    let page = midway
        .submit(&question.form(), &[("password", crate::world::house::PASSWORD)])
        .await;
    assert!(
        is_logged_in(&page),
        "the login under way ends well: {}",
        page.body
    );
    let redeemed = client.redeem(&browser, &code).await;
    assert!(redeemed.status.is_success(), "the code counts: {}", redeemed.body);
    let new_token = text_of(&redeemed, "id_token");
    assert!(cached.believes(&new_token), "the next key signs, and was known");
    assert_ne!(signed_by(&new_token), signed_by(&old_token));
    let told = userinfo(&browser, &text_of(&redeemed, "access_token")).await;
    assert!(told.status.is_success());
    let renewed = client.renew(&browser, &refresh, &[]).await;
    assert!(
        renewed.status.is_success(),
        "sealed by the old key: {}",
        renewed.body
    );

    // Who fetches keys now can still read the old token, and a hint of old brings nobody out.
    assert!(Cached::fetched(&mut world.visitor()).await.believes(&old_token));
    let hint = [("prompt", "none"), ("id_token_hint", old_token.as_str())];
    let page = open.get(&client.request(&hint)).await;
    assert!(is_logged_in(&page), "{}", page.url);

    // In a week nothing of the old key's counts, and it is gone.
    world.house.wait(SignedDuration::from_hours(7 * 24 + 1));
    assert!(look_again(&world.house.portner));
    let after = key_ids(&mut world.visitor()).await;
    assert_eq!(after.len(), before.len());
    assert!(after.is_disjoint(&before));
}

#[tokio::test]
async fn m01_saml_metadata_announces_both_certificates() {
    let world = Federation::start_with_own_keys().await;
    let count = async || {
        let metadata = world.visitor().get("/saml/metadata").await.body;
        metadata.matches("use=\"signing\"").count()
    };
    let before = count().await;
    announce(&world);
    assert_eq!(count().await, 2 * before, "current and next");
    retire(&world);
    // The retired one that signed requests is left out: nobody meets a request of a week ago.
    assert_eq!(count().await, 2 * before - 1, "current and retired");
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert!(is_logged_in(&page));
}

/// A peer may hold our metadata for a fortnight: what it encrypts to the key of then is read.
#[tokio::test]
async fn m01_what_is_encrypted_to_the_key_before_is_still_read() {
    let world = Federation::start_with_own_keys().await;
    let before = encryption_of(&world).await;
    assert!(sofie_logs_in(&world, &before).await);
    announce(&world);
    world.house.wait(SignedDuration::from_hours(48));
    assert!(sofie_logs_in(&world, &before).await);
    retire(&world);
    let after = encryption_of(&world).await;
    assert_ne!(certificates_to_encrypt_to(&world).await, 0);
    assert!(sofie_logs_in(&world, &after).await, "the new key");
    world.house.wait(SignedDuration::from_hours(10 * 24));
    assert!(
        look_again(&world.house.portner),
        "the retired signers are published no more"
    );
    assert!(
        sofie_logs_in(&world, &before).await,
        "the old key, as long as its file is there"
    );

    // The emergency: a key whose file is deleted opens nothing.
    let keys = std::fs::read_dir(world.house.files.path("keys")).unwrap();
    for file in keys.flatten().filter(|file| {
        file.file_name()
            .to_string_lossy()
            .starts_with("decryption.retired")
    }) {
        std::fs::remove_file(file.path()).unwrap();
    }
    assert!(look_again(&world.house.portner));
    assert!(!sofie_logs_in(&world, &before).await);
    assert!(sofie_logs_in(&world, &after).await);
}

async fn sofie_logs_in(world: &Federation, to: &AssertionEncryption) -> bool {
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    let xml = words.encrypted_for(to, &*world.lillekoebing.signer).await;
    let answer = form(&xml, &asked);
    is_logged_in(&browser.post_from_elsewhere(&asked.acs_path(), &answer).await)
}

async fn own_metadata(world: &Federation) -> String {
    world.visitor().get("/saml/metadata/lillekoebing").await.body
}

async fn encryption_of(world: &Federation) -> AssertionEncryption {
    portners_key(&own_metadata(world).await, world.house.now())
}

async fn certificates_to_encrypt_to(world: &Federation) -> usize {
    own_metadata(world).await.matches("use=\"encryption\"").count()
}

/// Who pins the key that signs our metadata is handed the next, and no restart is needed.
#[tokio::test]
async fn m01_metadata_is_signed_by_the_key_that_took_over() {
    let world = Federation::start_with_own_keys().await;
    let signed_by = async || {
        let metadata = world.visitor().get("/saml/metadata").await.body;
        let signature = metadata.split("</ds:Signature>").next().unwrap().to_owned();
        let certificate = signature.split("X509Certificate>").nth(1);
        certificate.map_or(signature.clone(), str::to_owned)
    };
    let before = signed_by().await;
    announce(&world);
    assert_eq!(certificate_of(&signed_by().await), certificate_of(&before));
    retire(&world);
    assert_ne!(certificate_of(&signed_by().await), certificate_of(&before));
}

fn certificate_of(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[tokio::test]
async fn m01_a_broken_key_file_changes_nothing() {
    let world = Federation::start_with_own_keys().await;
    let before = key_ids(&mut world.visitor()).await;
    let next = world.house.files.path("keys").join("tokens-es256.next.pem");
    std::fs::write(&next, "half a file").unwrap();
    let look = read_anew(&world.house.portner);
    assert!(look.changed.is_empty() && look.faults.len() == 1, "{look:?}");
    assert!(look.faults[0].to_string().contains("tokens-es256"), "{look:?}");
    assert_eq!(key_ids(&mut world.visitor()).await, before);
    let client = world.client("fornyer");
    let (_, token, _) = log_in(&world, &client).await;
    assert!(Cached::fetched(&mut world.visitor()).await.believes(&token));
}

/// A key that has leaked is gone within a look, whatever is wrong with the file of another.
#[tokio::test]
async fn m01_a_broken_key_file_keeps_no_other_key() {
    let world = Federation::start_with_own_keys().await;
    let before = key_ids(&mut world.visitor()).await;
    announce(&world);
    let keys = world.house.files.path("keys");
    std::fs::write(keys.join("decryption.pem"), "half a file").unwrap();
    let place = |name: &str| keys.join(name);
    std::fs::rename(place("tokens-es256.next.pem"), place("tokens-es256.pem")).unwrap();
    let look = read_anew(&world.house.portner);
    assert!(look.changed.contains(&KeyPurpose::TokensEs256), "{look:?}");
    look.write_down(&world.house.portner).await;
    let audit = world.house.audit().await;
    let row = audit.last().unwrap();
    assert!(
        row.act == "ops.keys_changed" && row.details.contains("tokens-es256"),
        "{row:?}"
    );
    assert_eq!(look.faults.len(), 1, "{look:?}");
    assert!(look.faults[0].to_string().contains("keys.decryption"), "{look:?}");
    let after = key_ids(&mut world.visitor()).await;
    assert_ne!(
        before.difference(&after).count(),
        0,
        "the leaked key is published nowhere"
    );
    // What has no new key goes on with the one that it has.
    let to = encryption_of(&world).await;
    assert!(sofie_logs_in(&world, &to).await);
}

/// Some upstreams keep one certificate, the last of our metadata: it must be the one that signs, and no
/// retired one may be among them.
#[tokio::test]
async fn m01_the_last_certificate_for_requests_is_the_one_that_signs() {
    let world = Federation::start_with_own_keys().await;
    let told = async || {
        let metadata = own_metadata(&world).await;
        let role = metadata.split("<md:SPSSODescriptor").nth(1).unwrap().to_owned();
        let signing = role.split("<md:KeyDescriptor use=\"signing\"").skip(1);
        let certificates = signing.map(|key| certificate_of(key.split("X509Certificate>").nth(1).unwrap()));
        certificates.collect::<Vec<_>>()
    };
    let before = told().await;
    assert_eq!(before.len(), 1);
    announce(&world);
    let announced = told().await;
    assert_eq!(announced.len(), 2);
    assert_eq!(announced[1], before[0], "the one that signs is the last");
    retire(&world);
    assert_eq!(
        told().await,
        [announced[0].clone()],
        "the retired one is not told"
    );
}

/// An upstream that knows us by `private_key_jwt` finds every key that we may sign with.
#[tokio::test]
async fn upstreams_find_the_keys_that_we_prove_ourselves_with() {
    let world = Federation::start_with_own_keys().await;
    let mut browser = world.visitor();
    for keys in 1..=2 {
        let signer = Arc::clone(&world.house.portner.upstreams.saml.signers.rsa.current());
        let claims = serde_json::json!({"iss": "portner"});
        let assertion = jws::sign(&*signer, TokenType::ClientAssertion, &claims)
            .await
            .unwrap();
        let told = browser.get("/oidc/client/jwks").await.body;
        let told = KeySet::from_json(told.as_bytes()).unwrap();
        assert_eq!(told.iter().count(), keys);
        let algorithms = [JwsAlgorithm::Es256, JwsAlgorithm::Rs256, JwsAlgorithm::Ps256];
        assert!(jws::verify(&assertion, &told, &algorithms, TokenType::ClientAssertion).is_ok());
        let told: BTreeSet<_> = told
            .iter()
            .filter_map(|key| key.key_id().map(str::to_owned))
            .collect();
        assert!(
            told.is_disjoint(&key_ids(&mut browser).await),
            "a key for two purposes"
        );
        if keys == 1 {
            announce(&world);
            retire(&world);
        }
    }
}

const HAVNEKOEBING: &str = "metadata/upstreams/havnekoebing.toml";

/// Sofie logs in at Havnekøbing. Gives the name that we had there when she was sent there.
async fn by_havnekoebing(world: &Federation) -> String {
    let havn = &world.havnekoebing;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@havnekoebing.example")
        .await;
    let question = havn.read(&page);
    let sent = leads_to(&page).unwrap();
    let name = sent.query_pairs().find(|(name, _)| name == "client_id");
    let name = name.unwrap().1.into_owned();
    let mut claims = havn.claims(&question, world.house.now());
    claims["aud"] = name.clone().into();
    claims["uniid"] = "1000001201".into();
    havn.will_say(&claims).await;
    let page = browser.get(&havn.way_back(&question)).await;
    assert!(is_logged_in(&page), "{}", page.body);
    name
}

/// What an operator changes of an OpenID provider counts when the parties are read anew; what
/// was learnt of the provider is not asked again.
#[tokio::test]
async fn what_is_registered_of_a_provider_counts_from_when_it_is_read() {
    let world = Federation::start().await;
    assert_eq!(by_havnekoebing(&world).await, "portner");
    let files = &world.house.files;
    files.change(
        HAVNEKOEBING,
        "client_id = \"portner\"",
        "client_id = \"portner-ny\"",
    );
    world.house.reload();
    assert_eq!(by_havnekoebing(&world).await, "portner-ny");
    files.change(HAVNEKOEBING, "client_secret_basic", "client_secret_post");
    world.house.reload();
    by_havnekoebing(&world).await;
    let secret = world.havnekoebing.posted("/token", "client_secret");
    assert!(
        secret.is_some(),
        "the secret in the form, as it is registered now"
    );
    assert_eq!(world.havnekoebing.asked(DISCOVERY), 1);
    assert_eq!(world.havnekoebing.asked("/jwks"), 1);
}

#[tokio::test]
async fn m01_we_prove_ourselves_to_providers_with_the_key_that_took_over() {
    let world = Federation::start_with_own_keys_changed(|files| {
        let text = std::fs::read_to_string(files.path(HAVNEKOEBING)).unwrap();
        let (head, _) = text.split_once("authentication = ").unwrap();
        files.put(
            HAVNEKOEBING,
            &format!("{head}authentication = \"private_key_jwt\"\n"),
        );
    })
    .await;
    let proved_by = async || {
        by_havnekoebing(&world).await;
        signed_by(&world.havnekoebing.posted("/token", "client_assertion").unwrap())
    };
    let before = proved_by().await;
    announce(&world);
    world.house.wait(SignedDuration::from_hours(48));
    world.house.reload();
    assert_eq!(proved_by().await, before, "announced");
    retire(&world);
    world.house.reload();
    assert_ne!(proved_by().await, before, "took over");
}

/// Looks at the key files, as a Portner that runs does. Whether that changed anything.
fn look_again(portner: &Portner) -> bool {
    let look = read_anew(portner);
    assert!(look.faults.is_empty(), "{:?}", look.faults);
    !look.changed.is_empty()
}
