//! What the examples share: containers, clips, schedules, measurements and their table, RTP headers and the command
//! line's manners.

#![allow(dead_code, reason = "each example uses a part")]

pub(crate) mod cli;
pub(crate) mod clip;
pub(crate) mod coded;
pub(crate) mod frame_table;
pub(crate) mod input;
pub(crate) mod ivf;
pub(crate) mod metrics;
pub(crate) mod output;
pub(crate) mod rtp;
pub(crate) mod scale;
pub(crate) mod schedule;
pub(crate) mod y4m;
