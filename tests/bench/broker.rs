//! The broker: the released program as a process of its own.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::machine;
use crate::premises::Premises;
use crate::visitor::{Door, Visitor};

const PROGRAM: &str = env!("CARGO_BIN_EXE_portner");

/// A broker that serves until it is dropped.
pub(crate) struct Broker {
    child: Child,
    admin_port: u16,
    /// The way in.
    pub(crate) door: Door,
    /// From the start of the process to the first page.
    pub(crate) started_in: Duration,
}

/// Rows that have been written durably, and the commits that carried them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Durable {
    pub(crate) rows: u64,
    pub(crate) commits: u64,
}

impl Broker {
    /// Loads the people, starts the broker on these cores, and waits for its first page.
    pub(crate) async fn start(premises: &Premises, cores: &str) -> Self {
        let settings = premises.path("portner.toml");
        let seeded = Command::new(PROGRAM)
            .arg("seed")
            .arg("--config")
            .args([&settings, &premises.path("people.toml")])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(seeded.success(), "the people could not be loaded");
        let door = door(premises);
        let log = File::create(premises.path("log")).unwrap();
        let begun = Instant::now();
        let child = Command::new("taskset")
            .args(["-c", cores, PROGRAM, "serve", "--config"])
            .arg(&settings)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("taskset (of util-linux) starts the broker");
        let mut broker = Self {
            child,
            admin_port: premises.admin_port,
            door,
            started_in: Duration::ZERO,
        };
        broker.first_page(premises).await;
        broker.started_in = begun.elapsed();
        broker
    }

    async fn first_page(&mut self, premises: &Premises) {
        loop {
            if let Ok(mut visitor) = Visitor::arrive(&self.door).await
                && visitor.get_page("/").await.is_ok()
            {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                let log = std::fs::read_to_string(premises.path("log")).unwrap_or_default();
                panic!("the broker ended with {status}\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// CPU time since the start.
    pub(crate) fn cpu_time(&self) -> Duration {
        machine::cpu_time(self.child.id())
    }

    /// Resident memory in megabytes.
    pub(crate) fn resident(&self) -> f64 {
        machine::resident(self.child.id())
    }

    /// The process, for tools that watch it.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// What the group-commit writer has done, from the admin port.
    pub(crate) async fn durable(&self) -> Durable {
        let mut socket = TcpStream::connect(("127.0.0.1", self.admin_port)).await.unwrap();
        let request = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        let value = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {name} in\n{text}"))
                .trim()
                .parse()
                .unwrap()
        };
        Durable {
            rows: value("portner_durable_rows_total"),
            commits: value("portner_durable_commits_total"),
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn door(premises: &Premises) -> Door {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from(premises.tls_certificate.clone()))
        .unwrap();
    let provider = Arc::new(crate::floor::as_browsers());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Every browser is a new one.
    tls.resumption = rustls::client::Resumption::disabled();
    Door {
        address: ([127, 0, 0, 1], premises.port).into(),
        host: format!("localhost:{}", premises.port),
        tls: Arc::new(tls),
    }
}
