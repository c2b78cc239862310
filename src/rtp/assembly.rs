//! 4.5, 5: the packets of one temporal unit, checked as they come, into OBUs with size fields.

use bytes::Bytes;

use super::aggregation::{AggregationHeader, Elements};
use super::event::{DepacketizerConfig, LossReason};
use super::reorder::{Content, RtpPacket, Slot};
use crate::av1::obu::BitstreamError;
use crate::av1::obu::{ObuHeader, ObuType, leb128};

/// OBU header, extension and the longest size field.
const LONGEST_PREFIX: usize = 2 + leb128::MAX_LEN;
/// A temporal delimiter with its size field.
const DELIMITER: [u8; 2] = [0x12, 0x00];

/// The packets so far of the temporal unit that is being received.
#[derive(Debug, Default)]
pub(super) struct OpenUnit {
    packets: Vec<RtpPacket>,
    charge: usize,
    obus: usize,
    /// Bytes so far of the OBU that is not complete, if Y was set last.
    unfinished: Option<usize>,
    starts_sequence: bool,
}

/// A finished temporal unit.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) data: Vec<u8>,
    pub(super) sequence_header: bool,
    /// The lowest spatial_id among its frames.
    pub(super) lowest_layer: Option<u8>,
}

impl OpenUnit {
    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(super) fn packets(&self) -> &[RtpPacket] {
        &self.packets
    }

    pub(super) fn charge(&self) -> usize {
        self.charge
    }

    /// Whether the first packet starts a coded video sequence (N = 1).
    pub(super) fn starts_sequence(&self) -> bool {
        self.starts_sequence
    }

    /// RTP timestamp of the unit, once it has a packet.
    pub(super) fn timestamp(&self) -> Option<u32> {
        self.packets.first().map(|packet| packet.timestamp)
    }

    /// Forgets all packets; their number is returned.
    pub(super) fn discard(&mut self) -> usize {
        let count = self.packets.len();
        self.packets.clear();
        (self.charge, self.obus, self.unfinished) = (0, 0, None);
        self.starts_sequence = false;
        count
    }

    /// Takes the next packet in sequence.
    ///
    /// # Errors
    /// The packet does not go on where the last one ended, or the unit exceeds a limit. The packet
    /// is among the unit's all the same.
    pub(super) fn push(
        &mut self,
        slot: Slot,
        header: AggregationHeader,
        config: &DepacketizerConfig,
    ) -> Result<(), LossReason> {
        self.charge += slot.charge();
        if self.packets.is_empty() {
            self.starts_sequence = header.new_sequence();
        }
        let continues_previous = header.continues_previous();
        let expected = self.unfinished.is_some();
        self.packets.push(slot.packet);
        if continues_previous != expected {
            return Err(LossReason::Inconsistent);
        }
        let Some(packet) = self.packets.last() else { return Ok(()) };
        let Ok((_, elements)) = Elements::parse(&packet.payload) else {
            return Err(LossReason::Malformed);
        };
        for (index, element) in elements.map_while(Result::ok).enumerate() {
            let before = match self.unfinished {
                Some(bytes) if index == 0 => bytes,
                _ => {
                    self.obus += 1;
                    0
                }
            };
            let bytes = before + element.len();
            if bytes > config.max_obu_bytes {
                return Err(LossReason::Limit { setting: "max_obu_bytes" });
            }
            self.unfinished = Some(bytes);
        }
        if !header.continues_in_next() {
            self.unfinished = None;
        }
        if self.obus > config.max_obus {
            return Err(LossReason::Limit { setting: "max_obus" });
        }
        if self.charge > config.max_bytes {
            return Err(LossReason::Limit { setting: "max_bytes" });
        }
        Ok(())
    }

    /// Puts the unit together: a temporal delimiter and every OBU with a size field. `None` if no
    /// OBU is left once delimiters, tile lists and padding are ignored.
    ///
    /// # Errors
    /// The last OBU is not complete, or an OBU is malformed.
    pub(super) fn finish(&self) -> Result<Option<Assembled>, LossReason> {
        if self.unfinished.is_some() {
            return Err(LossReason::Inconsistent);
        }
        let payload: usize = self.packets.iter().map(|packet| packet.payload.len()).sum();
        let sizes = self.obus * leb128::encoded_len(u32::MAX);
        let mut out = Assembled {
            data: Vec::with_capacity(DELIMITER.len() + payload + sizes),
            sequence_header: false,
            lowest_layer: None,
        };
        out.data.extend(DELIMITER);
        let mut fragments = Vec::new();
        for packet in &self.packets {
            let Ok((header, elements)) = Elements::parse(&packet.payload) else {
                return Err(LossReason::Malformed);
            };
            for (index, element) in elements.map_while(Result::ok).enumerate() {
                if !(index == 0 && header.continues_previous()) {
                    append_obu(&fragments, &mut out).map_err(LossReason::Obu)?;
                    fragments.clear();
                }
                fragments.push(&packet.payload[element]);
            }
        }
        append_obu(&fragments, &mut out).map_err(LossReason::Obu)?;
        Ok((out.data.len() > DELIMITER.len()).then_some(out))
    }
}

/// Appends an OBU given in fragments, with a size field, unless receivers must ignore it.
fn append_obu(fragments: &[&[u8]], out: &mut Assembled) -> Result<(), BitstreamError> {
    let total: usize = fragments.iter().map(|fragment| fragment.len()).sum();
    if total == 0 {
        return Ok(());
    }
    let mut lead = [0; LONGEST_PREFIX];
    let lead_len = total.min(LONGEST_PREFIX);
    for (to, from) in lead.iter_mut().zip(fragments.iter().copied().flatten()) {
        *to = *from;
    }
    let lead = &lead[..lead_len];
    let (header, header_len) = ObuHeader::parse(lead)?;
    let mut prefix = header_len;
    if header.has_size_field {
        let (size, size_len) = leb128::read(&lead[header_len..])?;
        prefix += size_len;
        if size as usize != total - prefix {
            return Err(BitstreamError::ObuSize { size: size as usize, available: total - prefix });
        }
    }
    match header.obu_type {
        ObuType::TemporalDelimiter | ObuType::TileList | ObuType::Padding => return Ok(()),
        ObuType::SequenceHeader => out.sequence_header = true,
        ObuType::Frame | ObuType::FrameHeader => {
            let this = spatial_id(&header);
            out.lowest_layer = Some(out.lowest_layer.map_or(this, |lowest| lowest.min(this)));
        }
        _ => {}
    }
    ObuHeader { has_size_field: true, ..header }.write(&mut out.data)?;
    let size = u32::try_from(total - prefix)
        .map_err(|_| BitstreamError::Leb128Value((total - prefix) as u64))?;
    leb128::write(size, &mut out.data);
    let mut skip = prefix;
    for fragment in fragments {
        let skipped = skip.min(fragment.len());
        out.data.extend_from_slice(&fragment[skipped..]);
        skip -= skipped;
    }
    Ok(())
}

fn spatial_id(header: &ObuHeader) -> u8 {
    header.extension.map_or(0, |layer| layer.spatial_id)
}

/// Whether the packet looks like the first of a temporal unit, though the packet before it is not
/// known: it starts with an OBU that leads up to a frame, the first frame in it belongs to a
/// spatial layer not above `lowest_layer`, and a key frame does not lack its sequence header.
pub(super) fn looks_like_start(slot: &Slot, lowest_layer: u8) -> bool {
    let Content::Elements(header) = slot.content else { return false };
    let payload: &Bytes = &slot.packet.payload;
    let Ok((_, elements)) = Elements::parse(payload) else { return false };
    if header.continues_previous() {
        return false;
    }
    let mut sequence_header = false;
    for element in elements.map_while(Result::ok) {
        let obu = &payload[element];
        let Ok((header, header_len)) = ObuHeader::parse(obu) else { return false };
        match header.obu_type {
            ObuType::SequenceHeader => sequence_header = true,
            ObuType::Frame | ObuType::FrameHeader => {
                let size_len = if header.has_size_field {
                    leb128::read(&obu[header_len..]).map_or(0, |(_, len)| len)
                } else {
                    0
                };
                // AV1 specification, 5.9.2: show_existing_frame and frame_type come first; three
                // zero bits are a key frame.
                let key = obu.get(header_len + size_len).is_none_or(|byte| byte >> 5 == 0);
                return spatial_id(&header) <= lowest_layer && (sequence_header || !key);
            }
            ObuType::TileGroup | ObuType::RedundantFrameHeader => return false,
            _ => {}
        }
    }
    false
}
