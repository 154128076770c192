//! The whole benchmark in one go: prepare stores, run the rounds, measure the rest, report.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::error::{During, Outcome};
use crate::goals::Goal;
use crate::machine;
use crate::numbers::{Unit, real, thousands};
use crate::prepare::Ringbook;
use crate::report::Report;
use crate::rounds::{Measurements, Phase, Rounds};
use crate::server::Server;
use crate::settings::{Accounts, Scale, Settings};
use crate::single;

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
    let report = Bench::new(settings, &binary, &dir).run()?.render();
    print!("{report}");
    if let Some(file) = &settings.write {
        std::fs::write(file, report).during(file.display())?;
    }
    Ok(())
}

/// A benchmark at work.
#[derive(Debug)]
struct Bench<'a> {
    settings: &'a Settings,
    binary: &'a Path,
    dir: &'a Path,
    scale: Scale,
    accounts: Accounts,
    report: Report,
}

impl<'a> Bench<'a> {
    fn new(settings: &'a Settings, binary: &'a Path, dir: &'a TempDir) -> Self {
        let scale = settings.scale();
        Self {
            settings,
            binary,
            dir: dir.path(),
            scale,
            accounts: scale.accounts(),
            report: Report::default(),
        }
    }

    fn run(mut self) -> Outcome<Report> {
        self.describe()?;
        let measurements = self.loads()?;
        let share = |phase, of| measurements.share(phase, of);
        self.goal(Goal::Edit64, share(Phase::Edit64, Phase::CeilingEdit64));
        self.goal(Goal::Edit256, share(Phase::Edit256, Phase::CeilingEdit256));
        self.goal(Goal::EditSingle, share(Phase::EditSingle64, Phase::CeilingEdit64));
        self.goal(Goal::PacedEdit, measurements.p99(Phase::PacedEdit64));
        self.goal(Goal::Get64, share(Phase::Get64, Phase::CeilingGet64));
        self.report.measurements = measurements;
        self.large_store()?;
        self.first_edit()?;
        self.footprint()?;
        self.build()?;
        Ok(self.report)
    }

    fn goal(&mut self, goal: Goal, value: Option<f64>) {
        let value = value.ok_or_else(|| "no figures".to_owned());
        self.report.goals.push((goal, value));
    }

    fn store(&self, name: &str) -> (Ringbook, PathBuf) {
        let file = self.dir.join(name);
        (Ringbook::with_file(self.binary, &file), file)
    }

    fn log(&self) -> PathBuf {
        self.dir.join("ringbook.log")
    }

    fn describe(&mut self) -> Outcome<()> {
        let arguments = env::args().skip(2);
        self.report.command =
            ["bench/run".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ");
        let facts = &mut self.report.facts;
        facts.extend(machine::describe(self.dir)?);
        let version = self.binary.to_str().and_then(|path| machine::said(path, &["--version"]));
        let commit = single::commit().unwrap_or_else(|| "unknown".to_owned());
        facts.push(("version", format!("{} at {commit}", version.unwrap_or_default())));
        facts.push(("stores", self.scale.told()));
        facts.push(("loads", self.settings.told()));
        Ok(())
    }

    fn loads(&self) -> Outcome<Measurements> {
        let (ringbook, _) = self.store("bench.db");
        let Accounts { many, single, untouched, .. } = &self.accounts;
        eprintln!("importing {}", self.scale.told());
        for account in many.iter().chain([single, untouched]) {
            ringbook.create(account, &self.dir.join("phones.csv"))?;
        }
        let mut ceiling = Command::new(env::current_exe()?);
        ceiling.arg("ceiling");
        let ceiling = Server::start(ceiling, &self.dir.join("ceiling.log"))?;
        let server = Server::start(ringbook.command(&["serve"]), &self.log())?;
        let pace = self.settings.pace();
        eprintln!("loads, with seed {}", pace.seed);
        let measurements = Rounds::new(&ceiling, &server, pace, many, single).run()?;
        ceiling.stop()?;
        let status = server.stop()?;
        if !status.success() {
            eprintln!("WARNING: after SIGTERM the server ended with {status}");
        }
        Ok(measurements)
    }

    fn large_store(&mut self) -> Outcome<()> {
        let (ringbook, file) = self.store("large.db");
        let phones = real(self.accounts.large.phones.into());
        eprintln!("importing one account of {} phones", thousands(phones));
        let csv = self.dir.join("phones.csv");
        let import = ringbook.create(&self.accounts.large, &csv)?.as_secs_f64();
        eprintln!("starting on it");
        let start = single::start_time(&ringbook, &self.log(), self.scale.starts)?;
        eprintln!("loading it");
        let loading = single::loading(&ringbook, &self.accounts.large, &self.log())?;
        let memory = real(loading.after.saturating_sub(loading.before)) / phones;
        self.goal(Goal::MemoryPerPhone, Some(memory));
        self.report.goals.push((Goal::DiskPerPhone, single::disk_per_phone(&file)));
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
        let (ringbook, _) = self.store("bench.db");
        let untouched = &self.accounts.untouched;
        let edit = single::first_edit(&ringbook, untouched, &self.log(), self.scale.starts)?;
        self.goal(Goal::FirstEdit, Some(edit));
        Ok(())
    }

    fn footprint(&mut self) -> Outcome<()> {
        eprintln!("idle memory");
        let (ringbook, _) = self.store("empty.db");
        self.goal(Goal::BinarySize, Some(single::file_size(self.binary)?));
        self.goal(Goal::IdleMemory, Some(single::idle_memory(&ringbook, &self.log())?));
        Ok(())
    }

    fn build(&mut self) -> Outcome<()> {
        let time = if self.settings.measure_build {
            eprintln!("first release build from a clean checkout");
            Ok(single::build_time(self.dir)?)
        } else {
            Err("only with `--measure-build`".to_owned())
        };
        self.report.goals.push((Goal::Build, time));
        Ok(())
    }
}
