//! What a page is told of a call.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rtav1::EncodeOutcome;
use serde_json::{Value, json};

/// Numbers of a call since its start, and the state of the moment.
#[derive(Debug)]
pub(crate) struct Stats {
    pub(crate) start: Instant,
    pub(crate) state: &'static str,
    pub(crate) error: Option<String>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bit/s on the wire.
    pub(crate) target: u32,
    pub(crate) capacity: Option<f64>,
    pub(crate) queue: Duration,
    pub(crate) frames: u64,
    pub(crate) dropped: u64,
    pub(crate) key_frames: u64,
    pub(crate) recoveries: u64,
    pub(crate) frames_in_layers: [u64; 3],
    pub(crate) qindex: u8,
    pub(crate) encode_time: Duration,
    pub(crate) packets: u64,
    pub(crate) resent: u64,
    /// Bytes on the wire.
    pub(crate) bytes: u64,
    pub(crate) packets_lost: u64,
    pub(crate) frames_acknowledged: u64,
    pub(crate) frames_lost: u64,
    pub(crate) picture_losses: u64,
    pub(crate) full_intras: u64,
    pub(crate) nacks: u64,
    pub(crate) descriptors: bool,
    pub(crate) payload_type: u8,
    pub(crate) received: Received,
}

/// Of the browser's own video.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) pictures: u64,
    pub(crate) key_frames: u64,
    pub(crate) skipped: u64,
    pub(crate) errors: u64,
    pub(crate) requests: u64,
    pub(crate) with_descriptor: u64,
}

impl Stats {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            state: "new",
            error: None,
            width: 0,
            height: 0,
            target: 0,
            capacity: None,
            queue: Duration::ZERO,
            frames: 0,
            dropped: 0,
            key_frames: 0,
            recoveries: 0,
            frames_in_layers: [0; 3],
            qindex: 0,
            encode_time: Duration::ZERO,
            packets: 0,
            resent: 0,
            bytes: 0,
            packets_lost: 0,
            frames_acknowledged: 0,
            frames_lost: 0,
            picture_losses: 0,
            full_intras: 0,
            nacks: 0,
            descriptors: false,
            payload_type: 0,
            received: Received::default(),
        }
    }

    /// The encoder took a picture, for so long.
    pub(crate) fn encoded(&mut self, outcome: &EncodeOutcome, took: Duration) {
        self.encode_time = took;
        let Some(unit) = outcome.unit() else {
            self.dropped += 1;
            return;
        };
        self.frames += 1;
        self.key_frames += u64::from(unit.key_frame);
        for frame in &unit.frames {
            self.recoveries += u64::from(frame.recovery);
            self.qindex = frame.qindex;
            if let Some(layer) = self.frames_in_layers.get_mut(usize::from(frame.temporal_id)) {
                *layer += 1;
            }
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let ms = |time: Duration| (time.as_secs_f64() * 1e4).round() / 10.0;
        let received = &self.received;
        json!({
            "time": self.start.elapsed().as_secs_f64(),
            "state": self.state,
            "error": self.error,
            "width": self.width,
            "height": self.height,
            "target": self.target,
            "capacity": self.capacity.map(f64::round),
            "queue": ms(self.queue),
            "frames": self.frames,
            "dropped": self.dropped,
            "keyFrames": self.key_frames,
            "recoveries": self.recoveries,
            "layers": self.frames_in_layers,
            "qindex": self.qindex,
            "encodeTime": ms(self.encode_time),
            "packets": self.packets,
            "resent": self.resent,
            "bytes": self.bytes,
            "packetsLost": self.packets_lost,
            "framesAcknowledged": self.frames_acknowledged,
            "framesLost": self.frames_lost,
            "pictureLosses": self.picture_losses,
            "fullIntras": self.full_intras,
            "nacks": self.nacks,
            "descriptors": self.descriptors,
            "payloadType": self.payload_type,
            "received": {
                "width": received.width,
                "height": received.height,
                "packets": received.packets,
                "bytes": received.bytes,
                "pictures": received.pictures,
                "keyFrames": received.key_frames,
                "skipped": received.skipped,
                "errors": received.errors,
                "requests": received.requests,
                "withDescriptor": received.with_descriptor,
            },
        })
    }
}

/// [`Stats`] that the threads of a call write and those of the server read.
#[derive(Clone, Debug)]
pub(crate) struct SharedStats(Arc<Mutex<Stats>>);

impl SharedStats {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Stats::new())))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Stats> {
        self.0.lock().expect("no thread panics with it")
    }
}
