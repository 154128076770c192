//! The conformance suite of PhoneManageV2 and Generate Token.
//!
//! A case is data: `cases/*.toml`, in the format of the comment at the top of `cases/edit.toml`.
//! Each runs through the real server and a real socket, over a store in memory, and is compared
//! byte for byte with the contract (`docs/phone-manage-v2.md`). The files whose replies depend on
//! what the store keeps, or on how it fails, run over every other store too. [`coverage`] checks
//! that the cases, the documentation and the replies of the program agree.

mod case;
mod coverage;
mod expect;
mod faulty;
mod fixture;
mod state;
mod wire;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use test_support::test_store::{self, TestStore};

use case::{Case, CaseFile};

/// Makes a new, empty store.
type Open = fn() -> TestStore;

/// The store of every case.
const MEMORY: (&str, Open) = ("memory", test_store::memory);

/// The stores of the cases that a store can break. A new kind of store is one more line.
const KEPT: [(&str, Open); 2] =
    [("sqlite", test_store::sqlite), ("postgres", test_store::postgres)];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files: Arc<[CaseFile]> = case::read_all().into();
    let mut trials = coverage::trials(&files);
    for file in &*files {
        let kept = KEPT.into_iter().filter(|_| file.on_every_store);
        for store in [MEMORY].into_iter().chain(kept) {
            trials.extend(file.cases.iter().map(|case| trial(store, &file.name, case)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial((store, open): (&str, Open), file: &str, case: &Arc<Case>) -> Trial {
    let name = format!("{store}::{file}::{}", case.name);
    let case = Arc::clone(case);
    Trial::test(name, move || run(open(), &case))
}

/// Runs a case: the state before, the requests, then everything that it expects.
fn run(test_store: TestStore, case: &Case) -> Result<(), Failed> {
    let accounts = fixture::read(&case.fixture);
    let mut world = world::World::start(test_store, &accounts, &case.server);
    for request in &case.before {
        world.set_fault(request.store);
        world.send(request);
    }
    world.set_fault(case.store);
    let response = world.send(&case.request);
    world.set_fault(None);
    let mut findings = expect::compare(case, &response, world.now_us());

    let expected = state::expected(&accounts, &case.after);
    // The service as it was, and one that knows only what is stored, must return the same.
    let (in_memory, stored, _place) = world.stop();
    for (which, service) in [("in memory", &*in_memory), ("stored", &stored)] {
        let found = state::differences(&expected, state::read(service, &accounts));
        findings.extend(found.into_iter().map(|line| format!("{which}: {line}")));
        let report = service.check(|_, _| {}).expect("the store answers");
        findings.extend(report.findings.into_iter().map(|line| format!("{which}: check: {line}")));
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n  ({})\n{response}", findings.join("\n"), case.spec).into())
}
