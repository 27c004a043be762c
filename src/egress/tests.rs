//! Calls to servers on loopback: what is reached, refused, cut off and left alone.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A server on loopback that answers every request on a connection with the same bytes.
async fn server(answer: Vec<u8>) -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(1..) = stream.read(&mut buffer).await {
                    if stream.write_all(&answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (url.parse().unwrap(), connections)
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A certificate for `localhost`, and the key that belongs to it.
fn certificate() -> (String, Arc<rustls::ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (made.cert.pem(), Arc::new(config))
}

/// The same server behind TLS.
async fn tls_server(config: Arc<rustls::ServerConfig>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let acceptor = tokio_rustls::TlsAcceptor::from(config);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut buffer = [0; 4096];
                while let Ok(1..) = stream.read(&mut buffer).await {
                    if stream.write_all(&answer("200 OK", "", "{}")).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    url.parse().unwrap()
}

fn egress(change: impl FnOnce(&mut EgressSettings)) -> Egress {
    let mut settings = EgressSettings {
        inner_hosts: InnerHosts::Listed(BTreeSet::from(["127.0.0.1".to_owned()])),
        plain_http_on_loopback: true,
        ..EgressSettings::default()
    };
    change(&mut settings);
    Egress::new(&settings).unwrap()
}

#[tokio::test]
async fn answers_come_whole_and_connections_are_kept() {
    let (url, connections) = server(answer("200 OK", "", "{}")).await;
    let egress = egress(|_| ());
    for _ in 0..3 {
        let answer = egress.get(&url, HeaderMap::new()).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"{}"[..]));
        tokio::task::yield_now().await;
    }
    let answer = egress
        .post_form(&url, HeaderMap::new(), "a=b".to_owned())
        .await
        .unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn certificates_are_checked_against_what_is_trusted() {
    let (pem, config) = certificate();
    let url = tls_server(config).await;
    let localhost = InnerHosts::Listed(BTreeSet::from(["localhost".to_owned()]));
    let trusting = egress(|settings| {
        settings.inner_hosts.clone_from(&localhost);
        settings.extra_roots = Some(pem.into_bytes());
    });
    assert_eq!(
        trusting.get(&url, HeaderMap::new()).await.unwrap().status,
        StatusCode::OK
    );
    let stranger = egress(|settings| {
        settings.inner_hosts = localhost;
        settings.extra_roots = Some(certificate().0.into_bytes());
    });
    let refused = stranger.get(&url, HeaderMap::new()).await;
    assert!(matches!(refused, Err(EgressError::Failed { .. })), "{refused:?}");
}

#[tokio::test]
async fn redirects_are_handed_back_and_not_followed() {
    let (target, visited) = server(answer("200 OK", "", "secret")).await;
    let (url, _) = server(answer("302 Found", &format!("Location: {target}\r\n"), "")).await;
    let answer = egress(|_| ()).get(&url, HeaderMap::new()).await.unwrap();
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(visited.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn large_answers_are_cut_off() {
    let (url, _) = server(answer("200 OK", "", &"x".repeat(2000))).await;
    let egress = egress(|settings| settings.max_answer = 1000);
    let refused = egress.get(&url, HeaderMap::new()).await;
    assert!(
        matches!(refused, Err(EgressError::TooLarge { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn slow_hosts_are_given_up() {
    let (url, _) = server(Vec::new()).await;
    let egress = egress(|settings| settings.timeout = Duration::from_millis(50));
    let refused = egress.get(&url, HeaderMap::new()).await;
    assert!(matches!(refused, Err(EgressError::Timeout { .. })), "{refused:?}");
}

#[tokio::test]
async fn broken_hosts_are_left_alone() {
    let (url, connections) = server(answer("503 Service Unavailable", "", "")).await;
    let egress = egress(|settings| settings.failures_to_open = 2);
    for _ in 0..2 {
        assert!(egress.get(&url, HeaderMap::new()).await.is_ok());
    }
    let refused = egress.get(&url, HeaderMap::new()).await;
    assert!(
        matches!(refused, Err(EgressError::BreakerOpen { .. })),
        "{refused:?}"
    );
    assert!(connections.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn inner_addresses_are_out_of_reach_unless_listed() {
    let egress = egress(|settings| {
        settings.inner_hosts = InnerHosts::default();
        settings.plain_http_on_loopback = false;
        settings.extra_roots = Some(certificate().0.into_bytes());
    });
    for text in [
        "https://127.0.0.1:1/",
        "https://[::1]:1/",
        "https://localhost:1/",
        "https://169.254.169.254/",
    ] {
        let refused = egress.get(&text.parse().unwrap(), HeaderMap::new()).await;
        assert!(
            matches!(refused, Err(EgressError::ForbiddenAddress { .. })),
            "{text}: {refused:?}"
        );
    }
    let plain = egress
        .get(&"http://op.example/".parse().unwrap(), HeaderMap::new())
        .await;
    assert!(matches!(plain, Err(EgressError::Scheme)));
}

#[tokio::test]
async fn what_is_signed_is_fetched_by_http_and_never_from_inside() {
    const ROOM: Room = Room {
        bytes: 1024,
        time: Duration::from_secs(5),
    };
    let (url, connections) = server(answer("200 OK", "", "list")).await;
    let fetch = async |egress: &Egress, url: &Url| {
        let mut body = Vec::new();
        let take = |piece: &[u8]| {
            body.extend_from_slice(piece);
            Ok(())
        };
        let head = egress.download_signed(url, HeaderMap::new(), ROOM, take).await;
        head.map(|_| body)
    };
    // The settings of production: plain http is for what is signed alone.
    let outside = egress(|settings| {
        settings.plain_http_on_loopback = false;
        settings.inner_hosts = InnerHosts::default();
    });
    assert!(matches!(
        fetch(&outside, &url).await,
        Err(EgressError::ForbiddenAddress { .. })
    ));
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    let listed = egress(|settings| {
        settings.plain_http_on_loopback = false;
        settings.inner_hosts = InnerHosts::Listed(["127.0.0.1".to_owned()].into());
    });
    assert_eq!(fetch(&listed, &url).await.unwrap(), b"list");
    assert!(matches!(
        listed.get(&url, HeaderMap::new()).await,
        Err(EgressError::Scheme)
    ));
    for odd in ["ftp://127.0.0.1/", "file:///etc/passwd", "http://user@127.0.0.1/"] {
        let odd = odd.parse().unwrap();
        assert!(
            matches!(fetch(&listed, &odd).await, Err(EgressError::Scheme)),
            "{odd}"
        );
    }
}
