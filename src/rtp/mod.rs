//! AV1 in RTP payloads: temporal units are cut into payloads and put together again.
//!
//! The format is that of the *RTP Payload Format For AV1*, version 1.0.0; section numbers in this
//! module are its own unless they name the AV1 specification. The RTP header, its sequence
//! numbers, encryption and sockets belong to the application: [`Packetizer`] gives payloads with
//! the marker bit, [`Depacketizer`] takes payloads with what stood in their RTP headers.
//!
//! ```text
//! temporal unit → Packetizer → Payload … → network → RtpPacket … → Depacketizer → ReceivedUnit
//!                                                     time now ↗       ↓        ↘ Loss
//!                                                                 next timeout
//! ```
//!
//! Time is the caller's: a [`Duration`](std::time::Duration) since a start of its choice goes in
//! with each packet, and the next deadline comes out. `examples/receive_pictures.rs` is a whole
//! receiver around it, from packets to pictures and requests for key frames.
//!
//! [`sdp`] holds the parameters that both ends agree on before the first packet.

mod aggregation;
mod assembly;
mod continuity;
mod delivery;
mod depacketizer;
pub mod dependency_descriptor;
mod error;
mod event;
mod extend;
mod packetizer;
mod payload;
mod receiver;
mod reorder;
pub mod rtcp;
pub mod sdp;
mod unit_start;

pub use aggregation::{AggregationHeader, Elements};
pub use delivery::{DeliveryConfig, DeliveryTracker, FrameFeedback, RtcpOutcome, SequenceNumbers};
pub use depacketizer::Depacketizer;
pub use error::RtpError;
pub use event::{
    DepacketizerConfig, DepacketizerEvent, Loss, LossReason, MissingPackets, ReceivedUnit,
};
pub use extend::{Extender, WireCounter};
pub use packetizer::{PacketLimits, Packetizer};
pub use payload::{Payload, UnitData};
pub use receiver::{
    PictureState, ReceivedPicture, Receiver, ReceiverConfig, ReceiverEvent, Request,
};
pub use reorder::{Arrival, RtpPacket};

/// RTP clock rate of AV1, in ticks a second (7.2.1).
pub const CLOCK_RATE: u32 = 90_000;
