//! What the whole benchmark can be told, and how large it then is.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::fixture::Account;
use crate::numbers::thousands;
use crate::phase::Part;
use crate::rounds::Pace;

/// What the whole benchmark can be told.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Settings {
    /// How many rounds of loads there are
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds that each load is measured, after a second of warm-up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
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
    /// One short round over small stores: shows that all of it works, measures nothing
    #[arg(long)]
    pub quick: bool,
    /// Also clone the repository and time its first release build
    #[arg(long)]
    pub measure_build: bool,
    /// Run only this part
    #[arg(long, value_enum)]
    pub only: Option<Part>,
    /// Also measure what an edit costs with ten million phones on PostgreSQL; filling it takes
    /// minutes, some 5 GB of disk, and 2 GB of memory
    #[arg(long)]
    pub curve: bool,
    /// Keep the directory with the stores and the logs of the servers
    #[arg(long)]
    pub keep: bool,
}

/// How large everything is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    accounts: u32,
    phones_each: u32,
    single: u32,
    untouched: u32,
    large: u32,
    /// Phones of each account at the points of the curve; the last one takes an option.
    curve: [u32; 3],
    /// How many times a server is started where a start is measured.
    pub starts: u32,
}

const FULL: Scale = Scale {
    accounts: 100,
    phones_each: 1000,
    single: 100_000,
    untouched: 10_000,
    large: 1_000_000,
    curve: [1000, 10_000, 100_000],
    starts: 5,
};

const QUICK: Scale = Scale {
    accounts: 20,
    phones_each: 100,
    single: 5000,
    untouched: 1000,
    large: 20_000,
    curve: [100, 500, 2500],
    starts: 1,
};

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
    /// The one whose changes are followed on another node.
    pub followed: Account,
}

impl Scale {
    /// The accounts of this size.
    pub fn accounts(&self) -> Accounts {
        Accounts {
            many: Account::series(0, self.accounts, self.phones_each),
            single: Account::new(self.accounts, self.single),
            untouched: Account::new(self.accounts + 1, self.untouched),
            large: Account::new(self.accounts + 2, self.large),
            followed: Account::new(self.accounts + 3, self.phones_each),
        }
    }

    /// The accounts of each point of the curve.
    pub fn curve(&self, is_whole: bool) -> Vec<Vec<Account>> {
        let points = &self.curve[..if is_whole { 3 } else { 2 }];
        points.iter().map(|phones| Account::series(0, self.accounts, *phones)).collect()
    }

    /// The sizes in words.
    pub fn told(&self) -> String {
        format!(
            "{} accounts of {} phones; on SQLite also one of {}, one of {} for the first edit, \
             and a second store with one account of {}",
            thousands(self.accounts.into()),
            thousands(self.phones_each.into()),
            thousands(self.single.into()),
            thousands(self.untouched.into()),
            thousands(self.large.into()),
        )
    }
}

impl Settings {
    /// The sizes to work with.
    pub fn scale(&self) -> Scale {
        if self.quick { QUICK } else { FULL }
    }

    /// Whether a part is run.
    pub fn runs(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// How the rounds are run.
    pub fn pace(&self) -> Pace {
        Pace {
            rounds: if self.quick { 1 } else { self.rounds },
            is_quick: self.quick,
            measured: Duration::from_secs(if self.quick { 1 } else { self.seconds }),
            warm_up: Duration::from_millis(if self.quick { 200 } else { 1000 }),
            threads: self.threads,
            seed: self.seed,
        }
    }

    /// The loads in words.
    pub fn told(&self) -> String {
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
