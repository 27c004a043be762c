//! The public half of a key, taken apart: for JWK Sets and for key ids.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, Header, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoRef;

pub(super) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(super) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// The numbers that make up a public key, big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicNumbers {
    /// RSA: without leading zeros.
    Rsa {
        /// `n`
        modulus: Vec<u8>,
        /// `e`
        exponent: Vec<u8>,
    },
    /// A point on P-256: 32 bytes each.
    P256 {
        /// `x`
        x: Vec<u8>,
        /// `y`
        y: Vec<u8>,
    },
}

impl PublicNumbers {
    /// Reads SubjectPublicKeyInfo in DER; nothing for keys that Portner does not use.
    pub fn from_spki(der: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        let key = info.subject_public_key.as_bytes()?;
        if info.algorithm.oid == RSA_ENCRYPTION {
            let mut reader = SliceReader::new(key).ok()?;
            Header::decode(&mut reader).ok()?;
            let modulus = UintRef::decode(&mut reader).ok()?;
            let exponent = UintRef::decode(&mut reader).ok()?;
            return reader.is_finished().then(|| Self::Rsa {
                modulus: modulus.as_bytes().to_vec(),
                exponent: exponent.as_bytes().to_vec(),
            });
        }
        let curve = info.algorithm.parameters_oid().ok()?;
        if info.algorithm.oid != EC_PUBLIC_KEY || curve != P256 {
            return None;
        }
        let (x, y) = key.strip_prefix(&[4])?.split_at_checked(32)?;
        (y.len() == 32).then(|| Self::P256 {
            x: x.to_vec(),
            y: y.to_vec(),
        })
    }

    /// The JWK thumbprint with SHA-256 (RFC 7638): a name that no other key can have (M01).
    pub fn thumbprint(&self) -> String {
        let b64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        // The members that RFC 7638 §3.2 requires, in the order of their names, without spaces.
        let canonical = match self {
            Self::Rsa { modulus, exponent } => {
                format!(
                    r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
                    b64(exponent),
                    b64(modulus)
                )
            }
            Self::P256 { x, y } => {
                format!(
                    r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                    b64(x),
                    b64(y)
                )
            }
        };
        b64(digest(&SHA256, canonical.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let modulus = BASE64URL_NOPAD
            .decode(
                b"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP\
                  ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvzq\
                  Y368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu\
                  0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            )
            .unwrap();
        let key = PublicNumbers::Rsa {
            modulus,
            exponent: vec![1, 0, 1],
        };
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn other_structures_are_not_keys() {
        assert_eq!(PublicNumbers::from_spki(b""), None);
        assert_eq!(PublicNumbers::from_spki(&[0x30, 0x03, 0x02, 0x01, 0x01]), None);
    }
}
