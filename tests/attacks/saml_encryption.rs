//! Encrypted assertions: what they prove, and that nothing is learnt by failing ones (B14, B15).

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use portner::ambient::{Ambient, OsEntropy};
use portner::domain::address::PlainHttp;
use portner::keys::generate::{KeyKind, generate};
use portner::saml::SamlService;
use portner::saml::peer::{AssertionEncryption, SignWhat};
use portner::saml::xml::names::SAML;
use portner::saml::xml::{
    CanonicalXml, DecryptionKey, Document, EncryptionKey, EncryptionMethod, Limits, Writer, decrypt, encrypt,
};

use super::Before;
use super::saml_stage::Stage;
use crate::world::browser::Page;
use crate::world::federation::is_logged_in;
use crate::world::html;
use crate::world::saml_idp::{Words, form};

/// How the municipality encrypts for Portner, by Portner's metadata.
pub(crate) fn portners_key(metadata: &str, now: jiff::Timestamp) -> AssertionEncryption {
    let document = Document::parse(metadata.as_bytes(), &Limits::METADATA).unwrap();
    let read = portner::saml::metadata::read(document.root(), PlainHttp::Refused, now).unwrap();
    let portner: SamlService = read.sp.unwrap().registered(read.entity_id).unwrap();
    portner.encrypt.unwrap()
}

async fn key_for(stage: &Stage) -> AssertionEncryption {
    let own = stage
        .world
        .visitor()
        .get("/saml/metadata/lillekoebing")
        .await
        .body;
    portners_key(&own, stage.world.house.now())
}

#[tokio::test]
async fn b14_encryption_proves_nothing() {
    let mut stage = Stage::set().await;
    let to = key_for(&stage).await;
    let signer = std::sync::Arc::clone(&stage.world.lillekoebing.signer);

    let unsigned = Words {
        sign: None,
        ..stage.words()
    };
    let before = stage.before().await;
    let xml = unsigned.encrypted_for(&to, &*signer).await;
    let page = stage.post(&form(&xml, &stage.asked)).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-303", "[unsigned]"),
            "B14",
        )
        .await;

    let foreign = stage.words();
    let xml = foreign.encrypted_for(&to, &*stage.world.storkoebing.signer).await;
    let before = stage.before().await;
    let page = stage.post(&form(&xml, &stage.asked)).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-303", "[signature]"),
            "B14 another's key",
        )
        .await;

    let xml = stage.words().encrypted_for(&to, &*signer).await;
    let page = stage.post(&form(&xml, &stage.asked)).await;
    assert!(is_logged_in(&page), "the honest one is read: {}", page.body);
}

/// What stands in the n-th CipherValue: the content's key is the first, the content the second.
fn with_cipher_value(xml: &str, number: usize, change: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let open = "<xenc:CipherValue>";
    let (start, _) = xml.match_indices(open).nth(number).unwrap();
    let start = start + open.len();
    let end = start + xml[start..].find('<').unwrap();
    let value = BASE64.decode(&xml.as_bytes()[start..end]).unwrap();
    format!(
        "{}{}{}",
        &xml[..start],
        BASE64.encode(&change(&value)),
        &xml[end..]
    )
}

fn flipped(at: usize) -> impl Fn(&[u8]) -> Vec<u8> {
    move |value| {
        let mut value = value.to_vec();
        let at = at % value.len();
        value[at] ^= 1;
        value
    }
}

/// Ways for decryption to fail, of which none may be told from another.
fn failures(honest: &str) -> Vec<(&'static str, String)> {
    let method = |from: &str, to: &str| {
        assert!(honest.contains(from), "{from}");
        honest.replacen(from, to, 1)
    };
    let oaep = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    let all = [
        "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    ];
    let [gcm, other_gcm] = if honest.contains(all[0]) {
        all
    } else {
        [all[1], all[0]]
    };
    let bleichenbacher = method(oaep, "http://www.w3.org/2001/04/xmlenc#rsa-1_5");
    vec![
        (
            "a bit of the wrapped key",
            with_cipher_value(honest, 0, flipped(7)),
        ),
        (
            "the wrapped key's first byte",
            with_cipher_value(honest, 0, flipped(0)),
        ),
        (
            "a wrapped key of zeros",
            with_cipher_value(honest, 0, |v| vec![0; v.len()]),
        ),
        (
            "a wrapped key of 0xff",
            with_cipher_value(honest, 0, |v| vec![0xff; v.len()]),
        ),
        (
            "a short wrapped key",
            with_cipher_value(honest, 0, |v| v[1..].to_vec()),
        ),
        ("a bit of the nonce", with_cipher_value(honest, 1, flipped(0))),
        ("a bit of the content", with_cipher_value(honest, 1, flipped(100))),
        (
            "a bit of the tag",
            with_cipher_value(honest, 1, flipped(usize::MAX)),
        ),
        (
            "a short content",
            with_cipher_value(honest, 1, |v| v[..20].to_vec()),
        ),
        ("no content", with_cipher_value(honest, 1, |_| Vec::new())),
        ("RSA 1.5", bleichenbacher.clone()),
        (
            "RSA 1.5 with a key of zeros",
            with_cipher_value(&bleichenbacher, 0, |v| vec![0; v.len()]),
        ),
        (
            "AES-CBC without a signature over it",
            method(gcm, "http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
        ),
        ("another AES", method(gcm, other_gcm)),
        (
            "Triple DES",
            method(gcm, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
        ),
        ("no cipher at all", method(gcm, "urn:none")),
    ]
}

/// A page without what differs between any two refusals: the reference, and what is sealed into
/// the cookie and into the link to the other language.
fn outline(page: &Page) -> String {
    let reference = html::tags(&page.body)
        .iter()
        .filter(|tag| tag.name == "dd")
        .count();
    assert!(reference >= 3, "{}", page.body);
    let (before, last) = page.body.rsplit_once("<dd>").unwrap();
    let (_, after) = last.split_once("</dd>").unwrap();
    let (head, link) = before.split_once("/stopped?about=").unwrap();
    let (sealed, rest) = link.split_once('&').unwrap();
    let before = format!("{head}{} letters{rest}", sealed.len());
    let headers: Vec<String> = page
        .headers
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            if name == "set-cookie" {
                let (cookie, rest) = value.split_once('=').unwrap();
                let (sealed, attributes) = rest.split_once(';').unwrap();
                return format!("{cookie}: {} letters {attributes}", sealed.len());
            }
            format!("{name}: {value}")
        })
        .collect();
    format!(
        "{}\n{headers:?}\n{} bytes\n{before}{after}",
        page.status,
        page.body.len()
    )
}

#[tokio::test]
async fn b15_all_failures_of_decryption_look_alike() {
    let mut stage = Stage::set().await;
    let to = key_for(&stage).await;
    let signer = std::sync::Arc::clone(&stage.world.lillekoebing.signer);
    // Signed within alone, so that whoever carries the message can change what is around.
    let words = Words {
        sign: Some(SignWhat::Assertion),
        ..stage.words()
    };
    let honest = words.encrypted_for(&to, &*signer).await;
    let mut first: Option<String> = None;
    for (attack, xml) in failures(&honest) {
        // From the same place each time: what a login has seen before is in its cookie.
        let mut browser = stage.browser.clone();
        let before = Before::of(&stage.world, &browser).await;
        let answer = form(&xml, &stage.asked);
        let page = browser
            .post_from_elsewhere(&stage.asked.acs_path(), &answer)
            .await;
        let denied = ("UL-303", "[decryption]");
        before
            .assert_denied(&stage.world, &browser, &page, denied, attack)
            .await;
        let seen = outline(&page);
        let first = first.get_or_insert_with(|| seen.clone());
        assert_eq!(&seen, first, "{attack}");
    }
    let page = stage.post(&form(&honest, &stage.asked)).await;
    assert!(is_logged_in(&page), "{}", page.body);
}

/// The key that Portner would have, and what is encrypted to it: something long, so that the work shows.
fn long_message() -> (DecryptionKey, String) {
    let pair = generate(KeyKind::Rsa2048, "test", &Ambient::system()).unwrap();
    let key = DecryptionKey::from_pkcs8_pem(pair.private_key.as_bytes()).unwrap();
    let certificate: String = pair
        .certificate
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let to = BASE64.decode(certificate.as_bytes()).unwrap();
    let to = EncryptionKey::from_certificate_der(&to).unwrap();
    let mut writer = Writer::new();
    writer.element(SAML, "Assertion").text(&"x".repeat(150_000));
    let content: CanonicalXml = writer.finish().unwrap();
    let encrypted = encrypt(&content, &to, EncryptionMethod::default(), &OsEntropy).unwrap();
    (key, encrypted.as_str().to_owned())
}

/// A coarse watch on the two places where decryption can fail: in the key, and in the content. The least
/// of many measurements is the work itself, whatever else the machine does.
#[test]
fn b15_failures_in_key_and_content_take_as_long() {
    let (key, honest) = long_message();
    let documents = [
        with_cipher_value(&honest, 0, flipped(9)),
        with_cipher_value(&honest, 1, flipped(usize::MAX)),
    ]
    .map(|xml| Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap());
    let keys = [key];
    let mut least = [Duration::MAX; 2];
    for _ in 0..120 {
        for (document, least) in documents.iter().zip(&mut least) {
            let began = Instant::now();
            assert!(decrypt(document.root(), &keys).is_err());
            *least = began.elapsed().min(*least);
        }
    }
    let (short, long) = (least[0].min(least[1]), least[0].max(least[1]));
    assert!(
        long < short + short / 4,
        "key {:?}, content {:?}",
        least[0],
        least[1]
    );
}
