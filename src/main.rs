//! The `da` program.

fn main() {}
