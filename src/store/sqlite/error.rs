//! The one table from `SQLite`'s errors to the port's.

use std::{io, path::Path};

use rusqlite::{Error, ErrorCode, ffi};

use crate::store::StoreError;

/// Translates an error of a statement or a connection.
pub(super) fn store_error(error: Error) -> StoreError {
    let Error::SqliteFailure(failure, _) = &error else {
        return StoreError::Corrupt(error.to_string());
    };
    match failure.code {
        ErrorCode::ConstraintViolation => match failure.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => StoreError::Taken,
            _ => StoreError::Corrupt(error.to_string()),
        },
        ErrorCode::DiskFull | ErrorCode::ReadOnly => StoreError::Full(error.to_string()),
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::SystemIoFailure
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::PermissionDenied => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Corrupt(error.to_string()),
    }
}

/// Tells whether the storage itself failed: nothing that happened on that connection may be acknowledged.
pub(super) fn is_fault(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::Full(_))
}

/// Refuses `path`, saying what to do next.
pub(super) fn unusable(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), reason: reason.into() }
}

/// Translates a failed file operation on `path`; `doing` completes "cannot ...".
pub(super) fn file_error(path: &Path, doing: &str, error: &io::Error) -> StoreError {
    unusable(path, format!("cannot {doing}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_code(code: i32) -> StoreError {
        store_error(Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn storage_faults_are_told_from_refused_values() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_READONLY, ffi::SQLITE_READONLY_DBMOVED] {
            assert!(matches!(from_code(code), StoreError::Full(_)), "{code}");
        }
        for code in
            [ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED, ffi::SQLITE_IOERR, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_CORRUPT]
        {
            assert!(matches!(from_code(code), StoreError::Unavailable(_)), "{code}");
            assert!(is_fault(&from_code(code)));
        }
        assert!(matches!(from_code(ffi::SQLITE_CONSTRAINT_UNIQUE), StoreError::Taken));
        assert!(matches!(from_code(ffi::SQLITE_CONSTRAINT_FOREIGNKEY), StoreError::Corrupt(_)));
        assert!(!is_fault(&StoreError::Taken));
    }
}
