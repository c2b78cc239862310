//! What senders say, and the properties that every receiver counts on.

use std::collections::BTreeMap;

use super::*;
use crate::LayerId;

/// All packets of a frame as one: bytes of the first and of another, and what they say.
fn describe(
    describer: &mut FrameDescriber,
    reader: &mut DescriptorReader,
    frame: &SentFrame<'_>,
) -> DependencyDescriptor {
    let described = describer.describe(frame).unwrap();
    let first = reader.read(&described.bytes(true, false)).unwrap();
    assert!(first.start_of_frame && !first.end_of_frame);
    let last = reader.read(&described.bytes(false, true)).unwrap();
    assert!(!last.start_of_frame && last.end_of_frame);
    assert_eq!((last.frame_number, &last.dependencies), (first.frame_number, &first.dependencies));
    assert_eq!(described.bytes(true, true).len(), described.first_len());
    assert_eq!(described.bytes(false, false).len(), described.other_len());
    assert!(described.other_len() <= described.first_len());
    assert_eq!(first.dependencies, described.descriptor().dependencies);
    first
}

/// The properties that libwebrtc's tests state of its scalability modes.
#[test]
fn every_mode_keeps_the_properties() {
    for &mode in ScalabilityMode::ALL {
        for structure in [DependencyStructure::of_mode(mode), DependencyStructure::up_to_mode(mode)]
        {
            let mut describer = FrameDescriber::with_first_number(structure.clone(), 65_500);
            let mut reader = DescriptorReader::new();
            let mut frames: BTreeMap<u64, FrameDependencies> = BTreeMap::new();
            let mut chain_end = None;
            for (id, temporal_id, dependencies) in pattern(mode, 0, 200) {
                let sent = SentFrame::new(id, &dependencies, temporal(temporal_id));
                let read = describe(&mut describer, &mut reader, &sent);
                let frame = read.dependencies;
                assert_eq!(read.frame_number, 65_500_u16.wrapping_add(id as u16));
                assert_eq!(read.structure.is_some(), id == 0);
                // A perfect template for every frame: 3 bytes.
                assert!(structure.templates().contains(&frame), "{mode} {id} {frame:?}");
                let bytes = describer.clone().describe(&SentFrame { id: id + 1, ..sent });
                assert!(id == 0 || bytes.is_ok());
                let distances: Vec<u64> = frame.fdiffs.iter().map(|&d| id - u64::from(d)).collect();
                assert_eq!(distances, dependencies);
                for target in 0..structure.decode_targets() {
                    let dti = frame.dtis[target];
                    assert_eq!(frame.belongs_to(target), usize::from(temporal_id) <= target);
                    for reference in &dependencies {
                        let referred = &frames[reference];
                        assert!(referred.temporal_id <= frame.temporal_id);
                        if frame.belongs_to(target) {
                            assert!(
                                !matches!(
                                    referred.dtis[target],
                                    DecodeTargetIndication::NotPresent
                                        | DecodeTargetIndication::Discardable
                                ),
                                "{mode} {id}: {target} refers to {reference}"
                            );
                        }
                        // Nothing refers past a switch point.
                        let passed = frames.range(reference + 1..).find(|(between, passed)| {
                            passed.dtis[target] == DecodeTargetIndication::Switch
                                && !ancestors(&frames, **between).contains(reference)
                        });
                        assert!(
                            !frame.belongs_to(target) || passed.is_none(),
                            "{mode} {id} {passed:?}"
                        );
                    }
                    assert!(dti != DecodeTargetIndication::Required);
                }
                let expected = chain_end.map_or(0, |end| id - end);
                assert_eq!(u64::from(frame.chain_fdiffs[0]), expected);
                if temporal_id == 0 {
                    chain_end = Some(id);
                }
                frames.insert(id, frame);
            }
        }
    }
}

fn ancestors(frames: &BTreeMap<u64, FrameDependencies>, id: u64) -> Vec<u64> {
    let (mut found, mut open) = (vec![], vec![id]);
    while let Some(id) = open.pop() {
        for &fdiff in &*frames[&id].fdiffs {
            found.push(id - u64::from(fdiff));
            open.push(id - u64::from(fdiff));
        }
    }
    found
}

/// A frame that refers to many takes no more bytes where one of them implies the others.
#[test]
fn implied_dependencies_are_left_out() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T1));
    let mut reader = DescriptorReader::new();
    let base = LayerId::default();
    let all = [&[][..], &[0], &[0, 1], &[0, 1, 2], &[0, 2, 3], &[0, 3, 4]];
    for (id, dependencies) in (0..).zip(all) {
        let described = describer.describe(&SentFrame::new(id, dependencies, base)).unwrap();
        let read = reader.read(&described.bytes(true, true)).unwrap();
        let expected: &[u16] = if id == 0 { &[] } else { &[1] };
        assert_eq!(read.dependencies.fdiffs[..], *expected, "{id}");
        assert!(id == 0 || described.first_len() == 3);
    }
    // Frame 6 passes over 4 and 5, which do not come from it; frame 7 needs both branches.
    let described = describer.describe(&SentFrame::new(6, &[0, 3], base)).unwrap();
    assert_eq!(described.descriptor().dependencies.fdiffs[..], [3]);
    let described = describer.describe(&SentFrame::new(7, &[0, 3, 5, 6], base)).unwrap();
    assert_eq!(described.descriptor().dependencies.fdiffs[..], [1, 2]);
}

/// What was said long ago is not remembered, and so said again.
#[test]
fn far_dependencies_are_told() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T1));
    let base = LayerId::default();
    describer.describe(&SentFrame::new(0, &[], base)).unwrap();
    for id in 1..600 {
        describer.describe(&SentFrame::new(id, &[id - 1], base)).unwrap();
    }
    let described = describer.describe(&SentFrame::new(600, &[1, 500, 599], base)).unwrap();
    assert_eq!(described.descriptor().dependencies.fdiffs[..], [1, 599]);
    assert_eq!(described.descriptor().dependencies.chain_fdiffs[..], [1]);
}

/// A recovery frame leaves the templates: it starts the chain anew, and those after it go on in the
/// templates.
#[test]
fn a_recovery_frame_starts_the_chain_anew() {
    let mode = ScalabilityMode::L1T3;
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(mode));
    let mut reader = DescriptorReader::new();
    for (id, temporal_id, dependencies) in pattern(mode, 0, 21) {
        let sent = SentFrame::new(id, &dependencies, temporal(temporal_id));
        describe(&mut describer, &mut reader, &sent);
    }
    // 16 and 20 were lost: 21 is of layer 0, out of turn, and comes from 12.
    let read = describe(&mut describer, &mut reader, &SentFrame::new(21, &[12], temporal(0)));
    assert_eq!(
        (&read.dependencies.fdiffs[..], &read.dependencies.chain_fdiffs[..]),
        (&[9][..], &[0][..])
    );
    assert_eq!(symbols(&read.dependencies), "SSS");
    let lengths = describer.clone();
    for (id, temporal_id, reference, chain) in
        [(22, 2, 21, 1), (23, 1, 21, 2), (24, 2, 23, 3), (25, 0, 21, 4)]
    {
        let sent = SentFrame::new(id, std::slice::from_ref(&reference), temporal(temporal_id));
        let read = describe(&mut describer, &mut reader, &sent);
        assert_eq!(read.dependencies.chain_fdiffs[..], [chain], "{id}");
    }
    let mut again = lengths;
    let custom = again.describe(&SentFrame::new(22, &[12], temporal(0))).unwrap();
    // 24 + 5 bits, and 2 + 4 + 2 for the difference: the chain is that of the key template.
    assert_eq!(custom.other_len(), 5);
    let matching = again.describe(&SentFrame::new(23, &[22], temporal(2))).unwrap();
    assert_eq!(matching.other_len(), 3);
}

#[test]
fn a_frame_that_is_no_switch_point() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T3));
    let mut reader = DescriptorReader::new();
    describe(&mut describer, &mut reader, &SentFrame::new(0, &[], temporal(0)));
    for (id, temporal_id, expected) in [(1, 2, "--D"), (2, 1, "-DR"), (4, 0, "SRR")] {
        let sent =
            SentFrame { switch_point: false, ..SentFrame::new(id, &[0], temporal(temporal_id)) };
        let read = describe(&mut describer, &mut reader, &sent);
        assert_eq!(symbols(&read.dependencies), expected);
    }
    // All were part of the chain that are so in the templates.
    let read = describe(&mut describer, &mut reader, &SentFrame::new(8, &[4], temporal(0)));
    assert_eq!(read.dependencies.chain_fdiffs[..], [4]);
}

/// A.4: the mask is told with every frame until one of each active chain had it.
#[test]
fn active_decode_targets_are_told_until_the_chain_has_them() {
    let mode = ScalabilityMode::L1T3;
    let mut describer = FrameDescriber::new(DependencyStructure::up_to_mode(mode));
    let mut reader = DescriptorReader::new();
    let told = |describer: &mut FrameDescriber,
                reader: &mut DescriptorReader,
                id,
                temporal_id,
                reference| {
        let sent = SentFrame::new(id, std::slice::from_ref(&reference), temporal(temporal_id));
        describe(describer, reader, &sent).active_decode_targets
    };
    let key = describe(&mut describer, &mut reader, &SentFrame::new(0, &[], temporal(0)));
    assert_eq!(key.active_decode_targets, Some(0b111));
    assert_eq!(reader.active_decode_targets(), 0b111);
    assert_eq!(told(&mut describer, &mut reader, 1, 2, 0), None);
    describer.set_active_decode_targets(0b11).unwrap();
    assert_eq!(told(&mut describer, &mut reader, 2, 1, 0), Some(0b11));
    assert_eq!(told(&mut describer, &mut reader, 3, 1, 2), Some(0b11));
    assert_eq!(told(&mut describer, &mut reader, 4, 0, 0), Some(0b11), "the chain has it now");
    assert_eq!(reader.active_decode_targets(), 0b11);
    describer.set_active_decode_targets(0b11).unwrap();
    assert_eq!(told(&mut describer, &mut reader, 5, 1, 4), None, "nothing has changed");
    assert_eq!(told(&mut describer, &mut reader, 6, 0, 4), None);
    // One layer, in the same structure.
    describer.set_active_decode_targets(0b1).unwrap();
    assert_eq!(told(&mut describer, &mut reader, 7, 0, 6), Some(0b1));
    assert_eq!(told(&mut describer, &mut reader, 8, 0, 7), None);
    // The next key frame has to say it again.
    let key = describe(&mut describer, &mut reader, &SentFrame::new(9, &[], temporal(0)));
    assert_eq!((key.active_decode_targets, reader.active_decode_targets()), (Some(1), 1));
    for mask in [0, 0b1000, u32::MAX] {
        assert!(describer.set_active_decode_targets(mask).is_err());
    }
}

#[test]
fn structures_change_with_key_frames() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T1));
    let mut reader = DescriptorReader::new();
    let mut offset = |describer: &mut FrameDescriber, id| {
        let key = describe(describer, &mut reader, &SentFrame::new(id, &[], temporal(0)));
        let structure = key.structure.expect("a key frame brings it");
        (structure.template_id_offset(), structure.decode_targets())
    };
    assert_eq!(offset(&mut describer, 0), (0, 1));
    // What is as it was keeps its ids, so that a lost key frame leaves them known.
    describer.set_structure(DependencyStructure::of_mode(ScalabilityMode::L1T1));
    assert_eq!(offset(&mut describer, 1), (0, 1));
    describer.set_structure(DependencyStructure::of_mode(ScalabilityMode::L1T3));
    let inter = describer.describe(&SentFrame::new(2, &[1], temporal(0))).unwrap();
    assert_eq!(inter.bytes(true, true)[..], [0xc1, 0, 2], "not before the key frame");
    assert_eq!(offset(&mut describer, 3), (2, 3));
    for (id, mode) in (4..).zip([ScalabilityMode::L1T2, ScalabilityMode::L1T3].repeat(10)) {
        let before = describer.structure().clone();
        describer.set_structure(DependencyStructure::of_mode(mode));
        let expected = (before.template_id_offset() as usize + before.templates().len()) % 64;
        assert_eq!(offset(&mut describer, id).0 as usize, expected);
    }
}

#[test]
fn frames_that_cannot_be_described() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T2));
    let refuse = |describer: &mut FrameDescriber, id, dependencies: &[u64], layer| {
        let before = format!("{describer:?}");
        let error = describer.describe(&SentFrame::new(id, dependencies, layer)).unwrap_err();
        assert_eq!(format!("{describer:?}"), before, "it is as it was");
        error
    };
    describer.describe(&SentFrame::new(10, &[], temporal(0))).unwrap();
    assert_eq!(
        refuse(&mut describer, 10, &[], temporal(0)),
        DescriptorError::FrameOrder { id: 10, last: 10 }
    );
    assert_eq!(
        refuse(&mut describer, 12, &[12], temporal(0)),
        DescriptorError::Dependency { id: 12, dependency: 12 }
    );
    assert_eq!(
        refuse(&mut describer, 12, &[10], temporal(2)),
        DescriptorError::Layer { spatial_id: 0, temporal_id: 2 }
    );
    let limit = |what, value, min, max| DescriptorError::Limit { what, value, min, max };
    assert_eq!(refuse(&mut describer, 4107, &[10], temporal(0)), limit("fdiff", 4097, 1, 4096));
    assert_eq!(refuse(&mut describer, 266, &[10], temporal(0)), limit("chain fdiff", 256, 0, 255));
    assert!(describer.describe(&SentFrame::new(265, &[10], temporal(0))).is_ok());
    let many: Vec<u64> = (500..517).collect();
    assert_eq!(refuse(&mut describer, 600, &many, temporal(0)), limit("fdiffs", 17, 0, 16));
}

#[test]
fn structures_of_modes() {
    for &mode in ScalabilityMode::ALL {
        let structure = DependencyStructure::of_mode(mode);
        assert_eq!(structure.decode_targets(), usize::from(mode.temporal_layers()));
        let changeable = DependencyStructure::up_to_mode(mode);
        let fewer =
            ScalabilityMode::ALL.iter().filter(|m| m.temporal_layers() <= mode.temporal_layers());
        for &fewer in fewer {
            for template in DependencyStructure::of_mode(fewer).templates() {
                let found = changeable.templates().iter().any(|other| {
                    (other.temporal_id, &other.fdiffs, &other.chain_fdiffs)
                        == (template.temporal_id, &template.fdiffs, &template.chain_fdiffs)
                });
                assert!(found, "{mode} {fewer} {template:?}");
            }
        }
    }
}
