//! Constants of the inverse transforms.

/// `Cos128_Lookup` (7.13.2.1): 4096 · cos(i · π / 128).
pub(crate) static COS128_LOOKUP: [i32; 65] = [
    4096, 4095, 4091, 4085, 4076, 4065, 4052, 4036, 4017, 3996, 3973, 3948, 3920, 3889, 3857, 3822,
    3784, 3745, 3703, 3659, 3612, 3564, 3513, 3461, 3406, 3349, 3290, 3229, 3166, 3102, 3035, 2967,
    2896, 2824, 2751, 2675, 2598, 2520, 2440, 2359, 2276, 2191, 2106, 2019, 1931, 1842, 1751, 1660,
    1567, 1474, 1380, 1285, 1189, 1092, 995, 897, 799, 700, 601, 501, 401, 301, 201, 101, 0,
];

/// `SINPI_1_9` (7.13.2.6).
pub(crate) const SINPI_1_9: i32 = 1321;

/// `SINPI_2_9` (7.13.2.6).
pub(crate) const SINPI_2_9: i32 = 2482;

/// `SINPI_3_9` (7.13.2.6).
pub(crate) const SINPI_3_9: i32 = 3344;

/// `SINPI_4_9` (7.13.2.6).
pub(crate) const SINPI_4_9: i32 = 3803;

/// `Transform_Row_Shift` (7.13.3): right shift after the rows of an inverse transform, by
/// `TxSize`.
pub(crate) static TRANSFORM_ROW_SHIFT: [u8; 19] =
    [0, 1, 2, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2];
