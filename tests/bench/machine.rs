//! The machine and what else it is doing: figures without both say little.

use std::{fs, thread};

/// Returns one sentence on the machine, its load and the program.
pub(crate) fn description() -> String {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": an unknown processor");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d");
    format!(
        "da {} on {processors} x {}, {now}; load average before: {}",
        env!("CARGO_PKG_VERSION"),
        model.trim_start_matches([' ', '\t', ':']).trim(),
        load.join(" ")
    )
}

/// Returns how much memory of a process is resident, in MiB.
pub(crate) fn resident_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    kib / 1024.0
}

/// Returns how long this thread has run on a processor.
pub(crate) fn busy_seconds() -> f64 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos: f64 = statistics.split(' ').next().unwrap().parse().unwrap();
    nanos / 1e9
}
