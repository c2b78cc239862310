//! Modules that the library's examples share.

#![allow(dead_code, reason = "a part of them is used")]

#[path = "../../common/clip.rs"]
pub(crate) mod clip;
#[path = "../../common/coded.rs"]
pub(crate) mod coded;
#[path = "../../common/input.rs"]
pub(crate) mod input;
#[path = "../../common/ivf.rs"]
pub(crate) mod ivf;
#[path = "../../common/metrics.rs"]
pub(crate) mod metrics;
#[path = "../../common/scale.rs"]
pub(crate) mod scale;
#[path = "../../common/y4m.rs"]
pub(crate) mod y4m;
