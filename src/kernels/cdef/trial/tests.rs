use super::*;
use crate::kernels::cdef::{Strength, filter_chroma, filter_luma};
use crate::kernels::random::Random;

/// What is left by rows of samples.
fn error(rows: &[[u8; 8]], source: &[[u8; 8]]) -> u32 {
    let pairs = rows.as_flattened().iter().zip(source.as_flattened());
    pairs.map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

/// A trial tells what the filter itself would leave, at edges and on extreme samples too, with fewer strengths than
/// there may be.
#[test]
fn trials_equal_the_filter() {
    let mut random = Random::new(31);
    for round in 0..4000 {
        let spread = random.pick(&[2, 8, 40, 255]);
        let base = random.below(256 - spread.min(255)) as u8;
        let mut window = Window::new();
        window.samples.iter_mut().for_each(|s| *s = base + random.below(spread + 1) as u8);
        window.available.iter_mut().for_each(|s| *s = if random.one_in(3) { 0 } else { 255 });
        let mut source = [[0; 8]; 8];
        source.as_flattened_mut().iter_mut().for_each(|s| *s = random.below(256) as u8);
        let primary: Vec<u8> =
            (0..random.below(MOST_PRIMARY + 1)).map(|_| random.below(16) as u8).collect();
        let secondary = &[0, 1, 2, 4][random.below(3)..][..1 + random.below(2)];
        let damping = 2 + random.below(5) as u8;
        let direction = random.below(8) as u8;
        let strengths = Strengths { primary: &primary, secondary, damping, direction };
        let (block, at_edge) = (random.below(8), random.one_in(2));
        let chroma_source = source.first_chunk().unwrap();
        for isa in Isa::all() {
            let luma = try_luma(isa, &window, block, &strengths, at_edge, &source);
            let chroma = try_chroma(isa, &window, block, &strengths, at_edge, chroma_source);
            for (s, p) in (0..MOST_SECONDARY).flat_map(|s| (0..MOST_PRIMARY).map(move |p| (s, p))) {
                let expected = match (secondary.get(s), primary.get(p)) {
                    (Some(&secondary), Some(&primary)) => {
                        let strength = Strength { primary, secondary, damping, direction };
                        [
                            error(&filter_luma(isa, &window, block, strength, at_edge), &source),
                            error(
                                &filter_chroma(isa, &window, block, strength, at_edge),
                                chroma_source,
                            ),
                        ]
                    }
                    _ => [0; 2],
                };
                assert_eq!([luma[s][p], chroma[s][p]], expected, "{round}: {strengths:?} {s} {p}");
            }
        }
    }
}
