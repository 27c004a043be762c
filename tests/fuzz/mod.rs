//! Everything that strangers can send, mutated: no input panics, hangs or grows.
//!
//! `cargo test` gives each target a second. `PORTNER_FUZZ_SECONDS=600 cargo test --release
//! --test main fuzz -- --test-threads 1 --nocapture` gives each that many seconds of CPU, one target
//! after the other, so that memory can be told apart. An input that fails is written to
//! `target/tmp/fuzz/`, to be kept under `corpus/<target>/` once it is mended.
//!
//! Targets are plain functions of bytes, so that a coverage-guided fuzzer can take them as
//! they are (`fuzz_target!(|data: &[u8]| { targets::metadata_document(data); })`). Here there is no
//! coverage to be guided by; an input that is refused for a new reason joins the corpus.

mod imports;
mod inside;
mod mutator;
mod targets;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use mutator::Mutator;
use targets::Verdict;

/// What one input may take of a core, in a build without optimisation. The largest inputs
/// are parsed in a tenth of it.
const MOST_CPU: Duration = Duration::from_secs(2);
/// An input that has not come back by then will not, however busy the machine is.
const HANGS_AFTER: Duration = Duration::from_mins(1);
/// Longer inputs are refused by size before anything reads them.
const LONGEST_INPUT: usize = 64 * 1024;
/// Beyond this the corpus is good enough.
const LARGEST_CORPUS: usize = 2_000;

/// A target, and what helps the mutator to get into it.
struct Target {
    name: &'static str,
    run: fn(&[u8]) -> Verdict,
    /// Honest inputs that only this process can make, because they are signed or sealed.
    fresh: fn() -> Vec<Vec<u8>>,
    words: &'static [&'static str],
}

#[test]
fn saml_messages() {
    fuzz(&targets::SAML_MESSAGE);
}

#[test]
fn redirect_queries() {
    fuzz(&targets::REDIRECT);
}

#[test]
fn metadata() {
    fuzz(&targets::METADATA);
}

#[test]
fn aggregates() {
    fuzz(&targets::AGGREGATE);
}

#[test]
fn transaction_cookies() {
    fuzz(&targets::TRANSACTION);
}

#[test]
fn forms_and_cookies() {
    fuzz(&targets::FORM);
}

#[test]
fn oidc_requests() {
    fuzz(&targets::OIDC_REQUEST);
}

#[test]
fn tokens() {
    fuzz(&targets::TOKEN);
}

#[test]
fn saml_requests() {
    fuzz(&inside::SAML_REQUEST);
}

#[test]
fn encrypted_answers() {
    fuzz(&inside::ENCRYPTED);
}

#[test]
fn chains_of_certificates() {
    fuzz(&inside::CHAIN);
}

#[test]
fn privileges() {
    fuzz(&inside::PRIVILEGES);
}

#[test]
fn deliveries_in_xml() {
    fuzz(&imports::UNILOGIN);
}

#[test]
fn deliveries_in_zips() {
    fuzz(&imports::ONEROSTER);
}

#[test]
fn deliveries_of_old() {
    fuzz(&imports::MIGRATION);
}

#[test]
fn login_names() {
    fuzz(&targets::LOGIN_NAME);
}

/// What the worker is at, for those who watch it.
type Current = Arc<Mutex<(Instant, Vec<u8>)>>;

fn fuzz(target: &'static Target) {
    let current: Current = Arc::new(Mutex::new((Instant::now(), Vec::new())));
    let seen_by_worker = Arc::clone(&current);
    let worker = thread::spawn(move || work(target, &seen_by_worker));
    while !worker.is_finished() {
        thread::park_timeout(Duration::from_millis(50));
        let (since, input) = current.lock().unwrap().clone();
        assert!(
            since.elapsed() < HANGS_AFTER || worker.is_finished(),
            "{} hangs: {}",
            target.name,
            keep(target, &input).display()
        );
    }
    if let Err(panicked) = worker.join() {
        std::panic::resume_unwind(panicked);
    }
}

fn work(target: &'static Target, current: &Current) {
    let seconds = long_run();
    let (begun, cpu_before) = (Instant::now(), cpu_of_this_thread());
    let is_over = || match seconds {
        None => begun.elapsed() > Duration::from_secs(1),
        // A busy machine takes longer, and tries as much. Where the kernel does not tell, a clock has to do.
        Some(seconds) if begun.elapsed() > seconds => {
            let cpu = cpu_of_this_thread();
            cpu.is_zero() || cpu.saturating_sub(cpu_before) > seconds
        }
        Some(_) => false,
    };
    let mut mutator = Mutator::new(target.name, target.words);
    let mut corpus = corpus(target);
    let mut verdicts = BTreeSet::new();
    for input in &corpus {
        verdicts.insert(run(target, current, input));
    }
    let resident = resident_megabytes();
    let mut inputs = 0_u64;
    while !is_over() {
        let input = mutator.next(&corpus, LONGEST_INPUT);
        inputs += 1;
        if verdicts.insert(run(target, current, &input)) && corpus.len() < LARGEST_CORPUS {
            corpus.push(input);
        }
    }
    if seconds.is_some() {
        let grown = resident_megabytes().saturating_sub(resident);
        eprintln!(
            "{}: {inputs} inputs in {} s of CPU, {} outcomes, grown by {grown} MB",
            target.name,
            cpu_of_this_thread().saturating_sub(cpu_before).as_secs(),
            verdicts.len()
        );
        assert!(grown < 100, "{} grows", target.name);
    }
}

/// Runs one input and holds it to its share of CPU time.
fn run(target: &Target, current: &Current, input: &[u8]) -> Verdict {
    *current.lock().unwrap() = (Instant::now(), input.to_vec());
    let (begun, cpu_before) = (Instant::now(), cpu_of_this_thread());
    let verdict = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let Ok(verdict) = verdict else {
        panic!("{} panics: {}", target.name, keep(target, input).display());
    };
    if begun.elapsed() > MOST_CPU {
        let cpu = cpu_of_this_thread().saturating_sub(cpu_before);
        assert!(
            cpu < MOST_CPU,
            "{} takes {cpu:?}: {}",
            target.name,
            keep(target, input).display()
        );
    }
    verdict
}

/// The files of a target, and what this process can add.
fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target.name);
    let mut paths: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no corpus", target.name);
    let files = paths.iter().map(|path| fs::read(path).unwrap());
    files.chain((target.fresh)()).collect()
}

fn keep(target: &Target, input: &[u8]) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&directory).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, input);
    let name = data_encoding::HEXLOWER.encode(&digest.as_ref()[..8]);
    let path = directory.join(format!("{}-{name}", target.name));
    fs::write(&path, input).unwrap();
    path
}

fn long_run() -> Option<Duration> {
    #[expect(clippy::disallowed_methods, reason = "how the suite is told to go on")]
    let seconds = std::env::var("PORTNER_FUZZ_SECONDS").ok()?;
    Some(Duration::from_secs(
        seconds.parse().expect("PORTNER_FUZZ_SECONDS is a number"),
    ))
}

/// Where the kernel does not tell, nothing is held against the input.
fn cpu_of_this_thread() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn resident_megabytes() -> u64 {
    let told = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<u64> = told.split(' ').nth(1).and_then(|field| field.parse().ok());
    pages.unwrap_or_default() * 4 / 1024
}

#[test]
fn a_target_that_panics_is_told_with_its_input() {
    static BROKEN: Target = Target {
        name: "login_name",
        run: |input| {
            assert!(input.len() < 3, "long");
            Verdict::default()
        },
        fresh: Vec::new,
        words: &[],
    };
    let told = catch_unwind(|| fuzz(&BROKEN)).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    let (_, path) = told.split_once("login_name panics: ").unwrap();
    assert!(fs::read(path).unwrap().len() >= 3);
    fs::remove_file(path).unwrap();
}
