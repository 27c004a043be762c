//! What is asked of an import: by whom a delivery came, what is to be done with it beyond what every
//! import does, and why that was not done.

use std::collections::BTreeSet;

use super::delivery::{Delivery, Format};
use super::held::FileBytes;
use super::materialise::CannotMaterialise;
use super::names::LocalId;
use crate::domain::audit::AuditEvent;
use crate::domain::import::{Asked, ImportId, SourceName, Way};
use crate::domain::institution::InstitutionNumber;
use crate::store::StoreError;
use crate::texts::Words;

/// How and by whom a delivery came.
#[derive(Debug, Clone)]
pub struct Handover {
    /// By which way.
    pub way: Way,
    /// Who delivered it: a person or a system.
    pub by: String,
    /// SHA-256 over the file as it came.
    pub digest: [u8; 32],
    /// The institutions that the one who delivers may speak for; nothing: for all (K01).
    pub speaks_for: Option<BTreeSet<InstitutionNumber>>,
    /// The file itself, to be kept where it is held; nothing: whoever confirms it brings it.
    pub file: Option<FileBytes>,
    /// What the auditor is told besides, of whoever confirms it.
    pub witness: Option<AuditEvent>,
}

impl Handover {
    /// Whether the one who delivers may speak for it.
    pub(super) fn may_speak_for(&self, institution: &InstitutionNumber) -> bool {
        let own = self.speaks_for.as_ref();
        own.is_none_or(|own| own.contains(institution))
    }
}

/// What is to be done with a delivery beyond what every import does.
#[derive(Debug, PartialEq, Eq, Clone, Default)]
pub struct Wish {
    /// The import that was held, and is to be carried out after all.
    pub confirms: Option<ImportId>,
    /// The source whose people this one takes over (U70).
    pub takes_over: Option<SourceName>,
    /// The one person whose CPR number may be another one (error E14).
    pub reidentifies: Option<LocalId>,
    /// Whether new people keep the UNI-IDs and user names that the file has of them (U69).
    pub moves_in: bool,
}

/// One delivery on its way in.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    /// What was delivered.
    pub(super) delivery: &'a Delivery,
    /// How and by whom.
    pub(super) from: &'a Handover,
    /// What is to be done with it.
    pub(super) wish: &'a Wish,
    /// The language that its report is written in.
    pub(super) words: &'a Words<'a>,
}

impl ImportFailed {
    /// The database's error, where it is one.
    pub fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Store(error) | Self::Materialise(CannotMaterialise::Store(error)) => Ok(error),
            other => Err(other),
        }
    }

    /// Whether the database does nothing at all now, and may again with nobody doing anything about the file.
    pub fn is_store_away(&self) -> bool {
        match self {
            Self::Store(error) | Self::Materialise(CannotMaterialise::Store(error)) => error.is_unavailable(),
            _ => false,
        }
    }
}

impl Wish {
    /// Whether new people keep the names that the file has of them.
    pub fn moves_in(&self, delivery: &Delivery) -> bool {
        self.moves_in || delivery.format == Format::MigrationCsv
    }

    /// What is remembered of it.
    pub fn asked(&self) -> Asked {
        Asked {
            takes_over: self.takes_over.clone(),
            reidentifies: self.reidentifies.as_ref().map(|id| id.as_str().to_owned()),
            moves_in: self.moves_in,
        }
    }
}

/// A delivery could not be carried out; nothing of it holds.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailed {
    /// The import that is to be confirmed is not held, or was of another file or source.
    #[error("this is not the import that was held: deliver the very same file, and name its id")]
    NotHeld,
    /// What it would change is not what was looked at.
    #[error("what it would change is not what was shown when it was held: look at it again, then confirm")]
    OtherReasons,
    /// Whoever delivered it cannot be the one who confirms it (K05).
    #[error("somebody else than who delivered it is to confirm that so much becomes different")]
    SecondPerson,
    /// The source that is to be replaced has told nothing of this institution.
    #[error("nothing was ever applied of the source that this one is to take the place of")]
    NothingToTakeOver,
    /// It was held as another operation than the one that would confirm it.
    #[error("it was held as another operation than this one: confirm it as it was asked for")]
    OtherWish,
    /// A change of system needs everybody, and another source than the one that is replaced.
    #[error("a change of system takes a delivery of everybody, of another source than the one it replaces")]
    NoChangeOfSource,
    /// The CSV of old is for moving in, and somebody has.
    #[error("this form is for moving in, once: this source has told something already")]
    MovedIn,
    /// The person that is meant is not in the delivery.
    #[error("nobody in this delivery has the local id that is to have another CPR number")]
    NobodyToReidentify,
    /// Other imports kept changing the same institution.
    #[error("other imports changed the same institution at the same time: try again")]
    Busy,
    /// The rows could not be made.
    #[error(transparent)]
    Materialise(#[from] CannotMaterialise),
    /// The database refused.
    #[error("the import could not be stored")]
    Store(#[from] StoreError),
}
