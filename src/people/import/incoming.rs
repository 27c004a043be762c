//! A file as it came: read to deliveries, and known again by its bytes.

use std::fs::File;
use std::io::{self, BufReader, Read, Take};
use std::path::Path;

use aws_lc_rs::digest;

use super::delivery::Delivery;
use super::migration::{self, Origin};
use super::refusal::DeliveryRefusal;
use super::unilogin::{Kind, MOST_MEGABYTES};

/// What one file says, with what the file is known again by.
#[derive(Debug)]
pub struct Incoming {
    /// A delivery for each institution.
    pub deliveries: Vec<Delivery>,
    /// SHA-256 over the file.
    pub digest: [u8; 32],
}

/// A file gave no delivery.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The file cannot be opened.
    #[error("the file cannot be read")]
    File(#[from] io::Error),
    /// It was refused whole.
    #[error(transparent)]
    Refused(#[from] DeliveryRefusal),
}

impl Incoming {
    /// Reads a file. `kind` is how much it says, where it does not say so itself.
    pub fn read(file: &Path, kind: Option<Kind>) -> Result<Self, Unread> {
        Self::of(BufReader::new(File::open(file)?), kind)
    }

    /// Reads what comes, never all of it at once.
    pub fn of(reader: impl Read, kind: Option<Kind>) -> Result<Self, Unread> {
        let mut heard = Heard::at_most(reader);
        let deliveries = super::read(&mut heard, kind);
        heard.has_an_end()?;
        Self::whole(heard, deliveries?)
    }

    /// Reads the CSV of old, of which somebody says what it is of (U69).
    pub fn of_list(reader: impl Read, origin: Origin) -> Result<Self, Unread> {
        let mut heard = Heard::at_most(reader);
        let delivery = migration::read(&mut heard, origin);
        heard.has_an_end()?;
        Self::whole(heard, vec![delivery?])
    }

    /// Whatever is behind the end of what was read is part of the file too, though not without end.
    fn whole(mut heard: Heard<Take<impl Read>>, deliveries: Vec<Delivery>) -> Result<Self, Unread> {
        io::copy(&mut heard, &mut io::sink())?;
        heard.has_an_end()?;
        let mut known_by = [0; 32];
        known_by.copy_from_slice(heard.digest.finish().as_ref());
        Ok(Self {
            deliveries,
            digest: known_by,
        })
    }
}

/// Hashes what passes.
struct Heard<R> {
    inner: R,
    digest: digest::Context,
}

impl<R: Read> Heard<Take<R>> {
    /// No more is read than one byte too many.
    fn at_most(reader: R) -> Self {
        Self {
            inner: reader.take(MOST_MEGABYTES * 1024 * 1024 + 1),
            digest: digest::Context::new(&digest::SHA256),
        }
    }

    /// Where it was cut off, what is wrong with what was read is that it is too large.
    fn has_an_end(&self) -> Result<(), DeliveryRefusal> {
        let megabytes = MOST_MEGABYTES;
        match self.inner.limit() {
            0 => Err(DeliveryRefusal::TooLarge { megabytes }),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Heard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        if let Some(passed) = buffer.get(..length) {
            self.digest.update(passed);
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_all_of_its_bytes() {
        let mut heard = Heard {
            inner: &b"abc"[..],
            digest: digest::Context::new(&digest::SHA256),
        };
        io::copy(&mut heard, &mut io::sink()).unwrap();
        let whole = digest::digest(&digest::SHA256, b"abc");
        assert_eq!(heard.digest.finish().as_ref(), whole.as_ref());
        let refused = Incoming::of(&b"hej"[..], None);
        assert!(matches!(
            refused,
            Err(Unread::Refused(DeliveryRefusal::FormatUnknown))
        ));
    }
}
