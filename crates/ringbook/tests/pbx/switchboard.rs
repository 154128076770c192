//! A server with an account that PBXs ask, over a store that can be away.

use std::borrow::Borrow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use directory::routing::Setting;
use directory::{
    Command, KeyName, KeyScope, NewKey, PhoneId, PhoneLookup, PhoneName, PhoneNumber, Profile,
    RingOrder, RoutingOf, SettingEdit, SkillEdit, SkillName, UserName,
};
use ringbook::secret::sha256;
use ringbook::service::clock::ManualClock;
use ringbook::service::{Authority, CommandRequest, Outcome, Service, ServiceOptions};
use ringbook::store::{Decorator, Origin, RequestId, Store, StoreError};
use test_support::test_store::{self, TestStore};
use test_support::{Client, InProcess, Reply, basic, block_on};

/// The account's own key and one of scope `routing`, as the recorded requests have them; one that reads.
pub const KEYS: [&str; 3] = ["k3y/x", "k3y", "r3ad"];

/// 2026-11-28 12:00 UTC, a Saturday.
const NOW_US: i64 = 1_795_867_200_000_000;

pub const TEMPLATES: [(&str, &str); 4] = [
    ("dial_template.kamailio", "sip:{number}@127.0.0.1:15080"),
    ("dial_template.asterisk.dial", "PJSIP/{number}@trunk"),
    ("dial_template.asterisk.member", "Local/{number}@hunt-out/n"),
    ("dial_template.freeswitch", "sofia/gateway/trunk/{number}"),
];

pub struct Switchboard {
    server: Option<InProcess>,
    client: Client,
    store: Arc<Away>,
    _test_store: TestStore,
}

/// A store that does not answer while it is away.
struct Away {
    store: Arc<dyn Store>,
    is_away: AtomicBool,
}

impl Decorator for Away {
    fn inner(&self) -> &dyn Store {
        &*self.store
    }

    fn run<T, E: Borrow<StoreError> + From<StoreError>>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(StoreError::Busy.into());
        }
        operation(self.inner())
    }
}

impl Switchboard {
    /// With templates, and no phone.
    pub fn new() -> Self {
        Self::with(&ServiceOptions::default())
    }

    pub fn with(options: &ServiceOptions) -> Self {
        let test_store = test_store::memory();
        let store = Arc::new(Away { store: test_store.open(), is_away: AtomicBool::new(false) });
        let clock = Arc::new(ManualClock::new(NOW_US));
        let service = Service::with_options(Arc::clone(&store) as _, clock, options);
        let profile = Profile::new(UserName::parse("acme").unwrap(), sha256(KEYS[0]));
        let origin = origin(&service);
        let created = service.create_account(&Authority::Store, &profile, &origin, None);
        block_on(created).unwrap().expect("the name is free");
        let server = InProcess::start(service);
        let client = Client::connect(server.address).unwrap();
        let board = Self { server: Some(server), client, store, _test_store: test_store };
        for (name, scope, key) in
            [("PBX", KeyScope::Routing, KEYS[1]), ("Wallboard", KeyScope::Read, KEYS[2])]
        {
            let (name, sha256) = (KeyName::parse(name).unwrap(), sha256(key));
            let key = NewKey { name, scope, sha256, created_us: NOW_US, expires_us: None };
            board.execute(Command::CreateKey(key));
        }
        for (setting, template) in TEMPLATES {
            board.set(RoutingOf::Account, None, setting, Some(template));
        }
        board
    }

    pub fn service(&self) -> &Service {
        &self.server.as_ref().expect("it runs").service
    }

    pub fn execute(&self, command: Command) -> Outcome {
        let service = self.service();
        let tenant = block_on(service.tenant("acme")).unwrap();
        let request = CommandRequest::new(command, origin(service));
        block_on(service.execute(&tenant, request)).unwrap()
    }

    /// Creates skills and phones: each number with its name and its skills.
    pub fn fill(&self, skills: &[&str], phones: &[(&str, &str, &[&str])]) {
        let names = skills.iter().map(|skill| SkillName::parse(skill).unwrap()).collect();
        self.execute(Command::CreateSkills { names });
        for (number, name, skills) in phones {
            let assign = skills.iter().map(|&skill| skill.to_owned()).collect();
            self.execute(Command::CreatePhone {
                number: PhoneNumber::parse(number).unwrap(),
                name: PhoneName::parse(name).unwrap(),
                skills: SkillEdit { assign, ..SkillEdit::default() },
            });
        }
    }

    pub fn set(&self, of: RoutingOf, in_skill: Option<&str>, setting: &str, value: Option<&str>) {
        let setting = Setting::parse(setting).unwrap();
        let in_skill = in_skill.map(str::to_owned);
        let edits = vec![SettingEdit { in_skill, setting, value: value.map(str::to_owned) }];
        self.execute(Command::EditRouting { of, edits, expected_version: None });
    }

    pub fn set_skill(&self, skill: &str, setting: &str, value: &str) {
        self.set(RoutingOf::Skill(skill.to_owned()), None, setting, Some(value));
    }

    /// Of the phone `p1`, `p2`, …
    pub fn set_phone(&self, id: u32, in_skill: Option<&str>, setting: &str, value: Option<&str>) {
        self.set(RoutingOf::Phone(PhoneLookup::by_id(PhoneId(id))), in_skill, setting, value);
    }

    /// The phones `p1`, `p2`, … of a skill ring in this order.
    pub fn order(&self, skill: &str, ids: &[u32]) {
        let phones = ids.iter().map(|id| PhoneLookup::by_id(PhoneId(*id))).collect();
        let (name, order) = (skill.to_owned(), RingOrder::Whole(phones));
        self.execute(Command::OrderSkill { name, order, expected_version: None });
    }

    /// The store does not answer any more, or does so again.
    pub fn set_away(&self, is_away: bool) {
        self.store.is_away.store(is_away, Ordering::Relaxed);
    }

    /// Sends a request as it is.
    #[track_caller]
    pub fn send(&mut self, text: &str) -> Reply {
        self.client.send(text).unwrap();
        let reply = self.client.reply().unwrap();
        if reply.header("connection") == Some("close") {
            self.client = self.client();
        }
        reply
    }

    /// Another connection.
    pub fn client(&self) -> Client {
        Client::connect(self.server.as_ref().expect("it runs").address).unwrap()
    }

    /// Asks with the key of scope `routing`; a form is posted.
    #[track_caller]
    pub fn ask(&mut self, path: &str, form: &str) -> Reply {
        let method = if form.is_empty() { "GET" } else { "POST" };
        self.request(method, path, &[("Authorization", &basic("acme", KEYS[1]))], form)
    }

    #[track_caller]
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: &str,
    ) -> Reply {
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let headers = [headers, &kind].concat();
        self.send(&test_support::request_text(method, path, &headers, form))
    }
}

impl Drop for Switchboard {
    fn drop(&mut self) {
        drop(self.server.take().map(InProcess::stop));
    }
}

fn origin(service: &Service) -> Origin {
    service.origin(RequestId(0), &Arc::from("cli:asha"))
}
