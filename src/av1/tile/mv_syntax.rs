//! The symbols of motion vectors (5.11.31, 5.11.32).

use crate::av1::obu::frame::FrameHeader;
use crate::av1::tile::cdf::{
    MV_BIT_CDF, MV_CLASS_CDF, MV_CLASS0_BIT_CDF, MV_CLASS0_FR_CDF, MV_CLASS0_HP_CDF, MV_FR_CDF,
    MV_HP_CDF, MV_JOINT_CDF, MV_SIGN_CDF,
};
use crate::av1::tile::symbol::SymbolSink;
use crate::av1::types::Mv;

/// 5.11.31 `read_mv`.
pub(crate) fn write_mv(sink: &mut impl SymbolSink, frame: &FrameHeader, mv: Mv, prediction: Mv) {
    let diff = [
        i32::from(mv.row) - i32::from(prediction.row),
        i32::from(mv.col) - i32::from(prediction.col),
    ];
    // MV_JOINT_ZERO, MV_JOINT_HNZVZ (columns differ), MV_JOINT_HZVNZ (rows differ), both.
    let joint = usize::from(diff[1] != 0) + 2 * usize::from(diff[0] != 0);
    sink.symbol(MV_JOINT_CDF.row([0]), joint);
    for (component, diff) in diff.into_iter().enumerate() {
        if diff != 0 {
            write_mv_component(sink, frame, component, diff);
        }
    }
}

/// 5.11.32 `read_mv_component`.
fn write_mv_component(
    sink: &mut impl SymbolSink,
    frame: &FrameHeader,
    component: usize,
    diff: i32,
) {
    let at = [0, component];
    sink.symbol(MV_SIGN_CDF.row(at), usize::from(diff < 0));
    let offset = diff.unsigned_abs() as usize - 1;
    let class = if offset < 16 { 0 } else { offset.ilog2() as usize - 3 };
    sink.symbol(MV_CLASS_CDF.row(at), class);
    let within = if class == 0 { offset } else { offset - (2 << (class + 2)) };
    let (whole, fraction, high) = (within >> 3, (within >> 1) & 3, within & 1);
    if class == 0 {
        sink.symbol(MV_CLASS0_BIT_CDF.row(at), whole);
    } else {
        for bit in 0..class {
            sink.symbol(MV_BIT_CDF.row([0, component, bit]), (whole >> bit) & 1);
        }
    }
    if frame.force_integer_mv {
        debug_assert_eq!((fraction, high), (3, 1));
        return;
    }
    let row =
        if class == 0 { MV_CLASS0_FR_CDF.row([0, component, whole]) } else { MV_FR_CDF.row(at) };
    sink.symbol(row, fraction);
    if frame.allow_high_precision_mv {
        let row = if class == 0 { MV_CLASS0_HP_CDF.row(at) } else { MV_HP_CDF.row(at) };
        sink.symbol(row, high);
    } else {
        debug_assert_eq!(high, 1);
    }
}
