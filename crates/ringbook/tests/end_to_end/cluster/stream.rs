//! Clients on all nodes, and a few accounts that all of them are busy with.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_postgres::Server as Database;

use super::nodes::{ANSWERED_WITHIN, Cluster, Node};
use test_support::{Caller, DONE, Random};

/// Longer than any node waits that is not left out.
const PATIENCE: Duration = Duration::from_mins(1);

const ACCOUNTS: usize = 3;
const SKILLS: [&str; 3] = ["General", "QA", "Sales"];

/// Clients of an account, and what each of them does.
const CLIENTS: usize = 4;
const STEPS: usize = 60;

/// The phones of one client: each may be there, with some number.
struct Client<'n> {
    callers: Vec<Caller>,
    nodes: &'n [Node],
    id: usize,
    /// The number that the phone of each name has now.
    numbers: [Option<String>; 3],
    /// Numbers are used once.
    used: usize,
    random: Random,
}

impl<'n> Client<'n> {
    fn new(
        id: usize,
        nodes: &'n [Node],
        (user_name, key): &(String, String),
        random: Random,
    ) -> Self {
        let callers = nodes.iter().map(|node| node.caller(user_name, key)).collect();
        Self { callers, nodes, id, numbers: [const { None }; 3], used: 0, random }
    }

    fn name(&self, index: usize) -> String {
        format!("Agent-{}.{index}", self.id)
    }

    /// Does something on a node by chance; every node knows it at once.
    fn step(&mut self) {
        let (index, node) =
            (self.random.below(self.numbers.len()), self.random.below(self.nodes.len()));
        let name = self.name(index);
        self.used += 1;
        let new = format!("+{:03}{:06}", self.id, self.used);
        let skill = SKILLS[self.random.below(SKILLS.len())];
        let caller = &mut self.callers[node];
        let (reply, now) = match &self.numbers[index] {
            None => (caller.create(&new, &name, skill), Some(new)),
            Some(number) if self.random.below(4) == 0 => (caller.delete(number, &name), None),
            Some(number) => {
                let mut fields = json!({"phoneNumber": number, "phoneName": name,
                    "phoneNumberNew": new, "assignSkill": skill});
                if self.random.below(2) == 0 {
                    fields["unAssignSkill"] = SKILLS.join(",").into();
                }
                (caller.call("edit", &fields), Some(new))
            }
        };
        assert_eq!(reply.unwrap().body, DONE, "{name}");
        self.numbers[index] = now;
        for caller in &mut self.callers {
            assert_eq!(number_of(caller, &name), self.numbers[index], "{name}");
        }
    }
}

fn number_of(caller: &mut Caller, name: &str) -> Option<String> {
    let reply = caller.call("get", &json!({"phoneName": name})).unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    body["phoneNumber"].as_str().map(str::to_owned)
}

#[test]
fn every_node_answers_what_one_acknowledged() {
    let mut random = Random::new();
    let (cluster, database) = (Cluster::shared(), Database::shared());
    let accounts: Vec<_> = (0..ACCOUNTS)
        .map(|account| {
            let user_name = format!("account-{account}");
            let key = cluster.home.account(&user_name, &[]);
            cluster.home.skills(&user_name, &SKILLS);
            (user_name, key)
        })
        .collect();
    let nodes = cluster.nodes(4);
    let numbers: Vec<_> = thread::scope(|scope| {
        let clients: Vec<_> = (0..ACCOUNTS * CLIENTS)
            .map(|id| {
                let mut client = Client::new(id, &nodes, &accounts[id % ACCOUNTS], random.split());
                scope.spawn(move || {
                    (0..STEPS).for_each(|_| client.step());
                    client.numbers
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for (account, (user_name, key)) in accounts.iter().enumerate() {
        let clients = numbers.iter().enumerate().filter(|(id, _)| id % ACCOUNTS == account);
        let mut expected: Vec<_> =
            clients.flat_map(|(_, numbers)| numbers.iter().flatten()).collect();
        expected.sort();
        let phones = cluster.home.phones(user_name);
        assert_eq!(phones.iter().map(|row| &row.number).collect::<Vec<_>>(), expected);
        for (node, row) in nodes.iter().flat_map(|node| phones.iter().map(move |row| (node, row))) {
            let name = node.caller(user_name, key).name_of(&row.number);
            assert_eq!(name.as_ref(), Some(&row.name));
        }
    }
    cluster.assert_history(database);
    cluster.home.check();
}

/// Edits that each of the nodes must do.
const EDITS: usize = 20;

/// Four nodes want the same account all the time: none of them is left out.
#[test]
fn starves_no_node_of_a_busy_account() {
    let (cluster, database) = (Cluster::shared(), Database::shared());
    let key = cluster.home.account("acme", &[]);
    let nodes = cluster.nodes(4);
    let done = [const { AtomicUsize::new(0) }; 4];
    let is_over = || done.iter().all(|count| count.load(Ordering::Relaxed) >= EDITS);
    thread::scope(|scope| {
        for id in 0..nodes.len() * CLIENTS {
            let (caller, done) = (nodes[id % nodes.len()].caller("acme", &key), &done[id % 4]);
            scope.spawn(move || hammer(caller, id, done, is_over));
        }
    });
    println!("edits that each node did: {done:?}");
    cluster.assert_history(database);
}

/// Edits a phone until every node has done its edits.
fn hammer(mut caller: Caller, id: usize, done: &AtomicUsize, is_over: impl Fn() -> bool) {
    let (name, begun) = (format!("Agent-{id}"), Instant::now());
    let number = |edit| format!("+{id:03}{edit:06}");
    let mut edit = 0;
    while !is_over() {
        assert!(begun.elapsed() < PATIENCE, "a node is left out");
        let sent = Instant::now();
        let reply = if edit == 0 {
            caller.create(&number(edit), &name, "")
        } else {
            caller.renumber(&name, &number(edit - 1), &number(edit))
        };
        let reply = reply.unwrap();
        assert!(sent.elapsed() < ANSWERED_WITHIN, "{:?} for {reply:?}", sent.elapsed());
        if reply.status != 503 {
            assert_eq!(reply.body, DONE);
            done.fetch_add(1, Ordering::Relaxed);
            edit += 1;
        }
    }
}
