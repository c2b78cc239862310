//! The forward transforms: the transpose of the inverse's butterflies, in single precision.
//!
//! The standard fixes only the inverse. The forward networks run its steps backwards with every rotation transposed, so
//! that their rows are the very basis functions the decoder will add up. Floating point needs neither the roundings
//! nor the headroom of integers, costs the same, and rounds once per operation on every machine.

use super::factors::{adst_input, adst_output, cos128, sin128};
use super::forward_dct::forward_dct;
use super::{Kind, Shape, identity_factor};
use crate::kernels::simd::{F32x8, Float32Vector};
use crate::kernels::view::View;

/// What the standard's factors are multiplied with.
const UNIT: f32 = 4096.0;

/// Transforms a `W`×`H` block of residuals: columns, then rows; see [`super::forward_transform`].
///
/// `G` is the number of groups of eight rows that are kept.
#[inline(always)]
pub(super) fn forward_2d<R: ForwardVector, const W: usize, const H: usize, const G: usize>(
    proof: R::Proof,
    residual: View<'_, i16>,
    coefficients: &mut [i16],
    shape: &Shape,
) {
    let scale = scale::<W, H>(shape);
    let kept = W.min(32);
    let mut rows = [[R::zero(proof); W]; G];
    for c in 0..W.div_ceil(8) {
        let mut t = [R::zero(proof); H];
        for (i, row) in t.iter_mut().enumerate() {
            let y = if shape.flip_rows { H - 1 - i } else { i };
            let lanes = if W == 4 {
                R::load_half(proof, residual.row(0, y))
            } else {
                R::load(proof, residual.row(c * 8, y))
            };
            *row = lanes.scale(scale);
        }
        R::transform_1d(&mut t, shape.column_kind);
        for (g, rows) in rows.iter_mut().enumerate() {
            let mut block = [R::zero(proof); 8];
            for (i, row) in block.iter_mut().enumerate().take(H.min(8)) {
                *row = t[g * 8 + i];
            }
            let columns = R::transpose(block);
            for (i, column) in columns.into_iter().enumerate().take(W.min(8)) {
                let j = c * 8 + i;
                rows[if shape.flip_columns { W - 1 - j } else { j }] = column;
            }
        }
    }
    for (g, t) in rows.iter_mut().enumerate() {
        R::transform_1d(t, shape.row_kind);
        for j in (0..kept).step_by(8) {
            let mut block = [R::zero(proof); 8];
            for (i, column) in block.iter_mut().enumerate().take(W.min(8)) {
                *column = t[j + i];
            }
            let lines = R::transpose_rounded(block);
            for (i, line) in lines.into_iter().enumerate().take(H.min(8)) {
                let start = &mut coefficients[(g * 8 + i) * kept + j..];
                if W == 4 {
                    start[..4].copy_from_slice(&line[..4]);
                } else {
                    start[..8].copy_from_slice(&line);
                }
            }
        }
    }
}

/// What makes up for the gains of the inverse: its 1D transforms are sqrt( length / 2 ) times orthonormal, so that theirs and
/// the transposes' together give `W * H / 4`; then come its shifts and, for 2:1, its factor of 1 / sqrt( 2 ).
fn scale<const W: usize, const H: usize>(shape: &Shape) -> f32 {
    let shifts = (1u32 << (shape.row_shift + 4)) as f32;
    let rectangle = if W == 2 * H || H == 2 * W { std::f32::consts::SQRT_2 } else { 1.0 };
    shifts * rectangle * 4.0 / (W * H) as f32
}

/// A vector that knows where its 1D transforms are compiled.
pub(super) trait ForwardVector: Float32Vector {
    /// [`forward_1d`], once in the program for each length.
    fn transform_1d<const N: usize>(t: &mut [Self; N], kind: Kind);
}

impl ForwardVector for F32x8 {
    #[inline(never)]
    fn transform_1d<const N: usize>(t: &mut [Self; N], kind: Kind) {
        forward_1d(t, kind);
    }
}

/// The transpose of one of the 1D transforms of 7.13.2.
#[inline(always)]
pub(super) fn forward_1d<R: Float32Vector, const N: usize>(t: &mut [R; N], kind: Kind) {
    match kind {
        Kind::Dct => {
            forward_dct(t);
            // What nobody keeps need not be computed either.
            t.iter_mut().skip(32).for_each(|entry| *entry = R::zero(entry.proof()));
        }
        Kind::Adst => {
            if let Ok(t) = <&mut [R; 4]>::try_from(t.as_mut_slice()) {
                forward_adst4(t);
            } else if let Ok(t) = <&mut [R; 8]>::try_from(t.as_mut_slice()) {
                forward_adst8(t);
            } else if let Ok(t) = <&mut [R; 16]>::try_from(t.as_mut_slice()) {
                forward_adst16(t);
            }
        }
        Kind::Identity => {
            let factor = f32::from(identity_factor(N)) / UNIT;
            for entry in t.iter_mut() {
                *entry = entry.scale(factor);
            }
        }
    }
}

/// The transpose of 7.13.2.1 `B( a, b, angle, flip, r )`.
#[inline(always)]
pub(super) fn unrotate<R: Float32Vector, const N: usize>(
    t: &mut [R; N],
    a: usize,
    b: usize,
    angle: usize,
    flip: usize,
) {
    let (x, y) = if flip == 1 { (t[b], t[a]) } else { (t[a], t[b]) };
    let (cos, sin) = (f32::from(cos128(angle)) / UNIT, f32::from(sin128(angle)) / UNIT);
    (t[a], t[b]) = if angle == 32 {
        (x.add(y).scale(cos), y.sub(x).scale(cos))
    } else {
        x.unrotate(y, cos, sin)
    };
}

/// 7.13.2.1 `H( a, b, flip, r )` without its clamp, which is its own transpose.
#[inline(always)]
pub(super) fn hadamard<R: Float32Vector, const N: usize>(
    t: &mut [R; N],
    a: usize,
    b: usize,
    flip: usize,
) {
    let (a, b) = if flip == 1 { (b, a) } else { (a, b) };
    (t[a], t[b]) = (t[a].add(t[b]), t[a].sub(t[b]));
}

/// The transpose of 7.13.2.6.
#[inline(always)]
fn forward_adst4<R: Float32Vector>(t: &mut [R; 4]) {
    let [a, b, c, d] = *t;
    let sum = |factors: [f32; 4]| {
        let products = [a, b, c, d].into_iter().zip(factors).map(|(x, f)| x.scale(f / UNIT));
        products.reduce(R::add).unwrap_or(a)
    };
    *t = [
        sum([1321.0, 2482.0, 3344.0, 3803.0]),
        sum([3344.0, 3344.0, 0.0, -3344.0]),
        sum([3803.0, -1321.0, -3344.0, 2482.0]),
        sum([2482.0, -3803.0, 3344.0, -1321.0]),
    ];
}

/// The transpose of 7.13.2.7.
#[inline(always)]
fn forward_adst8<R: Float32Vector>(t: &mut [R; 8]) {
    undo_output(t);
    for i in 0..2 {
        unrotate(t, 2 + 4 * i, 3 + 4 * i, 32, 1);
    }
    for i in 0..2 {
        for j in 0..2 {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, 0);
        }
    }
    for i in 0..2 {
        unrotate(t, 4 + 3 * i, 5 + i, 48 - 32 * i, 1);
    }
    for i in 0..4 {
        hadamard(t, i, 4 + i, 0);
    }
    for i in 0..4 {
        unrotate(t, 2 * i, 2 * i + 1, 60 - 16 * i, 1);
    }
    undo_input(t);
}

/// The transpose of 7.13.2.8.
#[inline(always)]
fn forward_adst16<R: Float32Vector>(t: &mut [R; 16]) {
    undo_output(t);
    for i in 0..4 {
        unrotate(t, 2 + 4 * i, 3 + 4 * i, 32, 1);
    }
    for i in 0..2 {
        for j in 0..4 {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, 0);
        }
    }
    for i in 0..2 {
        for j in 0..2 {
            unrotate(t, 4 + 8 * j + 3 * i, 5 + 8 * j + i, 48 - 32 * i, 1);
        }
    }
    for i in 0..4 {
        for j in 0..2 {
            hadamard(t, 8 * j + i, 4 + 8 * j + i, 0);
        }
    }
    for i in 0..2 {
        unrotate(t, 8 + 2 * i, 9 + 2 * i, 56 - 32 * i, 1);
        unrotate(t, 13 + 2 * i, 12 + 2 * i, 8 + 32 * i, 1);
    }
    for i in 0..8 {
        hadamard(t, i, 8 + i, 0);
    }
    for i in 0..8 {
        unrotate(t, 2 * i, 2 * i + 1, 62 - 8 * i, 1);
    }
    undo_input(t);
}

#[inline(always)]
fn undo_input<R: Float32Vector, const N: usize>(t: &mut [R; N]) {
    let output = *t;
    for (lane, source) in t.iter_mut().zip(const { undone_input::<N>() }) {
        *lane = output[source];
    }
}

#[inline(always)]
fn undo_output<R: Float32Vector, const N: usize>(t: &mut [R; N]) {
    let output = *t;
    for (lane, source) in t.iter_mut().zip(const { undone_output::<N>() }) {
        let value = output[source];
        *lane = if source & 1 == 1 { value.scale(-1.0) } else { value };
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
