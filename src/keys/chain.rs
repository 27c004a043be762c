//! Certificates that a pinned authority must vouch for: OCES3, whose certificates are signed with RSA-PSS.
//!
//! For parties whose profile asks for it (OIOSAML): there the certificate around a key counts, not the key
//! alone. Revocation is by lists; nothing is fetched here.

mod list;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::aws_lc_rs::{
    ECDSA_P256_SHA256, ECDSA_P384_SHA384, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256_LEGACY_KEY, RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    KeyUsage, RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
};

pub use list::{RevocationList, distribution_points, issuer_of};

/// How authorities may sign certificates and lists; SHA-1 is not among them (A23).
const ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 8] = [
    RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512,
    ECDSA_P256_SHA256,
    ECDSA_P384_SHA384,
];

/// What revocation lists decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Revocation {
    /// Nothing: there are none.
    #[default]
    Unchecked,
    /// A certificate on a list is refused; one that no list speaks of is not.
    Soft,
    /// Each certificate of the chain must be spoken of by a list that is not overdue, and not be on it.
    Hard,
}

/// Authorities that are trusted for one party.
pub struct Authorities {
    anchors: Vec<TrustAnchor<'static>>,
    between: Vec<CertificateDer<'static>>,
    /// The certificates of all of them, for telling who signed a list.
    certificates: Vec<Vec<u8>>,
    revocation: Revocation,
    /// For how long a list still counts when the next one should have been there.
    grace: SignedDuration,
}

/// Why authorities cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableAuthorities {
    /// No certificate in PEM that could be an authority's.
    #[error("no certificate of an authority (-----BEGIN CERTIFICATE-----) in the file")]
    NoRoot,
    /// Not a list in DER or PEM with a date for the next one.
    #[error("not a certificate revocation list that names its next update")]
    NotAList,
}

/// Why a certificate does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVouchedFor {
    /// The library's word for it, such as `CertRevoked`.
    #[error("no pinned authority vouches for the certificate: {0}")]
    Chain(String),
    /// A list that is needed should have been replaced long since.
    #[error(
        "a revocation list should have been replaced at {0:.0}, and does not count any more: \
         the chain cannot be checked"
    )]
    Overdue(Timestamp),
}

impl Authorities {
    /// Pins the certificates of `roots`; those of `between` need not be trusted, and may be none.
    ///
    /// # Errors
    /// [`UnusableAuthorities`].
    pub fn read(
        roots: &[u8],
        between: &[u8],
        revocation: Revocation,
        grace: SignedDuration,
    ) -> Result<Self, UnusableAuthorities> {
        let roots = list::certificates(roots);
        let between = list::certificates(between);
        let anchor =
            |root: &CertificateDer<'_>| Some(webpki::anchor_from_trusted_cert(root).ok()?.to_owned());
        let anchors: Vec<_> = roots.iter().filter_map(anchor).collect();
        if anchors.is_empty() {
            return Err(UnusableAuthorities::NoRoot);
        }
        let certificates = roots.iter().chain(&between).map(|der| der.to_vec()).collect();
        Ok(Self {
            anchors,
            between,
            certificates,
            revocation,
            grace,
        })
    }

    /// What lists decide.
    pub fn revocation(&self) -> Revocation {
        self.revocation
    }

    /// For how long a list still counts when the next one should have been there.
    pub fn grace(&self) -> SignedDuration {
        self.grace
    }

    /// The certificates of every authority, in DER.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// The certificates between the pinned ones and a party's, in DER.
    pub fn between(&self) -> impl Iterator<Item = &[u8]> {
        self.between.iter().map(AsRef::as_ref)
    }

    /// Whether a chain of certificates that are valid now leads from `certificate` (DER) to a pinned one,
    /// and none of it is on one of the lists. Until when that holds without a newer list.
    ///
    /// # Errors
    /// [`NotVouchedFor`].
    pub fn vouch_for(
        &self,
        certificate: &[u8],
        lists: &[RevocationList],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, NotVouchedFor> {
        let walk = Walk {
            certificate,
            between: &self.between,
            usage: Usage::Any,
            now,
        };
        self.vouch(&walk, lists)
    }

    /// Whether a chain leads to a pinned certificate, whatever lists say.
    ///
    /// # Errors
    /// [`NotVouchedFor`].
    pub fn leads_to(&self, certificate: &[u8], now: Timestamp) -> Result<(), NotVouchedFor> {
        let walk = Walk {
            certificate,
            between: &self.between,
            usage: Usage::Any,
            now,
        };
        self.walk(&walk, None)
    }

    /// The same as [`vouch_for`](Self::vouch_for) for a certificate that a TLS client presents, with
    /// those that it `sent` along between: it must not be for something else than clients alone.
    ///
    /// # Errors
    /// [`NotVouchedFor`].
    pub fn lead_to_client(
        &self,
        certificate: &[u8],
        sent: &[Vec<u8>],
        lists: &[RevocationList],
        now: Timestamp,
    ) -> Result<(), NotVouchedFor> {
        let sent = sent.iter().map(|der| CertificateDer::from(der.as_slice()));
        let between: Vec<_> = self.between.iter().cloned().chain(sent).collect();
        let walk = Walk {
            certificate,
            between: &between,
            usage: Usage::Client,
            now,
        };
        self.vouch(&walk, lists).map(drop)
    }

    fn vouch(&self, walk: &Walk<'_>, lists: &[RevocationList]) -> Result<Option<Timestamp>, NotVouchedFor> {
        let now = walk.now;
        let mut counting: Vec<&RevocationList> = lists.iter().collect();
        // The first list of an authority is the one that is asked.
        counting.sort_by_key(|list| std::cmp::Reverse(list.this_update));
        let Revocation::Hard = self.revocation else {
            return self.follow(walk, &counting).map(|()| None);
        };
        let mut ends: BTreeMap<&[u8], Timestamp> = BTreeMap::new();
        for list in &counting {
            let end = ends.entry(&list.issuer).or_insert(list.next_update);
            *end = list.next_update.max(*end);
        }
        counting.retain(|list| self.counts_until(list.next_update) > now);
        self.follow(walk, &counting).map_err(|refused| {
            let overdue = ends
                .values()
                .copied()
                .filter(|end| self.counts_until(*end) <= now)
                .min();
            let is_unknown = refused == unknown_status();
            overdue
                .filter(|_| is_unknown)
                .map_or(refused, NotVouchedFor::Overdue)
        })?;
        Ok(ends
            .into_values()
            .map(|end| self.counts_until(end))
            .filter(|end| *end > now)
            .min())
    }

    fn counts_until(&self, next_update: Timestamp) -> Timestamp {
        next_update.saturating_add(self.grace).unwrap_or(Timestamp::MAX)
    }

    fn follow(&self, walk: &Walk<'_>, lists: &[&RevocationList]) -> Result<(), NotVouchedFor> {
        let lists: Vec<&CertRevocationList<'_>> = lists.iter().map(|list| &list.list).collect();
        let unknown = match self.revocation {
            Revocation::Hard if lists.is_empty() => {
                self.walk(walk, None)?;
                return Err(unknown_status());
            }
            Revocation::Hard => UnknownStatusPolicy::Deny,
            Revocation::Unchecked | Revocation::Soft => UnknownStatusPolicy::Allow,
        };
        let options = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(unknown)
                // Those that do not count any more are not among them.
                .with_expiration_policy(ExpirationPolicy::Ignore)
                .build()
        });
        self.walk(walk, options)
    }

    fn walk(
        &self,
        walk: &Walk<'_>,
        options: Option<webpki::RevocationOptions<'_>>,
    ) -> Result<(), NotVouchedFor> {
        let refused = |error: webpki::Error| NotVouchedFor::Chain(format!("{error:?}"));
        let der = CertificateDer::from(walk.certificate);
        let end = EndEntityCert::try_from(&der).map_err(refused)?;
        let seconds = u64::try_from(walk.now.as_second()).unwrap_or_default();
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let (between, usage) = (walk.between, walk.usage);
        end.verify_for_usage(&ALGORITHMS, &self.anchors, between, time, usage, options, None)
            .map(drop)
            .map_err(refused)
    }
}

/// A way up from a certificate.
struct Walk<'a> {
    certificate: &'a [u8],
    between: &'a [CertificateDer<'a>],
    usage: Usage,
    now: Timestamp,
}

fn unknown_status() -> NotVouchedFor {
    NotVouchedFor::Chain(format!("{:?}", webpki::Error::UnknownRevocationStatus))
}

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authorities({}, {:?})", self.anchors.len(), self.revocation)
    }
}

/// What a certificate is used for.
#[derive(Debug, Clone, Copy)]
enum Usage {
    /// Extended key usages are about TLS and mail; none is about signing assertions.
    Any,
    /// By a client in TLS.
    Client,
}

impl ExtendedKeyUsageValidator for Usage {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        match self {
            Self::Any => Ok(()),
            Self::Client => KeyUsage::client_auth().validate(usages),
        }
    }
}
