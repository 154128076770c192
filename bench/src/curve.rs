//! What an edit costs on `PostgreSQL` with few phones stored, and with many.
//!
//! Each point is a store of its own, filled by SQL; the loads on them take turns.

use std::time::{Duration, Instant};

use crate::database::Database;
use crate::error::Outcome;
use crate::fixture::Account;
use crate::fixture_sql as sql;
use crate::load::{self, Figures, Mode, Plan, Population, Watched};
use crate::numbers::{median, real, thousands};
use crate::place::Place;
use crate::prepare::Ringbook;
use crate::rounds::{Pace, tell};
use crate::server::Server;
use crate::single;

/// Up to so many phones, what was filled is checked by ringbook's rules, as a check reads it all.
const CHECKED_PHONES_MAX: u64 = 100_000;

/// Connections of a load.
const CONNECTIONS: usize = 64;

/// What was measured with so many phones.
#[derive(Debug)]
pub struct Point {
    /// How many phones the store has.
    pub phones: u64,
    /// How long it took to fill it, tidying up included.
    pub filled_in: Duration,
    /// Bytes of its tables and indexes when it was filled, per phone.
    pub bytes_per_phone: f64,
    /// How long each load was measured.
    pub measured: Duration,
    /// The loads, one a round.
    pub rounds: Vec<Figures>,
}

impl Point {
    /// The median over the rounds of something.
    pub fn median(&self, of: impl Fn(&Figures) -> Option<f64>) -> Option<f64> {
        median(self.rounds.iter().map(of).collect::<Option<Vec<_>>>()?)
    }

    /// The median over the rounds of processor seconds an edit.
    pub fn per_edit(&self, of: impl Fn(&Figures) -> Option<f64>) -> Option<f64> {
        let edits = |figures: &Figures| figures.per_second * self.measured.as_secs_f64();
        self.median(|figures| Some(of(figures)? / edits(figures)))
    }
}

/// A store with a node over it.
struct Site {
    node: Server,
    phones: Population,
    point: Point,
}

/// Fills a store for each of these sets of accounts, and measures edits on them in turn.
pub fn measure(
    directory: &Place,
    database: &Database,
    points: &[Vec<Account>],
    pace: &Pace,
) -> Outcome<Vec<Point>> {
    let sites = points.iter().map(|accounts| Site::prepare(directory, database, accounts));
    let mut sites = sites.collect::<Outcome<Vec<_>>>()?;
    for round in 1..=pace.rounds {
        for site in &mut sites {
            // All begin alike: after a checkpoint, the first change of a page is logged whole.
            database.checkpoint()?;
            let plan = site.plan(pace, round, database.pid()?);
            let figures = load::run(&plan, &mut site.phones)?;
            site.point.measured = pace.measured;
            let phones = thousands(real(site.point.phones));
            tell(&format!("round {round}: PostgreSQL, edit, {phones} phones"), &figures);
            site.point.rounds.push(figures);
        }
    }
    let finish = |site: Site| {
        site.node.stop_orderly()?;
        Ok(site.point)
    };
    sites.into_iter().map(finish).collect()
}

impl Site {
    fn prepare(directory: &Place, database: &Database, accounts: &[Account]) -> Outcome<Self> {
        let phones = accounts.iter().map(|account| u64::from(account.phones)).sum();
        eprintln!("filling a database with {} phones", thousands(real(phones)));
        let schema = database.new_schema();
        let ringbook = Ringbook::new(directory.binary, schema.url.clone());
        let begun = Instant::now();
        for account in accounts {
            ringbook.create_empty(account)?;
            database.run(&schema, &fill(account))?;
        }
        database.tidy()?;
        let filled_in = begun.elapsed();
        if phones <= CHECKED_PHONES_MAX {
            ringbook.check()?;
        }
        let bytes_per_phone = database.size(&schema)? / real(phones);
        let node = Server::start(ringbook.command(&["serve"]), &directory.log())?;
        // Or the loads would wait for accounts of 100,000 phones.
        single::preload(&node, accounts)?;
        let (measured, rounds) = (Duration::ZERO, Vec::new());
        let point = Point { phones, filled_in, bytes_per_phone, measured, rounds };
        Ok(Self { node, phones: Population::new(accounts), point })
    }

    fn plan(&self, pace: &Pace, round: u32, database: u32) -> Plan {
        Plan {
            addresses: vec![self.node.address()],
            keeps_accounts: false,
            mode: Mode::Edit,
            fixed_reply: false,
            connections: CONNECTIONS,
            threads: pace.threads,
            warm_up: pace.warm_up,
            measured: pace.measured,
            rate: None,
            seed: pace.seed.wrapping_add(1000 * u64::from(round)),
            watched: Watched { servers: vec![self.node.pid()], database: Some(database) },
        }
    }
}

/// Puts the phones of an account into ringbook's tables, as an import would: only the history
/// does not tell of it. Nobody has the account in memory yet.
fn fill(account: &Account) -> String {
    let Account { user_name, phones, .. } = account;
    let (number, name, skills) = (sql::number("n"), sql::name("n"), sql::skills());
    let skill = sql::of_skill("owner.skills", "n", "nth");
    format!(
        "WITH owner AS (
            SELECT account.id, array_agg(skill.id ORDER BY array_position({skills}, skill.name))
                AS skills
            FROM account JOIN skill ON skill.account_id = account.id
            WHERE account.user_name = '{user_name}' GROUP BY account.id
        ), filled AS (
            INSERT INTO phone (account_id, id, number, name, skills)
            SELECT owner.id, n + 1, {number}, {name},
                (SELECT '{{' || string_agg(format('\"%s\":%s', {skill}, n + 1), ',') || '}}'
                 FROM generate_series(0, 2) AS nth)
            FROM owner CROSS JOIN generate_series(0, {phones} - 1) AS n
        )
        UPDATE account_version SET next_phone_id = {phones} + 1
        WHERE account_id = (SELECT id FROM owner)"
    )
}
