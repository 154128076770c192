//! `ringbook route`

use std::io::{self, Write as _};

use clap::Args;
use directory::escaped;
use jiff::Timestamp;
use serde_json::Value;

use super::api::{AccountArgument, Api, Opens, ProblemError, Request, Target, reason};
use super::context::CliError;
use super::format::{self, Format, ItemFormat};
use crate::time;

/// Print whom a call for a skill rings, and why each of its phones is or is not among them
///
/// For example: `ringbook route --account acme --skill Sales --at 2026-12-25T10:00:00+05:30`
#[derive(Debug, Args)]
pub struct Route {
    #[command(flatten)]
    account: AccountArgument,
    /// The skill, as calls name it
    #[arg(long)]
    skill: String,
    /// At that time instead of now: 2026-01-02 03:04 in UTC, as RFC 3339 has it, or +2h from now
    #[arg(long, value_name = "TIME", value_parser = time::parse_or_from_now)]
    at: Option<Timestamp>,
    /// With the answer to a phone system of this dialect, such as kamailio or asterisk.dial
    #[arg(long)]
    dialect: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ItemFormat::Table)]
    format: ItemFormat,
}

/// What is printed of a phone.
const COLUMNS: [&str; 8] =
    ["place", "number", "name", "skill", "ring_time_s", "delay_s", "confirm", "detail"];

impl Route {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let api = Api::open(target, &self.account, Opens::Read)?;
        let at = self.at.map(|at| at.to_string());
        let request = Request::get("/v1/explain/ring").query("skill", &self.skill);
        let request = request.given([("at", &at), ("dialect", &self.dialect)]);
        let mut answer: Value = api.send(request)?.json()?;
        if self.format == ItemFormat::Json {
            return Ok(writeln!(io::stdout(), "{answer}")?);
        }
        let text = |name: &str| escaped(&format::cell(answer[name].clone()), usize::MAX);
        let (at, detail) = (time::for_people(&text("at")), text("detail"));
        match (&*text("outcome"), &*text("mode")) {
            ("ring", "parallel") => writeln!(io::stdout(), "{at}: {detail}, all at once")?,
            ("ring", _) => writeln!(io::stdout(), "{at}: {detail}, one after another")?,
            ("nobody", _) => writeln!(io::stdout(), "{at}: nobody rings, {detail}")?,
            _ => {
                let why: Vec<ProblemError> =
                    serde_json::from_value(answer["reasons"].take()).unwrap_or_default();
                let why = if why.is_empty() { detail } else { reason(&why) };
                return Err(CliError::Message(why));
            }
        }
        let phones: Vec<Value> =
            answer["phones"].as_array_mut().map(std::mem::take).unwrap_or_default();
        format::list(Format::Table, &COLUMNS, phones.into_iter().map(Ok))?;
        match answer["answer"].as_str() {
            Some(answer) => Ok(writeln!(io::stdout(), "{}", answer.trim_end())?),
            None => Ok(()),
        }
    }
}
