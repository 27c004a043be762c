//! Who is where: Portner on `localhost`, everybody else on `127.0.0.1`.
//!
//! Two names for one machine make two sites for the browser, so that what is cross-site in
//! the world is cross-site here, and cookies and posts behave as they do there.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use tokio::net::TcpSocket;

use super::error::DemoError;

/// How many ports in a row the demonstration takes.
pub const PORTS: u16 = 8;

/// The ports, counted from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    first: u16,
}

/// A port that is taken and on which nobody listens, for as long as this lives.
pub(super) struct Reserved(#[expect(dead_code, reason = "holding it is its use")] TcpSocket);

impl Addresses {
    /// Counts from `first`, which Portner gets.
    pub(super) fn from(first: u16) -> Result<Self, DemoError> {
        let last = first.checked_add(PORTS - 1);
        match (first, last) {
            (1.., Some(_)) => Ok(Self { first }),
            _ => Err(DemoError::NoSuchPorts { first }),
        }
    }

    /// Portner's port.
    pub fn broker(self) -> u16 {
        self.first
    }

    /// The start page's port.
    pub(super) fn start(self) -> u16 {
        self.first + 1
    }

    pub(super) fn skolebroen(self) -> u16 {
        self.first + 2
    }

    pub(super) fn laeringshaven(self) -> u16 {
        self.first + 3
    }

    pub(super) fn lillekoebing(self) -> u16 {
        self.first + 4
    }

    pub(super) fn storkoebing(self) -> u16 {
        self.first + 5
    }

    pub(super) fn eid(self) -> u16 {
        self.first + 6
    }

    pub(super) fn silent(self) -> u16 {
        self.first + 7
    }

    /// Portner's origin, without a slash at the end.
    pub fn broker_origin(self) -> String {
        format!("http://localhost:{}", self.first)
    }

    /// The start page.
    pub fn start_url(self) -> String {
        format!("{}/", Self::origin(self.start()))
    }

    /// The origin of a party, without a slash at the end.
    pub(super) fn origin(port: u16) -> String {
        format!("http://127.0.0.1:{port}")
    }

    pub(super) fn socket(port: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }

    /// Where Portner will listen: everything that `localhost` can mean on this machine. It
    /// opens its sockets itself, later; whether it can is said before anything is written.
    pub(super) fn broker_sockets(self) -> Result<Vec<SocketAddr>, DemoError> {
        let port = self.broker();
        let mut sockets = Vec::new();
        for address in [Self::socket(port), SocketAddr::from((Ipv6Addr::LOCALHOST, port))] {
            match TcpListener::bind(address) {
                Ok(_) => sockets.push(address),
                // A machine without IPv6 is none the worse.
                Err(error) if address.is_ipv6() && error.kind() != ErrorKind::AddrInUse => {}
                Err(source) => return Err(DemoError::CannotListen { port, source }),
            }
        }
        Ok(sockets)
    }

    /// That nobody else has the ports of the parties, said before anything is written. They
    /// open their sockets themselves, a moment later.
    pub(super) fn refuse_taken_ports(self) -> Result<(), DemoError> {
        let taken = (self.start()..self.silent()).find_map(|port| {
            let source = TcpListener::bind(Self::socket(port)).err()?;
            Some(DemoError::CannotListen { port, source })
        });
        taken.map_or(Ok(()), Err)
    }

    /// Bound and not listening: whoever connects is turned away at once, and no other
    /// program can move in meanwhile.
    pub(super) fn reserve_the_silent_port(self) -> Result<Reserved, DemoError> {
        let port = self.silent();
        let failed = |source| DemoError::CannotListen { port, source };
        let socket = TcpSocket::new_v4().map_err(failed)?;
        socket.bind(Self::socket(port)).map_err(failed)?;
        Ok(Reserved(socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_port_must_exist() {
        assert!(Addresses::from(0).is_err());
        assert!(Addresses::from(u16::MAX).is_err());
        assert!(Addresses::from(u16::MAX - PORTS + 1).is_ok());
    }

    #[test]
    fn portner_and_the_others_are_different_sites() {
        let addresses = Addresses::from(8080).unwrap();
        assert_eq!(addresses.broker_origin(), "http://localhost:8080");
        assert_eq!(addresses.start_url(), "http://127.0.0.1:8081/");
    }
}
