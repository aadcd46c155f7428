//! A page as plain text for a terminal or a pipe: no colour, no escape sequences.

use super::{Block, Span, Style};

/// How far text is indented below its heading.
const INDENT: usize = 4;
/// Between the columns of a table.
const GAP: usize = 2;
/// The narrowest that a column of a table becomes.
const LEAST_COLUMN: usize = 8;

/// Renders a page in lines of at most `width` characters. Code and words that are longer are not broken.
pub(crate) fn render(blocks: &[Block], width: usize) -> String {
    let mut page = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            page.push('\n');
        }
        let (indent, lines) = match block {
            Block::Heading(level, title) => (if *level < 3 { 0 } else { INDENT / 2 }, vec![text(title)]),
            other => (INDENT, lines(other, width.saturating_sub(INDENT))),
        };
        push_lines(&mut page, indent, &lines);
    }
    page
}

fn push_lines(page: &mut String, indent: usize, lines: &[String]) {
    for line in lines {
        if !line.is_empty() {
            page.push_str(&" ".repeat(indent));
            page.push_str(line);
        }
        page.push('\n');
    }
}

fn lines(block: &Block, width: usize) -> Vec<String> {
    match block {
        Block::Heading(_, title) => vec![text(title)],
        Block::Paragraph(spans) => wrapped(&text(spans), width),
        Block::Code(code) => code.lines().map(|line| format!("{:INDENT$}{line}", "")).collect(),
        Block::List(first, items) => list(*first, items, width),
        Block::Table(rows) => table(rows, width),
    }
}

/// Returns text with code in backticks, as in all other help.
fn text(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span.style {
            Style::Code => format!("`{}`", span.text),
            Style::Plain | Style::Strong => span.text.clone(),
        })
        .collect()
}

fn list(first: Option<u64>, items: &[Vec<Block>], width: usize) -> Vec<String> {
    let mut all = Vec::new();
    for (number, item) in (first.unwrap_or_default()..).zip(items) {
        let marker = first.map_or("- ".to_owned(), |_| format!("{number}. "));
        let indent = marker.chars().count();
        let mut lines = item.iter().flat_map(|block| lines(block, width.saturating_sub(indent)));
        all.extend(lines.next().map(|line| marker + &line));
        all.extend(lines.map(|line| format!("{:indent$}{line}", "")));
    }
    all
}

fn table(rows: &[Vec<Vec<Span>>], width: usize) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| text(cell)).collect()).collect();
    let widths = column_widths(&rows, width);
    let mut all = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| broken(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        for line in 0..height {
            let cells = cells.iter().map(|cell| cell.get(line).map_or("", String::as_str));
            all.push(joined(cells, &widths));
        }
        if index == 0 {
            let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
            all.push(joined(rule.iter().map(String::as_str), &widths));
        }
    }
    all
}

fn joined<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let padded: Vec<_> = cells.zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    padded.join(&" ".repeat(GAP)).trim_end().to_owned()
}

/// Gives each column what its widest cell needs, then narrows the widest columns until the table fits.
fn column_widths(rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let mut widths: Vec<_> = (0..columns).map(widest).collect();
    let available = width.saturating_sub(GAP * columns.saturating_sub(1));
    while widths.iter().sum::<usize>() > available {
        match widths.iter_mut().max() {
            Some(widest) if *widest > LEAST_COLUMN => *widest -= 1,
            _ => break,
        }
    }
    widths
}

/// Wraps text between words; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split_whitespace() {
        let added = word.chars().count();
        if length > 0 && length + 1 + added > width {
            lines.push(String::new());
            length = 0;
        }
        if let Some(line) = lines.last_mut() {
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += added;
        }
    }
    lines
}

/// Wraps a cell, and breaks what is longer than the column.
fn broken(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let chop = |line: String| {
        let characters: Vec<char> = line.chars().collect();
        characters.chunks(width).map(|chunk| chunk.iter().collect()).collect::<Vec<String>>()
    };
    wrapped(text, width).into_iter().flat_map(chop).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::markdown::parse;

    #[test]
    fn a_page_reads_like_other_help() {
        let page = "# Title\n\nSome `code` and **strong** text that is wrapped.\n\n## Part\n\n1. one\n2. two two two two two two two\n\n```sh\nda serve --public-url https://id.example.org\n```\n\n| a | meaning |\n|---|---|\n| `x` | a longer meaning of it |\n";
        assert_eq!(
            render(&parse(page), 30),
            "Title\n\n    Some `code` and strong\n    text that is wrapped.\n\nPart\n\n    1. one\n    2. two two two two two two\n       two\n\n        da serve --public-url https://id.example.org\n\n    a    meaning\n    ---  ---------------------\n    `x`  a longer meaning of\n         it\n"
        );
    }

    proptest! {
        #[test]
        fn tables_keep_to_the_width(cells in prop::collection::vec(prop::collection::vec("[a-z ]{0,60}", 3), 1..6), width in 40_usize..120) {
            let row = |cells: &Vec<String>| format!("| x{} |\n", cells.join(" | x"));
            let page = format!("| a | b | c |\n|---|---|---|\n{}", cells.iter().map(row).collect::<String>());
            for line in render(&parse(&page), width).lines() {
                prop_assert!(line.chars().count() <= width, "{line}");
            }
        }

        #[test]
        fn no_text_makes_the_renderer_panic(text in any::<String>(), width in 0_usize..50) {
            let _ = render(&parse(&text), width);
        }
    }
}
