//! Certificates of clients (RFC 8705): who a client is by the certificate of its connection,
//! and what its tokens are bound to.
//!
//! That the client has the certificate's key was proved in the TLS handshake, here or at a
//! listed proxy; `web/serve` sees to that. What the certificate is worth is decided here.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::{Decode, Encode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::RdnSequence;

use super::client::{Confirmation, Thumbprint};
use crate::keys::chain::{Authorities, RevocationList};

/// A certificate whose key the client has proved to have, and what it sent along to vouch for it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    leaf: Vec<u8>,
    between: Vec<Vec<u8>>,
}

/// What a client's certificate is measured by.
#[derive(Debug, Clone)]
pub enum CertificateRule {
    /// `tls_client_auth`: these authorities vouch for it, and it has this name (§2.1).
    Vouched {
        /// Who vouches for the client, and for no other one.
        vouchers: Arc<Vouchers>,
        /// The one name that the certificate must have.
        name: CertificateName,
    },
    /// `self_signed_tls_client_auth`: it is one of these (§2.2).
    Registered(BTreeSet<Vec<u8>>),
}

/// Authorities, and what they say of the certificates that they have taken back.
pub struct Vouchers {
    /// The authorities that issue the client's certificates.
    pub authorities: Authorities,
    /// Their lists. What a list that is missing or overdue means is for the authorities' rule.
    pub lists: Vec<RevocationList>,
}

impl fmt::Debug for Vouchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vouchers({:?}, {} lists)", self.authorities, self.lists.len())
    }
}

/// The one name that a certificate must have (§2.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateName {
    /// The whole subject.
    Subject(DistinguishedName),
    /// A host among its alternative names.
    Dns(String),
    /// An address among them.
    Uri(String),
    /// A number among them.
    Ip(IpAddr),
    /// A mailbox among them.
    Email(String),
}

/// A subject: sets of types (as object identifiers) with their values, the widest first. The
/// string types of ASN.1 are one here.
#[derive(Clone, PartialEq, Eq)]
pub struct DistinguishedName(Vec<BTreeSet<(String, String)>>);

/// Why a certificate says nothing about a client: the word for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client certificate does not count: {0}")]
pub struct CertificateRefused(pub &'static str);

/// Why a name cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a distinguished name in the form of RFC 4514, such as CN=client,O=Example,C=DK")]
pub struct NotADistinguishedName;

impl ClientCertificate {
    /// Of DER. Nothing where the first is no certificate.
    pub fn of_der(leaf: &[u8], between: impl IntoIterator<Item = Vec<u8>>) -> Option<Self> {
        /// No honest chain is longer.
        const MOST: usize = 8;
        Certificate::from_der(leaf).ok()?;
        Some(Self {
            leaf: leaf.to_vec(),
            between: between.into_iter().take(MOST).collect(),
        })
    }

    /// `x5t#S256` (§3.1).
    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_digest(digest(&SHA256, &self.leaf).as_ref())
    }

    /// What is bound to it.
    pub fn confirmation(&self) -> Confirmation {
        Confirmation::Certificate(self.thumbprint())
    }

    /// Whether this is the client that the rule is about.
    pub fn is_admitted_by(&self, rule: &CertificateRule, now: Timestamp) -> Result<(), CertificateRefused> {
        let certificate =
            Certificate::from_der(&self.leaf).map_err(|_| CertificateRefused("certificate_shape"))?;
        match rule {
            CertificateRule::Registered(known) => {
                if !known.contains(&self.leaf) {
                    return Err(CertificateRefused("certificate_unknown"));
                }
                if !is_valid(&certificate, now) {
                    return Err(CertificateRefused("certificate_not_valid_now"));
                }
            }
            CertificateRule::Vouched { vouchers, name } => {
                let Vouchers { authorities, lists } = &**vouchers;
                let vouched = authorities.lead_to_client(&self.leaf, &self.between, lists, now);
                vouched.map_err(|error| {
                    tracing::warn!(%error, "client certificate refused");
                    CertificateRefused("certificate_not_vouched_for")
                })?;
                if !name.is_of(&certificate) {
                    let subject = certificate.tbs_certificate.subject.to_string();
                    tracing::warn!(subject, "client certificate refused: it has another name");
                    return Err(CertificateRefused("certificate_of_another"));
                }
            }
        }
        Ok(())
    }
}

fn is_valid(certificate: &Certificate, now: Timestamp) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    (validity.not_before.to_unix_duration().as_secs()..=validity.not_after.to_unix_duration().as_secs())
        .contains(&now)
}

impl CertificateName {
    fn is_of(&self, certificate: &Certificate) -> bool {
        if let Self::Subject(name) = self {
            return DistinguishedName::of(&certificate.tbs_certificate.subject).as_ref() == Some(name);
        }
        let names = certificate.tbs_certificate.get::<SubjectAltName>();
        let Ok(Some((_, SubjectAltName(names)))) = names else {
            return false;
        };
        names.iter().any(|found| match (self, found) {
            (Self::Dns(name), GeneralName::DnsName(found)) => name.eq_ignore_ascii_case(found.as_str()),
            (Self::Uri(name), GeneralName::UniformResourceIdentifier(found))
            | (Self::Email(name), GeneralName::Rfc822Name(found)) => name == found.as_str(),
            (Self::Ip(IpAddr::V4(name)), GeneralName::IpAddress(found)) => {
                found.as_bytes() == name.octets().as_slice()
            }
            (Self::Ip(IpAddr::V6(name)), GeneralName::IpAddress(found)) => {
                found.as_bytes() == name.octets().as_slice()
            }
            _ => false,
        })
    }
}

impl DistinguishedName {
    /// Reads the form of RFC 4514, as registrations have it.
    pub fn parse(text: &str) -> Result<Self, NotADistinguishedName> {
        let parsed = RdnSequence::from_str(text).map_err(|_| NotADistinguishedName)?;
        Self::of(&parsed)
            .filter(|name| !name.0.is_empty())
            .ok_or(NotADistinguishedName)
    }

    fn of(name: &RdnSequence) -> Option<Self> {
        let sets = name
            .0
            .iter()
            .map(|set| set.0.iter().map(type_and_value).collect());
        sets.collect::<Option<_>>().map(Self)
    }
}

fn type_and_value(pair: &AttributeTypeAndValue) -> Option<(String, String)> {
    let text = match pair.value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
            std::str::from_utf8(pair.value.value()).ok()?.to_owned()
        }
        // Of the others nothing is compared but the bytes.
        _ => format!("#{}", data_encoding::HEXLOWER.encode(&pair.value.to_der().ok()?)),
    };
    Some((pair.oid.to_string(), text))
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCertificate({})", self.thumbprint().as_str())
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, DnValue, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};

    use super::*;

    fn certificate(change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut params = CertificateParams::new(vec!["klient.example".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(
            DnType::CountryName,
            DnValue::PrintableString("DK".try_into().unwrap()),
        );
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Læsehesten, A/S");
        params.distinguished_name.push(DnType::CommonName, "klient");
        change(&mut params);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        Certificate::from_der(params.self_signed(&key).unwrap().der()).unwrap()
    }

    #[test]
    fn a_subject_is_the_whole_of_it_whatever_its_strings_are_made_of() {
        let certificate = certificate(|_| {});
        let is_of = |text: &str| {
            CertificateName::Subject(DistinguishedName::parse(text).unwrap()).is_of(&certificate)
        };
        assert!(is_of(r"CN=klient,O=Læsehesten\, A/S,C=DK"));
        for other in [
            "CN=klient",
            r"O=Læsehesten\, A/S,CN=klient,C=DK",
            r"CN=klient2,O=Læsehesten\, A/S,C=DK",
            r"CN=klient,O=Læsehesten\, A/S,C=DK,L=By",
            r"OU=klient,O=Læsehesten\, A/S,C=DK",
        ] {
            assert!(!is_of(other), "{other}");
        }
        for nonsense in ["", "klient", "CN", "XX=klient"] {
            assert!(DistinguishedName::parse(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn an_alternative_name_is_compared_with_its_own_kind() {
        let certificate = certificate(|params| {
            params.subject_alt_names.extend([
                SanType::URI("https://klient.example/id".try_into().unwrap()),
                SanType::IpAddress("192.0.2.7".parse().unwrap()),
                SanType::Rfc822Name("drift@klient.example".try_into().unwrap()),
            ]);
        });
        for (name, is_it) in [
            (CertificateName::Dns("Klient.example".to_owned()), true),
            (CertificateName::Dns("example".to_owned()), false),
            (CertificateName::Dns("klient".to_owned()), false),
            (CertificateName::Uri("https://klient.example/id".to_owned()), true),
            (CertificateName::Uri("klient.example".to_owned()), false),
            (CertificateName::Ip("192.0.2.7".parse().unwrap()), true),
            (CertificateName::Ip("192.0.2.8".parse().unwrap()), false),
            (CertificateName::Email("drift@klient.example".to_owned()), true),
            (CertificateName::Email("klient.example".to_owned()), false),
        ] {
            assert_eq!(name.is_of(&certificate), is_it, "{name:?}");
        }
    }
}
