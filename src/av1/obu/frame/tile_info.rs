//! 5.9.15 tile_info(): how a frame is cut into tiles.

use std::fmt;
use std::ops::Deref;

use super::size::FrameSize;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};
use crate::av1::obu::sequence::SequenceHeader;

/// MAX_TILE_WIDTH, in luma samples.
const MAX_TILE_WIDTH: u32 = 4096;
/// MAX_TILE_AREA, in luma samples.
const MAX_TILE_AREA: u32 = 4096 * 2304;
/// MAX_TILE_COLS.
pub const MAX_TILE_COLS: usize = 64;
/// MAX_TILE_ROWS.
pub const MAX_TILE_ROWS: usize = 64;

/// 5.9.15 tile_info().
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileInfo {
    /// uniform_tile_spacing_flag.
    pub uniform_tile_spacing_flag: bool,
    /// TileColsLog2, 0 to 6.
    pub tile_cols_log2: u8,
    /// TileRowsLog2, 0 to 6.
    pub tile_rows_log2: u8,
    /// MiColStarts: where tile columns start, in units of 4 luma samples, and MiCols at the end.
    pub mi_col_starts: TileStarts,
    /// MiRowStarts: where tile rows start, in units of 4 luma samples, and MiRows at the end.
    pub mi_row_starts: TileStarts,
    /// context_update_tile_id: the tile whose CDFs are kept; 0 when there is only one.
    pub context_update_tile_id: u16,
    /// TileSizeBytes, 1 to 4; 4 when it is not coded.
    pub tile_size_bytes: u8,
}

/// The most entries of MiColStarts and of MiRowStarts.
const MAX_STARTS: usize =
    if MAX_TILE_COLS > MAX_TILE_ROWS { MAX_TILE_COLS } else { MAX_TILE_ROWS } + 1;

/// MiColStarts or MiRowStarts: at most 65 numbers, kept in place.
#[derive(Clone, Copy)]
pub struct TileStarts {
    len: u8,
    starts: [u32; MAX_STARTS],
}

impl Default for TileStarts {
    fn default() -> Self {
        Self { len: 0, starts: [0; MAX_STARTS] }
    }
}

impl Deref for TileStarts {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.starts[..usize::from(self.len)]
    }
}

impl FromIterator<u32> for TileStarts {
    /// Takes the first 65.
    fn from_iter<I: IntoIterator<Item = u32>>(starts: I) -> Self {
        let mut collected = Self::default();
        for (to, start) in collected.starts.iter_mut().zip(starts) {
            *to = start;
            collected.len += 1;
        }
        collected
    }
}

impl PartialEq for TileStarts {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for TileStarts {}

impl fmt::Debug for TileStarts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// What 5.9.15 derives from the frame's size before it reads anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileLimits {
    /// sbCols.
    pub sb_cols: u32,
    /// sbRows.
    pub sb_rows: u32,
    /// minLog2TileCols.
    pub min_log2_tile_cols: u8,
    /// maxLog2TileCols.
    pub max_log2_tile_cols: u8,
    /// maxLog2TileRows.
    pub max_log2_tile_rows: u8,
    /// minLog2Tiles.
    pub min_log2_tiles: u8,
    /// maxTileWidthSb.
    pub max_tile_width_sb: u32,
    /// maxTileAreaSb.
    pub max_tile_area_sb: u32,
    sb_shift: u32,
    mi_cols: u32,
    mi_rows: u32,
}

impl TileLimits {
    /// The limits for frames of `size`.
    ///
    /// # Errors
    /// A width or height of 0 or above 65536 luma samples.
    pub fn new(sequence: &SequenceHeader, size: &FrameSize) -> Result<Self, BitstreamError> {
        for (element, length) in
            [("FrameWidth", size.frame_width), ("FrameHeight", size.frame_height)]
        {
            if !(1..=65536).contains(&length) {
                return Err(BitstreamError::value(element, length));
            }
        }
        let sb_shift = if sequence.use_128x128_superblock { 5 } else { 4 };
        let (mi_cols, mi_rows) = (size.mi_cols(), size.mi_rows());
        let sb_cols = mi_cols.div_ceil(1 << sb_shift);
        let sb_rows = mi_rows.div_ceil(1 << sb_shift);
        let sb_size = sb_shift + 2;
        let max_tile_width_sb = MAX_TILE_WIDTH >> sb_size;
        let max_tile_area_sb = MAX_TILE_AREA >> (2 * sb_size);
        let min_log2_tile_cols = tile_log2(max_tile_width_sb, sb_cols);
        Ok(Self {
            sb_cols,
            sb_rows,
            min_log2_tile_cols,
            max_log2_tile_cols: tile_log2(1, sb_cols.min(MAX_TILE_COLS as u32)),
            max_log2_tile_rows: tile_log2(1, sb_rows.min(MAX_TILE_ROWS as u32)),
            min_log2_tiles: min_log2_tile_cols.max(tile_log2(max_tile_area_sb, sb_rows * sb_cols)),
            max_tile_width_sb,
            max_tile_area_sb,
            sb_shift,
            mi_cols,
            mi_rows,
        })
    }

    /// minLog2TileRows with uniform spacing.
    pub fn min_log2_tile_rows(&self, tile_cols_log2: u8) -> u8 {
        self.min_log2_tiles.saturating_sub(tile_cols_log2)
    }

    /// maxTileHeightSb without uniform spacing.
    fn max_tile_height_sb(&self, widest_tile_sb: u32) -> u32 {
        let area = self.sb_rows * self.sb_cols;
        let max_tile_area_sb =
            if self.min_log2_tiles > 0 { area >> (self.min_log2_tiles + 1) } else { area };
        (max_tile_area_sb / widest_tile_sb).max(1)
    }
}

impl TileInfo {
    /// Tiles of even size, `1 << tile_cols_log2` columns and `1 << tile_rows_log2` rows or as many
    /// as there are superblocks for.
    ///
    /// # Errors
    /// A size or a number of tiles beyond the [`TileLimits`].
    pub fn uniform(
        sequence: &SequenceHeader,
        size: &FrameSize,
        tile_cols_log2: u8,
        tile_rows_log2: u8,
    ) -> Result<Self, BitstreamError> {
        let limits = TileLimits::new(sequence, size)?;
        let min_rows = limits.min_log2_tile_rows(tile_cols_log2);
        if !(limits.min_log2_tile_cols..=limits.max_log2_tile_cols).contains(&tile_cols_log2) {
            return Err(BitstreamError::value("TileColsLog2", tile_cols_log2));
        }
        if !(min_rows..=limits.max_log2_tile_rows.max(min_rows)).contains(&tile_rows_log2) {
            return Err(BitstreamError::value("TileRowsLog2", tile_rows_log2));
        }
        let tile_width_sb = (limits.sb_cols + (1 << tile_cols_log2) - 1) >> tile_cols_log2;
        let tile_height_sb = (limits.sb_rows + (1 << tile_rows_log2) - 1) >> tile_rows_log2;
        if tile_width_sb > limits.max_tile_width_sb {
            return Err(BitstreamError::value("tileWidthSb", tile_width_sb));
        }
        if tile_width_sb * tile_height_sb > limits.max_tile_area_sb {
            return Err(BitstreamError::value("tileHeightSb", tile_height_sb));
        }
        let starts = |count: u32, step: u32, end: u32| {
            let starts = (0..count).step_by(step as usize).map(|sb| sb << limits.sb_shift);
            starts.chain([end]).collect()
        };
        Ok(Self {
            uniform_tile_spacing_flag: true,
            tile_cols_log2,
            tile_rows_log2,
            mi_col_starts: starts(limits.sb_cols, tile_width_sb, limits.mi_cols),
            mi_row_starts: starts(limits.sb_rows, tile_height_sb, limits.mi_rows),
            context_update_tile_id: 0,
            tile_size_bytes: 4,
        })
    }

    /// As few tiles of even size as there may be, one up to 4096 × 2304 luma samples.
    ///
    /// # Errors
    /// As [`uniform`](Self::uniform), for sizes beyond the standard's.
    pub fn fewest(sequence: &SequenceHeader, size: &FrameSize) -> Result<Self, BitstreamError> {
        let limits = TileLimits::new(sequence, size)?;
        let cols_log2 = limits.min_log2_tile_cols;
        let least = limits.min_log2_tile_rows(cols_log2);
        // Rounding up to whole superblocks can make the least number's tiles too large.
        let attempt = |rows_log2| Self::uniform(sequence, size, cols_log2, rows_log2);
        attempt(least).or_else(|_| attempt(least + 1))
    }

    /// TileCols.
    pub fn tile_cols(&self) -> usize {
        self.mi_col_starts.len().saturating_sub(1)
    }

    /// TileRows.
    pub fn tile_rows(&self) -> usize {
        self.mi_row_starts.len().saturating_sub(1)
    }

    /// NumTiles.
    pub fn num_tiles(&self) -> usize {
        self.tile_cols() * self.tile_rows()
    }

    /// 5.9.15 tile_info().
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        sequence: &SequenceHeader,
        size: &FrameSize,
    ) -> Result<Self, BitstreamError> {
        let limits = TileLimits::new(sequence, size)?;
        let mut info = if r.flag()? {
            let cols = parse_increments(r, limits.min_log2_tile_cols, limits.max_log2_tile_cols)?;
            let min_rows = limits.min_log2_tile_rows(cols);
            let rows = parse_increments(r, min_rows, limits.max_log2_tile_rows)?;
            Self::uniform(sequence, size, cols, rows)?
        } else {
            let (col_starts, widest) = parse_starts(r, limits.sb_cols, limits.max_tile_width_sb)
                .map_err(|count| count.error("TileCols"))?;
            let max_height = limits.max_tile_height_sb(widest);
            let (row_starts, _) = parse_starts(r, limits.sb_rows, max_height)
                .map_err(|count| count.error("TileRows"))?;
            let in_mi = |starts: Vec<u32>, end: u32| {
                let starts = starts.into_iter().map(|sb| sb << limits.sb_shift);
                starts.chain([end]).collect()
            };
            Self {
                uniform_tile_spacing_flag: false,
                tile_cols_log2: tile_log2(1, col_starts.len() as u32),
                tile_rows_log2: tile_log2(1, row_starts.len() as u32),
                mi_col_starts: in_mi(col_starts, limits.mi_cols),
                mi_row_starts: in_mi(row_starts, limits.mi_rows),
                context_update_tile_id: 0,
                tile_size_bytes: 4,
            }
        };
        if info.tile_cols_log2 > 0 || info.tile_rows_log2 > 0 {
            let bits = info.tile_cols_log2 + info.tile_rows_log2;
            info.context_update_tile_id = r.f(bits.into())? as u16;
            info.tile_size_bytes = r.byte(2)? + 1;
            if usize::from(info.context_update_tile_id) >= info.num_tiles() {
                return Err(BitstreamError::value(
                    "context_update_tile_id",
                    info.context_update_tile_id,
                ));
            }
        }
        Ok(info)
    }

    pub(super) fn write(
        &self,
        w: &mut BitWriter,
        sequence: &SequenceHeader,
        size: &FrameSize,
    ) -> Result<(), BitstreamError> {
        let limits = TileLimits::new(sequence, size)?;
        w.flag(self.uniform_tile_spacing_flag);
        if self.uniform_tile_spacing_flag {
            let (min_cols, max_cols) = (limits.min_log2_tile_cols, limits.max_log2_tile_cols);
            write_increments(w, "TileColsLog2", min_cols, max_cols, self.tile_cols_log2)?;
            let min_rows = limits.min_log2_tile_rows(self.tile_cols_log2);
            let max_rows = limits.max_log2_tile_rows;
            write_increments(w, "TileRowsLog2", min_rows, max_rows, self.tile_rows_log2)?;
        } else {
            let shift = limits.sb_shift;
            let (cols, rows) = (&self.mi_col_starts, &self.mi_row_starts);
            let max_width = limits.max_tile_width_sb;
            let widest =
                write_starts(w, "width_in_sbs_minus_1", cols, limits.sb_cols, shift, max_width)?;
            let max_height = limits.max_tile_height_sb(widest);
            write_starts(w, "height_in_sbs_minus_1", rows, limits.sb_rows, shift, max_height)?;
        }
        if self.tile_cols_log2 > 0 || self.tile_rows_log2 > 0 {
            let bits = u32::from(self.tile_cols_log2) + u32::from(self.tile_rows_log2);
            if bits > 12 {
                return Err(BitstreamError::value("TileColsLog2 + TileRowsLog2", bits));
            }
            w.f("context_update_tile_id", bits, self.context_update_tile_id.into())?;
            w.f("tile_size_bytes_minus_1", 2, self.tile_size_bytes.wrapping_sub(1).into())?;
        }
        Ok(())
    }
}

/// 5.9.16 tile_log2(): the least k with `blk_size << k` of at least `target`.
fn tile_log2(blk_size: u32, target: u32) -> u8 {
    let blocks = u64::from(target).div_ceil(u64::from(blk_size)).max(1);
    blocks.next_power_of_two().ilog2() as u8
}

/// 5.9.15: increment_tile_cols_log2, increment_tile_rows_log2.
fn parse_increments(r: &mut BitReader<'_>, min: u8, max: u8) -> Result<u8, BitstreamError> {
    let mut log2 = min;
    while log2 < max && r.flag()? {
        log2 += 1;
    }
    Ok(log2)
}

fn write_increments(
    w: &mut BitWriter,
    element: &'static str,
    min: u8,
    max: u8,
    log2: u8,
) -> Result<(), BitstreamError> {
    if log2 < min || log2 > max.max(min) {
        return Err(BitstreamError::value(element, log2));
    }
    (min..log2).for_each(|_| w.flag(true));
    if log2 < max {
        w.flag(false);
    }
    Ok(())
}

/// Why tile starts cannot be read.
enum StartsFault {
    Bits(BitstreamError),
    Count(usize),
}

impl StartsFault {
    fn error(self, element: &'static str) -> BitstreamError {
        match self {
            Self::Bits(error) => error,
            Self::Count(count) => BitstreamError::value(element, count as i64),
        }
    }
}

/// 5.9.15 without uniform spacing: the starts in superblocks, and the greatest size.
fn parse_starts(
    r: &mut BitReader<'_>,
    sbs: u32,
    max_size: u32,
) -> Result<(Vec<u32>, u32), StartsFault> {
    let (mut starts, mut start, mut widest) = (Vec::new(), 0, 0);
    while start < sbs {
        if starts.len() == MAX_TILE_COLS.min(MAX_TILE_ROWS) {
            return Err(StartsFault::Count(starts.len() + 1));
        }
        starts.push(start);
        let size = r.ns(max_size.min(sbs - start)).map_err(StartsFault::Bits)? + 1;
        widest = widest.max(size);
        start += size;
    }
    Ok((starts, widest))
}

/// Writes the sizes between starts in units of 4 luma samples; returns the greatest, in superblocks.
fn write_starts(
    w: &mut BitWriter,
    element: &'static str,
    mi_starts: &[u32],
    sbs: u32,
    sb_shift: u32,
    max_size: u32,
) -> Result<u32, BitstreamError> {
    let mut widest = 1;
    for (i, &mi_start) in mi_starts.iter().take(mi_starts.len().saturating_sub(1)).enumerate() {
        let start = mi_start >> sb_shift;
        let next = if i + 2 == mi_starts.len() { sbs } else { mi_starts[i + 1] >> sb_shift };
        if start >= sbs || next <= start {
            return Err(BitstreamError::value(element, i64::from(next) - i64::from(start) - 1));
        }
        w.ns(element, max_size.min(sbs - start), next - start - 1)?;
        widest = widest.max(next - start);
    }
    Ok(widest)
}
