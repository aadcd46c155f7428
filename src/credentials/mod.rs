//! Where a user's token rests: the OS keyring when one answers, else a file that only the user can read (D-19, O-02).
//!
//! A stored token is bound to the server that issued it and is never handed out for another one (D-18, S-64).

mod claims;
mod dir_id;
mod entries;
mod file_error;
mod keyring;
mod moving;
mod places;
mod private_dir;
mod private_file;
mod profile_name;
mod store;
mod stored;
#[cfg(test)]
mod tests;

pub use claims::{Claims, NotAJwt};
pub use file_error::FileError;
pub use keyring::{Keyring, KeyringError, OsKeyring};
pub use moving::{Copied, bind_file};
pub use places::{Place, Storage, StoreChoice, UnknownPlace, UnknownStore};
pub(crate) use private_dir::DirLock;
pub use private_dir::PrivateDir;
pub(crate) use private_file::Staged;
pub use profile_name::{InvalidProfileName, ProfileName};
pub use store::{CredentialError, CredentialStore, Loaded, Saved, Turn};
pub use stored::StoredCredential;
