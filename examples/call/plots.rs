//! The report's plots as SVG. Colours are placeholders: the page's style sheet replaces each by
//! the one for its light or dark scheme.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::series::DashedLineSeries;

use crate::common::metrics::Freeze;
use crate::network::Fate;
use crate::record::{FrameRecord, Record};

const WIDTH: u32 = 960;
const HEIGHT: u32 = 190;
/// Left margin, the same in every plot so that their time axes lie above each other.
const LABELS: u32 = 64;

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Axis,
    Grid,
    Text,
    Video,
    Wire,
    Limit,
    Freeze,
    Loss,
    KeyFrame,
    KeyRequest,
    TopLayer,
    TopLoss,
}

impl Ink {
    /// Every ink: its name in the style sheet and its placeholder.
    pub(crate) const ALL: [(Self, &'static str, RGBColor); 12] = [
        (Self::Axis, "axis", RGBColor(1, 1, 1)),
        (Self::Grid, "grid", RGBColor(2, 2, 2)),
        (Self::Text, "text-soft", RGBColor(3, 3, 3)),
        (Self::Video, "video", RGBColor(4, 4, 4)),
        (Self::Wire, "wire", RGBColor(5, 5, 5)),
        (Self::Limit, "limit", RGBColor(6, 6, 6)),
        (Self::Freeze, "freeze", RGBColor(7, 7, 7)),
        (Self::Loss, "loss", RGBColor(8, 8, 8)),
        (Self::KeyFrame, "key-frame", RGBColor(9, 9, 9)),
        (Self::KeyRequest, "key-request", RGBColor(10, 10, 10)),
        (Self::TopLayer, "top-layer", RGBColor(11, 11, 11)),
        (Self::TopLoss, "top-loss", RGBColor(12, 12, 12)),
    ];

    /// The name in the style sheet.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    fn color(self) -> RGBColor {
        Self::ALL[self as usize].2
    }
}

/// A plot with its heading.
pub(crate) struct Plot {
    pub(crate) title: &'static str,
    /// What the colours mean, in the order of the plot.
    pub(crate) legend: Vec<(Ink, &'static str)>,
    pub(crate) svg: String,
}

/// The plots of a call, from top to bottom.
pub(crate) fn plots(record: &Record) -> Result<Vec<Plot>, DrawError> {
    Ok(vec![rate(record)?, queues(record)?, delay(record)?, quality(record)?, events(record)?])
}

/// Whatever the drawing library complains of; there is nothing to tell apart.
pub(crate) type DrawError = Box<dyn std::error::Error + Send + Sync>;

type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn rate(record: &Record) -> Result<Plot, DrawError> {
    let video = record.rate(|packet| packet.payload_bytes);
    let wire = record.rate(|packet| packet.wire_bytes);
    let target = stairs(&record.settings.target_levels(), record.duration);
    let capacity = stairs(&record.settings.capacities, record.duration);
    let top = wire.iter().chain(&capacity).map(|point| point.1).fold(0.0, f64::max) * 1.15;
    let svg = draw(record.end, 0.0..top, Axis::Values, |chart| {
        dashed(chart, Ink::Video, &target)?;
        dashed(chart, Ink::Limit, &capacity)?;
        line(chart, Ink::Wire, &wire)?;
        line(chart, Ink::Video, &video)
    })?;
    let legend = vec![
        (Ink::Video, "video (dashed: target)"),
        (Ink::Wire, "on the wire"),
        (Ink::Limit, "capacity (dashed)"),
    ];
    Ok(Plot { title: "Rate, kbit/s over one second", legend, svg })
}

/// Levels in bit/s that hold each from its time on, as a line in kbit/s that ends at `end`.
fn stairs(levels: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    let ends = levels.iter().skip(1).map(|next| next.0).chain([end]);
    let steps = levels.iter().zip(ends);
    steps.flat_map(|(&(start, level), end)| [(start, level / 1e3), (end, level / 1e3)]).collect()
}

fn queues(record: &Record) -> Result<Plot, DrawError> {
    let points = |delay: fn(&FrameRecord) -> Option<f64>| -> Vec<(f64, f64)> {
        let frames = record.frames.iter();
        frames.filter_map(|frame| Some((frame.captured, delay(frame)?))).collect()
    };
    let target = points(|frame| frame.target_delay_ms);
    let link = points(|frame| frame.link_delay_ms);
    let bound = record.settings.max_delay_ms;
    let top = target.iter().chain(&link).map(|point| point.1).fold(bound, f64::max) * 1.15;
    let svg = draw(record.end, 0.0..top, Axis::Values, |chart| {
        dashed(chart, Ink::Limit, &[(0.0, bound), (record.duration, bound)])?;
        line(chart, Ink::Wire, &link)?;
        line(chart, Ink::Video, &target)
    })?;
    let legend = vec![
        (Ink::Video, "on a link of exactly the target rate"),
        (Ink::Wire, "on the link"),
        (Ink::Limit, "the most for the target rate (dashed)"),
    ];
    Ok(Plot { title: "Queue after each frame, ms", legend, svg })
}

fn delay(record: &Record) -> Result<Plot, DrawError> {
    let layers = [0..1, 1..u8::MAX].map(|layers| record.delays_of(layers));
    let top = layers.iter().flatten().map(|point| point.1).fold(100.0, f64::max) * 1.15;
    let svg = draw(record.end, 0.0..top, Axis::Values, |chart| {
        bands(chart, &record.frozen_captures(), top)?;
        dashed(
            chart,
            Ink::Limit,
            &[(0.0, record.settings.delay_ms), (record.end, record.settings.delay_ms)],
        )?;
        for (ink, points) in [Ink::Video, Ink::TopLayer].into_iter().zip(&layers) {
            let dots = points.iter().map(|&at| Circle::new(at, 2, ink.color().filled()));
            chart.draw_series(dots)?;
        }
        Ok(())
    })?;
    let mut legend = vec![
        (Ink::Video, "frame of layer 0 shown"),
        (Ink::TopLayer, "frame of a higher layer shown"),
        (Ink::Limit, "delay of the way (dashed)"),
        (Ink::Freeze, "freeze"),
    ];
    legend.retain(|&(ink, _)| ink != Ink::TopLayer || has_layers(record));
    Ok(Plot { title: "Delay from capture to display, ms, by capture time", legend, svg })
}

fn quality(record: &Record) -> Result<Plot, DrawError> {
    let seen = |frame: &FrameRecord| frame.psnr.map(|psnr| (frame.captured, psnr));
    let points: Vec<(f64, f64)> = record.frames.iter().filter_map(seen).collect();
    let least = points.iter().map(|point| point.1).fold(30.0, f64::min);
    let most = points.iter().map(|point| point.1).fold(40.0, f64::max);
    let (bottom, top) = ((least / 5.0).floor() * 5.0, (most / 5.0).ceil() * 5.0);
    let svg = draw(record.end, bottom..top, Axis::Values, |chart| {
        bands(chart, &record.frozen_captures(), top)?;
        line(chart, Ink::Video, &points)
    })?;
    let legend = vec![(Ink::Video, "picture seen"), (Ink::Freeze, "freeze")];
    Ok(Plot { title: "PSNR-Y of what the receiver saw, dB, by capture time", legend, svg })
}

fn events(record: &Record) -> Result<Plot, DrawError> {
    let lost = [false, true].map(|higher| -> Vec<f64> {
        let of_layer = |frame: usize| (record.frames[frame].temporal_id > 0) == higher;
        let lost = record.packets.iter().filter(|packet| packet.fate != Fate::Delivered);
        lost.filter(|packet| of_layer(packet.frame)).map(|packet| packet.sent).collect()
    });
    let keys: Vec<f64> =
        record.frames.iter().filter(|frame| frame.key).filter_map(|frame| frame.shown).collect();
    let svg = draw(record.end, 0.0..4.0, Axis::Rows, |chart| {
        chart.draw_series(record.freezes.iter().map(|freeze| {
            Rectangle::new([(freeze.start, 3.3), (freeze.end, 3.7)], Ink::Freeze.color().filled())
        }))?;
        marks(chart, Ink::Loss, &lost[0], 2.0)?;
        marks(chart, Ink::TopLoss, &lost[1], 2.0)?;
        marks(chart, Ink::KeyRequest, &record.key_requests, 1.0)?;
        marks(chart, Ink::KeyFrame, &keys, 0.0)
    })?;
    let mut legend = vec![
        (Ink::Freeze, "freeze"),
        (Ink::Loss, "packet of layer 0 lost"),
        (Ink::TopLoss, "packet of a higher layer lost"),
        (Ink::KeyRequest, "key frame asked for"),
        (Ink::KeyFrame, "key frame shown"),
    ];
    legend.retain(|&(ink, _)| ink != Ink::TopLoss || has_layers(record));
    Ok(Plot { title: "Freezes and losses", legend, svg })
}

/// Whether there are layers above the lowest.
fn has_layers(record: &Record) -> bool {
    record.frames.iter().any(|frame| frame.temporal_id > 0)
}

/// What stands on the vertical axis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Values,
    Rows,
}

fn draw(
    end: f64,
    range: std::ops::Range<f64>,
    axis: Axis,
    content: impl FnOnce(&mut Chart<'_>) -> Result<(), DrawError>,
) -> Result<String, DrawError> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(8)
            .margin_right(12)
            .x_label_area_size(28)
            .y_label_area_size(LABELS)
            .build_cartesian_2d(0.0..end.max(0.1), range)?;
        let text = ("sans-serif", 13).into_font().color(&Ink::Text.color());
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh()
            .axis_style(Ink::Axis.color())
            .bold_line_style(Ink::Grid.color())
            .light_line_style(TRANSPARENT)
            .label_style(text)
            .x_labels(11)
            .y_labels(5)
            .x_label_formatter(&|time| format!("{time} s"))
            .y_label_formatter(&|value| format!("{value}"));
        if axis == Axis::Rows {
            mesh.y_labels(0);
        }
        mesh.draw()?;
        content(&mut chart)?;
        root.present()?;
    }
    Ok(svg)
}

fn line(chart: &mut Chart<'_>, ink: Ink, points: &[(f64, f64)]) -> Result<(), DrawError> {
    let style = ink.color().stroke_width(2);
    chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
    Ok(())
}

fn dashed(chart: &mut Chart<'_>, ink: Ink, points: &[(f64, f64)]) -> Result<(), DrawError> {
    let style = ink.color().stroke_width(1);
    chart.draw_series(DashedLineSeries::new(points.iter().copied(), 5, 4, style))?;
    Ok(())
}

fn bands(chart: &mut Chart<'_>, freezes: &[Freeze], top: f64) -> Result<(), DrawError> {
    chart.draw_series(freezes.iter().map(|freeze| {
        let style = Ink::Freeze.color().mix(0.2).filled();
        Rectangle::new([(freeze.start, 0.0), (freeze.end, top)], style)
    }))?;
    Ok(())
}

/// Short upright strokes in the row that starts at `row`.
fn marks(chart: &mut Chart<'_>, ink: Ink, times: &[f64], row: f64) -> Result<(), DrawError> {
    let style = ink.color().stroke_width(2);
    chart.draw_series(
        times.iter().map(|&time| PathElement::new([(time, row + 0.25), (time, row + 0.75)], style)),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PacketRecord, Settings};

    /// A call of two frames that were shown, the second of `temporal_id`, of which a packet is lost.
    fn two_frames(temporal_id: u8) -> Record {
        let mut record = Record::new(Settings { fps: 30.0, ..Settings::default() }, 2);
        let (shown, psnr) = (Some(0.2), Some(35.0));
        record.frames = vec![FrameRecord { shown, psnr, ..FrameRecord::default() }; 2];
        record.frames[1].temporal_id = temporal_id;
        let fate = Fate::Lost;
        record.packets = vec![PacketRecord { frame: 1, fate, ..PacketRecord::default() }];
        record
    }

    #[test]
    fn layers_are_told_apart() {
        for (temporal_id, loss, other) in
            [(0, Ink::Loss, Ink::TopLoss), (1, Ink::TopLoss, Ink::Loss)]
        {
            let record = two_frames(temporal_id);
            let drawn = |plot: &Plot, ink: Ink| {
                let RGBColor(value, ..) = ink.color();
                let color = format!("#{value:02X}{value:02X}{value:02X}");
                plot.svg.matches(&color).count()
            };
            let events = events(&record).unwrap();
            assert!(drawn(&events, loss) > 0 && drawn(&events, other) == 0, "{temporal_id}");
            let told = |plot: &Plot, ink| plot.legend.iter().any(|entry| entry.0 == ink);
            assert_eq!(told(&events, Ink::TopLoss), temporal_id > 0);
            let delay = delay(&record).unwrap();
            let dots = (drawn(&delay, Ink::Video), drawn(&delay, Ink::TopLayer));
            assert_eq!(dots, if temporal_id > 0 { (1, 1) } else { (2, 0) });
            assert_eq!(told(&delay, Ink::TopLayer), temporal_id > 0);
        }
    }

    #[test]
    fn levels_are_stairs_to_the_end() {
        let line = stairs(&[(0.0, 5000.0), (2.0, 7000.0)], 3.0);
        assert_eq!(line, [(0.0, 5.0), (2.0, 5.0), (2.0, 7.0), (3.0, 7.0)]);
    }
}
