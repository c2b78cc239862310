//! The forward transforms: the transpose of the inverse's butterflies, in 16 bits.
//!
//! The standard fixes only the inverse. The forward networks run its steps backwards with every rotation transposed, so
//! that their rows are the very basis functions the decoder will add up. Products are rounded to 16 bits one by one; a
//! block is scaled so that its energy just fits, and what that rounding does is seen in the loudest blocks only, whose
//! quantizer is coarse.

use super::factors::{adst_input, adst_output, cos128, sin128};
use super::forward_dct::forward_dct;
use super::{Kind, Shape, unrolled};
use crate::kernels::simd::{I16x8, Int16Fractions, Int16Vector};
use crate::kernels::view::View;

/// A factor of 7.13.2.1, which has 12 bits of fraction, with 15.
const fn fine(factor: i16) -> i16 {
    factor * 8
}

/// How a block of `W`×`H` is scaled on its way, so that nothing leaves 16 bits and little is lost.
///
/// No value inside an orthogonal transform is above the root of the block's energy, times the gain so far. The inverse's
/// 1D transforms are sqrt( length / 2 ) times orthonormal, their transposes as well; together all give `W * H / 4`. Then
/// come the inverse's shifts and, for 2:1, its factor of 1 / sqrt( 2 ).
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaling {
    /// Residuals are shifted to the left by this many bits.
    first: u32,
    /// What is between the passes is multiplied with this many 1/32768; 0 stands for 1.
    between: i16,
    /// Coefficients are shifted to the right by this many bits.
    last: u32,
}

impl Scaling {
    /// The scaling of a block with this sum of squares.
    #[inline(always)]
    pub(super) fn new<const W: usize, const H: usize>(shape: &Shape, energy: u32) -> Self {
        let (w, h) = (W.trailing_zeros() as i32, H.trailing_zeros() as i32);
        let is_two_to_one = W == 2 * H || H == 2 * W;
        // 1 / sqrt( 2 ) is part of what comes between, and takes a bit more before.
        let wanted = shape.row_shift as i32 + 6 - w - h + i32::from(is_two_to_one);
        // Bits of an energy, rounded up, and how often it may be quadrupled.
        let bits = (u32::BITS - energy.leading_zeros()) as i32;
        let room = |gain: i32| (30 - bits - gain).div_euclid(2);
        // A column of residuals within 255 has a bound of its own.
        let first = room(h - 1).max(7 - h).clamp(1, 8);
        let total = room(w + h - 2).min(first).max(wanted);
        let shift = (first - total) as u32;
        const ROOT: i32 = 23170;
        let between = match (is_two_to_one, shift) {
            (true, _) => super::round2(ROOT, shift) as i16,
            (false, 0) => 0,
            (false, _) => 1 << (15 - shift),
        };
        Self { first: first as u32, between, last: (total - wanted) as u32 }
    }

    /// A row of residuals.
    #[inline(always)]
    pub(super) fn before<L: Int16Fractions>(&self, lanes: L) -> L {
        lanes.shift_left(self.first)
    }

    /// What the first pass gave.
    #[inline(always)]
    pub(super) fn between<L: Int16Fractions>(&self, t: &mut [L]) {
        if self.between != 0 {
            t.iter_mut().for_each(|entry| *entry = entry.fraction(self.between));
        }
    }

    /// What the second pass gave.
    #[inline(always)]
    pub(super) fn after<L: Int16Fractions>(&self, lanes: L) -> L {
        lanes.round_shift(self.last)
    }
}

/// Transforms a `W`×`H` block of residuals: columns, then rows; see [`super::forward_transform`].
///
/// `G` is the number of groups of eight rows that are kept.
#[inline(always)]
pub(super) fn forward_2d<L: ForwardVector, const W: usize, const H: usize, const G: usize>(
    residual: View<'_, i16>,
    energy: u32,
    coefficients: &mut [i16],
    shape: &Shape,
) {
    let scaling = Scaling::new::<W, H>(shape, energy);
    let kept = W.min(32);
    let mut rows = [[L::zero(); W]; G];
    for c in 0..W.div_ceil(8) {
        let mut t = [L::zero(); H];
        for (i, row) in t.iter_mut().enumerate() {
            let y = if shape.flip_rows { H - 1 - i } else { i };
            let lanes = if W == 4 {
                L::load_half(residual.row(0, y))
            } else {
                L::load(residual.row(c * 8, y))
            };
            *row = scaling.before(lanes);
        }
        L::transform_1d(&mut t, shape.column_kind);
        scaling.between(&mut t[..H.min(32)]);
        for (g, rows) in rows.iter_mut().enumerate() {
            let mut block = [L::zero(); 8];
            for (i, row) in block.iter_mut().enumerate().take(H.min(8)) {
                *row = t[g * 8 + i];
            }
            let columns = L::transpose(block);
            for (i, column) in columns.into_iter().enumerate().take(W.min(8)) {
                let j = c * 8 + i;
                rows[if shape.flip_columns { W - 1 - j } else { j }] = column;
            }
        }
    }
    for (g, t) in rows.iter_mut().enumerate() {
        L::transform_1d(t, shape.row_kind);
        for j in (0..kept).step_by(8) {
            let mut block = [L::zero(); 8];
            for (i, column) in block.iter_mut().enumerate().take(W.min(8)) {
                *column = scaling.after(t[j + i]);
            }
            let lines = L::transpose(block);
            for (i, line) in lines.into_iter().enumerate().take(H.min(8)) {
                let (start, line) = (&mut coefficients[(g * 8 + i) * kept + j..], line.to_array());
                if W == 4 {
                    start[..4].copy_from_slice(&line[..4]);
                } else {
                    start[..8].copy_from_slice(&line);
                }
            }
        }
    }
}

/// A vector that knows where its 1D transforms are compiled.
pub(super) trait ForwardVector: Int16Vector + Int16Fractions {
    /// [`forward_1d`], once in the program for each length.
    fn transform_1d<const N: usize>(t: &mut [Self; N], kind: Kind);
}

impl ForwardVector for I16x8 {
    #[inline(never)]
    fn transform_1d<const N: usize>(t: &mut [Self; N], kind: Kind) {
        forward_1d(t, kind);
    }
}

/// The transpose of one of the 1D transforms of 7.13.2. Of 64 entries the last 32, which nobody keeps, are undefined.
#[inline(always)]
pub(super) fn forward_1d<L: Int16Fractions, const N: usize>(t: &mut [L; N], kind: Kind) {
    match kind {
        Kind::Dct => forward_dct(t),
        Kind::Adst => {
            if let Ok(t) = <&mut [L; 4]>::try_from(t.as_mut_slice()) {
                forward_adst4(t);
            } else if let Ok(t) = <&mut [L; 8]>::try_from(t.as_mut_slice()) {
                forward_adst8(t);
            } else if let Ok(t) = <&mut [L; 16]>::try_from(t.as_mut_slice()) {
                forward_adst16(t);
            }
        }
        // 7.13.2.15: sqrt( 2 ), 2, 2 * sqrt( 2 ) and 4.
        Kind::Identity => {
            for entry in t.iter_mut() {
                let double = entry.add(*entry);
                *entry = match N {
                    4 => entry.add(entry.fraction(fine(5793 - 4096))),
                    8 => double,
                    16 => double.add(double.fraction(fine(5793 - 4096))),
                    _ => double.add(double),
                };
            }
        }
    }
}

/// The transpose of 7.13.2.1 `B( a, b, angle, flip, r )`.
#[inline(always)]
pub(super) fn unrotate<L: Int16Fractions, const N: usize>(
    t: &mut [L; N],
    a: usize,
    b: usize,
    angle: usize,
    flip: usize,
) {
    let (x, y) = if flip == 1 { (t[b], t[a]) } else { (t[a], t[b]) };
    let (cos, sin) = (fine(cos128(angle)), fine(sin128(angle)));
    (t[a], t[b]) = (x.fraction(cos).add(y.fraction(sin)), y.fraction(cos).sub(x.fraction(sin)));
}

/// 7.13.2.1 `H( a, b, flip, r )` without its clamp, which is its own transpose.
#[inline(always)]
pub(super) fn hadamard<L: Int16Fractions, const N: usize>(
    t: &mut [L; N],
    a: usize,
    b: usize,
    flip: usize,
) {
    let (a, b) = if flip == 1 { (b, a) } else { (a, b) };
    (t[a], t[b]) = (t[a].add(t[b]), t[a].sub(t[b]));
}

/// The transpose of 7.13.2.6.
#[inline(always)]
fn forward_adst4<L: Int16Fractions>(t: &mut [L; 4]) {
    let [a, b, c, d] = *t;
    let sum = |factors: [i16; 4]| {
        let products = [a, b, c, d].into_iter().zip(factors).map(|(x, f)| x.fraction(fine(f)));
        products.reduce(L::add).unwrap_or(a)
    };
    *t = [
        sum([1321, 2482, 3344, 3803]),
        sum([3344, 3344, 0, -3344]),
        sum([3803, -1321, -3344, 2482]),
        sum([2482, -3803, 3344, -1321]),
    ];
}

/// The transpose of 7.13.2.7.
#[inline(always)]
fn forward_adst8<L: Int16Fractions>(t: &mut [L; 8]) {
    undo_output(t);
    unrolled!(L; i in 0..2 => {
        unrotate(t, 2 + 4 * i, 3 + 4 * i, 32, 1);
    });
    unrolled!(L; i in 0..2 => {
        unrolled!(L; j in 0..2 => {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, 0);
        });
    });
    unrolled!(L; i in 0..2 => {
        unrotate(t, 4 + 3 * i, 5 + i, 48 - 32 * i, 1);
    });
    unrolled!(L; i in 0..4 => {
        hadamard(t, i, 4 + i, 0);
    });
    unrolled!(L; i in 0..4 => {
        unrotate(t, 2 * i, 2 * i + 1, 60 - 16 * i, 1);
    });
    undo_input(t);
}

/// The transpose of 7.13.2.8.
#[inline(always)]
fn forward_adst16<L: Int16Fractions>(t: &mut [L; 16]) {
    undo_output(t);
    unrolled!(L; i in 0..4 => {
        unrotate(t, 2 + 4 * i, 3 + 4 * i, 32, 1);
    });
    unrolled!(L; i in 0..2 => {
        unrolled!(L; j in 0..4 => {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, 0);
        });
    });
    unrolled!(L; i in 0..2 => {
        unrolled!(L; j in 0..2 => {
            unrotate(t, 4 + 8 * j + 3 * i, 5 + 8 * j + i, 48 - 32 * i, 1);
        });
    });
    unrolled!(L; i in 0..4 => {
        unrolled!(L; j in 0..2 => {
            hadamard(t, 8 * j + i, 4 + 8 * j + i, 0);
        });
    });
    unrolled!(L; i in 0..2 => {
        unrotate(t, 8 + 2 * i, 9 + 2 * i, 56 - 32 * i, 1);
        unrotate(t, 13 + 2 * i, 12 + 2 * i, 8 + 32 * i, 1);
    });
    unrolled!(L; i in 0..8 => {
        hadamard(t, i, 8 + i, 0);
    });
    unrolled!(L; i in 0..8 => {
        unrotate(t, 2 * i, 2 * i + 1, 62 - 8 * i, 1);
    });
    undo_input(t);
}

#[inline(always)]
fn undo_input<L: Int16Fractions, const N: usize>(t: &mut [L; N]) {
    let output = *t;
    for (lane, source) in t.iter_mut().zip(const { undone_input::<N>() }) {
        *lane = output[source];
    }
}

#[inline(always)]
fn undo_output<L: Int16Fractions, const N: usize>(t: &mut [L; N]) {
    let output = *t;
    for (lane, source) in t.iter_mut().zip(const { undone_output::<N>() }) {
        let value = output[source];
        *lane = if source & 1 == 1 { value.negate() } else { value };
    }
}

/// Where each entry goes in 7.13.2.4.
const fn undone_input<const N: usize>() -> [usize; N] {
    let mut sources = [0; N];
    let mut i = 0;
    while i < N {
        sources[adst_input(N, i)] = i;
        i += 1;
    }
    sources
}

/// Where each entry goes in 7.13.2.5.
const fn undone_output<const N: usize>() -> [usize; N] {
    let mut sources = [0; N];
    let mut i = 0;
    while i < N {
        sources[adst_output(N.trailing_zeros(), i)] = i;
        i += 1;
    }
    sources
}
