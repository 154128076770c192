//! A server with two accounts, and how it is called.

use std::sync::{Arc, Barrier};
use std::thread;

use directory::Command;
use ringbook::secret::sha256;
use ringbook::service::clock::{Clock as _, ManualClock};
use ringbook::service::{Service, ServiceOptions};
use ringbook::store::Store;
use serde_json::{Value, json};
use test_support::test_store::{self, TestStore};
use test_support::{Client, InProcess, acme, assert_no_secrets, basic, block_on};

use crate::answer::Answer;
use crate::described;

pub const ACME: &str = "/v1/operator/accounts/acme";

const BEGIN_US: i64 = 1_750_000_000_400_000;

/// A server in this process over a store of its own, with the accounts `acme` and `globex`.
/// `acme` has the skills Sales and Support, and the phones p1 to p3. The clock moves by a
/// millisecond with each request. When dropped, no file of the store may hold a secret.
pub struct World {
    server: Option<InProcess>,
    client: Client,
    clock: Arc<ManualClock>,
    /// The API keys of the accounts and of the operator.
    pub acme: String,
    pub globex: String,
    pub operator: String,
    secrets: Vec<String>,
    test_store: TestStore,
}

impl World {
    /// Over a store in memory.
    pub fn new() -> Self {
        Self::on(test_store::memory())
    }

    /// Runs a test that a store could break: over SQLite in a file, and over PostgreSQL.
    pub fn on_each_store(test: impl Fn(&mut Self)) {
        for (store, test_store) in
            [("SQLite", test_store::sqlite()), ("PostgreSQL", test_store::postgres())]
        {
            println!("over {store}");
            test(&mut Self::on(test_store));
        }
    }

    /// Over this store.
    pub fn on(test_store: TestStore) -> Self {
        let clock = Arc::new(ManualClock::new(BEGIN_US));
        let service = Service::new(test_store.open(), clock.clone());
        let [acme, globex] =
            ["acme", "globex"].map(|user_name| create_account(&service, user_name));
        let phones: [(_, _, &[_]); 3] = [
            ("919876543210", "Ravi", &["Sales", "Support"]),
            ("+14155550123", "Mira", &["Sales"]),
            ("1001", "Desk-1", &["Support"]),
        ];
        acme::fill(&service, &["Sales", "Support"], &phones);
        let operator = "RBO00000000000000000000000000000test".to_owned();
        let made = service.create_operator_key("test".to_owned(), sha256(&operator), None);
        assert!(block_on(made).unwrap());
        let server = InProcess::start(service);
        let client = Client::connect(server.address).unwrap();
        let secrets = vec![acme.clone(), globex.clone(), operator.clone()];
        Self { server: Some(server), client, clock, acme, globex, operator, secrets, test_store }
    }

    pub fn server(&self) -> &InProcess {
        self.server.as_ref().expect("it is stopped when the test ends")
    }

    /// Another connection to the server.
    pub fn client(&self) -> Client {
        Client::connect(self.server().address).unwrap()
    }

    /// Stops the server, which answers all waiting requests first.
    pub fn stop(&mut self) {
        self.server.take().expect("it runs").stop();
    }

    /// Stops the server and starts one that knows only what is stored.
    pub fn restart(&mut self) {
        self.restart_with(&ServiceOptions::default());
    }

    /// The same, keeping a day of the history.
    pub fn restart_keeping_a_day(&mut self) {
        self.restart_with(&ServiceOptions { history_days: Some(1), ..ServiceOptions::default() });
    }

    /// The same with these options.
    pub fn restart_with(&mut self, options: &ServiceOptions) {
        self.stop();
        self.server = Some(self.start(options));
        self.client = self.client();
    }

    fn start(&self, options: &ServiceOptions) -> InProcess {
        InProcess::start(Service::with_options(self.test_store.open(), self.clock.clone(), options))
    }

    /// A second server over the same store.
    pub fn another_server(&self) -> InProcess {
        self.start(&ServiceOptions::default())
    }

    /// A server over the same store within another one.
    pub fn server_over(&self, wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> InProcess {
        InProcess::start(Service::new(wrap(self.test_store.open()), self.clock.clone()))
    }

    /// Somebody sets the machine's clock. No time passes.
    pub fn set_clock_forward_us(&self, by_us: i64) {
        self.clock.set_forward_us(by_us);
    }

    /// The store, past everything of ours.
    pub fn test_store(&self) -> &TestStore {
        &self.test_store
    }

    /// The time.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.clock.now_us()).unwrap()
    }

    /// Changes the tables by hand.
    pub fn store_sql(&self, sql: &str) {
        self.test_store.execute(sql);
    }

    /// Makes the changes up to this one of `acme` two days old, and those after it new.
    pub fn age_changes(&self, last: u64) {
        let now_us = self.clock.now_us();
        let past_us = now_us - 2 * 24 * 3_600_000_000;
        self.store_sql(&format!(
            "UPDATE change SET at_us = {past_us} WHERE account_id = 1 AND version <= {last}; \
             INSERT INTO clock_mark SELECT {past_us}, {past_us}, id FROM change \
             WHERE account_id = 1 AND version = {last}; \
             INSERT INTO clock_mark SELECT {now_us}, {now_us}, max(id) FROM change"
        ));
    }

    /// The store is sound.
    #[track_caller]
    pub fn check(&self) {
        let report = self.server().service.check(|_, _| {}).unwrap();
        assert_eq!(report.findings, [""; 0]);
    }

    /// From now on this text may stand nowhere in the store's files.
    pub fn keep_secret(&mut self, secret: &str) -> String {
        assert!(secret.len() >= 8, "{secret:?} is no secret");
        self.secrets.push(secret.to_owned());
        secret.to_owned()
    }

    /// The new key that an answer shows, from now on a secret.
    #[track_caller]
    pub fn keep_key(&mut self, answer: &Answer) -> String {
        assert_eq!(answer.status, 201, "{answer:?}");
        self.keep_secret(answer.json["key"].as_str().expect("a new key"))
    }

    /// Sets the phone number limit of `acme`, as the operator.
    #[track_caller]
    pub fn limit(&mut self, phone_number_limit: u32) {
        self.done("PATCH", ACME, json!({"phone_number_limit": phone_number_limit}));
    }

    /// Replaces the key of `acme`, as the operator.
    #[track_caller]
    pub fn replace_key(&mut self) {
        let path = format!("{ACME}/rotate-key");
        let replaced = self.call("POST", &path, json!({"overlap_s": 0}));
        self.acme = self.keep_key(&replaced);
    }

    /// The same on another server.
    #[track_caller]
    pub fn replace_key_elsewhere(&mut self) {
        let other = self.another_server();
        let here = std::mem::replace(&mut self.client, Client::connect(other.address).unwrap());
        self.replace_key();
        self.client = here;
        other.stop();
    }

    /// Deletes `acme` in another process, as the command line does.
    #[track_caller]
    pub fn delete_account(&self) {
        let other = self.another_server();
        acme::execute(&other.service, Command::DeleteAccount);
        other.stop();
    }

    #[track_caller]
    pub fn delete_operator_key(&self) {
        let service = &self.server().service;
        assert!(block_on(service.delete_operator_key("test".to_owned())).unwrap());
    }

    /// Deletes the account `acme` on the server that is called.
    pub fn delete_account_here(&self) {
        acme::execute(&self.server().service, Command::DeleteAccount);
    }

    /// Moves the clock forward by a minute, so that no wrong credentials are counted any more.
    pub fn wait_a_minute(&self) {
        self.clock.advance_us(60_000_000);
    }

    /// The credentials of `acme`, and of the operator for the operator's paths.
    pub fn credentials(&self, path: &str) -> String {
        if path.starts_with("/v1/operator") {
            return format!("Bearer {}", self.operator);
        }
        basic("acme", &self.acme)
    }

    /// Reads a path.
    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, Value::Null)
    }

    /// Reads what is there.
    #[track_caller]
    pub fn read(&mut self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json
    }

    /// Carries out what must succeed.
    #[track_caller]
    pub fn done(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let answer = self.call(method, path, body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer
    }

    /// Deletes something.
    #[track_caller]
    pub fn delete(&mut self, path: &str) {
        let answer = self.call("DELETE", path, Value::Null);
        assert_eq!(answer.status, 204, "{path}: {answer:?}");
    }

    /// Calls as `acme` with its own key; the operator's paths as the operator.
    #[track_caller]
    pub fn call(&mut self, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(method, path, &[], body)
    }

    /// The same with other headers.
    #[track_caller]
    pub fn call_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let credentials = self.credentials(path);
        self.request(method, path, &with_credentials(&credentials, headers), body)
    }

    /// Calls as an account with one of its keys.
    #[track_caller]
    pub fn call_as(
        &mut self,
        (user_name, api_key): (&str, &str),
        method: &str,
        path: &str,
        body: Value,
    ) -> Answer {
        self.request(method, path, &[("Authorization", &basic(user_name, api_key))], body)
    }

    /// Reads a path as `globex`.
    #[track_caller]
    pub fn get_as_globex(&mut self, path: &str) -> Answer {
        let globex = self.globex.clone();
        self.call_as(("globex", &globex), "GET", path, Value::Null)
    }

    /// Whether this is a key of `acme`.
    #[track_caller]
    pub fn is_valid(&mut self, key: &str) -> bool {
        let answer = self.call_as(("acme", key), "GET", "/v1/phones", Value::Null);
        if answer.status != 200 {
            answer.assert_problem(401, "unauthorized");
        }
        answer.status == 200
    }

    /// Calls with these headers and no others.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // Callers write it where it is passed.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        if body.is_null() {
            return self.exchange(method, path, headers, "");
        }
        let headers = [headers, &[("Content-Type", "application/json")]].concat();
        self.exchange(method, path, &headers, &body.to_string())
    }

    /// Sends a file as `acme`.
    #[track_caller]
    pub fn send(
        &mut self,
        path: &str,
        content_type: &str,
        headers: &[(&str, &str)],
        text: &str,
    ) -> Answer {
        let credentials = self.credentials(path);
        let headers = [&[("Content-Type", content_type)], headers].concat();
        self.exchange("POST", path, &with_credentials(&credentials, &headers), text)
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.clock.advance_us(1000);
        let reply = self.client.request(method, path, headers, body).unwrap();
        if reply.header("connection") == Some("close") {
            self.client = self.client();
        }
        let answer = reply.into();
        described::check(described::document(&mut self.client), method, path, &answer);
        answer
    }

    /// Sends requests of one caller at the same time, each over a connection of its own. Returns the
    /// statuses.
    pub fn at_once(&self, if_match: &str, requests: &[(&str, String, Value)]) -> Vec<u16> {
        let (address, barrier) = (self.server().address, Barrier::new(requests.len()));
        let credentials = self.credentials(&requests[0].1);
        let headers = with_credentials(&credentials, &[("If-Match", if_match)]);
        let headers = if if_match.is_empty() { &headers[..1] } else { &headers };
        let call = |(method, path, body): &(&str, String, Value)| {
            let mut client = Client::connect(address).unwrap();
            let body = if body.is_null() { String::new() } else { body.to_string() };
            barrier.wait();
            client.request(method, path, headers, &body).unwrap().status
        };
        thread::scope(|scope| {
            let call = &call;
            let callers = requests.iter().map(|request| scope.spawn(move || call(request)));
            let callers: Vec<_> = callers.collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        })
    }

    /// A new key of `acme` with that scope.
    #[track_caller]
    pub fn key(&mut self, scope: &str) -> String {
        let body = json!({"name": format!("test {scope}"), "scope": scope});
        let made = self.call("POST", "/v1/account/keys", body);
        self.keep_key(&made)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.server.take().map(InProcess::stop);
            assert_no_secrets(self.test_store.directory(), &self.secrets);
        }
    }
}

fn with_credentials<'t>(
    credentials: &'t str,
    headers: &[(&'t str, &'t str)],
) -> Vec<(&'t str, &'t str)> {
    [&[("Authorization", credentials)], headers].concat()
}

/// Makes an account and returns its key.
pub fn create_account(service: &Service, user_name: &str) -> String {
    let key = format!("KK{user_name:0>32}");
    acme::create_account(service, user_name, &key);
    key
}
