//! What a look at the picture tells before any of it is coded: how much texture and change it has,
//! where it stands still, whether it is a scene cut.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::speed::Effort;
use super::tuning::{
    CHANGED_DIFFERENCE, INTERPOLATED_AROUND, LEAST_TEXTURE, MOVING_DIFFERENCE, SCENE_CUT_RISE,
};
use crate::av1::geometry::{MiPos, SB4};
use crate::av1::types::BlockSize;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::kernels::sad::sad;
use crate::pool::Pool;

/// Side of the units that stand still or move, in samples.
const UNIT: usize = 16;
/// The same in units of 4×4 samples.
const UNIT4: usize = UNIT / 4;

/// The picture as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Analysis {
    /// Mean absolute difference of neighbouring luma samples.
    pub(crate) spatial: f32,
    /// Mean absolute difference of luma samples from the previous picture; that of neighbours in
    /// the first one.
    pub(crate) temporal: f32,
    /// Share of the picture that moves or changes, 0 to 1; 0 in the first one.
    pub(crate) moving: f32,
    /// Whether most of the picture is not what it was.
    pub(crate) scene_cut: bool,
}

/// Units that differ from the previous picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Differing {
    /// Those that move or change.
    moving: usize,
    /// Those that are not what they were.
    changed: usize,
}

/// What a superblock holds, in sums of absolute differences of luma samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Activity {
    /// From neighbour to neighbour.
    pub(crate) spatial: u64,
    /// From the previous picture.
    pub(crate) temporal: u64,
    /// Samples.
    pub(crate) area: u64,
}

/// Compares every picture with the one before.
pub(super) struct Analyser {
    /// What the kernels use.
    isa: Isa,
    /// Whether there was a picture before.
    seen: bool,
    /// By superblock, row by row.
    superblocks: Vec<Activity>,
    /// Mean difference of neighbours.
    spatial: f32,
    /// Mean difference of the picture before from the one before that.
    temporal: f32,
    /// For how many pictures units of 16×16 samples have stood still, row by row.
    still: Vec<u8>,
    /// [`Effort::still_difference`].
    still_difference: u32,
    /// How many pictures back the first reference is.
    distance: u8,
    /// Units in a row.
    cols: usize,
    /// Whether most units are not what they were.
    is_changed: bool,
}

/// A picture that is compared with the one before.
struct Compared<'a> {
    isa: Isa,
    luma: &'a PaddedPlane,
    /// Whether there was a picture before.
    seen: bool,
    /// [`Effort::still_difference`].
    still_difference: u32,
}

impl Compared<'_> {
    /// Compares the units of a superblock row.
    fn superblock_row(
        &self,
        row: usize,
        superblocks: &mut [Activity],
        still: &mut [u8],
        previous: &PaddedPlane,
    ) -> Differing {
        let luma = self.luma;
        let cols = luma.width.div_ceil(UNIT);
        let mut differing = Differing::default();
        superblocks.fill(Activity::default());
        for (index, still) in still.iter_mut().enumerate() {
            let (x, y) = (index % cols * UNIT, 64 * row + index / cols * UNIT);
            let (w, h) = ((luma.width - x).min(UNIT), (luma.height - y).min(UNIT));
            // Edges repeat, so that what is read beyond them adds nothing new.
            let w4 = w.next_multiple_of(4);
            let area = (w4 * h) as u32;
            let (isa, size) = (self.isa, (w4, h));
            let (left, top) = (x as isize, y as isize);
            let here = luma.view(left, top);
            let gradient = sad(isa, here, luma.view(left + 1, top), size);
            let difference = sad(isa, here, previous.view(left, top), size);
            let superblock = &mut superblocks[x / 64];
            superblock.spatial += u64::from(gradient);
            superblock.temporal += u64::from(difference);
            superblock.area += (w * h) as u64;
            let is_still = self.seen && difference * 16 <= self.still_difference * area;
            *still = if is_still { still.saturating_add(1) } else { 0 };
            let expected = gradient + gradient / 2 + CHANGED_DIFFERENCE * area;
            differing.changed += usize::from(difference > expected);
            differing.moving += usize::from(difference > MOVING_DIFFERENCE * area);
        }
        differing
    }
}

impl Analyser {
    /// For pictures of `width` × `height` luma samples.
    pub(super) fn new(width: usize, height: usize, isa: Isa) -> Self {
        let cols = width.div_ceil(UNIT);
        Self {
            isa,
            seen: false,
            superblocks: vec![Activity::default(); width.div_ceil(64) * height.div_ceil(64)],
            spatial: 0.0,
            temporal: 0.0,
            still: vec![0; cols * height.div_ceil(UNIT)],
            still_difference: Effort::of(6).still_difference,
            distance: 1,
            cols,
            is_changed: false,
        }
    }

    /// Compares a picture's luma with that of the `previous` one, which was given before.
    pub(super) fn analyse(
        &mut self,
        luma: &PaddedPlane,
        previous: &PaddedPlane,
        pool: &Pool,
    ) -> Analysis {
        let Differing { moving, changed } = self.compare_units(luma, previous, pool);
        let samples = (luma.width * luma.height) as f32;
        let sum = |of: fn(&Activity) -> u64| self.superblocks.iter().map(of).sum::<u64>() as f32;
        let spatial = sum(|superblock| superblock.spatial) / samples;
        let temporal = sum(|superblock| superblock.temporal) / samples;
        self.is_changed = changed * 2 > self.still.len();
        let scene_cut = self.is_changed && temporal > SCENE_CUT_RISE * self.temporal;
        let analysis = match self.seen {
            true => {
                let moving = moving as f32 / self.still.len() as f32;
                Analysis { spatial, temporal, moving, scene_cut }
            }
            false => Analysis { spatial, temporal: spatial, moving: 0.0, scene_cut: true },
        };
        self.spatial = spatial;
        self.temporal = if self.seen { temporal } else { 0.0 };
        self.seen = true;
        analysis
    }

    /// Whether most of the picture is not what it was in the one before.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Sums up the differences of all units by superblock.
    fn compare_units(
        &mut self,
        luma: &PaddedPlane,
        previous: &PaddedPlane,
        pool: &Pool,
    ) -> Differing {
        let (moving, changed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let Self { isa, seen, still_difference, .. } = *self;
        let compared = Compared { isa, luma, seen, still_difference };
        let superblocks = self.superblocks.chunks_mut(luma.width.div_ceil(64));
        let still = self.still.chunks_mut(64 / UNIT * self.cols);
        pool.for_each(superblocks.zip(still).enumerate(), |(row, (superblocks, still))| {
            let row = compared.superblock_row(row, superblocks, still, previous);
            moving.fetch_add(row.moving, Ordering::Relaxed);
            changed.fetch_add(row.changed, Ordering::Relaxed);
        });
        Differing { moving: moving.into_inner(), changed: changed.into_inner() }
    }

    /// How much texture the superblock at `pos` has beside the picture as a whole.
    pub(super) fn texture(&self, pos: MiPos) -> f32 {
        let superblock =
            &self.superblocks[pos.row / SB4 * self.cols.div_ceil(SB4 / UNIT4) + pos.col / SB4];
        let here = superblock.spatial as f32 / superblock.area as f32;
        (here + LEAST_TEXTURE) / (self.spatial + LEAST_TEXTURE)
    }

    /// What the picture that was analysed last holds, by superblock, row by row.
    pub(super) fn superblocks(&self) -> &[Activity] {
        &self.superblocks
    }

    /// Takes what an effort says of pictures to come.
    pub(super) fn set_effort(&mut self, effort: &Effort) {
        self.still_difference = effort.still_difference;
    }

    /// Pictures are compared with the one this many pictures back from now on, 1 or more, wherever it is
    /// asked for what stands still.
    pub(super) fn set_distance(&mut self, distance: u8) {
        self.distance = distance;
    }

    /// Whether a block of the picture does not differ in the source from the one that the first
    /// reference shows.
    pub(super) fn is_still(&self, pos: MiPos, size: BlockSize) -> bool {
        let (row, col) = (pos.row / UNIT4, pos.col / UNIT4);
        let cols = col..(col + size.width4().div_ceil(UNIT4)).min(self.cols);
        let rows = self.still.chunks(self.cols).skip(row).take(size.height4().div_ceil(UNIT4));
        rows.flat_map(|row| &row[cols.clone()]).all(|&still| still >= self.distance)
    }

    /// Whether anything moves in an area of the picture or near it: left, top, right and bottom in
    /// samples.
    pub(super) fn moves_near(&self, [left, top, right, bottom]: [usize; 4]) -> bool {
        let units = |from: usize, to: usize| {
            from.saturating_sub(INTERPOLATED_AROUND) / UNIT..(to + INTERPOLATED_AROUND) / UNIT + 1
        };
        let (across, down) = (units(left, right), units(top, bottom));
        let mut rows = self.still.chunks(self.cols).skip(down.start).take(down.len());
        let moves = |&still: &u8| still < self.distance;
        rows.any(|row| row[across.start..across.end.min(self.cols)].iter().any(moves))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(sample: impl Fn(usize, usize) -> u8) -> PaddedPlane {
        let mut plane = PaddedPlane::new(96, 80);
        for y in 0..80 {
            for (x, s) in plane.row_mut(0, y as isize, 96).iter_mut().enumerate() {
                *s = sample(x, y);
            }
        }
        plane.extend_edges();
        plane
    }

    /// A corner that changes is what moves, the rest is still; the first picture moves everywhere.
    #[test]
    fn still_is_what_has_not_changed() {
        let mut analyser = Analyser::new(96, 80, Isa::detect());
        let pool = Pool::default();
        let before = picture(|x, _| x as u8);
        let first = analyser.analyse(&before, &picture(|_, _| 128), &pool);
        assert!(first.scene_cut && !analyser.is_still(MiPos { row: 0, col: 0 }, BlockSize::B16x16));
        let corner = picture(|x, y| if x < 16 && y < 16 { 200 } else { x as u8 });
        let second = analyser.analyse(&corner, &before, &pool);
        assert!(!second.scene_cut && first.moving == 0.0);
        assert_eq!(second.moving, 1.0 / 30.0);
        assert!(!analyser.is_still(MiPos { row: 0, col: 0 }, BlockSize::B16x16));
        assert!(!analyser.is_still(MiPos { row: 0, col: 0 }, BlockSize::B64x64));
        assert!(analyser.is_still(MiPos { row: 4, col: 0 }, BlockSize::B64x64));
        assert!(analyser.moves_near([32, 32, 64, 64]) && !analyser.moves_near([80, 64, 96, 80]));
        assert_eq!(
            analyser.superblocks().iter().map(|superblock| superblock.area).sum::<u64>(),
            96 * 80
        );
        assert_eq!(analyser.superblocks()[1].temporal, 0);
    }

    /// What moved once since the first reference is not still for a frame that refers to that.
    #[test]
    fn still_is_what_has_not_changed_since_the_reference() {
        let mut analyser = Analyser::new(96, 80, Isa::detect());
        let corner = MiPos { row: 0, col: 0 };
        let still = |grey| picture(move |x, y| if x < 16 && y < 16 { grey } else { x as u8 });
        let mut before = still(0);
        for grey in [100, 140, 140, 140] {
            let next = still(grey);
            analyser.analyse(&next, &before, &Pool::default());
            before = next;
        }
        for (distance, expected) in [(1, true), (2, true), (3, false)] {
            analyser.set_distance(distance);
            assert_eq!(analyser.is_still(corner, BlockSize::B16x16), expected, "{distance}");
            assert_eq!(analyser.moves_near([0, 0, 8, 8]), !expected, "{distance}");
        }
    }

    /// A cut is new; motion that was there before is not.
    #[test]
    fn cuts_are_told_from_motion() {
        let mut analyser = Analyser::new(96, 80, Isa::detect());
        let pool = Pool::default();
        let [dark, darker, bright] = [90, 91, 200].map(|grey| picture(move |_, _| grey));
        analyser.analyse(&dark, &bright, &pool);
        assert!(!analyser.analyse(&darker, &dark, &pool).scene_cut);
        assert!(!analyser.is_changed());
        assert!(analyser.analyse(&bright, &darker, &pool).scene_cut);
        assert!(!analyser.analyse(&dark, &bright, &pool).scene_cut);
        assert!(analyser.is_changed());
    }
}
