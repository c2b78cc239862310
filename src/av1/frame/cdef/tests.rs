//! The walk against 7.15 and 7.15.1 word for word.

use super::*;
use crate::av1::frame::random_frame::RandomFrame;
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

/// What a trial tells of a strength is the difference that the filter makes.
#[test]
fn trials_tell_what_the_filter_leaves() {
    let error = |a: &Samples, b: &Samples, sb: (usize, usize)| {
        let (rows, cols) = (64 * sb.0..64 * sb.0 + 64, 64 * sb.1..64 * sb.1 + 64);
        let row = |y: usize| a[y].iter().zip(&b[y]).take(cols.end).skip(cols.start);
        rows.take_while(|&y| y < a.len())
            .flat_map(row)
            .map(|(a, b)| i64::from(a - b).pow(2))
            .sum::<i64>()
    };
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let frame = RandomFrame::new(&mut random);
        let mut source = frame.planes[0].clone();
        source.data.iter_mut().for_each(|sample| *sample ^= random.below(32) as u8);
        let params = random_params(&mut random);
        let before = frame.samples(0);
        let row = |y: usize| source.row(0, y as isize, before[0].len()).iter();
        let picture: Samples =
            (0..before.len()).map(|y| row(y).map(|&s| i32::from(s)).collect()).collect();
        let trial = trial::CdefTrial {
            isa: Isa::detect(),
            modes: &frame.modes,
            luma: [&frame.planes[0], &source],
            damping: params.damping,
            candidates: &params.y,
            sparse: false,
        };
        let cols = frame.modes.mi_cols.div_ceil(16);
        for sb in 0..cols * frame.modes.mi_rows.div_ceil(16) {
            let place = (sb / cols, sb % cols);
            let mut errors = [0; 8];
            trial.superblock(place.0, place.1, &mut errors);
            for (set, &tried) in errors.iter().enumerate() {
                let mut indices = vec![-1; cols * frame.modes.mi_rows.div_ceil(16)];
                indices[sb] = set as i8;
                let current = [0, 1, 2].map(|plane| frame.samples(plane));
                let filtered = expected(&current, &frame, &indices, &params);
                let gained = error(&before, &picture, place) - error(&filtered[0], &picture, place);
                let mut none = [0];
                let off = [CdefStrength::default()];
                trial::CdefTrial { candidates: &off, ..trial }
                    .superblock(place.0, place.1, &mut none);
                assert_eq!(none[0] as i64 - tried as i64, gained, "seed {seed}, set {set}");
            }
        }
    }
}
