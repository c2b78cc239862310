//! Direction and filter in plain loops, which become vectors.

use super::{LUMA_ROWS, MARGIN, REACH, STRIDE, Strength, Window};

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

/// Each set of lines is summed by adding rows that are shifted against each other, from zeros on
/// both sides. With rows or columns in reverse order two sets of lines serve for two others.
#[inline(always)]
pub(super) fn find_direction(block: &[[u8; 8]; 8]) -> (u8, u32) {
    let mut rows = [ZERO_ROW; 8];
    let mut mirrored = [ZERO_ROW; 8];
    for (i, row) in block.iter().enumerate() {
        for j in 0..8 {
            rows[i][8 + j] = i16::from(row[j]) - 128;
            mirrored[i][8 + j] = i16::from(row[7 - j]) - 128;
        }
    }
    // Sums of two rows, and of two columns turned into rows.
    let mut pairs = [ZERO_ROW; 4];
    let mut flipped_pairs = [ZERO_ROW; 4];
    let mut columns = [0; 8];
    for i in 0..4 {
        for j in 0..8 {
            let pair = rows[2 * i][8 + j] + rows[2 * i + 1][8 + j];
            pairs[i][8 + j] = pair;
            flipped_pairs[3 - i][8 + j] = pair;
            columns[j] += pair;
        }
    }
    let mut turned_pairs = [ZERO_ROW; 4];
    let mut flipped_turned_pairs = [ZERO_ROW; 4];
    let mut lines = [0; 8];
    for i in 0..8 {
        for j in 0..4 {
            let pair = rows[i][8 + 2 * j] + rows[i][9 + 2 * j];
            turned_pairs[j][8 + i] = pair;
            flipped_turned_pairs[3 - j][8 + i] = pair;
            lines[i] += pair;
        }
    }
    best_direction([
        sum_of_squares(&shifted_sums(&rows), &DIAGONAL_WEIGHTS),
        sum_of_squares(&shifted_sums(&turned_pairs), &BETWEEN_WEIGHTS),
        sum_of_squares(&lines, &[105; 8]),
        sum_of_squares(&shifted_sums(&flipped_turned_pairs), &BETWEEN_WEIGHTS),
        sum_of_squares(&shifted_sums(&mirrored), &DIAGONAL_WEIGHTS),
        sum_of_squares(&shifted_sums(&flipped_pairs), &BETWEEN_WEIGHTS),
        sum_of_squares(&columns, &[105; 8]),
        sum_of_squares(&shifted_sums(&pairs), &BETWEEN_WEIGHTS),
    ])
}

/// The direction that has the greatest of these sums, the first of them, and the block's variance.
#[inline(always)]
pub(super) fn best_direction(cost: [i32; 8]) -> (u8, u32) {
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

/// Eight samples with eight zeros before and after.
type Padded = [i16; 24];
const ZERO_ROW: Padded = [0; 24];

/// `Div_Table` by the number of samples on each of the 15 lines along a diagonal.
const DIAGONAL_WEIGHTS: [i32; 16] =
    [840, 420, 280, 210, 168, 140, 120, 105, 120, 140, 168, 210, 280, 420, 840, 0];
/// `Div_Table` for the 11 lines of a direction between a diagonal and an axis.
const BETWEEN_WEIGHTS: [i32; 16] =
    [420, 210, 140, 105, 105, 105, 105, 105, 140, 210, 420, 0, 0, 0, 0, 0];

/// The sums over equal `i + j` of sample `j` of row `i`.
#[inline(always)]
fn shifted_sums<const ROWS: usize>(rows: &[Padded; ROWS]) -> [i16; 16] {
    let mut sums = [0; 16];
    for (i, row) in rows.iter().enumerate() {
        let row = &row[8 - i..24 - i];
        for k in 0..16 {
            sums[k] += row[k];
        }
    }
    sums
}

#[inline(always)]
fn sum_of_squares<const N: usize>(sums: &[i16; N], weights: &[i32; N]) -> i32 {
    let mut total = 0;
    for k in 0..N {
        total += i32::from(sums[k]) * i32::from(sums[k]) * weights[k];
    }
    total
}

#[inline(always)]
pub(super) fn filter_luma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 8] {
    let mut out = [0; 64];
    filter_block::<64, { 7 * STRIDE + 8 }, 1>(window, block, strength, at_edge, &mut out);
    core::array::from_fn(|row| core::array::from_fn(|column| out[8 * row + column]))
}

#[inline(always)]
pub(super) fn filter_chroma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 4] {
    let mut out = [0; 32];
    filter_block::<32, { 3 * STRIDE + 8 }, 2>(window, block, strength, at_edge, &mut out);
    core::array::from_fn(|row| core::array::from_fn(|column| out[8 * row + column]))
}

/// Filters the `BYTES` of a block, whose rows of 8 take `SPAN` bytes of the window; `STEP` bytes
/// lie between neighbouring samples of a plane.
#[inline(always)]
fn filter_block<const BYTES: usize, const SPAN: usize, const STEP: isize>(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
    out: &mut [u8; BYTES],
) {
    match (strength.primary > 0, strength.secondary > 0, at_edge) {
        (true, true, false) => {
            filter_taps::<BYTES, SPAN, STEP, true, true, false>(window, block, strength, out)
        }
        (true, true, true) => {
            filter_taps::<BYTES, SPAN, STEP, true, true, true>(window, block, strength, out)
        }
        (true, false, false) => {
            filter_taps::<BYTES, SPAN, STEP, true, false, false>(window, block, strength, out)
        }
        (true, false, true) => {
            filter_taps::<BYTES, SPAN, STEP, true, false, true>(window, block, strength, out)
        }
        (false, true, false) => {
            filter_taps::<BYTES, SPAN, STEP, false, true, false>(window, block, strength, out)
        }
        (false, true, true) => {
            filter_taps::<BYTES, SPAN, STEP, false, true, true>(window, block, strength, out)
        }
        (false, false, _) => {
            filter_taps::<BYTES, SPAN, STEP, false, false, false>(window, block, strength, out)
        }
    }
}

/// The rows of 8 bytes from `start` on, [`STRIDE`] apart, as one.
#[inline(always)]
pub(super) fn gather<const BYTES: usize, const SPAN: usize>(
    bytes: &[u8; STRIDE * LUMA_ROWS],
    start: usize,
) -> [u8; BYTES] {
    let span = &bytes[start..start + SPAN];
    let mut rows = [0; BYTES];
    for (row, from) in rows.chunks_exact_mut(8).zip(span.chunks(STRIDE)) {
        row.copy_from_slice(&from[..8]);
    }
    rows
}

/// 7.15.3 `constrain` with its sign parted off: (positive, negative) part; `shift` is `dampingAdj`.
#[inline(always)]
pub(super) fn constrain(x: u8, tap: u8, threshold: u8, shift: u32) -> (u8, u8) {
    let above = tap.saturating_sub(x);
    let below = x.saturating_sub(tap);
    let most = threshold.saturating_sub((above | below) >> shift);
    (above.min(most), below.min(most))
}

/// The sum of constrained differences to `taps`, parted likewise.
#[inline(always)]
fn sum_constrained<const N: usize>(x: u8, taps: [u8; N], threshold: u8, shift: u32) -> (u8, u8) {
    let mut sum = (0, 0);
    for tap in taps {
        let (positive, negative) = constrain(x, tap, threshold, shift);
        sum.0 += positive;
        sum.1 += negative;
    }
    sum
}

/// `dampingAdj` of 7.15.3.
#[inline(always)]
pub(super) fn adjusted_damping(threshold: u8, damping: u8) -> u32 {
    // Below 8 in any case; the mask lets the compiler see it.
    u32::from(damping).saturating_sub(threshold.max(1).ilog2()) & 7
}

/// How many bytes tap `k` (0 near, 1 far) of a direction lies after its sample, in planes whose neighbours are `step`
/// bytes apart.
#[inline(always)]
pub(super) fn tap_offset(direction: u8, k: usize, step: isize) -> isize {
    let (down, right) = DIRECTIONS[usize::from(direction & 7)][k];
    down * STRIDE as isize + right * step
}

/// Weighs sums over near and far taps of a primary strength: 4 and 2 if it is even, else 3 and 3.
#[inline(always)]
pub(super) fn weigh_primary(primary: u8) -> impl Fn(u8, u8) -> u8 {
    let even = (primary & 1).wrapping_sub(1);
    move |near, far| {
        let both = near + far;
        (both + both + both).wrapping_add(near & even).wrapping_sub(far & even)
    }
}

/// Primary and secondary taps of every byte of a block, near ones first.
pub(super) struct Taps<const BYTES: usize> {
    pub(super) p: [[u8; BYTES]; 4],
    pub(super) s: [[u8; BYTES]; 8],
}

#[inline(always)]
pub(super) fn taps<
    const BYTES: usize,
    const SPAN: usize,
    const STEP: isize,
    const PRIMARY: bool,
    const SECONDARY: bool,
    const EDGE: bool,
>(
    window: &Window,
    center: &[u8; BYTES],
    origin: usize,
    direction: u8,
) -> Taps<BYTES> {
    let tap = |turn: u8, k: usize, sign: isize| {
        let start = origin.wrapping_add_signed(sign * tap_offset(direction + turn, k, STEP));
        let mut tap = gather::<BYTES, SPAN>(&window.samples, start);
        if EDGE {
            let available = gather::<BYTES, SPAN>(&window.available, start);
            for l in 0..BYTES {
                tap[l] = center[l] ^ ((center[l] ^ tap[l]) & available[l]);
            }
        }
        tap
    };
    let mut taps = Taps { p: [[0; BYTES]; 4], s: [[0; BYTES]; 8] };
    if PRIMARY {
        for (i, taps) in taps.p.iter_mut().enumerate() {
            *taps = tap(0, i / 2, if i % 2 == 0 { 1 } else { -1 });
        }
    }
    if SECONDARY {
        for (i, taps) in taps.s.iter_mut().enumerate() {
            let turn = if i % 4 < 2 { 2 } else { 6 };
            *taps = tap(turn, i / 4, if i % 2 == 0 { 1 } else { -1 });
        }
    }
    taps
}

/// The filter with `PRIMARY` and `SECONDARY` taps, minding availability if `EDGE`.
///
/// Everything fits 8 bits when positive and negative differences are summed apart: under their
/// weights they come to at most 12 × 15 + 12 × 4. A sample that is not available counts as the one
/// that is filtered, which changes neither the sum nor the range. The clip to the range of the taps
/// is left out under one kind of taps: their weights add up to 12/16, so the result lies in that
/// range by itself.
#[inline(always)]
fn filter_taps<
    const BYTES: usize,
    const SPAN: usize,
    const STEP: isize,
    const PRIMARY: bool,
    const SECONDARY: bool,
    const EDGE: bool,
>(
    window: &Window,
    block: usize,
    strength: Strength,
    out: &mut [u8; BYTES],
) {
    let Strength { primary, secondary, damping, direction } = strength;
    let origin = REACH * STRIDE + MARGIN + 8 * block;
    let center = gather::<BYTES, SPAN>(&window.samples, origin);
    let Taps { p, s } =
        taps::<BYTES, SPAN, STEP, PRIMARY, SECONDARY, EDGE>(window, &center, origin, direction);
    let primary_shift = adjusted_damping(primary, damping);
    let secondary_shift = adjusted_damping(secondary, damping);
    let weigh_primary = weigh_primary(primary);

    for l in 0..BYTES {
        let x = center[l];
        let (mut positive, mut negative) = (0, 0);
        let (mut least, mut greatest) = (x, x);
        let primary_taps = [p[0][l], p[1][l], p[2][l], p[3][l]];
        let near_taps = [s[0][l], s[1][l], s[2][l], s[3][l]];
        let far_taps = [s[4][l], s[5][l], s[6][l], s[7][l]];
        if PRIMARY {
            let [a, b, c, d] = primary_taps;
            let near = sum_constrained(x, [a, b], primary, primary_shift);
            let far = sum_constrained(x, [c, d], primary, primary_shift);
            positive = weigh_primary(near.0, far.0);
            negative = weigh_primary(near.1, far.1);
        }
        if SECONDARY {
            let near = sum_constrained(x, near_taps, secondary, secondary_shift);
            let far = sum_constrained(x, far_taps, secondary, secondary_shift);
            positive += near.0 + near.0 + far.0;
            negative += near.1 + near.1 + far.1;
        }
        if PRIMARY && SECONDARY {
            for taps in [primary_taps, near_taps, far_taps] {
                for tap in taps {
                    least = least.min(tap);
                    greatest = greatest.max(tap);
                }
            }
        }
        // The standard's shift of 8 + sum - (sum < 0) rounds half away from zero.
        let up = (positive.saturating_sub(negative) + 8) >> 4;
        let down = (negative.saturating_sub(positive) + 8) >> 4;
        let y = x.saturating_add(up).saturating_sub(down);
        out[l] = if PRIMARY && SECONDARY { y.max(least).min(greatest) } else { y };
    }
}
