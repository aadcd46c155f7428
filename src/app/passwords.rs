//! Hashing passwords, a bounded number at once (C-14, S-16, S-43).
//!
//! One hash costs 19 MiB and some 20 ms on purpose. So few run at once, each in a buffer that goes on to whoever waits
//! next, and few may wait: a flood of sign-ins fills this queue and nothing else, and its hashes stand back behind the
//! checks of tokens. A server at rest keeps no buffer.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use zeroize::Zeroizing;

use super::AppError;
use crate::domain::{Secret, password};

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;
/// Stored hashes may come from elsewhere (the original's take 64 MiB); more than this is not computed.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// The address space of a buffer, of which only what is used becomes memory. The C library gives back at once what is
/// larger than 32 MiB, glibc's largest `M_MMAP_THRESHOLD`; of less it may keep hold.
const BUFFER_BLOCKS: usize = 33 * 1024;

/// What became of a password check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right {
        /// The stored hash is weaker than new ones: hash again.
        outdated: bool,
    },
    /// It is not, or there is none to compare with.
    Wrong,
}

/// Hashes and checks passwords.
pub struct Passwords {
    gate: Gate,
    /// Compared with when there is no hash, so that an unknown account costs what a known one does (S-14).
    dummy: String,
}

impl Passwords {
    /// Prepares `max(1, cores / 2)` hashes at once and `queue` waiting ones.
    #[must_use]
    pub fn new(queue: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let dummy = random_salt().and_then(|salt| phc(&salt, &[0; OUTPUT_BYTES])).unwrap_or_default();
        Self { gate: Gate::new((cores / 2).max(1), queue), dummy }
    }

    /// Checks a new password by the rules and hashes it.
    ///
    /// # Errors
    /// [`AppError::WeakPassword`], [`AppError::Busy`].
    pub fn hash_new(&self, new: &Secret) -> Result<String, AppError> {
        password::check_new(new)?;
        self.hash(new)
    }

    /// Hashes a password, with a random salt, as a PHC string.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already.
    pub fn hash(&self, plain: &Secret) -> Result<String, AppError> {
        let salt = random_salt()?;
        let output = self.compute(plain, &salt, Algorithm::Argon2id, Version::V0x13, params(), OUTPUT_BYTES)?;
        phc(&salt, &output)
    }

    /// Compares a tried password with the stored hash; takes equally long without one.
    ///
    /// # Errors
    /// [`AppError::Busy`]; [`AppError::Internal`] for a damaged hash, which is never called a wrong password.
    pub fn verify(&self, tried: &Secret, stored: Option<&str>) -> Result<Verdict, AppError> {
        let damaged = || AppError::Internal("a stored password hash is damaged".to_owned());
        let hash = PasswordHash::new(stored.unwrap_or(&self.dummy)).map_err(|_| damaged())?;
        let algorithm = Algorithm::new(hash.algorithm.as_str()).map_err(|_| damaged())?;
        let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(|_| damaged())?;
        let stored_params = Params::try_from(&hash).map_err(|_| damaged())?;
        let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else { return Err(damaged()) };
        if stored_params.m_cost() > MAX_MEMORY_KIB {
            return Err(damaged());
        }
        let outdated =
            algorithm != Algorithm::Argon2id || stored_params.m_cost() < MEMORY_KIB || stored_params.t_cost() < PASSES;
        let output = self.compute(tried, &salt, algorithm, version, stored_params, expected.len())?;
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(&output, expected.as_bytes()).is_ok();
        Ok(if same && stored.is_some() { Verdict::Right { outdated } } else { Verdict::Wrong })
    }

    /// Returns how many wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.gate.state.lock().unwrap_or_else(PoisonError::into_inner).waiting
    }

    fn compute(
        &self,
        plain: &Secret,
        salt: &Salt,
        algorithm: Algorithm,
        version: Version,
        params: Params,
        output_bytes: usize,
    ) -> Result<Zeroizing<Vec<u8>>, AppError> {
        let mut turn = self.gate.enter()?;
        turn.buffer.reserve(BUFFER_BLOCKS.saturating_sub(turn.buffer.len()));
        let mut output = Zeroizing::new(vec![0; output_bytes]);
        let blocks = params.block_count();
        if turn.buffer.len() < blocks {
            turn.buffer.resize(blocks, Block::default());
        }
        let canonical = password::canonical(plain);
        let memory = &mut turn.buffer[..blocks];
        let hash = || {
            stand_back();
            Argon2::new(algorithm, version, params).hash_password_into_with_memory(
                canonical.as_bytes(),
                salt,
                &mut output,
                memory,
            )
        };
        // A thread of its own: a priority that was lowered cannot be raised again.
        let hashed = thread::scope(|scope| {
            let thread = thread::Builder::new().name("da-hash".to_owned()).spawn_scoped(scope, hash);
            thread.map(|thread| thread.join())
        });
        match hashed {
            Ok(Ok(hashed)) => hashed.map_err(|error| AppError::Internal(format!("hashing failed: {error}")))?,
            Ok(Err(_)) => return Err(AppError::Internal("hashing panicked".to_owned())),
            Err(_) => return Err(AppError::Busy { after: Duration::from_secs(2) }),
        }
        Ok(output)
    }
}

/// Lets the checks of tokens go first: where everything is busy, a hash gets a thirtieth of a core, and so comes to its
/// end all the same. With a tenth, its turns were so many that one check in a hundred waited for one of them to end.
#[cfg(target_os = "linux")]
fn stand_back() {
    // On Linux the nice value is each thread's own; a thread that may not change it hashes all the same.
    let _ = rustix::process::setpriority_process(None, 15);
}

#[cfg(not(target_os = "linux"))]
fn stand_back() {}

fn params() -> Params {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_BYTES)).expect("OWASP's parameters are valid")
}

fn random_salt() -> Result<Salt, AppError> {
    let mut bytes = [0; Salt::RECOMMENDED_LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| AppError::Internal("no random bytes".to_owned()))?;
    Salt::new(&bytes).map_err(|_| AppError::Internal("a salt could not be made".to_owned()))
}

/// Writes a hash as a PHC string, so that it carries its own parameters.
fn phc(salt: &Salt, output: &[u8]) -> Result<String, AppError> {
    let failed = || AppError::Internal("a password hash could not be written".to_owned());
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params()).map_err(|_| failed())?,
        salt: Some(*salt),
        hash: Some(Output::new(output).map_err(|_| failed())?),
    };
    Ok(hash.to_string())
}

/// Lets a few in at once, each with a buffer, lets a few wait, and turns the rest away.
struct Gate {
    state: Mutex<GateState>,
    freed: Condvar,
    queue: usize,
}

struct GateState {
    free: usize,
    waiting: usize,
    buffers: Vec<Vec<Block>>,
}

impl Gate {
    fn new(permits: usize, queue: usize) -> Self {
        let state = GateState { free: permits, waiting: 0, buffers: Vec::new() };
        Self { state: Mutex::new(state), freed: Condvar::new(), queue }
    }

    fn enter(&self) -> Result<Turn<'_>, AppError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.free == 0 {
            if state.waiting >= self.queue {
                return Err(AppError::Busy { after: Duration::from_secs(2) });
            }
            state.waiting += 1;
            while state.free == 0 {
                state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.waiting -= 1;
        }
        state.free -= 1;
        let buffer = state.buffers.pop().unwrap_or_default();
        Ok(Turn { gate: self, buffer })
    }
}

/// A turn to hash; given back when dropped, also by a panic.
struct Turn<'a> {
    gate: &'a Gate,
    buffer: Vec<Block>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A foreign hash may have asked for more: such a large buffer is not passed on.
        if state.waiting > state.buffers.len() && self.buffer.len() <= MEMORY_KIB as usize {
            state.buffers.push(std::mem::take(&mut self.buffer));
        }
        state.free += 1;
        drop(state);
        self.gate.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn only_the_password_itself_is_right() {
        let passwords = Passwords::new(4);
        let hash = passwords.hash_new(&secret("correct horse")).expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(
            passwords.verify(&secret("correct horse"), Some(&hash)).ok(),
            Some(Verdict::Right { outdated: false })
        );
        for wrong in ["", "correct horse ", "Correct horse", "correct hors"] {
            assert_eq!(passwords.verify(&secret(wrong), Some(&hash)).ok(), Some(Verdict::Wrong), "{wrong:?}");
        }
        assert_eq!(passwords.verify(&secret("anything"), None).ok(), Some(Verdict::Wrong));
        assert_ne!(passwords.hash(&secret("correct horse")).ok(), Some(hash), "salted");
    }

    #[test]
    fn foreign_and_weaker_hashes_are_read_and_marked() {
        // Made by argon2-cffi: m=8, t=1, p=1, password `password`.
        let weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$x8WGN1wx8qJh1q5uLqkqeMsAMcZAQxLHqtZAQ1OHzpM";
        assert!(passwords_verify(weak).is_ok());
        for damaged in [
            "",
            "x",
            "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ",
            "$md5$abc",
            "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(matches!(passwords_verify(damaged), Err(AppError::Internal(_))), "{damaged}");
        }
    }

    fn passwords_verify(stored: &str) -> Result<Verdict, AppError> {
        Passwords::new(1).verify(&secret("password"), Some(stored))
    }

    #[test]
    fn a_buffer_goes_to_whoever_waits_and_is_kept_by_nobody() {
        let gate = Gate::new(1, 1);
        let state = || gate.state.lock().expect("whole");
        let mut turn = gate.enter().unwrap_or_else(|_| panic!("free"));
        turn.buffer.resize(8, Block::default());
        thread::scope(|scope| {
            let waits = scope.spawn(|| gate.enter().map(|turn| turn.buffer.len()));
            while state().waiting == 0 {
                thread::yield_now();
            }
            drop(turn);
            assert_eq!(waits.join().expect("ends").ok(), Some(8));
        });
        assert!(state().buffers.is_empty());
    }

    #[test]
    fn a_full_queue_turns_away_and_a_dropped_turn_lets_in() {
        let gate = Gate::new(1, 0);
        let turn = gate.enter().unwrap_or_else(|_| panic!("free"));
        assert!(matches!(gate.enter(), Err(AppError::Busy { .. })));
        drop(turn);
        assert!(gate.enter().is_ok());
    }
}
