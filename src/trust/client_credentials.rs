//! What an OpenID client proves who it is with, as its file says: a secret, keys, or nothing.

use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::config::secret::SecretSource;
use crate::oidc::client::{ClientAuthentication, SecretDigest};
use crate::oidc::jwk::KeySet;

use super::client_certificates::{read_registered, read_vouched};
use super::load::{PartyFile, Terms};

/// The keys that the client's request objects verify with: those of its assertions, or its own.
pub(super) fn request_keys(
    section: &mut Section<'_>,
    authentication: Option<&ClientAuthentication>,
    file: &PartyFile,
) -> Option<KeySet> {
    if let Some(ClientAuthentication::PrivateKeyJwt(keys)) = authentication {
        return Some(keys.clone());
    }
    // A set that is there for its certificates may hold keys that sign nothing.
    let by_certificate = matches!(authentication, Some(ClientAuthentication::Tls(_)));
    let jwks: Option<String> = section.get("jwks");
    if by_certificate && !section.get_or("require_signed_request_object", false) {
        let json = std::fs::read(file.beside(&jwks?)).ok()?;
        return KeySet::from_json(&json).ok();
    }
    read_key_set(section, Some(jwks?.as_str()), file)
}

/// How a client proves who it is: a secret unless its file says otherwise.
pub(super) fn read_authentication(
    section: &mut Section<'_>,
    file: &PartyFile,
    terms: &Terms<'_>,
) -> Option<ClientAuthentication> {
    /// The methods of OpenID Connect Core §9 that are known here.
    #[derive(Clone, Copy)]
    enum Method {
        Basic,
        Post,
        PrivateKeyJwt,
        Tls,
        SelfSignedTls,
        Nothing,
    }
    let method = section.word(
        "authentication",
        &[
            ("client_secret_basic", Method::Basic),
            ("client_secret_post", Method::Post),
            ("private_key_jwt", Method::PrivateKeyJwt),
            ("tls_client_auth", Method::Tls),
            ("self_signed_tls_client_auth", Method::SelfSignedTls),
            ("none", Method::Nothing),
        ],
    );
    let digest = read_secret_digest(section);
    let jwks: Option<String> = section.get("jwks");
    match method.unwrap_or(Method::Basic) {
        Method::Nothing => {
            report_idle_secret(section, digest.as_ref());
            Some(ClientAuthentication::None)
        }
        Method::PrivateKeyJwt => {
            read_key_set(section, jwks.as_deref(), file).map(ClientAuthentication::PrivateKeyJwt)
        }
        Method::Tls => read_vouched(section, file, terms).map(ClientAuthentication::Tls),
        Method::SelfSignedTls => {
            read_registered(section, jwks.as_deref(), file).map(ClientAuthentication::Tls)
        }
        basic_or_post => {
            let Some(digest) = digest else {
                if !section.has("secret") && !section.has("secret_sha256") {
                    let problem = Problem::error("this client has no secret");
                    section.fault("authentication", problem.help("add secret = { file = \"…\" } or secret_sha256 = \"…\", or authentication = \"none\" for a public client"));
                }
                return None;
            };
            Some(match basic_or_post {
                Method::Post => ClientAuthentication::ClientSecretPost(digest),
                _ => ClientAuthentication::ClientSecretBasic(digest),
            })
        }
    }
}

/// Whoever gave a client a secret does not mean anybody to be this client without it.
fn report_idle_secret(section: &Section<'_>, digest: Option<&SecretDigest>) {
    if digest.is_some() {
        let problem = Problem::error("this client has a secret that nobody is asked for");
        section.fault(
            "authentication",
            problem.help("remove authentication = \"none\", or the secret of a client that can keep none"),
        );
    }
}

fn read_secret_digest(section: &mut Section<'_>) -> Option<SecretDigest> {
    let hex: Option<String> = section.get("secret_sha256");
    let source: Option<SecretSource> = section.get("secret");
    if let Some(hex) = hex {
        return section.checked("secret_sha256", SecretDigest::from_hex(&hex));
    }
    match source?.read() {
        Ok(secret) => section.checked(
            "secret",
            SecretDigest::of_secret(secret.expose_text().unwrap_or_default()),
        ),
        Err(error) => {
            section.fault("secret", Problem::error(error.to_string()).help(error.remedy()));
            None
        }
    }
}

fn read_key_set(section: &Section<'_>, jwks: Option<&str>, file: &PartyFile) -> Option<KeySet> {
    let Some(name) = jwks else {
        let problem = Problem::error("this client has no keys");
        section.fault(
            "authentication",
            problem
                .help("add jwks = \"name.jwks.json\", a file beside this one with the client's public keys"),
        );
        return None;
    };
    let keys = std::fs::read(file.beside(name))
        .map_err(|error| error.to_string())
        .and_then(|json| KeySet::from_json(&json).map_err(|error| error.to_string()));
    match keys {
        Ok(keys) if keys.iter().next().is_some() => Some(keys),
        Ok(_) => {
            section.fault(
                "jwks",
                Problem::error(format!("{name} holds no key that can be used"))
                    .help("ask the client for its public signing keys (ES256, RS256, PS256 or EdDSA)"),
            );
            None
        }
        Err(why) => {
            section.fault(
                "jwks",
                Problem::error(format!("{name} is no JWK Set: {why}"))
                    .help("put the client's JWK Set in that file"),
            );
            None
        }
    }
}
