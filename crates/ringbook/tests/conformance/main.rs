//! The conformance suite of PhoneManageV2 and Generate Token.
//!
//! A case is data: `cases/*.toml`, in the format told at the top of `cases/edit.toml`. Each runs
//! over each store of [`stores::STORES`], through the real server and a real socket, and is
//! compared byte for byte with what the contract says (`docs/phone-manage-v2.md`). Beside the
//! cases, [`coverage`] sees to it that the cases, the documentation and the replies of the
//! program say the same.

mod case;
mod coverage;
mod expect;
mod faulty;
mod fixture;
mod state;
mod stores;
mod wire;
mod world;

use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use case::{Case, CaseFile};
use stores::StoreKind;

/// Made by the first case that runs; a list of the tests needs none.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files: Arc<[CaseFile]> = case::read_all().into();
    let mut trials = coverage::trials(&files);
    for kind in stores::STORES {
        for file in &*files {
            trials.extend(file.cases.iter().map(|case| trial(kind, &file.name, case)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(kind: &'static StoreKind, file: &str, case: &Arc<Case>) -> Trial {
    let name = format!("{}::{file}::{}", kind.name, case.name);
    let case = Arc::clone(case);
    Trial::test(name, move || RUNTIME.block_on(run(kind, &case)))
}

/// Runs a case: the state before, the requests, then everything that it expects.
async fn run(kind: &StoreKind, case: &Case) -> Result<(), Failed> {
    let accounts = fixture::read(&case.fixture);
    let mut world = world::World::start(kind, &accounts, &case.server).await;
    for request in &case.before {
        world.set_fault(request.store);
        world.send(request);
    }
    world.set_fault(case.store);
    let response = world.send(&case.request);
    world.set_fault(None);
    let mut findings = expect::compare(case, &response, world.now_us());

    let expected = state::expected(&accounts, &case.after);
    let stopped = world.stop().await;
    for (which, service) in stopped.services() {
        let found = state::read(service, &accounts).await;
        findings.extend(expected.differences(&found).map(|line| format!("{which}: {line}")));
        // It blocks, which a thread that runs tasks may do only when it says so.
        let report = tokio::task::block_in_place(|| service.check(|_, _| {}));
        let report = report.expect("the store answers");
        findings.extend(report.findings.into_iter().map(|line| format!("{which}: check: {line}")));
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n  ({})\n{response}", findings.join("\n"), case.spec).into())
}
