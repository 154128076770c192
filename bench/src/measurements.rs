//! What is measured, as data: the loads of a round, and the lines of the report.

use std::fmt::{self, Display, Formatter};

use clap::ValueEnum;
use test_postgres::Balance;

use crate::figures::Unit;
use crate::requests::Mode;
use crate::routing::Dialect;

/// A part of the benchmark that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Ringbook on an `SQLite` file, beside the ceiling.
    Sqlite,
    /// Ringbook on `PostgreSQL`, beside a plain handler.
    Postgres,
}

/// What takes a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The server with a fixed reply.
    Ceiling,
    /// Ringbook on a file, with the phones of many accounts.
    Sqlite,
    /// The same server with the phones of one account.
    OneAccount,
    /// The same server while phones are imported and edited.
    Busy,
    /// Ringbook on a file of its own that keeps its history.
    WithHistory,
    /// Ringbook on a file like that one that keeps none.
    WithoutHistory,
    /// The plain handler on the database.
    Plain,
    /// One ringbook on the database.
    Node,
    /// Two of them, each with requests for every account.
    TwoNodes,
    /// Two of them, each with requests for half of the accounts.
    TwoNodesByAccount,
    /// Two of them behind `HAProxy`.
    Balanced(Balance),
}
use Target::{
    Balanced, Busy, Ceiling, Node, OneAccount, Plain, Sqlite, TwoNodes, TwoNodesByAccount,
    WithHistory, WithoutHistory,
};

impl Target {
    /// The target whose store and phones it uses.
    pub fn site(self) -> Self {
        if matches!(self, TwoNodes | TwoNodesByAccount | Balanced(_)) { Node } else { self }
    }

    fn label(self) -> &'static str {
        match self {
            Ceiling => "ceiling",
            Sqlite => "SQLite",
            OneAccount => "SQLite, one account",
            Busy => "SQLite, beside an import and edits",
            WithHistory => "SQLite, with history",
            WithoutHistory => "SQLite, without history",
            Plain => "plain handler",
            Node => "PostgreSQL",
            TwoNodes => "PostgreSQL, two nodes",
            TwoNodesByAccount => "PostgreSQL, two nodes by account",
            Balanced(Balance::ByAccount) => "PostgreSQL, two nodes behind HAProxy by account",
            Balanced(Balance::LeastConnections) => {
                "PostgreSQL, two nodes behind HAProxy, leastconn"
            }
        }
    }
}

/// What a load does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Requests over so many connections, each sent as soon as the one before is answered.
    Requests(Mode, usize),
    /// The same over 64 connections at half of the median rate of those `Requests`.
    Paced(Mode),
}

/// A load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load(pub Target, pub Work);

impl Display for Load {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(target, work) = self;
        write!(f, "{}: ", target.label())?;
        let (Work::Requests(mode, _) | Work::Paced(mode)) = *work;
        let mode = format!("{mode:?}").to_lowercase();
        match work {
            Work::Requests(_, connections) => write!(f, "{mode}, {connections} connections"),
            Work::Paced(_) => write!(f, "{mode}, paced, 64 connections"),
        }
    }
}

const EDIT: Work = Work::Requests(Mode::Edit, 64);
const EDIT_256: Work = Work::Requests(Mode::Edit, 256);
const GET: Work = Work::Requests(Mode::Get, 64);
const LIST: Work = Work::Requests(Mode::List, 64);
const PACED: Work = Work::Paced(Mode::Edit);
const CALLS: Work = Work::Paced(Mode::Route(Dialect::All));

/// The loads of a round, in turn: those that are compared are neighbours, and the database, which
/// still writes when a load is over, has its edits last.
pub const ROUND: [Load; 16] = [
    Load(Ceiling, EDIT),
    Load(Sqlite, EDIT),
    Load(OneAccount, EDIT),
    Load(Ceiling, EDIT_256),
    Load(Sqlite, EDIT_256),
    Load(Ceiling, LIST),
    Load(Sqlite, LIST),
    Load(Ceiling, GET),
    Load(Sqlite, GET),
    Load(Node, GET),
    Load(Plain, EDIT),
    Load(Node, EDIT),
    Load(TwoNodes, EDIT),
    Load(TwoNodesByAccount, EDIT),
    Load(Balanced(Balance::ByAccount), EDIT),
    Load(Balanced(Balance::LeastConnections), EDIT),
];

/// The loads of a paced round, each with the load whose median rate it takes half of. The ceiling
/// shows how much of the latency comes from the machine and the schedule.
pub const PACED_ROUND: [(Load, Load); 3] = [
    (Load(Ceiling, PACED), Load(Sqlite, EDIT)),
    (Load(Sqlite, PACED), Load(Sqlite, EDIT)),
    (Load(Node, PACED), Load(Node, EDIT)),
];

/// The pair whose difference is the cost of the history.
pub const HISTORY_PAIR: [Load; 2] = [Load(WithHistory, EDIT), Load(WithoutHistory, EDIT)];

/// What is measured apart from the loads, in the unit of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    FeedStream,
    FeedPoll,
    Bulk,
    Memory,
    Disk,
    Import,
    Start,
    FirstEdit,
    Binary,
    IdleMemory,
    RingOfTwo,
    RingOfFifty,
    SortedPage,
    SkillList,
    Search,
    EditBesideLists,
    HealthBesideLists,
    ColdAccount,
    ColdMemory,
}

/// How the figure of a line is computed.
#[derive(Clone, Copy, Debug)]
pub enum Figure {
    /// Requests a second of a load, divided by those of another one.
    Ratio(Load, Load),
    /// One minus that.
    Loss(Load, Load),
    /// The p99 latency of a load.
    P99(Load),
    Of(Other),
}

/// A line of the report.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    pub name: &'static str,
    pub figure: Figure,
    pub unit: Unit,
    /// The figure that must be reached.
    pub reach: Option<f64>,
    /// The figure that is aimed for.
    pub aim: Option<f64>,
}

const fn line(name: &'static str, figure: Figure, unit: Unit, bounds: &[f64]) -> Measurement {
    let (reach, aim) = match bounds {
        [] => (None, None),
        [reach] => (Some(*reach), None),
        [reach, aim, ..] => (Some(*reach), Some(*aim)),
    };
    Measurement { name, figure, unit, reach, aim }
}

/// The share of the ceiling that routing in a dialect reaches.
const fn routing(name: &'static str, dialect: Dialect) -> Measurement {
    let work = Work::Requests(Mode::Route(dialect), 64);
    line(name, Ratio(Load(Sqlite, work), Load(Ceiling, work)), Share, &[0.70, 0.80])
}

use Figure::{Loss, Of, P99, Ratio};
use Unit::{Bytes, Megabytes, RowsPerSecond, Seconds, Share, ShareLost, Times, TimesAsLong};

/// The lines of the report. Those of a part that was left out have no figure.
#[rustfmt::skip]
pub const MEASUREMENTS: [Measurement; 41] = [
    line("durable edits/s, share of the ceiling, 64 connections",
        Ratio(Load(Sqlite, EDIT), Load(Ceiling, EDIT)), Share, &[0.33, 0.50]),
    line("the same, 256 connections",
        Ratio(Load(Sqlite, EDIT_256), Load(Ceiling, EDIT_256)), Share, &[0.42, 0.65]),
    line("the same, one account, 64 connections",
        Ratio(Load(OneAccount, EDIT), Load(Ceiling, EDIT)), Share, &[0.33, 0.50]),
    line("p99 of an edit at half of the top load, from the scheduled time",
        P99(Load(Sqlite, PACED)), Seconds, &[0.015, 0.005]),
    line("`get`/s, share of the ceiling, 64 connections",
        Ratio(Load(Sqlite, GET), Load(Ceiling, GET)), Share, &[0.60, 0.80]),
    line("`GET /v1/phones?skill=…&limit=50`/s, share of the ceiling's `get`, 64 connections",
        Ratio(Load(Sqlite, LIST), Load(Ceiling, GET)), Share, &[0.40, 0.60]),
    line("the same, share of a ceiling that sends a page of 50 phones",
        Ratio(Load(Sqlite, LIST), Load(Ceiling, LIST)), Share, &[]),
    line("cost of the history: durable edits/s lost, 64 connections",
        Loss(Load(WithHistory, EDIT), Load(WithoutHistory, EDIT)), ShareLost, &[0.15, 0.08]),
    line("PostgreSQL: durable edits/s through one node, to the plain handler's, 64 connections",
        Ratio(Load(Node, EDIT), Load(Plain, EDIT)), Times, &[3.0, 6.0]),
    line("the same through two nodes, every account through both",
        Ratio(Load(TwoNodes, EDIT), Load(Plain, EDIT)), Times, &[]),
    line("the same through two nodes, each account through one of them",
        Ratio(Load(TwoNodesByAccount, EDIT), Load(Plain, EDIT)), Times, &[]),
    line("the same through two nodes behind HAProxy, by account to `leastconn`",
        Ratio(Load(Balanced(Balance::ByAccount), EDIT), Load(Balanced(Balance::LeastConnections), EDIT)),
        Times, &[]),
    line("PostgreSQL: `get`/s, share of those on SQLite, 64 connections",
        Ratio(Load(Node, GET), Load(Sqlite, GET)), Share, &[0.60]),
    line("PostgreSQL: p99 of an edit at half of the top load, from the scheduled time",
        P99(Load(Node, PACED)), Seconds, &[0.025]),
    line("PostgreSQL: p99 from before an edit on one node to its change on another, \
          `GET /v1/feed` as Server-Sent Events",
        Of(Other::FeedStream), Seconds, &[0.100, 0.020]),
    line("the same by long poll",
        Of(Other::FeedPoll), Seconds, &[0.100, 0.020]),
    line("`POST /v1/bulk?mode=all_or_nothing`: every phone of a large account is edited",
        Of(Other::Bulk), RowsPerSecond, &[50_000.0, 150_000.0]),
    line("memory per loaded phone", Of(Other::Memory), Bytes, &[260.0, 120.0]),
    line("disk per phone row", Of(Other::Disk), Bytes, &[120.0, 60.0]),
    line("import into a large account",
        Of(Other::Import), RowsPerSecond, &[100_000.0, 300_000.0]),
    line("start on a large store, until ready", Of(Other::Start), Seconds, &[0.5, 0.050]),
    line("first edit after a start, in an account not yet loaded",
        Of(Other::FirstEdit), Seconds, &[0.050, 0.010]),
    line("release binary", Of(Other::Binary), Megabytes, &[20e6, 8e6]),
    line("memory of an idle server, empty store",
        Of(Other::IdleMemory), Megabytes, &[20e6, 8e6]),
    line("ring order of 2 phones in a large account, to the same in a small one",
        Of(Other::RingOfTwo), TimesAsLong, &[2.0]),
    line("ring order of 50 phones, the same", Of(Other::RingOfFifty), TimesAsLong, &[2.0]),
    line("first page of 50 phones by the slowest sort, the same",
        Of(Other::SortedPage), TimesAsLong, &[2.0]),
    line("skills with the number of their phones, the same",
        Of(Other::SkillList), TimesAsLong, &[2.0]),
    line("`contains` that no phone of a large account matches",
        Of(Other::Search), Seconds, &[0.100]),
    line("p90 of a `PATCH` in a large account, beside 4 clients that list its phones without pause",
        Of(Other::EditBesideLists), Seconds, &[0.050]),
    line("p90 of `/healthz` beside them", Of(Other::HealthBesideLists), Seconds, &[0.030]),
    routing("routing 50 phones for Kamailio, which takes 12: share of a ceiling that sends as much",
        Dialect::Kamailio),
    routing("the same for Asterisk's `Dial`", Dialect::Dial),
    routing("the same for Asterisk's queues", Dialect::Queue),
    routing("the same for FreeSWITCH", Dialect::Freeswitch),
    routing("the same as plain text", Dialect::Plain),
    line("p99 of these in turn, at half of their top load", P99(Load(Sqlite, CALLS)),
        Seconds, &[0.005]),
    line("the same in a large account", P99(Load(OneAccount, CALLS)), Seconds, &[0.005]),
    line("the same beside an import and edits of the phones", P99(Load(Busy, CALLS)),
        Seconds, &[0.020]),
    line("slowest of many accounts that are asked in turn and were not in memory",
        Of(Other::ColdAccount), Seconds, &[0.200]),
    line("memory of the server after that", Of(Other::ColdMemory), Megabytes, &[]),
];

impl Measurement {
    /// How a figure compares to the bounds: `aim`, `reach` or `missed`. `None` without bounds.
    pub fn verdict(&self, figure: f64) -> Option<&'static str> {
        let is_met = |bound: f64| {
            if self.unit.is_higher_better() { figure >= bound } else { figure <= bound }
        };
        match (self.aim.map(is_met), self.reach.map(is_met)) {
            (Some(true), _) => Some("aim"),
            (_, Some(true)) => Some("reach"),
            (_, Some(false)) => Some("missed"),
            (_, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_depends_on_the_direction_of_the_unit() {
        let verdict =
            |unit, bounds: &[f64], figure| line("", Of(Other::Bulk), unit, bounds).verdict(figure);
        assert_eq!(verdict(Unit::Share, &[0.33, 0.50], 0.32), Some("missed"));
        assert_eq!(verdict(Unit::Share, &[0.33, 0.50], 0.33), Some("reach"));
        assert_eq!(verdict(Unit::Share, &[0.33, 0.50], 0.60), Some("aim"));
        assert_eq!(verdict(Unit::Seconds, &[0.015, 0.005], 0.016), Some("missed"));
        assert_eq!(verdict(Unit::Seconds, &[0.015, 0.005], 0.004), Some("aim"));
        assert_eq!(verdict(Unit::Seconds, &[0.025], 0.004), Some("reach"));
        assert_eq!(verdict(Unit::ShareLost, &[0.15, 0.08], 0.16), Some("missed"));
        assert_eq!(verdict(Unit::TimesAsLong, &[2.0], 2.1), Some("missed"));
        assert_eq!(verdict(Unit::Times, &[], 9.0), None);
    }
}
