//! The log: one line an event on stderr.

mod buffer;
mod text;

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

pub use buffer::Flush;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for programs
    Json,
}

/// Starts the log. What is left in its buffer is written when the guard is dropped.
pub fn start(format: LogFormat) -> Flush {
    let (writer, flush) = buffer::start(Box::new(std::io::stderr()));
    let filter = EnvFilter::builder()
        .with_env_var("RINGBOOK_LOG")
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
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
