//! Whom we trust: the registered services and upstreams, and how to find them.
//!
//! Parties are files under `metadata/` ([`services`], [`upstreams`]); together they make a
//! [`registry::Registry`], which never changes: a reload makes a new one and swaps it in
//! whole ([`live`]). Checks that need another's files at hand are in [`faults`].

pub mod domains;
pub mod live;
pub mod search;
