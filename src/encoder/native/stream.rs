//! Frames to temporal units: headers around the tiles, and the slots that a decoder would hold.

use std::sync::Arc;

use crate::av1::frame::coder::{CodedTiles, FrameCoder};
use crate::av1::frame::motion_field::OrderHints;
use crate::av1::frame::reference::Reference;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::frame::{FrameHeader, FrameType, NUM_REF_FRAMES};
use crate::av1::obu::leb128;
use crate::av1::obu::operating_point::OperatingPoint;
use crate::av1::obu::tile_group::{tile_group_overhead, write_tiles};
use crate::av1::obu::unit::write_obu;
use crate::av1::obu::{DecoderState, LayerId, ObuHeader, ObuType, SequenceHeader};
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::decider::{Control, FrameJob, SuperblockDecider};
use crate::av1::tile::threads::most_threads;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::pool::Pool;

/// A coded video sequence that is being written.
pub(crate) struct Stream {
    /// What the kernels use.
    isa: Isa,
    /// In front of the next key frame; until then, that in force may be of a lower level.
    sequence: Arc<SequenceHeader>,
    state: DecoderState,
    slots: [Option<Arc<Reference>>; NUM_REF_FRAMES],
    coder: FrameCoder,
    /// Room of headers, payloads and units that were written, and of lists of tiles.
    header: Vec<u8>,
    payload: Vec<u8>,
    units: Vec<Vec<u8>>,
    bounds: Vec<Vec<TileBounds>>,
}

/// A temporal unit whose frame is not filtered yet, and to which nothing refers.
pub(crate) struct CodedUnit {
    layer: LayerId,
    job: FrameJob,
    tiles: CodedTiles,
    /// The OBUs in the low-overhead format.
    pub(crate) data: Vec<u8>,
}

#[cfg(test)]
impl CodedUnit {
    /// Bits of the tiles by [`Category`](crate::av1::tile::symbol::Category).
    pub(crate) fn spent(&self) -> [u64; 3] {
        self.tiles.spent
    }
}

/// A temporal unit that stands.
pub(crate) struct FinishedUnit {
    /// `base_q_idx`.
    pub(crate) qindex: u8,
    /// The OBUs in the low-overhead format.
    pub(crate) data: Vec<u8>,
    /// The records of each tile.
    #[cfg(test)]
    pub(crate) records: Vec<Vec<crate::av1::tile::symbol::Record>>,
    /// The frame as it is referred to.
    pub(crate) reference: Arc<Reference>,
    /// Bits of the tiles by [`Category`](crate::av1::tile::symbol::Category).
    pub(crate) spent: [u64; 3],
    /// Share of the picture in blocks without coefficients, 0 to 1.
    pub(crate) skipped: f32,
}

impl Stream {
    /// A stream of frames of the sequence's size.
    pub(crate) fn new(sequence: SequenceHeader, isa: Isa) -> Result<Self, BitstreamError> {
        let sequence = Arc::new(sequence);
        let mut state = DecoderState::new();
        state.set_sequence_header(Arc::clone(&sequence))?;
        let size = (sequence.max_frame_width as usize, sequence.max_frame_height as usize);
        Ok(Self {
            isa,
            sequence,
            state,
            slots: Default::default(),
            coder: FrameCoder::new(size.0, size.1, isa),
            header: Vec::new(),
            payload: Vec::new(),
            units: Vec::new(),
            bounds: Vec::new(),
        })
    }

    /// The sequence header of the next key frame.
    pub(crate) fn sequence(&self) -> &SequenceHeader {
        &self.sequence
    }

    /// Sets the operating points from the next key frame on: a sequence header with others starts another
    /// coded video sequence (7.5). Gives those before.
    pub(crate) fn set_operating_points(
        &mut self,
        points: Vec<OperatingPoint>,
    ) -> Vec<OperatingPoint> {
        std::mem::replace(&mut Arc::make_mut(&mut self.sequence).operating_points, points)
    }

    /// The most threads that find something to do in a frame.
    pub(crate) fn most_threads(&self) -> usize {
        let (width, height) = (self.sequence.max_frame_width, self.sequence.max_frame_height);
        most_threads(height.div_ceil(64) as usize, width.div_ceil(64) as usize)
    }

    /// Lets the threads of `pool` code frames; the bytes do not depend on them.
    pub(crate) fn set_pool(&mut self, pool: Arc<Pool>) {
        self.coder.set_pool(pool);
    }

    /// How often motion was projected.
    #[cfg(test)]
    pub(crate) fn projections(&self) -> u64 {
        self.coder.projections
    }

    /// What the decoder's side of the headers is.
    #[cfg(test)]
    pub(crate) fn state(&self) -> &DecoderState {
        &self.state
    }

    /// The reference frames by name (1 to 7) of a frame that reads these slots; none of one that
    /// reads none.
    pub(crate) fn references(&self, reads: Option<&[u8; 7]>) -> [Option<Arc<Reference>>; 8] {
        std::array::from_fn(|name| {
            let slot = usize::from(reads?[name.checked_sub(1)?]);
            self.slots[slot].clone()
        })
    }

    /// What a slot holds; `None` before the first key frame.
    pub(crate) fn slot(&self, slot: u8) -> Option<&Reference> {
        self.slots[usize::from(slot)].as_deref()
    }

    /// Codes a frame into a temporal unit: `source` with its edges extended, by the choices of
    /// `decider` and, superblock by superblock, of `control`. `None` if the control gives it up. The
    /// sequence header goes in front of key frames.
    ///
    /// Nothing refers to the unit until it is [finished](Self::finish); until then the frame can be
    /// coded again.
    pub(crate) fn code(
        &mut self,
        header: FrameHeader,
        source: &[PaddedPlane; 3],
        layer: LayerId,
        decider: &mut impl SuperblockDecider,
        control: Option<Control<'_>>,
    ) -> Result<Option<CodedUnit>, BitstreamError> {
        let mut job = self.job(header);
        let Some(tiles) = self.coder.code(&job, source, decider, control) else {
            self.bounds.push(job.tiles);
            return Ok(None);
        };
        if let Some(cdef) = tiles.cdef() {
            job.header.cdef_params = *cdef;
        }
        let buffer = std::mem::take(&mut self.payload);
        let mut bits = self.state.write_frame(&job.header, layer, buffer)?;
        bits.byte_alignment();
        write_tiles(&mut bits, &job.header.tile_info, 0, tiles.tiles())?;
        self.payload = bits.into_bytes();
        let mut data = self.units.pop().unwrap_or_default();
        data.clear();
        self.start_unit(&job.header, &mut data)?;
        write_obu(&self.frame_obu_header(&job.header, layer), &self.payload, &mut data)?;
        let tile_bytes = tiles.len() as u32;
        debug_assert_eq!(
            self.overhead(&job.header, layer, tile_bytes)? + tile_bytes,
            data.len() as u32
        );
        Ok(Some(CodedUnit { layer, job, tiles, data }))
    }

    /// Bytes of a frame's temporal unit beside those of its tiles, if these come to `tile_bytes`.
    ///
    /// # Errors
    /// As [`code`](Self::code).
    pub(crate) fn overhead(
        &mut self,
        header: &FrameHeader,
        layer: LayerId,
        tile_bytes: u32,
    ) -> Result<u32, BitstreamError> {
        let buffer = std::mem::take(&mut self.header);
        let mut unit = self.state.write_frame(header, layer, buffer)?.into_bytes();
        let headers = (unit.len() + tile_group_overhead(&header.tile_info)) as u32;
        unit.clear();
        self.start_unit(header, &mut unit)?;
        self.frame_obu_header(header, layer).write(&mut unit)?;
        let before = unit.len() as u32;
        self.header = unit;
        let obu_size = leb128::encoded_len(headers.saturating_add(tile_bytes)) as u32;
        Ok(before + obu_size + headers)
    }

    /// Lets a unit, the last that was coded or one before it, stand: filters its frame, to which
    /// those after it refer.
    pub(crate) fn finish(&mut self, unit: CodedUnit) -> Result<FinishedUnit, BitstreamError> {
        let CodedUnit { layer, job, tiles, data: written } = unit;
        // The caller keeps the unit: no more than its bytes.
        let data = written[..].to_vec();
        self.units.push(written);
        let (spent, skipped) = (tiles.spent, tiles.skipped);
        #[cfg(test)]
        let records = tiles.records.clone();
        let reference = self.coder.finish(&job, tiles);
        let refresh = job.header.refresh_frame_flags;
        let qindex = job.header.quantization_params.base_q_idx;
        // References that slots lose below are free only without it.
        let FrameJob { header, references, primary, tiles: bounds, .. } = job;
        self.bounds.push(bounds);
        drop((references, primary));
        if header.frame_type == FrameType::Key {
            self.state.set_sequence_header(Arc::clone(&self.sequence))?;
        }
        self.state.advance_frame(&header, layer)?;
        for slot in 0..NUM_REF_FRAMES {
            if (refresh >> slot) & 1 != 0
                && let Some(old) = self.slots[slot].replace(Arc::clone(&reference))
            {
                self.coder.recycle(old);
            }
        }
        Ok(FinishedUnit {
            qindex,
            data,
            #[cfg(test)]
            records,
            reference,
            spent,
            skipped,
        })
    }

    /// Leaves a unit that was coded: the stream is as it was before.
    pub(crate) fn discard(&mut self, unit: CodedUnit) {
        self.coder.discard(unit.tiles);
        self.units.push(unit.data);
        self.bounds.push(unit.job.tiles);
    }

    /// What the coder of the tiles needs of a header and of the slots.
    fn job(&mut self, header: FrameHeader) -> FrameJob {
        let mut tiles = self.bounds.pop().unwrap_or_default();
        tiles.clear();
        tiles.extend(TileBounds::all(&header.tile_info));
        let primary = header.primary_ref_slot().map(usize::from);
        FrameJob {
            isa: self.isa,
            sequence: Arc::clone(&self.sequence),
            tiles,
            references: self.references((!header.is_intra()).then_some(&header.ref_frame_idx)),
            primary: primary.and_then(|slot| self.slots[slot].clone()),
            order_hints: OrderHints {
                bits: u32::from(self.sequence.order_hint_bits),
                current: u32::from(header.order_hint),
                refs: self.state.order_hints(&header).map(u32::from),
            },
            header,
        }
    }

    /// The header of a frame's OBU. Its extension tells of the layers of the sequence that the frame is
    /// of, and of no others: without any, there is none (6.4.1); what is above the highest counts as
    /// part of that.
    fn frame_obu_header(&self, header: &FrameHeader, layer: LayerId) -> ObuHeader {
        let in_force = self.state.sequence_header().filter(|_| header.frame_type != FrameType::Key);
        let points = &in_force.unwrap_or(&self.sequence).operating_points;
        let idc = points.first().map_or(0, |point| point.operating_point_idc);
        let highest = (idc & 0xff).checked_ilog2().unwrap_or(0) as u8;
        let temporal_id = layer.temporal_id.min(highest);
        let extension = (idc != 0).then_some(LayerId { temporal_id, ..layer });
        ObuHeader { obu_type: ObuType::Frame, has_size_field: true, extension }
    }

    /// Writes what comes before a frame in its temporal unit (7.5).
    fn start_unit(&self, header: &FrameHeader, data: &mut Vec<u8>) -> Result<(), BitstreamError> {
        write_obu(&obu_header(ObuType::TemporalDelimiter), &[], data)?;
        if header.frame_type == FrameType::Key {
            let payload = self.sequence.write()?;
            write_obu(&obu_header(ObuType::SequenceHeader), &payload, data)?;
        }
        Ok(())
    }
}

/// The header of an OBU that is of no layer.
fn obu_header(obu_type: ObuType) -> ObuHeader {
    ObuHeader { obu_type, has_size_field: true, extension: None }
}
