//! The public half of a key as a token tells it, written as SubjectPublicKeyInfo.

use x509_cert::der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use x509_cert::der::{Decode, Encode, Tag};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::keys::public::{EC_PUBLIC_KEY, P256, RSA_ENCRYPTION};

/// Of modulus and exponent (PKCS #1, appendix A.1.1).
pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let mut numbers = UintRef::new(modulus).ok()?.to_der().ok()?;
    numbers.extend(UintRef::new(exponent).ok()?.to_der().ok()?);
    let key = AnyRef::new(Tag::Sequence, &numbers).ok()?.to_der().ok()?;
    let algorithm = AlgorithmIdentifierRef {
        oid: RSA_ENCRYPTION,
        parameters: Some(AnyRef::NULL),
    };
    info(algorithm, &key)
}

/// Of `CKA_EC_POINT`: an uncompressed point, which some tokens wrap and some do not.
pub(super) fn p256(point: &[u8]) -> Option<Vec<u8>> {
    let wrapped = OctetStringRef::from_der(point);
    let point = wrapped.as_ref().map_or(point, |inner| inner.as_bytes());
    let algorithm = AlgorithmIdentifierRef {
        oid: EC_PUBLIC_KEY,
        parameters: Some(AnyRef::from(&P256)),
    };
    (point.len() == 65).then(|| info(algorithm, point))?
}

fn info(algorithm: AlgorithmIdentifierRef<'_>, key: &[u8]) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key: BitStringRef::from_bytes(key).ok()?,
    };
    info.to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::generate::KeyKind;
    use crate::keys::public::PublicNumbers;
    use crate::keys::testing::{made, p256 as a_key};

    #[test]
    fn what_is_written_is_what_others_write() {
        let spki = made(KeyKind::Rsa2048).public_key().to_vec();
        let Some(PublicNumbers::Rsa { modulus, exponent }) = PublicNumbers::from_spki(&spki) else {
            panic!("no RSA key")
        };
        assert_eq!(rsa(&modulus, &exponent), Some(spki));
        let spki = a_key("k").public_key().to_vec();
        let Some(PublicNumbers::P256 { x, y }) = PublicNumbers::from_spki(&spki) else {
            panic!("no P-256 key")
        };
        let point = [&[4], x.as_slice(), &y].concat();
        assert_eq!(p256(&point), Some(spki.clone()));
        let wrapped = [&[4, 65], point.as_slice()].concat();
        assert_eq!(p256(&wrapped), Some(spki));
        assert_eq!(p256(&point[..64]), None);
    }
}
