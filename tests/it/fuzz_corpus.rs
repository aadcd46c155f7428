//! The claims of the fuzz targets (`tests/fuzz`), replayed on their stored corpus, on pieces of it and on random bytes. The
//! fuzzer itself runs by hand, as it needs another toolchain: `tests/fuzz/run`.

use std::{collections::BTreeSet, fs, path::PathBuf};

use proptest::{prelude::*, sample::Index};

use crate::{architecture::root, fuzz::TARGETS};

/// A corpus is to be read and replayed, not to be an archive.
const MAX_CORPUS_BYTES: u64 = 200 * 1024;

fn directory() -> PathBuf {
    root().join("tests/fuzz")
}

fn corpus(target: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(directory().join("corpus").join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_stored_input_holds_its_claims() {
    for (target, check) in TARGETS {
        let files = corpus(target);
        assert!(!files.is_empty(), "{target} has no corpus");
        for file in files {
            eprintln!("{}", file.display());
            check(&fs::read(&file).unwrap());
        }
    }
}

#[test]
fn every_target_is_built_and_has_a_small_corpus() {
    let names = |directory: &str, suffix: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(self::directory().join(directory)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.map(|name| name.strip_suffix(suffix).unwrap().to_owned()).collect()
    };
    let listed: BTreeSet<String> = TARGETS.iter().map(|(target, _)| (*target).to_owned()).collect();
    assert_eq!(names("targets", ".rs"), listed);
    assert_eq!(names("corpus", ""), listed);
    let manifest = fs::read_to_string(directory().join("Cargo.toml")).unwrap();
    for target in &listed {
        assert!(manifest.contains(&format!("path = \"targets/{target}.rs\"")), "{target} is not built");
        let source = fs::read_to_string(directory().join(format!("targets/{target}.rs"))).unwrap();
        assert!(source.contains(&format!("da_fuzz::{target}::check(")), "{target} checks something else");
    }
    let bytes: u64 =
        listed.iter().flat_map(|target| corpus(target)).map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(bytes <= MAX_CORPUS_BYTES, "the corpus has {bytes} bytes");
}

/// The versions that are fuzzed are those that are shipped.
#[test]
fn the_fuzz_targets_lock_the_versions_of_the_program() {
    let locked = |file: &str| -> BTreeSet<(String, String)> {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let packages = text.split("[[package]]").skip(1).map(|package| {
            let value = |key: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(key)).unwrap();
                line.trim_matches(['=', ' ', '"']).to_owned()
            };
            (value("name "), value("version "))
        });
        packages.collect()
    };
    let (program, fuzz) = (locked("Cargo.lock"), locked("tests/fuzz/Cargo.lock"));
    let own: BTreeSet<&str> = fuzz.difference(&program).map(|(name, _)| name.as_str()).collect();
    assert_eq!(own, BTreeSet::from(["arbitrary", "da-fuzz", "libfuzzer-sys"]));
}

proptest! {
    /// The begin of one input and the end of another: nearer to what is expected than random bytes are.
    #[test]
    fn pieces_of_stored_inputs_hold_every_claim(one in any::<Index>(), cut in any::<Index>(), other in any::<Index>()) {
        for (target, check) in TARGETS {
            let files = corpus(target);
            let [head, tail] = [one, other].map(|index| fs::read(index.get(&files)).unwrap());
            let (end, start) = (cut.index(head.len() + 1), cut.index(tail.len() + 1));
            check(&[&head[..end], &tail[start..]].concat());
        }
    }

    #[test]
    fn any_bytes_hold_every_claim(data in any::<Vec<u8>>()) {
        for (_, check) in TARGETS {
            check(&data);
        }
    }

    #[test]
    fn any_text_holds_every_claim(text in "[ -~\n\té→]{0,80}") {
        for (_, check) in TARGETS {
            check(text.as_bytes());
        }
    }
}
