//! `ringbook route`

use std::io::{self, Write as _};

use clap::Args;
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::api::{AccountArgument, Api, Opens, Request, Target};
use super::context::CliError;
use super::format::ItemFormat;
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
        Ok(())
    }
}
