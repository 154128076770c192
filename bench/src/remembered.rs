//! Reads out of memory, in process: nothing serves them over HTTP.
//!
//! A process of its own opens a service over a store, and threads ask it for ring orders as fast
//! as it answers.

use std::env;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use ringbook::service::clock::SystemClock;
use ringbook::service::{Service, Tenant};
use ringbook::store::{self, Creates, Location, Migrates};
use serde::{Deserialize, Serialize};

use crate::error::{During, Outcome};
use crate::fixture::{Account, SKILLS};
use crate::load::{Figures, Tally, Window};
use crate::numbers::real;
use crate::process;

/// How the reads are done.
#[derive(Args, Clone, Copy, Debug)]
pub struct Reads {
    /// Threads that read
    #[arg(long)]
    pub threads: usize,
    /// Milliseconds to read before counting
    #[arg(long)]
    pub warm_up_ms: u64,
    /// Milliseconds to count
    #[arg(long)]
    pub measured_ms: u64,
    /// Seed of the choice of accounts and skills
    #[arg(long)]
    pub seed: u64,
}

/// What the process prints: one line of JSON.
#[derive(Debug, Deserialize, Serialize)]
struct Printed {
    reads_per_second: f64,
    p50_us: u64,
    p99_us: u64,
    max_us: u64,
    cpu_seconds: Option<f64>,
}

/// Has another process of this program read from a store.
pub fn measure(store: &str, accounts: &[Account], reads: Reads) -> Outcome<Figures> {
    let mut command = Command::new(env::current_exe()?);
    let phones = accounts.first().map_or(0, |account| account.phones);
    command.args(["remembered", "--store", store]);
    for (option, value) in [
        ("--accounts", accounts.len() as u64),
        ("--phones", phones.into()),
        ("--threads", reads.threads as u64),
        ("--warm-up-ms", reads.warm_up_ms),
        ("--measured-ms", reads.measured_ms),
        ("--seed", reads.seed),
    ] {
        command.arg(option).arg(value.to_string());
    }
    let output = command.output().during("starting the reads")?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the reads ended with {}: {error}", output.status).into());
    }
    let Printed { reads_per_second, p50_us, p99_us, max_us, cpu_seconds } =
        serde_json::from_slice(&output.stdout)?;
    Ok(Figures {
        per_second: reads_per_second,
        p50: Duration::from_micros(p50_us),
        p99: Duration::from_micros(p99_us),
        max: Duration::from_micros(max_us),
        server_cpu: cpu_seconds,
        database_cpu: None,
        load_cpu: None,
        other_cpu: None,
        stolen_cpu: None,
    })
}

/// Reads, and prints what was measured.
pub fn run(store: &str, accounts: &[Account], reads: Reads) -> Outcome<()> {
    let location: Location = store.parse().during("--store")?;
    let store = store::open(&location, Creates::No, Migrates::No)?;
    let service = Service::new(store, std::sync::Arc::new(SystemClock));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let tenant = |account: &Account| {
        runtime.block_on(service.tenant(&account.user_name)).during(&account.user_name)
    };
    let tenants = accounts.iter().map(tenant).collect::<Outcome<Vec<_>>>()?;

    let start = Instant::now() + Duration::from_millis(reads.warm_up_ms);
    let measured = Duration::from_millis(reads.measured_ms);
    let window = Window { start, end: start + measured };
    let (tally, cpu_seconds) = thread::scope(|scope| {
        let seeds = (0..reads.threads as u64).map(|thread| reads.seed.wrapping_add(thread));
        let read = |seed| {
            let (service, tenants) = (&service, tenants.as_slice());
            scope.spawn(move || read(service, tenants, window, seed))
        };
        let threads: Vec<_> = seeds.map(read).collect();
        let cpu_seconds = cpu_within(window);
        let mut all = Tally::new();
        for thread in threads {
            all.add(thread.join().map_err(|_| "a reading thread panicked")??);
        }
        Outcome::Ok((all, cpu_seconds))
    })?;
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let printed = Printed {
        reads_per_second: real(tally.count()) / measured.as_secs_f64(),
        p50_us: micros(tally.quantile(0.5)),
        p99_us: micros(tally.quantile(0.99)),
        max_us: micros(tally.max()),
        cpu_seconds,
    };
    println!("{}", serde_json::to_string(&printed)?);
    Ok(())
}

/// Asks for one ring order after another until the window ends.
fn read(service: &Service, tenants: &[Tenant], window: Window, seed: u64) -> Outcome<Tally> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tally = Tally::new();
    let mut begun = Instant::now();
    while begun < window.end {
        let (tenant, skill) = (&tenants[random.usize(..tenants.len())], random.choice(SKILLS));
        let skill = skill.ok_or("there are no skills")?;
        let ring = service.cached_ring_order(tenant, skill).during(skill)?;
        if ring.value.is_empty() {
            return Err(format!("nobody has the skill {skill}").into());
        }
        let done = Instant::now();
        if window.holds(done) {
            tally.record(done - begun);
        }
        begun = done;
    }
    Ok(tally)
}

/// Processor seconds that this process spends within a time.
fn cpu_within(window: Window) -> Option<f64> {
    let at = |time: Instant| {
        thread::sleep(time.saturating_duration_since(Instant::now()));
        process::cpu_seconds(std::process::id())
    };
    let (start, end) = (at(window.start), at(window.end));
    Some(end? - start?)
}
