//! Random test input that is the same in every run.

/// A small generator (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % n
    }

    /// −`most` to `most`.
    pub(crate) fn signed(&mut self, most: i32) -> i32 {
        self.below(2 * most as usize + 1) as i32 - most
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of `items`.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Any sample, or one of the two extremes.
    pub(crate) fn sample(&mut self, extreme: bool) -> u8 {
        if extreme { [0, 255][self.below(2)] } else { self.below(256) as u8 }
    }
}
