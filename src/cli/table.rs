//! Tables: columns of at least their agreed width, no borders, fit for `awk`.

use super::{error::CliError, ui::Ui};
use crate::domain::text::shown;

/// Rows under a header; a column grows to its widest cell.
pub(crate) struct Table {
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Takes each column's name and least width.
    pub(crate) fn new(columns: &[(&str, usize)]) -> Self {
        let header = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { widths: columns.iter().map(|(_, width)| *width).collect(), rows: vec![header] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| shown(cell)).collect());
    }

    /// Returns the lines of the rows that are new, the first time below the header. A column that has grown stays so wide.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let rows = std::mem::take(&mut self.rows);
        for row in &rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &Vec<String>| {
            let cells: Vec<_> = row.iter().zip(&self.widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            cells.join(" ").trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }

    /// Prints the rows that are new; call it once for a whole list, or after each of its pages.
    pub(crate) fn print(&mut self, ui: &Ui) -> Result<(), CliError> {
        self.lines().iter().try_for_each(|line| ui.line(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_place_whatever_a_cell_holds() {
        let mut table = Table::new(&[("ID", 4), ("NAME", 6), ("STATUS", 0)]);
        table.row(vec!["1".to_owned(), "é\x1b[31m".to_owned(), "active".to_owned()]);
        table.row(vec!["2".to_owned(), "a longer name".to_owned(), "revoked".to_owned()]);
        assert_eq!(
            table.lines(),
            ["ID   NAME          STATUS", "1    é\u{fffd}[31m        active", "2    a longer name revoked"]
        );
        table.row(vec!["3".to_owned(), "x".to_owned(), "active".to_owned()]);
        assert_eq!(table.lines(), ["3    x             active"], "the next page has the same columns and no header");
    }
}
