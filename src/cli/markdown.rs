//! Pages written in Markdown, as blocks that [`terminal`] and [`roff`] render.
//!
//! The parser is the one that rustdoc uses, so that a page means the same in the terminal, in a manual page and in the
//! documentation of the crate. Only what the pages use is kept: headings, paragraphs, lists, tables and code.

pub(crate) mod roff;
pub(crate) mod terminal;

use std::iter::Peekable;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading of level 1 to 6.
    Heading(usize, Vec<Span>),
    Paragraph(Vec<Span>),
    /// Lines that are not wrapped.
    Code(String),
    /// A list with the number of its first item, or with bullets.
    List(Option<u64>, Vec<Vec<Block>>),
    /// Rows of cells; the first row is the header.
    Table(Vec<Vec<Vec<Span>>>),
}

/// Text in one style.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Span {
    text: String,
    style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Strong,
    Code,
}

type Events<'a> = Peekable<Parser<'a>>;

/// Reads a page.
pub(crate) fn parse(text: &str) -> Vec<Block> {
    blocks(&mut Parser::new_ext(text, Options::ENABLE_TABLES).peekable())
}

/// Reads blocks to the end of the list item around them, or of the page.
fn blocks(events: &mut Events<'_>) -> Vec<Block> {
    let mut found = Vec::new();
    while let Some(event) = events.peek() {
        match event {
            Event::End(TagEnd::Item) => {
                events.next();
                break;
            }
            Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::CodeBlock(_) | Tag::List(_) | Tag::Table(_)) => {
                if let Some(Event::Start(tag)) = events.next() {
                    found.extend(block(tag, events));
                }
            }
            // The text of a list item without paragraphs.
            Event::Text(_) | Event::Code(_) | Event::Start(Tag::Strong | Tag::Emphasis | Tag::Link { .. }) => {
                found.push(Block::Paragraph(spans(events)));
            }
            _ => drop(events.next()),
        }
    }
    found
}

fn block(tag: Tag<'_>, events: &mut Events<'_>) -> Option<Block> {
    match tag {
        Tag::Heading { level, .. } => Some(Block::Heading(level as usize, spans(events))),
        Tag::Paragraph => Some(Block::Paragraph(spans(events))),
        Tag::CodeBlock(_) => Some(Block::Code(code(events))),
        Tag::List(first) => {
            let mut items = Vec::new();
            while let Some(Event::Start(Tag::Item)) = events.next() {
                items.push(blocks(events));
            }
            Some(Block::List(first, items))
        }
        Tag::Table(_) => Some(Block::Table(rows(events))),
        _ => None,
    }
}

fn code(events: &mut Events<'_>) -> String {
    let mut lines = String::new();
    for event in events {
        match event {
            Event::Text(text) => lines.push_str(&text),
            Event::End(TagEnd::CodeBlock) => break,
            _ => {}
        }
    }
    lines
}

fn rows(events: &mut Events<'_>) -> Vec<Vec<Vec<Span>>> {
    let mut rows: Vec<Vec<Vec<Span>>> = Vec::new();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                let cell = spans(events);
                if let Some(row) = rows.last_mut() {
                    row.push(cell);
                }
            }
            Event::End(TagEnd::Table) => break,
            _ => {}
        }
    }
    rows
}

/// Reads text to the end of the block around it; the end of a list item is left for [`blocks`].
fn spans(events: &mut Events<'_>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut strong = false;
    while let Some(event) = events.peek() {
        let style = if strong { Style::Strong } else { Style::Plain };
        match event {
            Event::Text(text) => spans.push(Span { text: text.to_string(), style }),
            Event::Code(text) => spans.push(Span { text: text.to_string(), style: Style::Code }),
            Event::SoftBreak | Event::HardBreak => spans.push(Span { text: " ".to_owned(), style }),
            Event::Start(Tag::Strong) => strong = true,
            Event::End(TagEnd::Strong) => strong = false,
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell) => {
                events.next();
                break;
            }
            Event::End(TagEnd::Item) | Event::Start(Tag::List(_) | Tag::CodeBlock(_) | Tag::Paragraph) => break,
            _ => {}
        }
        events.next();
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<Span> {
        vec![Span { text: text.to_owned(), style: Style::Plain }]
    }

    #[test]
    fn a_page_is_read_block_by_block() {
        let page = "# Title\n\nOne\ntwo.\n\n- first\n- second\n\n  more\n\n```sh\nda serve\n```\n\n| a | b |\n|---|---|\n| `c` | **d** |\n";
        let blocks = parse(page);
        assert_eq!(blocks[0], Block::Heading(1, plain("Title")));
        let Block::Paragraph(spans) = &blocks[1] else { panic!("{blocks:?}") };
        assert_eq!(spans.iter().map(|span| span.text.as_str()).collect::<String>(), "One two.");
        let Block::List(None, items) = &blocks[2] else { panic!("{blocks:?}") };
        assert_eq!(items[0], [Block::Paragraph(plain("first"))]);
        assert_eq!(items[1], [Block::Paragraph(plain("second")), Block::Paragraph(plain("more"))]);
        assert_eq!(blocks[3], Block::Code("da serve\n".to_owned()));
        let Block::Table(rows) = &blocks[4] else { panic!("{blocks:?}") };
        assert_eq!(rows[0], [plain("a"), plain("b")]);
        assert_eq!((rows[1][0][0].style, rows[1][1][0].style), (Style::Code, Style::Strong));
    }

    #[test]
    fn a_tight_list_in_a_list_is_kept() {
        let blocks = parse("1. one\n   - inner\n2. two\n");
        let Block::List(Some(1), items) = &blocks[0] else { panic!("{blocks:?}") };
        assert_eq!(items[0][0], Block::Paragraph(plain("one")));
        assert!(matches!(&items[0][1], Block::List(None, inner) if inner[0] == [Block::Paragraph(plain("inner"))]));
        assert_eq!(items[1], [Block::Paragraph(plain("two"))]);
    }
}
