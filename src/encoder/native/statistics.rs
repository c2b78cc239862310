//! What is told of a frame that was coded.

use std::time::Duration;

use bytes::Bytes;

use super::engine::NativeEngine;
use super::stream::FinishedUnit;
use crate::av1::frame::reference::Reference;
use crate::encoder::unit::{self, FrameBits, FrameStats, TemporalUnit};
use crate::frame::PictureBuffer;
use crate::layers::{FramePlan, Lineage};
use crate::rate::{QindexReason, Target, Used};

impl NativeEngine {
    /// How a frame came about.
    pub(super) fn stats(
        &self,
        target: &Target,
        unit: &FinishedUnit,
        used: &Used,
        attempts: usize,
    ) -> FrameStats {
        let controlled = self.quantizer.controller();
        let [modes, motion, coefficients] = unit.spent.map(|bits| bits as u32);
        let total = unit.data.len() as u32 * 8;
        let limited = controlled.is_some() || self.limits.max_frame_bytes.is_some();
        FrameStats {
            target_bits: (target.bits > 0).then_some(target.bits as u32),
            max_bits: limited.then(|| u32::try_from(target.max_bytes * 8).unwrap_or(u32::MAX)),
            bits: FrameBits {
                headers: total - modes - motion - coefficients,
                modes,
                motion,
                coefficients,
            },
            delay: controlled.map(|controller| Duration::from_secs_f64(controller.delay())),
            qindex_mean: used.mean as f32,
            qindex_min: used.least,
            qindex_max: used.greatest,
            reason: if attempts > 1 { QindexReason::Corrected } else { target.reason },
            skipped: unit.skipped,
            attempts: attempts as u8,
        }
    }

    /// The unit that is handed out.
    pub(super) fn unit(
        &self,
        timestamp: u64,
        (plan, lineage): (&FramePlan, Lineage),
        unit: FinishedUnit,
        stats: FrameStats,
    ) -> TemporalUnit {
        let Lineage { id, dependencies } = lineage;
        let structure = self.plan.structure();
        let temporal_id = plan.layer.temporal_id;
        let frame = unit::CodedFrame {
            id,
            dependencies,
            temporal_id,
            spatial_id: plan.layer.spatial_id,
            decode_targets: (u8::MAX << temporal_id) & !(u8::MAX << structure.layers),
            switch_point: !structure.is_top(temporal_id),
            recovery: plan.recovery,
            qindex: unit.qindex,
            width: self.settings.width,
            height: self.settings.height,
            stats: Some(stats),
            reconstruction: self.settings.reconstruction.then(|| self.picture(&unit.reference)),
        };
        TemporalUnit {
            data: Bytes::from(unit.data),
            timestamp,
            key_frame: plan.key_frame,
            frames: vec![frame],
        }
    }

    fn picture(&self, reference: &Reference) -> PictureBuffer {
        let mut picture = PictureBuffer::new(self.settings.width, self.settings.height)
            .expect("settings have a checked size");
        for (index, plane) in reference.planes.iter().enumerate() {
            let rows = picture.plane_mut(index).chunks_exact_mut(plane.width);
            for (y, row) in rows.enumerate() {
                row.copy_from_slice(plane.row(0, y as isize, plane.width));
            }
        }
        picture
    }
}
