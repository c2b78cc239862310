//! The random streams as files, for decoders that read nothing else: beside each stream the
//! pictures that it must give.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use super::clips::ivf;
use super::random_stream::{LENGTH, RandomStream, seeds};
use crate::Rational;
use crate::frame::padded::PaddedPlane;

/// Names the folder to write to; it is made if it is missing.
const FOLDER: &str = "RTAV1_RANDOM_OUT";

/// Writes the stream of one seed as `SEED.ivf` and its reconstruction as I420 into `SEED.yuv`.
fn write(folder: &Path, seed: u64) -> std::io::Result<()> {
    let mut stream = RandomStream::of_seed(seed);
    let create = |kind: &str| File::create(folder.join(format!("{seed}.{kind}")));
    let rate = Rational::new(30, 1);
    let mut ivf = ivf::Writer::new(BufWriter::new(create("ivf")?), 0, 0, rate)?;
    let mut yuv = BufWriter::new(create("yuv")?);
    for number in 0..LENGTH {
        let unit = stream.next();
        let PaddedPlane { width, height, .. } = unit.reference.planes[0];
        ivf.set_size(width as u32, height as u32)?;
        ivf.write(number, &unit.data)?;
        for plane in &unit.reference.planes {
            for y in 0..plane.height {
                yuv.write_all(plane.row(0, y as isize, plane.width))?;
            }
        }
    }
    ivf.finish()?;
    yuv.flush()
}

#[test]
fn random_streams_are_written() {
    let Some(folder) = std::env::var_os(FOLDER).filter(|name| !name.is_empty()) else {
        println!("skipped: {FOLDER} is not set");
        return;
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).unwrap();
    for seed in seeds() {
        write(folder, seed).unwrap();
    }
}
