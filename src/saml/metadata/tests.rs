//! Metadata of others, good and bad, and our own as others read it.

use super::*;
use crate::saml::ids::MessageId;
use crate::saml::metadata_write::{Contact, ContactKind, OwnMetadata};
use crate::saml::peer::OwnLogout;
use crate::saml::peer::SamlSelf;
use crate::saml::testing::{NOON, TestKey, lines, now, us};
use crate::saml::xml::names::DS;
use crate::saml::xml::{Document, Limits, verify};

fn certificate() -> Vec<u8> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let params = rcgen::CertificateParams::new(vec!["login.example".to_owned()]).unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn parse(xml: &str) -> Result<EntityMetadata, MetadataRefusal> {
    let document = Document::parse(xml.as_bytes(), &Limits::METADATA).unwrap();
    read(document.root(), PlainHttp::Refused, NOON)
}

fn key_descriptor(attributes: &str) -> String {
    let certificate = data_encoding::BASE64.encode(&certificate());
    let (head, tail) = certificate.split_at(64);
    format!(
        "<md:KeyDescriptor{attributes}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n {head}\n {tail}\n\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

fn entity(attributes: &str, roles: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"{}\" xmlns:ds=\"{}\" xmlns:shibmd=\"{}\" xmlns:mdui=\"{}\" \
         entityID=\"https://idp.lillekoebing.example\"{attributes}>{roles}</md:EntityDescriptor>",
        MD.uri, DS.uri, SHIBMD.uri, MDUI.uri
    )
}

fn idp(content: &str) -> String {
    let protocol = SAMLP.uri;
    format!("<md:IDPSSODescriptor protocolSupportEnumeration=\"{protocol}\">{content}</md:IDPSSODescriptor>")
}

fn sp(content: &str) -> String {
    let protocol = SAMLP.uri;
    format!("<md:SPSSODescriptor protocolSupportEnumeration=\"x {protocol}\">{content}</md:SPSSODescriptor>")
}

fn sso(location: &str) -> String {
    format!("<md:SingleSignOnService Binding=\"{HTTP_REDIRECT}\" Location=\"{location}\"/>")
}

fn acs(index: &str, location: &str) -> String {
    format!(
        "<md:AssertionConsumerService Binding=\"{HTTP_POST}\" Location=\"{location}\" index=\"{index}\"/>"
    )
}

#[test]
fn an_identity_provider_is_read() {
    let extensions = "<md:Extensions><shibmd:Scope regexp=\"false\">Lillekøbing.example</shibmd:Scope>\
        <shibmd:Scope regexp=\"true\">.*</shibmd:Scope><mdui:UIInfo>\
        <mdui:DisplayName xml:lang=\"en\">Municipality of Lillekøbing</mdui:DisplayName>\
        <mdui:DisplayName xml:lang=\"da\">Lillekøbing  Kommune</mdui:DisplayName></mdui:UIInfo></md:Extensions>";
    let keys =
        key_descriptor(" use=\"signing\"") + &key_descriptor("") + &key_descriptor(" use=\"encryption\"");
    let xml = entity(
        " validUntil=\"2026-09-01T00:00:00Z\"",
        &idp(&format!("{extensions}{keys}{}", sso("https://a.example/sso"))),
    );
    let metadata = parse(&xml).unwrap();
    let idp = metadata.idp.unwrap();
    assert_eq!(idp.keys.as_slice().len(), 2, "a key without use is for both");
    assert_eq!(
        idp.scopes,
        [Domain::parse("lillekøbing.example").unwrap()],
        "a pattern claims nothing"
    );
    let name = idp.name.unwrap();
    assert_eq!(
        name,
        LocalizedName::new("Lillekøbing Kommune").with_english("Municipality of Lillekøbing")
    );
    assert!(metadata.sp.is_none() && metadata.valid_until.is_some());
}

#[test]
fn an_identity_provider_without_a_usable_key_is_refused() {
    let no_anchor = Err(MetadataRefusal::NoTrustAnchor(NoTrustAnchor));
    let broken = "<md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate>\
        </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>";
    for keys in ["", broken, &key_descriptor(" use=\"encryption\"")] {
        let read = parse(&entity(
            "",
            &idp(&format!("{keys}{}", sso("https://a.example/sso"))),
        ));
        assert_eq!(read.map(|_| ()), no_anchor, "{keys}");
    }
}

#[test]
fn bad_metadata_is_refused() {
    let good_idp = |location: &str| idp(&format!("{}{}", key_descriptor(""), sso(location)));
    let refusal = |attributes: &str, roles: &str| parse(&entity(attributes, roles)).unwrap_err();
    let not_https = MetadataRefusal::Endpoint("SingleSignOnService", NotAnEndpoint::NotHttps);
    assert_eq!(refusal("", &good_idp("http://a.example/sso")), not_https);
    assert_eq!(refusal("", &good_idp("javascript:alert(1)")), not_https);
    assert_eq!(refusal("", &idp(&key_descriptor(""))), MetadataRefusal::NoSso);
    let good = good_idp("https://a.example/sso");
    assert_eq!(
        refusal(" validUntil=\"2026-08-12T12:00:00Z\"", &good),
        MetadataRefusal::Expired
    );
    assert_eq!(refusal(" validUntil=\"later\"", &good), MetadataRefusal::Expired);
    assert!(matches!(
        refusal("", &(good.clone() + &good)),
        MetadataRefusal::Structure(_)
    ));
    let twice = acs("1", "https://a.example/1") + &acs("1", "https://a.example/2");
    assert_eq!(
        refusal("", &sp(&twice)),
        MetadataRefusal::Acs(BadAcsList::RepeatedIndex(1))
    );
    assert_eq!(refusal("", &sp("")), MetadataRefusal::Acs(BadAcsList::Empty));
    assert_eq!(
        refusal("", &sp(&acs("x", "https://a.example/1"))),
        MetadataRefusal::AcsIndex
    );
    let aggregate = format!("<md:EntitiesDescriptor xmlns:md=\"{}\"/>", MD.uri);
    assert_eq!(parse(&aggregate).unwrap_err(), MetadataRefusal::NotAnEntity);
}

#[test]
fn what_we_publish_is_signed_and_read_as_it_was_meant() {
    let key = TestKey::new();
    let us = SamlSelf {
        logout: Some(OwnLogout {
            front: us().sso,
            soap: us().acs,
        }),
        ..us()
    };
    let own = OwnMetadata {
        us: &us,
        id: &MessageId::from_bytes([9; 16]),
        valid_until: NOON + jiff::SignedDuration::from_hours(24),
        answer_signing: &[certificate(), certificate()],
        request_signing: &[certificate(), certificate()],
        decryption: &[certificate()],
        scopes: &[Domain::parse("skole.example").unwrap()],
        name: &LocalizedName::new("Fælles login").with_english("Common login"),
        contacts: &[Contact {
            kind: ContactKind::Security,
            name: "Vagten".to_owned(),
            email: "vagt@login.example".to_owned(),
        }],
    };
    let xml = now(own.issue(&key)).unwrap();
    let document = Document::parse(xml.as_str().as_bytes(), &Limits::METADATA).unwrap();
    let verified = verify(document.root(), &[key.verifying()]).unwrap();
    let read = read(verified.root(), PlainHttp::Refused, NOON).unwrap();
    let (idp, sp) = (read.idp.unwrap(), read.sp.unwrap());
    assert_eq!(read.entity_id, us.entity_id);
    assert_eq!(
        idp.sso,
        SsoEndpoints::Both {
            redirect: us.sso.clone(),
            post: us.sso.clone()
        }
    );
    assert_eq!(idp.keys.as_slice().len(), 2);
    assert_eq!(idp.scopes, own.scopes);
    assert_eq!(idp.name.as_ref(), Some(own.name));
    assert_eq!(sp.acs.default_endpoint().unwrap().url, us.acs);
    assert!(sp.signs_requests && sp.wants_signed_assertions);
    assert_eq!(
        sp.logout.redirect,
        us.logout.as_ref().map(|own| own.front.clone())
    );
    assert_eq!(sp.logout.soap, us.logout.map(|own| own.soap));
    assert!(xml.as_str().contains("mailto:vagt@login.example"));
}

#[test]
fn a_service_that_signs_needs_a_key_to_be_registered() {
    let service = |attributes: &str, keys: &str| {
        let role = sp(&format!("{keys}{}", acs("0", "https://a.example/acs")));
        let role = role.replace("<md:SPSSODescriptor", &format!("<md:SPSSODescriptor{attributes}"));
        let metadata = parse(&entity("", &role)).unwrap();
        metadata.sp.unwrap().registered(metadata.entity_id)
    };
    let signs = " AuthnRequestsSigned=\"true\"";
    assert!(service(signs, "").is_err());
    assert!(
        service(signs, &key_descriptor(""))
            .unwrap()
            .requests
            .demands_signature()
    );
    let plain = service("", "").unwrap();
    assert!(!plain.requests.demands_signature());
    assert_eq!(plain.name_ids.default, NameIdFormat::Persistent);
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are the document")]
fn what_we_publish_looks_like_this() {
    let us = SamlSelf {
        logout: Some(OwnLogout {
            front: us().sso,
            soap: us().acs,
        }),
        ..us()
    };
    let contact = |kind, name: &str| Contact {
        kind,
        name: name.to_owned(),
        email: "hjaelp@login.example".to_owned(),
    };
    let own = OwnMetadata {
        us: &us,
        id: &MessageId::from_bytes([9; 16]),
        valid_until: NOON + jiff::SignedDuration::from_hours(24),
        answer_signing: &[b"now".to_vec(), b"next".to_vec()],
        request_signing: &[b"now".to_vec(), b"next".to_vec()],
        decryption: &[b"secret".to_vec()],
        scopes: &[Domain::parse("skole.example").unwrap()],
        name: &LocalizedName::new("Fælles login").with_english("Common login"),
        contacts: &[
            contact(ContactKind::Technical, "Driften"),
            contact(ContactKind::Security, "Vagten"),
        ],
    };
    insta::assert_snapshot!(lines(own.document().unwrap().as_str()), @r#"
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_09090909090909090909090909090909" entityID="https://login.example/saml" validUntil="2026-08-13T12:00:00.000Z">
    <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:Extensions>
    <shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="false">skole.example</shibmd:Scope>
    <mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">
    <mdui:DisplayName xml:lang="da">Fælles login</mdui:DisplayName>
    <mdui:DisplayName xml:lang="en">Common login</mdui:DisplayName>
    </mdui:UIInfo>
    </md:Extensions>
    <md:KeyDescriptor use="signing">
    <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <ds:X509Data>
    <ds:X509Certificate>bm93</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:KeyDescriptor use="signing">
    <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <ds:X509Data>
    <ds:X509Certificate>bmV4dA==</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:KeyDescriptor use="encryption">
    <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <ds:X509Data>
    <ds:X509Certificate>c2VjcmV0</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm">
    </md:EncryptionMethod>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm">
    </md:EncryptionMethod>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p">
    </md:EncryptionMethod>
    </md:KeyDescriptor>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://login.example/saml/sso">
    </md:SingleLogoutService>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://login.example/saml/sso">
    </md:SingleLogoutService>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://login.example/saml/acs/lillekoebing">
    </md:SingleLogoutService>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://login.example/saml/sso">
    </md:SingleSignOnService>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://login.example/saml/sso">
    </md:SingleSignOnService>
    </md:IDPSSODescriptor>
    <md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:Extensions>
    <mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">
    <mdui:DisplayName xml:lang="da">Fælles login</mdui:DisplayName>
    <mdui:DisplayName xml:lang="en">Common login</mdui:DisplayName>
    </mdui:UIInfo>
    </md:Extensions>
    <md:KeyDescriptor use="signing">
    <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <ds:X509Data>
    <ds:X509Certificate>bm93</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:KeyDescriptor use="signing">
    <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <ds:X509Data>
    <ds:X509Certificate>bmV4dA==</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:KeyDescriptor use="encryption">
    <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <ds:X509Data>
    <ds:X509Certificate>c2VjcmV0</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm">
    </md:EncryptionMethod>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm">
    </md:EncryptionMethod>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p">
    </md:EncryptionMethod>
    </md:KeyDescriptor>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://login.example/saml/sso">
    </md:SingleLogoutService>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://login.example/saml/sso">
    </md:SingleLogoutService>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://login.example/saml/acs/lillekoebing">
    </md:SingleLogoutService>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://login.example/saml/acs/lillekoebing" index="0" isDefault="true">
    </md:AssertionConsumerService>
    </md:SPSSODescriptor>
    <md:ContactPerson contactType="technical">
    <md:GivenName>Driften</md:GivenName>
    <md:EmailAddress>mailto:hjaelp@login.example</md:EmailAddress>
    </md:ContactPerson>
    <md:ContactPerson xmlns:remd="http://refeds.org/metadata" contactType="other" remd:contactType="http://refeds.org/metadata/contactType/security">
    <md:GivenName>Vagten</md:GivenName>
    <md:EmailAddress>mailto:hjaelp@login.example</md:EmailAddress>
    </md:ContactPerson>
    </md:EntityDescriptor>
    "#);
}
