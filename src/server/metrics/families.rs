//! One metric family after the other, by the encoder of the Prometheus client library.

use std::fmt;

use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

use crate::domain::metrics::HistogramSnapshot;

/// Writes families; what is not known is left out, never written as 0.
pub(super) struct Families<'a>(DescriptorEncoder<'a>);

impl<'a> Families<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    fn begin<'s>(&'s mut self, name: &'s str, help: &str, kind: MetricType) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, &format!("{help}."), None, kind)
    }

    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl EncodeCounterValue) -> fmt::Result {
        encode_counter(&mut self.begin(name, help, MetricType::Counter)?, &value)
    }

    pub(super) fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut family = self.begin(name, help, MetricType::Counter)?;
        values.into_iter().try_for_each(|(labels, value)| encode_counter(&mut family.encode_family(&labels)?, &value))
    }

    pub(super) fn gauge<V: EncodeGaugeValue>(&mut self, name: &str, help: &str, value: Option<V>) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        self.begin(name, help, MetricType::Gauge)?.encode_gauge(&value)
    }

    pub(super) fn gauges<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut family = self.begin(name, help, MetricType::Gauge)?;
        values.into_iter().try_for_each(|(labels, value)| family.encode_family(&labels)?.encode_gauge(&value))
    }

    /// Writes histograms with so many of their units to one of the metric's.
    pub(super) fn histograms<'h, L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        units: f64,
        values: impl IntoIterator<Item = (Option<L>, &'h HistogramSnapshot)>,
    ) -> fmt::Result {
        let mut family = self.begin(name, help, MetricType::Histogram)?;
        values.into_iter().try_for_each(|(labels, snapshot)| match labels {
            Some(labels) => encode_histogram(&mut family.encode_family(&labels)?, units, snapshot),
            None => encode_histogram(&mut family, units, snapshot),
        })
    }

    pub(super) fn info(&mut self, name: &str, help: &str, labels: &impl EncodeLabelSet) -> fmt::Result {
        self.begin(name, help, MetricType::Info)?.encode_info(labels)
    }
}

fn encode_counter(encoder: &mut MetricEncoder<'_>, value: &impl EncodeCounterValue) -> fmt::Result {
    encoder.encode_counter::<NoLabelSet, _, u64>(value, None)
}

fn encode_histogram(encoder: &mut MetricEncoder<'_>, units: f64, snapshot: &HistogramSnapshot) -> fmt::Result {
    let bounds = snapshot.bounds.iter().map(|bound| scaled(*bound, units)).chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(snapshot.counts.iter().copied()).collect();
    encoder.encode_histogram::<NoLabelSet>(scaled(snapshot.sum, units), snapshot.count(), &buckets, None)
}

/// Divides rather than multiplies: 250 µs are 0.00025 s, and not 0.00024999999999999995.
#[expect(clippy::cast_precision_loss, reason = "a metric is a float")]
fn scaled(value: u64, units: f64) -> f64 {
    value as f64 / units
}
