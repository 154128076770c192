//! The options of the whole benchmark, and its sizes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::figures::thousands;
use crate::fixture::Account;
use crate::measurements::Part;

/// The options of the whole benchmark.
#[derive(Args, Debug)]
pub struct Settings {
    /// How many rounds of loads there are
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds that each load is measured, after a second of warm-up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Threads of the load generator
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Seed of the choice of phones
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to put the stores, in a directory that is removed at the end [default: the
    /// directory that cargo builds in]
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// The program under test [default: the one beside this program]
    #[arg(long)]
    pub ringbook: Option<PathBuf>,
    /// Also write the report to this file
    #[arg(long)]
    pub write: Option<PathBuf>,
    /// One short round over small stores: shows that everything works, measures nothing
    #[arg(long)]
    pub quick: bool,
    /// Run only this part
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Run only the loads whose name contains this text, and measure nothing else
    #[arg(long)]
    pub loads: Option<String>,
    /// Measure only a large account beside a small one
    #[arg(long, conflicts_with = "loads")]
    pub sizes: bool,
    /// Measure only routing
    #[arg(long, conflicts_with_all = ["loads", "sizes"])]
    pub routing: bool,
    /// Keep the directory with the stores and the logs of the servers
    #[arg(long)]
    pub keep: bool,
}

/// The accounts by what they are for.
#[derive(Debug)]
pub struct Accounts {
    /// Those that loads are spread over.
    pub many: Vec<Account>,
    /// The one that a load of its own works on.
    pub single: Account,
    /// The one whose first edit after a start is measured.
    pub untouched: Account,
    /// The one in a store of its own.
    pub large: Account,
    /// The small one beside it.
    pub small: Account,
    /// The one whose changes are followed on another node.
    pub followed: Account,
}

impl Settings {
    pub fn runs(&self, part: Part) -> bool {
        !self.sizes && !self.routing && self.only.is_none_or(|only| only == part)
    }

    /// Whether a large account is measured.
    pub fn runs_large(&self) -> bool {
        self.sizes || (self.runs(Part::Sqlite) && self.loads.is_none())
    }

    pub fn rounds(&self) -> u32 {
        if self.quick { 1 } else { self.rounds }
    }

    pub fn measured(&self) -> Duration {
        Duration::from_secs(if self.quick { 1 } else { self.seconds })
    }

    pub fn warm_up(&self) -> Duration {
        Duration::from_millis(if self.quick { 200 } else { 1000 })
    }

    /// How many times each page of a large and of a small account is requested.
    pub fn pages(&self) -> usize {
        if self.quick { 10 } else { 200 }
    }

    /// How many times a server is started where its start is measured.
    pub fn starts(&self) -> u32 {
        if self.quick { 1 } else { 5 }
    }

    pub fn accounts(&self) -> Accounts {
        let [accounts, each, single, untouched, large] = if self.quick {
            [20, 100, 5000, 1000, 20_000]
        } else {
            [100, 1000, 100_000, 10_000, 1_000_000]
        };
        Accounts {
            many: Account::series(accounts, each),
            single: Account::new(accounts, single),
            untouched: Account::new(accounts + 1, untouched),
            large: Account::new(accounts + 2, large),
            small: Account::new(accounts + 4, each),
            followed: Account::new(accounts + 3, each),
        }
    }

    pub fn describe(&self) -> String {
        if self.quick {
            return "one short round: a smoke test, the figures mean nothing".to_owned();
        }
        let Self { rounds, seconds, threads, seed, .. } = self;
        format!(
            "{rounds} rounds of {seconds} s each after 1 s of warm-up; \
             threads of the load generator: {threads}; seed {seed}"
        )
    }
}

impl Accounts {
    pub fn describe(&self) -> String {
        let count = |account: &Account| thousands(account.phones.into());
        format!(
            "{} accounts of {} phones; on SQLite also one of {}, one of {} for the first edit, \
             and a second store with one account of {} and one of {}",
            self.many.len(),
            self.many.first().map_or(String::new(), count),
            count(&self.single),
            count(&self.untouched),
            count(&self.large),
            count(&self.small),
        )
    }
}
