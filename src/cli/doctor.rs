//! `portner doctor`: what can only be seen from outside, one remedy a line.
//!
//! It looks at our own public address and at each upstream as strangers see them: does a
//! connection stand, is the certificate good and for how long, do the clocks agree. Keys that stay
//! in a token are asked for a signature.
//!
//! The one place that calls others without `egress/` (DR12): the certificate and the clock of
//! the other end are what it is after, and `egress/` rightly shows neither. It calls only what
//! the operator registered, when the operator says so, takes nothing of a user along, follows
//! no redirect and reads 16 KiB at most.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::ambient::{Clock, SystemClock};
use crate::config::egress::EgressSettings;
use crate::config::keys::KeyPlan;
use crate::config::problem::Problem;
use crate::keys::pkcs11::names_a_token;
use crate::saml::peer::SsoEndpoints;
use crate::telemetry::log::chain;
use crate::trust::{Upstream, UpstreamProtocol};
use crate::web::serve::tls::expiry;

use super::Place;
use super::from_token::SIGNING;
use super::installation::{self, Installation};
use super::output::Output;

/// Clocks that differ more than two seconds are told (M10); `Date` leaves out up to one more.
const WORST_DRIFT: SignedDuration = SignedDuration::from_secs(3);

/// Certificates that end sooner than this are told.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Below an issuer: where it describes itself.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Looks and prints. Whether nothing is wrong.
pub(super) fn run(place: &Place, output: &mut Output) -> bool {
    let (installation, problems) = Installation::read(place, &SystemClock);
    let well = output.problems(&problems);
    let Some(installation) = installation else {
        return false;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (Ok(runtime), Ok(client)) = (runtime, client(&installation.settings.egress)) else {
        output.problem(
            &Problem::error("the network or the trusted certificates cannot be used")
                .help("see [egress] in config/portner.toml"),
        );
        return false;
    };
    let mut findings = runtime.block_on(examine(&installation, &client));
    findings.extend(runtime.block_on(keys_in_tokens(&installation.settings.keys)));
    for (name, finding) in &findings {
        output.line(format!("{name:<24} {finding}"));
    }
    well && findings.values().all(|finding| matches!(finding, Finding::Well))
}

async fn examine(installation: &Installation, client: &Arc<ClientConfig>) -> BTreeMap<String, Finding> {
    let limit = installation.settings.egress.timeout;
    let ours = (
        "(our own address)".to_owned(),
        installation.settings.origin.at("/"),
    );
    let upstreams = installation
        .registry
        .upstreams()
        .filter(|upstream| upstream.profile.enabled);
    let theirs = upstreams.filter_map(|upstream| Some((upstream.profile.id.to_string(), address(upstream)?)));
    let mut findings = BTreeMap::new();
    for (name, url) in std::iter::once(ours).chain(theirs) {
        let finding = match timeout(limit, look_at(&url, client)).await {
            Ok(Ok(seen)) => judge(&seen, &url, SystemClock.now()),
            Ok(Err(error)) => Finding::Unreachable(url.to_string(), error.to_string()),
            Err(_) => Finding::Unreachable(url.to_string(), format!("no answer within {limit:?}")),
        };
        findings.insert(name, finding);
    }
    findings
}

/// Has each key that stays in a token sign something, each by itself: that one does says nothing of another.
async fn keys_in_tokens(plan: &KeyPlan) -> BTreeMap<String, Finding> {
    let mut findings = BTreeMap::new();
    for purpose in SIGNING {
        let Ok(file) = installation::read(plan, purpose) else {
            continue;
        };
        if !names_a_token(&file) {
            continue;
        }
        let signed = match installation::signer(plan, purpose) {
            Ok(signer) => signer
                .sign(b"portner doctor")
                .await
                .map_err(|error| chain(&error)),
            Err(problem) => Err(problem.to_string()),
        };
        let finding = signed.map_or_else(Finding::DoesNotSign, |_| Finding::Well);
        findings.insert(format!("(key {})", purpose.as_str()), finding);
    }
    findings
}

/// Where an upstream takes users.
fn address(upstream: &Upstream) -> Option<Url> {
    match &upstream.protocol {
        UpstreamProtocol::Central => None,
        UpstreamProtocol::Saml(idp, _) => match &idp.sso {
            SsoEndpoints::Redirect(url)
            | SsoEndpoints::Post(url)
            | SsoEndpoints::Both { redirect: url, .. } => Url::parse(url.as_str()).ok(),
        },
        UpstreamProtocol::Oidc(provider, _) => {
            let issuer = provider.issuer.as_str().trim_end_matches('/');
            Url::parse(&format!("{issuer}{DISCOVERY}")).ok()
        }
    }
}

/// What a stranger sees.
struct Seen {
    certificate_ends: Option<Timestamp>,
    their_clock: Option<Timestamp>,
    status: Option<u16>,
}

impl Seen {
    fn of(certificate_ends: Option<Timestamp>, answer: &str) -> Self {
        let date = answer.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("date").then(|| value.trim())
        });
        Self {
            certificate_ends,
            their_clock: date
                .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
                .map(|date| date.timestamp()),
            status: answer.split(' ').nth(1).and_then(|status| status.parse().ok()),
        }
    }
}

async fn look_at(url: &Url, client: &Arc<ClientConfig>) -> io::Result<Seen> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let stream = TcpStream::connect((host, port)).await?;
    if url.scheme() == "http" {
        return Ok(Seen::of(None, &ask(stream, url).await?));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(Arc::clone(client))
        .connect(name, stream)
        .await?;
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let ends = chain.first().and_then(|certificate| expiry(certificate));
    Ok(Seen::of(ends, &ask(stream, url).await?))
}

/// The beginning of an answer, whatever the answer is.
async fn ask<S>(mut stream: S, url: &Url) -> io::Result<String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    // Not every server knows HEAD where it has a document.
    let method = if is_discovery(url) { "GET" } else { "HEAD" };
    let request = format!(
        "{method} {} HTTP/1.1\r\nhost: {host}{port}\r\nconnection: close\r\n\r\n",
        url.path()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(16 * 1024).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// An address of logins may answer a bare visit as it likes; a discovery document must be there.
fn is_discovery(url: &Url) -> bool {
    url.path().ends_with(DISCOVERY)
}

fn judge(seen: &Seen, url: &Url, now: Timestamp) -> Finding {
    if is_discovery(url) && seen.status != Some(200) {
        return Finding::NoDiscovery(url.to_string(), seen.status);
    }
    if let Some(ends) = seen.certificate_ends
        && ends.duration_since(now) < SOON
    {
        return Finding::CertificateEnds(ends);
    }
    match seen.their_clock.map(|theirs| now.duration_since(theirs)) {
        Some(drift) if drift.abs() > WORST_DRIFT => Finding::ClocksDiffer(drift),
        _ => Finding::Well,
    }
}

/// What was found at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    Well,
    Unreachable(String, String),
    NoDiscovery(String, Option<u16>),
    CertificateEnds(Timestamp),
    ClocksDiffer(SignedDuration),
    DoesNotSign(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well => f.write_str("well"),
            Self::Unreachable(url, why) => {
                write!(
                    f,
                    "not reached at {url} ({why}): look at DNS, firewall and certificate chain"
                )
            }
            Self::NoDiscovery(url, status) => {
                let status = status.map_or_else(|| "no HTTP".to_owned(), |status| status.to_string());
                write!(
                    f,
                    "answers {status} at {url}: look at the issuer in its file, or ask its operator"
                )
            }
            Self::CertificateEnds(when) => {
                write!(f, "certificate ends at {when}: tell its operator to renew it")
            }
            Self::DoesNotSign(why) => write!(
                f,
                "does not sign ({why}): look at the token, its module and the file with the PIN"
            ),
            Self::ClocksDiffer(drift) => write!(f, "clocks differ by {drift:#}: set both by NTP"),
        }
    }
}

/// Trusts what Portner trusts: the system's authorities and the operator's.
fn client(settings: &EgressSettings) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for path in &settings.extra_authorities {
        let certificates = rustls::pki_types::CertificateDer::pem_file_iter(path)
            .into_iter()
            .flatten();
        roots.add_parsable_certificates(certificates.flatten());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discovery_document_must_be_there() {
        let now: Timestamp = "2027-03-01T12:00:00Z".parse().unwrap();
        let url = Url::parse("https://op.example/x/.well-known/openid-configuration").unwrap();
        let found = |answer: &str| judge(&Seen::of(None, answer), &url, now).to_string();
        assert_eq!(
            found("HTTP/1.1 200 OK\r\ndate: Mon, 01 Mar 2027 12:00:00 GMT\r\n\r\n{}"),
            "well"
        );
        let missing = found("HTTP/1.1 404 Not Found\r\n\r\n");
        assert!(
            missing.starts_with("answers 404 at https://op.example/x/"),
            "{missing}"
        );
        assert!(found("SSH-2.0-x\r\n").starts_with("answers no HTTP"));
    }

    #[test]
    fn the_worst_is_told_with_its_remedy() {
        let now: Timestamp = "2027-03-01T12:00:00Z".parse().unwrap();
        let after = |hours| Some(now + SignedDuration::from_hours(hours));
        let seen = |certificate_ends, their_clock| {
            judge(
                &Seen {
                    certificate_ends,
                    their_clock,
                    status: Some(404),
                },
                &Url::parse("https://idp.example/sso").unwrap(),
                now,
            )
        };
        assert_eq!(seen(after(24 * 90), Some(now)), Finding::Well);
        assert_eq!(seen(None, None), Finding::Well);
        assert!(matches!(seen(after(24), Some(now)), Finding::CertificateEnds(_)));
        let drifted = seen(None, after(1));
        assert_eq!(drifted.to_string(), "clocks differ by 1h ago: set both by NTP");
    }
}
