//! What is known of a frame before any of it is coded: its picture, its facts for rate control, and
//! what it is to become.

use std::sync::Arc;

use super::engine::NativeEngine;
use super::headers::sequence_header;
use super::stream::{CodedUnit, Stream};
use crate::av1::geometry::SB4;
use crate::av1::obu::frame::FrameHeader;
use crate::av1::obu::{BitstreamError, LayerId};
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::decider::Control;
use crate::config::{ConfigError, LayerShares, RateMode, SendLimits, Settings};
use crate::denoise::Denoiser;
use crate::encoder::engine::unsupported;
use crate::frame::Frame;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::layers::{FramePlan, Structure};
use crate::pool::Pool;
use crate::rate::{
    Class, Complexity, Controller, ControllerSettings, Decision, FrameFacts, LEAST_ACTIVITY,
    Limits, QindexRange, QindexReason, Target, Weight, Wire,
};
use crate::search::Analysis;
use crate::search::frame::Search;

/// What is made for pictures of one size.
pub(super) struct Pictures {
    pub(super) stream: Stream,
    pub(super) search: Search,
    /// The picture to code, edges extended.
    pub(super) source: [PaddedPlane; 3],
    /// Luma of the one before.
    previous: PaddedPlane,
    /// What takes noise off pictures first, if it is to be taken off.
    denoiser: Option<Denoiser>,
    pool: Arc<Pool>,
}

impl Pictures {
    pub(super) fn new(
        settings: &Settings,
        isa: Isa,
        engine: &'static str,
        pool: &Arc<Pool>,
    ) -> Result<Self, ConfigError> {
        let (width, height) = (settings.width as usize, settings.height as usize);
        let mut stream = Stream::new(sequence_header(settings), isa)
            .map_err(|error| unsupported(engine, "sequence header", error))?;
        stream.set_pool(Arc::clone(pool));
        let mut search = Search::new(width, height, isa);
        search.set_pool(Arc::clone(pool));
        search.set_speed(settings.first_level());
        search.set_tune(settings.tune);
        let chroma = (width.div_ceil(2), height.div_ceil(2));
        let source = [(width, height), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h));
        let previous = source[0].clone();
        let denoiser = settings.denoise.then(|| Denoiser::new(width, height, isa));
        Ok(Self { stream, search, source, previous, denoiser, pool: Arc::clone(pool) })
    }

    /// Takes a picture in, and looks at it.
    pub(super) fn import(&mut self, frame: &Frame<'_>) -> Analysis {
        std::mem::swap(&mut self.source[0], &mut self.previous);
        self.pool.for_each(self.source.iter_mut().enumerate(), |(index, plane)| {
            let (start, stride) = (plane.index(0, 0), plane.stride);
            frame.copy_i420_plane(index, &mut plane.data[start..], stride);
            // Superblocks at the lower right reach outside.
            plane.extend_edges_by(0, 64);
        });
        if let Some(denoiser) = &mut self.denoiser {
            denoiser.filter(&mut self.source, &self.pool);
            self.pool.for_each(&mut self.source, |plane| plane.extend_edges_by(0, 64));
        }
        self.search.analyse(&self.source[0], &self.previous)
    }

    /// Mean absolute difference of the picture that was taken in from the frame in a slot, a luma sample:
    /// of every fourth row.
    pub(super) fn difference(&self, slot: u8) -> f64 {
        const STEP: usize = 4;
        let Some(reference) = self.stream.slot(slot) else { return 0.0 };
        let [source, ..] = &self.source;
        let row = |plane: &PaddedPlane, y: usize| {
            let start = plane.index(0, y as isize);
            start..start + plane.width
        };
        let rows = (0..source.height).step_by(STEP);
        let count = rows.len() * source.width;
        let sum: u64 = rows
            .map(|y| {
                let here = &source.data[row(source, y)];
                let there = &reference.planes[0].data[row(&reference.planes[0], y)];
                here.iter().zip(there).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>()
            })
            .sum();
        sum as f64 / count as f64
    }

    /// Readies the search for a frame of this plan, however often it will be coded.
    pub(super) fn prepare(&mut self, plan: &FramePlan) {
        let references = self.stream.references((!plan.key_frame).then_some(&plan.reads));
        self.search.set_distance(plan.distance);
        self.search.prepare(&self.source, &references);
    }

    /// How much the superblocks of a frame's tiles hold, in coding order.
    pub(super) fn weights<'a>(
        &'a self,
        tiles: &'a [TileBounds],
        intra: bool,
    ) -> impl Iterator<Item = Weight> + 'a {
        let cols = tiles.last().map_or(1, |tile| tile.mi_col_end.div_ceil(SB4));
        let superblocks = self.search.superblocks();
        let of = move |row: usize, col: usize| {
            let held = &superblocks[row * cols + col];
            let sum = if intra { held.spatial } else { held.temporal };
            sum as f64 + LEAST_ACTIVITY * held.area as f64
        };
        tiles.iter().flat_map(move |tile| {
            let cols = tile.mi_col_start / SB4..tile.mi_col_end.div_ceil(SB4);
            let rows = tile.mi_row_start / SB4..tile.mi_row_end.div_ceil(SB4);
            rows.flat_map(move |row| cols.clone().map(move |col| of(row, col)))
        })
    }

    /// Codes the picture with the search's choices and, superblock by superblock, those of `control`;
    /// `None` if it gives the frame up.
    pub(super) fn code(
        &mut self,
        header: FrameHeader,
        layer: LayerId,
        control: Option<Control<'_>>,
    ) -> Result<Option<CodedUnit>, BitstreamError> {
        let Self { stream, search, source, .. } = self;
        stream.code(header, source, layer, search, control)
    }
}

/// Where the quantizer of a frame comes from.
pub(super) enum QuantizerSource {
    Constant(u8),
    Rate(Box<Controller>),
}

impl QuantizerSource {
    /// That of `settings`, where the smallest key frame has so many bytes.
    pub(super) fn new(settings: &Settings, smallest: u64) -> Self {
        match settings.rate {
            RateMode::ConstantQindex(qindex) => Self::Constant(qindex),
            RateMode::Bitrate(bitrate) => {
                let mut controller = Controller::new(ControllerSettings {
                    // Whichever it is, nothing is measured by it while all frames are dropped.
                    rate: if bitrate == 0 { 1000.0 } else { f64::from(bitrate) },
                    frame_rate: settings.frame_rate.as_f64(),
                    samples: f64::from(settings.width) * f64::from(settings.height),
                    smallest_key_bytes: smallest,
                    limits: limits(settings.send_limits()),
                    adaptive_frame_rate: settings.adaptive_frame_rate,
                    cascade: Structure::of(settings.scalability_mode).cascade,
                });
                controller.set_rate(f64::from(bitrate));
                let mode = settings.scalability_mode;
                let percent = LayerShares::of_mode(&settings.layer_shares, mode);
                controller.set_layer_shares(&Structure::of(mode).mixes(), percent);
                controller.set_qindex_range(QindexRange {
                    least: settings.min_qindex,
                    most: settings.max_qindex,
                });
                Self::Rate(Box::new(controller))
            }
        }
    }

    /// The controller of a target rate.
    pub(super) fn controller(&self) -> Option<&Controller> {
        match self {
            Self::Rate(controller) => Some(controller),
            Self::Constant(_) => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn controller_mut(&mut self) -> Option<&mut Controller> {
        match self {
            Self::Rate(controller) => Some(controller),
            Self::Constant(_) => None,
        }
    }
}

/// The limits as rate control counts them.
pub(super) fn limits(limits: SendLimits) -> Limits {
    let wire = limits.wire;
    Limits {
        max_delay: limits.max_delay.as_secs_f64(),
        max_frame_bytes: limits.max_frame_bytes,
        wire: Wire { packet_overhead: wire.packet_overhead, max_payload: wire.max_payload },
    }
}

impl NativeEngine {
    /// Seconds since the frame before, coded or not; 0 for the first.
    pub(super) fn elapsed(&self, timestamp: u64) -> f64 {
        self.last_timestamp.map_or(0, |last| timestamp - last) as f64 * self.tick
    }

    /// A frame as rate control sees it.
    pub(super) fn facts(&self, timestamp: u64, plan: &FramePlan, analysis: Analysis) -> FrameFacts {
        let class = match plan.key_frame {
            true => Class::Key,
            false if analysis.scene_cut => Class::SceneCut,
            false => Class::Inter(plan.level),
        };
        FrameFacts {
            elapsed: self.elapsed(timestamp),
            class,
            temporal_id: plan.layer.temporal_id,
            complexity: Complexity {
                spatial: analysis.spatial,
                temporal: analysis.temporal,
                moving: analysis.moving,
            },
        }
    }

    /// What a frame is to become, whoever says so: `asked` is the caller's index for it.
    pub(super) fn decide(&self, facts: &FrameFacts, asked: Option<u8>) -> Decision {
        let most = self.limits.max_frame_bytes.map_or(u64::MAX, u64::from);
        match (&self.quantizer, asked) {
            (QuantizerSource::Constant(qindex), None) => Decision::Code(fixed(*qindex, most)),
            (QuantizerSource::Constant(_), Some(qindex)) => Decision::Code(fixed(qindex, most)),
            (QuantizerSource::Rate(controller), asked) => match (controller.pick(facts), asked) {
                (Decision::Code(target), Some(qindex)) => {
                    Decision::Code(fixed(qindex, target.max_bytes))
                }
                (decision, _) => decision,
            },
        }
    }
}

/// A frame of one quantizer index, unless it would pass `max_bytes`.
fn fixed(qindex: u8, max_bytes: u64) -> Target {
    Target {
        qindex,
        range: QindexRange::default(),
        reason: QindexReason::Asked,
        bits: 0,
        soft_bytes: max_bytes,
        max_bytes,
        exact: false,
        poor_bytes: 0,
    }
}
