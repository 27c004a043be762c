//! More targets: what is carried inside of other things. Requests of services, what others have encrypted
//! to us, certificates with their authorities and lists, and lists of privileges.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use portner::ambient::OsEntropy;
use portner::domain::address::PlainHttp;
use portner::keys::SigningAlgorithm;
use portner::keys::chain::{Authorities, Revocation, RevocationList};
use portner::saml::logout::{LogoutExpected, accept_request, accept_response};
use portner::saml::name_id::NameIdFormat;
use portner::saml::peer::{
    AcsEndpoints, EndpointUrl, EntityId, LogoutEndpoints, NameIdRule, NameValue, RequestTrust, SamlSelf,
    SamlService, SignWhat, Skew,
};
use portner::saml::xml::names::{SAML, SAMLP};
use portner::saml::xml::{
    AcceptedCiphers, DecryptionKey, Document, EncryptionKey, EncryptionMethod, Limits, Writer, encrypt,
    verify_response,
};
use portner::saml::{Incoming, MessageKind, authn_request, bpp};

use super::Target;
use super::targets::{Verdict, judged};

/// A request of a service, or a message about the end of a session, that nobody has signed.
pub(super) const SAML_REQUEST: Target = Target {
    name: "saml_request",
    run: saml_request,
    fresh: Vec::new,
    words: &[
        " AssertionConsumerServiceIndex=\"1\"",
        " ForceAuthn=\"1\"",
        " IssueInstant=\"1970-01-01T00:00:00Z\"",
        "<samlp:Scoping><samlp:IDPList><samlp:IDPEntry ProviderID=\"urn:a\"/></samlp:IDPList></samlp:Scoping>",
        "<samlp:RequestedAuthnContext Comparison=\"minimum\">",
        "<saml:NameID>",
        "<samlp:SessionIndex>",
        "<soap:Body>",
        "&#xD;",
        "+24:00",
    ],
};

fn saml_request(input: &[u8]) -> Verdict {
    let us = ourselves();
    let service = service();
    let trust = &service.requests;
    let expected = LogoutExpected {
        sender: &service.entity_id,
        received_at: &us.sso,
        through_browser: true,
        skew: Skew::default(),
        now: Timestamp::UNIX_EPOCH,
        decryption_keys: &[],
    };
    let field = BASE64.encode(input);
    let read = |kind| Incoming::from_post(kind, &field, None);
    let message = match read(MessageKind::Request).map(|message| message.authenticate(trust)) {
        Ok(Ok(message)) => message,
        Ok(Err(refusal)) => return judged::<(), _>(Err(refusal)),
        Err(refusal) => return judged::<(), _>(Err(refusal)),
    };
    let login = judged(authn_request::accept(&message, &service, &us));
    let logout = judged(accept_request(&message, &expected));
    let answer = judged(accept_response(&message, "_q", &expected));
    let called = Incoming::from_soap(input).map(|message| message.authenticate(trust).is_ok());
    format!("{login} {logout} {answer} {}", judged(called))
}

fn address(text: &str) -> EndpointUrl {
    EndpointUrl::parse(text, PlainHttp::Refused).unwrap()
}

fn ourselves() -> SamlSelf {
    SamlSelf {
        entity_id: EntityId::parse("https://login.example/saml").unwrap(),
        sso: address("https://login.example/saml/sso"),
        acs: address("https://login.example/saml/acs/lillekoebing"),
        logout: None,
    }
}

/// One that may ask without a signature, so that its words are read.
fn service() -> SamlService {
    SamlService {
        entity_id: EntityId::parse("https://skoledagen.example").unwrap(),
        acs: AcsEndpoints::single(address("https://skoledagen.example/acs")),
        requests: RequestTrust::Unsigned(None),
        sign: SignWhat::Both,
        encrypt: None,
        signature: SigningAlgorithm::default(),
        name_value: NameValue::default(),
        tells_upstream: false,
        name_ids: NameIdRule {
            default: NameIdFormat::Persistent,
            also: Vec::new(),
        },
        logout: LogoutEndpoints::default(),
    }
}

/// A Response in which somebody has encrypted something to us, as anybody can (B14).
pub(super) const ENCRYPTED: Target = Target {
    name: "encrypted",
    run: encrypted,
    fresh: || vec![encrypted_response()],
    words: &[
        "<xenc:EncryptedKey>",
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
        "http://www.w3.org/2009/xmlenc11#rsa-oaep",
        "<xenc:CipherValue></xenc:CipherValue>",
        "<ds:RetrievalMethod URI=\"#_k\"/>",
        "=",
    ],
};

static OURS: LazyLock<(EncryptionKey, DecryptionKey)> = LazyLock::new(|| {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'static> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'static> = pair.public_key().as_der().unwrap();
    (
        EncryptionKey::from_spki_der(public.as_ref()).unwrap(),
        DecryptionKey::from_pkcs8_der(private.as_ref()).unwrap(),
    )
});

fn encrypted(input: &[u8]) -> Verdict {
    let document = match Document::parse(input, &Limits::MESSAGE) {
        Ok(document) => document,
        Err(refusal) => return judged::<(), _>(Err(refusal)),
    };
    let keys = std::slice::from_ref(&OURS.1);
    let accepted = verify_response(&document, &super::targets::trusted(), keys, AcceptedCiphers::Gcm);
    assert!(accepted.is_err(), "nobody has signed anything here");
    judged(accepted.map(drop))
}

fn encrypted_response() -> Vec<u8> {
    let mut assertion = Writer::new();
    assertion
        .element(SAML, "Assertion")
        .attribute("ID", "_a")
        .children(|assertion| assertion.element(SAML, "Issuer").text("urn:a"));
    let data = encrypt(
        &assertion.finish().unwrap(),
        &OURS.0,
        EncryptionMethod::default(),
        &OsEntropy,
    );
    let data = data.unwrap();
    let mut response = Writer::new();
    response
        .element(SAMLP, "Response")
        .attribute("ID", "_r")
        .children(|response| {
            response
                .element(SAML, "EncryptedAssertion")
                .children(|outer| outer.embed(&data));
        });
    response.finish().unwrap().into_string().into_bytes()
}

/// A certificate that an authority should have issued; and the files that an operator names.
pub(super) const CHAIN: Target = Target {
    name: "chain",
    run: chain,
    fresh: || vec![PKI.party.clone(), PKI.list.clone(), PKI.root.clone()],
    words: &[
        "-----BEGIN CERTIFICATE-----\n",
        "-----END CERTIFICATE-----\n",
        "-----BEGIN X509 CRL-----\n",
        "\u{30}\u{03}",
        "\u{06}\u{03}\u{55}\u{1d}",
    ],
};

/// What an authority has issued, in DER.
struct Pki {
    root: Vec<u8>,
    party: Vec<u8>,
    list: Vec<u8>,
    authorities: Authorities,
}

static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let key = || rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let named = |name: &str| rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let mut root = named("root.example");
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    root.key_usages = vec![
        rcgen::KeyUsagePurpose::KeyCertSign,
        rcgen::KeyUsagePurpose::CrlSign,
    ];
    let root = rcgen::CertifiedIssuer::self_signed(root, key()).unwrap();
    let party = named("party.example").signed_by(&key(), &root).unwrap();
    let list = rcgen::CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 1, 1),
        next_update: rcgen::date_time_ymd(2036, 1, 1),
        crl_number: rcgen::SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    let list = list.signed_by(&root).unwrap().der().to_vec();
    let authorities = Authorities::read(root.pem().as_bytes(), b"", Revocation::Hard, GRACE);
    Pki {
        root: root.der().to_vec(),
        party: party.der().to_vec(),
        authorities: authorities.unwrap(),
        list,
    }
});

const GRACE: SignedDuration = SignedDuration::from_hours(24);
const SUMMER: Timestamp = Timestamp::constant(1_786_536_000, 0);

fn chain(input: &[u8]) -> Verdict {
    let ours = [RevocationList::read(&PKI.list).unwrap()];
    let vouched = PKI.authorities.vouch_for(input, &ours, SUMMER);
    if vouched.is_ok() {
        assert_eq!(input, PKI.party, "the authority has issued one certificate");
    }
    let files = Authorities::read(input, input, Revocation::Hard, GRACE);
    let listed = RevocationList::read(input).map(|list| {
        let authorities = Authorities::read(root_pem().as_bytes(), input, Revocation::Soft, GRACE);
        authorities.map(|authorities| authorities.vouch_for(&PKI.party, &[list], SUMMER).is_ok())
    });
    format!("{} {} {}", judged(vouched), judged(files), judged(listed))
}

fn root_pem() -> String {
    let body = BASE64.encode(&PKI.root);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

/// A list of privileges, as the value of an attribute; what is taken is taken again when we write it.
pub(super) const PRIVILEGES: Target = Target {
    name: "privileges",
    run: privileges,
    fresh: Vec::new,
    words: &[
        "<PrivilegeGroup Scope=\"urn:dk:gov:saml:cvrNumberIdentifier:12345678\">",
        "</PrivilegeGroup>",
        "<Privilege>urn:a</Privilege>",
        "<Constraint Name=\"urn:b\">c</Constraint>",
        "&#x9;",
        "\u{a0}",
    ],
};

fn privileges(input: &[u8]) -> Verdict {
    drop(bpp::decode(&String::from_utf8_lossy(input)));
    let read = bpp::decode(&BASE64.encode(input));
    if let Ok(groups) = &read {
        assert_eq!(
            bpp::decode(&bpp::encode(groups)).as_ref(),
            Ok(groups),
            "a list is itself"
        );
    }
    judged(read)
}
