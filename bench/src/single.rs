//! What is measured once or a few times: starts, memory, disk, sizes, the build.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{During, Outcome};
use crate::fixture::Account;
use crate::load::{Mode, Population};
use crate::machine;
use crate::numbers::{median, real};
use crate::prepare::Ringbook;
use crate::server::Server;

/// Memory is read this long after what used it, when allocators have given back.
const SETTLE: Duration = Duration::from_secs(1);

/// The checkout that this program was built from.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What was seen of a server that loads one large account.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    /// Resident bytes when the server was ready.
    pub before: u64,
    /// Resident bytes after the account was loaded.
    pub after: u64,
    /// How long the first `get` took, which loads the account.
    pub first_get: Duration,
}

/// Starts the server `times` times and returns the median time until it is ready, in seconds.
pub fn start_time(ringbook: &Ringbook, log: &Path, times: u32) -> Outcome<f64> {
    let mut seconds = Vec::new();
    for _ in 0..times {
        let server = Server::start(ringbook.command(&["serve"]), log)?;
        seconds.push(server.ready_after().as_secs_f64());
        server.stop()?;
    }
    Ok(median(seconds).ok_or("no start was asked for")?)
}

/// Starts the server and has it load the account, by asking for one phone.
pub fn loading(ringbook: &Ringbook, account: &Account, log: &Path) -> Outcome<Loading> {
    let server = Server::start(ringbook.command(&["serve"]), log)?;
    thread::sleep(SETTLE);
    let before = server.resident_bytes()?;
    let mut phones = Population::new(std::slice::from_ref(account));
    let first_get = ask_one(&server, &mut phones, Mode::Get)?;
    thread::sleep(SETTLE);
    let after = server.resident_bytes()?;
    server.stop()?;
    Ok(Loading { before, after, first_get })
}

/// Starts the server `times` times, each time edits a phone of an account that it has not
/// loaded yet, and returns the median time of that edit, in seconds.
pub fn first_edit(ringbook: &Ringbook, account: &Account, log: &Path, times: u32) -> Outcome<f64> {
    let mut phones = Population::new(std::slice::from_ref(account));
    let mut seconds = Vec::new();
    for _ in 0..times {
        let server = Server::start(ringbook.command(&["serve"]), log)?;
        seconds.push(ask_one(&server, &mut phones, Mode::Edit)?.as_secs_f64());
        server.stop()?;
    }
    Ok(median(seconds).ok_or("no edit was asked for")?)
}

/// Resident bytes of a server that has nothing to do.
pub fn idle_memory(ringbook: &Ringbook, log: &Path) -> Outcome<f64> {
    let server = Server::start(ringbook.command(&["serve"]), log)?;
    thread::sleep(SETTLE);
    let resident = server.resident_bytes()?;
    server.stop()?;
    Ok(real(resident))
}

/// Has the server load accounts that loads have changed already, by asking each for a phone,
/// which may have another number now.
pub fn preload(server: &Server, accounts: &[Account]) -> Outcome<()> {
    for account in accounts {
        let mut hand = Population::new(std::slice::from_ref(account)).deal(1, 0)?.remove(0);
        let mut request = Vec::new();
        hand.write_request(0, Mode::Get, &mut request);
        server.ask(&request)?;
    }
    Ok(())
}

fn ask_one(server: &Server, phones: &mut Population, mode: Mode) -> Outcome<Duration> {
    let mut hand = phones.deal(1, 0)?.remove(0);
    let place = hand.len() / 2;
    let (mut request, mut expected) = (Vec::new(), Vec::new());
    hand.write_request(place, mode, &mut request);
    hand.write_expected(place, mode, &mut expected);
    let (body, took) = server.ask(&request)?;
    if body != expected {
        let (body, expected) = (String::from_utf8_lossy(&body), String::from_utf8_lossy(&expected));
        return Err(format!("the reply was {body} instead of {expected}").into());
    }
    if mode == Mode::Edit {
        hand.flip(place);
    }
    phones.gather([hand]);
    Ok(took)
}

/// Bytes of a file.
pub fn file_size(file: &Path) -> Outcome<f64> {
    Ok(real(fs::metadata(file).during(file.display())?.len()))
}

/// Clones the repository, fetches its dependencies, and returns how many seconds the first
/// release build took. Nothing that was built before is used.
pub fn build_time(dir: &Path) -> Outcome<f64> {
    let checkout = dir.join("checkout");
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet", REPOSITORY]).arg(&checkout);
    succeed(clone)?;
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(&checkout);
        cargo.env("CARGO_TARGET_DIR", dir.join("checkout-target"));
        cargo
    };
    succeed(cargo(&["fetch", "--locked", "--quiet"]))?;
    let begun = Instant::now();
    succeed(cargo(&["build", "--release", "--locked", "--quiet", "-p", "ringbook"]))?;
    Ok(begun.elapsed().as_secs_f64())
}

fn succeed(mut command: Command) -> Outcome<()> {
    let told = format!("{command:?}");
    let output = command.output().during(&told)?;
    if output.status.success() {
        return Ok(());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!("{told}: {}\n{error}", output.status).into())
}

/// The commit of the checkout, with a mark when it was changed since.
pub fn commit() -> Option<String> {
    machine::said("git", &["-C", REPOSITORY, "describe", "--always", "--dirty"])
}
