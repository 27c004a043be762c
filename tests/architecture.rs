//! Reads the sources: who may use whom, and what every file owes its reader.
//!
//! A module may use its own row of [`ROWS`] and the rows above. Compilers do not check that
//! within one package, so this test does; its messages say which line is at fault.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, from what knows nothing to what knows everything.
const ROWS: [&[&str]; 7] = [
    &["ambient", "domain"],
    &["config", "credentials", "egress", "keys", "oidc", "saml", "texts"],
    &["budgets", "store", "telemetry"],
    &["login", "people", "trust"],
    &["services", "upstreams"],
    &["web"],
    &["app", "cli", "demo", "main", "lib"],
];

/// Narrower than their row: these could be published as crates of their own.
const ALONE: [(&str, &[&str]); 3] = [
    ("domain", &["domain"]),
    ("saml", &["ambient", "domain", "keys", "saml"]),
    ("oidc", &["ambient", "domain", "egress", "keys", "oidc"]),
];

/// What would tie the domain to a machine, a wire or a moment.
const IMPURE: [&str; 10] = [
    "async fn",
    "axum::",
    "hyper::",
    "quick_xml",
    "serde_json",
    "sqlx",
    "std::env",
    "std::fs",
    "std::net",
    "tokio",
];

/// The longest that a file may be.
const LONGEST: usize = 450;

struct SourceFile {
    /// Such as `domain/account.rs`.
    name: String,
    text: String,
}

impl SourceFile {
    /// The module of the first level that it belongs to.
    fn module(&self) -> &str {
        let first = self.name.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Numbered comments, without what stands in backticks.
    fn comments(&self) -> impl Iterator<Item = (usize, String)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(number, line)| {
            let comment = &line[without_comment(line).len()..];
            (number + 1, comment.split('`').step_by(2).collect())
        })
    }

    /// Numbered lines without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(number, line)| (number + 1, without_comment(line)))
    }
}

fn without_comment(line: &str) -> &str {
    // A URL in a string has `//` too, but after a colon.
    let comment = line
        .match_indices("//")
        .find(|(at, _)| !line[..*at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

fn sources() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    assert!(files.len() > 50, "only {} sources were found", files.len());
    files
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<SourceFile>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap();
            files.push(SourceFile { name, text });
        }
    }
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn may_use(module: &str, other: &str) -> bool {
    if let Some((_, only)) = ALONE.iter().find(|(alone, _)| *alone == module) {
        return only.contains(&other);
    }
    match (row(module), row(other)) {
        (Some(here), Some(there)) => there <= here,
        _ => false,
    }
}

/// The modules of the first level that a line names after `crate::`.
fn used_modules(line: &str) -> Vec<&str> {
    let identifier = |text: &'_ str| {
        text.len()
            - text
                .trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
                .len()
    };
    let mut used = Vec::new();
    for (at, path) in line.match_indices("crate::") {
        let rest = &line[at + path.len()..];
        match rest.strip_prefix('{') {
            None => used.push(&rest[..identifier(rest)]),
            Some(list) => {
                let mut depth = 0;
                for part in list.split_inclusive(['{', '}', ',']) {
                    let name = part.trim();
                    if depth == 0 && !name.is_empty() {
                        used.push(&name[..identifier(name)]);
                    }
                    depth += part.matches('{').count();
                    depth = depth.saturating_sub(part.matches('}').count());
                }
            }
        }
    }
    used.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    used
}

/// The letters that short ids of sources begin with, as `src/manual/references.md` explains them.
const IDS: [&str; 18] = [
    "A", "B", "C", "D", "DR", "E", "F", "G", "H", "I", "J", "K", "L", "M", "P", "S", "T", "U",
];

/// The short ids in a text, such as `U11` or `DR08`, and all of a range such as `U31–U33`; pains as `pain 3`.
fn short_ids(text: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut before = "";
    for word in text.split(|c: char| c.is_whitespace() || "()[],;:|/".contains(c)) {
        let word = word.trim_end_matches('.');
        let (first, last) = word.split_once('–').unwrap_or((word, word));
        if let (Some((kind, from)), Some((same, to))) = (short_id(first), short_id(last))
            && kind == same
        {
            let (low, high): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
            ids.extend((low..=high).map(|number| format!("{kind}{number:0width$}", width = from.len())));
        }
        if before == "pain" && word.parse::<u32>().is_ok() {
            ids.insert(format!("pain {word}"));
        }
        before = word;
    }
    ids
}

/// The letters and the digits of one id.
fn short_id(word: &str) -> Option<(&str, &str)> {
    let (kind, number) = word.split_at(word.find(|c: char| c.is_ascii_digit())?);
    let is_id = IDS.contains(&kind) && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
    is_id.then_some((kind, number))
}

fn assert_no_faults(faults: &str) {
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn modules_use_only_their_own_row_and_those_above() {
    let mut faults = String::new();
    for file in sources() {
        let module = file.module();
        if row(module).is_none() {
            writeln!(faults, "{} is in no row of tests/architecture.rs", file.name).unwrap();
        }
        for (number, line) in file.code() {
            for used in used_modules(line) {
                if !may_use(module, used) {
                    writeln!(faults, "{}:{number} may not use crate::{used}", file.name).unwrap();
                }
            }
        }
    }
    assert_no_faults(&faults);
}

#[test]
fn the_domain_is_pure() {
    let mut faults = String::new();
    for file in sources().iter().filter(|file| file.module() == "domain") {
        for (number, line) in file.code() {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                writeln!(faults, "{}:{number} may not use {word}", file.name).unwrap();
            }
        }
    }
    assert_no_faults(&faults);
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    let mut faults = String::new();
    for file in sources() {
        if !file.text.starts_with("//! ") {
            writeln!(faults, "{}:1 must say in //! what the file is for", file.name).unwrap();
        }
        let lines = file.text.lines().count();
        if lines > LONGEST {
            writeln!(faults, "{} has {lines} lines, more than {LONGEST}", file.name).unwrap();
        }
    }
    assert_no_faults(&faults);
}

#[test]
fn nothing_is_unsafe_unfinished_or_silenced() {
    let banned = [
        "unsafe ",
        "unsafe{",
        "todo!(",
        "unimplemented!(",
        "#[allow(",
        "#![allow(",
    ];
    let mut faults = String::new();
    for file in sources() {
        for (number, line) in file.code() {
            for word in banned.iter().filter(|word| line.contains(**word)) {
                writeln!(faults, "{}:{number} may not say {word}", file.name).unwrap();
            }
        }
    }
    assert_no_faults(&faults);
}

#[test]
fn the_table_of_layers_is_the_one_that_is_tested() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | "));
    let told: Vec<Vec<&str>> = rows
        .filter(|row| row.starts_with(|c: char| c.is_ascii_digit()))
        .map(|row| {
            let mut modules: Vec<&str> = row
                .split("[`")
                .skip(1)
                .filter_map(|m| m.split('`').next())
                .collect();
            modules.sort_unstable();
            modules
        })
        .collect();
    let tested: Vec<Vec<&str>> = ROWS
        .iter()
        .map(|row| {
            row.iter()
                .copied()
                .filter(|module| !["main", "lib"].contains(module))
                .collect()
        })
        .collect();
    assert_eq!(told, tested);
}

#[test]
fn references_explain_every_short_id_in_a_comment() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual");
    let explained: BTreeSet<String> = ["references.md", "attacks.md"]
        .iter()
        .flat_map(|name| short_ids(&fs::read_to_string(manual.join(name)).unwrap()))
        .collect();
    let mut faults = String::new();
    for file in sources() {
        for (number, comment) in file.comments() {
            for id in short_ids(&comment).difference(&explained) {
                writeln!(
                    faults,
                    "{}:{number} names {id}, which nothing explains",
                    file.name
                )
                .unwrap();
            }
        }
    }
    assert_no_faults(&faults);
}

#[test]
fn the_readers_of_this_test_read_rightly() {
    assert_eq!(used_modules("use crate::domain::cpr::Cpr;"), ["domain"]);
    assert_eq!(
        used_modules("use crate::{oidc, saml::xml::{A, B}, web};"),
        ["oidc", "saml", "web"]
    );
    assert_eq!(
        used_modules("pub(crate) fn x(y: crate::keys::K) -> crate::Top {"),
        ["keys"]
    );
    assert_eq!(without_comment("let x = 1; // crate::web"), "let x = 1; ");
    assert_eq!(without_comment("\"https://x.example\""), "\"https://x.example\"");
    let ids = short_ids("/// (U31–U33, DR08; pain 16), of S256, V2.0, 3A and P-256. See E1.");
    assert_eq!(
        Vec::from_iter(ids),
        ["DR08", "E1", "U31", "U32", "U33", "pain 16"]
    );
    assert!(may_use("web", "domain") && !may_use("domain", "web"));
    assert!(!may_use("saml", "oidc") && !may_use("store", "trust"));
}
