//! An authority that issues certificates and revocation lists with the dates that a test wants.

use std::time::SystemTime;

use data_encoding::BASE64;
use jiff::Timestamp;
use portner::keys::Signer;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    CrlIssuingDistributionPoint, CrlScope, DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PublicKeyData, RevokedCertParams, SerialNumber, SignatureAlgorithm,
};
use x509_cert::der::Decode;
use x509_cert::spki::SubjectPublicKeyInfoRef;

/// An authority with its own pinned certificate.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
}

/// Somebody else's public key.
struct KeyOf(Vec<u8>);

impl PublicKeyData for KeyOf {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { params, key, pem }
    }

    /// Its certificate.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate about a signer's RSA key, in base64; lists about it are `lists_at`.
    pub(crate) fn certify(&self, signer: &dyn Signer, serial: u64, lists_at: Option<&str>) -> String {
        let spki = SubjectPublicKeyInfoRef::from_der(signer.public_key()).unwrap();
        let key = KeyOf(spki.subject_public_key.as_bytes().unwrap().to_vec());
        let mut params = params("party");
        params.serial_number = Some(SerialNumber::from(serial));
        params.crl_distribution_points = lists_at
            .map(|uri| CrlDistributionPoint {
                uris: vec![uri.to_owned()],
            })
            .into_iter()
            .collect();
        let certificate = params.signed_by(&key, &self.issuer()).unwrap();
        BASE64.encode(certificate.der())
    }

    /// A list that was made and will be replaced at these moments, in PEM.
    pub(crate) fn list(&self, made: &str, next: &str, revoked: &[u64]) -> String {
        self.list_about(None, made, next, revoked)
    }

    /// A list about some of its certificates: those of people and programs, and not of other authorities.
    pub(crate) fn list_of_users(&self, made: &str, next: &str) -> String {
        let part = CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint {
                uris: vec!["http://udsteder.example/brugere.crl".to_owned()],
            },
            scope: Some(CrlScope::UserCertsOnly),
        };
        self.list_about(Some(part), made, next, &[])
    }

    fn list_about(
        &self,
        part: Option<CrlIssuingDistributionPoint>,
        made: &str,
        next: &str,
        revoked: &[u64],
    ) -> String {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: moment(made),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: moment(made),
            next_update: moment(next),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: part,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer()).unwrap().pem().unwrap()
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = moment("2026-01-01T00:00:00Z");
    params.not_after = moment("2036-01-01T00:00:00Z");
    params
}

fn moment<T: From<SystemTime>>(text: &str) -> T {
    SystemTime::from(text.parse::<Timestamp>().unwrap()).into()
}
