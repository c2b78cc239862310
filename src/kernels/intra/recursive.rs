//! Recursive intra prediction (7.11.2.3), the filter-intra modes.

use super::Edges;
use crate::av1::tables::filters::INTRA_FILTER_TAPS;

/// 7.11.2.3 Recursive intra prediction process for a block of at most 32 samples a side; `mode`
/// is `filter_intra_mode`, 0 to 4.
pub(crate) fn recursive(
    dst: &mut [u8],
    stride: usize,
    (w, h): (usize, usize),
    edges: &Edges,
    mode: usize,
) {
    let taps = &INTRA_FILTER_TAPS[mode];
    // The row above the current pair of rows, from column −1 on.
    let mut above = [0; 33];
    above[0] = edges.corner();
    above[1..=w].copy_from_slice(&edges.above()[..w]);
    for (pair, left) in dst.chunks_mut(2 * stride).zip(edges.left().chunks_exact(2)).take(h / 2) {
        let (first, second) = pair.split_at_mut(stride);
        let mut left = [left[0], left[1]];
        let next_corner = left[1];
        for x in (0..w).step_by(4) {
            let mut p = [0; 7];
            for (p, &sample) in p.iter_mut().zip(above[x..x + 5].iter().chain(&left)) {
                *p = i16::from(sample);
            }
            let sample = |taps: &[i8; 7]| {
                let sum: i16 = taps.iter().zip(&p).map(|(&tap, &p)| i16::from(tap) * p).sum();
                // Round2Signed and Clip1: what is rounded differently below 0 is clipped.
                ((sum + 8) >> 4).clamp(0, 255) as u8
            };
            for (j, taps) in taps[..4].iter().enumerate() {
                first[x + j] = sample(taps);
            }
            for (j, taps) in taps[4..].iter().enumerate() {
                second[x + j] = sample(taps);
            }
            left = [first[x + 3], second[x + 3]];
        }
        above[0] = next_corner;
        above[1..=w].copy_from_slice(&second[..w]);
    }
}
