//! The rounds: what is compared in turn, so that a machine that drifts meets all of it.

use std::thread;
use std::time::Duration;

use crate::error::Outcome;
use crate::fixture::Account;
use crate::history_cost::{HistorySide, HistorySides};
use crate::load::{self, Figures, Plan, Population, Watched};
use crate::numbers::{median, median_share, thousands};
use crate::phase::{Part, Phase, Target};
use crate::remembered::{self, Reads};
use crate::server::Server;
use crate::sides::{PostgresSide, SqliteSide};

/// A pause after each load, so that what a server still writes is not in the next figures.
const SETTLE: Duration = Duration::from_millis(500);

/// Pairs of loads a round that tell the cost of the history: it is small beside what a machine moves
/// from one load to the next.
const HISTORY_PAIRS: u32 = 3;

/// The figures of one phase in one round.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The round, counted from one.
    pub round: u32,
    /// What was measured.
    pub phase: Phase,
    /// The result.
    pub figures: Figures,
}

/// How the rounds are run.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many rounds there are.
    pub rounds: u32,
    /// Whether each is as short as can be.
    pub is_quick: bool,
    /// How long a phase is measured.
    pub measured: Duration,
    /// How long it runs before that.
    pub warm_up: Duration,
    /// Threads of the load generator.
    pub threads: usize,
    /// The seed of the choice of phones.
    pub seed: u64,
}

/// The servers of the parts that are run.
pub struct Rounds<'a> {
    /// How the rounds are run.
    pub pace: Pace,
    /// The accounts that loads are spread over.
    pub accounts: &'a [Account],
    /// Ringbook on a file, unless it is left out.
    pub sqlite: Option<SqliteSide>,
    /// Ringbook with and without its history, unless it is left out.
    pub history: Option<HistorySides>,
    /// Ringbook on the database, unless it is left out.
    pub postgres: Option<PostgresSide<'a>>,
    /// What was measured so far.
    pub measurements: Measurements,
}

impl Rounds<'_> {
    /// Runs everything and stops the servers. The paced loads come last, when the top loads are
    /// known.
    pub fn run(mut self) -> Outcome<Measurements> {
        for round in 1..=self.pace.rounds {
            for phase in Phase::ROUND {
                self.measure(round, phase, None)?;
            }
            self.checkpoint()?;
        }
        for round in 1..=self.pace.rounds {
            for (phase, top) in Phase::PACED_ROUND {
                let top = median(per_second(&self.measurements.0, top)).unwrap_or_default();
                self.measure(round, phase, Some(whole(top / 2.0)))?;
            }
            self.checkpoint()?;
        }
        self.history_pairs()?;
        self.sqlite.map_or(Ok(()), SqliteSide::stop)?;
        self.history.map_or(Ok(()), HistorySides::stop)?;
        self.postgres.map_or(Ok(()), PostgresSide::stop)?;
        Ok(self.measurements)
    }

    /// The two loads of a pair change places from one pair to the next, as the second one meets what
    /// the first one has left to be written.
    fn history_pairs(&mut self) -> Outcome<()> {
        let pairs = if self.pace.is_quick { 1 } else { HISTORY_PAIRS * self.pace.rounds };
        for pair in 1..=pairs {
            let mut phases = Phase::HISTORY_PAIR;
            phases.rotate_left((pair as usize + 1) % 2);
            for phase in phases {
                self.measure(pair, phase, None)?;
            }
        }
        Ok(())
    }

    /// What the database has yet to write is written now, and not while others are measured.
    fn checkpoint(&self) -> Outcome<()> {
        self.postgres.as_ref().map_or(Ok(()), |side| side.database().checkpoint())
    }

    fn measure(&mut self, round: u32, phase: Phase, rate: Option<u32>) -> Outcome<()> {
        let is_run = match phase.part() {
            Part::Sqlite => self.sqlite.is_some(),
            Part::Postgres => self.postgres.is_some(),
        };
        if !is_run {
            return Ok(());
        }
        let figures = match phase.target() {
            Target::Memory(part) => self.read(part),
            _ => self.load(phase, rate),
        };
        let figures =
            figures.map_err(|error| format!("round {round}, {}: {error}", phase.label()))?;
        tell(&format!("round {round}: {}", phase.label()), &figures);
        self.measurements.0.push(Measurement { round, phase, figures });
        thread::sleep(SETTLE);
        Ok(())
    }

    /// Every load picks other phones, and a second run of the whole picks the same.
    fn seed(&self) -> u64 {
        self.pace.seed.wrapping_add(1000 * self.measurements.0.len() as u64)
    }

    fn read(&self, part: Part) -> Outcome<Figures> {
        let store = match part {
            Part::Sqlite => self.sqlite.as_ref().map(|side| side.store.store()),
            Part::Postgres => self.postgres.as_ref().map(|side| side.store.store()),
        };
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let reads = Reads {
            threads: thread::available_parallelism()?.get(),
            warm_up_ms: millis(self.pace.warm_up),
            measured_ms: millis(self.pace.measured),
            seed: self.seed(),
        };
        remembered::measure(store.ok_or("this part is left out")?, self.accounts, reads)
    }

    fn load(&mut self, phase: Phase, rate: Option<u32>) -> Outcome<Figures> {
        let (pace, seed, target) = (self.pace, self.seed(), phase.target());
        let second = match (&self.postgres, target) {
            (Some(side), Target::TwoNodes | Target::TwoNodesByAccount) => Some(side.second_node()?),
            _ => None,
        };
        let (first, database, phones) = self.server(target).ok_or("this part is left out")?;
        let servers: Vec<_> = [Some(first), second.as_ref()].into_iter().flatten().collect();
        let plan = Plan {
            addresses: servers.iter().map(|server| server.address()).collect(),
            keeps_accounts: target == Target::TwoNodesByAccount,
            mode: phase.mode(),
            fixed_reply: target == Target::Ceiling,
            connections: phase.connections(),
            threads: pace.threads,
            warm_up: pace.warm_up,
            measured: pace.measured,
            rate,
            seed,
            watched: Watched {
                servers: servers.iter().map(|server| server.pid()).collect(),
                database,
            },
        };
        let figures = load::run(&plan, phones)?;
        second.map_or(Ok(()), Server::stop_orderly)?;
        Ok(figures)
    }

    /// The server that takes a load, the database behind it, and the phones it is asked about.
    fn server<'s>(
        &'s mut self,
        target: Target,
    ) -> Option<(&'s Server, Option<u32>, &'s mut Population)> {
        let (sqlite, postgres) = (self.sqlite.as_mut(), self.postgres.as_mut());
        let history = |side: &'s mut HistorySide| (&side.server, None, &mut side.phones);
        Some(match target {
            Target::Ceiling => {
                let side = sqlite?;
                (&side.ceiling, None, &mut side.ceiling_phones)
            }
            Target::Sqlite => {
                let side = sqlite?;
                (&side.server, None, &mut side.phones)
            }
            Target::SqliteSingle => {
                let side = sqlite?;
                (&side.server, None, &mut side.single_phones)
            }
            Target::WithHistory => history(&mut self.history.as_mut()?.with),
            Target::WithoutHistory => history(&mut self.history.as_mut()?.without),
            Target::Plain => {
                let side = postgres?;
                (&side.plain, Some(side.database_pid), &mut side.plain_phones)
            }
            Target::Node | Target::TwoNodes | Target::TwoNodesByAccount => {
                let side = postgres?;
                (&side.node, Some(side.database_pid), &mut side.phones)
            }
            Target::Memory(_) => return None,
        })
    }
}

/// Says on the terminal what was measured.
pub fn tell(what: &str, figures: &Figures) {
    eprintln!(
        "  {what:<60} {:>9}/s  p50 {:>7.2} ms  p99 {:>7.2} ms",
        thousands(figures.per_second),
        figures.p50.as_secs_f64() * 1000.0,
        figures.p99.as_secs_f64() * 1000.0,
    );
}

/// The result of all rounds.
#[derive(Debug, Default)]
pub struct Measurements(pub Vec<Measurement>);

impl Measurements {
    /// The median over the rounds of the share that one phase reached of another.
    pub fn share(&self, phase: Phase, of: Phase) -> Option<f64> {
        median_share(&per_second(&self.0, phase), &per_second(&self.0, of))
    }

    /// The median over the rounds of the p99 latency of a phase, in seconds.
    pub fn p99(&self, phase: Phase) -> Option<f64> {
        let of_phase = self.0.iter().filter(|one| one.phase == phase);
        median(of_phase.map(|one| one.figures.p99.as_secs_f64()))
    }
}

fn per_second(measurements: &[Measurement], phase: Phase) -> Vec<f64> {
    let of_phase = measurements.iter().filter(|one| one.phase == phase);
    of_phase.map(|one| one.figures.per_second).collect()
}

/// A rate as a whole number, at least one a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is positive and far below 2^32"
)]
fn whole(rate: f64) -> u32 {
    rate.round().max(1.0) as u32
}
