//! Clients that prove who they are by a certificate, tokens that are bound to one, and those
//! who show another, somebody else's or none (RFC 8705).

use axum::http::StatusCode;
use rcgen::ExtendedKeyUsagePurpose;
use serde_json::json;

use super::oidc_codes::assert_refused;
use crate::world::certificates::{Authority, Identity, Listening, MUTUAL, request};
use crate::world::federation::Federation;
use crate::world::house::ORIGIN;
use crate::world::oidc_client::{OidcClient, SECRET, id_token, json, text_of};
use crate::world::visitor::Visitor;

/// A client's file, with these lines about how it proves itself.
fn client_file(id: &str, lines: &str) -> (String, String) {
    let text = format!(
        "name = \"Banken\"\nstart_url = \"https://{id}.example\"\nrelease = \"learning\"\n\
         [oidc]\nredirect_uris = [\"https://{id}.example/callback\"]\n{lines}"
    );
    (format!("{id}.toml"), text)
}

/// A Portner that takes certificates, and four clients that show them.
struct Stage {
    portner: Listening,
    authority: Authority,
    vouched: Identity,
    own: Identity,
}

impl Stage {
    async fn set() -> Self {
        let authority = Authority::new("Bankernes CA");
        let (vouched, own) = (
            authority.issue("vekselbanken", |_| {}),
            Identity::self_signed("sparekassen"),
        );
        let by_name = |name: &str| {
            format!(
                "authentication = \"tls_client_auth\"\ntls_client_auth_authorities = \"ca.pem\"\n{name}\n\
                 sender_constrained = \"mtls\"\nrefresh_tokens = \"session\"\n"
            )
        };
        let registered = json!({ "keys": [{ "kty": "EC", "x5c": [own.x5c()] }] }).to_string();
        let files = [
            client_file(
                "vekselbanken",
                &by_name("tls_client_auth_subject_dn = \"CN=vekselbanken,O=Banken\""),
            ),
            client_file(
                "nybanken",
                &by_name("tls_client_auth_san_dns = \"nybanken.example\""),
            ),
            client_file(
                "sparekassen",
                "profile = \"fapi2\"\nauthentication = \"self_signed_tls_client_auth\"\njwks = \"spar.jwks.json\"\n",
            ),
            client_file(
                "mobil",
                "authentication = \"none\"\nsender_constrained = \"mtls\"\nrefresh_tokens = \"session\"\n",
            ),
            ("ca.pem".to_owned(), authority.pem()),
            ("spar.jwks.json".to_owned(), registered),
        ];
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.clone()))
            .collect();
        Self {
            portner: Listening::start(&files).await,
            authority,
            vouched,
            own,
        }
    }

    fn world(&self) -> &Federation {
        &self.portner.world
    }

    /// A browser that is logged in at this client, and how the client redeems its code.
    async fn code(&self, id: &str) -> (OidcClient, Vec<(&'static str, String)>) {
        let client = self.world().client(id);
        let mut browser = self.world().visitor();
        let page = browser.get(&client.request(&[])).await;
        let page = self.world().log_in_as(&mut browser, &page, "alma1234").await;
        let form = Self::redemption(&client, &client.answer(&page)["code"]);
        (client, form)
    }

    fn redemption(client: &OidcClient, code: &str) -> Vec<(&'static str, String)> {
        let mut form = client.redemption(code);
        form.push(("client_id", client.client_id.clone()));
        form
    }

    fn program(&self) -> Visitor {
        self.world().visitor()
    }
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate_and_its_tokens_are_bound_to_it() {
    let stage = Stage::set().await;
    let portner = &stage.portner;
    let (_, form) = stage.code("vekselbanken").await;
    let tokens = portner.post(Some(&stage.vouched), "/oidc/token", &form).await;
    assert!(tokens.status.is_success(), "{} {}", tokens.status, tokens.body);
    assert_eq!(
        json(&tokens)["token_type"],
        "Bearer",
        "RFC 8705 §3 has no type of its own"
    );
    assert_eq!(
        id_token(&tokens)["iss"],
        ORIGIN,
        "the name is the same at both doors"
    );
    let token = text_of(&tokens, "access_token");

    let told = portner.userinfo(Some(&stage.vouched), &token).await;
    assert_eq!(json(&told)["sub"], id_token(&tokens)["sub"]);
    let thief = stage.authority.issue("vekselbanken", |_| {});
    for (what, shown) in [("another certificate", Some(&thief)), ("none", None)] {
        let page = portner.userinfo(shown, &token).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{what}");
        let challenge = page.headers["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.contains("invalid_token"), "{challenge}");
    }
    let page = crate::world::oidc_client::userinfo(&stage.program(), &token).await;
    assert_eq!(
        page.status,
        StatusCode::UNAUTHORIZED,
        "where nobody shows certificates"
    );

    // What introspection says is what a resource must check.
    let form = [("token", token), ("client_id", "vekselbanken".to_owned())];
    let looked = portner
        .post(Some(&stage.vouched), "/oidc/introspect", &form)
        .await;
    assert_eq!(json(&looked)["active"], true, "{}", looked.body);
    assert_eq!(json(&looked)["cnf"]["x5t#S256"], stage.vouched.thumbprint());
    let looked = portner
        .post(Some(&thief.with_key_of(&thief)), "/oidc/introspect", &form[..1])
        .await;
    assert_refused(&looked, "invalid_client", "nobody says who asks");
}

#[tokio::test]
async fn nobody_else_is_that_client() {
    let stage = Stage::set().await;
    let portner = &stage.portner;
    let (_, form) = stage.code("vekselbanken").await;
    let other_authority = Authority::new("Bankernes CA");
    let expired = stage.authority.issue("vekselbanken", |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 2, 28);
    });
    let not_yet = stage.authority.issue("vekselbanken", |params| {
        params.not_before = rcgen::date_time_ymd(2027, 3, 2);
    });
    let for_servers = stage.authority.issue("vekselbanken", |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let others = [
        ("none", None),
        ("a colleague's", Some(stage.authority.issue("nybanken", |_| {}))),
        (
            "vouched for by another of the same name",
            Some(other_authority.issue("vekselbanken", |_| {})),
        ),
        ("self-signed", Some(Identity::self_signed("vekselbanken"))),
        ("expired", Some(expired)),
        ("not valid yet", Some(not_yet)),
        ("for servers alone", Some(for_servers)),
        ("registered for another", Some(stage.own.clone())),
    ];
    for (what, shown) in &others {
        let page = portner.post(shown.as_ref(), "/oidc/token", &form).await;
        assert_refused(&page, "invalid_client", what);
    }
    let mut with_secret = form.clone();
    with_secret.push(("client_secret", SECRET.to_owned()));
    let page = portner
        .post(Some(&stage.vouched), "/oidc/token", &with_secret)
        .await;
    assert_refused(&page, "invalid_client", "a secret besides");
    // Who saw the certificate pass by does not have its key: there is no connection at all.
    let stolen = stage.vouched.with_key_of(&stage.own);
    let asked = request("POST", MUTUAL, "/oidc/token", &[], "");
    assert!(portner.over_tls(Some(&stolen), asked).await.is_none());

    let page = portner.post(Some(&stage.vouched), "/oidc/token", &form).await;
    assert!(
        page.status.is_success(),
        "none of them burnt the code: {}",
        page.body
    );
}

/// What an authority has taken back counts no more, and neither does anything when it no longer says so in
/// time: unless the client's file says otherwise, the check is never left out (M04, DR30).
#[tokio::test]
async fn e11_a_client_whose_certificate_was_revoked_is_nobody_and_so_is_one_with_an_overdue_list() {
    let authority = Authority::new("Bankernes CA");
    let with_chain = |id: &str, more: &str| {
        let lines = format!(
            "authentication = \"tls_client_auth\"\ntls_client_auth_subject_dn = \"CN={id},O=Banken\"\n\
             [oidc.chain]\nroots = \"ca.pem\"\nlists = [\"ca.crl\"]\n{more}"
        );
        client_file(id, &lines)
    };
    let list = authority.list("2027-03-01T00:00:00Z", "2027-03-01T12:00:00Z", &[8]);
    let files = [
        with_chain("boersen", "grace = \"1 h\"\n"),
        with_chain("girobanken", "revocation = \"soft\"\n"),
        ("ca.pem".to_owned(), authority.pem()),
        ("ca.crl".to_owned(), list),
    ];
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()))
        .collect();
    let portner = Listening::start(&files).await;
    let identity = |id: &str, serial: u64| {
        authority.issue(id, |params| {
            params.serial_number = Some(rcgen::SerialNumber::from(serial));
        })
    };
    let error = async |shown: &Identity, id: &str| {
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", "x".to_owned()),
            ("client_id", id.to_owned()),
        ];
        text_of(&portner.post(Some(shown), "/oidc/token", &form).await, "error")
    };
    let (good, revoked) = (identity("boersen", 7), identity("boersen", 8));
    let (soft, soft_revoked) = (identity("girobanken", 9), identity("girobanken", 8));
    assert_eq!(error(&good, "boersen").await, "invalid_grant", "it is believed");
    assert_eq!(error(&revoked, "boersen").await, "invalid_client");
    assert_eq!(error(&soft, "girobanken").await, "invalid_grant");
    assert_eq!(error(&soft_revoked, "girobanken").await, "invalid_client");

    // Nobody has replaced the list in time: for an hour that is borne, and then not any more.
    let house = &portner.world.house;
    house.wait(jiff::SignedDuration::from_mins(4 * 60 + 59));
    assert_eq!(error(&good, "boersen").await, "invalid_grant", "within the grace");
    house.wait(jiff::SignedDuration::from_mins(2));
    assert_eq!(error(&good, "boersen").await, "invalid_client", "overdue");
    assert_eq!(error(&soft, "girobanken").await, "invalid_grant", "soft");
    assert_eq!(
        error(&soft_revoked, "girobanken").await,
        "invalid_client",
        "soft, and on the list"
    );

    // A new list: it is believed again, unless it is on that one.
    let put = |revoked: &[u64]| {
        let list = authority.list("2027-03-01T13:00:00Z", "2027-03-02T12:00:00Z", revoked);
        house.files.put("metadata/services/ca.crl", &list);
        house.reload();
    };
    put(&[8]);
    assert_eq!(error(&good, "boersen").await, "invalid_grant");
    put(&[7, 8]);
    assert_eq!(error(&good, "boersen").await, "invalid_client");
    // Another authority's list says nothing about it.
    let other = Authority::new("Andre CA").list("2027-03-01T13:00:00Z", "2027-03-02T12:00:00Z", &[]);
    house.files.put("metadata/services/ca.crl", &other);
    house.reload();
    assert_eq!(
        error(&good, "boersen").await,
        "invalid_client",
        "no list speaks of it"
    );

    // A check that is asked for and cannot be made registers nobody.
    std::fs::remove_file(house.files.path("metadata/services/ca.crl")).unwrap();
    assert!(house.reload_faulty().stop_logins());
    assert_eq!(error(&good, "boersen").await, "invalid_client");
}

#[tokio::test]
async fn a_name_or_a_registered_certificate_will_do_where_the_client_has_that() {
    let stage = Stage::set().await;
    let portner = &stage.portner;
    let (_, form) = stage.code("nybanken").await;
    assert_refused(
        &portner.post(Some(&stage.vouched), "/oidc/token", &form).await,
        "invalid_client",
        "another bank",
    );
    let its_own = stage.authority.issue("nybanken", |_| {});
    assert!(
        portner
            .post(Some(&its_own), "/oidc/token", &form)
            .await
            .status
            .is_success()
    );

    // FAPI 2.0 with certificates alone: pushed, redeemed and bound without any DPoP.
    let client = stage.world().client("sparekassen");
    let asked = client.asked(&[]);
    let pushed: Vec<_> = asked
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let page = portner
        .post(Some(&Identity::self_signed("sparekassen")), "/oidc/par", &pushed)
        .await;
    assert_refused(&page, "invalid_client", "another certificate of the same name");
    let page = portner.post(Some(&stage.own), "/oidc/par", &pushed).await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.body);
    let name = text_of(&page, "request_uri");
    let mut browser = stage.world().visitor();
    let page = browser
        .get(&format!(
            "/oidc/authorize?client_id=sparekassen&request_uri={name}"
        ))
        .await;
    let page = stage.world().log_in_as(&mut browser, &page, "alma1234").await;
    let form = Stage::redemption(&client, &client.answer(&page)["code"]);
    let tokens = portner.post(Some(&stage.own), "/oidc/token", &form).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    let token = text_of(&tokens, "access_token");
    assert!(
        portner
            .userinfo(Some(&stage.own), &token)
            .await
            .status
            .is_success()
    );
    assert!(!portner.userinfo(None, &token).await.status.is_success());
}

#[tokio::test]
async fn a_public_clients_refresh_token_is_bound_to_its_certificate() {
    let stage = Stage::set().await;
    let portner = &stage.portner;
    let (mine, thiefs) = (Identity::self_signed("telefon"), Identity::self_signed("telefon"));
    let (_, form) = stage.code("mobil").await;
    let page = portner.post(None, "/oidc/token", &form).await;
    assert_refused(&page, "invalid_request", "no certificate");
    let tokens = portner.post(Some(&mine), "/oidc/token", &form).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    let renewal = [
        ("client_id", "mobil".to_owned()),
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", text_of(&tokens, "refresh_token")),
    ];
    let page = portner.post(Some(&thiefs), "/oidc/token", &renewal).await;
    assert_refused(&page, "invalid_grant", "another certificate");
    let page = portner.post(Some(&mine), "/oidc/token", &renewal).await;
    assert!(page.status.is_success(), "{}", page.body);
}

#[tokio::test]
async fn a_header_is_believed_of_the_proxy_alone_and_only_where_certificates_are_shown() {
    let stage = Stage::set().await;
    let portner = &stage.portner;
    let (_, form) = stage.code("vekselbanken").await;
    let header = [stage.vouched.header()];

    // A client that connects by itself writes the header in vain: its connection has no certificate.
    let mut headers = header.to_vec();
    headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form)
        .finish();
    let spoofed = request("POST", MUTUAL, "/oidc/token", &headers, &body);
    let page = portner.over_tls(None, spoofed.clone()).await.unwrap();
    assert_refused(&page, "invalid_client", "by the header of a stranger");
    let page = portner.over_tls(Some(&stage.own), spoofed).await.unwrap();
    assert_refused(&page, "invalid_client", "beside a certificate of its own");
    // At the origin of browsers nobody shows certificates, whatever the proxy lets through.
    let page = portner
        .by_proxy("login.example", &header, "/oidc/token", &form)
        .await;
    assert_refused(&page, "invalid_client", "at the other door");
    let twice = [header[0].clone(), stage.own.header()];
    let page = portner.by_proxy(MUTUAL, &twice, "/oidc/token", &form).await;
    assert_refused(&page, "invalid_client", "two of them");

    let tokens = portner.by_proxy(MUTUAL, &header, "/oidc/token", &form).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    let token = text_of(&tokens, "access_token");
    assert!(
        portner
            .userinfo(Some(&stage.vouched), &token)
            .await
            .status
            .is_success(),
        "the same certificate, by either way"
    );
}

#[tokio::test]
async fn browsers_are_never_sent_where_certificates_are_asked_for() {
    let stage = Stage::set().await;
    for path in [
        "/",
        "/oidc/authorize?client_id=mobil",
        "/saml/sso",
        "/oidc/jwks",
        "/logout",
    ] {
        let page = stage.portner.get(path).await;
        assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    let document = json(&stage.program().get("/.well-known/openid-configuration").await);
    assert_eq!(document["token_endpoint"], format!("{ORIGIN}/oidc/token"));
    let aliases = document["mtls_endpoint_aliases"].as_object().unwrap();
    assert_eq!(aliases.len(), 5);
    for (endpoint, address) in aliases {
        let path = address
            .as_str()
            .unwrap()
            .strip_prefix(&format!("https://{MUTUAL}"))
            .unwrap();
        assert_eq!(document[endpoint], format!("{ORIGIN}{path}"));
        let page = stage.portner.post(None, path, &[]).await;
        assert!(
            [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED].contains(&page.status),
            "{endpoint}: {}",
            page.status
        );
    }
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
    let methods = document["token_endpoint_auth_methods_supported"].to_string();
    assert!(methods.contains("\"tls_client_auth\"") && methods.contains("self_signed_tls_client_auth"));

    let plain = Federation::start().await;
    let document = json(&plain.visitor().get("/.well-known/openid-configuration").await);
    assert!(
        document["mtls_endpoint_aliases"].is_null(),
        "nothing is promised that is not there"
    );
    assert!(!document.to_string().contains("tls_client_auth"));
}
