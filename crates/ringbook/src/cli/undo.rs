//! `ringbook undo`

use std::io::{self, Write as _};

use clap::Args;
use directory::ChangeId;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::api::{AccountArgument, Api, Opens, Problem, Request, Target, mode};
use super::context::CliError;
use super::format::print_error;
use crate::change::Change;
use crate::store::{ImportId, RequestId};
use crate::words::{counted, grouped};

/// How many changes of a dry run are shown.
const SHOWN_MAX: usize = 10;

/// Take back changes, requests, or imports with all of their parts.
///
/// Each is taken back as a whole or, if newer changes are in the way, not at all. With --keep-going
/// what can be is taken back. Several are taken back one after another, and the first that cannot be
/// is the last. What this did can be undone as well: it prints the id of its request.
///
/// `ringbook history` has the ids of changes, and `phone import` prints that of an import.
///
/// For example: `ringbook undo --account acme c17`
#[derive(Debug, Args)]
pub struct Undo {
    #[command(flatten)]
    account: AccountArgument,
    /// The ids of changes, like c17, of requests, like r0123456789abcdef, or of imports, like i17
    #[arg(required = true, value_name = "ID", value_parser = id)]
    ids: Vec<Id>,
    /// Only say what would be done; of several ids, as if each were the only one
    #[arg(long)]
    dry_run: bool,
    /// Take back what can be, leave the rest
    #[arg(long)]
    keep_going: bool,
}

/// What is taken back.
#[derive(Debug, Clone)]
struct Id {
    text: String,
    /// `change`, `request` or `import`.
    what: &'static str,
}

/// What was taken back, and what is in the way, as the API answers it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Undone {
    items: Vec<Box<RawValue>>,
    blocked: Vec<Left>,
    blocked_count: u64,
    blocked_by: Vec<Change>,
}

/// A change that cannot be taken back.
#[derive(Deserialize)]
struct Left {
    change: String,
    detail: String,
}

fn id(text: &str) -> Result<Id, &'static str> {
    let what = if text.parse::<ChangeId>().is_ok() {
        "change"
    } else if text.parse::<RequestId>().is_ok() {
        "request"
    } else if text.parse::<ImportId>().is_ok() {
        "import"
    } else {
        return Err("must be the id of a change, like c17, of a request, like r0123456789abcdef, \
                    or of an import, like i17");
    };
    Ok(Id { text: text.to_owned(), what })
}

impl Id {
    /// The request that takes it back, without its body.
    fn request(&self, api: &Api) -> Result<Request, CliError> {
        let Self { text, what } = self;
        let of_change = |id: &str| Request::post(format!("/v1/changes/{id}/revert"));
        Ok(match *what {
            "change" => of_change(text),
            "import" => Request::post(format!("/v1/imports/{text}/undo")),
            _ => {
                let changes = || Request::get("/v1/changes").query("request", text);
                let none = || CliError::Message(format!("no change of the request {text} is kept"));
                let change: Change = api.pages(changes).next().unwrap_or_else(|| Err(none()))?;
                of_change(&change.id)
            }
        })
    }
}

impl Undo {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let api = Api::open(target, &self.account, Opens::Write)?;
        let mut left = 0;
        for id in &self.ids {
            left += self.undo(&api, id)?;
        }
        match left {
            0 => Ok(()),
            left => {
                Err(CliError::Message(format!("left as they are: {}", counted(left, "change"))))
            }
        }
    }

    /// Takes one back, says so, and returns how many of its changes are left as they are.
    fn undo(&self, api: &Api, id: &Id) -> Result<u64, CliError> {
        let request = id.request(api)?;
        let Id { text: id, what } = id;
        let mut body = json!({"mode": mode(self.keep_going)});
        // An import has a path of its own, which is about nothing else.
        if *what != "import" {
            body["what"] = (*what).into();
        }
        let undone = match api.send(request.json(&body).dry_run(self.dry_run)) {
            Ok(reply) => reply.json::<Undone>()?,
            Err(CliError::Refused(problem)) => return Err(refused(id, what, problem)),
            Err(error) => return Err(error),
        };
        let mut out = io::stdout().lock();
        let changes = counted(undone.items.len(), "change");
        let shown = |item: &RawValue| serde_json::from_str::<Change>(item.get()).ok();
        if self.dry_run {
            writeln!(out, "{id} would be undone by {changes}")?;
            for change in undone.items.iter().take(SHOWN_MAX).filter_map(|item| shown(item)) {
                writeln!(out, "  {}", change.what())?;
            }
            if undone.items.len() > SHOWN_MAX {
                writeln!(out, "  and {} more", grouped(undone.items.len() - SHOWN_MAX))?;
            }
        } else {
            let request = undone.items.first().and_then(|item| shown(item));
            let request = request.map(|change| format!(", the request {}", change.request));
            writeln!(out, "{id} is undone by {changes}{}", request.unwrap_or_default())?;
        }
        tell(&undone.blocked, undone.blocked_count);
        Ok(undone.blocked_count)
    }
}

/// Names changes that cannot be taken back, and how many others there are.
fn tell(blocked: &[Left], count: u64) {
    for Left { change, detail } in blocked {
        print_error(format_args!("{change}: {detail}"));
    }
    let more = count.saturating_sub(blocked.len() as u64);
    if more > 0 {
        print_error(format_args!("and {} more", grouped(more)));
    }
}

/// Says what is in the way.
fn refused(id: &str, what: &str, problem: Box<Problem>) -> CliError {
    if problem.code != "blocked" {
        return CliError::Refused(problem);
    }
    let undone = serde_json::from_value(Value::Object(problem.more)).unwrap_or_default();
    let Undone { blocked, blocked_count, blocked_by, .. } = undone;
    tell(&blocked, blocked_count);
    for change in blocked_by {
        print_error(format_args!("in the way: {change}"));
    }
    let why = if what == "change" {
        String::new()
    } else {
        let changes = counted(blocked_count, "change");
        format!(": {changes} of it cannot be undone, --keep-going undoes the others")
    };
    CliError::Message(format!("{id} is left as it is{why}"))
}
