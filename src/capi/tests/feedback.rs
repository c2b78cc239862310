//! Descriptors, receiver and feedback: a call by the C interface alone, and hostile arguments.

use std::ptr::{null, null_mut};

use super::super::delivery::*;
use super::super::depacketizer::*;
use super::super::depacketizer_types::*;
use super::super::descriptor::*;
use super::super::encoder::*;
use super::super::encoder_types::*;
use super::super::encoder_values::Rtav1AcknowledgedPrediction;
use super::super::packetizer::*;
use super::super::receiver::*;
use super::super::status::Rtav1Status;
use super::super::structure::*;
use super::super::unit::Rtav1Unit;
use super::{sized, text};

const OK: Rtav1Status = Rtav1Status::Ok;

#[test]
fn a_loss_is_answered_without_a_key_frame() {
    const SIZE: usize = 64;
    let mut config = sized::<Rtav1EncoderConfig>();
    let mut limits = sized::<Rtav1PacketLimits>();
    limits.max_payload = 1200;
    let mut receiving = sized::<Rtav1ReceiverConfig>();
    let mut waiting = sized::<Rtav1DepacketizerConfig>();
    let (mut encoder, mut packetizer) = (null_mut(), null_mut());
    let (mut describer, mut tracker, mut receiver) = (null_mut(), null_mut(), null_mut());
    let mut reader = null_mut();
    let (mut keys, mut clean, mut repeated) = (0, 0, 0);
    // SAFETY: the pointers lead to locals, and to what the library gave.
    unsafe {
        let size = size_of::<Rtav1EncoderConfig>();
        rtav1_encoder_config_default(&raw mut config, size, SIZE as u32, SIZE as u32, 100_000);
        // Every frame refers to the one before, so that the loss shows.
        config.acknowledged_prediction = Rtav1AcknowledgedPrediction::Never as u32;
        assert_eq!(rtav1_encoder_new(&raw const config, &raw mut encoder, null_mut(), 0), OK);
        assert_eq!(rtav1_packetizer_new(&raw const limits, &raw mut packetizer, null_mut(), 0), OK);
        assert_eq!(rtav1_describer_new(2, 65_530, &raw mut describer, null_mut(), 0), OK);
        assert_eq!(rtav1_delivery_tracker_new(false, 65_530, &raw mut tracker), OK);
        assert_eq!(rtav1_descriptor_reader_new(&raw mut reader), OK);
        let size = size_of::<Rtav1DepacketizerConfig>();
        rtav1_depacketizer_config_default(&raw mut waiting, size);
        waiting.reorder_packets = 1;
        let size = size_of::<Rtav1ReceiverConfig>();
        assert_eq!(rtav1_receiver_config_default(&raw mut receiving, size), OK);
        (receiving.recovery, receiving.depacketizer) = (1, &raw const waiting);
        assert_eq!(rtav1_receiver_new(&raw const receiving, &raw mut receiver, null_mut(), 0), OK);

        let mut sequence = 65_520_u16;
        for number in 0..24_u64 {
            let now = 1_000_000 + 33_000 * number;
            let luma: Vec<u8> =
                (0..SIZE * SIZE).map(|at| (at as u64 * 7 + number * 5) as u8).collect();
            let chroma = vec![128; SIZE * SIZE / 2];
            let mut frame = sized::<Rtav1Frame>();
            (frame.width, frame.height) = (SIZE as u32, SIZE as u32);
            (frame.format, frame.timestamp) = (1, number * 3000);
            (frame.planes[0], frame.planes[1]) = (luma.as_ptr(), chroma.as_ptr());
            (frame.lengths[0], frame.lengths[1]) = (luma.len(), chroma.len());
            (frame.strides[0], frame.strides[1]) = (SIZE, SIZE);
            let mut outcome = sized::<Rtav1EncodeOutcome>();
            let status = rtav1_encoder_encode(encoder, &raw const frame, null(), &raw mut outcome);
            assert_eq!(status, OK, "{}", text(rtav1_encoder_error(encoder)));
            let mut unit: *const Rtav1Unit = outcome.unit;
            if unit.is_null() {
                continue;
            }
            let coded = *(*unit).frames;
            keys += u32::from((*unit).key_frame);
            let mut count = 0;
            let status =
                rtav1_packetizer_packetize_described(packetizer, describer, unit, &raw mut count);
            assert_eq!(status, OK, "{}", text(rtav1_packetizer_error(packetizer)));
            let mut sequences = Vec::new();
            for index in 0..count {
                let mut buffer = [0; 1200];
                let mut payload = sized::<Rtav1Payload>();
                let status =
                    rtav1_packetizer_next(packetizer, buffer.as_mut_ptr(), 1200, &raw mut payload);
                assert_eq!(status, OK);
                let mut said = sized::<Rtav1DependencyDescriptor>();
                let status = rtav1_descriptor_reader_read(
                    reader,
                    payload.descriptor.as_ptr(),
                    payload.descriptor_len,
                    &raw mut said,
                );
                assert_eq!(status, OK, "{}", text(rtav1_descriptor_reader_error(reader)));
                assert_eq!(said.frame_number, (65_530 + (*coded).id as u32) % 65_536);
                assert_eq!(said.start_of_frame, u32::from(index == 0));
                assert_eq!((said.decode_target_count, said.chain_count), (3, 1));
                let mut packet = sized::<Rtav1RtpPacket>();
                (packet.payload, packet.payload_len) = (buffer.as_ptr(), payload.len);
                packet.descriptor = payload.descriptor.as_ptr();
                packet.descriptor_len = payload.descriptor_len;
                (packet.sequence, packet.marker) = (sequence, payload.marker);
                packet.timestamp = 3000 * number as u32;
                sequences.push(sequence);
                sequence = sequence.wrapping_add(1);
                if number != 9 {
                    let packet = &raw const packet;
                    assert_eq!(rtav1_receiver_push(receiver, packet, now, null_mut()), OK);
                }
            }
            let status = rtav1_delivery_tracker_frame_sent(
                tracker,
                coded,
                sequences.as_ptr(),
                sequences.len(),
                now,
            );
            assert_eq!(status, OK);
            rtav1_unit_free(&raw mut unit);

            loop {
                let mut event = null();
                assert_eq!(rtav1_receiver_next_event(receiver, &raw mut event), OK);
                if event.is_null() {
                    break;
                }
                match (*event).state {
                    Rtav1PictureState::Clean => clean += 1,
                    Rtav1PictureState::Repeated => repeated += 1,
                    _ => assert!((*event).unit.is_null()),
                }
                rtav1_event_free(&raw mut event);
            }
            let (mut kind, mut count) = (Rtav1RequestKind::None, 9);
            let status = rtav1_receiver_next_request(
                receiver,
                now,
                &raw mut kind,
                null_mut(),
                0,
                &raw mut count,
            );
            assert_eq!((status, count), (OK, 0));
            assert!(matches!(kind, Rtav1RequestKind::None | Rtav1RequestKind::Recovery));
            let (mut buffer, mut len) = ([0; 24], 0);
            let status = rtav1_receiver_report(receiver, 7, buffer.as_mut_ptr(), 24, &raw mut len);
            assert_eq!((status, len), (OK, 24));
            let mut key_frame = true;
            let status =
                rtav1_delivery_tracker_rtcp(tracker, buffer.as_ptr(), len, &raw mut key_frame);
            assert_eq!((status, key_frame), (OK, false));
            loop {
                let (mut kind, mut id) = (Rtav1FeedbackKind::None, 0);
                assert_eq!(rtav1_delivery_tracker_next(tracker, &raw mut kind, &raw mut id), OK);
                let status = match kind {
                    Rtav1FeedbackKind::None => break,
                    Rtav1FeedbackKind::Acknowledged => rtav1_encoder_acknowledge(encoder, id),
                    Rtav1FeedbackKind::Lost => rtav1_encoder_lost(encoder, id),
                };
                assert_eq!(status, OK);
            }
        }
        let mut structure = sized::<Rtav1DependencyStructure>();
        assert_eq!(rtav1_descriptor_reader_structure(reader, &raw mut structure), OK);
        assert_eq!((structure.decode_target_count, structure.chain_count), (3, 1));
        assert_eq!(structure.temporal_ids[..3], [0, 1, 2]);
        let mut layers = Vec::new();
        for index in 0..structure.template_count {
            let mut template = sized::<Rtav1DependencyTemplate>();
            let status = rtav1_descriptor_reader_template(reader, index, &raw mut template);
            assert_eq!(status, OK);
            layers.push(template.temporal_id);
            // Targets of fewer layers do without it.
            for target in 0..3 {
                let absent = template.dtis[target] == 0;
                assert_eq!(absent, template.temporal_id > target as u32, "template {index}");
            }
        }
        assert!(layers.is_sorted() && layers.last() == Some(&2), "{layers:?}");
        rtav1_encoder_free(&raw mut encoder);
        rtav1_packetizer_free(&raw mut packetizer);
        rtav1_describer_free(&raw mut describer);
        rtav1_delivery_tracker_free(&raw mut tracker);
        rtav1_receiver_free(&raw mut receiver);
        rtav1_descriptor_reader_free(&raw mut reader);
    }
    // The picture after the lost one misses it; the one after that does not.
    assert_eq!((keys, repeated), (1, 1), "{clean} clean");
    assert!(clean > 15);
}

#[test]
fn forwarder_and_messages() {
    let mut forwarder = null_mut();
    let mut packet = sized::<Rtav1ForwardedPacket>();
    let key = [0x80, 0, 0x01, 0x80, 0x00, 0x3a, 0x41, 0x01, 0x80, 0xef, 0x80, 0x86, 0x80];
    // SAFETY: the pointers lead to locals, and to what the library gave.
    unsafe {
        assert_eq!(rtav1_forwarder_new(300, 0, &raw mut forwarder), Rtav1Status::UnknownValue);
        assert_eq!(rtav1_forwarder_new(0, 2, &raw mut forwarder), OK);
        let out = &raw mut packet;
        let status = rtav1_forwarder_packet(forwarder, [1, 0, 2].as_ptr(), 3, out);
        assert_eq!(status, Rtav1Status::DescriptorStructureMissing);
        assert!(text(rtav1_forwarder_error(forwarder)).contains("template 1"));
        assert_eq!(rtav1_forwarder_packet(forwarder, key.as_ptr(), key.len(), out), OK);
        assert_eq!((packet.forward, packet.descriptor_len), (1, 13));
        assert_eq!(packet.descriptor[..13], key);
        assert_eq!(rtav1_forwarder_set_highest_layer(forwarder, 0, 0), OK);
        assert_eq!(rtav1_forwarder_packet(forwarder, [0xc1, 0, 2].as_ptr(), 3, out), OK);
        assert_eq!((packet.forward, packet.end_of_picture, packet.has_missing_frame), (1, 1, 0));
        assert_eq!(rtav1_forwarder_packet(forwarder, [0xc1, 0, 4].as_ptr(), 3, out), OK);
        assert_eq!((packet.has_missing_frame, packet.missing_frame), (1, 3));
        rtav1_forwarder_free(&raw mut forwarder);

        let (mut buffer, mut len) = ([0; 20], 0);
        let status = rtav1_rtcp_picture_loss(1, 2, buffer.as_mut_ptr(), 11, &raw mut len);
        assert_eq!((status, len), (Rtav1Status::BufferTooShort, 12));
        let status = rtav1_rtcp_picture_loss(1, 2, buffer.as_mut_ptr(), 20, &raw mut len);
        assert_eq!((status, &buffer[..len]), (OK, &[0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..]));
        let status = rtav1_rtcp_full_intra(1, 2, 9, buffer.as_mut_ptr(), 19, &raw mut len);
        assert_eq!((status, len), (Rtav1Status::BufferTooShort, 20));
        let status = rtav1_rtcp_full_intra(1, 2, 9, buffer.as_mut_ptr(), 20, &raw mut len);
        let request = [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 9, 0, 0, 0];
        assert_eq!((status, &buffer[..len]), (OK, &request[..]));
        let numbers = [5_u16, 6];
        let list = Rtav1Sequences { numbers: numbers.as_ptr(), count: 2 };
        let status = rtav1_rtcp_nack(1, 2, list, buffer.as_mut_ptr(), 20, &raw mut len);
        assert_eq!((status, len, &buffer[12..16]), (OK, 16, &[0, 5, 0, 1][..]));

        let mut tracker = null_mut();
        assert_eq!(rtav1_delivery_tracker_new(true, 0, &raw mut tracker), OK);
        let mut asked = true;
        let status = rtav1_delivery_tracker_rtcp(tracker, buffer.as_ptr(), 15, &raw mut asked);
        assert_eq!((status, asked), (Rtav1Status::RtcpCutShort, false));
        let status = rtav1_delivery_tracker_rtcp(tracker, buffer.as_ptr(), 16, &raw mut asked);
        assert_eq!(status, OK);
        let (mut places, mut count) = ([0; 1], 0);
        let status = rtav1_delivery_tracker_resend(tracker, places.as_mut_ptr(), 1, &raw mut count);
        assert_eq!((status, places[0], count), (OK, 5, 2));
        let status = rtav1_delivery_tracker_frame_sent(tracker, null(), null(), 0, 0);
        assert_eq!(status, Rtav1Status::NullPointer);
        rtav1_delivery_tracker_free(&raw mut tracker);
    }
}

#[test]
fn structures_are_told_and_layers_chosen() {
    let (mut reader, mut receiver) = (null_mut(), null_mut());
    let mut receiving = sized::<Rtav1ReceiverConfig>();
    let mut structure = sized::<Rtav1DependencyStructure>();
    let mut template = sized::<Rtav1DependencyTemplate>();
    let mut said = sized::<Rtav1DependencyDescriptor>();
    let key = [0x80, 0, 0x01, 0x80, 0x00, 0x3a, 0x41, 0x01, 0x80, 0xef, 0x80, 0x86, 0x80];
    // SAFETY: the pointers lead to locals, and to what the library gave.
    unsafe {
        assert_eq!(rtav1_descriptor_reader_new(&raw mut reader), OK);
        let out = &raw mut structure;
        assert_eq!(rtav1_descriptor_reader_structure(reader, out), OK);
        assert_eq!((structure.template_count, structure.decode_target_count), (0, 0));
        let status = rtav1_descriptor_reader_template(reader, 0, &raw mut template);
        assert_eq!(status, Rtav1Status::UnknownValue);
        let status = rtav1_descriptor_reader_read(reader, key.as_ptr(), key.len(), &raw mut said);
        assert_eq!((status, said.has_structure), (OK, 1));
        assert_eq!(rtav1_descriptor_reader_structure(reader, out), OK);
        let count = structure.template_count;
        assert_eq!(structure.decode_target_count, said.decode_target_count);
        assert_eq!(structure.chain_count, said.chain_count);
        let status = rtav1_descriptor_reader_template(reader, 0, &raw mut template);
        assert_eq!((status, template.spatial_id, template.temporal_id), (OK, 0, 0));
        assert_eq!((template.fdiff_count, template.dtis), (said.fdiff_count, said.dtis));
        let status = rtav1_descriptor_reader_template(reader, count, &raw mut template);
        assert_eq!(status, Rtav1Status::UnknownValue);
        assert!(text(rtav1_descriptor_reader_error(reader)).starts_with("index = "));
        rtav1_descriptor_reader_free(&raw mut reader);

        let size = size_of::<Rtav1ReceiverConfig>();
        assert_eq!(rtav1_receiver_config_default(&raw mut receiving, size), OK);
        assert_eq!(rtav1_receiver_new(&raw const receiving, &raw mut receiver, null_mut(), 0), OK);
        assert_eq!(rtav1_receiver_set_highest_layer(receiver, 0, 1), OK);
        let status = rtav1_receiver_set_highest_layer(receiver, 256, 0);
        assert_eq!(status, Rtav1Status::UnknownValue);
        assert!(text(rtav1_receiver_error(receiver)).contains("spatial_id = 256"));
        rtav1_receiver_free(&raw mut receiver);
    }
}
