//! The only code that touches the XML of other parties, and the only code that makes XML for them.
//!
//! One road in: bytes → [`Document::parse`] (guard, then tree) → [`verify_response`] or
//! [`verify_message`] → [`Verified`], which owns a tree parsed again from exactly the canonical
//! bytes that were signed. Readers of SAML messages take [`Verified`] and nothing else (DR01, DR02).
//!
//! One road out: [`Writer`] → [`CanonicalXml`] → [`sign_enveloped`] or [`encrypt`] → [`CanonicalXml`].
//!
//! A road of its own for large documents that nobody signs: [`Rows`], one element at a time.
//!
//! Not here: what the elements mean. That is the business of the readers and writers of messages.

mod aggregate;
mod arena;
mod c14n;
mod chars;
mod ciphers;
mod encryption;
mod encryption_keys;
mod guard;
mod limits;
pub mod names;
mod parse;
mod pieces;
mod places;
mod response;
mod rows;
mod signature;
mod signature_parts;
mod signature_refusal;
mod signing;
mod tree;
mod verifying_key;
mod writer;

pub use aggregate::{AggregateRefusal, Visitor, read_signed};
pub use chars::carried;
pub use ciphers::{AcceptedCiphers, ContentCipher};
pub use encryption::{DecryptionFailed, EncryptionFailed, EncryptionMethod, KeyTransport, decrypt, encrypt};
pub use encryption_keys::{DecryptionKey, EncryptionKey};
pub use limits::{Limits, XmlRefusal};
pub use names::Namespace;
pub use response::{VerifiedResponse, verify_response};
pub use rows::{Row, Rows, RowsRefusal};
pub use signature::{Verified, verify, verify_carried, verify_message, verify_redirect};
pub use signature_refusal::SignatureRefusal;
pub use signing::{SigningFailed, sign_enveloped};
pub use tree::{Attribute, Document, Element, ShapeRefusal};
pub use verifying_key::{KeyRefusal, SignatureAlgorithm, VerifyingKey, certificate_end};
pub use writer::{CanonicalXml, ElementWriter, WriteRefusal, Writer};
