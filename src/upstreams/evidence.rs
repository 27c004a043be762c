//! What an upstream's words amount to: whose they are about, and how sure they make us.
//!
//! The same for both protocols: attributes and claims are names with values, and the
//! registration says which of them mean what. Nothing asked for is taken for an answer
//! (C05): class references and `acr` are not read here.

use std::collections::BTreeSet;

use super::eid::{self, NotAsTheScheme};
use crate::domain::account::UniId;
use crate::domain::assurance::{Assurance, CredentialKind, Factors, IdentityKind, NsisLevel};
use crate::domain::cpr::Cpr;
use crate::domain::eid::CprProof;
use crate::domain::login_name::Domain;
use crate::domain::privilege::{PrivilegeGroup, PrivilegeTrust};
use crate::domain::text::given;
use crate::domain::upstream::UpstreamProfile;
use crate::login::identity::Claimed;
use crate::saml::assertion::scoped;
use crate::saml::bpp;
use crate::trust::mapping::{IdentityMapping, LevelScale, SubjectMeaning};

/// Names of attributes that a log line shows, at most.
const MOST_NAMES: usize = 40;

/// Names of methods that say two factors: RFC 8176's and Microsoft's.
const TWO_FACTORS: [&str; 2] = ["mfa", "http://schemas.microsoft.com/claims/multipleauthn"];

/// Everything that an upstream said, by name.
pub(super) trait Said {
    /// Its own name for the user.
    fn subject(&self) -> &str;
    /// The values of an attribute or claim; none where it was not said.
    fn values(&self, name: &str) -> Vec<String>;
    /// The names of everything that was said.
    fn names(&self) -> Vec<&str>;
}

/// Attributes and claims whose values end in a scope that must be the upstream's own (C01).
const SCOPED: [&str; 10] = [
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
    "urn:mace:dir:attribute-def:eduPersonPrincipalName",
    "urn:mace:dir:attribute-def:eduPersonScopedAffiliation",
    "urn:oasis:names:tc:SAML:attribute:subject-id",
    "urn:oasis:names:tc:SAML:attribute:pairwise-id",
    "eduperson_principal_name",
    "eduperson_scoped_affiliation",
    "subject_id",
    "pairwise_id",
];

/// Those whose whole value is a scope.
const SCOPES: [&str; 3] = [
    "urn:oid:1.3.6.1.4.1.25178.1.2.9",
    "urn:mace:terena.org:attribute-def:schacHomeOrganization",
    "schac_home_organization",
];

/// Whether every scoped value ends in one of these scopes, compared by equality (DR11). An
/// upstream without a registered scope asserts no scoped value.
pub(super) fn is_in_scope(said: &impl Said, scopes: &BTreeSet<Domain>) -> bool {
    let said_of = |names: &'static [&'static str]| names.iter().flat_map(|name| said.values(name));
    said_of(&SCOPED).all(|value| scoped(&value).is_some_and(|(_, scope)| scopes.contains(&scope)))
        && said_of(&SCOPES)
            .all(|value| scoped(&format!("x@{value}")).is_some_and(|(_, scope)| scopes.contains(&scope)))
}

/// The digits of a CPR number, also where it is written as SCHAC has it.
pub(super) fn cpr_digits(text: &str) -> &str {
    const SCHAC: &str = "urn:mace:terena.org:schac:personalUniqueID:dk:CPR:";
    let text = text.trim();
    text.get(..SCHAC.len())
        .filter(|head| head.eq_ignore_ascii_case(SCHAC))
        .and_then(|_| text.get(SCHAC.len()..))
        .unwrap_or(text)
}

/// Whose login it is, in the upstream's words.
pub(super) fn claimed(mapping: &IdentityMapping, said: &impl Said) -> Result<Claimed, NotAsTheScheme> {
    let first = |names: &[String]| names.iter().find_map(|name| said.values(name).into_iter().next());
    let subject_as = |meaning| (mapping.subject == meaning).then(|| said.subject().to_owned());
    let cpr = match mapping.eid {
        Some(scheme) => Some(eid::prove(scheme, mapping, said)?),
        None => subject_as(SubjectMeaning::Cpr)
            .or_else(|| first(&mapping.cpr))
            .and_then(|text| Cpr::parse(cpr_digits(&text)).ok())
            .map(CprProof::of),
    };
    let uni_id = subject_as(SubjectMeaning::UniId).or_else(|| first(&mapping.uni_id));
    Ok(Claimed {
        account: None,
        secret: None,
        uni_id: uni_id.and_then(|text| UniId::parse(&text).ok()),
        cpr,
        sent: said.names().into_iter().take(MOST_NAMES).map(given).collect(),
    })
}

/// What was proved: the weakest of what is said in each dimension, never above the ceiling.
pub(super) fn proved(mapping: &IdentityMapping, said: &impl Said, ceiling: Assurance) -> Assurance {
    let on_scale = |scale| {
        let sources = mapping.levels.iter().filter(move |source| source.scale == scale);
        let values = sources.flat_map(|source| said.values(&source.name));
        Values(values.map(|value| value.trim().to_owned()).collect())
    };
    let unilogin = on_scale(LevelScale::UniloginLoa);
    let asserted = on_scale(LevelScale::Nsis);
    let nsis = asserted.lowest_nsis(&on_scale(LevelScale::NsisPart));
    let two_factors = [
        // NSIS asks for two factors from Substantial on.
        asserted
            .are_there()
            .then_some(nsis >= Some(NsisLevel::Substantial)),
        unilogin.all_are(&["ToFaktor", "dk:unilogin:loa:ToFaktor"]),
        on_scale(LevelScale::AssuranceLevel).all_are(&["3", "4"]),
        on_scale(LevelScale::Methods).one_is(&TWO_FACTORS),
    ];
    let factors = match two_factors.into_iter().flatten().min() {
        Some(true) => Factors::Two,
        Some(false) | None => Factors::One,
    };
    let adult_verified = unilogin.all_are(&["VoksenVerificeret", "dk:unilogin:loa:VoksenVerificeret"]);
    Assurance {
        nsis,
        factors,
        adult_verified: adult_verified.unwrap_or(false),
        identity: identity_kind(mapping, said),
        credential: mapping
            .credential
            .iter()
            .flat_map(|name| said.values(name))
            .find_map(|value| credential_kind(&value)),
    }
    .capped_by(&ceiling)
}

/// What the user may do, as far as the upstream may say so. A list that is not understood grants nothing, and
/// neither does what an upstream says on behalf of others (C01); both are told, and the login goes on.
pub(super) fn privileges(
    mapping: &IdentityMapping,
    profile: &UpstreamProfile,
    said: &impl Said,
) -> Vec<PrivilegeGroup> {
    if profile.privileges == PrivilegeTrust::Nobody {
        return Vec::new();
    }
    let mut values = mapping.privileges.iter().flat_map(|name| said.values(name));
    let Some(value) = values.find(|value| !value.trim().is_empty()) else {
        return Vec::new();
    };
    let groups = bpp::decode(&value).unwrap_or_else(|error| {
        let why = crate::telemetry::log::chain(&error);
        tracing::warn!(upstream.id = %profile.id, why, "privileges are not understood and grant nothing");
        Vec::new()
    });
    let (believed, others): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| profile.privileges.admits(&group.scope));
    if !others.is_empty() {
        tracing::warn!(upstream.id = %profile.id, groups = others.len(), "privileges on behalf of others grant nothing");
    }
    believed
}

/// An eID's scheme tells private people from employees, whatever else is said.
pub(super) fn of_kind(proved: Assurance, mapping: &IdentityMapping, claimed: &Claimed) -> Assurance {
    match &claimed.cpr {
        Some(proof) if mapping.eid.is_some() => Assurance {
            identity: proof.identity,
            ..proved
        },
        _ => proved,
    }
}

fn identity_kind(mapping: &IdentityMapping, said: &impl Said) -> IdentityKind {
    let kinds = mapping.identity_kind.iter().flat_map(|name| said.values(name));
    let mut kinds = kinds.map(|kind| kind.to_ascii_lowercase());
    let mut only_professionals = mapping.professional_if.iter();
    if only_professionals.any(|name| !said.values(name).is_empty())
        || kinds.any(|kind| kind.contains("professional"))
    {
        IdentityKind::Professional
    } else {
        IdentityKind::Person
    }
}

/// Reads NemLog-in's URIs, and their last words alone.
fn credential_kind(value: &str) -> Option<CredentialKind> {
    let value = value.trim();
    let word = value
        .strip_prefix("https://nemlogin.dk/internal/credential/type/")
        .unwrap_or(value);
    let kinds = [
        CredentialKind::MitId,
        CredentialKind::Local,
        CredentialKind::NemIdKeyCard,
        CredentialKind::NemIdKeyFile,
        CredentialKind::Test,
    ];
    kinds.into_iter().find(|kind| kind.word() == word)
}

/// What was said on one scale; nothing is not the same as something unknown.
struct Values(Vec<String>);

impl Values {
    fn are_there(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether each is one of `accepted`; nothing where nothing was said.
    fn all_are(&self, accepted: &[&str]) -> Option<bool> {
        let all = self.0.iter().all(|value| accepted.contains(&value.as_str()));
        self.are_there().then_some(all)
    }

    /// Whether one is among `accepted`; nothing where nothing was said.
    fn one_is(&self, accepted: &[&str]) -> Option<bool> {
        let one = self.0.iter().any(|value| accepted.contains(&value.as_str()));
        self.are_there().then_some(one)
    }

    /// The lowest of the levels and their parts, none where one is not understood. The level is
    /// the lowest of its parts, and parts alone assert nothing (NSIS 2.0).
    fn lowest_nsis(&self, parts: &Self) -> Option<NsisLevel> {
        let levels = self.0.iter().chain(&parts.0).map(|value| nsis_level(value));
        levels.min().flatten().filter(|_| self.are_there())
    }
}

/// Reads `Substantial`, `SUBSTANTIAL`, `https://data.gov.dk/concept/core/nsis/Substantial` and the same below
/// `nsis/loa/`, `nsis/ial/` and `nsis/aal/`. The end of any other URI is nobody's level.
fn nsis_level(value: &str) -> Option<NsisLevel> {
    let below = value.strip_prefix("https://data.gov.dk/concept/core/nsis/");
    let word = below.map_or(value, |rest| {
        ["loa/", "ial/", "aal/"]
            .iter()
            .find_map(|part| rest.strip_prefix(part))
            .unwrap_or(rest)
    });
    match word.to_ascii_lowercase().as_str() {
        "low" => Some(NsisLevel::Low),
        "substantial" => Some(NsisLevel::Substantial),
        "high" => Some(NsisLevel::High),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::mapping::LevelSource;

    struct Words(Vec<(&'static str, &'static str)>);

    impl Said for Words {
        fn subject(&self) -> &'static str {
            "0102034567"
        }

        fn values(&self, name: &str) -> Vec<String> {
            self.0
                .iter()
                .filter(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
                .collect()
        }

        fn names(&self) -> Vec<&str> {
            self.0.iter().map(|(name, _)| *name).collect()
        }
    }

    const STRONG: Assurance = Assurance {
        nsis: Some(NsisLevel::High),
        factors: Factors::Two,
        adult_verified: true,
        identity: IdentityKind::Person,
        credential: None,
    };

    fn mapping() -> IdentityMapping {
        let source = |name: &str, scale| LevelSource {
            name: name.to_owned(),
            scale,
        };
        IdentityMapping {
            subject: SubjectMeaning::Opaque,
            cpr: vec!["cpr".to_owned()],
            uni_id: vec!["uniid".to_owned()],
            levels: vec![
                source("nsis", LevelScale::Nsis),
                source("ial", LevelScale::NsisPart),
                source("unilogin", LevelScale::UniloginLoa),
                source("old", LevelScale::AssuranceLevel),
                source("methods", LevelScale::Methods),
            ],
            identity_kind: None,
            eid: None,
            professional_if: vec!["cvr".to_owned()],
            credential: Vec::new(),
            privileges: Vec::new(),
        }
    }

    #[test]
    fn the_subject_is_a_cpr_number_only_where_registration_says_so() {
        assert!(claimed(&mapping(), &Words(vec![])).unwrap().cpr.is_none());
        let by_subject = IdentityMapping {
            subject: SubjectMeaning::Cpr,
            ..mapping()
        };
        assert!(claimed(&by_subject, &Words(vec![])).unwrap().cpr.is_some());
    }

    #[test]
    fn contradicting_levels_amount_to_the_weaker_one() {
        let words = Words(vec![("nsis", "Substantial"), ("unilogin", "EnFaktor")]);
        assert_eq!(proved(&mapping(), &words, STRONG).factors, Factors::One);
    }

    #[test]
    fn an_unknown_spelling_is_the_lowest_level() {
        assert_eq!(
            proved(&mapping(), &Words(vec![("nsis", "Enormous")]), STRONG),
            Assurance::LOWEST
        );
    }

    #[test]
    fn a_level_is_spelled_as_nsis_spells_it_and_not_as_the_end_of_some_address() {
        let nsis = |value| proved(&mapping(), &Words(vec![("nsis", value)]), STRONG).nsis;
        for high in [
            "High",
            "HIGH",
            "https://data.gov.dk/concept/core/nsis/High",
            "https://data.gov.dk/concept/core/nsis/loa/High",
        ] {
            assert_eq!(nsis(high), Some(NsisLevel::High), "{high}");
        }
        for nobodys in [
            "https://example.org/High",
            "urn:x/High",
            "/High",
            "https://data.gov.dk/concept/core/nsis",
        ] {
            assert_eq!(nsis(nobodys), None, "{nobodys}");
        }
    }

    #[test]
    fn methods_tell_of_a_second_factor_and_their_absence_of_one_alone() {
        let factors = |pairs: &[(&'static str, &'static str)]| {
            proved(&mapping(), &Words(pairs.to_vec()), STRONG).factors
        };
        let microsofts = "http://schemas.microsoft.com/claims/multipleauthn";
        assert_eq!(factors(&[("methods", "pwd"), ("methods", "mfa")]), Factors::Two);
        assert_eq!(factors(&[("methods", microsofts)]), Factors::Two);
        assert_eq!(factors(&[("methods", "pwd")]), Factors::One);
        assert_eq!(factors(&[("methods", "pwd"), ("nsis", "High")]), Factors::One);
    }

    #[test]
    fn an_identity_is_professional_by_what_only_professionals_have() {
        let kind = |pairs: &[(&'static str, &'static str)]| {
            proved(&mapping(), &Words(pairs.to_vec()), STRONG).identity
        };
        assert_eq!(kind(&[("cvr", "12345678")]), IdentityKind::Professional);
        assert_eq!(kind(&[("nsis", "High")]), IdentityKind::Person);
    }

    #[test]
    fn wayfs_spelling_of_a_cpr_number_is_read() {
        let words = Words(vec![(
            "cpr",
            "urn:mace:terena.org:schac:personalUniqueID:dk:CPR:0102034567",
        )]);
        let cpr = Cpr::parse("0102034567").ok();
        assert_eq!(claimed(&mapping(), &words).unwrap().cpr, cpr.map(CprProof::of));
    }

    #[test]
    fn nothing_said_is_above_the_registered_ceiling() {
        let words = Words(vec![("nsis", "https://data.gov.dk/concept/core/nsis/High")]);
        assert_eq!(proved(&mapping(), &words, Assurance::LOWEST), Assurance::LOWEST);
    }

    #[test]
    fn the_lowest_part_is_the_level_and_parts_alone_are_none() {
        let nsis =
            |pairs: &[(&'static str, &'static str)]| proved(&mapping(), &Words(pairs.to_vec()), STRONG).nsis;
        assert_eq!(nsis(&[("nsis", "SUBSTANTIAL")]), Some(NsisLevel::Substantial));
        assert_eq!(nsis(&[("nsis", "High"), ("nsis", "Low")]), Some(NsisLevel::Low));
        assert_eq!(nsis(&[("nsis", "High"), ("nsis", "Ukendt")]), None);
        assert_eq!(nsis(&[("nsis", "High"), ("ial", "Low")]), Some(NsisLevel::Low));
        assert_eq!(nsis(&[("nsis", "High"), ("ial", "Ukendt")]), None);
        assert_eq!(nsis(&[("ial", "High")]), None);
    }

    #[test]
    fn other_scales_prove_factors_and_adults_but_no_nsis_level() {
        let proved =
            |pairs: &[(&'static str, &'static str)]| proved(&mapping(), &Words(pairs.to_vec()), STRONG);
        let old = proved(&[("old", "3")]);
        assert_eq!((old.nsis, old.factors), (None, Factors::Two));
        assert_eq!(proved(&[("unilogin", "ToFaktor")]).factors, Factors::Two);
        assert_eq!(
            proved(&[("old", "3"), ("unilogin", "EnFaktor")]).factors,
            Factors::One
        );
        assert!(proved(&[("unilogin", "VoksenVerificeret")]).adult_verified);
        assert!(!proved(&[("unilogin", "VoksenVerificeret"), ("unilogin", "EnFaktor")]).adult_verified);
    }
}
