//! The structures of layers as tables: which slots the frame at each place of a pattern may read,
//! which it writes, of which layer it is, and what it is worth.
//!
//! All structures agree on slots: 0 and 1 hold the last two frames of layer 0, 2 and 3 its last two
//! anchors, each pair written in turn; 4 holds the last frame of layer 1 where frames of layer 2 refer
//! to it. A frame reads only frames of its layer and those below, and of its own only in layer 0
//! (6.2.3), so that after every frame but those of the highest layer a receiver of fewer layers may
//! take more.

use super::{Cascade, LayerMix, PYRAMID_LEVELS, PyramidLevel};
use crate::config::ScalabilityMode;

/// Frames of a pattern: two anchors, one for each of their slots.
pub(crate) const PERIOD: usize = 16;

/// What a frame at one place of the pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Temporal layer.
    pub(crate) temporal_id: u8,
    /// The slots of LAST_FRAME to ALTREF_FRAME.
    pub(crate) reads: [u8; 7],
    /// A bit for each slot that is written, [`Structure::unused`] apart; none in the highest of several
    /// layers.
    pub(crate) refresh: u8,
    /// Quality class.
    pub(crate) level: PyramidLevel,
}

/// A pattern that repeats from every key frame on, which stands in place of its first frame.
#[derive(Debug)]
pub(crate) struct Structure {
    /// How many temporal layers there are.
    pub(crate) layers: u8,
    /// The frames.
    pub(crate) positions: [Position; PERIOD],
    /// How quality is spread.
    pub(crate) cascade: Cascade,
    /// Slots that nothing reads. They go with every anchor, so that none holds a frame from long ago,
    /// until a receiver tells what it has.
    pub(crate) unused: u8,
}

impl Structure {
    /// That of a mode.
    pub(crate) fn of(mode: ScalabilityMode) -> &'static Self {
        match mode {
            ScalabilityMode::L1T1 => &L1T1,
            ScalabilityMode::L1T2 => &L1T2,
            ScalabilityMode::L1T3 => &L1T3,
        }
    }

    /// The layers, lowest first.
    pub(crate) fn mixes(&self) -> Vec<LayerMix> {
        let mix = |layer: u8| {
            let frames = self.positions.iter().filter(|position| position.temporal_id == layer);
            let count = frames.clone().count() as f64;
            let mut levels = [0.0; PYRAMID_LEVELS];
            frames.for_each(|position| levels[position.level.index()] += 1.0 / count);
            LayerMix { frames: count / PERIOD as f64, levels }
        };
        (0..self.layers).map(mix).collect()
    }

    /// Whether the frames of a layer are referred to by none.
    pub(crate) fn is_top(&self, temporal_id: u8) -> bool {
        temporal_id > 0 && temporal_id + 1 >= self.layers
    }
}

/// A place whose frame reads the frame before it in its lineage, the one before that, the last anchor
/// and the one before it: LAST2_FRAME and ALTREF_FRAME are the second, LAST3_FRAME is the fourth, and
/// the other names repeat LAST_FRAME.
const fn at(
    temporal_id: u8,
    [last, last2, golden, older]: [u8; 4],
    refresh: u8,
    level: PyramidLevel,
) -> Position {
    let reads = [last, last2, older, golden, last, last, last2];
    Position { temporal_id, reads, refresh, level }
}

use PyramidLevel::{Anchor, Middle, Ordinary, Top};

/// Every frame reads the one before it. A wider spread of quality makes anchors better and larger, which
/// calm pictures repay. Swept in November 2026 at speed 6 on seven call clips, at 0 to 4 times
/// [-0.40, -0.15, 0.08]: 3 times gains no more than 2 (1 % by VMAF and SSIM, nothing by PSNR) and
/// leaves 4 % of the rate unused, as the bound of the delay cuts its anchors; 4 times loses 4 % on a
/// dark and noisy clip. A soft delay of 0.45 loses 1 to 2 %. Where the picture moves, 0 to 0.4 of the octaves gain 2 to
/// 5 %.
static L1T1: Structure = Structure {
    layers: 1,
    positions: [
        at(0, [1, 0, 3, 2], 0b0101, Anchor),
        at(0, [0, 1, 2, 3], 0b0010, Ordinary),
        at(0, [1, 0, 2, 3], 0b0001, Ordinary),
        at(0, [0, 1, 2, 3], 0b0010, Ordinary),
        at(0, [1, 0, 2, 3], 0b0001, Middle),
        at(0, [0, 1, 2, 3], 0b0010, Ordinary),
        at(0, [1, 0, 2, 3], 0b0001, Ordinary),
        at(0, [0, 1, 2, 3], 0b0010, Ordinary),
        at(0, [1, 0, 2, 3], 0b1001, Anchor),
        at(0, [0, 1, 3, 2], 0b0010, Ordinary),
        at(0, [1, 0, 3, 2], 0b0001, Ordinary),
        at(0, [0, 1, 3, 2], 0b0010, Ordinary),
        at(0, [1, 0, 3, 2], 0b0001, Middle),
        at(0, [0, 1, 3, 2], 0b0010, Ordinary),
        at(0, [1, 0, 3, 2], 0b0001, Ordinary),
        at(0, [0, 1, 3, 2], 0b0010, Ordinary),
    ],
    cascade: Cascade {
        octaves: [-0.80, -0.30, 0.16, 0.0],
        least: 0.4,
        shares: [0.125, 0.125, 0.75, 0.0],
        soft_delay: 0.60,
        largest: 2.9,
    },
    unused: 0b1111_0000,
};

/// Frames of layer 0 read the one of layer 0 before, frames of layer 1 the frame before. Swept on 26
/// November 2026 on six call clips: without loss it costs nothing beside one layer (VMAF, PSNR-Y and SSIM
/// -0.2, +0.8 and -0.7 %); a soft delay of 0.45 loses 2 %.
static L1T2: Structure = Structure {
    layers: 2,
    positions: [
        at(0, [1, 0, 3, 2], 0b0101, Anchor),
        at(1, [0, 1, 2, 3], 0, Top),
        at(0, [0, 1, 2, 3], 0b0010, Ordinary),
        at(1, [1, 0, 2, 3], 0, Top),
        at(0, [1, 0, 2, 3], 0b0001, Middle),
        at(1, [0, 1, 2, 3], 0, Top),
        at(0, [0, 1, 2, 3], 0b0010, Ordinary),
        at(1, [1, 0, 2, 3], 0, Top),
        at(0, [1, 0, 2, 3], 0b1001, Anchor),
        at(1, [0, 1, 3, 2], 0, Top),
        at(0, [0, 1, 3, 2], 0b0010, Ordinary),
        at(1, [1, 0, 3, 2], 0, Top),
        at(0, [1, 0, 3, 2], 0b0001, Middle),
        at(1, [0, 1, 3, 2], 0, Top),
        at(0, [0, 1, 3, 2], 0b0010, Ordinary),
        at(1, [1, 0, 3, 2], 0, Top),
    ],
    cascade: Cascade {
        octaves: [-0.90, -0.60, -0.40, 0.40],
        least: 1.0,
        shares: [0.125, 0.125, 0.25, 0.5],
        soft_delay: 0.60,
        largest: f64::INFINITY,
    },
    unused: 0b1111_0000,
};

/// Frames of layers 0 and 1 read the frame of layer 0 before, frames of layer 2 the frame before. Layer 0
/// is far apart, so that it has to be much better than the rest. Swept like [`L1T2`]: without loss it
/// costs 6.7 and 2.7 % beside one layer; 1.2 times these octaves 7.4 and 1.6 %, 0.7 times 8.2 and 6.9 %,
/// a soft delay of 0.75 half a point more.
static L1T3: Structure = Structure {
    layers: 3,
    positions: [
        at(0, [1, 0, 3, 2], 0b0_0101, Anchor),
        at(2, [0, 1, 2, 3], 0, Top),
        at(1, [0, 1, 2, 3], 0b1_0000, Ordinary),
        at(2, [4, 0, 2, 3], 0, Top),
        at(0, [0, 1, 2, 3], 0b0_0010, Middle),
        at(2, [1, 0, 2, 3], 0, Top),
        at(1, [1, 0, 2, 3], 0b1_0000, Ordinary),
        at(2, [4, 1, 2, 3], 0, Top),
        at(0, [1, 0, 2, 3], 0b0_1001, Anchor),
        at(2, [0, 1, 3, 2], 0, Top),
        at(1, [0, 1, 3, 2], 0b1_0000, Ordinary),
        at(2, [4, 0, 3, 2], 0, Top),
        at(0, [0, 1, 3, 2], 0b0_0010, Middle),
        at(2, [1, 0, 3, 2], 0, Top),
        at(1, [1, 0, 3, 2], 0b1_0000, Ordinary),
        at(2, [4, 1, 3, 2], 0, Top),
    ],
    cascade: Cascade {
        octaves: [-1.10, -0.85, -0.34, 0.43],
        least: 1.0,
        shares: [0.125, 0.125, 0.25, 0.5],
        soft_delay: 0.90,
        largest: f64::INFINITY,
    },
    unused: 0b1110_0000,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames by number through the slots of a table, a key frame first.
    fn walk(structure: &Structure, mut each: impl FnMut(usize, &Position, [usize; 7])) {
        let mut slots = [0; 8];
        for number in 1..5 * PERIOD {
            let position = &structure.positions[number % PERIOD];
            each(number, position, position.reads.map(|slot| slots[usize::from(slot)]));
            for (slot, held) in slots.iter_mut().enumerate() {
                if (position.refresh >> slot) & 1 != 0 {
                    *held = number;
                }
            }
        }
    }

    #[test]
    fn names_read_what_they_promise() {
        for &mode in ScalabilityMode::ALL {
            let structure = Structure::of(mode);
            assert_eq!(structure.layers, mode.temporal_layers());
            let layer = |number: usize| structure.positions[number % PERIOD].temporal_id;
            walk(structure, |number, position, read| {
                let base = |back: usize| {
                    let before = (0..number).rev().filter(|&frame| layer(frame) == 0);
                    before.take(back + 1).last().unwrap()
                };
                let anchor = (number - 1) / 8 * 8;
                // A frame of the highest of three layers may come after one of the second.
                let after_middle = position.temporal_id == 2 && layer(number - 1) == 1;
                let (last, last2) =
                    if after_middle { (number - 1, base(0)) } else { (base(0), base(1)) };
                let older = anchor.saturating_sub(8);
                let expected = [last, last2, older, anchor, last, last, last2];
                assert_eq!(read, expected, "{mode} {number}");
                assert_eq!(position.level == PyramidLevel::Anchor, number % 8 == 0);
                assert_eq!(position.level == PyramidLevel::Top, structure.is_top(layer(number)));
            });
        }
    }

    #[test]
    fn layers_refer_to_those_below() {
        for &mode in ScalabilityMode::ALL {
            let structure = Structure::of(mode);
            walk(structure, |number, position, read| {
                let t = position.temporal_id;
                for read in read {
                    let other = structure.positions[read % PERIOD].temporal_id;
                    assert!(other < t || t == 0 && other == 0, "{mode} {number}");
                }
                assert_eq!(position.refresh == 0, structure.is_top(t), "{mode} {number}");
                let used = position.reads.iter().fold(position.refresh, |m, slot| m | 1 << slot);
                assert_eq!(used & structure.unused, 0, "{mode} {number}");
            });
        }
    }

    #[test]
    fn shares_are_those_of_the_pattern() {
        for &mode in ScalabilityMode::ALL {
            let structure = Structure::of(mode);
            let mut counts = [0.0; 4];
            for position in &structure.positions {
                counts[position.level.index()] += 1.0 / PERIOD as f64;
            }
            assert_eq!(counts, structure.cascade.shares, "{mode}");
            let mixes = structure.mixes();
            assert_eq!(mixes.len(), usize::from(structure.layers));
            let by_layer = PyramidLevel::ALL.map(|level| {
                mixes.iter().map(|mix| mix.frames * mix.levels[level.index()]).sum::<f64>()
            });
            assert_eq!(by_layer, counts, "{mode}");
        }
    }
}
