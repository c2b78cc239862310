//! What is told of frames, against what really arrived.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::FrameFeedback::{Acknowledged, Lost};
use super::*;
use crate::rtp::rtcp::tests::{congestion, transport_wide};
use crate::rtp::rtcp::{write_full_intra, write_nack, write_picture_loss};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A tracker of `frames` frames in two packets each, every one referring to the one before it, 33 ms
/// apart; packets from 65,530 on.
fn chain(frames: u64) -> DeliveryTracker {
    let mut tracker = DeliveryTracker::new(DeliveryConfig::new(SequenceNumbers::Rtp));
    for id in 0..frames {
        let before: &[u64] = if id == 0 { &[] } else { &[id - 1] };
        assert!(tracker.frame_sent(id, before, [number(2 * id), number(2 * id + 1)], ms(33 * id)));
    }
    tracker
}

fn number(packet: u64) -> u16 {
    65_530_u16.wrapping_add(packet as u16)
}

fn received(tracker: &mut DeliveryTracker, packets: &[u64]) -> Vec<FrameFeedback> {
    tracker.packets_received(packets.iter().map(|&packet| number(packet)))
}

#[test]
fn all_packets_and_all_dependencies() {
    let mut tracker = chain(5);
    assert_eq!(received(&mut tracker, &[1]), [], "packet 0 may be late");
    assert_eq!(received(&mut tracker, &[1, 0]), [Acknowledged(0)]);
    assert_eq!(received(&mut tracker, &[0, 1, 1, 0]), [], "twice is once");
    assert_eq!(received(&mut tracker, &[2, 3, 4, 5, 6]), [Acknowledged(1), Acknowledged(2)]);
    assert_eq!(received(&mut tracker, &[9, 8, 7]), [Acknowledged(3), Acknowledged(4)]);
    assert_eq!(received(&mut tracker, &[100, 40_000]), [], "nobody sent them");
}

#[test]
fn a_lost_packet_loses_all_that_builds_on_it() {
    let mut tracker = chain(6);
    assert_eq!(received(&mut tracker, &[0, 1, 2]), [Acknowledged(0)]);
    // The next frame came without it.
    assert_eq!(received(&mut tracker, &[4, 5]), [Lost(1), Lost(2), Lost(3), Lost(4), Lost(5)]);
    // Late is lost: it may have been given up by then.
    assert_eq!(received(&mut tracker, &[3]), []);
    // A recovery frame goes on from what was acknowledged.
    assert!(tracker.frame_sent(6, &[0], [number(12)], ms(200)));
    assert!(tracker.frame_sent(7, &[6, 0], [number(13)], ms(233)));
    assert!(tracker.frame_sent(8, &[5, 6], [number(14)], ms(266)));
    assert_eq!(received(&mut tracker, &[12, 14, 13]), [Acknowledged(6), Acknowledged(7), Lost(8)]);
}

#[test]
fn packets_of_one_time_may_overtake_each_other() {
    let mut config = DeliveryConfig::new(SequenceNumbers::Rtp);
    (config.reorder_packets, config.reorder_time) = (3, ms(20));
    let mut tracker = DeliveryTracker::new(config);
    tracker.frame_sent(0, &[], 0..8, ms(0));
    assert_eq!(tracker.packets_received([1, 2]), []);
    assert_eq!(tracker.packets_received([0]), []);
    assert_eq!(tracker.packets_received([4, 5]), []);
    assert_eq!(tracker.packets_received([6]), [Lost(0)], "three after it");
}

#[test]
fn a_packet_sent_again() {
    let mut tracker = chain(3);
    assert_eq!(received(&mut tracker, &[0]), []);
    tracker.packet_resent(number(1), number(6), ms(99));
    assert_eq!(received(&mut tracker, &[2, 3, 4, 5]), []);
    assert_eq!(received(&mut tracker, &[6]), [Acknowledged(0), Acknowledged(1), Acknowledged(2)]);
    tracker.packet_resent(number(1), number(7), ms(120));
    assert_eq!(received(&mut tracker, &[7]), []);
    // That is lost, too.
    let mut tracker = chain(1);
    tracker.packet_resent(number(0), number(2), ms(30));
    tracker.frame_sent(1, &[], [number(3)], ms(60));
    assert_eq!(received(&mut tracker, &[1]), []);
    assert_eq!(received(&mut tracker, &[3]), [Lost(0), Acknowledged(1)]);
}

#[test]
fn frames_that_are_not_taken() {
    let mut tracker = chain(2);
    assert!(!tracker.frame_sent(1, &[0], [number(9)], ms(90)), "an id that does not rise");
    assert!(!tracker.frame_sent(2, &[1], [], ms(90)));
    assert!(!tracker.frame_sent(2, &[1], 0..5000, ms(90)));
    // What a frame depends on and is not known is not known to be there.
    assert!(tracker.frame_sent(10, &[7], [number(9)], ms(90)));
    assert_eq!(received(&mut tracker, &[0, 1, 2, 3, 9]), [Acknowledged(0), Acknowledged(1)]);
}

#[test]
fn reports_of_frames() {
    let mut tracker = chain(8);
    // Frames 0 to 2 can be decoded, 3 cannot; frames before 0 were never sent.
    let report = FrameReport::new(3, Some(2), 0b1110);
    assert_eq!(
        tracker.frame_report(&report),
        [
            Acknowledged(0),
            Acknowledged(1),
            Acknowledged(2),
            Lost(3),
            Lost(4),
            Lost(5),
            Lost(6),
            Lost(7)
        ]
    );
    assert_eq!(tracker.frame_report(&report), [], "nothing is told twice");
    // What was decided stays, and what builds on a loss cannot be decodable.
    assert_eq!(tracker.frame_report(&FrameReport::new(7, Some(7), u64::MAX)), []);
    tracker.frame_sent(8, &[2], [number(16)], ms(300));
    tracker.frame_sent(9, &[8], [number(17)], ms(333));
    assert_eq!(
        tracker.frame_report(&FrameReport::new(9, Some(9), 0b11)),
        [Acknowledged(8), Acknowledged(9)]
    );
    // What is older than a report tells of is there if what needs it is.
    for id in 10..100 {
        tracker.frame_sent(id, &[id - 1], [number(8 + id)], ms(40 * id));
    }
    let report = FrameReport::new(99, Some(99), u64::MAX);
    assert_eq!(tracker.frame_report(&report), (10..100).map(Acknowledged).collect::<Vec<_>>());
    // One that says that a frame is there without one that it needs is not believed.
    tracker.frame_sent(100, &[99], [number(300)], ms(9000));
    tracker.frame_sent(101, &[100], [number(301)], ms(9033));
    assert_eq!(
        tracker.frame_report(&FrameReport::new(101, Some(101), 0b01)),
        [Lost(100), Lost(101)]
    );
    // From the future, and from before the first.
    assert_eq!(tracker.frame_report(&FrameReport::new(1000, Some(900), u64::MAX)), []);
    assert_eq!(tracker.frame_report(&FrameReport::new(65_500, Some(65_500), 0)), []);
}

/// Numbers on the wire go around long before ids do.
#[test]
fn frame_numbers_over_wraps() {
    let mut config = DeliveryConfig::new(SequenceNumbers::Rtp);
    config.first_number = 65_000;
    let mut tracker = DeliveryTracker::new(config);
    for id in 0..140_000_u64 {
        let before: &[u64] = if id == 0 { &[] } else { &[id - 1] };
        tracker.frame_sent(id, before, [number(id)], ms(33 * id));
        let report = FrameReport::new(
            65_000_u16.wrapping_add(id as u16),
            Some(65_000_u16.wrapping_add(id as u16)),
            1,
        );
        // Reports of the frames before are in the future or known.
        assert_eq!(tracker.frame_report(&report), [Acknowledged(id)]);
    }
}

#[test]
fn messages_of_a_receiver() {
    let mut config = DeliveryConfig::new(SequenceNumbers::Rtp);
    config.media = Some(2);
    let mut tracker = DeliveryTracker::new(config);
    tracker.frame_sent(0, &[], [5, 6], ms(0));
    let mut data = Vec::new();
    write_nack(1, 2, &[5, 7], &mut data);
    write_nack(1, 3, &[9], &mut data);
    write_picture_loss(1, 3, &mut data);
    let outcome = tracker.rtcp(&data).unwrap();
    assert_eq!((outcome.resend, outcome.key_frame, outcome.frames), (vec![5, 7], false, vec![]));
    write_full_intra(1, 2, 0, &mut data);
    data.extend(congestion(4, &[false, true, true, false]));
    let outcome = tracker.rtcp(&data).unwrap();
    assert_eq!((outcome.key_frame, outcome.frames), (true, vec![Acknowledged(0)]));
    // Of what is malformed nothing is taken.
    tracker.frame_sent(1, &[0], [7], ms(33));
    let mut bad = congestion(7, &[true]);
    bad.push(0x80);
    assert!(tracker.rtcp(&bad).is_err());
    // Transport-wide numbers are others.
    assert_eq!(tracker.rtcp(&transport_wide(7, &[true], 1)).unwrap(), RtcpOutcome::default());
    assert_eq!(tracker.rtcp(&congestion(7, &[true])).unwrap().frames, [Acknowledged(1)]);
    let mut tracker = DeliveryTracker::new(DeliveryConfig::new(SequenceNumbers::TransportWide));
    tracker.frame_sent(1, &[], [7], ms(33));
    let outcome = tracker.rtcp(&transport_wide(0, &[true; 9], 2)).unwrap();
    assert_eq!(outcome.frames, [Acknowledged(1)]);
    let mut data = Vec::new();
    FrameReport::new(1, None, 0).write(3, &mut data);
    tracker.frame_sent(2, &[1], [8], ms(66));
    assert_eq!(tracker.rtcp(&data).unwrap().frames, []);
}

/// One frame of a made-up stream.
#[derive(Clone, Debug)]
struct Sent {
    packets: u64,
    /// How many frames back the references are.
    back: Vec<u64>,
}

fn stream() -> impl Strategy<Value = Vec<Sent>> {
    let frame = (1u64..4, vec(1u64..9, 0..3)).prop_map(|(packets, back)| Sent { packets, back });
    vec(frame, 1..60)
}

proptest! {
    /// Packets that get lost, feedback that gets lost, doubled and out of order: nothing is said to
    /// be there that is not, all is decided once, and once the last feedback came, nothing that
    /// arrived whole is left open.
    #[test]
    fn only_what_arrived_is_acknowledged(
        frames in stream(),
        lost in vec(any::<prop::sample::Index>(), 0..12),
        fates in vec((0u8..4, 0usize..30, any::<bool>()), 60),
        form in 0u8..4,
    ) {
        let mut config = DeliveryConfig::new(SequenceNumbers::TransportWide);
        if form == 3 {
            config.numbers = SequenceNumbers::Rtp;
        }
        let mut tracker = DeliveryTracker::new(config);
        let total: u64 = frames.iter().map(|frame| frame.packets).sum();
        let lost: BTreeSet<u64> = lost.iter().map(|index| index.index(total as usize) as u64).collect();
        let mut arrived = Vec::new();
        let mut decided: BTreeMap<u64, bool> = BTreeMap::new();
        let mut truth: Vec<bool> = Vec::new();
        let mut told = Vec::new();
        let mut next = 0;
        let mut dependencies_of = Vec::new();
        for (id, (frame, (fate, offset, again))) in (0u64..).zip(frames.iter().zip(fates)) {
            let packets: Vec<u64> = (next..next + frame.packets).collect();
            next += frame.packets;
            let mut dependencies: Vec<u64> = frame.back.iter().filter_map(|back| id.checked_sub(*back)).collect();
            dependencies.sort_unstable();
            dependencies.dedup();
            let sequences = packets.iter().map(|&packet| number(packet));
            prop_assert!(tracker.frame_sent(id, &dependencies, sequences, ms(33 * id)));
            let whole = packets.iter().all(|packet| !lost.contains(packet));
            truth.push(whole && dependencies.iter().all(|d| truth[*d as usize]));
            dependencies_of.push(dependencies);
            arrived.extend(packets.iter().map(|packet| !lost.contains(packet)));
            // Feedback about the last packets, or about older ones; or none.
            let end = arrived.len() - offset.min(arrived.len());
            let start = end.saturating_sub(20);
            let report = (number(start as u64), arrived[start..end].to_vec());
            if fate > 0 {
                told.push(report.clone());
            }
            if again {
                told.push(report);
            }
            if fate == 3 && told.len() > 1 {
                let last = told.len() - 1;
                told.swap(last, last - 1);
            }
            if fate == 2 {
                for (first, received) in told.drain(..) {
                    feed(&mut tracker, first, &received, form, &mut decided)?;
                }
            }
        }
        for (first, received) in told {
            feed(&mut tracker, first, &received, form, &mut decided)?;
        }
        feed(&mut tracker, number(0), &arrived, form, &mut decided)?;
        for (id, decodable) in truth.iter().enumerate() {
            let id = id as u64;
            let said = decided.get(&id).copied();
            prop_assert!(*decodable || said != Some(true), "{} is not there", id);
            if *decodable {
                prop_assert!(said.is_some(), "{} is there, and nothing is said", id);
            }
            if said == Some(true) {
                let dependencies = &dependencies_of[id as usize];
                prop_assert!(dependencies.iter().all(|d| decided.get(d) == Some(&true)));
            }
        }
    }

    #[test]
    fn any_feedback(data in vec(any::<u8>(), 0..600)) {
        crate::tests::fuzzing::feedback(&data);
    }
}

fn feed(
    tracker: &mut DeliveryTracker,
    first: u16,
    received: &[bool],
    form: u8,
    decided: &mut BTreeMap<u64, bool>,
) -> Result<(), TestCaseError> {
    let data = match form {
        3 => congestion(first, received),
        _ => transport_wide(first, received, form),
    };
    for feedback in tracker.rtcp(&data).unwrap().frames {
        let (id, there) = match feedback {
            Acknowledged(id) => (id, true),
            Lost(id) => (id, false),
        };
        prop_assert_eq!(decided.insert(id, there), None, "{} is told once", id);
    }
    Ok(())
}

/// A report about a frame whose dependency was forgotten undecided: nobody knows that it is there.
#[test]
fn what_is_not_remembered_is_not_acknowledged() {
    let last = MAX_FRAMES as u64;
    let mut tracker = DeliveryTracker::new(DeliveryConfig::new(SequenceNumbers::Rtp));
    for id in 0..=last {
        // All but the last stand alone; that one builds on the first.
        let needs: &[u64] = if id == last { &[0] } else { &[] };
        assert!(tracker.frame_sent(id, needs, [number(id)], ms(33 * id)));
    }
    let report = FrameReport::new(last as u16, Some(last as u16), u64::MAX);
    let told = last + 1 - u64::from(FrameReport::FRAMES)..last;
    assert_eq!(tracker.frame_report(&report), told.map(Acknowledged).collect::<Vec<_>>());
}
