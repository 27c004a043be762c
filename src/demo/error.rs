//! Why a demonstration could not be started, in words for whoever typed the command.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::addresses::PORTS;

/// The demonstration could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Somebody else has a port, or may not be asked for it.
    #[error("port {port} cannot be used; the demo needs {PORTS} ports in a row: choose others with --port")]
    CannotListen {
        /// The port that could not be had.
        port: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The numbers do not suffice.
    #[error("there are no {PORTS} ports from {first} on: choose a smaller number with --port")]
    NoSuchPorts {
        /// Where they would have begun.
        first: u16,
    },
    /// A file could not be written or read.
    #[error("{} could not be written or read: choose another directory with --data", path.display())]
    Files {
        /// The file or directory that it is about.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The directory is somebody's, and what is in it would be overwritten.
    #[error("{} is not empty and not the demo's: it would be overwritten; name a new directory with --data", path.display())]
    NotOurs {
        /// The file or directory that it is about.
        path: PathBuf,
    },
    /// A key in the directory is none, or a new one could not be made.
    #[error("the key {name} cannot be used: remove the file, and the demo makes another")]
    Key {
        /// The part of the demonstration that it is about.
        name: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Everybody listens, and nobody can be reached.
    #[error(
        "{address} is not answered on this machine: is the loopback interface up, and does no firewall stand before it?"
    )]
    NotReached {
        /// The address that it was to listen on.
        address: SocketAddr,
        /// What the system said last, if it said anything.
        #[source]
        source: Option<io::Error>,
    },
    /// Portner itself did not start.
    #[error("Portner could not be started with the demo's configuration")]
    Portner(#[source] Box<dyn std::error::Error + Send + Sync>),
}
