//! Streams of random decisions, decoded: the reconstruction of the native engine must be the
//! decoder's picture, every frame, all planes.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::random_decisions::{Plan, RandomDecider, Wildness};
use super::tile_parser::{StreamParser, first_difference};
use crate::av1::geometry::MiPos;
use crate::av1::obu::frame::{
    CdefStrength, DeltaQ, FrameHeader, FrameType, InterpolationFilter, TileInfo, TxMode,
};
use crate::av1::obu::{LayerId, SequenceHeader};
use crate::av1::tile::decider::SuperblockDecider;
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::quantizers::Rounding;
use crate::av1::tile::symbol::Record;
use crate::encoder::native::stream::{FinishedUnit, Stream};
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::kernels::random::Random;
use crate::pool::Pool;
use crate::{Decoder, DecoderConfig, Picture};

/// What varies from stream to stream.
pub(super) struct RandomStream {
    random: Random,
    stream: Stream,
    wildness: Wildness,
    frame: u64,
    planes: [PaddedPlane; 3],
}

impl RandomStream {
    /// The stream that a seed stands for: small frames, and every other one by two threads.
    pub(super) fn of_seed(seed: u64) -> Self {
        Self::new(seed, (200, 200), 1 + seed as usize % 2)
    }

    /// A stream of frames of up to the given size, coded with `threads` threads.
    fn new(seed: u64, (most_width, most_height): (usize, usize), threads: usize) -> Self {
        let mut random = Random::new(seed);
        let flip = |random: &mut Random| random.below(2) == 0;
        let width = 16 + random.below(most_width - 15);
        let height = 16 + random.below(most_height - 15);
        let mut sequence = SequenceHeader::new(width as u32, height as u32);
        sequence.enable_cdef = flip(&mut random);
        sequence.enable_intra_edge_filter = flip(&mut random);
        sequence.enable_warped_motion = flip(&mut random);
        if flip(&mut random) {
            sequence.order_hint_bits = 7;
            sequence.enable_ref_frame_mvs = flip(&mut random);
        }
        if flip(&mut random) {
            sequence.seq_force_screen_content_tools = Some(true);
            sequence.seq_force_integer_mv = None;
        } else {
            sequence.seq_force_screen_content_tools = Some(false);
        }
        let wildness = Wildness {
            skip: [10, 80, 200][random.below(3)],
            intra: [10, 60, 160][random.below(3)],
            split: [60, 120, 200][random.below(3)],
            levels: [0, 40, 160][random.below(3)],
            mv: [16, 200, 3000, 16_000][random.below(4)],
        };
        let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
        let planes = [(width, height), (cw, ch), (cw, ch)].map(|(w, h)| PaddedPlane::new(w, h));
        let mut stream = Stream::new(sequence, Isa::detect()).expect("a legal sequence");
        stream.set_pool(Arc::new(Pool::new(threads)));
        Self { random, stream, wildness, frame: 0, planes }
    }

    /// Paints something new into the picture: texture, noise or flat areas.
    fn paint(&mut self) {
        let kind = self.random.below(3);
        let shift = self.random.below(40);
        for plane in &mut self.planes {
            let (width, height) = (plane.width, plane.height);
            for y in 0..height {
                for (x, s) in plane.row_mut(0, y as isize, width).iter_mut().enumerate() {
                    *s = match kind {
                        0 => (((x + shift) * 5) ^ (y * 3 + shift)) as u8,
                        1 => self.random.below(256) as u8,
                        _ => 40 * (((x + shift) / 24 + y / 40) % 6) as u8,
                    };
                }
            }
            plane.extend_edges();
        }
    }

    fn header(&mut self) -> FrameHeader {
        let random = &mut self.random;
        let flip = |random: &mut Random| random.below(2) == 0;
        let sequence = self.stream.sequence().clone();
        let state = self.stream.state();
        let frame_type = match random.below(12) {
            _ if self.frame == 0 => FrameType::Key,
            0 => FrameType::Key,
            1 => FrameType::IntraOnly,
            _ => FrameType::Inter,
        };
        let qindex = match random.below(8) {
            0 => 0,
            1 => 1 + random.below(10) as u8,
            _ => random.below(256) as u8,
        };
        let mut h = FrameHeader::new(&sequence, frame_type, qindex).expect("a legal size");
        let intra = h.is_intra();
        if frame_type == FrameType::IntraOnly {
            h.refresh_frame_flags = random.below(255) as u8;
        } else if frame_type == FrameType::Inter {
            h.refresh_frame_flags = random.below(256) as u8;
            h.error_resilient_mode = random.below(6) == 0;
        }
        h.order_hint = if sequence.enable_order_hint() { (self.frame % 128) as u8 } else { 0 };
        h.disable_cdf_update = random.below(8) == 0;
        h.disable_frame_end_update_cdf = h.disable_cdf_update || random.below(6) == 0;
        if !intra {
            h.ref_frame_idx = [0; 7].map(|_: u8| random.below(8) as u8);
            if !h.error_resilient_mode && !flip(random) {
                h.primary_ref_frame = Some(random.below(7) as u8);
            }
            if h.allow_screen_content_tools {
                h.force_integer_mv = random.below(4) == 0;
            }
            h.allow_high_precision_mv = !h.force_integer_mv && flip(random);
            h.interpolation_filter = [
                InterpolationFilter::Switchable,
                InterpolationFilter::Switchable,
                InterpolationFilter::EightTap,
                InterpolationFilter::EightTapSmooth,
                InterpolationFilter::EightTapSharp,
                InterpolationFilter::Bilinear,
            ][random.below(6)];
            h.is_motion_mode_switchable = flip(random);
            h.allow_warped_motion =
                sequence.enable_warped_motion && !h.error_resilient_mode && flip(random);
            h.reference_select = flip(random);
            h.use_ref_frame_mvs =
                sequence.enable_ref_frame_mvs && !h.error_resilient_mode && flip(random);
            if h.error_resilient_mode && sequence.enable_order_hint() {
                h.ref_order_hint = Some(std::array::from_fn(|slot| {
                    state.slots()[slot].as_ref().map_or(0, |frame| frame.order_hint)
                }));
            }
        } else if frame_type == FrameType::IntraOnly
            && h.error_resilient_mode
            && sequence.enable_order_hint()
        {
            h.ref_order_hint = Some([0; 8]);
        }
        let (cols, rows) = (random.below(3) as u8, random.below(3) as u8);
        if let Ok(info) = TileInfo::uniform(&sequence, &h.size, cols, rows) {
            h.tile_info = info;
            h.tile_info.context_update_tile_id = random.below(h.tile_info.num_tiles()) as u16;
        }
        let q = &mut h.quantization_params;
        if random.below(4) == 0 {
            let mut delta = || random.below(41) as i8 - 20;
            q.delta_q_y_dc = delta();
            q.delta_q_u_dc = delta();
            q.delta_q_u_ac = delta();
            (q.delta_q_v_dc, q.delta_q_v_ac) = (q.delta_q_u_dc, q.delta_q_u_ac);
        }
        if random.below(3) == 0 {
            segments(random, &mut h);
        }
        if qindex > 0 && random.below(3) == 0 && !h.coded_lossless() {
            h.delta_q = Some(DeltaQ { delta_q_res: random.below(4) as u8, delta_lf: None });
        }
        let lossless = h.coded_lossless();
        h.tx_mode = match () {
            () if lossless => TxMode::Only4x4,
            () if random.below(4) == 0 => TxMode::Largest,
            () => TxMode::Select,
        };
        h.reduced_tx_set = random.below(4) == 0;
        let lf = &mut h.loop_filter_params;
        if lossless {
            lf.level = [0; 4];
        } else {
            lf.level = [0; 4].map(|_: u8| [0, random.below(64) as u8][random.below(2)]);
            if lf.level[0] == 0 && lf.level[1] == 0 {
                lf.level = [0; 4];
            }
            lf.sharpness = random.below(8) as u8;
            if sequence.enable_cdef {
                let params = &mut h.cdef_params;
                params.damping = 3 + random.below(4) as u8;
                params.cdef_bits = random.below(4) as u8;
                for i in 0..1 << params.cdef_bits {
                    let mut strength = || CdefStrength {
                        pri_strength: random.below(16) as u8,
                        sec_strength: [0, 1, 2, 4][random.below(4)],
                    };
                    params.y[i] = strength();
                    params.uv[i] = strength();
                }
            }
        }
        h
    }

    /// The next temporal unit with the reconstruction that it shows.
    pub(super) fn next(&mut self) -> FinishedUnit {
        self.next_by(RandomDecider::new)
    }

    /// The same by the decider that is made of a plan.
    fn next_by<D: SuperblockDecider>(&mut self, decider: impl FnOnce(Plan) -> D) -> FinishedUnit {
        if self.random.below(3) > 0 {
            self.paint();
        }
        let header = self.header();
        let names = (1..=7).collect();
        let seed = self.random.below(1 << 30) as u64;
        let mut decider = decider(Plan { seed, wildness: self.wildness, names });
        let layer = LayerId::default();
        let unit = self
            .stream
            .code(header.clone(), &self.planes, layer, &mut decider, None)
            .expect("a legal header")
            .expect("nobody gives it up");
        let tiles = (unit.spent().iter().sum::<u64>() / 8) as u32;
        let overhead = self.stream.overhead(&header, layer, tiles).expect("a legal header");
        assert_eq!(unit.data.len() as u32, overhead + tiles);
        self.frame += 1;
        self.stream.finish(unit).expect("a legal header")
    }
}

/// Random segmentation (5.9.14).
fn segments(random: &mut Random, h: &mut FrameHeader) {
    let params = &mut h.segmentation_params;
    params.segmentation_enabled = true;
    let primary = h.primary_ref_frame.is_some();
    params.segmentation_update_map = !primary || random.below(3) > 0;
    params.segmentation_temporal_update =
        primary && params.segmentation_update_map && random.below(2) == 0;
    params.segmentation_update_data = true;
    for features in &mut params.feature_data {
        if random.below(2) == 0 {
            features[0] = Some(random.below(101) as i16 - 50);
        }
        for level in &mut features[1..5] {
            if random.below(4) == 0 {
                *level = Some(random.below(61) as i16 - 30);
            }
        }
        if !matches!(h.frame_type, FrameType::Key | FrameType::IntraOnly) {
            if random.below(6) == 0 {
                features[5] = Some(random.below(8) as i16);
            }
            if random.below(8) == 0 {
                features[6] = Some(0);
            }
            if random.below(8) == 0 {
                features[7] = Some(0);
            }
        }
    }
}

/// Codes and decodes a stream of one seed; gives a description of the first difference.
fn check(seed: u64, frames: u64) -> Result<(), String> {
    let mut stream = RandomStream::of_seed(seed);
    let mut parser = StreamParser::default();
    let mut decoder = Decoder::new(DecoderConfig::default()).expect("legal settings");
    for number in 0..frames {
        let unit = stream.next();
        let at = || format!("seed {seed}, frame {number}");
        let logs = parser.parse_unit(&unit.data);
        for tile in 0..unit.records.len() {
            let parsed = match &logs {
                Ok(logs) => &logs[0].tiles[tile],
                Err(failure) if failure.tile_num == tile => &failure.symbols,
                Err(_) => continue,
            };
            let written = unit.records[tile].iter().map(|&record| record.into());
            if let Some((index, message)) = first_difference(parsed, written) {
                return Err(format!("{}: tile {tile}, symbol {index}: {message}", at()));
            }
        }
        logs.map_err(|failure| format!("{}: {failure:?}", at()))?;
        let picture = decoder
            .decode(Bytes::from(unit.data), number)
            .map_err(|error| format!("{}: {error}", at()))?
            .ok_or_else(|| format!("{}: no picture", at()))?;
        compare(&unit.reference.planes, &picture).map_err(|place| format!("{}: {place}", at()))?;
    }
    Ok(())
}

/// Says where a reconstruction and the decoder's picture first differ.
pub(super) fn compare(planes: &[PaddedPlane; 3], picture: &Picture) -> Result<(), String> {
    for (index, plane) in planes.iter().enumerate() {
        for (y, row) in picture.rows(index).enumerate() {
            let ours = plane.row(0, y as isize, plane.width);
            if let Some(x) = (0..plane.width).find(|&x| row[x] != ours[x]) {
                return Err(format!(
                    "plane {index} at {x}, {y} of {}x{}: ours {}, decoded {}",
                    plane.width, plane.height, ours[x], row[x]
                ));
            }
        }
    }
    Ok(())
}

/// Frames of a stream.
pub(super) const LENGTH: u64 = 20;

/// The streams to look at: by environment variable for long runs, a few otherwise.
pub(super) fn seeds() -> Range<u64> {
    let read = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
    };
    let first = read("RTAV1_RANDOM_SEED", 0);
    first..first + read("RTAV1_RANDOM_FRAMES", 400).div_ceil(LENGTH)
}

#[test]
fn random_streams_are_exact() {
    let failures: Vec<String> = seeds().filter_map(|seed| check(seed, LENGTH).err()).collect();
    assert!(failures.is_empty(), "{} streams differ:\n{}", failures.len(), failures.join("\n"));
}

/// Squares are parted in all ways.
#[test]
fn all_partitions_are_drawn() {
    let mut drawn = [0; 10];
    for seed in 0..6 {
        let mut stream = RandomStream::of_seed(seed);
        let mut parser = StreamParser::default();
        for _ in 0..LENGTH {
            let logs = parser.parse_unit(&stream.next().data).expect("what the decoder accepts");
            for symbol in logs[0].tiles.iter().flatten().filter(|s| s.element == "partition") {
                drawn[symbol.value as usize] += 1;
            }
        }
    }
    assert!(drawn.iter().all(|&count| count > 10), "{drawn:?}");
}

/// However many threads decide, bytes, records and reconstruction are the same.
#[test]
fn threads_change_nothing() {
    for seed in 0..12 {
        let start = |threads| RandomStream::new(seed, (700, 400), threads);
        let mut one = start(1);
        let mut others = [2, 3, 5].map(|threads| (threads, start(threads)));
        for number in 0..4 {
            let expected = one.next();
            for (threads, stream) in &mut others {
                let unit = stream.next();
                let at = format!("seed {seed}, frame {number}, {threads} threads");
                assert!(unit.records == expected.records, "records: {at}");
                let planes = expected.reference.planes.iter().zip(&unit.reference.planes);
                assert!(planes.clone().all(|(a, b)| a.data == b.data), "reconstruction: {at}");
                assert!(unit.data == expected.data, "bytes: {at}");
            }
        }
    }
}

/// Fails in the second row of superblocks.
struct Failing(RandomDecider);

impl SuperblockDecider for Failing {
    type Shared = Plan;
    type Worker = ();
    const ROUNDING: [Rounding; 2] = RandomDecider::ROUNDING;

    fn workers(&mut self, count: usize) -> (&Plan, &mut [()]) {
        self.0.workers(count)
    }

    fn superblock(
        plan: &Plan,
        worker: &mut (),
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
    ) {
        assert!(pos.row != 16, "a failure made for this test");
        RandomDecider::superblock(plan, worker, coder, records, pos);
    }

    fn cost(plan: &Plan, records: &[Record]) -> u64 {
        RandomDecider::cost(plan, records)
    }
}

/// A thread that fails ends the call, and leaves none waiting.
#[test]
fn a_failing_thread_stops_the_others() {
    let mut failures = 0;
    for seed in 0..8 {
        let mut stream = RandomStream::new(seed, (700, 400), 3);
        let tall = stream.planes[0].height > 64;
        let call =
            std::panic::AssertUnwindSafe(|| stream.next_by(|p| Failing(RandomDecider::new(p))));
        assert_eq!(std::panic::catch_unwind(call).is_err(), tall);
        failures += usize::from(tall);
    }
    assert!(failures > 0);
}
