//! Keeps the last result in the README's developer section, between two markers.

use std::{fs, path::Path};

use crate::figure::{Figure, HEAD};

const BEGIN: &str = "<!-- bench: written by `cargo bench -- --write-readme` -->\n";
const END: &str = "<!-- bench: end -->\n";

/// Puts `figures` in place of the rows that have the same number; rows of benchmarks that were not run stay.
pub(crate) fn write(description: &str, figures: &[Figure]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the README has the marker");
    let (old, after) = rest.split_once(END).expect("the README has the end marker");
    let mut rows: Vec<String> = figures.iter().map(Figure::line).collect();
    let is_measured = |row: &str| figures.iter().any(|figure| number(row) == number(&figure.line()));
    rows.extend(old.lines().filter(|row| row.starts_with("| P-") && !is_measured(row)).map(str::to_owned));
    rows.sort_by_key(|row| number(row));
    let table = rows.iter().fold(HEAD.to_owned(), |table, row| table + row + "\n");
    fs::write(path, format!("{before}{BEGIN}\n{description}.\n\n{table}\n{END}{after}")).unwrap();
}

/// Returns the number of a row's bar.
fn number(row: &str) -> Option<u8> {
    row.strip_prefix("| P-")?.split(' ').next()?.parse().ok()
}
