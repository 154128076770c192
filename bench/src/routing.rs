//! Routing: how fast phone systems are told which fifty phones to ring, beside a server that sends as
//! many bytes; in a large account; beside an import and edits; and in many accounts in turn, none of
//! which is in memory.

use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use crate::bench::{Bench, own_command, tell, whole};
use crate::error::Outcome;
use crate::figures::{median, real};
use crate::fixture::{Account, Variant};
use crate::http::Client;
use crate::load::{self, Plan, Population};
use crate::measurements::{Load, Other, Target, Work};
use crate::one_off::sqlite3;
use crate::process::resident_bytes;
use crate::requests::{self, Mode};
use crate::server::Server;

/// How a phone system asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Kamailio,
    Dial,
    Queue,
    Freeswitch,
    Plain,
    /// All of them in turn.
    All,
}
use Dialect::{All, Dial, Freeswitch, Kamailio, Plain, Queue};

/// The type of what a POST has.
const FORM: &str = "application/x-www-form-urlencoded";

const EACH: [Dialect; 5] = [Kamailio, Dial, Queue, Freeswitch, Plain];

/// Gives fifty phones all over each account the skill that is asked for, and each account templates;
/// and makes accounts with fifty phones, which have the key of the first account. The history knows
/// nothing of it.
const PREPARE: &str = r#"
INSERT INTO skill SELECT account_id, next_skill_id, 'Fifty', version FROM account_version;
UPDATE phone SET skills = json_set(skills, '$."' || next_skill_id || '"', phone.id)
FROM account_version AS of
WHERE of.account_id = phone.account_id AND phone.id % ((next_phone_id - 1) / 50) = 0;
UPDATE account_version SET next_skill_id = next_skill_id + 1;
INSERT INTO routing SELECT account_id, 'account', json_object(
    'dial_template.kamailio', 'sip:{number}@sbc.example:5060',
    'dial_template.asterisk.dial', 'PJSIP/{number}@trunk',
    'dial_template.asterisk.member', 'Local/{number}@hunt-out/n',
    'dial_template.freeswitch', 'sofia/gateway/trunk/{number}'), version FROM account_version;
CREATE TEMP TABLE cold AS SELECT value AS nth, (SELECT max(id) FROM account) + value AS id
FROM generate_series(1, COUNT);
INSERT INTO account (id, user_name, api_key_sha256, api_authentication, phone_number_limit)
SELECT cold.id, 'cold-' || nth, api_key_sha256, api_authentication, 50
FROM cold JOIN account ON account.id = 1;
INSERT INTO account_version SELECT id, 1, 51, 2, 1 FROM cold;
INSERT INTO skill SELECT id, 1, 'Fifty', 1 FROM cold;
INSERT INTO phone (key, number, name, skills, version)
SELECT id << 32 | value, printf('+917%09d', value), 'Asha.' || value, json_object('1', value), 1
FROM cold, generate_series(1, 50);"#;

/// Runs the loads, and measures the rest.
pub fn measure(bench: &mut Bench<'_>) -> Outcome<()> {
    let count = if bench.settings.quick { 100 } else { 20_000 };
    let (file, ringbook) = bench.store("routing.db");
    let accounts = [&*bench.accounts.many, slice::from_ref(&bench.accounts.large)].concat();
    ringbook.create(&accounts)?;
    sqlite3(&file, &PREPARE.replace("COUNT", &count.to_string()))?;
    let ceiling = Server::start(own_command("ceiling")?, &bench.dir.join("ceiling.log"))?;
    // A call does not wait until a large account is loaded.
    let server = ringbook.serve_loaded(&accounts, &bench.log)?;
    let (rounds, top) = (bench.settings.rounds(), Work::Requests(Mode::Route(All), 64));
    for round in 1..=rounds {
        for dialect in EACH {
            let work = Work::Requests(Mode::Route(dialect), 64);
            run(bench, round, Load(Target::Ceiling, work), [&server, &ceiling], None)?;
            run(bench, round, Load(Target::Sqlite, work), [&server; 2], None)?;
        }
        run(bench, round, Load(Target::Sqlite, top), [&server; 2], None)?;
    }
    let rate = median(bench.results.per_second(Load(Target::Sqlite, top))).map(|rate| rate / 2.0);
    let calls = Work::Paced(Mode::Route(All));
    for round in 1..=rounds {
        for target in [Target::Sqlite, Target::OneAccount] {
            run(bench, round, Load(target, calls), [&server; 2], rate)?;
        }
    }
    let imported = Account::new(9_999, bench.accounts.large.phones);
    ringbook.create_empty(&imported)?;
    let mut rows = Vec::new();
    imported.write_csv(&mut rows)?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let path = "/v1/imports?mode=keep_going";
        let import = || server.client().post(&imported, path, "text/csv", &rows);
        let (import, edits) =
            (scope.spawn(import), scope.spawn(|| edit(&server.client(), &accounts, &is_over)));
        let loaded = run(bench, 1, Load(Target::Busy, calls), [&server; 2], rate);
        let was_long = bench.settings.quick || !import.is_finished();
        is_over.store(true, Ordering::Relaxed);
        import.join().map_err(|_| "the import panicked")??;
        eprintln!("  {} edits beside it", edits.join().map_err(|_| "the edits panicked")??);
        loaded.and(if was_long { Ok(()) } else { Err("the import was over too soon".into()) })
    })?;
    server.stop()?;

    let server = ringbook.serve(&bench.log)?;
    let (client, mut slowest) = (server.client(), 0.0_f64);
    for nth in 1..=count {
        let account =
            Account { user_name: format!("cold-{nth}"), ..bench.accounts.many[0].clone() };
        let begun = Instant::now();
        ask(&client, &account, Plain)?;
        slowest = slowest.max(begun.elapsed().as_secs_f64());
    }
    let bytes = real(resident_bytes(server.pid())?);
    bench.results.others.extend([(Other::ColdAccount, slowest), (Other::ColdMemory, bytes)]);
    server.stop()
}

/// Runs a load on the second server. What is right, the first one says.
fn run(
    bench: &mut Bench<'_>,
    round: u32,
    load: Load,
    [server, under_load]: [&Server; 2],
    rate: Option<f64>,
) -> Outcome<()> {
    let Load(target, Work::Requests(mode, _) | Work::Paced(mode)) = load;
    let (Mode::Route(dialect), settings) = (mode, bench.settings) else { return Ok(()) };
    let accounts = match target {
        Target::OneAccount => slice::from_ref(&bench.accounts.large),
        _ => &bench.accounts.many,
    };
    let dialects = if dialect == All { &EACH[..] } else { slice::from_ref(&dialect) };
    let (client, mut questions) = (server.client(), Vec::new());
    for (account, dialect) in
        accounts.iter().flat_map(|one| dialects.iter().map(move |of| (one, of)))
    {
        let reply = ask(&client, account, *dialect)?;
        let (path, form) = asks(*dialect);
        let fixed = format!("/fixed?{}", reply.len());
        questions.push(match target {
            Target::Ceiling => (request(account, &fixed, form), vec![b'.'; reply.len()]),
            // Edits change what is right.
            Target::Busy => (request(account, path, form), Vec::new()),
            _ => (request(account, path, form), reply),
        });
    }
    let plan = Plan {
        addresses: vec![under_load.address],
        splits_accounts: false,
        mode,
        fixed_reply: false,
        connections: 64,
        threads: settings.threads,
        warm_up: settings.warm_up(),
        measured: settings.measured(),
        rate: rate.map(whole),
        seed: settings.seed + bench.results.loads.len() as u64,
        servers: vec![under_load.pid()],
        database: None,
    };
    let figures = load::run(&plan, &mut Population::asking(questions, 64))?;
    tell(round, load, &figures);
    bench.results.loads.push((round, load, figures));
    Ok(())
}

/// The path of a question, and the form of a POST.
fn asks(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Kamailio => ("/pbx/kamailio/route?user=Fifty", ""),
        Dial => ("/pbx/asterisk/dial?skill=Fifty", ""),
        Queue => ("/pbx/asterisk/queue_members/multi", "interface%20LIKE=%25&queue_name=Fifty"),
        Freeswitch => (
            "/pbx/freeswitch",
            "hostname=pbx&section=dialplan&tag_name=&key_name=&key_value=\
             &Hunt-Context=public&Hunt-Destination-Number=Fifty",
        ),
        Plain | All => ("/pbx/plain?skill=Fifty", ""),
    }
}

/// A request with its body.
fn request(account: &Account, path: &str, form: &str) -> Vec<u8> {
    let (key, bytes) = (account.authorization(), form.len());
    let method = if form.is_empty() { "GET" } else { "POST" };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n\
         Content-Type: {FORM}\r\nContent-Length: {bytes}\r\n\r\n"
    );
    [head.as_bytes(), form.as_bytes()].concat()
}

/// The answer to a question, which has as many phones as the phone system takes.
fn ask(client: &Client, account: &Account, dialect: Dialect) -> Outcome<Vec<u8>> {
    let reply = match asks(dialect) {
        (path, "") => client.get(account, path)?,
        (path, form) => client.post(account, path, FORM, form.as_bytes())?,
    };
    let text = String::from_utf8_lossy(&reply).replace("%2B", "+");
    if text.matches("+91").count() == if dialect == Kamailio { 12 } else { 50 } {
        return Ok(reply);
    }
    Err(format!("{dialect:?} is answered with other phones: {text}").into())
}

/// Edits phones that are asked for until it is over. Returns how many times.
fn edit(client: &Client, accounts: &[Account], is_over: &AtomicBool) -> Outcome<usize> {
    let mut edits = 0;
    for variant in [Variant::Day, Variant::Night].into_iter().cycle() {
        for account in accounts {
            if is_over.load(Ordering::Relaxed) {
                return Ok(edits);
            }
            let mut body = Vec::new();
            requests::push_edit(&mut body, &account.user_name, account.phones / 50 - 1, variant);
            client.edit(account, &body)?;
            edits += 1;
        }
    }
    Ok(edits)
}
