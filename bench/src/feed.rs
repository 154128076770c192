//! How long a change that one node makes takes to the followers of another node's changefeed.
//!
//! A writer edits the phones of one account through the first node at a modest pace. Two readers
//! follow the account on the second node, by Server-Sent Events and by long poll. Each must see
//! every change once and in order, or there are no figures.

use std::path::Path;
use std::slice;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::database::Database;
use crate::error::{Context, Outcome};
use crate::fixture::{self, Account, Variant};
use crate::http::Client;
use crate::load::Tally;
use crate::program::Ringbook;
use crate::requests;
use crate::server::Server;
use crate::settings::Settings;

/// Edits a second: some thousand phones that people keep up to date.
pub const RATE: u32 = 200;

/// How long the last changes may take to come.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a feed is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// By Server-Sent Events.
    Stream,
    /// By requests that wait for a change.
    LongPoll,
}

impl Reader {
    /// Its name in the report.
    pub fn label(self) -> &'static str {
        match self {
            Self::Stream => "Server-Sent Events",
            Self::LongPoll => "long poll",
        }
    }
}

/// The delays of one round for one reader.
#[derive(Debug)]
pub struct Delays {
    pub round: u32,
    pub reader: Reader,
    /// From before the request for an edit to the change in the reader's hands.
    pub tally: Tally,
}

/// An edit by the writer, or a change that a reader got.
#[derive(Clone, Debug)]
struct Event {
    at: Instant,
    id: u64,
    phone: String,
    number: String,
}

/// Edits an account on one node and follows it on another, round by round.
pub fn measure(
    binary: &Path,
    database: &Database,
    account: &Account,
    settings: &Settings,
    log: &Path,
) -> Outcome<Vec<Delays>> {
    let ringbook = Ringbook::new(binary, database.new_schema());
    ringbook.create([account])?;
    let start = || ringbook.serve_loaded(slice::from_ref(account), log);
    let (writing, reading) = (start()?, start()?);
    let edits = |time: Duration| u32::try_from(time.as_millis() * u128::from(RATE) / 1000);
    let (warm_up, measured) = (edits(settings.warm_up())?, edits(settings.measured())?);
    let mut delays = Vec::new();
    for round in 1..=settings.rounds() {
        database.checkpoint()?;
        let first = (round - 1) * (warm_up + measured);
        let edits = first..first + warm_up + measured;
        let (written, read) = run_round(account, &writing, &reading, edits)?;
        for (reader, seen) in read {
            let tally = compare(&written, &seen, warm_up as usize).context(reader.label())?;
            let [p50, p99, _] = tally.milliseconds();
            let what = format!("round {round}: feed of another node, {}", reader.label());
            eprintln!("  {what:<60} {RATE:>9}/s  p50 {p50:>7.2} ms  p99 {p99:>7.2} ms");
            delays.push(Delays { round, reader, tally });
        }
    }
    writing.stop()?;
    reading.stop()?;
    Ok(delays)
}

/// The edits of a round, and what each reader has seen of them.
type Round = (Vec<Event>, [(Reader, Vec<Event>); 2]);

fn run_round(
    account: &Account,
    writing: &Server,
    reading: &Server,
    edits: std::ops::Range<u32>,
) -> Outcome<Round> {
    let client = writing.client();
    let newest =
        page(&client, account, "/v1/changes?limit=1")?.first().map_or(0, |change| change.id);
    let last = newest + u64::from(edits.end - edits.start);
    thread::scope(|scope| {
        let stream = scope.spawn(|| stream(&reading.client(), account, newest, last));
        let poll = scope.spawn(|| poll(&reading.client(), account, newest, last));
        let written = write(&client, account, newest, edits)?;
        let stream = stream.join().map_err(|_| "the stream's reader panicked")??;
        let poll = poll.join().map_err(|_| "the long poll's reader panicked")??;
        Ok((written, [(Reader::Stream, stream), (Reader::LongPoll, poll)]))
    })
}

/// Makes edits one after another, each when it is due. The edits go round all phones.
fn write(
    client: &Client,
    account: &Account,
    newest: u64,
    edits: std::ops::Range<u32>,
) -> Outcome<Vec<Event>> {
    let (mut written, mut due) = (Vec::new(), Instant::now());
    for (id, edit) in (newest + 1..).zip(edits) {
        let (round, phone) = (edit / account.phones, edit % account.phones);
        let variant = if round.is_multiple_of(2) { Variant::Day } else { Variant::Night };
        let mut body = Vec::new();
        requests::push_edit(&mut body, &account.user_name, phone, variant);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += Duration::from_secs(1) / RATE;
        let at = Instant::now();
        client.edit(account, &body)?;
        let number = fixture::number(phone, variant.other());
        written.push(Event { at, id, phone: fixture::id(phone), number });
    }
    Ok(written)
}

/// Follows a stream up to a change.
fn stream(client: &Client, account: &Account, after: u64, last: u64) -> Outcome<Vec<Event>> {
    let edits = u32::try_from(last - after)?;
    let timeout = Duration::from_secs(1) / RATE * edits * 2 + TIMEOUT;
    let path = format!("/v1/feed?cursor=c{after}");
    let mut seen = Vec::new();
    let mut kind = String::new();
    for line in client.stream(account, &path, timeout)? {
        let line = line?;
        if let Some(name) = line.strip_prefix("event: ") {
            name.clone_into(&mut kind);
        } else if let Some(data) = line.strip_prefix("data: ") {
            if kind != "change" {
                return Err(format!("the stream has the event {kind}: {data}").into());
            }
            seen.push(event_of(&serde_json::from_str(data)?));
            if seen.last().is_some_and(|event: &Event| event.id >= last) {
                break;
            }
        }
    }
    Ok(seen)
}

/// Follows by long poll up to a change.
fn poll(client: &Client, account: &Account, mut after: u64, last: u64) -> Outcome<Vec<Event>> {
    let mut seen = Vec::new();
    while after < last {
        let wait = TIMEOUT.as_secs();
        let path = format!("/v1/feed?cursor=c{after}&wait_s={wait}&limit=1000");
        let changes = page(client, account, &path)?;
        after = changes.last().ok_or_else(|| format!("nothing came after change {after}"))?.id;
        seen.extend(changes);
    }
    Ok(seen)
}

fn page(client: &Client, account: &Account, path: &str) -> Outcome<Vec<Event>> {
    let body = client.get(account, path)?;
    let page: Value = serde_json::from_slice(&body)?;
    Ok(page["items"].as_array().ok_or("no list of changes")?.iter().map(event_of).collect())
}

/// A change that has just come.
fn event_of(change: &Value) -> Event {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Event {
        at: Instant::now(),
        id: text(&change["id"]).trim_start_matches('c').parse().unwrap_or_default(),
        phone: text(&change["phone"]),
        number: text(&change["after"]["number"]),
    }
}

/// The delays after the warm-up, if every edit was seen once and in order.
fn compare(written: &[Event], seen: &[Event], warm_up: usize) -> Outcome<Tally> {
    let key = |event: &Event| (event.id, event.phone.clone(), event.number.clone());
    if let Some((written, seen)) = written.iter().zip(seen).find(|(a, b)| key(a) != key(b)) {
        return Err(format!("{written:?} was seen as {seen:?}").into());
    }
    if seen.len() != written.len() {
        return Err(format!("{} changes came of {}", seen.len(), written.len()).into());
    }
    let mut tally = Tally::new();
    for (written, seen) in written.iter().zip(seen).skip(warm_up) {
        tally.record(seen.at.saturating_duration_since(written.at));
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(at: Instant, changes: &[(u64, u32)]) -> Vec<Event> {
        let event = |&(id, phone): &(u64, u32)| Event {
            at,
            id,
            phone: format!("p{phone}"),
            number: format!("+{phone}"),
        };
        changes.iter().map(event).collect()
    }

    #[test]
    fn delays_are_counted_after_the_warm_up() {
        let begun = Instant::now();
        let changes = [(8, 1), (9, 2), (10, 1)];
        let seen = events(begun + Duration::from_millis(5), &changes);
        let tally = compare(&events(begun, &changes), &seen, 1).unwrap();
        assert_eq!(tally.count(), 2);
        assert!(tally.milliseconds()[2] >= 5.0);
    }

    #[test]
    fn lost_repeated_or_wrong_change_is_an_error() {
        let now = Instant::now();
        let written = events(now, &[(8, 1), (9, 2), (10, 3)]);
        let cases: [&[(u64, u32)]; 6] = [
            &[(8, 1), (9, 2)],
            &[(8, 1), (10, 3)],
            &[(8, 1), (8, 1), (9, 2), (10, 3)],
            &[(8, 1), (9, 2), (10, 3), (10, 3)],
            &[(9, 2), (8, 1), (10, 3)],
            &[(8, 2), (9, 1), (10, 3)],
        ];
        for case in cases {
            assert!(compare(&written, &events(now, case), 0).is_err(), "{case:?}");
        }
    }
}
