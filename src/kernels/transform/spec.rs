//! 7.13.2 and 7.13.3 step by step, one row or column at a time: what the lanes are compared with.

use super::{TxSize, TxType};

/// The standard's array `T` and what it requires of the values stored there.
struct Transform {
    t: Vec<i64>,
    /// Bits of the intermediate values.
    r: u32,
    /// Whether every requirement of bitstream conformance was met.
    conformant: bool,
    /// The largest of the values that have such a requirement, ADST4's without their fraction.
    largest: i64,
}

fn round2(x: i64, n: u32) -> i64 {
    if n == 0 { x } else { (x + (1 << (n - 1))) >> n }
}

fn brev(num_bits: usize, x: usize) -> usize {
    let mut t = 0;
    for i in 0..num_bits {
        let bit = (x >> i) & 1;
        t += bit << (num_bits - 1 - i);
    }
    t
}

/// The standard tells that its table is this rounded cosine.
fn cos128(angle: i64) -> i64 {
    (4096.0 * (angle as f64 * std::f64::consts::PI / 128.0).cos()).round() as i64
}

fn sin128(angle: i64) -> i64 {
    cos128(angle - 64)
}

fn fits(value: i64, bits: u32) -> bool {
    (-(1i64 << (bits - 1))..1i64 << (bits - 1)).contains(&value)
}

fn clip(value: i64, bits: u32) -> i64 {
    value.clamp(-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1)
}

impl Transform {
    /// What does not fit is not defined by the standard; it saturates here as it does in the lanes.
    fn store(&mut self, i: usize, value: i64) {
        self.conformant &= fits(value, self.r);
        self.largest = self.largest.max(value.abs());
        self.t[i] = clip(value, self.r);
    }

    fn b(&mut self, a: usize, b: usize, angle: i64, flip: bool) {
        let x = self.t[a] * cos128(angle) - self.t[b] * sin128(angle);
        let y = self.t[a] * sin128(angle) + self.t[b] * cos128(angle);
        self.store(a, round2(x, 12));
        self.store(b, round2(y, 12));
        if flip {
            self.t.swap(a, b);
        }
    }

    fn h(&mut self, a: usize, b: usize, flip: bool) {
        if flip {
            return self.h(b, a, false);
        }
        let x = self.t[a];
        let y = self.t[b];
        self.t[a] = clip(x + y, self.r);
        self.t[b] = clip(x - y, self.r);
    }

    /// 7.13.2.2, 7.13.2.3
    fn dct(&mut self, n: usize) {
        let copy = self.t.clone();
        for i in 0..1 << n {
            self.t[i] = copy[brev(n, i)];
        }
        let angle = |x: usize| x as i64;
        if n == 6 {
            (0..16).for_each(|i| self.b(32 + i, 63 - i, 63 - 4 * angle(brev(4, i)), false));
        }
        if n >= 5 {
            (0..8).for_each(|i| self.b(16 + i, 31 - i, 6 + (angle(brev(3, 7 - i)) << 3), false));
        }
        if n == 6 {
            (0..16).for_each(|i| self.h(32 + i * 2, 33 + i * 2, i & 1 == 1));
        }
        if n >= 4 {
            (0..4).for_each(|i| self.b(8 + i, 15 - i, 12 + (angle(brev(2, 3 - i)) << 4), false));
        }
        if n >= 5 {
            (0..8).for_each(|i| self.h(16 + 2 * i, 17 + 2 * i, i & 1 == 1));
        }
        if n == 6 {
            for (i, j) in pairs(4, 2) {
                let angle = 60 - 16 * angle(brev(2, i)) + 64 * angle(j);
                self.b(62 - i * 4 - j, 33 + i * 4 + j, angle, true);
            }
        }
        if n >= 3 {
            (0..2).for_each(|i| self.b(4 + i, 7 - i, 56 - 32 * angle(i), false));
        }
        if n >= 4 {
            (0..4).for_each(|i| self.h(8 + 2 * i, 9 + 2 * i, i & 1 == 1));
        }
        if n >= 5 {
            for (i, j) in pairs(2, 2) {
                let angle = 24 + (angle(j) << 6) + ((1 - angle(i)) << 5);
                self.b(30 - 4 * i - j, 17 + 4 * i + j, angle, true);
            }
        }
        if n == 6 {
            pairs(8, 2).for_each(|(i, j)| self.h(32 + i * 4 + j, 35 + i * 4 - j, i & 1 == 1));
        }
        (0..2).for_each(|i| self.b(2 * i, 2 * i + 1, 32 + 16 * angle(i), 1 - i == 1));
        if n >= 3 {
            (0..2).for_each(|i| self.h(4 + 2 * i, 5 + 2 * i, i == 1));
        }
        if n >= 4 {
            (0..2).for_each(|i| self.b(14 - i, 9 + i, 48 + 64 * angle(i), true));
        }
        if n >= 5 {
            pairs(4, 2).for_each(|(i, j)| self.h(16 + 4 * i + j, 19 + 4 * i - j, i & 1 == 1));
        }
        if n == 6 {
            for (i, j) in pairs(2, 4) {
                let angle = 56 - angle(i) * 32 + angle(j >> 1) * 64;
                self.b(61 - i * 8 - j, 34 + i * 8 + j, angle, true);
            }
        }
        (0..2).for_each(|i| self.h(i, 3 - i, false));
        if n >= 3 {
            self.b(6, 5, 32, true);
        }
        if n >= 4 {
            pairs(2, 2).for_each(|(i, j)| self.h(8 + 4 * i + j, 11 + 4 * i - j, i == 1));
        }
        if n >= 5 {
            (0..4).for_each(|i| self.b(29 - i, 18 + i, 48 + angle(i >> 1) * 64, true));
        }
        if n == 6 {
            pairs(4, 4).for_each(|(i, j)| self.h(32 + 8 * i + j, 39 + 8 * i - j, i & 1 == 1));
        }
        if n >= 3 {
            (0..4).for_each(|i| self.h(i, 7 - i, false));
        }
        if n >= 4 {
            (0..2).for_each(|i| self.b(13 - i, 10 + i, 32, true));
        }
        if n >= 5 {
            pairs(2, 4).for_each(|(i, j)| self.h(16 + i * 8 + j, 23 + i * 8 - j, i == 1));
        }
        if n == 6 {
            (0..8).for_each(|i| self.b(59 - i, 36 + i, if i < 4 { 48 } else { 112 }, true));
        }
        if n >= 4 {
            (0..8).for_each(|i| self.h(i, 15 - i, false));
        }
        if n >= 5 {
            (0..4).for_each(|i| self.b(27 - i, 20 + i, 32, true));
        }
        if n == 6 {
            for i in 0..8 {
                self.h(32 + i, 47 - i, false);
                self.h(48 + i, 63 - i, true);
            }
        }
        if n >= 5 {
            (0..16).for_each(|i| self.h(i, 31 - i, false));
        }
        if n == 6 {
            (0..8).for_each(|i| self.b(55 - i, 40 + i, 32, true));
            (0..32).for_each(|i| self.h(i, 63 - i, false));
        }
    }

    /// 7.13.2.4
    fn adst_input(&mut self, n: usize) {
        let n0 = 1 << n;
        let copy = self.t.clone();
        for i in 0..n0 {
            let idx = if i & 1 == 1 { i - 1 } else { n0 - i - 1 };
            self.t[i] = copy[idx];
        }
    }

    /// 7.13.2.5
    fn adst_output(&mut self, n: usize) {
        let copy = self.t.clone();
        for i in 0..1 << n {
            let a = (i >> 3) & 1;
            let b = ((i >> 2) & 1) ^ ((i >> 3) & 1);
            let c = ((i >> 1) & 1) ^ ((i >> 2) & 1);
            let d = (i & 1) ^ ((i >> 1) & 1);
            let idx = ((d << 3) | (c << 2) | (b << 1) | a) >> (4 - n);
            self.t[i] = if i & 1 == 1 { -copy[idx] } else { copy[idx] };
        }
    }

    /// 7.13.2.6
    fn adst4(&mut self) {
        const SINPI: [i64; 5] = [0, 1321, 2482, 3344, 3803];
        let t = self.t.clone();
        let r = self.r;
        let mut conformant = true;
        let mut largest = self.largest;
        let mut check = |value: i64, bits: u32| {
            conformant &= fits(value, bits);
            largest = largest.max(value.abs() >> if bits == r + 12 { 12 } else { 0 });
            value
        };
        let mut s = [
            SINPI[1] * t[0],
            SINPI[2] * t[0],
            SINPI[3] * t[1],
            SINPI[4] * t[2],
            SINPI[1] * t[2],
            SINPI[2] * t[3],
            SINPI[4] * t[3],
        ];
        s.iter().for_each(|&s| _ = check(s, r + 12));
        let a7 = check(t[0] - t[2], r + 1);
        let b7 = check(a7 + t[3], r);
        s[0] = check(s[0] + s[3], r + 12);
        s[1] = check(s[1] - s[4], r + 12);
        s[3] = s[2];
        s[2] = check(SINPI[3] * b7, r + 12);
        s[0] = check(s[0] + s[5], r + 12);
        s[1] = check(s[1] - s[6], r + 12);
        let mut x = [
            check(s[0] + s[3], r + 12),
            check(s[1] + s[3], r + 12),
            s[2],
            check(s[0] + s[1], r + 12),
        ];
        x[3] = check(x[3] - s[3], r + 12);
        self.conformant &= conformant;
        self.largest = largest;
        for (t, x) in self.t.iter_mut().zip(x) {
            *t = if conformant { round2(x, 12) } else { clip(round2(x, 12), r) };
        }
    }

    /// 7.13.2.7
    fn adst8(&mut self) {
        self.adst_input(3);
        (0..4).for_each(|i| self.b(2 * i, 2 * i + 1, 60 - 16 * i as i64, true));
        (0..4).for_each(|i| self.h(i, 4 + i, false));
        (0..2).for_each(|i| self.b(4 + 3 * i, 5 + i, 48 - 32 * i as i64, true));
        pairs(2, 2).for_each(|(i, j)| self.h(4 * j + i, 2 + 4 * j + i, false));
        (0..2).for_each(|i| self.b(2 + 4 * i, 3 + 4 * i, 32, true));
        self.adst_output(3);
    }

    /// 7.13.2.8
    fn adst16(&mut self) {
        self.adst_input(4);
        (0..8).for_each(|i| self.b(2 * i, 2 * i + 1, 62 - 8 * i as i64, true));
        (0..8).for_each(|i| self.h(i, 8 + i, false));
        for i in 0..2 {
            self.b(8 + 2 * i, 9 + 2 * i, 56 - 32 * i as i64, true);
            self.b(13 + 2 * i, 12 + 2 * i, 8 + 32 * i as i64, true);
        }
        pairs(4, 2).for_each(|(i, j)| self.h(8 * j + i, 4 + 8 * j + i, false));
        for (i, j) in pairs(2, 2) {
            self.b(4 + 8 * j + 3 * i, 5 + 8 * j + i, 48 - 32 * i as i64, true);
        }
        pairs(2, 4).for_each(|(i, j)| self.h(4 * j + i, 2 + 4 * j + i, false));
        (0..4).for_each(|i| self.b(2 + 4 * i, 3 + 4 * i, 32, true));
        self.adst_output(4);
    }

    /// 7.13.2.10
    fn wht(&mut self, shift: u32) {
        let t = &mut self.t;
        let (mut a, mut c, mut d, mut b) =
            (t[0] >> shift, t[1] >> shift, t[2] >> shift, t[3] >> shift);
        a += c;
        d -= b;
        let e = (a - d) >> 1;
        b = e - b;
        c = e - c;
        a -= b;
        d += c;
        t.copy_from_slice(&[a, b, c, d]);
    }

    /// 7.13.2.11 to 7.13.2.15
    fn identity(&mut self, n: usize) {
        for t in &mut self.t {
            *t = match n {
                2 => round2(*t * 5793, 12),
                3 => *t * 2,
                4 => round2(*t * 11586, 12),
                _ => *t * 4,
            };
        }
    }

    fn run(&mut self, kind: &str, n: usize) {
        match (kind, n) {
            ("dct", _) => self.dct(n),
            ("adst", 2) => self.adst4(),
            ("adst", 3) => self.adst8(),
            ("adst", _) => self.adst16(),
            _ => self.identity(n),
        }
    }
}

fn pairs(i: usize, j: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..i).flat_map(move |i| (0..j).map(move |j| (i, j)))
}

/// The residual of a block and whether a stream may hold it.
pub(super) struct Outcome {
    /// What 7.12.3 step 3 adds to the samples, row-major.
    pub(super) residual: Vec<i64>,
    /// Whether 7.13.2 was given values that it allows.
    pub(super) conformant: bool,
}

/// The largest value with a requirement in a 1D transform of `t`.
pub(super) fn largest_inside(kind: &str, t: Vec<i64>) -> i64 {
    let n = t.len().ilog2() as usize;
    let mut transform = Transform { t, r: 16, conformant: true, largest: 0 };
    transform.run(kind, n);
    transform.largest
}

/// 7.13.3 2D inverse transform process; `coefficients` as in the kernels, `None` for the type of a lossless block.
pub(super) fn inverse(coefficients: &[i16], tx_size: TxSize, tx_type: Option<TxType>) -> Outcome {
    use TxType::*;
    let (log2w, log2h) = (tx_size.width_log2(), tx_size.height_log2());
    let (w, h) = (1 << log2w, 1 << log2h);
    let lossless = tx_type.is_none();
    const SHIFTS: [u32; 19] = [0, 1, 2, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2];
    let row_shift = if lossless { 0 } else { SHIFTS[tx_size as usize] };
    let column_shift = if lossless { 0 } else { 4 };
    let row_kind = match tx_type {
        Some(DctDct | AdstDct | FlipadstDct | HDct) => "dct",
        Some(
            DctAdst | AdstAdst | DctFlipadst | FlipadstFlipadst | AdstFlipadst | FlipadstAdst
            | HAdst | HFlipadst,
        ) => "adst",
        _ => "identity",
    };
    let column_kind = match tx_type {
        Some(DctDct | DctAdst | DctFlipadst | VDct) => "dct",
        Some(
            AdstDct | AdstAdst | FlipadstDct | FlipadstFlipadst | AdstFlipadst | FlipadstAdst
            | VAdst | VFlipadst,
        ) => "adst",
        _ => "identity",
    };
    let mut residual = vec![0; w * h];
    let mut conformant = true;
    for i in 0..h {
        let t = (0..w)
            .map(|j| if i < 32 && j < 32 { coefficients[i * w.min(32) + j].into() } else { 0 })
            .collect();
        let mut row = Transform { t, r: 16, conformant: true, largest: 0 };
        if log2w.abs_diff(log2h) == 1 {
            row.t.iter_mut().for_each(|t| *t = round2(*t * 2896, 12));
        }
        if lossless {
            row.wht(2);
        } else {
            row.run(row_kind, log2w);
        }
        conformant &= row.conformant;
        for (j, t) in row.t.into_iter().enumerate() {
            residual[i * w + j] = clip(round2(t, row_shift), 16);
        }
    }
    for j in 0..w {
        let t = (0..h).map(|i| residual[i * w + j]).collect();
        let mut column = Transform { t, r: 16, conformant: true, largest: 0 };
        if lossless {
            column.wht(0);
        } else {
            column.run(column_kind, log2h);
        }
        conformant &= column.conformant;
        for (i, t) in column.t.into_iter().enumerate() {
            residual[i * w + j] = round2(t, column_shift);
        }
    }
    // The positions of 7.12.3 step 3.
    let flip_ud =
        matches!(tx_type, Some(FlipadstDct | FlipadstAdst | VFlipadst | FlipadstFlipadst));
    let flip_lr =
        matches!(tx_type, Some(DctFlipadst | AdstFlipadst | HFlipadst | FlipadstFlipadst));
    if flip_ud {
        residual = residual.chunks(w).rev().flatten().copied().collect();
    }
    if flip_lr {
        residual.chunks_mut(w).for_each(<[i64]>::reverse);
    }
    Outcome { residual, conformant }
}
