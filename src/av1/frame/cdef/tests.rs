//! The walk against 7.15 and 7.15.1 word for word.

use super::*;
use crate::av1::frame::random_frame::RandomFrame;
use crate::av1::tile::decider::{CdefCandidates, CdefProducts};
use crate::frame::padded::bands;
use crate::kernels::cdef::spec::{self, Block, Samples};
use crate::kernels::random::Random;

pub(crate) fn random_params(random: &mut Random) -> CdefParams {
    let mut strengths = || {
        [(); 8].map(|()| {
            let pri_strength = if random.one_in(3) { 0 } else { random.below(16) as u8 };
            CdefStrength { pri_strength, sec_strength: random.pick(&[0, 0, 1, 2, 4]) }
        })
    };
    let (y, uv) = (strengths(), strengths());
    CdefParams { damping: 3 + random.below(4) as u8, cdef_bits: random.below(4) as u8, y, uv }
}

pub(crate) fn random_indices(
    random: &mut Random,
    frame: &RandomFrame,
    params: &CdefParams,
) -> Vec<i8> {
    let areas = frame.width.div_ceil(64) * frame.height.div_ceil(64);
    (0..areas)
        .map(|_| if random.one_in(4) { -1 } else { random.below(1 << params.cdef_bits) as i8 })
        .collect()
}

/// 7.15 over whole planes.
pub(crate) fn expected(
    current: &[Samples; 3],
    frame: &RandomFrame,
    cdef_idx: &[i8],
    params: &CdefParams,
) -> [Samples; 3] {
    let mut cdef_frame = current.clone();
    for r in (0..frame.modes.mi_rows).step_by(2) {
        for c in (0..frame.modes.mi_cols).step_by(2) {
            let idx = cdef_idx[(r / 16) * frame.modes.mi_cols.div_ceil(16) + c / 16];
            block(&mut cdef_frame, current, frame, params, r, c, idx);
        }
    }
    cdef_frame
}

/// 7.15.1 CDEF block process
fn block(
    cdef_frame: &mut [Samples; 3],
    current: &[Samples; 3],
    frame: &RandomFrame,
    params: &CdefParams,
    r: usize,
    c: usize,
    idx: i8,
) {
    if idx == -1 {
        return;
    }
    let modes = &frame.modes;
    let skip = modes.at(r, c).skip
        && modes.at(r + 1, c).skip
        && modes.at(r, c + 1).skip
        && modes.at(r + 1, c + 1).skip;
    if skip {
        return;
    }
    let (y_dir, var) = spec::direction(&current[0], c * 4, r * 4);
    let CdefStrength { pri_strength: pri_str, sec_strength: sec_str } = params.y[idx as usize];
    let dir = if pri_str == 0 { 0 } else { y_dir };
    let var_str = if var >> 6 != 0 { ((var >> 6).ilog2() as i32).min(12) } else { 0 };
    let pri_str = if var != 0 { (i32::from(pri_str) * (4 + var_str) + 8) >> 4 } else { 0 };
    let damping = i32::from(params.damping);
    let (x0, y0, sec_str) = (c * 4, r * 4, i32::from(sec_str));
    let luma = Block { x0, y0, size: 8, pri_str, sec_str, damping, dir };
    spec::filter(&mut cdef_frame[0], &current[0], &luma);
    let CdefStrength { pri_strength: pri_str, sec_strength: sec_str } = params.uv[idx as usize];
    let chroma = Block {
        x0: c * 2,
        y0: r * 2,
        size: 4,
        pri_str: i32::from(pri_str),
        sec_str: i32::from(sec_str),
        damping: damping - 1,
        dir: if pri_str == 0 { 0 } else { y_dir },
    };
    for plane in 1..3 {
        spec::filter(&mut cdef_frame[plane], &current[plane], &chroma);
    }
}

#[test]
fn frames_equal_the_specification() {
    let mut changed = [0; 3];
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let mut frame = RandomFrame::new(&mut random);
        let params = random_params(&mut random);
        let cdef_idx = random_indices(&mut random, &frame, &params);
        let before = [0, 1, 2].map(|plane| frame.samples(plane));
        let expected = expected(&before, &frame, &cdef_idx, &params);

        let mut cdef = Cdef::new(frame.width, frame.height, Isa::detect());
        let input = CdefInput { modes: &frame.modes, cdef_idx: &cdef_idx, params: &params };
        let sb_rows = frame.height.div_ceil(64);
        for mut planes in bands(&mut frame.planes, usize::MAX / 2, 64) {
            cdef.filter_rows(&mut planes, input, 0..sb_rows, Around::default());
        }
        for plane in 0..3 {
            let got = frame.samples(plane);
            for (y, (got, expected)) in got.iter().zip(&expected[plane]).enumerate() {
                assert!(got == expected, "seed {seed}, plane {plane}, row {y}");
            }
            changed[plane] += usize::from(got != before[plane]);
        }
    }
    assert!(changed.iter().all(|&frames| frames > 100), "too few frames changed: {changed:?}");
}

/// What a trial tells of a strength is the difference that the filter makes, in luma and in chroma.
#[test]
fn trials_tell_what_the_filter_leaves() {
    let error = |a: &Samples, b: &Samples, (row, col): (usize, usize), side: usize| {
        let rows = a.iter().zip(b).skip(side * row).take(side);
        rows.flat_map(|(a, b)| a.iter().zip(b).skip(side * col).take(side))
            .map(|(a, b)| i64::from(a - b).pow(2))
            .sum::<i64>()
    };
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let frame = RandomFrame::new(&mut random);
        let mut source = frame.planes.clone();
        for plane in &mut source {
            plane.data.iter_mut().for_each(|sample| *sample ^= random.below(32) as u8);
        }
        let before = [0, 1, 2].map(|plane| frame.samples(plane));
        let picture = [0, 1, 2].map(|plane: usize| -> Samples {
            let row = |y| source[plane].row(0, y as isize, before[plane][0].len()).iter();
            (0..before[plane].len()).map(|y| row(y).map(|&s| i32::from(s)).collect()).collect()
        });
        let mut primary = || [0, 0, 1, 1].map(|least| least * (1 + random.below(15) as u8));
        let (luma, chroma) = (primary(), primary());
        let products = |primary, secondary| CdefProducts { primary, secondary };
        let candidates = CdefCandidates {
            luma: products(&luma, &[0, 2]),
            chroma: products(&chroma, &[1, 4]),
            sparse: false,
        };
        let params = CdefParams {
            y: core::array::from_fn(|set| candidates.luma.strength(set)),
            uv: core::array::from_fn(|set| candidates.chroma.strength(set)),
            ..random_params(&mut random)
        };
        let trial = trial::CdefTrial {
            isa: Isa::detect(),
            modes: &frame.modes,
            deblocked: &frame.planes,
            source: &source,
            damping: params.damping,
            candidates,
        };
        let off = products(&[0], &[0]);
        let nothing = CdefCandidates { luma: off, chroma: off, sparse: false };
        let cols = frame.modes.mi_cols.div_ceil(16);
        for sb in 0..cols * frame.modes.mi_rows.div_ceil(16) {
            let place = (sb / cols, sb % cols);
            let (mut errors, mut none) = ([0; 16], [0; 2]);
            trial.superblock(place.0, place.1, &mut errors);
            let trial = trial::CdefTrial { candidates: nothing, ..trial };
            trial.superblock(place.0, place.1, &mut none);
            for set in 0..8 {
                let mut indices = vec![-1; cols * frame.modes.mi_rows.div_ceil(16)];
                indices[sb] = set as i8;
                let filtered = expected(&before, &frame, &indices, &params);
                let gained = [0, 1, 2].map(|plane| {
                    let (picture, side) = (&picture[plane], if plane == 0 { 64 } else { 32 });
                    error(&before[plane], picture, place, side)
                        - error(&filtered[plane], picture, place, side)
                });
                let told = |errors: [u64; 2]| errors[0] as i64 - errors[1] as i64;
                assert_eq!(told([none[0], errors[set]]), gained[0], "seed {seed}, set {set}");
                let chroma = told([none[1], errors[8 + set]]);
                assert_eq!(chroma, gained[1] + gained[2], "seed {seed}, set {set}");
            }
        }
    }
}
