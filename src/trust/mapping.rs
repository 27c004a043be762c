//! What an upstream calls the facts that decide who a user is, and how strongly.
//!
//! Only names are here; what its word is good for is in
//! [`Entitlements`](crate::domain::upstream::Entitlements), and values are read by `upstreams/`.

use toml::Spanned;
use toml::de::DeValue;

use crate::config::file::{FromToml, Section, Wrong, text};
use crate::config::problem::Problem;
use crate::domain::assurance::{Comparison, Demand, Factors, IdentityKind, NsisLevel};
use crate::domain::eid::EidScheme;

/// Where identity and level stand in an upstream's answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdentityMapping {
    /// What its `NameID` or `sub` is.
    pub subject: SubjectMeaning,
    /// Attributes or claims with the CPR number; the first that is there counts.
    pub cpr: Vec<String>,
    /// Attributes or claims with the UNI-ID; the first that is there counts.
    pub uni_id: Vec<String>,
    /// Attributes or claims with a level. The weakest that is there counts (DR09).
    pub levels: Vec<LevelSource>,
    /// The attribute that tells private from professional identities, if any.
    pub identity_kind: Option<String>,
    /// The national eID's scheme that it speaks, if any.
    pub eid: Option<EidScheme>,
    /// Attributes that only professional identities have.
    pub professional_if: Vec<String>,
    /// Attributes or claims that tell the kind of credential.
    pub credential: Vec<String>,
    /// Attributes or claims with privileges (OIO BPP); the first that is there counts.
    pub privileges: Vec<String>,
}

/// How an upstream is asked for a level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LevelWords {
    /// Which levels it is asked for at all.
    pub ask: AskedLevels,
    /// How the words relate to the answer, where it is always the same.
    pub comparison: Option<Comparison>,
    /// Its own words, the first of a kind counts.
    pub words: Vec<(Demand, String)>,
}

/// Which levels an upstream is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AskedLevels {
    /// All; those without words of its own in ours.
    #[default]
    All,
    /// Those that it has words for.
    Listed,
    /// None: it refuses the question, or does not answer it.
    None,
}

/// What OIOSAML 3 and OIOSAML 2 call privileges.
const PRIVILEGES: [&str; 2] = [
    "https://data.gov.dk/model/core/eid/privilegesIntermediate",
    "dk:gov:saml:attribute:Privileges_intermediate",
];

/// What an upstream's own name for a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubjectMeaning {
    /// A name that says nothing to us.
    #[default]
    Opaque,
    /// A CPR number, as local identity providers send it.
    Cpr,
    /// A UNI-ID, as local identity providers send it.
    UniId,
}

/// An attribute or claim with a level, and the scale that it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelSource {
    /// What the attribute or claim is called.
    pub name: String,
    /// How its values are read.
    pub scale: LevelScale,
}

/// The spellings of levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelScale {
    /// `Low`, `Substantial`, `High`, also as the end of a URI.
    Nsis,
    /// The same words for one part of the level (IAL, AAL): they lower it, and alone say nothing.
    NsisPart,
    /// `1` to `4`, the old scale.
    AssuranceLevel,
    /// `EnFaktor`, `ToFaktor`, `VoksenVerificeret`.
    UniloginLoa,
    /// Names of methods (RFC 8176, and Microsoft's): `mfa` among them says two factors.
    Methods,
}

impl FromToml for SubjectMeaning {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "a meaning of its subject",
            "\"cpr\", \"uni-id\" or \"opaque\"",
            |text| match text {
                "cpr" => Some(Self::Cpr),
                "uni-id" => Some(Self::UniId),
                "opaque" => Some(Self::Opaque),
                _ => None,
            },
        )
    }
}

/// Which protocol's names are the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// SAML attributes.
    Saml,
    /// Claims.
    Oidc,
}

/// The names of one national eID scheme.
struct EidNames {
    cpr: &'static [&'static str],
    nsis: &'static [&'static str],
    parts: &'static [&'static str],
}

const fn names_of(scheme: EidScheme) -> EidNames {
    match scheme {
        EidScheme::NemLogIn => EidNames {
            cpr: &["https://data.gov.dk/model/core/eid/cprNumber"],
            nsis: &["https://data.gov.dk/concept/core/nsis/loa"],
            parts: &[
                "https://data.gov.dk/concept/core/nsis/ial",
                "https://data.gov.dk/concept/core/nsis/aal",
            ],
        },
        EidScheme::Signaturgruppen => EidNames {
            cpr: &["dk.cpr", "nemlogin.cpr"],
            nsis: &["loa"],
            parts: &["ial", "aal"],
        },
        EidScheme::Idura => EidNames {
            cpr: &["cprNumberIdentifier"],
            nsis: &["loa"],
            parts: &["ial", "aal", "fal"],
        },
        EidScheme::Signicat => EidNames {
            cpr: &["nin"],
            nsis: &["mitid_loa"],
            parts: &["mitid_ial", "mitid_aal", "mitid_fal"],
        },
    }
}

/// Reads `[mapping]`; names that are not given are those of the eID scheme, or else those of
/// OIOSAML 2 and 3, of eduPerson and of MitID brokers.
pub(super) fn read(section: &mut Section<'_>, names: Names, eid: Option<EidScheme>) -> IdentityMapping {
    let pick = |saml: &[&str], oidc: &[&str]| -> Vec<String> {
        let list = if names == Names::Saml { saml } else { oidc };
        list.iter().map(|name| (*name).to_owned()).collect()
    };
    let level = |section: &mut Section<'_>, key, scale, default| {
        let names: Vec<String> = section.get_or(key, default);
        names.into_iter().map(move |name| LevelSource { name, scale })
    };
    let of_eid = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let nsis = pick(
        &["https://data.gov.dk/concept/core/nsis/loa"],
        &["nsis_loa", "loa", "mitid_loa"],
    );
    let parts = pick(
        &[
            "https://data.gov.dk/concept/core/nsis/ial",
            "https://data.gov.dk/concept/core/nsis/aal",
        ],
        &["ial", "aal"],
    );
    let assurance = pick(
        &[
            "dk:gov:saml:attribute:AssuranceLevel",
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.11",
        ],
        &["eduperson_assurance"],
    );
    let unilogin = pick(&["dk:unilogin:loa"], &["unilogin_loa"]);
    let cpr = pick(
        &[
            "https://data.gov.dk/model/core/eid/cprNumber",
            "dk:gov:saml:attribute:CprNumberIdentifier",
            "urn:oid:1.3.6.1.4.1.25178.1.2.15",
        ],
        &["dk.cpr", "cpr", "schac_personal_unique_id"],
    );
    let uni_id = pick(&["dk:unilogin:uniid"], &["uniid"]);
    // An eID says what its scheme has words for, and nothing in other schemes' words.
    let (nsis, parts, assurance, unilogin, cpr, uni_id) = match eid.map(names_of) {
        None => (nsis, parts, assurance, unilogin, cpr, uni_id),
        Some(names) => (
            of_eid(names.nsis),
            of_eid(names.parts),
            Vec::new(),
            Vec::new(),
            of_eid(names.cpr),
            Vec::new(),
        ),
    };
    let mapping = IdentityMapping {
        eid,
        subject: section.get_or("subject", SubjectMeaning::Opaque),
        cpr: section.get_or("cpr", cpr),
        uni_id: section.get_or("uni_id", uni_id),
        levels: level(section, "nsis", LevelScale::Nsis, nsis)
            .chain(level(
                section,
                "assurance_level",
                LevelScale::AssuranceLevel,
                assurance,
            ))
            .chain(level(section, "unilogin_loa", LevelScale::UniloginLoa, unilogin))
            .chain(level(section, "nsis_parts", LevelScale::NsisPart, parts))
            .chain(level(section, "methods", LevelScale::Methods, Vec::new()))
            .collect(),
        identity_kind: section.get("identity_kind"),
        professional_if: section.get_or("professional_if", Vec::new()),
        privileges: section.get_or("privileges", pick(&PRIVILEGES, &[])),
        credential: section.get_or("credential", Vec::new()),
    };
    if mapping.subject == SubjectMeaning::Opaque && mapping.cpr.is_empty() && mapping.uni_id.is_empty() {
        let problem = Problem::error("nothing that this upstream says identifies anybody");
        section.fault(
            "subject",
            problem.help("say where CPR number or UNI-ID stand: subject, cpr or uni_id"),
        );
    }
    mapping
}

/// Reads `[levels]`: how this upstream is asked for a level.
pub(super) fn read_levels(section: &mut Section<'_>) -> LevelWords {
    let ask = section.word(
        "ask",
        &[
            ("all", AskedLevels::All),
            ("listed", AskedLevels::Listed),
            ("none", AskedLevels::None),
        ],
    );
    let comparison = section.word(
        "comparison",
        &[("minimum", Comparison::Minimum), ("exact", Comparison::Exact)],
    );
    let demands = [
        ("low", Demand::Nsis(NsisLevel::Low)),
        ("substantial", Demand::Nsis(NsisLevel::Substantial)),
        ("high", Demand::Nsis(NsisLevel::High)),
        ("one-factor", Demand::Factors(Factors::One)),
        ("two-factors", Demand::Factors(Factors::Two)),
        ("adult-verified", Demand::AdultVerified),
        ("private-person", Demand::Identity(IdentityKind::Person)),
        ("professional", Demand::Identity(IdentityKind::Professional)),
    ];
    let words: Vec<_> = demands
        .into_iter()
        .filter_map(|(key, demand)| Some((demand, section.get(key)?)))
        .collect();
    let ask = ask.unwrap_or_default();
    if ask == AskedLevels::None && !words.is_empty() {
        let problem = Problem::error("levels have words here, but this upstream is asked for none");
        section.fault("ask", problem.help("write ask = \"listed\", or remove the words"));
    }
    if ask == AskedLevels::Listed && words.is_empty() {
        let problem = Problem::error("no level has a word here, so this upstream could be asked for none");
        section.fault(
            "ask",
            problem.help(
                "add for example two-factors = \"https://refeds.org/profile/mfa\", or write ask = \"all\"",
            ),
        );
    }
    LevelWords {
        ask,
        comparison,
        words,
    }
}
