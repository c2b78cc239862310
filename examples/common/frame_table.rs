//! A table of coded frames: for each a row of what it cost, how good it is, and what the encoder says
//! of it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use rtav1::{
    DroppedFrame, EncoderConfig, FrameStats, PictureBuffer, RateMode, TemporalUnit, WireOverhead,
};

use super::metrics::{LeakyBucket, mean, psnr_y};

/// The table, written as CSV in order of the frames' numbers.
pub(crate) struct FrameTable {
    file: BufWriter<File>,
    /// Bit/s; `None` with a constant quantizer index.
    target: Option<u32>,
    frame_rate: f64,
    wire: WireOverhead,
    bucket: LeakyBucket,
    /// Frames inside the encoder.
    sources: VecDeque<(u64, PictureBuffer)>,
    psnr: Vec<f64>,
}

impl FrameTable {
    const COLUMNS: &str = "number,key,bytes,qindex,target_bps,link_delay_ms,encode_us,psnr_y,\
        attempts,target_bits,max_bits,header_bits,mode_bits,motion_bits,coefficient_bits,delay_ms,\
        qindex_mean,qindex_min,qindex_max,skipped,reason,dropped";

    /// A table at `path` of frames whose timestamps count at `frame_rate`, coded as `config` says.
    pub(crate) fn create(
        path: &Path,
        config: &EncoderConfig,
        frame_rate: f64,
    ) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut file = BufWriter::new(file);
        writeln!(file, "{}", Self::COLUMNS)?;
        let target = match config.rate {
            RateMode::Bitrate(rate) => Some(rate),
            _ => None,
        };
        let (bucket, sources, psnr) = Default::default();
        Ok(Self { file, target, frame_rate, wire: config.wire, bucket, sources, psnr })
    }

    /// The target rate is `rate` bit/s from now on.
    pub(crate) fn set_target(&mut self, rate: u32) {
        self.target = Some(rate);
    }

    /// A frame went into the encoder.
    pub(crate) fn took(&mut self, timestamp: u64, picture: PictureBuffer) {
        self.sources.push_back((timestamp, picture));
    }

    /// A frame was left out, after so many microseconds.
    pub(crate) fn dropped(&mut self, frame: DroppedFrame, encode_us: u128) -> anyhow::Result<()> {
        let DroppedFrame { timestamp, reason, .. } = frame;
        self.sources.retain(|(number, _)| *number != timestamp);
        let (link, of_encoder) = (self.link(timestamp, 0), of_encoder(None));
        let reason = reason.name();
        Ok(writeln!(self.file, "{timestamp},0,0,,{link},{encode_us},,{of_encoder},{reason}")?)
    }

    /// A frame came out, after so many microseconds.
    pub(crate) fn coded(&mut self, unit: &TemporalUnit, encode_us: u128) -> anyhow::Result<()> {
        let number = unit.timestamp;
        let place = self.sources.iter().position(|(source, _)| *source == number);
        let source = place.and_then(|place| self.sources.remove(place));
        let Some(frame) = unit.frames.last() else { return Ok(()) };
        let psnr = source.zip(frame.reconstruction.as_ref());
        let psnr = psnr.map(|((_, source), coded)| psnr_y(&source, coded));
        self.psnr.extend(psnr);
        let (key, bytes, qindex) = (u8::from(unit.key_frame), unit.data.len(), frame.qindex);
        let link = self.link(number, self.on_wire(bytes));
        let psnr = psnr.map_or(String::new(), |psnr| format!("{psnr:.3}"));
        let of_encoder = of_encoder(frame.stats.as_ref());
        Ok(writeln!(
            self.file,
            "{number},{key},{bytes},{qindex},{link},{encode_us},{psnr},{of_encoder},"
        )?)
    }

    /// Bytes on the wire of a temporal unit, with the headers that were stated and the aggregation
    /// header that opens each payload.
    fn on_wire(&self, bytes: usize) -> usize {
        let WireOverhead { packet_overhead, max_payload, .. } = self.wire;
        if packet_overhead == 0 {
            return bytes;
        }
        bytes + bytes.div_ceil(max_payload as usize - 1) * (packet_overhead as usize + 1)
    }

    /// The columns of the link: target rate and delay, both empty without a target.
    fn link(&mut self, number: u64, bytes: usize) -> String {
        let Some(target) = self.target else { return ",".into() };
        let delay = self.bucket.add(bytes, number as f64 / self.frame_rate, f64::from(target));
        format!("{target},{delay:.1}")
    }

    /// Completes the file; gives the mean quality for a line of totals, empty if it is not known.
    pub(crate) fn finish(mut self) -> anyhow::Result<String> {
        self.file.flush()?;
        Ok(mean(&self.psnr).map_or(String::new(), |psnr| format!(", PSNR-Y {psnr:.2} dB")))
    }
}

/// The columns from `attempts` to `reason`, empty for a frame without.
fn of_encoder(stats: Option<&FrameStats>) -> String {
    let Some(stats) = stats else { return ",".repeat(12) };
    let FrameStats { attempts, bits, qindex_mean, qindex_min, qindex_max, skipped, .. } = stats;
    let number = |bits: Option<u32>| bits.map_or(String::new(), |bits| bits.to_string());
    let (target, most) = (number(stats.target_bits), number(stats.max_bits));
    let delay =
        stats.delay.map_or(String::new(), |delay| format!("{:.1}", 1000.0 * delay.as_secs_f64()));
    format!(
        "{attempts},{target},{most},{},{},{},{},{delay},{qindex_mean:.1},{qindex_min},{qindex_max},\
         {skipped:.3},{}",
        bits.headers,
        bits.modes,
        bits.motion,
        bits.coefficients,
        stats.reason.name()
    )
}
