//! The load generator: raw HTTP/1.1 over keep-alive connections, closed loop or paced.
//!
//! It uses no HTTP client library: it shares the processors with the server under test, and whatever
//! it spends lowers the ceiling and flatters the share of it that is measured.

mod connection;
mod pacer;
mod population;
mod tally;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use crate::error::{Context, Outcome};
use crate::figures::real;
use crate::process;
use crate::requests::Mode;
use connection::Connection;
use pacer::Schedule;
use population::Hand;
pub use population::Population;
pub use tally::{Tally, Window};

/// How long after its end a load may still wait for replies.
const GRACE: Duration = Duration::from_secs(30);

/// Time to connect before the first request of a paced load is due.
const CONNECT: Duration = Duration::from_millis(100);

/// What to send, where, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    pub addresses: Vec<SocketAddr>,
    /// Whether each account has one server that gets all its requests.
    pub splits_accounts: bool,
    pub mode: Mode,
    /// Whether the server is the ceiling, which answers every request alike.
    pub fixed_reply: bool,
    /// How many connections there are, each with one request in flight.
    pub connections: usize,
    pub threads: usize,
    pub warm_up: Duration,
    pub measured: Duration,
    /// Requests a second of a paced load. Without it every connection sends as soon as it can.
    pub rate: Option<u32>,
    pub seed: u64,
    /// The processes of the servers.
    pub servers: Vec<u32>,
    /// The parent process of the database behind them.
    pub database: Option<u32>,
}

/// What a load measured.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Right replies a second.
    pub per_second: f64,
    pub latencies: Tally,
    /// Processor seconds in the measured time, unless there was no server.
    pub cpu: Option<Cpu>,
}

impl Figures {
    /// Median, 99th percentile and maximum of the latency.
    pub fn milliseconds(&self) -> [f64; 3] {
        self.latencies.milliseconds()
    }
}

/// Processor seconds in the measured time of a load, or since the start of each process.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    pub servers: f64,
    pub database: Option<f64>,
    pub load: f64,
    /// Of all other processes.
    pub other: f64,
    /// Given to others by the host of a virtual machine.
    pub stolen: f64,
}

impl Cpu {
    /// What was used until `time`.
    fn at(time: Instant, plan: &Plan) -> Outcome<Self> {
        thread::sleep(time.saturating_duration_since(Instant::now()));
        let servers = process::cpu_seconds(&plan.servers)?;
        let database = plan.database.map(process::family_cpu_seconds).transpose()?;
        let load = process::cpu_seconds(&[std::process::id()])?;
        let (busy, stolen) = process::machine_cpu_seconds()?;
        let other = busy - servers - database.unwrap_or_default() - load;
        Ok(Self { servers, database, load, other, stolen })
    }

    fn since(self, start: Self) -> Self {
        Self {
            servers: self.servers - start.servers,
            database: self.database.zip(start.database).map(|(end, start)| end - start),
            load: self.load - start.load,
            // The parts are read one after the other, so a tick may be missing in the sum.
            other: (self.other - start.other).max(0.0),
            stolen: self.stolen - start.stolen,
        }
    }

    /// The share that went to neither the servers, their database nor the load generator.
    pub fn disturbance(&self) -> f64 {
        let foreign = self.other + self.stolen;
        foreign / (foreign + self.servers + self.database.unwrap_or_default() + self.load)
    }
}

/// One connection to be.
#[derive(Debug)]
struct Lane {
    address: SocketAddr,
    hand: Hand,
    /// Only in a paced load.
    due_times: Option<UnboundedReceiver<Instant>>,
}

/// Runs a load to its end. A wrong reply is an error, and so is a lost connection.
pub fn run(plan: &Plan, population: &mut Population) -> Outcome<Figures> {
    let begin = Instant::now() + CONNECT;
    let start = begin + plan.warm_up;
    let window = Window { start, end: start + plan.measured };
    let mut lanes = lanes(plan, population)?;
    if let Some(rate) = plan.rate {
        let channels = lanes.iter_mut().map(|lane| {
            let (sender, receiver) = mpsc::unbounded_channel();
            lane.due_times = Some(receiver);
            sender
        });
        let senders: Vec<_> = channels.collect();
        let schedule = Schedule { begin, end: window.end, rate };
        thread::spawn(move || pacer::run(schedule, &senders));
    }
    let threads = start_all(plan, window, lanes);
    let at_start = Cpu::at(window.start, plan);
    let at_end = Cpu::at(window.end, plan);
    let latencies = finish(threads, population)?;
    Ok(Figures {
        per_second: real(latencies.count()) / plan.measured.as_secs_f64(),
        latencies,
        cpu: Some(at_end?.since(at_start?)),
    })
}

/// Deals out the phones to the connections, which are spread over the servers in turn.
fn lanes(plan: &Plan, population: &mut Population) -> Outcome<Vec<Lane>> {
    if plan.mode == Mode::List {
        population.note_lists();
    }
    let groups = if plan.splits_accounts { plan.addresses.len() } else { 1 };
    let hands = population.deal(plan.connections, plan.seed, groups)?;
    let lanes = hands.into_iter().zip(plan.addresses.iter().cycle());
    Ok(lanes.map(|(hand, &address)| Lane { address, hand, due_times: None }).collect())
}

type Thread = JoinHandle<Outcome<(Vec<Hand>, Tally)>>;

/// Starts the threads that drive the connections.
fn start_all(plan: &Plan, window: Window, lanes: Vec<Lane>) -> Vec<Thread> {
    let mut shares: Vec<Vec<Lane>> = (0..plan.threads.max(1)).map(|_| Vec::new()).collect();
    let threads = shares.len();
    for (number, lane) in lanes.into_iter().enumerate() {
        shares[number % threads].push(lane);
    }
    let (mode, fixed_reply) = (plan.mode, plan.fixed_reply);
    let start = |lanes| thread::spawn(move || drive(mode, fixed_reply, window, lanes));
    shares.into_iter().map(start).collect()
}

/// Waits for all threads, gives the phones back, and merges the tallies.
fn finish(threads: Vec<Thread>, population: &mut Population) -> Outcome<Tally> {
    let mut all = Tally::new();
    for thread in threads {
        let (hands, tally) = thread.join().map_err(|_| "a load thread panicked")??;
        population.gather(hands);
        all.add(tally);
    }
    all.verdict()?;
    Ok(all)
}

/// Runs the connections of one thread on a runtime of their own.
fn drive(
    mode: Mode,
    fixed_reply: bool,
    window: Window,
    lanes: Vec<Lane>,
) -> Outcome<(Vec<Hand>, Tally)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tally = Arc::new(Mutex::new(Tally::new()));
    let hands = runtime.block_on(async {
        let mut connections = JoinSet::new();
        for Lane { address, hand, due_times } in lanes {
            let tally = Arc::clone(&tally);
            let connection = Connection::open(address, hand, mode, fixed_reply, tally).await?;
            let deadline = (window.end + GRACE).into();
            connections.spawn(timeout_at(deadline, connection.run(window, due_times)));
        }
        let mut hands = Vec::new();
        while let Some(hand) = connections.join_next().await {
            let hand = hand.context("a connection")?;
            hands.push(hand.context("no end 30 s after the load: the server is too slow")??);
        }
        Outcome::Ok(hands)
    })?;
    drop(runtime);
    let tally = Arc::into_inner(tally).expect("all connections have ended");
    Ok((hands, tally.into_inner().expect("no thread panics while it counts")))
}
