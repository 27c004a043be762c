//! People from the administrative systems of schools (U65–U70).
//!
//! What a source system sends is read into a [`Delivery`], whatever the format; what cannot be read of it is
//! a [`Finding`](finding::Finding), and what cannot be trusted at all is a [`DeliveryRefusal`] (DR23).
//! Readers know nothing of the store.

mod asked;
pub mod confirming;
mod csv;
pub mod delivery;
mod encoding;
pub mod finding;
pub mod folder;
mod gathering;
pub mod held;
pub mod importer;
pub mod incoming;
mod inside;
pub mod limits;
mod looking;
mod materialise;
pub mod migration;
pub mod municipality;
pub mod names;
pub mod new_names;
pub mod numbers;
pub mod objection;
pub mod oneroster;
mod oneroster_people;
mod oneroster_users;
pub mod overview;
mod person;
pub mod plan;
pub mod reason;
mod recording;
pub mod refusal;
pub mod report;
mod sense;
pub mod shown;
pub mod unilogin;
mod unilogin_rows;
pub mod upkeep;
mod values;
pub mod write;
mod zip;

use std::io::{Cursor, Read};

use jiff::Timestamp;
use tokio::runtime::{Handle, RuntimeFlavor};

use delivery::Delivery;
use refusal::DeliveryRefusal;
use unilogin::Kind;

pub use csv::cell;

/// When a file says that it was written, without reading its rows; nothing where it does not say so as a
/// delivery does.
pub fn sent_at(mut reader: impl Read) -> Option<Timestamp> {
    let mut head = Vec::new();
    reader.by_ref().take(4).read_to_end(&mut head).ok()?;
    let is_zip = head.starts_with(b"PK");
    let whole = Cursor::new(head).chain(reader);
    if is_zip {
        oneroster::sent_at(whole)
    } else {
        unilogin::sent_at(whole)
    }
}

/// Does what takes long beside the threads that logins wait for, where there are several.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    if matches!(flavor, Ok(RuntimeFlavor::MultiThread)) {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// The schema of the XML, for suppliers.
pub const UNILOGIN_SCHEMA: &str = include_str!("unilogin-import.xsd");

/// Reads what comes by a running import: the XML, or the zip of OneRoster, told apart by how it begins. Of the
/// CSV of old there is nothing to be told by, and it is no running import: [`migration::read`].
///
/// `kind` is how much it says, where the way says it by which it came.
///
/// # Errors
/// [`DeliveryRefusal`]: nothing of it is taken.
pub fn read(mut reader: impl Read, kind: Option<Kind>) -> Result<Vec<Delivery>, DeliveryRefusal> {
    let mut head = Vec::new();
    let begun = reader.by_ref().take(4).read_to_end(&mut head);
    begun.map_err(|_| DeliveryRefusal::Unreadable)?;
    let is_zip = head.starts_with(b"PK");
    // Encodings of two bytes are refused by name further on.
    let is_xml = head.contains(&b'<');
    let whole = Cursor::new(head).chain(reader);
    if is_zip {
        match kind {
            None | Some(Kind::Whole) => oneroster::read(whole),
            Some(_) => Err(DeliveryRefusal::Head { field: "kind" }),
        }
    } else if is_xml {
        unilogin::read(whole, kind).map(|delivery| vec![delivery])
    } else {
        Err(DeliveryRefusal::FormatUnknown)
    }
}
