use super::*;

fn inverse(values: &[u16]) -> Vec<u16> {
    values.iter().map(|value| CDF_ONE - value).chain([0]).collect()
}

#[test]
fn rows_are_aligned_and_apart() {
    let mut end = 0;
    for span in SPANS {
        assert!((4..=16).contains(&span.stride()) && span.stride() >= u16::from(span.symbols));
        assert_eq!(span.offset % span.stride(), 0);
        for row in span.rows() {
            assert!(row.offset >= end);
            end = row.offset + span.stride();
        }
    }
    assert_eq!(usize::from(end), CDF_LENGTH);
}

#[test]
fn defaults_fall_and_have_no_count() {
    for base_q_idx in [0, 40, 100, 255] {
        let context = CdfContext::new_default(base_q_idx);
        let mut rows_total = 0;
        for span in SPANS {
            for row in span.rows() {
                let (count, values) = context.row(row).split_last().expect("two symbols");
                assert_eq!(values.len() + 1, usize::from(row.symbols));
                assert_eq!(*count, 0);
                assert!(values.iter().all(|v| (1..CDF_ONE).contains(v)), "{row:?} {values:?}");
                assert!(values.is_sorted_by(|a, b| a > b), "{row:?} {values:?}");
                rows_total += values.len();
            }
        }
        let nonzero = context.values().iter().filter(|v| **v != 0).count();
        assert_eq!(nonzero, rows_total, "the padding is 0");
    }
}

#[test]
fn an_index_finds_its_row() {
    let context = CdfContext::new_default(61);
    for (above, tables) in default_cdfs::DEFAULT_INTRA_FRAME_Y_MODE_CDF.iter().enumerate() {
        for (left, values) in tables.iter().enumerate() {
            let row = INTRA_FRAME_Y_MODE_CDF.row([above, left]);
            assert_eq!(context.row(row), inverse(values));
        }
    }
    for (tx_size_ctx, tables) in default_cdfs::DEFAULT_COEFF_BASE_CDF[2].iter().enumerate() {
        for (plane_type, tables) in tables.iter().enumerate() {
            for (ctx, values) in tables.iter().enumerate() {
                let row = COEFF_BASE_CDF.row([tx_size_ctx, plane_type, ctx]);
                assert_eq!(context.row(row), inverse(values));
            }
        }
    }
    assert_eq!(context.row(CFL_SIGN_CDF.row([])), inverse(&default_cdfs::DEFAULT_CFL_SIGN_CDF));
}

#[test]
fn both_vector_contexts_and_all_filters_get_copies() {
    let context = CdfContext::new_default(0);
    for mv_ctx in 0..2 {
        let joint = context.row(MV_JOINT_CDF.row([mv_ctx]));
        assert_eq!(joint, inverse(&default_cdfs::DEFAULT_MV_JOINT_CDF));
        for comp in 0..2 {
            let class = context.row(MV_CLASS_CDF.row([mv_ctx, comp]));
            assert_eq!(class, inverse(&default_cdfs::DEFAULT_MV_CLASS_CDF[comp]));
            let sign = context.row(MV_SIGN_CDF.row([mv_ctx, comp]));
            assert_eq!(sign, inverse(&default_cdfs::DEFAULT_MV_SIGN_CDF));
            for bit in 0..10 {
                let values = context.row(MV_BIT_CDF.row([mv_ctx, comp, bit]));
                assert_eq!(values, inverse(&default_cdfs::DEFAULT_MV_BIT_CDF[bit]));
            }
            for class0_bit in 0..2 {
                let values = context.row(MV_CLASS0_FR_CDF.row([mv_ctx, comp, class0_bit]));
                let default = default_cdfs::DEFAULT_MV_CLASS0_FR_CDF[comp][class0_bit];
                assert_eq!(values, inverse(&default));
            }
        }
    }
    for filter in 0..4 {
        let values = context.row(DELTA_LF_MULTI_CDF.row([filter]));
        assert_eq!(values, inverse(&default_cdfs::DEFAULT_DELTA_LF_CDF));
    }
}

#[test]
fn coefficient_defaults_follow_the_quantizer() {
    for (base_q_idx, idx) in
        [(0, 0), (20, 0), (21, 1), (60, 1), (61, 2), (120, 2), (121, 3), (255, 3)]
    {
        let context = CdfContext::new_default(base_q_idx);
        let values = context.row(EOB_PT_1024_CDF.row([1]));
        assert_eq!(values, inverse(&default_cdfs::DEFAULT_EOB_PT_1024_CDF[idx][1]));
        let mut changed = CdfContext::new_default(255 - base_q_idx);
        changed.load_default_coef(base_q_idx);
        assert!(changed == context);
    }
}

#[test]
fn clearing_touches_the_counts_alone() {
    let fresh = CdfContext::new_default(0);
    let mut used = fresh.clone();
    for row in SPANS.iter().flat_map(|span| span.rows()) {
        *used.row_mut(row).last_mut().expect("two symbols") = 32;
    }
    let mut loaded = CdfContext::new_default(255);
    loaded.copy_from(&used);
    assert!(loaded == used && loaded != fresh);
    loaded.clear_counters();
    assert!(loaded == fresh);
}
