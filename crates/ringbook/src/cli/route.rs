//! `ringbook route`

use std::io::{self, Write as _};

use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::api::{AccountArgument, Api, Opens, ProblemError, Request, Target, reason};
use super::context::CliError;
use super::format::{self, Format, ItemFormat};
use super::time;

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
    /// With the addresses that this dialect has: kamailio, asterisk.dial, asterisk.member, freeswitch
    #[arg(long)]
    dialect: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ItemFormat::Table)]
    format: ItemFormat,
}

/// What is printed of a phone.
const COLUMNS: [&str; 8] =
    ["place", "number", "name", "skill", "ring_time_s", "delay_s", "confirm", "detail"];

/// Whom a call rings, as the API explains it.
#[derive(Deserialize)]
struct Explanation {
    outcome: String,
    detail: String,
    at: String,
    mode: Option<String>,
    phones: Vec<Value>,
    /// Why there is no such skill.
    reasons: Vec<ProblemError>,
}

impl Route {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let api = Api::open(target, &self.account, Opens::Read)?;
        let mut request = Request::get("/v1/explain/ring").query("skill", &self.skill);
        if let Some(at) = self.at {
            request = request.query("at", at);
        }
        let reply = api.send(request.given([("dialect", &self.dialect)]))?;
        let answer: Box<RawValue> = reply.json()?;
        if self.format == ItemFormat::Json {
            return Ok(writeln!(io::stdout(), "{answer}")?);
        }
        let answer: Explanation = serde_json::from_str(answer.get())
            .map_err(|error| CliError::Message(format!("cannot read the answer: {error}")))?;
        answer.print()
    }
}

impl Explanation {
    fn print(self) -> Result<(), CliError> {
        let Self { outcome, detail, at, mode, phones, reasons } = self;
        let at = time::for_people(&at);
        let how = match mode.as_deref() {
            Some("parallel") => "all at once",
            _ => "one after another",
        };
        match &*outcome {
            "ring" => writeln!(io::stdout(), "{at}: {detail}, {how}")?,
            "nobody" => writeln!(io::stdout(), "{at}: nobody rings, {detail}")?,
            _ if reasons.is_empty() => return Err(CliError::Message(detail)),
            _ => return Err(CliError::Message(reason(&reasons))),
        }
        format::list(Format::Table, &COLUMNS, phones.into_iter().map(Ok))
    }
}
