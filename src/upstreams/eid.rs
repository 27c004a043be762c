//! The national eID, in each shape that it comes in, becomes one [`CprProof`].
//!
//! Where names stand is in the mapping (`trust/mapping.rs`); here is what they mean together:
//! which of them prove that this is the Danish eID at all, who is an employee, and what must
//! not be missing. What is not in order is refused with the name of the check.

use super::evidence::{Said, cpr_digits};
use crate::domain::assurance::IdentityKind;
use crate::domain::cpr::{Cpr, NotACpr};
use crate::domain::eid::{CprProof, CprUuid, CvrNumber, EidScheme, Employer};
use crate::trust::mapping::IdentityMapping;

const OIO: &str = "https://data.gov.dk/model/core/eid/";
const SPEC_VERSION: &str = "https://data.gov.dk/model/core/specVersion";
const NSIS_LOA: &str = "https://data.gov.dk/concept/core/nsis/loa";

/// An answer that the scheme does not allow: the name of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the eID's answer is not as its scheme has it: {0}")]
pub(super) struct NotAsTheScheme(pub(super) &'static str);

/// Reads what the eID vouched for.
pub(super) fn prove(
    scheme: EidScheme,
    mapping: &IdentityMapping,
    said: &impl Said,
) -> Result<CprProof, NotAsTheScheme> {
    let identity = match scheme {
        EidScheme::NemLogIn => nemlogin(said)?,
        EidScheme::Signaturgruppen => signaturgruppen(said)?,
        EidScheme::Idura => idura(said)?,
        EidScheme::Signicat => signicat(said)?,
    };
    let employer = match identity {
        IdentityKind::Person => None,
        IdentityKind::Professional => Some(employer(scheme, said)?),
    };
    Ok(CprProof {
        number: number(mapping, said)?,
        uuid: first(said, &[&format!("{OIO}cprUuid"), "nemlogin.cpr_uuid"])
            .map(|text| CprUuid::parse(&text).ok_or(NotAsTheScheme("cpr_uuid")))
            .transpose()?,
        identity,
        employer,
    })
}

/// OIOSAML 3.0.3 §5: version and level are always said, and the name tells who acts.
fn nemlogin(said: &impl Said) -> Result<IdentityKind, NotAsTheScheme> {
    if !first(said, &[SPEC_VERSION]).is_some_and(|version| version.starts_with("OIO-SAML-3.")) {
        return Err(NotAsTheScheme("spec_version"));
    }
    if first(said, &[NSIS_LOA]).is_none() {
        return Err(NotAsTheScheme("loa"));
    }
    let of_kind = |kind: &str| said.subject().starts_with(&format!("{OIO}{kind}/uuid/"));
    match (of_kind("person"), of_kind("professional")) {
        (true, false) => Ok(IdentityKind::Person),
        (false, true) => Ok(IdentityKind::Professional),
        _ => Err(NotAsTheScheme("name_id")),
    }
}

/// The broker has other eIDs too, which say nothing about a CPR number of ours.
fn signaturgruppen(said: &impl Said) -> Result<IdentityKind, NotAsTheScheme> {
    let by_idp = match first(said, &["idp"]).as_deref() {
        Some("mitid") => IdentityKind::Person,
        Some("mitid_erhverv") => IdentityKind::Professional,
        _ => return Err(NotAsTheScheme("idp")),
    };
    match first(said, &["identity_type"]).as_deref() {
        Some("private") => Ok(IdentityKind::Person),
        Some("professional") => Ok(IdentityKind::Professional),
        None => Ok(by_idp),
        Some(_) => Err(NotAsTheScheme("identity_type")),
    }
}

fn idura(said: &impl Said) -> Result<IdentityKind, NotAsTheScheme> {
    if !first(said, &["identityscheme"]).is_some_and(|scheme| scheme.starts_with("dkmitid")) {
        return Err(NotAsTheScheme("identityscheme"));
    }
    Ok(by_employer(said))
}

fn signicat(said: &impl Said) -> Result<IdentityKind, NotAsTheScheme> {
    if first(said, &["idp_id"]).as_deref() != Some("mitid") {
        return Err(NotAsTheScheme("idp_id"));
    }
    // A national number of another country may have ten digits as well.
    let has_number = first(said, &["nin"]).is_some();
    let is_cpr = first(said, &["nin_type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("CPR"));
    if has_number && !is_cpr {
        return Err(NotAsTheScheme("nin_type"));
    }
    Ok(by_employer(said))
}

/// Where the broker does not say who acts, a company number does.
fn by_employer(said: &impl Said) -> IdentityKind {
    if first(said, &CVR).is_some() {
        IdentityKind::Professional
    } else {
        IdentityKind::Person
    }
}

const CVR: [&str; 4] = [
    "https://data.gov.dk/model/core/eid/professional/cvr",
    "nemlogin.cvr",
    "cvrNumberIdentifier",
    "cvr",
];
const RID: [&str; 3] = [
    "https://data.gov.dk/model/core/eid/professional/rid",
    "nemlogin.nemid.rid",
    "ridNumberIdentifier",
];

/// Nobody is an employee of nowhere.
fn employer(scheme: EidScheme, said: &impl Said) -> Result<Employer, NotAsTheScheme> {
    let cvr = first(said, &CVR).and_then(|text| CvrNumber::parse(&text));
    let has_name = first(said, &[&format!("{OIO}professional/orgName")]).is_some();
    if scheme == EidScheme::NemLogIn && !has_name {
        return Err(NotAsTheScheme("org_name"));
    }
    Ok(Employer {
        cvr: cvr.ok_or(NotAsTheScheme("cvr"))?,
        rid: first(said, &RID),
    })
}

/// A number that is there and cannot be read is no number that is missing.
fn number(mapping: &IdentityMapping, said: &impl Said) -> Result<Option<Cpr>, NotAsTheScheme> {
    let mut found: Option<Cpr> = None;
    for text in mapping.cpr.iter().flat_map(|name| said.values(name)) {
        let number = Cpr::parse(cpr_digits(&text)).map_err(|error| {
            NotAsTheScheme(match error {
                NotACpr::Shape => "cpr",
                NotACpr::Replacement => "replacement_cpr",
            })
        })?;
        if found.as_ref().is_some_and(|known| *known != number) {
            return Err(NotAsTheScheme("cpr"));
        }
        found = Some(number);
    }
    Ok(found)
}

fn first(said: &impl Said, names: &[&str]) -> Option<String> {
    let values = names.iter().flat_map(|name| said.values(name));
    values
        .map(|value| value.trim().to_owned())
        .find(|value| !value.is_empty())
}
