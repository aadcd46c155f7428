//! The only way to stdout, stderr, prompts and progress. stdout is data, stderr is talk; whatever a server or a file
//! said is made harmless for the terminal here (S-63).

use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    time::Duration,
};

use indicatif::ProgressBar;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    environment::Environment, error::CliError, global_args::GlobalArgs, hidden_input, terminal,
    token_text::without_tokens,
};
use crate::{
    domain::{
        Secret,
        text::{is_unsafe_to_show, shown},
    },
    files,
};

/// More on one line of input is no password, token or answer.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// How to talk with whoever started the program.
pub(crate) struct Ui {
    json: bool,
    quiet: bool,
    color: bool,
    interactive: bool,
    attended: bool,
    animated: bool,
}

/// A spinner that goes away when it is dropped.
#[must_use]
pub(crate) struct Spinner(Option<ProgressBar>);

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// A JSON array that is written as its items come: the same text as [`Ui::json`] writes of the whole list.
#[must_use]
pub(crate) struct JsonList {
    any: bool,
}

impl JsonList {
    /// Writes one more item.
    pub(crate) fn item(&mut self, item: &impl Serialize) -> Result<(), CliError> {
        let text = json_text(item)?;
        let start = if std::mem::replace(&mut self.any, true) { ",\n" } else { "[\n" };
        let lines: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(start.as_bytes()).and_then(|()| stdout.write_all(lines.join("\n").as_bytes()));
        written.map_err(CliError::Output)
    }

    /// Ends the list. What ends without it is no JSON, so that half a list is not taken for the whole.
    pub(crate) fn end(self) -> Result<(), CliError> {
        write_line(&mut io::stdout().lock(), if self.any { "\n]" } else { "[]" }).map_err(CliError::Output)
    }
}

impl Ui {
    pub(crate) fn new(globals: &GlobalArgs, environment: &Environment) -> Self {
        let is_shown = io::stderr().is_terminal();
        let dumb = environment.is_dumb_terminal();
        let calm = globals.quiet || globals.json || globals.verbose > 0;
        Self {
            json: globals.json,
            quiet: globals.quiet,
            color: is_shown && !globals.no_color && !environment.wants_no_color(),
            interactive: terminal::is_there(),
            attended: is_shown && io::stdin().is_terminal(),
            animated: is_shown && !dumb && !calm,
        }
    }

    /// Talks as in a pipe: without colour, questions or progress.
    pub(crate) fn piped(json: bool) -> Self {
        Self { json, quiet: false, color: false, interactive: false, attended: false, animated: false }
    }

    /// Tells whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Tells whether only what is needed may be said.
    pub(crate) fn is_calm(&self) -> bool {
        self.json || self.quiet
    }

    /// Tells whether there is somebody to ask: a controlling terminal, whatever standard input is.
    pub(crate) fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Tells whether somebody types the input and sees the messages: then a command may offer what it was not asked for.
    pub(crate) fn is_attended(&self) -> bool {
        self.attended
    }

    /// Writes one line of data.
    pub(crate) fn line(&self, text: &str) -> Result<(), CliError> {
        write_line(&mut io::stdout().lock(), &shown(text)).map_err(CliError::Output)
    }

    /// Writes text of our own that may have many lines.
    pub(crate) fn page(&self, text: &str) -> Result<(), CliError> {
        for line in text.trim_end().lines() {
            self.line(line)?;
        }
        Ok(())
    }

    /// Returns how many characters fit into a line of text: those of the terminal, at most 100, also where there is none.
    pub(crate) fn width(&self) -> usize {
        const MOST: usize = 100;
        #[cfg(unix)]
        if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) {
            return match usize::from(size.ws_col) {
                0 => MOST,
                columns => columns.min(MOST),
            };
        }
        MOST
    }

    /// Writes a value as JSON of many lines.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), CliError> {
        let text = json_text(value)?;
        write_line(&mut io::stdout().lock(), &text).map_err(CliError::Output)
    }

    /// Writes a list as JSON of many lines, item by item.
    pub(crate) fn json_list(&self) -> JsonList {
        JsonList { any: false }
    }

    /// Writes a value as JSON on one line, for streams.
    pub(crate) fn json_line(&self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string(value).map_err(not_writable)?;
        write_line(&mut io::stdout().lock(), &escaped(&text)).map_err(CliError::Output)
    }

    /// Says something useful to a person, unless only data are wanted.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_calm() {
            self.say(&shown(&without_tokens(text)));
        }
    }

    /// Says something a person must know.
    pub(crate) fn warn(&self, text: &str) {
        if self.json {
            return self.say(&escaped(&serde_json::json!({ "warning": without_tokens(text) }).to_string()));
        }
        self.say(&format!("{} {}", self.paint("33;1", "warning:"), shown(&without_tokens(text))));
    }

    /// Says what a person has to act on, even if only data are wanted: as text, or as one line of JSON.
    pub(crate) fn must_see(&self, text: &str, json: &serde_json::Value) {
        if self.json {
            return self.say(&escaped(&json.to_string()));
        }
        seen(text).iter().for_each(|line| self.say(line));
    }

    /// Says why a command failed.
    pub(crate) fn error(&self, error: &CliError) {
        for line in self.error_lines(error) {
            self.say(&line);
        }
    }

    /// Returns what is said of an error, line by line. No error has a reason to repeat a token, whoever wrote it.
    pub(super) fn error_lines(&self, error: &CliError) -> Vec<String> {
        if self.json {
            return vec![escaped(&without_tokens(&error.to_json().to_string()))];
        }
        let shown = |text: &str| shown(&without_tokens(text));
        let mut lines = vec![format!("{} {}", self.paint("31;1", "error:"), shown(&error.message()))];
        lines.extend(error.candidates().iter().map(|candidate| format!("  {}", shown(candidate))));
        lines.extend(error.causes().iter().map(|cause| format!("  caused by: {}", shown(cause))));
        lines.extend(error.hint().map(|hint| format!("{} {}", self.paint("36;1", "hint:"), shown(&hint))));
        lines
    }

    /// Shows that something is going on, on a terminal.
    pub(crate) fn spinner(&self, text: &'static str) -> Spinner {
        if !self.animated {
            return Spinner(None);
        }
        let bar = ProgressBar::new_spinner().with_message(text);
        bar.enable_steady_tick(Duration::from_millis(100));
        Spinner(Some(bar))
    }

    /// Asks for a line on the controlling terminal. Without one it fails at once and names `instead`, the flag to use.
    pub(crate) fn ask(&self, label: &str, instead: &str) -> Result<String, CliError> {
        self.can_ask(label, instead)?;
        let line = terminal::ask(label, MAX_LINE_BYTES).map_err(CliError::Input)?;
        Ok(line.trim().to_owned())
    }

    /// Asks for a secret without showing it, on the controlling terminal.
    pub(crate) fn ask_secret(&self, label: &str, instead: &str) -> Result<Secret, CliError> {
        self.can_ask(label, instead)?;
        hidden_input::ask(label).map(Secret::new).map_err(CliError::Input)
    }

    /// Asks whether to go on; everything but yes is no.
    pub(crate) fn confirm(&self, question: &str, instead: &str) -> Result<bool, CliError> {
        let answer = self.ask(&format!("{} [y/N]", shown(question)), instead)?;
        Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Reads the next line of standard input, without its line end.
    pub(crate) fn read_line(&self) -> Result<Zeroizing<String>, CliError> {
        let mut bytes = Vec::new();
        let read = io::BufRead::read_until(&mut io::stdin().lock().take(MAX_LINE_BYTES), b'\n', &mut bytes);
        if read.map_err(CliError::Input)? == 0 {
            return Err(CliError::Input(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended")));
        }
        let mut line = files::decode(bytes).map(Zeroizing::new).map_err(|error| CliError::Input(error.into()))?;
        let length = line.trim_end_matches('\n').trim_end_matches('\r').len();
        line.truncate(length);
        Ok(line)
    }

    /// Reads a secret from the next line of standard input.
    pub(crate) fn read_secret(&self) -> Result<Secret, CliError> {
        self.read_line().map(|line| Secret::new(line.to_string()))
    }

    /// Fails where nobody could be asked, and names `instead`, the flag to use: before anything else is said.
    pub(crate) fn can_ask(&self, label: &str, instead: &str) -> Result<(), CliError> {
        if self.interactive {
            return Ok(());
        }
        Err(CliError::usage(format!("Cannot ask for `{label}`: there is no terminal"), format!("Use {instead}")))
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.color { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Nothing can be said about a stderr that cannot be written.
    fn say(&self, text: &str) {
        let _ = write_line(&mut io::stderr().lock(), text);
    }
}

/// Returns lines as a person sees them.
pub(super) fn seen(text: &str) -> Vec<String> {
    text.lines().map(shown).collect()
}

fn write_line(to: &mut impl io::Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.write_all(b"\n")?;
    to.flush()
}

/// Returns a value as JSON of many lines.
pub(super) fn json_text(value: &impl Serialize) -> Result<Zeroizing<String>, CliError> {
    let text = serde_json::to_string_pretty(value).map(Zeroizing::new).map_err(not_writable)?;
    Ok(Zeroizing::new(escaped(&text)))
}

fn not_writable(error: serde_json::Error) -> CliError {
    CliError::Output(error.into())
}

/// Returns JSON in which nothing but line ends could drive a terminal; the parser reads the same values.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unsafe_to_show(character) {
            // JSON writes a character outside the basic plane as two surrogates.
            text.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaped_json_is_the_same_value_and_harmless(text in any::<String>()) {
            let value = serde_json::json!({ "name": text });
            let json = escaped(&serde_json::to_string_pretty(&value).unwrap_or_default());
            prop_assert!(!json.chars().any(|c| c != '\n' && is_unsafe_to_show(c)));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&json).ok(), Some(value));
        }
    }

    #[test]
    fn without_a_terminal_a_question_fails_and_names_the_flag() {
        let ui = Ui::piped(false);
        let error = ui.ask_secret("Password", "`--password-stdin`").map(drop).expect_err("nobody to ask");
        assert_eq!(error.exit().code(), 2);
        assert_eq!(error.hint().as_deref(), Some("Use `--password-stdin`"));
    }
}
