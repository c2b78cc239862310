//! Tests of the tables: against checksums of the standard's text, and against what they mean.

use super::blocks::*;
use super::checksums::recorded;
use super::quantizer::{AC_QLOOKUP, DC_QLOOKUP};
use super::scans::scan;
use crate::av1::types::{BlockSize, Partition, PredictionMode, TxClass, TxSize, TxType};
use crate::kernels::cdef::spec::DIV_TABLE;
use crate::kernels::convolve::tables::*;
use crate::kernels::intra::tables::*;

/// A table, or one of its entries, as the numbers that the standard writes.
pub(super) trait Table {
    fn numbers(&self, out: &mut Vec<i32>);
}

macro_rules! number {
    ($($entry:ty),*) => {
        $(impl Table for $entry {
            fn numbers(&self, out: &mut Vec<i32>) {
                out.push(*self as i32);
            }
        })*
    };
}

number!(u8, i8, u16, i16, i32, usize, bool, TxSize, TxType, PredictionMode);

impl Table for Option<BlockSize> {
    fn numbers(&self, out: &mut Vec<i32>) {
        const BLOCK_INVALID: i32 = 22;
        out.push(self.map_or(BLOCK_INVALID, |block| block as i32));
    }
}

impl<T: Table, const N: usize> Table for [T; N] {
    fn numbers(&self, out: &mut Vec<i32>) {
        self.iter().for_each(|entry| entry.numbers(out));
    }
}

fn checksum(values: &[i32]) -> u64 {
    values.iter().flat_map(|value| value.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[test]
fn the_checksum_is_fnv_1a() {
    assert_eq!(checksum(&[]), 0xcbf2_9ce4_8422_2325);
    assert_eq!(checksum(&[i32::from_le_bytes(*b"foob")]), 0xdd12_0e79_0c25_12af);
}

#[test]
fn tables_equal_the_text_of_the_standard() {
    for (name, table, expected) in recorded() {
        let mut values = Vec::new();
        table.numbers(&mut values);
        assert_eq!(checksum(&values), expected, "{name}");
    }
}

/// The tables of 9.3 that [`BlockSize`] and [`TxSize`] compute.
#[test]
fn sizes_equal_the_text_of_the_standard() {
    let blocks = |f: fn(BlockSize) -> usize| {
        checksum(&BlockSize::ALL.iter().map(|b| f(*b) as i32).collect::<Vec<_>>())
    };
    let transforms = |f: fn(TxSize) -> usize| {
        checksum(&TxSize::ALL.iter().map(|t| f(*t) as i32).collect::<Vec<_>>())
    };
    assert_eq!(blocks(|b| b.width_log2() - 2), 0xdc6e_3fca_d245_a267, "Mi_Width_Log2");
    assert_eq!(blocks(|b| b.height_log2() - 2), 0x09b3_c1b4_28c7_a8f7, "Mi_Height_Log2");
    assert_eq!(blocks(BlockSize::width4), 0xb5d9_3c98_969b_0630, "Num_4x4_Blocks_Wide");
    assert_eq!(blocks(BlockSize::height4), 0x439c_1d14_0b6c_82f0, "Num_4x4_Blocks_High");
    assert_eq!(transforms(TxSize::width), 0x6725_68a9_2205_1be1, "Tx_Width");
    assert_eq!(transforms(TxSize::height), 0x4d28_63f8_5a85_4da1, "Tx_Height");
    assert_eq!(transforms(TxSize::width_log2), 0xd603_9275_4095_4425, "Tx_Width_Log2");
    assert_eq!(transforms(TxSize::height_log2), 0x24d5_2690_9280_ff45, "Tx_Height_Log2");
}

/// Diagonals from the top left corner; squares alternate, others always run towards their long side.
fn diagonal_scan(width: usize, height: usize) -> Vec<u16> {
    let mut scan = Vec::new();
    for sum in 0..width + height - 1 {
        let mut rows: Vec<_> =
            (0..height).filter(|row| (0..width).contains(&(sum.wrapping_sub(*row)))).collect();
        if width > height || (width == height && sum % 2 == 0) {
            rows.reverse();
        }
        scan.extend(rows.into_iter().map(|row| (row * width + sum - row) as u16));
    }
    scan
}

#[test]
fn scans_have_their_pattern() {
    for tx_size in TxSize::ALL {
        let (width, height) = (tx_size.width().min(32), tx_size.height().min(32));
        assert_eq!(scan(*tx_size, TxClass::TwoD), diagonal_scan(width, height), "{tx_size:?}");
        if width.max(height) > 16 {
            continue;
        }
        let by_rows: Vec<_> = (0..(width * height) as u16).collect();
        assert_eq!(scan(*tx_size, TxClass::Vert), by_rows, "{tx_size:?}");
        let by_columns: Vec<_> = (0..width)
            .flat_map(|column| (0..height).map(move |row| (row * width + column) as u16))
            .collect();
        assert_eq!(scan(*tx_size, TxClass::Horiz), by_columns, "{tx_size:?}");
    }
}

#[test]
fn quantizer_steps_grow() {
    for steps in DC_QLOOKUP.iter().chain(&AC_QLOOKUP) {
        assert!(steps.is_sorted());
        assert_eq!(steps[0], 4);
    }
    assert!(AC_QLOOKUP.iter().all(|steps| steps.is_sorted_by(|a, b| a < b)));
    assert_eq!((DC_QLOOKUP[0][255], AC_QLOOKUP[0][255]), (1336, 1828));
}

#[test]
fn interpolation_taps_sum_to_one_and_mirror() {
    for filter in &SUBPEL_FILTERS {
        assert_eq!(filter[0], [0, 0, 0, 128, 0, 0, 0, 0]);
        for (fraction, taps) in filter.iter().enumerate() {
            assert_eq!(taps.iter().sum::<i16>(), 128);
            assert!(taps.iter().all(|tap| tap % 2 == 0));
            if fraction > 0 {
                assert!(taps.iter().eq(filter[16 - fraction].iter().rev()));
            }
        }
    }
}

#[test]
fn prediction_weights_are_in_range() {
    for kernel in INTRA_EDGE_KERNEL {
        assert_eq!(kernel.iter().sum::<u8>(), 16);
    }
    let smooth: [&[u8]; 5] = [
        &SM_WEIGHTS_TX_4X4,
        &SM_WEIGHTS_TX_8X8,
        &SM_WEIGHTS_TX_16X16,
        &SM_WEIGHTS_TX_32X32,
        &SM_WEIGHTS_TX_64X64,
    ];
    for (weights, log2) in smooth.into_iter().zip(2..) {
        assert_eq!(weights.len(), 1 << log2);
        assert_eq!(weights[0], 255);
        assert!(weights.is_sorted_by(|a, b| a >= b));
    }
}

/// 7.11.2.4 looks up the angle to the nearer axis, or to both between 90 and 180 degrees.
#[test]
fn directional_steps_exist_for_every_angle() {
    let mut reached = [false; 90];
    for mode in PredictionMode::ALL.iter().filter(|mode| mode.is_directional()) {
        for delta in -3..=3 {
            let angle = i32::from(MODE_TO_ANGLE[*mode as usize]) + 3 * delta;
            for axis_angle in [angle, 180 - angle, angle - 90, 270 - angle] {
                if (1..90).contains(&axis_angle) {
                    reached[axis_angle as usize] = true;
                }
            }
        }
    }
    assert!(DR_INTRA_DERIVATIVE.iter().map(|step| *step > 0).eq(reached));
    let steps = DR_INTRA_DERIVATIVE.iter().filter(|step| **step > 0);
    assert!(steps.is_sorted_by(|a, b| a > b));
    assert_eq!(DR_INTRA_DERIVATIVE[45], 64);
}

#[test]
fn reciprocals_are_rounded() {
    assert_eq!(DIV_MULT[0], 0);
    for (i, value) in DIV_MULT.iter().enumerate().skip(1) {
        assert_eq!(usize::from(*value), 16384 / i);
    }
    assert_eq!(DIV_TABLE[0], 0);
    for (i, value) in DIV_TABLE.iter().enumerate().skip(1) {
        assert_eq!(*value, 840 / i as i32);
    }
}

#[test]
fn partitions_give_their_blocks() {
    for partition in Partition::ALL {
        for block in BlockSize::ALL {
            let (width, height) = (block.width_log2(), block.height_log2());
            let (down, across) = match partition {
                Partition::None => (0, 0),
                Partition::Horz | Partition::HorzA | Partition::HorzB => (1, 0),
                Partition::Vert | Partition::VertA | Partition::VertB => (0, 1),
                Partition::Split => (1, 1),
                Partition::Horz4 => (2, 0),
                Partition::Vert4 => (0, 2),
            };
            let square = width == height;
            let smallest = *block == BlockSize::B4x4 && *partition != Partition::None;
            let quarters = matches!(partition, Partition::Horz4 | Partition::Vert4);
            let too_small = quarters && *block == BlockSize::B8x8;
            let expected = (square && !smallest && !too_small)
                .then(|| BlockSize::from_log2(width - across, height - down))
                .flatten();
            let found = PARTITION_SUBSIZE[*partition as usize][*block as usize];
            assert_eq!(found, expected, "{partition:?} {block:?}");
        }
    }
}

#[test]
fn chroma_blocks_are_halved() {
    for block in BlockSize::ALL {
        for (subsampling_x, row) in SUBSAMPLED_SIZE[*block as usize].iter().enumerate() {
            for (subsampling_y, found) in row.iter().enumerate() {
                let width = (block.width_log2() - subsampling_x).max(2);
                let height = (block.height_log2() - subsampling_y).max(2);
                let expected = BlockSize::from_log2(width, height);
                if found.is_some() || subsampling_x == subsampling_y {
                    assert_eq!(*found, expected, "{block:?} {subsampling_x} {subsampling_y}");
                }
            }
        }
    }
}

#[test]
fn transform_sizes_convert() {
    for tx_size in TxSize::ALL {
        let (width, height) = (tx_size.width_log2(), tx_size.height_log2());
        let size = |w, h| TxSize::from_log2(w, h).expect("a size of the standard");
        let (short, long) = (width.min(height), width.max(height));
        assert_eq!(TX_SIZE_SQR[*tx_size as usize], size(short, short));
        assert_eq!(TX_SIZE_SQR_UP[*tx_size as usize], size(long, long));
        assert_eq!(ADJUSTED_TX_SIZE[*tx_size as usize], size(width.min(5), height.min(5)));
        let half = |side: usize, other| if side >= other { (side - 1).max(2) } else { side };
        let split = size(half(width, height), half(height, width));
        assert_eq!(SPLIT_TX_SIZE[*tx_size as usize], split, "{tx_size:?}");
    }
    for block in BlockSize::ALL {
        let mut tx_size = MAX_TX_SIZE_RECT[*block as usize];
        let expected = TxSize::from_log2(block.width_log2().min(6), block.height_log2().min(6));
        assert_eq!(Some(tx_size), expected, "{block:?}");
        let mut splits = 0;
        while tx_size != TxSize::T4x4 {
            tx_size = SPLIT_TX_SIZE[tx_size as usize];
            splits += 1;
        }
        assert_eq!(MAX_TX_DEPTH[*block as usize], splits, "{block:?}");
    }
}

#[test]
fn transform_sets_list_their_types() {
    let listed: [(&[TxType], [bool; 16]); 5] = [
        (&TX_TYPE_INTRA_INV_SET1, TX_TYPE_IN_SET_INTRA[1]),
        (&TX_TYPE_INTRA_INV_SET2, TX_TYPE_IN_SET_INTRA[2]),
        (&TX_TYPE_INTER_INV_SET1, TX_TYPE_IN_SET_INTER[1]),
        (&TX_TYPE_INTER_INV_SET2, TX_TYPE_IN_SET_INTER[2]),
        (&TX_TYPE_INTER_INV_SET3, TX_TYPE_IN_SET_INTER[3]),
    ];
    for (types, set) in listed {
        assert_eq!(types.len(), set.iter().filter(|member| **member).count());
        for tx_type in TxType::ALL {
            assert_eq!(types.contains(tx_type), set[*tx_type as usize], "{tx_type:?}");
        }
    }
}
