//! What a page may ask of a call, in the query of its request.

use std::time::Duration;

use anyhow::{Context, bail};
use rtav1::{AcknowledgedPrediction, ScalabilityMode};

use crate::relay::Link;

/// What is sent to the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The clip.
    Clip,
    /// What was decoded of the browser's own video.
    Mirror,
}

/// Where the target rate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rating {
    /// The estimate of this program, made for thin links.
    Estimate,
    /// str0m's, with its pacer and its probes.
    Str0m,
    /// It is known: bit/s on the wire.
    Told(u32),
}

/// A call's options.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) rating: Rating,
    /// Bit/s on the wire to begin with, and at most.
    pub(crate) start: u32,
    pub(crate) most: u32,
    /// The link between browser and peer.
    pub(crate) link: Option<Link>,
    /// The most delay that frames may cause.
    pub(crate) max_delay: Duration,
    /// Temporal layers; `None`: two while packets get lost.
    pub(crate) layers: Option<ScalabilityMode>,
    /// Browsers leave out frames that they have received whole when these are late and others can be
    /// decoded without them. Frames that may be left out must not be referred to, though feedback
    /// acknowledges them: so each frame but recovery frames depends on the one before in its layer.
    pub(crate) prediction: AcknowledgedPrediction,
    /// Whether lost packets are sent again when they are asked for.
    pub(crate) resend: bool,
    /// Whether the clip's pictures carry their numbers, and are kept to be compared with.
    pub(crate) check: bool,
    /// Control run: descriptors that name frames never sent, which a browser that reads them cannot decode.
    pub(crate) wrong_descriptors: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Clip,
            rating: Rating::Estimate,
            start: 40_000,
            most: 1_000_000,
            link: None,
            max_delay: Duration::from_millis(120),
            layers: None,
            prediction: AcknowledgedPrediction::Never,
            resend: true,
            check: false,
            wrong_descriptors: false,
        }
    }
}

impl Options {
    /// Reads `name=value&…`: mode, rating (estimate, str0m or kbit/s), start and most (kbit/s), rate
    /// (kbit/s), queue, delay (ms), loss (%), seed, max-delay (ms), layers, prediction, resend, check,
    /// wrong-descriptors.
    pub(crate) fn parse(query: &str) -> anyhow::Result<Self> {
        let mut options = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, "1"));
            options.set(name, value).with_context(|| format!("{name}={value}"))?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        match name {
            "mode" => self.mode = mode(value)?,
            "rating" => {
                self.rating = match value {
                    "estimate" => Rating::Estimate,
                    "str0m" => Rating::Str0m,
                    rate => Rating::Told(kilobits(rate)?),
                }
            }
            "start" => self.start = kilobits(value)?,
            "most" => self.most = kilobits(value)?,
            "rate" => self.link().rate = Some(kilobits(value)?.into()),
            "queue" => self.link().queue = milliseconds(value)?,
            "delay" => self.link().delay = milliseconds(value)?,
            "loss" => self.link().loss = percent(value)?,
            "seed" => self.link().seed = value.parse()?,
            "max-delay" => self.max_delay = milliseconds(value)?,
            "layers" if value == "auto" => self.layers = None,
            "layers" => self.layers = Some(value.parse()?),
            "prediction" => self.prediction = prediction(value)?,
            "resend" => self.resend = value == "1",
            "check" => self.check = value == "1",
            "wrong-descriptors" => self.wrong_descriptors = value == "1",
            _ => bail!("no such option"),
        }
        Ok(())
    }

    fn link(&mut self) -> &mut Link {
        self.link.get_or_insert_default()
    }
}

fn mode(name: &str) -> anyhow::Result<Mode> {
    match name {
        "clip" => Ok(Mode::Clip),
        "mirror" => Ok(Mode::Mirror),
        _ => bail!("neither clip nor mirror"),
    }
}

fn prediction(name: &str) -> anyhow::Result<AcknowledgedPrediction> {
    match name {
        "auto" => Ok(AcknowledgedPrediction::Auto),
        "always" => Ok(AcknowledgedPrediction::Always),
        "never" => Ok(AcknowledgedPrediction::Never),
        "two-chains" => Ok(AcknowledgedPrediction::TwoChains),
        _ => bail!("none of auto, always, never, two-chains"),
    }
}

/// 10 to 100,000 kbit/s, in bit/s.
fn kilobits(text: &str) -> anyhow::Result<u32> {
    let rate: f64 = text.parse()?;
    anyhow::ensure!((10.0..=100_000.0).contains(&rate), "not 10 to 100000 kbit/s");
    Ok((rate * 1000.0) as u32)
}

fn milliseconds(text: &str) -> anyhow::Result<Duration> {
    let time: u64 = text.parse()?;
    anyhow::ensure!(time <= 10_000, "more than 10 s");
    Ok(Duration::from_millis(time))
}

fn percent(text: &str) -> anyhow::Result<f64> {
    let share: f64 = text.parse()?;
    anyhow::ensure!((0.0..=100.0).contains(&share), "not 0 to 100");
    Ok(share / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read() {
        let options = Options::parse("rate=50&delay=50&loss=2&rating=42&layers=L1T2").unwrap();
        let link = options.link.unwrap();
        assert_eq!((link.rate, link.loss, link.delay.as_millis()), (Some(50_000.0), 0.02, 50));
        assert_eq!(link.queue.as_millis(), 300);
        assert_eq!(
            (options.rating, options.layers),
            (Rating::Told(42_000), Some(ScalabilityMode::L1T2))
        );
        assert_eq!(Options::parse("").unwrap().link, None);
        for wrong in ["rate=5", "loss=101", "mode=x", "what=1", "delay=-1", "rate", "layers=L9T9"] {
            assert!(Options::parse(wrong).is_err(), "{wrong}");
        }
    }
}
