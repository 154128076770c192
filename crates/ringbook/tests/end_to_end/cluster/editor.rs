//! Phones that are edited again and again, and a record of what was answered, so that afterwards
//! each answer can be told to have been the truth.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_postgres::Server as Database;

use super::nodes::Cluster;
use test_support::{Caller, DONE, Reply, UNAVAILABLE};

pub const OUTCOME_UNKNOWN: &str =
    r#"{"status":"error","message":"temporarily unavailable, the outcome is not known"}"#;
const NO_SUCH_PHONE: &str =
    r#"{"status":"error","message":"phone_name or phone_number does not exist"}"#;

/// What an edit was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditResult {
    Done,
    /// Nothing was changed.
    Nothing,
    /// The outcome is not known, or there was no answer.
    Unknown,
}

/// An edit that was asked for.
#[derive(Debug)]
pub struct Attempt {
    /// The number that the phone was to have, which no other attempt asks for.
    number: String,
    pub result: EditResult,
    pub answered: Instant,
    pub took: Duration,
}

/// Edits one phone, which nobody else does.
#[derive(Debug)]
pub struct Editor {
    pub user_name: String,
    key: String,
    id: usize,
    name: String,
    /// The numbers that it may have now; one, unless the outcome of an edit is not known.
    possible: Vec<String>,
    pub attempts: Vec<Attempt>,
}

impl Editor {
    /// Makes accounts with phones in them.
    pub fn fleet(cluster: &Cluster, accounts: usize, phones: usize) -> Vec<Self> {
        let mut editors: Vec<Self> = Vec::new();
        for account in 0..accounts {
            let user_name = format!("account-{account}");
            let key = cluster.home.account(&user_name, &[]);
            let first = editors.len();
            editors.extend((first..first + phones).map(|id| Self {
                user_name: user_name.clone(),
                key: key.clone(),
                id,
                name: format!("Agent-{id}"),
                possible: vec![format!("+{id:03}{:09}", 0)],
                attempts: Vec::new(),
            }));
            let rows =
                editors[first..].iter().map(|one| format!("{},{},", one.possible[0], one.name));
            cluster.home.write_csv("fleet.csv", rows);
            cluster.home.ok(&["phone", "import", "--account", &user_name, "fleet.csv"]);
        }
        editors
    }

    pub fn caller(&self, address: std::net::SocketAddr) -> io::Result<Caller> {
        Caller::connect(address, &self.user_name, &self.key)
    }

    /// Gives the phone a number that it never had.
    pub fn edit(&mut self, caller: &mut Caller) -> io::Result<EditResult> {
        let number = format!("+{:03}{:09}", self.id, self.attempts.len() + 1);
        let begun = Instant::now();
        let replied = caller.renumber(&self.name, &self.possible[0], &number);
        let answered = Instant::now();
        let result = match &replied {
            Ok(reply) => self.read(reply),
            Err(_) => EditResult::Unknown,
        };
        match result {
            EditResult::Done => self.possible = vec![number.clone()],
            EditResult::Nothing => {}
            EditResult::Unknown => self.possible.push(number.clone()),
        }
        self.attempts.push(Attempt { number, result, answered, took: answered - begun });
        replied.map(|_| result)
    }

    fn read(&mut self, reply: &Reply) -> EditResult {
        let result = match reply.body.as_str() {
            DONE => return EditResult::Done,
            // It has one of the other numbers: an edit was carried out that nobody knew of.
            NO_SUCH_PHONE if self.possible.len() > 1 => {
                self.possible.rotate_left(1);
                return EditResult::Nothing;
            }
            UNAVAILABLE => EditResult::Nothing,
            OUTCOME_UNKNOWN => EditResult::Unknown,
            _ => panic!("{reply:?} for {self:?}"),
        };
        assert_eq!(reply.status, 503, "{reply:?}");
        assert_eq!(reply.header("retry-after"), Some("1"), "{reply:?}");
        result
    }

    /// Finds the phone as it was acknowledged, on any node. Whether there was an answer.
    pub fn look(&self, caller: &mut Caller) -> io::Result<bool> {
        let reply = caller.call("get", &json!({"phoneName": self.name}))?;
        if reply.status == 503 {
            assert_eq!(reply.body, UNAVAILABLE, "a read changes nothing: {reply:?}");
            assert_eq!(reply.header("retry-after"), Some("1"), "{reply:?}");
            return Ok(false);
        }
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        let found = body["phoneNumber"].as_str().unwrap_or_else(|| panic!("{reply:?}"));
        assert!(self.possible.iter().any(|number| number == found), "{found} is old: {self:?}");
        Ok(true)
    }

    /// Every answer was the truth: what was acknowledged is in the history once, what was refused
    /// is not there, the rest is there once or not; and the history leads to what is there.
    #[track_caller]
    pub fn assert_truthful(editors: &[Self], cluster: &Cluster, database: &Database) {
        let numbers = "SELECT delta::json->'number'->>1 FROM change \
                       WHERE kind = 'phone.edit' AND delta::json->'number' IS NOT NULL";
        let mut times = HashMap::<String, usize>::new();
        for number in cluster.query(database, numbers) {
            *times.entry(number).or_default() += 1;
        }
        let phones = cluster.query(database, "SELECT name || ' ' || number FROM phone");
        for editor in editors {
            for attempt in &editor.attempts {
                let times = times.remove(&attempt.number).unwrap_or_default();
                let is_true = match attempt.result {
                    EditResult::Done => times == 1,
                    EditResult::Nothing => times == 0,
                    EditResult::Unknown => times <= 1,
                };
                assert!(is_true, "{} has {attempt:?}, which is there {times} times", editor.name);
            }
            let has = |number| phones.contains(&format!("{} {number}", editor.name));
            assert!(
                editor.possible.iter().any(has),
                "{} is not {:?}",
                editor.name,
                editor.possible
            );
        }
        assert!(times.is_empty(), "nobody asked for {times:?}");
        cluster.assert_history(database);
    }
}
