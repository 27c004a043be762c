//! TLS as it should be: 1.2 and 1.3, tickets, HTTP/2, and a certificate that can change
//! under way (M04). There is no setting that weakens it.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, pki_types};
use tokio_rustls::TlsAcceptor;
use x509_cert::der::Decode;

use crate::config::listen::TlsFiles;
use crate::config::secret::SecretUnreadable;

use super::client_certificate::AnyCertificate;
use super::stop::Stop;

/// HTTP/2 in ALPN.
pub(super) const H2: &[u8] = b"h2";

/// How often the files are looked at for a new certificate.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The server's certificate, which is replaced when its files change.
pub struct HotCertificate {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl HotCertificate {
    /// Reads certificate and key; they must belong together.
    pub fn load(files: TlsFiles) -> Result<Arc<Self>, TlsProblem> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = RwLock::new(Arc::new(read(&files, &provider)?));
        Ok(Arc::new(Self {
            files,
            provider,
            current,
        }))
    }

    /// Does handshakes with whatever certificate is current.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsProblem> {
        self.acceptor_verifying(WebPkiClientVerifier::no_client_auth())
    }

    /// The same, and asks for a client certificate: for programs, never for browsers.
    pub fn mutual_acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsProblem> {
        self.acceptor_verifying(Arc::new(AnyCertificate(Arc::clone(&self.provider))))
    }

    fn acceptor_verifying(
        self: &Arc<Self>,
        verifier: Arc<dyn ClientCertVerifier>,
    ) -> Result<TlsAcceptor, TlsProblem> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
        config.ticketer = aws_lc_rs::Ticketer::new()?;
        // A browser comes back on one connection at a time; each ticket is paid for in every handshake.
        config.send_tls13_tickets = 1;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Reads the files again; tells whether there was something new. The old pair stays if the
    /// new one is not usable.
    pub fn reload(&self) -> Result<bool, TlsProblem> {
        let fresh = read(&self.files, &self.provider)?;
        if fresh.cert == self.current().cert {
            return Ok(false);
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(true)
    }

    /// Looks for a new certificate now and then, until `stop`.
    pub async fn keep_fresh(self: Arc<Self>, stop: Stop) {
        loop {
            tokio::select! {
                () = stop.requested() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            match self.reload() {
                Ok(true) => tracing::info!("the TLS certificate was replaced"),
                Ok(false) => {}
                Err(error) => {
                    let cause = crate::telemetry::log::chain(&error);
                    tracing::error!(error.message = cause, "the TLS certificate stays as it was");
                }
            }
        }
    }

    /// When the current certificate expires.
    pub fn expires_at(&self) -> Option<Timestamp> {
        expiry(self.current().cert.first()?)
    }

    /// Whether the current certificate is for this host, as browsers judge it.
    pub fn is_for(&self, host: &str) -> bool {
        let current = self.current();
        let name = ServerName::try_from(host.trim_matches(['[', ']']));
        let (Some(certificate), Ok(name)) = (current.cert.first(), name) else {
            return false;
        };
        ParsedCertificate::try_from(certificate)
            .is_ok_and(|certificate| verify_server_name(&certificate, &name).is_ok())
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for HotCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl fmt::Debug for HotCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HotCertificate({})", self.files.certificate.display())
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsProblem> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| TlsProblem::Certificate {
            path: files.certificate.clone(),
            source,
        })?;
    if chain.is_empty() {
        return Err(TlsProblem::NoCertificate {
            path: files.certificate.clone(),
        });
    }
    let key = files.key.read()?;
    let key = PrivateKeyDer::from_pem_slice(key.expose()).map_err(TlsProblem::Key)?;
    Ok(CertifiedKey::from_der(chain, key, provider)?)
}

/// When a certificate in DER expires.
pub fn expiry(certificate: &[u8]) -> Option<Timestamp> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let until = certificate.tbs_certificate.validity.not_after;
    Timestamp::from_second(i64::try_from(until.to_unix_duration().as_secs()).ok()?).ok()
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// The certificate file cannot be read, or is not PEM.
    #[error("{} is not a readable PEM certificate chain", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: pki_types::pem::Error,
    },
    /// The certificate file holds no certificate.
    #[error("{} holds no certificate", path.display())]
    NoCertificate {
        /// Which file.
        path: PathBuf,
    },
    /// The key cannot be fetched.
    #[error("the TLS key cannot be fetched")]
    KeySource(#[from] SecretUnreadable),
    /// The key is not PEM.
    #[error("the TLS key is not a PEM private key")]
    Key(#[source] pki_types::pem::Error),
    /// rustls does not take the pair: they do not belong together, or the key is of an unknown kind.
    #[error("certificate and key cannot be used together")]
    Pair(#[from] rustls::Error),
}
