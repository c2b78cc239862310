//! A decoder on one thread holds no more after thousands of units than after a few.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use super::encode;
use crate::synthetic::{Clip, Scene};
use crate::{Decoder, DecoderConfig, EncoderConfig, RateMode};

thread_local! {
    /// Bytes that this thread has taken and not given back.
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: all work is the system allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.set(LIVE.get() + layout.size() as i64);
        // SAFETY: the caller keeps to the contract of this same function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get() - layout.size() as i64);
        // SAFETY: the caller keeps to the contract of this same function.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that this thread has taken and not given back.
pub(super) fn live() -> i64 {
    LIVE.get()
}

#[test]
fn decoder_does_not_grow() {
    let mut config = EncoderConfig::new(16, 16, 0);
    config.rate = RateMode::ConstantQindex(100);
    let clip = Clip::new(Scene::MovingTexture, 16, 16, 0).unwrap();
    let units = encode(config, clip, 5, &[]);
    let run = |rounds| {
        let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
        for _ in 0..rounds {
            for unit in &units {
                decoder.decode(unit.data.clone(), 0).unwrap().unwrap();
            }
            let key = &units[0].data;
            assert!(decoder.decode(key.slice(..2), 0).unwrap().is_none());
            decoder.decode(key.slice(..key.len() - 1), 0).unwrap_err();
        }
        LIVE.get()
    };
    // What the first decoder of a thread sets up for all of them does not count.
    run(1);
    let before = LIVE.get();
    let few = run(3);
    assert_eq!(LIVE.get(), before);
    assert_eq!(run(500), few);
    assert_eq!(LIVE.get(), before);
}
