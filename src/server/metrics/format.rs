//! The two text formats of metrics, and which of them a client gets.

use http::{HeaderMap, HeaderValue, header};

/// A text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `OpenMetrics` 1.0, which Prometheus reads since 2.5; for clients that have no preference.
    OpenMetrics,
    /// The older text format of Prometheus, 0.0.4, which every collector reads.
    Text,
}

impl Format {
    /// Returns what the answer says of itself.
    #[must_use]
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        })
    }

    /// Chooses the format that the client prefers (RFC 9110 section 12.5.1). Without a preference, or where neither is
    /// accepted, that is `OpenMetrics`.
    #[must_use]
    pub fn accepted(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
        let ranges: Vec<Range<'_>> = lines.flat_map(|line| line.split(',')).filter_map(Range::parse).collect();
        let quality = |format| {
            let matching = ranges.iter().filter_map(|range| Some((range.specificity(format)?, range.quality)));
            // The most specific range counts; of equals the one that the client likes best.
            matching.max().map_or(0, |(_, quality)| quality)
        };
        if quality(Self::Text) > quality(Self::OpenMetrics) { Self::Text } else { Self::OpenMetrics }
    }

    /// Writes a page of `OpenMetrics` in this format.
    #[must_use]
    pub fn write(self, page: String) -> String {
        match self {
            Self::OpenMetrics => page,
            Self::Text => text(&page),
        }
    }
}

/// One media range of an `Accept`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range = Self { kind, subtype, version: None, quality: 1000 };
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => range.quality = quality(value),
                "version" => range.version = Some(value),
                _ => {}
            }
        }
        Some(range)
    }

    /// Tells how exactly the range names a format; nothing if it does not.
    fn specificity(&self, format: Format) -> Option<u8> {
        // Version 0.0.1 of OpenMetrics is the draft that older versions of Prometheus name; they read 1.0.0 alike.
        let (kind, subtype, versions) = match format {
            Format::OpenMetrics => ("application", "openmetrics-text", &["1.0.0", "0.0.1"][..]),
            Format::Text => ("text", "plain", &["0.0.4"][..]),
        };
        let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
        match (self.kind, self.subtype) {
            ("*", "*") => Some(0),
            (own, "*") if is(own, kind) => Some(1),
            (own, sub) if is(own, kind) && is(sub, subtype) => match self.version {
                None => Some(2),
                Some(version) if versions.contains(&version) => Some(3),
                Some(_) => None,
            },
            _ => None,
        }
    }
}

/// Reads a quality value; one that is malformed counts as the least that is accepted.
fn quality(text: &str) -> u16 {
    match text.parse::<f32>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 1000")]
        Ok(value) if (0.0..=1.0).contains(&value) => (value * 1000.0).round() as u16,
        _ => 1,
    }
}

/// Turns `OpenMetrics` into the older format: there a family is named like its samples, an info is a gauge, and the page
/// has no units and no end.
fn text(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut help = None;
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                kind => ("", kind),
            };
            if let Some((_, help)) = help.take().filter(|(helped, _)| *helped == name) {
                out.push_str(&format!("# HELP {name}{suffix} {help}\n"));
            }
            out.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
        } else if !line.starts_with('#') {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &[&str]) -> Format {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append(header::ACCEPT, HeaderValue::from_str(line).expect("a value"));
        }
        Format::accepted(&headers)
    }

    #[test]
    fn each_client_gets_the_format_that_it_prefers() {
        use Format::{OpenMetrics, Text};
        for (accept, expected) in [
            // curl, wget and a client that sends nothing.
            ("*/*", OpenMetrics),
            ("", OpenMetrics),
            // Browsers.
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", OpenMetrics),
            // Prometheus 2.5, 2.40 and 3, and with `scrape_protocols: [PrometheusText0.0.4]`.
            ("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OpenMetrics),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                 application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OpenMetrics,
            ),
            ("text/plain;version=0.0.4;q=0.6,*/*;q=0.5", Text),
            ("text/plain;version=0.0.4", Text),
            // Prometheus before 2.5, VictoriaMetrics, Telegraf, Datadog.
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", Text),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
                Text,
            ),
            ("text/plain", Text),
            ("text/*", Text),
            // Spelling, order and refusals.
            ("TEXT/PLAIN; Version=\"0.0.4\"", Text),
            ("text/plain;version=0.0.4;charset=utf-8 , application/openmetrics-text;q=0.9", Text),
            ("application/openmetrics-text;q=0.9, text/plain", Text),
            ("text/plain;q=0.9, application/openmetrics-text", OpenMetrics),
            ("text/plain, application/openmetrics-text", OpenMetrics),
            ("*/*, application/openmetrics-text;q=0", Text),
            ("*/*, text/plain;q=0", OpenMetrics),
            ("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", Text),
            ("text/plain;version=1.0.0", OpenMetrics),
            ("application/json", OpenMetrics),
            ("text/plain;q=0.0001, application/openmetrics-text;q=x", OpenMetrics),
            ("nonsense, /, ;;q=, text/plain", Text),
        ] {
            assert_eq!(accepted(&[accept]), expected, "{accept}");
        }
        assert_eq!(accepted(&[]), OpenMetrics);
        assert_eq!(accepted(&["application/openmetrics-text;q=0.5", "text/plain;version=0.0.4"]), Text);
    }

    #[test]
    fn families_are_named_like_their_samples() {
        let page = "# HELP a A thing.\n# TYPE a counter\na_total{x=\"# y\"} 1\n# HELP b B.\n# TYPE b info\n\
                    b_info{v=\"1\"} 1\n# HELP c C.\n# TYPE c histogram\n# UNIT c seconds\nc_bucket{le=\"+Inf\"} 0\n\
                    c_sum 0.0\nc_count 0\n# TYPE d gauge\nd 2\n# EOF\n";
        let expected = "# HELP a_total A thing.\n# TYPE a_total counter\na_total{x=\"# y\"} 1\n# HELP b_info B.\n\
                        # TYPE b_info gauge\nb_info{v=\"1\"} 1\n# HELP c C.\n# TYPE c histogram\n\
                        c_bucket{le=\"+Inf\"} 0\nc_sum 0.0\nc_count 0\n# TYPE d gauge\nd 2\n";
        assert_eq!(Format::Text.write(page.to_owned()), expected);
        assert_eq!(Format::OpenMetrics.write(page.to_owned()), page);
    }
}
