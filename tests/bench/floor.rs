//! The floor: the cryptography that a login cannot do without, measured in the same run.
//! Nobody brokers a login for less.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, ConnectionCommon, ServerConfig, ServerConnection, SideData,
};

/// Microseconds of one core for each operation: the middle one of many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floor {
    pub(crate) rsa_sign: f64,
    pub(crate) rsa_verify: f64,
    pub(crate) ecdsa_sign: f64,
    pub(crate) ecdsa_verify: f64,
    /// RSA-OAEP with 2048 bits: the key of an assertion, wrapped and unwrapped.
    pub(crate) wrap: f64,
    pub(crate) unwrap: f64,
    /// A whole TLS 1.3 handshake, the server's part, with a P-256 certificate.
    pub(crate) handshake: f64,
}

const MESSAGE: &[u8] = b"en besked, der skal underskrives";

/// Measures all of them on this thread.
#[expect(clippy::disallowed_types, reason = "the key operations demand it")]
pub(crate) fn measure() -> Floor {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let rsa = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut rsa_signature = vec![0; rsa.public_modulus_len()];
    let rsa_sign = middle(1_000, || {
        rsa.sign(&RSA_PKCS1_SHA256, &random, MESSAGE, &mut rsa_signature)
            .unwrap();
    });
    let rsa_public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, rsa.public_key().as_ref()).unwrap();
    let rsa_verify = middle(2_000, || rsa_public.verify_sig(MESSAGE, &rsa_signature).unwrap());
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let ecdsa_sign = middle(2_000, || {
        p256.sign(&random, MESSAGE).unwrap();
    });
    let signature = p256.sign(&random, MESSAGE).unwrap();
    let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, p256.public_key().as_ref()).unwrap();
    let ecdsa_verify = middle(2_000, || public.verify_sig(MESSAGE, signature.as_ref()).unwrap());
    let (wrap, unwrap) = wrapping();
    Floor {
        rsa_sign,
        rsa_verify,
        ecdsa_sign,
        ecdsa_verify,
        wrap,
        unwrap,
        handshake: handshake(),
    }
}

/// RSA-OAEP as XML Encryption has it, there and back.
fn wrapping() -> (f64, f64) {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let public = OaepPublicEncryptingKey::new(private.public_key()).unwrap();
    let private = OaepPrivateDecryptingKey::new(private).unwrap();
    let (mut wrapped, mut opened) = (
        vec![0; public.ciphertext_size()],
        vec![0; private.min_output_size()],
    );
    let wrap = middle(2_000, || {
        let key = [7; 16];
        public
            .encrypt(&OAEP_SHA1_MGF1SHA1, &key, &mut wrapped, None)
            .unwrap();
    });
    let unwrap = middle(1_000, || {
        private
            .decrypt(&OAEP_SHA1_MGF1SHA1, &wrapped, &mut opened, None)
            .unwrap();
    });
    (wrap, unwrap)
}

fn middle(times: usize, mut run: impl FnMut()) -> f64 {
    let taken = (0..times).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    median(taken.collect())
}

fn median(mut taken: Vec<Duration>) -> f64 {
    taken.sort_unstable();
    taken[taken.len() / 2].as_secs_f64() * 1e6
}

/// What browsers offer: AES-128-GCM with SHA-256 first.
pub(crate) fn as_browsers() -> rustls::crypto::CryptoProvider {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    let is_second =
        |suite: &rustls::SupportedCipherSuite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256;
    provider.cipher_suites.sort_by_key(is_second);
    provider
}

fn handshake() -> f64 {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = CertificateDer::from(own.cert.der().to_vec());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()).into();
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut client = ClientConfig::builder_with_provider(Arc::new(as_browsers()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    let (server, client) = (Arc::new(server), Arc::new(client));
    median((0..1_000).map(|_| one_handshake(&server, &client)).collect())
}

/// The time that the server's side takes.
fn one_handshake(server: &Arc<ServerConfig>, client: &Arc<ClientConfig>) -> Duration {
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::clone(client), name).unwrap();
    let begun = Instant::now();
    let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
    let mut taken = begun.elapsed();
    while client.is_handshaking() || server.is_handshaking() {
        let to_server = drain(&mut client);
        let begun = Instant::now();
        feed(&mut server, &to_server);
        let to_client = drain(&mut server);
        taken += begun.elapsed();
        feed(&mut client, &to_client);
    }
    taken
}

fn drain<D: SideData>(connection: &mut ConnectionCommon<D>) -> Vec<u8> {
    let mut bytes = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut bytes).unwrap();
    }
    bytes
}

fn feed<D: SideData>(connection: &mut ConnectionCommon<D>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        connection.read_tls(&mut bytes).unwrap();
        connection.process_new_packets().unwrap();
    }
}
