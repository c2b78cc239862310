//! Units of samples, read from the top down.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_castsi128_si256, _mm256_inserti128_si256,
    _mm256_maddubs_epi16, _mm256_permute2x128_si256, _mm256_permute4x64_epi64, _mm256_set1_epi16,
    _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_srai_epi16,
};

use crate::kernels::convolve::Source;
use crate::kernels::simd::avx2::load_half;
use crate::kernels::view::View;

/// Rows of a unit.
pub(super) const fn unit_rows<const W: usize>() -> usize {
    if W == 16 { 1 } else { 2 }
}

/// Reads units from the top down.
pub(super) struct Rows<'a> {
    src: View<'a, u8>,
    /// The unit that comes next.
    pub(super) next: usize,
    /// The last row that may be read.
    last: usize,
}

impl<'a> Rows<'a> {
    /// The rows from `above` rows above the block and `before` columns before it on, `count` of them.
    #[inline(always)]
    pub(super) fn new(src: Source<'a>, above: usize, before: usize, count: usize) -> Self {
        let data = &src.data[src.offset - above * src.stride - before..];
        Self { src: View::new(data, src.stride), next: 0, last: count - 1 }
    }

    /// The rows of the next unit.
    #[inline(always)]
    fn advance<const W: usize>(&mut self) -> [usize; 2] {
        let first = self.next * unit_rows::<W>();
        self.next += 1;
        [first, (first + 1).min(self.last)]
    }

    /// The next unit after the first pass with `T` taps, rounded.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn filtered<const W: usize, const T: usize>(
        &mut self,
        taps: &[__m256i; 4],
    ) -> __m256i {
        let [first, second] = self.advance::<W>();
        let low = load_half::<16>(self.src.row(0, first));
        let high =
            load_half::<16>(if W == 16 { self.src.row(8, first) } else { self.src.row(0, second) });
        let samples = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high);
        first_pass::<T>(samples, taps)
    }

    /// The next unit's samples, in the lower eight bytes of each half.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn samples<const W: usize>(&mut self) -> __m256i {
        let [first, second] = self.advance::<W>();
        if W == 16 {
            let row = load_half::<16>(self.src.row(0, first));
            return _mm256_permute4x64_epi64::<0x10>(_mm256_castsi128_si256(row));
        }
        let [upper, lower] = [first, second].map(|y| load_half::<W>(self.src.row(0, y)));
        _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(upper), lower)
    }
}

/// The first pass with `T` taps from each of the first eight samples in each half on, rounded.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn first_pass<const T: usize>(samples: __m256i, taps: &[__m256i; 4]) -> __m256i {
    let mut sum = _mm256_set1_epi16(2);
    for (k, &taps) in taps.iter().enumerate().take(T / 2) {
        let pairs = _mm256_shuffle_epi8(samples, neighbours(2 * k as i8));
        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(pairs, taps));
    }
    _mm256_srai_epi16::<2>(sum)
}

/// Byte `i` and the one after it, for `i` from `first` on, in each half.
#[target_feature(enable = "avx2")]
#[inline]
fn neighbours(first: i8) -> __m256i {
    let f = |i: i8| first + i;
    _mm256_setr_epi8(
        f(0),
        f(1),
        f(1),
        f(2),
        f(2),
        f(3),
        f(3),
        f(4),
        f(4),
        f(5),
        f(5),
        f(6),
        f(6),
        f(7),
        f(7),
        f(8),
        f(0),
        f(1),
        f(1),
        f(2),
        f(2),
        f(3),
        f(3),
        f(4),
        f(4),
        f(5),
        f(5),
        f(6),
        f(6),
        f(7),
        f(7),
        f(8),
    )
}

/// The rows one below those of a unit, given also the unit after it.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn one_below<const W: usize>(unit: __m256i, next: __m256i) -> __m256i {
    if W == 16 { next } else { _mm256_permute2x128_si256::<0x21>(unit, next) }
}
