//! The random streams as files.

use super::random_stream::{LENGTH, RandomStream, seeds};
use super::stream_files::{StreamFile, folder};

/// Writes the stream of one seed and its reconstruction.
fn write(seed: u64) {
    let mut stream = RandomStream::of_seed(seed);
    let Some(mut file) = StreamFile::wanted(&format!("random-{seed}")) else { return };
    for _ in 0..LENGTH {
        let unit = stream.next();
        let planes = &unit.reference.planes;
        let size = (planes[0].width as u32, planes[0].height as u32);
        let rows = planes
            .iter()
            .flat_map(|plane| (0..plane.height).map(|y| plane.row(0, y as isize, plane.width)));
        file.write(&unit.data, size, rows);
    }
    file.finish();
}

#[test]
fn random_streams_are_written() {
    match folder() {
        Some(_) => seeds().for_each(write),
        None => println!("skipped: no folder for streams is set"),
    }
}
