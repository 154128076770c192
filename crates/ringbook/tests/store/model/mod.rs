//! Random commands on the real directory, over each store, and on one on paper: the same answers,
//! the same directory afterwards, and again after reopening the store.

mod commands;
mod paper;
mod replay;

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Command;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use ringbook::service::clock::ManualClock;
use ringbook::service::{Failure, Outcome, Service, Tenant};
use tokio::runtime::Runtime;

use self::commands::Step;
use self::paper::Paper;
use crate::book::{origin, profile};
use crate::place::Place;

/// Cases where `PROPTEST_CASES` does not say another number.
const CASES: u32 = 64;

/// Two accounts with the same numbers, names and skills, which must not meet.
const USER_NAMES: [&str; 2] = ["acme", "zeta"];

pub fn commands_do_what_they_do_on_paper(place: &Place) {
    let default = ProptestConfig::default();
    let is_told = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig {
        cases: if is_told { default.cases } else { CASES },
        // The seed of a failure is printed, and kept here to be tried first from then on.
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/store/model/failures.txt"
        )))),
        ..default
    };
    let result = TestRunner::new(config).run(&commands::groups(), |groups| {
        check(&place.another(), &groups);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

fn check(place: &Place, groups: &[Vec<Step>]) {
    let mut papers = USER_NAMES.map(|_| Paper::new());
    let directory = Directory::open(place);
    let first: Vec<_> = (0..USER_NAMES.len()).map(Step::first).collect();
    for group in std::iter::once(&first).chain(groups) {
        let mut asked = Vec::new();
        let mut expected = Vec::new();
        for step in group {
            let paper = &mut papers[step.account];
            let command = step.aimed(paper);
            expected.push(paper.execute(&command).map_err(Failure::from));
            asked.push((step.account, command));
        }
        let answers = directory.execute_at_once(asked.clone());
        assert_eq!(answers, expected, "{asked:#?}");
    }
    let on_paper = papers.each_ref().map(Seen::on_paper);
    assert_eq!(directory.seen(), on_paper);
    drop(directory);
    if place.is_kept() {
        assert_eq!(Directory::open(place).seen(), on_paper, "after reopening");
        replay::assert_leads_to_what_is_there(place);
    }
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
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let tenants = USER_NAMES.map(|user_name| {
            runtime.block_on(service.create_account(&profile(user_name), &origin())).unwrap();
            runtime.block_on(service.tenant(user_name)).unwrap()
        });
        Self { service, tenants, runtime }
    }

    /// Asks for everything before any answer is awaited, so that it may be decided in one group.
    fn execute_at_once(&self, asked: Vec<(usize, Command)>) -> Vec<Result<Outcome, Failure>> {
        self.runtime.block_on(async {
            let mut waiting = Vec::new();
            for (account, command) in asked {
                let (service, tenant) = (Arc::clone(&self.service), self.tenants[account].clone());
                // One thread runs the tasks in the order in which they were made.
                waiting.push(tokio::spawn(async move {
                    service.execute(&tenant, command, origin()).await
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
        for (skill, count) in self.service.skills(tenant).await.unwrap() {
            let ring = self.service.ring_order(tenant, &skill).await.unwrap();
            assert_eq!(ring.len(), count);
            let ring = ring.into_iter().map(|(number, name)| (number.to_string(), name));
            rings.insert(skill, ring.collect());
        }
        let phones = phones.into_iter();
        let phones = phones.map(|phone| (phone.number.to_string(), (phone.name, phone.skills)));
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
