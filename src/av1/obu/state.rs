//! 7.20, 7.21 and the order of OBUs: the state that frame headers are read against.

use std::sync::Arc;

use super::bits::{BitReader, BitWriter};
use super::frame::context::HeaderContext;
use super::frame::references::RelativeDistance;
use super::frame::{
    FrameHeader, FrameType, LAST_FRAME, NUM_REF_FRAMES, ReferenceFrame, ReferenceSlots,
    ShowExistingFrame, TOTAL_REFS_PER_FRAME, UncompressedHeader,
};
use super::header::{LayerId, ObuType};
use super::sequence::SequenceHeader;
use super::tile_group::TileGroup;
use super::unit::Obu;
use crate::av1::obu::BitstreamError;

/// What an OBU turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObuContent {
    /// 5.6 temporal_delimiter_obu().
    TemporalDelimiter,
    /// 5.5 sequence_header_obu().
    SequenceHeader(Arc<SequenceHeader>),
    /// 5.9 frame_header_obu() with show_existing_frame, and the frame that is shown.
    ShowExistingFrame(ShowExistingFrame, Box<ReferenceFrame>),
    /// 5.9 frame_header_obu(); tile groups follow.
    FrameHeader(Arc<FrameHeader>),
    /// 5.10 frame_obu().
    Frame(Arc<FrameHeader>, TileGroup),
    /// 5.11.1 tile_group_obu().
    TileGroup(TileGroup),
    /// A copy of the frame header.
    RedundantFrameHeader,
    /// 5.3.1 drop_obu(): not in the operating point that was chosen.
    Dropped,
    /// Metadata, padding, a tile list or a reserved type.
    Other,
}

/// A frame whose tiles are not all there yet.
#[derive(Clone, Debug)]
struct PendingFrame {
    header: Arc<FrameHeader>,
    layer: LayerId,
    /// The header's bits, for comparison with copies.
    bytes: Vec<u8>,
    bits: u64,
    /// TileNum: the tile that comes next.
    tile_num: usize,
}

/// What a decoder remembers from header to header: sequence, reference slots, unfinished frame.
///
/// A reader of streams feeds it OBU by OBU by [`push`](Self::push). An encoder sets its sequence
/// header, writes frame headers with [`write_frame_header`](Self::write_frame_header), and after
/// each of them calls [`advance`](Self::advance).
#[derive(Clone, Debug, Default)]
pub struct DecoderState {
    sequence: Option<Arc<SequenceHeader>>,
    operating_point: Option<usize>,
    slots: ReferenceSlots,
    current_frame_id: Option<u16>,
    pending: Option<PendingFrame>,
}

impl DecoderState {
    /// A decoder before any sequence header that drops no layer.
    pub fn new() -> Self {
        Self::default()
    }

    /// A decoder that drops the OBUs outside of an operating point (5.3.1), by its index.
    pub fn with_operating_point(index: usize) -> Self {
        Self { operating_point: Some(index), ..Self::default() }
    }

    /// The sequence header in force.
    pub fn sequence_header(&self) -> Option<&Arc<SequenceHeader>> {
        self.sequence.as_ref()
    }

    /// The reference slots.
    pub fn slots(&self) -> &ReferenceSlots {
        &self.slots
    }

    /// OperatingPointIdc; 0, which drops nothing, without a choice of operating point.
    pub fn operating_point_idc(&self) -> u16 {
        let points = self.sequence.as_ref().map(|sequence| &sequence.operating_points);
        let chosen = points.and_then(|points| points.get(self.operating_point?));
        chosen.map_or(0, |point| point.operating_point_idc)
    }

    /// Takes over a sequence header; if it starts another coded video sequence (7.5), the reference
    /// slots are emptied.
    ///
    /// # Errors
    /// It cannot be written, or lacks the operating point that was chosen; the state stays as it
    /// was then.
    pub fn set_sequence_header(
        &mut self,
        sequence: Arc<SequenceHeader>,
    ) -> Result<(), BitstreamError> {
        sequence.write()?;
        self.start_sequence(sequence)
    }

    /// Takes over a sequence header that is known to be legal.
    fn start_sequence(&mut self, sequence: Arc<SequenceHeader>) -> Result<(), BitstreamError> {
        let count = sequence.operating_points.len();
        if let Some(index) = self.operating_point.filter(|&index| index >= count) {
            return Err(BitstreamError::OperatingPoint { index, count });
        }
        if !self.sequence.as_ref().is_some_and(|current| current.continues(&sequence)) {
            self.slots = ReferenceSlots::default();
            self.current_frame_id = None;
            self.pending = None;
        }
        self.sequence = Some(sequence);
        Ok(())
    }

    /// 5.9.2 uncompressed_header(), read from the payload of a frame header OBU or frame OBU. The
    /// state does not change.
    ///
    /// # Errors
    /// There is no sequence header, the bits end, or a requirement of 6.8 is broken.
    pub fn parse_frame_header(
        &self,
        r: &mut BitReader<'_>,
        layer: LayerId,
    ) -> Result<UncompressedHeader, BitstreamError> {
        UncompressedHeader::parse(r, &self.context(layer)?)
    }

    /// 5.9.2 uncompressed_header(), written. A frame header OBU continues with
    /// [`trailing_bits`](BitWriter::trailing_bits), a frame OBU with
    /// [`byte_alignment`](BitWriter::byte_alignment) and a
    /// [tile group](super::tile_group::write_tile_group). The state does not change.
    ///
    /// # Errors
    /// There is no sequence header, or the header breaks a requirement of 6.8, contradicts itself
    /// or cannot be expressed against this state.
    pub fn write_frame_header(
        &self,
        header: &UncompressedHeader,
        layer: LayerId,
    ) -> Result<BitWriter, BitstreamError> {
        header.write(&self.context(layer)?)
    }

    /// The same for a frame of its own, in the room of `buffer`.
    pub(crate) fn write_frame(
        &self,
        header: &FrameHeader,
        layer: LayerId,
        buffer: Vec<u8>,
    ) -> Result<BitWriter, BitstreamError> {
        header.write_checked(BitWriter::reuse(buffer), &self.context(layer)?)
    }

    /// 7.4: goes on to the state after the frame of `header` is decoded, for an encoder.
    ///
    /// # Errors
    /// There is no sequence header, or the slot to be shown is empty; the state stays as it was
    /// then.
    pub fn advance(
        &mut self,
        header: &UncompressedHeader,
        layer: LayerId,
    ) -> Result<(), BitstreamError> {
        match header {
            UncompressedHeader::ShowExistingFrame(header) => {
                self.show_existing_frame(header).map(drop)
            }
            UncompressedHeader::Frame(header) => self.advance_frame(header, layer),
        }
    }

    /// [`advance`](Self::advance) by a frame of its own.
    pub(crate) fn advance_frame(
        &mut self,
        header: &FrameHeader,
        layer: LayerId,
    ) -> Result<(), BitstreamError> {
        self.begin_frame(header, layer)?;
        self.update_references(header, layer)
    }

    /// OrderHints by reference frame, and 0 for INTRA_FRAME; all 0 for intra frames (5.9.2).
    ///
    /// Only before the state advances beyond the frame.
    pub fn order_hints(&self, header: &FrameHeader) -> [u8; TOTAL_REFS_PER_FRAME] {
        let mut order_hints = [0; TOTAL_REFS_PER_FRAME];
        if !header.is_intra() {
            for (hint, &slot) in order_hints[LAST_FRAME..].iter_mut().zip(&header.ref_frame_idx) {
                let frame = self.slots.get(usize::from(slot)).and_then(Option::as_ref);
                *hint = frame.map_or(0, |frame| frame.order_hint);
            }
        }
        order_hints
    }

    /// RefFrameSignBias by reference frame: whether it lies after the frame in time (5.9.2).
    ///
    /// Only before the state advances beyond the frame.
    pub fn ref_frame_sign_bias(&self, header: &FrameHeader) -> [bool; TOTAL_REFS_PER_FRAME] {
        let bits = self.sequence.as_ref().map_or(0, |sequence| sequence.order_hint_bits);
        let distance = RelativeDistance::new(bits);
        let hints = self.order_hints(header);
        std::array::from_fn(|i| {
            i >= LAST_FRAME && !header.is_intra() && distance.get(hints[i], header.order_hint) > 0
        })
    }

    /// SkipModeFrame, if skip mode is allowed (5.9.22).
    ///
    /// Only before the state advances beyond the frame.
    pub fn skip_mode_frames(&self, header: &FrameHeader) -> Option<[usize; 2]> {
        header.skip_mode_frames(&self.context(LayerId::default()).ok()?)
    }

    /// 5.3.1: takes an OBU and goes on to the state after it.
    ///
    /// After an error the state is as before the OBU, except that an unfinished frame is given up.
    ///
    /// # Errors
    /// The OBU breaks the syntax or one of the requirements of 6.4, 6.8 and 6.10.1, or comes at a
    /// wrong place.
    pub fn push(&mut self, obu: &Obu<'_>) -> Result<ObuContent, BitstreamError> {
        let content = self.push_content(obu);
        if content.is_err() {
            self.pending = None;
        }
        content
    }

    /// The end of a temporal unit, if no temporal delimiter follows.
    ///
    /// # Errors
    /// A frame is not finished; it is given up.
    pub fn end_temporal_unit(&mut self) -> Result<(), BitstreamError> {
        match self.pending.take() {
            None => Ok(()),
            Some(frame) => Err(BitstreamError::FrameIncomplete {
                tiles: frame.tile_num,
                num_tiles: frame.header.tile_info.num_tiles(),
            }),
        }
    }

    fn push_content(&mut self, obu: &Obu<'_>) -> Result<ObuContent, BitstreamError> {
        let obu_type = obu.header.obu_type;
        let droppable = !matches!(obu_type, ObuType::SequenceHeader | ObuType::TemporalDelimiter);
        if let Some(layer) = obu.header.extension.filter(|_| droppable)
            && !layer.in_operating_point(self.operating_point_idc())
        {
            return Ok(ObuContent::Dropped);
        }
        match obu_type {
            ObuType::TemporalDelimiter => {
                self.end_temporal_unit()?;
                Ok(ObuContent::TemporalDelimiter)
            }
            ObuType::SequenceHeader => {
                let sequence = Arc::new(SequenceHeader::parse(obu.payload)?);
                self.start_sequence(Arc::clone(&sequence))?;
                Ok(ObuContent::SequenceHeader(sequence))
            }
            ObuType::FrameHeader | ObuType::Frame => self.push_frame_header(obu),
            ObuType::RedundantFrameHeader => match &self.pending {
                None => Err(BitstreamError::ObuOrder { obu_type }),
                Some(frame) if !frame.is_copied_by(obu.payload)? => {
                    Err(BitstreamError::RedundantHeader)
                }
                Some(_) => Ok(ObuContent::RedundantFrameHeader),
            },
            ObuType::TileGroup => {
                let mut r = BitReader::new(obu.payload);
                Ok(ObuContent::TileGroup(self.push_tile_group(&mut r, obu_type)?))
            }
            _ => Ok(ObuContent::Other),
        }
    }

    /// 5.9.1 frame_header_obu(), 5.10 frame_obu().
    fn push_frame_header(&mut self, obu: &Obu<'_>) -> Result<ObuContent, BitstreamError> {
        let obu_type = obu.header.obu_type;
        if self.pending.is_some() {
            return Err(BitstreamError::ObuOrder { obu_type });
        }
        if self.sequence.is_none() {
            return Err(BitstreamError::SequenceHeaderMissing { obu_type });
        }
        let layer = obu.header.extension.unwrap_or_default();
        let mut r = BitReader::new(obu.payload);
        let header = self.parse_frame_header(&mut r, layer)?;
        let bits = r.position();
        match header {
            UncompressedHeader::ShowExistingFrame(header) => {
                if obu_type == ObuType::Frame {
                    return Err(BitstreamError::value("show_existing_frame", 1));
                }
                r.trailing_bits()?;
                let frame = self.show_existing_frame(&header)?;
                Ok(ObuContent::ShowExistingFrame(header, Box::new(frame)))
            }
            UncompressedHeader::Frame(header) => {
                let header: Arc<FrameHeader> = Arc::from(header);
                let tiles = if obu_type == ObuType::Frame {
                    r.byte_alignment()?;
                    let tiles = TileGroup::parse(&mut r, &header.tile_info, None)?;
                    Some(tiles)
                } else {
                    r.trailing_bits()?;
                    None
                };
                self.begin_frame(&header, layer)?;
                if let Some(tiles) = tiles {
                    self.update_references(&header, layer)?;
                    return Ok(ObuContent::Frame(header, tiles));
                }
                self.pending = Some(PendingFrame {
                    header: Arc::clone(&header),
                    layer,
                    bytes: obu.payload[..bits.div_ceil(8) as usize].to_vec(),
                    bits,
                    tile_num: 0,
                });
                Ok(ObuContent::FrameHeader(header))
            }
        }
    }

    /// 5.11.1 tile_group_obu(), and the end of the frame after its last tile.
    fn push_tile_group(
        &mut self,
        r: &mut BitReader<'_>,
        obu_type: ObuType,
    ) -> Result<TileGroup, BitstreamError> {
        let frame = self.pending.as_mut().ok_or(BitstreamError::ObuOrder { obu_type })?;
        let info = &frame.header.tile_info;
        let tiles = TileGroup::parse(r, info, Some(frame.tile_num))?;
        frame.tile_num = tiles.tg_end() + 1;
        if frame.tile_num == info.num_tiles() {
            let (header, layer) = (Arc::clone(&frame.header), frame.layer);
            self.pending = None;
            self.update_references(&header, layer)?;
        }
        Ok(tiles)
    }

    pub(super) fn context(&self, layer: LayerId) -> Result<HeaderContext<'_>, BitstreamError> {
        let obu_type = ObuType::FrameHeader;
        let sequence =
            self.sequence.as_deref().ok_or(BitstreamError::SequenceHeaderMissing { obu_type })?;
        let previous_frame_id = self.current_frame_id;
        Ok(HeaderContext { sequence, slots: &self.slots, previous_frame_id, layer })
    }

    /// 5.9.2: what a header does to the slots before its frame is decoded.
    fn begin_frame(&mut self, header: &FrameHeader, layer: LayerId) -> Result<(), BitstreamError> {
        if header.frame_type == FrameType::Key && header.show_frame {
            self.slots = ReferenceSlots::default();
        } else {
            let hints = header.ref_order_hint.as_ref();
            let valid = self.context(layer)?.valid_slots(header.current_frame_id, hints);
            for (slot, valid) in self.slots.iter_mut().zip(valid) {
                if let Some(frame) = slot {
                    frame.valid = valid;
                }
            }
        }
        self.current_frame_id = header.current_frame_id;
        Ok(())
    }

    /// 7.20 reference frame update process.
    fn update_references(
        &mut self,
        header: &FrameHeader,
        layer: LayerId,
    ) -> Result<(), BitstreamError> {
        let color = self.context(layer)?.sequence.color_config;
        let frame = ReferenceFrame {
            valid: true,
            frame_id: header.current_frame_id,
            size: header.size,
            frame_type: header.frame_type,
            showable_frame: header.showable_frame,
            bit_depth: color.bit_depth,
            mono_chrome: color.mono_chrome,
            subsampling_x: color.subsampling_x,
            subsampling_y: color.subsampling_y,
            order_hint: header.order_hint,
            saved_order_hints: self.order_hints(header),
            gm_params: header.saved_gm_params(),
            loop_filter_deltas: header.loop_filter_params.deltas,
            feature_data: header.segmentation_params.feature_data,
            film_grain_params: header.film_grain_params.clone(),
            base_q_idx: header.quantization_params.base_q_idx,
            layer,
        };
        for i in 0..NUM_REF_FRAMES {
            if (header.refresh_frame_flags >> i) & 1 == 1 {
                self.slots[i] = Some(frame.clone());
            }
        }
        Ok(())
    }

    /// 7.4 with show_existing_frame; of a key frame 7.21 reference frame loading process, and 7.20
    /// into all slots. Returns the frame that is shown.
    fn show_existing_frame(
        &mut self,
        header: &ShowExistingFrame,
    ) -> Result<ReferenceFrame, BitstreamError> {
        let slot = header.frame_to_show_map_idx;
        let shown = self.slots.get(usize::from(slot)).cloned().flatten();
        let shown = shown.ok_or(BitstreamError::ReferenceInvalid { slot })?;
        if shown.frame_type == FrameType::Key {
            self.current_frame_id = shown.frame_id;
            let mut stored = shown.clone();
            stored.showable_frame = false;
            self.slots = std::array::from_fn(|_| Some(stored.clone()));
        }
        Ok(shown)
    }
}

impl PendingFrame {
    /// 6.8.1 frame_header_copy(): whether a payload holds the same header.
    fn is_copied_by(&self, payload: &[u8]) -> Result<bool, BitstreamError> {
        let mut r = BitReader::new(payload);
        let mut original = BitReader::new(&self.bytes);
        let mut left = self.bits;
        while left > 0 {
            let n = left.min(32) as u32;
            if r.f(n)? != original.f(n)? {
                return Ok(false);
            }
            left -= u64::from(n);
        }
        r.trailing_bits()?;
        Ok(true)
    }
}
