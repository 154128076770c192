//! `ringbook phone …`

mod edit;
mod export;
mod import;
mod list;
mod refused;

use std::io::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use super::api::{AccountArgument, Api, Opens, Request, Target, segment};
use super::context::CliError;
use super::format::{self, Format};
use super::time;

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
}

/// Print a phone
#[derive(Debug, Args)]
pub struct Get {
    #[command(flatten)]
    account: AccountArgument,
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

/// How one thing is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ItemFormat {
    /// Columns, for people
    Table,
    /// A JSON object, for programs
    Json,
}

/// `--at`
#[derive(Debug, Args)]
struct At {
    /// As it was at that time: 2026-01-02 03:04 in UTC, or as RFC 3339 has it
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    at: Option<jiff::Timestamp>,
}

/// A phone, as the API shows it.
#[derive(Debug, Serialize, Deserialize)]
struct ListedPhone {
    id: String,
    number: String,
    name: String,
    skills: Vec<String>,
}

impl Phone {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        match self {
            Self::Create(create) => create.run(target),
            Self::Edit(edit) => edit.run(target),
            Self::Delete(delete) => delete.run(target),
            Self::Get(get) => get.run(target),
            Self::List(list) => list.run(target),
            Self::Import(import) => import.run(target),
            Self::Export(export) => export.run(target),
        }
    }
}

impl Get {
    fn run(self, target: &Target) -> Result<(), CliError> {
        let api = Api::open(target, &self.account, Opens::Read)?;
        let phone = self.find(&api)?;
        if self.format == ItemFormat::Json {
            let json = serde_json::to_string(&phone).expect("it is plain data");
            return Ok(writeln!(std::io::stdout(), "{json}")?);
        }
        Ok(format::list(Format::Table, &ListedPhone::HEADER, [phone.row()])?)
    }

    fn find(&self, api: &Api) -> Result<ListedPhone, CliError> {
        if let Some(phone) = &self.phone {
            let request = Request::get(format!("/v1/phones/{}", segment(phone)));
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

impl ListedPhone {
    const HEADER: [&str; 4] = ["id", "number", "name", "skills"];

    fn row(self) -> Vec<serde_json::Value> {
        let skills = self.skills.join(",");
        [self.id, self.number, self.name, skills].map(Into::into).into()
    }
}
