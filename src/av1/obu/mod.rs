//! High-level syntax: open bitstream units and the headers in them, read and written.
//!
//! - [`leb128`] (4.10.5), [`header`] (5.3.2, 5.3.3) and [`unit`] (5.2, 5.3.1, 7.5) know bytes only
//!   and need no state.

pub mod header;
pub mod leb128;
pub mod unit;

pub use header::{LayerId, ObuHeader, ObuType};
pub use unit::{Obu, Obus, TemporalUnits, write_obu};
