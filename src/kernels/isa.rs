//! Instruction sets: which one the kernels use, and the proof that the machine has it.
//!
//! A kernel's door takes an [`Isa`] and calls the version of that set. Versions beyond what every machine of the
//! target has are safe functions with `#[target_feature]`; calling one is sound where a token says that the machine
//! has the feature. The two macros here that do so hold the only `unsafe` of the kernels.

/// The instruction set that kernels use. Results are the same with every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    /// What every machine of the target has: on x86-64 up to SSE2.
    Scalar,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

impl Isa {
    /// The widest set that this machine has and kernels are written for.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            return Self::Avx2(avx2);
        }
        Self::Scalar
    }

    /// Every set that this machine has.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut sets = vec![Self::Scalar];
        if Self::detect() != Self::Scalar {
            sets.push(Self::detect());
        }
        sets
    }
}

/// Proof that the machine has AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// Asks the machine.
    fn detect() -> Option<Self> {
        std::arch::is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

/// Calls a safe function with `#[target_feature(enable = "avx2")]`; a token of [`Avx2`] comes first. Arguments are
/// plain names, so that nothing else is evaluated here.
#[cfg(target_arch = "x86_64")]
macro_rules! with_avx2 {
    ($token:expr, $kernel:path, $($argument:ident),* $(,)?) => {{
        let _: $crate::kernels::isa::Avx2 = $token;
        // SAFETY: the token exists only where AVX2 was found, and that is all the safe function asks for.
        #[allow(unsafe_code)]
        let result = unsafe { $kernel($($argument),*) };
        result
    }};
}

#[cfg(target_arch = "x86_64")]
pub(crate) use with_avx2;

/// Runs intrinsics that need no more than SSE2, and no pointer.
#[cfg(target_arch = "x86_64")]
macro_rules! sse2 {
    ($($body:tt)*) => {{
        // SAFETY: SSE2 is part of every x86-64, and that is all these intrinsics ask for.
        #[allow(unsafe_code)]
        let result = unsafe { $($body)* };
        result
    }};
}

#[cfg(target_arch = "x86_64")]
pub(crate) use sse2;

/// What a family's door does: calls `$kernel` of the family's module for the set that `$isa` names. Arguments are
/// plain names.
macro_rules! dispatch {
    ($isa:expr, $kernel:ident($($argument:ident),*)) => {
        match $isa {
            $crate::kernels::isa::Isa::Scalar => scalar::$kernel($($argument),*),
            #[cfg(target_arch = "x86_64")]
            $crate::kernels::isa::Isa::Avx2(token) => {
                $crate::kernels::isa::with_avx2!(token, avx2::$kernel, $($argument),*)
            }
        }
    };
}

pub(crate) use dispatch;
