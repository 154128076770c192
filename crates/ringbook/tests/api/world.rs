//! A server with two accounts, and how it is called.

use std::sync::Arc;

use directory::{
    Command, PhoneName, PhoneNumber, Profile, ProfileEdit, SkillEdit, SkillName, UserName,
};
use ringbook::secret::ApiKey;
use ringbook::service::clock::{Clock as _, ManualClock};
use ringbook::service::{CommandRequest, Service, ServiceOptions};
use ringbook::store::{Origin, RequestId};
use serde_json::{Value, json};
use test_support::place::{self, Place};
use test_support::{Client, InProcess, Reply, assert_no_secrets, basic, block_on};

const BEGIN_US: i64 = 1_750_000_000_400_000;

/// A server in this process over a store of its own, with the accounts `acme` and `globex`.
/// `acme` has the skills Sales and Support, and the phones p1 to p3. The clock moves by a
/// millisecond with each request. When dropped, no file of the store may hold a secret.
pub struct World {
    server: Option<InProcess>,
    client: Client,
    clock: Arc<ManualClock>,
    /// The API keys of the two.
    pub acme: String,
    pub globex: String,
    secrets: Vec<String>,
    place: Place,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub reply: Reply,
    /// The body, `null` if it is empty.
    pub json: Value,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        let json = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
        Self { status: reply.status, reply, json }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.reply.header(name)
    }

    /// The code of a problem, after a look at what every problem must have.
    #[track_caller]
    pub fn code(&self) -> &str {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.json["status"], self.status, "{self:?}");
        assert_eq!(self.json["request_id"].as_str(), self.header("ringbook-request-id"));
        let code = self.json["code"].as_str().expect("a problem has a code");
        assert_eq!(self.json["type"], format!("/docs#{code}"), "{self:?}");
        assert!(self.json["title"].is_string() && self.json["detail"].is_string(), "{self:?}");
        code
    }

    /// The problem has these errors: fields and codes.
    #[track_caller]
    pub fn assert_errors(&self, expected: &[(&str, &str)]) {
        let errors = self.errors();
        let errors: Vec<_> = errors.iter().map(|(field, code)| (&**field, &**code)).collect();
        assert_eq!(errors, expected, "{self:?}");
    }

    /// The fields and codes of all errors of a problem.
    pub fn errors(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
    }
}

impl World {
    /// Over a store in memory.
    pub fn new() -> Self {
        Self::on(place::memory())
    }

    /// Runs a test that a store could break: over SQLite in a file, and over PostgreSQL.
    pub fn on_each_store(test: impl Fn(&mut Self)) {
        for (store, place) in [("SQLite", place::sqlite()), ("PostgreSQL", place::postgres())] {
            println!("over {store}");
            test(&mut Self::on(place));
        }
    }

    fn on(place: Place) -> Self {
        let clock = Arc::new(ManualClock::new(BEGIN_US));
        let service = Service::new(place.open(), clock.clone());
        let [acme, globex] =
            ["acme", "globex"].map(|user_name| create_account(&service, user_name));
        set_up(&service);
        let server = InProcess::start(service);
        let client = Client::connect(server.address).unwrap();
        let secrets = vec![acme.clone(), globex.clone()];
        Self { server: Some(server), client, clock, acme, globex, secrets, place }
    }

    pub fn server(&self) -> &InProcess {
        self.server.as_ref().expect("it is stopped when the test ends")
    }

    /// Another connection to the server.
    pub fn client(&self) -> Client {
        Client::connect(self.server().address).unwrap()
    }

    /// Stops the server, which answers those who wait.
    pub fn stop(&mut self) {
        self.server.take().expect("it runs").stop();
    }

    /// Stops the server and starts one that knows only what is stored.
    pub fn restart(&mut self) {
        self.restart_with(ServiceOptions::default());
    }

    /// The same, keeping a day of the history.
    pub fn restart_keeping_a_day(&mut self) {
        self.restart_with(ServiceOptions { history_days: Some(1), ..ServiceOptions::default() });
    }

    fn restart_with(&mut self, options: ServiceOptions) {
        self.stop();
        self.server = Some(self.start(&options));
        self.client = self.client();
    }

    fn start(&self, options: &ServiceOptions) -> InProcess {
        InProcess::start(Service::with_options(self.place.open(), self.clock.clone(), options))
    }

    /// A second server over the same store.
    pub fn another_server(&self) -> InProcess {
        self.start(&ServiceOptions::default())
    }

    /// The time.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.clock.now_us()).unwrap()
    }

    /// Changes the tables by hand.
    pub fn store_sql(&self, sql: &str) {
        self.place.execute(sql);
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

    /// Sets the phone number limit of `acme`, as the operator does.
    #[track_caller]
    pub fn limit(&self, phone_number_limit: u32) {
        let phone_number_limit = Some(phone_number_limit);
        let edit = ProfileEdit { phone_number_limit, ..ProfileEdit::default() };
        execute(&self.server().service, Command::EditProfile(edit));
    }

    /// Replaces the key of `acme`, as the operator does.
    #[track_caller]
    pub fn replace_key(&mut self) {
        let key = self.keep_secret("KK00000000000000000000000000replaced");
        let api_key_sha256 = Some(ApiKey::parse(&key).unwrap().sha256());
        let edit = ProfileEdit { api_key_sha256, ..ProfileEdit::default() };
        execute(&self.server().service, Command::EditProfile(edit));
        self.acme = key;
    }

    /// Deletes `acme` in another process, as the command line does.
    #[track_caller]
    pub fn delete_account(&self) {
        let other = self.another_server();
        execute(&other.service, Command::DeleteAccount);
        other.stop();
    }

    /// Deletes the account `acme` on the server that is called.
    pub fn delete_account_here(&self) {
        execute(&self.server().service, Command::DeleteAccount);
    }

    /// Moves the clock forward by a minute, so that no wrong credentials are counted any more.
    pub fn wait_a_minute(&self) {
        self.clock.advance_us(60_000_000);
    }

    /// A new key of the operator, with this name.
    #[track_caller]
    pub fn operator_key(&mut self, name: &str) -> String {
        let key = self.keep_secret(&format!("RBO{:0>32}", self.secrets.len()));
        let sha256 = ApiKey::parse(&key).unwrap().sha256();
        let made = self.server().service.create_operator_key(name.to_owned(), sha256, None);
        assert!(block_on(made).unwrap(), "{name}");
        key
    }

    #[track_caller]
    pub fn delete_operator_key(&self, name: &str) {
        assert!(block_on(self.server().service.delete_operator_key(name.to_owned())).unwrap());
    }

    /// Calls as `acme` with its own key.
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
        let credentials = basic("acme", &self.acme);
        let mut all = vec![("Authorization", credentials.as_str())];
        all.extend(headers);
        self.request(method, path, &all, body)
    }

    /// Calls as somebody.
    #[track_caller]
    pub fn call_as(
        &mut self,
        (user_name, api_key): (&str, &str),
        method: &str,
        path: &str,
        body: Value,
    ) -> Answer {
        let credentials = basic(user_name, api_key);
        self.request(method, path, &[("Authorization", &credentials)], body)
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
        let credentials = basic("acme", &self.acme);
        let mut all = vec![("Authorization", credentials.as_str()), ("Content-Type", content_type)];
        all.extend(headers);
        self.exchange("POST", path, &all, text)
    }

    #[track_caller]
    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.clock.advance_us(1000);
        self.client.request(method, path, headers, body).unwrap().into()
    }

    /// A new key of `acme` with that scope.
    #[track_caller]
    pub fn key(&mut self, scope: &str) -> String {
        let body = json!({"name": format!("test {scope}"), "scope": scope});
        let made = self.call("POST", "/v1/account/keys", body);
        assert_eq!(made.status, 201, "{made:?}");
        self.keep_secret(made.json["key"].as_str().unwrap())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.server.take().map(InProcess::stop);
            assert_no_secrets(self.place.directory(), &self.secrets);
        }
    }
}

/// Makes an account and returns its key.
fn create_account(service: &Service, user_name: &str) -> String {
    let key = format!("KK{user_name:0>32}");
    let sha256 = ApiKey::parse(&key).unwrap().sha256();
    let profile = Profile::new(UserName::parse(user_name).unwrap(), sha256);
    let made = block_on(service.create_account(&profile, &origin(service), None)).unwrap();
    made.expect("the name is free");
    key
}

/// Gives `acme` its skills and phones.
fn set_up(service: &Service) {
    let names = ["Sales", "Support"].map(|name| SkillName::parse(name).unwrap());
    execute(service, Command::CreateSkills { names: names.into() });
    for (number, name, skills) in [
        ("919876543210", "Ravi", &["Sales", "Support"][..]),
        ("+14155550123", "Mira", &["Sales"]),
        ("1001", "Desk-1", &["Support"]),
    ] {
        let assign = skills.iter().map(|&skill| skill.to_owned()).collect();
        execute(
            service,
            Command::CreatePhone {
                number: PhoneNumber::parse(number).unwrap(),
                name: PhoneName::parse(name).unwrap(),
                skills: SkillEdit { assign, ..SkillEdit::default() },
            },
        );
    }
}

/// Carries out a command on `acme`.
#[track_caller]
fn execute(service: &Service, command: Command) {
    let tenant = block_on(service.tenant("acme")).unwrap();
    block_on(service.execute(&tenant, CommandRequest::new(command, origin(service)))).unwrap();
}

/// Where what an operator does at the command line comes from.
fn origin(service: &Service) -> Origin {
    service.origin(RequestId(0), &Arc::from("cli:asha"))
}
