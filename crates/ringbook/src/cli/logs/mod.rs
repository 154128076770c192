//! The log: one line on stderr for each event.

mod buffer;
mod text;

use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;
use std::str::FromStr;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, LevelFilter};

pub use buffer::Flush;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for programs
    Json,
}

/// Which events are logged. `info` applies to parts that the filter does not name.
#[derive(Debug, Clone)]
pub struct LogFilter(Vec<Directive>);

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let directive = |word: &str| {
            let is_of_part = word.contains(['=', '[', ']']);
            if !is_of_part && word.parse::<LevelFilter>().is_err() {
                // The library would take it for a part of the program that does not exist, and
                // log nothing at all.
                return Err(format!(
                    "{word:?} is no level: there are error, warn, info, debug, trace and off; for \
                     a part of the program it is PART=LEVEL, such as request=off"
                ));
            }
            word.parse::<Directive>().map_err(|error| error.to_string())
        };
        words.map(directive).collect::<Result<_, _>>().map(Self)
    }
}

impl LogFilter {
    /// A later level replaces the first. One by one: of levels that a release leaves out, the library
    /// would tell in coloured lines on stderr.
    pub fn filter(self) -> EnvFilter {
        self.0.into_iter().fold(EnvFilter::new("info"), EnvFilter::add_directive)
    }
}

/// Starts the log. Dropping the guard writes the rest of the buffer.
pub fn start(format: LogFormat, filter: LogFilter) -> Flush {
    let (writer, flush) = buffer::start(Box::new(std::io::stderr()));
    let is_coloured = format == LogFormat::Text
        && std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_env_filter(filter.filter())
        .with_ansi(is_coloured);
    match format {
        LogFormat::Text => subscriber.event_format(text::Text).init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(log_panic));
    flush
}

/// Logs a panic as an event, so that it is JSON where the log is JSON.
pub fn log_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let why = panic.payload_as_str().unwrap_or_default();
    let at = panic.location().map(ToString::to_string);
    tracing::error!(thread = thread.name(), at, why, "a thread panicked");
}
