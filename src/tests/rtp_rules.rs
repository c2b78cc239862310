//! What holds for every packetized temporal unit, checked against the bytes on the wire.

use bytes::Bytes;

use crate::av1::obu::{Obu, ObuHeader, ObuType, Obus, write_obu};
use crate::rtp::{Elements, PacketLimits, Payload};

/// A temporal delimiter with its size field.
pub(super) const DELIMITER: [u8; 2] = [0x12, 0x00];

fn is_dropped(obu_type: ObuType) -> bool {
    matches!(obu_type, ObuType::TemporalDelimiter | ObuType::TileList | ObuType::Padding)
}

/// What arrives of a temporal unit: a delimiter, and the OBUs that are transmitted, with sizes.
pub(super) fn as_received(unit: &[u8]) -> Vec<u8> {
    let mut out = DELIMITER.to_vec();
    for obu in Obus::new(unit).map(|obu| obu.expect("the unit is well-formed")) {
        if !is_dropped(obu.header.obu_type) {
            let header = ObuHeader { has_size_field: true, ..obu.header };
            write_obu(&header, obu.payload, &mut out).expect("the header was parsed");
        }
    }
    out
}

/// Whether a sequence header leads, and the first frame is a shown key frame (AV1 specification, 7.5).
fn starts_sequence(sent: &[Obu<'_>]) -> bool {
    use ObuType::{Frame, FrameHeader, RedundantFrameHeader, SequenceHeader, TileGroup};
    let of_frame = |obu: &Obu<'_>| {
        matches!(obu.header.obu_type, Frame | FrameHeader | RedundantFrameHeader | TileGroup)
    };
    let Some(at) = sent.iter().position(of_frame) else { return false };
    let (before, frame) = (&sent[..at], &sent[at]);
    let headers = || before.iter().filter(|obu| obu.header.obu_type == SequenceHeader);
    let (Some(header), Some(first)) = (headers().next_back(), frame.payload.first()) else {
        return false;
    };
    sent[0].header.obu_type == SequenceHeader
        && headers().all(|obu| !obu.payload.is_empty())
        && matches!(frame.header.obu_type, Frame | FrameHeader)
        && frame.header.extension.is_none_or(|layer| layer.temporal_id == 0)
        // show_existing_frame 0, frame_type 0 and show_frame 1, unless the headers are reduced.
        && (header.payload[0] & 0x08 != 0 || first & 0xf0 == 0x10)
}

/// Panics if the payloads break a rule of the format, or are not those of the unit.
pub(super) fn check(unit: &[u8], limits: PacketLimits, payloads: &[Payload]) {
    let sent: Vec<_> = Obus::new(unit)
        .map(|obu| obu.expect("the unit is well-formed"))
        .filter(|obu| !is_dropped(obu.header.obu_type))
        .collect();
    let starts_sequence = starts_sequence(&sent);
    let wire: Vec<Bytes> = payloads.iter().map(Payload::to_bytes).collect();
    let mut obus: Vec<Vec<u8>> = Vec::new();
    let mut unfinished = false;
    for (index, (payload, bytes)) in payloads.iter().zip(&wire).enumerate() {
        assert_eq!(payload.len(), bytes.len());
        let last = index + 1 == payloads.len();
        assert_eq!(payload.marker, last, "the marker is on the last packet only");

        let reduction = match (payload.first_of_frame, payload.last_of_frame) {
            (true, true) => limits.single_reduction,
            (true, false) => limits.first_reduction,
            (false, true) => limits.last_reduction,
            (false, false) => 0,
        };
        assert!(bytes.len() <= limits.max_payload - reduction, "packet {index} is too long");
        assert_eq!(payload.first_of_frame, index == 0 || payloads[index - 1].last_of_frame);

        let (header, elements) = Elements::parse(bytes).expect("the header is legal");
        let elements: Vec<_> = elements.map(|e| bytes.slice(e.expect("legal element"))).collect();
        assert_eq!(header.new_sequence(), starts_sequence && index == 0);
        assert_eq!(header.new_sequence(), payload.new_sequence);
        assert_eq!(header.continues_previous(), unfinished);
        let counted = if elements.len() <= 3 { elements.len() as u8 } else { 0 };
        assert_eq!(header.element_count(), counted);
        assert!(!(payload.last_of_frame && header.continues_in_next()));
        unfinished = header.continues_in_next();

        let mut leads = true;
        for (position, element) in elements.iter().enumerate() {
            if position == 0 && header.continues_previous() {
                let begun = obus.last_mut().expect("something to go on with");
                begun.extend_from_slice(element);
                leads = begun[0] >> 3 & 15 == 1;
                continue;
            }
            let (obu, _) = ObuHeader::parse(element).expect("a header is never split");
            assert!(!obu.has_size_field && !is_dropped(obu.obu_type));
            assert!(obu.extension.is_none() || obu.extension == payload.layer);
            let is_sequence_header = obu.obu_type == ObuType::SequenceHeader;
            assert!(leads || !is_sequence_header);
            leads &= is_sequence_header;
            obus.push(element.to_vec());
        }
    }
    assert!(!unfinished);
    let expected: Vec<_> = sent
        .iter()
        .map(|obu| {
            let mut bytes = Vec::new();
            let header = ObuHeader { has_size_field: false, ..obu.header };
            write_obu(&header, obu.payload, &mut bytes).expect("the header was parsed");
            bytes
        })
        .collect();
    assert!(obus == expected, "the OBUs on the wire are those of the unit");
}
