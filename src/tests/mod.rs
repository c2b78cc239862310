//! Tests of the library as a whole.

#[cfg(all(feature = "rav1e", any(feature = "rav1d", feature = "dav1d")))]
mod round_trip;

mod random_decisions;
