//! Strengths of the deblocking filter and of CDEF: guessed from the quantizer index, and those of CDEF at
//! slower speeds chosen by what they leave.

use super::lambda::Lambda;
use super::tuning::{
    CDEF_CHROMA_SHARE, CDEF_KEY_SHARE, CDEF_MAX_SECONDARY, CDEF_PRIMARY, CDEF_SECONDARY,
    DEBLOCK_INTER, DEBLOCK_KEY, Line,
};
use crate::av1::obu::frame::{CdefParams, CdefStrength, LoopFilterParams};
use crate::av1::tile::decider::{CdefCandidates, CdefProducts, CdefTried};
use crate::av1::tile::quantizers::ac_step;

/// Greatest primary strength of CDEF (6.10.14).
const MAX_PRIMARY: f32 = 15.0;
/// Greatest deblocking level (5.9.11).
const MAX_LEVEL: f32 = 63.0;

impl Line {
    /// The strength at `qindex`, 0 to `most`.
    fn at(&self, qindex: u8, most: f32) -> f32 {
        (self.slope * f32::from(ac_step(qindex)) + self.offset).clamp(0.0, most)
    }
}

/// Deblocking of a frame of `qindex`, which is not lossless.
pub(crate) fn deblock(qindex: u8, key_frame: bool) -> LoopFilterParams {
    let line = if key_frame { DEBLOCK_KEY } else { DEBLOCK_INTER };
    let level = line.at(qindex, MAX_LEVEL).round() as u8;
    LoopFilterParams { level: [level; 4], ..LoopFilterParams::default() }
}

/// Most sets of strengths that a frame is given; more gain nothing.
const MOST_SETS: usize = 4;
/// Bits of a set in the frame header (5.9.19).
const SET_BITS: u64 = 12;

/// Strengths of CDEF that are tried: one of five lists, each longer than the one before, the first empty. On luma the
/// longest gains 3.0 and 4.7 % by PSNR and SSIM beside the guessed strengths, those of 16, 9 and 4 gain 2.6 and 4.2, 2.5
/// and 3.7, 2.0 and 3.1 % (all blocks tried, speed 6).
pub(crate) fn candidates(list: usize) -> CdefProducts<'static> {
    let (primary, secondary): (&[u8], &[u8]) = match list {
        0 => (&[], &[]),
        1 => (&[0, 4], &[0, 4]),
        2 => (&[0, 3, 7], &[0, 2, 4]),
        3 => (&[0, 2, 5, 10], &[0, 1, 2, 4]),
        _ => (&[0, 1, 2, 3, 5, 7, 10, 15], &[0, 1, 2, 4]),
    };
    CdefProducts { primary, secondary }
}

/// The sets of strengths that leave least, where bits count as much as `lambda` says, and which of them
/// each superblock takes: luma's are chosen first, and then for each set those of chroma, if they were tried. Damping,
/// and else chroma's strengths, are as in `guessed`.
pub(crate) fn choose_cdef(
    guessed: &CdefParams,
    lambda: &Lambda,
    tried: &mut CdefTried<'_>,
) -> CdefParams {
    let CdefTried { candidates, errors, cdef_idx } = tried;
    let CdefCandidates { luma, chroma, sparse } = *candidates;
    let superblocks = || errors.chunks(candidates.len());
    let coded = cdef_idx.iter().filter(|&&index| index >= 0).count() as u64;
    let mut sets = [0; MOST_SETS];
    let mut best = (u64::MAX, 0);
    for count in 1..=MOST_SETS {
        let (chosen, rest) = sets.split_at_mut(count - 1);
        let left = |candidate: usize| {
            let least = |errors: &[u64]| {
                chosen.iter().fold(errors[candidate], |least, &set| least.min(errors[set]))
            };
            superblocks().map(least).sum::<u64>()
        };
        let with_left = (0..luma.len()).map(|candidate| (left(candidate), candidate));
        let Some((left, candidate)) = with_left.min() else { break };
        rest[0] = candidate;
        if count.is_power_of_two() {
            let bits = SET_BITS * count as u64 + u64::from(count.ilog2()) * coded;
            let all = if sparse { 2 * left } else { left };
            let cost = all + lambda.of_bits(bits);
            best = best.min((cost, count));
        }
    }
    let sets = &sets[..best.1];
    for (index, errors) in cdef_idx.iter_mut().zip(superblocks()).filter(|(index, _)| **index >= 0)
    {
        let least = sets.iter().enumerate().min_by_key(|&(_, &set)| errors[set]);
        *index = least.map_or(0, |(set, _)| set as i8);
    }
    let mut params = CdefParams { cdef_bits: sets.len().ilog2() as u8, ..*guessed };
    for (index, &set) in sets.iter().enumerate() {
        let taken = || superblocks().zip(&**cdef_idx).filter(|(_, taken)| **taken == index as i8);
        let left = |candidate: usize| -> u64 {
            taken().map(|(errors, _)| errors[luma.len() + candidate]).sum()
        };
        let best = (0..chroma.len()).min_by_key(|&candidate| left(candidate));
        params.y[index] = luma.strength(set);
        params.uv[index] = best.map_or(guessed.uv[0], |best| chroma.strength(best));
    }
    params
}

/// CDEF of a frame of `qindex`, which is not lossless: one set of strengths for all of it.
pub(crate) fn cdef(qindex: u8, key_frame: bool) -> CdefParams {
    let share = if key_frame { CDEF_KEY_SHARE } else { 1.0 };
    let strength = |share: f32| CdefStrength {
        pri_strength: (share * CDEF_PRIMARY.at(qindex, MAX_PRIMARY)).round() as u8,
        sec_strength: (share * CDEF_SECONDARY.at(qindex, CDEF_MAX_SECONDARY)).round() as u8,
    };
    let mut params = CdefParams { damping: 3 + qindex / 64, ..CdefParams::default() };
    params.y[0] = strength(share);
    params.uv[0] = strength(share * CDEF_CHROMA_SHARE);
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets are added while they are worth their bits; superblocks without `cdef_idx` stay without.
    #[test]
    fn sets_are_worth_their_bits() {
        let candidates = candidates(1);
        let guessed = cdef(120, false);
        // In four superblocks: the first and the second candidate are good at one half each.
        let errors =
            [[0, 5000, 6000, 6000], [5000, 0, 6000, 6000], [0, 0, 0, 0], [0, 5000, 10, 6000]];
        for (qindex, expected) in [(30, 2), (255, 1)] {
            let mut cdef_idx = [0, 0, -1, 0];
            let errors = errors.as_flattened();
            let tried =
                CdefCandidates { luma: candidates, sparse: true, ..CdefCandidates::default() };
            let mut tried = CdefTried { candidates: tried, errors, cdef_idx: &mut cdef_idx };
            let chosen = choose_cdef(&guessed, &Lambda::new(qindex, 0), &mut tried);
            assert_eq!(1 << chosen.cdef_bits, expected, "{qindex}");
            let taken = [0, 1, 3].map(|superblock| chosen.y[cdef_idx[superblock] as usize]);
            let best = if expected == 1 { [0; 3] } else { [0, 1, 0] };
            assert_eq!(taken, best.map(|candidate| candidates.strength(candidate)), "{qindex}");
            assert_eq!(cdef_idx[2], -1);
            assert_eq!((chosen.uv[0], chosen.damping), (guessed.uv[0], guessed.damping));
        }
    }

    /// Each set has the strengths of chroma that leave least where it is taken.
    #[test]
    fn chroma_follows_the_sets_of_luma() {
        let luma = CdefProducts { primary: &[0, 4], secondary: &[0] };
        let chroma = CdefProducts { primary: &[3], secondary: &[0, 1, 2] };
        let tried = CdefCandidates { luma, chroma, sparse: false };
        // Two of luma, three of chroma.
        let errors = [[0, 9000, 7, 4, 5], [9000, 0, 3, 4, 7], [9000, 0, 7, 4, 0], [0; 5]];
        let mut cdef_idx = [0, 0, 0, -1];
        let errors = errors.as_flattened();
        let mut tried = CdefTried { candidates: tried, errors, cdef_idx: &mut cdef_idx };
        let chosen = choose_cdef(&cdef(120, false), &Lambda::new(30, 0), &mut tried);
        assert_eq!(chosen.cdef_bits, 1);
        for (superblock, expected) in [(0, (0, 1)), (1, (1, 2)), (2, (1, 2))] {
            let set = cdef_idx[superblock] as usize;
            assert_eq!(chosen.y[set], luma.strength(expected.0), "{superblock}");
            assert_eq!(chosen.uv[set], chroma.strength(expected.1), "{superblock}");
        }
    }

    #[test]
    fn strengths_rise_with_the_step_and_stay_in_range() {
        for key_frame in [false, true] {
            let mut before = (0, 0, 0);
            for qindex in 1..=255 {
                let (filter, cdef) = (deblock(qindex, key_frame), cdef(qindex, key_frame));
                let now = (filter.level[0], cdef.y[0].pri_strength, cdef.y[0].sec_strength);
                assert!(now.0 >= before.0 && now.1 >= before.1 && now.2 >= before.2, "{qindex}");
                assert!(now.0 <= 63 && now.1 <= 15 && now.2 <= 2, "{qindex}");
                assert!((3..=6).contains(&cdef.damping));
                before = now;
            }
            assert!(before.0 > 60 && before.1 >= 9 && before.2 >= 1);
            assert_eq!(cdef(1, key_frame).y[0], CdefStrength::default());
        }
        assert_eq!(deblock(1, true).level, [0; 4]);
    }
}
