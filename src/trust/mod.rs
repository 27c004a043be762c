//! Whom we trust: the registered services and upstreams, and how to find them.
//!
//! Parties are files under `metadata/`: `service_file` and `upstream_file` read one each,
//! [`load()`] all of them. Their metadata lies beside them or is fetched ([`source`], [`fetch`]),
//! and whole federations come by their feeds (`feed_file`, `feeds`, [`feed_fetch`]). What was
//! fetched is kept on the [`shelf`]; what of it is served is decided by [`refresh`]. Together the
//! parties make a [`registry::Registry`], which never changes: a reload makes a new one and swaps
//! it in whole ([`live`]).

mod certified;
mod claims;
mod client_certificates;
mod client_credentials;
mod client_rules;
pub mod difference;
pub mod domains;
mod encrypts;
pub mod feed_fetch;
mod feed_file;
mod feeds;
pub mod fetch;
mod list_fetch;
pub mod live;
pub mod load;
pub mod mapping;
pub mod own_services;
pub mod preset;
pub mod provider_shelf;
pub mod refresh;
pub mod registry;
mod saml_ciphers;
mod saml_idp;
mod saml_party;
pub mod search;
mod service_file;
mod service_logout;
pub mod shelf;
pub mod source;
mod strays;
mod upstream_file;
pub mod validity;
mod words;
mod written_metadata;

pub use feed_file::{FeedSource, sources as feeds};
pub use list_fetch::ListSource;
pub use live::Live;
pub use load::{EllipticKeys, Terms, fetched_places, load, sources};
pub use registry::{Registry, Service, ServiceProtocol, Upstream, UpstreamProtocol};
