//! The benchmark of ringbook: a load generator, a ceiling and a plain handler to compare with,
//! and a report.
//!
//! `bench/run` builds everything and runs the whole; the parts can be run alone, for
//! instance to look at a server with a profiler while it is under load.

mod all;
mod bulk;
mod ceiling;
mod client;
mod curve;
mod database;
mod error;
mod feed;
mod fixture;
mod fixture_sql;
mod goals;
mod history_cost;
mod load;
mod machine;
mod numbers;
mod phase;
mod place;
mod plain;
mod prepare;
mod process;
mod remembered;
mod report;
mod rounds;
mod server;
mod settings;
mod sides;
mod single;
mod sqlite;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use error::Outcome;
use fixture::Account;
use load::{Mode, Plan, Population};
use numbers::thousands;
use prepare::Ringbook;

/// The allocator of the real server, so that the ceiling differs only in what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures ringbook against a server that does nothing
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Serve a fixed reply, after parsing the body
    Ceiling {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8099")]
        listen: SocketAddr,
    },
    /// Carry out each edit in a transaction of its own on `PostgreSQL`, without ringbook
    Plain {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8098")]
        listen: SocketAddr,
        /// The database, such as `postgres://user@host/database`; tables are made in it
        #[arg(long)]
        database: String,
        #[command(flatten)]
        accounts: AccountArgs,
    },
    /// Read ring orders from the memory of a service over a store, in this process
    Remembered {
        /// The store, filled by `prepare`
        #[arg(long)]
        store: String,
        #[command(flatten)]
        accounts: AccountArgs,
        #[command(flatten)]
        reads: remembered::Reads,
    },
    /// Fill a store with the accounts that `load` works on
    Prepare {
        /// The program to fill it with
        #[arg(long)]
        ringbook: PathBuf,
        /// The store, such as `sqlite:/path/file.db` or `postgres://user@host/database`
        #[arg(long)]
        store: String,
        #[command(flatten)]
        accounts: AccountArgs,
    },
    /// Put a server under load
    Load(LoadArgs),
    /// Run the whole benchmark and print a report
    All(settings::Settings),
}

#[derive(Args)]
struct AccountArgs {
    /// How many accounts there are
    #[arg(long, default_value_t = 100)]
    accounts: u32,
    /// How many phones each account has
    #[arg(long, default_value_t = 1000)]
    phones: u32,
}

impl AccountArgs {
    fn list(&self) -> Vec<Account> {
        Account::series(0, self.accounts, self.phones)
    }
}

#[derive(Args)]
struct LoadArgs {
    /// The server
    #[arg(default_value = "127.0.0.1:8099")]
    address: SocketAddr,
    #[command(flatten)]
    accounts: AccountArgs,
    /// What the requests do
    #[arg(long, value_enum, default_value_t = Mode::Edit)]
    mode: Mode,
    /// How many connections there are
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Over how many threads they are spread
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Seconds to measure, after a second of warm-up
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Requests a second; without it, as many as the server answers
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Seed of the choice of phones [default: random]
    #[arg(long)]
    seed: Option<u64>,
    /// The server answers everything alike, as the ceiling does
    #[arg(long)]
    fixed_reply: bool,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Task::Ceiling { listen } => ceiling::run(listen),
        Task::Plain { listen, database, accounts } => {
            plain::run(listen, &database, &accounts.list())
        }
        Task::Remembered { store, accounts, reads } => {
            remembered::run(&store, &accounts.list(), reads)
        }
        Task::Prepare { ringbook, store, accounts } => {
            prepare(&Ringbook::new(&ringbook, store), &accounts)
        }
        Task::Load(arguments) => load(&arguments),
        Task::All(settings) => all::run(&settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn prepare(ringbook: &Ringbook, accounts: &AccountArgs) -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    for account in accounts.list() {
        ringbook.create(&account, &dir.path().join("phones.csv"))?;
    }
    Ok(())
}

fn load(arguments: &LoadArgs) -> Outcome<()> {
    let plan = Plan {
        addresses: vec![arguments.address],
        keeps_accounts: false,
        mode: arguments.mode,
        fixed_reply: arguments.fixed_reply,
        connections: arguments.connections,
        threads: arguments.threads,
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs(arguments.seconds),
        rate: arguments.rate,
        seed: arguments.seed.unwrap_or_else(|| fastrand::u64(..)),
        watched: load::Watched::default(),
    };
    eprintln!("seed {}", plan.seed);
    let mut phones = Population::new(&arguments.accounts.list());
    if !plan.fixed_reply {
        eprintln!("asking for the state of every phone");
        load::survey(&plan, &mut phones)?;
    }
    let figures = load::run(&plan, &mut phones)?;
    let [p50, p99, max] =
        [figures.p50, figures.p99, figures.max].map(|latency| latency.as_secs_f64() * 1000.0);
    let rate = thousands(figures.per_second);
    let cpu = figures.load_cpu.map_or(String::new(), |cpu| format!("; load CPU {cpu:.2} s"));
    println!("{rate} requests/s; p50 {p50:.2} ms, p99 {p99:.2} ms, max {max:.2} ms{cpu}");
    Ok(())
}
