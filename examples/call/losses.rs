//! What each loss cost the viewer.

use crate::common::metrics::mean;
use crate::network::Fate;
use crate::record::{Record, Row};

/// Packets that got lost one after another or of one frame, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loss {
    /// When the first was sent, in seconds.
    pub(crate) time: f64,
    /// Packets.
    pub(crate) packets: usize,
    /// The frame that the first is of.
    pub(crate) frame: usize,
    /// Lowest temporal layer of the frames hit.
    pub(crate) temporal_id: u8,
    /// Frames from that one to before the next loss that were sent and not shown.
    pub(crate) not_shown: usize,
    /// Seconds frozen in freezes that began with it.
    pub(crate) frozen: f64,
    /// dB of PSNR-Y between what was sent and what was seen, mean from the frame hit to the last one not
    /// shown; `None` if all were shown, or if the engine does not tell what was sent.
    pub(crate) decibels: Option<f64>,
}

/// The losses of a call, in order.
pub(crate) fn losses(record: &Record) -> Vec<Loss> {
    let mut losses = found(record);
    let frozen = record.frozen_captures();
    let mut freezes: Vec<_> = frozen.iter().zip(&record.freezes).collect();
    for index in 0..losses.len() {
        let end = losses.get(index + 1).map_or(record.frames.len(), |next| next.frame);
        let loss = &mut losses[index];
        let missing = |&frame: &usize| {
            let frame = &record.frames[frame];
            frame.was_sent() && frame.shown.is_none()
        };
        let not_shown: Vec<usize> = (loss.frame..end).filter(missing).collect();
        loss.not_shown = not_shown.len();
        let affected = not_shown.last().map_or(&[][..], |last| &record.frames[loss.frame..=*last]);
        let costs: Vec<f64> = affected.iter().filter_map(|frame| frame.decibels_lost()).collect();
        loss.decibels = mean(&costs);
        // The picture before the loss stays, until another comes, or this one after all: a freeze
        // belongs to the first loss within it.
        let captured = record.frames[loss.frame].captured;
        freezes.retain(|(by_capture, freeze)| {
            let within = by_capture.start < captured && captured <= by_capture.end;
            loss.frozen += if within { freeze.end - freeze.start } else { 0.0 };
            !within
        });
    }
    losses
}

/// What losses of layer 0 cost in the mean, and those of higher layers, for the table of the call.
pub(crate) fn rows(record: &Record) -> Vec<Row> {
    let (base, higher): (Vec<_>, Vec<_>) =
        losses(record).into_iter().partition(|loss| loss.temporal_id == 0);
    let row = |(what, losses): (&'static str, Vec<Loss>)| {
        let a_loss =
            |cost: fn(&Loss) -> f64| losses.iter().map(cost).sum::<f64>() / losses.len() as f64;
        let remark = format!(
            "each {:.1} frames not shown, {:.0} ms frozen, {:.1} dB below what was sent",
            a_loss(|loss| loss.not_shown as f64),
            a_loss(|loss| 1000.0 * loss.frozen),
            a_loss(|loss| loss.decibels.unwrap_or(0.0)),
        );
        (!losses.is_empty()).then(|| (what, losses.len().to_string(), remark))
    };
    let layers = [("losses of layer 0", base), ("losses of higher layers", higher)];
    layers.into_iter().filter_map(row).collect()
}

/// The losses, without what came of them.
fn found(record: &Record) -> Vec<Loss> {
    let mut losses: Vec<Loss> = Vec::new();
    let mut in_a_row = false;
    for packet in record.packets.iter().filter(|packet| !packet.again) {
        let lost = packet.fate != Fate::Delivered;
        let temporal_id = record.frames[packet.frame].temporal_id;
        match losses.last_mut() {
            Some(loss) if lost && (in_a_row || loss.frame == packet.frame) => {
                loss.packets += 1;
                loss.temporal_id = loss.temporal_id.min(temporal_id);
            }
            _ if lost => losses.push(Loss {
                time: packet.sent,
                packets: 1,
                frame: packet.frame,
                temporal_id,
                not_shown: 0,
                frozen: 0.0,
                decibels: None,
            }),
            _ => {}
        }
        in_a_row = lost;
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::metrics::Freeze;
    use crate::record::{FrameRecord, PacketRecord, Settings};

    /// Frames a tenth of a second apart, each of two packets of which the masked ones get lost, and
    /// whether it is shown; every second one is of layer 1.
    fn record(frames: &[(u8, bool)]) -> Record {
        let mut record = Record::new(Settings::default(), frames.len());
        for (index, &(lost, shown)) in frames.iter().enumerate() {
            let captured = index as f64 / 10.0;
            record.frames.push(FrameRecord {
                captured,
                temporal_id: index as u8 % 2,
                link_delay_ms: Some(0.0),
                shown: shown.then_some(captured + 0.5),
                sent_psnr: Some(40.0),
                psnr: Some(if shown { 40.0 } else { 34.0 }),
                ..FrameRecord::default()
            });
            for packet in 0..2 {
                let fate = if lost >> packet & 1 == 1 { Fate::Lost } else { Fate::Delivered };
                let frame = index;
                record.packets.push(PacketRecord {
                    sent: captured,
                    fate,
                    frame,
                    ..PacketRecord::default()
                });
            }
        }
        record
    }

    #[test]
    fn losses_cost_the_frames_up_to_the_next() {
        let frames = [
            (0, true),
            // Of layer 1: itself.
            (1, false),
            (0, true),
            (0, true),
            // Of layer 0, with the frame after it in one loss; three frames are not shown.
            (2, false),
            (1, false),
            (0, true),
            (0, false),
            // Sent again and shown late.
            (3, true),
        ];
        let mut record = record(&frames);
        record.freezes = vec![Freeze { start: 0.8, end: 1.1 }, Freeze { start: 1.1, end: 1.3 }];
        let losses = losses(&record);
        let costs: Vec<_> = losses
            .iter()
            .map(|loss| (loss.frame, loss.packets, loss.temporal_id, loss.not_shown))
            .collect();
        assert_eq!(costs, [(1, 1, 1, 1), (4, 2, 0, 3), (8, 2, 0, 0)]);
        let frozen: Vec<f64> =
            losses.iter().map(|loss| (loss.frozen * 10.0).round() / 10.0).collect();
        assert_eq!(frozen, [0.0, 0.3, 0.2]);
        let decibels: Vec<_> = losses.iter().map(|loss| loss.decibels).collect();
        assert_eq!(decibels, [Some(6.0), Some(4.5), None]);
        let remarks: Vec<_> =
            rows(&record).into_iter().map(|(_, count, remark)| (count, remark)).collect();
        let of_base = "each 1.5 frames not shown, 250 ms frozen, 2.2 dB below what was sent";
        let of_higher = "each 1.0 frames not shown, 0 ms frozen, 6.0 dB below what was sent";
        let expected = [("2", of_base), ("1", of_higher)];
        assert_eq!(remarks, expected.map(|(count, remark)| (count.to_owned(), remark.to_owned())));
    }

    #[test]
    fn packets_sent_again_are_no_losses_of_their_own() {
        let mut record = record(&[(0, true), (1, true), (0, true)]);
        record.packets[2].again = true;
        assert_eq!(losses(&record), []);
    }
}
