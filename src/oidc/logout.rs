//! RP-initiated logout: a service sends the user to log out (OIDC RP-Initiated Logout 1.0).
//!
//! Where the browser goes afterwards is decided by registration alone: an address that is
//! not byte-equal, or a request whose parts contradict each other, ends on our own page.
//! Without a hint the user is asked first, since anybody can send a browser here.

use super::client::{ClientId, Issuer, OidcClient, RedirectUri};
use super::hint::IdTokenHint;
use super::jwk::KeySet;
use super::params::Parameters;

/// What was asked for; nothing of it is believed yet.
pub struct LogoutRequest {
    hint: Option<IdTokenHint>,
    client_id: Option<ClientId>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// A logout request that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedLogout {
    /// Whom it is about; without a hint the user must confirm.
    pub hint: Option<IdTokenHint>,
    /// Where the browser goes afterwards, with `state`; our own page if nowhere.
    pub then: Option<String>,
}

/// Why a logout request ends on our page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRefused {
    /// A parameter came twice, or is too long.
    #[error("a parameter is malformed")]
    Parameter,
    /// The hint is not a token of ours.
    #[error("id_token_hint is not a token of ours")]
    Hint,
    /// The parts name different services.
    #[error("client_id and id_token_hint disagree")]
    Client,
    /// An address, and no service that it could belong to.
    #[error("post_logout_redirect_uri came without a client")]
    NoClient,
    /// Not byte-equal to a registered one.
    #[error("post_logout_redirect_uri is not registered")]
    Address,
}

impl LogoutRequest {
    /// Reads the parameters; a hint must bear one of our own signatures.
    pub fn read(parameters: &Parameters, issuer: &Issuer, own_keys: &KeySet) -> Result<Self, LogoutRefused> {
        let one = |name| parameters.one(name).map_err(|_| LogoutRefused::Parameter);
        let hint = match one("id_token_hint")? {
            Some(token) => Some(IdTokenHint::read(token, issuer, own_keys).map_err(|_| LogoutRefused::Hint)?),
            None => None,
        };
        let client_id = one("client_id")?
            .map(ClientId::parse)
            .transpose()
            .map_err(|_| LogoutRefused::Parameter)?;
        if let (Some(hint), Some(client_id)) = (&hint, &client_id)
            && hint.client_id != *client_id
        {
            return Err(LogoutRefused::Client);
        }
        let state = one("state")?;
        if state.is_some_and(|state| state.len() > 2048) {
            return Err(LogoutRefused::Parameter);
        }
        Ok(Self {
            hint,
            client_id,
            post_logout_redirect_uri: one("post_logout_redirect_uri")?.map(str::to_owned),
            state: state.map(str::to_owned),
        })
    }

    /// Which service is concerned: what the registry is asked for.
    pub fn client_id(&self) -> Option<&ClientId> {
        self.client_id
            .as_ref()
            .or_else(|| self.hint.as_ref().map(|hint| &hint.client_id))
    }

    /// Checks the address against what is registered of the service.
    pub fn accept(self, client: Option<&OidcClient>) -> Result<AcceptedLogout, LogoutRefused> {
        let then = match &self.post_logout_redirect_uri {
            None => None,
            Some(address) => {
                let client = client.ok_or(LogoutRefused::NoClient)?;
                if self.client_id() != Some(&client.client_id) {
                    return Err(LogoutRefused::Client);
                }
                let registered = client
                    .post_logout_redirect_uri(address)
                    .ok_or(LogoutRefused::Address)?;
                Some(with_state(registered, self.state.as_deref()))
            }
        };
        Ok(AcceptedLogout {
            hint: self.hint,
            then,
        })
    }
}

fn with_state(address: &RedirectUri, state: Option<&str>) -> String {
    let address = address.as_str();
    let Some(state) = state else {
        return address.to_owned();
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("state", state)
        .finish();
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{address}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::address::PlainHttp;
    use crate::keys::testing::p256;
    use crate::oidc::jwks::verification_keys;
    use crate::oidc::jws::{self, TokenType};
    use crate::oidc::testing::client;

    async fn logout(changes: &[(&str, &str)], issuer_of_hint: &str) -> Result<AcceptedLogout, LogoutRefused> {
        let signer = p256("k");
        let claims = json!({"iss": issuer_of_hint, "aud": "laesehest", "sub": "s", "sid": "1", "exp": 1});
        let token = jws::sign(&*signer, TokenType::IdToken, &claims).await.unwrap();
        let issuer = Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap();
        let good = [
            ("id_token_hint", token.as_str()),
            ("post_logout_redirect_uri", "https://laesehest.example/bye"),
            ("state", "a b"),
        ];
        let kept = good
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let parameters = Parameters::new(kept.chain(changes).copied());
        let request = LogoutRequest::read(&parameters, &issuer, &verification_keys([&signer]))?;
        let client = client();
        let known = request.client_id().is_some_and(|id| *id == client.client_id);
        request.accept(known.then_some(&client))
    }

    const US: &str = "https://portner.example";

    #[tokio::test]
    async fn an_old_token_of_ours_is_hint_enough() {
        let accepted = logout(&[], US).await.unwrap();
        assert_eq!(
            accepted.then.as_deref(),
            Some("https://laesehest.example/bye?state=a+b")
        );
        assert_eq!(accepted.hint.unwrap().session.as_deref(), Some("1"));
    }

    #[tokio::test]
    async fn nothing_unregistered_is_redirected_to() {
        for address in [
            "https://laesehest.example/bye/",
            "https://laesehest.example/bye?x=1",
            "https://evil.example/",
        ] {
            let refused = logout(&[("post_logout_redirect_uri", address)], US).await;
            assert_eq!(refused, Err(LogoutRefused::Address), "{address}");
        }
    }

    #[tokio::test]
    async fn bad_hints_and_contradictions_end_on_our_page() {
        assert_eq!(
            logout(&[], "https://evil.example").await,
            Err(LogoutRefused::Hint)
        );
        assert_eq!(
            logout(&[("id_token_hint", "x.y.z")], US).await,
            Err(LogoutRefused::Hint)
        );
        assert_eq!(
            logout(&[("client_id", "other")], US).await,
            Err(LogoutRefused::Client)
        );
        assert_eq!(
            logout(&[("id_token_hint", "")], US).await,
            Err(LogoutRefused::NoClient)
        );
        let twice = [("state", "a"), ("state", "b")];
        assert_eq!(logout(&twice, US).await, Err(LogoutRefused::Parameter));
    }

    #[tokio::test]
    async fn without_anything_the_user_is_asked_and_stays_here() {
        let nothing = [
            ("id_token_hint", ""),
            ("post_logout_redirect_uri", ""),
            ("state", ""),
        ];
        let accepted = logout(&nothing, US).await.unwrap();
        assert_eq!(
            accepted,
            AcceptedLogout {
                hint: None,
                then: None
            }
        );
    }
}
