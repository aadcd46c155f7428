//! The builds that can be handed out: those in the `dist` directory, else the running program itself.

use std::{
    collections::HashMap,
    env, fs,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use aws_lc_rs::digest;

use super::{Part, Platform, stream::FileBody};
use crate::files;

/// A checksum or signature file is a line or two.
const MAX_SIDECAR_BYTES: u64 = 4096;

/// Finds builds.
///
/// In `<data>/dist` the operator places `da-<os>-<arch>` (with `.exe` for Windows), optionally beside it `<name>.sha256`
/// as `sha256sum` writes it and `<name>.minisig`, the files of a release. Without a checksum file the digest is
/// computed, once per file version.
pub struct Builds {
    dist: PathBuf,
    own: Option<PathBuf>,
    digests: Mutex<HashMap<PathBuf, (Version, String)>>,
}

/// Tells two contents of one path apart.
type Version = (u64, Option<SystemTime>);

/// A build to hand out.
pub struct Artifact {
    /// The name under which it is saved.
    pub file_name: String,
    /// The length in bytes.
    pub length: u64,
    path: PathBuf,
    file: File,
    modified: Option<SystemTime>,
}

/// Why there is nothing to hand out.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// No build for that system, or no such part of it: 404. The text says how to provide it.
    #[error(
        "This server has no `{0}`; the operator can place it in the `dist` directory of the server's data. It builds from \
         source with `cargo build --release --locked`"
    )]
    NoBuild(String),
    /// A build is there, but cannot be read: 500.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Builds {
    /// Looks into `dist`, which need not exist, and remembers the running program; call it at start.
    #[must_use]
    pub fn new(dist: &Path) -> Self {
        Self { dist: dist.to_owned(), own: own_executable(), digests: Mutex::default() }
    }

    /// Returns the build for `platform`.
    ///
    /// # Errors
    /// See [`DownloadError`].
    pub fn find(&self, platform: &Platform) -> Result<Artifact, DownloadError> {
        let file_name = platform.file_name();
        if let Some(artifact) = open(self.dist.join(&file_name), &file_name)? {
            return Ok(artifact);
        }
        let own = self.own.clone().filter(|_| Platform::own().as_ref() == Some(platform));
        match own.map(|path| open(path, &file_name)).transpose()?.flatten() {
            Some(artifact) => Ok(artifact),
            None => Err(DownloadError::NoBuild(file_name)),
        }
    }

    /// Returns the text of a part other than the binary: the checksum line, or the signature.
    ///
    /// # Errors
    /// See [`DownloadError`].
    pub fn text(&self, artifact: Artifact, part: Part) -> Result<String, DownloadError> {
        let name = format!("{}.{part}", artifact.file_name);
        let from_dist = artifact.path.starts_with(&self.dist);
        let sidecar = if from_dist { read_sidecar(&self.dist.join(&name))? } else { None };
        match (sidecar, part) {
            (Some(text), _) => Ok(text),
            (None, Part::Sha256) => {
                let file_name = artifact.file_name.clone();
                Ok(format!("{}  {file_name}\n", self.digest(artifact)?))
            }
            (None, _) => Err(DownloadError::NoBuild(name)),
        }
    }

    /// Returns the SHA-256 in hexadecimal; reads the file only if it has not been seen in this version.
    fn digest(&self, artifact: Artifact) -> Result<String, DownloadError> {
        let version = (artifact.length, artifact.modified);
        let path = artifact.path.clone();
        if let Some((known, digest)) = self.lock_digests().get(&path)
            && *known == version
        {
            return Ok(digest.clone());
        }
        let digest =
            sha256(artifact.file).map_err(|source| DownloadError::Unreadable { path: path.clone(), source })?;
        self.lock_digests().insert(path, (version, digest.clone()));
        Ok(digest)
    }

    fn lock_digests(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, (Version, String)>> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Artifact {
    /// Returns the program as a response body that reads piece by piece; its length is `length`.
    #[must_use]
    pub fn into_body(self) -> FileBody {
        FileBody::new(self.file, self.length)
    }
}

/// Returns where the running program is. On Linux that is the link of the process, which leads to the very file that
/// runs even after an upgrade has put another in its place.
fn own_executable() -> Option<PathBuf> {
    let link = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && link.exists() { Some(link.to_owned()) } else { env::current_exe().ok() }
}

/// Opens a regular file; nothing if there is none.
fn open(path: PathBuf, file_name: &str) -> Result<Option<Artifact>, DownloadError> {
    let unreadable = |path: &Path, source| DownloadError::Unreadable { path: path.to_owned(), source };
    // Asked before opening: opening a FIFO would wait for a writer.
    if !fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
        return Ok(None);
    }
    let file = File::open(&path).map_err(|source| unreadable(&path, source))?;
    let metadata = file.metadata().map_err(|source| unreadable(&path, source))?;
    Ok(Some(Artifact {
        file_name: file_name.to_owned(),
        length: metadata.len(),
        modified: metadata.modified().ok(),
        path,
        file,
    }))
}

fn read_sidecar(path: &Path) -> Result<Option<String>, DownloadError> {
    let Some(artifact) = open(path.to_owned(), "")? else { return Ok(None) };
    match files::read_text(artifact.file, MAX_SIDECAR_BYTES) {
        Ok(text) => Ok(Some(text.to_string())),
        Err(source) => Err(DownloadError::Unreadable { path: path.to_owned(), source }),
    }
}

fn sha256(mut file: File) -> io::Result<String> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => context.update(&buffer[..count]),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::server::{
        edge::Body,
        install::{arch, os},
    };

    fn other_platform() -> Platform {
        Platform { os: os("windows").unwrap(), arch: arch("aarch64").unwrap() }
    }

    #[test]
    fn a_build_in_dist_comes_before_the_own_program() {
        let dist = tempfile::tempdir().unwrap();
        let platform = Platform::own().unwrap();
        let builds = Builds::new(dist.path());
        let own = builds.find(&platform).unwrap();
        assert_eq!(own.length, fs::metadata(env::current_exe().unwrap()).unwrap().len());

        fs::write(dist.path().join(platform.file_name()), "abc").unwrap();
        let placed = builds.find(&platform).unwrap();
        assert_eq!(placed.length, 3);
        let line = builds.text(placed, Part::Sha256).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(line, format!("{abc}  {}\n", platform.file_name()));
    }

    #[test]
    fn a_replaced_build_has_its_own_digest() {
        let dist = tempfile::tempdir().unwrap();
        let builds = Builds::new(dist.path());
        let path = dist.path().join(other_platform().file_name());
        let digest = || builds.text(builds.find(&other_platform()).unwrap(), Part::Sha256).unwrap();
        fs::write(&path, "one").unwrap();
        let first = digest();
        assert_eq!(digest(), first);
        fs::write(&path, "other").unwrap();
        assert_ne!(digest(), first);
    }

    #[test]
    fn files_of_a_release_are_handed_out_as_they_are() {
        let dist = tempfile::tempdir().unwrap();
        let builds = Builds::new(dist.path());
        let name = other_platform().file_name();
        fs::write(dist.path().join(&name), "abc").unwrap();
        let text = |part| builds.text(builds.find(&other_platform()).unwrap(), part);
        assert!(matches!(text(Part::Minisig), Err(DownloadError::NoBuild(missing)) if missing.ends_with(".minisig")));
        fs::write(dist.path().join(format!("{name}.sha256")), "00ff  x\n").unwrap();
        fs::write(dist.path().join(format!("{name}.minisig")), "signature").unwrap();
        assert_eq!(text(Part::Sha256).unwrap(), "00ff  x\n");
        assert_eq!(text(Part::Minisig).unwrap(), "signature");
    }

    #[test]
    fn without_a_build_the_answer_says_how_to_provide_one() {
        let dist = tempfile::tempdir().unwrap();
        fs::create_dir(dist.path().join(other_platform().file_name())).unwrap();
        let error = Builds::new(dist.path()).find(&other_platform()).err().unwrap();
        assert!(error.to_string().contains("da-windows-aarch64.exe") && error.to_string().contains("dist"), "{error}");
    }

    #[tokio::test]
    async fn a_build_arrives_whole() {
        let dist = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        fs::write(dist.path().join(other_platform().file_name()), &bytes).unwrap();
        let artifact = Builds::new(dist.path()).find(&other_platform()).unwrap();
        let body = Body::pieces(artifact.into_body());
        assert_eq!(hyper::body::Body::size_hint(&body).exact(), Some(bytes.len() as u64));
        assert!(body.collect().await.unwrap().to_bytes() == bytes);
    }
}
