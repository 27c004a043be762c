//! What we tell the world about our provider: `/.well-known/openid-configuration`.
//!
//! Announces what exists and nothing else; the tests of this file and the routes keep it true.

use serde::Serialize;

use super::acr;
use super::backchannel;
use super::client::Issuer;

/// The document (OIDC Discovery §3, RFC 8414).
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the specification's own fields")]
pub struct DiscoveryDocument {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: String,
    pushed_authorization_request_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    backchannel_authentication_endpoint: String,
    backchannel_token_delivery_modes_supported: [&'static str; 2],
    backchannel_user_code_parameter_supported: bool,
    scopes_supported: Vec<String>,
    claims_supported: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtls_endpoint_aliases: Option<MutualTlsAliases>,
    tls_client_certificate_bound_access_tokens: bool,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 2],
    grant_types_supported: [&'static str; 3],
    subject_types_supported: [&'static str; 2],
    id_token_signing_alg_values_supported: [&'static str; 3],
    userinfo_signing_alg_values_supported: [&'static str; 3],
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 4],
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 4],
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 4],
    request_object_signing_alg_values_supported: [&'static str; 4],
    dpop_signing_alg_values_supported: [&'static str; 4],
    code_challenge_methods_supported: [&'static str; 1],
    acr_values_supported: [&'static str; 8],
    prompt_values_supported: [&'static str; 3],
    display_values_supported: [&'static str; 1],
    claim_types_supported: [&'static str; 1],
    ui_locales_supported: [&'static str; 2],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
}

/// Where clients with certificates find the endpoints of programs (RFC 8705 §5).
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the specification's own fields")]
struct MutualTlsAliases {
    token_endpoint: String,
    userinfo_endpoint: String,
    pushed_authorization_request_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
}

/// Where our endpoints are, below the issuer.
#[derive(Debug, Clone, Copy)]
pub struct EndpointPaths<'a> {
    /// Where services send users.
    pub authorization: &'a str,
    /// Where they redeem codes.
    pub token: &'a str,
    /// Where they ask for more.
    pub userinfo: &'a str,
    /// Where our keys are.
    pub jwks: &'a str,
    /// Where they send users to log out.
    pub end_session: &'a str,
    /// Where they push requests.
    pub pushed: &'a str,
    /// Where they look into tokens.
    pub introspection: &'a str,
    /// Where they give tokens back.
    pub revocation: &'a str,
    /// Where they ask for an adult's word without a browser.
    pub backchannel: &'a str,
}

impl EndpointPaths<'_> {
    /// Whether programs ask at this path, and no browser on its way to a login does.
    pub fn is_for_programs(&self, path: &str) -> bool {
        [
            self.token,
            self.userinfo,
            self.pushed,
            self.introspection,
            self.revocation,
            self.backchannel,
        ]
        .contains(&path)
    }

    fn aliases(&self, base: &str) -> MutualTlsAliases {
        let at = |path: &str| format!("{base}{path}");
        MutualTlsAliases {
            token_endpoint: at(self.token),
            userinfo_endpoint: at(self.userinfo),
            pushed_authorization_request_endpoint: at(self.pushed),
            introspection_endpoint: at(self.introspection),
            revocation_endpoint: at(self.revocation),
        }
    }
}

/// How confidential clients prove who they are.
const CONFIDENTIAL: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The same by certificates, where some address takes any.
const BY_CERTIFICATE: [&str; 2] = ["tls_client_auth", "self_signed_tls_client_auth"];

/// What is believed in what clients sign.
const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "PS256", "RS256"];

impl DiscoveryDocument {
    /// Writes the document. Scopes and claims are those that any service can have.
    /// `mutual` is what our name begins with for clients that show certificates, where they can.
    pub fn new(
        issuer: &Issuer,
        mutual: Option<&str>,
        paths: EndpointPaths<'_>,
        scopes: Vec<String>,
        claims: Vec<String>,
    ) -> Self {
        let base = issuer.as_str().trim_end_matches('/');
        let at = |path: &str| format!("{base}{path}");
        let by_certificate = BY_CERTIFICATE.into_iter().filter(|_| mutual.is_some());
        let confidential: Vec<_> = CONFIDENTIAL.into_iter().chain(by_certificate).collect();
        let all: Vec<_> = confidential.iter().copied().chain(["none"]).collect();
        Self {
            issuer: issuer.as_str().to_owned(),
            authorization_endpoint: at(paths.authorization),
            token_endpoint: at(paths.token),
            userinfo_endpoint: at(paths.userinfo),
            jwks_uri: at(paths.jwks),
            end_session_endpoint: at(paths.end_session),
            pushed_authorization_request_endpoint: at(paths.pushed),
            introspection_endpoint: at(paths.introspection),
            revocation_endpoint: at(paths.revocation),
            backchannel_authentication_endpoint: at(paths.backchannel),
            backchannel_token_delivery_modes_supported: ["poll", "ping"],
            backchannel_user_code_parameter_supported: false,
            scopes_supported: scopes,
            claims_supported: claims,
            mtls_endpoint_aliases: mutual.map(|base| paths.aliases(base)),
            tls_client_certificate_bound_access_tokens: mutual.is_some(),
            response_types_supported: ["code"],
            response_modes_supported: ["query", "form_post"],
            grant_types_supported: ["authorization_code", "refresh_token", backchannel::GRANT_TYPE],
            subject_types_supported: ["pairwise", "public"],
            id_token_signing_alg_values_supported: ["ES256", "PS256", "RS256"],
            userinfo_signing_alg_values_supported: ["ES256", "PS256", "RS256"],
            token_endpoint_auth_methods_supported: all.clone(),
            token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
            introspection_endpoint_auth_methods_supported: confidential,
            introspection_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
            revocation_endpoint_auth_methods_supported: all,
            revocation_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
            request_object_signing_alg_values_supported: ALGORITHMS,
            dpop_signing_alg_values_supported: ALGORITHMS,
            code_challenge_methods_supported: ["S256"],
            acr_values_supported: acr::SUPPORTED,
            prompt_values_supported: ["none", "login", "select_account"],
            display_values_supported: ["page"],
            claim_types_supported: ["normal"],
            ui_locales_supported: ["da", "en"],
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_uri_parameter_supported: false,
            require_request_uri_registration: false,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::PlainHttp;

    #[test]
    fn endpoints_stand_below_the_issuer() {
        let paths = EndpointPaths {
            authorization: "/oidc/authorize",
            token: "/oidc/token",
            userinfo: "/oidc/userinfo",
            jwks: "/oidc/jwks",
            end_session: "/oidc/logout",
            pushed: "/oidc/par",
            introspection: "/oidc/introspect",
            revocation: "/oidc/revoke",
            backchannel: "/oidc/backchannel-authentication",
        };
        let issuer = Issuer::parse("https://portner.example/", PlainHttp::Refused).unwrap();
        let json =
            serde_json::to_value(DiscoveryDocument::new(&issuer, None, paths, vec![], vec![])).unwrap();
        assert_eq!(json["issuer"], "https://portner.example/");
        assert_eq!(json["token_endpoint"], "https://portner.example/oidc/token");
        assert_eq!(json["response_types_supported"], serde_json::json!(["code"]));
        assert_eq!(
            json["code_challenge_methods_supported"],
            serde_json::json!(["S256"])
        );
    }
}
