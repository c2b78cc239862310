//! How large the payloads of a frame may be.

use crate::rtp::dependency_descriptor::{DescribedFrame, header_extension_len};
use crate::rtp::error::RtpError;

/// The least bytes a packet must have room for: aggregation header and a two-byte OBU header.
pub(super) const MIN_PAYLOAD: usize = 3;
/// The most bytes a UDP packet could carry.
const MAX_PAYLOAD: usize = 65_535;

/// How large payloads may be, in bytes.
///
/// The reductions leave room for RTP header extensions that only some packets carry, such as the
/// first packet of a key frame with its long dependency descriptor. With several layers in a
/// temporal unit, "first" and "last" are those of each layer's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacketLimits {
    /// The most bytes of a payload: what the network carries, less IP, UDP and RTP headers,
    /// extensions that every packet has, and SRTP's tag.
    pub max_payload: usize,
    /// By how much less the first payload of a frame may hold, if the frame has several.
    pub first_reduction: usize,
    /// By how much less the last payload of a frame may hold, if the frame has several.
    pub last_reduction: usize,
    /// By how much less the only payload of a frame may hold.
    pub single_reduction: usize,
}

impl PacketLimits {
    /// Limits without reductions.
    pub const fn new(max_payload: usize) -> Self {
        Self { max_payload, first_reduction: 0, last_reduction: 0, single_reduction: 0 }
    }

    pub(super) fn check(&self) -> Result<(), RtpError> {
        let Self { max_payload, first_reduction, last_reduction, single_reduction } = *self;
        for (packet, reduction) in [
            ("middle", 0),
            ("first", first_reduction),
            ("last", last_reduction),
            ("single", single_reduction),
        ] {
            let room = max_payload.saturating_sub(reduction);
            if room < MIN_PAYLOAD || max_payload > MAX_PAYLOAD {
                return Err(RtpError::PacketLimit { packet, max_payload, reduction });
            }
        }
        Ok(())
    }

    /// What is left where a header extension of its own carries the descriptor of `frame`.
    pub(super) fn beside(self, frame: &DescribedFrame) -> Result<Self, RtpError> {
        let other = header_extension_len(frame.other_len());
        let more = header_extension_len(frame.first_len()) - other;
        let limits = Self {
            max_payload: self.max_payload.saturating_sub(other),
            first_reduction: self.first_reduction.saturating_add(more),
            last_reduction: self.last_reduction,
            single_reduction: self.single_reduction.saturating_add(more),
        };
        limits.check()?;
        Ok(limits)
    }

    pub(super) fn largest_reduction(&self) -> usize {
        self.first_reduction.max(self.last_reduction).max(self.single_reduction)
    }
}
