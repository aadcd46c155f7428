//! A measured figure, its bar, and the table of them all.

use std::fmt;

/// The bar that a figure is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// None: the figure explains another one.
    Told,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    id: &'static str,
    what: String,
    value: f64,
    unit: &'static str,
    bar: Bar,
}

impl Figure {
    pub(crate) fn new(id: &'static str, what: impl Into<String>, value: f64, unit: &'static str, bar: Bar) -> Self {
        Self { id, what: what.into(), value, unit, bar }
    }

    fn verdict(&self) -> &'static str {
        let met = match self.bar {
            Bar::Told => return "",
            Bar::AtLeast(bar) => self.value >= bar,
            Bar::AtMost(bar) => self.value <= bar,
        };
        if met { "met" } else { "missed" }
    }

    /// Returns the line of a Markdown table.
    pub(crate) fn line(&self) -> String {
        let Self { id, what, value, unit, .. } = self;
        format!("| {id} | {what} | {}{unit} | {} | {} |", number(*value), self.bar, self.verdict())
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, what, value, unit, bar } = self;
        write!(f, "{id} {what}: {}{unit} {bar} {}", number(*value), self.verdict())
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bar) => write!(f, "at least {}", number(*bar)),
            Self::AtMost(bar) => write!(f, "at most {}", number(*bar)),
            Self::Told => Ok(()),
        }
    }
}

/// The first lines of the table.
pub(crate) const HEAD: &str = "| | what | measured | bar | |\n|---|---|---|---|---|\n";

/// Returns the whole table.
pub(crate) fn table(figures: &[Figure]) -> String {
    figures.iter().fold(HEAD.to_owned(), |table, figure| table + &figure.line() + "\n")
}

/// Writes a number to three digits, whole ones whole.
fn number(value: f64) -> String {
    let digits = match value {
        _ if value.fract() == 0.0 => 0,
        _ if value < 0.1 => 3,
        _ if value < 10.0 => 2,
        _ if value < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), String::new()), |(w, f)| (w, format!(".{f}")));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &fraction
}

/// Returns the median.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
