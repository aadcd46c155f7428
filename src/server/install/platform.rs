//! What a download may ask for: closed sets, so that no text of a query reaches the file system.

use std::{fmt, str::FromStr};

/// The word is not in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of {0}")]
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

words! {
    /// An operating system that builds exist for.
    Os, "linux, macos, windows":
    /// Linux.
    Linux = "linux",
    /// macOS.
    Macos = "macos",
    /// Windows.
    Windows = "windows",
}

words! {
    /// A processor architecture that builds exist for.
    Arch, "x86_64, aarch64":
    /// 64-bit x86.
    X86_64 = "x86_64",
    /// 64-bit ARM.
    Aarch64 = "aarch64",
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Platform {
    /// The operating system.
    pub os: Os,
    /// The processor.
    pub arch: Arch,
}

impl Platform {
    /// Returns the platform of this very program, if builds exist for it.
    #[must_use]
    pub fn own() -> Option<Self> {
        let os = std::env::consts::OS.parse().ok()?;
        let arch = std::env::consts::ARCH.parse().ok()?;
        Some(Self { os, arch })
    }

    /// Returns the name of a build: `da-linux-x86_64`, `da-windows-x86_64.exe`.
    #[must_use]
    pub fn file_name(self) -> String {
        let suffix = if self.os == Os::Windows { ".exe" } else { "" };
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

    #[test]
    fn only_listed_words_are_systems() {
        for word in ["", "Linux", "linux ", "linux\n", "../linux", "linux/..", "darwin", "linux\0", "*"] {
            assert!(word.parse::<Os>().is_err(), "{word:?}");
        }
        for word in ["", "amd64", "X86_64", "x86_64/../..", "x86-64"] {
            assert!(word.parse::<Arch>().is_err(), "{word:?}");
        }
        assert!("key".parse::<Part>().is_err());
    }

    #[test]
    fn names_of_builds_are_plain() {
        for os in Os::ALL {
            for arch in Arch::ALL {
                let name = Platform { os: *os, arch: *arch }.file_name();
                assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{name}");
                assert_eq!(os.as_str().parse(), Ok(*os));
                assert_eq!(arch.as_str().parse(), Ok(*arch));
            }
        }
    }
}
