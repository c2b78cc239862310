//! Frames decoded a second.
#![allow(missing_docs)]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rtav1::{Decoder, DecoderConfig};

/// The temporal units of an IVF file: a header of 32 bytes, then size (4), timestamp (8) and data.
fn units(ivf: &'static [u8]) -> Vec<Bytes> {
    let mut units = Vec::new();
    let mut rest = &ivf[32..];
    while let Some((header, data)) = rest.split_at_checked(12) {
        let size = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        units.push(Bytes::from_static(&data[..size]));
        rest = &data[size..];
    }
    units
}

fn decode(c: &mut Criterion) {
    let units = units(include_bytes!("../testdata/carphone.ivf"));
    let mut group = c.benchmark_group("decode");
    group.sample_size(10);
    group.throughput(Throughput::Elements(units.len() as u64));
    group.bench_function("176x144", |b| {
        b.iter(|| {
            let mut decoder = Decoder::new(DecoderConfig::default()).expect("legal settings");
            for (n, unit) in units.iter().enumerate() {
                black_box(decoder.decode(unit.clone(), n as u64).expect("a sound stream"));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
