//! Bytes that other implementations send or keep as examples, with the meaning that they publish:
//! of Chrome (libwebrtc) as kept by the tests of pion and str0m, and of the tests of LiveKit and
//! mediasoup. Read, and written again to the same bytes.

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| *byte != b' ').collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// Spatial and temporal layer, indications, differences and chain differences of every template.
type Template<'a> = (u8, u8, &'a str, &'a [u16], &'a [u8]);

fn check_templates(structure: &DependencyStructure, expected: &[Template<'_>]) {
    let found: Vec<_> = structure
        .templates()
        .iter()
        .map(|t| {
            (t.spatial_id, t.temporal_id, symbols(t), t.fdiffs.to_vec(), t.chain_fdiffs.to_vec())
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|&(s, t, dtis, fdiffs, chains)| {
            (s, t, dtis.to_owned(), fdiffs.to_vec(), chains.to_vec())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn one_layer_of_chrome() {
    let data = bytes("80000180003a410180ef808680");
    let mut reader = DescriptorReader::new();
    let first = reader.read(&data).unwrap();
    assert!(first.start_of_frame && !first.end_of_frame);
    assert_eq!((first.frame_number, first.active_decode_targets), (1, Some(1)));
    let structure = first.structure.as_deref().unwrap();
    assert_eq!((structure.decode_targets(), structure.chains()), (1, 1));
    check_templates(structure, &[(0, 0, "S", &[], &[0]), (0, 0, "S", &[1], &[1])]);
    assert_eq!(structure.template_id_offset(), 0);
    assert_eq!(structure.decode_target_layer(0), LayerId::default());
    assert_eq!(structure.resolutions().len(), 1);
    assert_eq!(first.resolution, Some(structure.resolutions()[0]));
    // It is our L1T1 but for the size of the pictures.
    assert_eq!(
        structure.templates(),
        DependencyStructure::of_mode(ScalabilityMode::L1T1).templates()
    );

    let mut writer = DescriptorWriter::new();
    assert_eq!(writer.write(&first).unwrap(), data);
    let last = reader.read(&bytes("400001")).unwrap();
    assert!(!last.start_of_frame && last.end_of_frame);
    assert_eq!(last.dependencies, first.dependencies);
    assert_eq!(writer.write(&last).unwrap(), bytes("400001"));
}

/// The same sender numbers the templates of each new structure after those of the one before, so
/// that a reader without the offset fails from the second key frame on.
#[test]
fn offsets_of_chrome() {
    let structure = DependencyStructure::of_mode(ScalabilityMode::L1T1);
    let mut reader = DescriptorReader::with_structure(structure.clone());
    assert_eq!(
        reader.read(&bytes("870235")),
        Err(DescriptorError::Template { template_id: 7, offset: 0, count: 2 })
    );
    let moved = std::sync::Arc::new(structure.with_template_id_offset(6));
    let mut writer = DescriptorWriter::with_structure(moved.clone());
    let mut key = DependencyDescriptor::new(0x234, moved.templates()[0]);
    key.structure = Some(moved);
    reader.read(&writer.write(&key).unwrap()).unwrap();
    for (hex, number, start) in [("870235", 0x235, true), ("07023a", 0x23a, false)] {
        let read = reader.read(&bytes(hex)).unwrap();
        assert_eq!((read.frame_number, read.start_of_frame), (number, start));
        assert_eq!((&read.dependencies.fdiffs[..], read.end_of_frame), (&[1][..], false));
        assert_eq!(writer.write(&read).unwrap(), bytes(hex));
    }
}

#[test]
fn three_temporal_layers() {
    let data = bytes("80012f80 0214eaa8 60414d14 10208426");
    let mut reader = DescriptorReader::new();
    let read = reader.read(&data).unwrap();
    assert!(read.start_of_frame && !read.end_of_frame);
    assert_eq!(read.frame_number, 303);
    let structure = read.structure.as_deref().unwrap();
    assert_eq!((structure.decode_targets(), structure.protected_by()), (3, &[0, 0, 0][..]));
    check_templates(
        structure,
        &[
            (0, 0, "SSS", &[], &[0]),
            (0, 0, "SSS", &[4], &[4]),
            (0, 1, "-DS", &[2], &[2]),
            (0, 2, "--D", &[1], &[1]),
            (0, 2, "--D", &[1], &[3]),
        ],
    );
    assert_eq!(*structure, DependencyStructure::of_mode(ScalabilityMode::L1T3));
    for target in 0..3 {
        assert_eq!(structure.decode_target_layer(target), temporal(target as u8));
    }
    assert_eq!(DescriptorWriter::new().write(&read).unwrap(), data);
}

#[test]
fn two_temporal_layers() {
    let data = bytes("8000e880 011ea851 41010c13 fc0b3c");
    let mut reader = DescriptorReader::new();
    let read = reader.read(&data).unwrap();
    assert_eq!(read.frame_number, 232);
    let structure = read.structure.as_deref().unwrap();
    assert_eq!(structure.decode_targets(), 2);
    check_templates(
        structure,
        &[(0, 0, "SS", &[], &[0]), (0, 0, "SS", &[2], &[2]), (0, 1, "-D", &[1], &[1])],
    );
    assert_eq!(DescriptorWriter::new().write(&read).unwrap(), data);

    let next = reader.read(&bytes("0000e8")).unwrap();
    assert_eq!((next.frame_number, next.structure), (232, None));
    assert_eq!(next.dependencies, read.dependencies);
    assert_eq!(next.resolution, read.resolution);
}

/// A.10.1.1: L2T3 with four decode targets and two chains, as the figures and the table of frame 5
/// have it.
#[test]
fn example_of_the_specification() {
    use DecodeTargetIndication::{Discardable, NotPresent, Required, Switch};
    // F5: VGA, temporal layer 1; depends on F1, is part of no chain.
    let layer = temporal(1);
    let frame =
        FrameDependencies::new(layer, &[NotPresent, Discardable, Switch, Required], &[4], &[4, 3]);
    let frame = frame.unwrap();
    assert_eq!(symbols(&frame), "-DSR");
    let base = FrameDependencies::new(temporal(0), &[Switch; 4], &[], &[0, 0]).unwrap();
    let structure = DependencyStructure::new(vec![base, frame], &[1, 0, 0, 1]).unwrap();
    assert!(!structure.is_part_of_chain(&frame, 0) && !structure.is_part_of_chain(&frame, 1));
    assert!(structure.is_part_of_chain(&base, 0) && structure.is_part_of_chain(&base, 1));
    assert!(!structure.is_part_of_chain(&base, 2), "there is none");
    assert_eq!(structure.active_chains(0b0110), 0b01);
    assert_eq!(structure.active_chains(0b1001), 0b10);
    assert_eq!(structure.active_chains(0b1111), 0b11);
    assert_eq!(structure.active_chains(0), 0);
}

#[test]
fn bytes_in_a_packet() {
    // 3 bytes fill a word with id and length; 16 take the last one-byte form.
    for (len, expected) in [(3, 8), (4, 12), (7, 12), (15, 20), (16, 24), (17, 24), (20, 28)] {
        assert_eq!(header_extension_len(len), expected, "{len}");
    }
}
