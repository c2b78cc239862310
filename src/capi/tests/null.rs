//! Null for every pointer that must not be null, in every function that the header declares.

use std::collections::BTreeSet;
use std::ptr::{null, null_mut};

use super::super::decoder::*;
use super::super::delivery::*;
use super::super::depacketizer::*;
use super::super::depacketizer_types::*;
use super::super::descriptor::*;
use super::super::encoder::*;
use super::super::encoder_layers::*;
use super::super::encoder_types::*;
use super::super::packetizer::*;
use super::super::receiver::*;
use super::super::sdp::*;
use super::super::status::Rtav1Status;
use super::super::structure::*;
use super::{sized, text};
use crate::tests::capi::declared;

/// Calls functions; gives the name of each with what it returned.
macro_rules! called {
    ($($function:ident($($argument:expr),* $(,)?)),* $(,)?) => {
        vec![$((stringify!($function), $function($($argument),*))),*]
    };
}

type Statuses = Vec<(&'static str, Rtav1Status)>;

/// What the functions on an encoder and a packetizer say of null; all else that they are given is good.
fn sending() -> Statuses {
    let mut unit = null();
    let mut capabilities = sized::<Rtav1Capabilities>();
    let mut config = sized::<Rtav1EncoderConfig>();
    let mut fmtp = sized::<Rtav1FmtpParameters>();
    let frame = sized::<Rtav1Frame>();
    let mut outcome = sized::<Rtav1EncodeOutcome>();
    let mut payload = sized::<Rtav1Payload>();
    let mut count = 0;
    // SAFETY: every pointer is null or leads to one of the locals above.
    unsafe {
        let (e, p, w) = (null_mut(), null_mut(), null_mut());
        called![
            rtav1_encoder_config_default(null_mut(), size_of::<Rtav1EncoderConfig>(), 64, 64, 9000),
            rtav1_encoder_new(null(), null_mut(), null_mut(), 0),
            rtav1_encoder_encode(e, &raw const frame, null(), &raw mut outcome),
            rtav1_encoder_flush(e, &raw mut unit),
            rtav1_encoder_set_rates(e, 100_000, 30, 1),
            rtav1_encoder_set_qindex_range(e, 1, 255),
            rtav1_encoder_set_size(e, 64, 64),
            rtav1_encoder_config(e, &raw mut config),
            rtav1_encoder_sequence_header(e, null_mut(), 0, &raw mut count),
            rtav1_encoder_av1c(e, null_mut(), 0, &raw mut count),
            rtav1_encoder_codec_string(e, null_mut(), 0),
            rtav1_encoder_fmtp(e, &raw mut fmtp),
            rtav1_encoder_set_speed(e, 10),
            rtav1_encoder_report_encode_time(e, 1000),
            rtav1_encoder_set_scalability_mode(e, 2),
            rtav1_encoder_set_layer_shares(e, 60, 40, 0),
            rtav1_encoder_set_acknowledged_prediction(e, 0),
            rtav1_encoder_set_max_delay(e, 100),
            rtav1_encoder_set_max_frame_bytes(e, 0),
            rtav1_encoder_set_wire_overhead(e, 40, 1200),
            rtav1_encoder_acknowledge(e, 0),
            rtav1_encoder_lost(e, 0),
            rtav1_encoder_request_key_frame(e),
            rtav1_encoder_capabilities(e, &raw mut capabilities),
            rtav1_packetizer_new(null(), null_mut(), null_mut(), 0),
            rtav1_packetizer_packetize(p, null(), 0, &raw mut count),
            rtav1_packetizer_packetize_layer(p, null(), 0, true, &raw mut count),
            rtav1_packetizer_packetize_described(p, w, null(), &raw mut count),
            rtav1_packetizer_next(p, null_mut(), 0, &raw mut payload),
            rtav1_describer_new(0, 0, null_mut(), null_mut(), 0),
            rtav1_fmtp_for_stream(null(), &raw mut fmtp, null_mut(), 0),
            rtav1_fmtp_parse(null(), &raw mut fmtp, null_mut(), 0),
            rtav1_fmtp_line(null(), 98, null_mut(), 0),
            rtav1_fmtp_accepts(null(), null(), null_mut()),
        ]
    }
}

/// The same of what receives, and of feedback.
fn receiving() -> Statuses {
    let packet = sized::<Rtav1RtpPacket>();
    let mut event = null();
    let mut said = sized::<Rtav1DependencyDescriptor>();
    let mut structure = sized::<Rtav1DependencyStructure>();
    let mut template = sized::<Rtav1DependencyTemplate>();
    let mut forwarded = sized::<Rtav1ForwardedPacket>();
    let (mut count, mut time, mut flag, mut id) = (0, 0, false, 0);
    let (mut request, mut feedback) = (Rtav1RequestKind::None, Rtav1FeedbackKind::None);
    let sequences = Rtav1Sequences { numbers: null(), count: 1 };
    // SAFETY: every pointer is null or leads to one of the locals above.
    unsafe {
        let (d, r, f) = (null_mut(), null_mut(), null_mut());
        let (s, t) = (null_mut(), null_mut());
        called![
            rtav1_depacketizer_config_default(null_mut(), size_of::<Rtav1DepacketizerConfig>()),
            rtav1_depacketizer_new(null(), null_mut(), null_mut(), 0),
            rtav1_depacketizer_push(d, &raw const packet, 0, null_mut()),
            rtav1_depacketizer_next_event(d, &raw mut event),
            rtav1_depacketizer_next_timeout(d, &raw mut time),
            rtav1_depacketizer_handle_timeout(d, 1),
            rtav1_depacketizer_key_frame_needed(d, &raw mut flag),
            rtav1_depacketizer_skip_missing(d),
            rtav1_depacketizer_flush(d),
            rtav1_depacketizer_missing(d, null_mut(), 0, &raw mut count),
            rtav1_depacketizer_held_bytes(d, &raw mut count),
            rtav1_extend_timestamp(0, 0, null_mut()),
            rtav1_extend_sequence(0, 0, null_mut()),
            rtav1_receiver_config_default(null_mut(), size_of::<Rtav1ReceiverConfig>()),
            rtav1_receiver_new(null(), null_mut(), null_mut(), 0),
            rtav1_receiver_push(r, &raw const packet, 0, null_mut()),
            rtav1_receiver_next_event(r, &raw mut event),
            rtav1_receiver_next_request(r, 0, &raw mut request, null_mut(), 0, &raw mut count),
            rtav1_receiver_next_timeout(r, &raw mut time),
            rtav1_receiver_handle_timeout(r, 1),
            rtav1_receiver_set_round_trip(r, 1),
            rtav1_receiver_set_highest_layer(r, 0, 0),
            rtav1_receiver_decoding_failed(r),
            rtav1_receiver_report(r, 1, null_mut(), 0, &raw mut count),
            rtav1_descriptor_reader_new(null_mut()),
            rtav1_descriptor_reader_read(s, null(), 0, &raw mut said),
            rtav1_descriptor_reader_structure(s, &raw mut structure),
            rtav1_descriptor_reader_template(s, 0, &raw mut template),
            rtav1_forwarder_new(0, 0, null_mut()),
            rtav1_forwarder_set_highest_layer(f, 0, 0),
            rtav1_forwarder_packet(f, null(), 0, &raw mut forwarded),
            rtav1_delivery_tracker_new(false, 0, null_mut()),
            rtav1_delivery_tracker_set_media(t, 1),
            rtav1_delivery_tracker_frame_sent(t, null(), null(), 0, 0),
            rtav1_delivery_tracker_packet_resent(t, 1, 2, 0),
            rtav1_delivery_tracker_packets_received(t, null(), 0),
            rtav1_delivery_tracker_rtcp(t, null(), 0, &raw mut flag),
            rtav1_delivery_tracker_next(t, &raw mut feedback, &raw mut id),
            rtav1_delivery_tracker_resend(t, null_mut(), 0, &raw mut count),
            rtav1_rtcp_picture_loss(1, 2, null_mut(), 0, null_mut()),
            rtav1_rtcp_full_intra(1, 2, 3, null_mut(), 0, null_mut()),
            rtav1_rtcp_nack(1, 2, sequences, null_mut(), 0, &raw mut count),
        ]
    }
}

fn decoding() -> Statuses {
    let mut picture = null();
    // SAFETY: every pointer is null or leads to the local above.
    unsafe {
        called![
            rtav1_decoder_config_default(null_mut(), size_of::<Rtav1DecoderConfig>()),
            rtav1_decoder_new(null(), null_mut(), null_mut(), 0),
            rtav1_decoder_decode(null_mut(), null(), 0, 0, &raw mut picture),
            rtav1_decoder_reset(null_mut()),
        ]
    }
}

/// The names of the functions that give a text, all of which were asked with a null handle.
fn texts() -> Vec<&'static str> {
    // SAFETY: every pointer is null.
    let texts = unsafe {
        called![
            rtav1_encoder_error(null_mut()),
            rtav1_encoder_engine_name(null_mut()),
            rtav1_packetizer_error(null_mut()),
            rtav1_depacketizer_error(null_mut()),
            rtav1_receiver_error(null_mut()),
            rtav1_descriptor_reader_error(null_mut()),
            rtav1_forwarder_error(null_mut()),
            rtav1_delivery_tracker_error(null_mut()),
            rtav1_decoder_error(null_mut()),
            rtav1_decoder_backend_name(null_mut()),
        ]
    };
    for (name, said) in &texts {
        assert_eq!(text(*said), "the handle is null or misaligned", "{name}");
    }
    texts.into_iter().map(|(name, _)| name).collect()
}

/// The names of the functions that free: there is nothing to free at null and at a place that holds
/// null.
fn freed() -> Vec<&'static str> {
    macro_rules! freed {
        ($($function:ident($null:ident)),* $(,)?) => {
            vec![$({
                let mut place = $null();
                $function(null_mut());
                $function(&raw mut place);
                assert!(place.is_null());
                stringify!($function)
            }),*]
        };
    }
    // SAFETY: every pointer is null or leads to a local.
    unsafe {
        freed![
            rtav1_encoder_free(null_mut),
            rtav1_unit_free(null),
            rtav1_packetizer_free(null_mut),
            rtav1_describer_free(null_mut),
            rtav1_depacketizer_free(null_mut),
            rtav1_event_free(null),
            rtav1_receiver_free(null_mut),
            rtav1_descriptor_reader_free(null_mut),
            rtav1_forwarder_free(null_mut),
            rtav1_delivery_tracker_free(null_mut),
            rtav1_decoder_free(null_mut),
            rtav1_picture_free(null),
        ]
    }
}

/// A function that is added to the interface and not to this test makes it fail.
#[test]
fn null_is_answered_by_every_function() {
    let mut statuses = sending();
    statuses.extend(receiving());
    statuses.extend(decoding());
    for (name, status) in &statuses {
        assert_eq!(*status, Rtav1Status::NullPointer, "{name}");
    }
    let names = statuses.into_iter().map(|(name, _)| name).chain(texts()).chain(freed());
    let mut asked: BTreeSet<&str> = names.collect();
    // These take no pointer, or only what was allocated.
    asked.extend(["rtav1_abi_version", "rtav1_version", "rtav1_status_string"]);
    asked.extend(["rtav1_alloc", "rtav1_dealloc"]);
    assert_eq!(asked, declared());
}
