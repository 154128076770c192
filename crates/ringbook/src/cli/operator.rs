//! `ringbook operator …`

use clap::Subcommand;
use directory::KeyName;
use serde_json::json;

use super::confirm::Confirmation;
use super::context::{CliError, Context, StoreChoice};
use super::format::{self, Format, KeyFormat, MadeKey};
use crate::secret::ApiKey;
use crate::service::clock::{DAY_US, time_text};
use crate::store::Creates;

/// `ringbook operator …`
#[derive(Debug, Subcommand)]
pub enum Operator {
    /// Make a key and print it, which is shown only now
    CreateKey {
        /// What it is for: 1 to 64 characters, unlike the others
        #[arg(value_parser = KeyName::parse)]
        name: KeyName,
        /// For how many days it is valid; for ever unless given
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires_in_days: Option<u32>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = KeyFormat::Key)]
        format: KeyFormat,
    },
    /// List the keys
    ListKeys {
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Delete a key; it is no longer valid from now on
    DeleteKey {
        /// Its name
        name: String,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

impl Operator {
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        match self {
            Self::CreateKey { name, expires_in_days, format } => {
                create(store, &name, expires_in_days, format)
            }
            Self::ListKeys { format } => list(store, format),
            Self::DeleteKey { name, confirmation } => delete(store, &name, &confirmation),
        }
    }
}

fn create(
    store: &StoreChoice,
    name: &KeyName,
    expires_in_days: Option<u32>,
    format: KeyFormat,
) -> Result<(), CliError> {
    // Creates the store: an operator may start with a key and make accounts over HTTP.
    let context = Context::open(store, Creates::Yes)?;
    let key = ApiKey::make_operators();
    let expires_us = expires_in_days.map(|days| context.origin().at_us + i64::from(days) * DAY_US);
    let name = name.as_str().to_owned();
    let made = context.service.create_operator_key(name.clone(), key.sha256(), expires_us);
    if !context.wait(made)? {
        return Err(CliError::Message(format!(
            "there is an operator's key \"{name}\" already: \
             `ringbook operator delete-key` makes room for another one"
        )));
    }
    let instead =
        format!("delete it with `ringbook operator delete-key {name:?}` and make another one");
    let object = json!({"name": name, "expires_at": expires_us.map(time_text)});
    format::key(format, MadeKey { key: &key, what: "a key of the operator", object, instead })
}

fn list(store: &StoreChoice, format: Format) -> Result<(), CliError> {
    let context = Context::open_read_only(store)?;
    let keys = context.wait(context.service.operator_keys())?;
    let keys = keys.iter().map(|key| {
        let (created_at, expires_at) = (time_text(key.created_us), key.expires_us.map(time_text));
        Ok(json!({"name": key.name, "created_at": created_at, "expires_at": expires_at}))
    });
    format::list(format, &["name", "created_at", "expires_at"], keys)
}

fn delete(store: &StoreChoice, name: &str, confirmation: &Confirmation) -> Result<(), CliError> {
    let context = Context::open(store, Creates::No)?;
    confirmation.ask(&format!("Delete the operator's key \"{name}\"?"))?;
    if context.wait(context.service.delete_operator_key(name.to_owned()))? {
        return Ok(());
    }
    Err(CliError::Message(format!(
        "there is no operator's key \"{name}\": `ringbook operator list-keys` names them"
    )))
}
