//! Bulk edits over the native API: how fast all phones of a large account get another name, all of
//! them or none, from the first byte that is sent to the last one that is answered.

use std::slice;
use std::time::Instant;

use serde::Deserialize;

use crate::client::Client;
use crate::error::{During, Outcome};
use crate::fixture::{self, Account};
use crate::numbers::{real, thousands};
use crate::place::Place;
use crate::prepare::Ringbook;
use crate::server::Server;
use crate::single;
use crate::wire::PHONES_PATH;

/// What is answered.
#[derive(Deserialize)]
struct Answer {
    summary: Summary,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Summary {
    rows: usize,
    done: usize,
}

/// What became of one row.
#[derive(Debug, Deserialize)]
struct Row {
    line: usize,
    status: String,
    phone: String,
}

/// Renames all phones of an account, as often as there are rounds; rows a second of each.
pub fn measure(
    place: &Place,
    ringbook: &Ringbook,
    account: &Account,
    rounds: u32,
) -> Outcome<Vec<f64>> {
    let server = Server::start(ringbook.command(&["serve"]), &place.log())?;
    single::preload(&server, slice::from_ref(account))?;
    let mut rows_per_second = Vec::new();
    for round in 1..=rounds {
        let rate = rename(&server, account, round).during(format_args!("bulk, round {round}"))?;
        eprintln!("  round {round}: {} rows/s", thousands(rate));
        rows_per_second.push(rate);
    }
    server.stop_orderly()?;
    ringbook.check()?;
    Ok(rows_per_second)
}

fn rename(server: &Server, account: &Account, round: u32) -> Outcome<f64> {
    let request = request(account, round);
    let mut client = Client::connect(server.address())?;
    let begun = Instant::now();
    let answer = client.ask(&request)?;
    let took = begun.elapsed();
    compare(&answer, account.phones)?;
    let last = account.phones - 1;
    let stored = client.ask(&get(account, last))?;
    let stored = String::from_utf8(stored)?;
    if !stored.contains(&format!("\"name\":\"{}\"", name(last, round))) {
        return Err(format!("the last phone was to be renamed and is {stored}").into());
    }
    Ok(real(account.phones.into()) / took.as_secs_f64())
}

/// Whether every row was done, in the order in which they were sent.
fn compare(answer: &[u8], phones: u32) -> Outcome<()> {
    let Answer { summary, rows } = serde_json::from_slice(answer)?;
    let is_right = |(index, row): (u32, &Row)| {
        row.line == index as usize + 1 && row.status == "edited" && row.phone == fixture::id(index)
    };
    if let Some((_, row)) = (0..).zip(&rows).find(|of_phone| !is_right(*of_phone)) {
        return Err(format!("a row was answered {row:?}").into());
    }
    let counts = [summary.rows, summary.done, rows.len()];
    if counts != [phones as usize; 3] {
        let [sent, done, told] = counts;
        return Err(format!("of {phones} rows {sent} came, {done} were done, {told} told").into());
    }
    Ok(())
}

fn request(account: &Account, round: u32) -> Vec<u8> {
    let row = |phone| {
        let (id, name) = (fixture::id(phone), name(phone, round));
        format!("{{\"action\":\"edit\",\"phone\":\"{id}\",\"name\":\"{name}\"}}\n")
    };
    let body: String = (0..account.phones).map(row).collect();
    let (authorization, length) = (account.authorization(), body.len());
    let head = format!(
        "POST {PHONES_PATH}:bulk?mode=all_or_nothing HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: {authorization}\r\nContent-Type: application/x-ndjson\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    [head, body].concat().into_bytes()
}

fn get(account: &Account, phone: u32) -> Vec<u8> {
    let (authorization, id) = (account.authorization(), fixture::id(phone));
    format!(
        "GET {PHONES_PATH}/{id} HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: {authorization}\r\n\r\n"
    )
    .into_bytes()
}

/// The name that a phone gets: no other one has it, and none before had it.
fn name(phone: u32, round: u32) -> String {
    format!("Bulk{round}.{phone:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_of_every_row_in_order() {
        let answer = |rows: &str, done| {
            let summary = format!(r#"{{"rows":2,"done":{done},"unchanged":0,"refused":0}}"#);
            format!(r#"{{"summary":{summary},"rows":[{rows}]}}"#).into_bytes()
        };
        let one = r#"{"line":1,"status":"edited","phone":"p1"}"#;
        let two = r#"{"line":2,"status":"edited","phone":"p2"}"#;
        assert!(compare(&answer(&[one, two].join(","), 2), 2).is_ok());
        assert!(compare(&answer(&[one, two].join(","), 1), 2).is_err());
        assert!(compare(&answer(one, 2), 2).is_err());
        assert!(compare(&answer(&[two, one].join(","), 2), 2).is_err());
        assert!(compare(&answer(&[one, two].join(","), 2), 3).is_err());
    }

    #[test]
    fn a_request_has_a_line_for_each_phone() {
        let request = String::from_utf8(request(&Account::new(0, 3), 2)).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
        assert_eq!(body.lines().count(), 3);
        let first = r#"{"action":"edit","phone":"p1","name":"Bulk2.000000"}"#;
        assert_eq!(body.lines().next(), Some(first));
    }
}
