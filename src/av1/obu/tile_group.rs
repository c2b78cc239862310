//! 5.11.1 tile_group_obu(): where the tiles of a frame lie.

use std::ops::Range;

use super::bits::{BitReader, BitWriter};
use super::frame::TileInfo;
use crate::av1::obu::BitstreamError;

/// 5.11.1 tile_group_obu().
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileGroup {
    /// tg_start: the index of the first tile.
    pub tg_start: usize,
    /// The data of each tile as a byte range of the OBU's payload; the last one includes the
    /// trailing bits.
    pub tiles: Vec<Range<usize>>,
}

impl TileGroup {
    /// tg_end: the index of the last tile.
    pub fn tg_end(&self) -> usize {
        (self.tg_start + self.tiles.len()).saturating_sub(1)
    }

    /// 5.11.1 tile_group_obu() from the reader's position, a byte's start, to the end of the
    /// payload; `tile_num` is the tile that has to come next (6.10.1). In a frame OBU, where it is
    /// `None`, all tiles come and tile_start_and_end_present_flag is 0.
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        info: &TileInfo,
        tile_num: Option<usize>,
    ) -> Result<Self, BitstreamError> {
        let num_tiles = info.num_tiles();
        let (mut tg_start, mut tg_end) = (0, num_tiles.saturating_sub(1));
        if num_tiles > 1 && r.flag()? {
            if tile_num.is_none() {
                return Err(BitstreamError::value("tile_start_and_end_present_flag", 1));
            }
            let tile_bits = u32::from(info.tile_cols_log2) + u32::from(info.tile_rows_log2);
            tg_start = r.f(tile_bits)? as usize;
            tg_end = r.f(tile_bits)? as usize;
        }
        if tg_start != tile_num.unwrap_or(0) {
            return Err(BitstreamError::value("tg_start", tg_start as i64));
        }
        if tg_end < tg_start || tg_end >= num_tiles {
            return Err(BitstreamError::value("tg_end", tg_end as i64));
        }
        r.byte_alignment()?;
        let mut tiles = Vec::with_capacity(tg_end - tg_start + 1);
        for tile in tg_start..=tg_end {
            let size = match tile == tg_end {
                true => (r.remaining() / 8) as usize,
                false => (r.le(info.tile_size_bytes.into())? as usize).saturating_add(1),
            };
            let start = (r.position() / 8) as usize;
            let available = (r.remaining() / 8) as usize;
            if size == 0 || size > available {
                return Err(BitstreamError::TileSize { tile, size, available });
            }
            r.skip_bytes(size);
            tiles.push(start..start + size);
        }
        Ok(Self { tg_start, tiles })
    }
}

/// 5.11.1 tile_group_obu(), appended to a byte's start: the tiles from `tg_start` on, with their
/// sizes in front; the last one ends with its trailing bits. tile_start_and_end_present_flag is
/// set unless all tiles of the frame are there.
///
/// # Errors
/// No tiles, more tiles than the frame has, an empty one, or one too long for TileSizeBytes.
pub fn write_tile_group(
    w: &mut BitWriter,
    info: &TileInfo,
    tg_start: usize,
    tiles: &[&[u8]],
) -> Result<(), BitstreamError> {
    write_tiles(w, info, tg_start, tiles.iter().copied())
}

/// Bytes of a tile group of all tiles of a frame, beside those of the tiles.
pub(crate) fn tile_group_overhead(info: &TileInfo) -> usize {
    let others = info.num_tiles() - 1;
    // The flag that no numbers are there, and the size of all tiles but the last.
    usize::from(others > 0) + others * usize::from(info.tile_size_bytes)
}

/// [`write_tile_group`] of tiles wherever they are.
pub(crate) fn write_tiles<'a>(
    w: &mut BitWriter,
    info: &TileInfo,
    tg_start: usize,
    tiles: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Result<(), BitstreamError> {
    let (count, num_tiles) = (tiles.len(), info.num_tiles());
    let end = tg_start.saturating_add(count);
    if count == 0 || end > num_tiles {
        return Err(BitstreamError::value("tg_end", end as i64 - 1));
    }
    if !(1..=4).contains(&info.tile_size_bytes) {
        return Err(BitstreamError::value("TileSizeBytes", info.tile_size_bytes));
    }
    let present = count < num_tiles;
    if num_tiles > 1 {
        w.flag(present);
    }
    if present {
        let tile_bits = u32::from(info.tile_cols_log2) + u32::from(info.tile_rows_log2);
        w.f("tg_start", tile_bits.min(32), tg_start as u32)?;
        w.f("tg_end", tile_bits.min(32), (end - 1) as u32)?;
    }
    w.byte_alignment();
    for (i, tile) in tiles.enumerate() {
        let size_minus_1 = tile.len().checked_sub(1).and_then(|size| u32::try_from(size).ok());
        let size_minus_1 = size_minus_1.ok_or(BitstreamError::TileSize {
            tile: tg_start + i,
            size: tile.len(),
            available: u32::MAX as usize,
        })?;
        if i + 1 < count {
            w.le("tile_size_minus_1", info.tile_size_bytes.into(), size_minus_1)?;
        }
        w.bytes(tile);
    }
    Ok(())
}
