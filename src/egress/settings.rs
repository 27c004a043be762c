//! How the way out is guarded, and what keeps it from being set up.

use std::collections::BTreeSet;
use std::time::Duration;

/// How the way out is guarded.
#[derive(Debug, Clone)]
pub struct EgressSettings {
    /// Which hosts may be in private networks.
    pub inner_hosts: InnerHosts,
    /// Whether http will do for those of them that are on loopback.
    pub plain_http_on_loopback: bool,
    /// Certificates in PEM that are trusted beside the system's.
    pub extra_roots: Option<Vec<u8>>,
    /// How long it may take until a connection stands.
    pub connect_timeout: Duration,
    /// How long one call may take in all.
    pub timeout: Duration,
    /// How many bytes an answer may have.
    pub max_answer: usize,
    /// How many calls to one host may be under way at once; more are refused.
    pub at_once: usize,
    /// How many failures in a row open the breaker.
    pub failures_to_open: u32,
    /// For how long the breaker stays open.
    pub open_for: Duration,
}

impl Default for EgressSettings {
    fn default() -> Self {
        Self {
            inner_hosts: InnerHosts::default(),
            plain_http_on_loopback: false,
            extra_roots: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(8),
            max_answer: 512 * 1024,
            at_once: 256,
            failures_to_open: 5,
            open_for: Duration::from_secs(5),
        }
    }
}

/// The hosts that may be reached at private addresses and on this machine (B25).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InnerHosts {
    /// These, such as a municipality's own provider; by default none.
    Listed(BTreeSet<String>),
    /// All: for the demo and for tests, since whoever writes metadata could then look inside.
    All,
}

impl InnerHosts {
    pub(super) fn contains(&self, host: &str) -> bool {
        match self {
            Self::Listed(hosts) => hosts.contains(host),
            Self::All => true,
        }
    }
}

impl Default for InnerHosts {
    fn default() -> Self {
        Self::Listed(BTreeSet::new())
    }
}

/// The way out could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EgressSetupError {
    /// A PEM file without a certificate.
    #[error("the extra certificates could not be read")]
    ExtraRoots,
    /// Neither the system nor the settings trust anybody.
    #[error("there is no certificate to trust: no system store, and no extra ones")]
    NoRoots,
    /// rustls did not like it.
    #[error("TLS could not be set up")]
    Tls(#[source] rustls::Error),
}
