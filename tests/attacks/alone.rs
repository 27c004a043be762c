//! Tests that measure memory run in a process of their own, where nothing else takes any.

use std::process::Command;

/// Tells the process of its own that it is one.
const ALONE: &str = "PORTNER_TEST_ALONE";

/// Whether this is the process of its own. If not, one is started for this test, and must succeed.
pub(crate) fn is_alone(test: &str) -> bool {
    if was_told() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}\n{errors}"
    );
    false
}

fn was_told() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// The memory that this process takes, in KiB. Where the kernel does not tell, it takes none.
pub(crate) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}
