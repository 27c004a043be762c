//! Clients that show certificates, and a Portner that takes them on sockets of its own and
//! from a proxy.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, StatusCode};
use data_encoding::BASE64;
use portner::web::serve::{StopHandle, stop_channel};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, RevokedCertParams, SerialNumber,
};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use url::{Url, form_urlencoded};

use super::browser::Page;
use super::federation::Federation;
use super::house::Files;

/// Where programs with certificates go.
pub(crate) const MUTUAL: &str = "mtls.login.example";

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

/// Who vouches for clients.
pub(crate) struct Authority(Issuer<'static, KeyPair>, Certificate);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = key();
        let certificate = params.self_signed(&key).unwrap();
        Self(Issuer::new(params, key), certificate)
    }

    pub(crate) fn pem(&self) -> String {
        self.1.pem()
    }

    /// A list that was made and will be replaced at these moments, in PEM.
    pub(crate) fn list(&self, made: &str, next: &str, revoked: &[u64]) -> String {
        let moment = |text: &str| {
            let moment: jiff::Timestamp = text.parse().unwrap();
            std::time::SystemTime::from(moment).into()
        };
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
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.0).unwrap().pem().unwrap()
    }

    /// A certificate for this common name, changed as a test wants it.
    pub(crate) fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = params(name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = key();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity::of(&certificate, &key)
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.example")]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Banken");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A certificate with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    pub(crate) fn self_signed(name: &str) -> Self {
        let key = key();
        Self::of(&params(name).self_signed(&key).unwrap(), &key)
    }

    fn of(certificate: &Certificate, key: &KeyPair) -> Self {
        Self {
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }

    /// The certificate of this one with the key of another: what a thief has who saw it pass by.
    pub(crate) fn with_key_of(&self, other: &Self) -> Self {
        Self {
            certificate: self.certificate.clone(),
            key: other.key.clone(),
        }
    }

    /// As RFC 9440 writes it.
    pub(crate) fn header(&self) -> (&'static str, String) {
        ("client-cert", format!(":{}:", self.x5c()))
    }

    /// As JWK Sets write it.
    pub(crate) fn x5c(&self) -> String {
        BASE64.encode(&self.certificate)
    }

    pub(crate) fn thumbprint(&self) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.certificate);
        data_encoding::BASE64URL_NOPAD.encode(hash.as_ref())
    }
}

/// A whole Portner that listens, with everybody around it.
pub(crate) struct Listening {
    pub(crate) world: Federation,
    mutual: SocketAddr,
    public: SocketAddr,
    server: CertificateDer<'static>,
    _stop: StopHandle,
}

impl Listening {
    /// With these files of clients beside the usual ones.
    pub(crate) async fn start(clients: &[(&str, String)]) -> Self {
        Self::start_with(clients, "").await
    }

    /// The same with these lines at the end of the settings.
    pub(crate) async fn start_with(clients: &[(&str, String)], settings: &str) -> Self {
        let (mutual, public) = (free_port(), free_port());
        let server = Identity::self_signed("mtls.login");
        let mut world = Federation::start_changed(|files| {
            listen(files, mutual, public, &server);
            files.add("portner.toml", settings);
            for (name, text) in clients {
                files.put(&format!("metadata/services/{name}"), text);
            }
        })
        .await;
        let (handle, stop) = stop_channel();
        tokio::spawn(world.house.app.take().unwrap().serve(stop));
        for _ in 0..500 {
            if TcpStream::connect(mutual).await.is_ok() && TcpStream::connect(public).await.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        Self {
            world,
            mutual,
            public,
            server: server.certificate,
            _stop: handle,
        }
    }

    /// Posts a form where certificates are shown, with this one.
    pub(crate) async fn post(&self, shown: Option<&Identity>, path: &str, form: &[(&str, String)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
        let asked = request("POST", MUTUAL, path, &[kind], &body);
        self.over_tls(shown, asked).await.expect("an answer")
    }

    /// Userinfo where certificates are shown, with this one.
    pub(crate) async fn userinfo(&self, shown: Option<&Identity>, token: &str) -> Page {
        let bearer = ("authorization", format!("Bearer {token}"));
        let asked = request("GET", MUTUAL, "/oidc/userinfo", &[bearer], "");
        self.over_tls(shown, asked).await.expect("an answer")
    }

    /// A page there, as a browser would ask for it.
    pub(crate) async fn get(&self, path: &str) -> Page {
        let asked = request("GET", MUTUAL, path, &[], "");
        self.over_tls(None, asked).await.expect("an answer")
    }

    /// What arrives over TLS; nothing where the handshake fails.
    pub(crate) async fn over_tls(&self, shown: Option<&Identity>, asked: String) -> Option<Page> {
        let mut roots = RootCertStore::empty();
        roots.add(self.server.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match shown {
            Some(identity) => {
                let key = PrivateKeyDer::try_from(identity.key.clone()).unwrap();
                let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
                let pair = rustls::sign::CertifiedKey::new(vec![identity.certificate.clone()], signing);
                config.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(pair)))
            }
            None => config.with_no_client_auth(),
        };
        let stream = TcpStream::connect(self.mutual).await.unwrap();
        let name = ServerName::try_from("mtls.login.example").unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.ok()?;
        exchange(stream, &asked).await
    }

    /// The same through the proxy that Portner believes, which is this machine.
    pub(crate) async fn by_proxy(
        &self,
        host: &str,
        headers: &[(&'static str, String)],
        path: &str,
        form: &[(&str, String)],
    ) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        let stream = TcpStream::connect(self.public).await.unwrap();
        let asked = request("POST", host, path, &headers, &body);
        exchange(stream, &asked).await.expect("an answer")
    }
}

fn listen(files: &Files, mutual: SocketAddr, public: SocketAddr, server: &Identity) {
    let pem = |label: &str, der: &[u8]| {
        let text = BASE64.encode(der);
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            lines.join("\n")
        )
    };
    files.put("mtls.crt", &pem("CERTIFICATE", &server.certificate));
    files.put("mtls.key", &pem("PRIVATE KEY", &server.key));
    let key = files.path("mtls.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    CertificateDer::from_pem_file(files.path("mtls.crt")).unwrap();
    files.change(
        "portner.toml",
        "[listen]\n",
        &format!("[listen]\npublic = [\"{public}\"]\n"),
    );
    files.add(
        "portner.toml",
        &format!(
            "[listen.mutual_tls]\norigin = \"https://{MUTUAL}\"\naddresses = [\"{mutual}\"]\n\
             certificate = \"{}\"\nkey = {{ file = \"{}\" }}\nheader = \"Client-Cert\"\n",
            files.path("mtls.crt").display(),
            key.display(),
        ),
    );
}

fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

pub(crate) fn request(
    method: &str,
    host: &str,
    path: &str,
    headers: &[(&'static str, String)],
    body: &str,
) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text + &format!("content-length: {}\r\n\r\n{body}", body.len())
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, asked: &str) -> Option<Page> {
    stream.write_all(asked.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(
        std::time::Duration::from_secs(20),
        stream.read_to_end(&mut answer),
    );
    let read = read.await.expect("no answer in time");
    // TLS 1.3 tells a client afterwards that its handshake was not believed.
    if answer.is_empty() {
        read.ok()?;
        return None;
    }
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        headers.append(HeaderName::try_from(name).ok()?, value.parse().ok()?);
    }
    Some(Page {
        url: Url::parse("https://mtls.login.example").unwrap(),
        status: StatusCode::try_from(status).ok()?,
        headers,
        body: body.to_owned(),
    })
}
