//! What must never get out, looked for in everything that does: in every test that goes
//! through the front door, without being asked (L01).
//!
//! The canaries are the people's CPR numbers and whatever looks like one, passwords and
//! secrets of clients; and, as they come, the session cookies, codes and tokens that a test
//! was given; and the beginning of every hash of a password (G16). They are looked for in each page and
//! address that a visitor gets, in the log, in the metrics, and byte for byte in the database, which
//! has hashes where they belong. A test whose page must show one says
//! so with [`allow`].

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::browser::Page;
use super::house::{House, PASSWORD};
use super::oidc_client::SECRET;
use super::visitor::leads_to;

/// Shorter ones are words that stand in pages for other reasons.
const SHORTEST_SECRET: usize = 12;

/// What protocols carry in addresses by name, each worth nothing without something else.
const CARRIED: [&str; 6] = [
    "code",
    "SAMLRequest",
    "SAMLResponse",
    "Signature",
    "state",
    "request_uri",
];

thread_local! {
    /// What was logged on this thread, which is this test's.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// What this test was given that nobody else is to see.
    static GIVEN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    static ALLOWED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// What leaked into the log on threads of no test.
static ELSEWHERE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Writes to [`LOGGED`], and looks at once.
struct Heard;

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Threads that end log into nothing.
        let _ = LOGGED.try_with(|logged| logged.borrow_mut().extend_from_slice(bytes));
        let line = String::from_utf8_lossy(bytes);
        if let Some(canary) = fixed_canary(&line) {
            let found = format!("{canary} in the log: {line}");
            ELSEWHERE
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(found);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Listens to the log: one subscriber for all tests, since scoped ones race for the callsites.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ours = Targets::new().with_target("portner", tracing::Level::DEBUG);
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(|| Heard);
        tracing_subscriber::registry()
            .with(lines.with_filter(ours))
            .init();
    });
}

/// What Portner logged in this test so far.
pub(crate) fn logged() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8_lossy(logged).into_owned())
}

/// Something that this test was given and that nobody else is to see.
pub(crate) fn secret(value: &str) {
    if value.len() >= SHORTEST_SECRET {
        GIVEN.with_borrow_mut(|given| given.insert(value.to_owned()));
    }
}

/// This may be shown, for this reason.
pub(crate) fn allow(value: &str, reason: &str) {
    assert!(!reason.is_empty());
    ALLOWED.with_borrow_mut(|allowed| allowed.insert(value.to_owned()));
}

/// Looks at what a visitor or a service gets, and remembers what was in it for them alone.
pub(crate) fn look_at(page: &Page) {
    remember(page);
    let kind = page.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
    if is_page {
        assert_absent(&page.body, fixed_canary(&page.body), "on a page", page);
    }
    if page.status.is_client_error() || page.status.is_server_error() || page.refusal_code().is_some() {
        let found = fixed_canary(&page.body).or_else(|| token_in(&page.body));
        assert_absent(
            &page.body,
            found.or_else(|| given_in(&page.body)),
            "on an error",
            page,
        );
    }
    if let Some(to) = leads_to(page) {
        let kept: Vec<String> = to
            .query_pairs()
            .filter(|(name, _)| !CARRIED.contains(&&**name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let shown = format!(
            "{}{} {}",
            to.path(),
            to.fragment().unwrap_or_default(),
            kept.join(" ")
        );
        let found = fixed_canary(&shown)
            .or_else(|| token_in(&shown))
            .or_else(|| given_in(&shown));
        assert_absent(&shown, found, "in an address", page);
    }
}

fn assert_absent(text: &str, found: Option<String>, place: &str, page: &Page) {
    if let Some(canary) = found {
        panic!("{canary} {place}: {} {}\n{text}", page.status, page.url);
    }
}

fn remember(page: &Page) {
    for set in page.headers.get_all(SET_COOKIE) {
        let set = set.to_str().unwrap_or_default();
        if let Some(value) = set.strip_prefix("__Host-session=") {
            secret(value.split(';').next().unwrap_or_default());
        }
    }
    if let Some(code) = page
        .headers
        .get(LOCATION)
        .filter(|_| page.status.is_redirection())
        .and_then(|_| leads_to(page))
        .and_then(|to| Some(to.query_pairs().find(|(name, _)| name == "code")?.1.into_owned()))
    {
        secret(&code);
    }
    if let Ok(serde_json::Value::Object(said)) = serde_json::from_str(&page.body) {
        for name in ["access_token", "refresh_token", "id_token"] {
            if let Some(token) = said.get(name).and_then(serde_json::Value::as_str) {
                secret(token);
            }
        }
    }
}

/// Looks at what a Portner leaves behind: log, metrics, database.
pub(crate) fn leave(house: &House) {
    if std::thread::panicking() {
        return;
    }
    let elsewhere = std::mem::take(&mut *ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
    let log = logged();
    let leaked = log.lines().find_map(|line| {
        Some(format!(
            "{} in {line}",
            given_in(line).or_else(|| token_in(line))?
        ))
    });
    assert!(leaked.is_none(), "in the log: {leaked:?}");
    let metrics = house.portner.metrics.render();
    let leaked = fixed_canary(&metrics).or_else(|| given_in(&metrics));
    assert!(leaked.is_none(), "{leaked:?} in the metrics\n{metrics}");
    for file in ["portner.db", "portner.db-wal"] {
        let bytes = std::fs::read(house.files.path(file)).unwrap_or_default();
        let leaked = in_bytes(&bytes);
        assert!(leaked.is_none(), "{leaked:?} in {file}");
    }
}

/// How the hash of every password begins.
const HASH: &str = "$argon2";

/// A CPR number, the people's password or the hash of one, or a client's secret.
fn fixed_canary(text: &str) -> Option<String> {
    let fixed = [PASSWORD, SECRET, HASH]
        .into_iter()
        .find(|known| text.contains(known));
    fixed
        .map(str::to_owned)
        .or_else(|| number_in(text))
        .filter(|found| !is_allowed(found))
}

/// What looks like a CPR number: a date and four digits, standing alone.
fn number_in(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = bytes[at..]
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .map_or(bytes.len(), |length| at + length);
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let digits = &text[at..end];
        let (number, after) = match (digits.len(), bytes.get(end), text.get(end + 1..end + 5)) {
            (10, ..) => (digits.to_owned(), bytes.get(end)),
            (6, Some(b'-'), Some(rest)) if rest.bytes().all(|byte| byte.is_ascii_digit()) => {
                (format!("{digits}{rest}"), bytes.get(end + 5))
            }
            _ => (String::new(), None),
        };
        let joins = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let stands_alone = before.is_none_or(|byte| !joins(byte) && byte != b'.')
            && after.copied().is_none_or(|byte| !joins(byte));
        if stands_alone && is_number(&number) {
            return Some(number).filter(|number| !is_allowed(number));
        }
        at = end;
    }
    None
}

/// Seconds of about the time at which tests begin look like numbers and are moments.
const MOMENTS: std::ops::Range<u64> = 1_790_000_000..1_830_000_000;

fn is_number(digits: &str) -> bool {
    if digits
        .parse()
        .is_ok_and(|seconds: u64| MOMENTS.contains(&seconds))
    {
        return false;
    }
    let part = |from: usize| {
        digits
            .get(from..from + 2)
            .and_then(|part| part.parse::<u32>().ok())
    };
    matches!((part(0), part(2)), (Some(1..=31), Some(1..=12)))
}

/// A signed token in compact form.
fn token_in(text: &str) -> Option<String> {
    text.match_indices("eyJ").find_map(|(at, _)| {
        let token: String = text[at..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
            .collect();
        (token.len() > 60 && token.matches('.').count() >= 2).then_some(token)
    })
}

fn given_in(text: &str) -> Option<String> {
    GIVEN.with_borrow(|given| {
        given
            .iter()
            .find(|value| text.contains(value.as_str()) && !is_allowed(value))
            .cloned()
    })
}

fn is_allowed(value: &str) -> bool {
    ALLOWED.with_borrow(|allowed| allowed.contains(value))
}

/// Whether bytes hold a canary that nothing may keep as it is.
fn in_bytes(bytes: &[u8]) -> Option<String> {
    let mut wanted: Vec<String> = vec![PASSWORD.to_owned(), SECRET.to_owned()];
    wanted.extend(PEOPLE_NUMBERS.map(str::to_owned));
    GIVEN.with_borrow(|given| wanted.extend(given.iter().cloned()));
    wanted.retain(|value| !is_allowed(value));
    let mut by_first: [Vec<&[u8]>; 256] = std::array::from_fn(|_| Vec::new());
    for value in &wanted {
        by_first[usize::from(value.as_bytes()[0])].push(value.as_bytes());
    }
    bytes.iter().enumerate().find_map(|(at, first)| {
        let found = by_first[usize::from(*first)]
            .iter()
            .find(|value| bytes[at..].starts_with(value))?;
        Some(String::from_utf8_lossy(found).into_owned())
    })
}

/// The numbers of the people of the demonstration.
const PEOPLE_NUMBERS: [&str; 4] = ["0201851001", "0302821002", "0504781004", "0607821006"];

#[test]
fn the_net_catches_what_it_is_for() {
    for text in [
        "cpr=0302821002",
        "cpr 030282-1002.",
        "{\"cpr\":\"0302821002\"}",
        PASSWORD,
        SECRET,
        "hash=$argon2id$v=19$m=19456",
    ] {
        assert!(fixed_canary(text).is_some(), "{text}");
    }
    for text in [
        "1000001201",
        "2027-03-01T08:00:00",
        "a0302821002",
        "990282-1002",
        "12345678901",
        "1803888000",
    ] {
        assert_eq!(fixed_canary(text), None, "{text}");
    }
    assert!(
        token_in(&format!(
            "x eyJ{}.{}.{} y",
            "a".repeat(30),
            "b".repeat(30),
            "c".repeat(30)
        ))
        .is_some()
    );
    secret("a-session-of-somebody");
    assert!(given_in("id=a-session-of-somebody").is_some());
    assert!(in_bytes(b"xx a-session-of-somebody").is_some());
    allow("a-session-of-somebody", "this test shows it");
    assert!(given_in("id=a-session-of-somebody").is_none());
}
