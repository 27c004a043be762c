//! The rules of one OpenID Connect client beyond the common ones: what its `[oidc]` table says
//! about pushed and signed requests, bound tokens, refresh tokens and resources.
//!
//! `profile = "fapi2"` is the FAPI 2.0 Security Profile in one line; what contradicts it is told.

use jiff::SignedDuration;
use url::Url;

use super::load::Terms;
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::oidc::client::{
    BackchannelRule, BindingRule, ClientAuthentication, ClientRules, IdTokenAlgorithm, PkceRule, RedirectUri,
    RefreshLife, RefreshRule, ResourceUri,
};
use crate::oidc::jwk::KeySet;

/// For how long tokens can be renewed with `offline_access`, where nothing is said.
const OFFLINE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A named set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Profile {
    /// OpenID Connect Core with RFC 9700.
    #[default]
    Core,
    /// FAPI 2.0 Security Profile.
    Fapi2,
}

/// Reads the rules. `keys` are the client's public keys, where it has any.
pub(super) fn read(section: &mut Section<'_>, keys: Option<KeySet>, terms: &Terms<'_>) -> ClientRules {
    let profile = section.word("profile", &[("core", Profile::Core), ("fapi2", Profile::Fapi2)]);
    let strict = profile.unwrap_or_default() == Profile::Fapi2;
    let binding = section.word(
        "sender_constrained",
        &[
            ("optional", BindingRule::Free),
            ("dpop", BindingRule::Dpop),
            ("mtls", BindingRule::Certificate),
            ("dpop-or-mtls", BindingRule::Either),
        ],
    );
    let by_profile = if strict {
        BindingRule::Either
    } else {
        BindingRule::Free
    };
    let resources = section.checked_list("resources", ResourceUri::parse);
    let own_resource: Option<String> = section.get("resource");
    let rules = ClientRules {
        must_push: section.get_or("require_pushed_authorization_requests", strict),
        must_sign: section.get_or("require_signed_request_object", false),
        binding: binding.unwrap_or(by_profile),
        refresh: read_refresh(section, strict),
        resources: resources.into_iter().collect(),
        own_resource: own_resource.and_then(|text| section.checked("resource", ResourceUri::parse(&text))),
        strict_algorithms: strict,
        backchannel: read_backchannel(section, terms),
        request_keys: keys,
    };
    if rules.must_sign && rules.request_keys.is_none() {
        let problem = Problem::error("this client must sign its requests, but has no keys");
        section.fault(
            "require_signed_request_object",
            problem
                .help("add jwks = \"name.jwks.json\", a file beside this one with the client's public keys"),
        );
    }
    if strict && (!rules.must_push || rules.binding == BindingRule::Free) {
        let problem = Problem::error("FAPI 2.0 does without neither pushed requests nor bound tokens");
        section.fault(
            "profile",
            problem.help("remove the line that takes it back, or profile = \"fapi2\""),
        );
    }
    rules
}

/// `ciba`, and the address to call where it is `ping`.
fn read_backchannel(section: &mut Section<'_>, terms: &Terms<'_>) -> BackchannelRule {
    #[derive(Clone, Copy)]
    enum Mode {
        Never,
        Poll,
        Ping,
    }
    let modes = [("none", Mode::Never), ("poll", Mode::Poll), ("ping", Mode::Ping)];
    let mode = section.word("ciba", &modes).unwrap_or(Mode::Never);
    let key = "backchannel_client_notification_endpoint";
    let text: Option<String> = section.get(key);
    // The same rules as for addresses of answers: https, no fragment, one way to write it.
    let checked = text.and_then(|text| section.checked(key, RedirectUri::parse(&text, terms.plain_http())));
    let address = checked.and_then(|address| Url::parse(address.as_str()).ok());
    match (mode, address) {
        (Mode::Never, None) => BackchannelRule::Never,
        (Mode::Poll, None) => BackchannelRule::Poll,
        (Mode::Ping, Some(address)) => BackchannelRule::Ping(address),
        (Mode::Ping, None) => {
            let problem = Problem::error("a client that is called has an address for it");
            section.fault(
                "ciba",
                problem.help(format!("add {key} = \"https://…\", or write ciba = \"poll\"")),
            );
            BackchannelRule::Poll
        }
        (Mode::Never | Mode::Poll, Some(_)) => {
            let problem = Problem::error("a client that is not called has no address for it");
            section.fault(key, problem.help("write ciba = \"ping\", or remove the address"));
            BackchannelRule::Never
        }
    }
}

fn read_refresh(section: &mut Section<'_>, strict: bool) -> RefreshRule {
    /// For how long, before it is known how long that is.
    #[derive(Clone, Copy)]
    enum Life {
        Never,
        Session,
        Offline,
    }
    let life = section.word(
        "refresh_tokens",
        &[
            ("none", Life::Never),
            ("session", Life::Session),
            ("offline", Life::Offline),
        ],
    );
    let offline: Option<SignedDuration> = section.get("refresh_lifetime");
    if offline.is_some() && !matches!(life, Some(Life::Offline)) {
        let problem = Problem::error("refresh_lifetime is for tokens that outlive the session");
        section.fault(
            "refresh_lifetime",
            problem.help("write refresh_tokens = \"offline\", or remove refresh_lifetime"),
        );
    }
    RefreshRule {
        life: match life.unwrap_or(Life::Never) {
            Life::Never => RefreshLife::Never,
            Life::Session => RefreshLife::Session,
            Life::Offline => RefreshLife::Offline(offline.unwrap_or(OFFLINE)),
        },
        // FAPI 2.0 §5.3.2.1 wants none: the client proves who it is each time.
        rotates: !strict,
    }
}

/// What FAPI 2.0 demands of the rest of the table.
pub(super) fn check(
    section: &Section<'_>,
    rules: &ClientRules,
    authentication: &ClientAuthentication,
    pkce: PkceRule,
    (id_token, userinfo): (IdTokenAlgorithm, Option<IdTokenAlgorithm>),
) {
    if rules.backchannel != BackchannelRule::Never && matches!(authentication, ClientAuthentication::None) {
        let problem = Problem::error("a client without a secret asks nobody without a browser");
        section.fault(
            "ciba",
            problem.help("remove ciba, or give the client a secret or keys"),
        );
    }
    if !rules.strict_algorithms {
        return;
    }
    let fault = |key: &str, what: &str, help: &str| {
        section.fault(key, Problem::error(what.to_owned()).help(help.to_owned()));
    };
    if !matches!(
        authentication,
        ClientAuthentication::PrivateKeyJwt(_) | ClientAuthentication::Tls(_)
    ) {
        fault(
            "authentication",
            "FAPI 2.0 knows no client secrets and no public clients",
            "write authentication = \"private_key_jwt\", \"tls_client_auth\" or \"self_signed_tls_client_auth\"",
        );
    }
    if pkce == PkceRule::Optional {
        fault("pkce", "FAPI 2.0 needs PKCE", "remove pkce = \"optional\"");
    }
    for (key, algorithm) in [("id_token", Some(id_token)), ("userinfo", userinfo)] {
        if algorithm == Some(IdTokenAlgorithm::Rs256) {
            fault(
                key,
                "FAPI 2.0 does not sign with RS256",
                &format!("write {key} = \"ES256\" or \"PS256\""),
            );
        }
    }
}

/// The sector that a `sector_identifier_uri` stands for: its host (OIDC Core §8.1).
pub(super) fn sector(section: &mut Section<'_>) -> Option<String> {
    let address: Url = section.get("sector_identifier_uri")?;
    let host = address.host_str().filter(|_| address.scheme() == "https");
    if host.is_none() {
        let problem = Problem::error("a sector identifier is an https address");
        section.fault(
            "sector_identifier_uri",
            problem.help("write the address of the client's list of redirect addresses"),
        );
    }
    host.map(str::to_owned)
}
