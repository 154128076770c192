//! `ringbook account …`

mod key;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use directory::limits::{PHONE_NUMBER_LIMIT_DEFAULT, PHONE_NUMBER_LIMIT_MAX};
use directory::routing::Setting;
use directory::{
    ApiAuthentication, Command, Escaped, Profile, ProfileEdit, RoutingOf, SettingEdit, UserName,
};
use serde_json::json;

use super::api::{OfAccount, Target};
use super::confirm::Confirmation;
use super::context::{CliError, Context, StoreChoice};
use super::format::{self, Format, KeyFormat, MadeKey};
use super::routing::{self, DialTemplate};
use crate::secret::ApiKey;
use crate::service::Authority;
use crate::store::{Creates, DamagedAccount};

/// `ringbook account …`
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Make an account and print its API key, which is shown only now
    Create(Create),
    /// Change an account's settings, or bring another API key; `account key rotate` makes one
    Edit(Edit),
    /// List the accounts
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// API keys of an account beside its own one: named, with a scope, perhaps for a time
    Key(OfAccount<key::Key>),
    /// Delete an account with its skills and phones; its history stays
    Delete {
        /// Its userName
        user_name: UserName,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

/// `ringbook account create`
#[derive(Debug, Args)]
pub struct Create {
    /// The account's userName: 1 to 64 letters, digits and . _ - @
    user_name: UserName,
    #[command(flatten)]
    settings: Settings,
}

/// `ringbook account edit`
#[derive(Debug, Args)]
pub struct Edit {
    /// The account's userName
    user_name: UserName,
    #[command(flatten)]
    settings: Settings,
    /// How a phone system reaches a number, as kamailio='sip:{number}@sbc.example:5060',
    /// asterisk.dial='PJSIP/{number}@trunk', asterisk.member='Local/{number}@hunt-out/n', or
    /// freeswitch='sofia/gateway/trunk/{number}'; an empty template removes it; may be repeated
    #[arg(long, value_name = "DIALECT=TEMPLATE", value_parser = routing::template)]
    dial_template: Vec<DialTemplate>,
    #[command(flatten)]
    confirmation: Confirmation,
}

#[derive(Debug, Args)]
struct Settings {
    /// Bring a key, 8 to 128 printable characters, instead of having one made; - reads it from
    /// standard input, where no other user of the machine sees it
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
    /// How calls are authenticated: the key with each call, or tokens made from it
    #[arg(long, ignore_case = true, value_parser = authentication_parser())]
    api_authentication: Option<ApiAuthentication>,
    /// Most phone numbers that the account may hold
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(PHONE_NUMBER_LIMIT_MAX)))]
    phone_number_limit: Option<u32>,
}

/// Parses `BASIC_AUTH` or `TOKEN_AUTH` in any case.
fn authentication_parser() -> impl TypedValueParser<Value = ApiAuthentication> {
    let values = [ApiAuthentication::BasicAuth, ApiAuthentication::TokenAuth];
    PossibleValuesParser::new(values.map(ApiAuthentication::as_str)).map(|name| {
        ApiAuthentication::parse(&name.to_ascii_uppercase()).expect("clap has checked the name")
    })
}

impl Settings {
    fn api_key(&self) -> Result<Option<ApiKey>, CliError> {
        let Some(text) = &self.api_key else { return Ok(None) };
        let mut text = text.clone();
        if text == "-" {
            text.clear();
            std::io::stdin().read_line(&mut text)?;
        }
        let key =
            ApiKey::parse(text.trim_end()).map_err(|fault| CliError::Message(fault.to_string()));
        key.map(Some)
    }
}

impl Account {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let store = || target.only_store();
        match self {
            Self::Create(create) => create.run(store()?),
            Self::Edit(edit) => edit.run(store()?),
            Self::List { format } => list(store()?, format),
            Self::Key(key) => key.run(target),
            Self::Delete { user_name, confirmation } => delete(store()?, &user_name, &confirmation),
        }
    }
}

impl Create {
    fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let Self { user_name, settings } = self;
        let api_key = settings.api_key()?.unwrap_or_else(ApiKey::make);
        let context = Context::open(store, Creates::Yes)?;
        let profile = Profile {
            api_authentication: settings.api_authentication.unwrap_or_default(),
            phone_number_limit: settings.phone_number_limit.unwrap_or(PHONE_NUMBER_LIMIT_DEFAULT),
            ..Profile::new(user_name.clone(), api_key.sha256())
        };
        let origin = context.origin();
        if context
            .wait(context.service.create_account(&Authority::Store, &profile, &origin, None))?
            .is_none()
        {
            return Err(CliError::Message(format!(
                "the account \"{user_name}\" exists already: \
                 `ringbook account edit {user_name}` changes it"
            )));
        }
        print_key(&api_key, &user_name)
    }
}

impl Edit {
    fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let Self { user_name, settings, dial_template, confirmation } = self;
        if let Settings { api_key: None, api_authentication: None, phone_number_limit: None } =
            settings
            && dial_template.is_empty()
        {
            let options =
                "--phone-number-limit, --api-authentication, --dial-template, or --api-key";
            return Err(CliError::nothing_to_edit(options));
        }
        let context = Context::open(store, Creates::No)?;
        context.tenant(&user_name)?;
        if settings.api_key.is_some() {
            confirmation.ask(&format!(
                "Replace the API key of the account \"{user_name}\" at once? `ringbook account key \
                 rotate --account {user_name}` lets the old one go on for an hour."
            ))?;
        }
        let api_key = settings.api_key()?;
        let edit = ProfileEdit {
            api_key_sha256: api_key.as_ref().map(ApiKey::sha256),
            api_authentication: settings.api_authentication,
            phone_number_limit: settings.phone_number_limit,
        };
        if !dial_template.is_empty() {
            let edit = |(dialect, value)| {
                let setting = Setting::Template(dialect);
                SettingEdit { in_skill: None, setting, value }
            };
            let edits = dial_template.into_iter().map(edit).collect();
            let of = RoutingOf::Account;
            let command = Command::EditRouting { of, edits, expected_version: None };
            context.execute(&user_name, command)?;
        }
        context.execute(&user_name, Command::EditProfile(edit))?;
        match api_key {
            Some(api_key) => print_key(&api_key, &user_name),
            None => Ok(()),
        }
    }
}

fn print_key(api_key: &ApiKey, user_name: &UserName) -> Result<(), CliError> {
    let made = MadeKey {
        key: api_key,
        what: "the account's API key",
        object: json!({}),
        instead: format!("`ringbook account key rotate --account {user_name}` makes another one"),
    };
    format::key(KeyFormat::Key, made)
}

fn list(store: &StoreChoice, format: Format) -> Result<(), CliError> {
    let context = Context::open_read_only(store)?;
    let accounts = context.wait(context.service.accounts("", usize::MAX))?;
    let columns = ["user_name", "api_authentication", "phone_number_limit", "phones", "skills"];
    let listed = accounts.iter().flatten().map(|account| {
        let profile = &account.head.profile;
        Ok(json!({
            "user_name": profile.user_name.as_str(),
            "api_authentication": profile.api_authentication.as_str(),
            "phone_number_limit": profile.phone_number_limit,
            "phones": account.phone_count,
            "skills": account.skill_count,
        }))
    });
    format::list(format, &columns, listed)?;
    let unreadable = accounts.iter().filter_map(|account| account.as_ref().err());
    let texts: Vec<_> = unreadable
        .map(|DamagedAccount { user_name, error }| {
            format!("cannot read the account \"{}\": {error}", Escaped(user_name))
        })
        .collect();
    if texts.is_empty() { Ok(()) } else { Err(CliError::Message(texts.join("\n"))) }
}

fn delete(
    store: &StoreChoice,
    user_name: &UserName,
    confirmation: &Confirmation,
) -> Result<(), CliError> {
    let context = Context::open(store, Creates::No)?;
    context.tenant(user_name)?;
    let question = format!("Delete the account \"{user_name}\" with all its phones?");
    confirmation.ask_for(user_name.as_str(), &question)?;
    context.execute(user_name, Command::DeleteAccount)?;
    Ok(())
}
