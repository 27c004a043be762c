//! A SAML identity provider: its metadata, with what our side decides about it in `[saml]`.
//!
//! What is asked of it and how is read whatever its metadata says, so that a file is told all of its
//! faults at once. What both roles have in common is in `saml_party`.

use std::sync::Arc;

use jiff::Timestamp;

use super::certified::{read_chain, vouched_for};
use super::load::{PartyFile, Terms};
use super::saml_ciphers::read_cbc_exception;
use super::saml_party::{
    Described, read_format, read_metadata, read_signature, report_keys, report_missing_role,
};
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::keys::SigningAlgorithm;
use crate::saml::metadata::IdpRole;
use crate::saml::name_id::NameIdFormat;
use crate::saml::peer::{
    AssertionEncryption, AssertionSecrecy, NameHint, RequestHints, SamlIdp, SignWhat, Skew, SsoEndpoints,
    WantedSignatures,
};

/// Reads `[saml]` of an identity provider and the metadata that it names.
pub(super) fn read_idp(
    section: &mut Section<'_>,
    file: &PartyFile,
    terms: &Terms<'_>,
) -> Option<(SamlIdp, Described)> {
    let metadata = read_metadata(section, file, terms);
    let decided = Decided::read(section, terms);
    let chain = read_chain(section, file);
    let metadata = metadata?;
    let Some(mut role) = metadata.idp else {
        report_missing_role(section, "IDPSSODescriptor");
        return None;
    };
    let mut described = Described::new(metadata.about, metadata.valid_until, &role.certificates);
    report_keys(section, &role.keys_passed_over);
    if let Some(chain) = chain {
        let (keys, vouched) = vouched_for(section, chain, &role.certified, terms);
        role.keys = keys.unwrap_or(role.keys);
        described.validity.vouched = Some(vouched);
    }
    if let Some(binding) = decided.binding {
        role.sso = bound(section, role.sso, binding);
    }
    decided.report_lost_name(section, &role.sso);
    let idp = SamlIdp {
        encrypt: decided.encryption(&mut role).map(Arc::new),
        sign_requests: decided.sign_requests,
        signature: decided.signature?,
        signed: decided.signed,
        ask_name_id: decided.ask_name_id,
        hints: decided.hints,
        assertions: decided.assertions,
        cbc_until: decided.cbc_until,
        skew: decided.skew,
        ..role.registered(metadata.entity_id)
    };
    Some((idp, described))
}

/// What our side decides about an identity provider.
struct Decided {
    sign_requests: bool,
    /// Nothing where it wants a key that is not there.
    signature: Option<SigningAlgorithm>,
    binding: Option<Binding>,
    signed: WantedSignatures,
    ask_name_id: Option<NameIdFormat>,
    hints: RequestHints,
    assertions: AssertionSecrecy,
    cbc_until: Option<Timestamp>,
    skew: Skew,
}

/// Which way requests go.
#[derive(Debug, Clone, Copy)]
enum Binding {
    Redirect,
    Post,
}

impl Decided {
    fn read(section: &mut Section<'_>, terms: &Terms<'_>) -> Self {
        let decided = Self {
            sign_requests: section.get_or("sign_requests", true),
            signature: read_signature(section, terms.elliptic.requests, "requests-es256"),
            binding: section.word(
                "binding",
                &[("redirect", Binding::Redirect), ("post", Binding::Post)],
            ),
            signed: read_signed(section),
            ask_name_id: read_format(section, "ask_name_id"),
            hints: read_hints(section),
            assertions: read_secrecy(section),
            skew: section.get_or("clock_skew", Skew::default()),
            cbc_until: read_cbc_exception(section, terms.now),
        };
        decided.report_cbc_without_signature(section);
        decided
    }

    fn report_cbc_without_signature(&self, section: &Section<'_>) {
        if self.cbc_until.is_none() || self.signed != WantedSignatures::At(SignWhat::Assertion) {
            return;
        }
        let problem = Problem::error(
            "AES-CBC is read only under a signature of the whole Response, which is not asked for here",
        );
        let help = "let the upstream sign the Response too and write signed = \"response\" or \"both\"";
        section.fault("signed", problem.help(help));
    }

    fn report_lost_name(&self, section: &Section<'_>, sso: &SsoEndpoints) {
        if self.hints.name.parameter().is_none() || !matches!(sso, SsoEndpoints::Post(_)) {
            return;
        }
        let problem =
            Problem::warning("the name is not handed on: this upstream takes requests only by POST");
        let help = "write name_hint = \"none\", or ask for metadata with an address for HTTP-Redirect";
        section.fault("name_hint", problem.help(help));
    }

    /// Who may send us no name in the clear gets none in the clear.
    fn encryption(&self, role: &mut IdpRole) -> Option<AssertionEncryption> {
        let offered = role.encryption.take();
        offered.filter(|_| self.assertions == AssertionSecrecy::Required)
    }
}

fn read_signed(section: &mut Section<'_>) -> WantedSignatures {
    let words = [
        ("either", WantedSignatures::Either),
        ("response", WantedSignatures::At(SignWhat::Response)),
        ("assertion", WantedSignatures::At(SignWhat::Assertion)),
        ("both", WantedSignatures::At(SignWhat::Both)),
    ];
    section.word("signed", &words).unwrap_or_default()
}

fn read_secrecy(section: &mut Section<'_>) -> AssertionSecrecy {
    let words = [
        ("any", AssertionSecrecy::Optional),
        ("encrypted", AssertionSecrecy::Required),
    ];
    section.word("assertions", &words).unwrap_or_default()
}

fn read_hints(section: &mut Section<'_>) -> RequestHints {
    let usual = RequestHints::default();
    RequestHints {
        name: section.word("name_hint", &NameHint::WORDS).unwrap_or(usual.name),
        scoping: section.get_or("scoping", usual.scoping),
    }
}

/// The address for this binding; if there is none, reports it and keeps what there is.
fn bound(section: &Section<'_>, sso: SsoEndpoints, binding: Binding) -> SsoEndpoints {
    match (sso, binding) {
        (SsoEndpoints::Both { redirect, .. }, Binding::Redirect) => SsoEndpoints::Redirect(redirect),
        (SsoEndpoints::Both { post, .. }, Binding::Post) => SsoEndpoints::Post(post),
        (sso @ SsoEndpoints::Redirect(_), Binding::Redirect)
        | (sso @ SsoEndpoints::Post(_), Binding::Post) => sso,
        (sso, _) => {
            let problem = Problem::error("the metadata has no address for requests by this binding");
            let help = "write the other of \"redirect\" and \"post\", or ask for metadata with that address";
            section.fault("binding", problem.help(help));
            sso
        }
    }
}
