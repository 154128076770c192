//! How long a change that one node makes takes to those who follow the feed of another one.
//!
//! A writer edits phones of one account through the first node, at a modest pace; two readers
//! follow the account's changes on the second one, by a stream and by long poll. Each must see
//! every change once, in order, or there are no figures.

mod compare;
mod reader;
mod stream;
mod writer;

use std::slice;
use std::thread;
use std::time::Duration;

use crate::database::Database;
use crate::error::{During, Outcome};
use crate::fixture::Account;
use crate::load::{Population, Tally};
use crate::place::Place;
use crate::prepare::Ringbook;
use crate::rounds::Pace;
use crate::server::Server;
use crate::single;
use reader::Reader;
pub use reader::Way;

/// Edits a second: some thousand phones that are kept up to date by people.
pub const RATE: u32 = 200;

/// How long the changes of one round took to one reader.
#[derive(Debug)]
pub struct Delays {
    /// The round, counted from one.
    pub round: u32,
    /// How they were followed.
    pub way: Way,
    /// From just before the request for an edit to the change in the reader's hands.
    pub tally: Tally,
}

/// Two nodes over one database.
struct Nodes {
    writing: Server,
    reading: Server,
}

/// Has the account edited on one node and followed on another, round by round.
pub fn measure(
    directory: &Place,
    database: &Database,
    account: &Account,
    pace: &Pace,
) -> Outcome<Vec<Delays>> {
    let ringbook = Ringbook::new(directory.binary, database.new_schema().url);
    directory.create(&ringbook, [account])?;
    let start = || {
        let node = Server::start(ringbook.command(&["serve"]), &directory.log())?;
        single::preload(&node, slice::from_ref(account))?;
        Outcome::Ok(node)
    };
    let nodes = Nodes { writing: start()?, reading: start()? };
    let mut phones = Population::new(slice::from_ref(account));
    let mut delays = Vec::new();
    for round in 1..=pace.rounds {
        database.checkpoint()?;
        let of_round = nodes.round(account, &mut phones, pace, round);
        delays.extend(of_round.during(format_args!("round {round}, feed"))?);
    }
    nodes.writing.stop_orderly()?;
    nodes.reading.stop_orderly()?;
    Ok(delays)
}

impl Nodes {
    fn round(
        &self,
        account: &Account,
        phones: &mut Population,
        pace: &Pace,
        round: u32,
    ) -> Outcome<Vec<Delays>> {
        let (warm_up, measured) = (edits_in(pace.warm_up), edits_in(pace.measured));
        let newest = reader::newest(&self.writing, account)?;
        let open = |way| Reader::open(way, self.reading.address(), account, newest);
        let readers = Way::ALL.map(|way| open(way).map(|reader| (way, reader)));
        let mut hand = phones.deal(1, pace.seed.wrapping_add(round.into()))?.remove(0);
        let (written, seen) = thread::scope(|scope| {
            let mut following = Vec::new();
            for reader in readers {
                let (way, reader) = reader?;
                following.push((way, scope.spawn(|| reader.follow(warm_up + measured))));
            }
            let written = writer::write(self.writing.address(), &mut hand, warm_up + measured)?;
            let mut all_seen = Vec::new();
            for (way, thread) in following {
                let seen = thread.join().map_err(|_| "a reading thread panicked")?;
                all_seen.push((way, seen.during(way.label())?));
            }
            Outcome::Ok((written, all_seen))
        })?;
        phones.gather([hand]);
        let delays = seen.into_iter().map(|(way, seen)| {
            let tally = compare::delays(&written, &seen, newest, warm_up).during(way.label())?;
            tell(round, way, &tally);
            Ok(Delays { round, way, tally })
        });
        delays.collect()
    }
}

/// How many edits there are in a time, at least one.
fn edits_in(time: Duration) -> usize {
    let edits = time.as_millis() * u128::from(RATE) / 1000;
    usize::try_from(edits).unwrap_or(usize::MAX).max(1)
}

fn tell(round: u32, way: Way, tally: &Tally) {
    let ms = |share| tally.quantile(share).as_secs_f64() * 1000.0;
    let what = format!("round {round}: feed of another node, {}", way.label());
    eprintln!("  {what:<60} {RATE:>9}/s  p50 {:>7.2} ms  p99 {:>7.2} ms", ms(0.5), ms(0.99));
}
