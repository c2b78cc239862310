//! 4.5, 5: the packets of one temporal unit, checked as they come, into OBUs with size fields.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::aggregation::{AggregationHeader, Elements};
use super::dependency_descriptor::DependencyDescriptor;
use super::event::{DepacketizerConfig, LossReason};
use super::reorder::{RtpPacket, Slot};
use super::unit_start::{LONGEST_PREFIX, copy_front, each_obu};
use crate::av1::obu::BitstreamError;
use crate::av1::obu::{ObuHeader, ObuType, leb128};

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
    frames: DescribedFrames,
}

/// What the descriptors of packets say of their frames.
#[derive(Debug, Default)]
pub(super) struct DescribedFrames {
    pub(super) frames: Vec<DependencyDescriptor>,
    /// A packet had none, or one that does not go with the others.
    incomplete: bool,
}

impl DescribedFrames {
    /// One for each spatial layer would do; no picture has more frames than there are slots.
    const MOST: usize = 8;

    pub(super) fn push(&mut self, descriptor: Option<DependencyDescriptor>) {
        let Some(descriptor) = descriptor else {
            self.incomplete = true;
            return;
        };
        let full = self.frames.len() == Self::MOST;
        match self.frames.last_mut() {
            Some(last) if last.frame_number == descriptor.frame_number => {
                last.end_of_frame |= descriptor.end_of_frame;
            }
            _ if full => self.incomplete = true,
            _ => self.frames.push(descriptor),
        }
    }
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

    pub(super) fn payloads(&self) -> impl Iterator<Item = &Bytes> {
        self.packets.iter().map(|packet| &packet.payload)
    }

    pub(super) fn charge(&self) -> usize {
        self.charge
    }

    /// RTP timestamp of the unit, once it has a packet.
    pub(super) fn timestamp(&self) -> Option<u32> {
        self.packets.first().map(|packet| packet.timestamp)
    }

    /// Forgets all packets; their number is returned, and their frames are added to `discarded`.
    pub(super) fn discard(&mut self, discarded: &mut DescribedFrames) -> usize {
        let frames = std::mem::take(&mut self.frames).frames;
        frames.into_iter().for_each(|frame| discarded.push(Some(frame)));
        self.clear()
    }

    /// Forgets all packets; their number is returned.
    pub(super) fn clear(&mut self) -> usize {
        let count = self.packets.len();
        self.packets.clear();
        (self.charge, self.obus, self.unfinished) = (0, 0, None);
        self.frames = DescribedFrames::default();
        count
    }

    /// The frames as the descriptors have them; none unless all packets have one.
    pub(super) fn take_descriptors(&mut self) -> Vec<DependencyDescriptor> {
        let DescribedFrames { frames, incomplete } = std::mem::take(&mut self.frames);
        if incomplete { Vec::new() } else { frames }
    }

    /// Takes the next packet in sequence, with what its descriptor says.
    ///
    /// # Errors
    /// The packet does not go on where the last one ended, or the unit exceeds a limit. The packet
    /// is among the unit's all the same.
    pub(super) fn push(
        &mut self,
        slot: Slot,
        header: AggregationHeader,
        descriptor: Option<DependencyDescriptor>,
        config: &DepacketizerConfig,
    ) -> Result<(), LossReason> {
        self.charge += slot.charge();
        self.frames.push(descriptor);
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
            let before = self.unfinished.filter(|_| index == 0).unwrap_or(0);
            self.obus += usize::from(before == 0 && !element.is_empty());
            let bytes = before + element.len();
            if bytes > config.max_obu_bytes {
                return Err(LossReason::Limit { setting: "max_obu_bytes" });
            }
            self.unfinished = Some(bytes);
        }
        self.unfinished = header.continues_in_next().then(|| self.unfinished.unwrap_or_default());
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
        let appended = each_obu(self.payloads(), |fragments, _| {
            append_obu(fragments, &mut out).map_or_else(ControlFlow::Break, ControlFlow::Continue)
        });
        if let ControlFlow::Break(error) = appended {
            return Err(LossReason::Obu(error));
        }
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
    let lead = copy_front(fragments, &mut lead);
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
