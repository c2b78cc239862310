//! Where clips are read from: files, or standard input by the name `-`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};

/// The name of standard input, and of standard output.
pub(crate) const STANDARD: &str = "-";

/// Bytes that tell one format from another.
const HEAD: u64 = 16;

/// A file whose first bytes are known before it is read.
pub(crate) struct Input {
    head: Vec<u8>,
    rest: BufReader<Box<dyn Read + Send>>,
}

impl Input {
    /// Opens the file called `name`.
    pub(crate) fn open(name: &str) -> io::Result<Self> {
        let mut file: Box<dyn Read + Send> =
            if name == STANDARD { Box::new(io::stdin()) } else { Box::new(File::open(name)?) };
        let mut head = Vec::new();
        // A pipe may give fewer bytes at a time.
        file.by_ref().take(HEAD).read_to_end(&mut head)?;
        Ok(Self { head, rest: BufReader::new(file) })
    }

    /// The first bytes, as far as there are any.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// All of it, as a stream.
    pub(crate) fn into_reader(self) -> Box<dyn BufRead + Send> {
        Box::new(Cursor::new(self.head).chain(self.rest))
    }

    /// All of it, in memory.
    pub(crate) fn read(self) -> io::Result<Vec<u8>> {
        let mut file = Vec::new();
        self.into_reader().read_to_end(&mut file)?;
        Ok(file)
    }
}

/// Tells of something that does not stop the program.
pub(crate) fn warn(name: &str, what: &str) {
    eprintln!("warning: {name}: {what}");
}
