//! Matrices of bytes transposed.

use super::Bytes;

/// Transposes a matrix of `ROWS` rows, a power of two, that lie one after the other in `v`.
///
/// To interleave the halves of `v` is to turn the digits of every byte's place by one; those of its row have then passed
/// those of its column after as many steps as there are.
#[inline(always)]
pub(crate) fn transpose<B: Bytes, const ROWS: usize, const V: usize>(mut v: [B; V]) -> [B; V] {
    const { assert!(V > 1 && ROWS.is_power_of_two()) };
    for _ in 0..ROWS.ilog2() {
        let from = v;
        for i in 0..V / 2 {
            (v[2 * i], v[2 * i + 1]) = from[i].interleave(from[i + V / 2]);
        }
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::simd::{U8x16, portable};

    fn check<B: Bytes, const ROWS: usize, const V: usize>() {
        let columns = 16 * V / ROWS;
        let matrix: [B; V] =
            std::array::from_fn(|k| B::load(&std::array::from_fn(|i| (16 * k + i) as u8)));
        let transposed = transpose::<B, ROWS, V>(matrix).map(B::to_array);
        for (i, &got) in transposed.as_flattened().iter().enumerate() {
            let (row, column) = (i % ROWS, i / ROWS);
            assert_eq!(usize::from(got), row * columns + column, "{ROWS} rows of {columns}");
        }
    }

    fn check_all<B: Bytes>() {
        check::<B, 4, 2>();
        check::<B, 4, 4>();
        check::<B, 8, 4>();
        check::<B, 8, 8>();
        check::<B, 16, 8>();
        check::<B, 16, 16>();
    }

    #[test]
    fn matrices_are_transposed() {
        check_all::<U8x16>();
        check_all::<portable::U8x16>();
    }

    #[test]
    fn halves_are_one_after_the_other() {
        let (first, second) = ([1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14, 15, 16]);
        let all = std::array::from_fn(|i| i as u8 + 1);
        assert_eq!(U8x16::load_halves(&first, &second).to_array(), all);
        assert_eq!(portable::U8x16::load_halves(&first, &second).to_array(), all);
    }
}
