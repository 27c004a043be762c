//! Whom we trust: the registered services and upstreams, and how to find them.
//!
//! Parties are files under `metadata/`: `service_file` and `upstream_file` read one
//! each, [`load()`] all of them. Together they make a [`registry::Registry`], which never
//! changes: a reload makes a new one and swaps it in whole ([`live`]).

mod certified;
pub mod domains;
mod encrypts;
pub mod live;
pub mod load;
pub mod mapping;
pub mod preset;
pub mod registry;
mod saml_party;
pub mod search;
mod service_file;
mod service_logout;
mod upstream_file;
pub mod validity;
mod words;
mod written_metadata;

pub use live::Live;
pub use load::{Terms, load};
pub use registry::{Registry, Service, ServiceProtocol, Upstream, UpstreamProtocol};
