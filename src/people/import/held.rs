//! The file of a delivery that was held, kept sealed until somebody decides of it: whoever looks at it from
//! the administrators' desk sees what it would change at this moment, and says yes to these very bytes.
//!
//! It has CPR numbers in it: it is sealed, is deleted with the decision, and is kept for a month at most.
//! What came by the command line is not kept: whoever delivered it has the file.

use std::fmt;
use std::io::{Cursor, Read};
use std::sync::Arc;

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::aside;
use super::asked::{Handover, ImportFailed, Wish};
use super::delivery::Delivery;
use super::importer::Importer;
use super::incoming::{Incoming, Unread};
use super::names::LocalId;
use super::unilogin::Kind;
use crate::domain::import::{DeliveryKind, ImportRecord};
use crate::keys::seal::SealPurpose;

/// For how long it is kept where nobody decides, from when it came last.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The longest file that is kept: that of a school of ten thousand. Longer ones are confirmed on the command line.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A file as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct FileBytes(Arc<Zeroizing<Vec<u8>>>);

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileBytes(redacted, {} bytes)", self.0.len())
    }
}

/// Reads a delivery, with its bytes where they are few enough to be kept.
pub fn read(mut reader: impl Read, kind: Option<Kind>) -> Result<(Incoming, Option<FileBytes>), Unread> {
    let mut begun = Zeroizing::new(Vec::new());
    reader
        .by_ref()
        .take(MOST_BYTES.saturating_add(1))
        .read_to_end(&mut begun)?;
    if begun.len() as u64 > MOST_BYTES {
        let whole = Cursor::new(begun.as_slice()).chain(reader);
        return Ok((Incoming::of(whole, kind)?, None));
    }
    let incoming = Incoming::of(begun.as_slice(), kind)?;
    Ok((incoming, Some(FileBytes(Arc::new(begun)))))
}

impl Importer {
    /// Keeps the file of a delivery that was held just now. Where it cannot be, it is confirmed with the file.
    pub(super) async fn keep(&self, from: &Handover) -> Result<(), ImportFailed> {
        let (Some(keeper), Some(file)) = (&self.keeper, &from.file) else {
            return Ok(());
        };
        let Ok(sealed) = aside(|| keeper.seal(SealPurpose::HeldFile, &file.0)) else {
            tracing::warn!("the file of a held import could not be sealed, and is not kept");
            return Ok(());
        };
        let now = self.ambient.now();
        Ok(self.store.keep_held_file(&from.digest, &sealed, now).await?)
    }

    /// What was delivered of its institution, read anew; nothing where the file is not here.
    pub async fn held_delivery(&self, record: &ImportRecord) -> Result<Option<Delivery>, ImportFailed> {
        let Some(keeper) = &self.keeper else {
            return Ok(None);
        };
        let Some(sealed) = self.store.held_file(&record.digest).await? else {
            return Ok(None);
        };
        let read = aside(|| {
            let plain = keeper.open(SealPurpose::HeldFile, &sealed).ok()?;
            Incoming::of(plain.as_slice(), Some(kind(record.kind))).ok()
        });
        // What lies in the place of another file is not what was held.
        let read = read.filter(|incoming| incoming.digest == record.digest);
        let mut deliveries = read.into_iter().flat_map(|incoming| incoming.deliveries);
        Ok(deliveries.find(|delivery| {
            delivery.institution.number == record.institution && delivery.source == record.source
        }))
    }
}

/// What a held import is confirmed with: what was asked for when it came.
pub fn wish(record: &ImportRecord) -> Wish {
    Wish {
        confirms: Some(record.id),
        takes_over: record.asked.takes_over.clone(),
        reidentifies: record
            .asked
            .reidentifies
            .as_deref()
            .and_then(|id| LocalId::parse(id).ok()),
        moves_in: record.asked.moves_in,
    }
}

const fn kind(kind: DeliveryKind) -> Kind {
    match kind {
        DeliveryKind::Full => Kind::Whole,
        DeliveryKind::Delta => Kind::Changes,
        DeliveryKind::Removal => Kind::Removals,
    }
}
