//! What is written is read back the same, and leads to the same state.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::Choices;
use super::generate_frame::uncompressed_header;
use super::generate_sequence::sequence;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::BitReader;
use crate::av1::obu::tile_group::write_tile_group;
use crate::av1::obu::{
    DecoderState, FrameHeader, FrameType, LayerId, ObuHeader, ObuType, SequenceHeader,
    StreamInspector, UncompressedHeader, write_obu,
};

/// A stream of random headers with tiles of random bytes, one temporal unit a frame.
pub(super) struct Stream {
    pub(super) sequence: SequenceHeader,
    pub(super) units: Vec<Vec<u8>>,
    pub(super) headers: Vec<UncompressedHeader>,
    /// The writer's state after each unit.
    pub(super) states: Vec<DecoderState>,
}

impl Stream {
    pub(super) fn new(c: &mut Choices, frames: u32) -> Self {
        let sequence = sequence(c);
        let mut state = DecoderState::new();
        state.set_sequence_header(Arc::new(sequence.clone())).unwrap();
        let scalable = sequence.operating_points.iter().any(|point| point.operating_point_idc != 0);
        let mut stream = Self { sequence, units: vec![], headers: vec![], states: vec![] };
        let mut id = None;
        for i in 0..frames {
            let layer = LayerId { temporal_id: c.byte(8), spatial_id: c.byte(4) };
            let layer = if scalable { layer } else { LayerId::default() };
            let header = uncompressed_header(c, &stream.sequence, &state, id, layer);
            let mut unit = vec![0x12, 0x00];
            if i == 0 {
                obu(ObuType::SequenceHeader, None, &stream.sequence.write().unwrap(), &mut unit);
            }
            let extension = scalable.then_some(layer);
            write_frame(c, &state, &header, layer, extension, &mut unit);
            state.advance(&header, layer).unwrap();
            id = match &header {
                UncompressedHeader::Frame(header) => header.current_frame_id,
                UncompressedHeader::ShowExistingFrame(shown) => {
                    let slot = usize::from(shown.frame_to_show_map_idx);
                    let frame = state.slots()[slot].as_ref().unwrap();
                    let key = frame.frame_type == FrameType::Key;
                    if key { frame.frame_id } else { id }
                }
            };
            stream.units.push(unit);
            stream.headers.push(header);
            stream.states.push(state.clone());
        }
        stream
    }
}

fn obu(obu_type: ObuType, extension: Option<LayerId>, payload: &[u8], out: &mut Vec<u8>) {
    write_obu(&ObuHeader { obu_type, has_size_field: true, extension }, payload, out).unwrap();
}

/// Appends the OBUs of a frame: one frame OBU, or a frame header with copies among tile groups.
fn write_frame(
    c: &mut Choices,
    state: &DecoderState,
    header: &UncompressedHeader,
    layer: LayerId,
    extension: Option<LayerId>,
    out: &mut Vec<u8>,
) {
    let mut w = state.write_frame_header(header, layer).unwrap();
    let UncompressedHeader::Frame(frame) = header else {
        w.trailing_bits();
        return obu(ObuType::FrameHeader, extension, &w.into_bytes(), out);
    };
    let tiles: Vec<Vec<u8>> = (0..frame.tile_info.num_tiles())
        .map(|_| vec![0x80 | c.byte(128); 1 + c.below(3) as usize])
        .collect();
    let tiles: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
    if c.flag() {
        w.byte_alignment();
        write_tile_group(&mut w, &frame.tile_info, 0, &tiles).unwrap();
        return obu(ObuType::Frame, extension, &w.into_bytes(), out);
    }
    w.trailing_bits();
    let payload = w.into_bytes();
    obu(ObuType::FrameHeader, extension, &payload, out);
    let mut start = 0;
    while start < tiles.len() {
        let count = 1 + c.below((tiles.len() - start) as u32) as usize;
        let mut w = crate::av1::obu::bits::BitWriter::new();
        write_tile_group(&mut w, &frame.tile_info, start, &tiles[start..start + count]).unwrap();
        obu(ObuType::TileGroup, extension, &w.into_bytes(), out);
        start += count;
        if start < tiles.len() && c.flag() {
            obu(ObuType::RedundantFrameHeader, extension, &payload, out);
        }
    }
}

proptest! {
    #[test]
    fn sequence_headers(mut c in Choices::strategy(300)) {
        let header = sequence(&mut c);
        let payload = header.write().unwrap();
        prop_assert_eq!(SequenceHeader::parse(&payload), Ok(header));
    }

    #[test]
    fn streams_of_frames(mut c in Choices::strategy(3000)) {
        let stream = Stream::new(&mut c, 12);
        let mut reader = DecoderState::new();
        let mut inspector = StreamInspector::new();
        let parts = stream.units.iter().zip(&stream.headers).zip(&stream.states);
        for ((unit, header), state) in parts {
            let info = inspector.inspect(unit).unwrap();
            prop_assert_eq!(inspector.state().slots(), state.slots());
            prop_assert_eq!(info.frames.len(), 1);
            let frame = &info.frames[0];
            match header {
                UncompressedHeader::Frame(header) => {
                    prop_assert_eq!(frame.frame_type, header.frame_type);
                    prop_assert_eq!(frame.shown, header.show_frame);
                    prop_assert_eq!(frame.refresh_frame_flags, header.refresh_frame_flags);
                    prop_assert_eq!(frame.num_tiles, header.tile_info.num_tiles());
                }
                UncompressedHeader::ShowExistingFrame(header) => {
                    prop_assert_eq!(
                        frame.show_existing_frame, Some(header.frame_to_show_map_idx));
                }
            }
            for obu in crate::av1::obu::Obus::new(unit) {
                let obu = obu.unwrap();
                let layer = obu.header.extension.unwrap_or_default();
                if matches!(obu.header.obu_type, ObuType::Frame | ObuType::FrameHeader) {
                    let mut r = BitReader::new(obu.payload);
                    let parsed = reader.parse_frame_header(&mut r, layer);
                    prop_assert_eq!(parsed.as_ref(), Ok(header));
                }
                reader.push(&obu).unwrap();
            }
        }
    }

    /// A header with one field changed is written as it is or refused, never as another one.
    #[test]
    fn changed_headers_are_exact_or_refused(
        mut c in Choices::strategy(1500),
        changes in proptest::collection::vec((0u8..30, any::<u32>()), 1..4),
    ) {
        let stream = Stream::new(&mut c, 4);
        for (header, state) in stream.headers[1..].iter().zip(&stream.states) {
            let UncompressedHeader::Frame(header) = header else { continue };
            let mut changed = header.clone();
            for &(field, value) in &changes {
                change(&mut changed, field, value);
            }
            let changed = UncompressedHeader::Frame(changed);
            let layer = LayerId::default();
            if let Ok(mut w) = state.write_frame_header(&changed, layer) {
                w.trailing_bits();
                let bytes = w.into_bytes();
                let parsed = state.parse_frame_header(&mut BitReader::new(&bytes), layer);
                prop_assert_eq!(parsed, Ok(changed));
            }
        }
    }
}

fn change(h: &mut FrameHeader, field: u8, value: u32) {
    let (flag, byte) = (value & 1 == 1, value as u8);
    match field {
        0 => h.show_frame = flag,
        1 => h.showable_frame = flag,
        2 => h.error_resilient_mode = flag,
        3 => h.frame_presentation_time = flag.then_some(value),
        4 => h.disable_cdf_update = flag,
        5 => h.allow_screen_content_tools = flag,
        6 => h.force_integer_mv = flag,
        7 => h.current_frame_id = flag.then_some(value as u16),
        8 => h.frame_size_override_flag = flag,
        9 => h.order_hint = byte,
        10 => h.primary_ref_frame = flag.then_some(byte),
        11 => h.buffer_removal_time = flag.then(|| vec![Some(value); (value % 40) as usize]),
        12 => h.refresh_frame_flags = byte,
        13 => h.ref_order_hint = flag.then_some([byte; 8]),
        14 => h.size.frame_width = value,
        15 => h.size.superres_denom = byte,
        16 => h.size.render_width = value,
        17 => h.size.found_ref = Some(byte),
        18 => h.ref_frame_idx[(value % 7) as usize] = byte,
        19 => {
            let starts = &mut h.tile_info.mi_col_starts;
            *starts = starts.iter().copied().chain([value]).collect();
        }
        20 => h.tile_info.tile_cols_log2 = byte,
        21 => h.tile_info.tile_rows_log2 = byte,
        22 => h.tile_info.tile_size_bytes = byte,
        23 => h.tile_info.uniform_tile_spacing_flag = flag,
        24 => h.quantization_params.base_q_idx = byte,
        25 => h.quantization_params.delta_q_v_ac = byte as i8,
        26 => h.segmentation_params.feature_data[0][usize::from(byte) % 8] = Some(value as i16),
        27 => h.loop_filter_params.deltas.ref_deltas[0] = byte as i8,
        28 => h.cdef_params.y[3].sec_strength = byte,
        _ => h.global_motion[1].params[0] = value as i32,
    }
}

#[test]
fn contradictions_are_named() {
    let sequence = SequenceHeader::new(64, 64);
    let mut state = DecoderState::new();
    state.set_sequence_header(Arc::new(sequence.clone())).unwrap();
    let key = FrameHeader::new(&sequence, FrameType::Key, 100).unwrap();
    let write = |header: FrameHeader| {
        let header = UncompressedHeader::Frame(Box::new(header));
        state.write_frame_header(&header, LayerId::default()).map(|w| w.position())
    };
    assert!(write(key.clone()).is_ok());
    let mut header = key.clone();
    header.refresh_frame_flags = 1;
    assert_eq!(write(header), Err(BitstreamError::Inconsistent { element: "refresh_frame_flags" }));
    let mut header = key.clone();
    header.cdef_params.damping = 5;
    assert_eq!(write(header), Err(BitstreamError::Inconsistent { element: "cdef_params" }));
    let mut header = key;
    header.frame_type = FrameType::Inter;
    assert_eq!(write(header), Err(BitstreamError::ReferenceInvalid { slot: 0 }));

    let mut sequence = sequence;
    sequence.operating_points[0].seq_tier = true;
    assert_eq!(sequence.write(), Err(BitstreamError::Inconsistent { element: "operating_points" }));
    sequence.operating_points.clear();
    assert!(matches!(
        sequence.write(),
        Err(BitstreamError::Value { element: "operating_points_cnt_minus_1", .. })
    ));
}

/// The random headers reach every kind of frame and the syntax that depends on references.
#[test]
fn random_headers_are_varied() {
    let mut runner = TestRunner::deterministic();
    let mut seen = [0; 10];
    for _ in 0..60 {
        let mut c = Choices::strategy(4000).new_tree(&mut runner).unwrap().current();
        for header in Stream::new(&mut c, 12).headers {
            let UncompressedHeader::Frame(h) = header else {
                seen[0] += 1;
                continue;
            };
            seen[1 + h.frame_type as usize] += 1;
            let grain = h.film_grain_params.as_ref();
            let cases = [
                h.frame_refs_short_signaling,
                h.size.found_ref.is_some(),
                h.skip_mode_present,
                h.primary_ref_frame.is_some() && !h.segmentation_params.segmentation_update_data,
                grain.is_some_and(|grain| grain.film_grain_params_ref_idx.is_some()),
            ];
            for (seen, case) in seen[5..].iter_mut().zip(cases) {
                *seen += u32::from(case);
            }
        }
    }
    assert!(seen.iter().all(|&count| count > 2), "{seen:?}");
}
