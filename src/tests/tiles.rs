//! Frames of several tiles, which sizes beyond one tile's (5.9.15) must have: under a target rate, and
//! under a control that is told where it is.

use bytes::Bytes;

use super::TICKS;
use super::random_stream::compare;
use crate::av1::geometry::SB4;
use crate::av1::obu::frame::{DeltaQ, FrameHeader, FrameType, TileInfo, TxMode};
use crate::av1::obu::{LayerId, SequenceHeader};
use crate::av1::tile::decider::{SuperblockChoice, SuperblockControl, SuperblockPlace};
use crate::encoder::native::stream::{CodedUnit, Stream};
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::search::frame::Search;
use crate::synthetic::{Clip, Scene};
use crate::{Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, Speed};

/// Codes the first frames of a clip at a rate; every picture is the decoder's, and every frame below
/// its ceiling.
fn check(scene: Scene, (width, height): (u32, u32), bitrate: u32, frames: u64) {
    let mut config = EncoderConfig::new(width, height, bitrate);
    config.reconstruction = true;
    config.speed = Speed::FASTEST;
    let mut encoder = Encoder::new(config).unwrap();
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    let clip = Clip::new(scene, width, height, 5).unwrap();
    let mut units = 0;
    for number in 0..frames {
        let picture = clip.picture(number);
        let frame = picture.as_frame(TICKS * number);
        let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
        let Some(mut unit) = outcome.into_unit() else { continue };
        let at = format!("{width}x{height} at {bitrate} bit/s, frame {number}");
        let coded = unit.frames.remove(0);
        let stats = coded.stats.unwrap();
        assert!(unit.data.len() as u32 * 8 <= stats.max_bits.unwrap(), "{at}: {stats:?}");
        let picture = decoder.decode(unit.data, unit.timestamp).unwrap().unwrap();
        assert!(picture.to_buffer().unwrap() == coded.reconstruction.unwrap(), "{at}");
        units += 1;
    }
    assert!(units > 1, "{units} of {frames} frames at {bitrate} bit/s");
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

/// Notes where it is asked, and gives up at a number of bits.
struct Noting {
    places: Vec<(SuperblockPlace, u64)>,
    ceiling: u64,
}

impl SuperblockControl for Noting {
    fn superblock(&mut self, place: SuperblockPlace, bits: u64) -> Option<SuperblockChoice> {
        self.places.push((place, bits));
        let qindex = 100 + 4 * (place.row + 2 * place.col) as u8;
        (bits <= self.ceiling).then_some(SuperblockChoice { qindex, residual: true })
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

    /// The next picture, and a header for it.
    fn next(&mut self) -> FrameHeader {
        let clip = Clip::new(Scene::MovingTexture, WIDTH as u32, HEIGHT as u32, 7).unwrap();
        let picture = clip.picture(self.frame);
        for (index, plane) in self.planes.iter_mut().enumerate() {
            for (y, row) in picture.as_frame(0).rows(index).enumerate() {
                plane.row_mut(0, y as isize, row.len()).copy_from_slice(row);
            }
            plane.extend_edges();
        }
        self.search.analyse(&self.planes);
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
    for (rows, first) in [(0..2, 0), (2..4, 2)] {
        for (tile, cols) in [0..2, 2..4, 4..6].into_iter().enumerate() {
            for row in rows.clone() {
                for col in cols.clone() {
                    let index = expected.len();
                    let tile_row = 3 * first + 2 * tile + row - first;
                    expected.push(SuperblockPlace { index, tile_row, row, col });
                }
            }
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
