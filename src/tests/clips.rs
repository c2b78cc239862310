//! The examples' readers and writers of clips, for tests on camera clips.

#![allow(dead_code, reason = "the examples use what the tests do not")]

#[path = "../../examples/common/clip.rs"]
pub(crate) mod clip;
#[path = "../../examples/common/coded.rs"]
pub(crate) mod coded;
#[path = "../../examples/common/input.rs"]
pub(crate) mod input;
#[path = "../../examples/common/ivf.rs"]
pub(crate) mod ivf;
#[path = "../../examples/common/output.rs"]
pub(crate) mod output;
#[path = "../../examples/common/scale.rs"]
pub(crate) mod scale;
#[path = "../../examples/common/y4m.rs"]
pub(crate) mod y4m;
