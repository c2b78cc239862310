//! The report: one HTML file that needs nothing else.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rtav1::PictureBuffer;

use crate::losses::{Loss, losses};
use crate::plots::{DrawError, Ink, Plot, plots};
use crate::record::{Record, Row, Settings, Still};

/// The page.
pub(crate) fn html(record: &Record) -> Result<String, DrawError> {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Call report</title>\n<style>\n",
    );
    page += include_str!("report.css");
    for (_, name, color) in Ink::ALL {
        let placeholder = format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2);
        for attribute in ["fill", "stroke"] {
            writeln!(
                page,
                "svg [{attribute}=\"{placeholder}\"] {{ {attribute}: var(--{name}); }}"
            )?;
        }
    }
    writeln!(page, "</style>\n<main>\n<h1>Call report</h1>")?;
    writeln!(
        page,
        "<p class=\"settings\">{}</p>",
        escape(&describe(&record.settings, record.duration))
    )?;
    table(&mut page, &record.table())?;
    losses_table(&mut page, &losses(record))?;
    for plot in plots(record)? {
        panel(&mut page, &plot)?;
    }
    stills(&mut page, &record.stills)?;
    page += "</main>\n</html>\n";
    Ok(page)
}

/// The settings in a line.
pub(crate) fn describe(settings: &Settings, duration: f64) -> String {
    let Settings { clip, engine, width, height, fps, .. } = settings;
    format!(
        "{clip}: {width}×{height}, {fps:.2} fps, {duration:.1} s · engine {engine} at {} kbit/s · \
         link {} kbit/s, {:.0} ms delay, {:.0} ms jitter, {} % loss, {:.0} ms queue",
        span(&settings.target_levels(), 1),
        span(&settings.capacities, 0),
        settings.delay_ms,
        settings.jitter_ms,
        settings.loss,
        settings.queue_ms,
    )
}

/// The range of levels in bit/s, in kbit/s with so many digits after the point.
fn span(levels: &[(f64, f64)], digits: usize) -> String {
    let levels = || levels.iter().map(|level| level.1 / 1000.0);
    let (least, most) = (levels().fold(f64::MAX, f64::min), levels().fold(0.0, f64::max));
    if least == most {
        return format!("{least:.digits$}");
    }
    format!("{least:.digits$} to {most:.digits$}")
}

fn table(page: &mut String, rows: &[Row]) -> std::fmt::Result {
    page.push_str("<section>\n<table>\n");
    for (what, value, remark) in rows {
        let (value, remark) = (escape(value), escape(remark));
        writeln!(page, "<tr><td>{what}</td><td>{value}</td><td>{remark}</td></tr>")?;
    }
    page.push_str("</table>\n</section>\n");
    Ok(())
}

/// What each loss cost, if there was one.
fn losses_table(page: &mut String, losses: &[Loss]) -> std::fmt::Result {
    if losses.is_empty() {
        return Ok(());
    }
    page.push_str(
        "<section>\n<details><summary>What each loss cost</summary>\n<table>\n<tr><th>sent</th>\
         <th>packets lost</th><th>from frame</th><th>frames not shown</th><th>frozen</th>\
         <th>PSNR-Y below what was sent</th></tr>\n",
    );
    for loss in losses {
        let decibels = loss.decibels.map_or("-".into(), |decibels| format!("{decibels:.1} dB"));
        writeln!(
            page,
            "<tr><td>{:.2} s</td><td>{}</td><td>{} of layer {}</td><td>{}</td><td>{:.0} ms</td>\
             <td>{decibels}</td></tr>",
            loss.time,
            loss.packets,
            loss.frame,
            loss.temporal_id,
            loss.not_shown,
            1000.0 * loss.frozen,
        )?;
    }
    page.push_str("</table>\n</details>\n</section>\n");
    Ok(())
}

fn panel(page: &mut String, plot: &Plot) -> std::fmt::Result {
    writeln!(page, "<section>\n<div class=\"head\"><h2>{}</h2><div class=\"legend\">", plot.title)?;
    for (ink, meaning) in &plot.legend {
        let name = ink.name();
        writeln!(page, "<span><i style=\"background: var(--{name})\"></i>{meaning}</span>")?;
    }
    writeln!(page, "</div></div>\n<div class=\"plot\">{}</div>\n</section>", plot.svg)
}

fn stills(page: &mut String, stills: &[Still]) -> Result<(), DrawError> {
    if stills.is_empty() {
        return Ok(());
    }
    page.push_str("<section>\n<h2>Source beside received</h2>\n<div class=\"stills\">\n");
    for still in stills {
        page.push_str("<figure><div class=\"pair\">");
        for (picture, what) in [(&still.source, "source"), (&still.received, "received")] {
            let (width, height) = (picture.width(), picture.height());
            let data = STANDARD.encode(png(picture)?);
            write!(
                page,
                "<img alt=\"{what}\" width=\"{width}\" height=\"{height}\" \
                 src=\"data:image/png;base64,{data}\">"
            )?;
        }
        writeln!(page, "</div><figcaption>{}</figcaption></figure>", escape(&still.caption))?;
    }
    page.push_str("</div>\n</section>\n");
    Ok(())
}

fn png(picture: &PictureBuffer) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb(picture))?;
    writer.finish()?;
    Ok(file)
}

/// BT.601 limited range to RGB, as video of this size is meant.
fn rgb(picture: &PictureBuffer) -> Vec<u8> {
    let (width, chroma_width) = (picture.plane_width(0), picture.plane_width(1));
    let luma = picture.plane(0).iter().enumerate();
    luma.flat_map(|(index, &y)| {
        let chroma = index / width / 2 * chroma_width + index % width / 2;
        let y = (f32::from(y) - 16.0) * 1.164_383;
        let u = f32::from(picture.plane(1)[chroma]) - 128.0;
        let v = f32::from(picture.plane(2)[chroma]) - 128.0;
        // A cast from float saturates at 0 and 255.
        [y + 1.596_027 * v, y - 0.391_762 * u - 0.812_968 * v, y + 2.017_232 * u]
            .map(|value| value.round() as u8)
    })
    .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_known_samples() {
        let mut picture = PictureBuffer::new(16, 16).unwrap();
        assert!(rgb(&picture).iter().all(|&value| value == 0));
        picture.plane_mut(0)[0] = 235;
        picture.plane_mut(0)[1] = 255;
        assert_eq!(rgb(&picture)[..9], [255, 255, 255, 255, 255, 255, 0, 0, 0]);
        picture.plane_mut(0).fill(81);
        picture.plane_mut(1).fill(90);
        picture.plane_mut(2).fill(240);
        let red = &rgb(&picture)[..3];
        assert!(red[0] >= 254 && red[1] <= 1 && red[2] <= 1, "{red:?}");
    }

    #[test]
    fn levels_that_vary_are_told_by_their_range() {
        assert_eq!(span(&[(0.0, 79_200.0)], 1), "79.2");
        assert_eq!(span(&[(0.0, 60_000.0), (2.0, 250_000.0), (3.0, 80_000.0)], 0), "60 to 250");
    }

    #[test]
    fn each_loss_has_its_row() {
        let loss = Loss {
            time: 1.5,
            packets: 2,
            frame: 45,
            temporal_id: 1,
            not_shown: 3,
            frozen: 0.25,
            decibels: None,
        };
        let mut page = String::new();
        losses_table(&mut page, &[]).unwrap();
        assert_eq!(page, "");
        losses_table(&mut page, &[loss.clone(), Loss { decibels: Some(4.25), ..loss }]).unwrap();
        let row = "<tr><td>1.50 s</td><td>2</td><td>45 of layer 1</td><td>3</td><td>250 ms</td>";
        assert_eq!(page.matches(row).count(), 2, "{page}");
        assert!(page.contains("<td>-</td>") && page.contains("<td>4.2 dB</td>"), "{page}");
    }

    #[test]
    fn names_of_files_cannot_break_the_page() {
        assert_eq!(escape("<a&b>.y4m"), "&lt;a&amp;b&gt;.y4m");
    }
}
