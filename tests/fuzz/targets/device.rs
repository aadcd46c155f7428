#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| da_fuzz::device::check(data));
