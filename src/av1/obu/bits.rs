//! 4.10, 8.1: the fixed and variable length codes of headers, read and written bit by bit.

use crate::av1::obu::BitstreamError;

/// Reads the descriptors of 4.10 from bytes, the most significant bit first.
///
/// A read beyond the end is an error and leaves the reader where it was.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    data: &'a [u8],
    position: u64,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, position: 0 }
    }

    /// get_position(): bits read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Bits left.
    pub fn remaining(&self) -> u64 {
        self.data.len() as u64 * 8 - self.position
    }

    /// 4.10.2 f(n): an unsigned number of `n` bits, at most 32.
    ///
    /// # Errors
    /// Fewer than `n` bits are left.
    pub fn f(&mut self, n: u32) -> Result<u32, BitstreamError> {
        debug_assert!(n <= 32);
        if u64::from(n) > self.remaining() {
            return Err(BitstreamError::BitsExhausted { position: self.position, bits: n });
        }
        let mut value = 0u64;
        let mut left = n;
        while left > 0 {
            let byte = self.data[(self.position / 8) as usize];
            let free = 8 - (self.position % 8) as u32;
            let take = free.min(left);
            let bits = (u32::from(byte) >> (free - take)) & ((1 << take) - 1);
            value = value << take | u64::from(bits);
            self.position += u64::from(take);
            left -= take;
        }
        Ok(value as u32)
    }

    /// f(1) as a flag.
    ///
    /// # Errors
    /// No bit is left.
    pub fn flag(&mut self) -> Result<bool, BitstreamError> {
        Ok(self.f(1)? != 0)
    }

    /// f(n) of at most 8 bits.
    ///
    /// # Errors
    /// Fewer than `n` bits are left.
    pub fn byte(&mut self, n: u32) -> Result<u8, BitstreamError> {
        debug_assert!(n <= 8);
        Ok(self.f(n)? as u8)
    }

    /// 4.10.6 su(n): a two's complement number of `n` bits, 1 to 32.
    ///
    /// # Errors
    /// Fewer than `n` bits are left.
    pub fn su(&mut self, n: u32) -> Result<i32, BitstreamError> {
        debug_assert!((1..=32).contains(&n));
        let value = self.f(n)?;
        Ok((value << (32 - n)) as i32 >> (32 - n))
    }

    /// 4.10.7 ns(n): a number below `n`, which is 1 to 2³¹.
    ///
    /// # Errors
    /// The bits end within the number.
    pub fn ns(&mut self, n: u32) -> Result<u32, BitstreamError> {
        debug_assert!((1..=1 << 31).contains(&n));
        let start = self.position;
        let w = n.ilog2() + 1;
        let m = (1u64 << w) - u64::from(n);
        let v = u64::from(self.f(w - 1)?);
        if v < m {
            return Ok(v as u32);
        }
        let extra_bit = self.f(1).inspect_err(|_| self.position = start)?;
        Ok(((v << 1) - m) as u32 + extra_bit)
    }

    /// 4.10.4 le(n): a little-endian number of `n` bytes, at most 4.
    ///
    /// # Errors
    /// Fewer than `n` bytes are left.
    pub fn le(&mut self, n: u32) -> Result<u32, BitstreamError> {
        debug_assert!(n <= 4);
        let value = self.f(8 * n)?;
        Ok(if n == 0 { 0 } else { value.swap_bytes() >> (32 - 8 * n) })
    }

    /// 4.10.3 uvlc(): a number with its length in unary in front.
    ///
    /// # Errors
    /// The bits end within the number.
    pub fn uvlc(&mut self) -> Result<u32, BitstreamError> {
        let start = self.position;
        let mut leading_zeros = 0u32;
        while !self.flag().inspect_err(|_| self.position = start)? {
            leading_zeros += 1;
        }
        if leading_zeros >= 32 {
            return Ok(u32::MAX);
        }
        let value = self.f(leading_zeros).inspect_err(|_| self.position = start)?;
        Ok(value + ((1u64 << leading_zeros) - 1) as u32)
    }

    /// 5.3.5 byte_alignment(): skips the zero bits up to the next byte.
    ///
    /// # Errors
    /// One of them is set (6.2.5).
    pub fn byte_alignment(&mut self) -> Result<(), BitstreamError> {
        let position = self.position;
        let n = (8 - position % 8) as u32 % 8;
        match self.f(n)? {
            0 => Ok(()),
            _ => Err(BitstreamError::Alignment { position }),
        }
    }

    /// 5.3.4 trailing_bits(): a one, then zeros to the end of the data.
    ///
    /// # Errors
    /// The rest of the data is anything else (6.2.4).
    pub fn trailing_bits(&mut self) -> Result<(), BitstreamError> {
        let position = self.position;
        let fault = Err(BitstreamError::TrailingBits { position });
        if self.remaining() == 0 || !self.flag()? {
            return fault;
        }
        let rest = (8 - self.position % 8) as u32 % 8;
        let padded = self.f(rest)? == 0;
        if padded && self.byte_rest().iter().all(|&byte| byte == 0) { Ok(()) } else { fault }
    }

    /// Moves on by whole bytes, at most to the end.
    pub fn skip_bytes(&mut self, count: usize) {
        self.position += (count as u64 * 8).min(self.remaining());
    }

    /// Moves to the end and returns the whole bytes after the position, which is at a byte's start.
    pub fn byte_rest(&mut self) -> &'a [u8] {
        debug_assert!(self.position.is_multiple_of(8));
        let rest = &self.data[(self.position / 8) as usize..];
        self.position = self.data.len() as u64 * 8;
        rest
    }
}

/// Writes what [`BitReader`] reads.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    data: Vec<u8>,
    /// Bits used of the last byte, 0 when it is full or there is none.
    used: u32,
}

impl BitWriter {
    /// A writer without any bits.
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer without any bits, in the room of `buffer`.
    pub(crate) fn reuse(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { data: buffer, used: 0 }
    }

    /// The bytes so far, the last filled up with zero bits.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.data
    }

    /// Bits written so far.
    pub fn position(&self) -> u64 {
        let bits = self.data.len() as u64 * 8;
        if self.used == 0 { bits } else { bits - u64::from(8 - self.used) }
    }

    /// The bytes, the last filled up with zero bits.
    pub fn into_bytes(self) -> Vec<u8> {
        self.data
    }

    /// f(n): the low `n` bits of `value`, at most 32, for the syntax element of the given name.
    ///
    /// # Errors
    /// `value` does not fit.
    pub fn f(&mut self, element: &'static str, n: u32, value: u32) -> Result<(), BitstreamError> {
        debug_assert!(n <= 32);
        if u64::from(value) >> n != 0 {
            return Err(BitstreamError::Value { element, value: i64::from(value) });
        }
        let mut left = n;
        while left > 0 {
            if self.used == 0 {
                self.data.push(0);
            }
            let free = 8 - self.used;
            let take = free.min(left);
            let bits = (u64::from(value) >> (left - take)) & ((1 << take) - 1);
            if let Some(last) = self.data.last_mut() {
                *last |= (bits << (free - take)) as u8;
            }
            self.used = (self.used + take) % 8;
            left -= take;
        }
        Ok(())
    }

    /// f(1): a flag.
    pub fn flag(&mut self, value: bool) {
        let fits = self.f("", 1, u32::from(value));
        debug_assert!(fits.is_ok());
    }

    /// su(n): a two's complement number of `n` bits, 1 to 32.
    ///
    /// # Errors
    /// `value` does not fit.
    pub fn su(&mut self, element: &'static str, n: u32, value: i32) -> Result<(), BitstreamError> {
        debug_assert!((1..=32).contains(&n));
        if (value << (32 - n)) >> (32 - n) != value {
            return Err(BitstreamError::Value { element, value: i64::from(value) });
        }
        self.f(element, n, value as u32 & (u32::MAX >> (32 - n)))
    }

    /// ns(n): a number below `n`, which is 1 to 2³¹.
    ///
    /// # Errors
    /// `value` is not below `n`.
    pub fn ns(&mut self, element: &'static str, n: u32, value: u32) -> Result<(), BitstreamError> {
        debug_assert!((1..=1 << 31).contains(&n));
        if value >= n {
            return Err(BitstreamError::Value { element, value: i64::from(value) });
        }
        let w = n.ilog2() + 1;
        let m = ((1u64 << w) - u64::from(n)) as u32;
        if value < m {
            self.f(element, w - 1, value)
        } else {
            let coded = value - m;
            self.f(element, w - 1, m + (coded >> 1))?;
            self.f(element, 1, coded & 1)
        }
    }

    /// le(n): a little-endian number of `n` bytes, at most 4.
    ///
    /// # Errors
    /// `value` does not fit.
    pub fn le(&mut self, element: &'static str, n: u32, value: u32) -> Result<(), BitstreamError> {
        debug_assert!(n <= 4);
        if u64::from(value) >> (8 * n) != 0 {
            return Err(BitstreamError::Value { element, value: i64::from(value) });
        }
        (0..n).try_for_each(|i| self.f(element, 8, value >> (8 * i) & 0xff))
    }

    /// uvlc(): a number with its length in unary in front.
    ///
    /// # Errors
    /// None that this writer reports for any value; `u32::MAX` takes 33 bits.
    pub fn uvlc(&mut self, element: &'static str, value: u32) -> Result<(), BitstreamError> {
        let coded = u64::from(value) + 1;
        let leading_zeros = coded.ilog2();
        self.f(element, leading_zeros, 0)?;
        self.flag(true);
        if leading_zeros < 32 {
            self.f(element, leading_zeros, (coded - (1 << leading_zeros)) as u32)?;
        }
        Ok(())
    }

    /// 5.3.5 byte_alignment().
    pub fn byte_alignment(&mut self) {
        self.used = 0;
    }

    /// 5.3.4 trailing_bits(): a one and as many zeros as fill the byte.
    pub fn trailing_bits(&mut self) {
        self.flag(true);
        self.byte_alignment();
    }

    /// Appends whole bytes at a byte's start.
    pub fn bytes(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.used, 0);
        self.data.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn non_symmetric_codes_of_the_standard() {
        let mut w = BitWriter::new();
        for value in 0..5 {
            w.ns("v", 5, value).unwrap();
        }
        assert_eq!(w.into_bytes(), [0b0001_1011, 0b0111_0000]);
        assert_eq!(
            BitWriter::new().ns("v", 5, 5),
            Err(BitstreamError::Value { element: "v", value: 5 })
        );
    }

    #[test]
    fn longest_uvlc() {
        let mut w = BitWriter::new();
        w.uvlc("v", u32::MAX).unwrap();
        assert_eq!(w.position(), 33);
        let data = w.into_bytes();
        assert_eq!(BitReader::new(&data).uvlc(), Ok(u32::MAX));
        let mut r = BitReader::new(&[0, 0, 0, 0, 0, 0x01]);
        assert_eq!(r.uvlc(), Ok(u32::MAX), "more than 32 zeros mean the same");
        let mut r = BitReader::new(&[0; 5]);
        assert!(r.uvlc().is_err());
        assert_eq!(r.position(), 0);
    }

    #[test]
    fn ends_are_checked() {
        let mut r = BitReader::new(&[0xa0]);
        assert_eq!(r.f(3), Ok(5));
        assert_eq!(r.f(6), Err(BitstreamError::BitsExhausted { position: 3, bits: 6 }));
        assert_eq!(r.byte_alignment(), Ok(()));
        assert_eq!(r.trailing_bits(), Err(BitstreamError::TrailingBits { position: 8 }));

        let mut r = BitReader::new(&[0x01]);
        r.f(2).unwrap();
        assert_eq!(r.byte_alignment(), Err(BitstreamError::Alignment { position: 2 }));

        for (data, fine) in [
            (&[0x10, 0, 0][..], true),
            (&[0x10, 0, 1], false),
            (&[0x14, 0], false),
            (&[0x00, 0x80], false),
        ] {
            let mut r = BitReader::new(data);
            r.f(3).unwrap();
            assert_eq!(r.trailing_bits().is_ok(), fine, "{data:02x?}");
        }
    }

    #[derive(Clone, Debug)]
    enum Code {
        F(u32, u32),
        Su(u32, i32),
        Ns(u32, u32),
        Le(u32, u32),
        Uvlc(u32),
    }

    fn code() -> impl Strategy<Value = Code> {
        prop_oneof![
            (0u32..=32, any::<u32>())
                .prop_map(|(n, v)| Code::F(n, if n == 0 { 0 } else { v >> (32 - n) })),
            (1u32..=32, any::<i32>()).prop_map(|(n, v)| Code::Su(n, v >> (32 - n))),
            (1u32..=1 << 31, any::<u32>()).prop_map(|(n, v)| Code::Ns(n, v % n)),
            (1u32..=64, any::<u32>()).prop_map(|(n, v)| Code::Ns(n, v % n)),
            (1u32..=4, any::<u32>()).prop_map(|(n, v)| Code::Le(n, v >> (32 - 8 * n))),
            any::<u32>().prop_map(Code::Uvlc),
            (0u32..40).prop_map(Code::Uvlc),
        ]
    }

    proptest! {
        #[test]
        fn round_trip(codes in proptest::collection::vec(code(), 0..20)) {
            let mut w = BitWriter::new();
            for c in &codes {
                match *c {
                    Code::F(n, v) => w.f("f", n, v).unwrap(),
                    Code::Su(n, v) => w.su("su", n, v).unwrap(),
                    Code::Ns(n, v) => w.ns("ns", n, v).unwrap(),
                    Code::Le(n, v) => w.le("le", n, v).unwrap(),
                    Code::Uvlc(v) => w.uvlc("uvlc", v).unwrap(),
                }
            }
            let position = w.position();
            w.trailing_bits();
            let data = w.into_bytes();
            let mut r = BitReader::new(&data);
            for c in &codes {
                match *c {
                    Code::F(n, v) => prop_assert_eq!(r.f(n), Ok(v)),
                    Code::Su(n, v) => prop_assert_eq!(r.su(n), Ok(v)),
                    Code::Ns(n, v) => prop_assert_eq!(r.ns(n), Ok(v)),
                    Code::Le(n, v) => prop_assert_eq!(r.le(n), Ok(v)),
                    Code::Uvlc(v) => prop_assert_eq!(r.uvlc(), Ok(v)),
                }
            }
            prop_assert_eq!(r.position(), position);
            prop_assert_eq!(r.trailing_bits(), Ok(()));
        }

        #[test]
        fn values_too_large_are_refused(n in 0u32..32, excess in 0u32..1000, big: i32) {
            let value = (1u32 << n).saturating_add(excess);
            let mut w = BitWriter::new();
            prop_assert!(w.f("v", n, value).is_err());
            if n > 0 {
                let half = 1i64 << (n - 1);
                let fits = (-half..half).contains(&i64::from(big));
                prop_assert_eq!(w.su("v", n, big).is_ok(), fits);
            }
        }
    }
}
