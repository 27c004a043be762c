//! The program as it is started by people and scripts: what goes where, and what is left alone.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::world::house::Files;

fn portner(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portner"));
    command.args(arguments);
    command
}

fn run(files: &Files, arguments: &[&str]) -> Output {
    let config = files.path("portner.toml");
    portner(arguments).arg("--config").arg(config).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_problem_is_not_written_where_the_answer_was_wanted() {
    let output = run(&Files::new(), &["metadata", "show", "nope"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let told = text(&output.stderr);
    assert!(told.contains("no party is called nope"), "{told}");
}

#[test]
fn showing_metadata_touches_no_database() {
    let files = Files::new();
    let output = run(&files, &["metadata", "show"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("EntityDescriptor"));
    assert!(!files.path("portner.db").exists());
}

#[test]
fn all_missing_keys_are_told_at_once() {
    let files = Files::new();
    let settings = std::fs::read_to_string(files.path("portner.toml")).unwrap();
    let keys = settings
        .lines()
        .find(|line| line.starts_with("directory = "))
        .unwrap();
    files.change("portner.toml", keys, "directory = \"/nowhere\"");
    let output = run(&files, &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for key in ["keys.assertions", "keys.tokens-es256", "keys.pairwise"] {
        assert!(told.contains(key), "{key} is not in\n{told}");
    }
}

#[test]
fn the_demo_overwrites_nobodys_directory() {
    let files = Files::new();
    let before = std::fs::read_to_string(files.path("portner.toml")).unwrap();
    let folder = files.path("");
    let output = portner(&["demo", "--port", "18080", "--data"])
        .arg(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("is not empty and not the demo's"), "{told}");
    assert_eq!(
        std::fs::read_to_string(files.path("portner.toml")).unwrap(),
        before
    );
    assert!(!files.path("parties").exists());

    let file = files.path("releases.toml/demo");
    let output = portner(&["demo", "--port", "18080", "--data"])
        .arg(&file)
        .output()
        .unwrap();
    let told = text(&output.stderr);
    assert!(told.contains("Not a directory"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_demo_that_is_ended_at_once_leaves_no_keys() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = portner(&["demo", "--port", "18180"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_empty = |folder: &Path| std::fs::read_dir(folder).unwrap().next().is_none();
    let begun = Instant::now();
    while is_empty(temporary.path()) && begun.elapsed() < Duration::from_secs(30) {
        std::thread::yield_now();
    }
    let told = Command::new("kill").arg(demo.id().to_string()).status().unwrap();
    assert!(told.success());
    assert!(demo.wait().unwrap().success());
    assert!(is_empty(temporary.path()));
}

#[test]
fn check_tells_of_party_files_that_are_not_read() {
    let files = Files::new();
    files.put("metadata/services/skolen.TOML", "");
    files.put("metadata/services/stor.toml", &" ".repeat(1024 * 1024 + 1));
    files.put("metadata/upstreams/fed.toml", "kind = \"local\"\nname = \"F\"\n");
    let large = std::fs::File::create(files.path("metadata/upstreams/fed.xml")).unwrap();
    large.set_len(16 * 1024 * 1024 + 1).unwrap();
    let output = run(&files, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for fault in ["skolen.TOML is not read", "more than 1 MiB", "more than 16 MiB"] {
        let spaceless = |text: &str| text.replace([' ', '│'], "");
        assert!(
            spaceless(&told).contains(&spaceless(fault)),
            "{fault} is not in\n{told}"
        );
    }
    assert!(!text(&output.stdout).contains("ready"));
}
