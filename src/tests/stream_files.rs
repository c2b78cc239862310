//! Streams as files, for decoders that read nothing else: beside each stream the pictures that it must
//! give.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::clips::ivf;
use crate::{PictureBuffer, Rational};

/// Names the folder to write to, which is made if it is missing; without it nothing is written.
const FOLDER: &str = "RTAV1_STREAMS_OUT";

/// The folder to write to.
pub(super) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// `NAME.ivf`, and `NAME.yuv` with its pictures as I420.
pub(super) struct StreamFile {
    ivf: ivf::Writer<BufWriter<File>>,
    yuv: BufWriter<File>,
    number: u64,
}

impl StreamFile {
    /// Starts the files in the folder, if one is asked for.
    pub(super) fn wanted(name: &str) -> Option<Self> {
        folder().map(|folder| Self::create(&folder, name).unwrap())
    }

    fn create(folder: &Path, name: &str) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        let create = |kind: &str| File::create(folder.join(format!("{name}.{kind}")));
        let ivf = BufWriter::new(create("ivf")?);
        let ivf = ivf::Writer::new(ivf, 0, 0, Rational::new(30, 1))?;
        Ok(Self { ivf, yuv: BufWriter::new(create("yuv")?), number: 0 })
    }

    /// Appends a unit of a picture of this size, whose planes have these rows.
    pub(super) fn write<'a>(
        &mut self,
        unit: &[u8],
        (width, height): (u32, u32),
        rows: impl IntoIterator<Item = &'a [u8]>,
    ) {
        self.ivf.set_size(width, height).unwrap();
        self.ivf.write(self.number, unit).unwrap();
        self.number += 1;
        rows.into_iter().for_each(|row| self.yuv.write_all(row).unwrap());
    }

    /// Appends a unit with the picture that it must give.
    pub(super) fn write_picture(&mut self, unit: &[u8], picture: &PictureBuffer) {
        let size = (picture.width(), picture.height());
        self.write(unit, size, (0..3).map(|plane| picture.plane(plane)));
    }

    /// Completes the files.
    pub(super) fn finish(self) {
        self.ivf.finish().unwrap();
        self.yuv.into_inner().unwrap();
    }
}
