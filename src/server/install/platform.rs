//! What a download may ask for: plain words, so that no text of a query leads to another place in the file system.

use std::{fmt, str::FromStr};

/// The word is not in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct UnknownWord(&'static str);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $list:literal: $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word in a query and a file name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word).ok_or(UnknownWord($list))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// One part of the name of a platform, such as `linux` or `x86_64`: a letter or digit, then at most 31 letters, digits,
/// `-` and `_`, in lower case. So no text of a query leads to another place in the file system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlatformWord(String);

impl PlatformWord {
    fn parse(text: &str) -> Result<Self, UnknownWord> {
        let text = text.to_ascii_lowercase();
        let mut bytes = text.bytes();
        let begins = bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let fits = text.len() <= 32 && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if begins && fits { Ok(Self(text)) } else { Err(UnknownWord("a name of letters, digits, `-` and `_`")) }
    }

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlatformWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads an operating system: what builds are named after, or what `uname -s` prints there.
///
/// # Errors
/// [`UnknownWord`] for what cannot be a name.
pub fn os(text: &str) -> Result<PlatformWord, UnknownWord> {
    // On Windows `uname` comes with MSYS, MinGW or Cygwin, and adds the version: `MINGW64_NT-10.0-19045`.
    let (name, is_plain) = match text.split_once("_NT-").or_else(|| text.split_once("_nt-")) {
        Some((name, version)) => {
            (name, version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)))
        }
        None => (text, true),
    };
    let word = PlatformWord::parse(name)?;
    if !is_plain || text.len() > 64 {
        return Err(UnknownWord("an operating system"));
    }
    Ok(match word.as_str() {
        "darwin" | "macos" | "macosx" | "osx" | "mac" => PlatformWord("macos".to_owned()),
        "windows" | "windows_nt" | "win" | "win32" | "win64" => PlatformWord("windows".to_owned()),
        name if ["mingw", "msys", "cygwin"].iter().any(|prefix| name.starts_with(prefix)) => {
            PlatformWord("windows".to_owned())
        }
        _ => word,
    })
}

/// Reads a processor architecture: what builds are named after, or what `uname -m` prints there.
///
/// # Errors
/// [`UnknownWord`] for what cannot be a name.
pub fn arch(text: &str) -> Result<PlatformWord, UnknownWord> {
    let word = PlatformWord::parse(text)?;
    let name = match word.as_str() {
        "x86_64" | "x86-64" | "amd64" | "x64" => "x86_64",
        "aarch64" | "arm64" => "aarch64",
        "i386" | "i486" | "i586" | "i686" | "x86" | "ia32" => "i686",
        name => name,
    };
    Ok(PlatformWord(name.to_owned()))
}

words! {
    /// What of a build is asked for.
    Part, "binary, sha256, minisig":
    /// The program.
    Binary = "binary",
    /// Its digest, as a line that `sha256sum -c` understands.
    Sha256 = "sha256",
    /// Its minisign signature.
    Minisig = "minisig",
}

/// A system to run on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Platform {
    /// The operating system, see [`os`].
    pub os: PlatformWord,
    /// The processor, see [`arch`].
    pub arch: PlatformWord,
}

impl Platform {
    /// Returns the platform of this very program.
    #[must_use]
    pub fn own() -> Option<Self> {
        Some(Self { os: os(std::env::consts::OS).ok()?, arch: arch(std::env::consts::ARCH).ok()? })
    }

    /// Returns the name of a build: `da-linux-x86_64`, `da-windows-x86_64.exe`.
    #[must_use]
    pub fn file_name(&self) -> String {
        let suffix = if self.os.as_str() == "windows" { ".exe" } else { "" };
        format!("da-{}-{}{suffix}", self.os, self.arch)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.os, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(os_text: &str, arch_text: &str) -> Option<String> {
        Some(Platform { os: os(os_text).ok()?, arch: arch(arch_text).ok()? }.file_name())
    }

    #[test]
    fn what_uname_prints_names_a_build_in_any_letter_case() {
        for (os, arch, file) in [
            ("Linux", "x86_64", "da-linux-x86_64"),
            ("linux", "amd64", "da-linux-x86_64"),
            ("LINUX", "x64", "da-linux-x86_64"),
            ("Linux", "aarch64", "da-linux-aarch64"),
            ("Darwin", "arm64", "da-macos-aarch64"),
            ("darwin", "ARM64", "da-macos-aarch64"),
            ("macOS", "x86_64", "da-macos-x86_64"),
            ("Windows", "AMD64", "da-windows-x86_64.exe"),
            ("Windows_NT", "x86-64", "da-windows-x86_64.exe"),
            ("MINGW64_NT-10.0-19045", "x86_64", "da-windows-x86_64.exe"),
            ("CYGWIN_NT-10.0", "x86_64", "da-windows-x86_64.exe"),
            ("Linux", "i686", "da-linux-i686"),
            ("Linux", "i386", "da-linux-i686"),
            ("Linux", "armv7l", "da-linux-armv7l"),
            ("FreeBSD", "amd64", "da-freebsd-x86_64"),
            ("linux-musl", "riscv64", "da-linux-musl-riscv64"),
        ] {
            assert_eq!(named(os, arch).as_deref(), Some(file), "{os} {arch}");
        }
    }

    #[test]
    fn what_is_no_word_names_nothing() {
        let long = "a".repeat(33);
        for word in [
            "",
            " linux",
            "linux ",
            "linux\n",
            "../linux",
            "linux/..",
            "linux\0",
            "*",
            ".",
            "..",
            "-",
            "_x",
            "a.b",
            "lin ux",
            "linux_NT-../x",
            "é",
            &long,
        ] {
            assert_eq!(named(word, "x86_64"), None, "{word:?}");
            assert_eq!(named("linux", word), None, "{word:?}");
        }
        assert!("key".parse::<Part>().is_err());
    }
}
