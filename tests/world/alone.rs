//! Tests that measure: what other tests of the same process spend would be counted too, so such a test runs once
//! more in a process of its own, and measures there.

use std::process::Command;
use std::time::Duration;

const ALONE: &str = "PORTNER_TEST_ALONE";

/// Runs a test, given by its whole name, in a process of its own, and returns what it told; it has failed here
/// where it fails there. Nothing in that process: there the test goes on.
pub(crate) fn told_by(test: &str) -> Option<String> {
    if std::env::var_os(ALONE).is_some() {
        return None;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "yes")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{complained}");
    assert!(told.contains("1 passed"), "there is no test {test}: {told}");
    Some(told.into_owned())
}

/// What this process's threads have spent so far.
pub(crate) fn cpu() -> Duration {
    let mut spent = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let told = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        spent += told
            .split_whitespace()
            .next()
            .and_then(|nanos| nanos.parse::<u64>().ok())
            .unwrap_or_default();
    }
    Duration::from_nanos(spent)
}
