//! Random commands on the real directory, over each store, and on one on paper: the same answers,
//! the same directory afterwards, and again after reopening the store. Then one history on several
//! stores side by side, which must have the same rows.

mod commands;
mod history;
mod paper;

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Command;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use ringbook::service::clock::ManualClock;
use ringbook::service::{CommandRequest, Failure, Outcome, Service, Tenant};
use ringbook::store::{Origin, RequestId};
use tokio::runtime::Runtime;

use self::commands::Step;
use self::paper::Paper;
use crate::book::{origin, profile};
use crate::place::{self, Place};

/// Cases where `PROPTEST_CASES` does not say another number.
const CASES: u32 = 64;

/// The same for several stores side by side, each of which has had its own already.
const SIDE_BY_SIDE_CASES: u32 = 16;

/// Two accounts with the same numbers, names and skills, which must not meet.
const USER_NAMES: [&str; 2] = ["acme", "zeta"];

pub fn commands_do_what_they_do_on_paper(place: &Place) {
    run(CASES, |groups| check(&[place.another()], groups));
}

/// What can be asked is the same on each store, and so is every row that is kept.
#[test]
fn stores_side_by_side_keep_the_same_rows() {
    run(SIDE_BY_SIDE_CASES, |groups| check(&[place::sqlite(), place::postgres()], groups));
}

fn run(cases: u32, check: impl Fn(&[Vec<Step>])) {
    let default = ProptestConfig::default();
    let is_told = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig {
        cases: if is_told { default.cases } else { cases },
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

fn check(places: &[Place], groups: &[Vec<Step>]) {
    let mut papers = USER_NAMES.map(|_| Paper::new());
    let directories: Vec<_> = places.iter().map(Directory::open).collect();
    let mut requests = 0;
    let first: Vec<_> = (0..USER_NAMES.len()).map(Step::first).collect();
    for group in std::iter::once(&first).chain(groups) {
        let mut asked = Vec::new();
        let mut expected = Vec::new();
        for step in group {
            let paper = &mut papers[step.account];
            let command = step.aimed(paper);
            expected.push(paper.execute(&command).map_err(Failure::from));
            requests += 1;
            let origin = Origin { request_id: RequestId(u64::MAX - requests), ..origin() };
            asked.push((step.account, command, origin));
        }
        for directory in &directories {
            let answers = directory.execute_at_once(asked.clone());
            assert_eq!(answers, expected, "{asked:#?}");
        }
    }
    let on_paper = papers.each_ref().map(Seen::on_paper);
    for directory in directories {
        assert_eq!(directory.seen(), on_paper);
    }
    for place in places.iter().filter(|place| place.is_kept()) {
        assert_eq!(Directory::open(place).seen(), on_paper, "after reopening");
        history::assert_leads_to_what_is_there(place);
    }
    for pair in places.windows(2) {
        assert_eq!(all_rows(&pair[0]), all_rows(&pair[1]));
    }
}

/// Every row that a store keeps; of a secret, how long it is.
fn all_rows(place: &Place) -> [Vec<String>; 5] {
    [
        "SELECT id, user_name, length(api_key_sha256), api_authentication, phone_number_limit, \
         tokens_issued_us FROM account ORDER BY id",
        "SELECT account_id, version, next_phone_id, next_skill_id FROM account_version \
         ORDER BY account_id",
        "SELECT account_id, id, name FROM skill ORDER BY account_id, id",
        "SELECT account_id, id, number, name, skills FROM phone ORDER BY account_id, id",
        "SELECT account_id, version, kind, subject_id, delta, request_id, source, at_us \
         FROM change ORDER BY account_id, version",
    ]
    .map(|sql| place.query(sql))
}

/// The real one, over a store.
struct Directory {
    service: Arc<Service>,
    tenants: [Tenant; USER_NAMES.len()],
    runtime: Runtime,
}

impl Directory {
    /// Makes the accounts where they are not there yet.
    fn open(place: &Place) -> Self {
        let service = Arc::new(Service::new(place.open(), Arc::new(ManualClock::new(0))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tenants = USER_NAMES.map(|user_name| {
            runtime.block_on(service.create_account(&profile(user_name), &origin(), None)).unwrap();
            runtime.block_on(service.tenant(user_name)).unwrap()
        });
        Self { service, tenants, runtime }
    }

    /// Asks for everything before any answer is awaited, so that it may be decided in one group.
    fn execute_at_once(
        &self,
        asked: Vec<(usize, Command, Origin)>,
    ) -> Vec<Result<Outcome, Failure>> {
        self.runtime.block_on(async {
            let mut waiting = Vec::new();
            for (account, command, origin) in asked {
                let (service, tenant) = (Arc::clone(&self.service), self.tenants[account].clone());
                // One thread runs the tasks in the order in which they were made.
                waiting.push(tokio::spawn(async move {
                    service.execute(&tenant, CommandRequest::new(command, origin)).await
                }));
            }
            let mut answers = Vec::new();
            for answer in waiting {
                answers.push(answer.await.unwrap());
            }
            answers
        })
    }

    fn seen(&self) -> [Seen; USER_NAMES.len()] {
        self.tenants.each_ref().map(|tenant| self.runtime.block_on(self.seen_of(tenant)))
    }

    async fn seen_of(&self, tenant: &Tenant) -> Seen {
        let phones = self.service.phones(tenant).await.unwrap();
        let mut rings = BTreeMap::new();
        for skill in self.service.skills(tenant).await.unwrap() {
            let ring = self.service.ring_order(tenant, skill.name.as_str()).await.unwrap();
            assert_eq!(ring.len(), skill.phone_count);
            let ring = ring.into_iter().map(|one| (one.number.to_string(), one.name.to_string()));
            rings.insert(skill.name.to_string(), ring.collect());
        }
        let phones = phones.into_iter().map(|phone| {
            let skills = phone.skills.iter().map(ToString::to_string).collect();
            (phone.number.to_string(), (phone.name.to_string(), skills))
        });
        Seen { phones: phones.collect(), rings }
    }
}

/// All that can be asked of a directory.
#[derive(Debug, PartialEq)]
struct Seen {
    /// The name and the skills of each number.
    phones: BTreeMap<String, (String, Vec<String>)>,
    /// The numbers and names of each skill in ring order.
    rings: BTreeMap<String, Vec<(String, String)>>,
}

impl Seen {
    fn on_paper(paper: &Paper) -> Self {
        let skills = |number: &String| -> Vec<String> {
            let held = paper.rings.iter().filter(|(_, ring)| ring.contains(number));
            held.map(|(skill, _)| skill.clone()).collect()
        };
        let with_name = |number: &String| (number.clone(), paper.phones[number].clone());
        let phone =
            |(number, name): (&String, &String)| (number.clone(), (name.clone(), skills(number)));
        let ring = |(skill, ring): (&String, &Vec<String>)| {
            (skill.clone(), ring.iter().map(with_name).collect())
        };
        Self {
            phones: paper.phones.iter().map(phone).collect(),
            rings: paper.rings.iter().map(ring).collect(),
        }
    }
}
