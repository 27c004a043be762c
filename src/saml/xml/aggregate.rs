//! Verifies a federation's signed aggregate while it streams by, and hands out what it holds only
//! when all of it was what the pinned key has signed.
//!
//! The profile of `signature.rs`, in one pass: the Signature comes first (saml-metadata §2.3.1), so
//! its value is proved before anything else is looked at; then each piece goes through the guard,
//! the tree and exclusive canonicalisation into the digest, and to the visitor. What the visitor has
//! gathered leaves this file only if the digest is the signed one. What stands outside of the
//! root's signature does not exist: there is one root, and it is all of the document.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read;

use aws_lc_rs::digest;

use super::c14n::{self, Around};
use super::chars;
use super::limits::{Limits, XmlRefusal};
use super::names::{DS, MD};
use super::pieces::{Piece, Pieces};
use super::places::Places;
use super::signature::{demand_keys, digest_algorithm, names_an_id, prove};
use super::signature_parts::SignatureParts;
use super::signature_refusal::SignatureRefusal;
use super::tree::{Document, Element};
use super::verifying_key::{SignatureAlgorithm, VerifyingKey};

/// Gathers what an aggregate holds. Nothing that it is shown is believed yet.
pub trait Visitor {
    /// What it has gathered.
    type Gathered;

    /// A group begins; `group` is its start tag alone.
    fn group(&mut self, group: Element<'_>);

    /// The innermost group ends.
    fn group_ends(&mut self);

    /// An element of the innermost group, whole.
    fn element(&mut self, element: Element<'_>);

    /// Everything was signed: what it has gathered may be believed.
    fn believed(self) -> Self::Gathered;
}

/// Why nothing of an aggregate is believed.
#[derive(Debug, thiserror::Error)]
pub enum AggregateRefusal {
    /// It cannot be read to its end.
    #[error("it cannot be read to its end")]
    Read(#[from] std::io::Error),
    /// It is not signed as it must be, or is not XML that is read.
    #[error(transparent)]
    Signature(#[from] SignatureRefusal),
}

impl From<XmlRefusal> for AggregateRefusal {
    fn from(refusal: XmlRefusal) -> Self {
        Self::Signature(refusal.into())
    }
}

impl AggregateRefusal {
    /// The machine-readable reason of table A.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Read(_) => "read",
            Self::Signature(refusal) => refusal.reason(),
        }
    }
}

/// What groups are called, whatever the prefix.
fn is_group(_depth: usize, name: &[u8]) -> bool {
    name == b"EntitiesDescriptor"
}

/// Reads all of `reader`, at most `most_bytes`, and what `visitor` has gathered from it.
///
/// # Errors
/// [`AggregateRefusal`]: unless every byte was signed by one of `keys`.
pub fn read_signed<V: Visitor>(
    reader: impl Read,
    keys: &[VerifyingKey],
    most_bytes: u64,
    mut visitor: V,
) -> Result<V::Gathered, AggregateRefusal> {
    demand_keys(keys)?;
    let mut pieces = Pieces::new(reader, Limits::ENTITY, most_bytes, is_group)?;
    let mut ids = Ids::default();
    let root = Root::read(&mut pieces, &mut ids)?;
    let mut signed = root.prove(&mut pieces, keys, &mut ids)?;
    visitor.group(root.document.root());
    loop {
        let depth = pieces.depth();
        match pieces.next()? {
            Piece::Space(space) => signed.space(space, depth),
            Piece::Start(tag) => {
                let document = signed.places.start_tag(tag, &Limits::ENTITY)?;
                ids.note(document.root())?;
                signed.group(document.root())?;
                visitor.group(document.root());
            }
            Piece::End => {
                signed.group_ends();
                visitor.group_ends();
            }
            Piece::Element(text) => {
                let document = signed.places.element(text, &Limits::ENTITY)?;
                let element = document.root();
                if depth == 1 && element.is(DS.uri, "Signature") {
                    return Err(SignatureRefusal::Structure("more than one Signature").into());
                }
                ids.note(element)?;
                signed.element(element)?;
                visitor.element(element);
            }
            Piece::Over => break,
        }
    }
    signed.check()?;
    Ok(visitor.believed())
}

/// The start tag of the whole, before anything is known of its signature.
struct Root {
    document: Document,
}

impl Root {
    fn read(pieces: &mut Pieces<impl Read>, ids: &mut Ids) -> Result<Self, AggregateRefusal> {
        loop {
            match pieces.next()? {
                Piece::Space(_) => {}
                Piece::Start(tag) => {
                    let document = Places::default().start_tag(tag, &Limits::ENTITY)?;
                    ids.note(document.root())?;
                    return Ok(Self { document });
                }
                Piece::Element(_) | Piece::End | Piece::Over => {
                    return Err(XmlRefusal::Malformed("not the document element that is expected").into());
                }
            }
        }
    }

    /// Proves the Signature, which must be the first child, and begins to digest what it signs.
    fn prove(
        &self,
        pieces: &mut Pieces<impl Read>,
        keys: &[VerifyingKey],
        ids: &mut Ids,
    ) -> Result<Signed, AggregateRefusal> {
        let places = Places::default().inside(self.document.root());
        let mut space = String::new();
        let text = loop {
            match pieces.next()? {
                Piece::Space(more) => space.push_str(more),
                Piece::Element(text) => break text,
                _ => return Err(SignatureRefusal::Unsigned.into()),
            }
        };
        let document = places.element(text, &Limits::ENTITY)?;
        let signature = document.root();
        if !signature.is(DS.uri, "Signature") {
            return Err(SignatureRefusal::Unsigned.into());
        }
        ids.note(signature)?;
        let parts = SignatureParts::read(signature, self.document.root())?;
        let algorithm = SignatureAlgorithm::from_uri(parts.signature_method)
            .ok_or(SignatureRefusal::Algorithm("signature"))?;
        let digest_algorithm =
            digest_algorithm(parts.digest_method).ok_or(SignatureRefusal::Algorithm("digest"))?;
        let bytes = Limits::ENTITY.bytes;
        let signed_info = c14n::canonical(parts.signed_info, None, &parts.signed_info_prefixes, bytes)?;
        prove(keys, algorithm, signed_info.as_bytes(), &parts.signature_value)?;

        let mut signed = Signed {
            digest: digest::Context::new(digest_algorithm),
            wanted: parts.digest_value,
            prefixes: parts
                .content_prefixes
                .iter()
                .map(|prefix| (*prefix).to_owned())
                .collect(),
            places: Places::default(),
            open: Vec::new(),
        };
        signed.group(self.document.root())?;
        signed.space(&space, 1);
        Ok(signed)
    }
}

/// What was signed, on its way into the digest.
struct Signed {
    digest: digest::Context,
    wanted: Vec<u8>,
    prefixes: Vec<String>,
    places: Places,
    /// The groups that are open.
    open: Vec<OpenGroup>,
}

struct OpenGroup {
    end_tag: String,
    around: Around,
    places_before: Places,
}

impl Signed {
    fn around(&self) -> Around {
        self.open
            .last()
            .map(|group| group.around.clone())
            .unwrap_or_default()
    }

    fn group(&mut self, group: Element<'_>) -> Result<(), SignatureRefusal> {
        if !group.is(MD.uri, "EntitiesDescriptor") {
            return Err(SignatureRefusal::Structure("a group that is none of metadata"));
        }
        let prefixes: Vec<&str> = self.prefixes.iter().map(String::as_str).collect();
        let (start_tag, end_tag, around) = self.around().group(group, &prefixes);
        self.digest.update(start_tag.as_bytes());
        let places = self.places.inside(group);
        self.open.push(OpenGroup {
            end_tag,
            around,
            places_before: std::mem::replace(&mut self.places, places),
        });
        Ok(())
    }

    fn group_ends(&mut self) {
        if let Some(group) = self.open.pop() {
            self.digest.update(group.end_tag.as_bytes());
            self.places = group.places_before;
        }
    }

    fn element(&mut self, element: Element<'_>) -> Result<(), XmlRefusal> {
        let prefixes: Vec<&str> = self.prefixes.iter().map(String::as_str).collect();
        let around = self.open.last().map(|group| &group.around);
        let bytes = Limits::ENTITY.bytes * 4;
        let canonical = match around {
            Some(around) => around.element(element, &prefixes, bytes)?,
            None => Around::default().element(element, &prefixes, bytes)?,
        };
        self.digest.update(canonical.as_bytes());
        Ok(())
    }

    /// White space counts inside of the document element, with line ends as XML 1.0 §2.11 has them.
    fn space(&mut self, space: &str, depth: usize) {
        if depth > 0 {
            let mut canonical = String::with_capacity(space.len());
            chars::push_text(&mut canonical, &space.replace("\r\n", "\n").replace('\r', "\n"));
            self.digest.update(canonical.as_bytes());
        }
    }

    fn check(self) -> Result<(), SignatureRefusal> {
        if self.digest.finish().as_ref() == self.wanted {
            Ok(())
        } else {
            Err(SignatureRefusal::Signature)
        }
    }
}

/// Every value that identifies something, as a keyed hash: no two may be one (A08).
#[derive(Default)]
struct Ids {
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Ids {
    fn note(&mut self, element: Element<'_>) -> Result<(), SignatureRefusal> {
        for element in std::iter::once(element).chain(element.descendants()) {
            for attribute in element.attributes().filter(|a| names_an_id(a.local_name())) {
                if !self.seen.insert(self.hasher.hash_one(attribute.value())) {
                    return Err(SignatureRefusal::DuplicateId);
                }
            }
        }
        Ok(())
    }
}
