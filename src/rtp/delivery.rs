//! From packets that arrived to frames that the other end can decode.

use std::collections::BTreeMap;
use std::time::Duration;

use super::extend::Extender;
use super::rtcp::{FrameReport, RtcpError, RtcpMessage, RtcpMessages};

#[cfg(test)]
mod tests;

/// Which numbers the packets are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SequenceNumbers {
    /// Those of the RTP headers: for RFC 8888, and for lists that the application makes.
    Rtp,
    /// Those of the header extension for transport-wide feedback.
    TransportWide,
}

/// How a [`DeliveryTracker`] judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryConfig {
    /// Which numbers [`frame_sent`](DeliveryTracker::frame_sent) is told.
    pub numbers: SequenceNumbers,
    /// SSRC of the stream: what a message says of another one is ignored; `None` takes all that
    /// comes. Transport-wide feedback tells of all streams together, and [`FrameReport`]s name none: an
    /// application whose several streams go to one receiver tells those apart by the receiver's SSRC.
    pub media: Option<u32>,
    /// How many later packets prove a packet lost once they arrived (RFC 9002, 6.1.1).
    pub reorder_packets: u64,
    /// How much later a packet has to be sent that proves one lost once it arrived (RFC 9002, 6.1.2;
    /// RFC 8985, 6.2): less than the time between two frames, so that the next one tells.
    pub reorder_time: Duration,
    /// [`FrameReport`]s' number of the frame with id 0: that of
    /// [`FrameDescriber::with_first_number`](super::dependency_descriptor::FrameDescriber::with_first_number).
    pub first_number: u16,
}

impl DeliveryConfig {
    /// 3 packets or 20 ms, the first frame number 0, for every SSRC.
    pub const fn new(numbers: SequenceNumbers) -> Self {
        Self {
            numbers,
            media: None,
            reorder_packets: 3,
            reorder_time: Duration::from_millis(20),
            first_number: 0,
        }
    }
}

/// What to tell the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameFeedback {
    /// The other end has all of this frame and of all that it depends on: `acknowledge(id)`.
    Acknowledged(u64),
    /// The other end lacks this frame, or one that it depends on: `lost(id)`.
    Lost(u64),
}

/// What came of an RTCP packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RtcpOutcome {
    /// What to tell the encoder, by rising ids.
    pub frames: Vec<FrameFeedback>,
    /// A key frame is asked for.
    pub key_frame: bool,
    /// RTP sequence numbers of the packets that are asked for again.
    pub resend: Vec<u16>,
}

/// Follows the packets of a sender's frames to the other end, and tells once of each frame whether it
/// can be decoded there.
///
/// It takes transport-wide feedback, RFC 8888, [`FrameReport`]s or plain lists. What it is told may be
/// late, out of order, doubled, missing, or about packets that it does not know. A frame that was told
/// to be lost stays so, since the other end may have given it up by the time its packets arrive; one
/// that was acknowledged stays so, too.
///
/// ```
/// use std::time::Duration;
///
/// use rtav1::rtp::{DeliveryConfig, DeliveryTracker, FrameFeedback, SequenceNumbers};
///
/// let mut tracker = DeliveryTracker::new(DeliveryConfig::new(SequenceNumbers::Rtp));
/// let ms = Duration::from_millis;
/// tracker.frame_sent(0, &[], [65_535, 0], ms(0));
/// tracker.frame_sent(1, &[0], [1], ms(33));
/// tracker.frame_sent(2, &[1], [2], ms(66));
/// assert_eq!(tracker.packets_received([0, 65_535]), [FrameFeedback::Acknowledged(0)]);
/// // Packet 2 came and 1 did not, which was sent 33 ms before it.
/// assert_eq!(tracker.packets_received([2]), [FrameFeedback::Lost(1), FrameFeedback::Lost(2)]);
/// ```
#[derive(Clone, Debug)]
pub struct DeliveryTracker {
    config: DeliveryConfig,
    frames: BTreeMap<u64, Frame>,
    /// The packets whose frames are undecided, by extended number.
    packets: BTreeMap<u64, Packet>,
    sequences: Extender<u16>,
    newest_received: Option<(u64, Duration)>,
}

#[derive(Clone, Debug)]
struct Frame {
    dependencies: Vec<u64>,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// So many packets are not known to have arrived; 0 waits for what it depends on.
    Missing(usize),
    /// A packet is lost; the encoder is to be told.
    Overtaken,
    Acknowledged,
    Lost,
}

impl Fate {
    fn is_open(self) -> bool {
        matches!(self, Self::Missing(_) | Self::Overtaken)
    }
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    frame: u64,
    sent: Duration,
}

/// Frames that are remembered: over two minutes at 30 a second, which a frame that was acknowledged
/// may be referred to for.
const MAX_FRAMES: usize = 4096;
/// Packets that are remembered, so that numbers of 16 bits tell them apart.
const MAX_PACKETS: usize = 1 << 14;

impl DeliveryTracker {
    /// A tracker of no frame yet.
    pub fn new(config: DeliveryConfig) -> Self {
        Self {
            config,
            frames: BTreeMap::new(),
            packets: BTreeMap::new(),
            sequences: Extender::new(),
            newest_received: None,
        }
    }

    /// Sets [`DeliveryConfig::media`] from now on.
    pub fn set_media(&mut self, media: Option<u32>) {
        self.config.media = media;
    }

    /// A frame goes out at `now`, in packets with these sequence numbers, after all frames with lower
    /// ids. `id` and `dependencies` are those of [`CodedFrame`](crate::CodedFrame).
    ///
    /// A frame whose id does not rise, without packets, or with more than 4096 of them is not taken;
    /// `false` tells.
    pub fn frame_sent(
        &mut self,
        id: u64,
        dependencies: &[u64],
        sequences: impl IntoIterator<Item = u16>,
        now: Duration,
    ) -> bool {
        let sequences: Vec<u16> = sequences.into_iter().take(MAX_FRAMES + 1).collect();
        let rises = self.frames.last_key_value().is_none_or(|(&last, _)| id > last);
        if !rises || !(1..=MAX_FRAMES).contains(&sequences.len()) {
            return false;
        }
        for &sequence in &sequences {
            self.packet(sequence, Packet { frame: id, sent: now });
        }
        let dependencies = dependencies.to_vec();
        self.frames.insert(id, Frame { dependencies, fate: Fate::Missing(sequences.len()) });
        if self.frames.len() > MAX_FRAMES {
            self.frames.pop_first();
        }
        while self.packets.len() > MAX_PACKETS {
            self.packets.pop_first();
        }
        true
    }

    /// The packet with the number `original` goes out once more at `now`, with the number `again`,
    /// which may be the same: it is lost only when that is lost, too. Nothing comes of it where the
    /// frame is decided.
    pub fn packet_resent(&mut self, original: u16, again: u16, now: Duration) {
        let Some(last) = self.sequences.last() else { return };
        let original = Extender::nearest(last, original);
        if let Some(packet) = self.packets.remove(&original) {
            self.packet(again, Packet { sent: now, ..packet });
        }
    }

    fn packet(&mut self, sequence: u16, packet: Packet) {
        // The first one leaves room below it.
        let number = match self.sequences.last() {
            Some(last) => Extender::nearest(last, sequence),
            None => 1 << 32 | u64::from(sequence),
        };
        if self.sequences.last().is_none_or(|last| number > last) {
            self.sequences = Extender::starting_near(number);
        }
        self.packets.insert(number, packet);
    }

    /// Packets arrived at the other end. Gives what that decides, by rising ids.
    pub fn packets_received(
        &mut self,
        sequences: impl IntoIterator<Item = u16>,
    ) -> Vec<FrameFeedback> {
        if let Some(last) = self.sequences.last() {
            for sequence in sequences {
                self.received(Extender::nearest(last, sequence));
            }
        }
        self.lose_overtaken();
        self.decide()
    }

    fn received(&mut self, number: u64) {
        let Some(packet) = self.packets.remove(&number) else { return };
        let (newest, sent) = self.newest_received.unwrap_or_default();
        self.newest_received = Some((newest.max(number), sent.max(packet.sent)));
        if let Some(Frame { fate: Fate::Missing(packets), .. }) = self.frames.get_mut(&packet.frame)
        {
            *packets = packets.saturating_sub(1);
        }
    }

    /// Packets that did not arrive though enough that were sent later did.
    fn lose_overtaken(&mut self) {
        let Some((newest, sent)) = self.newest_received else { return };
        let DeliveryConfig { reorder_packets, reorder_time, .. } = self.config;
        let frames = &mut self.frames;
        self.packets.retain(|&number, packet| {
            let overtaken = number < newest
                && (newest - number >= reorder_packets
                    || sent.saturating_sub(packet.sent) >= reorder_time);
            let frame = frames.get_mut(&packet.frame).filter(|_| overtaken);
            if let Some(frame) = frame.filter(|frame| matches!(frame.fate, Fate::Missing(_))) {
                frame.fate = Fate::Overtaken;
            }
            !overtaken
        });
    }

    /// Decides the frames that can be decided, and gives those that were.
    fn decide(&mut self) -> Vec<FrameFeedback> {
        let mut decided = Vec::new();
        let undecided: Vec<u64> = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.fate.is_open())
            .map(|(&id, _)| id)
            .collect();
        for id in undecided {
            let Some(frame) = self.frames.get(&id) else { continue };
            let fates = || frame.dependencies.iter().map(|id| self.frames.get(id).map(|f| f.fate));
            let fate = match frame.fate {
                Fate::Overtaken => Fate::Lost,
                _ if fates().any(|fate| fate == Some(Fate::Lost)) => Fate::Lost,
                // What is not remembered is not known to be there.
                Fate::Missing(0) if fates().all(|fate| fate == Some(Fate::Acknowledged)) => {
                    Fate::Acknowledged
                }
                _ => continue,
            };
            self.settle(id, fate, &mut decided);
        }
        decided
    }

    fn settle(&mut self, id: u64, fate: Fate, decided: &mut Vec<FrameFeedback>) {
        let Some(frame) = self.frames.get_mut(&id) else { return };
        if !frame.fate.is_open() {
            return;
        }
        frame.fate = fate;
        decided.push(match fate {
            Fate::Acknowledged => FrameFeedback::Acknowledged(id),
            _ => FrameFeedback::Lost(id),
        });
    }

    /// The other end says which frames it can decode. What contradicts what was decided before, and
    /// what is about frames that were not sent, is ignored.
    pub fn frame_report(&mut self, report: &FrameReport) -> Vec<FrameFeedback> {
        let mut decided = Vec::new();
        let Some((&last, _)) = self.frames.last_key_value() else { return decided };
        let id_of = |number: u16| {
            let last_number = self.config.first_number.wrapping_add(last as u16);
            let back = last_number.wrapping_sub(number);
            last.checked_sub(u64::from(back)).filter(|_| back <= u16::MAX / 2)
        };
        let newest = report.newest_decodable.map(|number| (number, true));
        let mut told: Vec<(u64, bool)> = report
            .frames()
            .chain(newest)
            .filter_map(|(number, decodable)| Some((id_of(number)?, decodable)))
            .collect();
        told.sort_unstable();
        for (id, decodable) in told {
            if decodable {
                self.acknowledge(id, &mut decided);
            } else {
                self.settle(id, Fate::Lost, &mut decided);
            }
        }
        decided.extend(self.decide());
        decided.sort_unstable_by_key(|feedback| match feedback {
            FrameFeedback::Acknowledged(id) | FrameFeedback::Lost(id) => *id,
        });
        decided
    }

    /// A frame can be decoded, and with it all that it depends on; unless one of these is known to be
    /// lost.
    fn acknowledge(&mut self, id: u64, decided: &mut Vec<FrameFeedback>) {
        let (mut open, mut needed) = (vec![id], Vec::new());
        while let Some(id) = open.pop() {
            match self.frames.get(&id) {
                // What is not remembered is not known to be there.
                None | Some(Frame { fate: Fate::Lost, .. }) => return,
                Some(Frame { fate, dependencies }) if fate.is_open() && !needed.contains(&id) => {
                    needed.push(id);
                    open.extend(dependencies);
                }
                _ => {}
            }
        }
        for id in needed {
            self.settle(id, Fate::Acknowledged, decided);
        }
    }

    /// Takes an RTCP packet of the other end, with all messages that it knows. Packets that are asked
    /// for again are not lost yet.
    ///
    /// # Errors
    /// Malformed RTCP, of which nothing is taken.
    pub fn rtcp(&mut self, data: &[u8]) -> Result<RtcpOutcome, RtcpError> {
        let mut outcome = RtcpOutcome::default();
        let stream = self.config.media;
        let ours = |media: u32| stream.is_none_or(|ours| ours == media);
        for message in RtcpMessages::new(data) {
            message?;
        }
        for message in RtcpMessages::new(data).map_while(Result::ok) {
            match message {
                RtcpMessage::Nack { media, sequences, .. } if ours(media) => {
                    outcome.resend.extend(sequences);
                }
                RtcpMessage::PictureLoss { media, .. } | RtcpMessage::FullIntra { media, .. } => {
                    outcome.key_frame |= ours(media);
                }
                RtcpMessage::Transport(feedback)
                    if self.config.numbers == SequenceNumbers::TransportWide =>
                {
                    let received = feedback.arrivals.filter(|(_, received)| *received);
                    let decided = self.packets_received(received.map(|(sequence, _)| sequence));
                    outcome.frames.extend(decided);
                }
                RtcpMessage::Congestion(feedback)
                    if self.config.numbers == SequenceNumbers::Rtp =>
                {
                    for stream in feedback.streams().filter(|stream| ours(stream.media)) {
                        let received = stream.arrivals.filter(|(_, received)| *received);
                        let decided = self.packets_received(received.map(|(sequence, _)| sequence));
                        outcome.frames.extend(decided);
                    }
                }
                RtcpMessage::Frames { report, .. } => {
                    outcome.frames.extend(self.frame_report(&report));
                }
                _ => {}
            }
        }
        Ok(outcome)
    }
}
