//! What an authorization request may say, and what it gets for it.

use proptest::prelude::*;

use super::*;
use crate::oidc::client::{ClientAuthentication, PkceRule};
use crate::oidc::testing::{CHALLENGE, client};

const GOOD: [(&str, &str); 8] = [
    ("client_id", "laesehest"),
    ("redirect_uri", "https://laesehest.example/cb"),
    ("response_type", "code"),
    ("scope", "openid profile"),
    ("state", "abc"),
    ("nonce", "n-1"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// The good request with some parameters replaced, added or (with an empty value) left out.
fn with(changes: &[(&str, &str)]) -> Parameters {
    let kept = GOOD
        .iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    Parameters::new(kept.chain(changes).copied())
}

fn read(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, AuthorizationRefused> {
    AuthorizationRequest::read(&with(changes), &client(), Carried::default())
}

fn code_of(changes: &[(&str, &str)]) -> Code {
    match read(changes) {
        Err(AuthorizationRefused::ToService(answer)) => answer.code,
        other => panic!("{changes:?}: {other:?}"),
    }
}

#[test]
fn a_good_request_is_read() {
    let request = read(&[
        ("prompt", "login consent"),
        ("max_age", "60"),
        ("acr_values", "a b"),
        ("kc_idp_hint", "lillekoebing"),
        ("unknown", "x"),
    ])
    .unwrap();
    assert_eq!(request.return_to.state.as_deref(), Some("abc"));
    assert_eq!(request.nonce.as_deref(), Some("n-1"));
    assert_eq!(request.max_age, Some(60));
    assert_eq!(request.acr_values, ["a", "b"]);
    assert_eq!(request.upstream_hints, ["lillekoebing"]);
    let insist = Prompt::Insist {
        login: true,
        consent: true,
        select_account: false,
    };
    assert_eq!(request.prompt, insist);
    assert_eq!(read(&[("prompt", "none")]).unwrap().prompt, Prompt::Silent);
    assert!(request.challenge.is_some());
}

#[test]
fn an_address_that_is_not_byte_equal_is_answered_nowhere() {
    for address in [
        "https://laesehest.example/cb/",
        "https://laesehest.example/cb?x=1",
        "https://laesehest.example/CB",
        "https://laesehest.example:443/cb",
        "https://laesehest.example.evil.example/cb",
        "http://laesehest.example/cb",
        "https://laesehest.example/cb#",
        "javascript:alert(1)",
    ] {
        let expected = AuthorizationRefused::OnOurPage(Unanswerable::UnregisteredRedirectUri);
        assert_eq!(read(&[("redirect_uri", address)]), Err(expected), "{address}");
    }
}

#[test]
fn without_client_or_address_there_is_no_answer() {
    let missing = read(&[("redirect_uri", "")]);
    assert_eq!(missing, Err(Unanswerable::RedirectUri.into()));
    let twice = [
        ("redirect_uri", "https://laesehest.example/cb"),
        ("redirect_uri", "https://evil.example/cb"),
    ];
    assert_eq!(read(&twice), Err(Unanswerable::RedirectUri.into()));
    assert_eq!(
        read(&[("client_id", "other")]),
        Err(Unanswerable::ClientId.into())
    );
    assert_eq!(read(&[("client_id", "")]), Err(Unanswerable::ClientId.into()));
}

#[test]
fn only_the_code_flow_exists() {
    for kind in ["token", "id_token", "code id_token", "code token", "none", "CODE"] {
        assert_eq!(
            code_of(&[("response_type", kind)]),
            Code::UnsupportedResponseType,
            "{kind}"
        );
    }
    assert_eq!(code_of(&[("response_type", "")]), Code::InvalidRequest);
    for mode in ["fragment", "query.jwt", "web_message"] {
        assert_eq!(
            code_of(&[("response_mode", mode)]),
            Code::InvalidRequest,
            "{mode}"
        );
    }
}

#[test]
fn a_mode_that_the_service_is_not_registered_for_is_refused_by_query() {
    let mut client = client();
    client.response_modes = BTreeSet::from([ResponseMode::Query]);
    let refused = AuthorizationRequest::read(
        &with(&[("response_mode", "form_post")]),
        &client,
        Carried::default(),
    );
    let Err(AuthorizationRefused::ToService(answer)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(answer.return_to.response_mode, ResponseMode::Query);
}

#[test]
fn pkce_is_s256_or_nothing() {
    for changes in [
        &[("code_challenge", ""), ("code_challenge_method", "")][..],
        &[("code_challenge", "")],
        &[("code_challenge_method", "")],
        &[("code_challenge_method", "plain")],
        &[("code_challenge_method", "s256")],
        &[("code_challenge", "short")],
    ] {
        assert_eq!(code_of(changes), Code::InvalidRequest, "{changes:?}");
    }
}

#[test]
fn a_client_without_pkce_is_an_exception_and_still_never_plain() {
    let mut client = client();
    client.pkce = PkceRule::Optional;
    let none = with(&[("code_challenge", ""), ("code_challenge_method", "")]);
    assert_eq!(
        AuthorizationRequest::read(&none, &client, Carried::default())
            .unwrap()
            .challenge,
        None
    );
    let plain = with(&[("code_challenge_method", "plain")]);
    assert!(AuthorizationRequest::read(&plain, &client, Carried::default()).is_err());
    client.authentication = ClientAuthentication::None;
    assert!(
        AuthorizationRequest::read(&none, &client, Carried::default()).is_err(),
        "a public client has nothing else"
    );
}

#[test]
fn what_is_fetched_or_nested_is_refused() {
    // Request objects are opened before; one that is still here stood in another.
    assert_eq!(code_of(&[("request", "x.y.z")]), Code::InvalidRequestObject);
    let fetched = [("request_uri", "https://evil.example/r")];
    assert_eq!(code_of(&fetched), Code::RequestUriNotSupported);
    assert_eq!(code_of(&[("registration", "{}")]), Code::RegistrationNotSupported);
}

#[test]
fn scopes_beyond_registration_are_dropped_and_remembered() {
    let request = read(&[("scope", "openid profile cpr")]).unwrap();
    assert_eq!(request.dropped_scopes, ["cpr"]);
    assert!(!request.scopes.iter().any(|scope| scope.as_str() == "cpr"));
    assert_eq!(code_of(&[("scope", "profile")]), Code::InvalidScope);
}

#[test]
fn doubled_and_contradicting_parameters_are_refused() {
    assert_eq!(code_of(&[("nonce", "a"), ("nonce", "b")]), Code::InvalidRequest);
    assert_eq!(code_of(&[("state", "a"), ("state", "b")]), Code::InvalidRequest);
    assert_eq!(code_of(&[("prompt", "none login")]), Code::InvalidRequest);
    assert_eq!(code_of(&[("prompt", "sudo")]), Code::InvalidRequest);
    assert_eq!(code_of(&[("max_age", "-1")]), Code::InvalidRequest);
    assert_eq!(code_of(&[("claims", "[]")]), Code::InvalidRequest);
}

#[test]
fn an_oversized_state_is_refused_and_not_sent_back() {
    let long = "x".repeat(MAX_VALUE + 1);
    let Err(AuthorizationRefused::ToService(answer)) = read(&[("state", &long)]) else {
        panic!("accepted");
    };
    assert_eq!(answer.return_to.state, None);
}

proptest! {
    #[test]
    fn answers_only_ever_go_to_the_registered_address(
        pairs in proptest::collection::vec(("(redirect_uri|state|scope|prompt|claims|response_mode)", "\\PC{0,20}"), 0..6),
    ) {
        let parameters = Parameters::new(GOOD.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).chain(pairs));
        let return_to = match AuthorizationRequest::read(&parameters, &client(), Carried::default()) {
            Ok(request) => request.return_to,
            Err(AuthorizationRefused::ToService(answer)) => answer.return_to,
            Err(AuthorizationRefused::OnOurPage(_)) => return Ok(()),
        };
        prop_assert_eq!(return_to.redirect_uri.as_str(), "https://laesehest.example/cb");
    }
}
