//! SATD eight lanes at a time.

use super::{Beside, Coefficients, Detail, Room, distances, each_four, quarter_rows};
use crate::kernels::simd::{I16x8, Int16Vector};
use crate::kernels::view::Samples;

pub(super) fn satd(src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    satd_with::<I16x8>(src, pred, size)
}

pub(super) fn coefficients(
    src: Samples<'_>,
    pred: Samples<'_>,
    size: (usize, usize),
    detail: Detail,
    room: &mut Room,
) -> Coefficients {
    coefficients_with::<I16x8>(src, pred, size, detail, room)
}

pub(super) fn coefficients_with<L: Int16Vector>(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
    detail: Detail,
    room: &mut Room,
) -> Coefficients {
    debug_assert!(width.is_multiple_of(8) && height.is_multiple_of(8));
    let (cols, rows) = (width / 8, height / 8);
    let mut all = Coefficients::default();
    for (number, out) in room.chunks_exact_mut(64).take(cols * rows).enumerate() {
        let (x, y) = (number % cols * 8, number / cols * 8);
        let mut block = [L::zero(); 8];
        for (i, row) in block.iter_mut().enumerate() {
            *row = L::difference(src.row(x, y + i), pred.row(x, y + i));
        }
        hadamard(&mut block);
        let mut block = L::transpose(block);
        hadamard(&mut block);
        all.magnitudes += L::sum_of_magnitudes(&block);
        for (out, row) in out.chunks_exact_mut(8).zip(block) {
            out.copy_from_slice(&row.to_array());
        }
    }
    let (threshold, quarters) = match detail {
        Detail::Magnitudes => return all,
        Detail::Whole(threshold) => (threshold, false),
        Detail::Quarters(threshold) => (threshold, true),
    };
    for distance in distances(cols, rows) {
        if quarters && cols == rows && 2 * distance == cols {
            for (number, quarter) in all.quarters.iter_mut().enumerate() {
                for row in quarter_rows(cols, number) {
                    beside(&room[row.start * 64..row.end * 64], threshold, quarter);
                }
            }
        }
        each_four(cols, rows, distance, |four| combine(room, four));
    }
    beside(&room[..cols * rows * 64], threshold, &mut all.whole);
    all
}

/// One step from four transforms to one of twice the size, halved.
#[inline(always)]
fn combine(room: &mut Room, four: [usize; 4]) {
    for i in 0..64 {
        let [a, b, c, d] = four.map(|block| room[block * 64 + i] >> 1);
        let pair = |a: i16, b: i16| (a.saturating_add(b), a.saturating_sub(b));
        let (ab, cd) = (pair(a, b), pair(c, d));
        let (sums, differences) = (pair(ab.0, cd.0), pair(ab.1, cd.1));
        for (block, value) in four.into_iter().zip([sums.0, differences.0, sums.1, differences.1]) {
            room[block * 64 + i] = value;
        }
    }
}

/// Adds what coefficients are beside the threshold.
#[inline(always)]
fn beside(coefficients: &[i16], threshold: u16, found: &mut Beside) {
    for magnitude in coefficients.iter().map(|c| c.unsigned_abs()) {
        let limited = u32::from(magnitude.min(threshold));
        found.excess += u32::from(magnitude) - limited;
        found.squares += u64::from(limited * limited);
    }
}

pub(super) fn satd_with<L: Int16Vector>(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
) -> u32 {
    debug_assert!(width.is_multiple_of(4) && height.is_multiple_of(4));
    let step = if (width | height).is_multiple_of(8) { 8 } else { 4 };
    let mut sum = 0;
    for y in (0..height).step_by(step) {
        for x in (0..width).step_by(step) {
            let (src, pred) = (src.from(x, y), pred.from(x, y));
            sum += if step == 8 { hadamard8::<L>(src, pred) } else { hadamard4::<L>(src, pred) };
        }
    }
    sum
}

/// Twice the orthonormal sum: a 2D Hadamard transform of 8 has a gain of 8.
#[inline(always)]
fn hadamard8<L: Int16Vector>(src: Samples<'_>, pred: Samples<'_>) -> u32 {
    let mut block = [L::zero(); 8];
    for (i, row) in block.iter_mut().enumerate() {
        *row = L::difference(src.row(0, i), pred.row(0, i));
    }
    hadamard(&mut block);
    let mut block = L::transpose(block);
    hadamard(&mut block);
    (L::sum_of_magnitudes(&block) + 2) >> 2
}

/// Twice the orthonormal sum: a 2D Hadamard transform of 4 has a gain of 4.
#[inline(always)]
fn hadamard4<L: Int16Vector>(src: Samples<'_>, pred: Samples<'_>) -> u32 {
    let mut block = [L::zero(); 8];
    for (i, row) in block.iter_mut().enumerate().take(4) {
        *row = L::half_difference(src.row(0, i), pred.row(0, i));
    }
    hadamard(&mut block[..4]);
    let mut block = L::transpose(block);
    hadamard(&mut block[..4]);
    (L::sum_of_magnitudes(&block[..4]) + 1) >> 1
}

/// The Hadamard transform of four or eight vectors, in some order of its rows.
#[inline(always)]
fn hadamard<L: Int16Vector>(t: &mut [L]) {
    let length = t.len();
    let mut distance = 1;
    while distance < length {
        for i in (0..length).filter(|i| i & distance == 0) {
            (t[i], t[i + distance]) = (t[i].add(t[i + distance]), t[i].sub(t[i + distance]));
        }
        distance *= 2;
    }
}
