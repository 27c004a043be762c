//! How Portner may call others: trust anchors, deadlines, and whether loopback is reachable.
//!
//! There is no way to switch verification off (M04, DR30). The client itself is elsewhere.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::file::Section;
use super::values::ByteCount;

/// Limits and trust of the one client that calls upstreams and services (DR12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressSettings {
    /// PEM files with certificate authorities that are trusted besides the system's.
    pub extra_authorities: Vec<PathBuf>,
    /// Whether addresses of this machine and of private networks may be called. Only for the
    /// demo and for tests: everywhere else it would open the inside to whoever writes metadata (B25).
    pub private_addresses: bool,
    /// Hosts that may be called wherever they are, such as a municipality's own provider inside.
    pub inner_hosts: BTreeSet<String>,
    /// A connection stands within this time.
    pub connect_timeout: Duration,
    /// The whole answer is here within this time (M09).
    pub timeout: Duration,
    /// A longer answer is cut off.
    pub response: ByteCount,
    /// So many calls to one host, and logins that wait for one upstream, may be under way at
    /// once; more are refused (DR29).
    pub at_once: u32,
    /// After this many failures in a row an upstream is left alone for [`rest`](Self::rest) (DR29).
    pub failures_until_rest: u32,
    /// For how long it is left alone.
    pub rest: Duration,
}

/// Reads `[egress]`.
pub(super) fn read(section: &mut Section<'_>) -> EgressSettings {
    EgressSettings {
        extra_authorities: section.get_or("extra_authorities", Vec::new()),
        private_addresses: section.get_or("private_addresses", false),
        inner_hosts: section
            .get_or("inner_hosts", Vec::new())
            .into_iter()
            .map(|host: String| host.to_ascii_lowercase())
            .collect(),
        connect_timeout: section.get_or("connect_timeout", Duration::from_secs(3)),
        timeout: section.get_or("timeout", Duration::from_secs(5)),
        response: section.get_or("response", ByteCount::mib(1)),
        at_once: section.get_or("at_once", 256),
        failures_until_rest: section.get_or("failures_until_rest", 5),
        rest: section.get_or("rest", Duration::from_secs(5)),
    }
}
