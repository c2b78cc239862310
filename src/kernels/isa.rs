//! Instruction sets: which one the kernels use, and the proof that the machine has it.
//!
//! A kernel's door takes an [`Isa`] and calls the version of that set. Versions beyond what every machine of the
//! target has are safe functions with `#[target_feature]`; calling one is sound where a token says that the machine
//! has the feature. The macros here hold the only `unsafe` of the kernels.

/// The instruction set that kernels use. Results are the same with every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    /// What every machine of the target has: on x86-64 up to SSE2, on others what the compiler makes of plain loops.
    Scalar,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl Isa {
    /// The widest set that this machine has and kernels are written for.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            return Self::Avx2(avx2);
        }
        #[cfg(target_arch = "aarch64")]
        if let Some(neon) = Neon::detect() {
            return Self::Neon(neon);
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

/// Proof that the machine has NEON.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Neon(());

#[cfg(target_arch = "aarch64")]
impl Neon {
    /// Asks the machine.
    fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
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

/// Runs intrinsics that need no more than NEON, and no pointer.
#[cfg(target_arch = "aarch64")]
macro_rules! neon {
    ($($body:tt)*) => {{
        const { assert!(cfg!(target_feature = "neon"), "an aarch64 without NEON") };
        // SAFETY: NEON is part of the target, as asserted, and that is all these intrinsics ask for.
        #[allow(unsafe_code)]
        let result = unsafe { $($body)* };
        result
    }};
}

#[cfg(target_arch = "aarch64")]
pub(crate) use neon;

/// Defines the moves of an array into a register and back, one instruction each, which the compiler does not make of
/// numbers put together.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! moves {
    ($load:ident, $store:ident, $array:ty, $vector:ty) => {
        /// A register from memory.
        #[inline(always)]
        pub(crate) fn $load(from: &$array) -> $vector {
            // SAFETY: both types are plain numbers, of the same size and in the same order.
            #[allow(unsafe_code)]
            unsafe {
                std::mem::transmute::<$array, $vector>(*from)
            }
        }

        /// A register's numbers.
        #[inline(always)]
        pub(crate) fn $store(from: $vector) -> $array {
            // SAFETY: both types are plain numbers, of the same size and in the same order.
            #[allow(unsafe_code)]
            unsafe {
                std::mem::transmute::<$vector, $array>(from)
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86_moves {
    use std::arch::x86_64::{__m128i, __m256i};

    moves!(load_u8x16, store_u8x16, [u8; 16], __m128i);
    moves!(load_i16x8, store_i16x8, [i16; 8], __m128i);
    moves!(load_u8x32, store_u8x32, [u8; 32], __m256i);
    moves!(load_i16x16, store_i16x16, [i16; 16], __m256i);
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86_moves::{
    load_i16x8, load_i16x16, load_u8x16, load_u8x32, store_i16x8, store_i16x16, store_u8x16,
    store_u8x32,
};

#[cfg(target_arch = "aarch64")]
moves!(load_u8x16, store_u8x16, [u8; 16], std::arch::aarch64::uint8x16_t);
#[cfg(target_arch = "aarch64")]
moves!(load_i16x8, store_i16x8, [i16; 8], std::arch::aarch64::int16x8_t);

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
            // NEON is part of the target, so that kernels are plain functions.
            #[cfg(target_arch = "aarch64")]
            $crate::kernels::isa::Isa::Neon(_) => neon::$kernel($($argument),*),
        }
    };
}

pub(crate) use dispatch;
