//! 5: temporal units into payloads.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::aggregation::{AggregationHeader, MAX_COUNTED};
use super::dependency_descriptor::DescribedFrame;
#[cfg(doc)]
use super::dependency_descriptor::header_extension_len;
use super::error::RtpError;
use super::payload::{Payload, UnitData};
use super::unit_start::starts_sequence;
use crate::av1::obu::{LayerId, ObuHeader, ObuType, Obus, leb128};

mod limits;
#[cfg(test)]
mod tests;

use limits::MIN_PAYLOAD;
pub use limits::PacketLimits;

/// An OBU is begun at the end of a packet only with this many bytes of it, if that costs no packet:
/// shorter heads tie two packets together for nothing.
const WORTHWHILE_HEAD: usize = 16;

/// Cuts temporal units into RTP payloads; it keeps nothing from one unit to the next.
///
/// Temporal delimiters, tile lists and padding are left out and size fields are removed. A frame
/// takes as few packets as it can, and these are about equal in size. OBUs of different layers
/// never share a packet.
///
/// ```
/// use rtav1::rtp::{PacketLimits, Packetizer};
///
/// # fn main() -> Result<(), rtav1::RtpError> {
/// let packetizer = Packetizer::new(PacketLimits::new(1200))?;
/// let unit = [0x12, 0x00, 0x32, 0x02, 0x30, 0xff];
/// for payload in packetizer.packetize(&unit)? {
///     assert!(payload.marker);
///     assert_eq!(payload.to_bytes()[..], [0x10, 0x30, 0x30, 0xff]);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packetizer {
    limits: PacketLimits,
}

impl Packetizer {
    /// A packetizer for payloads within `limits`.
    ///
    /// # Errors
    /// A packet of one of the four kinds could not hold 3 bytes, or could hold more than 65,535.
    pub fn new(limits: PacketLimits) -> Result<Self, RtpError> {
        limits.check()?;
        Ok(Self { limits })
    }

    /// The payloads of a whole temporal unit, in order; the last one has the marker.
    ///
    /// `data` holds its OBUs in the low-overhead format (AV1 specification, 5.2), all layers of it,
    /// with or without a temporal delimiter; [`Obus`] tells what may stand at its end. Payloads
    /// share the bytes of [`Bytes`]; of a slice they share a copy.
    ///
    /// The first payload has N set (4.4) if a coded video sequence starts (AV1 specification, 7.5): a
    /// sequence header leads, and the first frame is a key frame that is shown.
    ///
    /// # Errors
    /// A malformed OBU, more than one temporal unit, or no OBU to send. The packetizer is as
    /// before the call.
    pub fn packetize<D: UnitData + ?Sized>(&self, data: &D) -> Result<Vec<Payload>, RtpError> {
        self.packetize_layer(data, true)
    }

    /// As [`packetize`](Self::packetize) for a part of a temporal unit, such as the frame of one
    /// spatial layer, which is sent before the others are coded; the marker is set only with
    /// `end_of_unit`.
    ///
    /// # Errors
    /// As [`packetize`](Self::packetize).
    pub fn packetize_layer<D: UnitData + ?Sized>(
        &self,
        data: &D,
        end_of_unit: bool,
    ) -> Result<Vec<Payload>, RtpError> {
        self.cut(&data.shared(), None, end_of_unit)
    }

    /// As [`packetize`](Self::packetize), with the dependency descriptor of each packet beside it.
    /// `frames` has one frame for each layer of the unit, as
    /// [`FrameDescriber::describe`](super::dependency_descriptor::FrameDescriber::describe) has
    /// described them.
    ///
    /// Payloads are smaller by as much as the descriptor takes in a packet without other header
    /// extensions ([`header_extension_len`]), which is most in the first packet of a key frame.
    ///
    /// # Errors
    /// As [`packetize`](Self::packetize); another number of frames than there is in the unit; limits
    /// that leave no room beside the descriptor.
    pub fn packetize_described<D: UnitData + ?Sized>(
        &self,
        data: &D,
        frames: &[DescribedFrame],
    ) -> Result<Vec<Payload>, RtpError> {
        self.cut(&data.shared(), Some(frames), true)
    }

    /// As [`packetize_described`](Self::packetize_described) for a part of a temporal unit, as
    /// [`packetize_layer`](Self::packetize_layer) has it.
    ///
    /// # Errors
    /// As [`packetize_described`](Self::packetize_described).
    pub fn packetize_described_layer<D: UnitData + ?Sized>(
        &self,
        data: &D,
        frames: &[DescribedFrame],
        end_of_unit: bool,
    ) -> Result<Vec<Payload>, RtpError> {
        self.cut(&data.shared(), Some(frames), end_of_unit)
    }

    fn cut(
        &self,
        data: &Bytes,
        described: Option<&[DescribedFrame]>,
        end_of_unit: bool,
    ) -> Result<Vec<Payload>, RtpError> {
        let obus = obus_to_send(data)?;
        let new_sequence = obus[0].header.obu_type == ObuType::SequenceHeader
            && starts_sequence(obus.iter().map(|obu| (obu.header, &data[obu.payload.clone()])));
        if let Some(described) = described {
            let (described, frames) = (described.len(), count_frames(&obus));
            if described != frames {
                return Err(RtpError::FrameCount { frames, described });
            }
        }
        let mut descriptions = described.into_iter().flatten();
        let mut payloads = Vec::new();
        let mut rest = &obus[..];
        while !rest.is_empty() {
            let (frame, layer, after) = split_frame(rest);
            let description = descriptions.next();
            let limits = description.map_or(Ok(self.limits), |frame| self.limits.beside(frame))?;
            let cutter = even_cutter(frame, limits);
            let count = cutter.clone().count();
            let mut assembler = Assembler::new(data, frame, count);
            payloads.reserve_exact(count);
            for (index, cut) in cutter.enumerate() {
                let (first_of_frame, last_of_frame) = (index == 0, index + 1 == count);
                let new_sequence = new_sequence && payloads.is_empty();
                let (first, further) = assembler.assemble(cut, new_sequence)?;
                payloads.push(Payload {
                    marker: end_of_unit && last_of_frame && after.is_empty(),
                    new_sequence,
                    first_of_frame,
                    last_of_frame,
                    layer,
                    descriptor: description.map(|frame| frame.bytes(first_of_frame, last_of_frame)),
                    first,
                    further,
                });
            }
            rest = after;
        }
        Ok(payloads)
    }
}

/// An OBU of the input as it is sent, without a size field.
#[derive(Clone, Debug)]
struct SentObu {
    header: ObuHeader,
    payload: Range<usize>,
}

impl SentObu {
    fn len(&self) -> usize {
        self.header.len() + self.payload.len()
    }
}

/// 5: all OBUs but those that are not transmitted; at least one.
fn obus_to_send(data: &Bytes) -> Result<Vec<SentObu>, RtpError> {
    let mut sent = Vec::new();
    let mut obus = Obus::new(data);
    loop {
        let offset = obus.position();
        let Some(obu) = obus.next() else { break };
        let obu = obu.map_err(|source| RtpError::Obu { offset, source })?;
        match obu.header.obu_type {
            ObuType::TemporalDelimiter if offset > 0 => {
                return Err(RtpError::DelimiterInside { offset });
            }
            ObuType::TemporalDelimiter | ObuType::TileList | ObuType::Padding => continue,
            _ => {}
        }
        let payload = obu.payload_range();
        sent.push(SentObu { header: ObuHeader { has_size_field: false, ..obu.header }, payload });
    }
    if sent.is_empty() {
        return Err(RtpError::NothingToSend { len: data.len() });
    }
    Ok(sent)
}

/// 5: splits off the OBUs that may share packets: those of one layer, together with the OBUs of no
/// layer in front of them. A sequence header starts anew, so that it leads its packet.
fn split_frame(obus: &[SentObu]) -> (&[SentObu], Option<LayerId>, &[SentObu]) {
    let mut layer = None;
    let mut after_layer = 0;
    for (index, obu) in obus.iter().enumerate() {
        let is_sequence_header = |obu: &SentObu| obu.header.obu_type == ObuType::SequenceHeader;
        if is_sequence_header(obu) && !obus[..index].iter().all(is_sequence_header) {
            let (frame, rest) = obus.split_at(index);
            return (frame, layer, rest);
        }
        match (layer, obu.header.extension) {
            (_, None) => {}
            (Some(earlier), Some(this)) if this != earlier => {
                let (frame, rest) = obus.split_at(after_layer);
                return (frame, layer, rest);
            }
            (_, Some(this)) => {
                layer = Some(this);
                after_layer = index + 1;
            }
        }
    }
    (obus, layer, &[])
}

/// How many frames [`split_frame`] splits off.
fn count_frames(obus: &[SentObu]) -> usize {
    let mut rest = obus;
    let split = || {
        let (frame, _, after) = split_frame(rest);
        rest = after;
        (!frame.is_empty()).then_some(())
    };
    std::iter::from_fn(split).count()
}

/// The cutter with the fewest packets and, among those, the smallest largest packet.
fn even_cutter(obus: &[SentObu], limits: PacketLimits) -> Cutter<'_> {
    let full = Cutter::new(obus, limits, 1);
    let count = full.clone().count();
    if count == 1 {
        return full;
    }
    let mut best = full;
    let careful = Cutter { shortest_head: WORTHWHILE_HEAD, ..best.clone() };
    if careful.clone().count() == count {
        best = careful;
    }
    let total: usize = obus.iter().map(SentObu::len).sum();
    let mut too_small = (total / count).max(MIN_PAYLOAD - 1 + limits.largest_reduction());
    while too_small + 1 < best.limits.max_payload {
        let max_payload = too_small.midpoint(best.limits.max_payload);
        let tighter = Cutter { limits: PacketLimits { max_payload, ..limits }, ..best.clone() };
        if tighter.clone().count() == count {
            best = tighter;
        } else {
            too_small = max_payload;
        }
    }
    best
}

/// Yields the packets of one frame; each is filled before the next is begun.
#[derive(Clone, Debug)]
struct Cutter<'a> {
    obus: &'a [SentObu],
    limits: PacketLimits,
    shortest_head: usize,
    /// Where the next packet starts: the OBU, and the byte in it.
    index: usize,
    offset: usize,
}

/// One packet: from byte `offset` of OBU `first` to byte `end` of OBU `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    first: usize,
    offset: usize,
    last: usize,
    end: usize,
}

impl<'a> Cutter<'a> {
    fn new(obus: &'a [SentObu], limits: PacketLimits, shortest_head: usize) -> Self {
        Self { obus, limits, shortest_head, index: 0, offset: 0 }
    }

    /// Bytes of elements that fit a packet reduced by `reduction`.
    fn room(&self, reduction: usize) -> usize {
        self.limits.max_payload - reduction - AggregationHeader::LEN
    }

    /// The least bytes of OBU `index` that a packet may begin with `elements` before it.
    ///
    /// An OBU header is never split: receivers exist that fail on the half of one.
    fn least_head(&self, index: usize, elements: usize) -> usize {
        let header = self.obus[index].header.len();
        if elements == 0 { header } else { header.max(self.shortest_head) }
    }

    /// The packet that holds as much as `room` allows, and whether that is all there is.
    fn fill(&self, room: usize) -> (Cut, bool) {
        let Self { index: first, offset, .. } = *self;
        let mut cut = Cut { first, offset, last: first, end: offset };
        let mut sized = 0; // bytes of the elements so far, all of them with length fields
        for (elements, index) in (first..self.obus.len()).enumerate() {
            let Some(left) = room.checked_sub(sized).filter(|&left| left > 0) else {
                return (cut, false);
            };
            let start = if elements == 0 { offset } else { 0 };
            let remaining = self.obus[index].len() - start;
            let available = if elements < MAX_COUNTED { left } else { largest_sized(left) };
            if remaining > available {
                if start > 0 || available >= self.least_head(index, elements) {
                    cut = Cut { last: index, end: start + available, ..cut };
                }
                return (cut, false);
            }
            cut = Cut { last: index, end: self.obus[index].len(), ..cut };
            sized += remaining + length_bytes(remaining);
        }
        (cut, true)
    }

    /// Takes back what the last packet is to hold, when all was taken but the last packet has less
    /// room than this one.
    fn leave_some(&self, cut: Cut) -> Cut {
        let elements = cut.last - cut.first;
        if elements == 0 || cut.end > self.least_head(cut.last, elements) {
            return Cut { end: cut.end - 1, ..cut };
        }
        Cut { last: cut.last - 1, end: self.obus[cut.last - 1].len(), ..cut }
    }
}

impl Iterator for Cutter<'_> {
    type Item = Cut;

    fn next(&mut self) -> Option<Cut> {
        if self.index == self.obus.len() {
            return None;
        }
        let PacketLimits { first_reduction, last_reduction, single_reduction, .. } = self.limits;
        let is_first = (self.index, self.offset) == (0, 0);
        let (if_last, if_not) =
            if is_first { (single_reduction, first_reduction) } else { (last_reduction, 0) };
        let (mut cut, complete) = self.fill(self.room(if_last));
        if !complete {
            let (fuller, all) = self.fill(self.room(if_not));
            cut = if all { self.leave_some(fuller) } else { fuller };
        }
        (self.index, self.offset) = if cut.end == self.obus[cut.last].len() {
            (cut.last + 1, 0)
        } else {
            (cut.last, cut.end)
        };
        Some(cut)
    }
}

/// Makes payloads; the headers of a frame's packets share one allocation.
struct Assembler<'a> {
    data: &'a Bytes,
    obus: &'a [SentObu],
    heads: BytesMut,
    scratch: Vec<u8>,
}

impl<'a> Assembler<'a> {
    /// For `packets` packets of the frame `obus`.
    fn new(data: &'a Bytes, obus: &'a [SentObu], packets: usize) -> Self {
        const LENGTH_AND_HEADER: usize = 3 + 2;
        let most = packets * AggregationHeader::LEN + (packets + obus.len()) * LENGTH_AND_HEADER;
        Self { data, obus, heads: BytesMut::with_capacity(most), scratch: Vec::with_capacity(8) }
    }

    /// The payload of one packet as a chain.
    fn assemble(
        &mut self,
        cut: Cut,
        new_sequence: bool,
    ) -> Result<([Bytes; 2], Vec<Bytes>), RtpError> {
        let count = cut.last - cut.first + 1;
        let counted = if count <= MAX_COUNTED { count as u8 } else { 0 };
        let header = AggregationHeader {
            continues_previous: cut.offset > 0,
            continues_in_next: cut.end < self.obus[cut.last].len(),
            element_count: counted,
            new_sequence,
        };
        self.scratch.push(header.to_byte());
        let mut first = [Bytes::new(), Bytes::new()];
        let mut further = Vec::with_capacity(2 * (count - 1));
        for index in cut.first..=cut.last {
            let obu = &self.obus[index];
            let start = if index == cut.first { cut.offset } else { 0 };
            let end = if index == cut.last { cut.end } else { obu.len() };
            if counted == 0 || index < cut.last {
                leb128::write(element_length(end - start), &mut self.scratch);
            }
            let header_len = obu.header.len();
            if start == 0 {
                let offset = obu.payload.start;
                let written = obu.header.write(&mut self.scratch);
                written.map_err(|source| RtpError::Obu { offset, source })?;
            }
            self.heads.extend_from_slice(&self.scratch);
            self.scratch.clear();
            // A cut never falls within an OBU header.
            let body_start = obu.payload.start + start.saturating_sub(header_len);
            let body_end = obu.payload.start + end - header_len;
            let pieces = [self.heads.split().freeze(), self.data.slice(body_start..body_end)];
            if index == cut.first {
                first = pieces;
            } else {
                further.extend(pieces);
            }
        }
        Ok((first, further))
    }
}

/// An element's length as its length field holds it; a payload is never over 65,535 bytes.
fn element_length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Bytes of the length field of an element of `len` bytes.
fn length_bytes(len: usize) -> usize {
    leb128::encoded_len(element_length(len))
}

/// The longest element that fits `room` bytes together with its length field.
fn largest_sized(room: usize) -> usize {
    (1..=3)
        .map(|field| room.saturating_sub(field).min((1 << (7 * field)) - 1))
        .max()
        .unwrap_or_default()
}
