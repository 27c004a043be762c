//! What a connection may cost (DR27), with defaults that suit a national installation.
//!
//! Limits on calls to others are in `egress.rs`, those of passwords in `settings.rs`. What the
//! protocols bound (ages, lifetimes, sizes of messages) is no setting: those are constants
//! beside the code that keeps them, each with its rule.

use std::time::Duration;

use super::file::Section;
use super::values::ByteCount;

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// What a connection may cost.
    pub http: HttpLimits,
}

/// What a connection may cost (M05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpLimits {
    /// Connections at once; more wait outside.
    pub connections: u32,
    /// A TLS handshake is done within this time.
    pub handshake: Duration,
    /// The head of a request is here within this time, and an idle connection ends after it.
    pub header: Duration,
    /// The body of a request is here within this time.
    pub body: Duration,
    /// All headers of a request together.
    pub header_bytes: ByteCount,
    /// A form or token request. No honest one is larger by default: a SAML response of 256 KiB
    /// grows by a third in base64 and again in form encoding (A28).
    pub form_bytes: ByteCount,
    /// HTTP/2 requests at once on one connection.
    pub streams: u32,
    /// On stopping, requests in flight get this long to finish.
    pub drain: Duration,
}

/// Reads `[limits]`.
pub(super) fn read(section: &mut Section<'_>) -> Limits {
    Limits {
        http: section.table("http", read_http),
    }
}

fn read_http(section: &mut Section<'_>) -> HttpLimits {
    HttpLimits {
        connections: section.get_or("connections", 10_000),
        handshake: section.get_or("handshake", seconds(10)),
        header: section.get_or("header", seconds(10)),
        body: section.get_or("body", seconds(15)),
        header_bytes: section.get_or("header_bytes", ByteCount::kib(32)),
        form_bytes: section.get_or("form_bytes", ByteCount::kib(512)),
        streams: section.get_or("streams", 100),
        drain: section.get_or("drain", seconds(30)),
    }
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
