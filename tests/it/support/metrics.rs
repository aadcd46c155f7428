//! Metrics, as a real Prometheus client library reads them: Debian's `python3-prometheus-client`.

use std::process::Command;

use serde_json::Value;

use super::{Answer, Run};

/// Reads the text strictly by the rules of `OpenMetrics`, and tells the families and their samples as JSON.
const READER: &str = r#"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
families = list(read(sys.stdin.read()))
print(json.dumps({
    "types": {family.name: family.type for family in families},
    "samples": [[sample.name, sample.labels, sample.value] for family in families for sample in family.samples],
}))
"#;

/// What one scrape told.
#[derive(Debug)]
pub(crate) struct Metrics(Value);

impl Metrics {
    /// Reads a scrape.
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(answer.header("content-type"), Some(kind));
        let run = Run::of(Command::new("/usr/bin/python3").args(["-c", READER]), &answer.body).exits(0);
        Self(serde_json::from_str(&run.stdout).unwrap())
    }

    /// Returns the type of a family.
    pub(crate) fn kind(&self, family: &str) -> Option<&str> {
        self.0["types"][family].as_str()
    }

    /// Returns the sum of the samples with this name and these labels; nothing without one.
    pub(crate) fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let samples = self.0["samples"].as_array().unwrap().iter();
        let wanted = samples.filter(|sample| {
            sample[0] == name && labels.iter().all(|(label, value)| sample[1][label].as_str() == Some(value))
        });
        let values: Vec<f64> = wanted.map(|sample| sample[2].as_f64().unwrap()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// Returns by how much a counter has grown since `before`.
    pub(crate) fn since(&self, before: &Self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.get(name, labels).unwrap_or(0.0) - before.get(name, labels).unwrap_or(0.0)
    }

    /// Returns every value of a label.
    pub(crate) fn values_of(&self, name: &str, label: &str) -> Vec<String> {
        let samples = self.0["samples"].as_array().unwrap().iter().filter(|sample| sample[0] == name);
        let mut values: Vec<_> = samples.filter_map(|sample| sample[1][label].as_str()).map(str::to_owned).collect();
        values.sort();
        values.dedup();
        values
    }
}
