//! The report: what was measured, compared to what is to be reached, as Markdown.

use std::fmt::{self, Display, Formatter};

use crate::feed::{self, Delays};
use crate::figures::{Unit, median, median_ratio, real, thousands};
use crate::load::{Cpu, Figures};
use crate::measurements::{Figure, Load, MEASUREMENTS, Other, Part};

/// Above this share of processor time for others the figures are not to be trusted: the ceiling
/// needs the processors most and loses most, so every share looks better.
const DISTURBED: f64 = 0.1;

const COMMON: &str = "\
Servers, databases and load generator share the machine. Every edit changes the number, the name \
and two of the three skills of a random phone, and is on stable storage before its reply. Every \
reply is compared. Figures of loads are medians over the rounds; ratios are taken within a round.\n\n\
Pages of a large account are requested in turn with those of a small one, over one connection, \
and their medians are compared. Beside the edits and health checks, four clients ask in turn for \
a page of 1,000 phones by name, a page with a skill by number, a search that no phone matches, \
and a ring order. `bench/run --sizes` measures this alone.\n\n\
Calls are routed over 64 connections, for a skill with 50 phones in each of 100 accounts, with HTTP \
Basic credentials. The ceiling reads the same request and sends as many bytes. 20,000 more accounts of \
50 phones are asked in turn over one connection. `bench/run --routing` measures this alone.";

const SQLITE: &str = "\
The ceiling is a server on the same HTTP stack that parses the body and answers with a fixed reply; \
a share of it is ringbook's requests a second on SQLite divided by the ceiling's. A list is the \
first page of the phones with a skill in a random account, with HTTP Basic credentials; it is \
compared to the ceiling's short reply to a `get`, and to a fixed page of the same length. The cost \
of the history is measured on two more stores of the same accounts: in one of them `CREATE TRIGGER \
forget BEFORE INSERT ON change_group BEGIN SELECT RAISE(IGNORE); END` drops every row of the \
history. Loads on the two take turns, three pairs a round. Afterwards the history of the one must \
be complete, and that of the other empty.";

const POSTGRES: &str = "\
The plain handler is a server on the same HTTP stack that carries out each edit in a transaction of \
its own, with the rules in SQL: it looks up the account and compares the SHA-256 of the API key, \
begins, selects the phone for update, checks that the new number and name are free, updates the \
phone, deletes and inserts its assignments, inserts a row of history, and commits. Its statements \
are prepared, over a pool of 16 connections, in tables of the same accounts in the same database \
server. Two nodes are two servers over one database, each with half of the connections, or behind \
HAProxy as `docs/operations.md` configures it, and with `balance leastconn` instead. Tables are \
vacuumed and analysed before the loads, and each round ends with a checkpoint.";

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Results {
    pub loads: Vec<(u32, Load, Figures)>,
    pub others: Vec<(Other, f64)>,
    pub feed: Vec<Delays>,
}

impl Results {
    /// The requests a second of a load, one a round.
    pub fn per_second(&self, load: Load) -> Vec<f64> {
        self.of(load).map(|figures| figures.per_second).collect()
    }

    fn of(&self, load: Load) -> impl Iterator<Item = &Figures> {
        self.loads.iter().filter(move |(_, of, _)| *of == load).map(|(_, _, figures)| figures)
    }

    /// A figure, unless the part that it belongs to was left out.
    fn figure(&self, figure: Figure) -> Option<f64> {
        let ratio = |of, to| median_ratio(&self.per_second(of), &self.per_second(to));
        match figure {
            Figure::Ratio(of, to) => ratio(of, to),
            Figure::Loss(of, to) => Some(1.0 - ratio(of, to)?),
            Figure::P99(load) => {
                median(self.of(load).map(|figures| figures.milliseconds()[1] / 1000.0))
            }
            Figure::Of(other) => {
                self.others.iter().find(|(of, _)| *of == other).map(|(_, figure)| *figure)
            }
        }
    }
}

/// The report.
#[derive(Debug, Default)]
pub struct Report {
    /// The command that makes it.
    pub command: String,
    pub parts: Vec<Part>,
    /// Facts about the machine and the run, each with its name.
    pub facts: Vec<(&'static str, String)>,
    pub results: Results,
    /// How many warnings and errors the servers have logged.
    pub warnings: usize,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { command, facts, results, .. } = self;
        writeln!(f, "# Performance\n\nMade by `{command}`:\n")?;
        for (name, value) in facts {
            writeln!(f, "- {name}: {value}")?;
        }
        writeln!(f, "- warnings and errors in the logs of ringbook: {}", self.warnings)?;
        writeln!(f, "\n{COMMON}")?;
        for part in &self.parts {
            writeln!(f, "\n{}", if *part == Part::Sqlite { SQLITE } else { POSTGRES })?;
        }
        write_measurements(f, results)?;
        write_disturbance(f, results)?;
        if !results.feed.is_empty() {
            write_feed(f, &results.feed)?;
        }
        write_loads(f, results)
    }
}

fn write_measurements(f: &mut Formatter<'_>, results: &Results) -> fmt::Result {
    writeln!(f, "\n| what | measured | reach | aim for |\n| --- | --- | --- | --- |")?;
    for measurement in &MEASUREMENTS {
        let Some(figure) = results.figure(measurement.figure) else { continue };
        let verdict = measurement.verdict(figure);
        let verdict = verdict.map_or(String::new(), |verdict| format!(" ({verdict})"));
        let show = |bound: Option<f64>| bound.map_or(String::new(), |at| measurement.unit.show(at));
        let (name, figure) = (measurement.name, measurement.unit.show(figure));
        let (reach, aim) = (show(measurement.reach), show(measurement.aim));
        writeln!(f, "| {name} | **{figure}**{verdict} | {reach} | {aim} |")?;
    }
    Ok(())
}

fn write_disturbance(f: &mut Formatter<'_>, results: &Results) -> fmt::Result {
    let cpus = results.loads.iter().filter_map(|(_, _, figures)| figures.cpu);
    let worst = cpus.map(|cpu| cpu.disturbance()).fold(0.0, f64::max);
    if worst <= DISTURBED {
        return Ok(());
    }
    let worst = Unit::Share.show(worst);
    writeln!(
        f,
        "\n**Disturbed:** in one of the loads {worst} of the processor time in use went to other \
         processes or was stolen. Measure again on a quiet machine."
    )
}

fn write_feed(f: &mut Formatter<'_>, feed: &[Delays]) -> fmt::Result {
    writeln!(
        f,
        "\n## Feed of another node\n\n\
         A writer makes {} edits a second of one account through one node, one after the other. \
         A stream and a long poll follow the account's changes on another node over the same \
         PostgreSQL. A delay is from just before the request for an edit to the change in the \
         reader's hands. Every change must come once and in order.\n",
        feed::RATE
    )?;
    writeln!(f, "| round | reader | changes | p50 ms | p99 ms | max ms |")?;
    writeln!(f, "| --: | --- | --: | --: | --: | --: |")?;
    for Delays { round, reader, tally } in feed {
        let [p50, p99, max] = tally.milliseconds();
        let (reader, changes) = (reader.label(), thousands(real(tally.count())));
        writeln!(f, "| {round} | {reader} | {changes} | {p50:.2} | {p99:.2} | {max:.2} |")?;
    }
    Ok(())
}

fn write_loads(f: &mut Formatter<'_>, results: &Results) -> fmt::Result {
    writeln!(
        f,
        "\n## Rounds\n\n\
         Processor time is in seconds: of the servers, the database, the load generator, and other \
         processes; stolen is what the host of a virtual machine gave to others.\n\n\
         | round | load | requests/s | p50 ms | p99 ms | max ms | server CPU | database CPU | \
         load CPU | other CPU | stolen CPU |\n\
         | --: | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |"
    )?;
    for (round, load, figures) in &results.loads {
        let (rate, [p50, p99, max]) = (thousands(figures.per_second), figures.milliseconds());
        write!(f, "| {round} | {load} | {rate} | {p50:.2} | {p99:.2} | {max:.2} |")?;
        let cpu = figures.cpu.map(|cpu| {
            let Cpu { servers, database, load, other, stolen } = cpu;
            [Some(servers), database, Some(load), Some(other), Some(stolen)]
        });
        for seconds in cpu.unwrap_or_default() {
            let seconds = seconds.map_or(String::new(), |seconds| format!("{seconds:.2}"));
            write!(f, " {seconds} |")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::FORGET;

    #[test]
    fn report_shows_the_trigger_of_the_history() {
        let report = Report { parts: vec![Part::Sqlite], ..Report::default() };
        assert!(report.to_string().contains(FORGET));
    }

    #[test]
    fn figure_stands_beside_its_bounds_and_a_missing_one_is_left_out() {
        let others = vec![(Other::Disk, 74.0)];
        let results = Results { others, ..Results::default() };
        let text = Report { results, ..Report::default() }.to_string();
        assert!(text.contains("| disk per phone row | **74 B** (reach) | 120 B | 60 B |\n"));
        assert!(!text.contains("import into"));
    }
}
