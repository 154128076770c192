//! The rounds: the ceiling and ringbook in turn, so that a machine that drifts meets both.

use std::thread;
use std::time::Duration;

use crate::error::Outcome;
use crate::fixture::Account;
use crate::load::{self, Figures, Mode, Plan, Population};
use crate::numbers::{median, median_share, thousands};
use crate::server::Server;

/// A pause after each load, so that what a server still writes is not in the next figures.
const SETTLE: Duration = Duration::from_millis(500);

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Edits against the ceiling at 64 connections.
    CeilingEdit64,
    /// Edits of phones in many accounts at 64 connections.
    Edit64,
    /// Edits of the phones of one account at 64 connections.
    EditSingle64,
    /// Edits against the ceiling at 256 connections.
    CeilingEdit256,
    /// Edits of phones in many accounts at 256 connections.
    Edit256,
    /// Gets against the ceiling at 64 connections.
    CeilingGet64,
    /// Gets of phones in many accounts at 64 connections.
    Get64,
    /// Edits against the ceiling at the rate of the next.
    CeilingPaced64,
    /// Edits at half of the top load.
    PacedEdit64,
}

impl Phase {
    /// The phases of a round, in turn.
    const ROUND: [Self; 7] = [
        Self::CeilingEdit64,
        Self::Edit64,
        Self::EditSingle64,
        Self::CeilingEdit256,
        Self::Edit256,
        Self::CeilingGet64,
        Self::Get64,
    ];

    /// The phase in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::CeilingEdit64 => "ceiling, edit, 64 connections",
            Self::Edit64 => "ringbook, edit, 64 connections",
            Self::EditSingle64 => "ringbook, edit, one account, 64 connections",
            Self::CeilingEdit256 => "ceiling, edit, 256 connections",
            Self::Edit256 => "ringbook, edit, 256 connections",
            Self::CeilingGet64 => "ceiling, get, 64 connections",
            Self::Get64 => "ringbook, get, 64 connections",
            Self::CeilingPaced64 => "ceiling, edit, paced, 64 connections",
            Self::PacedEdit64 => "ringbook, edit, paced, 64 connections",
        }
    }

    fn is_ceiling(self) -> bool {
        matches!(
            self,
            Self::CeilingEdit64 | Self::CeilingEdit256 | Self::CeilingGet64 | Self::CeilingPaced64
        )
    }

    fn mode(self) -> Mode {
        match self {
            Self::CeilingGet64 | Self::Get64 => Mode::Get,
            _ => Mode::Edit,
        }
    }

    fn connections(self) -> usize {
        match self {
            Self::CeilingEdit256 | Self::Edit256 => 256,
            _ => 64,
        }
    }
}

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
    /// How long a phase is measured.
    pub measured: Duration,
    /// How long it runs before that.
    pub warm_up: Duration,
    /// Threads of the load generator.
    pub threads: usize,
    /// The seed of the choice of phones.
    pub seed: u64,
}

/// Both servers and the phones that are edited on them.
#[derive(Debug)]
pub struct Rounds<'a> {
    ceiling: &'a Server,
    ringbook: &'a Server,
    pace: Pace,
    ceiling_phones: Population,
    phones: Population,
    single_phones: Population,
    measurements: Vec<Measurement>,
}

impl<'a> Rounds<'a> {
    /// Rounds over freshly imported accounts: many of them, and a single one.
    pub fn new(
        ceiling: &'a Server,
        ringbook: &'a Server,
        pace: Pace,
        accounts: &[Account],
        single: &Account,
    ) -> Self {
        Self {
            ceiling,
            ringbook,
            pace,
            ceiling_phones: Population::new(accounts),
            phones: Population::new(accounts),
            single_phones: Population::new(std::slice::from_ref(single)),
            measurements: Vec::new(),
        }
    }

    /// Runs everything. The paced load comes last, when the top load is known.
    pub fn run(mut self) -> Outcome<Measurements> {
        for round in 1..=self.pace.rounds {
            for phase in Phase::ROUND {
                self.measure(round, phase, None)?;
            }
        }
        let top = median(per_second(&self.measurements, Phase::Edit64)).unwrap_or_default();
        let rate = whole(top / 2.0);
        for round in 1..=self.pace.rounds {
            // The ceiling shows how much of the latency is the machine's and the schedule's.
            self.measure(round, Phase::CeilingPaced64, Some(rate))?;
            self.measure(round, Phase::PacedEdit64, Some(rate))?;
        }
        Ok(Measurements(self.measurements))
    }

    fn measure(&mut self, round: u32, phase: Phase, rate: Option<u32>) -> Outcome<()> {
        let (server, phones) = match phase {
            _ if phase.is_ceiling() => (self.ceiling, &mut self.ceiling_phones),
            Phase::EditSingle64 => (self.ringbook, &mut self.single_phones),
            _ => (self.ringbook, &mut self.phones),
        };
        let plan = Plan {
            address: server.address(),
            mode: phase.mode(),
            fixed_reply: phase.is_ceiling(),
            connections: phase.connections(),
            threads: self.pace.threads,
            warm_up: self.pace.warm_up,
            measured: self.pace.measured,
            rate,
            // Every load picks other phones, and a second run of the whole picks the same.
            seed: self.pace.seed.wrapping_add(1000 * self.measurements.len() as u64),
            watched: Some(server.pid()),
        };
        let figures = load::run(&plan, phones)
            .map_err(|error| format!("round {round}, {}: {error}", phase.label()))?;
        eprintln!(
            "  round {round}: {:<44} {:>8}/s  p50 {:>7.2} ms  p99 {:>7.2} ms",
            phase.label(),
            thousands(figures.per_second),
            figures.p50.as_secs_f64() * 1000.0,
            figures.p99.as_secs_f64() * 1000.0,
        );
        self.measurements.push(Measurement { round, phase, figures });
        thread::sleep(SETTLE);
        Ok(())
    }
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
