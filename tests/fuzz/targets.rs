//! The targets: each takes bytes as a stranger sends them, and tells how they were judged.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use portner::ambient::{Ambient, ManualClock, OsEntropy};
use portner::domain::address::PlainHttp;
use portner::domain::assurance::WantedAssurance;
use portner::domain::login_name::{Domain, LoginName};
use portner::domain::service::ServiceId;
use portner::keys::Signer;
use portner::keys::derive::MasterSecret;
use portner::keys::file::{FileSigner, RsaPadding};
use portner::keys::generate::{KeyKind, generate};
use portner::keys::seal::{SealPurpose, Sealer};
use portner::login::request::{Freshness, Hints, LoginRequest, ReplyContext};
use portner::login::seal::TransactionSeal;
use portner::login::transaction::LoginTransaction;
use portner::oidc::authorize::{self, AuthorizationRequest, Carried};
use portner::oidc::client::{
    ClientAuthentication, ClientId, ClientRules, IdTokenAlgorithm, Issuer, OidcClient, PkceRule, RedirectUri,
    ResponseMode, Scope,
};
use portner::oidc::client_auth::{ASSERTION_TYPE, PresentedCredentials};
use portner::oidc::dpop;
use portner::oidc::jwk::{JwsAlgorithm, KeySet};
use portner::oidc::jwks::verification_keys;
use portner::oidc::jws::{self, TokenType};
use portner::oidc::params::Parameters;
use portner::oidc::request_object;
use portner::saml::xml::names::{SAML, SAMLP};
use portner::saml::xml::{
    AcceptedCiphers, Document, Limits, VerifyingKey, Writer, sign_enveloped, verify, verify_response,
};
use portner::saml::{Incoming, MessageKind, binding_post, metadata};
use portner::store::ephemeral::{InProcess, Room};
use portner::web::cookies::CookieJar;
use portner::web::incoming::Posted;
use zeroize::Zeroizing;

use super::Target;
use crate::world::signing::sign;

/// How an input was judged, in a few words: inputs with a new verdict are worth keeping.
pub(super) type Verdict = String;

/// Without what differs in each input: names and numbers would make every verdict a new one.
pub(super) fn judged<T, E: Debug>(outcome: Result<T, E>) -> Verdict {
    match outcome {
        Ok(_) => "well".to_owned(),
        Err(error) => {
            let told = format!("{error:?}");
            // What stands in inner quotes is of the input.
            let told = told.split(['\\', '`']).next().unwrap_or_default();
            told.chars().filter(char::is_ascii_alphabetic).take(60).collect()
        }
    }
}

/// What this process signs and seals with.
struct Fixtures {
    signer: Arc<dyn Signer>,
    trusted: [VerifyingKey; 1],
    tokens: KeySet,
    sealer: Sealer,
    ephemeral: InProcess,
    login: LoginTransaction,
    ambient: Ambient,
    client: OidcClient,
    runtime: tokio::runtime::Runtime,
}

static FIXTURES: LazyLock<Fixtures> = LazyLock::new(|| {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let ambient = Ambient::new(Arc::new(clock), Arc::new(OsEntropy));
    let pair = generate(KeyKind::P256, "fuzz", &Ambient::system()).unwrap();
    let signer = FileSigner::from_pem(pair.private_key.as_bytes(), None, None, RsaPadding::Pkcs1).unwrap();
    let signer: Arc<dyn Signer> = Arc::new(signer);
    Fixtures {
        trusted: [VerifyingKey::from_spki_der(signer.public_key()).unwrap()],
        tokens: verification_keys([&signer]),
        sealer: Sealer::new(&Zeroizing::new([7; 32]), &[], ambient.clone()).unwrap(),
        ephemeral: InProcess::new(ambient.clone(), Room::default()),
        login: login(&ambient),
        client: registered_client(),
        runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        signer,
        ambient,
    }
});

/// The keys that sign here, for targets in other files.
pub(super) fn trusted() -> Vec<VerifyingKey> {
    FIXTURES.trusted.to_vec()
}

/// A Response as identity providers post it: parsing, and who has signed what.
pub(super) const SAML_MESSAGE: Target = Target {
    name: "saml_message",
    run: saml_message,
    fresh: || vec![signed_response()],
    words: &[
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml?>",
        "&#0;",
        "&#x10FFFF;",
        "&amp;",
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
        "</ds:Signature>",
        "<saml:Assertion>",
        " ID=\"_r\"",
        " xmlns:a=\"\"",
        " xml:id=\"_a\"",
        "<a>",
        "</a>",
        "<a/>",
    ],
};

fn saml_message(input: &[u8]) -> Verdict {
    let document = match Document::parse(input, &Limits::MESSAGE) {
        Ok(document) => document,
        Err(refusal) => return judged::<(), _>(Err(refusal)),
    };
    judged(verify_response(&document, &FIXTURES.trusted, &[], AcceptedCiphers::Gcm).map(drop))
}

fn signed_response() -> Vec<u8> {
    let mut writer = Writer::new();
    writer
        .element(SAMLP, "Response")
        .attribute("ID", "_r")
        .attribute("Version", "2.0")
        .children(|response| {
            response
                .element(SAML, "Issuer")
                .text("https://idp.lillekoebing.example");
            response
                .element(SAML, "Assertion")
                .attribute("ID", "_a")
                .children(|assertion| {
                    assertion
                        .element(SAML, "Issuer")
                        .text("https://idp.lillekoebing.example");
                });
        });
    let signed = FIXTURES
        .runtime
        .block_on(sign_enveloped(writer.finish().unwrap(), &*FIXTURES.signer));
    signed.unwrap().into_string().into_bytes()
}

/// The query of the Redirect binding, down to the inflated message; and a posted field.
pub(super) const REDIRECT: Target = Target {
    name: "redirect",
    run: redirect,
    fresh: Vec::new,
    words: &[
        "&",
        "=",
        "%",
        "%00",
        "%2B",
        "+",
        "SAMLRequest=",
        "SAMLResponse=",
        "&RelayState=",
        "&SigAlg=",
        "&Signature=",
        "&SAMLEncoding=",
    ],
};

fn redirect(input: &[u8]) -> Verdict {
    let query = String::from_utf8_lossy(input);
    drop(binding_post::read(&query));
    drop(Incoming::from_post(MessageKind::Request, &query, None));
    judged(Incoming::from_redirect(&query))
}

/// Metadata as somebody hands it in.
pub(super) const METADATA: Target = Target {
    name: "metadata",
    run: metadata_document,
    fresh: Vec::new,
    words: &[
        "<md:KeyDescriptor use=\"signing\">",
        "<ds:X509Certificate>MII",
        "validUntil=\"2026-13-01T00:00:00Z\"",
        " index=\"65536\"",
        " isDefault=\"true\"",
        "Location=\"javascript:alert(1)\"",
        "Location=\"http://[::1]/\"",
        "<shibmd:Scope regexp=\"true\">",
        "<md:Extensions>",
        "</md:IDPSSODescriptor>",
    ],
};

fn metadata_document(input: &[u8]) -> Verdict {
    match Document::parse(input, &Limits::METADATA) {
        Ok(document) => judged(metadata::read(
            document.root(),
            PlainHttp::Refused,
            Timestamp::UNIX_EPOCH,
        )),
        Err(refusal) => judged::<(), _>(Err(refusal)),
    }
}

/// A federation's aggregate: what the stream believes, the tree believes too.
pub(super) const AGGREGATE: Target = Target {
    name: "aggregate",
    run: aggregate,
    fresh: aggregates,
    words: &[
        "<md:EntitiesDescriptor>",
        "</md:EntitiesDescriptor>",
        "<md:EntityDescriptor entityID=\"https://b.example\"/>",
        "<ds:Signature>",
        "</ds:Signature>",
        "<!-- -->",
        "<![CDATA[",
        " xmlns=\"\"",
        " ID=\"_f\"",
        "&#xD;",
        "<?xml version=\"1.0\"?>",
    ],
};

fn aggregate(input: &[u8]) -> Verdict {
    let (keys, now) = (&FIXTURES.trusted, Timestamp::UNIX_EPOCH);
    let read = metadata::read_aggregate(input, keys, PlainHttp::Refused, now, |entity| {
        Some(entity.entity_id)
    });
    if read.is_ok() {
        let document =
            Document::parse(input, &Limits::METADATA).expect("the tree reads what the stream reads");
        verify(document.root(), keys).expect("the tree believes what the stream believes");
    }
    judged(read)
}

/// Aggregates that this process has signed, with groups inside each other.
fn aggregates() -> Vec<Vec<u8>> {
    let entity = "<md:EntityDescriptor entityID=\"https://a.example\"><x:y xmlns:x=\"urn:x\" a='&gt;'>å</x:y></md:EntityDescriptor>";
    let group = format!("<md:EntitiesDescriptor Name=\"some\">\r\n{entity}</md:EntitiesDescriptor>");
    let feed = |inside: &str| {
        let xml = format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_f\">{inside}</md:EntitiesDescriptor>"
        );
        FIXTURES
            .runtime
            .block_on(sign(&xml, &*FIXTURES.signer))
            .into_bytes()
    };
    vec![feed(entity), feed(&format!("{group}<!-- c -->\n{group}"))]
}

/// The cookie of a login: sealed by others, and sealed by us around anything at all.
pub(super) const TRANSACTION: Target = Target {
    name: "transaction",
    run: transaction,
    fresh: transactions,
    words: &["p.", "-", "_"],
};

fn transaction(input: &[u8]) -> Verdict {
    let fixtures = &*FIXTURES;
    let seal = TransactionSeal {
        sealer: &fixtures.sealer,
        ephemeral: &fixtures.ephemeral,
    };
    let id = fixtures.login.id();
    let runtime = &fixtures.runtime;
    let value = String::from_utf8_lossy(input);
    let forged = runtime.block_on(seal.open(id, &value)).is_some();
    let within = fixtures
        .sealer
        .seal_text(SealPurpose::Transaction, input)
        .unwrap();
    let opened = runtime.block_on(seal.open(id, &within)).is_some();
    let read = postcard::from_bytes::<LoginTransaction>(input);
    format!("{forged} {opened} {}", judged(read.map(drop)))
}

fn transactions() -> Vec<Vec<u8>> {
    let fixtures = &*FIXTURES;
    let seal = TransactionSeal {
        sealer: &fixtures.sealer,
        ephemeral: &fixtures.ephemeral,
    };
    let sealed = fixtures
        .runtime
        .block_on(seal.seal(&fixtures.login, &fixtures.ambient));
    vec![
        postcard::to_stdvec(&fixtures.login).unwrap(),
        sealed.unwrap().into_bytes(),
    ]
}

/// A login that has just begun.
fn login(ambient: &Ambient) -> LoginTransaction {
    let request = LoginRequest {
        service: ServiceId::parse("skoledagen").unwrap(),
        wanted: WantedAssurance::default(),
        freshness: Freshness::default(),
        passive: false,
        hints: Hints::default(),
        language: None,
        reply: ReplyContext(vec![1, 2, 3]),
    };
    LoginTransaction::begin(request, ambient)
}

/// A posted form, and the cookies beside it.
pub(super) const FORM: Target = Target {
    name: "form",
    run: form,
    fresh: Vec::new,
    words: &[
        "&",
        "=",
        "%",
        "%C3%B8",
        "%FF",
        "+",
        "name=",
        "form=",
        "SAMLResponse=",
        "portner_reposted=1",
        ";",
    ],
};

fn form(input: &[u8]) -> Verdict {
    let posted = Posted::read(input);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(input) {
        headers.insert(COOKIE, value);
    }
    let cookies = CookieJar::read(&headers);
    let bounces = posted.should_bounce(&headers, "https://login.example", !cookies.is_empty());
    let known = ["form", "name", "SAMLResponse", "upstream"].map(|name| posted.one(name).is_some());
    let marked = posted.marked().len().min(8);
    format!(
        "{bounces} {known:?} {marked} {}",
        cookies.get("__Host-session").is_some()
    )
}

/// An authorization request.
pub(super) const OIDC_REQUEST: Target = Target {
    name: "oidc_request",
    run: oidc_request,
    fresh: Vec::new,
    words: &[
        "&",
        "=",
        "&prompt=none",
        "&prompt=login consent",
        "&max_age=",
        "4294967296",
        "&claims=%7B%22id_token%22%3A%7B%7D%7D",
        "%5B%5B%5B",
        "&scope=openid",
        "&response_mode=form_post",
        "&code_challenge_method=plain",
        "&request=",
        "&ui_locales=da en",
    ],
};

fn oidc_request(input: &[u8]) -> Verdict {
    let parameters = Parameters::new(url::form_urlencoded::parse(input).into_owned());
    drop(authorize::client_id(&parameters));
    judged(AuthorizationRequest::read(&parameters, &FIXTURES.client, Carried::default()).map(drop))
}

fn registered_client() -> OidcClient {
    OidcClient {
        service: ServiceId::parse("laesehest").unwrap(),
        client_id: ClientId::parse("laesehest").unwrap(),
        redirect_uris: vec![
            RedirectUri::parse("https://laesehest.example/callback", PlainHttp::Refused).unwrap(),
        ],
        post_logout_redirect_uris: Vec::new(),
        authentication: ClientAuthentication::None,
        pkce: PkceRule::Required,
        id_token_algorithm: IdTokenAlgorithm::Es256,
        userinfo_algorithm: None,
        scopes: BTreeSet::from([Scope::openid()]),
        response_modes: BTreeSet::from([ResponseMode::Query, ResponseMode::FormPost]),
        web_origins: BTreeSet::new(),
        logout: portner::oidc::client::ClientLogout::default(),
        rules: ClientRules::default(),
    }
}

/// A token of another party, and its keys.
pub(super) const TOKEN: Target = Target {
    name: "token",
    run: token,
    fresh: || vec![honest_token(), honest_request()],
    words: &[
        "\"typ\":\"dpop+jwt\"",
        "\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\"",
        "\"htm\":\"POST\"",
        "\"request_uri\":",
        ".",
        "eyJ",
        "\"alg\":\"none\"",
        "\"kid\":\"\"",
        "\"crit\":[]",
        "{\"keys\":[",
        "\"kty\":\"RSA\"",
        "\"e\":\"AQAB\"",
        "\"d\":\"\"",
        "]}",
    ],
};

fn token(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    let keys = KeySet::from_json(input);
    drop(jws::peek::<serde_json::Value>(&text));
    let token = jws::verify(&text, &FIXTURES.tokens, &JwsAlgorithm::ALL, TokenType::IdToken);
    format!("{} {} {}", judged(keys), judged(token), of_clients(&text))
}

/// The same as what a client signs: a proof, a request, an assertion.
fn of_clients(text: &str) -> Verdict {
    let now = Timestamp::UNIX_EPOCH;
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    let expected = dpop::Expected {
        algorithms: &JwsAlgorithm::ALL,
        method: "POST",
        url: "https://login.example/oidc/token",
        access_token: None,
        nonces: &dpop::Nonces(&secret),
        now,
    };
    let proof = dpop::check(text, &expected).map(drop);
    let mut client = FIXTURES.client.clone();
    client.rules.request_keys = Some(FIXTURES.tokens.clone());
    let issuer = Issuer::parse("https://login.example", PlainHttp::Refused).unwrap();
    let request = request_object::open(text, &client, &issuer, now).map(drop);
    let form = [
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", text),
    ];
    let assertion = PresentedCredentials::read(None, &Parameters::new(form)).map(drop);
    format!("{} {} {}", judged(proof), judged(request), judged(assertion))
}

fn honest_request() -> Vec<u8> {
    let claims = serde_json::json!({
        "iss": "laesehest", "client_id": "laesehest", "aud": "https://login.example", "exp": 60,
        "response_type": "code", "max_age": 10,
    });
    let signed = jws::sign(&*FIXTURES.signer, TokenType::RequestObject, &claims);
    FIXTURES.runtime.block_on(signed).unwrap().into_bytes()
}

fn honest_token() -> Vec<u8> {
    let claims = serde_json::json!({ "iss": "https://storkoebing.example", "sub": "bruger-7" });
    let signed = jws::sign(&*FIXTURES.signer, TokenType::IdToken, &claims);
    FIXTURES.runtime.block_on(signed).unwrap().into_bytes()
}

/// What a user types as a name; whatever is taken is taken again when we write it.
pub(super) const LOGIN_NAME: Target = Target {
    name: "login_name",
    run: login_name,
    fresh: Vec::new,
    words: &["@", ".", "xn--", "ø", "\u{202e}", "\u{feff}", " ", "example", "-"],
};

fn login_name(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    if let Ok(domain) = Domain::parse(&text) {
        assert_eq!(
            Domain::parse(domain.as_str()).as_ref(),
            Ok(&domain),
            "a domain is itself"
        );
    }
    let name = LoginName::parse(&text);
    if let Ok(name) = &name {
        assert_eq!(
            LoginName::parse(&name.as_typed()).as_ref(),
            Ok(name),
            "a name is itself"
        );
    }
    judged(name)
}
