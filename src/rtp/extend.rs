//! RFC 3550, 5.1: sequence numbers and timestamps, continued over the wraps of their 16 and 32 bits.

use std::marker::PhantomData;

/// An unsigned counter of the RTP header: `u16` for sequence numbers, `u32` for timestamps.
pub trait WireCounter: Copy + Into<u64> + sealed::Sealed {
    /// Bits on the wire.
    const BITS: u32;
}

impl WireCounter for u16 {
    const BITS: u32 = Self::BITS;
}

impl WireCounter for u32 {
    const BITS: u32 = Self::BITS;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u16 {}
    impl Sealed for u32 {}
}

/// Extends a counter of the RTP header to 64 bits.
///
/// Each value is read as the nearest one to the value before it, ahead or behind, so that packets
/// may come out of order. Steps of half the counter's range or more cannot be told from steps in
/// the other direction.
///
/// ```
/// use rtav1::rtp::Extender;
///
/// let mut timestamps = Extender::<u32>::new();
/// assert_eq!(timestamps.extend(u32::MAX), 0xffff_ffff);
/// assert_eq!(timestamps.extend(2999), 0x1_0000_0bb7);
/// assert_eq!(timestamps.extend(u32::MAX - 1), 0xffff_fffe);
/// assert_eq!(Extender::<u16>::nearest(0x1_0002, 0xffff), 0xffff);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extender<T> {
    last: Option<u64>,
    counter: PhantomData<T>,
}

impl<T: WireCounter> Extender<T> {
    /// An extender whose first value stands for itself.
    pub const fn new() -> Self {
        Self { last: None, counter: PhantomData }
    }

    /// An extender whose first value is read as the nearest to `reference`.
    pub const fn starting_near(reference: u64) -> Self {
        Self { last: Some(reference), counter: PhantomData }
    }

    /// The extended value, from which the next one is then counted.
    pub fn extend(&mut self, value: T) -> u64 {
        let extended = self.last.map_or(value.into(), |last| Self::nearest(last, value));
        self.last = Some(extended);
        extended
    }

    /// The value extended last.
    pub const fn last(&self) -> Option<u64> {
        self.last
    }

    /// The extended value nearest to `reference`, without a state. Where it would lie below 0 or
    /// above `u64::MAX`, it is the next one within.
    pub fn nearest(reference: u64, value: T) -> u64 {
        let cycle = 1_u64 << T::BITS;
        let ahead = value.into().wrapping_sub(reference) % cycle;
        let (forward, backward) =
            (reference.checked_add(ahead), reference.checked_sub(cycle - ahead));
        let (near, far) = if ahead < cycle / 2 { (forward, backward) } else { (backward, forward) };
        // One of them exists: they are `cycle` apart.
        near.or(far).unwrap_or(reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_of_the_range() {
        let nearest16 = Extender::<u16>::nearest;
        for (reference, value, extended) in [
            (0, 0, 0),
            (0, 0x7fff, 0x7fff),
            (0, 0xffff, 0xffff),
            (0x8000, 0, 0),
            (0x8001, 0, 0x1_0000),
            (0xffff, 0, 0x1_0000),
            (0x1_0000, 0xffff, 0xffff),
            (0x1_0000, 0x8000, 0x8000),
            (0x1_0000, 0x7fff, 0x1_7fff),
            (u64::MAX, 0xffff, u64::MAX),
            (u64::MAX, 0, u64::MAX - 0xffff),
            (u64::MAX, 0xfffe, u64::MAX - 1),
        ] {
            assert_eq!(nearest16(reference, value), extended, "{reference:#x} {value:#x}");
        }
        assert_eq!(Extender::<u32>::nearest(u64::MAX, 0), u64::MAX - 0xffff_ffff);
        assert_eq!(Extender::<u32>::nearest(5, u32::MAX), u64::from(u32::MAX));
        let mut sequence = Extender::<u16>::starting_near(1 << 16);
        assert_eq!(sequence.last(), Some(1 << 16));
        assert_eq!((sequence.extend(0xffff), sequence.extend(1)), (0xffff, 0x1_0001));
    }

    /// A counter that moves by `steps`, each less than half of its range, comes back as it was.
    fn check<T: WireCounter>(start: u64, steps: &[i64], cut: impl Fn(u64) -> T) {
        let mut extender = Extender::starting_near(start);
        let mut value = start;
        for step in steps {
            value = value.saturating_add_signed(step % (1 << (T::BITS - 1)));
            assert_eq!(extender.extend(cut(value)), value);
            assert_eq!(extender.last(), Some(value));
        }
    }

    proptest! {
        /// Wraps, reordering and jumps of every size.
        #[test]
        fn steps_of_less_than_half(
            start in prop_oneof![0u64..1 << 17, 0u64..1 << 33, any::<u64>()],
            steps in proptest::collection::vec(
                prop_oneof![-3i64..20, -40_000i64..40_000, any::<i64>()],
                1..200,
            ),
        ) {
            // Far from the ends, where nothing is cut off.
            let start = start.clamp(1 << 40, u64::MAX - (1 << 40));
            check(start, &steps, |value| value as u16);
            check(start, &steps, |value| value as u32);
        }

        #[test]
        fn always_congruent_and_near(reference: u64, value: u32) {
            let extended = Extender::<u32>::nearest(reference, value);
            prop_assert_eq!(extended as u32, value);
            let distance = extended.abs_diff(reference);
            prop_assert!(distance <= 1 << 31 || !(1 << 32..u64::MAX << 32).contains(&extended));
            let extended = Extender::<u16>::nearest(reference, value as u16);
            prop_assert_eq!(extended as u16, value as u16);
            let distance = extended.abs_diff(reference);
            prop_assert!(distance <= 1 << 15 || !(1 << 16..u64::MAX << 16).contains(&extended));
        }
    }
}
