//! `ringbook phone …`

mod edit;
mod export;
mod import;
mod list;
mod refused;

use std::io::Write as _;

use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::api::{AccountCommand, Api, Opens, Request, path};
use super::context::CliError;
use super::format::{self, Format, ItemFormat};
use super::routing::{HoursArguments, Pause, Resume};
use crate::time;

/// `ringbook phone …`
// Some have a longer docstring on their own type.
#[derive(Debug, Subcommand)]
pub enum Phone {
    /// Create a phone
    Create(edit::Create),
    /// Edit a phone; what is not given stays
    Edit(edit::Edit),
    /// Delete phones: all of them or, if one is not there, none
    Delete(edit::Delete),
    Get(Get),
    List(list::List),
    Import(import::Import),
    Export(export::Export),
    Pause(Pause),
    Resume(Resume),
    /// Print or set when a phone takes calls
    ///
    /// For example: `ringbook phone hours --account acme 1001 "Europe/Berlin mon-fri 22:00-06:00"`. More is
    /// told by `ringbook skill hours --help`.
    Hours {
        /// Its id or its number
        phone: String,
        #[command(flatten)]
        hours: HoursArguments,
    },
}

/// Print a phone
#[derive(Debug, Args)]
pub struct Get {
    /// Its id or its number
    #[arg(required_unless_present = "name", conflicts_with = "name")]
    phone: Option<String>,
    /// Its name, in any case
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    at: At,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ItemFormat::Table)]
    format: ItemFormat,
}

/// `--at`
#[derive(Debug, Args)]
struct At {
    /// As it was at that time: 2026-01-02 03:04 in UTC, or as RFC 3339 has it
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    at: Option<jiff::Timestamp>,
}

/// What is printed of a phone.
const COLUMNS: [&str; 4] = ["id", "number", "name", "skills"];

impl AccountCommand for Phone {
    fn opens(&self) -> Opens {
        match self {
            Self::Get(_) | Self::List(_) | Self::Export(_) => Opens::Read,
            Self::Import(import) if import.dry_run => Opens::Read,
            Self::Hours { hours, .. } if hours.is_print() => Opens::Read,
            _ => Opens::Write,
        }
    }

    fn run(self, api: &Api) -> Result<(), CliError> {
        match self {
            Self::Create(create) => create.run(api),
            Self::Edit(edit) => edit.run(api),
            Self::Delete(delete) => delete.run(api),
            Self::Get(get) => get.run(api),
            Self::List(list) => list.run(api),
            Self::Import(import) => import.run(api),
            Self::Export(export) => export.run(api),
            Self::Pause(pause) => pause.run(api),
            Self::Resume(resume) => resume.run(api),
            Self::Hours { phone, hours } => hours.run(api, "phones", &phone),
        }
    }
}

impl Get {
    fn run(self, api: &Api) -> Result<(), CliError> {
        if self.format == ItemFormat::Json {
            let phone: Box<RawValue> = self.find(api)?;
            return Ok(writeln!(std::io::stdout(), "{phone}")?);
        }
        format::list(Format::Table, &COLUMNS, std::iter::once(self.find(api)))
    }

    fn find<T: DeserializeOwned>(&self, api: &Api) -> Result<T, CliError> {
        if let Some(phone) = &self.phone {
            let request = Request::get(path(["phones", phone]));
            return api.send(self.at.query(request))?.json();
        }
        let name = self.name.as_deref().unwrap_or_default();
        let request = || self.at.query(Request::get("/v1/phones")).query("name", name);
        let none = || CliError::Message(format!("no phone named {name:?} in this account"));
        api.pages(request).next().unwrap_or_else(|| Err(none()))
    }
}

impl At {
    /// The request for what was there at that time, if there is one.
    fn query(&self, request: Request) -> Request {
        match self.at {
            Some(at) => request.query("at", at),
            None => request,
        }
    }
}
