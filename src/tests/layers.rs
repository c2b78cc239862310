//! Temporal layers through the decoder: every decode target decodes alone, exact, and more layers can
//! be taken from every switch point on.

use super::TICKS;
use super::stream_files::StreamFile;
use crate::av1::obu::{DecoderState, ObuContent, Obus};
use crate::kernels::random::Random;
use crate::synthetic::{Clip, Scene};
use crate::{
    ConfigError, Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, LayerId,
    LayerShares, RateMode, Rates, Rational, ScalabilityMode, SequenceHeader, Speed, TemporalUnit,
};

fn config(mode: ScalabilityMode) -> EncoderConfig {
    let mut config = EncoderConfig::new(64, 48, 80_000);
    config.speed = Speed::FASTEST;
    config.scalability_mode = mode;
    config.reconstruction = true;
    config
}

/// Codes so many pictures; `before` is called before each.
fn encode(
    config: EncoderConfig,
    frames: u64,
    mut before: impl FnMut(u64, &mut Encoder),
) -> Vec<TemporalUnit> {
    let clip = Clip::new(Scene::MovingTexture, config.width, config.height, 3).unwrap();
    let mut encoder = Encoder::new(config).unwrap();
    let mut units = Vec::new();
    for number in 0..frames {
        before(number, &mut encoder);
        let picture = clip.picture(number);
        let frame = picture.as_frame(TICKS * number);
        units.extend(encoder.encode(&frame, FrameOptions::default()).unwrap().into_unit());
    }
    units
}

/// A receiver of some layers, which may become more.
struct Receiver {
    decoder: Decoder,
    layers: u8,
    /// What is decoded, for other decoders.
    file: Option<StreamFile>,
}

impl Receiver {
    fn new(layers: u8, name: &str) -> Self {
        let decoder = Decoder::new(DecoderConfig::default()).unwrap();
        Self { decoder, layers, file: StreamFile::wanted(&format!("layers-{name}")) }
    }

    fn take(&mut self, unit: &TemporalUnit) {
        let frame = &unit.frames[0];
        if frame.temporal_id >= self.layers {
            return;
        }
        let at =
            format!("{} layers: frame {} of layer {}", self.layers, frame.id, frame.temporal_id);
        let picture = self.decoder.decode(unit.data.clone(), unit.timestamp);
        let picture = picture.unwrap_or_else(|error| panic!("{at}: {error}")).unwrap();
        let picture = picture.to_buffer().unwrap();
        if let Some(file) = &mut self.file {
            file.write_picture(&unit.data, &picture);
        }
        assert!(Some(picture) == frame.reconstruction, "{at}");
    }

    /// Takes all units.
    fn take_all(mut self, units: &[TemporalUnit]) {
        units.iter().for_each(|unit| self.take(unit));
        self.finish();
    }

    fn finish(self) {
        self.file.into_iter().for_each(StreamFile::finish);
    }
}

#[test]
fn every_decode_target_decodes_alone() {
    for &mode in ScalabilityMode::ALL {
        let units = encode(config(mode), 80, |number, encoder| {
            if number == 50 {
                encoder.request_key_frame().unwrap();
            }
        });
        let layers = mode.temporal_layers();
        for target in 1..=layers {
            Receiver::new(target, &format!("{mode}-{target}")).take_all(&units);
            let belongs = |unit: &&TemporalUnit| unit.frames[0].temporal_id < target;
            for unit in &units {
                let said = (unit.frames[0].decode_targets >> (target - 1)) & 1 == 1;
                assert_eq!(said, belongs(&unit), "{mode} {target}");
            }
            let count = units.iter().filter(belongs).count();
            let share = count as f64 / units.len() as f64 * f64::from(1 << (layers - target));
            assert!((share - 1.0).abs() < 0.1, "{mode} {target}: {count}");
        }
    }
}

/// By the standard's own means: the operating points of the sequence header choose the layers.
#[test]
fn operating_points_choose_layers() {
    for &mode in ScalabilityMode::ALL {
        let units = encode(config(mode), 34, |_, _| {});
        let layers = mode.temporal_layers();
        for (index, taken) in (1..=layers).rev().enumerate() {
            let mut state = DecoderState::with_operating_point(index);
            let settings =
                DecoderConfig { operating_point: index as u8, ..DecoderConfig::default() };
            let mut decoder = Decoder::new(settings).unwrap();
            for unit in &units {
                let frame = &unit.frames[0];
                let belongs = frame.temporal_id < taken;
                for obu in Obus::new(&unit.data) {
                    let dropped = state.push(&obu.unwrap()).unwrap() == ObuContent::Dropped;
                    assert!(!(dropped && belongs), "{mode} {index}");
                }
                let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap();
                assert_eq!(picture.is_some(), belongs, "{mode} {index}");
                if let Some(picture) = picture {
                    assert!(Some(picture.to_buffer().unwrap()) == frame.reconstruction);
                }
            }
        }
    }
}

#[test]
fn receivers_may_take_more_from_every_switch_point_on() {
    (9..12).for_each(takes_more_from_every_switch_point_on);
}

fn takes_more_from_every_switch_point_on(seed: u64) {
    let modes = ScalabilityMode::ALL;
    let mut random = Random::new(seed);
    let mut changes = Vec::new();
    let units = encode(config(ScalabilityMode::L1T3), 160, |number, encoder| {
        if number > 0 && random.below(11) == 0 {
            encoder.set_scalability_mode(modes[random.below(3)]).unwrap();
            changes.push((number, encoder.config().scalability_mode));
        }
    });
    assert!(changes.len() > 6, "{changes:?}");
    assert_eq!(units.iter().filter(|unit| unit.key_frame).count(), 1, "no key frame for layers");
    let points = units.iter().filter(|unit| unit.frames[0].switch_point);
    assert!(points.clone().any(|unit| unit.frames[0].temporal_id == 1));
    for point in points.step_by(5) {
        let frame = &point.frames[0];
        let name = format!("switch-{seed}-{}", frame.id);
        let mut receiver = Receiver::new(frame.temporal_id + 1, &name);
        for unit in &units {
            if unit.frames[0].id == frame.id {
                receiver.layers = 3;
            }
            receiver.take(unit);
        }
        receiver.finish();
    }
}

/// The headers of a frame, as a reader of OBUs finds them.
fn headers(unit: &TemporalUnit) -> (Option<SequenceHeader>, Option<LayerId>) {
    let mut sequence = None;
    let mut layer = None;
    for obu in Obus::new(&unit.data) {
        let obu = obu.unwrap();
        match obu.header.obu_type {
            crate::ObuType::SequenceHeader => {
                sequence = Some(SequenceHeader::parse(obu.payload).unwrap());
            }
            crate::ObuType::Frame => layer = obu.header.extension,
            _ => assert!(obu.header.extension.is_none()),
        }
    }
    (sequence, layer)
}

/// 6.4.1: with layers in the sequence header every frame's OBU tells its own, without there is none.
#[test]
fn obu_headers_tell_of_the_layers_of_the_sequence() {
    let layers = [(10, 2), (20, 0), (30, 1), (50, 2)];
    let units = encode(config(ScalabilityMode::L1T1), 64, |number, encoder| {
        if let Some(&(_, mode)) = layers.iter().find(|&&(at, _)| at == number) {
            encoder.set_scalability_mode(ScalabilityMode::ALL[mode]).unwrap();
        }
        if number == 40 {
            encoder.request_key_frame().unwrap();
        }
    });
    let mut announced = 1;
    for unit in &units {
        let (sequence, layer) = headers(unit);
        if let Some(sequence) = sequence {
            let idcs: Vec<u16> =
                sequence.operating_points.iter().map(|point| point.operating_point_idc).collect();
            assert_eq!(idcs, if unit.timestamp == 0 { vec![0] } else { vec![0x103, 0x101] });
            announced = idcs.len() as u8;
        }
        let temporal_id = unit.frames[0].temporal_id.min(announced - 1);
        let expected = (announced > 1).then_some(LayerId { temporal_id, spatial_id: 0 });
        assert_eq!(layer, expected, "{}", unit.timestamp / TICKS);
    }
    assert!(units.iter().any(|unit| unit.frames[0].temporal_id == 2));
    // Layers that the sequence does not know are decoded all the same.
    Receiver::new(3, "unannounced").take_all(&units);
}

#[test]
fn levels_are_those_of_the_operating_points() {
    let mut config = EncoderConfig::new(1280, 720, 2_000_000);
    config.scalability_mode = ScalabilityMode::L1T3;
    config.frame_rate = Rational::new(60, 1);
    let levels = |encoder: &Encoder| {
        let obu = encoder.sequence_header().unwrap();
        let header = Obus::new(&obu).next().unwrap().unwrap();
        let header = SequenceHeader::parse(header.payload).unwrap();
        let points = header.operating_points.iter();
        points.map(|point| (point.operating_point_idc, point.seq_level_idx)).collect::<Vec<_>>()
    };
    // Levels 4.0, 3.1 and 3.1: 720p at 60, 30 and 15 frames a second.
    let mut encoder = Encoder::new(config).unwrap();
    assert_eq!(levels(&encoder), [(0x107, 8), (0x103, 5), (0x101, 5)]);
    assert_eq!(encoder.codec_string().unwrap(), "av01.0.08M.08");
    encoder.set_rates(Rates::new(15_000_000, Rational::new(60, 1))).unwrap();
    assert_eq!(levels(&encoder), [(0x107, 9), (0x103, 9), (0x101, 9)]);
    encoder.set_rates(Rates::new(1_000_000, Rational::new(30, 1))).unwrap();
    assert_eq!(levels(&encoder), [(0x107, 9), (0x103, 9), (0x101, 9)], "never lowered");
    encoder.set_scalability_mode(ScalabilityMode::L1T1).unwrap();
    assert_eq!(levels(&encoder), [(0, 9)]);
}

/// What a server forwards of a stream is never later than the whole: the bound on delay holds for
/// each target on a link of its own share of the rate, as far as its frames have that share.
#[test]
fn every_decode_target_keeps_the_bound() {
    for scene in [Scene::MovingTexture, Scene::Cuts, Scene::Text] {
        let mut config = config(ScalabilityMode::L1T3);
        (config.width, config.height) = (176, 144);
        let clip = Clip::new(scene, 176, 144, 3).unwrap();
        let mut encoder = Encoder::new(config).unwrap();
        let mut waiting = [0.0_f64; 3];
        for number in 0..150 {
            let picture = clip.picture(number);
            let frame = picture.as_frame(TICKS * number);
            let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
            waiting.iter_mut().for_each(|bits| *bits = (*bits - 80_000.0 / 30.0).max(0.0));
            let Some(unit) = outcome.unit() else { continue };
            for bits in &mut waiting[usize::from(unit.frames[0].temporal_id)..] {
                *bits += 8.0 * unit.data.len() as f64;
                assert!(*bits <= 80_000.0 * 0.2, "{scene:?} {number}");
            }
            assert!(waiting[0] <= waiting[1] && waiting[1] <= waiting[2]);
        }
    }
}

/// A stream over links of all decode targets, each with the share of the rate that its layers have.
struct Links {
    rate: f64,
    /// Shares of the decode targets, and the bits that wait for their links.
    targets: Vec<(f64, f64)>,
    /// Bits of each layer.
    layers: [f64; 3],
    /// The longest that a link took for what waited, over the bound.
    worst: f64,
}

impl Links {
    fn new(rate: f64, percent: &[u8]) -> Self {
        let mut sum = 0.0;
        let cumulative = percent.iter().map(|&percent| {
            sum += f64::from(percent) / 100.0;
            (sum, 0.0)
        });
        Self { rate, targets: cumulative.collect(), layers: [0.0; 3], worst: 0.0 }
    }

    /// What came of the frame that is due `interval` seconds after the one before.
    fn take(&mut self, unit: Option<&TemporalUnit>, interval: f64, counted: bool) {
        for (share, bits) in &mut self.targets {
            *bits = (*bits - *share * self.rate * interval).max(0.0);
        }
        let Some(unit) = unit else { return };
        let layer = usize::from(unit.frames[0].temporal_id);
        let bits = 8.0 * unit.data.len() as f64;
        for (share, waiting) in &mut self.targets[layer..] {
            *waiting += bits;
            self.worst = self.worst.max(*waiting / (*share * self.rate * 0.2));
        }
        self.layers[layer] += if counted { bits } else { 0.0 };
    }
}

/// Codes a clip, with a second key frame, at even or uneven times; gives what the links had to carry.
fn over_links(
    scene: Scene,
    mode: ScalabilityMode,
    shares: &[u8],
    set: bool,
    uneven: bool,
) -> Links {
    const RATE: u32 = 120_000;
    let mut config = config(mode);
    (config.width, config.height, config.rate) = (176, 144, RateMode::Bitrate(RATE));
    config.layer_shares = set.then(|| LayerShares::new(shares).unwrap());
    let clip = Clip::new(scene, 176, 144, 3).unwrap();
    let mut encoder = Encoder::new(config).unwrap();
    let mut links = Links::new(f64::from(RATE), shares);
    let mut random = Random::new(5);
    let (mut timestamp, mut before) = (0, 0);
    for number in 0..240 {
        if number == 60 {
            encoder.request_key_frame().unwrap();
        }
        let picture = clip.picture(number);
        let frame = picture.as_frame(timestamp);
        let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
        let interval = (timestamp - before) as f64 / 90_000.0;
        // Key frames are of layer 0 and no measure of its share.
        links.take(outcome.unit(), interval, number >= 120);
        before = timestamp;
        timestamp += if uneven { TICKS / 2 + random.below(TICKS as usize) as u64 } else { TICKS };
    }
    links
}

/// With shares the bound on delay holds for what a server forwards on a link of its share, and each layer
/// gets its share; without, the bound holds for the whole alone.
#[test]
fn layers_with_shares_keep_the_bound_on_their_own_links() {
    let cases: [(ScalabilityMode, &[u8]); 4] = [
        (ScalabilityMode::L1T2, &[60, 40]),
        (ScalabilityMode::L1T2, &[80, 20]),
        (ScalabilityMode::L1T3, &[40, 20, 40]),
        (ScalabilityMode::L1T3, &[60, 20, 20]),
    ];
    for (mode, shares) in cases {
        for (scene, uneven) in
            [(Scene::MovingTexture, false), (Scene::MovingTexture, true), (Scene::Cuts, false)]
        {
            let at = format!("{mode} {shares:?} {scene:?} {uneven}");
            let links = over_links(scene, mode, shares, true, uneven);
            assert!(links.worst <= 1.0, "{at}: {}", links.worst);
            let sum: f64 = links.layers.iter().sum();
            assert!(sum > 0.9 * links.rate * 4.0, "{at}: {sum}");
            for (bits, &percent) in links.layers.iter().zip(shares) {
                let share = 100.0 * bits / sum;
                assert!((share - f64::from(percent)).abs() < 4.0, "{at}: {:?}", links.layers);
            }
        }
    }
    let (scene, mode) = (Scene::MovingTexture, ScalabilityMode::L1T3);
    let without = over_links(scene, mode, &[40, 20, 40], false, false);
    assert!(without.worst > 1.5, "{}", without.worst);
}

/// Shares come and go as the stream goes on, hold for modes of as many layers, and are refused where the
/// smallest key frame has no room.
#[test]
fn shares_change_live() {
    let mut config = config(ScalabilityMode::L1T2);
    (config.width, config.height) = (176, 144);
    let clip = Clip::new(Scene::MovingTexture, 176, 144, 3).unwrap();
    let mut encoder = Encoder::new(config.clone()).unwrap();
    // The share of layer 0 over the last of so many frames.
    let mut start = 0;
    let mut base = |encoder: &mut Encoder| {
        let mut bits = [0.0; 3];
        for number in start..start + 80 {
            let picture = clip.picture(number);
            let frame = picture.as_frame(TICKS * number);
            let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
            if let Some(unit) = outcome.unit().filter(|_| number >= start + 32) {
                bits[usize::from(unit.frames[0].temporal_id)] += unit.data.len() as f64;
            }
        }
        start += 80;
        bits[0] / bits.iter().sum::<f64>()
    };
    let usual = base(&mut encoder);
    encoder.set_layer_shares(Some(LayerShares::new(&[50, 50]).unwrap())).unwrap();
    assert!((base(&mut encoder) - 0.5).abs() < 0.05);
    // Three layers have no shares.
    encoder.set_scalability_mode(ScalabilityMode::L1T3).unwrap();
    let third = base(&mut encoder);
    encoder.set_layer_shares(Some(LayerShares::new(&[25, 25, 50]).unwrap())).unwrap();
    assert!((base(&mut encoder) - 0.25).abs() < 0.05);
    encoder.set_scalability_mode(ScalabilityMode::L1T2).unwrap();
    let again = base(&mut encoder);
    assert!((again - usual).abs() < 0.05, "{again} {usual}");
    assert!((third - 0.25).abs() > 0.1, "{third}");
    encoder.set_layer_shares(None).unwrap();
    // 1 % of 80 kbit/s over 200 ms are 160 bits.
    let least = LayerShares::new(&[1, 99]).unwrap();
    let refused =
        |result| matches!(result, Err(ConfigError::SmallestFrame { available_bits: 0..=160, .. }));
    assert!(refused(encoder.set_layer_shares(Some(least))));
    assert_eq!(encoder.config().layer_shares, None);
    config.layer_shares = Some(least);
    assert!(refused(Encoder::new(config.clone()).map(|_| ())));
    encoder.set_layer_shares(Some(LayerShares::new(&[10, 90]).unwrap())).unwrap();
    assert!(refused(encoder.set_rates(Rates::new(8_000, Rational::new(30, 1)))));
    encoder.set_scalability_mode(ScalabilityMode::L1T1).unwrap();
    encoder.set_rates(Rates::new(8_000, Rational::new(30, 1))).unwrap();
    assert!(refused(encoder.set_scalability_mode(ScalabilityMode::L1T2)));
}
