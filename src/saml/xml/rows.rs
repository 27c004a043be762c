//! Reads a large document row by row: a few elements around, and inside of them one element after the other.
//!
//! Every row goes through the guard and the tree as a document of its own, so that what is refused of a
//! message is refused here too; no more than one row is in memory. Nothing is verified: who reads by this
//! knows otherwise from whom the document is.

use std::io::{ErrorKind, Read};

use super::aggregate::AggregateRefusal;
use super::limits::{Limits, XmlRefusal};
use super::pieces::{Piece, Pieces};
use super::places::Places;
use super::signature_refusal::SignatureRefusal;
use super::tree::Document;

/// A step through a document.
#[derive(Debug)]
pub enum Row {
    /// An element around rows begins; only its start tag is known.
    Opens(Document),
    /// The innermost element around rows ends.
    Closes,
    /// An element, whole.
    Element(Document),
    /// The document is over.
    Over,
}

/// Why a document is read no further.
#[derive(Debug, thiserror::Error)]
pub enum RowsRefusal {
    /// It cannot be read to its end.
    #[error("it cannot be read to its end")]
    Read(ErrorKind),
    /// It is not XML that is read.
    #[error(transparent)]
    Xml(XmlRefusal),
}

impl From<AggregateRefusal> for RowsRefusal {
    fn from(refusal: AggregateRefusal) -> Self {
        match refusal {
            AggregateRefusal::Read(error) => Self::Read(error.kind()),
            AggregateRefusal::Signature(SignatureRefusal::Xml(refusal)) => Self::Xml(refusal),
            AggregateRefusal::Signature(_) => Self::Xml(XmlRefusal::Malformed("piece")),
        }
    }
}

/// Reads what `R` brings.
pub struct Rows<R> {
    pieces: Pieces<R>,
    limits: Limits,
    /// What holds inside of each element that is open.
    places: Vec<Places>,
}

impl<R: Read> Rows<R> {
    /// `limits` bound one row, and `most_bytes` the whole. `is_around` says of an element by its depth and
    /// its name without prefix whether rows are inside of it; it is asked of the document element too.
    pub fn new(
        reader: R,
        limits: Limits,
        most_bytes: u64,
        is_around: fn(usize, &[u8]) -> bool,
    ) -> Result<Self, RowsRefusal> {
        Ok(Self {
            limits,
            pieces: Pieces::new(reader, limits, most_bytes, is_around)?,
            places: Vec::new(),
        })
    }

    /// The line in which the latest row began, refused or not; from 1.
    pub fn line(&mut self) -> u32 {
        self.pieces.line()
    }

    /// The next step.
    pub fn step(&mut self) -> Result<Row, RowsRefusal> {
        loop {
            let around = self.places.last().cloned().unwrap_or_default();
            match self.pieces.next()? {
                Piece::Space(_) => {}
                Piece::Start(tag) => {
                    let document = around.start_tag(tag, &self.limits).map_err(RowsRefusal::Xml)?;
                    self.places.push(around.inside(document.root()));
                    return Ok(Row::Opens(document));
                }
                Piece::End => {
                    self.places.pop();
                    return Ok(Row::Closes);
                }
                Piece::Element(text) => {
                    return around
                        .element(text, &self.limits)
                        .map(Row::Element)
                        .map_err(RowsRefusal::Xml);
                }
                Piece::Over => return Ok(Row::Over),
            }
        }
    }
}
