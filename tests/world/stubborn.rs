//! Providers that are down in every way that a machine can be: silent, slow, endless, going
//! round in circles, broken. They count who comes.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a provider fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes connections, and says nothing.
    Silent,
    /// A byte now and then, without end.
    Dripping,
    /// As much as anybody takes, at once.
    Endless,
    /// Sends everybody to where they are.
    Circling,
    /// 500.
    Broken,
}

impl Manner {
    pub(crate) const ALL: [Self; 5] = [
        Self::Silent,
        Self::Dripping,
        Self::Endless,
        Self::Circling,
        Self::Broken,
    ];

    /// Whether whoever calls has to wait.
    pub(crate) fn hangs(self) -> bool {
        matches!(self, Self::Silent | Self::Dripping)
    }
}

/// A provider that fails.
pub(crate) struct Stubborn {
    pub(crate) issuer: String,
    visits: Arc<AtomicUsize>,
}

impl Stubborn {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let visits = Arc::new(AtomicUsize::new(0));
        let (counter, own) = (Arc::clone(&visits), issuer.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(fail(stream, manner, own.clone()));
            }
        });
        Self { issuer, visits }
    }

    /// How many connections were made.
    pub(crate) fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

async fn fail(mut stream: TcpStream, manner: Manner, own: String) {
    let mut head = [0; 4096];
    if !matches!(stream.read(&mut head).await, Ok(1..)) {
        return;
    }
    let said: String = match manner {
        Manner::Silent => String::new(),
        Manner::Dripping | Manner::Endless => {
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n{".to_owned()
        }
        Manner::Circling => {
            format!("HTTP/1.1 302 Found\r\nlocation: {own}/\r\ncontent-length: 0\r\n\r\n")
        }
        Manner::Broken => "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_owned(),
    };
    let lump = vec![b' '; 64 * 1024];
    let mut alive = stream.write_all(said.as_bytes()).await.is_ok();
    while alive {
        alive = match manner {
            Manner::Silent => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                true
            }
            Manner::Dripping => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.write_all(b" ").await.is_ok()
            }
            Manner::Endless => stream.write_all(&lump).await.is_ok(),
            Manner::Circling | Manner::Broken => false,
        };
    }
}
