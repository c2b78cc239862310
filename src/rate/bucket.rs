//! The link's view: bits wait in a bucket that drains at the target rate.

/// A leaky bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    bits: f64,
}

impl Bucket {
    /// What is left after `elapsed` seconds at `rate` bit/s.
    pub(crate) fn after(self, elapsed: f64, rate: f64) -> Self {
        Self { bits: (self.bits - elapsed * rate).max(0.0) }
    }

    /// With the bits of a frame.
    pub(crate) fn with(self, bits: f64) -> Self {
        Self { bits: self.bits + bits }
    }

    /// Bits that wait.
    pub(crate) fn bits(self) -> f64 {
        self.bits
    }
}
