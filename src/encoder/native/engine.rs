//! One frame in, one temporal unit out: plan, quantizer, headers, tiles, account.

use bytes::Bytes;

use super::headers::{frame_header, sequence_header};
use super::stream::Stream;
use crate::av1::reference::Reference;
use crate::config::{EngineKind, MAX_THREADS, RateMode, Rational, Settings, Speed};
use crate::encoder::engine::{Capabilities, Engine};
use crate::encoder::unit::{DropReason, DroppedFrame, EncodeOutcome, FrameOptions, TemporalUnit};
use crate::error::{ConfigError, EncodeError};
use crate::frame::padded::PaddedPlane;
use crate::frame::{Frame, PictureBuffer};
use crate::layers::{FramePlan, GoldenPlan};
use crate::rate::{Class, Complexity, Controller, Decision, FrameFacts};
use crate::search::decide::{Analysis, Search};

const NAME: &str = EngineKind::Native.name();

/// The native engine: no delay, everything changed on any frame.
pub(crate) struct NativeEngine {
    stream: Stream,
    search: Search,
    plan: GoldenPlan,
    quantizer: QuantizerSource,
    /// The picture to code, edges extended.
    source: [PaddedPlane; 3],
    width: u32,
    height: u32,
    speed: u8,
    reconstruction: bool,
    key_interval: Option<u32>,
    /// Frames since the last key frame, that one and those left out included.
    since_key: u32,
    /// Length of a tick in seconds.
    tick: f64,
    last_timestamp: Option<u64>,
}

/// Where the quantizer of a frame comes from.
enum QuantizerSource {
    Constant(u8),
    Rate(Box<Controller>),
}

impl NativeEngine {
    pub(crate) fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let (width, height) = (settings.width as usize, settings.height as usize);
        let mut stream = Stream::new(sequence_header(settings))
            .map_err(|error| crate::encoder::engine::unsupported(NAME, "sequence header", error))?;
        stream.set_threads(settings.threads);
        let mut search = Search::new(width, height);
        search.set_speed(settings.speed.level());
        let chroma = (width.div_ceil(2), height.div_ceil(2));
        let quantizer = match settings.rate {
            RateMode::ConstantQindex(qindex) => QuantizerSource::Constant(qindex),
            RateMode::Bitrate(bitrate) => QuantizerSource::Rate(Box::new(Controller::new(
                f64::from(bitrate),
                settings.frame_rate.as_f64(),
                (width * height) as f64,
                GoldenPlan::CASCADE,
            ))),
        };
        Ok(Self {
            stream,
            search,
            plan: GoldenPlan::default(),
            quantizer,
            source: [(width, height), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h)),
            width: settings.width,
            height: settings.height,
            speed: settings.speed.level(),
            reconstruction: settings.reconstruction,
            key_interval: settings.key_interval,
            since_key: 0,
            tick: settings.timebase.as_f64(),
            last_timestamp: None,
        })
    }

    fn import(&mut self, frame: &Frame<'_>) {
        for (index, plane) in self.source.iter_mut().enumerate() {
            let (start, stride) = (plane.index(0, 0), plane.stride);
            frame.copy_i420_plane(index, &mut plane.data[start..], stride);
            plane.extend_edges();
        }
    }

    fn facts(&self, timestamp: u64, plan: &FramePlan, analysis: Analysis) -> FrameFacts {
        let elapsed = self.last_timestamp.map_or(0, |last| timestamp - last);
        let class = if plan.key_frame { Class::Key } else { Class::Inter(plan.level) };
        FrameFacts {
            elapsed: elapsed as f64 * self.tick,
            class,
            complexity: Complexity { spatial: analysis.spatial, temporal: analysis.temporal },
        }
    }

    fn unit(
        &self,
        timestamp: u64,
        plan: &FramePlan,
        qindex: u8,
        data: Vec<u8>,
        reference: &Reference,
    ) -> TemporalUnit {
        TemporalUnit {
            data: Bytes::from(data),
            timestamp,
            key_frame: plan.key_frame,
            temporal_id: plan.layer.temporal_id,
            spatial_id: plan.layer.spatial_id,
            qindex,
            width: self.width,
            height: self.height,
            reconstruction: self.reconstruction.then(|| self.picture(reference)),
        }
    }

    fn picture(&self, reference: &Reference) -> PictureBuffer {
        let mut picture =
            PictureBuffer::new(self.width, self.height).expect("settings have a checked size");
        for (index, plane) in reference.planes.iter().enumerate() {
            let rows = picture.plane_mut(index).chunks_exact_mut(plane.width);
            for (y, row) in rows.enumerate() {
                row.copy_from_slice(plane.row(0, y as isize, plane.width));
            }
        }
        picture
    }
}

impl Engine for NativeEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            delay_frames: 0,
            live_bitrate: true,
            live_frame_rate: true,
            live_speed: true,
            frame_qindex: true,
            key_on_request: true,
            reconstruction: true,
            max_threads: self.stream.most_threads().min(MAX_THREADS),
        }
    }

    fn encode(
        &mut self,
        frame: &Frame<'_>,
        options: FrameOptions,
    ) -> Result<EncodeOutcome, EncodeError> {
        let timestamp = frame.timestamp();
        self.import(frame);
        let analysis = self.search.analyse(&self.source);
        let due = self.key_interval.is_some_and(|interval| self.since_key >= interval);
        let plan = self.plan.next(options.key_frame || due);
        let facts = self.facts(timestamp, &plan, analysis);
        let qindex = match (options.qindex, &mut self.quantizer) {
            (Some(qindex), _) => qindex,
            (None, QuantizerSource::Constant(qindex)) => *qindex,
            (None, QuantizerSource::Rate(controller)) => match controller.pick(&facts) {
                Decision::Code { qindex, .. } => qindex,
                Decision::Drop => {
                    controller.dropped(&facts);
                    self.last_timestamp = Some(timestamp);
                    self.since_key = self.since_key.saturating_add(1);
                    let dropped = DroppedFrame { timestamp, reason: DropReason::LinkFull };
                    return Ok(EncodeOutcome { unit: None, dropped: Some(dropped) });
                }
            },
        };
        let header = frame_header(self.stream.sequence(), &plan, qindex, self.speed);
        let coded = header
            .and_then(|header| {
                self.stream.encode(header, &self.source, plan.layer, &mut self.search)
            })
            .map_err(|error| EncodeError::Engine { engine: NAME, message: error.to_string() })?;

        self.plan.commit(&plan);
        self.last_timestamp = Some(timestamp);
        self.since_key = if plan.key_frame { 1 } else { self.since_key.saturating_add(1) };
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            controller.coded(&facts, qindex, coded.data.len() as u64 * 8);
        }
        let unit = self.unit(timestamp, &plan, qindex, coded.data, &coded.reference);
        Ok(EncodeOutcome { unit: Some(unit), dropped: None })
    }

    fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        Ok(None)
    }

    fn set_bitrate(&mut self, bitrate: u32) -> Result<(), ConfigError> {
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            controller.set_rate(f64::from(bitrate));
        }
        Ok(())
    }

    fn set_frame_rate(&mut self, rate: Rational) -> Result<(), ConfigError> {
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            controller.set_frame_rate(rate.as_f64());
        }
        Ok(())
    }

    fn set_speed(&mut self, speed: Speed) -> Result<(), ConfigError> {
        self.speed = speed.level();
        self.search.set_speed(self.speed);
        Ok(())
    }
}
