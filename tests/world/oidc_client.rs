//! An OpenID service that asks Portner whatever a test wants it to ask.

use std::collections::BTreeMap;

use axum::http::Method;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use portner::oidc::jws;
use portner::oidc::pkce::CodeChallenge;
use serde_json::Value;
use url::form_urlencoded;

use super::browser::Page;
use super::visitor::{Odd, Visitor, leads_to};

/// 43 characters, as RFC 7636 has them.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const SECRET: &str = "laesehestens-hemmelighed-som-er-lang-nok";

/// A client that is registered at Portner.
#[derive(Debug, Clone)]
pub(crate) struct OidcClient {
    pub(crate) client_id: String,
}

impl OidcClient {
    pub(crate) fn redirect_uri(&self) -> String {
        format!("https://{}.example/callback", self.client_id)
    }

    /// An honest request, with some parameters changed; one that is empty is left out.
    pub(crate) fn request(&self, change: &[(&str, &str)]) -> String {
        let redirect_uri = self.redirect_uri();
        let challenge = CodeChallenge::of(VERIFIER);
        let mut parameters: Vec<(&str, &str)> = vec![
            ("client_id", &self.client_id),
            ("redirect_uri", &redirect_uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "tilbage"),
            ("nonce", "n-42"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        parameters.retain(|(name, _)| !change.iter().any(|(changed, _)| changed == name));
        parameters.extend(change.iter().filter(|(_, value)| !value.is_empty()));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        format!("/oidc/authorize?{query}")
    }

    /// What Portner sends back by query.
    pub(crate) fn answer(&self, page: &Page) -> BTreeMap<String, String> {
        let url = leads_to(page).unwrap_or_else(|| panic!("{} leads nowhere\n{}", page.url, page.body));
        assert!(url.as_str().starts_with(&self.redirect_uri()), "sent to {url}");
        url.query_pairs().into_owned().collect()
    }

    /// The honest way to redeem a code.
    pub(crate) fn redemption(&self, code: &str) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", self.redirect_uri()),
            ("code_verifier", VERIFIER.to_owned()),
        ]
    }

    pub(crate) fn basic(&self, secret: &str) -> (&'static str, String) {
        let pair = BASE64.encode(format!("{}:{secret}", self.client_id).as_bytes());
        ("authorization", format!("Basic {pair}"))
    }

    /// Redeems a code as honest clients do.
    pub(crate) async fn redeem(&self, visitor: &Visitor, code: &str) -> Page {
        self.ask_token(visitor, &self.redemption(code), vec![self.basic(SECRET)])
            .await
    }

    pub(crate) async fn ask_token(
        &self,
        visitor: &Visitor,
        form: &[(&'static str, String)],
        headers: Vec<(&'static str, String)>,
    ) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        post_as_program(visitor, "/oidc/token", headers, body).await
    }
}

impl OidcClient {
    /// What an honest request asks, as a form.
    pub(crate) fn asked(&self, change: &[(&str, &str)]) -> Vec<(String, String)> {
        let request = self.request(change);
        let (_, query) = request.split_once('?').unwrap();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Posts a form to one of Portner's endpoints, with the secret in the header.
    pub(crate) async fn post(&self, visitor: &Visitor, target: &str, form: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        post_as_program(visitor, target, vec![self.basic(SECRET)], body).await
    }

    /// Renews tokens as honest clients do.
    pub(crate) async fn renew(&self, visitor: &Visitor, refresh_token: &str, more: &[(&str, &str)]) -> Page {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        form.extend(more);
        self.post(visitor, "/oidc/token", &form).await
    }
}

/// A text of a JSON answer.
pub(crate) fn text_of(page: &Page, member: &str) -> String {
    let document = json(page);
    let text = document[member].as_str();
    text.unwrap_or_else(|| panic!("no {member} in {document}"))
        .to_owned()
}

/// A program's POST: no cookies, no Fetch metadata.
pub(crate) async fn post_as_program(
    visitor: &Visitor,
    target: &str,
    mut headers: Vec<(&'static str, String)>,
    body: String,
) -> Page {
    let mut program = visitor.clone();
    program.cookies_mut().clear();
    headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
    program
        .odd(Odd {
            method: Method::POST,
            target,
            headers,
            body: body.into_bytes(),
        })
        .await
}

/// Userinfo for an access token.
pub(crate) async fn userinfo(visitor: &Visitor, access_token: &str) -> Page {
    let mut program = visitor.clone();
    program.cookies_mut().clear();
    program
        .odd(Odd {
            method: Method::GET,
            target: "/oidc/userinfo",
            headers: vec![("authorization", format!("Bearer {access_token}"))],
            body: Vec::new(),
        })
        .await
}

pub(crate) fn json(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_else(|_| panic!("no JSON at {}: {}", page.url, page.body))
}

/// The claims of the ID token in a token answer, unchecked.
pub(crate) fn id_token(page: &Page) -> Value {
    let document = json(page);
    let token = document["id_token"]
        .as_str()
        .unwrap_or_else(|| panic!("no ID token: {document}"));
    jws::peek(token).unwrap()
}

/// An S256 challenge of other words.
pub(crate) fn challenge_of(verifier: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    BASE64URL_NOPAD.encode(hash.as_ref())
}
