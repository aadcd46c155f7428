//! What the system says of this process, under the names that every Prometheus client uses.

/// The process, as far as the system tells.
#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) resident_bytes: Option<u64>,
    pub(super) open_descriptors: Option<u64>,
    pub(super) max_descriptors: Option<u64>,
    pub(super) cpu_seconds: Option<f64>,
}

impl Process {
    #[cfg(target_os = "linux")]
    pub(super) fn read() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        // One of them is the listing itself.
        let open = std::fs::read_dir("/proc/self/fd").ok().map(|listed| listed.count().saturating_sub(1) as u64);
        let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Self {
            resident_bytes: resident.and_then(|kib| kib.parse::<u64>().ok()).map(|kib| kib * 1024),
            open_descriptors: open,
            max_descriptors: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
            cpu_seconds: std::time::Duration::try_from(cpu).ok().map(|spent| spent.as_secs_f64()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn read() -> Self {
        Self::default()
    }
}
