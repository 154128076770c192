//! Settings: the options of the store and of `serve`, from the command line, the environment and a
//! file, with the same names.
//!
//! Each setting is defined once, as an option. Its long name is the key in the file; in capitals
//! after `RINGBOOK_` it is the environment variable. A value in the file becomes the default of the
//! option, so clap applies the precedence: command line, environment, file, default.

mod file;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::api::{ACCOUNT_VARIABLE, KEY_VARIABLE};
use super::context::CliError;
use crate::store::Location;
use file::{Entry, File};

const PREFIX: &str = "RINGBOOK_";

/// The options that a variable sets, but no file: the file itself, and what is about one user of a
/// server.
const NOT_IN_A_FILE: [&str; 3] = ["config", "server", "key-file"];

/// The parsed command line, with the values from the environment and the file.
pub struct Settings {
    definition: Command,
    matches: ArgMatches,
    file: Option<File>,
}

pub struct Setting {
    /// Its name, as an option and in the file.
    pub name: String,
    /// The value: a list, a boolean, a number or a text; null if it is not set. The URL of a store is
    /// without its password.
    pub value: Value,
    pub source: String,
}

impl Settings {
    /// Reads the command line, the environment and the file. Exits the process as clap does: after
    /// help, and on wrong usage.
    pub fn read(definition: Command) -> Result<Self, CliError> {
        let definition = each(&options(&definition), definition, |option| {
            let option = from_environment(option);
            let boolean = |text: &str| boolean(text).map_err(|values| format!("it is {values}"));
            if is_flag(&option) { option.value_parser(boolean) } else { option }
        });
        let matches = definition.clone().get_matches();
        let named = matches.get_one::<PathBuf>("config").map(PathBuf::as_path);
        let settings = settings(&definition);
        let Some(file) = File::find(named, &settings).map_err(CliError::Usage)? else {
            return Ok(Self { definition, matches, file: None });
        };
        let definition = each(&settings, definition, |setting| match file.entry(name(&setting)) {
            Some(Entry { values, .. }) => setting.default_values(values.clone()),
            None => setting,
        });
        let matches = definition.clone().get_matches();
        Ok(Self { definition, matches, file: Some(file) })
    }

    /// The environment variables with the prefix that are no settings, each with a suggestion.
    pub fn unknown_variables(&self) -> Vec<String> {
        let (settings, options) = (settings(&self.definition), options(&self.definition));
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let is_unknown = |name: &String| {
            name.starts_with(PREFIX)
                && ![ACCOUNT_VARIABLE, KEY_VARIABLE].contains(&&**name)
                && !options.iter().any(|option| variable(option) == *name)
        };
        let with_suggestion = |name: String| {
            let key = name[PREFIX.len()..].replace('_', "-").to_lowercase();
            match file::most_similar(&key, &settings).map(variable) {
                Some(similar) => format!("{name} (there is {similar})"),
                None => name,
            }
        };
        let mut unknown: Vec<_> = names.filter(is_unknown).map(with_suggestion).collect();
        unknown.sort_unstable();
        unknown
    }

    pub fn matches(&self) -> &ArgMatches {
        &self.matches
    }

    /// The settings in effect, in the order of `--help`.
    pub fn in_effect(&self) -> Vec<Setting> {
        // The matches of a subcommand include the global options.
        let matches = self.matches.subcommand().map_or(&self.matches, |(_, matches)| matches);
        let settings = settings(&self.definition);
        settings.iter().map(|setting| self.setting(setting, matches)).collect()
    }

    fn setting(&self, setting: &Arg, matches: &ArgMatches) -> Setting {
        let id = setting.get_id().as_str();
        let as_written = || {
            let values = matches.get_raw(id).into_iter().flatten();
            values.map(|value| value.to_string_lossy().into_owned()).collect()
        };
        // Of what can be written in several ways, the one that says all.
        let texts: Vec<_> = parsed::<Location>(matches, id)
            .or_else(|| parsed::<SocketAddr>(matches, id))
            .or_else(|| parsed::<bool>(matches, id))
            .unwrap_or_else(as_written);
        let value = match texts.first() {
            _ if is_list(setting) => texts.into(),
            None => Value::Null,
            Some(text) if is_flag(setting) => (text == "true").into(),
            Some(text) => number(text).map_or_else(|| text.as_str().into(), Value::from),
        };
        let name = name(setting);
        let entry = self.file.as_ref().and_then(|file| Some((file, file.entry(name)?)));
        let source = match (matches.value_source(id), entry) {
            (Some(ValueSource::CommandLine), _) => format!("--{name}"),
            (Some(ValueSource::EnvVariable), _) => variable(setting),
            (_, Some((file, entry))) => file.at(entry.line),
            (_, None) => "default".to_owned(),
        };
        Setting { name: name.to_owned(), value, source }
    }
}

/// The global options, and those of `serve`.
fn options(definition: &Command) -> Vec<Arg> {
    let serve = definition.find_subcommand("serve").expect("a command");
    let options = definition.get_arguments().chain(serve.get_arguments());
    options.filter(|option| option.get_long().is_some_and(|long| long != "help")).cloned().collect()
}

/// Those that are settings.
fn settings(definition: &Command) -> Vec<Arg> {
    let mut settings = options(definition);
    settings.retain(|option| !NOT_IN_A_FILE.contains(&name(option)));
    settings
}

/// Changes each of these options in all commands that have it.
fn each(options: &[Arg], definition: Command, change: impl Fn(Arg) -> Arg) -> Command {
    let change = |option: Arg| {
        let is_meant = options.iter().any(|meant| meant.get_id() == option.get_id());
        if is_meant { change(option) } else { option }
    };
    definition
        .mut_args(&change)
        .mut_subcommand("serve", |serve| serve.mut_args(&change))
        .mut_subcommand("erase", |erase| erase.mut_args(&change))
        .mut_subcommand("config", |config| config.mut_args(&change))
}

fn name(setting: &Arg) -> &str {
    setting.get_long().expect("settings have long names")
}

/// Makes an option read an environment variable. An empty variable counts as unset: that is how
/// scripts and unit files unset it.
fn from_environment(option: Arg) -> Arg {
    let variable = variable(&option);
    let is_empty = std::env::var_os(&variable).is_some_and(|value| value.is_empty());
    if is_empty { option } else { option.env(variable) }
}

fn variable(setting: &Arg) -> String {
    format!("{PREFIX}{}", name(setting).replace('-', "_").to_uppercase())
}

/// The values of a setting, if it is of that type.
fn parsed<T: ToString + Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    id: &str,
) -> Option<Vec<String>> {
    let values = matches.try_get_many::<T>(id).ok()?;
    Some(values.into_iter().flatten().map(ToString::to_string).collect())
}

/// The value of a flag in the environment or the file.
fn boolean(text: &str) -> Result<bool, &'static str> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("true or false, yes or no, on or off, 1 or 0"),
    }
}

/// A text as a number, if it is written like one: `007` may be the name of a file.
fn number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

fn is_list(setting: &Arg) -> bool {
    matches!(setting.get_action(), ArgAction::Append)
}

fn is_flag(setting: &Arg) -> bool {
    matches!(setting.get_action(), ArgAction::SetTrue)
}
