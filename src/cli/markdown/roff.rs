//! A page as roff with the man macros; tables need `tbl`, which man programs run by themselves.

use std::fmt::Write as _;

use super::{Block, Span, Style};

/// A column of a table is not wrapped below this number of characters.
const NARROW: usize = 28;

/// Renders the body of a manual page: the title is left out, as the page has a name of its own, and what follows it is
/// the description.
pub(crate) fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        push(block, &mut out);
    }
    out
}

/// Writing to a string cannot fail.
macro_rules! line {
    ($out:expr, $($format:tt)+) => { let _ = writeln!($out, $($format)+); };
}

fn push(block: &Block, out: &mut String) {
    match block {
        Block::Heading(1, _) => {
            line!(out, ".SH DESCRIPTION");
        }
        Block::Heading(2, title) => {
            line!(out, ".SH \"{}\"", quoted(&text(title).to_uppercase()));
        }
        Block::Heading(_, title) => {
            line!(out, ".SS \"{}\"", quoted(&text(title)));
        }
        Block::Paragraph(spans) => {
            line!(out, ".PP\n{}", inline(spans));
        }
        Block::Code(code) => {
            line!(out, ".PP\n.RS 4\n.nf");
            for code in code.lines() {
                line!(out, "{}", escaped(code));
            }
            line!(out, ".fi\n.RE");
        }
        Block::List(first, items) => list(*first, items, out),
        Block::Table(rows) => table(rows, out),
    }
}

fn list(first: Option<u64>, items: &[Vec<Block>], out: &mut String) {
    for (number, item) in (first.unwrap_or_default()..).zip(items) {
        match first {
            Some(_) => {
                line!(out, ".IP {number}. 4");
            }
            None => {
                line!(out, ".IP \\(bu 2");
            }
        }
        for (index, block) in item.iter().enumerate() {
            match block {
                Block::Paragraph(spans) if index == 0 => {
                    line!(out, "{}", inline(spans));
                }
                Block::Paragraph(spans) => {
                    line!(out, ".IP\n{}", inline(spans));
                }
                other => {
                    line!(out, ".RS 4");
                    push(other, out);
                    line!(out, ".RE");
                }
            }
        }
    }
}

/// The widest column takes the rest of the line; other wide ones are wrapped.
fn table(rows: &[Vec<Vec<Span>>], out: &mut String) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| text(cell).chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let widest = (0..columns).max_by_key(|column| widths[*column]);
    let format = |header: bool| {
        let column = |column: usize| match (Some(column) == widest, widths[column] > NARROW) {
            (true, _) => "lx".to_owned(),
            (false, true) => format!("lw({NARROW}n)"),
            (false, false) => "l".to_owned(),
        };
        let bold = if header { "b" } else { "" };
        (0..columns).map(|at| column(at) + bold).collect::<Vec<_>>().join(" ")
    };
    line!(out, ".PP\n.TS\n{}\n{}.", format(true), format(false));
    for row in rows {
        let cells: Vec<_> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let is_wrapped = Some(column) == widest || widths[column] > NARROW;
                if is_wrapped { format!("T{{\n{}\nT}}", inline(cell)) } else { inline(cell) }
            })
            .collect();
        line!(out, "{}", cells.join("\t"));
    }
    line!(out, ".TE");
}

fn text(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// Returns text with code and strong text in bold.
fn inline(spans: &[Span]) -> String {
    let styled = |span: &Span| match span.style {
        Style::Plain => special(&span.text),
        Style::Strong | Style::Code => format!("\\fB{}\\fR", special(&span.text)),
    };
    guarded(spans.iter().map(styled).collect::<String>().trim().to_owned())
}

/// Returns text for an argument in double quotes.
fn quoted(text: &str) -> String {
    special(text).replace('"', "\\(dq")
}

/// Returns text in which roff sees no command, escape, hyphenation or typographic character.
pub(crate) fn escaped(text: &str) -> String {
    guarded(special(text))
}

fn special(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '~' => out.push_str("\\(ti"),
            '^' => out.push_str("\\(ha"),
            '`' => out.push_str("\\(ga"),
            '\'' => out.push_str("\\(aq"),
            other => out.push(other),
        }
    }
    out
}

/// A line that begins with a dot or a quote would be a command.
fn guarded(text: String) -> String {
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::markdown::parse;

    #[test]
    fn text_cannot_be_a_roff_command() {
        assert_eq!(escaped(".so /etc/passwd"), "\\&.so /etc/passwd");
        assert_eq!(escaped("a\\fBb--c"), "a\\efBb\\-\\-c");
        assert_eq!(escaped("'~/x' `y` ^"), "\\(aq\\(ti/x\\(aq \\(gay\\(ga \\(ha");
    }

    #[test]
    fn blocks_become_macros() {
        let page =
            "# Title\n\nUse `.da`.\n\n## A \"part\"\n\n- one\n\n```\n.x\n```\n\n| a | b |\n|---|---|\n| `c` | d |\n";
        assert_eq!(
            render(&parse(page)),
            ".SH DESCRIPTION\n.PP\nUse \\fB.da\\fR.\n.SH \"A \\(dqPART\\(dq\"\n.IP \\(bu 2\none\n.PP\n.RS 4\n.nf\n\\&.x\n.fi\n.RE\n.PP\n.TS\nlb lxb\nl lx.\na\tT{\nb\nT}\n\\fBc\\fR\tT{\nd\nT}\n.TE\n"
        );
    }
}
