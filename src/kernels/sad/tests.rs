use proptest::prelude::*;

use super::*;

/// The differences of two blocks, sample by sample.
fn naive(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> Vec<i64> {
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (y, x)))
        .map(|(y, x)| (src.data[y * src.stride + x], pred.data[y * pred.stride + x]))
        .map(|(src, pred)| i64::from(src) - i64::from(pred))
        .collect()
}

fn magnitudes(differences: &[i64]) -> u32 {
    differences.iter().map(|d| d.abs()).sum::<i64>() as u32
}

/// The sums of each part, from the differences sample by sample.
fn naive_moments(differences: &[i64], (width, height): (usize, usize)) -> PartMoments {
    let mut parts = PartMoments::default();
    for (i, &difference) in differences.iter().enumerate() {
        let part = &mut parts[i / width / 8][i % width / 8];
        part.sum += difference as i32;
        part.sse += difference.pow(2) as u32;
    }
    assert_eq!(differences.len(), width * height);
    parts
}

const SIZE: usize = 128 * 131;

proptest! {
    #[test]
    fn sums_equal_the_naive_ones_on_every_instruction_set(
        width in prop_oneof![Just(4usize), Just(8), Just(16), Just(32), Just(64), Just(128), Just(92)],
        height in prop_oneof![1usize..20, Just(128)],
        seed in any::<u64>(),
        extreme in any::<bool>(),
    ) {
        let mut state = seed;
        let samples: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0x1405_7B7E);
            let sample = (state >> 56) as u8;
            if extreme { (sample >> 7) * 255 } else { sample }
        })
        .take(5 * SIZE)
        .collect();
        let size = (width, height);
        let (src, preds) = samples.split_at(SIZE);
        let src = Samples::new(src, width + 3);
        let preds = [0, 1, 2, 3].map(|i| Samples::new(&preds[i * SIZE..], width + 1));
        let differences = preds.map(|pred| naive(src, pred, size));
        let sums = differences.each_ref().map(|d| magnitudes(d));
        let [pred, second, ..] = preds;
        let squares = differences[0].iter().map(|d| d * d).sum::<i64>() as u32;
        let mean: Vec<u8> = (0..SIZE)
            .map(|i| (u16::from(pred.data[i]) + u16::from(second.data[i])).div_ceil(2) as u8)
            .collect();
        let to_mean = magnitudes(&naive(src, Samples::new(&mean, width + 1), size));
        for isa in Isa::all() {
            prop_assert_eq!(sad_4(isa, src, preds, size), sums);
            prop_assert_eq!(preds.map(|pred| sad(isa, src, pred, size)), sums);
            prop_assert_eq!(sse(isa, src, pred, size), squares);
            prop_assert_eq!(sad_average(isa, src, [pred, second], size), to_mean);
            let stride = width + 2;
            let mut block = vec![999; stride * height];
            residual(isa, src, pred, ViewMut::new(&mut block, stride), size);
            for (row, expected) in block.chunks(stride).zip(differences[0].chunks(width)) {
                prop_assert!(row[..width].iter().zip(expected).all(|(&r, &e)| i64::from(r) == e));
                prop_assert_eq!(&row[width..], &[999, 999]);
            }
        }
    }
}

proptest! {
    #[test]
    fn moments_are_those_of_each_part(
        width in (1usize..=16).prop_map(|w| 4 * w),
        height in 1usize..=64,
        samples in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(255)], 2 * 64 * 66),
    ) {
        let (src, pred) = samples.split_at(64 * 66);
        let (src, pred) = (Samples::new(src, width + 2), Samples::new(pred, width + 1));
        let size = (width, height);
        let expected = naive_moments(&naive(src, pred, size), size);
        for isa in Isa::all() {
            let mut parts = PartMoments::default();
            moments(isa, src, pred, size, &mut parts);
            prop_assert_eq!(parts, expected, "{:?}", isa);
        }
    }
}

#[test]
fn the_last_row_may_end_with_the_slice() {
    let src = [7; 8 * 3 + 4];
    for isa in Isa::all() {
        let (src, pred) = (Samples::new(&src, 8), Samples::new(&[0; 16], 4));
        assert_eq!(sad(isa, src, pred, (4, 4)), 7 * 16);
    }
}

/// A row that is not there is a fault of the caller, never a row of zeros.
#[test]
fn a_row_past_the_end_panics() {
    let samples = [7; 8 * 3 + 3];
    for isa in Isa::all() {
        let short = Samples::new(&samples, 8);
        let result = std::panic::catch_unwind(|| sad(isa, short, short, (4, 4)));
        assert!(result.is_err(), "{isa:?}");
    }
}
