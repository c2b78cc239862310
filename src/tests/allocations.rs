//! How often and how much memory an encoder takes, counted over all threads: a program of its own, with
//! the library as callers have it.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use rtav1::synthetic::{Clip, Scene};
use rtav1::{Encoder, EncoderConfig, FrameOptions, PictureBuffer, Speed, TemporalUnit};

/// Bytes that are taken and not given back, the most of them so far, and how often some were taken.
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: all work is the system allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let size = layout.size() as i64;
        PEAK.fetch_max(LIVE.fetch_add(size, Ordering::SeqCst) + size, Ordering::SeqCst);
        TAKEN.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller keeps to the contract of this same function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Ordering::SeqCst);
        // SAFETY: the caller keeps to the contract of this same function.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Ticks from one picture to the next.
const TICKS: u64 = 3_000;

/// Pictures of a clip, which is coded forwards and backwards to fill all rooms, and
/// forwards again.
const FRAMES: u64 = 40;
/// Passes over them, of which the last must find every room as large as it needs: rows of records grow with
/// the busiest frame so far.
const PASSES: u64 = 6;

/// Sections of a frame that several threads work on.
const SECTIONS: u64 = 9;
/// Those of a further attempt: its tiles, two of deblocking, and strengths of CDEF that are tried.
const SECTIONS_OF_AN_ATTEMPT: u64 = 4;

/// Those of taking off noise: the filter, and the edges of what it leaves.
const SECTIONS_OF_DENOISING: u64 = 2;

/// A unit that is handed out: its bytes, the list of its frames, and that of their dependencies.
const OF_A_UNIT: u64 = 3;

fn encoder(width: u32, height: u32, change: impl Fn(&mut EncoderConfig)) -> Encoder {
    let mut config = EncoderConfig::new(width, height, 80_000);
    change(&mut config);
    Encoder::new(config).unwrap()
}

/// How often each picture makes the encoder take memory, and whether it became a unit.
fn taken(encoder: &mut Encoder, pictures: &[PictureBuffer], frames: u64) -> Vec<(u64, u64)> {
    let code = |number| {
        let (at, last) = (number as usize, pictures.len() - 1);
        let picture = if (at / pictures.len()).is_multiple_of(2) {
            at % pictures.len()
        } else {
            last - at % pictures.len()
        };
        let frame = pictures[picture].as_frame(TICKS * number);
        let before = TAKEN.load(Ordering::SeqCst);
        let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
        let taken = TAKEN.load(Ordering::SeqCst) - before;
        let unit = outcome.into_unit();
        let attempts = |unit: &TemporalUnit| {
            unit.frames
                .iter()
                .find_map(|frame| frame.stats.as_ref())
                .map_or(1, |stats| u64::from(stats.attempts))
        };
        (taken, unit.as_ref().map_or(0, attempts))
    };
    (0..frames).map(code).collect()
}

fn pictures(scene: Scene, width: u32, height: u32, count: u64) -> Vec<PictureBuffer> {
    let clip = Clip::new(scene, width, height, 3).unwrap();
    (0..count).map(|number| clip.picture(number)).collect()
}

/// Once every room was used, among them those of each reference slot and of an attempt that is kept
/// while another is made, an encoder works in the memory that it has. Several threads take a piece for
/// each section of a frame, seldom room for the queue of these, and each its own room when it first
/// needs more.
fn frames_take_no_memory() {
    let cases = [
        (Scene::MovingTexture, 6, false),
        (Scene::MovingTexture, 10, false),
        (Scene::Text, 4, false),
        (Scene::MovingTexture, 8, true),
    ];
    for (scene, speed, denoise) in cases {
        let pictures = pictures(scene, 320, 180, FRAMES);
        for threads in [1, 2] {
            let speed = Speed::new(speed).unwrap();
            let mut encoder = encoder(320, 180, |config| {
                (config.speed, config.threads, config.denoise) = (speed, threads, denoise);
            });
            let taken = taken(&mut encoder, &pictures, PASSES * FRAMES);
            let settled = &taken[((PASSES - 1) * FRAMES) as usize..];
            let case = format!("{scene:?}, {speed:?}, {threads} threads: {taken:?}");
            if threads == 1 {
                let expected = |attempts| if attempts > 0 { OF_A_UNIT } else { 0 };
                assert!(
                    settled.iter().all(|&(taken, attempts)| taken == expected(attempts)),
                    "{case}"
                );
            } else {
                let sum: u64 = settled.iter().map(|(taken, _)| taken).sum();
                let further: u64 = settled.iter().map(|&(_, n)| n.saturating_sub(1)).sum();
                let sections = FRAMES
                    * (SECTIONS + if denoise { SECTIONS_OF_DENOISING } else { 0 })
                    + further * SECTIONS_OF_AN_ATTEMPT;
                assert!(sum <= FRAMES * (OF_A_UNIT + 2) + sections, "{case}");
            }
        }
    }
}

/// The most bytes that an encoder of pictures of this size holds.
fn peak(width: u32, height: u32, threads: usize) -> i64 {
    let pictures = pictures(Scene::MovingTexture, width, height, 3);
    let before = LIVE.load(Ordering::SeqCst);
    PEAK.store(before, Ordering::SeqCst);
    let mut encoder = encoder(width, height, |config| {
        (config.speed, config.threads) = (Speed::FASTEST, threads);
        config.rate = rtav1::RateMode::Bitrate(4_000_000);
    });
    taken(&mut encoder, &pictures, 12);
    PEAK.load(Ordering::SeqCst) - before
}

/// The peaks that the README states.
fn peaks_are_those_stated() {
    for (width, height, megabytes) in [(640, 360, 17), (1280, 720, 40), (3840, 2160, 240)] {
        for threads in [1, 2] {
            let peak = peak(width, height, threads);
            assert!(peak <= megabytes * 1_000_000, "{width}x{height}: {peak} bytes");
        }
    }
}

/// One test, so that no other takes memory meanwhile.
#[test]
fn memory() {
    frames_take_no_memory();
    peaks_are_those_stated();
}
