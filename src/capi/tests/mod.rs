//! The exports under hostile arguments and calls out of order.

mod codec;
#[cfg(any(feature = "rav1d", feature = "dav1d"))]
mod decoder;
mod feedback;
mod live;
#[cfg(any(feature = "rav1d", feature = "dav1d"))]
mod null;
mod rtp;

use std::collections::HashSet;
use std::ffi::{CStr, c_char};
use std::mem::{MaybeUninit, offset_of};
use std::ptr::{self, null, null_mut};

use super::encoder::*;
use super::encoder_types::*;
use super::handle::{Handle, Report, call, create, free, guard, last_error};
use super::memory::CallerStruct;
use super::packetizer::*;
use super::status::{DESCRIPTIONS, Rtav1Status, rtav1_status_string};
use super::{RTAV1_ABI_VERSION, rtav1_abi_version, rtav1_version};

/// The text at `pointer`.
fn text<'a>(pointer: *const c_char) -> &'a str {
    assert!(!pointer.is_null());
    // SAFETY: the tests pass on what the exports gave, and use it before the next call.
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
}

/// A struct of zeros with its size set.
fn sized<T: CallerStruct>() -> T {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: any bytes are a value of the struct, which begins with its size.
    unsafe {
        value.as_mut_ptr().cast::<usize>().write(size_of::<T>());
        value.assume_init()
    }
}

#[test]
fn every_status_has_its_own_code_and_words() {
    let codes: HashSet<i32> = DESCRIPTIONS.iter().map(|(status, _)| *status as i32).collect();
    let words: HashSet<_> = DESCRIPTIONS.iter().map(|(_, words)| words).collect();
    assert_eq!(codes.len(), DESCRIPTIONS.len());
    assert_eq!(words.len(), DESCRIPTIONS.len());
    for (status, words) in DESCRIPTIONS {
        assert_eq!(text(rtav1_status_string(status as i32)), words.to_str().unwrap());
    }
    for unknown in [-1, 8, i32::MIN, i32::MAX] {
        assert_eq!(text(rtav1_status_string(unknown)), "unknown status");
    }
}

#[test]
fn versions_are_those_of_the_package() {
    assert_eq!(rtav1_abi_version(), RTAV1_ABI_VERSION);
    assert_eq!(text(rtav1_version()), env!("CARGO_PKG_VERSION"));
}

#[derive(Default)]
struct Fragile(Report);

impl Handle for Fragile {
    fn report(&mut self) -> &mut Report {
        &mut self.0
    }
}

#[test]
fn a_panic_becomes_a_status_and_closes_the_handle() {
    let mut handle: *mut Fragile = null_mut();
    let mut message = [1; 8];
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        let status = create(&raw mut handle, null_mut(), 0, || Ok(Fragile::default()));
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!(call(handle, |_| Ok(())), Rtav1Status::Ok);
        assert_eq!(text(last_error(handle)), "");
        assert_eq!(call(handle, |_| panic!("at fault")), Rtav1Status::Panic);
        assert!(text(last_error(handle)).contains("can only be freed"));
        assert_eq!(call(handle, |_| Ok(())), Rtav1Status::Panic);
        free(&raw mut handle);
        assert!(handle.is_null());

        let status = guard(message.as_mut_ptr(), message.len(), || panic!("at fault"));
        assert_eq!(status, Rtav1Status::Panic);
        assert_eq!(text(message.as_ptr()), "the lib", "cut to fit");
    }
}

#[test]
fn structs_of_another_size_are_refused() {
    let mut handle: *mut Rtav1Packetizer = ptr::dangling_mut();
    let mut message = [0; 120];
    let mut limits = sized::<Rtav1PacketLimits>();
    limits.max_payload = 1200;
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        for size in [0, 8, size_of::<Rtav1PacketLimits>() + 8, usize::MAX] {
            limits.struct_size = size;
            let (limits, place) = (&raw const limits, &raw mut handle);
            let status = rtav1_packetizer_new(limits, place, message.as_mut_ptr(), message.len());
            assert_eq!(status, Rtav1Status::StructSize);
            assert!(handle.is_null(), "the place is cleared");
            let expected = format!(
                "Rtav1PacketLimits: struct_size is {size}, this library knows {}",
                size_of::<Rtav1PacketLimits>()
            );
            assert_eq!(text(message.as_ptr()), expected);
        }
        let mut config = sized::<Rtav1EncoderConfig>();
        let status = rtav1_encoder_config_default(&raw mut config, 3, 64, 64, 100_000);
        assert_eq!(status, Rtav1Status::StructSize);
        let status = rtav1_encoder_config_default(
            null_mut(),
            size_of::<Rtav1EncoderConfig>(),
            64,
            64,
            100_000,
        );
        assert_eq!(status, Rtav1Status::NullPointer);
        let earlier = offset_of!(Rtav1EncoderConfig, max_delay);
        for size in [earlier - 4, earlier + 4, size_of::<Rtav1EncoderConfig>() + 8] {
            let status = rtav1_encoder_config_default(&raw mut config, size, 64, 64, 100_000);
            assert_eq!(status, Rtav1Status::StructSize, "{size}");
        }
        let misaligned = (&raw const limits).cast::<u8>().wrapping_add(1).cast();
        let status = rtav1_packetizer_new(misaligned, &raw mut handle, null_mut(), 0);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_packetizer_new(null(), &raw mut handle, null_mut(), 0);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_packetizer_new(&raw const limits, null_mut(), null_mut(), 99);
        assert_eq!(status, Rtav1Status::NullPointer);
    }
}

/// Structs as a program has them that was compiled before they grew: what lies behind them is not
/// theirs, neither to be read nor to be written.
#[test]
fn earlier_structs_are_served() {
    const BEHIND: u32 = 0xBAD0_BAD0;
    let mut config = sized::<Rtav1EncoderConfig>();
    let mut capabilities = sized::<Rtav1Capabilities>();
    (config.max_delay, config.max_payload) = (BEHIND, BEHIND);
    capabilities.bounded_delay = BEHIND;
    let config_size = offset_of!(Rtav1EncoderConfig, max_delay);
    let capabilities_size = offset_of!(Rtav1Capabilities, bounded_delay);
    let mut encoder: *mut Rtav1Encoder = null_mut();
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        let status = rtav1_encoder_config_default(&raw mut config, config_size, 64, 64, 100_000);
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!((config.struct_size, config.width), (config_size, 64));
        assert_eq!(config.speed, RTAV1_SPEED_AUTO);
        assert_eq!((config.max_delay, config.max_payload), (BEHIND, BEHIND));
        // The library's defaults stand in for what the struct lacks.
        let status = rtav1_encoder_new(&raw const config, &raw mut encoder, null_mut(), 0);
        assert_eq!(status, Rtav1Status::Ok);
        capabilities.struct_size = capabilities_size;
        let status = rtav1_encoder_capabilities(encoder, &raw mut capabilities);
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!(capabilities.struct_size, capabilities_size);
        assert_eq!((capabilities.live_rates, capabilities.bounded_delay), (1, BEHIND));
        rtav1_encoder_free(&raw mut encoder);
    }
}
