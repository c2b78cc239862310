//! What a parse leaves behind: the symbols, or the place where it failed.

use std::fmt;
use std::rc::Rc;

use super::frame_state::SavedFrame;
use crate::av1::tile::symbol::Record;

/// One syntax element as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoggedSymbol {
    /// The standard's name, without indices.
    pub(crate) element: &'static str,
    /// The offset of the CDF row in the flat array of a `CdfContext`; of the partition row for
    /// `split_or_horz` and `split_or_vert`; `None` for literals.
    pub(crate) row: Option<u16>,
    /// The number of values the symbol can have; the number of bits of a literal.
    pub(crate) size: u8,
    /// The value as coded, before the standard adds or subtracts anything.
    pub(crate) value: u32,
    /// SymbolRange before the symbol (before the first bit of a literal).
    pub(crate) range: u16,
    /// MiRow of the block, or the `r` of the partition.
    pub(crate) mi_row: u16,
    /// MiCol of the block, or the `c` of the partition.
    pub(crate) mi_col: u16,
}

/// A parsed frame.
#[derive(Clone, Debug)]
pub(crate) struct FrameLog {
    /// The symbols of each tile.
    pub(crate) tiles: Vec<Vec<LoggedSymbol>>,
    /// What the frame leaves to the following ones, its final CDFs included.
    pub(crate) frame: Rc<SavedFrame>,
}

/// A frame that broke the standard's rules or left the subset.
pub(crate) struct ParseFailure {
    pub(crate) reason: String,
    pub(crate) tile_num: usize,
    /// MiRow and MiCol where it ended.
    pub(crate) place: [i32; 2],
    /// The symbols of the tile up to there.
    pub(crate) symbols: Vec<LoggedSymbol>,
}

impl ParseFailure {
    /// A failure outside the tiles.
    pub(super) fn new(reason: String) -> Self {
        Self { reason, tile_num: 0, place: [0; 2], symbols: Vec::new() }
    }
}

impl fmt::Debug for ParseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mi_row, mi_col] = self.place;
        writeln!(
            f,
            "{} in tile {} at row {mi_row}, column {mi_col}, after {} symbols:",
            self.reason,
            self.tile_num,
            self.symbols.len()
        )?;
        for symbol in &self.symbols[self.symbols.len().saturating_sub(20)..] {
            writeln!(f, "  {symbol:?}")?;
        }
        Ok(())
    }
}

/// A symbol as the encoder recorded it, for [`first_difference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrittenSymbol {
    /// A symbol with the offset of its CDF row (of the partition row for the two edge symbols).
    Symbol {
        /// As [`LoggedSymbol::row`].
        row: u16,
        /// The value coded.
        value: u32,
    },
    /// `bits` equiprobable bits, however many syntax elements they make up.
    Literal {
        /// The bits, the first the most significant.
        value: u32,
        /// How many.
        bits: u32,
    },
}

impl From<Record> for WrittenSymbol {
    fn from(record: Record) -> Self {
        match record.parts() {
            (Some(row), value, _) => Self::Symbol { row, value },
            (None, value, bits) => Self::Literal { value, bits },
        }
    }
}

/// Where the parsed symbols of a tile leave what was written: the index into `parsed` and a message.
/// Literals are compared bit by bit, since the two sides may group them differently.
pub(crate) fn first_difference(
    parsed: &[LoggedSymbol],
    written: impl IntoIterator<Item = WrittenSymbol>,
) -> Option<(usize, String)> {
    let mut written = written.into_iter().flat_map(|symbol| match symbol {
        WrittenSymbol::Symbol { row, value } => vec![(Some(row), value)],
        WrittenSymbol::Literal { value, bits } => {
            (0..bits).rev().map(|bit| (None, (value >> bit) & 1)).collect()
        }
    });
    for (index, symbol) in parsed.iter().enumerate() {
        let bits = if symbol.row.is_some() { 1 } else { u32::from(symbol.size) };
        for bit in (0..bits).rev() {
            let value = if symbol.row.is_some() { symbol.value } else { (symbol.value >> bit) & 1 };
            let next = written.next();
            if next != Some((symbol.row, value)) {
                return Some((index, format!("parsed {symbol:?}, written {next:?}")));
            }
        }
    }
    written.next().map(|next| (parsed.len(), format!("nothing parsed, written {next:?}")))
}
