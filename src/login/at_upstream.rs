//! What an upstream calls its own session of a user: kept, sealed, for as long as ours lasts.
//!
//! It takes this to log out there, and to find our session when the upstream ends its own.

use serde::{Deserialize, Serialize};

use crate::domain::upstream::UpstreamId;
use crate::keys::derive::{Label, MasterSecret};
use crate::keys::seal::{SealFailed, SealPurpose, Sealer};
use crate::saml::{NameId, NameIdFormat};
use crate::store::upstream_sessions::{Meant, NameKey, UpstreamSession};

/// A hint that is longer is left out: the provider then asks the user.
const LONGEST_HINT: usize = 8 * 1024;

/// A session at an upstream, in the words of its protocol. Personal data: never in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtUpstream {
    /// At a SAML identity provider.
    Saml {
        /// What it calls the user: format, qualifiers, value.
        name: SamlName,
        /// What it calls the session.
        index: Option<String>,
    },
    /// At an OpenID provider.
    Oidc {
        /// What it calls the user.
        subject: String,
        /// What it calls the session.
        session: Option<String>,
        /// Its ID token, the hint for its logout.
        id_token: Option<String>,
    },
}

/// A SAML name in a form that is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlName {
    format: String,
    name_qualifier: Option<String>,
    sp_name_qualifier: Option<String>,
    value: String,
}

impl From<&NameId> for SamlName {
    fn from(name: &NameId) -> Self {
        Self {
            format: name.format.uri().to_owned(),
            name_qualifier: name.name_qualifier.clone(),
            sp_name_qualifier: name.sp_name_qualifier.clone(),
            value: name.value.clone(),
        }
    }
}

impl SamlName {
    /// The name as it is written in messages.
    pub fn name_id(&self) -> NameId {
        NameId {
            name_qualifier: self.name_qualifier.clone(),
            sp_name_qualifier: self.sp_name_qualifier.clone(),
            ..NameId::new(NameIdFormat::from_uri(&self.format), self.value.clone())
        }
    }
}

impl AtUpstream {
    /// A session at an OpenID provider.
    pub fn oidc(subject: &str, session: Option<&str>, id_token: &str) -> Self {
        Self::Oidc {
            subject: subject.to_owned(),
            session: session.map(str::to_owned),
            id_token: (id_token.len() <= LONGEST_HINT).then(|| id_token.to_owned()),
        }
    }

    /// The row that is kept of it.
    pub fn row(
        &self,
        upstream: &UpstreamId,
        sealer: &Sealer,
        secret: &MasterSecret,
    ) -> Result<UpstreamSession, SealFailed> {
        let (subject, index) = match self {
            Self::Saml { name, index } => (&name.value, index),
            Self::Oidc { subject, session, .. } => (subject, session),
        };
        let plain = postcard::to_stdvec(self).map_err(|_| SealFailed)?;
        Ok(UpstreamSession {
            upstream: upstream.clone(),
            subject: subject_key(secret, upstream, subject),
            index: index.as_deref().map(|index| index_key(secret, upstream, index)),
            sealed: sealer.seal(SealPurpose::UpstreamSession, &plain)?,
        })
    }

    /// Reads a row again; nothing where its key was rotated away.
    pub fn open(row: &UpstreamSession, sealer: &Sealer) -> Option<Self> {
        let plain = sealer.open(SealPurpose::UpstreamSession, &row.sealed).ok()?;
        postcard::from_bytes(&plain).ok()
    }
}

/// What to look for when an upstream names a user, a session, or both; nothing for neither.
pub fn meant(
    secret: &MasterSecret,
    upstream: &UpstreamId,
    subject: Option<&str>,
    index: Option<&str>,
) -> Option<Meant> {
    let subject = subject.map(|subject| subject_key(secret, upstream, subject));
    let index = index.map(|index| index_key(secret, upstream, index));
    Some(match (subject, index) {
        (Some(subject), Some(index)) => Meant::Both(subject, index),
        (Some(subject), None) => Meant::Subject(subject),
        (None, Some(index)) => Meant::Index(index),
        (None, None) => return None,
    })
}

fn subject_key(secret: &MasterSecret, upstream: &UpstreamId, subject: &str) -> NameKey {
    let parts = [upstream.as_str().as_bytes(), subject.as_bytes()];
    *secret.derive(Label::UpstreamSubject, &parts)
}

fn index_key(secret: &MasterSecret, upstream: &UpstreamId, index: &str) -> NameKey {
    let parts = [upstream.as_str().as_bytes(), index.as_bytes()];
    *secret.derive(Label::UpstreamSession, &parts)
}

impl std::fmt::Debug for AtUpstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AtUpstream(..)")
    }
}
