//! `ringbook phone export`

use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use directory::UserName;

use crate::cli::context::{AccountArgument, CliError, Context};
use crate::private;
use crate::rows::{self, Product};
use crate::service::ListedPhone;

/// Write all phones to a CSV file that `import --action upsert` takes back, edited or not
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    account: AccountArgument,
    /// The file to write, which replaces an old one once it is complete; - or nothing writes to
    /// standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    /// For whom it is: the columns are named as in that product, and are those that it has
    #[arg(long = "for", value_name = "PRODUCT", value_parser = PossibleValuesParser::new(
        Product::ALL.map(|(name, _)| name)).map(|name| product(&name)))]
    product: Option<Product>,
}

fn product(name: &str) -> Product {
    let found = Product::ALL.into_iter().find(|(known, _)| *known == name);
    found.expect("clap has checked the name").1
}

impl Export {
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let phones = phones(context, &self.account.user_name)?;
        if self.file.as_os_str() == "-" {
            return Ok(write_file(std::io::stdout().lock(), &phones, self.product)?);
        }
        let written = private::replace(&self.file, |out| write_file(out, &phones, self.product));
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => CliError::Output(error),
            _ => CliError::Message(format!("cannot write {}: {error}", self.file.display())),
        })
    }
}

fn phones(context: &Context, user_name: &UserName) -> Result<Vec<ListedPhone>, CliError> {
    let tenant = context.tenant(user_name)?;
    Ok(context.wait(context.service.phones(&tenant))?)
}

/// Writes phones as CSV.
fn write_file(
    out: impl Write,
    phones: &[ListedPhone],
    product: Option<Product>,
) -> std::io::Result<()> {
    let out = BufWriter::new(out);
    let mut writer = rows::Writer::new(out, rows::Format::Csv, product);
    writer.header()?;
    for phone in phones {
        writer.phone(phone.id, phone.number, &phone.name, &phone.skills)?;
    }
    writer.finish()?.flush()
}
