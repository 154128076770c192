//! The whole benchmark: prepares stores, runs the loads in rounds, measures the rest, reports.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use test_postgres::Balancer;

use crate::bulk;
use crate::database::Database;
use crate::environment;
use crate::error::{Context, Outcome};
use crate::feed::{self, Reader};
use crate::figures::{median, real, thousands};
use crate::fixture::Account;
use crate::history;
use crate::load::{self, Figures, Plan, Population};
use crate::measurements::{HISTORY_PAIR, Load, Other, PACED_ROUND, Part, ROUND, Target, Work};
use crate::one_off;
use crate::program::Ringbook;
use crate::report::{Report, Results};
use crate::routing;
use crate::server::Server;
use crate::settings::{Accounts, Settings};
use crate::sizes;

/// A pause after each load, so that what a server still writes is not in the next figures.
const SETTLE: Duration = Duration::from_millis(500);

/// Pairs of loads a round for the cost of the history: it is small compared to how much a machine
/// varies from one load to the next.
const HISTORY_PAIRS: u32 = 3;

/// How many lines of ringbook's log are shown.
const WARNINGS_SHOWN: usize = 5;

/// The file that loads work on.
const STORE: &str = "bench.db";

/// Runs the benchmark, and prints and writes the report.
pub fn run(settings: &Settings) -> Outcome<()> {
    let program = env::current_exe()?;
    let ancestor = |levels| program.ancestors().nth(levels).map(Path::to_owned);
    let binary = settings.ringbook.clone().or_else(|| Some(ancestor(1)?.join("ringbook")));
    let binary = binary.ok_or("this program is in no directory")?;
    let parent = settings.dir.clone().or_else(|| ancestor(2)).ok_or("there is no --dir")?;
    let mut builder = tempfile::Builder::new();
    builder.prefix("ringbook-bench-").disable_cleanup(settings.keep);
    let dir = builder.tempdir_in(&parent).context(parent.display())?;
    eprintln!("measuring {} in {}", binary.display(), dir.path().display());
    if environment::file_system(dir.path()) == "tmpfs" {
        eprintln!("WARNING: this is a tmpfs, where syncing costs nothing; use --dir");
    }
    let mut bench = Bench {
        settings,
        binary: &binary,
        dir: dir.path(),
        log: dir.path().join("ringbook.log"),
        accounts: settings.accounts(),
        sites: Vec::new(),
        results: Results::default(),
    };
    let report = bench.run()?.to_string();
    print!("{report}");
    if let Some(file) = &settings.write {
        fs::write(file, report).context(file.display())?;
    }
    Ok(())
}

/// A server with the phones of its loads.
struct Site {
    target: Target,
    server: Rc<Server>,
    /// Unless it is a server to compare with.
    ringbook: Option<Ringbook>,
    /// The parent process of its database, if it has one.
    database: Option<u32>,
    phones: Population,
}

/// The benchmark while it runs.
pub struct Bench<'a> {
    pub settings: &'a Settings,
    binary: &'a Path,
    pub dir: &'a Path,
    pub log: PathBuf,
    pub accounts: Accounts,
    sites: Vec<Site>,
    pub results: Results,
}

impl Bench<'_> {
    fn run(&mut self) -> Outcome<Report> {
        let settings = self.settings;
        let mut facts = environment::describe(self.binary, self.dir)?;
        let database = settings.runs(Part::Postgres).then(|| {
            eprintln!("starting PostgreSQL");
            Database::start()
        });
        let mut history = Vec::new();
        if settings.runs(Part::Sqlite) {
            eprintln!("importing for SQLite: {}", self.accounts.describe());
            history.extend(self.start_sqlite()?);
        }
        if let Some(database) = &database {
            facts.extend(database.describe()?);
            eprintln!("importing for PostgreSQL");
            self.start_postgres(database)?;
        }
        facts.push(("stores", self.accounts.describe()));
        facts.push(("loads", settings.describe()));

        eprintln!("loads, with seed {}", settings.seed);
        self.run_loads(database.as_ref())?;
        for Site { server, ringbook, .. } in self.sites.drain(..) {
            // Dropping a comparison server kills it; ringbook must end in an orderly way.
            if let (Some(server), Some(_)) = (Rc::into_inner(server), ringbook) {
                server.stop()?;
            }
        }
        history.iter().try_for_each(history::Store::check)?;
        if let Some(database) = &database {
            if settings.loads.is_none() {
                self.measure_feed(database)?;
            }
            database.check_log()?;
        }
        if settings.runs(Part::Sqlite) && settings.loads.is_none() {
            self.measure_bulk()?;
            self.measure_one_offs()?;
        }
        if settings.runs_large() {
            self.measure_large()?;
        }
        if settings.routing || (settings.runs(Part::Sqlite) && settings.loads.is_none()) {
            eprintln!("routing");
            routing::measure(self)?;
        }
        Ok(Report {
            command: env::args().skip(2).fold("bench/run".to_owned(), |all, arg| all + " " + &arg),
            facts,
            parts: [Part::Sqlite, Part::Postgres]
                .into_iter()
                .filter(|part| settings.runs(*part))
                .collect(),
            warnings: self.warnings(),
            results: std::mem::take(&mut self.results),
        })
    }

    /// Fills the stores on `SQLite` and starts the servers on them, and the ceiling.
    fn start_sqlite(&mut self) -> Outcome<[history::Store; 2]> {
        let Accounts { many, single, untouched, .. } = &self.accounts;
        let site = |target, server, ringbook, accounts: &[Account]| {
            let phones = Population::new(accounts);
            Site { target, server, ringbook, database: None, phones }
        };
        let ceiling = Server::start(own_command("ceiling")?, &self.dir.join("ceiling.log"))?;
        let mut sites = vec![site(Target::Ceiling, Rc::new(ceiling), None, many)];

        let (_, ringbook) = self.store(STORE);
        ringbook.create(many.iter().chain([single, untouched]))?;
        let server = Rc::new(ringbook.serve(&self.log)?);
        let of_single = std::slice::from_ref(single);
        sites.push(site(Target::Sqlite, Rc::clone(&server), Some(ringbook.clone()), many));
        sites.push(site(Target::OneAccount, server, Some(ringbook), of_single));

        let mut start_history = |target, file, keeps_history| {
            let (file, ringbook) = self.store(file);
            ringbook.create(many)?;
            let history = history::Store::prepare(&file, keeps_history)?;
            let server = Rc::new(ringbook.serve(&self.log)?);
            sites.push(site(target, server, Some(ringbook), many));
            Outcome::Ok(history)
        };
        let with = start_history(Target::WithHistory, "with-history.db", true)?;
        let without = start_history(Target::WithoutHistory, "without-history.db", false)?;
        self.sites.extend(sites);
        Ok([with, without])
    }

    /// Fills the tables on `PostgreSQL` and starts a node, and the plain handler on its own tables.
    fn start_postgres(&mut self, database: &Database) -> Outcome<()> {
        let many = &self.accounts.many;
        let ringbook = Ringbook::new(self.binary, database.new_schema());
        ringbook.create(many)?;
        let mut plain = own_command("plain")?;
        plain.args(["--database", &database.new_schema()]);
        plain.args(["--accounts", &many.len().to_string()]);
        plain.args(["--phones", &many[0].phones.to_string()]);
        let plain = Server::start(plain, &self.dir.join("plain.log"))?;
        database.tidy()?;
        // Its first load is of gets, and is compared with one on accounts that are in memory.
        let node = ringbook.serve_loaded(many, &self.log)?;
        let pid = Some(database.pid()?);
        let site = |target, server, ringbook| {
            let (server, phones) = (Rc::new(server), Population::new(many));
            Site { target, server, ringbook, database: pid, phones }
        };
        let sites = [site(Target::Plain, plain, None), site(Target::Node, node, Some(ringbook))];
        self.sites.extend(sites);
        Ok(())
    }

    /// The paced loads come after the others, when the top loads are known.
    fn run_loads(&mut self, database: Option<&Database>) -> Outcome<()> {
        let checkpoint = || database.map_or(Ok(()), Database::checkpoint);
        let rounds = self.settings.rounds();
        for round in 1..=rounds {
            for load in ROUND {
                self.measure(round, load, None)?;
            }
            checkpoint()?;
        }
        for round in 1..=rounds {
            for (load, top) in PACED_ROUND {
                let Some(top) = median(self.results.per_second(top)) else { continue };
                self.measure(round, load, Some(whole(top / 2.0)))?;
            }
            checkpoint()?;
        }
        // The loads of a pair take turns in being first, as the second one pays for what the first
        // one has left to be written.
        let pairs = if self.settings.quick { 1 } else { HISTORY_PAIRS * rounds };
        for pair in 1..=pairs {
            let mut loads = HISTORY_PAIR;
            loads.rotate_left((pair as usize + 1) % 2);
            for load in loads {
                self.measure(pair, load, None)?;
            }
        }
        Ok(())
    }

    /// Runs a load, unless it is left out.
    fn measure(&mut self, round: u32, load: Load, rate: Option<u32>) -> Outcome<()> {
        let only = self.settings.loads.as_deref().unwrap_or_default();
        if !load.to_string().contains(only) {
            return Ok(());
        }
        let mut sites = self.sites.iter_mut();
        let Some(site) = sites.find(|site| site.target == load.0.site()) else {
            return Ok(());
        };
        // Every load picks other phones, and the next run of the benchmark picks the same.
        let seed = self.settings.seed.wrapping_add(1000 * self.results.loads.len() as u64);
        let (settings, many) = (self.settings, self.accounts.many.as_slice());
        let figures = site.run(load, rate, seed, settings, many, &self.log);
        let figures = figures.context(format_args!("round {round}, {load}"))?;
        tell(round, load, &figures);
        self.results.loads.push((round, load, figures));
        thread::sleep(SETTLE);
        Ok(())
    }

    fn measure_feed(&mut self, database: &Database) -> Outcome<()> {
        eprintln!("changes from one node to the readers of another one");
        let account = &self.accounts.followed;
        let feed = feed::measure(self.binary, database, account, self.settings, &self.log)?;
        let readers = [(Other::FeedStream, Reader::Stream), (Other::FeedPoll, Reader::LongPoll)];
        for (other, reader) in readers {
            let of_reader = feed.iter().filter(|delays| delays.reader == reader);
            let p99 = median(of_reader.map(|delays| delays.tally.milliseconds()[1] / 1000.0));
            self.results.others.extend(p99.map(|p99| (other, p99)));
        }
        self.results.feed = feed;
        Ok(())
    }

    fn measure_bulk(&mut self) -> Outcome<()> {
        let (single, rounds) = (&self.accounts.single, self.settings.rounds());
        eprintln!("bulk edits of {} phones", thousands(real(single.phones.into())));
        let rates = bulk::measure(&self.store(STORE).1, single, rounds, &self.log)?;
        self.results.others.extend(median(rates).map(|rate| (Other::Bulk, rate)));
        Ok(())
    }

    fn measure_large(&mut self) -> Outcome<()> {
        let Accounts { large, small, .. } = &self.accounts;
        let (log, starts) = (&self.log, self.settings.starts());
        eprintln!("one account of {} phones", thousands(real(large.phones.into())));
        let (file, ringbook) = self.store("large.db");
        let of_large = one_off::large_store(&ringbook, &file, large, starts, log)?;
        self.results.others.extend(of_large);
        eprintln!("the same beside one of {}", thousands(real(small.phones.into())));
        let of_both = sizes::measure(&ringbook, [small, large], self.settings.pages(), log)?;
        self.results.others.extend(of_both);
        Ok(())
    }

    fn measure_one_offs(&mut self) -> Outcome<()> {
        let (untouched, log) = (&self.accounts.untouched, &self.log);
        eprintln!("first edits after a start");
        let starts = self.settings.starts();
        let first_edit = one_off::first_edit(&self.store(STORE).1, untouched, starts, log)?;
        eprintln!("idle memory");
        let idle = one_off::idle_memory(&self.store("empty.db").1, log)?;
        self.results.others.extend([
            (Other::FirstEdit, first_edit),
            (Other::Binary, one_off::file_size(self.binary)?),
            (Other::IdleMemory, idle),
        ]);
        Ok(())
    }

    /// A store on `SQLite`: its file, and the program with it.
    pub fn store(&self, name: &str) -> (PathBuf, Ringbook) {
        let file = self.dir.join(name);
        let ringbook = Ringbook::new(self.binary, format!("sqlite:{}", file.display()));
        (file, ringbook)
    }

    /// How many warnings and errors the servers have logged. All replies were right; but a server
    /// that waited for its database, say, has logged that.
    fn warnings(&self) -> usize {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let is_warning = |line: &&str| line.contains(" WARN ") || line.contains("ERROR ");
        let warnings: Vec<_> = log.lines().filter(is_warning).collect();
        for line in warnings.iter().take(WARNINGS_SHOWN) {
            eprintln!("WARNING: ringbook logged: {line}");
        }
        warnings.len()
    }
}

impl Site {
    fn run(
        &mut self,
        load: Load,
        rate: Option<u32>,
        seed: u64,
        settings: &Settings,
        accounts: &[Account],
        log: &Path,
    ) -> Outcome<Figures> {
        let (warm_up, measured) = (settings.warm_up(), settings.measured());
        let Load(target, work) = load;
        let (mode, connections) = match work {
            Work::Requests(mode, connections) => (mode, connections),
            Work::Paced(mode) => (mode, 64),
        };
        // The second node runs only for its own loads, as it follows every commit of the first one.
        let second = match (target, &self.ringbook) {
            (
                Target::TwoNodes | Target::TwoNodesByAccount | Target::Balanced(_),
                Some(ringbook),
            ) => Some(ringbook.serve_loaded(accounts, log)?),
            _ => None,
        };
        let servers: Vec<_> =
            [Some(&*self.server), second.as_ref()].into_iter().flatten().collect();
        let mut addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
        let mut pids: Vec<_> = servers.iter().map(|server| server.pid()).collect();
        let balancer = match (target, &*addresses) {
            (Target::Balanced(balance), &[first, second]) => {
                Some(Balancer::start([first, second], balance))
            }
            _ => None,
        };
        if let Some(balancer) = &balancer {
            addresses = vec![balancer.address()];
            pids.push(balancer.pid());
        }
        let plan = Plan {
            addresses,
            splits_accounts: target == Target::TwoNodesByAccount,
            mode,
            fixed_reply: target == Target::Ceiling,
            connections,
            threads: settings.threads,
            warm_up,
            measured,
            rate,
            seed,
            servers: pids,
            database: self.database,
        };
        let figures = load::run(&plan, &mut self.phones)?;
        second.map_or(Ok(()), Server::stop)?;
        Ok(figures)
    }
}

/// Shows what a load measured.
pub fn tell(round: u32, load: Load, figures: &Figures) {
    let [p50, p99, _] = figures.milliseconds();
    let (what, rate) = (format!("round {round}: {load}"), thousands(figures.per_second));
    eprintln!("  {what:<60} {rate:>9}/s  p50 {p50:>7.2} ms  p99 {p99:>7.2} ms");
}

/// This program with another task.
pub fn own_command(task: &str) -> Outcome<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(task);
    Ok(command)
}

/// A rate as a whole number, at least one a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is positive and far below 2^32"
)]
pub fn whole(rate: f64) -> u32 {
    rate.round().max(1.0) as u32
}
