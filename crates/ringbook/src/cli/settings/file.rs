//! The configuration file: `ringbook.toml`.
//!
//! Errors name the line and never show its content: the URL of a store may contain a password.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{boolean, is_flag, is_list, name};

/// The default file.
const FILE: &str = "ringbook.toml";

/// The least similarity, of 1, at which a setting is suggested for an unknown key.
const SIMILARITY_MIN: f64 = 0.8;

/// A file of which all settings exist and have valid values.
pub struct File {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

pub struct Entry {
    /// The values, as on the command line.
    pub values: Vec<String>,
    pub line: usize,
}

impl File {
    /// Reads the named file, which must exist, or the default file if there is one.
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
            format!("{}: {}", file.at(line(at)), error.message())
        })?;
        for (key, value) in table.into_inner() {
            let line = line(key.span().start);
            let fail = |fault: String| format!("{}: {fault}", file.at(line));
            let key = key.into_inner();
            let setting = settings.iter().find(|setting| name(setting) == key);
            let setting = setting.ok_or_else(|| fail(unknown(&key, settings)))?;
            let values = values(setting, &value).map_err(fail)?;
            file.entries.insert(key.into_owned(), Entry { values, line });
        }
        Ok(file)
    }

    /// The setting of that name, if the file has it.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// A line of the file, as in `ringbook.toml:7`.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

fn unknown(key: &str, settings: &[Arg]) -> String {
    if let Some(setting) = most_similar(key, settings) {
        return format!("there is no setting {key:?}; there is {:?}", name(setting));
    }
    let names: Vec<_> = settings.iter().map(name).collect();
    format!("there is no setting {key:?}; there are {}", names.join(", "))
}

/// The setting whose name is most similar, if it is similar enough.
pub fn most_similar<'s>(key: &str, settings: &'s [Arg]) -> Option<&'s Arg> {
    let measured =
        settings.iter().map(|setting| (strsim::jaro_winkler(key, name(setting)), setting));
    let (similarity, setting) = measured.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (similarity >= SIMILARITY_MIN).then_some(setting)
}

/// The values of a setting as they would be written on the command line.
fn values(setting: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    let expected = |what: &str| format!("{} is {what}", name(setting));
    let value = value.get_ref();
    if is_flag(setting) {
        let text = value.as_bool().map(|value| value.to_string()).or_else(|| text(value));
        let value = boolean(&text.unwrap_or_default()).map_err(expected)?;
        return Ok(vec![value.to_string()]);
    }
    let values: Option<Vec<_>> = match value.as_array() {
        Some(list) if is_list(setting) => list.iter().map(|one| text(one.get_ref())).collect(),
        None if !is_list(setting) => text(value).map(|value| vec![value]),
        _ => None,
    };
    let values = values.ok_or_else(|| {
        expected(match value {
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

/// Checks a value as clap would on the command line.
fn check(setting: &Arg, value: &str) -> Result<(), String> {
    let command = Command::new("ringbook").no_binary_name(true).arg(setting.clone());
    let checked = command.try_get_matches_from([format!("--{}={value}", name(setting))]);
    checked.map(drop).map_err(|error| {
        // The first paragraph is the error, the others are about the command line.
        let text = error.to_string();
        let fault = text.split("\n\n").next().unwrap_or_default();
        let lines: Vec<_> = fault.lines().map(str::trim).collect();
        lines.join(" ").trim_start_matches("error: ").to_owned()
    })
}
