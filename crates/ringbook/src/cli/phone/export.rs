//! `ringbook phone list` and `ringbook phone export`

use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;
use directory::{SkillName, UserName};
use serde::Serialize;

use crate::cli::context::{AccountArgument, CliError, Context};
use crate::cli::format::{self, Format};
use crate::private;
use crate::rows;
use crate::service::ListedPhone;

/// `ringbook phone export`
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    account: AccountArgument,
    /// The file to write, which replaces an old one once it is complete; - or nothing writes to
    /// standard output
    #[arg(default_value = "-")]
    file: PathBuf,
}

impl Export {
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        if self.file.as_os_str() == "-" {
            return list(context, &self.account.user_name, Format::Csv);
        }
        let phones = phones(context, &self.account.user_name)?;
        let written = private::replace(&self.file, |mut out| write(&mut out, &phones, Format::Csv));
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => CliError::Output(error),
            _ => CliError::Message(format!("cannot write {}: {error}", self.file.display())),
        })
    }
}

/// Prints the phones of an account.
pub fn list(context: &Context, user_name: &UserName, format: Format) -> Result<(), CliError> {
    let phones = phones(context, user_name)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    write(&mut out, &phones, format)?;
    Ok(out.flush()?)
}

fn phones(context: &Context, user_name: &UserName) -> Result<Vec<ListedPhone>, CliError> {
    let tenant = context.tenant(user_name)?;
    Ok(context.wait(context.service.phones(&tenant))?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonPhone<'a> {
    phone_number: String,
    phone_name: &'a str,
    skills: Vec<&'a str>,
}

fn skills(phone: &ListedPhone) -> Vec<&str> {
    phone.skills.iter().map(SkillName::as_str).collect()
}

fn write(out: &mut impl Write, phones: &[ListedPhone], format: Format) -> std::io::Result<()> {
    if format == Format::Json {
        let list: Vec<_> = phones
            .iter()
            .map(|phone| JsonPhone {
                phone_number: phone.number.to_string(),
                phone_name: phone.name.as_str(),
                skills: skills(phone),
            })
            .collect();
        serde_json::to_writer(&mut *out, &list)?;
        return writeln!(out);
    }
    if format == Format::Csv {
        let mut writer = rows::Writer::new(out, rows::Format::Csv);
        writer.header(rows::CsvHeader::Legacy)?;
        for phone in phones {
            writer.phone(phone.number, &phone.name, &phone.skills)?;
        }
        return writer.finish()?.flush();
    }
    let row = |phone: &ListedPhone| {
        vec![phone.number.to_string(), phone.name.to_string(), skills(phone).join(",")]
    };
    let rows: Vec<_> = phones.iter().map(row).collect();
    format::table(out, &rows::CsvHeader::Legacy.names(), &rows)
}
