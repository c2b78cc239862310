//! OBUs in a right and in a wrong order, layers, and what the reference slots hold afterwards.

use std::sync::Arc;

use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::BitWriter;
use crate::av1::obu::frame::{FrameSize, NUM_REF_FRAMES, REFS_PER_FRAME, TileInfo};
use crate::av1::obu::tile_group::write_tile_group;
use crate::av1::obu::{
    DecoderState, FrameHeader, FrameType, LayerId, ObuHeader, ObuType, OperatingPoint,
    SequenceHeader, ShowExistingFrame, StreamInspector, UncompressedHeader, write_obu,
};

const BASE: LayerId = LayerId { temporal_id: 0, spatial_id: 0 };

/// Writes a stream and follows its state.
struct Writer {
    sequence: SequenceHeader,
    state: DecoderState,
    unit: Vec<u8>,
}

impl Writer {
    fn new(sequence: SequenceHeader) -> Self {
        let mut state = DecoderState::new();
        state.set_sequence_header(Arc::new(sequence.clone())).unwrap();
        let mut writer = Self { sequence, state, unit: vec![] };
        writer.unit();
        let payload = writer.sequence.write().unwrap();
        writer.obu(ObuType::SequenceHeader, None, &payload);
        writer
    }

    /// Starts a temporal unit and returns the last one.
    fn unit(&mut self) -> Vec<u8> {
        std::mem::replace(&mut self.unit, vec![0x12, 0x00])
    }

    fn obu(&mut self, obu_type: ObuType, extension: Option<LayerId>, payload: &[u8]) {
        let header = ObuHeader { obu_type, has_size_field: true, extension };
        write_obu(&header, payload, &mut self.unit).unwrap();
    }

    fn frame(&self, frame_type: FrameType) -> FrameHeader {
        FrameHeader::new(&self.sequence, frame_type, 120).unwrap()
    }

    fn header(&self, header: &FrameHeader) -> BitWriter {
        let header = UncompressedHeader::Frame(Box::new(header.clone()));
        self.state.write_frame_header(&header, BASE).unwrap()
    }

    /// A frame OBU with tiles of one byte.
    fn code(&mut self, header: &FrameHeader, layer: Option<LayerId>) {
        let mut w = self.header(header);
        w.byte_alignment();
        let tiles = vec![&[0x80u8][..]; header.tile_info.num_tiles()];
        write_tile_group(&mut w, &header.tile_info, 0, &tiles).unwrap();
        self.obu(ObuType::Frame, layer, &w.into_bytes());
        let header = UncompressedHeader::Frame(Box::new(header.clone()));
        self.state.advance(&header, layer.unwrap_or_default()).unwrap();
    }

    /// A frame header OBU with trailing bits; the tiles are up to the caller.
    fn code_header(&mut self, obu_type: ObuType, header: &FrameHeader) {
        let mut w = self.header(header);
        w.trailing_bits();
        self.obu(obu_type, None, &w.into_bytes());
    }

    fn tiles(&mut self, info: &TileInfo, start: usize, count: usize) {
        let mut w = BitWriter::new();
        write_tile_group(&mut w, info, start, &vec![&[0x80u8, 1][..]; count]).unwrap();
        self.obu(ObuType::TileGroup, None, &w.into_bytes());
    }

    fn show(&mut self, slot: u8) -> Result<(), BitstreamError> {
        let header = UncompressedHeader::ShowExistingFrame(ShowExistingFrame {
            frame_to_show_map_idx: slot,
            frame_presentation_time: None,
            display_frame_id: None,
        });
        let mut w = self.state.write_frame_header(&header, BASE)?;
        w.trailing_bits();
        self.obu(ObuType::FrameHeader, None, &w.into_bytes());
        self.state.advance(&header, BASE)
    }
}

fn sequence() -> SequenceHeader {
    let mut sequence = SequenceHeader::new(640, 360);
    sequence.order_hint_bits = 7;
    sequence
}

#[test]
fn one_frame_after_the_other() {
    let mut writer = Writer::new(sequence());
    let mut inspector = StreamInspector::new();
    let key = writer.frame(FrameType::Key);
    writer.code(&key, None);
    let info = inspector.inspect(&writer.unit()).unwrap();
    assert!(info.has_temporal_delimiter && info.has_sequence_header && info.starts_sequence());
    assert_eq!(info.shown().count(), 1);
    assert_eq!((info.frames[0].width, info.frames[0].height), (640, 360));
    assert_eq!((info.frames[0].base_q_idx, info.frames[0].slots_read()), (120, 0));
    assert_eq!((info.frames[0].refresh_frame_flags, info.frames[0].is_key()), (0xff, true));

    let mut inter = writer.frame(FrameType::Inter);
    inter.order_hint = 3;
    inter.refresh_frame_flags = 0b0000_0100;
    inter.ref_frame_idx = [1, 1, 1, 6, 1, 1, 1];
    inter.primary_ref_frame = Some(3);
    inter.show_frame = false;
    writer.code(&inter, None);
    let coded_hints = writer.state.slots().each_ref().map(|slot| slot.as_ref().unwrap().order_hint);
    assert_eq!(coded_hints, [0, 0, 3, 0, 0, 0, 0, 0]);
    writer.show(2).unwrap();
    let unit = writer.unit();
    let info = inspector.inspect(&unit).unwrap();
    assert!(!info.starts_sequence());
    let [coded, shown] = &info.frames[..] else { panic!("{info:?}") };
    assert_eq!((coded.shown, coded.slots_read(), coded.primary_ref_slot), (false, 0x42, Some(6)));
    assert_eq!(coded.ref_frame_idx, Some(inter.ref_frame_idx));
    assert_eq!(coded.range.end, shown.range.start);
    assert_eq!(shown.range.end, unit.len());
    assert_eq!((shown.shown, shown.slots_read()), (true, 0x04));
    assert_eq!((shown.order_hint, shown.refresh_frame_flags), (3, 0));
    assert_eq!(inspector.state().slots(), writer.state.slots());
}

#[test]
fn a_hidden_key_frame_is_shown_once_and_fills_all_slots() {
    let mut writer = Writer::new(sequence());
    let mut inspector = StreamInspector::new();
    let key = writer.frame(FrameType::Key);
    writer.code(&key, None);
    let mut hidden = writer.frame(FrameType::Key);
    (hidden.show_frame, hidden.showable_frame) = (false, true);
    hidden.error_resilient_mode = false;
    hidden.order_hint = 9;
    hidden.refresh_frame_flags = 1 << 5;
    writer.code(&hidden, None);
    writer.show(5).unwrap();
    let info = inspector.inspect(&writer.unit()).unwrap();
    let shown = &info.frames[2];
    assert_eq!((shown.frame_type, shown.refresh_frame_flags), (FrameType::Key, 0xff));
    assert!(shown.shown && !shown.is_key());
    for slot in inspector.state().slots() {
        assert_eq!(slot.as_ref().unwrap().order_hint, 9);
    }
    let again = writer.show(5);
    let refused = BitstreamError::Value { element: "frame_to_show_map_idx", value: 5 };
    assert_eq!(again, Err(refused));
}

#[test]
fn tile_groups_and_copies_of_the_header() {
    let mut writer = Writer::new(sequence());
    let mut key = writer.frame(FrameType::Key);
    key.tile_info = TileInfo::uniform(&writer.sequence, &key.size, 1, 1).unwrap();
    assert_eq!(key.tile_info.num_tiles(), 4);
    let start = writer.unit.clone();
    writer.code_header(ObuType::FrameHeader, &key);
    let mut w = Writer { unit: writer.unit.clone(), ..Writer::new(sequence()) };
    w.tiles(&key.tile_info, 0, 3);
    w.code_header(ObuType::RedundantFrameHeader, &key);
    w.tiles(&key.tile_info, 3, 1);
    let unit = w.unit();
    let info = StreamInspector::new().inspect(&unit).unwrap();
    assert_eq!((info.frames.len(), info.frames[0].num_tiles), (1, 4));
    assert_eq!(info.frames[0].range, start.len()..unit.len());

    let faulty = |make: &dyn Fn(&mut Writer)| {
        let mut w = Writer { unit: writer.unit.clone(), ..Writer::new(sequence()) };
        make(&mut w);
        let mut inspector = StreamInspector::new();
        let error = inspector.inspect(&w.unit()).unwrap_err();
        let slots = inspector.state().slots();
        assert!(slots.iter().all(Option::is_none), "nothing is stored of a broken key frame");
        error
    };
    let order = |obu_type| BitstreamError::ObuOrder { obu_type };
    assert_eq!(
        faulty(&|w| w.tiles(&key.tile_info, 0, 3)),
        BitstreamError::FrameIncomplete { tiles: 3, num_tiles: 4 }
    );
    assert_eq!(
        faulty(&|w| w.tiles(&key.tile_info, 1, 3)),
        BitstreamError::Value { element: "tg_start", value: 1 }
    );
    assert_eq!(faulty(&|w| w.code_header(ObuType::FrameHeader, &key)), order(ObuType::FrameHeader));
    assert_eq!(faulty(&|w| w.code(&key, None)), order(ObuType::Frame));
    let mut other = key.clone();
    other.quantization_params.base_q_idx = 121;
    assert_eq!(
        faulty(&|w| w.code_header(ObuType::RedundantFrameHeader, &other)),
        BitstreamError::RedundantHeader
    );
    assert_eq!(
        faulty(&|w| {
            w.unit = start.clone();
            w.tiles(&key.tile_info, 0, 4);
        }),
        order(ObuType::TileGroup)
    );
    assert_eq!(
        faulty(&|w| {
            w.unit = start.clone();
            w.code_header(ObuType::RedundantFrameHeader, &key);
        }),
        order(ObuType::RedundantFrameHeader)
    );
    assert_eq!(
        faulty(&|w| {
            w.unit = vec![0x12, 0x00];
            w.code(&key, None);
        }),
        BitstreamError::SequenceHeaderMissing { obu_type: ObuType::Frame }
    );
}

#[test]
fn tile_sizes_are_bounded_by_the_payload() {
    let sequence = sequence();
    let size = FrameSize::new(640, 360);
    let info = TileInfo::uniform(&sequence, &size, 1, 0).unwrap();
    let mut w = BitWriter::new();
    write_tile_group(&mut w, &info, 0, &[&[1, 2, 3], &[4, 5]]).unwrap();
    let data = w.into_bytes();
    assert_eq!(data, [0, 2, 0, 0, 0, 1, 2, 3, 4, 5]);
    let parse = |data: &[u8]| {
        let mut r = crate::av1::obu::bits::BitReader::new(data);
        crate::av1::obu::TileGroup::parse(&mut r, &info, None)
    };
    assert_eq!(parse(&data).unwrap().tiles, [5..8, 8..10]);
    assert_eq!(parse(&data[..7]), Err(BitstreamError::TileSize { tile: 0, size: 3, available: 2 }));
    assert_eq!(parse(&data[..8]), Err(BitstreamError::TileSize { tile: 1, size: 0, available: 0 }));
    let mut w = BitWriter::new();
    let empty = write_tile_group(&mut w, &info, 1, &[&[]]);
    assert!(matches!(empty, Err(BitstreamError::TileSize { tile: 1, size: 0, .. })));
    let many = write_tile_group(&mut BitWriter::new(), &info, 1, &[&[1], &[2]]);
    assert_eq!(many, Err(BitstreamError::Value { element: "tg_end", value: 2 }));
}

#[test]
fn references_that_cannot_be_used() {
    let mut writer = Writer::new(sequence());
    let key = writer.frame(FrameType::Key);
    writer.code(&key, None);
    let write = |header: &FrameHeader| {
        let header = UncompressedHeader::Frame(Box::new(header.clone()));
        writer.state.write_frame_header(&header, BASE).map(|w| w.position())
    };
    let mut inter = writer.frame(FrameType::Inter);
    inter.set_size(&writer.sequence, FrameSize::new(319, 360)).unwrap();
    assert_eq!(
        write(&inter),
        Err(BitstreamError::ReferenceSize {
            slot: 0,
            width: 640,
            height: 360,
            frame_width: 319,
            frame_height: 360,
        })
    );
    inter.set_size(&writer.sequence, FrameSize::new(320, 180)).unwrap();
    assert!(write(&inter).is_ok());

    let mut resilient = writer.frame(FrameType::Inter);
    resilient.error_resilient_mode = true;
    resilient.ref_order_hint = Some([0, 0, 0, 5, 0, 0, 0, 0]);
    assert!(write(&resilient).is_ok());
    resilient.ref_frame_idx[6] = 3;
    assert_eq!(write(&resilient), Err(BitstreamError::ReferenceInvalid { slot: 3 }));

    let mut larger = sequence();
    larger.max_frame_width = 641;
    writer.state.set_sequence_header(Arc::new(larger)).unwrap();
    assert!(writer.state.slots().iter().all(Option::is_none), "another sequence starts anew");
}

#[test]
fn short_signalling_orders_references_by_time() {
    let mut writer = Writer::new(sequence());
    let key = writer.frame(FrameType::Key);
    writer.code(&key, None);
    for (slot, order_hint) in [(0, 8), (1, 4), (2, 12), (3, 6), (4, 16), (5, 2), (6, 14)] {
        let mut inter = writer.frame(FrameType::Inter);
        inter.order_hint = order_hint;
        inter.refresh_frame_flags = 1 << slot;
        writer.code(&inter, None);
    }
    let mut inter = writer.frame(FrameType::Inter);
    inter.order_hint = 10;
    inter.frame_refs_short_signaling = true;
    // LAST at 8, GOLDEN at 0; the nearest forward ones at 6 and 4, the backward ones at 12 and
    // 14, and the farthest one at 16.
    inter.ref_frame_idx = [0, 3, 1, 7, 2, 6, 4];
    inter.reference_select = true;
    assert_eq!(writer.state.skip_mode_frames(&inter), Some([1, 5]));
    assert_eq!(writer.state.order_hints(&inter), [0, 8, 6, 4, 0, 12, 14, 16]);
    let bias = writer.state.ref_frame_sign_bias(&inter);
    assert_eq!(bias, [false, false, false, false, false, true, true, true]);
    let explicit = FrameHeader { frame_refs_short_signaling: false, ..inter.clone() };
    let saved = writer.header(&explicit).position() - writer.header(&inter).position();
    assert_eq!(saved, (REFS_PER_FRAME as u64 - 2) * 3);
}

#[test]
fn layers_outside_of_the_operating_point_are_dropped() {
    let mut sequence = sequence();
    sequence.operating_points = [0x103, 0x101]
        .map(|operating_point_idc| OperatingPoint {
            operating_point_idc,
            ..OperatingPoint::default()
        })
        .to_vec();
    let mut writer = Writer::new(sequence);
    let upper = LayerId { temporal_id: 1, spatial_id: 0 };
    let mut all = StreamInspector::with_operating_point(0);
    let mut base = StreamInspector::with_operating_point(1);
    let key = writer.frame(FrameType::Key);
    writer.code(&key, Some(BASE));
    let unit = writer.unit();
    assert_eq!(all.inspect(&unit), base.inspect(&unit));
    let mut inter = writer.frame(FrameType::Inter);
    inter.order_hint = 1;
    inter.refresh_frame_flags = 0x80;
    writer.code(&inter, Some(upper));
    let unit = writer.unit();
    let info = all.inspect(&unit).unwrap();
    assert_eq!((info.frames[0].layer, info.dropped_obus), (upper, 0));
    let info = base.inspect(&unit).unwrap();
    assert_eq!((info.frames.len(), info.dropped_obus), (0, 1));
    let stored = |inspector: &StreamInspector| {
        inspector.state().slots()[NUM_REF_FRAMES - 1].as_ref().map(|frame| frame.order_hint)
    };
    assert_eq!((stored(&all), stored(&base)), (Some(1), Some(0)));

    let mut missing = StreamInspector::with_operating_point(2);
    let mut first = Writer::new(writer.sequence.clone());
    let error = missing.inspect(&first.unit());
    assert_eq!(error, Err(BitstreamError::OperatingPoint { index: 2, count: 2 }));
}

#[test]
fn a_frame_obu_holds_all_tiles() {
    let mut writer = Writer::new(sequence());
    let mut key = writer.frame(FrameType::Key);
    key.tile_info = TileInfo::uniform(&writer.sequence, &key.size, 1, 0).unwrap();
    let mut w = writer.header(&key);
    w.byte_alignment();
    write_tile_group(&mut w, &key.tile_info, 0, &[&[0x80]]).unwrap();
    writer.obu(ObuType::Frame, None, &w.into_bytes());
    let error = StreamInspector::new().inspect(&writer.unit());
    let element = "tile_start_and_end_present_flag";
    assert_eq!(error, Err(BitstreamError::Value { element, value: 1 }));
}

#[test]
fn impossible_values_are_refused_without_panic() {
    let mut state = DecoderState::new();
    let mut broken = sequence();
    broken.order_hint_bits = 200;
    let error = state.set_sequence_header(Arc::new(broken)).unwrap_err();
    let element = "order_hint_bits_minus_1";
    assert_eq!(error, BitstreamError::Value { element, value: 199 });
    let mut broken = sequence();
    broken.max_frame_height = 0;
    assert!(state.set_sequence_header(Arc::new(broken)).is_err());
    assert!(state.sequence_header().is_none());

    let sequence = sequence();
    state.set_sequence_header(Arc::new(sequence.clone())).unwrap();
    let mut key = FrameHeader::new(&sequence, FrameType::Key, 120).unwrap();
    key.size = FrameSize::new(u32::MAX, u32::MAX);
    let write = |state: &DecoderState, header: &FrameHeader| {
        let header = UncompressedHeader::Frame(Box::new(header.clone()));
        state.write_frame_header(&header, BASE).map(|w| w.position())
    };
    assert_eq!(
        write(&state, &key),
        Err(BitstreamError::Value { element: "FrameWidth", value: u32::MAX.into() })
    );
    // A state that was led astray by a header that was never written.
    state.advance(&UncompressedHeader::Frame(Box::new(key)), BASE).unwrap();
    let inter = FrameHeader::new(&sequence, FrameType::Inter, 120).unwrap();
    assert!(matches!(write(&state, &inter), Err(BitstreamError::ReferenceSize { .. })));
    let mut tiles = inter.tile_info.clone();
    tiles.tile_size_bytes = 5;
    let error = write_tile_group(&mut BitWriter::new(), &tiles, 0, &[&[1]]);
    assert_eq!(error, Err(BitstreamError::Value { element: "TileSizeBytes", value: 5 }));
}
