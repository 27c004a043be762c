//! What is kept as proof of a message that was exchanged with a party (NemLog-in's rule: signed
//! messages, for 180 days). Which parties are so marked is in their files; how it is sealed is
//! `keys/evidence.rs`.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

use super::service::ServiceId;
use super::upstream::UpstreamId;

/// A party to an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// One that asks.
    Service(ServiceId),
    /// One that vouches.
    Upstream(UpstreamId),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(id) => write!(f, "service/{id}"),
            Self::Upstream(id) => write!(f, "upstream/{id}"),
        }
    }
}

/// Whether a party's signed messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EvidenceRule {
    /// Each of them, for as long as the settings say.
    Kept,
    /// Nothing of what the party signs is kept.
    #[default]
    NotKept,
}

impl EvidenceRule {
    /// What `evidence = …` in a party's file means.
    pub const fn of(written: bool) -> Self {
        if written { Self::Kept } else { Self::NotKept }
    }

    /// Whether they are kept.
    pub const fn is_kept(self) -> bool {
        matches!(self, Self::Kept)
    }
}

/// Which message, and which way it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchanged {
    /// A service asked for a login.
    SamlRequestReceived,
    /// We asked an upstream for one.
    SamlRequestSent,
    /// An upstream vouched.
    SamlResponseReceived,
    /// We vouched towards a service.
    SamlResponseSent,
    /// An upstream vouched.
    IdTokenReceived,
    /// We vouched towards a service.
    IdTokenSent,
}

impl Exchanged {
    /// The word in table and export.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SamlRequestReceived => "saml-request-received",
            Self::SamlRequestSent => "saml-request-sent",
            Self::SamlResponseReceived => "saml-response-received",
            Self::SamlResponseSent => "saml-response-sent",
            Self::IdTokenReceived => "id-token-received",
            Self::IdTokenSent => "id-token-sent",
        }
    }
}

/// What can be read of a piece of evidence without the key; the seal is bound to all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLabel {
    /// Names this piece.
    pub id: Uuid,
    /// When the message came or went.
    pub at: Timestamp,
    /// The login that it belongs to, where that had begun.
    pub login: Option<String>,
    /// With whom: `service/NAME` or `upstream/NAME`.
    pub party: String,
    /// Which message: a word of [`Exchanged`].
    pub kind: String,
}

impl EvidenceLabel {
    /// The label in one unambiguous run of bytes: each part with its length or marked absent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend(self.id.as_bytes());
        bytes.extend(self.at.as_millisecond().to_be_bytes());
        for part in [self.login.as_deref(), Some(&self.party), Some(&self.kind)] {
            match part {
                None => bytes.push(0),
                Some(text) => {
                    bytes.push(1);
                    bytes.extend((text.len() as u64).to_be_bytes());
                    bytes.extend(text.as_bytes());
                }
            }
        }
        bytes
    }
}
