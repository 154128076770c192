//! The load generator: raw HTTP/1.1 over keep-alive connections, closed loop or paced.
//!
//! It uses no HTTP client library. It shares the processors with the server under test, and
//! whatever it spends lowers the ceiling and flatters the share that is measured of it.

mod connection;
mod mode;
mod pacer;
mod pages;
mod reply;
mod tally;
mod workload;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use crate::error::{During, Outcome};
use crate::numbers::real;
use crate::process::{self, MachineTime};
use connection::Connection;
pub use mode::Mode;
use pacer::Schedule;
pub use reply::parse as parse_reply;
pub use tally::{Tally, Window};
pub use workload::{Hand, Population};

/// How long after its end a load may still be waiting for replies.
const GRACE: Duration = Duration::from_secs(30);

/// Time to connect before the first request of a paced load is due.
const CONNECT: Duration = Duration::from_millis(100);

/// What to send, where, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The servers; connections go to one after the other in turn.
    pub addresses: Vec<SocketAddr>,
    /// Whether all requests for an account go to the same server.
    pub keeps_accounts: bool,
    /// What the requests do.
    pub mode: Mode,
    /// Whether the server answers everything alike, as the ceiling does.
    pub fixed_reply: bool,
    /// How many connections there are, each with one request in flight.
    pub connections: usize,
    /// Over how many threads they are spread.
    pub threads: usize,
    /// How long to send before counting.
    pub warm_up: Duration,
    /// How long to count.
    pub measured: Duration,
    /// Requests a second of a paced load; without it every connection sends when it can.
    pub rate: Option<u32>,
    /// The seed of the choice of phones.
    pub seed: u64,
    /// Whose processor time is to be read.
    pub watched: Watched,
}

/// Processes whose processor time is a load's own.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The servers.
    pub servers: Vec<u32>,
    /// The process that all others of the database behind them are children of.
    pub database: Option<u32>,
}

/// What a load measured.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Right replies a second.
    pub per_second: f64,
    /// Median latency.
    pub p50: Duration,
    /// The latency that one reply in a hundred exceeded.
    pub p99: Duration,
    /// The slowest reply.
    pub max: Duration,
    /// Processor seconds that the servers spent in the window, where they can be read.
    pub server_cpu: Option<f64>,
    /// Processor seconds that the database behind them spent in the window, if there is one.
    pub database_cpu: Option<f64>,
    /// Processor seconds that this process spent in the window.
    pub load_cpu: Option<f64>,
    /// Processor seconds that all other processes spent in the window.
    pub other_cpu: Option<f64>,
    /// Processor seconds that the host of a virtual machine gave to others in the window.
    pub stolen_cpu: Option<f64>,
}

impl Figures {
    /// The share of all processor time in use that went neither to the servers and their
    /// database nor to this process, where it can be read.
    pub fn disturbance(&self) -> Option<f64> {
        let foreign = self.other_cpu? + self.stolen_cpu?;
        let own = self.server_cpu? + self.database_cpu.unwrap_or_default() + self.load_cpu?;
        Some(foreign / (foreign + own))
    }
}

/// What each connection does after it has connected.
#[derive(Clone, Copy, Debug)]
enum Task {
    Load(Window),
    Survey,
}

/// What one connection works on.
#[derive(Debug)]
struct Lane {
    address: SocketAddr,
    hand: Hand,
    /// Only in a paced load.
    due_times: Option<UnboundedReceiver<Instant>>,
}

/// Runs a load to its end. Any wrong reply is an error, and so is a lost connection.
pub fn run(plan: &Plan, population: &mut Population) -> Outcome<Figures> {
    let begin = Instant::now() + CONNECT;
    let start = begin + plan.warm_up;
    let window = Window { start, end: start + plan.measured };
    let mut lanes = lanes(plan, population)?;
    if let Some(rate) = plan.rate {
        let mut senders = Vec::new();
        for lane in &mut lanes {
            let (sender, due_times) = mpsc::unbounded_channel();
            senders.push(sender);
            lane.due_times = Some(due_times);
        }
        let schedule = Schedule { begin, end: window.end, rate };
        thread::spawn(move || pacer::run(schedule, &senders));
    }
    let driven = drive_all(plan, Task::Load(window), lanes);
    let at_start = Spent::at(window.start, plan);
    let at_end = Spent::at(window.end, plan);
    let tally = finish(driven, population)?;
    let spent = |of: fn(&Spent) -> Option<f64>| Some(of(&at_end)? - of(&at_start)?);
    let (server_cpu, load_cpu) = (spent(|at| at.servers), spent(|at| at.load));
    let database_cpu = spent(|at| at.database);
    let busy = spent(|at| at.machine.map(|machine| machine.busy));
    let own = server_cpu.zip(load_cpu).map(|(server, load)| server + load);
    let own = own.map(|own| own + database_cpu.unwrap_or_default());
    Ok(Figures {
        per_second: real(tally.count()) / plan.measured.as_secs_f64(),
        p50: tally.quantile(0.5),
        p99: tally.quantile(0.99),
        max: tally.max(),
        server_cpu,
        database_cpu,
        load_cpu,
        // The parts are read one after the other, so a tick may be missing in the sum.
        other_cpu: busy.zip(own).map(|(busy, own)| (busy - own).max(0.0)),
        stolen_cpu: spent(|at| at.machine.map(|machine| machine.stolen)),
    })
}

/// Asks the server which variant every phone is in, for a store that earlier loads changed.
pub fn survey(plan: &Plan, population: &mut Population) -> Outcome<()> {
    let plan = Plan { mode: Mode::Get, ..plan.clone() };
    let lanes = lanes(&plan, population)?;
    finish(drive_all(&plan, Task::Survey, lanes), population)?;
    Ok(())
}

/// A lane for each connection, the servers in turn.
fn lanes(plan: &Plan, population: &mut Population) -> Outcome<Vec<Lane>> {
    if plan.mode == Mode::List {
        population.note_pages();
    }
    let groups = if plan.keeps_accounts { plan.addresses.len() } else { 1 };
    let hands = population.deal_by_account(plan.connections, plan.seed, groups)?;
    let lanes = hands.into_iter().zip(plan.addresses.iter().cycle());
    Ok(lanes.map(|(hand, &address)| Lane { address, hand, due_times: None }).collect())
}

type Driven = Vec<thread::JoinHandle<Outcome<(Vec<Hand>, Tally)>>>;

/// Spreads the lanes over threads and starts them.
fn drive_all(plan: &Plan, task: Task, lanes: Vec<Lane>) -> Driven {
    let mut shares: Vec<Vec<Lane>> = (0..plan.threads.max(1)).map(|_| Vec::new()).collect();
    let threads = shares.len();
    for (number, lane) in lanes.into_iter().enumerate() {
        shares[number % threads].push(lane);
    }
    let start = |share| {
        let plan = plan.clone();
        thread::spawn(move || drive(&plan, task, share))
    };
    shares.into_iter().map(start).collect()
}

/// Waits for all threads, gives the phones back, and merges the counts.
fn finish(driven: Driven, population: &mut Population) -> Outcome<Tally> {
    let mut all = Tally::new();
    for thread in driven {
        let (hands, tally) = thread.join().map_err(|_| "a load thread panicked")??;
        population.gather(hands);
        all.add(tally);
    }
    all.verdict()?;
    Ok(all)
}

/// Runs the connections of one thread on a runtime of their own.
fn drive(plan: &Plan, task: Task, lanes: Vec<Lane>) -> Outcome<(Vec<Hand>, Tally)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tally = Arc::new(Mutex::new(Tally::new()));
    let hands = runtime.block_on(async {
        let mut connections = JoinSet::new();
        for Lane { address, hand, due_times } in lanes {
            let connection = Connection::open(address, hand, plan.mode, plan.fixed_reply).await?;
            connections.spawn(go(connection, task, Arc::clone(&tally), due_times));
        }
        let mut hands = Vec::new();
        while let Some(hand) = connections.join_next().await {
            hands.push(hand.during("a connection")??);
        }
        Outcome::Ok(hands)
    })?;
    drop(runtime);
    let tally = Arc::into_inner(tally).expect("all connections have ended");
    Ok((hands, tally.into_inner().expect("no thread panics while it counts")))
}

async fn go(
    connection: Connection,
    task: Task,
    tally: Arc<Mutex<Tally>>,
    due_times: Option<UnboundedReceiver<Instant>>,
) -> Outcome<Hand> {
    let Task::Load(window) = task else {
        return connection.survey(tally).await;
    };
    let load = async {
        match due_times {
            None => connection.run_closed(window, tally).await,
            Some(due_times) => connection.run_paced(window, tally, due_times).await,
        }
    };
    tokio::time::timeout_at((window.end + GRACE).into(), load)
        .await
        .map_err(|_| "no end 30 s after the load: the server hangs or cannot keep up the rate")?
}

/// Processor seconds so far, where they can be read.
struct Spent {
    servers: Option<f64>,
    database: Option<f64>,
    load: Option<f64>,
    machine: Option<MachineTime>,
}

impl Spent {
    /// Waits for a time, and reads what was spent until then.
    fn at(time: Instant, plan: &Plan) -> Self {
        thread::sleep(time.saturating_duration_since(Instant::now()));
        Self {
            servers: process::cpu_seconds_of(&plan.watched.servers),
            database: plan.watched.database.and_then(process::family_cpu_seconds),
            load: process::cpu_seconds(std::process::id()),
            machine: process::machine_time(),
        }
    }
}
