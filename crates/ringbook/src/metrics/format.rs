//! The text formats of Prometheus. The library writes `OpenMetrics`; programs that ask for no format
//! read the older one.

use std::collections::HashSet;
use std::fmt::Write as _;

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The text format 0.0.4 of Prometheus.
    Prometheus,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Format {
    /// Every media type that can be asked for. The first one is the default.
    pub const OFFERED: [(&str, Self); 2] =
        [("text/plain", Self::Prometheus), ("application/openmetrics-text", Self::OpenMetrics)];

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The same metrics in the older format. It names a counter with `_total` in its comments as well, and
/// has neither units nor an end.
pub fn prometheus(open_metrics: &str) -> String {
    let types = open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: HashSet<_> = types.filter_map(|line| line.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        match *line.splitn(4, ' ').collect::<Vec<_>>() {
            ["#", "EOF" | "UNIT", ..] => Ok(()),
            ["#", keyword, name, rest] if counters.contains(name) => {
                writeln!(text, "# {keyword} {name}_total {rest}")
            }
            _ => writeln!(text, "{line}"),
        }
        .expect("writing to a String cannot fail");
    }
    text
}
