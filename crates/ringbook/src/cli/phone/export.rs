//! `ringbook phone export`

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::list::Filters;
use crate::cli::api::{Api, Reply, Request};
use crate::cli::context::CliError;
use crate::private;
use crate::rows::{Format, Product};

/// Write phones to a file that `import --action upsert` takes back
///
/// All of them, or those that all filters apply to.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write, which replaces an old one once it is complete: CSV, or JSON Lines if it is
    /// named *.jsonl; - or nothing writes to standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    /// For whom it is: the columns are named as in that product, and are those that it has
    #[arg(long = "for", value_name = "PRODUCT", value_parser = PossibleValuesParser::new(Product::ALL.map(|(name, _)| name)))]
    product: Option<String>,
    #[command(flatten)]
    filters: Filters,
}

impl Export {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        let request = self.filters.query(Request::get("/v1/exports"));
        let request = request.given([("for", &self.product)]);
        let mut reply = api.send(request.accept(Format::of_file(&self.file).media_type()))?;
        if self.file.as_os_str() == "-" {
            return print(reply);
        }
        let written = private::replace(&self.file, |out| io::copy(&mut reply, out).map(drop));
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => CliError::Output(error),
            _ => CliError::Message(format!("cannot write {}: {error}", self.file.display())),
        })
    }
}

/// Prints an answer, as it comes.
pub fn print(mut reply: Reply<'_>) -> Result<(), CliError> {
    io::copy(&mut reply, &mut io::stdout().lock())?;
    Ok(())
}
