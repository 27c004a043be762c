//! Every URL on one screen.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::deliveries;
use super::login::{
    account, acs, actor, adult, authorize_oidc, callback, change, choose, current, name, password,
    secret_notes, sso_saml, teacher_picture, tell,
};
use super::logout::{self, by_oidc_upstream, by_saml_service, by_saml_upstream, by_visitor, receipt};
use super::recovery::{done, overview, renewal};
use super::service_api::{
    backchannel, discovery, introspect, jwks, metadata, par, realm, revoke, token, userinfo,
};
use super::state::Portner;
use super::{api, class_link, desk, elevadgang, envelope, me, public, refusal_again, status, vouching};

/// The public listener's routes.
#[expect(clippy::too_many_lines, reason = "a list of all addresses")]
pub fn routes(portner: Portner) -> Router {
    Router::new()
        // A login's own pages.
        .route("/login/{service}/{tx}", get(current::get))
        .route("/login/{service}/{tx}/name", get(name::get).post(name::post))
        .route(
            "/login/{service}/{tx}/choose",
            get(choose::get).post(choose::post),
        )
        .route(
            "/login/{service}/{tx}/password",
            get(password::get).post(password::post),
        )
        .route(
            "/login/{service}/{tx}/account",
            get(current::get).post(account::post),
        )
        .route("/login/{service}/{tx}/actor", get(current::get).post(actor::post))
        .route(
            "/login/{service}/{tx}/new-password",
            get(secret_notes::new_password).post(secret_notes::wish),
        )
        .route(
            "/login/{service}/{tx}/forgotten",
            get(secret_notes::forgotten).post(teacher_picture::again),
        )
        .route(
            "/login/{service}/{tx}/teacher-picture",
            get(current::get).post(teacher_picture::post),
        )
        .route(
            "/login/{service}/{tx}/runs-out",
            get(current::get).post(secret_notes::runs_out),
        )
        .route(
            "/login/{service}/{tx}/change",
            get(current::get).post(change::post),
        )
        .route(
            "/login/{service}/{tx}/changed",
            get(current::get).post(secret_notes::changed),
        )
        .route("/login/{service}/{tx}/adult", get(current::get).post(adult::post))
        .route("/login/{service}/{tx}/adult/state", get(adult::state))
        .route("/login/{service}/{tx}/tell", get(current::get).post(tell::post))
        .route("/login/{service}/{tx}/again", get(current::again))
        .route("/stopped", get(refusal_again::get))
        // Services ask.
        .route("/saml/sso", get(sso_saml::get).post(sso_saml::post))
        .route(
            "/oidc/authorize",
            get(authorize_oidc::get).post(authorize_oidc::post),
        )
        .route("/oidc/token", post(token::post).options(token::preflight))
        .route(
            "/oidc/userinfo",
            get(userinfo::get).post(userinfo::post).options(token::preflight),
        )
        .route("/oidc/par", post(par::post).options(token::preflight))
        .route("/oidc/introspect", post(introspect::post))
        .route("/oidc/revoke", post(revoke::post).options(token::preflight))
        .route("/oidc/backchannel-authentication", post(backchannel::post))
        .route("/oidc/jwks", get(jwks::get).options(token::preflight))
        .route(
            "/.well-known/openid-configuration",
            get(discovery::get).options(token::preflight),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::get).options(token::preflight),
        )
        .route("/saml/metadata", get(metadata::get))
        .route("/saml/metadata/{upstream}", get(metadata::towards))
        // Everybody logs out.
        .route("/logout", get(by_visitor::page))
        .route("/logged-out", get(receipt::again))
        .route("/oidc/logout", get(by_visitor::get).post(by_visitor::post))
        .route("/saml/slo", get(by_saml_service::get).post(by_saml_service::post))
        .route("/saml/soap/slo", post(by_saml_service::soap))
        .route(
            "/saml/slo/{upstream}",
            get(by_saml_upstream::get).post(by_saml_upstream::post),
        )
        .route("/saml/soap/slo/{upstream}", post(by_saml_upstream::soap))
        .route("/oidc/backchannel/{upstream}", post(by_oidc_upstream::back))
        .route("/oidc/frontchannel/{upstream}", get(by_oidc_upstream::front))
        .route("/oidc/logged-out/{upstream}", get(logout::returned_from_oidc))
        // Upstreams answer.
        .route("/saml/acs/{upstream}", post(acs::post))
        .route(
            "/oidc/callback/{upstream}",
            get(callback::get).post(callback::post),
        )
        .route("/oidc/client/jwks", get(jwks::as_client))
        // School systems deliver.
        .route(deliveries::PATH, post(deliveries::post))
        // People look.
        .route("/", get(public::front))
        .route("/support", get(public::support))
        .route("/hjaelp/{role}", get(public::help))
        .route("/status", get(status::get))
        .route("/status.json", get(status::json))
        .route("/assets/{file}", get(public::asset))
        .route("/favicon.ico", get(public::favicon))
        .merge(own_pages())
        .merge(desk::routes())
        .merge(api::routes())
        .merge(for_services_of_the_incumbent())
        .fallback(public::no_such_page)
        .method_not_allowed_fallback(public::no_such_method)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(portner.clone(), envelope::around))
        .with_state(portner)
}

/// Pages of our own that people log in to.
fn own_pages() -> Router<Portner> {
    Router::new()
        // People get back in.
        .route("/faa-adgang", get(overview::get))
        .route("/faa-adgang/ny/{account}", get(renewal::get).post(renewal::post))
        .route("/faa-adgang/faerdig", get(done::get).post(done::post))
        // Parents say yes.
        .route("/sig-god-for", get(vouching::get).post(vouching::post))
        // People look at what is theirs.
        .route("/min-side", get(me::get))
        .route("/min-side/logget-ind", post(me::sessions::post))
        .route("/min-side/adgangskode", post(me::password::post))
        .route("/min-side/historik", get(me::history::get))
        // Devices of a class find their school.
        .route("/skole", get(class_link::here).post(class_link::forget))
        .route("/skole/{institution}/{class}", get(class_link::get))
        // Teachers help.
        .route("/elevadgang", get(elevadgang::front::get))
        .route("/elevadgang/mine", get(elevadgang::front::mine))
        .route(
            "/elevadgang/{institution}",
            get(elevadgang::desk::get).post(elevadgang::desk::post),
        )
        .route(
            "/elevadgang/{institution}/log-ind-igen",
            get(elevadgang::desk::prove_again),
        )
        .route(
            "/elevadgang/{institution}/giv-adgang",
            get(elevadgang::vouch::get).post(elevadgang::vouch::post),
        )
        .route(
            "/elevadgang/{institution}/giv-adgang/log-ind-igen",
            get(elevadgang::vouch::prove_again),
        )
        .route(
            "/administration/{institution}/elevadgang/giv-adgang",
            get(elevadgang::vouch::get_all).post(elevadgang::vouch::post_all),
        )
        .route(
            "/elevadgang/{institution}/ikke-eleven/{window}",
            get(elevadgang::undo::get).post(elevadgang::undo::post),
        )
        .route(
            "/elevadgang/{institution}/tavle/{group}",
            get(elevadgang::board::get).post(elevadgang::board::post),
        )
        .route(
            "/elevadgang/{institution}/tavle/{group}/nu",
            get(elevadgang::board_live::get),
        )
        .route(
            "/elevadgang/{institution}/tavle/{group}/ark",
            post(elevadgang::sheet::post),
        )
        // So do administrators, every pupil of their institution.
        .route(
            "/administration/{institution}/elevadgang",
            get(elevadgang::desk::get_all).post(elevadgang::desk::post_all),
        )
        .route(
            "/administration/{institution}/elevadgang/tavle/{group}",
            get(elevadgang::board::get_all).post(elevadgang::board::post_all),
        )
        .route(
            "/administration/{institution}/elevadgang/tavle/{group}/nu",
            get(elevadgang::board_live::get_all),
        )
        .route(
            "/administration/{institution}/elevadgang/tavle/{group}/ark",
            post(elevadgang::sheet::post_all),
        )
        .route(
            "/administration/{institution}/elevadgang/ikke-eleven/{window}",
            get(elevadgang::undo::get_all).post(elevadgang::undo::post_all),
        )
}

/// The same below the path and under the names that services of the incumbent have learnt.
fn for_services_of_the_incumbent() -> Router<Portner> {
    Router::new()
        .route(
            "/auth/realms/broker/.well-known/openid-configuration",
            get(realm::discovery).options(token::preflight),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/auth",
            get(realm::ask).post(realm::ask_by_form),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/token",
            post(token::post).options(token::preflight),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/token/introspect",
            post(introspect::post),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/revoke",
            post(revoke::post).options(token::preflight),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/ext/par/request",
            post(par::post).options(token::preflight),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/ext/ciba/auth",
            post(backchannel::post),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/userinfo",
            get(userinfo::get).post(userinfo::post).options(token::preflight),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/certs",
            get(jwks::get).options(token::preflight),
        )
        .route(
            "/auth/realms/broker/protocol/openid-connect/logout",
            get(by_visitor::get).post(by_visitor::post),
        )
        .route(
            "/auth/realms/broker/protocol/saml-stil/descriptor",
            get(metadata::get),
        )
}
