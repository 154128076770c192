//! The log: one line an event on stderr.

mod buffer;
mod text;

use std::io::IsTerminal as _;
use std::str::FromStr;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, ParseError};

pub use buffer::Flush;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for programs
    Json,
}

/// What is logged. `info` goes on where only parts are named.
#[derive(Debug, Clone)]
pub struct LogFilter(String);

impl LogFilter {
    fn parse(text: &str) -> Result<EnvFilter, ParseError> {
        EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse(text)
    }
}

impl FromStr for LogFilter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text).map(|_| Self(text.to_owned()))
    }
}

/// Starts the log. What is left in its buffer is written when the guard is dropped.
pub fn start(format: LogFormat, filter: &LogFilter) -> Flush {
    let (writer, flush) = buffer::start(Box::new(std::io::stderr()));
    let filter = LogFilter::parse(&filter.0).expect("it was parsed before");
    let is_coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_env_filter(filter)
        .with_ansi(is_coloured);
    match format {
        LogFormat::Text => subscriber.event_format(text::Text).init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
    flush
}
