//! `ringbook phone list`

use clap::Args;

use super::export::print;
use super::{At, COLUMNS};
use crate::cli::api::{Api, Request};
use crate::cli::context::CliError;
use crate::cli::format::{self, Format};

/// List the phones with their skills
///
/// All of them, or those that all filters apply to.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    filters: Filters,
    /// What they are sorted by; `created` is the order in which they were
    #[arg(long, default_value = "created", value_parser = ["created", "number", "name"])]
    sort: String,
    /// In the reverse order
    #[arg(long)]
    reverse: bool,
    /// The first so many of them
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Which phones are meant.
#[derive(Debug, Args)]
pub struct Filters {
    /// Those with this skill: its id or its name
    #[arg(long)]
    skill: Option<String>,
    /// Those whose number begins so
    #[arg(long, value_name = "DIGITS")]
    number_prefix: Option<String>,
    /// Those whose name begins so, in any case
    #[arg(long, value_name = "TEXT")]
    name_prefix: Option<String>,
    /// Those whose number or name contains this, in any case
    #[arg(long, value_name = "TEXT")]
    contains: Option<String>,
    #[command(flatten)]
    at: At,
}

impl Filters {
    /// The request for these phones alone.
    pub fn query(&self, request: Request) -> Request {
        let given = [
            ("skill", &self.skill),
            ("number_prefix", &self.number_prefix),
            ("name_prefix", &self.name_prefix),
            ("contains", &self.contains),
        ];
        self.at.query(request).given(given)
    }
}

impl List {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        if self.format == Format::Csv {
            return self.print_csv(api);
        }
        let sort = if self.reverse { format!("-{}", self.sort) } else { self.sort.clone() };
        let request = || self.filters.query(Request::get("/v1/phones")).query("sort", &sort);
        format::pages(self.format, &COLUMNS, api, request, self.limit)
    }

    /// Prints CSV, which spreadsheets open: as an export, which takes care that they run nothing.
    fn print_csv(&self, api: &Api) -> Result<(), CliError> {
        if self.sort != "created" || self.reverse || self.limit.is_some() {
            let why = "--format csv prints all phones in the order in which they were created: leave \
                       --sort, --reverse and --limit out";
            return Err(CliError::Usage(why.into()));
        }
        print(api.send(self.filters.query(Request::get("/v1/exports")).accept("text/csv"))?)
    }
}
