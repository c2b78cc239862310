//! 5.11.26 assign_mv, 5.11.31 read_mv.

use super::tile::{Step, TileParser};
use crate::av1::tile::cdf;
use crate::av1::types::PredictionMode;

const MV_JOINT_HNZVZ: usize = 1;
const MV_JOINT_HZVNZ: usize = 2;
const MV_JOINT_HNZVNZ: usize = 3;
const MV_CLASS_0: usize = 0;
const CLASS0_SIZE: i32 = 2;
/// Intra block copy would have 1.
const MV_CTX: usize = 0;

impl TileParser<'_> {
    /// 5.11.26 assign_mv, with the requirement of 6.10.25.
    pub(super) fn assign_mv(&mut self, is_compound: bool) -> Step {
        use PredictionMode as M;
        for i in 0..1 + usize::from(is_compound) {
            let comp_mode = get_mode(self.b.y_mode, i);
            let stack = &self.b.stack;
            let pred_mv = if comp_mode == M::GlobalMv {
                stack.global_mvs[i]
            } else {
                let mut pos = if comp_mode == M::NearestMv { 0 } else { self.b.ref_mv_idx };
                if comp_mode == M::NewMv && stack.num_mv_found <= 1 {
                    pos = 0;
                }
                stack.ref_stack_mv[pos][i]
            };
            let mut mv = pred_mv;
            if comp_mode == M::NewMv {
                let diff_mv = self.read_mv()?;
                mv = [pred_mv[0] + diff_mv[0], pred_mv[1] + diff_mv[1]];
            }
            if mv.iter().any(|component| component.abs() >= 1 << 14) {
                return Err(format!("Mv {mv:?}"));
            }
            self.b.mv[i] = mv;
        }
        Ok(())
    }

    /// 5.11.31 read_mv: diffMv.
    fn read_mv(&mut self) -> Step<[i32; 2]> {
        let mut diff_mv = [0; 2];
        let mv_joint = self.symbol("mv_joint", cdf::MV_JOINT_CDF.row([MV_CTX]))?;
        if mv_joint == MV_JOINT_HZVNZ || mv_joint == MV_JOINT_HNZVNZ {
            diff_mv[0] = self.read_mv_component(0)?;
        }
        if mv_joint == MV_JOINT_HNZVZ || mv_joint == MV_JOINT_HNZVNZ {
            diff_mv[1] = self.read_mv_component(1)?;
        }
        Ok(diff_mv)
    }

    /// 5.11.32 read_mv_component.
    fn read_mv_component(&mut self, comp: usize) -> Step<i32> {
        let index = [MV_CTX, comp];
        let mv_sign = self.flag("mv_sign", cdf::MV_SIGN_CDF.row(index))?;
        let mv_class = self.symbol("mv_class", cdf::MV_CLASS_CDF.row(index))?;
        let mag = if mv_class == MV_CLASS_0 {
            let bit = self.symbol("mv_class0_bit", cdf::MV_CLASS0_BIT_CDF.row(index))?;
            let fr = if self.input.force_integer_mv {
                3
            } else {
                self.symbol("mv_class0_fr", cdf::MV_CLASS0_FR_CDF.row([MV_CTX, comp, bit]))?
            };
            let hp = if self.input.allow_high_precision_mv {
                self.symbol("mv_class0_hp", cdf::MV_CLASS0_HP_CDF.row(index))?
            } else {
                1
            };
            ((bit << 3) | (fr << 1) | hp) as i32 + 1
        } else {
            let mut d = 0;
            for i in 0..mv_class {
                d |= self.symbol("mv_bit", cdf::MV_BIT_CDF.row([MV_CTX, comp, i]))? << i;
            }
            let fr = if self.input.force_integer_mv {
                3
            } else {
                self.symbol("mv_fr", cdf::MV_FR_CDF.row(index))?
            };
            let hp = if self.input.allow_high_precision_mv {
                self.symbol("mv_hp", cdf::MV_HP_CDF.row(index))?
            } else {
                1
            };
            (CLASS0_SIZE << (mv_class + 2)) + ((d << 3) | (fr << 1) | hp) as i32 + 1
        };
        Ok(if mv_sign { -mag } else { mag })
    }
}

/// 5.11.30 get_mode.
fn get_mode(y_mode: PredictionMode, ref_list: usize) -> PredictionMode {
    use PredictionMode as M;
    if ref_list == 0 {
        match y_mode {
            mode if mode < M::NearestNearestMv => mode,
            M::NewNewMv | M::NewNearestMv | M::NewNearMv => M::NewMv,
            M::NearestNearestMv | M::NearestNewMv => M::NearestMv,
            M::NearNearMv | M::NearNewMv => M::NearMv,
            _ => M::GlobalMv,
        }
    } else {
        match y_mode {
            M::NewNewMv | M::NearestNewMv | M::NearNewMv => M::NewMv,
            M::NearestNearestMv | M::NewNearestMv => M::NearestMv,
            M::NearNearMv | M::NewNearMv => M::NearMv,
            _ => M::GlobalMv,
        }
    }
}
