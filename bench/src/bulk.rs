//! Bulk edits over the native API: how fast every phone of a large account gets another name, from
//! the first byte of the request to the last one of the reply.

use std::path::Path;
use std::slice;
use std::time::Instant;

use serde_json::Value;

use crate::error::{Context, Outcome};
use crate::figures::{real, thousands};
use crate::fixture::{self, Account};
use crate::http::Client;
use crate::program::Ringbook;
use crate::wire::PHONES_PATH;

/// Renames every phone of an account in each round. Returns rows a second of each.
pub fn measure(
    ringbook: &Ringbook,
    account: &Account,
    rounds: u32,
    log: &Path,
) -> Outcome<Vec<f64>> {
    let server = ringbook.serve_loaded(slice::from_ref(account), log)?;
    let rates = (1..=rounds).map(|round| {
        let rate = rename(&server.client(), account, round);
        let rate = rate.context(format_args!("bulk edit, round {round}"))?;
        eprintln!("  round {round}: {} rows/s", thousands(rate));
        Ok(rate)
    });
    let rates = rates.collect::<Outcome<_>>()?;
    server.stop()?;
    ringbook.check()?;
    Ok(rates)
}

fn rename(client: &Client, account: &Account, round: u32) -> Outcome<f64> {
    let row = |phone| {
        let (id, name) = (fixture::id(phone), name(phone, round));
        format!("{{\"action\":\"edit\",\"phone\":\"{id}\",\"name\":\"{name}\"}}\n")
    };
    let rows: String = (0..account.phones).map(row).collect();
    let path = "/v1/bulk?mode=all_or_nothing";
    let begun = Instant::now();
    let reply = client.post(account, path, "application/x-ndjson", rows.as_bytes())?;
    let took = begun.elapsed();
    check(&reply, account.phones)?;
    let last = account.phones - 1;
    let stored = client.get(account, &format!("{PHONES_PATH}/{}", fixture::id(last)))?;
    let stored = String::from_utf8(stored)?;
    if !stored.contains(&format!("\"name\":\"{}\"", name(last, round))) {
        return Err(format!("the last phone was not renamed: {stored}").into());
    }
    Ok(real(account.phones.into()) / took.as_secs_f64())
}

/// Checks that every row was done, in the order of the request.
fn check(reply: &[u8], phones: u32) -> Outcome<()> {
    let reply: Value = serde_json::from_slice(reply)?;
    let rows = reply["rows"].as_array().ok_or("no rows in the reply")?;
    for (index, row) in (0..).zip(rows) {
        let is_right = row["line"] == index + 1
            && row["status"] == "edited"
            && row["phone"].as_str() == Some(&fixture::id(index));
        if !is_right {
            return Err(format!("wrong reply to a row: {row}").into());
        }
    }
    let summary = &reply["summary"];
    if summary["rows"] != phones || summary["done"] != phones || rows.len() != phones as usize {
        return Err(format!("{phones} rows: {summary}, {} in the reply", rows.len()).into());
    }
    Ok(())
}

/// The name that a phone gets in a round; no other phone has it, and none had it before.
fn name(phone: u32, round: u32) -> String {
    format!("Bulk{round}.{phone:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_must_have_every_row_in_order() {
        let reply = |rows: &str, done| {
            let summary = format!(r#"{{"rows":2,"done":{done},"unchanged":0,"refused":0}}"#);
            format!(r#"{{"summary":{summary},"rows":[{rows}]}}"#).into_bytes()
        };
        let one = r#"{"line":1,"status":"edited","phone":"p1"}"#;
        let two = r#"{"line":2,"status":"edited","phone":"p2"}"#;
        assert!(check(&reply(&[one, two].join(","), 2), 2).is_ok());
        assert!(check(&reply(&[one, two].join(","), 1), 2).is_err());
        assert!(check(&reply(one, 2), 2).is_err());
        assert!(check(&reply(&[two, one].join(","), 2), 2).is_err());
        assert!(check(&reply(&[one, two].join(","), 2), 3).is_err());
    }
}
