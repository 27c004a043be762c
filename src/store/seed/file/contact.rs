//! A pupil's adults in a directory seed: who they are, and who of them has custody.

use super::{Place, parsed, stable_id};
use crate::config::file::Section;
use crate::domain::account::{AccountId, UniId};
use crate::domain::actor::ActorId;
use crate::domain::contact::Relation;
use crate::domain::institution::InstitutionNumber;

/// An adult of a pupil, by the adult's account.
#[derive(Debug)]
pub(in crate::store::seed) struct SeedContact {
    /// The pupil.
    pub(in crate::store::seed) pupil: ActorId,
    /// Where the pupil is one, and the adult a contact person.
    pub(in crate::store::seed) institution: InstitutionNumber,
    /// The adult.
    pub(in crate::store::seed) adult: AccountId,
    /// What the adult is to the child.
    pub(in crate::store::seed) relation: Relation,
    /// Whether the adult has custody.
    pub(in crate::store::seed) custody: bool,
    /// Where the file says so.
    pub(in crate::store::seed) place: Place,
}

/// Reads one `[[person.account.actor.contact]]`.
pub(super) fn read(
    section: &mut Section<'_>,
    pupil: Option<(ActorId, &InstitutionNumber)>,
) -> Option<SeedContact> {
    let adult = parsed(
        section,
        "uni-id",
        "the UNI-ID of the adult's account",
        UniId::parse,
    );
    let relation = parsed(section, "relation", "what the adult is to the child", |text| {
        Relation::parse(text).ok_or(NotARelation)
    });
    let custody = section.get_or("custody", false);
    let (pupil, institution) = pupil?;
    Some(SeedContact {
        pupil,
        institution: institution.clone(),
        adult: AccountId(stable_id("account", &[adult?.as_str()])),
        relation: relation?,
        custody,
        place: section.place_of("uni-id"),
    })
}

#[derive(Debug, thiserror::Error)]
#[error("write one of: Mor, Far, Officielt tilknyttet person, Andet")]
struct NotARelation;
