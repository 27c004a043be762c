//! Revocation lists (RFC 5280 §5): who signed one, for how long it counts, and where certificates say
//! that theirs are.

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use url::Url;
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_cert::crl::CertificateList;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{AnyRef, Decode, Encode};
use x509_cert::ext::pkix::CrlDistributionPoints;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::time::Time;

use super::{ALGORITHMS, UnusableAuthorities};

/// RFC 5280 §5.2.5.
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

/// A list that was read. Whether its authority signed it is for [`RevocationList::is_signed_by`], and
/// again for whoever checks a chain with it.
pub struct RevocationList {
    pub(super) list: CertRevocationList<'static>,
    pub(super) issuer: Vec<u8>,
    der: Vec<u8>,
    /// Which of its authority's certificates it is about: its issuing distribution point as it is written.
    part: Option<Vec<u8>>,
    /// When it was made.
    pub this_update: Timestamp,
    /// By when the next one is there.
    pub next_update: Timestamp,
}

impl RevocationList {
    /// Reads a list in DER or PEM. One without `nextUpdate` would count for ever, and is refused.
    ///
    /// # Errors
    /// [`UnusableAuthorities::NotAList`].
    pub fn read(bytes: &[u8]) -> Result<Self, UnusableAuthorities> {
        let der = match CertificateRevocationListDer::from_pem_slice(bytes) {
            Ok(list) => list.as_ref().to_vec(),
            Err(_) => bytes.to_vec(),
        };
        let list = OwnedCertRevocationList::from_der(&der).map_err(|_| UnusableAuthorities::NotAList)?;
        let Facts { dates, part } = facts(&der).ok_or(UnusableAuthorities::NotAList)?;
        let list = CertRevocationList::from(list);
        Ok(Self {
            issuer: list.issuer().to_vec(),
            list,
            der,
            part,
            this_update: dates.0,
            next_update: dates.1,
        })
    }

    /// Whether one of these certificates (DER) of authorities has signed the list: what came over a line
    /// that anybody could write on is nobody's list before that.
    pub fn is_signed_by(&self, authorities: &[Vec<u8>]) -> bool {
        authorities
            .iter()
            .any(|authority| self.verify(authority).is_some())
    }

    /// Whether the authority of this name, as [`issuer_of`] has it, has made the list.
    pub fn is_made_by(&self, issuer: &[u8]) -> bool {
        self.issuer == issuer
    }

    /// Whether this list can take the place of `before`: it is the same authority's, about the same of its
    /// certificates. Another one, however genuine, says nothing about those.
    pub fn replaces(&self, before: &Self) -> bool {
        self.issuer == before.issuer && self.part == before.part
    }

    fn verify(&self, authority: &[u8]) -> Option<()> {
        let authority = x509_cert::Certificate::from_der(authority).ok()?.tbs_certificate;
        let list = AnyRef::from_der(&self.der).ok()?;
        let (signed, rest) = split(list.value())?;
        let (algorithm, rest) = split(rest)?;
        let (signature, _) = split(rest)?;
        let signature = x509_cert::der::asn1::BitStringRef::from_der(signature)
            .ok()?
            .as_bytes()?;
        let algorithm = AnyRef::from_der(algorithm).ok()?.value();
        let key = authority.subject_public_key_info;
        let kind = key.algorithm.to_der().ok()?;
        let kind = AnyRef::from_der(&kind).ok()?.value();
        let subject = authority.subject.to_der().ok()?;
        let is_its_own = AnyRef::from_der(&subject).ok()?.value() == self.issuer;
        let key = key.subject_public_key.as_bytes()?;
        let fits = ALGORITHMS.iter().filter(|known| {
            known.signature_alg_id().as_ref() == algorithm && known.public_key_alg_id().as_ref() == kind
        });
        let mut verified = fits.filter_map(|known| known.verify_signature(key, signed, signature).ok());
        is_its_own.then(|| verified.next()).flatten()
    }
}

/// The first element of DER, with its head, and what follows.
fn split(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = x509_cert::der::SliceReader::new(der).ok()?;
    let first = x509_cert::der::Reader::tlv_bytes(&mut reader).ok()?;
    Some((first, der.get(first.len()..)?))
}

struct Facts {
    /// When it was made, and by when the next one is there.
    dates: (Timestamp, Timestamp),
    part: Option<Vec<u8>>,
}

fn facts(der: &[u8]) -> Option<Facts> {
    let list = CertificateList::from_der(der).ok()?.tbs_cert_list;
    let mut extensions = list.crl_extensions.into_iter().flatten();
    let part = extensions.find(|extension| extension.extn_id == ISSUING_DISTRIBUTION_POINT);
    let moment =
        |time: Time| Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok();
    Some(Facts {
        dates: (moment(list.this_update)?, moment(list.next_update?)?),
        part: part.map(|extension| extension.extn_value.as_bytes().to_vec()),
    })
}

/// The name of the authority that has issued a certificate (DER), for telling whose lists are about it.
pub fn issuer_of(certificate: &[u8]) -> Option<Vec<u8>> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let issuer = certificate.tbs_certificate.issuer.to_der().ok()?;
    Some(AnyRef::from_der(&issuer).ok()?.value().to_vec())
}

/// Where a certificate (DER) says that lists about it are: its distribution points by http and https.
pub fn distribution_points(certificate: &[u8]) -> Vec<Url> {
    let Ok(certificate) = x509_cert::Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let points = certificate.tbs_certificate.get::<CrlDistributionPoints>();
    let points = points
        .ok()
        .flatten()
        .map(|(_, points)| points.0)
        .unwrap_or_default();
    let names = points
        .into_iter()
        .filter_map(|point| match point.distribution_point? {
            DistributionPointName::FullName(names) => Some(names),
            DistributionPointName::NameRelativeToCRLIssuer(_) => None,
        })
        .flatten();
    names
        .filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(address) => Url::parse(address.as_str()).ok(),
            _ => None,
        })
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .collect()
}

/// The certificates of a PEM file, in DER.
pub(super) fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem)
        .filter_map(Result::ok)
        .collect()
}
