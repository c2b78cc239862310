//! 5.9.24 to 5.9.29: global motion.

use super::TOTAL_REFS_PER_FRAME;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

/// WARPEDMODEL_PREC_BITS: fractional bits of the parameters.
pub const WARPEDMODEL_PREC_BITS: u32 = 16;
/// GM_ABS_ALPHA_BITS.
const GM_ABS_ALPHA_BITS: u32 = 12;
/// GM_ALPHA_PREC_BITS.
const GM_ALPHA_PREC_BITS: u32 = 15;
/// GM_ABS_TRANS_ONLY_BITS.
const GM_ABS_TRANS_ONLY_BITS: u32 = 9;
/// GM_TRANS_ONLY_PREC_BITS.
const GM_TRANS_ONLY_PREC_BITS: u32 = 3;
/// GM_ABS_TRANS_BITS.
const GM_ABS_TRANS_BITS: u32 = 12;
/// GM_TRANS_PREC_BITS.
const GM_TRANS_PREC_BITS: u32 = 6;

/// GmType.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarpModelType {
    /// IDENTITY.
    #[default]
    Identity,
    /// TRANSLATION.
    Translation,
    /// ROTZOOM.
    RotZoom,
    /// AFFINE.
    Affine,
}

/// gm_params of one reference frame.
pub type GmParams = [i32; 6];

/// gm_params of IDENTITY, and PrevGmParams without a primary reference (6.8.2).
pub const DEFAULT_GM_PARAMS: GmParams =
    [0, 0, 1 << WARPEDMODEL_PREC_BITS, 0, 0, 1 << WARPEDMODEL_PREC_BITS];

/// The motion of the whole frame against one reference frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalMotion {
    /// GmType.
    pub gm_type: WarpModelType,
    /// gm_params, with [`WARPEDMODEL_PREC_BITS`] fractional bits.
    pub params: GmParams,
}

impl Default for GlobalMotion {
    fn default() -> Self {
        Self { gm_type: WarpModelType::Identity, params: DEFAULT_GM_PARAMS }
    }
}

/// The motion against each reference frame, the first entry (INTRA_FRAME) unused.
pub type GlobalMotions = [GlobalMotion; TOTAL_REFS_PER_FRAME];

/// gm_params as references keep them for later frames.
pub type SavedGmParams = [GmParams; TOTAL_REFS_PER_FRAME];

/// 5.9.24 global_motion_params() of a frame that is not intra.
pub(super) fn parse(
    r: &mut BitReader<'_>,
    allow_high_precision_mv: bool,
    previous: &SavedGmParams,
) -> Result<GlobalMotions, BitstreamError> {
    let mut motions = GlobalMotions::default();
    for (motion, previous) in motions.iter_mut().zip(previous).skip(1) {
        motion.gm_type = if !r.flag()? {
            WarpModelType::Identity
        } else if r.flag()? {
            WarpModelType::RotZoom
        } else if r.flag()? {
            WarpModelType::Translation
        } else {
            WarpModelType::Affine
        };
        let codings = ParamCoding::all(motion.gm_type, allow_high_precision_mv);
        for (idx, coding) in codings.into_iter().flatten() {
            motion.params[idx] = coding.parse(r, previous[idx])?;
        }
        if motion.gm_type == WarpModelType::RotZoom {
            motion.params[4] = -motion.params[3];
            motion.params[5] = motion.params[2];
        }
    }
    Ok(motions)
}

pub(super) fn write(
    motions: &GlobalMotions,
    w: &mut BitWriter,
    allow_high_precision_mv: bool,
    previous: &SavedGmParams,
) -> Result<(), BitstreamError> {
    for (motion, previous) in motions.iter().zip(previous).skip(1) {
        let (is_global, is_rot_zoom, is_translation) = match motion.gm_type {
            WarpModelType::Identity => (false, None, None),
            WarpModelType::RotZoom => (true, Some(true), None),
            WarpModelType::Translation => (true, Some(false), Some(true)),
            WarpModelType::Affine => (true, Some(false), Some(false)),
        };
        w.flag(is_global);
        is_rot_zoom.into_iter().chain(is_translation).for_each(|flag| w.flag(flag));
        let codings = ParamCoding::all(motion.gm_type, allow_high_precision_mv);
        for (idx, coding) in codings.into_iter().flatten() {
            coding.write(w, previous[idx], motion.params[idx])?;
        }
    }
    Ok(())
}

/// 5.9.25: how one parameter is coded.
#[derive(Clone, Copy)]
struct ParamCoding {
    /// absBits.
    abs_bits: u32,
    /// precDiff.
    prec_diff: u32,
    /// round.
    round: i32,
}

impl ParamCoding {
    /// The coded parameters of a type with their indexes, in the order of 5.9.24.
    fn all(gm_type: WarpModelType, allow_high_precision_mv: bool) -> [Option<(usize, Self)>; 6] {
        let alpha = |idx: usize| {
            let round = if idx % 3 == 2 { 1 << WARPEDMODEL_PREC_BITS } else { 0 };
            let prec_diff = WARPEDMODEL_PREC_BITS - GM_ALPHA_PREC_BITS;
            Some((idx, Self { abs_bits: GM_ABS_ALPHA_BITS, prec_diff, round }))
        };
        let (abs_bits, prec_bits) = if gm_type == WarpModelType::Translation {
            let low = u32::from(!allow_high_precision_mv);
            (GM_ABS_TRANS_ONLY_BITS - low, GM_TRANS_ONLY_PREC_BITS - low)
        } else {
            (GM_ABS_TRANS_BITS, GM_TRANS_PREC_BITS)
        };
        let prec_diff = WARPEDMODEL_PREC_BITS - prec_bits;
        let trans = |idx| Some((idx, Self { abs_bits, prec_diff, round: 0 }));
        match gm_type {
            WarpModelType::Identity => [None; 6],
            WarpModelType::Translation => [trans(0), trans(1), None, None, None, None],
            WarpModelType::RotZoom => [alpha(2), alpha(3), trans(0), trans(1), None, None],
            WarpModelType::Affine => [alpha(2), alpha(3), alpha(4), alpha(5), trans(0), trans(1)],
        }
    }

    /// mx, and r clear of its rounding.
    ///
    /// Previous parameters come from headers, so r is within −mx and mx for every type.
    fn reference(self, previous: i32) -> (i32, i32) {
        let mx = 1 << self.abs_bits;
        (mx, ((previous >> self.prec_diff) - (self.round >> self.prec_diff)).clamp(-mx, mx))
    }

    /// 5.9.25 read_global_param().
    fn parse(self, r: &mut BitReader<'_>, previous: i32) -> Result<i32, BitstreamError> {
        let (mx, reference) = self.reference(previous);
        let value = decode_signed_subexp_with_ref(r, -mx, mx + 1, reference)?;
        Ok((value << self.prec_diff) + self.round)
    }

    fn write(self, w: &mut BitWriter, previous: i32, param: i32) -> Result<(), BitstreamError> {
        let illegal = BitstreamError::value("gm_params", param);
        let (mx, reference) = self.reference(previous);
        let scaled = param.checked_sub(self.round).ok_or(illegal.clone())?;
        let value = scaled >> self.prec_diff;
        if value << self.prec_diff != scaled || !(-mx..=mx).contains(&value) {
            return Err(illegal);
        }
        encode_signed_subexp_with_ref(w, -mx, mx + 1, reference, value)
    }
}

/// 5.9.26 decode_signed_subexp_with_ref(): a number from `low` to `high − 1`.
fn decode_signed_subexp_with_ref(
    r: &mut BitReader<'_>,
    low: i32,
    high: i32,
    reference: i32,
) -> Result<i32, BitstreamError> {
    Ok(decode_unsigned_subexp_with_ref(r, high - low, reference - low)? + low)
}

fn encode_signed_subexp_with_ref(
    w: &mut BitWriter,
    low: i32,
    high: i32,
    reference: i32,
    value: i32,
) -> Result<(), BitstreamError> {
    encode_unsigned_subexp_with_ref(w, high - low, reference - low, value - low)
}

/// 5.9.27 decode_unsigned_subexp_with_ref(): a number below `mx`, short if it is near `reference`.
fn decode_unsigned_subexp_with_ref(
    r: &mut BitReader<'_>,
    mx: i32,
    reference: i32,
) -> Result<i32, BitstreamError> {
    let v = decode_subexp(r, mx)?;
    Ok(if reference << 1 <= mx {
        inverse_recenter(reference, v)
    } else {
        mx - 1 - inverse_recenter(mx - 1 - reference, v)
    })
}

fn encode_unsigned_subexp_with_ref(
    w: &mut BitWriter,
    mx: i32,
    reference: i32,
    value: i32,
) -> Result<(), BitstreamError> {
    let v = if reference << 1 <= mx {
        recenter(reference, value)
    } else {
        recenter(mx - 1 - reference, mx - 1 - value)
    };
    encode_subexp(w, mx, v)
}

/// 5.9.28 decode_subexp().
fn decode_subexp(r: &mut BitReader<'_>, num_syms: i32) -> Result<i32, BitstreamError> {
    let (mut b2, mut mk) = (3, 0);
    loop {
        let a = 1 << b2;
        if num_syms <= mk + 3 * a {
            return Ok(r.ns((num_syms - mk) as u32)? as i32 + mk);
        }
        if !r.flag()? {
            return Ok(r.f(b2)? as i32 + mk);
        }
        b2 += u32::from(mk > 0);
        mk += a;
    }
}

fn encode_subexp(w: &mut BitWriter, num_syms: i32, value: i32) -> Result<(), BitstreamError> {
    let (mut b2, mut mk) = (3, 0);
    loop {
        let a = 1 << b2;
        if num_syms <= mk + 3 * a {
            return w.ns("subexp_final_bits", (num_syms - mk) as u32, (value - mk) as u32);
        }
        w.flag(value >= mk + a);
        if value < mk + a {
            return w.f("subexp_bits", b2, (value - mk) as u32);
        }
        b2 += u32::from(mk > 0);
        mk += a;
    }
}

/// 5.9.29 inverse_recenter().
fn inverse_recenter(r: i32, v: i32) -> i32 {
    if v > 2 * r {
        v
    } else if v & 1 == 1 {
        r - ((v + 1) >> 1)
    } else {
        r + (v >> 1)
    }
}

fn recenter(r: i32, value: i32) -> i32 {
    if value > 2 * r {
        value
    } else if value < r {
        2 * (r - value) - 1
    } else {
        2 * (value - r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_against_many_references() {
        let mx = 1 << 9;
        for reference in (-mx..=mx).step_by(73).chain([mx]) {
            for value in -mx..=mx {
                let mut w = BitWriter::new();
                encode_signed_subexp_with_ref(&mut w, -mx, mx + 1, reference, value).unwrap();
                let bits = w.position();
                let data = w.into_bytes();
                let mut r = BitReader::new(&data);
                let read = decode_signed_subexp_with_ref(&mut r, -mx, mx + 1, reference);
                assert_eq!((read, r.position()), (Ok(value), bits));
            }
        }
    }

    #[test]
    fn parameters_without_a_code_are_refused() {
        let mut motions = GlobalMotions::default();
        motions[1].gm_type = WarpModelType::Translation;
        for (param, fine) in [
            (0, true),
            (1 << 13, true),
            (512 << 13, true),
            (513 << 13, false),
            (1 << 12, false),
            (i32::MIN, false),
        ] {
            motions[1].params[0] = param;
            let written = write(&motions, &mut BitWriter::new(), true, &[DEFAULT_GM_PARAMS; 8]);
            assert_eq!(written.is_ok(), fine, "{param}");
        }
    }
}
