//! What several threads would give: the wavefront's critical path, from times that one thread takes.
//!
//! `cargo test --release --lib critical_path -- --ignored --nocapture`; not a check, since it times.

use std::time::{Duration, Instant};

use crate::av1::geometry::{MiPos, SB4};
use crate::av1::obu::frame::{FrameHeader, FrameType, TileInfo, TxMode};
use crate::av1::obu::{LayerId, SequenceHeader};
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::cdf::CdfContext;
use crate::av1::tile::decider::{FrameJob, SuperblockDecider};
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::quantizers::Rounding;
use crate::av1::tile::symbol::Record;
use crate::av1::tile::wavefront::guaranteed;
use crate::encoder::native::stream::Stream;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::search::frame::Search;
use crate::synthetic::{Clip, Scene};

type Worker = <Search as SuperblockDecider>::Worker;

/// The search, with the time of each superblock.
struct Timed {
    search: Search,
    worker: Vec<(Worker, Vec<Duration>)>,
}

impl SuperblockDecider for Timed {
    type Shared = <Search as SuperblockDecider>::Shared;
    type Worker = (Worker, Vec<Duration>);
    const ROUNDING: [Rounding; 2] = Search::ROUNDING;

    fn start_frame(&mut self, job: &FrameJob, cdfs: &CdfContext) {
        self.search.start_frame(job, cdfs);
    }

    fn workers(&mut self, count: usize) -> (&Self::Shared, &mut [Self::Worker]) {
        assert_eq!(count, 1);
        (self.search.workers(1).0, &mut self.worker)
    }

    fn superblock(
        shared: &Self::Shared,
        (worker, times): &mut Self::Worker,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
    ) {
        let start = Instant::now();
        Search::superblock(shared, worker, coder, records, pos);
        times.push(start.elapsed());
    }

    fn cost(shared: &Self::Shared, records: &[Record]) -> u64 {
        Search::cost(shared, records)
    }
}

/// When the last superblock is done, if `threads` take the rows of all tiles in the wavefront's order.
fn makespan(tiles: &[TileBounds], times: &[Duration], threads: usize) -> Duration {
    let mut rows = Vec::new();
    let mut first = 0;
    for (tile, bounds) in tiles.iter().enumerate() {
        let (count, cols) = bounds.superblocks();
        for row in 0..count {
            rows.push((bounds.mi_row_start / SB4 + row, tile, row, cols, first + row * cols));
        }
        first += count * cols;
    }
    rows.sort_unstable();
    let mut free = vec![Duration::ZERO; threads];
    let mut done = vec![Duration::ZERO; times.len()];
    for (_, _, row, cols, start) in rows {
        let thread = (0..threads).min_by_key(|&thread| free[thread]).unwrap();
        for col in 0..cols {
            let above = match row {
                0 => Duration::ZERO,
                _ => done[start - cols + guaranteed(1, col, cols) - 1],
            };
            free[thread] = free[thread].max(above) + times[start + col];
            done[start + col] = free[thread];
        }
    }
    free.into_iter().max().unwrap()
}

#[test]
#[ignore = "a measurement"]
fn critical_path() {
    const FRAMES: u64 = 8;
    for (width, height, cols_log2) in [
        (640, 360, 0),
        (1280, 720, 0),
        (1920, 1080, 0),
        (1920, 1080, 1),
        (3840, 2160, 0),
        (3840, 2160, 2),
    ] {
        for speed in [6, 10] {
            let mut sequence = SequenceHeader::new(width, height);
            sequence.enable_cdef = true;
            sequence.seq_force_screen_content_tools = Some(false);
            let mut stream = Stream::new(sequence.clone(), Isa::detect()).unwrap();
            let (w, h) = (width as usize, height as usize);
            let mut search = Search::new(w, h, Isa::detect());
            search.set_speed(speed);
            search.workers(1);
            let mut timed = Timed { search, worker: vec![(Worker::new(), Vec::new())] };
            let chroma = (w.div_ceil(2), h.div_ceil(2));
            let mut planes = [(w, h), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h));
            let clip = Clip::new(Scene::MovingTexture, width, height, 7).unwrap();
            let (mut whole, mut decided) = (Duration::ZERO, Duration::ZERO);
            let mut spans = [2, 4, 8, 16].map(|threads| (threads, Duration::ZERO));
            for number in 0..FRAMES {
                let picture = clip.picture(number);
                let previous = planes[0].clone();
                for (index, plane) in planes.iter_mut().enumerate() {
                    for (y, row) in picture.as_frame(0).rows(index).enumerate() {
                        plane.row_mut(0, y as isize, row.len()).copy_from_slice(row);
                    }
                }
                let start = Instant::now();
                planes.iter_mut().for_each(PaddedPlane::extend_edges);
                timed.search.analyse(&planes[0], &previous);
                let kind = if number == 0 { FrameType::Key } else { FrameType::Inter };
                let mut header = FrameHeader::new(&sequence, kind, 120).unwrap();
                header.tx_mode = TxMode::Select;
                header.reduced_tx_set = true;
                header.tile_info =
                    TileInfo::uniform(&sequence, &header.size, cols_log2, 0).unwrap();
                header.loop_filter_params.level = [12; 4];
                if number > 0 {
                    header.refresh_frame_flags = 1;
                    header.primary_ref_frame = Some(0);
                }
                let reads = (number > 0).then_some(&header.ref_frame_idx);
                timed.search.prepare(&planes, &stream.references(reads));
                let tiles = TileBounds::all(&header.tile_info).collect::<Vec<_>>();
                timed.worker[0].1.clear();
                let layer = LayerId::default();
                let unit = stream.code(header, &planes, layer, &mut timed, None).unwrap().unwrap();
                stream.finish(unit).unwrap();
                if number == 0 {
                    continue;
                }
                whole += start.elapsed();
                let times = &timed.worker[0].1;
                decided += times.iter().sum::<Duration>();
                for (threads, span) in &mut spans {
                    *span += makespan(&tiles, times, *threads);
                }
            }
            let ms = |time: Duration| time.as_secs_f64() * 1e3 / (FRAMES - 1) as f64;
            print!(
                "{width}x{height}, {} tile columns, speed {speed}: {:.1} ms a frame, {:.1} decided;",
                1 << cols_log2,
                ms(whole),
                ms(decided)
            );
            for (threads, span) in spans {
                let frame = whole - decided + span;
                let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
                print!(
                    " {threads} threads {:.2} ({:.2})",
                    ratio(decided, span),
                    ratio(whole, frame)
                );
            }
            println!();
        }
    }
}
