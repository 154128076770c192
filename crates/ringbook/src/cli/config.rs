//! `ringbook config`

use std::io::Write as _;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::context::CliError;
use super::format::print_error;
use super::serve::Serve;
use super::settings::{Setting, Settings};
use crate::http::tls::Tls;

/// Print the settings in effect, and where each comes from.
///
/// What is printed is a file that `--config` takes: `ringbook config > ringbook.toml`.
///
/// Takes the options of `serve`. Of a store's URL, password and parameters are left out.
#[derive(Debug, Args)]
pub struct Config {
    #[command(flatten)]
    serve: Serve,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = ConfigFormat::Toml)]
    format: ConfigFormat,
}

/// How settings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ConfigFormat {
    /// A file that `--config` takes
    Toml,
    /// A JSON object, for programs
    Json,
}

impl Config {
    pub fn run(self, settings: &Settings) -> Result<(), CliError> {
        let files = self.serve.tls_files()?;
        let settings = settings.in_effect();
        let printed = match self.format {
            ConfigFormat::Toml => toml(&settings),
            ConfigFormat::Json => json(&settings),
        };
        std::io::stdout().write_all(printed.as_bytes())?;
        if let Some(Err(fault)) = files.map(Tls::open) {
            print_error(format_args!("ringbook: a server would not start with these: {fault}"));
        }
        Ok(())
    }
}

fn toml(settings: &[Setting]) -> String {
    let lines: Vec<_> = settings.iter().map(|setting| (line(setting), &setting.source)).collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
    let lines: Vec<_> =
        lines.iter().map(|(line, source)| format!("{line:width$}  # {source}\n")).collect();
    lines.concat()
}

/// A setting as a line of the file. A setting without a value becomes a comment.
fn line(Setting { name, value, .. }: &Setting) -> String {
    match toml::Value::try_from(value) {
        Ok(value) => format!("{name} = {value}"),
        Err(_) => format!("# {name}"), // TOML has no null.
    }
}

fn json(settings: &[Setting]) -> String {
    let objects = settings.iter().map(|Setting { name, value, source }| {
        (name.clone(), json!({"value": value, "source": source}))
    });
    format!("{:#}\n", Value::Object(objects.collect::<Map<_, _>>()))
}
