//! `ringbook account key …`

use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use directory::KeyScope;
use serde_json::{Value, json};

use crate::cli::api::{AccountCommand, Api, Opens, Request, given, path};
use crate::cli::confirm::Confirmation;
use crate::cli::context::CliError;
use crate::cli::format::{self, Format, KeyFormat, MadeKey};
use crate::secret::ApiKey;

const PATH: &str = "/v1/account/keys";

/// The id of the account's own key.
const MAIN: &str = "k0";

/// `ringbook account key …`
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key and print it, which is shown only now
    Create {
        /// What it is for: 1 to 64 characters
        name: String,
        /// What it is good for
        #[arg(long, value_parser = scope_parser())]
        scope: &'static str,
        /// For how many days from now it is valid; a new one for ever unless given
        #[arg(long, value_name = "N", value_parser = days_parser())]
        expires_in_days: Option<u32>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = KeyFormat::Key)]
        format: KeyFormat,
    },
    /// List the keys, the account's own one first
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Rename a key, or have it expire at another time
    Edit {
        /// Its id, as listed
        id: String,
        /// What it is for from now on
        #[arg(long)]
        name: Option<String>,
        /// For how many days from now it is valid; a new one for ever unless given
        #[arg(long, value_name = "N", value_parser = days_parser())]
        expires_in_days: Option<u32>,
        /// It does not expire
        #[arg(long, conflicts_with = "expires_in_days")]
        never_expires: bool,
    },
    /// Make a key in place of another one, and print it; the other one goes on for a while
    Rotate {
        /// The other one's id, as listed; k0 is the account's own key
        #[arg(default_value = MAIN)]
        id: String,
        /// How long the other one goes on, in seconds: an hour unless given; with 0 it is gone at once
        #[arg(long, value_name = "N")]
        overlap_s: Option<u32>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = KeyFormat::Key)]
        format: KeyFormat,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Delete a key; it is no longer valid from now on
    Delete {
        /// Its id, as listed
        id: String,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

/// Parses a number of days, of which there are ten years at most.
fn days_parser() -> impl TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(1..=3650)
}

/// Parses the name of a scope.
fn scope_parser() -> impl TypedValueParser<Value = &'static str> {
    let values = KeyScope::ALL.map(|scope| {
        PossibleValue::new(scope.as_str()).help(match scope {
            KeyScope::Full => "Everything, PhoneManageV2 included",
            KeyScope::Read => "Reading",
            KeyScope::Routing => "Asking which phones ring for a skill",
        })
    });
    PossibleValuesParser::new(values)
        .map(|name| KeyScope::parse(&name).expect("clap has checked the name").as_str())
}

impl AccountCommand for Key {
    fn opens(&self) -> Opens {
        if let Self::List { .. } = self { Opens::Read } else { Opens::Write }
    }

    fn run(self, api: &Api) -> Result<(), CliError> {
        match self {
            Self::Create { name, scope, expires_in_days, format } => {
                let body =
                    json!({"name": name, "scope": scope, "expires_in_days": expires_in_days});
                make(api, Request::post(PATH).json(&given(&body)), format)
            }
            Self::List { format } => {
                let columns = ["id", "name", "scope", "created_at", "expires_at", "last_used_at"];
                format::pages(format, &columns, api, || Request::get(PATH), None)
            }
            Self::Edit { id, name, expires_in_days, never_expires } => {
                if name.is_none() && expires_in_days.is_none() && !never_expires {
                    let options = "--name, --expires-in-days, or --never-expires";
                    return Err(CliError::nothing_to_edit(options));
                }
                let mut body = given(&json!({"name": name, "expires_in_days": expires_in_days}));
                if never_expires {
                    body["expires_at"] = Value::Null;
                }
                api.send(Request::patch(path(["account", "keys", &id])).json(&body)).map(drop)
            }
            Self::Rotate { id, overlap_s, format, confirmation } => {
                if overlap_s == Some(0) {
                    confirmation.ask(&format!("Replace the API key {id}, with no overlap?"))?;
                }
                let request = Request::post(path(["account", "keys", &id, "rotate"]));
                make(api, request.json(&given(&json!({"overlap_s": overlap_s}))), format)
            }
            Self::Delete { id, confirmation } => {
                confirmation.ask(&format!("Delete the API key {id}?"))?;
                api.send(Request::delete(path(["account", "keys", &id]))).map(drop)
            }
        }
    }
}

/// Makes a key, and prints it.
fn make(api: &Api, request: Request, format: KeyFormat) -> Result<(), CliError> {
    let mut object: Value = api.send(request)?.json()?;
    let key = ApiKey::parse(object["key"].as_str().unwrap_or_default());
    object["key"] = Value::Null;
    let key = key.map_err(|fault| CliError::Message(format!("no key was answered: {fault}")))?;
    let (account, id) = (api.user_name(), object["id"].as_str().unwrap_or_default());
    let instead = format!(
        "`ringbook account key rotate --account {account} {id} --overlap-s 0` makes another one"
    );
    format::key(format, MadeKey { key: &key, what: "an API key of the account", object, instead })
}
