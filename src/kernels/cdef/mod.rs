//! The constrained directional enhancement filter on 8×8 blocks (7.15.2, 7.15.3), 8-bit samples.
//!
//! A block and what its taps reach are read from a [`Window`], so that the filtered samples may go
//! back to where the window was loaded from. In the chroma window U and V samples alternate: both
//! planes are filtered alike, so a 4×4 block of each makes one block with rows of 8 bytes.

/// Bytes from one row of a window to the next: [`MARGIN`], 64 bytes of blocks, and again a margin.
pub(crate) const STRIDE: usize = 80;
/// Bytes before the first and after the last block of a row.
pub(crate) const MARGIN: usize = 8;
/// Rows of a luma window: 8 and the reach of the taps above and below.
pub(crate) const LUMA_ROWS: usize = 12;
/// Rows of a chroma window.
pub(crate) const CHROMA_ROWS: usize = 8;
/// Rows that taps reach above and below a block.
pub(crate) const REACH: usize = 2;

/// Up to eight blocks side by side with the samples around them; the first row is [`REACH`] above
/// the blocks, and block `b` starts at byte [`MARGIN`] + 8 `b` of a row.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// The rows, [`STRIDE`] bytes apart.
    pub(crate) samples: [u8; STRIDE * LUMA_ROWS],
    /// 255 for each sample that may be used (`CdefAvailable`), else 0; read only for blocks that
    /// are said to lie at an edge of the frame.
    pub(crate) available: [u8; STRIDE * LUMA_ROWS],
}

impl Window {
    /// A window with everything available.
    pub(crate) fn new() -> Self {
        Self { samples: [0; STRIDE * LUMA_ROWS], available: [255; STRIDE * LUMA_ROWS] }
    }

    /// One row of samples, margins included.
    #[inline]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [u8] {
        &mut self.samples[row * STRIDE..][..STRIDE]
    }
}

/// Strengths and direction for one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strength {
    /// `priStr`, 0 to 15; for luma as the variance has adjusted it.
    pub(crate) primary: u8,
    /// `secStr`: 0, 1, 2 or 4.
    pub(crate) secondary: u8,
    /// `damping`, 2 to 6.
    pub(crate) damping: u8,
    /// `dir`, 0 to 7.
    pub(crate) direction: u8,
}

/// `Cdef_Directions` (7.15.3): (down, right) of the two taps of each direction.
const DIRECTIONS: [[(isize, isize); 2]; 8] = [
    [(-1, 1), (-2, 2)],
    [(0, 1), (-1, 2)],
    [(0, 1), (0, 2)],
    [(0, 1), (1, 2)],
    [(1, 1), (2, 2)],
    [(1, 0), (2, 1)],
    [(1, 0), (2, 0)],
    [(1, 0), (2, -1)],
];

/// 7.15.2 CDEF direction process: `yDir` and `var` of an 8×8 luma block.
pub(crate) fn find_direction(block: &[[u8; 8]; 8]) -> (u8, u32) {
    let rows = block.map(|row| row.map(|s| i16::from(s) - 128));
    let mirrored = rows.map(|[a, b, c, d, e, f, g, h]| [h, g, f, e, d, c, b, a]);
    let flipped = {
        let [a, b, c, d, e, f, g, h] = rows;
        [h, g, f, e, d, c, b, a]
    };
    let cost = [
        diagonal_cost(&rows),
        shallow_cost(&rows),
        horizontal_cost(&rows),
        shallow_cost(&mirrored),
        diagonal_cost(&mirrored),
        steep_cost(&flipped),
        vertical_cost(&rows),
        steep_cost(&rows),
    ];
    let mut best = 0;
    let mut direction = 0;
    for (i, &c) in cost.iter().enumerate() {
        if c > best {
            best = c;
            direction = i;
        }
    }
    (direction as u8, ((best - cost[(direction + 4) & 7]) >> 10) as u32)
}

type Rows = [[i16; 8]; 8];

/// Weights of the lines of a diagonal, `Div_Table` by the number of samples on each.
const DIAGONAL_WEIGHTS: [i32; 16] =
    [840, 420, 280, 210, 168, 140, 120, 105, 120, 140, 168, 210, 280, 420, 840, 0];
/// Weights of the lines between a diagonal and an axis.
const BETWEEN_WEIGHTS: [i32; 16] =
    [420, 210, 140, 105, 105, 105, 105, 105, 140, 210, 420, 0, 0, 0, 0, 0];

#[inline(always)]
fn weighted_squares<const N: usize>(sums: &[i16; N], weights: &[i32; N]) -> i32 {
    sums.iter().zip(weights).map(|(&s, &w)| i32::from(s) * i32::from(s) * w).sum()
}

/// Lines of equal `i + j`.
#[inline(always)]
fn diagonal_cost(rows: &Rows) -> i32 {
    let mut sums = [0; 16];
    for (i, row) in rows.iter().enumerate() {
        for (j, &s) in row.iter().enumerate() {
            sums[i + j] += s;
        }
    }
    weighted_squares(&sums, &DIAGONAL_WEIGHTS)
}

/// Lines of equal `i + j / 2`.
#[inline(always)]
fn shallow_cost(rows: &Rows) -> i32 {
    let mut sums = [0; 16];
    for (i, row) in rows.iter().enumerate() {
        for j in 0..4 {
            sums[i + j] += row[2 * j] + row[2 * j + 1];
        }
    }
    weighted_squares(&sums, &BETWEEN_WEIGHTS)
}

/// Lines of equal `i / 2 + j`.
#[inline(always)]
fn steep_cost(rows: &Rows) -> i32 {
    let mut sums = [0; 16];
    for i in 0..4 {
        for j in 0..8 {
            sums[i + j] += rows[2 * i][j] + rows[2 * i + 1][j];
        }
    }
    weighted_squares(&sums, &BETWEEN_WEIGHTS)
}

#[inline(always)]
fn horizontal_cost(rows: &Rows) -> i32 {
    weighted_squares(&rows.map(|row| row.iter().sum()), &[105; 8])
}

#[inline(always)]
fn vertical_cost(rows: &Rows) -> i32 {
    let mut sums = [0; 8];
    for row in rows {
        for (sum, &s) in sums.iter_mut().zip(row) {
            *sum += s;
        }
    }
    weighted_squares(&sums, &[105; 8])
}

/// 7.15.3 CDEF filter process for the 8×8 luma block `block` of a window. `at_edge` says that some
/// sample within reach is not available.
pub(crate) fn filter_luma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 8] {
    filter_block::<8, { 7 * STRIDE + 8 }, 1>(window, block, strength, at_edge)
}

/// 7.15.3 CDEF filter process for the 4×4 U and V blocks `block` of a chroma window, whose samples
/// alternate in the result too.
pub(crate) fn filter_chroma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 4] {
    filter_block::<4, { 3 * STRIDE + 8 }, 2>(window, block, strength, at_edge)
}

#[inline(always)]
fn filter_block<const ROWS: usize, const SPAN: usize, const STEP: isize>(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; ROWS] {
    let kernel = match (strength.primary > 0, strength.secondary > 0, at_edge) {
        (true, true, false) => filter_taps::<ROWS, SPAN, STEP, true, true, false>,
        (true, true, true) => filter_taps::<ROWS, SPAN, STEP, true, true, true>,
        (true, false, false) => filter_taps::<ROWS, SPAN, STEP, true, false, false>,
        (true, false, true) => filter_taps::<ROWS, SPAN, STEP, true, false, true>,
        (false, true, false) => filter_taps::<ROWS, SPAN, STEP, false, true, false>,
        (false, true, true) => filter_taps::<ROWS, SPAN, STEP, false, true, true>,
        (false, false, _) => filter_taps::<ROWS, SPAN, STEP, false, false, false>,
    };
    kernel(window, block, strength)
}

/// Bytes filtered together, two rows.
const LANES: usize = 16;
type Lanes = [u8; LANES];

/// Two rows of 8 bytes, [`STRIDE`] apart.
#[inline(always)]
fn two_rows<const SPAN: usize>(span: &[u8; SPAN], row: usize) -> Lanes {
    let mut lanes = [0; LANES];
    lanes[..8].copy_from_slice(&span[row * STRIDE..row * STRIDE + 8]);
    lanes[8..].copy_from_slice(&span[(row + 1) * STRIDE..(row + 1) * STRIDE + 8]);
    lanes
}

/// Constrained differences to the taps, summed with their sign parted off: whatever the weights,
/// each sum is at most 12 × 15 + 12 × 4, which fits 8 bits.
#[derive(Clone, Copy)]
struct Sums {
    positive: Lanes,
    negative: Lanes,
}

impl Sums {
    const ZERO: Self = Self { positive: [0; LANES], negative: [0; LANES] };

    /// 7.15.3 `constrain`, added; `shift` is `dampingAdj`.
    #[inline(always)]
    fn add_constrained(&mut self, x: &Lanes, tap: &Lanes, threshold: u8, shift: u32) {
        for l in 0..LANES {
            let above = tap[l].saturating_sub(x[l]);
            let below = x[l].saturating_sub(tap[l]);
            let most = threshold.saturating_sub((above | below) >> shift);
            self.positive[l] += above.min(most);
            self.negative[l] += below.min(most);
        }
    }

    /// The sums of the near and the far primary taps under their weights, 4 and 2 or 3 and 3;
    /// `even` is all ones for the former.
    #[inline(always)]
    fn weigh_primary(near: &Self, far: &Self, even: u8) -> Self {
        let weigh = |near: &Lanes, far: &Lanes| {
            core::array::from_fn(|l| {
                let both = near[l] + far[l];
                (both + both + both).wrapping_add(near[l] & even).wrapping_sub(far[l] & even)
            })
        };
        Self {
            positive: weigh(&near.positive, &far.positive),
            negative: weigh(&near.negative, &far.negative),
        }
    }

    /// Adds the near secondary taps twice and the far ones once.
    #[inline(always)]
    fn add_secondary(&mut self, near: &Self, far: &Self) {
        for l in 0..LANES {
            self.positive[l] += 2 * near.positive[l] + far.positive[l];
            self.negative[l] += 2 * near.negative[l] + far.negative[l];
        }
    }

    /// `x` with the sum's sixteenth added, rounded half away from zero as the standard's shift of
    /// `8 + sum - (sum < 0)` does.
    #[inline(always)]
    fn apply(&self, x: &Lanes) -> Lanes {
        core::array::from_fn(|l| {
            let up = (self.positive[l].saturating_sub(self.negative[l]) + 8) >> 4;
            let down = (self.negative[l].saturating_sub(self.positive[l]) + 8) >> 4;
            x[l].saturating_add(up).saturating_sub(down)
        })
    }
}

/// The filter with `PRIMARY` and `SECONDARY` taps, minding availability if `EDGE`.
///
/// The clip to the range of the taps is left out under one kind of taps: their weights add up to
/// 12/16, so the result lies in that range by itself.
fn filter_taps<
    const ROWS: usize,
    const SPAN: usize,
    const STEP: isize,
    const PRIMARY: bool,
    const SECONDARY: bool,
    const EDGE: bool,
>(
    window: &Window,
    block: usize,
    strength: Strength,
) -> [[u8; 8]; ROWS] {
    let Strength { primary, secondary, damping, direction } = strength;
    let origin = REACH * STRIDE + MARGIN + 8 * block;
    // The tap `k` of a direction relative to that of the block, on both sides.
    let taps = |turn: u8, k: usize| -> [Tap<'_, SPAN>; 2] {
        let (down, right) = DIRECTIONS[usize::from((direction + turn) & 7)][k];
        let offset = down * STRIDE as isize + right * STEP;
        [offset, -offset].map(|o| Tap::new(window, origin.wrapping_add_signed(o)))
    };
    let adjusted = |threshold: u8| u32::from(damping).saturating_sub(threshold.max(1).ilog2());
    let (primary_shift, secondary_shift) = (adjusted(primary), adjusted(secondary));
    let even = (primary & 1).wrapping_sub(1);
    let center = Tap::<SPAN>::new(window, origin);
    let primary_taps = [0, 1].map(|k| taps(0, k));
    let secondary_taps = [0, 1].map(|k| {
        let ([a, b], [c, d]) = (taps(2, k), taps(6, k));
        [a, b, c, d]
    });

    let mut out = [[0; 8]; ROWS];
    for row in (0..ROWS).step_by(2) {
        let x = two_rows(center.samples, row);
        let (mut least, mut greatest) = (x, x);
        let mut sum_of = |taps: &[Tap<'_, SPAN>], threshold: u8, shift: u32| {
            let mut sums = Sums::ZERO;
            for tap in taps {
                let tap = tap.lanes::<EDGE>(row, &x);
                sums.add_constrained(&x, &tap, threshold, shift);
                if PRIMARY && SECONDARY {
                    for l in 0..LANES {
                        least[l] = least[l].min(tap[l]);
                        greatest[l] = greatest[l].max(tap[l]);
                    }
                }
            }
            sums
        };
        let mut sums = Sums::ZERO;
        if PRIMARY {
            let [near, far] = [0, 1].map(|k| sum_of(&primary_taps[k], primary, primary_shift));
            sums = Sums::weigh_primary(&near, &far, even);
        }
        if SECONDARY {
            let [near, far] =
                [0, 1].map(|k| sum_of(&secondary_taps[k], secondary, secondary_shift));
            sums.add_secondary(&near, &far);
        }
        let mut y = sums.apply(&x);
        if PRIMARY && SECONDARY {
            for l in 0..LANES {
                y[l] = y[l].max(least[l]).min(greatest[l]);
            }
        }
        out[row].copy_from_slice(&y[..8]);
        out[row + 1].copy_from_slice(&y[8..]);
    }
    out
}

/// The samples that one tap reads for a block, and whether they may be used.
#[derive(Clone, Copy)]
struct Tap<'a, const SPAN: usize> {
    samples: &'a [u8; SPAN],
    available: &'a [u8; SPAN],
}

impl<'a, const SPAN: usize> Tap<'a, SPAN> {
    #[inline(always)]
    fn new(window: &'a Window, start: usize) -> Self {
        let span = |bytes: &'a [u8]| -> &'a [u8; SPAN] {
            bytes[start..start + SPAN].try_into().expect("a slice of the span's length")
        };
        Self { samples: span(&window.samples), available: span(&window.available) }
    }

    /// Two rows of the tap, with the centre `x` in place of samples that are not available: their
    /// difference is then 0 and the range is not widened.
    #[inline(always)]
    fn lanes<const EDGE: bool>(&self, row: usize, x: &Lanes) -> Lanes {
        let samples = two_rows(self.samples, row);
        if !EDGE {
            return samples;
        }
        let available = two_rows(self.available, row);
        core::array::from_fn(|l| x[l] ^ ((x[l] ^ samples[l]) & available[l]))
    }
}

#[cfg(test)]
pub(crate) mod reference;
#[cfg(test)]
mod tests;
