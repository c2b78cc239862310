//! An independent implementation, the crate `rtc-rtp`, at the other end.
