//! The file that a command reads, or its standard input.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::PathBuf;

use indicatif::ProgressBar;

use super::context::CliError;
use crate::rows::Format;

/// The path of a file; `-` is the standard input.
#[derive(Debug, Clone)]
pub struct Input(PathBuf);

impl Input {
    /// The format of its rows, by its name.
    pub fn format(&self) -> Format {
        Format::of_file(&self.0)
    }

    /// Opens it, and reads its first bytes: so that one that cannot be read is no request. Its errors say
    /// which it is. The bar gets its length, if that is known.
    pub fn open(&self, bar: &ProgressBar) -> Result<impl Read + Send + 'static, CliError> {
        let name = self.to_string();
        let cannot = |error| CliError::Message(format!("cannot read {name}: {error}"));
        let reader: Box<dyn Read + Send> = if self.is_stdin() {
            Box::new(io::stdin())
        } else {
            let opened = File::open(&self.0).map_err(cannot)?;
            bar.set_length(opened.metadata().map_err(cannot)?.len());
            Box::new(opened)
        };
        let mut reader = BufReader::new(reader);
        reader.fill_buf().map_err(cannot)?;
        Ok(Named { name, reader })
    }

    fn is_stdin(&self) -> bool {
        self.0.as_os_str() == "-"
    }
}

impl From<OsString> for Input {
    fn from(path: OsString) -> Self {
        Self(path.into())
    }
}

impl Display for Input {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if self.is_stdin() { out.write_str("standard input") } else { self.0.display().fmt(out) }
    }
}

struct Named<R> {
    name: String,
    reader: R,
}

impl<R: Read> Read for Named<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot read {}: {error}", self.name))
        })
    }
}
