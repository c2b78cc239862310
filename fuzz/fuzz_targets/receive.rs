#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtav1::tests::fuzzing::receive(data));
