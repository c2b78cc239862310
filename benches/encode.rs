//! Frames encoded a second, by engine and size.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rtav1::synthetic::{Clip, Scene};
use rtav1::{Encoder, EncoderConfig, EngineKind, FrameOptions};

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode");
    group.sample_size(10);
    for (width, height) in [(176, 144), (320, 180), (640, 360)] {
        const FRAMES: u64 = 8;
        let clip = Clip::new(Scene::MovingTexture, width, height, 1).expect("a legal size");
        let pictures: Vec<_> = (0..FRAMES).map(|n| clip.picture(n)).collect();
        group.throughput(Throughput::Elements(FRAMES));
        let id = BenchmarkId::new(EngineKind::default().name(), format!("{width}x{height}"));
        group.bench_function(id, |b| {
            b.iter(|| {
                let config = EncoderConfig::new(width, height, 100_000);
                let mut encoder = Encoder::new(config).expect("legal settings");
                for (n, picture) in pictures.iter().enumerate() {
                    let frame = picture.as_frame(n as u64 * 3000);
                    black_box(encoder.encode(&frame, FrameOptions::default()).expect("encodes"));
                }
                while let Some(unit) = encoder.flush().expect("encodes") {
                    black_box(unit);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
