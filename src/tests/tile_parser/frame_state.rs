//! The arrays that the standard keeps for a frame, and what reference slots hold of them.

use std::rc::Rc;

use super::encoder_check::EncoderFrame;
use super::input::TileParserInput;
use crate::av1::frame::motion_field::SavedMotion;
use crate::av1::tile::cdf::CdfContext;
use crate::av1::types::{BlockSize, INTRA_FRAME, NONE, PredictionMode, TxSize, TxType};

/// A motion vector: down, right, in 1/8 samples.
pub(crate) type Mv = [i32; 2];

/// Everything that is kept for a unit of 4×4 luma samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModeInfo4x4 {
    /// RefFrames has been written for this frame (7.10.2.4).
    pub(super) written: bool,
    pub(super) y_mode: PredictionMode,
    pub(super) ref_frame: [i8; 2],
    pub(super) mv: [Mv; 2],
    pub(super) interp_filter: [u8; 2],
    pub(super) is_inter: bool,
    pub(super) skip_mode: bool,
    pub(super) skip: bool,
    pub(super) mi_size: BlockSize,
    pub(super) segment_id: u8,
    pub(super) inter_tx_size: TxSize,
    pub(super) tx_type: TxType,
}

/// The per-unit arrays of a frame. Positions outside the frame can be written, without effect.
pub(super) struct FrameArrays {
    pub(super) mi_rows: i32,
    pub(super) mi_cols: i32,
    units: Vec<ModeInfo4x4>,
    /// cdef_idx by 64×64 luma samples.
    pub(super) cdef_idx: Vec<i32>,
    cdef_stride: usize,
    /// The encoder's records, if its motion vector prediction is to be compared.
    pub(super) encoder: Option<EncoderFrame>,
}

impl FrameArrays {
    pub(super) fn new(mi_rows: i32, mi_cols: i32) -> Self {
        let blank = ModeInfo4x4 {
            written: false,
            y_mode: PredictionMode::Dc,
            ref_frame: [INTRA_FRAME, NONE],
            mv: [[0; 2]; 2],
            interp_filter: [0; 2],
            is_inter: false,
            skip_mode: false,
            skip: false,
            mi_size: BlockSize::B4x4,
            segment_id: 0,
            inter_tx_size: TxSize::T4x4,
            tx_type: TxType::DctDct,
        };
        // Superblocks of 128 samples may write one more.
        let cdef_stride = mi_cols as usize / 16 + 2;
        Self {
            mi_rows,
            mi_cols,
            units: vec![blank; mi_rows as usize * mi_cols as usize],
            cdef_idx: vec![-1; cdef_stride * (mi_rows as usize / 16 + 2)],
            cdef_stride,
            encoder: None,
        }
    }

    fn index(&self, row: i32, col: i32) -> usize {
        assert!((0..self.mi_rows).contains(&row) && (0..self.mi_cols).contains(&col));
        (row * self.mi_cols + col) as usize
    }

    pub(super) fn at(&self, row: i32, col: i32) -> &ModeInfo4x4 {
        &self.units[self.index(row, col)]
    }

    /// Changes all units of a rectangle that are in the frame.
    pub(super) fn fill(
        &mut self,
        [row, col]: [i32; 2],
        [h4, w4]: [i32; 2],
        change: impl Fn(&mut ModeInfo4x4),
    ) {
        for y in row..(row + h4).min(self.mi_rows) {
            for x in col..(col + w4).min(self.mi_cols) {
                let index = self.index(y, x);
                change(&mut self.units[index]);
            }
        }
    }

    /// cdef_idx[ r ][ c ].
    pub(super) fn cdef_idx(&mut self, r: i32, c: i32) -> &mut i32 {
        &mut self.cdef_idx[r as usize / 16 * self.cdef_stride + c as usize / 16]
    }

    pub(super) fn all<T>(&self, value: impl Fn(&ModeInfo4x4) -> T) -> Vec<T> {
        self.units.iter().map(value).collect()
    }
}

/// What a decoded frame leaves behind for the following ones (7.20).
#[derive(Clone, Debug)]
pub(crate) struct SavedFrame {
    /// RefMiRows.
    pub(crate) mi_rows: i32,
    /// RefMiCols.
    pub(crate) mi_cols: i32,
    /// RefFrameType is KEY_FRAME or INTRA_ONLY_FRAME.
    pub(crate) is_intra: bool,
    /// RefOrderHint.
    pub(crate) order_hint: i32,
    /// SavedOrderHints, by reference frame.
    pub(crate) saved_order_hints: [i32; 8],
    /// SavedRefFrames, row by row.
    pub(crate) saved_ref_frames: Vec<i8>,
    /// SavedMvs, row by row.
    pub(crate) saved_mvs: Vec<Mv>,
    /// SavedSegmentIds, row by row.
    pub(crate) saved_segment_ids: Vec<u8>,
    /// The same motion vectors as the encoder keeps them, if they are to be compared.
    pub(super) encoder_motion: SavedMotion,
    /// The CDF arrays of save_cdfs( ).
    pub(crate) cdfs: CdfContext,
}

/// The reference slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParserState {
    /// Compares each block's motion vector stack with the encoder's; for streams whose frames the
    /// encoder could make.
    pub(crate) compares_mv_prediction: bool,
    pub(crate) slots: [Option<Rc<SavedFrame>>; 8],
}

impl ParserState {
    /// 7.20, the reference frame update process.
    pub(crate) fn update(&mut self, refresh_frame_flags: u8, frame: &Rc<SavedFrame>) {
        for (i, slot) in self.slots.iter_mut().enumerate() {
            if (refresh_frame_flags >> i) & 1 == 1 {
                *slot = Some(Rc::clone(frame));
            }
        }
    }

    /// 7.4 with show_existing_frame: 7.21 and 7.20 for a key frame.
    pub(crate) fn show_existing_key_frame(&mut self, frame_to_show_map_idx: usize) {
        if let Some(frame) = &self.slots[frame_to_show_map_idx] {
            let mut frame = SavedFrame::clone(frame);
            frame.cdfs.clear_counters();
            self.update(0xFF, &Rc::new(frame));
        }
    }

    /// The frame that a name of 1 to 7 stands for.
    pub(super) fn reference(
        &self,
        input: &TileParserInput,
        ref_frame: usize,
    ) -> Result<&SavedFrame, String> {
        let idx = input.ref_frame_idx[ref_frame - 1];
        self.slots[idx].as_deref().ok_or_else(|| format!("slot {idx} is empty"))
    }
}

/// 5.9.2: OrderHints by reference frame; 0 for intra frames, which have no references.
pub(super) fn order_hints(
    input: &TileParserInput,
    state: &ParserState,
) -> Result<[i32; 8], String> {
    let mut hints = [0; 8];
    if !input.frame_is_intra {
        for (ref_frame, hint) in hints.iter_mut().enumerate().skip(1) {
            *hint = state.reference(input, ref_frame)?.order_hint;
        }
    }
    Ok(hints)
}
