//! Random commands to the service over each store, and to plain accounts by the rules alone: both
//! give the same answers, and lead to the same accounts, also after reopening the store. Then the same
//! commands to several stores, which must have the same rows.

mod commands;

use std::sync::Arc;

use directory::{Account, AccountId, Command, Counters, Decision, Refusal, View, decide};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use ringbook::service::clock::ManualClock;
use ringbook::service::{Authority, CommandRequest, Failure, Outcome, Service, Tenant};
use ringbook::store::{ImportId, Origin, RequestId};
use test_support::replay::assert_history_leads_to_content;
use tokio::runtime::Runtime;

use self::commands::Step;
use crate::book::{Content, content, origin, profile};
use crate::calls::assert_routes;
use crate::test_store::{self, TestStore};

/// Cases, unless `PROPTEST_CASES` has another number.
const CASES: u32 = 64;

/// Cases of the test of several stores.
const SIDE_BY_SIDE_CASES: u32 = 16;

/// Two accounts with the same numbers, names and skills, which must not mix.
const USER_NAMES: [&str; 2] = ["acme", "zeta"];

on!(memory sqlite postgres: commands_do_what_the_rules_decide);
fn commands_do_what_the_rules_decide(test_store: &TestStore) {
    run(CASES, |groups| check(&[test_store.another()], groups));
}

#[test]
fn stores_side_by_side_keep_the_same_rows() {
    run(SIDE_BY_SIDE_CASES, |groups| {
        check(&[test_store::sqlite(), test_store::postgres()], groups);
    });
}

fn run(cases: u32, check: impl Fn(&[Vec<Step>])) {
    let default = ProptestConfig::default();
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig {
        cases: if is_set { default.cases } else { cases },
        // The seed of a failure is printed, and kept here to be tried first from then on.
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/store/model/failures.txt"
        )))),
        ..default
    };
    let result = TestRunner::new(config).run(&commands::groups(), |groups| {
        check(&groups);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

fn check(places: &[TestStore], groups: &[Vec<Step>]) {
    let mut accounts = [0, 1].map(|account: usize| {
        let id = AccountId(u32::try_from(account).unwrap() + 1);
        Account::new(id, profile(USER_NAMES[account]), Counters::NEW)
    });
    let directories: Vec<_> = places.iter().map(Directory::open).collect();
    let mut requests = 0;
    let first: Vec<_> = (0..USER_NAMES.len()).map(Step::first).collect();
    for group in std::iter::once(&first).chain(groups) {
        let mut requested = Vec::new();
        let mut expected = Vec::new();
        for step in group {
            let account = &mut accounts[step.account];
            let command = step.aimed(account);
            expected.push(execute(account, &command).map_err(Failure::from));
            requests += 1;
            let origin = Origin { request_id: RequestId(u64::MAX - requests), ..origin() };
            requested.push((step.account, command, origin));
        }
        for directory in &directories {
            let answers = directory.execute_at_once(requested.clone());
            assert_eq!(answers, expected, "{requested:#?}");
            for (tenant, account) in directory.tenants.iter().zip(&accounts) {
                assert_routes(&directory.service, tenant, account);
            }
        }
    }
    let expected = accounts.each_ref().map(content);
    for directory in directories {
        assert_eq!(directory.content(), expected);
    }
    for test_store in places.iter().filter(|test_store| test_store.is_kept()) {
        assert_eq!(Directory::open(test_store).content(), expected, "after reopening");
        assert_history_leads_to_content(|sql| test_store.query(sql));
    }
    for pair in places.windows(2) {
        assert_eq!(all_rows(&pair[0]), all_rows(&pair[1]));
    }
}

/// Decides a command and applies its changes.
fn execute(account: &mut Account, command: &Command) -> Result<Outcome, Refusal> {
    let Decision { changes, skill_fault, row_faults, row_changes } =
        decide(&View::new(account), command)?;
    let count = changes.len();
    for change in changes {
        account.apply(change);
    }
    let version = account.counters.version;
    let is_import = matches!(command, Command::Several { .. }) && count > 0;
    let import = is_import.then(|| ImportId(version - count as u64 + 1));
    Ok(Outcome {
        changes: count,
        skill_fault,
        row_faults,
        row_changes,
        import,
        version,
        at_us: origin().at_us,
        ..Outcome::default()
    })
}

/// Every row of a store; of a secret only its length.
fn all_rows(test_store: &TestStore) -> [Vec<String>; 6] {
    [
        "SELECT id, user_name, length(api_key_sha256), api_authentication, phone_number_limit, \
         tokens_issued_us FROM account ORDER BY id",
        "SELECT account_id, version, next_phone_id, next_skill_id, settings_version \
         FROM account_version \
         ORDER BY account_id",
        "SELECT account_id, id, name, version FROM skill ORDER BY account_id, id",
        "SELECT account_id, id, number, name, skills, version FROM phone ORDER BY account_id, id",
        "SELECT account_id, subject, settings, version FROM routing ORDER BY account_id, subject",
        "SELECT account_id, version, kind, subject_id, delta, request_id, source, at_us, \
         import_id \
         FROM change ORDER BY account_id, version",
    ]
    .map(|sql| test_store.query(sql))
}

/// The service over a store.
struct Directory {
    service: Arc<Service>,
    tenants: [Tenant; USER_NAMES.len()],
    runtime: Runtime,
}

impl Directory {
    /// Creates the accounts unless they exist.
    fn open(test_store: &TestStore) -> Self {
        let service = Arc::new(Service::new(test_store.open(), Arc::new(ManualClock::new(0))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tenants = USER_NAMES.map(|user_name| {
            runtime
                .block_on(service.create_account(
                    &Authority::Store,
                    &profile(user_name),
                    &origin(),
                    None,
                ))
                .unwrap();
            runtime.block_on(service.tenant(user_name)).unwrap()
        });
        Self { service, tenants, runtime }
    }

    /// Requests everything before it awaits an answer, so that it may be decided in one group.
    fn execute_at_once(
        &self,
        requested: Vec<(usize, Command, Origin)>,
    ) -> Vec<Result<Outcome, Failure>> {
        self.runtime.block_on(async {
            // One thread runs the tasks in the order in which they were spawned.
            let waiting = requested.into_iter().map(|(account, command, origin)| {
                let (service, tenant) = (Arc::clone(&self.service), self.tenants[account].clone());
                tokio::spawn(async move {
                    service.execute(&tenant, CommandRequest::new(command, origin)).await
                })
            });
            let answers = futures_util::future::try_join_all(waiting).await;
            answers.unwrap()
        })
    }

    /// The accounts in the store.
    fn content(&self) -> [Content; USER_NAMES.len()] {
        let load = |tenant: &Tenant| self.service.store().load(tenant.id()).unwrap().unwrap();
        self.tenants.each_ref().map(|tenant| content(&load(tenant)))
    }
}
