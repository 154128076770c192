//! The report: what was measured, against what was to be reached, as Markdown.

use std::fmt::Write;

use crate::goals::Goal;
use crate::load::Figures;
use crate::numbers::{Unit, thousands};
use crate::rounds::{Measurement, Measurements};

/// Above this share of processor time for others, the figures are not to be trusted: the
/// ceiling, which needs the processors most, loses most, and every share looks better.
const DISTURBED: f64 = 0.1;

/// Everything that the report tells.
#[derive(Debug, Default)]
pub struct Report {
    /// The command that makes this report.
    pub command: String,
    /// Facts about the machine and the run, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// A figure for each goal, or why there is none.
    pub goals: Vec<(Goal, Result<f64, String>)>,
    /// The loads, round by round.
    pub measurements: Measurements,
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
        writeln!(
            out,
            "\nThe ceiling is a server on the same HTTP stack that parses the body and answers with \
             a fixed reply. Server and load generator share the machine. Every edit changes the \
             number, the name and two of the three skills of a phone picked at random, is on \
             stable storage before its reply, and every reply is compared. A share is the median \
             over the rounds of ringbook's requests a second divided by the ceiling's in the same \
             round. Where other processes, or the host of a virtual machine (stolen), took much of \
             the processors, the figures tell of them.\n"
        )?;
        writeln!(out, "| what | measured | reach | aim for |\n| --- | --- | --- | --- |")?;
        for (goal, measured) in &self.goals {
            let unit = goal.unit();
            let measured = match measured {
                Ok(value) => format!("**{}** ({})", unit.show(*value), goal.verdict(*value)),
                Err(why) => format!("not measured: {why}"),
            };
            let (reach, aim) = goal.bounds();
            let (what, reach, aim) = (goal.what(), unit.show(reach), unit.show(aim));
            writeln!(out, "| {what} | {measured} | {reach} | {aim} |")?;
        }
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
        writeln!(out, "\n## Rounds\n")?;
        let columns = [
            "p50 ms",
            "p99 ms",
            "max ms",
            "server CPU s",
            "load CPU s",
            "other CPU s",
            "stolen CPU s",
        ];
        writeln!(out, "| round | load | requests/s | {} |", columns.join(" | "))?;
        writeln!(out, "| --: | --- | --: |{}", " --: |".repeat(columns.len()))?;
        for measurement in &self.measurements.0 {
            write_measurement(out, measurement)?;
        }
        writeln!(out, "\n## Other figures\n")?;
        write_list(out, &self.others)
    }
}

fn write_list(out: &mut String, list: &[(&str, String)]) -> std::fmt::Result {
    for (name, value) in list {
        writeln!(out, "- {name}: {value}")?;
    }
    Ok(())
}

fn write_measurement(out: &mut String, measurement: &Measurement) -> std::fmt::Result {
    let Measurement { round, phase, figures } = measurement;
    let [p50, p99, max] = [figures.p50, figures.p99, figures.max].map(|latency| {
        let ms = latency.as_secs_f64() * 1000.0;
        format!("{ms:.2}")
    });
    let Figures { server_cpu, load_cpu, other_cpu, stolen_cpu, .. } = figures;
    let [server, load, other, stolen] = [server_cpu, load_cpu, other_cpu, stolen_cpu]
        .map(|seconds| seconds.map_or("?".to_owned(), |seconds| format!("{seconds:.2}")));
    let (label, rate) = (phase.label(), thousands(figures.per_second));
    writeln!(
        out,
        "| {round} | {label} | {rate} | {p50} | {p99} | {max} | {server} | {load} | {other} | {stolen} |"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_its_bounds_and_a_gap_says_why() {
        let report = Report {
            goals: vec![
                (Goal::Get64, Ok(0.7)),
                (Goal::Build, Err("only with `--measure-build`".to_owned())),
            ],
            ..Report::default()
        };
        let text = report.render();
        assert!(text.contains("connections | **70 %** (reach) | 60 % | 80 % |\n"));
        assert!(text.contains("| not measured: only with `--measure-build` | 5 min | 3 min |\n"));
    }
}
