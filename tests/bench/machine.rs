//! The machine: what it is, which core does what, and what a process has used.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where the broker runs while the load saturates it.
pub(crate) const BROKER_CORE: &str = "0";
/// Where the load and the stubs run then.
pub(crate) const LOAD_CORE: &str = "1";
/// Both, for a load that leaves room.
pub(crate) const ANY_CORE: &str = "0,1";

/// CPU model, cores, kernel, and how busy the machine is with other things.
pub(crate) fn describe() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown CPU", |(_, model)| model);
    let ifma = if cpu.contains("avx512ifma") {
        "with"
    } else {
        "without"
    };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let all = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count()
        .max(cores);
    format!(
        "Machine: {model} ({ifma} AVX-512 IFMA), {all} cores, Linux {}; load average before: {}",
        kernel.trim(),
        load_average()
    )
}

/// The load average of the last minute.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Keeps a process and its threads on some cores. Where that cannot be done, the kernel chooses.
pub(crate) fn pin(process: u32, cores: &str) {
    let _ = Command::new("taskset")
        .args(["-a", "-p", "-c", cores, &process.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// CPU time that a process has used, in the program and in the kernel for it.
pub(crate) fn cpu_time(process: u32) -> Duration {
    ticks(Path::new(&format!("/proc/{process}/stat")))
}

fn ticks(stat: &Path) -> Duration {
    /// `USER_HZ`, which Linux fixed at 100 for everybody who reads /proc.
    const TICKS_PER_SECOND: u64 = 100;
    let stat = fs::read_to_string(stat).unwrap();
    // The name, in brackets, may hold anything; the fields after it are numbered from 3.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: u64 = [14, 15]
        .iter()
        .map(|field| fields[field - 3].parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// CPU time that the threads of this name have used in a process.
pub(crate) fn cpu_time_of(process: u32, name: &str) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads
        .filter_map(|thread| {
            let path = thread.ok()?.path();
            let comm = fs::read_to_string(path.join("comm")).ok()?;
            (comm.trim() == name).then(|| ticks(&path.join("stat")))
        })
        .sum()
}

/// Has a process read its files anew (SIGHUP).
pub(crate) fn hang_up(process: u32) {
    let done = Command::new("kill").args(["-HUP", &process.to_string()]).status();
    assert!(done.unwrap().success(), "kill (of procps) sends the signal");
}

/// Resident memory of a process, in megabytes.
pub(crate) fn resident(process: u32) -> f64 {
    of_status(process, "VmRSS:")
}

/// The most that it ever was.
pub(crate) fn highest(process: u32) -> f64 {
    of_status(process, "VmHWM:")
}

fn of_status(process: u32, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    let kilobytes: u32 = line.trim().trim_end_matches(" kB").parse().unwrap();
    f64::from(kilobytes) / 1024.0
}
