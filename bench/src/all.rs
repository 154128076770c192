//! The whole benchmark in one go: prepare stores, run the rounds, measure the rest, report.

use std::env;
use std::path::Path;

use crate::bulk;
use crate::curve;
use crate::database::Database;
use crate::error::{During, Outcome};
use crate::feed::{self, Way};
use crate::goals::Goal;
use crate::history_cost::HistorySides;
use crate::machine;
use crate::numbers::{Unit, median, real, thousands};
use crate::phase::{Part, Phase};
use crate::place::Place;
use crate::report::Report;
use crate::rounds::{Measurements, Rounds};
use crate::settings::{Accounts, Scale, Settings};
use crate::sides::{PostgresSide, SqliteSide};
use crate::single;
use crate::sqlite;

/// The file that loads work on.
const STORE: &str = "bench.db";

/// How many lines of ringbook's log are shown.
const COMPLAINTS_SHOWN: usize = 5;

/// The file with one large account.
const LARGE: &str = "large.db";

/// Runs the benchmark, and prints and writes the report.
pub fn run(settings: &Settings) -> Outcome<()> {
    let program = env::current_exe()?;
    let beside = |levels| program.ancestors().nth(levels).map(Path::to_owned);
    let binary = match &settings.ringbook {
        Some(binary) => binary.clone(),
        None => beside(1).ok_or("this program lies nowhere")?.join("ringbook"),
    };
    let parent = match &settings.dir {
        Some(dir) => dir.clone(),
        None => beside(2).map_or_else(env::current_dir, Ok)?,
    };
    let mut dir = tempfile::Builder::new()
        .prefix("ringbook-bench-")
        .tempdir_in(&parent)
        .during(parent.display())?;
    dir.disable_cleanup(settings.keep);
    eprintln!("working in {}", dir.path().display());
    if machine::file_system(dir.path()).as_deref() == Some("tmpfs") {
        eprintln!("WARNING: this is a tmpfs, where syncing costs nothing; use --dir");
    }
    let report = Bench::new(settings, Place { binary: &binary, dir: dir.path() }).run()?.render();
    print!("{report}");
    if let Some(file) = &settings.write {
        std::fs::write(file, report).during(file.display())?;
    }
    Ok(())
}

/// A benchmark at work.
struct Bench<'a> {
    settings: &'a Settings,
    place: Place<'a>,
    scale: Scale,
    accounts: Accounts,
    report: Report,
}

impl<'a> Bench<'a> {
    fn new(settings: &'a Settings, place: Place<'a>) -> Self {
        let scale = settings.scale();
        Self { settings, place, scale, accounts: scale.accounts(), report: Report::default() }
    }

    fn run(mut self) -> Outcome<Report> {
        let parts = [Part::Sqlite, Part::Postgres].into_iter();
        self.report.parts = parts.filter(|part| self.settings.runs(*part)).collect();
        let database = self.settings.runs(Part::Postgres).then(|| {
            eprintln!("starting PostgreSQL");
            Database::start()
        });
        self.describe(database.as_ref())?;
        self.report.measurements = self.loads(database.as_ref())?;
        if self.settings.runs(Part::Sqlite) {
            self.sqlite_goals();
        }
        if let Some(database) = database {
            self.postgres_goals();
            self.feed(&database)?;
            self.curve(&database)?;
            match database.errors().as_slice() {
                [] => {}
                errors => return Err(format!("PostgreSQL logged {}", errors.join("\n")).into()),
            }
        }
        if self.settings.runs(Part::Sqlite) {
            self.bulk()?;
            self.large_store()?;
            self.first_edit()?;
            self.footprint()?;
            self.build()?;
        }
        self.complaints();
        Ok(self.report)
    }

    /// Every request was answered rightly, or there were no report; but a server that waited for
    /// its database, say, has told so.
    fn complaints(&mut self) {
        let complaints = self.place.complaints();
        for line in complaints.iter().take(COMPLAINTS_SHOWN) {
            eprintln!("WARNING: ringbook logged: {line}");
        }
        let count = complaints.len().to_string();
        self.report.others.push(("warnings and errors in the logs of ringbook", count));
    }

    fn sqlite_goals(&mut self) {
        for (goal, phase, of) in [
            (Goal::Edit64, Phase::Edit64, Phase::CeilingEdit64),
            (Goal::Edit256, Phase::Edit256, Phase::CeilingEdit256),
            (Goal::EditSingle, Phase::EditSingle64, Phase::CeilingEdit64),
        ] {
            self.goal(goal, self.report.measurements.share(phase, of));
        }
        self.goal(Goal::PacedEdit, self.report.measurements.p99(Phase::PacedEdit64));
        for (goal, phase, of) in [
            (Goal::Get64, Phase::Get64, Phase::CeilingGet64),
            (Goal::List64, Phase::List64, Phase::CeilingGet64),
            (Goal::ListPage64, Phase::List64, Phase::CeilingList64),
        ] {
            self.goal(goal, self.report.measurements.share(phase, of));
        }
        let [with, without] = Phase::HISTORY_PAIR;
        let kept = self.report.measurements.share(with, without);
        self.goal(Goal::HistoryCost, kept.map(|kept| 1.0 - kept));
    }

    fn postgres_goals(&mut self) {
        for (goal, phase, of) in [
            (Goal::NodeEdit, Phase::NodeEdit64, Phase::PlainEdit64),
            (Goal::TwoNodesEdit, Phase::TwoNodesEdit64, Phase::PlainEdit64),
            (Goal::TwoNodesByAccountEdit, Phase::TwoNodesByAccountEdit64, Phase::PlainEdit64),
            (Goal::NodeGet, Phase::NodeGet64, Phase::Get64),
            (Goal::NodeRemembered, Phase::NodeRemembered, Phase::Remembered),
        ] {
            self.goal(goal, self.report.measurements.share(phase, of));
        }
        self.goal(Goal::NodePacedEdit, self.report.measurements.p99(Phase::NodePacedEdit64));
    }

    fn goal(&mut self, goal: Goal, value: Option<f64>) {
        let value = value.ok_or_else(|| "the other part was left out".to_owned());
        self.report.goals.push((goal, value));
    }

    fn describe(&mut self, database: Option<&Database>) -> Outcome<()> {
        let arguments = env::args().skip(2);
        self.report.command =
            ["bench/run".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ");
        let facts = &mut self.report.facts;
        facts.extend(machine::describe(self.place.dir)?);
        let binary = self.place.binary.to_str();
        let version = binary.and_then(|path| machine::said(path, &["--version"]));
        let commit = single::commit().unwrap_or_else(|| "unknown".to_owned());
        facts.push(("version", format!("{} at {commit}", version.unwrap_or_default())));
        facts.extend(database.map_or(Ok(Vec::new()), Database::facts)?);
        facts.push(("stores", self.scale.told()));
        facts.push(("loads", self.settings.told()));
        Ok(())
    }

    fn loads(&self, database: Option<&Database>) -> Outcome<Measurements> {
        let (place, accounts) = (self.place, &self.accounts);
        let mut rounds = Rounds {
            pace: self.settings.pace(),
            accounts: &accounts.many,
            sqlite: None,
            history: None,
            postgres: None,
            measurements: Measurements::default(),
        };
        if self.settings.runs(Part::Sqlite) {
            eprintln!("importing for SQLite: {}", self.scale.told());
            rounds.sqlite = Some(SqliteSide::start(&place, STORE, accounts)?);
            rounds.history = Some(HistorySides::start(&place, &accounts.many)?);
        }
        if let Some(database) = database {
            eprintln!("importing for PostgreSQL");
            rounds.postgres = Some(PostgresSide::start(place, database, &accounts.many)?);
        }
        eprintln!("loads, with seed {}", rounds.pace.seed);
        rounds.run()
    }

    fn curve(&mut self, database: &Database) -> Outcome<()> {
        let points = self.scale.curve(self.settings.curve);
        let pace = self.settings.pace();
        self.report.curve = curve::measure(&self.place, database, &points, &pace)?;
        Ok(())
    }

    fn feed(&mut self, database: &Database) -> Outcome<()> {
        eprintln!("changes from one node to the readers of another one");
        let (account, pace) = (&self.accounts.followed, self.settings.pace());
        self.report.feed = feed::measure(&self.place, database, account, &pace)?;
        for (goal, way) in [(Goal::FeedStream, Way::Stream), (Goal::FeedPoll, Way::Poll)] {
            let of_way = self.report.feed.iter().filter(|delays| delays.way == way);
            let p99 = median(of_way.map(|delays| delays.tally.quantile(0.99).as_secs_f64()));
            self.goal(goal, p99);
        }
        Ok(())
    }

    fn bulk(&mut self) -> Outcome<()> {
        let (ringbook, single) = (self.place.ringbook(STORE), &self.accounts.single);
        let rounds = self.settings.pace().rounds;
        eprintln!("bulk edits of {} phones", thousands(real(single.phones.into())));
        let rows_per_second = bulk::measure(&self.place, &ringbook, single, rounds)?;
        let all: Vec<_> = rows_per_second.iter().map(|rate| thousands(*rate)).collect();
        self.report.others.push(("rows/s of the bulk edits, round by round", all.join("; ")));
        self.goal(Goal::Bulk, median(rows_per_second));
        Ok(())
    }

    fn large_store(&mut self) -> Outcome<()> {
        let (ringbook, file) = (self.place.ringbook(LARGE), self.place.file(LARGE));
        let phones = real(self.accounts.large.phones.into());
        eprintln!("importing one account of {} phones", thousands(phones));
        let csv = self.place.csv();
        let import = ringbook.create(&self.accounts.large, &csv)?.as_secs_f64();
        eprintln!("starting on it");
        let start = single::start_time(&ringbook, &self.place.log(), self.scale.starts)?;
        eprintln!("loading it");
        let loading = single::loading(&ringbook, &self.accounts.large, &self.place.log())?;
        let memory = real(loading.after.saturating_sub(loading.before)) / phones;
        self.goal(Goal::MemoryPerPhone, Some(memory));
        self.report.goals.push((Goal::DiskPerPhone, sqlite::disk_per_phone(&file)));
        self.goal(Goal::Import, Some(phones / import));
        self.goal(Goal::Start, Some(start));

        let whole = single::file_size(&file)? / phones;
        let mb = |bytes| Unit::Megabytes.show(real(bytes));
        let seconds = |value| Unit::Seconds.show(value);
        self.report.others.extend([
            ("import into the large account", seconds(import)),
            ("whole file of the large store, per phone", Unit::Bytes.show(whole)),
            ("memory before the large account was loaded", mb(loading.before)),
            ("memory after", mb(loading.after)),
            ("the `get` that loaded it", seconds(loading.first_get.as_secs_f64())),
        ]);
        Ok(())
    }

    fn first_edit(&mut self) -> Outcome<()> {
        eprintln!("first edits after a start");
        let ringbook = self.place.ringbook(STORE);
        let untouched = &self.accounts.untouched;
        let edit = single::first_edit(&ringbook, untouched, &self.place.log(), self.scale.starts)?;
        self.goal(Goal::FirstEdit, Some(edit));
        Ok(())
    }

    fn footprint(&mut self) -> Outcome<()> {
        eprintln!("idle memory");
        let ringbook = self.place.ringbook("empty.db");
        self.goal(Goal::BinarySize, Some(single::file_size(self.place.binary)?));
        self.goal(Goal::IdleMemory, Some(single::idle_memory(&ringbook, &self.place.log())?));
        Ok(())
    }

    fn build(&mut self) -> Outcome<()> {
        let time = if self.settings.measure_build {
            eprintln!("first release build from a clean checkout");
            Ok(single::build_time(self.place.dir)?)
        } else {
            Err("only with `--measure-build`".to_owned())
        };
        self.report.goals.push((Goal::Build, time));
        Ok(())
    }
}
