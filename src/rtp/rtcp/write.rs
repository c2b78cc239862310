//! Requests of a receiver.

use super::{
    FMT_FULL_INTRA, FMT_NACK, FMT_PICTURE_LOSS, PT_PAYLOAD_FEEDBACK, PT_TRANSPORT_FEEDBACK,
};

/// Header and SSRCs of a feedback message (RFC 4585, 6.1) with `words` more of 32 bits.
fn write_head(format: u8, packet_type: u8, words: usize, ssrcs: [u32; 2], out: &mut Vec<u8>) {
    out.extend([0x80 | format, packet_type]);
    out.extend((words as u16 + 2).to_be_bytes());
    ssrcs.iter().for_each(|ssrc| out.extend(ssrc.to_be_bytes()));
}

/// Appends a picture loss indication (RFC 4585, 6.3.1): the receiver `sender` asks the stream `media`
/// for a key frame.
pub fn write_picture_loss(sender: u32, media: u32, out: &mut Vec<u8>) {
    write_head(FMT_PICTURE_LOSS, PT_PAYLOAD_FEEDBACK, 0, [sender, media], out);
}

/// Appends a full intra request (RFC 5104, 4.3.1) for one stream. `request` goes up by one for each
/// new request and stays for a repeated one.
pub fn write_full_intra(sender: u32, media: u32, request: u8, out: &mut Vec<u8>) {
    write_head(FMT_FULL_INTRA, PT_PAYLOAD_FEEDBACK, 2, [sender, 0], out);
    out.extend(media.to_be_bytes());
    out.extend([request, 0, 0, 0]);
}

/// Appends a generic NACK (RFC 4585, 6.2.1) for sequence numbers in ascending order, wraps included:
/// four bytes for all within 17 numbers. Nothing is appended for none of them, and what is beyond
/// 1024 entries is left out.
pub fn write_nack(sender: u32, media: u32, sequences: &[u16], out: &mut Vec<u8>) {
    const MOST: usize = 1024;
    let mut entries: Vec<(u16, u16)> = Vec::new();
    for &sequence in sequences {
        if let Some((first, mask)) = entries.last_mut() {
            match sequence.wrapping_sub(*first) {
                0 => continue,
                after @ 1..=16 => {
                    *mask |= 1 << (after - 1);
                    continue;
                }
                _ => {}
            }
        }
        if entries.len() == MOST {
            break;
        }
        entries.push((sequence, 0));
    }
    if entries.is_empty() {
        return;
    }
    write_head(FMT_NACK, PT_TRANSPORT_FEEDBACK, entries.len(), [sender, media], out);
    for (first, mask) in entries {
        out.extend(first.to_be_bytes());
        out.extend(mask.to_be_bytes());
    }
}
