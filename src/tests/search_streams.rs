//! Streams of the search's decisions, decoded: the reconstruction must be the decoder's picture.

use bytes::Bytes;

use super::TICKS;
use super::random_stream::compare;
use super::tile_parser::{LoggedSymbol, StreamParser};
use crate::av1::obu::frame::{DeltaQ, FrameHeader, FrameType, InterpolationFilter, TxMode};
use crate::av1::obu::{LayerId, SequenceHeader};
use crate::av1::tile::decider::{
    Control, SequentialControl, SuperblockChoice, SuperblockControl, SuperblockPlace,
};
use crate::av1::types::{MotionMode, Partition};
use crate::encoder::native::stream::Stream;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::kernels::random::Random;
use crate::search::frame::Search;
use crate::synthetic::{Clip, Scene};
use crate::{
    Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, PictureBuffer, RateMode, Speed,
};

/// Indices around one, and thrift, drawn anew for each superblock.
struct RandomChoices {
    qindex: u8,
    seed: u64,
}

impl SuperblockControl for RandomChoices {
    fn choose(&self, place: SuperblockPlace) -> Option<SuperblockChoice> {
        let mut random = Random::new(self.seed << 32 | place.index as u64);
        let (down, up) = (usize::from(self.qindex - 1) / 4, usize::from(255 - self.qindex) / 4);
        let (down, up) = (down.min(20), up.min(20));
        let qindex = usize::from(self.qindex) - 4 * down + 4 * random.below(down + up + 1);
        let residual = random.below(4) > 0;
        Some(SuperblockChoice { qindex: qindex as u8, residual })
    }

    fn decided(&self, _: SuperblockPlace, _: u64) {}

    fn coded(&self, _: usize, _: u64) {}
}

impl SequentialControl for RandomChoices {
    fn choose(&mut self, place: SuperblockPlace, _: u64) -> Option<SuperblockChoice> {
        SuperblockControl::choose(self, place)
    }
}

/// Codes `frames` of a synthetic clip at one speed; gives its bytes.
fn check(scene: Scene, (width, height): (u32, u32), speed: u8, qindex: u8, frames: u64) -> usize {
    let mut sequence = SequenceHeader::new(width, height);
    sequence.enable_cdef = true;
    sequence.enable_intra_edge_filter = true;
    sequence.order_hint_bits = 7;
    sequence.enable_ref_frame_mvs = true;
    sequence.enable_warped_motion = true;
    sequence.seq_force_screen_content_tools = Some(false);
    let mut stream = Stream::new(sequence.clone(), Isa::detect()).unwrap();
    let (w, h) = (width as usize, height as usize);
    let mut search = Search::new(w, h, Isa::detect());
    search.set_speed(speed);
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    let mut parser = StreamParser::default();
    let clip = Clip::new(scene, width, height, 7).unwrap();
    let chroma = (w.div_ceil(2), h.div_ceil(2));
    let mut planes = [(w, h), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h));
    let mut bytes = 0;
    for number in 0..frames {
        let picture = clip.picture(number);
        let previous = planes[0].clone();
        let frame = picture.as_frame(number);
        for (index, plane) in planes.iter_mut().enumerate() {
            for (y, row) in frame.rows(index).enumerate() {
                plane.row_mut(0, y as isize, row.len()).copy_from_slice(row);
            }
            plane.extend_edges();
        }
        search.analyse(&planes[0], &previous);
        let kind = if number == 0 { FrameType::Key } else { FrameType::Inter };
        let mut header = FrameHeader::new(&sequence, kind, qindex).unwrap();
        header.order_hint = (number % 128) as u8;
        header.tx_mode = if qindex == 0 { TxMode::Only4x4 } else { TxMode::Select };
        header.reduced_tx_set = speed > 4;
        if number > 0 {
            // LAST in slots by turns, GOLDEN in slot 7.
            header.refresh_frame_flags = 1 << (number % 2) | u8::from(number % 4 == 0) << 7;
            header.ref_frame_idx = [((number + 1) % 2) as u8; 7];
            header.ref_frame_idx[3] = 7;
            header.primary_ref_frame = Some(0);
            header.interpolation_filter = InterpolationFilter::Switchable;
            header.reference_select = true;
            header.is_motion_mode_switchable = true;
            header.allow_warped_motion = number % 4 > 0;
            header.use_ref_frame_mvs = number % 3 > 0;
        }
        if qindex > 0 {
            header.loop_filter_params.level = [qindex / 8; 4];
        }
        let reads = (number > 0).then_some(&header.ref_frame_idx);
        search.prepare(&planes, &stream.references(reads));
        // Every third frame has another index in each superblock, and is coded twice: only the second
        // time counts.
        let mut choices = RandomChoices { qindex, seed: number + 1 };
        let paced = qindex > 0 && number % 3 == 2;
        if paced {
            header.delta_q = Some(DeltaQ { delta_q_res: 2, delta_lf: None });
            let others = Control::Wavefront(&RandomChoices { qindex, seed: 99 });
            let unit = stream
                .code(header.clone(), &planes, LayerId::default(), &mut search, Some(others))
                .unwrap();
            stream.discard(unit.unwrap());
        }
        let control = paced.then_some(match number % 2 {
            0 => Control::Wavefront(&choices),
            _ => Control::Sequential(&mut choices),
        });
        let unit = stream.code(header, &planes, LayerId::default(), &mut search, control).unwrap();
        let unit = stream.finish(unit.unwrap()).unwrap();
        bytes += unit.data.len();
        let at =
            format!("{scene:?} {width}x{height} speed {speed} qindex {qindex}: frame {number}");
        if let Err(failure) = parser.parse_unit(&unit.data) {
            panic!("{at}: {failure:?}");
        }
        let picture = decoder.decode(Bytes::from(unit.data), number).unwrap().unwrap();
        if let Err(place) = compare(&unit.reference.planes, &picture) {
            panic!("{at}: {place}");
        }
    }
    bytes
}

/// Every speed on every scene, at sizes that fit no superblock.
#[test]
fn every_speed_is_exact() {
    for (index, &scene) in Scene::ALL.iter().enumerate() {
        for speed in 0..=10 {
            let size = [(64, 64), (130, 70), (90, 150), (17, 33)][(index + usize::from(speed)) % 4];
            let qindex = [0, 40, 120, 200, 255][(index * 3 + usize::from(speed)) % 5];
            check(scene, size, speed, qindex, 6);
        }
    }
}

/// More effort does not cost more bits at the same quantizer, within a tenth.
#[test]
fn effort_saves_bits() {
    let of = |speed| check(Scene::MovingTexture, (176, 144), speed, 120, 8);
    let (fast, thorough) = (of(10), of(2));
    assert!(thorough * 10 < fast * 11, "{thorough} bytes against {fast}");
}

/// How many symbols of each frame are `wanted`, where pictures of 128×128 samples are coded at speed 2.
fn count(
    frames: u64,
    wanted: impl Fn(&LoggedSymbol) -> bool,
    luma: impl Fn(u64, usize, usize) -> u8,
) -> Vec<usize> {
    const SIDE: u32 = 128;
    let mut config = EncoderConfig::new(SIDE, SIDE, 100_000);
    config.rate = RateMode::ConstantQindex(120);
    config.speed = Speed::new(2).unwrap();
    let mut encoder = Encoder::new(config).unwrap();
    let mut parser = StreamParser::default();
    let mut picture = PictureBuffer::new(SIDE, SIDE).unwrap();
    picture.plane_mut(1).fill(128);
    picture.plane_mut(2).fill(128);
    let code = |number| {
        for (index, sample) in picture.plane_mut(0).iter_mut().enumerate() {
            *sample = luma(number, index % SIDE as usize, index / SIDE as usize);
        }
        let frame = picture.as_frame(TICKS * number);
        let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
        let logs = parser.parse_unit(&outcome.into_unit().unwrap().data).unwrap();
        logs[0].tiles.iter().flatten().filter(|symbol| wanted(symbol)).count()
    };
    (0..frames).map(code).collect()
}

/// How many squares are parted in one of these ways.
fn parted(ways: &[Partition], frames: u64, luma: impl Fn(u64, usize, usize) -> u8) -> Vec<usize> {
    let is_one = |value: u32| ways.iter().any(|&way| way as u32 == value);
    count(frames, |symbol| symbol.element == "partition" && is_one(symbol.value), luma)
}

/// Squares of two stripes are coded in halves also where quarters would cost more than the whole.
#[test]
fn halves_are_found_where_quarters_lose() {
    let mut random = Random::new(5);
    let stripes: [[u8; 2]; 64] = std::array::from_fn(|_| {
        let upper = 100 + random.below(40) as u8;
        [upper, if random.below(2) == 0 { upper - 12 } else { upper + 12 }]
    });
    let found = parted(&[Partition::Horz], 1, |_, x, y| stripes[y / 16 * 8 + x / 16][y / 8 % 2]);
    assert!(found[0] > 40, "{} of 64 squares in halves", found[0]);
}

/// Squares with two quarters and a half, each of its own brightness, are coded in threes.
#[test]
fn threes_are_found() {
    use Partition as P;
    let mut random = Random::new(9);
    let quarters: [[u8; 4]; 64] = std::array::from_fn(|square| {
        let mut quarters = [50, 100, 150, 200].map(|least| least + random.below(30) as u8);
        let [from, to] = [[2, 3], [0, 1], [1, 3], [0, 2]][square % 4];
        quarters[to] = quarters[from];
        quarters
    });
    let found = parted(&[P::HorzA, P::HorzB, P::VertA, P::VertB], 1, |_, x, y| {
        quarters[y / 16 * 8 + x / 16][y / 8 % 2 * 2 + x / 8 % 2]
    });
    assert!(found[0] > 10, "{} of 64 squares in threes", found[0]);
}

/// Squares whose upper half moves to the right and whose lower half moves to the left are coded in halves.
#[test]
fn halves_move_apart() {
    let mut random = Random::new(6);
    let texture: [[u8; 64]; 32] =
        std::array::from_fn(|_| std::array::from_fn(|_| 60 + random.below(140) as u8));
    let found = parted(&[Partition::Horz], 4, |number, x, y| {
        let moved = 4 * number as usize;
        let x = if y / 16 % 2 == 0 { x + 64 - moved } else { x + moved };
        texture[y / 4][x / 4]
    });
    let least = found[1..].iter().min().unwrap();
    assert!(*least > 4, "{found:?} of 16 squares in halves");
}

/// Where a texture moves a little otherwise everywhere, vectors of neighbours are blended.
#[test]
fn neighbours_overlap() {
    let is_obmc = |symbol: &LoggedSymbol| {
        let modes = ["motion_mode", "use_obmc"];
        modes.contains(&symbol.element) && symbol.value == MotionMode::Obmc as u32
    };
    let found = count(4, is_obmc, |number, x, y| {
        let (x, y, time) = (x as f64, y as f64, number as f64);
        let moved = x + time * (3.0 * (y / 9.0).sin() + 2.0 * (x / 13.0).cos());
        let value = (moved * 0.6).sin() + (moved * 0.23 + y * 0.4).sin() + (y * 0.7).cos();
        (128.0 + 40.0 * value) as u8
    });
    let least = found[1..].iter().min().unwrap();
    assert!(found[0] == 0 && *least > 4, "{found:?} overlapped blocks");
}
