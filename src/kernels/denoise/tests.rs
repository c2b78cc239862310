use super::*;
use crate::kernels::random::Random;

const ROWS: usize = SIDE;

/// A row of `count` blocks: samples, means near or far from them, and how they are blended.
fn blocks(random: &mut Random, count: usize, extreme: bool) -> (Vec<u8>, Vec<i16>, Vec<Blend>) {
    let len = ROWS * (SIDE * count + 5);
    let samples: Vec<u8> = (0..len).map(|_| random.sample(extreme)).collect();
    let most = if extreme { 32640 } else { 900 };
    let mean =
        |&sample: &u8| (i32::from(sample) * 128 + random.signed(most)).clamp(0, 32640) as i16;
    let mean = samples.iter().map(mean).collect();
    let blend = |_| Blend {
        share: random.pick(&[0, 1, 16384, 30000, i16::MAX]),
        limit: random.pick(&[0, 1, 500, 1200, i16::MAX]),
    };
    (samples, mean, (0..count).map(blend).collect())
}

#[test]
fn every_instruction_set_does_as_the_scalar_twin() {
    let mut random = Random::new(11);
    for round in 0..300 {
        let count = 1 + random.below(7);
        let stride = SIDE * count + 5;
        let (samples, mean, shares) = blocks(&mut random, count, round % 3 == 0);
        let run = |isa: Isa| {
            let mut differences = vec![BlockDifference::default(); count];
            let view = View::new(&mean[..], stride);
            compare(isa, Samples::new(&samples, stride), view, &mut differences);
            let (mut samples, mut mean) = (samples.clone(), mean.clone());
            let to = (SamplesMut::new(&mut samples, stride), ViewMut::new(&mut mean, stride));
            blend(isa, to.0, to.1, &shares);
            (differences, samples, mean)
        };
        let expected = run(Isa::Scalar);
        for isa in Isa::all() {
            assert!(run(isa) == expected, "{count} blocks, {isa:?}");
        }
        // What lies beside the blocks stays.
        for y in 0..ROWS {
            let beside = y * stride + SIDE * count..(y + 1) * stride;
            assert_eq!(expected.1[beside.clone()], samples[beside.clone()]);
            assert_eq!(expected.2[beside.clone()], mean[beside]);
        }
    }
}

/// Sums are those of real numbers, and blends lie where the contract says.
#[test]
fn sums_and_blends_are_what_the_contract_says() {
    let mut random = Random::new(12);
    for round in 0..100 {
        let (samples, mean, shares) = blocks(&mut random, 2, round % 3 == 0);
        let stride = 2 * SIDE + 5;
        let mut differences = [BlockDifference::default(); 2];
        let view = View::new(&mean[..], stride);
        compare(Isa::detect(), Samples::new(&samples, stride), view, &mut differences);
        let (mut after, mut mean_after) = (samples.clone(), mean.clone());
        let to = (SamplesMut::new(&mut after, stride), ViewMut::new(&mut mean_after, stride));
        blend(Isa::detect(), to.0, to.1, &shares);
        for (index, (difference, blend)) in differences.iter().zip(&shares).enumerate() {
            let places = || (0..SIDE * SIDE).map(|i| i / SIDE * stride + SIDE * index + i % SIDE);
            let real = |at: usize| f64::from(samples[at]) - f64::from(mean[at]) / 128.0;
            let (sum, squares) = places().fold((0.0, 0.0), |(sum, squares), at| {
                (sum + real(at), squares + real(at) * real(at))
            });
            assert!((f64::from(difference.sum) / 16.0 - sum).abs() <= 64.0 / 32.0);
            let error = (f64::from(difference.squares) / 256.0 - squares).abs();
            assert!(error <= 64.0 * (255.0 / 16.0 + 0.01), "{error}");
            let level: u32 = places().map(|at| u32::from(samples[at])).sum();
            let slope = |at: usize| u32::from(samples[at].abs_diff(samples[at + 1]));
            let gradient: u32 = places().map(|at| slope(at).pow(2)).sum();
            assert_eq!((difference.samples, difference.gradient), (level, gradient));
            for at in places() {
                let share = f64::from(blend.share) / 32768.0;
                let limit = f64::from(blend.limit) / 128.0;
                let (wanted, most) = (share * real(at).abs(), (limit - real(at).abs()).max(0.0));
                let expected = f64::from(samples[at]) - real(at).signum() * wanted.min(most);
                assert!((f64::from(mean_after[at]) / 128.0 - expected).abs() <= 1.0 / 128.0);
                assert_eq!(after[at], ((i32::from(mean_after[at]) + 64) >> 7) as u8);
            }
        }
    }
}
