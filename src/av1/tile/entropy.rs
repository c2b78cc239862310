//! The range encoder: the mirror of the symbol decoder of 8.2, and the adaptation of 8.2.6.
//!
//! A distribution of N symbols is a row of `u16`: N−1 inverse cumulative probabilities
//! (32768 − the standard's value), then the counter of decoded symbols.

/// `EC_PROB_SHIFT`.
const EC_PROB_SHIFT: u32 = 6;
/// `EC_MIN_PROB`.
const EC_MIN_PROB: u32 = 4;
/// Bits of the decoder's window (8.2.2).
const WINDOW: u32 = 15;

/// Codes symbols into bytes.
///
/// The decoder keeps the complement of the bits read; measured so, symbol `s` owns the values from
/// `cur(s)` up to `cur(s − 1)`. In the bits themselves the order is reversed, so the interval is
/// cut from the top: the low end moves up by what lies above `cur(s − 1)`.
#[derive(Clone, Debug, Default)]
pub(crate) struct RangeEncoder {
    bytes: Vec<u8>,
    /// Low end of the interval: `WINDOW + pending` bits and, above them, a carry.
    low: u64,
    range: u32,
    /// Bits of `low` above the window, not yet moved to `bytes`.
    pending: u32,
}

impl RangeEncoder {
    /// Starts a new tile, keeping the buffer's memory (8.2.2).
    pub(crate) fn start(&mut self) {
        self.bytes.clear();
        self.low = 0;
        self.range = 1 << WINDOW;
        self.pending = 0;
    }

    /// Codes `symbol` by the inverse distribution `row` of `symbols` values, without adaptation
    /// (8.2.6).
    #[inline]
    pub(crate) fn symbol(&mut self, row: &[u16], symbol: usize, symbols: usize) {
        let bound = |inverse: u16, below: usize| {
            (((self.range >> 8) * (u32::from(inverse) >> EC_PROB_SHIFT)) >> (7 - EC_PROB_SHIFT))
                + EC_MIN_PROB * below as u32
        };
        let upper = if symbol == 0 { self.range } else { bound(row[symbol - 1], symbols - symbol) };
        let lower =
            if symbol + 1 == symbols { 0 } else { bound(row[symbol], symbols - symbol - 1) };
        self.narrow(upper, lower);
    }

    /// Codes the low `bits` bits of `value`, the highest first (8.2.3, 8.2.5).
    #[inline]
    pub(crate) fn literal(&mut self, value: u32, bits: u32) {
        for bit in (0..bits).rev() {
            let half = (((self.range >> 8) * ((1 << 14) >> EC_PROB_SHIFT)) >> (7 - EC_PROB_SHIFT))
                + EC_MIN_PROB;
            if (value >> bit) & 1 == 0 {
                self.narrow(self.range, half);
            } else {
                self.narrow(half, 0);
            }
        }
    }

    /// Takes the part of the range between two bounds, counted from its end, and renormalizes (8.2.6).
    #[inline]
    fn narrow(&mut self, upper: u32, lower: u32) {
        self.low += u64::from(self.range - upper);
        let range = upper - lower;
        let shift = range.leading_zeros() - 16;
        self.range = range << shift;
        self.low <<= shift;
        self.pending += shift;
        if self.pending >= 32 {
            self.drain(8);
        }
    }

    /// Moves whole bytes out of the accumulator, keeping `reserve` bits. The range is one bit wider
    /// than the window: with no bits in reserve, later additions could carry by two.
    fn drain(&mut self, reserve: u32) {
        while self.pending >= 8 + reserve {
            let shift = WINDOW + self.pending - 8;
            let byte = (self.low >> shift) as u32;
            if byte > 0xFF {
                self.carry();
            }
            self.bytes.push(byte as u8);
            self.low &= (1 << shift) - 1;
            self.pending -= 8;
        }
    }

    fn carry(&mut self) {
        for byte in self.bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return;
            }
        }
    }

    /// How much has been coded, in 1/256 bit, from a fixed but arbitrary start.
    pub(crate) fn position(&self) -> u64 {
        // What the range has lost of its 16 bits counts too; its logarithm bit by bit, by squares.
        let (mut x, mut fraction) = (u64::from(self.range), 0);
        for _ in 0..8 {
            x = (x * x) >> WINDOW;
            let bit = x >> (WINDOW + 1);
            fraction = (fraction << 1) | bit;
            x >>= bit;
        }
        ((self.bytes.len() as u64 * 8 + u64::from(self.pending) + 1) << 8) - fraction
    }

    /// Ends the tile (8.2.4): the trailing bit is the top bit of the decoder's last window, and
    /// only zeros follow it. Gives the bytes of the tile.
    pub(crate) fn finish(&mut self) -> &[u8] {
        let half = 1_u64 << (WINDOW - 1);
        let rounded = (self.low + half - 1) & !(half - 1);
        self.low = if rounded & half == 0 { rounded + half } else { rounded };
        // The window's top bit joins the pending bits; zeros fill the last byte.
        let padding = (8 - (self.pending + 1) % 8) % 8;
        self.low <<= 1 + padding;
        self.pending += 1 + padding;
        self.drain(0);
        &self.bytes
    }
}

/// Adapts the inverse distribution `row` of `symbols` values to `symbol` (8.2.6).
///
/// Nine of ten symbols have four values or fewer, for which nothing loops.
#[inline]
pub(crate) fn adapt(row: &mut [u16], symbol: usize, symbols: usize) {
    match symbols {
        2 => adapt_by(row.first_chunk_mut::<2>().expect("a row"), symbol, 4),
        3 => adapt_by(row.first_chunk_mut::<3>().expect("a row"), symbol, 4),
        4 => adapt_by(row.first_chunk_mut::<4>().expect("a row"), symbol, 5),
        _ => adapt_by(&mut row[..symbols], symbol, 5),
    }
}

/// `rate` is that of the first symbols.
#[inline(always)]
fn adapt_by(row: &mut (impl AsMut<[u16]> + ?Sized), symbol: usize, rate: u16) {
    let Some((count, row)) = row.as_mut().split_last_mut() else { return };
    let rate = rate + u16::from(*count > 15) + u16::from(*count > 31);
    for (i, value) in row.iter_mut().enumerate() {
        if i < symbol {
            *value += (32768 - *value) >> rate;
        } else {
            *value -= *value >> rate;
        }
    }
    *count += u16::from(*count < 32);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The symbol decoder as 8.2 states it.
    struct Decoder<'a> {
        bits: Box<dyn Iterator<Item = u32> + 'a>,
        value: u32,
        range: u32,
        max_bits: i64,
    }

    impl<'a> Decoder<'a> {
        fn new(data: &'a [u8]) -> Self {
            let mut bits: Box<dyn Iterator<Item = u32> + 'a> = Box::new(
                data.iter().flat_map(|b| (0..8).rev().map(move |i| u32::from(b >> i) & 1)),
            );
            let available = (data.len() * 8).min(15);
            let mut buf = 0;
            for _ in 0..available {
                buf = buf * 2 + bits.next().unwrap();
            }
            let value = ((1 << 15) - 1) ^ (buf << (15 - available));
            Self { bits, value, range: 1 << 15, max_bits: 8 * data.len() as i64 - 15 }
        }

        fn symbol(&mut self, row: &[u16], symbols: usize) -> usize {
            let mut cur = self.range;
            let mut symbol = 0;
            loop {
                let prev = cur;
                let f = if symbol + 1 == symbols { 0 } else { u32::from(row[symbol]) };
                cur = (((self.range >> 8) * (f >> 6)) >> 1) + 4 * (symbols - symbol - 1) as u32;
                if self.value >= cur {
                    self.range = prev - cur;
                    self.value -= cur;
                    break;
                }
                symbol += 1;
            }
            let bits = 15 - self.range.ilog2();
            self.range <<= bits;
            let read = i64::from(bits).min(self.max_bits.max(0)) as u32;
            let mut data = 0;
            for _ in 0..read {
                data = data * 2 + self.bits.next().unwrap();
            }
            self.value = (data << (bits - read)) ^ (((self.value + 1) << bits) - 1);
            self.max_bits -= i64::from(bits);
            symbol
        }
    }

    fn uniform(symbols: usize) -> Vec<u16> {
        let mut row: Vec<u16> =
            (1..symbols).map(|i| 32768 - (32768 * i / symbols) as u16).collect();
        row.push(0);
        row
    }

    /// The end of 8.2.6, on `cdf` as the standard has it.
    fn adapt_as_specified(cdf: &mut [i32], symbol: usize, n: usize) {
        let rate = 3 + i32::from(cdf[n] > 15) + i32::from(cdf[n] > 31) + n.ilog2().min(2) as i32;
        let mut tmp = 0;
        for (i, value) in cdf[..n - 1].iter_mut().enumerate() {
            tmp = if i == symbol { 1 << 15 } else { tmp };
            if tmp < *value {
                *value -= (*value - tmp) >> rate;
            } else {
                *value += (tmp - *value) >> rate;
            }
        }
        cdf[n] += i32::from(cdf[n] < 32);
    }

    #[test]
    fn adaptation_is_the_standards_for_every_number_of_values() {
        for n in 2..=16 {
            let mut row = uniform(n);
            let mut cdf: Vec<i32> =
                row[..n - 1].iter().map(|&inverse| 32768 - i32::from(inverse)).collect();
            cdf.extend([32768, 0]);
            for step in 0..80 {
                // Long runs of the first and of the last symbol, and all between.
                let symbol = [0, n - 1, step * 7 % n][step / 10 % 3];
                adapt(&mut row, symbol, n);
                adapt_as_specified(&mut cdf, symbol, n);
                let expected = cdf[..n - 1].iter().map(|&value| (32768 - value) as u16);
                assert!(row[..n - 1].iter().copied().eq(expected), "{n} values, step {step}");
                assert_eq!(i32::from(row[n - 1]), cdf[n]);
            }
        }
    }

    proptest! {
        #[test]
        fn decoder_reads_what_was_coded(
            stream in prop::collection::vec((2..=16_usize, any::<u16>()), 0..400),
        ) {
            let mut rows: Vec<Vec<u16>> = (0..=16).map(|n| uniform(n.max(2))).collect();
            let mut encoder = RangeEncoder::default();
            encoder.start();
            for &(n, draw) in &stream {
                // Squaring favours low symbols, so that distributions grow steep.
                let s = (usize::from(draw) * usize::from(draw) * n) >> 32;
                encoder.symbol(&rows[n], s, n);
                adapt(&mut rows[n], s, n);
                if draw % 7 == 0 {
                    encoder.literal(u32::from(draw), 5);
                }
            }
            let data = encoder.finish().to_vec();
            let mut rows: Vec<Vec<u16>> = (0..=16).map(|n| uniform(n.max(2))).collect();
            let mut decoder = Decoder::new(&data);
            for &(n, draw) in &stream {
                let s = (usize::from(draw) * usize::from(draw) * n) >> 32;
                prop_assert_eq!(decoder.symbol(&rows[n], n), s);
                adapt(&mut rows[n], s, n);
                if draw % 7 == 0 {
                    for bit in (0..5).rev() {
                        let read = decoder.symbol(&[1 << 14, 0], 2);
                        prop_assert_eq!(read as u16, (draw >> bit) & 1);
                    }
                }
            }
            // 8.2.4: the padding rule.
            prop_assert!(decoder.max_bits >= -14);
            let consumed = 8 * data.len() as i64 - decoder.max_bits.max(0);
            let trailing = consumed - 15.min(decoder.max_bits + 15);
            let bit = |at: i64| (data[(at / 8) as usize] >> (7 - at % 8)) & 1;
            prop_assert_eq!(bit(trailing), 1);
            for at in trailing + 1..8 * data.len() as i64 {
                prop_assert_eq!(bit(at), 0);
            }
        }
    }
}
