use super::*;
use crate::kernels::convolve::spec::block_inter_prediction;
use crate::kernels::random::Random;

/// A reference of `width` × `height` luma samples and the luma size it was made for.
struct Reference {
    planes: [PaddedPlane; 2],
    width: usize,
    height: usize,
}

impl Reference {
    fn new(random: &mut Random, width: usize, height: usize) -> Self {
        let mut plane = |width: usize, height: usize| {
            let mut plane = PaddedPlane::new(width, height);
            // Garbage beyond the true edges must not be seen.
            plane.data.fill_with(|| random.sample(false));
            plane.extend_edges();
            plane
        };
        let planes = [plane(width, height), plane(width.div_ceil(2), height.div_ceil(2))];
        Self { planes, width, height }
    }

    fn plane(&self, plane: usize) -> &PaddedPlane {
        &self.planes[plane.min(1)]
    }

    /// 7.11.3.2 to 7.11.3.4 for a reference of the frame's own size.
    fn standard(
        &self,
        region: Region,
        mv: Mv,
        filters: [InterpFilter; 2],
        inter_round1: u32,
    ) -> Vec<Vec<i32>> {
        const REF_SCALE_SHIFT: u32 = 14;
        const SUBPEL_BITS: u32 = 4;
        const SCALE_SUBPEL_BITS: u32 = 10;
        let sub = u32::from(region.plane > 0);
        let start = |size: usize, at: usize, mv: i16| {
            let size = size as i64;
            let scale = ((size << REF_SCALE_SHIFT) + size / 2) / size;
            let half_sample = 1 << (SUBPEL_BITS - 1);
            let orig = ((at as i64) << SUBPEL_BITS) + ((2 * i64::from(mv)) >> sub) + half_sample;
            let base = orig * scale - (half_sample << REF_SCALE_SHIFT);
            let off = (1 << (SCALE_SUBPEL_BITS - SUBPEL_BITS)) / 2;
            let shift = REF_SCALE_SHIFT + SUBPEL_BITS - SCALE_SUBPEL_BITS;
            let rounded = (base.abs() + (1 << (shift - 1))) >> shift;
            (rounded * base.signum() + off) as i32
        };
        let at = (start(self.width, region.x, mv.col), start(self.height, region.y, mv.row));
        let last_x = ((self.width as i32 + sub as i32) >> sub) - 1;
        let last_y = ((self.height as i32 + sub as i32) >> sub) - 1;
        let plane = self.plane(region.plane);
        let sample = |row: i32, col: i32| {
            plane.row(col.clamp(0, last_x) as isize, row.clamp(0, last_y) as isize, 1)[0]
        };
        let choose = |filter: InterpFilter, size: usize| match filter {
            InterpFilter::EightTap | InterpFilter::EightTapSharp if size <= 4 => 4,
            InterpFilter::EightTapSmooth if size <= 4 => 5,
            other => other as usize,
        };
        let filters = [choose(filters[0], region.h), choose(filters[1], region.w)];
        block_inter_prediction(sample, at, (region.w, region.h), filters, inter_round1)
    }
}

fn random_filters(random: &mut Random) -> [InterpFilter; 2] {
    [0, 1].map(|_| InterpFilter::ALL[random.below(4)])
}

/// A component of a vector: within the frame, around its edges, or anywhere.
fn random_component(random: &mut Random) -> i16 {
    match random.below(6) {
        0 => 0,
        1 => 8 * (random.below(256) as i16 - 128),
        2 | 3 => random.below(2048) as i16 - 1024,
        4 => (random.below(65536) as i32 - 32768) as i16,
        _ => [i16::MIN, -16384, 16384, i16::MAX][random.below(4)],
    }
}

fn random_region(random: &mut Random, reference: &Reference) -> Region {
    let plane = random.below(3);
    let sides = if plane == 0 { &[4, 8, 16, 32, 64, 128][..] } else { &[2, 4, 8, 16, 32, 64] };
    let at = |random: &mut Random, size: usize| {
        random.below(size.div_ceil(8)) * if plane == 0 { 8 } else { 4 }
    };
    Region {
        plane,
        x: at(random, reference.width),
        y: at(random, reference.height),
        w: sides[random.below(sides.len())],
        h: sides[random.below(sides.len())],
    }
}

fn compare(ours: &[u8], stride: usize, theirs: &[Vec<i32>], what: impl Fn() -> String) {
    let (w, h) = (theirs[0].len(), theirs.len());
    for (y, row) in ours.chunks(stride).enumerate() {
        for (x, &sample) in row.iter().enumerate() {
            let expected = if y < h && x < w { theirs[y][x].clamp(0, 255) } else { 77 };
            assert_eq!(i32::from(sample), expected, "({x}, {y}) of {}", what());
        }
    }
}

const SIZES: [(usize, usize); 6] = [(16, 16), (17, 33), (70, 50), (131, 16), (64, 129), (200, 67)];

#[test]
fn one_reference_is_the_standards_wherever_the_vector_points() {
    let mut random = Random::new(11);
    for (width, height) in SIZES {
        let reference = Reference::new(&mut random, width, height);
        for _ in 0..250 {
            let region = random_region(&mut random, &reference);
            let mv = Mv::new(random_component(&mut random), random_component(&mut random));
            let filters = random_filters(&mut random);
            let stride = region.w + 2;
            let mut dst = vec![77; stride * (region.h + 1)];
            predict_single(
                Isa::detect(),
                SamplesMut::new(&mut dst, stride),
                reference.plane(region.plane),
                region,
                mv,
                filters,
            );
            let theirs = reference.standard(region, mv, filters, 11);
            compare(&dst, stride, &theirs, || {
                format!("{region:?} {mv:?} {filters:?} in {width}x{height}")
            });
        }
    }
}

#[test]
fn vectors_across_each_edge_are_the_standards() {
    let mut random = Random::new(12);
    let reference = Reference::new(&mut random, 37, 26);
    let region = Region { plane: 0, x: 8, y: 8, w: 16, h: 8 };
    let filters = [InterpFilter::EightTapSharp, InterpFilter::EightTapSharp];
    for mv in -60..60 {
        for (row, col) in [(0, mv * 6 + 1), (mv * 6 + 1, 0), (mv * 5, mv * 7 + 3)] {
            let mv = Mv::new(row, col);
            let mut dst = vec![77; region.w * region.h];
            predict_single(
                Isa::detect(),
                SamplesMut::new(&mut dst, region.w),
                reference.plane(0),
                region,
                mv,
                filters,
            );
            let theirs = reference.standard(region, mv, filters, 11);
            compare(&dst, region.w, &theirs, || format!("{mv:?}"));
        }
    }
}

#[test]
fn the_average_of_two_references_is_the_standards() {
    let mut random = Random::new(13);
    let mut scratch = CompoundScratch::new();
    for (width, height) in SIZES {
        let references = [0, 1].map(|_| Reference::new(&mut random, width, height));
        for _ in 0..80 {
            let region = random_region(&mut random, &references[0]);
            let mvs = [0, 1]
                .map(|_| Mv::new(random_component(&mut random), random_component(&mut random)));
            let filters = random_filters(&mut random);
            let stride = region.w + 2;
            let mut dst = vec![77; stride * (region.h + 1)];
            let planes = [&references[0], &references[1]].map(|r| r.plane(region.plane));
            predict_average(
                Isa::detect(),
                SamplesMut::new(&mut dst, stride),
                [(planes[0], mvs[0]), (planes[1], mvs[1])],
                region,
                filters,
                &mut scratch,
            );
            let preds = [0, 1].map(|i| references[i].standard(region, mvs[i], filters, 7));
            let [a, mut theirs] = preds;
            for (theirs, a) in theirs.iter_mut().flatten().zip(a.iter().flatten()) {
                *theirs = (*theirs + a + (1 << 4)) >> 5;
            }
            compare(&dst, stride, &theirs, || {
                format!("{region:?} {mvs:?} {filters:?} in {width}x{height}")
            });
        }
    }
}
