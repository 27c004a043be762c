//! Certificates that a pinned authority must vouch for: OCES3, whose certificates are signed with RSA-PSS.
//!
//! For parties whose profile asks for it (OIOSAML): there the certificate around a key counts, not the key
//! alone. Revocation is by lists that the operator keeps beside the party's file; nothing is fetched here.

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use webpki::aws_lc_rs::{
    ECDSA_P256_SHA256, ECDSA_P384_SHA384, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256_LEGACY_KEY, RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    OwnedCertRevocationList, RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
};

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
    /// Each certificate of the chain must be spoken of by a list that has not expired, and not be on it.
    Hard,
}

/// Authorities that are trusted for one party, with their lists.
pub struct Authorities {
    anchors: Vec<TrustAnchor<'static>>,
    between: Vec<CertificateDer<'static>>,
    lists: Vec<CertRevocationList<'static>>,
    revocation: Revocation,
}

/// Why authorities cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableAuthorities {
    /// No certificate in PEM that could be an authority's.
    #[error("no certificate of an authority (-----BEGIN CERTIFICATE-----) in the file")]
    NoRoot,
    /// Not a list in DER or PEM.
    #[error("not a certificate revocation list")]
    NotAList,
    /// Revocation is to be checked and there is no list.
    #[error("revocation is to be checked, but there is no list")]
    NoList,
}

/// Why a certificate does not count: the library's word for it, such as `CertRevoked`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no pinned authority vouches for the certificate: {0}")]
pub struct NotVouchedFor(String);

impl Authorities {
    /// Pins the certificates of `roots`; those of `between` need not be trusted, and may be none.
    ///
    /// # Errors
    /// [`UnusableAuthorities`].
    pub fn read(
        roots: &[u8],
        between: &[u8],
        lists: &[Vec<u8>],
        revocation: Revocation,
    ) -> Result<Self, UnusableAuthorities> {
        let certificates = |pem| CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
        let anchor =
            |root: CertificateDer<'_>| Some(webpki::anchor_from_trusted_cert(&root).ok()?.to_owned());
        let anchors: Vec<_> = certificates(roots).filter_map(anchor).collect();
        if anchors.is_empty() {
            return Err(UnusableAuthorities::NoRoot);
        }
        if revocation != Revocation::Unchecked && lists.is_empty() {
            return Err(UnusableAuthorities::NoList);
        }
        Ok(Self {
            anchors,
            between: certificates(between).map(CertificateDer::into_owned).collect(),
            lists: lists
                .iter()
                .map(|list| read_list(list))
                .collect::<Result<_, _>>()?,
            revocation,
        })
    }

    /// Whether a chain of certificates that are valid now leads from `certificate` (DER) to a pinned one.
    ///
    /// # Errors
    /// [`NotVouchedFor`].
    pub fn vouch_for(&self, certificate: &[u8], now: Timestamp) -> Result<(), NotVouchedFor> {
        let refused = |error: webpki::Error| NotVouchedFor(format!("{error:?}"));
        let der = CertificateDer::from(certificate);
        let end = EndEntityCert::try_from(&der).map_err(refused)?;
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let lists: Vec<&CertRevocationList<'_>> = self.lists.iter().collect();
        let (unknown, expired) = match self.revocation {
            Revocation::Hard => (UnknownStatusPolicy::Deny, ExpirationPolicy::Enforce),
            Revocation::Unchecked | Revocation::Soft => {
                (UnknownStatusPolicy::Allow, ExpirationPolicy::Ignore)
            }
        };
        let options = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(unknown)
                .with_expiration_policy(expired)
                .build()
        });
        end.verify_for_usage(
            &ALGORITHMS,
            &self.anchors,
            &self.between,
            time,
            AnyUsage,
            options,
            None,
        )
        .map(drop)
        .map_err(refused)
    }
}

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authorities({}, {:?})", self.anchors.len(), self.revocation)
    }
}

/// Extended key usages are about TLS and mail; none is about signing assertions.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

fn read_list(bytes: &[u8]) -> Result<CertRevocationList<'static>, UnusableAuthorities> {
    let der = match CertificateRevocationListDer::from_pem_slice(bytes) {
        Ok(list) => list.as_ref().to_vec(),
        Err(_) => bytes.to_vec(),
    };
    OwnedCertRevocationList::from_der(&der)
        .map(CertRevocationList::from)
        .map_err(|_| UnusableAuthorities::NotAList)
}
