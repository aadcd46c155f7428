//! Opening the browser. The address is one argument of a program, never a part of a shell's line.

use std::{
    io,
    process::{Child, Command, Stdio},
};

use crate::cli::environment::Environment;

/// What opens an address with the browser of choice.
const OPENER: &[&str] = if cfg!(target_os = "macos") {
    &["open"]
} else if cfg!(windows) {
    &["rundll32", "url.dll,FileProtocolHandler"]
} else {
    &["xdg-open"]
};

/// Opens `url`; it is not waited for.
pub(super) fn open(environment: &Environment, url: &str) -> io::Result<Child> {
    let words = words(environment, url);
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
    Command::new(program)
        .args(arguments)
        // A browser needs no token of ours.
        .env_remove("DA_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Returns the program and its arguments: of `DA_BROWSER`, else of the first of `BROWSER`, else the system's.
fn words(environment: &Environment, url: &str) -> Vec<String> {
    let given = environment.text("DA_BROWSER").ok().flatten().or_else(|| {
        let listed = environment.text("BROWSER").ok().flatten()?;
        // A list, where paths have no colons.
        if cfg!(windows) { Some(listed) } else { listed.split(':').find(|one| !one.trim().is_empty()) }
    });
    let mut words: Vec<String> = match given {
        Some(given) => given.split_whitespace().map(str::to_owned).collect(),
        None => OPENER.iter().map(|word| (*word).to_owned()).collect(),
    };
    if words.iter().any(|word| word.contains("%s")) {
        words.iter_mut().for_each(|word| *word = word.replace("%s", url));
    } else {
        words.push(url.to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_one_argument_whatever_it_holds() {
        let url = "http://127.0.0.1:8000/authorize?a=b&c=$(reboot);x y'\"";
        let words = |variables: &[(&str, &str)]| words(&Environment::of(variables), url);
        assert_eq!(words(&[("DA_BROWSER", "firefox --new-window")]), ["firefox", "--new-window", url]);
        assert_eq!(words(&[("DA_BROWSER", "w3m %s -M"), ("BROWSER", "lynx")]), ["w3m", url, "-M"]);
        assert_eq!(words(&[("BROWSER", "lynx")]), ["lynx", url]);
        assert_eq!(words(&[]).last().map(String::as_str), Some(url));
        #[cfg(unix)]
        assert_eq!(words(&[("BROWSER", ":lynx:w3m %s")]), ["lynx", url]);
    }
}
