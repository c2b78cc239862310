//! 8.2: the symbol decoder, bit by bit.

/// The state of the symbol decoder over the bytes of one tile.
pub(super) struct SymbolDecoder<'a> {
    data: &'a [u8],
    /// get_position( ), counted from the tile's first bit.
    position: usize,
    symbol_value: u32,
    symbol_range: u32,
    symbol_max_bits: i64,
}

impl<'a> SymbolDecoder<'a> {
    /// 8.2.2 init_symbol.
    pub(super) fn new(data: &'a [u8]) -> Self {
        let sz = data.len() as i64;
        let mut decoder = Self {
            data,
            position: 0,
            symbol_value: 0,
            symbol_range: 1 << 15,
            symbol_max_bits: 8 * sz - 15,
        };
        let num_bits = (sz * 8).min(15) as u32;
        let buf = decoder.f(num_bits);
        let padded_buf = buf << (15 - num_bits);
        decoder.symbol_value = ((1 << 15) - 1) ^ padded_buf;
        decoder
    }

    /// The bit at a position.
    fn bit(&self, position: usize) -> u32 {
        u32::from(self.data[position / 8] >> (7 - position % 8)) & 1
    }

    /// 8.1 f(n).
    fn f(&mut self, n: u32) -> u32 {
        let mut x = 0;
        for _ in 0..n {
            x = 2 * x + self.bit(self.position);
            self.position += 1;
        }
        x
    }

    /// SymbolRange.
    pub(super) fn range(&self) -> u16 {
        self.symbol_range as u16
    }

    /// Whether more bits have been used than 8.2.4 allows. SymbolMaxBits only falls, so this can be
    /// asked before the end of the tile.
    pub(super) fn is_exhausted(&self) -> bool {
        self.symbol_max_bits < -14
    }

    /// 8.2.6, without the adaptation. `cdf` are the N cumulative values, 32768 the last.
    pub(super) fn read_symbol(&mut self, cdf: &[u16]) -> usize {
        const EC_PROB_SHIFT: u32 = 6;
        const EC_MIN_PROB: u32 = 4;
        let n = cdf.len() as u32;
        let mut cur = self.symbol_range;
        let mut symbol = 0;
        let prev = loop {
            let prev = cur;
            let f = (1 << 15) - u32::from(cdf[symbol as usize]);
            cur = ((self.symbol_range >> 8) * (f >> EC_PROB_SHIFT)) >> (7 - EC_PROB_SHIFT);
            cur += EC_MIN_PROB * (n - symbol - 1);
            if self.symbol_value >= cur {
                break prev;
            }
            symbol += 1;
        };
        self.symbol_range = prev - cur;
        self.symbol_value -= cur;
        let bits = 15 - self.symbol_range.ilog2();
        self.symbol_range <<= bits;
        let num_bits = i64::from(bits).min(self.symbol_max_bits.max(0)) as u32;
        let new_data = self.f(num_bits);
        let padded_data = new_data << (bits - num_bits);
        self.symbol_value = padded_data ^ (((self.symbol_value + 1) << bits) - 1);
        self.symbol_max_bits -= i64::from(bits);
        symbol as usize
    }

    /// 8.2.3 read_bool.
    pub(super) fn read_bool(&mut self) -> u32 {
        self.read_symbol(&[1 << 14, 1 << 15]) as u32
    }

    /// 8.2.4 exit_symbol: checks the trailing bit and the padding.
    pub(super) fn exit(&mut self) -> Result<(), String> {
        if self.is_exhausted() {
            return Err(format!("SymbolMaxBits is {}", self.symbol_max_bits));
        }
        let unread = (self.symbol_max_bits + 15).min(15);
        let trailing_bit_position = (self.position as i64 - unread) as usize;
        self.position += self.symbol_max_bits.max(0) as usize;
        let padding_end_position = self.position;
        if padding_end_position != self.data.len() * 8 {
            return Err(format!("the padding ends at bit {padding_end_position}"));
        }
        if trailing_bit_position >= padding_end_position || self.bit(trailing_bit_position) != 1 {
            return Err(format!("no trailing bit at {trailing_bit_position}"));
        }
        for x in trailing_bit_position + 1..padding_end_position {
            if self.bit(x) != 0 {
                return Err(format!("padding bit {x} of {padding_end_position} is 1"));
            }
        }
        Ok(())
    }
}

/// The N cumulative values of a row that is kept as `32768 - cdf` with its count in the end; what is
/// left of the array is 0.
pub(super) fn cumulative(row: &[u16]) -> [u16; 16] {
    let n = row.len();
    let mut cdf = [0; 16];
    for (value, inverse) in cdf.iter_mut().zip(&row[..n - 1]) {
        *value = 32768 - inverse;
    }
    cdf[n - 1] = 32768;
    cdf
}

/// 8.2.6: the adaptation of a row, computed on the cumulative values.
pub(super) fn adapt(row: &mut [u16], symbol: usize) {
    let n = row.len();
    let mut cdf = cumulative(row);
    let count = row[n - 1];
    let rate = 3 + u32::from(count > 15) + u32::from(count > 31) + (n as u32).ilog2().min(2);
    let mut tmp = 0u16;
    for (i, value) in cdf[..n - 1].iter_mut().enumerate() {
        tmp = if i == symbol { 1 << 15 } else { tmp };
        if tmp < *value {
            *value -= (*value - tmp) >> rate;
        } else {
            *value += (tmp - *value) >> rate;
        }
    }
    for (inverse, value) in row.iter_mut().zip(&cdf[..n - 1]) {
        *inverse = 32768 - value;
    }
    row[n - 1] += u16::from(count < 32);
}
