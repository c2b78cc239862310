//! 4.10.5 leb128(): unsigned integers in little-endian groups of seven bits.

use crate::av1::obu::BitstreamError;

/// The most bytes a value may take.
pub const MAX_LEN: usize = 8;

/// Reads a value from the start of `data`; returns it with the number of bytes it took.
///
/// # Errors
/// `data` ends within the value, the value goes on after eight bytes, or it is over `u32::MAX`.
pub fn read(data: &[u8]) -> Result<(u32, usize), BitstreamError> {
    let mut value = 0u64;
    for i in 0..MAX_LEN {
        let byte = *data.get(i).ok_or(BitstreamError::Leb128Truncated { len: i })?;
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| BitstreamError::Leb128Value(value))?;
            return Ok((value, i + 1));
        }
    }
    Err(BitstreamError::Leb128Length { byte: data[MAX_LEN - 1] })
}

/// Bytes that [`write()`] takes for `value`, 1 to 5.
pub const fn encoded_len(value: u32) -> usize {
    let bits = (u32::BITS - value.leading_zeros()) as usize;
    if bits == 0 { 1 } else { bits.div_ceil(7) }
}

/// Appends `value` in as few bytes as possible.
pub fn write(value: u32, out: &mut Vec<u8>) {
    let mut rest = value;
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends `value` in exactly `len` bytes, for a size that is filled in later.
///
/// # Errors
/// `len` is less than [`encoded_len`] or more than [`MAX_LEN`]; nothing is appended then.
pub fn write_padded(value: u32, len: usize, out: &mut Vec<u8>) -> Result<(), BitstreamError> {
    if len < encoded_len(value) || len > MAX_LEN {
        return Err(BitstreamError::Leb128Padding { value, len });
    }
    let value = u64::from(value);
    out.extend((0..len).map(|i| {
        let more = if i + 1 < len { 0x80 } else { 0 };
        (value >> (7 * i)) as u8 & 0x7f | more
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        for (value, bytes) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (624_485, &[0xe5, 0x8e, 0x26]),
            (u32::MAX, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            let mut out = Vec::new();
            write(value, &mut out);
            assert_eq!(out, bytes);
            assert_eq!(encoded_len(value), bytes.len());
            assert_eq!(read(bytes), Ok((value, bytes.len())));
        }
    }

    #[test]
    fn limits() {
        assert_eq!(read(&[]), Err(BitstreamError::Leb128Truncated { len: 0 }));
        assert_eq!(read(&[0x80, 0x80]), Err(BitstreamError::Leb128Truncated { len: 2 }));
        assert_eq!(
            read(&[0x80, 0x80, 0x80, 0x80, 0x10]),
            Err(BitstreamError::Leb128Value(1 << 32))
        );
        assert_eq!(read(&[0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0xff]), Ok((5, 8)));
        assert_eq!(read(&[0x80; 9]), Err(BitstreamError::Leb128Length { byte: 0x80 }));
        let mut out = vec![7];
        for len in [0, 1, 9] {
            assert_eq!(
                write_padded(128, len, &mut out),
                Err(BitstreamError::Leb128Padding { value: 128, len })
            );
        }
        assert_eq!(out, [7]);
    }

    proptest! {
        #[test]
        fn round_trip(value: u32, len in 1usize..=8, tail: Vec<u8>) {
            let mut out = Vec::new();
            write(value, &mut out);
            prop_assert_eq!(out.len(), encoded_len(value));
            out.extend(&tail);
            prop_assert_eq!(read(&out), Ok((value, encoded_len(value))));
            let mut padded = Vec::new();
            if write_padded(value, len, &mut padded).is_ok() {
                prop_assert_eq!(read(&padded), Ok((value, len)));
            } else {
                prop_assert!(len < encoded_len(value));
            }
        }

        #[test]
        fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..12)) {
            if let Ok((value, len)) = read(&data) {
                let mut again = Vec::new();
                write_padded(value, len, &mut again).unwrap();
                prop_assert_eq!(&again[..], &data[..len]);
            }
        }
    }
}
