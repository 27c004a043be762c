//! What a connection may cost, and how much guessing is borne (DR27), with defaults that suit a
//! national installation.
//!
//! Limits on calls to others are in `egress.rs`, those of passwords in `settings.rs`. What the
//! protocols bound (ages, lifetimes, sizes of messages) is no setting: those are constants
//! beside the code that keeps them, each with its rule.

use std::time::Duration;

use jiff::SignedDuration;

use super::file::Section;
use super::problem::Problem;
use super::values::ByteCount;
use crate::domain::credential_class::CredentialClass;

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// What a connection may cost.
    pub http: HttpLimits,
    /// How many wrong names are told as such.
    pub names: NameLimits,
    /// How many wrong secrets are borne at many accounts.
    pub guesses: GuessLimits,
}

/// Distinct names that nobody has, told as such (G05); beyond them every name goes to step two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameLimits {
    /// The first three are counted in this time.
    pub window: SignedDuration,
    /// In one browser.
    pub browser: u32,
    /// From one network (/24, or /48 of IPv6); more where many are at home.
    pub network: u32,
    /// From one registered school network.
    pub school: u32,
    /// In the whole installation in an hour, however few are usual.
    pub everywhere: u32,
    /// In the whole installation, so many times what is usual at that hour of the week.
    pub times_usual: u32,
    /// Never tell whether a name exists.
    pub always_uniform: bool,
}

/// Wrong secrets at many accounts in an hour (G08). What one account bears is in `[passwords]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessLimits {
    /// Distinct accounts at which one network is wrong; more where many are at home.
    pub network: u32,
    /// Distinct accounts at which one registered school network is wrong.
    pub school: u32,
    /// Strangers' mistakes at the accounts of one institution.
    pub institution: u32,
    /// Strangers' mistakes at one kind of secret, however few are usual.
    pub everywhere: u32,
    /// The same, so many times what is usual at that hour of the week.
    pub times_usual: u32,
    /// One kind of secret bears no more than open so many of a thousand accounts by chance.
    pub expected_per_thousand: u32,
}

impl GuessLimits {
    /// So many guesses at one kind of secret that no more accounts open by chance than is borne.
    pub fn worth_it(&self, class: CredentialClass) -> u64 {
        let guesses = u64::from(self.expected_per_thousand).saturating_mul(class.one_in()) / 1000;
        guesses.max(1)
    }
}

/// What a connection may cost (M05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpLimits {
    /// Connections at once; more wait outside.
    pub connections: u32,
    /// Of these, one network (/24, or /48 of IPv6) has no more than so many.
    pub per_network: u32,
    /// And one registered school network: a whole school behind one address.
    pub per_school: u32,
    /// All networks that are no registered school's have no more than so many together, where schools are
    /// registered: the others are kept for these.
    pub unlisted: u32,
    /// After this time a connection ends with the request that it is at, however busy it is.
    pub age: Duration,
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
        names: section.table("names", read_names),
        guesses: section.table("guesses", read_guesses),
    }
}

fn read_names(section: &mut Section<'_>) -> NameLimits {
    let limits = NameLimits {
        window: section.get_or("window", SignedDuration::from_mins(10)),
        browser: section.get_or("browser", 5),
        network: section.get_or("network", 40),
        school: section.get_or("school", 200),
        everywhere: section.get_or("everywhere", 500),
        times_usual: section.get_or("times_usual", 3),
        always_uniform: section.get_or("always_uniform", false),
    };
    if limits.window > SignedDuration::from_hours(1) {
        let problem = Problem::error("limits.names.window is longer than an hour");
        section.fault("window", problem.help("write \"10 min\""));
    }
    in_order(section, ("network", limits.network), ("school", limits.school));
    limits
}

fn read_guesses(section: &mut Section<'_>) -> GuessLimits {
    let limits = GuessLimits {
        network: section.get_or("network", 40),
        school: section.get_or("school", 200),
        institution: section.get_or("institution", 200),
        everywhere: section.get_or("everywhere", 1000),
        times_usual: section.get_or("times_usual", 3),
        expected_per_thousand: section.get_or("expected_per_thousand", 100),
    };
    if !(1..=250).contains(&limits.expected_per_thousand) {
        let problem = Problem::error("limits.guesses.expected_per_thousand is out of range");
        section.fault(
            "expected_per_thousand",
            problem.help("write a number from 1 to 250: an attack is borne twice as long before it is stopped for good, and must open less than half an account"),
        );
    }
    in_order(section, ("network", limits.network), ("school", limits.school));
    limits
}

/// A registered school bears at least what any network bears.
fn in_order(section: &Section<'_>, network: (&str, u32), school: (&str, u32)) {
    if school.1 < network.1 {
        let problem = Problem::error("a registered school network bears less than any other");
        let help = format!("make `{}` at least as large as `{}`", school.0, network.0);
        section.fault(school.0, problem.help(help));
    }
}

fn read_http(section: &mut Section<'_>) -> HttpLimits {
    let connections = section.get_or("connections", 10_000);
    // One network is never more than a twentieth by default, a school never more than a quarter.
    let per_network = section.get_or("per_network", (connections / 20).max(1));
    let per_school = section.get_or("per_school", (connections / 4).max(per_network));
    in_order(section, ("per_network", per_network), ("per_school", per_school));
    if per_school > connections {
        let problem = Problem::error("one school may have more connections than there are");
        section.fault(
            "per_school",
            problem.help("make `per_school` smaller than `connections`"),
        );
    }
    // A quarter is kept for the schools that are listed.
    let unlisted = section.get_or("unlisted", (connections - connections / 4).max(per_network));
    if unlisted > connections {
        let problem = Problem::error("unlisted networks may have more connections than there are");
        section.fault(
            "unlisted",
            problem.help("make `unlisted` smaller than `connections`"),
        );
    }
    HttpLimits {
        connections,
        per_network,
        per_school,
        unlisted,
        age: section.get_or("age", Duration::from_mins(10)),
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
