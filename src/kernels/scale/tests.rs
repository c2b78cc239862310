use super::*;
use crate::kernels::random::Random;

#[test]
fn quarters_are_rounded_means_on_every_instruction_set() {
    let mut random = Random::new(3);
    for round in 0..200 {
        let width = 1 + random.below(70);
        let mut row =
            || -> Vec<u8> { (0..4 * width + 3).map(|_| random.sample(round % 2 == 1)).collect() };
        let rows = [row(), row(), row(), row()];
        let expected = |x: usize| {
            let samples = rows.iter().flat_map(|row| &row[4 * x..4 * x + 4]);
            let sum: u32 = samples.map(|&sample| u32::from(sample)).sum();
            (f64::from(sum) / 16.0).round() as u8
        };
        for isa in Isa::all() {
            let mut out = vec![77; width];
            quarter_row(isa, &mut out, rows.each_ref().map(|row| &row[..]));
            assert!((0..width).all(|x| out[x] == expected(x)), "{width} {isa:?}");
        }
    }
}
