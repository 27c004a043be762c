//! `GET /.well-known/openid-configuration`, and the same at `/.well-known/oauth-authorization-server`
//! (RFC 8414): what our provider can do.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use super::cors;
use crate::oidc::client::Scope;
use crate::oidc::discovery::{DiscoveryDocument, EndpointPaths};
use crate::trust::registry::{Registry, Service, ServiceProtocol};
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Where everything is below the origin.
pub(super) const ENDPOINTS: EndpointPaths<'static> = EndpointPaths {
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

/// What every ID token says.
const PROTOCOL_CLAIMS: [&str; 9] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "acr",
    "amr",
    "sid",
];

/// The document. Scopes and claims are those that some registered service can have.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let (scopes, claims) = announced(&portner.registry(), |_| true);
    let issuer = &portner.services.oidc.issuer;
    let mutual = portner.settings.listen.mutual_tls.as_ref();
    let document = DiscoveryDocument::new(
        issuer,
        mutual.map(|mutual| mutual.origin.as_str()),
        ENDPOINTS,
        scopes,
        claims,
    );
    let response = ([(CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response();
    cors::allow(&portner, &visit.headers, response)
}

/// The scopes and claims that some OpenID service can have, of those that count.
pub(super) fn announced(
    registry: &Registry,
    counts: impl Fn(&Service) -> bool,
) -> (Vec<String>, Vec<String>) {
    let mut scopes = BTreeSet::from([Scope::openid().as_str().to_owned()]);
    let mut claims: BTreeSet<String> = PROTOCOL_CLAIMS.map(str::to_owned).into();
    for service in registry.services().filter(|service| counts(service)) {
        if let ServiceProtocol::Oidc(client) = &service.protocol {
            scopes.extend(client.scopes.iter().map(|scope| scope.as_str().to_owned()));
            let may_have = |claim: &&str| service.may_have_claim(claim);
            claims.extend(service.vocabulary.claims().filter(may_have).map(str::to_owned));
        }
    }
    (scopes.into_iter().collect(), claims.into_iter().collect())
}
