//! Licences: which schools, classes or groups of people have access to a service ("Giv Adgang").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::actor::ActorGroup;
use super::institution::InstitutionNumber;
use super::service::ServiceId;

/// One grant of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LicenceId(pub Uuid);

/// Access to a service for an institution, or for a part of it, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// Names this grant: whoever writes it again changes it.
    pub id: LicenceId,
    /// The service that it opens.
    pub service: ServiceId,
    /// The institution whose people get in.
    pub institution: InstitutionNumber,
    /// Only these of them.
    pub group: Option<ActorGroup>,
    /// Only the members of this class.
    pub class: Option<String>,
    /// From this moment; `None`: always did.
    pub from: Option<Timestamp>,
    /// Until just before this moment; `None`: for good.
    pub until: Option<Timestamp>,
}

/// What a service makes of licences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LicenceRule {
    /// It has none: whoever belongs to a school is welcome.
    #[default]
    NotAsked,
    /// It is told who has one, and decides itself.
    Told,
    /// Whoever has none is stopped here.
    Required,
}
