//! Local warped motion: the samples of a block's neighbours (7.10.4), the affine transform that fits their vectors
//! (7.11.3.8) as two shears (7.11.3.6), and the prediction with it (7.11.3.5).

use super::bounds::TileBounds;
use super::inter::Region;
use crate::av1::frame::mode_info::{ModeInfo, ModeInfoGrid};
use crate::av1::geometry::MiPos;
use crate::av1::obu::frame::global_motion::WARPEDMODEL_PREC_BITS;
use crate::av1::types::{BlockSize, INTRA_FRAME, Mv, NONE, RefFrame};
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::kernels::view::SamplesMut;
use crate::kernels::warp::{self, BEFORE, SIDE, Shear, Warp};

/// 1 as a parameter.
const ONE: i32 = 1 << WARPEDMODEL_PREC_BITS;
/// `WARPEDMODEL_TRANS_CLAMP`.
const WARPEDMODEL_TRANS_CLAMP: i64 = 1 << 23;
/// `WARPEDMODEL_NONDIAGAFFINE_CLAMP`.
const WARPEDMODEL_NONDIAGAFFINE_CLAMP: i64 = 1 << 13;
/// `WARP_PARAM_REDUCE_BITS`.
const WARP_PARAM_REDUCE_BITS: u32 = 6;
/// `LEAST_SQUARES_SAMPLES_MAX`.
const LEAST_SQUARES_SAMPLES_MAX: usize = 8;
/// `LS_MV_MAX`.
const LS_MV_MAX: i32 = 256;
/// `DIV_LUT_BITS`.
const DIV_LUT_BITS: u32 = 8;
/// `DIV_LUT_PREC_BITS`.
const DIV_LUT_PREC_BITS: u32 = 14;

/// `Div_Lut` (7.11.3.7): 2^22 / (256 + i), rounded.
pub(crate) static DIV_LUT: [u16; 257] = {
    let mut table = [0; 257];
    let mut i = 0;
    while i <= 256 {
        let divisor = 256 + i as u32;
        table[i] = (((1 << (DIV_LUT_PREC_BITS + DIV_LUT_BITS)) + divisor / 2) / divisor) as u16;
        i += 1;
    }
    table
};

/// A block and what is coded around it.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The records of the frame.
    pub(crate) grid: &'a ModeInfoGrid,
    /// The tile.
    pub(crate) tile: TileBounds,
    /// The block's position.
    pub(crate) pos: MiPos,
    /// The block's size.
    pub(crate) size: BlockSize,
}

/// A neighbour's position and motion (7.10.4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sample {
    /// The neighbour's middle, in luma samples.
    y: i32,
    x: i32,
    /// Its vector.
    mv: Mv,
}

/// `CandList` and its lengths (7.10.4).
#[derive(Clone, Copy, Debug)]
struct WarpSamples {
    list: [Sample; LEAST_SQUARES_SAMPLES_MAX],
    /// `NumSamples`.
    count: usize,
    /// `NumSamplesScanned`.
    scanned: usize,
    /// How many are scanned at most.
    most: usize,
}

/// The affine transform of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalWarp {
    /// `LocalWarpParams`.
    params: [i32; 6],
    /// The shears that it comes to.
    shear: Shear,
}

/// The middle of a block, in luma samples, less one.
fn middle(pos: MiPos, size: BlockSize) -> (i32, i32) {
    let at = |mi: usize, n4: usize| (mi * 4 + n4 * 2) as i32 - 1;
    (at(pos.row, size.height4()), at(pos.col, size.width4()))
}

impl Surroundings<'_> {
    /// `AvailU`.
    pub(super) fn has_above(&self) -> bool {
        self.pos.row > self.tile.mi_row_start
    }

    /// `AvailL`.
    pub(super) fn has_left(&self) -> bool {
        self.pos.col > self.tile.mi_col_start
    }

    /// Whether some neighbour, looked at in steps of 8 samples (7.10.3), is such.
    pub(super) fn has_neighbour(&self, is_such: impl Fn(&ModeInfo) -> bool) -> bool {
        let Self { grid, pos, size, .. } = *self;
        let right = grid.mi_cols.min(pos.col + size.width4());
        let bottom = grid.mi_rows.min(pos.row + size.height4());
        let mut above = (pos.col..right).step_by(2).map(|x4| (pos.row - 1, x4 | 1));
        let mut left = (pos.row..bottom).step_by(2).map(|y4| (y4 | 1, pos.col - 1));
        self.has_above() && above.any(|(row, col)| is_such(grid.at(row, col)))
            || self.has_left() && left.any(|(row, col)| is_such(grid.at(row, col)))
    }

    /// 7.10.3 has overlappable candidates process.
    pub(crate) fn has_overlappable_candidates(&self) -> bool {
        self.has_neighbour(|info| info.ref_frame[0] > INTRA_FRAME)
    }

    /// Whether `NumSamples` is not 0 for a block that is predicted from `reference` (7.10.4), whatever its vector.
    pub(crate) fn has_warp_samples(&self, reference: RefFrame) -> bool {
        self.warp_samples(reference, Mv::default(), 1).count > 0
    }

    /// 7.10.4 find warp samples process of a block with one reference and vector, that ends after `most` scanned samples.
    fn warp_samples(&self, reference: RefFrame, mv: Mv, most: usize) -> WarpSamples {
        let Self { grid, pos, size, .. } = *self;
        let (w4, h4) = (size.width4(), size.height4());
        let list = [Sample::default(); LEAST_SQUARES_SAMPLES_MAX];
        let mut samples = WarpSamples { list, count: 0, scanned: 0, most };
        let mut add =
            |rows: isize, cols: isize| self.add_sample(&mut samples, (rows, cols), reference, mv);
        let (mut top_left, mut top_right) = (true, true);
        if self.has_above() {
            let width_at = |col: usize| grid.at(pos.row - 1, col).block_size.width4();
            let width = width_at(pos.col);
            if w4 <= width {
                let offset = pos.col & (width - 1);
                top_left &= offset == 0;
                top_right &= width - offset <= w4;
                add(-1, 0);
            } else {
                let mut i = 0;
                while i < w4.min(grid.mi_cols - pos.col) {
                    add(-1, i as isize);
                    i += w4.min(width_at(pos.col + i));
                }
            }
        }
        if self.has_left() {
            let height_at = |row: usize| grid.at(row, pos.col - 1).block_size.height4();
            let height = height_at(pos.row);
            if h4 <= height {
                top_left &= pos.row & (height - 1) == 0;
                add(0, -1);
            } else {
                let mut i = 0;
                while i < h4.min(grid.mi_rows - pos.row) {
                    add(i as isize, -1);
                    i += h4.min(height_at(pos.row + i));
                }
            }
        }
        if top_left {
            add(-1, -1);
        }
        if top_right && w4.max(h4) <= 16 {
            add(-1, w4 as isize);
        }
        if samples.count == 0 && samples.scanned > 0 {
            samples.count = 1;
        }
        samples
    }

    /// 7.10.4.2 add sample process, for the neighbour `rows` down and `cols` to the right.
    fn add_sample(
        &self,
        samples: &mut WarpSamples,
        (rows, cols): (isize, isize),
        reference: RefFrame,
        mv: Mv,
    ) {
        let (row, col) = (self.pos.row as isize + rows, self.pos.col as isize + cols);
        if samples.scanned >= samples.most || !self.tile.is_inside(row, col) {
            return;
        }
        let (row, col) = (row as usize, col as usize);
        let candidate: &ModeInfo = self.grid.at(row, col);
        // What is not written yet has no first reference.
        if candidate.ref_frame != [reference, NONE] {
            return;
        }
        let size = candidate.block_size;
        let start = MiPos::new(row & !(size.height4() - 1), col & !(size.width4() - 1));
        let (y, x) = middle(start, size);
        let threshold = self.size.width().max(self.size.height()).clamp(16, 112) as i32;
        let apart = |a: i16, b: i16| (i32::from(a) - i32::from(b)).abs();
        let difference = apart(candidate.mv[0].row, mv.row) + apart(candidate.mv[0].col, mv.col);
        let is_valid = difference <= threshold;
        samples.scanned += 1;
        if is_valid || samples.scanned == 1 {
            samples.list[samples.count] = Sample { y, x, mv: candidate.mv[0] };
            samples.count += usize::from(is_valid);
        }
    }

    /// 7.11.3.8 warp estimation process and 7.11.3.6 for a block with one reference and vector; `None` is `LocalValid`
    /// of 0.
    pub(crate) fn local_warp(&self, reference: RefFrame, mv: Mv) -> Option<LocalWarp> {
        let samples = self.warp_samples(reference, mv, LEAST_SQUARES_SAMPLES_MAX);
        let mid = middle(self.pos, self.size);
        let params = estimate(&samples.list[..samples.count], mid, mv)?;
        Some(LocalWarp { params, shear: shear(&params)? })
    }
}

/// `ls_product` (7.11.3.8).
fn ls_product(a: i32, b: i32) -> i64 {
    i64::from(((a * b) >> 2) + (a + b))
}

/// `Round2Signed`.
fn round2_signed(x: i64, n: u32) -> i64 {
    if n == 0 {
        return x;
    }
    let magnitude = (x.abs() + (1 << (n - 1))) >> n;
    if x < 0 { -magnitude } else { magnitude }
}

/// 7.11.3.7 resolve divisor process: `divShift` and `divFactor`.
fn resolve_divisor(d: i64) -> (u32, i64) {
    let n = d.unsigned_abs().ilog2();
    let e = d.abs() - (1 << n);
    let f = if n > DIV_LUT_BITS {
        let shift = n - DIV_LUT_BITS;
        (e + (1 << (shift - 1))) >> shift
    } else {
        e << (DIV_LUT_BITS - n)
    };
    let factor = i64::from(DIV_LUT[f as usize]);
    (n + DIV_LUT_PREC_BITS, if d < 0 { -factor } else { factor })
}

/// 7.11.3.8: `LocalWarpParams` of a block with its middle at (`mid_y`, `mid_x`), `None` if there is no fit.
fn estimate(samples: &[Sample], (mid_y, mid_x): (i32, i32), mv: Mv) -> Option<[i32; 6]> {
    let (mut a, mut bx, mut by) = ([[0_i64; 2]; 2], [0_i64; 2], [0_i64; 2]);
    for sample in samples {
        let (sy, sx) = ((sample.y - mid_y) * 8, (sample.x - mid_x) * 8);
        let dy = sy + i32::from(sample.mv.row) - i32::from(mv.row);
        let dx = sx + i32::from(sample.mv.col) - i32::from(mv.col);
        if (sx - dx).abs() < LS_MV_MAX && (sy - dy).abs() < LS_MV_MAX {
            a[0][0] += ls_product(sx, sx) + 8;
            a[0][1] += ls_product(sx, sy) + 4;
            a[1][1] += ls_product(sy, sy) + 8;
            bx[0] += ls_product(sx, dx) + 8;
            bx[1] += ls_product(sy, dx) + 4;
            by[0] += ls_product(sx, dy) + 4;
            by[1] += ls_product(sy, dy) + 8;
        }
    }
    let det = a[0][0] * a[1][1] - a[0][1] * a[0][1];
    if det == 0 {
        return None;
    }
    let (shift, factor) = resolve_divisor(det);
    let (shift, factor) = if shift < WARPEDMODEL_PREC_BITS {
        (0, factor << (WARPEDMODEL_PREC_BITS - shift))
    } else {
        (shift - WARPEDMODEL_PREC_BITS, factor)
    };
    let most = WARPEDMODEL_NONDIAGAFFINE_CLAMP - 1;
    // Blocks of up to 64 samples have neighbours' middles within 64 samples, so that `v` keeps within 2^41.
    let divide = |v: i64, middle: i32| {
        let middle = i64::from(middle);
        round2_signed(v * factor, shift).clamp(middle - most, middle + most) as i32
    };
    let xx = divide(a[1][1] * bx[0] - a[0][1] * bx[1], ONE);
    let xy = divide(-a[0][1] * bx[0] + a[0][0] * bx[1], 0);
    let yx = divide(a[1][1] * by[0] - a[0][1] * by[1], 0);
    let yy = divide(-a[0][1] * by[0] + a[0][0] * by[1], ONE);
    let translation = |mv: i16, from_x: i32, from_y: i32| {
        let moved = i64::from(mv) << (WARPEDMODEL_PREC_BITS - 3);
        let bent = i64::from(mid_x) * i64::from(from_x) + i64::from(mid_y) * i64::from(from_y);
        (moved - bent).clamp(-WARPEDMODEL_TRANS_CLAMP, WARPEDMODEL_TRANS_CLAMP - 1) as i32
    };
    Some([translation(mv.col, xx - ONE, xy), translation(mv.row, yx, yy - ONE), xx, xy, yx, yy])
}

/// 7.11.3.6 setup shear process; `None` is `warpValid` of 0.
fn shear(params: &[i32; 6]) -> Option<Shear> {
    let [_, _, xx, xy, yx, yy] = params.map(i64::from);
    let one = i64::from(ONE);
    let (shift, factor) = resolve_divisor(xx);
    let reduced = |v: i64| {
        let v = v.clamp(i64::from(i16::MIN), i64::from(i16::MAX));
        (round2_signed(v, WARP_PARAM_REDUCE_BITS) << WARP_PARAM_REDUCE_BITS) as i32
    };
    let alpha = reduced(xx - one);
    let beta = reduced(xy);
    let gamma = reduced(round2_signed((yx << WARPEDMODEL_PREC_BITS) * factor, shift));
    let delta = reduced(yy - round2_signed(xy * yx * factor, shift) - one);
    let is_valid =
        4 * alpha.abs() + 7 * beta.abs() < ONE && 4 * gamma.abs() + 4 * delta.abs() < ONE;
    is_valid.then_some(Shear { alpha, beta, gamma, delta })
}

impl LocalWarp {
    /// How far corners of a block of `size` move apart from its middle at most, in 1/16 sample.
    pub(crate) fn bend(&self, size: BlockSize) -> i32 {
        let [_, _, xx, xy, yx, yy] = self.params;
        let (w, h) = (size.width() as i32 / 2, size.height() as i32 / 2);
        let across = (xx - ONE).abs() * w + xy.abs() * h;
        let down = yx.abs() * w + (yy - ONE).abs() * h;
        across.max(down) >> (WARPEDMODEL_PREC_BITS - 4)
    }

    /// 7.11.3.5 block warp process: predicts a region of at least 8×8 from `reference` (edges extended) into `dst`.
    pub(crate) fn predict(
        &self,
        isa: Isa,
        dst: SamplesMut<'_>,
        reference: &PaddedPlane,
        region: Region,
    ) {
        for y in (0..region.h).step_by(SIDE) {
            for x in (0..region.w).step_by(SIDE) {
                let at = (region.x + x, region.y + y);
                let ((left, top), warp) = self.locate(reference, region.plane, at);
                let dst = SamplesMut::new(&mut dst.data[y * dst.stride + x..], dst.stride);
                warp::put(isa, dst, reference.view(left, top), warp);
            }
        }
    }

    /// Where the samples of an 8×8 block at (`x`, `y`) of a plane begin in its reference, and how it lies between them.
    ///
    /// The clamp of every sample's position to the reference (7.11.3.5) is in its extended edges. Where all lie beyond an
    /// edge they are the same along that direction wherever they lie there, so the block is brought back to where they
    /// just lie beyond it.
    fn locate(
        &self,
        reference: &PaddedPlane,
        plane: usize,
        (x, y): (usize, usize),
    ) -> ((isize, isize), Warp) {
        let sub = u32::from(plane > 0);
        let [translation_x, translation_y, xx, xy, yx, yy] = self.params.map(i64::from);
        let src_x = ((x + SIDE / 2) << sub) as i64;
        let src_y = ((y + SIDE / 2) << sub) as i64;
        let position = |moved: i64, last: usize| {
            let position = moved >> sub;
            let whole = (position >> WARPEDMODEL_PREC_BITS) as isize;
            let before = BEFORE as isize;
            let start = whole.clamp(-before - 1, (last + BEFORE) as isize) - before;
            (start, (position & i64::from(ONE - 1)) as i32)
        };
        let (left, x) = position(xx * src_x + xy * src_y + translation_x, reference.width);
        let (top, y) = position(yx * src_x + yy * src_y + translation_y, reference.height);
        ((left, top), Warp { x, y, shear: self.shear })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of 16×16 between neighbours of 16×16 above and to the left with these vectors.
    fn warp(above: Mv, left: Mv, mv: Mv) -> Option<LocalWarp> {
        let mut grid = ModeInfoGrid::new(64, 64);
        grid.clear();
        let (size, pos) = (BlockSize::B16x16, MiPos::new(4, 4));
        for (at, mv) in [(MiPos::new(0, 4), above), (MiPos::new(4, 0), left)] {
            let (mv, ref_frame) = ([mv, Mv::default()], [1, NONE]);
            let info = ModeInfo { mv, ref_frame, block_size: size, ..ModeInfo::default() };
            grid.fill(at, size, info);
        }
        let tile = TileBounds { mi_row_start: 0, mi_row_end: 16, mi_col_start: 0, mi_col_end: 16 };
        let around = Surroundings { grid: &grid, tile, pos, size };
        assert!(around.has_overlappable_candidates() && around.has_warp_samples(1));
        assert!(!around.has_warp_samples(2));
        around.local_warp(1, mv)
    }

    #[test]
    fn equal_vectors_are_a_translation() {
        let mv = Mv::new(-13, 22);
        let warp = warp(mv, mv, mv).expect("a fit");
        assert_eq!(warp.bend(BlockSize::B16x16), 0);
        // The divisor of 7.11.3.7 has nine bits.
        let [_, _, xx, xy, yx, yy] = warp.params;
        assert_eq!((xy, yx, xx), (0, 0, yy));
        assert!((xx - ONE).abs() <= ONE / 512, "{:?}", warp.params);
    }

    /// What lies further up moves further to the right and what lies further left further down: a rotation by a
    /// 32nd.
    #[test]
    fn a_rotation_is_found() {
        let mv = Mv::new(8, 16);
        let warp = warp(Mv::new(8, 20), Mv::new(12, 16), mv).expect("a fit");
        let [_, _, xx, xy, yx, yy] = warp.params;
        for (parameter, turned) in [(xx, ONE), (xy, -ONE / 32), (yx, -ONE / 32), (yy, ONE)] {
            assert!((parameter - turned).abs() < ONE / 256, "{:?}", warp.params);
        }
        assert!((3..=5).contains(&warp.bend(BlockSize::B16x16)));
    }

    /// Neighbours that move quite otherwise are left out, but for the first where none is near.
    #[test]
    fn far_vectors_are_left_out() {
        let (mv, far) = (Mv::new(0, 0), Mv::new(100, 0));
        let bend = |above, left| warp(above, left, mv).map(|warp| warp.bend(BlockSize::B16x16));
        assert_eq!([bend(mv, far), bend(far, mv)], [Some(0); 2]);
        assert_ne!(bend(far, far), Some(0));
    }
}
