//! The parts of a square (5.11.4).

use crate::av1::geometry::MiPos;
use crate::av1::tables::blocks::PARTITION_SUBSIZE;
use crate::av1::types::{BlockSize, Partition};

/// A part: how many quarters of the square's side it begins below and to the right of its corner, and whether it is a
/// quarter of a square parted in three.
type Part = (u8, u8, bool);

/// By `Partition`, in coding order.
const PARTS: [&[Part]; 10] = [
    &[(0, 0, false)],
    &[(0, 0, false), (2, 0, false)],
    &[(0, 0, false), (0, 2, false)],
    &[(0, 0, false), (0, 2, false), (2, 0, false), (2, 2, false)],
    &[(0, 0, true), (0, 2, true), (2, 0, false)],
    &[(0, 0, false), (2, 0, true), (2, 2, true)],
    &[(0, 0, true), (2, 0, true), (0, 2, false)],
    &[(0, 0, false), (0, 2, true), (2, 2, true)],
    &[(0, 0, false), (1, 0, false), (2, 0, false), (3, 0, false)],
    &[(0, 0, false), (0, 1, false), (0, 2, false), (0, 3, false)],
];

/// `subSize`: the largest part of a square of `size`.
///
/// # Panics
///
/// If such squares have no such partition.
pub(crate) fn largest_part(size: BlockSize, partition: Partition) -> BlockSize {
    PARTITION_SUBSIZE[partition as usize][size as usize].expect("a partition of the square")
}

/// The parts of the square of `size` at `pos` in coding order, with their sizes. Those that begin outside the frame are
/// not coded.
///
/// # Panics
///
/// If such squares have no such partition.
pub(crate) fn parts_of(
    pos: MiPos,
    size: BlockSize,
    partition: Partition,
) -> impl Iterator<Item = (MiPos, BlockSize)> {
    PARTS[partition as usize].iter().map(move |&(down, right, is_quarter)| {
        let [down, right] = [down, right].map(|by| usize::from(by) * size.width4() / 4);
        let partition = if is_quarter { Partition::Split } else { partition };
        (pos.offset(down, right), largest_part(size, partition))
    })
}
