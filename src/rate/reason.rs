//! Why a frame has its quantizer, and why one was dropped.

/// What decided a frame's quantizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QindexReason {
    /// The caller: a request for this frame, or a constant index.
    Asked,
    /// The room that a key frame has on the link.
    KeyFrame,
    /// The room that new content has on the link: after a cut, or when the light goes on.
    SceneCut,
    /// The rate.
    Budget,
    /// The rate, held back so that quality does not jump.
    Steadiness,
    /// The delay that was left on the link.
    Delay,
    /// The least or the greatest index that the caller wants.
    Range,
    /// What became of the frame at the index chosen first: it was too large for the link, or far too
    /// small.
    Corrected,
}

impl QindexReason {
    /// The name used in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::KeyFrame => "key-frame",
            Self::SceneCut => "scene-cut",
            Self::Budget => "budget",
            Self::Steadiness => "steadiness",
            Self::Delay => "delay",
            Self::Range => "range",
            Self::Corrected => "corrected",
        }
    }
}

/// Why a frame was not coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// The link still owes the bits of earlier frames.
    LinkFull,
    /// Not even the least that can be said of the frame is below the ceiling.
    Ceiling,
    /// Fewer frames, so that those that are coded are fuller.
    FrameRate,
    /// The target rate is 0: nothing is sent until it is raised.
    Paused,
}

impl DropReason {
    /// Every reason.
    pub const ALL: &'static [Self] =
        &[Self::LinkFull, Self::Ceiling, Self::FrameRate, Self::Paused];

    /// The name used in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkFull => "link-full",
            Self::Ceiling => "ceiling",
            Self::FrameRate => "frame-rate",
            Self::Paused => "paused",
        }
    }
}
