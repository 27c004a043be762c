//! Every cap and timeout in one table (DR27).
//!
//! Each has a default that suits a national installation; `config/portner.toml` documents
//! them. Limits on calls to others are in `egress.rs`, those of passwords in `settings.rs`.

use std::time::Duration;

use super::file::Section;
use super::problem::Problem;
use super::values::ByteCount;

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// What a connection may cost.
    pub http: HttpLimits,
    /// What a login may cost, and how long its parts count.
    pub login: LoginLimits,
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
    /// A form or token request.
    pub form_bytes: ByteCount,
    /// HTTP/2 requests at once on one connection.
    pub streams: u32,
    /// On stopping, requests in flight get this long to finish.
    pub drain: Duration,
}

/// What a login may cost, and how long its parts count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLimits {
    /// A login is finished within this time.
    pub transaction: Duration,
    /// Logins under way in one browser; the oldest gives way.
    pub per_browser: u32,
    /// Pages of one login before it counts as going in circles.
    pub visits: u32,
    /// How far clocks may differ (B07).
    pub clock_skew: Duration,
    /// An upstream's answer is no older than this (B07).
    pub answer_age: Duration,
    /// A service's request is no older than this.
    pub request_age: Duration,
    /// A SAML message before decoding (A28).
    pub saml_message: ByteCount,
    /// A Redirect-binding message after inflating (B18).
    pub inflated: ByteCount,
    /// `RelayState` or `state` that is carried in the cookie; longer ones are kept here.
    pub inline_state: ByteCount,
    /// An assertion to a service counts this long.
    pub assertion: Duration,
    /// An authorization code counts this long.
    pub code: Duration,
    /// An ID token counts this long.
    pub id_token: Duration,
    /// An access token counts this long.
    pub access_token: Duration,
    /// Matches that the chooser's search shows.
    pub search_results: u32,
    /// Names that one network may try in a minute; a school shares one address (G05).
    pub names_per_minute: u32,
}

/// Reads `[limits]`.
pub(super) fn read(section: &mut Section<'_>) -> Limits {
    Limits {
        http: section.table("http", read_http),
        login: section.table("login", read_login),
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

fn read_login(section: &mut Section<'_>) -> LoginLimits {
    let clock_skew = section.get_or("clock_skew", minutes(3));
    if clock_skew > minutes(10) {
        let problem = Problem::error("limits.login.clock_skew is longer than ten minutes");
        section.fault(
            "clock_skew",
            problem.help("set this machine's clock by NTP instead"),
        );
    }
    LoginLimits {
        transaction: section.get_or("transaction", minutes(30)),
        per_browser: section.get_or("per_browser", 5),
        visits: section.get_or("visits", 40),
        clock_skew,
        answer_age: section.get_or("answer_age", minutes(10)),
        request_age: section.get_or("request_age", minutes(10)),
        saml_message: section.get_or("saml_message", ByteCount::kib(256)),
        inflated: section.get_or("inflated", ByteCount::kib(128)),
        inline_state: section.get_or("inline_state", ByteCount::kib(1)),
        assertion: section.get_or("assertion", minutes(5)),
        code: section.get_or("code", seconds(60)),
        id_token: section.get_or("id_token", minutes(5)),
        access_token: section.get_or("access_token", minutes(10)),
        search_results: section.get_or("search_results", 20),
        names_per_minute: section.get_or("names_per_minute", 600),
    }
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}
