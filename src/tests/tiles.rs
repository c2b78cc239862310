//! Frames of several tiles, which sizes beyond one tile's (5.9.15) must have: under a target rate, and
//! under a control that is told where it is.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::TICKS;
use super::random_stream::compare;
use crate::av1::geometry::SB4;
use crate::av1::obu::frame::{DeltaQ, FrameHeader, FrameType, TileInfo, TxMode};
use crate::av1::obu::{LayerId, SequenceHeader};
use crate::av1::tile::decider::{
    Control, SequentialControl, SuperblockChoice, SuperblockControl, SuperblockPlace,
};
use crate::encoder::native::stream::{CodedUnit, Stream};
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::pool::Pool;
use crate::search::frame::Search;
use crate::synthetic::{Clip, Scene};
use crate::{
    ConfigError, Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, Speed,
    StreamInspector,
};

/// Codes the first frames of a clip at a rate; every picture is the decoder's, and every frame below
/// its ceiling.
fn check(scene: Scene, (width, height): (u32, u32), bitrate: u32, frames: u64) {
    let mut config = EncoderConfig::new(width, height, bitrate);
    config.speed = Speed::FASTEST;
    check_config(config, scene, frames);
}

/// The same with other settings; gives the units.
fn check_config(mut config: EncoderConfig, scene: Scene, frames: u64) -> Vec<Bytes> {
    config.reconstruction = true;
    let (width, height, rate) = (config.width, config.height, config.rate);
    let mut encoder = Encoder::new(config).unwrap();
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    let clip = Clip::new(scene, width, height, 5).unwrap();
    let mut units = Vec::new();
    for number in 0..frames {
        let picture = clip.picture(number);
        let frame = picture.as_frame(TICKS * number);
        let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
        let Some(mut unit) = outcome.into_unit() else { continue };
        let at = format!("{width}x{height} at {rate:?}, frame {number}");
        let coded = unit.frames.remove(0);
        let stats = coded.stats.unwrap();
        assert!(unit.data.len() as u32 * 8 <= stats.max_bits.unwrap(), "{at}: {stats:?}");
        units.push(unit.data.clone());
        let picture = decoder.decode(unit.data, unit.timestamp).unwrap().unwrap();
        assert!(picture.to_buffer().unwrap() == coded.reconstruction.unwrap(), "{at}");
    }
    assert!(units.len() > 1, "{} of {frames} frames at {rate:?}", units.len());
    units
}

#[test]
fn wide_frames_keep_to_a_rate() {
    for bitrate in [50_000, 400_000, 4_000_000] {
        check(Scene::MovingTexture, (4097, 16), bitrate, 6);
        check(Scene::MovingTexture, (8192, 16), bitrate, 6);
    }
}

#[test]
fn large_frames_keep_to_a_rate() {
    check(Scene::MovingTexture, (3840, 2464), 6_000_000, 2);
    check(Scene::MovingTexture, (4096, 2320), 1_000_000, 2);
}

/// Tile columns as asked for: of any number that the width has room for, with the same bytes for any
/// number of threads, and a level that allows them.
#[test]
fn tile_columns_are_those_asked_for() {
    for (width, asked, columns, level) in [
        (400, None, 1, 0),
        (400, Some(1), 1, 0),
        (400, Some(2), 2, 0),
        // Seven superblocks in columns of two, and of one.
        (400, Some(4), 4, 0),
        (640, Some(8), 5, 8),
        (1024, Some(16), 16, 16),
        (1920, Some(1), 1, 0),
        (1920, None, 2, 0),
    ] {
        let code = |threads| {
            let mut config = EncoderConfig::new(width, 70, 300_000);
            (config.speed, config.threads, config.tile_columns) = (Speed::FASTEST, threads, asked);
            check_config(config, Scene::MovingTexture, 3)
        };
        let units = code(1);
        let mut inspector = StreamInspector::new();
        for unit in &units {
            let info = inspector.inspect(unit).unwrap();
            assert_eq!(info.frames[0].num_tiles, columns, "{asked:?} of {width}");
        }
        let sequence = inspector.state().sequence_header().unwrap();
        assert_eq!(sequence.operating_points[0].seq_level_idx, level, "{asked:?} of {width}");
        assert!(code(2) == units, "{asked:?} of {width}");
    }
}

/// A size without room for the columns is refused, and changes nothing.
#[test]
fn tile_columns_bound_the_sizes() {
    let mut config = EncoderConfig::new(640, 64, 300_000);
    (config.speed, config.tile_columns) = (Speed::FASTEST, Some(8));
    let mut encoder = Encoder::new(config).unwrap();
    let error = ConfigError::TileColumns { columns: 8, width: 320, least: 1, most: 4 };
    assert_eq!(encoder.set_size(320, 64), Err(error));
    assert_eq!(encoder.width(), 640);
    encoder.set_size(512, 64).unwrap();
}

/// 3840×2160 in the tile columns that it has by default, on several threads.
#[test]
fn frames_of_3840_by_2160_in_tile_columns() {
    let mut config = EncoderConfig::new(3840, 2160, 12_000_000);
    (config.speed, config.threads) = (Speed::FASTEST, 2);
    let units = check_config(config, Scene::MovingTexture, 3);
    let mut inspector = StreamInspector::new();
    for unit in &units {
        assert_eq!(inspector.inspect(unit).unwrap().frames[0].num_tiles, 4);
    }
}

/// Notes where it is asked, and gives up at a number of bits.
struct Noting {
    places: Vec<(SuperblockPlace, u64)>,
    ceiling: u64,
}

/// The index of a superblock, another for its neighbours.
fn qindex(place: SuperblockPlace) -> u8 {
    100 + 4 * (place.row + 2 * place.col) as u8
}

impl SequentialControl for Noting {
    fn choose(&mut self, place: SuperblockPlace, bits: u64) -> Option<SuperblockChoice> {
        self.places.push((place, bits));
        let qindex = qindex(place);
        (bits <= self.ceiling).then_some(SuperblockChoice { qindex, residual: true })
    }
}

/// Notes in what order superblocks are coded, and gives up at some.
#[derive(Default)]
struct Parallel {
    /// Those at which to give up.
    hopeless: Vec<usize>,
    /// Those that were decided, and which of the hopeless ones were asked for.
    decided: Mutex<Vec<usize>>,
    asked: Mutex<Vec<usize>>,
    coded: Mutex<Vec<u64>>,
}

impl SuperblockControl for Parallel {
    fn choose(&self, place: SuperblockPlace) -> Option<SuperblockChoice> {
        if self.hopeless.contains(&place.index) {
            self.asked.lock().unwrap().push(place.index);
            return None;
        }
        Some(SuperblockChoice { qindex: qindex(place), residual: true })
    }

    fn decided(&self, place: SuperblockPlace, cost: u64) {
        assert!(cost > 0);
        self.decided.lock().unwrap().push(place.index);
    }

    fn coded(&self, index: usize, bits: u64) {
        let mut coded = self.coded.lock().unwrap();
        assert_eq!(coded.len(), index);
        coded.push(bits);
    }
}

/// Frames of 3 × 2 tiles, coded under a control.
struct TiledStream {
    stream: Stream,
    search: Search,
    planes: [PaddedPlane; 3],
    frame: u64,
}

const WIDTH: usize = 330;
const HEIGHT: usize = 200;

impl TiledStream {
    fn new() -> Self {
        let mut sequence = SequenceHeader::new(WIDTH as u32, HEIGHT as u32);
        sequence.enable_cdef = true;
        sequence.seq_force_screen_content_tools = Some(false);
        let chroma = (WIDTH.div_ceil(2), HEIGHT.div_ceil(2));
        Self {
            stream: Stream::new(sequence, Isa::detect()).unwrap(),
            search: Search::new(WIDTH, HEIGHT, Isa::detect()),
            planes: [(WIDTH, HEIGHT), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h)),
            frame: 0,
        }
    }

    /// One whose search has the effort of a speed.
    fn at_speed(speed: u8) -> Self {
        let mut stream = Self::new();
        stream.search.set_speed(speed);
        stream
    }

    /// The next picture, and a header for it.
    fn next(&mut self) -> FrameHeader {
        let clip = Clip::new(Scene::MovingTexture, WIDTH as u32, HEIGHT as u32, 7).unwrap();
        let picture = clip.picture(self.frame);
        let previous = self.planes[0].clone();
        for (index, plane) in self.planes.iter_mut().enumerate() {
            for (y, row) in picture.as_frame(0).rows(index).enumerate() {
                plane.row_mut(0, y as isize, row.len()).copy_from_slice(row);
            }
            plane.extend_edges();
        }
        self.search.analyse(&self.planes[0], &previous);
        let kind = if self.frame == 0 { FrameType::Key } else { FrameType::Inter };
        let sequence = self.stream.sequence();
        let mut header = FrameHeader::new(sequence, kind, 100).unwrap();
        header.tx_mode = TxMode::Select;
        header.tile_info = TileInfo::uniform(sequence, &header.size, 2, 1).unwrap();
        header.delta_q = Some(DeltaQ { delta_q_res: 2, delta_lf: None });
        header.loop_filter_params.level = [12; 4];
        if self.frame > 0 {
            header.refresh_frame_flags = 1;
            header.primary_ref_frame = Some(0);
        }
        let reads = (self.frame > 0).then_some(&header.ref_frame_idx);
        self.search.prepare(&self.planes, &self.stream.references(reads));
        self.frame += 1;
        header
    }

    fn code(&mut self, header: &FrameHeader, control: &mut Noting) -> Option<CodedUnit> {
        self.code_with(header, Control::Sequential(control))
    }

    fn code_with(&mut self, header: &FrameHeader, control: Control<'_>) -> Option<CodedUnit> {
        let Self { stream, search, planes, .. } = self;
        let layer = LayerId::default();
        stream.code(header.clone(), planes, layer, search, Some(control)).unwrap()
    }
}

fn noting(ceiling: u64) -> Noting {
    Noting { places: Vec::new(), ceiling }
}

/// A control sees each superblock of the frame once, in coding order, with bits that only grow.
#[test]
fn a_control_is_told_places_in_the_frame() {
    let mut stream = TiledStream::new();
    let header = stream.next();
    let mut control = noting(u64::MAX);
    stream.code(&header, &mut control).unwrap();
    let mut expected = Vec::new();
    for tile in 0..6 {
        for (row, col) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            expected.push(SuperblockPlace { index: expected.len(), tile, row, col });
        }
    }
    assert_eq!(HEIGHT.div_ceil(4 * SB4), 4);
    let places: Vec<_> = control.places.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, expected);
    assert!(control.places.is_sorted_by_key(|(_, bits)| *bits));
}

/// Whatever was coded before and after, a unit that is finished is what the decoder shows; giving a
/// frame up leaves no trace.
#[test]
fn any_attempt_may_be_finished() {
    let (mut stream, mut plain) = (TiledStream::new(), TiledStream::new());
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    for number in 0..6 {
        let header = stream.next();
        let kept = stream.code(&header, &mut noting(u64::MAX)).unwrap();
        let mut stopping = noting(300);
        assert!(stream.code(&header, &mut stopping).is_none());
        let places = stopping.places;
        assert!(places[places.len() - 1].1 > 300, "it goes on after it was told to stop");
        assert!(places[..places.len() - 1].iter().all(|(_, bits)| *bits <= 300));
        let mut coarser = header.clone();
        coarser.loop_filter_params.level = [40; 4];
        let other = stream.code(&coarser, &mut noting(u64::MAX)).unwrap();
        stream.stream.discard(other);
        let unit = stream.stream.finish(kept).unwrap();

        assert_eq!(plain.next(), header);
        let expected = plain.code(&header, &mut noting(u64::MAX)).unwrap();
        assert!(unit.data == expected.data, "frame {number}");
        plain.stream.finish(expected).unwrap();
        let picture = decoder.decode(Bytes::from(unit.data), number).unwrap().unwrap();
        compare(&unit.reference.planes, &picture).unwrap();
    }
}

/// The wavefront over all tiles, by any number of threads, is the same as one superblock after the
/// other, but for CDEF, which is chosen once all are decided: at speed 9 it is not.
#[test]
fn threads_share_all_tiles() {
    let mut sequential = TiledStream::at_speed(9);
    let one_by_one: Vec<_> = (0..4)
        .map(|_| {
            let header = sequential.next();
            let unit = sequential.code(&header, &mut noting(u64::MAX)).unwrap();
            sequential.stream.finish(unit).unwrap().data
        })
        .collect();
    assert!(by_wavefront(9, 1) == one_by_one);
    for speed in [6, 9] {
        let alone = by_wavefront(speed, 1);
        for threads in [2, 3, 8] {
            assert!(by_wavefront(speed, threads) == alone, "{threads} threads at speed {speed}");
        }
    }
}

/// The first frames by a wavefront of so many threads.
fn by_wavefront(speed: u8, threads: usize) -> Vec<Vec<u8>> {
    let mut stream = TiledStream::at_speed(speed);
    stream.stream.set_pool(Arc::new(Pool::new(threads)));
    (0..4)
        .map(|_| {
            let header = stream.next();
            let control = Parallel::default();
            let unit = stream.code_with(&header, Control::Wavefront(&control)).unwrap();
            let bits = unit.spent().iter().sum::<u64>();
            let coded = control.coded.into_inner().unwrap();
            assert!(coded.len() == 24 && coded.is_sorted());
            assert!(coded[23] <= bits && coded[23] + 16 > bits, "{} {bits}", coded[23]);
            stream.stream.finish(unit).unwrap().data
        })
        .collect()
}

/// Where a frame is given up in several places, it is so at the first in coding order, and all before
/// it is decided.
#[test]
fn a_frame_is_given_up_at_the_first_place() {
    for threads in [1, 2, 3, 8] {
        for hopeless in [vec![0], vec![9], vec![5, 6], vec![3, 2, 20], vec![7, 10, 13]] {
            let mut stream = TiledStream::new();
            stream.stream.set_pool(Arc::new(Pool::new(threads)));
            let header = stream.next();
            let first = *hopeless.iter().min().unwrap();
            let control = Parallel { hopeless, ..Parallel::default() };
            assert!(stream.code_with(&header, Control::Wavefront(&control)).is_none());
            let asked = control.asked.into_inner().unwrap();
            assert_eq!(asked.iter().min(), Some(&first), "{threads} threads");
            let decided = control.decided.into_inner().unwrap();
            assert!((0..first).all(|index| decided.contains(&index)), "{threads}: {decided:?}");
            // The next frame is none the worse for it.
            let control = Parallel::default();
            let unit = stream.code_with(&header, Control::Wavefront(&control)).unwrap();
            let mut plain = TiledStream::new();
            assert_eq!(plain.next(), header);
            let control = Parallel::default();
            let expected = plain.code_with(&header, Control::Wavefront(&control)).unwrap();
            assert!(unit.data == expected.data);
        }
    }
}

/// Under a target rate, bytes and quantizers are the same for every number of threads: at rates that
/// are easy to hold and at those at which attempts are given up and frames coded in part.
#[test]
fn threads_change_nothing_under_a_rate() {
    for (scene, bitrate) in [
        (Scene::MovingTexture, 20_000),
        (Scene::MovingTexture, 300_000),
        (Scene::Noise, 30_000),
        (Scene::Text, 60_000),
    ] {
        let clip = Clip::new(scene, 400, 260, 5).unwrap();
        let code = |threads| {
            let mut config = EncoderConfig::new(400, 260, bitrate);
            (config.speed, config.threads) = (Speed::FASTEST, threads);
            let mut encoder = Encoder::new(config).unwrap();
            let outcome = |number| {
                let picture = clip.picture(number);
                let outcome = encoder.encode(&picture.as_frame(TICKS * number), Default::default());
                let unit = outcome.unwrap().into_unit();
                unit.map(|mut unit| (unit.data, unit.frames.remove(0).stats))
            };
            (0..10).map(outcome).collect::<Vec<_>>()
        };
        let expected = code(1);
        assert!(expected.iter().flatten().count() > 1);
        for threads in [2, 3, 4] {
            assert!(code(threads) == expected, "{scene:?} at {bitrate} bit/s, {threads} threads");
        }
    }
}
