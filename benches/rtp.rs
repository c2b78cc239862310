//! Packets cut and joined: time per unit, packets and bytes a second.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rtav1::rtp::dependency_descriptor::{
    DependencyStructure, DescriptorReader, FrameDescriber, SentFrame,
};
use rtav1::rtp::{Depacketizer, DepacketizerConfig, PacketLimits, Packetizer, RtpPacket};
use rtav1::{LayerId, ScalabilityMode};

/// A temporal unit: a delimiter and one frame OBU of `len` payload bytes.
fn unit(len: usize) -> Bytes {
    let mut data = vec![0x12, 0x00, 0x32];
    rtav1::av1::obu::leb128::write(len as u32, &mut data);
    data.extend((0..len).map(|i| i as u8));
    Bytes::from(data)
}

fn rtp(c: &mut Criterion) {
    for (name, len) in [("thin", 400), ("frame", 5_000), ("key", 100_000)] {
        let data = unit(len);
        let packetizer = Packetizer::new(PacketLimits::new(1200)).expect("legal limits");
        let payloads: Vec<Bytes> = packetizer
            .packetize(&data)
            .expect("a sound unit")
            .iter()
            .map(|payload| payload.to_bytes())
            .collect();

        for (unit, throughput) in [
            ("packets", Throughput::Elements(payloads.len() as u64)),
            ("bytes", Throughput::Bytes(len as u64)),
        ] {
            let mut group = c.benchmark_group(format!("packetize/{unit}"));
            group.throughput(throughput.clone());
            group.bench_function(BenchmarkId::from_parameter(name), |b| {
                b.iter(|| black_box(packetizer.packetize(black_box(&data))));
            });
            group.finish();

            let mut group = c.benchmark_group(format!("depacketize/{unit}"));
            group.throughput(throughput);
            group.bench_function(BenchmarkId::from_parameter(name), |b| {
                let mut config = DepacketizerConfig::default();
                config.reorder_packets = 1;
                let mut depacketizer = Depacketizer::new(config).expect("legal settings");
                let (mut sequence, mut timestamp) = (0_u16, 0_u32);
                b.iter(|| {
                    for (index, payload) in payloads.iter().enumerate() {
                        let marker = index + 1 == payloads.len();
                        let packet = RtpPacket::new(sequence, timestamp, marker, payload.clone());
                        depacketizer.push(packet, Duration::ZERO).expect("a sound packet");
                        sequence = sequence.wrapping_add(1);
                    }
                    timestamp = timestamp.wrapping_add(3000);
                    black_box(depacketizer.next_event()).expect("a whole unit");
                });
            });
            group.finish();
        }
    }
}

/// Descriptors of a packet parsed: of most packets, of one that leaves the templates, of a key frame.
fn descriptors(c: &mut Criterion) {
    let mut describer = FrameDescriber::new(DependencyStructure::up_to_mode(ScalabilityMode::L1T3));
    let mut describe = |id: u64, dependencies: &[u64]| {
        let frame = SentFrame::new(id, dependencies, LayerId::default());
        describer.describe(&frame).expect("a sound frame").bytes(true, true)
    };
    let key = describe(0, &[]);
    let template = describe(1, &[0]);
    let recovery = describe(40, &[1]);
    let mut group = c.benchmark_group("descriptor");
    for (name, bytes) in [("template", template), ("recovery", recovery), ("key", key.clone())] {
        let mut reader = DescriptorReader::new();
        reader.read(&key).expect("a sound descriptor");
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| black_box(reader.read(black_box(&bytes))));
        });
    }
    group.finish();
}

criterion_group!(benches, rtp, descriptors);
criterion_main!(benches);
