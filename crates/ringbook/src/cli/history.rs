//! `ringbook history`

use std::io::{self, Write as _};

use clap::Args;
use clap::builder::PossibleValuesParser;
use directory::{Kind, PhoneId, SkillId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::api::{AccountArgument, Api, Opens, Request, Target, path};
use super::context::CliError;
use super::format::{ItemFormat, json_array};
use crate::change::Change;
use crate::time;

/// How long the server waits for the next change before it answers that there is none.
const WAIT_S: u32 = 25;

/// Print who changed what, and when: the newest change first.
///
/// With several filters, the changes to which all of them apply.
///
/// For example: `ringbook history --account acme --phone 1001 --since 2026-01-02`
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    account: AccountArgument,
    #[command(flatten)]
    filters: Filters,
    /// Those of this request: its id, like r0123456789abcdef
    #[arg(long, value_name = "REQUEST")]
    request: Option<String>,
    /// Those of this import, with all of its parts: its id, like i17
    #[arg(long, value_name = "IMPORT")]
    import: Option<String>,
    /// Those from this time on: 2026-01-02 03:04 in UTC, or as RFC 3339 has it
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: Option<Timestamp>,
    /// Those before this time
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<Timestamp>,
    /// The newest so many of them
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print new changes as they come, until Ctrl-C
    #[arg(long, conflicts_with_all = ["request", "import", "since", "until", "limit"])]
    follow: bool,
    /// How to print them. JSON is an array of changes as the native API has them; with --follow one a line
    #[arg(long, value_enum, default_value_t = ItemFormat::Table)]
    format: ItemFormat,
}

/// Filters that new changes can have as well.
#[derive(Debug, Args)]
struct Filters {
    /// Those of this phone: its id, or the number that it has; a deleted one has its id alone
    #[arg(long)]
    phone: Option<String>,
    /// Those of this skill itself: its id, or the name that it has
    #[arg(long, conflicts_with = "phone")]
    skill: Option<String>,
    /// Those of this kind
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::as_str)))]
    kind: Option<String>,
    /// Those of this source, as it is printed
    #[arg(long)]
    source: Option<String>,
}

/// What is found by its id.
#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl History {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let api = Api::open(target, &self.account, Opens::Read)?;
        if self.follow {
            return self.follow(&api);
        }
        let limit = self.limit.unwrap_or(usize::MAX);
        let request = || self.request();
        if self.format == ItemFormat::Json {
            return json_array(api.pages::<Box<RawValue>>(request).take(limit));
        }
        let mut out = io::stdout().lock();
        let mut changes = api.pages::<Change>(request).take(limit).peekable();
        if !matches!(changes.peek(), Some(Err(_))) {
            writeln!(out, "{}", Change::HEADER)?;
        }
        changes.try_for_each(|change| Ok(writeln!(out, "{}", change?)?))
    }

    fn request(&self) -> Request {
        let Filters { phone, skill, kind, source } = &self.filters;
        let [since, until] = [self.since, self.until].map(|time| time.map(|at| at.to_string()));
        let filters = [
            ("phone", phone),
            ("skill", skill),
            ("kind", kind),
            ("source", source),
            ("request", &self.request),
            ("import", &self.import),
            ("since", &since),
            ("until", &until),
        ];
        Request::get("/v1/changes").given(filters)
    }

    /// Prints the changes from now on, oldest first.
    fn follow(self, api: &Api) -> Result<(), CliError> {
        let filters = self.filters.by_id(api)?;
        let mut next = Some("now".to_owned());
        if self.format == ItemFormat::Table {
            writeln!(io::stdout(), "{}", Change::HEADER)?;
        }
        while let Some(cursor) = next {
            let page =
                api.feed::<Box<RawValue>>(&cursor, if cursor == "now" { 0 } else { WAIT_S })?;
            for item in page.items {
                let change = serde_json::from_str::<Change>(item.get());
                let change = change.map_err(|error| CliError::Message(error.to_string()))?;
                match self.format {
                    _ if !filters.apply(&change) => {}
                    ItemFormat::Json => writeln!(io::stdout(), "{item}")?,
                    ItemFormat::Table => writeln!(io::stdout(), "{change}")?,
                }
            }
            next = page.next;
        }
        Ok(())
    }
}

impl Filters {
    /// The same with the ids of the phone and the skill.
    fn by_id(self, api: &Api) -> Result<Self, CliError> {
        let find = |things: &str, text: &str| {
            let request = Request::get(path([things, text]));
            Ok::<_, CliError>(api.send(request)?.json::<Identified>()?.id)
        };
        let phone = self.phone.map(|text| match text.parse::<PhoneId>() {
            Ok(_) => Ok(text),
            Err(_) => find("phones", &text),
        });
        let skill = self.skill.map(|text| match text.parse::<SkillId>() {
            Ok(_) => Ok(text),
            Err(_) => find("skills", &text),
        });
        Ok(Self { phone: phone.transpose()?, skill: skill.transpose()?, ..self })
    }

    fn apply(&self, change: &Change) -> bool {
        let Self { phone, skill, kind, source } = self;
        let is =
            |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        is(phone, change.phone.as_deref())
            && is(skill, change.skill.as_deref())
            && is(kind, Some(&change.kind))
            && is(source, Some(&change.source))
    }
}
