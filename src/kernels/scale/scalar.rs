//! Means, sample by sample.

pub(super) fn quarter_row(out: &mut [u8], rows: [&[u8]; 4]) {
    for (x, sample) in out.iter_mut().enumerate() {
        let sum: u16 = rows
            .iter()
            .map(|row| row[4 * x..4 * x + 4].iter().map(|&s| u16::from(s)).sum::<u16>())
            .sum();
        *sample = ((sum + 8) >> 4) as u8;
    }
}
