//! How calls are routed: `skill edit`, `phone pause` and `resume`, and `hours` of both.

use std::io::{self, Write as _};

use clap::Args;
use directory::routing::Dialect;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::api::{Api, Request, path};
use super::context::CliError;
use super::format;
use crate::time;

/// Edit how a skill rings, or a phone for it; without options, print it
///
/// An empty value removes a setting.
///
/// All phones at once, for 30 seconds, and then the night shift: `ringbook skill edit --account acme
/// Sales --mode parallel --ring-time-s 30 --overflow Night`
///
/// A mobile that rings later, and where somebody must press 1: `ringbook skill edit --account acme
/// Sales --phone 1001 --delay-s 10 --confirm`
#[derive(Debug, Args)]
pub struct EditSkill {
    /// Its id or its name
    name: String,
    /// Edit how this phone rings for the skill: its id or its number
    #[arg(long)]
    phone: Option<String>,
    /// One after another, which is the default, or all at once
    #[arg(long, value_parser = ["serial", "parallel"], conflicts_with = "phone")]
    mode: Option<String>,
    /// How long a phone rings: 1 to 600 seconds, 20 unless given
    #[arg(long, value_name = "N", value_parser = seconds)]
    ring_time_s: Option<Value>,
    /// The skill to go on with, when nobody answers or nobody is to ring: its id or its name
    #[arg(long, value_name = "SKILL", conflicts_with = "phone")]
    overflow: Option<String>,
    /// How a phone system reaches a number, where it is not as `ringbook account edit` says
    #[arg(long, value_name = "DIALECT=TEMPLATE", value_parser = template, conflicts_with = "phone")]
    dial_template: Vec<DialTemplate>,
    /// How long the phone waits before it rings: 0 to 600 seconds
    #[arg(long, value_name = "N", value_parser = seconds, requires = "phone")]
    delay_s: Option<Value>,
    /// Whoever answers must press 1, as somebody's voicemail answers calls too
    #[arg(long, requires = "phone")]
    confirm: bool,
    /// Whoever answers has the call
    #[arg(long, requires = "phone", conflicts_with = "confirm")]
    no_confirm: bool,
}

/// How a dialect has the addresses of numbers; none removes it.
pub type DialTemplate = (Dialect, Option<String>);

/// Pause a phone: it does not ring until it is resumed
///
/// For example: `ringbook phone pause --account acme 1001 --reason lunch --until +45min`
#[derive(Debug, Args)]
pub struct Pause {
    /// Its id or its number
    phone: String,
    /// For this skill alone: its id or its name
    #[arg(long)]
    skill: Option<String>,
    /// Why, for people: at most 80 characters
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// When it rings again by itself: 2026-01-02 03:04 in UTC, as RFC 3339 has it, or +2h from now
    #[arg(long, value_name = "TIME", value_parser = time::parse_or_from_now)]
    until: Option<Timestamp>,
}

/// Let a paused phone ring again
#[derive(Debug, Args)]
pub struct Resume {
    /// Its id or its number
    phone: String,
    /// End its pause for this skill alone: its id or its name
    #[arg(long)]
    skill: Option<String>,
}

/// The hours of a skill or a phone.
#[derive(Debug, Args)]
pub struct HoursArguments {
    /// A time zone, days of the week with spans of time, and dates that are different
    hours: Option<String>,
    /// Calls are taken at all times again
    #[arg(long, conflicts_with = "hours")]
    clear: bool,
}

/// A text that an empty one removes.
fn removable(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn seconds(text: &str) -> Result<Value, &'static str> {
    let number = removable(text).map(str::parse::<u16>).transpose();
    number.map(|number| json!(number)).map_err(|_| "it is a number, like 20")
}

/// Parses `--dial-template`.
pub fn template(text: &str) -> Result<DialTemplate, String> {
    let parsed = text.split_once('=').and_then(|(name, template)| {
        Some((Dialect::parse(name)?, removable(template).map(str::to_owned)))
    });
    parsed.ok_or_else(|| {
        let names = Dialect::ALL.map(Dialect::as_str).join(", ");
        format!("it begins with a dialect and =; there are {names}")
    })
}

impl EditSkill {
    pub fn is_print(&self) -> bool {
        self.edit().is_empty()
    }

    /// The settings that are given.
    fn edit(&self) -> Map<String, Value> {
        let template = |(dialect, text): &DialTemplate| (dialect.as_str().to_owned(), json!(text));
        let templates: Map<_, _> = self.dial_template.iter().map(template).collect();
        let confirm = self.confirm || self.no_confirm;
        let all = [
            ("mode", self.mode.as_deref().map(Value::from)),
            ("ring_time_s", self.ring_time_s.clone()),
            ("overflow", self.overflow.as_deref().map(|skill| json!(removable(skill)))),
            ("dial_templates", (!templates.is_empty()).then(|| templates.into())),
            ("delay_s", self.delay_s.clone()),
            ("confirm", confirm.then(|| self.confirm.into())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    pub fn run(self, api: &Api) -> Result<(), CliError> {
        let mut edit = self.edit();
        let path = match &self.phone {
            Some(phone) => path(["phones", phone, "routing"]),
            None => path(["skills", &self.name, "routing"]),
        };
        if edit.is_empty() {
            let mut rows = Vec::new();
            flatten("", api.send(Request::get(path))?.json()?, &mut rows);
            return Ok(format::table(&mut io::stdout().lock(), &["setting", "value"], &rows)?);
        }
        if self.phone.is_some() {
            edit = Map::from_iter([("skills".to_owned(), json!({self.name: edit}))]);
        }
        api.send(Request::patch(path).json(&edit)).map(drop)
    }
}

impl Pause {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        let Self { phone, skill, reason, until } = self;
        let until = until.map(|until| until.to_string());
        let pause = json!({"skill": skill, "reason": reason, "until": until});
        api.send(Request::put(path(["phones", &phone, "pause"])).json(&pause)).map(drop)
    }
}

impl Resume {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        let request = Request::delete(path(["phones", &self.phone, "pause"]));
        api.send(request.given([("skill", &self.skill)])).map(drop)
    }
}

impl HoursArguments {
    pub fn is_print(&self) -> bool {
        self.hours.is_none() && !self.clear
    }

    /// Sets them, and prints those from then on. `things` are `skills` or `phones`.
    pub fn run(self, api: &Api, things: &str, name: &str) -> Result<(), CliError> {
        let path = path([things, name, "routing"]);
        let request = if self.is_print() {
            Request::get(path)
        } else {
            Request::patch(path).json(&json!({"hours": self.hours}))
        };
        let settings: Value = api.send(request)?.json()?;
        Ok(writeln!(io::stdout(), "{}", settings["hours"].as_str().unwrap_or("always"))?)
    }
}

/// The settings that are set, named as `dial_templates.kamailio`.
fn flatten(name: &str, value: Value, rows: &mut Vec<Vec<String>>) {
    match value {
        Value::Null => {}
        Value::Object(members) => members.into_iter().for_each(|(member, value)| {
            flatten(format!("{name}.{member}").trim_start_matches('.'), value, rows);
        }),
        value => rows.push(vec![name.to_owned(), format::cell(value)]),
    }
}
