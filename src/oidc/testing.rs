//! A registered service and its login, for unit tests.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::client::{
    ClientAuthentication, ClientId, ClientLogout, ClientRules, IdTokenAlgorithm, OidcClient, PkceRule,
    RedirectUri, ResponseMode, Scope, SecretDigest,
};
use super::code::{ClaimMap, CodeRecord, GrantedAnswer};
use super::pkce::CodeChallenge;
use crate::domain::address::PlainHttp;
use crate::domain::service::ServiceId;

pub(crate) const SECRET: &str = "a-long-secret-of-laesehest";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A confidential client with everything as it should be.
pub(crate) fn client() -> OidcClient {
    let uri = |text| RedirectUri::parse(text, PlainHttp::Refused).unwrap();
    OidcClient {
        service: ServiceId::parse("laesehest").unwrap(),
        client_id: ClientId::parse("laesehest").unwrap(),
        redirect_uris: vec![uri("https://laesehest.example/cb")],
        post_logout_redirect_uris: vec![uri("https://laesehest.example/bye")],
        authentication: ClientAuthentication::ClientSecretBasic(SecretDigest::of_secret(SECRET).unwrap()),
        pkce: PkceRule::Required,
        id_token_algorithm: IdTokenAlgorithm::Es256,
        userinfo_algorithm: None,
        scopes: BTreeSet::from([Scope::openid(), Scope::parse("profile").unwrap()]),
        response_modes: BTreeSet::from([ResponseMode::Query, ResponseMode::FormPost]),
        web_origins: BTreeSet::new(),
        logout: ClientLogout::default(),
        rules: ClientRules::default(),
    }
}

/// A code given to that client at second 1000.
pub(crate) fn record() -> CodeRecord {
    let client = client();
    let claims = Map::from_iter([("uniid".to_owned(), Value::from("1000000156"))]);
    CodeRecord {
        client_id: client.client_id,
        redirect_uri: client.redirect_uris[0].clone(),
        challenge: CodeChallenge::parse(CHALLENGE),
        nonce: Some("n-1".to_owned()),
        expires_at: Timestamp::from_second(1_060).unwrap(),
        session_ends: Timestamp::from_second(5_000).unwrap(),
        resources: Vec::new(),
        dpop_key: None,
        answer: GrantedAnswer {
            subject: "pairwise".to_owned(),
            session: None,
            authenticated_at: Timestamp::from_second(990).unwrap(),
            acr: "dk:unilogin:loa:EnFaktor".to_owned(),
            amr: vec!["pwd".to_owned()],
            scopes: BTreeSet::from([Scope::openid()]),
            id_token: ClaimMap(claims.clone()),
            userinfo: ClaimMap(claims),
            acting: Vec::new(),
            login: None,
        },
    }
}
