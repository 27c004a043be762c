//! The sockets: TLS, deadlines, caps, and an orderly end.
//!
//! hyper and rustls are used directly, so that every limit is visible here (M05). A request
//! leaves with its client's [`ClientAddress`] in the extensions. What is served is a router
//! of `web/routes.rs`; the admin port is a second [`Server`] with a router of its own.

pub mod admin;
mod body;
pub mod client_address;
mod client_certificate;
mod connection;
mod seats;
mod stop;
pub mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::config::limits::HttpLimits;
use crate::config::listen::TrustedProxies;
use crate::config::school_networks::SchoolNetworks;
use crate::telemetry::metrics::Metrics;

pub use client_address::ClientAddress;
pub use client_certificate::ShownCertificate;
pub use stop::{Hangups, Stop, StopHandle, stop_channel, told_by_the_system};

use connection::Visitor;
use seats::{Seat, Seats};

/// What protects a server's sockets, ready to use.
#[derive(Clone)]
pub enum Protection {
    /// TLS ends in this process.
    Tls {
        /// Does the handshake; see [`tls`].
        acceptor: TlsAcceptor,
        /// Whose word about the client's address is believed.
        proxies: TrustedProxies,
    },
    /// Only these may connect, without TLS.
    BehindProxy(TrustedProxies),
    /// Plain http, for loopback and the admin port.
    Plain,
}

impl Protection {
    /// Whose word about the client's address is believed, and who stands for many clients.
    fn proxies(&self) -> TrustedProxies {
        match self {
            Self::Tls { proxies, .. } | Self::BehindProxy(proxies) => proxies.clone(),
            Self::Plain => TrustedProxies::default(),
        }
    }
}

/// Sockets that listen.
pub struct Server {
    sockets: Vec<TcpListener>,
    desk: Desk,
    schools: SchoolNetworks,
}

/// What every connection needs.
struct Desk {
    protection: Protection,
    limits: HttpLimits,
    metrics: Arc<Metrics>,
    room: Arc<Semaphore>,
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every request in flight was finished.
    Drained,
    /// Some took longer than the limit and were cut off.
    CutOff,
}

impl Ending {
    /// What the log says.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Drained => "every request finished",
            Self::CutOff => "some requests were cut off",
        }
    }
}

impl Server {
    /// Opens the sockets. Port 0 takes any free port; [`addresses`](Self::addresses) tells which.
    pub async fn bind(
        addresses: &[SocketAddr],
        protection: Protection,
        limits: HttpLimits,
        metrics: Arc<Metrics>,
    ) -> Result<Self, CannotListen> {
        let mut sockets = Vec::new();
        for address in addresses {
            let bound = TcpListener::bind(address).await;
            sockets.push(bound.map_err(|source| CannotListen {
                address: *address,
                source,
            })?);
        }
        let room = Arc::new(Semaphore::new(limits.connections as usize));
        let desk = Desk {
            protection,
            limits,
            metrics,
            room,
        };
        Ok(Self {
            sockets,
            desk,
            schools: SchoolNetworks::default(),
        })
    }

    /// The same, with networks that have a school's share of the connections.
    #[must_use]
    pub fn knowing(self, schools: SchoolNetworks) -> Self {
        Self { schools, ..self }
    }

    /// Where it listens.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets
            .iter()
            .filter_map(|socket| socket.local_addr().ok())
            .collect()
    }

    /// Serves `router` until `stop` says so; then lets requests in flight finish.
    pub async fn serve(self, router: Router, stop: Stop) -> Ending {
        let desk = Arc::new(self.desk);
        let seats = Seats::new(&desk.limits, self.schools, desk.protection.proxies());
        for socket in self.sockets {
            let house = (Arc::clone(&desk), Arc::clone(&seats));
            tokio::spawn(accept(socket, house, router.clone(), stop.clone()));
        }
        stop.requested().await;
        // Every connection holds one place, so all places free means that all are gone.
        let everybody_left = desk.room.acquire_many(desk.limits.connections);
        match timeout(desk.limits.drain, everybody_left).await {
            Ok(_) => Ending::Drained,
            Err(_) => Ending::CutOff,
        }
    }
}

async fn accept(socket: TcpListener, (desk, seats): (Arc<Desk>, Arc<Seats>), router: Router, stop: Stop) {
    while let Ok(place) = Arc::clone(&desk.room).acquire_owned().await {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = stop.requested() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(seat) = seats.take(peer.ip()) else {
                    desk.metrics.turned_away();
                    continue;
                };
                let (desk, router, stop) = (Arc::clone(&desk), router.clone(), stop.clone());
                tokio::spawn(async move {
                    let _counted = desk.metrics.connection();
                    desk.receive(stream, (peer, seat), router, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, or the client hung up while waiting: neither ends the server.
                tracing::warn!(error.message = %error, "a connection could not be accepted");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

impl Desk {
    /// One connection from its first byte to its last.
    async fn receive(&self, stream: TcpStream, (peer, seat): (SocketAddr, Seat), router: Router, stop: Stop) {
        // Answers are small and complete: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        match &self.protection {
            Protection::Plain => {
                let visitor = Visitor::new(router, (peer.ip(), seat), TrustedProxies::default());
                connection::http1(stream, visitor, &self.limits, stop).await;
            }
            Protection::BehindProxy(proxies) if proxies.include(peer.ip()) => {
                let visitor = Visitor::new(router, (peer.ip(), seat), proxies.clone());
                connection::http1(stream, visitor, &self.limits, stop).await;
            }
            Protection::BehindProxy(_) => {
                tracing::warn!(client.address = %peer.ip(), "connection refused: not a listed proxy");
            }
            Protection::Tls { acceptor, proxies } => {
                let handshake = timeout(self.limits.handshake, acceptor.accept(stream)).await;
                let Ok(Ok(stream)) = handshake else { return };
                let shown = ShownCertificate::of_handshake(stream.get_ref().1.peer_certificates());
                let visitor = Visitor::new(router, (peer.ip(), seat), proxies.clone()).showing(shown);
                if stream.get_ref().1.alpn_protocol() == Some(tls::H2) {
                    connection::http2(stream, visitor, &self.limits, stop).await;
                } else {
                    connection::http1(stream, visitor, &self.limits, stop).await;
                }
            }
        }
    }
}

/// A socket could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct CannotListen {
    /// The address that was to be listened on.
    pub address: SocketAddr,
    /// Why the system refused.
    pub source: io::Error,
}

#[cfg(test)]
mod tests;
