//! The file with settings: `ringbook.toml`.
//!
//! What it says in error is told with its line, and never with its content: a store's URL may have
//! a password in it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{is_flag, is_list, name};

/// The file that is read where none is named.
const FILE: &str = "ringbook.toml";

/// How alike, of 1, a key must be to the setting that was most likely meant.
const ALIKE: f64 = 0.8;

/// A file whose settings exist and have valid values.
pub struct File {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

/// What the file says of a setting.
pub struct Entry {
    /// The values, as on the command line.
    pub values: Vec<String>,
    /// The line that it begins on.
    pub line: usize,
}

impl File {
    /// The file that is named, which must exist, or the one in the current directory.
    pub fn find(named: Option<&Path>, settings: &[Arg]) -> Result<Option<Self>, String> {
        let path = named.unwrap_or(Path::new(FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text, settings).map(Some),
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read the settings in {}: {error}", path.display())),
        }
    }

    fn parse(path: &Path, text: &str, settings: &[Arg]) -> Result<Self, String> {
        let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let mut file = Self { path: path.to_owned(), entries: BTreeMap::new() };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            format!("{}: {}", file.place(line(at)), error.message())
        })?;
        for (key, value) in table.into_inner() {
            let line = line(key.span().start);
            let told = |fault: String| format!("{}: {fault}", file.place(line));
            let key = key.into_inner();
            let setting = settings.iter().find(|setting| name(setting) == key);
            let setting = setting.ok_or_else(|| told(unknown(&key, settings)))?;
            let values = values(setting, &value).map_err(told)?;
            file.entries.insert(key.into_owned(), Entry { values, line });
        }
        Ok(file)
    }

    /// What it says of a setting.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// A line of it, as people find it.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

fn unknown(key: &str, settings: &[Arg]) -> String {
    if let Some(setting) = meant(key, settings) {
        return format!("there is no setting {key:?}; there is {:?}", name(setting));
    }
    let names: Vec<_> = settings.iter().map(name).collect();
    format!("there is no setting {key:?}; there are {}", names.join(", "))
}

/// The setting that was most likely meant, if any is like the name.
pub fn meant<'s>(key: &str, settings: &'s [Arg]) -> Option<&'s Arg> {
    let alike = settings.iter().map(|setting| (strsim::jaro_winkler(key, name(setting)), setting));
    let (measure, setting) = alike.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (measure >= ALIKE).then_some(setting)
}

/// The values of a setting as they would stand on the command line.
fn values(setting: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    let wants = |what: &str| format!("{} is {what}", name(setting));
    let value = value.get_ref();
    if is_flag(setting) {
        let value = value.as_bool().ok_or_else(|| wants("true or false"))?;
        return Ok(vec![value.to_string()]);
    }
    let values: Option<Vec<_>> = match value.as_array() {
        Some(list) if is_list(setting) => list.iter().map(|one| text(one.get_ref())).collect(),
        None if !is_list(setting) => text(value).map(|value| vec![value]),
        _ => None,
    };
    let values = values.ok_or_else(|| {
        wants(match value {
            _ if is_list(setting) => "a list of texts, as in [\"…\", \"…\"]",
            DeValue::Float(_) => "a whole number, or a text",
            _ => "a text",
        })
    })?;
    values.iter().try_for_each(|value| check(setting, value))?;
    Ok(values)
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Integer(number) => {
            Some(i64::from_str_radix(number.as_str(), number.radix()).ok()?.to_string())
        }
        _ => None,
    }
}

/// Says of a value what clap would say if it stood on the command line.
fn check(setting: &Arg, value: &str) -> Result<(), String> {
    let command = Command::new("ringbook").no_binary_name(true).arg(setting.clone());
    let checked = command.try_get_matches_from([format!("--{}={value}", name(setting))]);
    checked.map(drop).map_err(|error| {
        // The first paragraph is the fault, the others are about the command line.
        let told = error.to_string();
        let fault = told.split("\n\n").next().unwrap_or_default();
        let lines: Vec<_> = fault.lines().map(str::trim).collect();
        lines.join(" ").trim_start_matches("error: ").to_owned()
    })
}
