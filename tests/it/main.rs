//! The integration tests: the real `da` binary against a real `da serve` on loopback.
