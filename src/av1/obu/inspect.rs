//! What a temporal unit holds, in a few words: for packetizers, stream tools and tests.

use std::ops::Range;

use super::frame::{ALL_FRAMES, FrameHeader, FrameType, REFS_PER_FRAME, ReferenceFrame};
use super::header::LayerId;
use super::state::{DecoderState, ObuContent};
use super::unit::{Obu, Obus};
use crate::av1::obu::BitstreamError;

/// One frame of a temporal unit, coded or only shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameInfo {
    /// frame_type; with show_existing_frame that of the stored frame.
    pub frame_type: FrameType,
    /// The slot whose frame is shown, if the header has show_existing_frame.
    pub show_existing_frame: Option<u8>,
    /// Whether a picture comes out: show_frame or show_existing_frame.
    pub shown: bool,
    /// showable_frame: whether a later header may show it.
    pub showable: bool,
    /// error_resilient_mode.
    pub error_resilient_mode: bool,
    /// The layer, 0 and 0 without an OBU extension; with show_existing_frame that of its header.
    pub layer: LayerId,
    /// UpscaledWidth: the width of the picture in luma samples.
    pub width: u32,
    /// FrameHeight: the height of the picture in luma samples.
    pub height: u32,
    /// FrameWidth: the width that is coded, less than `width` with superres.
    pub coded_width: u32,
    /// RenderWidth and RenderHeight.
    pub render_size: (u32, u32),
    /// base_q_idx.
    pub base_q_idx: u8,
    /// OrderHint.
    pub order_hint: u8,
    /// refresh_frame_flags: a bit for each slot that is written.
    pub refresh_frame_flags: u8,
    /// The slots of LAST_FRAME to ALTREF_FRAME of an inter frame.
    pub ref_frame_idx: Option<[u8; REFS_PER_FRAME]>,
    /// The slot that CDFs and other parameters are taken from, one of `ref_frame_idx`.
    pub primary_ref_slot: Option<u8>,
    /// NumTiles; 0 with show_existing_frame.
    pub num_tiles: usize,
    /// From the OBU with the header to the last OBU with tiles, as a byte range of the input.
    pub range: Range<usize>,
}

impl FrameInfo {
    /// A bit for each slot that is read, be it for prediction or to be shown.
    pub fn slots_read(&self) -> u8 {
        let references = self.ref_frame_idx.iter().flatten();
        references.chain(&self.show_existing_frame).fold(0, |mask, slot| mask | 1 << (slot & 7))
    }

    /// Whether decoding can start or start again here: a shown key frame that is coded (7.6).
    pub fn is_key(&self) -> bool {
        self.frame_type == FrameType::Key && self.shown && self.show_existing_frame.is_none()
    }

    fn coded(header: &FrameHeader, obu: &Obu<'_>) -> Self {
        Self {
            frame_type: header.frame_type,
            show_existing_frame: None,
            shown: header.show_frame,
            showable: header.showable_frame,
            error_resilient_mode: header.error_resilient_mode,
            layer: obu.header.extension.unwrap_or_default(),
            width: header.size.upscaled_width,
            height: header.size.frame_height,
            coded_width: header.size.frame_width,
            render_size: (header.size.render_width, header.size.render_height),
            base_q_idx: header.quantization_params.base_q_idx,
            order_hint: header.order_hint,
            refresh_frame_flags: header.refresh_frame_flags,
            ref_frame_idx: (!header.is_intra()).then_some(header.ref_frame_idx),
            primary_ref_slot: header.primary_ref_slot(),
            num_tiles: header.tile_info.num_tiles(),
            range: obu.range.clone(),
        }
    }

    fn existing(slot: u8, frame: &ReferenceFrame, obu: &Obu<'_>) -> Self {
        let key = frame.frame_type == FrameType::Key;
        Self {
            frame_type: frame.frame_type,
            show_existing_frame: Some(slot),
            shown: true,
            showable: !key,
            error_resilient_mode: false,
            layer: obu.header.extension.unwrap_or_default(),
            width: frame.size.upscaled_width,
            height: frame.size.frame_height,
            coded_width: frame.size.frame_width,
            render_size: (frame.size.render_width, frame.size.render_height),
            base_q_idx: frame.base_q_idx,
            order_hint: frame.order_hint,
            refresh_frame_flags: if key { ALL_FRAMES } else { 0 },
            ref_frame_idx: None,
            primary_ref_slot: None,
            num_tiles: 0,
            range: obu.range.clone(),
        }
    }
}

/// What a temporal unit holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemporalUnitInfo {
    /// Whether it starts with a temporal delimiter.
    pub has_temporal_delimiter: bool,
    /// Whether a sequence header comes before the first frame.
    pub has_sequence_header: bool,
    /// The frames in their order, without those of layers that are dropped.
    pub frames: Vec<FrameInfo>,
    /// How many OBUs are not in the operating point.
    pub dropped_obus: usize,
}

impl TemporalUnitInfo {
    /// Whether a coded video sequence starts here, so that a receiver may join (7.5).
    pub fn starts_sequence(&self) -> bool {
        self.has_sequence_header
            && self
                .frames
                .first()
                .is_some_and(|frame| frame.is_key() && frame.layer.temporal_id == 0)
    }

    /// The frames that are shown; without layers exactly one (7.5).
    pub fn shown(&self) -> impl Iterator<Item = &FrameInfo> {
        self.frames.iter().filter(|frame| frame.shown)
    }
}

/// Follows a stream and tells of each temporal unit what it holds.
#[derive(Clone, Debug, Default)]
pub struct StreamInspector {
    state: DecoderState,
}

impl StreamInspector {
    /// An inspector at the start of a stream that reports all layers.
    pub fn new() -> Self {
        Self::default()
    }

    /// An inspector that follows the frames of one operating point, by its index.
    pub fn with_operating_point(index: usize) -> Self {
        Self { state: DecoderState::with_operating_point(index) }
    }

    /// The state after the last temporal unit.
    pub fn state(&self) -> &DecoderState {
        &self.state
    }

    /// Reads a whole temporal unit in the low-overhead format (5.2), with or without its temporal
    /// delimiter; [`Obus`] tells what may stand at its end.
    ///
    /// After an error the state is that before the bad OBU; frames that need what was lost are
    /// refused until a key frame comes.
    ///
    /// # Errors
    /// As [`Obus`] and [`DecoderState::push`], or a frame that is not complete.
    pub fn inspect(&mut self, temporal_unit: &[u8]) -> Result<TemporalUnitInfo, BitstreamError> {
        let info = self.inspect_obus(temporal_unit);
        let end = self.state.end_temporal_unit();
        let info = info?;
        end.map(|()| info)
    }

    fn inspect_obus(&mut self, data: &[u8]) -> Result<TemporalUnitInfo, BitstreamError> {
        let mut info = TemporalUnitInfo::default();
        for obu in Obus::new(data) {
            let obu = obu?;
            match self.state.push(&obu)? {
                ObuContent::TemporalDelimiter => {
                    info.has_temporal_delimiter |= obu.range.start == 0;
                }
                ObuContent::SequenceHeader(_) => {
                    info.has_sequence_header |= info.frames.is_empty();
                }
                ObuContent::FrameHeader(header) | ObuContent::Frame(header, _) => {
                    info.frames.push(FrameInfo::coded(&header, &obu));
                }
                ObuContent::ShowExistingFrame(header, frame) => {
                    let slot = header.frame_to_show_map_idx;
                    info.frames.push(FrameInfo::existing(slot, &frame, &obu));
                }
                ObuContent::TileGroup(_) => {
                    if let Some(frame) = info.frames.last_mut() {
                        frame.range.end = obu.range.end;
                    }
                }
                ObuContent::Dropped => info.dropped_obus += 1,
                ObuContent::RedundantFrameHeader | ObuContent::Other => {}
            }
        }
        Ok(info)
    }
}
