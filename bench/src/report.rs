//! The report: what was measured, against what was to be reached, as Markdown.

use std::fmt::Write;

use crate::curve::Point;
use crate::feed::{self, Delays};
use crate::goals::Goal;
use crate::load::Figures;
use crate::numbers::{Unit, real, thousands};
use crate::phase::Part;
use crate::rounds::{Measurement, Measurements};

/// Above this share of processor time for others, the figures are not to be trusted: the
/// ceiling, which needs the processors most, loses most, and every share looks better.
const DISTURBED: f64 = 0.1;

/// How all of it is measured.
const EXPLAINED: &str = "\
Servers, databases and load generator share the machine. Every edit changes the number, the name \
and two of the three skills of a phone picked at random, is on stable storage before its reply, \
and every reply is compared. Shares and ratios are medians over the rounds of what was measured \
in the same round. Where other processes, or the host of a virtual machine (stolen), took much of \
the processors, the figures tell of them.";

/// What the figures of each part are compared with.
const PARTS: [(Part, &str); 2] = [
    (
        Part::Sqlite,
        "The ceiling is a server on the same HTTP stack that parses the body and answers with a \
         fixed reply; a share of it is ringbook's requests a second on SQLite divided by the \
         ceiling's. A list is the first page of the phones with a skill of an account picked at \
         random, with HTTP Basic credentials; it is told as a share of the short reply that a \
         `get` has of the ceiling, and of a fixed page of the same length. What the history costs is measured on two more \
         stores of the same accounts; in one of them `CREATE TRIGGER forget BEFORE INSERT ON \
         change_group BEGIN SELECT RAISE(IGNORE); END` drops every row of the history, the program is \
         the same, and the figure is the median over pairs of loads in turns, three a round. \
         Afterwards the history of the one must be complete, and that of the other empty.",
    ),
    (
        Part::Postgres,
        "The plain handler is a server on the same HTTP stack that carries out each edit in a \
         transaction of its own, the rules in SQL: it looks up the account and compares the \
         SHA-256 of the API key, begins, selects the phone for update, looks whether the new \
         number or name is taken, updates the phone, deletes and inserts its assignments, \
         inserts a row of history, and commits; statements are prepared, over a pool of 16 \
         connections, in tables `phone`, `skill` and `phone_skill` of the same accounts in the \
         same database server. Two nodes are two servers over one database, each with half of \
         the connections; the second one runs only while two are measured. Before the loads the \
         tables are vacuumed and analysed, and after each round there is a checkpoint. A \
         remembered read is the ring order of a skill, by as many threads as there are cores, \
         from the memory of a service in one process: nothing serves it over HTTP.",
    ),
];

/// Everything that the report tells.
#[derive(Debug, Default)]
pub struct Report {
    /// The command that makes this report.
    pub command: String,
    /// The parts that were run.
    pub parts: Vec<Part>,
    /// Facts about the machine and the run, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// A figure for each goal, or why there is none.
    pub goals: Vec<(Goal, Result<f64, String>)>,
    /// The loads, round by round.
    pub measurements: Measurements,
    /// What an edit costs by the phones stored.
    pub curve: Vec<Point>,
    /// How long changes took to another node's readers.
    pub feed: Vec<Delays>,
    /// Other raw figures, each with its name.
    pub others: Vec<(&'static str, String)>,
}

impl Report {
    /// The report as Markdown.
    pub fn render(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("a String takes any write");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# Performance\n\nMade by `{}`:\n", self.command)?;
        write_list(out, &self.facts)?;
        writeln!(out, "\n{EXPLAINED}")?;
        for (_, part) in PARTS.iter().filter(|(part, _)| self.parts.contains(part)) {
            writeln!(out, "\n{part}")?;
        }
        self.write_goals(out)?;
        let disturbances = self.measurements.0.iter().filter_map(|one| one.figures.disturbance());
        let worst = disturbances.fold(0.0, f64::max);
        if worst > DISTURBED {
            let worst = Unit::Share.show(worst);
            writeln!(
                out,
                "\n**Disturbed:** in one of the loads {worst} of the processor time in use \
                 went to other processes or was stolen. Measure again on a quiet machine."
            )?;
        }
        write_curve(out, &self.curve)?;
        write_feed(out, &self.feed)?;
        self.write_rounds(out)?;
        if !self.others.is_empty() {
            writeln!(out, "\n## Other figures\n")?;
        }
        write_list(out, &self.others)
    }

    fn write_goals(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n| what | measured | reach | aim for |\n| --- | --- | --- | --- |")?;
        for (goal, measured) in &self.goals {
            let unit = goal.unit();
            let measured = match measured {
                Ok(value) => {
                    let verdict = goal.verdict(*value);
                    let verdict = verdict.map_or(String::new(), |verdict| format!(" ({verdict})"));
                    format!("**{}**{verdict}", unit.show(*value))
                }
                Err(why) => format!("not measured: {why}"),
            };
            let (reach, aim) = goal.bounds();
            let show = |bound: Option<f64>| bound.map_or(String::new(), |bound| unit.show(bound));
            let (what, reach, aim) = (goal.what(), show(reach), show(aim));
            writeln!(out, "| {what} | {measured} | {reach} | {aim} |")?;
        }
        Ok(())
    }

    fn write_rounds(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n## Rounds\n")?;
        let columns = [
            "p50 ms",
            "p99 ms",
            "max ms",
            "server CPU s",
            "database CPU s",
            "load CPU s",
            "other CPU s",
            "stolen CPU s",
        ];
        writeln!(out, "| round | load | requests/s | {} |", columns.join(" | "))?;
        writeln!(out, "| --: | --- | --: |{}", " --: |".repeat(columns.len()))?;
        for Measurement { round, phase, figures } in &self.measurements.0 {
            let cells = cells(figures).join(" | ");
            writeln!(out, "| {round} | {} | {cells} |", phase.label())?;
        }
        Ok(())
    }
}

fn write_list(out: &mut String, list: &[(&str, String)]) -> std::fmt::Result {
    for (name, value) in list {
        writeln!(out, "- {name}: {value}")?;
    }
    Ok(())
}

/// The figures of a load in the order of the columns.
fn cells(figures: &Figures) -> Vec<String> {
    let latencies = [figures.p50, figures.p99, figures.max].map(|latency| {
        let ms = latency.as_secs_f64() * 1000.0;
        format!("{ms:.2}")
    });
    let Figures { server_cpu, database_cpu, load_cpu, other_cpu, stolen_cpu, .. } = figures;
    let seconds = [server_cpu, database_cpu, load_cpu, other_cpu, stolen_cpu]
        .map(|seconds| seconds.map_or(String::new(), |seconds| format!("{seconds:.2}")));
    [thousands(figures.per_second)].into_iter().chain(latencies).chain(seconds).collect()
}

/// What an edit costs, by the phones stored.
fn write_curve(out: &mut String, points: &[Point]) -> std::fmt::Result {
    let Some(first) = points.first() else { return Ok(()) };
    writeln!(
        out,
        "\n## Cost of an edit on PostgreSQL, by the phones stored\n\n\
         Edits through one node at 64 connections, each point a database of its own in the same \
         server; medians over rounds in which the points take turns. CPU is that of node and \
         database together, in microseconds an edit. Each load begins after a checkpoint, when \
         PostgreSQL logs every page whole that it changes for the first time: the more pages \
         there are, the more often that is so.\n"
    )?;
    let columns = [
        "edits/s",
        "p99 ms",
        "CPU µs",
        "to the first",
        "of it node",
        "of it database",
        "bytes a phone",
        "filled in",
    ];
    writeln!(out, "| phones | {} |", columns.join(" | "))?;
    writeln!(out, "| --: |{}", " --: |".repeat(columns.len()))?;
    let whole = |figures: &Figures| Some(figures.server_cpu? + figures.database_cpu?);
    for point in points {
        let micros =
            |cpu: Option<f64>| cpu.map_or(String::new(), |seconds| format!("{:.1}", seconds * 1e6));
        let cost = point.per_edit(whole);
        let to_first = cost.zip(first.per_edit(whole)).map(|(cost, first)| cost / first);
        let p99 = point.median(|figures| Some(figures.p99.as_secs_f64() * 1000.0));
        let cells = [
            thousands(real(point.phones)),
            thousands(point.median(|figures| Some(figures.per_second)).unwrap_or_default()),
            p99.map_or(String::new(), |p99| format!("{p99:.2}")),
            micros(cost),
            to_first.map_or(String::new(), |times| Unit::Times.show(times)),
            micros(point.per_edit(|figures| figures.server_cpu)),
            micros(point.per_edit(|figures| figures.database_cpu)),
            Unit::Bytes.show(point.bytes_per_phone),
            Unit::Seconds.show(point.filled_in.as_secs_f64()),
        ];
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// How long changes took to another node's readers.
fn write_feed(out: &mut String, delays: &[Delays]) -> std::fmt::Result {
    if delays.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Feed of another node\n\n\
         A writer makes {} edits a second of one account through one node, one after the other; \
         a stream and a long poll follow the account's changes on another node over the same \
         PostgreSQL. A delay is from just before the request for an edit to the change in the \
         reader's hands. Every change must come once and in order.\n",
        feed::RATE
    )?;
    writeln!(out, "| round | reader | changes | p50 ms | p99 ms | max ms |")?;
    writeln!(out, "| --: | --- | --: | --: | --: | --: |")?;
    for Delays { round, way, tally } in delays {
        let ms = [tally.quantile(0.5), tally.quantile(0.99), tally.max()]
            .map(|delay| format!("{:.2}", delay.as_secs_f64() * 1000.0));
        let changes = thousands(real(tally.count()));
        writeln!(out, "| {round} | {} | {changes} | {} |", way.label(), ms.join(" | "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history_cost::FORGET;

    #[test]
    fn the_trigger_stands_in_the_report_as_it_is_made() {
        let report = Report { parts: vec![Part::Sqlite], ..Report::default() };
        assert!(report.render().contains(FORGET));
    }

    #[test]
    fn a_figure_stands_beside_its_bounds_and_a_gap_says_why() {
        let report = Report {
            goals: vec![
                (Goal::Get64, Ok(0.7)),
                (Goal::TwoNodesEdit, Ok(4.0)),
                (Goal::Build, Err("only with `--measure-build`".to_owned())),
            ],
            ..Report::default()
        };
        let text = report.render();
        assert!(text.contains("connections | **70 %** (reach) | 60 % | 80 % |\n"));
        assert!(text.contains("| **4.00 ×** |  |  |\n"));
        assert!(text.contains("| not measured: only with `--measure-build` | 5 min | 3 min |\n"));
    }
}
