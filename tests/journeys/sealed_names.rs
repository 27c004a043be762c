//! Names of users that only the party that they are meant for can read, at a login and at a logout; and names in
//! the form of KOMBIT.

use portner::ambient::{Ambient, OsEntropy};
use portner::domain::address::PlainHttp;
use portner::keys::generate::{KeyKind, generate};
use portner::saml::logout_send::{LogoutSender, SessionToEnd};
use portner::saml::metadata;
use portner::saml::peer::AssertionEncryption;
use portner::saml::xml::names::SAML;
use portner::saml::xml::{DecryptionKey, Document, Limits, decrypt};
use portner::saml::{Incoming, NameId, NameIdFormat};

use super::faces::saml;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::logouts::{Logouts, Seat, fresh_id, told_in};
use crate::world::saml_idp::answer_in;
use crate::world::visitor::leads_to;

/// A key pair for encryption, and the descriptor of it for metadata.
fn key_for_encryption() -> (DecryptionKey, String) {
    let made = generate(KeyKind::Rsa2048, "skolebroen", &Ambient::system()).unwrap();
    let certificate: String = made
        .certificate
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let descriptor = format!(
        "<md:KeyDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" use=\"encryption\">\
         <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{certificate}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    );
    (
        DecryptionKey::from_pkcs8_pem(made.private_key.as_bytes()).unwrap(),
        descriptor,
    )
}

/// The name in a message's `EncryptedID`; there is none in the clear.
fn sealed_name(xml: &str, key: &DecryptionKey) -> String {
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let find = |name| {
        document
            .root()
            .descendants()
            .find(|element| element.is(SAML.uri, name))
    };
    assert!(find("NameID").is_none(), "{xml}");
    let sealed = find("EncryptedID").unwrap_or_else(|| panic!("no EncryptedID: {xml}"));
    let opened = decrypt(sealed, std::slice::from_ref(key)).unwrap();
    assert!(opened.root().is(SAML.uri, "NameID"));
    opened.root().text().unwrap().to_owned()
}

#[tokio::test]
async fn a_service_that_wants_its_names_sealed_gets_them_so_at_login_and_logout() {
    let (key, descriptor) = key_for_encryption();
    let logouts = Logouts::start_with(|files| {
        let path = "metadata/services/skolebroen.xml";
        let text = std::fs::read_to_string(files.path(path)).unwrap();
        let place = text.find("<md:SPSSODescriptor").unwrap();
        let place = place + text[place..].find("<md:KeyDescriptor").unwrap();
        files.put(path, &format!("{}{descriptor}{}", &text[..place], &text[place..]));
        files.add("metadata/services/skolebroen.toml", "encrypt = \"name-id\"\n");
    })
    .await;
    let mut browser = logouts.world.visitor();
    let page = logouts.world.arrive(&mut browser, "skolebroen").await;
    let page = logouts.world.log_in_as(&mut browser, &page, "alma1234").await;
    let name = sealed_name(&answer_in(&page).1, &key);
    assert_eq!(name.len(), 52, "a pairwise name: {name}");
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    let to = leads_to(&page).unwrap();
    assert!(to.as_str().starts_with("https://skolebroen.example/slo?"), "{to}");
    let request = Incoming::from_redirect(to.query().unwrap()).unwrap();
    let xml = request.document().root().canonical(1 << 20).unwrap();
    assert_eq!(sealed_name(&xml, &key), name);
}

/// How a service encrypts for us, by our metadata.
fn for_portner(world: &Federation) -> AssertionEncryption {
    let document = Document::parse(world.portner_metadata().as_bytes(), &Limits::METADATA).unwrap();
    let metadata = metadata::read(document.root(), PlainHttp::Refused, world.house.now()).unwrap();
    metadata
        .idp
        .unwrap()
        .encryption
        .expect("our metadata has a key for encryption")
}

async fn farewell(logouts: &Logouts, seat: &Seat, encryption: &AssertionEncryption) -> String {
    let peer = logouts.world.service("skolebroen");
    let id = fresh_id();
    let sender = LogoutSender {
        issuer: &peer.us.entity_id,
        signer: peer.signer(),
        id: &id,
        now: logouts.world.house.now(),
    };
    let session = SessionToEnd {
        name_id: &seat.name_id,
        index: Some(&seat.index),
        is_telling: false,
        encryption: Some((encryption, &OsEntropy)),
    };
    let asked = sender.request(&logouts.portner_logout(), session, "farvel").await;
    let Some(portner::saml::authn_request_write::Outbound::Redirect(url)) = asked.unwrap() else {
        panic!("by Redirect")
    };
    url
}

#[tokio::test]
async fn a_service_may_seal_the_name_in_a_logout_request() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    let session = browser.session().unwrap().clone();
    let ours = for_portner(&logouts.world);
    // For somebody else, it says nothing to us and ends nothing.
    let (_, descriptor) = key_for_encryption();
    let certificate = descriptor
        .split("X509Certificate>")
        .nth(1)
        .unwrap()
        .trim_end_matches("</ds:");
    let der = data_encoding::BASE64
        .decode(certificate.trim().as_bytes())
        .unwrap();
    let others = AssertionEncryption {
        to: portner::saml::xml::EncryptionKey::from_certificate_der(&der).unwrap(),
        ..for_portner(&logouts.world)
    };
    let page = browser.get(&farewell(&logouts, &seat, &others).await).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-609"), "{}", page.body);
    let why = format!("{:?}", logouts.world.house.audit().await.last().unwrap());
    assert!(why.contains("decryption"), "{why}");
    assert!(logouts.counts(&session).await);
    // What is inside must be the name of a user of theirs.
    let stranger = Seat {
        name_id: NameId::new(NameIdFormat::Persistent, "en-anden"),
        ..seat.clone()
    };
    browser.get(&farewell(&logouts, &stranger, &ours).await).await;
    assert!(logouts.counts(&session).await);
    let page = browser.get(&farewell(&logouts, &seat, &ours).await).await;
    assert_eq!(told_in(&page).0[0], "Success");
    assert!(!logouts.counts(&session).await);
}

/// The municipalities' context handler knows people by a distinguished name.
#[tokio::test]
async fn a_service_of_kombit_gets_names_as_x509_has_them() {
    let world = Federation::start().await;
    let path = "metadata/services/skolebroen.toml";
    let files = &world.house.files;
    files.change(path, "release = \"platform\"", "release = \"oiosaml-3\"");
    files.add(
        path,
        "name_id = \"x509-subject\"\nname_id_value = \"x509-subject\"\n",
    );
    world.house.reload();
    let name = |page: &Page| {
        let (_, xml, _) = answer_in(page);
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        let found = document
            .root()
            .descendants()
            .find(|element| element.is(SAML.uri, "NameID"));
        let found = found.unwrap();
        assert_eq!(
            found.attribute("Format"),
            Some("urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName")
        );
        found.text().unwrap().to_owned()
    };
    let freja = name(&saml(&world, "skolebroen", "frej1234").await);
    let serial = freja.rsplit("Serial=").next().unwrap();
    assert!(freja.starts_with("C=DK,O=90900900,CN=Freja "), "{freja}");
    assert_eq!(serial.len(), 36, "{freja}");
    assert_eq!(
        name(&saml(&world, "skolebroen", "frej1234").await),
        freja,
        "the same at each login"
    );
    let alma = name(&saml(&world, "skolebroen", "alma1234").await);
    assert!(!alma.contains(serial), "{alma}");
}
