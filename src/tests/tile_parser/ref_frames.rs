//! 5.11.25 read_ref_frames and the contexts of its symbols (8.3.2).

use super::input::{SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP};
use super::tile::{Step, TileParser};
use crate::av1::tile::cdf;
use crate::av1::types::{
    ALTREF_FRAME, ALTREF2_FRAME, BWDREF_FRAME, GOLDEN_FRAME, LAST_FRAME, LAST2_FRAME, LAST3_FRAME,
    NONE,
};

impl TileParser<'_> {
    /// 5.11.25 read_ref_frames.
    pub(super) fn read_ref_frames(&mut self) -> Step {
        let b = &self.b;
        let feature = |feature| self.input.seg_feature(b.segment_id, feature);
        if b.skip_mode {
            self.b.ref_frame = self.input.skip_mode_frame.ok_or("no SkipModeFrame")?;
            return Ok(());
        }
        if let Some(data) = feature(SEG_LVL_REF_FRAME) {
            self.b.ref_frame = [data as i8, NONE];
            return Ok(());
        }
        if feature(SEG_LVL_SKIP).is_some() || feature(SEG_LVL_GLOBALMV).is_some() {
            self.b.ref_frame = [LAST_FRAME, NONE];
            return Ok(());
        }
        let (bw4, bh4) = (b.mi_size.width4(), b.mi_size.height4());
        let compound = self.input.reference_select && bw4.min(bh4) >= 2 && {
            let ctx = self.comp_mode_ctx();
            self.flag("comp_mode", cdf::COMP_MODE_CDF.row([ctx]))?
        };
        self.b.ref_frame = if !compound {
            [self.single_reference()?, NONE]
        } else {
            let ctx = self.comp_ref_type_ctx();
            if self.flag("comp_ref_type", cdf::COMP_REF_TYPE_CDF.row([ctx]))? {
                self.bidirectional_references()?
            } else {
                self.unidirectional_references()?
            }
        };
        Ok(())
    }

    fn unidirectional_references(&mut self) -> Step<[i8; 2]> {
        let ctx = self.single_ref_p1_ctx();
        if self.flag("uni_comp_ref", cdf::UNI_COMP_REF_CDF.row([ctx, 0]))? {
            return Ok([BWDREF_FRAME, ALTREF_FRAME]);
        }
        let ctx = self.count_ctx(&[LAST2_FRAME], &[LAST3_FRAME, GOLDEN_FRAME]);
        if !self.flag("uni_comp_ref_p1", cdf::UNI_COMP_REF_CDF.row([ctx, 1]))? {
            return Ok([LAST_FRAME, LAST2_FRAME]);
        }
        let ctx = self.comp_ref_p2_ctx();
        let golden = self.flag("uni_comp_ref_p2", cdf::UNI_COMP_REF_CDF.row([ctx, 2]))?;
        Ok([LAST_FRAME, if golden { GOLDEN_FRAME } else { LAST3_FRAME }])
    }

    fn bidirectional_references(&mut self) -> Step<[i8; 2]> {
        let ctx = self.comp_ref_ctx();
        let first = if !self.flag("comp_ref", cdf::COMP_REF_CDF.row([ctx, 0]))? {
            let ctx = self.comp_ref_p1_ctx();
            let last2 = self.flag("comp_ref_p1", cdf::COMP_REF_CDF.row([ctx, 1]))?;
            if last2 { LAST2_FRAME } else { LAST_FRAME }
        } else {
            let ctx = self.comp_ref_p2_ctx();
            let golden = self.flag("comp_ref_p2", cdf::COMP_REF_CDF.row([ctx, 2]))?;
            if golden { GOLDEN_FRAME } else { LAST3_FRAME }
        };
        let ctx = self.comp_bwdref_ctx();
        let second = if !self.flag("comp_bwdref", cdf::COMP_BWD_REF_CDF.row([ctx, 0]))? {
            let ctx = self.comp_bwdref_p1_ctx();
            let altref2 = self.flag("comp_bwdref_p1", cdf::COMP_BWD_REF_CDF.row([ctx, 1]))?;
            if altref2 { ALTREF2_FRAME } else { BWDREF_FRAME }
        } else {
            ALTREF_FRAME
        };
        Ok([first, second])
    }

    fn single_reference(&mut self) -> Step<i8> {
        let ctx = self.single_ref_p1_ctx();
        if self.flag("single_ref_p1", cdf::SINGLE_REF_CDF.row([ctx, 0]))? {
            let ctx = self.comp_bwdref_ctx();
            if self.flag("single_ref_p2", cdf::SINGLE_REF_CDF.row([ctx, 1]))? {
                return Ok(ALTREF_FRAME);
            }
            let ctx = self.comp_bwdref_p1_ctx();
            let altref2 = self.flag("single_ref_p6", cdf::SINGLE_REF_CDF.row([ctx, 5]))?;
            return Ok(if altref2 { ALTREF2_FRAME } else { BWDREF_FRAME });
        }
        let ctx = self.comp_ref_ctx();
        if self.flag("single_ref_p3", cdf::SINGLE_REF_CDF.row([ctx, 2]))? {
            let ctx = self.comp_ref_p2_ctx();
            let golden = self.flag("single_ref_p5", cdf::SINGLE_REF_CDF.row([ctx, 4]))?;
            return Ok(if golden { GOLDEN_FRAME } else { LAST3_FRAME });
        }
        let ctx = self.comp_ref_p1_ctx();
        let last2 = self.flag("single_ref_p4", cdf::SINGLE_REF_CDF.row([ctx, 3]))?;
        Ok(if last2 { LAST2_FRAME } else { LAST_FRAME })
    }

    /// 8.3.2, comp_mode.
    fn comp_mode_ctx(&self) -> usize {
        let b = &self.b;
        let (above, left) = (b.above_ref_frame[0], b.left_ref_frame[0]);
        if b.avail_u && b.avail_l {
            if b.above_single && b.left_single {
                usize::from(check_backward(above)) ^ usize::from(check_backward(left))
            } else if b.above_single {
                2 + usize::from(check_backward(above) || b.above_intra)
            } else if b.left_single {
                2 + usize::from(check_backward(left) || b.left_intra)
            } else {
                4
            }
        } else if b.avail_u {
            if b.above_single { usize::from(check_backward(above)) } else { 3 }
        } else if b.avail_l {
            if b.left_single { usize::from(check_backward(left)) } else { 3 }
        } else {
            1
        }
    }

    /// 8.3.2, comp_ref_type.
    fn comp_ref_type_ctx(&self) -> usize {
        let b = &self.b;
        let [above0, above1] = b.above_ref_frame;
        let [left0, left1] = b.left_ref_frame;
        let above_comp_inter = b.avail_u && !b.above_intra && !b.above_single;
        let left_comp_inter = b.avail_l && !b.left_intra && !b.left_single;
        let above_uni_comp = above_comp_inter && is_samedir_ref_pair(above0, above1);
        let left_uni_comp = left_comp_inter && is_samedir_ref_pair(left0, left1);
        if b.avail_u && !b.above_intra && b.avail_l && !b.left_intra {
            let samedir = usize::from(is_samedir_ref_pair(above0, left0));
            if !above_comp_inter && !left_comp_inter {
                1 + 2 * samedir
            } else if !above_comp_inter {
                if !left_uni_comp { 1 } else { 3 + samedir }
            } else if !left_comp_inter {
                if !above_uni_comp { 1 } else { 3 + samedir }
            } else if !above_uni_comp && !left_uni_comp {
                0
            } else if !above_uni_comp || !left_uni_comp {
                2
            } else {
                3 + usize::from((above0 == BWDREF_FRAME) == (left0 == BWDREF_FRAME))
            }
        } else if b.avail_u && b.avail_l {
            if above_comp_inter {
                1 + 2 * usize::from(above_uni_comp)
            } else if left_comp_inter {
                1 + 2 * usize::from(left_uni_comp)
            } else {
                2
            }
        } else if above_comp_inter {
            4 * usize::from(above_uni_comp)
        } else if left_comp_inter {
            4 * usize::from(left_uni_comp)
        } else {
            2
        }
    }

    /// 8.3.2 count_refs, summed over the names, then ref_count_ctx.
    fn count_ctx(&self, names0: &[i8], names1: &[i8]) -> usize {
        let b = &self.b;
        let count_refs = |names: &[i8]| {
            let mut c = 0;
            for name in names {
                if b.avail_u {
                    c += b.above_ref_frame.iter().filter(|ref_frame| *ref_frame == name).count();
                }
                if b.avail_l {
                    c += b.left_ref_frame.iter().filter(|ref_frame| *ref_frame == name).count();
                }
            }
            c
        };
        let (counts0, counts1) = (count_refs(names0), count_refs(names1));
        if counts0 < counts1 {
            0
        } else if counts0 == counts1 {
            1
        } else {
            2
        }
    }

    /// 8.3.2, comp_ref and single_ref_p3.
    fn comp_ref_ctx(&self) -> usize {
        self.count_ctx(&[LAST_FRAME, LAST2_FRAME], &[LAST3_FRAME, GOLDEN_FRAME])
    }

    /// 8.3.2, comp_ref_p1 and single_ref_p4.
    fn comp_ref_p1_ctx(&self) -> usize {
        self.count_ctx(&[LAST_FRAME], &[LAST2_FRAME])
    }

    /// 8.3.2, comp_ref_p2, single_ref_p5 and uni_comp_ref_p2.
    fn comp_ref_p2_ctx(&self) -> usize {
        self.count_ctx(&[LAST3_FRAME], &[GOLDEN_FRAME])
    }

    /// 8.3.2, comp_bwdref and single_ref_p2.
    fn comp_bwdref_ctx(&self) -> usize {
        self.count_ctx(&[BWDREF_FRAME, ALTREF2_FRAME], &[ALTREF_FRAME])
    }

    /// 8.3.2, comp_bwdref_p1 and single_ref_p6.
    fn comp_bwdref_p1_ctx(&self) -> usize {
        self.count_ctx(&[BWDREF_FRAME], &[ALTREF2_FRAME])
    }

    /// 8.3.2, single_ref_p1 and uni_comp_ref.
    fn single_ref_p1_ctx(&self) -> usize {
        self.count_ctx(
            &[LAST_FRAME, LAST2_FRAME, LAST3_FRAME, GOLDEN_FRAME],
            &[BWDREF_FRAME, ALTREF2_FRAME, ALTREF_FRAME],
        )
    }
}

/// 8.3.2 check_backward.
fn check_backward(ref_frame: i8) -> bool {
    (BWDREF_FRAME..=ALTREF_FRAME).contains(&ref_frame)
}

/// 8.3.2 is_samedir_ref_pair.
fn is_samedir_ref_pair(ref0: i8, ref1: i8) -> bool {
    (ref0 >= BWDREF_FRAME) == (ref1 >= BWDREF_FRAME)
}
