//! A large account beside a small one: how much longer its pages take, how long a search through all
//! phones takes, and how long others wait beside clients that list without pause.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use crate::error::{Context, Outcome};
use crate::figures::median;
use crate::fixture::{self, Account};
use crate::http::Client;
use crate::measurements::Other;
use crate::program::Ringbook;
use crate::wire::PHONES_PATH;

/// Skills that few phones have, and how many do.
const RARE: [(&str, u32); 2] = [("Pair", 2), ("Fifty", 50)];

/// The pages that are compared, by the line that they belong to. The slowest one of a line counts.
const PAGES: [(Other, &str); 9] = [
    (Other::RingOfTwo, "/v1/skills/Pair/ring-order"),
    (Other::RingOfFifty, "/v1/skills/Fifty/ring-order"),
    (Other::SortedPage, "/v1/phones?sort=created"),
    (Other::SortedPage, "/v1/phones?sort=-created"),
    (Other::SortedPage, "/v1/phones?sort=number"),
    (Other::SortedPage, "/v1/phones?sort=-number"),
    (Other::SortedPage, "/v1/phones?sort=name"),
    (Other::SortedPage, "/v1/phones?sort=-name"),
    (Other::SkillList, "/v1/skills"),
];

/// A search that no phone matches.
const SEARCH: &str = "/v1/phones?contains=nobody";

/// What the clients that list without pause ask for in turn.
const LISTS: [&str; 4] = [
    "/v1/phones?sort=name&limit=1000",
    "/v1/phones?sort=number&skill=Sales",
    SEARCH,
    "/v1/skills/Fifty/ring-order",
];

/// Clients that list without pause.
const LISTERS: usize = 4;

/// Measures a server that has both accounts in memory.
pub fn measure(
    ringbook: &Ringbook,
    [small, large]: [&Account; 2],
    times: usize,
    log: &Path,
) -> Outcome<Vec<(Other, f64)>> {
    ringbook.create_account(small)?;
    let server = ringbook.serve_loaded(&[small.clone(), large.clone()], log)?;
    let client = server.client();
    for account in [small, large] {
        assign_rare(&client, account)?;
    }
    let mut measured = Vec::<(Other, f64)>::new();
    for (other, path) in PAGES {
        let mut took = [Vec::new(), Vec::new()];
        for _ in 0..times {
            for (took, account) in took.iter_mut().zip([small, large]) {
                took.push(seconds(|| client.get(account, path))?);
            }
        }
        let [of_small, of_large] = took.map(|took| median(took).unwrap_or_default());
        let (ratio, ms) = (of_large / of_small, of_large * 1000.0);
        eprintln!("  {path:<40} {ms:>8.3} ms  {ratio:.2} times as long");
        match measured.iter_mut().find(|(line, _)| *line == other) {
            Some((_, slowest)) => *slowest = slowest.max(ratio),
            None => measured.push((other, ratio)),
        }
    }
    let searches: Outcome<Vec<f64>> =
        (0..times.div_ceil(5)).map(|_| seconds(|| client.get(large, SEARCH))).collect();
    measured.extend(median(searches?).map(|took| (Other::Search, took)));

    let is_over = AtomicBool::new(false);
    let waits = thread::scope(|scope| {
        for lister in 0..LISTERS {
            let (server, is_over) = (&server, &is_over);
            scope.spawn(move || {
                let client = server.client();
                for path in LISTS.iter().cycle().skip(lister) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    // A search may find too many others: that is an answer too.
                    let _ = client.get(large, path);
                }
            });
        }
        let waits = waits(&client, large, times);
        is_over.store(true, Ordering::Relaxed);
        waits
    });
    measured.extend(waits?);
    server.stop()?;
    Ok(measured)
}

/// The 90th percentiles of edits and of health checks, which take turns.
fn waits(client: &Client, account: &Account, times: usize) -> Outcome<[(Other, f64); 2]> {
    let (mut edits, mut health) = (Vec::new(), Vec::new());
    for nth in 0..times {
        let index = u32::try_from(nth).context(nth)? * 7919 % account.phones;
        let path = format!("{PHONES_PATH}/{}", fixture::id(index));
        let body = format!("{{\"name\":\"Edited-{nth}\"}}");
        edits.push(seconds(|| client.patch(account, &path, &body))?);
        health.push(seconds(|| client.get(account, "/healthz"))?);
    }
    let p90 = |mut took: Vec<f64>| {
        took.sort_by(f64::total_cmp);
        took.get(took.len() * 9 / 10).copied().unwrap_or_default()
    };
    Ok([(Other::EditBesideLists, p90(edits)), (Other::HealthBesideLists, p90(health))])
}

/// Gives rare skills to phones all over the account.
fn assign_rare(client: &Client, account: &Account) -> Outcome<()> {
    for (skill, phones) in RARE {
        client.post_json(account, "/v1/skills", &format!("{{\"name\":\"{skill}\"}}"))?;
        for phone in (0..phones).map(|nth| nth * (account.phones / phones)) {
            let path = format!("{PHONES_PATH}/{}", fixture::id(phone));
            client.patch(account, &path, &format!("{{\"assign\":[\"{skill}\"]}}"))?;
        }
    }
    Ok(())
}

fn seconds<T>(request: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    let begun = Instant::now();
    request()?;
    Ok(begun.elapsed().as_secs_f64())
}
