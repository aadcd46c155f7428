//! The metrics as text, in the form of `OpenMetrics` 1.0, which Prometheus reads since 2.5.

use std::{
    collections::BTreeMap,
    fmt::{self, Error},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text},
    registry::Registry,
};

use super::{Metrics, NO_ROUTE, STATUSES, families::Families, process::Process};
use crate::{
    api::ErrorCode,
    app::metrics::Figures,
    domain::metrics::{Counter, HistogramSnapshot},
};

/// Writes down what was counted.
///
/// # Errors
/// None that is known: the text goes to memory.
pub fn page(metrics: &Metrics, figures: Figures) -> Result<String, Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Moment::of(metrics, figures)));
    let mut text = String::with_capacity(16 * 1024);
    text::encode(&mut text, &registry)?;
    Ok(text)
}

/// A label with its value.
type Label = (&'static str, &'static str);

/// Everything at one moment.
#[derive(Debug)]
struct Moment {
    requests: Vec<([Label; 2], &'static str, u64)>,
    durations: Vec<([Label; 2], HistogramSnapshot)>,
    refusals: Vec<(ErrorCode, u64)>,
    connections: u64,
    turned_away: u64,
    figures: Figures,
    process: Process,
}

impl Moment {
    fn of(metrics: &Metrics, figures: Figures) -> Self {
        let (mut requests, mut durations) = (Vec::new(), Vec::new());
        let mut refused = metrics.connections.refusals().get();
        for answers in metrics.answers() {
            let labels = [("method", answers.method), ("route", answers.route)];
            let counted = answers.statuses.iter().map(Counter::get).enumerate().filter(|(_, count)| *count > 0);
            requests.extend(counted.map(|(at, count)| (labels, status(at), count)));
            let micros = answers.micros.snapshot();
            if micros.count() > 0 {
                durations.push((labels, micros));
            }
        }
        add_refused(&mut requests, &mut refused);
        let refusals = ErrorCode::ALL.iter().map(|code| (*code, metrics.refusals[*code as usize].get()));
        Self {
            requests,
            durations,
            refusals: refusals.filter(|(_, count)| *count > 0).collect(),
            connections: metrics.connections.open() as u64,
            turned_away: metrics.connections.turned_away(),
            figures,
            process: Process::read(),
        }
    }
}

/// Adds the requests that the edge refused: their method and route were not read.
fn add_refused(requests: &mut Vec<([Label; 2], &'static str, u64)>, refused: &mut BTreeMap<u16, u64>) {
    let labels = [("method", "other"), ("route", NO_ROUTE)];
    for (counted, word, count) in requests.iter_mut() {
        let code = word.parse().unwrap_or_default();
        if *counted == labels
            && let Some(more) = refused.remove(&code)
        {
            *count += more;
        }
    }
    let word = |code: &u16| status(STATUSES.binary_search(code).unwrap_or(STATUSES.len()));
    requests.extend(refused.iter().map(|(code, count)| (labels, word(code), *count)));
}

fn status(at: usize) -> &'static str {
    const WORDS: [&str; STATUSES.len()] = [
        "200", "201", "202", "204", "302", "303", "304", "400", "401", "403", "404", "405", "408", "409", "410", "413",
        "414", "415", "421", "422", "429", "431", "500", "503", "505", "507",
    ];
    WORDS.get(at).copied().unwrap_or("other")
}

impl Collector for Moment {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Families::new(encoder);
        self.traffic(&mut out)?;
        self.credentials(&mut out)?;
        self.storage(&mut out)?;
        self.program(&mut out)
    }
}

impl Moment {
    fn traffic(&self, out: &mut Families<'_>) -> fmt::Result {
        let requests =
            self.requests.iter().map(|(labels, status, count)| ([labels[0], labels[1], ("status", *status)], *count));
        out.counters("da_requests", "Requests answered, by method, route and status", requests)?;
        let micros = self.durations.iter().map(|(labels, snapshot)| (Some(*labels), snapshot));
        out.histograms("da_request_duration_seconds", "Time from head of request to answer", 1e6, micros)?;
        out.gauge("da_connections", "Open connections", Some(self.connections))?;
        out.counter(
            "da_connections_refused",
            "Connections turned away at once, as there were too many",
            self.turned_away,
        )
    }

    fn credentials(&self, out: &mut Families<'_>) -> fmt::Result {
        let figures = &self.figures;
        let logins = figures.logins.iter().map(|(outcome, count)| ([("outcome", outcome.as_str())], *count));
        out.counters("da_logins", "Sign-ins, by outcome: with a password, or approved in a browser", logins)?;
        let checks = figures
            .token_checks
            .iter()
            .map(|(kind, outcome, count)| ([("kind", kind.as_str()), ("outcome", outcome.as_str())], *count));
        out.counters("da_token_checks", "Checks of bearers, by what they say they are and by outcome", checks)?;
        let refusals = self.refusals.iter().map(|(code, count)| ([("reason", code.as_str())], *count));
        out.counters("da_auth_failures", "Requests answered 401, 403 or 429, by error code", refusals)?;
        out.gauge(
            "da_tokens_ending_30d",
            "Live tokens that end within 30 days; counted in the background",
            figures.tokens_ending,
        )?;
        let age = figures.signing_key_age.map(|age| age.as_secs());
        out.gauge("da_signing_key_age_seconds", "Age of the key that signs", age)?;
        out.gauge("da_hash_queue", "Passwords that wait for their turn to be hashed", Some(figures.hash_queue as u64))?;
        let capacity = Some(figures.hash_queue_capacity as u64);
        out.gauge("da_hash_queue_capacity", "How many passwords may wait; more get 503", capacity)
    }

    fn storage(&self, out: &mut Families<'_>) -> fmt::Result {
        let (figures, store) = (&self.figures, &self.figures.store);
        if let Some(writer) = &store.writer {
            out.counter("da_store_changes", "Changes that were run, those undone too", writer.jobs)?;
            out.histograms(
                "da_store_batch_size",
                "Changes that shared a commit",
                1.0,
                [(None::<[Label; 1]>, &writer.batches)],
            )?;
            out.counter(
                "da_store_commit_failures",
                "Commits that failed; nothing of them was acknowledged",
                writer.failed_commits,
            )?;
        }
        let files = [("database", store.database_bytes), ("log", store.log_bytes)];
        let files = files.into_iter().filter_map(|(file, bytes)| Some(([("file", file)], bytes?)));
        out.gauges("da_store_bytes", "Size of the store, by file", files)?;
        out.gauge("da_disk_free_bytes", "Space left on the disk of the store", store.free_bytes)?;
        let backups = [("success", figures.backups_made), ("failure", figures.backups_failed)];
        let backups = backups.map(|(outcome, count)| ([("outcome", outcome)], count));
        out.counters("da_backups", "Scheduled backups, by outcome", backups)?;
        let last = figures.last_backup.map(|at| at.as_seconds());
        out.gauge("da_backup_timestamp_seconds", "Newest scheduled backup, in seconds since 1970", last)?;
        out.counter(
            "da_audit_write_failures",
            "Refusals whose audit row could not be written",
            figures.audit_write_failures,
        )?;
        out.counter(
            "da_refusals_not_recorded",
            "Refusals without an audit row, too many from their source",
            figures.refusals_not_recorded,
        )?;
        out.counter(
            "da_new_networks_not_recorded",
            "New networks of tokens without an audit row, too many of one token in an hour",
            figures.new_networks_not_recorded,
        )
    }

    fn program(&self, out: &mut Families<'_>) -> fmt::Result {
        out.info("da_build", "The program", &[("version", env!("CARGO_PKG_VERSION"))])?;
        let process = &self.process;
        let started = self.figures.started_at.as_seconds();
        out.gauge("process_start_time_seconds", "Start of the process, in seconds since 1970", Some(started))?;
        if let Some(seconds) = process.cpu_seconds {
            out.counter("process_cpu_seconds", "Processor time spent", seconds)?;
        }
        out.gauge("process_resident_memory_bytes", "Resident memory", process.resident_bytes)?;
        out.gauge("process_open_fds", "Open file descriptors", process.open_descriptors)?;
        out.gauge("process_max_fds", "How many file descriptors may be open", process.max_descriptors)
    }
}
