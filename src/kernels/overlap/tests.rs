use super::spec::blended;
use super::*;
use crate::kernels::random::Random;

const STRIDE: usize = 71;

#[test]
fn every_version_is_the_standards() {
    let mut random = Random::new(1);
    let above = [4, 8, 16, 32, 64].map(|w| [2, 4, 8, 16, 32].map(|h| (0, (w, h))));
    let left = [2, 4, 8, 16, 32].map(|w| [4, 8, 16, 32, 64].map(|h| (1, (w, h))));
    for &(pass, (w, h)) in above.iter().chain(&left).flatten() {
        for round in 0..20 {
            let mut samples =
                || -> Vec<u8> { (0..STRIDE * 65).map(|_| random.sample(round % 2 == 1)).collect() };
            let (own, pred) = (samples(), samples());
            // What is past the reach is not looked at.
            let rows = if pass == 0 { reach(h) } else { h };
            let from = &pred[..(rows - 1) * STRIDE + w];
            let blend = if pass == 0 { blend_above } else { blend_left };
            for isa in Isa::all() {
                let mut dst = own.clone();
                let to = SamplesMut::new(&mut dst, STRIDE);
                blend(isa, to, Samples::new(from, STRIDE), (w, h));
                for (at, &sample) in dst.iter().enumerate() {
                    let (i, j) = (at / STRIDE, at % STRIDE);
                    let expected = if i < h && j < w {
                        blended(pass, (w, h), (i, j), own[at], pred[at])
                    } else {
                        own[at]
                    };
                    assert_eq!(sample, expected, "{isa:?} pass {pass} {w}x{h} at {j}, {i}");
                }
            }
        }
    }
}
