//! Events as JSON, one object a line: time, level, the event's own fields in their order, and where it comes from.
//!
//! The subscriber's own JSON builds a sorted tree of each event first, at four times the cost; the access log has a line
//! for every request.

use std::{fmt, io};

use serde::Serializer as _;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// See the module.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        line.write_str(r#"{"timestamp":""#)?;
        SystemTime.format_time(&mut line)?;
        write!(line, r#"","level":"{}""#, event.metadata().level())?;
        let mut members = Members { line, written: Ok(()) };
        event.record(&mut members);
        members.text("target", event.metadata().target());
        let Members { mut line, written } = members;
        written?;
        line.write_str("}\n")
    }
}

/// Writes fields as members of the object that is open.
struct Members<'a> {
    line: Writer<'a>,
    written: fmt::Result,
}

impl Members<'_> {
    /// Writes a member whose value is written by `value`, unless an earlier one failed.
    fn member(&mut self, name: &str, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.written.is_ok() {
            self.written = write!(self.line, r#","{name}":"#).and_then(|()| value(&mut self.line));
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.member(name, |line| escaped(line).serialize_str(value).map_err(|_| fmt::Error));
    }
}

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.member(field.name(), |line| escaped(line).collect_str(&format_args!("{value:?}")).map_err(|_| fmt::Error));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), |line| write!(line, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), |line| write!(line, "{value}"));
    }
}

/// Returns what writes JSON strings into `line`.
fn escaped<'a, 'b>(line: &'a mut Writer<'b>) -> serde_json::Serializer<Bytes<'a, 'b>> {
    serde_json::Serializer::new(Bytes(line))
}

/// A text as something that takes bytes, which the serializer of JSON wants; it gives whole characters.
struct Bytes<'a, 'b>(&'a mut Writer<'b>);

impl io::Write for Bytes<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::fmt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no writer panicked").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_event_is_one_object_on_one_line() {
        let written = Written::default();
        let output = written.clone();
        let lines = fmt().with_writer(move || output.clone()).event_format(JsonLines).finish();
        let hostile = "a\"b\\c\nd\u{1b}[31m\u{2028}ä";
        tracing::subscriber::with_default(lines, || {
            tracing::warn!(target: "t", text = hostile, shown = %hostile, number = 7_u64, below = -7_i64, on = true, "said {hostile}");
            tracing::info!("next");
        });
        let text = String::from_utf8(written.0.lock().expect("no writer panicked").clone()).expect("text");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        let mut first = lines[0].as_object().expect("an object").clone();
        let time = first.shift_remove("timestamp").expect("a time");
        assert!(time.as_str().is_some_and(|time| time.len() == 27 && time.ends_with('Z')), "{time}");
        let said = format!("said {hostile}");
        let expected = json!({ "level": "WARN", "message": said, "text": hostile, "shown": hostile, "number": 7,
                               "below": -7, "on": true, "target": "t" });
        assert_eq!(Value::Object(first), expected);
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
