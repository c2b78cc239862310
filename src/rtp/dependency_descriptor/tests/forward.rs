//! What comes out of a forwarder can be decoded, and is as much as was asked for.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Sends `frames` of two packets each through a forwarder; `wanted` is asked for its layer before
/// each. Gives the ids of the frames forwarded, and how long it took to get what was wanted.
fn run(
    structure: DependencyStructure,
    frames: &[(u64, u8, Vec<u64>)],
    mut wanted: impl FnMut(u64) -> u8,
) -> BTreeSet<u64> {
    let mut describer = FrameDescriber::with_first_number(structure, 65_000);
    let mut forwarder = Forwarder::new(temporal(wanted(0)));
    let mut receiver = DescriptorReader::new();
    let mut forwarded = BTreeSet::new();
    for (id, temporal_id, dependencies) in frames {
        forwarder.set_highest_layer(temporal(wanted(*id)));
        let sent = SentFrame::new(*id, dependencies, temporal(*temporal_id));
        let described = describer.describe(&sent).unwrap();
        for (first, last) in [(true, false), (false, true)] {
            let packet = forwarder.packet(&described.bytes(first, last)).unwrap();
            if let Some(packet) = packet {
                let read = receiver.read(&packet.descriptor).unwrap();
                assert_eq!(read.dependencies, described.descriptor().dependencies);
                assert_eq!((read.start_of_frame, read.end_of_frame), (first, last));
                assert_eq!(packet.end_of_picture, last);
                assert_eq!(packet.missing_frame, None);
                // The receiver knows what is left of the stream.
                let target = forwarder.decode_target().unwrap();
                assert_eq!(receiver.active_decode_targets(), (1 << (target + 1)) - 1);
                forwarded.insert(*id);
            } else {
                assert!(!forwarded.contains(id), "all packets of a frame or none");
            }
        }
        if forwarded.contains(id) {
            assert!(dependencies.iter().all(|reference| forwarded.contains(reference)), "{id}");
        }
    }
    forwarded
}

#[test]
fn decode_targets_of_every_mode() {
    for &mode in ScalabilityMode::ALL {
        let frames = pattern(mode, 0, 64);
        for highest in 0..3 {
            let forwarded = run(DependencyStructure::of_mode(mode), &frames, |_| highest);
            let expected = frames.iter().filter(|(_, temporal_id, _)| *temporal_id <= highest);
            assert_eq!(forwarded, expected.map(|(id, ..)| *id).collect(), "{mode} {highest}");
        }
    }
}

#[test]
fn fewer_layers_at_once_and_more_as_soon_as_they_decode() {
    let frames = pattern(ScalabilityMode::L1T3, 0, 40);
    // Down before frame 10, of layer 1; up before 21, of layer 2, whose reference was forwarded.
    let wanted = |id| if (10..21).contains(&id) { 0 } else { 2 };
    let forwarded = run(DependencyStructure::of_mode(ScalabilityMode::L1T3), &frames, wanted);
    let left_out: Vec<u64> = (0..40).filter(|id| !forwarded.contains(id)).collect();
    assert_eq!(left_out, [10, 11, 13, 14, 15, 17, 18, 19]);
    // Up before 23, whose reference 22 was left out: 23 cannot be decoded.
    let wanted = |id| if (10..23).contains(&id) { 0 } else { 2 };
    let forwarded = run(DependencyStructure::of_mode(ScalabilityMode::L1T3), &frames, wanted);
    let left_out: Vec<u64> = (0..40).filter(|id| !forwarded.contains(id)).collect();
    assert_eq!(left_out, [10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23]);
}

proptest! {
    /// Any changes of mind, over wraps of the frame number: what is forwarded can be decoded, and
    /// three frames after a change it is what was asked for.
    #[test]
    fn any_switching(
        mode in proptest::sample::select(ScalabilityMode::ALL.to_vec()),
        changes in vec((0u64..1200, 0u8..3), 0..30),
        keys in vec(1u64..1200, 0..3),
    ) {
        let mut frames = Vec::new();
        let mut starts: Vec<u64> = keys.iter().copied().chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        for (index, &start) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(1200);
            frames.extend(pattern(mode, start, end - start));
        }
        let wanted = |id: u64| {
            changes.iter().filter(|(at, _)| *at <= id).max_by_key(|(at, _)| *at).map_or(2, |c| c.1)
        };
        let forwarded = run(DependencyStructure::of_mode(mode), &frames, wanted);
        for (id, temporal_id, _) in &frames {
            let lately: BTreeSet<u8> = (id.saturating_sub(4)..=*id).map(wanted).collect();
            if lately.len() == 1 {
                prop_assert_eq!(forwarded.contains(id), *temporal_id <= wanted(*id), "{}", id);
            }
        }
    }
}

/// One joins in the middle: nothing goes out before a key frame.
#[test]
fn it_begins_with_a_key_frame() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T1));
    let mut sent = |id, dependencies: &[u64]| {
        describer.describe(&SentFrame::new(id, dependencies, temporal(0))).unwrap()
    };
    let first = sent(0, &[]);
    let frames = [sent(1, &[0]), sent(2, &[1]), sent(3, &[]), sent(4, &[3])];
    let mut forwarder = Forwarder::new(temporal(0));
    let error = forwarder.packet(&frames[0].bytes(true, true)).unwrap_err();
    assert_eq!(error, DescriptorError::StructureMissing { template_id: 1 });
    assert!(forwarder.is_waiting() && forwarder.decode_target().is_none());
    for (index, expected) in [(2, true), (3, true), (1, false)] {
        let packet = forwarder.packet(&frames[index].bytes(true, true)).unwrap();
        assert_eq!(packet.is_some(), expected, "{index}");
    }
    assert!(!forwarder.is_waiting());
    drop(first);
}

/// A frame of the chain that never came is told of; others are not.
#[test]
fn a_broken_chain_is_told() {
    let mode = ScalabilityMode::L1T3;
    let mut describer =
        FrameDescriber::with_first_number(DependencyStructure::of_mode(mode), 65_530);
    let mut forwarder = Forwarder::new(temporal(2));
    for (id, temporal_id, dependencies) in pattern(mode, 0, 20) {
        let sent = SentFrame::new(id, &dependencies, temporal(temporal_id));
        let bytes = describer.describe(&sent).unwrap().bytes(true, true);
        // 3 is of layer 2, 6 of layer 1, 12 of layer 0.
        if matches!(id, 3 | 6 | 12) {
            continue;
        }
        let packet = forwarder.packet(&bytes).unwrap().expect("what is lost may still come");
        let expected = (13..=16).contains(&id).then_some(65_530_u16.wrapping_add(12));
        assert_eq!(packet.missing_frame, expected, "{id}");
    }
}

/// The stream itself loses its upper layers: the receiver is told, and what is left goes on.
#[test]
fn layers_that_are_not_produced_any_more() {
    let mut describer = FrameDescriber::new(DependencyStructure::up_to_mode(ScalabilityMode::L1T3));
    let mut forwarder = Forwarder::new(temporal(2));
    let mut receiver = DescriptorReader::new();
    let mut send = |describer: &mut FrameDescriber, id, reference: Option<u64>, temporal_id| {
        let reference = reference.as_slice();
        let described = describer.describe(&SentFrame::new(id, reference, temporal(temporal_id)));
        let packet = forwarder.packet(&described.unwrap().bytes(true, true)).unwrap().unwrap();
        receiver.read(&packet.descriptor).unwrap();
        (forwarder.decode_target(), receiver.active_decode_targets())
    };
    assert_eq!(send(&mut describer, 0, None, 0), (Some(2), 0b111));
    assert_eq!(send(&mut describer, 1, Some(0), 2), (Some(2), 0b111));
    describer.set_active_decode_targets(0b1).unwrap();
    assert_eq!(send(&mut describer, 2, Some(0), 0), (Some(0), 0b1));
    assert_eq!(send(&mut describer, 3, Some(2), 0), (Some(0), 0b1));
    describer.set_active_decode_targets(0b111).unwrap();
    assert_eq!(send(&mut describer, 4, Some(3), 0), (Some(2), 0b111));
}

/// A frame that was seen comes once more with a structure of fewer targets.
#[test]
fn a_late_structure_takes_no_target_out_of_range() {
    crate::tests::fuzzing::dependency_descriptor(&[
        0x10, 0x80, 0x01, 0x2f, 0x80, 0x02, 0x14, 0xea, 0xa8, 0x60, 0x41, 0x4d, 0x14, 0x10, 0x20,
        0x84, 0x26, 0x03, 0xc3, 0x01, 0x30, 0x03, 0xc2, 0x01, 0x30, 0x03, 0xc4, 0x01, 0x32, 0x10,
        0x80, 0x01, 0x2f, 0x80, 0x00, 0x00, 0x03, 0xc1, 0x00, 0x01, 0x60, 0x41, 0x01, 0x33, 0x14,
        0x10, 0x20, 0x0a,
    ]);
}
