//! The SQLite store (D-04).
