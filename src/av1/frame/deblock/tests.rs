//! The walk against 7.14.1 to 7.14.5 word for word.

use super::*;
use crate::av1::frame::random_frame::RandomFrame;
use crate::av1::types::{GOLDEN_FRAME, INTRA_FRAME};
use crate::frame::padded::bands;
use crate::kernels::deblock::spec::{Position, Samples, sample_filter};
use crate::kernels::random::Random;

pub(crate) fn random_params(random: &mut Random) -> (LoopFilterParams, SegmentationParams) {
    let mut params = LoopFilterParams {
        sharpness: random.pick(&[0, 0, 1, 4, 5, 7]),
        delta_enabled: random.one_in(2),
        ..LoopFilterParams::default()
    };
    let most = random.pick(&[3, 20, 64]);
    for level in &mut params.level {
        *level = if random.one_in(6) { 0 } else { random.below(most) as u8 };
    }
    if random.one_in(2) {
        params.deltas.ref_deltas = [(); 8].map(|()| random.signed(63) as i8);
        params.deltas.mode_deltas = [(); 2].map(|()| random.signed(63) as i8);
    }
    let mut segmentation = SegmentationParams::default();
    if random.one_in(2) {
        segmentation.segmentation_enabled = true;
        for features in &mut segmentation.feature_data {
            for value in &mut features[SEG_LVL_ALT_LF_Y_V..][..4] {
                *value = random.one_in(3).then(|| random.signed(63) as i16);
            }
        }
    }
    (params, segmentation)
}

/// 7.14.1 over whole planes.
pub(crate) fn reference(
    frame: &RandomFrame,
    headers: &(LoopFilterParams, SegmentationParams),
) -> [Samples; 3] {
    let (params, _) = headers;
    let mut current = [0, 1, 2].map(|plane| frame.samples(plane));
    if params.level[0] == 0 && params.level[1] == 0 {
        return current;
    }
    for (plane, current) in current.iter_mut().enumerate() {
        if plane == 0 || params.level[1 + plane] != 0 {
            for pass in 0..2 {
                let step = if plane == 0 { 1 } else { 2 };
                for row in (0..frame.modes.mi_rows).step_by(step) {
                    for col in (0..frame.modes.mi_cols).step_by(step) {
                        edge(current, frame, headers, plane, pass, row, col);
                    }
                }
            }
        }
    }
    current
}

/// 7.14.2 edge loop filter process
fn edge(
    current: &mut Samples,
    frame: &RandomFrame,
    headers: &(LoopFilterParams, SegmentationParams),
    plane: usize,
    pass: usize,
    row: usize,
    col: usize,
) {
    let sub = usize::from(plane > 0);
    let (dx, dy) = if pass == 0 { (1, 0) } else { (0, 1) };
    let (x, y) = (col * 4, row * 4);
    let (row, col) = (row | sub, col | sub);
    let off_screen = x >= frame.width || y >= frame.height;
    if off_screen || (pass == 0 && x == 0) || (pass == 1 && y == 0) {
        return;
    }
    let (xp, yp) = (x >> sub, y >> sub);
    let (prev_row, prev_col) = (row - (dy << sub), col - (dx << sub));
    let info = frame.modes.at(row, col);
    let tx = frame.tx_sizes.at(plane, row >> sub, col >> sub);
    let (plane_w, plane_h) =
        ((info.block_size.width() >> sub).max(4), (info.block_size.height() >> sub).max(4));
    let is_intra = info.ref_frame[0] <= INTRA_FRAME;
    let prev_tx = frame.tx_sizes.at(plane, prev_row >> sub, prev_col >> sub);
    let is_block_edge = if pass == 0 { xp % plane_w == 0 } else { yp % plane_h == 0 };
    let is_tx_edge = if pass == 0 { xp % tx.width() == 0 } else { yp % tx.height() == 0 };
    let apply_filter = is_tx_edge && (is_block_edge || !info.skip || is_intra);
    // 7.14.3
    let base_size =
        if pass == 0 { prev_tx.width().min(tx.width()) } else { prev_tx.height().min(tx.height()) };
    let filter_size = base_size.min(if plane == 0 { 16 } else { 8 }) as i32;

    let (mut lvl, mut limits) = strength(frame, headers, row, col, plane, pass);
    if lvl == 0 {
        (lvl, limits) = strength(frame, headers, prev_row, prev_col, plane, pass);
    }
    if apply_filter && lvl > 0 {
        for i in 0..4 {
            let (limit, blimit, thresh) = limits;
            let (x, y) = (xp + dy * i, yp + dx * i);
            sample_filter(
                current,
                &Position { x, y, plane, limit, blimit, thresh, dx, dy, filter_size },
            );
        }
    }
}

/// 7.14.4 and 7.14.5
fn strength(
    frame: &RandomFrame,
    (params, segmentation): &(LoopFilterParams, SegmentationParams),
    row: usize,
    col: usize,
    plane: usize,
    pass: usize,
) -> (i32, (i32, i32, i32)) {
    let info = frame.modes.at(row, col);
    let segment = usize::from(info.segment_id);
    let reference = info.ref_frame[0];
    let mode = info.y_mode as u8;
    let mode_type = usize::from(
        mode >= PredictionMode::NearestMv as u8
            && mode != PredictionMode::GlobalMv as u8
            && mode != PredictionMode::GlobalGlobalMv as u8,
    );
    let i = if plane == 0 { pass } else { plane + 1 };
    let mut lvl = i32::from(params.level[i]).clamp(0, 63);
    if let Some(data) = segmentation.feature_data[segment][SEG_LVL_ALT_LF_Y_V + i] {
        lvl = (i32::from(data) + lvl).clamp(0, 63);
    }
    if params.delta_enabled {
        let shift = lvl >> 5;
        if reference == INTRA_FRAME {
            lvl += i32::from(params.deltas.ref_deltas[0]) << shift;
        } else {
            lvl += (i32::from(params.deltas.ref_deltas[reference as usize]) << shift)
                + (i32::from(params.deltas.mode_deltas[mode_type]) << shift);
        }
        lvl = lvl.clamp(0, 63);
    }
    let sharpness = i32::from(params.sharpness);
    let shift = if sharpness > 4 {
        2
    } else if sharpness > 0 {
        1
    } else {
        0
    };
    let limit =
        if sharpness > 0 { (lvl >> shift).clamp(1, 9 - sharpness) } else { (lvl >> shift).max(1) };
    (lvl, (limit, 2 * (lvl + 2) + limit, lvl >> 4))
}

#[test]
fn frames_equal_the_specification() {
    let mut changed = [0; 3];
    for seed in 0..250 {
        let mut random = Random::new(seed);
        let mut frame = RandomFrame::new(&mut random);
        let headers = random_params(&mut random);
        let before = [0, 1, 2].map(|plane| frame.samples(plane));
        let expected = reference(&frame, &headers);

        let filter = LoopFilter::new(&headers.0, &headers.1, Isa::detect());
        let sb_rows = frame.height.div_ceil(64);
        let RandomFrame { planes, modes, tx_sizes, .. } = &mut frame;
        let shapes = Shapes { modes, tx_sizes };
        for mut planes in bands(planes, usize::MAX / 2, 64) {
            filter.filter_rows(&mut planes, shapes, 0..sb_rows + 1);
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

/// Superblock rows may be filtered in any order, and then the edges between them.
#[test]
fn rows_need_nothing_of_each_other() {
    for seed in 1000..1080 {
        let mut random = Random::new(seed);
        let mut frame = RandomFrame::new(&mut random);
        let headers = random_params(&mut random);
        let expected = reference(&frame, &headers);
        let filter = LoopFilter::new(&headers.0, &headers.1, Isa::detect());
        let RandomFrame { planes, modes, tx_sizes, .. } = &mut frame;
        let shapes = Shapes { modes, tx_sizes };
        let mut rows: Vec<_> = bands(planes, 64, 64).enumerate().collect();
        rows.sort_by_cached_key(|_| random.below(1000));
        for (sb_row, planes) in &mut rows {
            filter.filter_rows(planes, shapes, *sb_row..*sb_row + 1);
        }
        let mut rows: Vec<_> = bands(planes, 32, 64).enumerate().skip(1).collect();
        rows.sort_by_cached_key(|_| random.below(1000));
        for (sb_row, planes) in &mut rows {
            filter.filter_upper_edges(planes, shapes, *sb_row);
        }
        for (plane, expected) in expected.iter().enumerate() {
            assert!(frame.samples(plane) == *expected, "seed {seed}, plane {plane}");
        }
    }
}

#[test]
fn levels_follow_segments_and_deltas() {
    let mut params = LoopFilterParams { level: [20, 40, 8, 0], ..LoopFilterParams::default() };
    let golden = GOLDEN_FRAME as usize;
    assert_eq!(filter_level(&params, 0, None, 0, 0), 21);
    assert_eq!(filter_level(&params, 1, None, 0, 0), 42);
    assert_eq!(filter_level(&params, 1, None, golden, 1), 38);
    params.deltas.mode_deltas = [3, -4];
    assert_eq!(filter_level(&params, 0, None, golden, 0), 22);
    assert_eq!(filter_level(&params, 0, None, golden, 1), 15);
    assert_eq!(filter_level(&params, 2, Some(-10), 1, 0), 3);
    params.delta_enabled = false;
    assert_eq!(filter_level(&params, 2, Some(-10), 1, 0), 0);
    assert_eq!(filter_level(&params, 3, None, 1, 0), 0);
    assert_eq!(filter_level(&params, 1, Some(63), 1, 0), 63);
}
