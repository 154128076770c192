//! Reads from memory in this process: threads ask a service for ring orders as fast as it answers.
//! Nothing serves them over HTTP.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ringbook::service::clock::SystemClock;
use ringbook::service::{Service, Tenant};
use ringbook::store::{self, Creates, Location, Migrates};

use crate::error::{Context, Outcome};
use crate::figures::real;
use crate::fixture::{Account, SKILLS};
use crate::load::{Figures, Tally, Window};

/// Opens a service over a store and reads with a thread for each core.
pub fn measure(
    store: &str,
    accounts: &[Account],
    warm_up: Duration,
    measured: Duration,
    seed: u64,
) -> Outcome<Figures> {
    let location: Location = store.parse().context(store)?;
    let store = store::open(&location, Creates::No, Migrates::No)?;
    let service = Service::new(store, Arc::new(SystemClock));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let tenant = |account: &Account| {
        runtime.block_on(service.tenant(&account.user_name)).context(&account.user_name)
    };
    let tenants = accounts.iter().map(tenant).collect::<Outcome<Vec<_>>>()?;

    let start = Instant::now() + warm_up;
    let window = Window { start, end: start + measured };
    let latencies = thread::scope(|scope| {
        let threads = (0..thread::available_parallelism()?.get() as u64).map(|thread| {
            let (service, tenants) = (&service, tenants.as_slice());
            scope.spawn(move || read(service, tenants, window, seed.wrapping_add(thread)))
        });
        let mut all = Tally::new();
        for thread in threads.collect::<Vec<_>>() {
            all.add(thread.join().map_err(|_| "a reading thread panicked")??);
        }
        Outcome::Ok(all)
    })?;
    let per_second = real(latencies.count()) / measured.as_secs_f64();
    Ok(Figures { per_second, latencies, cpu: None })
}

/// Reads one ring order after another until the window ends.
fn read(service: &Service, tenants: &[Tenant], window: Window, seed: u64) -> Outcome<Tally> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tally = Tally::new();
    let mut begun = Instant::now();
    while begun < window.end {
        let (tenant, skill) = (&tenants[random.usize(..tenants.len())], random.choice(SKILLS));
        let skill = skill.ok_or("there are no skills")?;
        let ring = service.cached_ring_order(tenant, skill).context(skill)?;
        if ring.value.is_empty() {
            return Err(format!("no phone has the skill {skill}").into());
        }
        let done = Instant::now();
        if window.holds(done) {
            tally.record(done - begun);
        }
        begun = done;
    }
    Ok(tally)
}
