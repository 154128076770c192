//! The benchmark of ringbook: a load generator, two servers to compare with, and a report.
//!
//! `bench/run` builds it and runs it. `--loads` runs some of the loads alone, for instance to profile
//! a server or to compare two programs.

mod bench;
mod bulk;
mod ceiling;
mod database;
mod environment;
mod error;
mod feed;
mod figures;
mod fixture;
mod history;
mod http;
mod load;
mod measurements;
mod one_off;
mod plain;
mod process;
mod program;
mod report;
mod requests;
mod routing;
mod server;
mod settings;
mod sizes;
mod wire;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use fixture::Account;

/// The allocator of the real server, so that the ceiling differs only in what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures ringbook against a server that does nothing
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a fixed reply after parsing the body
    Ceiling {
        /// Where to listen
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Carry out each edit in a transaction of its own on `PostgreSQL`, without ringbook
    Plain {
        /// Where to listen
        #[arg(long)]
        listen: SocketAddr,
        /// An empty database, such as `postgres://user@host/database`
        #[arg(long)]
        database: String,
        /// How many accounts to fill it with
        #[arg(long)]
        accounts: u32,
        /// How many phones each account has
        #[arg(long)]
        phones: u32,
    },
    /// Run the benchmark and print a report
    All(settings::Settings),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Ceiling { listen } => ceiling::run(listen),
        Command::Plain { listen, database, accounts, phones } => {
            plain::run(listen, &database, &Account::series(accounts, phones))
        }
        Command::All(settings) => bench::run(&settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
