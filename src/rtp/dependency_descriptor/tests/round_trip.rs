//! Any structure and any frame, written and read; any bytes, read.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn dtis(targets: usize) -> impl Strategy<Value = Vec<DecodeTargetIndication>> {
    vec((0u8..4).prop_map(DecodeTargetIndication::from_bits), targets)
}

/// What templates are made of: a step to the next layer, indications, differences, chains.
type Parts = (u8, Vec<DecodeTargetIndication>, Vec<u16>, Vec<u8>);

fn structure() -> impl Strategy<Value = DependencyStructure> {
    (prop_oneof![1usize..5, Just(32)], 0usize..5, prop_oneof![1usize..10, Just(64)], 0u8..64)
        .prop_flat_map(|(targets, chains, templates, offset)| {
            let chains = chains.min(targets);
            let template = (
                prop_oneof![6 => Just(0u8), 3 => Just(1), 1 => Just(2)],
                dtis(targets),
                vec(1u16..=16, 0..4),
                vec(0u8..=15, chains),
            );
            let protected_by = vec(0..chains.max(1) as u8, if chains > 0 { targets } else { 0 });
            let sizes = vec((1u32..=65_536, 1u32..=65_536), 4);
            (vec(template, templates), protected_by, Just(offset), proptest::option::of(sizes))
        })
        .prop_map(|(parts, protected_by, offset, sizes)| build(parts, &protected_by, offset, sizes))
}

fn build(
    parts: Vec<Parts>,
    protected_by: &[u8],
    offset: u8,
    sizes: Option<Vec<(u32, u32)>>,
) -> DependencyStructure {
    let mut layer = LayerId::default();
    let mut templates = Vec::new();
    for (index, (step, dtis, fdiffs, chains)) in parts.into_iter().enumerate() {
        match step {
            1 if index > 0 && layer.temporal_id < MAX_TEMPORAL_ID => layer.temporal_id += 1,
            2 if index > 0 && layer.spatial_id < MAX_SPATIAL_ID => {
                layer = LayerId { temporal_id: 0, spatial_id: layer.spatial_id + 1 };
            }
            _ => {}
        }
        templates.push(FrameDependencies::new(layer, &dtis, &fdiffs, &chains).unwrap());
    }
    let structure = DependencyStructure::new(templates, protected_by).unwrap();
    let structure = structure.with_template_id_offset(offset);
    let Some(sizes) = sizes else { return structure };
    let spatial = usize::from(structure.max_spatial_id()) + 1;
    let sizes = sizes[..spatial].iter().map(|&(width, height)| RenderResolution { width, height });
    structure.with_resolutions(sizes.collect()).unwrap()
}

/// A frame of one of the structure's layers, by its template or with parts of its own.
fn frame(structure: DependencyStructure) -> impl Strategy<Value = FrameDependencies> {
    let (targets, chains) = (structure.decode_targets(), structure.chains());
    let templates = structure.templates().to_vec();
    (
        proptest::sample::select(templates),
        proptest::option::of(dtis(targets)),
        proptest::option::of(vec(prop_oneof![1u16..=16, 1u16..=256, 1u16..=4096], 0..=MAX_FDIFFS)),
        proptest::option::of(vec(any::<u8>(), chains)),
    )
        .prop_map(|(template, dtis, fdiffs, chains)| {
            FrameDependencies::new(
                template.layer(),
                dtis.as_deref().unwrap_or(&template.dtis),
                fdiffs.as_deref().unwrap_or(&template.fdiffs),
                chains.as_deref().unwrap_or(&template.chain_fdiffs),
            )
            .unwrap()
        })
}

fn descriptors() -> impl Strategy<Value = Vec<DependencyDescriptor>> {
    structure().prop_flat_map(|structure| {
        let one = (
            any::<(bool, bool, u16)>(),
            frame(structure.clone()),
            proptest::option::of(any::<u32>()),
        );
        (Just(Arc::new(structure)), vec((one, any::<bool>()), 1..8)).prop_map(
            |(structure, frames)| {
                let mut first = true;
                frames
                    .into_iter()
                    .map(|(((start, end, number), frame, mask), again)| {
                        let mut descriptor = DependencyDescriptor::new(number, frame);
                        (descriptor.start_of_frame, descriptor.end_of_frame) = (start, end);
                        let all = structure.all_decode_targets();
                        descriptor.active_decode_targets = mask.map(|mask| mask & all);
                        if std::mem::take(&mut first) || again {
                            descriptor.structure = Some(Arc::clone(&structure));
                            descriptor.active_decode_targets.get_or_insert(all);
                        }
                        let spatial = usize::from(frame.spatial_id);
                        descriptor.resolution = structure.resolutions().get(spatial).copied();
                        descriptor
                    })
                    .collect()
            },
        )
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(descriptors in descriptors()) {
        let (mut writer, mut reader) = (DescriptorWriter::new(), DescriptorReader::new());
        for descriptor in descriptors {
            match writer.write(&descriptor) {
                Ok(bytes) => {
                    prop_assert_eq!(&reader.read(&bytes).unwrap(), &descriptor);
                    // Zeros behind it are ignored, if they do not look like more.
                    if bytes.len() > 3 && bytes.len() < 255 {
                        let padded = [&bytes[..], &[0]].concat();
                        prop_assert_eq!(&reader.read(&padded).unwrap(), &descriptor);
                    }
                    for cut in 3..bytes.len() {
                        // Cut short it is refused, or it is a shorter one that says less.
                        let mut reader = DescriptorReader::new();
                        let _ = reader.read(&bytes[..cut]);
                    }
                }
                Err(error) => {
                    prop_assert!(matches!(error, DescriptorError::Length(256..)), "{}", error);
                    return Ok(());
                }
            }
        }
    }

    #[test]
    fn any_bytes(data in vec(any::<u8>(), 0..1500)) {
        crate::tests::fuzzing::dependency_descriptor(&data);
    }

    /// Bytes that start as a structure does.
    #[test]
    fn plausible_bytes(descriptors in descriptors(), flips in vec((0usize..2000, 0u8..8), 0..4)) {
        let mut writer = DescriptorWriter::new();
        let mut data = Vec::new();
        for descriptor in descriptors {
            let Ok(bytes) = writer.write(&descriptor) else { continue };
            data.push(bytes.len() as u8);
            data.extend_from_slice(&bytes);
        }
        for (at, bit) in flips {
            if let Some(byte) = data.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        crate::tests::fuzzing::dependency_descriptor(&data);
    }
}

#[test]
fn structures_that_there_are_not() {
    use DecodeTargetIndication::Switch;
    let frame = |temporal_id, targets: usize, fdiffs: &[u16], chains: &[u8]| {
        FrameDependencies::new(temporal(temporal_id), &vec![Switch; targets], fdiffs, chains)
    };
    let limit = |what, value, min, max| Err(DescriptorError::Limit { what, value, min, max });
    assert_eq!(frame(8, 1, &[], &[]).map(drop), limit("temporal id", 8, 0, 7));
    assert_eq!(frame(0, 33, &[], &[]).map(drop), limit("decode targets", 33, 0, 32));
    assert_eq!(frame(0, 0, &[], &[]).map(drop), limit("decode targets", 0, 1, 32));
    assert_eq!(frame(0, 1, &[], &[0, 0]).map(drop), limit("chains", 2, 0, 1));
    assert_eq!(frame(0, 1, &[0], &[]).map(drop), limit("fdiff", 0, 1, 4096));
    assert_eq!(frame(0, 1, &[4097], &[]).map(drop), limit("fdiff", 4097, 1, 4096));
    assert_eq!(frame(0, 1, &[1; 17], &[]).map(drop), limit("fdiffs", 17, 0, 16));
    let base = frame(0, 2, &[1], &[1]).unwrap();
    let new = |templates: &[FrameDependencies], by: &[u8]| {
        DependencyStructure::new(templates.to_vec(), by).map(drop)
    };
    assert_eq!(new(&[base; 64], &[0, 0]), Ok(()));
    assert_eq!(new(&[base; 65], &[0, 0]), limit("templates", 65, 1, 64));
    assert_eq!(new(&[], &[]), limit("templates", 0, 1, 64));
    assert_eq!(new(&[base], &[0, 1]), limit("chain", 1, 0, 0));
    let mismatch = |what, count, expected| Err(DescriptorError::Mismatch { what, count, expected });
    assert_eq!(new(&[base], &[0]), mismatch("protected targets", 1, 2));
    let other = |fdiffs: &[u16], chains: &[u8], targets| frame(0, targets, fdiffs, chains).unwrap();
    assert_eq!(new(&[base, other(&[1], &[1], 1)], &[0, 0]), mismatch("decode targets", 1, 2));
    assert_eq!(new(&[base, other(&[1], &[], 2)], &[0, 0]), mismatch("chains", 0, 1));
    assert_eq!(new(&[other(&[17], &[1], 2)], &[0, 0]), limit("fdiff of a template", 17, 1, 16));
    assert_eq!(
        new(&[other(&[1], &[16], 2)], &[0, 0]),
        limit("chain fdiff of a template", 16, 0, 15)
    );
    let higher = frame(2, 2, &[1], &[1]).unwrap();
    assert_eq!(new(&[base, higher], &[0, 0]), Err(DescriptorError::TemplateOrder { index: 1 }));
    assert_eq!(new(&[higher], &[0, 0]), Err(DescriptorError::TemplateOrder { index: 0 }));
    let structure = DependencyStructure::new(vec![base], &[0, 0]).unwrap();
    let sized = |width, height| {
        structure.clone().with_resolutions(vec![RenderResolution { width, height }]).map(drop)
    };
    assert_eq!(sized(65_536, 1), Ok(()));
    assert_eq!(sized(65_537, 1), limit("render width", 65_537, 1, 65_536));
    assert_eq!(sized(1, 0), limit("render height", 0, 1, 65_536));
    assert_eq!(structure.with_resolutions(vec![]).map(drop), mismatch("resolutions", 0, 1));
}

#[test]
fn bytes_that_are_no_descriptor() {
    let mut reader = DescriptorReader::new();
    for len in [0, 2, 256] {
        assert_eq!(reader.read(&vec![0; len]), Err(DescriptorError::Length(len)));
    }
    let missing = DescriptorError::StructureMissing { template_id: 5 };
    assert_eq!(reader.read(&[5, 0, 0]), Err(missing));
    // A structure whose layers never end, and one with 9 temporal layers: next_layer_idc 0 and 1.
    let mut endless = vec![0x80, 0, 0, 0x80, 0];
    endless.resize(255, 0);
    let limit = |what, value, min, max| Err(DescriptorError::Limit { what, value, min, max });
    assert_eq!(reader.read(&endless), limit("templates", 65, 1, 64));
    endless[5..].fill(0x55);
    assert_eq!(reader.read(&endless), limit("temporal id", 8, 0, 7));
    endless[5..].fill(0xaa);
    assert_eq!(reader.read(&endless), limit("spatial id", 4, 0, 3));
    // fdiff_follows_flag that is never 0.
    endless[5..].fill(0xff);
    assert_eq!(reader.read(&endless), limit("fdiffs", 17, 0, 16));
    assert!(reader.structure().is_none());
    assert!(matches!(reader.read(&endless[..9]), Err(DescriptorError::CutShort { .. })));
}

/// Packets around a change of structure that overtake each other.
#[test]
fn the_structure_before_is_remembered() {
    let modes = [ScalabilityMode::L1T1, ScalabilityMode::L1T3, ScalabilityMode::L1T2];
    let mut describer =
        FrameDescriber::with_first_number(DependencyStructure::of_mode(modes[0]), 65_530);
    let mut packets = Vec::new();
    for (place, mode) in modes.into_iter().enumerate() {
        describer.set_structure(DependencyStructure::of_mode(mode));
        for (id, temporal_id, dependencies) in pattern(mode, 8 * place as u64, 8) {
            let sent = SentFrame::new(id, &dependencies, temporal(temporal_id));
            packets.push(describer.describe(&sent).unwrap());
        }
    }
    let mut reader = DescriptorReader::new();
    let mut read = |index: usize| {
        let read = reader.read(&packets[index].bytes(true, true));
        if let Ok(read) = &read {
            assert_eq!(read.dependencies, packets[index].descriptor().dependencies);
        }
        read.map(|_| reader.structure().unwrap().decode_targets())
    };
    for (index, targets) in [
        (0, Ok(1)),
        (1, Ok(1)),
        (9, Err(DescriptorError::Template { template_id: 5, offset: 0, count: 2 })),
        (8, Ok(3)),
        (7, Ok(3)),
        // The first key frame once more, as of a retransmission: it is no news.
        (0, Ok(3)),
        (9, Ok(3)),
        (16, Ok(2)),
        (15, Ok(2)),
        (8, Ok(2)),
        (17, Ok(2)),
        (14, Ok(2)),
    ] {
        assert_eq!(read(index), targets, "{index}");
    }
}
