//! What no frame may break: the delay of the link and the ceiling of a frame, in bytes on the wire.

/// What the network adds to a frame's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    /// Bytes of headers a packet.
    pub(crate) packet_overhead: u32,
    /// The most bytes of payload in a packet.
    pub(crate) max_payload: u32,
}

impl Wire {
    /// Bytes on the wire of a temporal unit of `bytes` bytes: with stated headers, no fewer than the
    /// packets of [`Packetizer`](crate::rtp::Packetizer) take, whose first byte is an aggregation
    /// header.
    pub(crate) fn bytes(self, bytes: u64) -> u64 {
        if self.packet_overhead == 0 {
            return bytes;
        }
        let packets = bytes.div_ceil(u64::from(self.max_payload) - 1);
        bytes + packets * (u64::from(self.packet_overhead) + 1)
    }

    /// The largest temporal unit that takes `bytes` bytes on the wire at most.
    fn unit_within(self, bytes: u64) -> u64 {
        if self.packet_overhead == 0 {
            return bytes;
        }
        let (room, header) = (u64::from(self.max_payload) - 1, u64::from(self.packet_overhead) + 1);
        let full = bytes / (room + header);
        full * room + (bytes % (room + header)).saturating_sub(header)
    }
}

/// The limits of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// The most that bits may wait for the link, in seconds.
    pub(crate) max_delay: f64,
    /// The most bytes of a temporal unit.
    pub(crate) max_frame_bytes: Option<u32>,
    /// What the network adds.
    pub(crate) wire: Wire,
}

impl Limits {
    /// The bits on the wire of a temporal unit.
    pub(crate) fn wire_bits(&self, bytes: u64) -> f64 {
        (self.wire.bytes(bytes) * 8) as f64
    }

    /// The largest temporal unit, in bytes, when `waiting` bits wait on a link of `rate` bit/s.
    pub(crate) fn max_bytes(&self, rate: f64, waiting: f64) -> u64 {
        // A thousandth of a byte less, for sums that are rounded.
        let bytes = ((self.max_delay * rate - waiting) / 8.0 - 0.001).max(0.0) as u64;
        let unit = self.wire.unit_within(bytes);
        self.max_frame_bytes.map_or(unit, |most| unit.min(u64::from(most)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_is_the_largest() {
        for packet_overhead in [0, 12, 48, 200] {
            for max_payload in [100, 1200] {
                let wire = Wire { packet_overhead, max_payload };
                for bytes in 0..4000 {
                    let unit = wire.unit_within(bytes);
                    assert!(unit == 0 || wire.bytes(unit) <= bytes, "{wire:?} {bytes}: {unit}");
                    assert!(wire.bytes(unit + 1) > bytes, "{wire:?} {bytes}: {unit}");
                }
            }
        }
    }
}
