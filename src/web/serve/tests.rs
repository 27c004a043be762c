//! The server from outside: over real sockets on loopback.

use std::io;
use std::net::Ipv4Addr;

use axum::Extension;
use axum::routing::{get, post};
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::config::Settings;
use crate::config::listen::{Network, TlsFiles};
use crate::config::problem::Source;
use crate::config::secret::SecretSource;

use super::tls::HotCertificate;
use super::*;

struct Running {
    address: SocketAddr,
    stop: StopHandle,
    ending: JoinHandle<Ending>,
}

fn limits() -> HttpLimits {
    let mut limits = Settings::default().limits.http;
    limits.header = Duration::from_millis(300);
    limits.body = Duration::from_millis(300);
    limits.handshake = Duration::from_millis(300);
    limits.drain = Duration::from_secs(2);
    limits
}

async fn start(protection: Protection, limits: HttpLimits) -> Running {
    start_knowing(protection, limits, SchoolNetworks::default()).await
}

async fn start_knowing(protection: Protection, limits: HttpLimits, schools: SchoolNetworks) -> Running {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(&[any_port], protection, limits, Arc::default())
        .await
        .unwrap()
        .knowing(schools);
    let address = server.addresses()[0];
    let router = Router::new()
        .route("/", get(|| async { "hej" }))
        .route(
            "/who",
            get(|Extension(ClientAddress(ip)): Extension<ClientAddress>| async move { ip.to_string() }),
        )
        .route("/much", get(|| async { "meget".repeat(4_000_000) }))
        .route("/echo", post(|body: String| async move { body }))
        .route(
            "/slow",
            get(|| async {
                sleep(Duration::from_millis(400)).await;
                "færdig"
            }),
        );
    let (stop, stopped) = stop_channel();
    let ending = tokio::spawn(server.serve(router, stopped));
    Running {
        address,
        stop,
        ending,
    }
}

async fn ask(address: SocketAddr, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn get_request(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_request_is_answered() {
    let running = start(Protection::Plain, limits()).await;
    let answer = ask(running.address, &get_request("/", "")).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hej"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_slow_head_and_a_silent_connection_are_ended() {
    let running = start(Protection::Plain, limits()).await;
    for beginning in ["", "GET / HTTP/1.1\r\nhost: local"] {
        let begun = Instant::now();
        ask(running.address, beginning).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(3), "{beginning:?} was kept");
    }
}

#[tokio::test]
async fn a_slow_body_is_ended() {
    let running = start(Protection::Plain, limits()).await;
    let begun = Instant::now();
    let request =
        "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\ncontent-type: text/plain\r\n\r\nabc";
    let answer = ask(running.address, request).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn huge_headers_are_refused() {
    let running = start(Protection::Plain, limits()).await;
    let header = format!("x-huge: {}\r\n", "a".repeat(64 * 1024));
    let answer = ask(running.address, &get_request("/", &header))
        .await
        .unwrap_or_default();
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn requests_in_flight_finish_and_new_ones_find_nobody() {
    let running = start(Protection::Plain, limits()).await;
    let in_flight = tokio::spawn(async move { ask(running.address, &get_request("/slow", "")).await });
    sleep(Duration::from_millis(100)).await;
    running.stop.stop();
    assert!(in_flight.await.unwrap().unwrap().ends_with("færdig"));
    assert_eq!(running.ending.await.unwrap(), Ending::Drained);
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_wait_and_are_served() {
    let mut limits = limits();
    limits.connections = 1;
    let running = start(Protection::Plain, limits).await;
    let _idle = TcpStream::connect(running.address).await.unwrap();
    let answer = ask(running.address, &get_request("/", "")).await.unwrap();
    assert!(answer.ends_with("hej"), "served once the idle one was ended");
}

/// A connection from this address of the loopback network.
async fn connect_from(from: [u8; 4], to: SocketAddr) -> io::Result<TcpStream> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(to).await
}

/// Asks again and again on one connection, as somebody does who wants to keep it. Nothing when it is over.
async fn keep_asking(mut stream: TcpStream, every: Duration) -> Option<()> {
    let mut answer = [0; 1024];
    loop {
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .ok()?;
        if stream.read(&mut answer).await.ok()? == 0 {
            return None;
        }
        sleep(every).await;
    }
}

/// Whether a stranger is answered while one address keeps every connection that it gets.
async fn a_stranger_is_answered(limits: HttpLimits) -> bool {
    let running = start(Protection::Plain, limits).await;
    let mut greedy = tokio::task::JoinSet::new();
    for n in 1..=16 {
        let stream = connect_from([127, 0, 0, n], running.address).await.unwrap();
        greedy.spawn(keep_asking(stream, Duration::from_millis(10)));
    }
    sleep(Duration::from_millis(300)).await;
    let mut stranger = connect_from([127, 0, 1, 1], running.address).await.unwrap();
    stranger.write_all(get_request("/", "").as_bytes()).await.unwrap();
    let mut answer = String::new();
    let answered = timeout(Duration::from_secs(1), stranger.read_to_string(&mut answer)).await;
    answered.is_ok() && answer.ends_with("hej")
}

#[tokio::test]
async fn m05_one_address_does_not_close_the_door() {
    let mut limits = limits();
    (limits.connections, limits.per_network) = (8, 4);
    assert!(a_stranger_is_answered(limits.clone()).await);
    limits.per_network = 8;
    assert!(
        !a_stranger_is_answered(limits).await,
        "it is the share that does it"
    );
}

#[tokio::test]
async fn m05_a_busy_connection_ends_with_the_request_that_it_is_at() {
    let mut limits = limits();
    limits.age = Duration::from_millis(400);
    let running = start(Protection::Plain, limits.clone()).await;
    let stream = TcpStream::connect(running.address).await.unwrap();
    let begun = Instant::now();
    let over = timeout(
        Duration::from_secs(3),
        keep_asking(stream, Duration::from_millis(50)),
    )
    .await;
    assert_eq!(over, Ok(None), "it was kept");
    assert!(begun.elapsed() >= limits.age, "it ended too early");
    // What takes longer than that is finished, and told to be the last.
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    sleep(Duration::from_millis(200)).await;
    let request = "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.contains("connection: close") && answer.ends_with("færdig"),
        "{answer}"
    );
}

#[tokio::test]
async fn m05_who_does_not_take_the_answer_is_cut_off() {
    let mut limits = limits();
    (limits.connections, limits.age) = (1, Duration::from_millis(300));
    limits.drain = Duration::from_millis(300);
    let running = start(Protection::Plain, limits).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let request = "GET /much HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let request = get_request("/", "");
    let next = ask(running.address, &request);
    let answer = timeout(Duration::from_secs(4), next).await;
    assert!(answer.expect("the only place is held").unwrap().ends_with("hej"));
    drop(stream);
}

#[tokio::test]
async fn m05_where_a_network_is_crowded_nobody_sits_who_asks_for_nothing() {
    let mut limits = limits();
    limits.header = Duration::from_secs(6);
    limits.per_network = 4;
    let running = start(Protection::Plain, limits).await;
    let mut sitting = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_ne!(stream.read(&mut [0; 1024]).await.unwrap(), 0);
        sitting.push(stream);
    }
    assert_eq!(
        ask(running.address, &get_request("/", ""))
            .await
            .unwrap_or_default(),
        "",
        "over the share"
    );
    sleep(Duration::from_secs(3)).await;
    assert!(
        ask(running.address, &get_request("/", ""))
            .await
            .unwrap()
            .ends_with("hej")
    );
    let ended = async |mut stream: TcpStream| {
        let read = timeout(Duration::from_millis(10), async move {
            stream.read(&mut [0; 1]).await
        })
        .await;
        matches!(read, Ok(Ok(0)))
    };
    let mut kept = 0;
    for stream in sitting {
        kept += usize::from(!ended(stream).await);
    }
    assert!(kept <= 2, "half of the share, not {kept}");
}

#[tokio::test]
async fn m05_a_proxy_stands_for_many_and_a_school_for_more_than_others() {
    let mut limits = limits();
    (limits.per_network, limits.per_school) = (1, 5);
    limits.age = Duration::from_millis(200);
    let here = TrustedProxies::new(vec![Network::parse("127.0.0.1").unwrap()]);
    let running = start(Protection::BehindProxy(here), limits.clone()).await;
    let mut kept = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let stream = TcpStream::connect(running.address).await.unwrap();
        kept.spawn(timeout(
            Duration::from_secs(1),
            keep_asking(stream, Duration::from_millis(50)),
        ));
    }
    let ended = kept.join_all().await;
    assert!(ended.iter().all(Result::is_err), "however old, and however many");

    limits.age = Duration::from_mins(1);
    limits.header = Duration::from_secs(6);
    let schools = "[skolen]\nnetworks = [\"127.0.0.0/24\"]\ninstitutions = [\"101001\"]\n";
    let schools = SchoolNetworks::parse(&Source::new("config/school-networks.toml", schools)).unwrap();
    for (schools, most) in [(schools, 5), (SchoolNetworks::default(), 1)] {
        let running = start_knowing(Protection::Plain, limits.clone(), schools).await;
        let mut answered = 0;
        let mut open = Vec::new();
        for n in 1..=8 {
            let mut stream = connect_from([127, 0, 0, n], running.address).await.unwrap();
            let _ = stream
                .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await;
            answered += usize::from(stream.read(&mut [0; 1024]).await.unwrap_or_default() > 0);
            open.push(stream);
        }
        assert_eq!(answered, most);
    }
}

#[tokio::test]
async fn only_a_listed_proxy_may_connect_without_tls_and_is_believed() {
    let here = TrustedProxies::new(vec![Network::parse("127.0.0.1").unwrap()]);
    let running = start(Protection::BehindProxy(here), limits()).await;
    let forwarded = get_request("/who", "x-forwarded-for: 198.51.100.7\r\n");
    assert!(
        ask(running.address, &forwarded)
            .await
            .unwrap()
            .ends_with("198.51.100.7")
    );

    let elsewhere = TrustedProxies::new(vec![Network::parse("10.0.0.1").unwrap()]);
    let running = start(Protection::BehindProxy(elsewhere), limits()).await;
    let answer = ask(running.address, &forwarded).await.unwrap_or_default();
    assert_eq!(answer, "", "a stranger gets nothing");

    let running = start(Protection::Plain, limits()).await;
    assert!(
        ask(running.address, &forwarded)
            .await
            .unwrap()
            .ends_with("127.0.0.1"),
        "not believed"
    );
}

/// A self-signed pair for localhost, written where a [`HotCertificate`] reads it.
fn write_pair(directory: &std::path::Path) -> (TlsFiles, Vec<u8>) {
    use std::os::unix::fs::PermissionsExt;
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles {
        certificate: directory.join("tls.pem"),
        key: SecretSource::File(directory.join("tls.key")),
    };
    std::fs::write(&files.certificate, pair.cert.pem()).unwrap();
    std::fs::write(directory.join("tls.key"), pair.signing_key.serialize_pem()).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(directory.join("tls.key"), private).unwrap();
    (files, pair.cert.der().to_vec())
}

async fn tls_get(address: SocketAddr, trusted: &[u8], alpn: &[u8]) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(alpn));
    if alpn == tls::H2 {
        return Ok("h2".to_owned());
    }
    stream.write_all(get_request("/", "").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn tls_is_spoken_and_a_new_certificate_is_taken_without_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (files, first) = write_pair(directory.path());
    let certificate = HotCertificate::load(files).unwrap();
    assert!(certificate.expires_at().is_some());
    let protection = Protection::Tls {
        acceptor: certificate.acceptor().unwrap(),
        proxies: TrustedProxies::default(),
    };
    let running = start(protection, limits()).await;
    assert!(
        tls_get(running.address, &first, b"http/1.1")
            .await
            .unwrap()
            .ends_with("hej")
    );
    assert_eq!(tls_get(running.address, &first, tls::H2).await.unwrap(), "h2");
    assert!(!certificate.reload().unwrap(), "nothing new");

    let (_, second) = write_pair(directory.path());
    assert!(certificate.reload().unwrap());
    assert!(tls_get(running.address, &first, b"http/1.1").await.is_err());
    assert!(
        tls_get(running.address, &second, b"http/1.1")
            .await
            .unwrap()
            .ends_with("hej")
    );

    std::fs::write(directory.path().join("tls.pem"), "broken").unwrap();
    assert!(certificate.reload().is_err());
    assert!(
        tls_get(running.address, &second, b"http/1.1")
            .await
            .unwrap()
            .ends_with("hej"),
        "the old pair stays"
    );
}

#[test]
fn a_certificate_is_for_the_hosts_that_it_names() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = HotCertificate::load(write_pair(directory.path()).0).unwrap();
    assert!(certificate.is_for("localhost"));
    assert!(!certificate.is_for("login.example"));
    assert!(!certificate.is_for("[::1]"));
}
