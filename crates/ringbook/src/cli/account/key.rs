//! `ringbook account key …`

use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use directory::{Change, Command, KeyId, KeyName, KeyScope, NewKey, UserName};

use crate::cli::confirm::Confirmation;
use crate::cli::context::{CliError, Context, StoreChoice};
use crate::cli::format::{self, Format, KeyFormat, MadeKey, expires_us, time_cell};
use crate::secret::ApiKey;
use crate::service::{CommandRequest, KeyUse, Outcome};
use crate::store::Creates;

/// `ringbook account key …`
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key and print it, which is shown only now
    Create {
        /// The account's userName
        user_name: UserName,
        /// What it is for: 1 to 64 characters
        #[arg(value_parser = KeyName::parse)]
        name: KeyName,
        /// What it is good for
        #[arg(long, value_parser = scope_parser())]
        scope: KeyScope,
        /// For how many days it is valid; for ever unless given
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires_in_days: Option<u32>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = KeyFormat::Key)]
        format: KeyFormat,
    },
    /// List the keys, the account's own one first
    List {
        /// The account's userName
        user_name: UserName,
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Make a key in place of another one, and print it; the other one goes on for a while
    Rotate {
        /// The account's userName
        user_name: UserName,
        /// The other one's id, as listed; k0 is the account's own key
        id: KeyId,
        /// How long the other one goes on, in seconds; with 0 it is gone at once
        #[arg(long, value_name = "N", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(0..=2_592_000))]
        overlap_s: u32,
        /// How to print it
        #[arg(long, value_enum, default_value_t = KeyFormat::Key)]
        format: KeyFormat,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Delete a key; it is no longer valid from now on
    Delete {
        /// The account's userName
        user_name: UserName,
        /// Its id, as listed
        id: KeyId,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

/// Parses the name of a scope.
fn scope_parser() -> impl TypedValueParser<Value = KeyScope> {
    let values = KeyScope::ALL.map(|scope| {
        PossibleValue::new(scope.as_str()).help(match scope {
            KeyScope::Full => "Everything, PhoneManageV2 included",
            KeyScope::Read => "Reading",
            KeyScope::Routing => "Asking which phones ring for a skill",
        })
    });
    PossibleValuesParser::new(values)
        .map(|name| KeyScope::parse(&name).expect("clap has checked the name"))
}

impl Key {
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let context = match &self {
            Self::List { .. } => Context::open_read_only(store)?,
            _ => Context::open(store, Creates::No)?,
        };
        let (key, now_us) = (ApiKey::make(), context.origin().at_us);
        let sha256 = key.sha256();
        match self {
            Self::Create { user_name, name, scope, expires_in_days, format } => {
                let expires_us = expires_us(expires_in_days, now_us);
                let new = NewKey { name, scope, sha256, created_us: now_us, expires_us };
                make(&context, &user_name, Command::CreateKey(new), (format, &key))
            }
            Self::List { user_name, format } => list(&context, &user_name, format),
            Self::Rotate { user_name, id, overlap_s, format, confirmation } => {
                if overlap_s == 0 {
                    confirmation.ask(&format!("Replace the API key {id}, with no overlap?"))?;
                }
                let old_expires_us = now_us + i64::from(overlap_s) * 1_000_000;
                let rotate = Command::RotateKey { id, sha256, now_us, old_expires_us };
                make(&context, &user_name, rotate, (format, &key))
            }
            Self::Delete { user_name, id, confirmation } => {
                confirmation.ask(&format!("Delete the API key {id}?"))?;
                context.execute(&user_name, Command::DeleteKey { id })?;
                Ok(())
            }
        }
    }
}

/// Executes a command that makes a key, and prints the key.
fn make(
    context: &Context,
    user_name: &UserName,
    command: Command,
    (format, key): (KeyFormat, &ApiKey),
) -> Result<(), CliError> {
    let tenant = context.tenant(user_name)?;
    let request = CommandRequest::new(command, context.origin()).returning_changes();
    let executed = context.service.execute(&tenant, request);
    let id = made_id(&context.wait(executed)?, key);
    let object = serde_json::json!({"id": id.to_string()});
    let instead =
        format!("`ringbook account key rotate {user_name} {id} --overlap-s 0` makes another one");
    format::key(format, MadeKey { key, what: "an API key of the account", object, instead })
}

/// The id of the new key. If no change of a named key has its hash, it is the account's main key.
fn made_id(outcome: &Outcome, made: &ApiKey) -> KeyId {
    let sha256 = made.sha256();
    let id = outcome.changed.iter().find_map(|change| match change {
        Change::Key { id, after: Some(key), .. } if key.sha256 == sha256 => Some(*id),
        _ => None,
    });
    id.unwrap_or(KeyId::MAIN)
}

fn list(context: &Context, user_name: &UserName, format: Format) -> Result<(), CliError> {
    let tenant = context.tenant(user_name)?;
    let keys = context.wait(context.service.keys(&tenant))?;
    let header = ["id", "name", "scope", "created_at", "expires_at", "last_used_at"];
    Ok(format::list(format, &header, keys.iter().map(row))?)
}

fn row(listed: &KeyUse) -> Vec<serde_json::Value> {
    let (id, name, scope, created_us, expires_us) = match &listed.key {
        None => (KeyId::MAIN, KeyUse::MAIN_NAME, KeyScope::Full, None, None),
        Some(key) => (key.id, key.name.as_str(), key.scope, Some(key.created_us), key.expires_us),
    };
    let [created_at, expires_at, used_at] = [created_us, expires_us, listed.used_us].map(time_cell);
    vec![id.to_string().into(), name.into(), scope.as_str().into(), created_at, expires_at, used_at]
}
