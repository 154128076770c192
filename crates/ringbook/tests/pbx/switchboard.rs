//! A server with an account that PBXs ask, over a store that can be away.

use std::sync::Arc;

use directory::{Command, KeyScope, RingOrder, RoutingOf};
use ringbook::service::clock::ManualClock;
use ringbook::service::{Service, ServiceOptions};
use test_support::test_store::{self, TestStore};
use test_support::{Client, InProcess, Line, LineState, Reply, acme, basic};

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
    pub clock: Arc<ManualClock>,
    line: Line,
    _test_store: TestStore,
}

impl Switchboard {
    /// With templates, and no phone.
    pub fn new() -> Self {
        Self::with(&ServiceOptions::default())
    }

    pub fn with(options: &ServiceOptions) -> Self {
        let test_store = test_store::memory();
        let line = Line::to(test_store.open());
        let clock = Arc::new(ManualClock::new(NOW_US));
        let service = Service::with_options(Arc::new(line.clone()), clock.clone(), options);
        acme::create_account(&service, "acme", KEYS[0]);
        acme::create_key(&service, "PBX", KeyScope::Routing, KEYS[1]);
        acme::create_key(&service, "Wallboard", KeyScope::Read, KEYS[2]);
        let templates = TEMPLATES.map(|(setting, template)| (None, setting, Some(template)));
        acme::set_routing(&service, RoutingOf::Account, &templates);
        let server = InProcess::start(service);
        let client = Client::connect(server.address).unwrap();
        Self { server: Some(server), client, clock, line, _test_store: test_store }
    }

    pub fn service(&self) -> &Service {
        &self.server.as_ref().expect("it runs").service
    }

    /// Creates skills and phones: each number with its name and its skills.
    pub fn fill(&self, skills: &[&str], phones: &[(&str, &str, &[&str])]) {
        acme::fill(self.service(), skills, phones);
    }

    pub fn set(&self, of: RoutingOf, in_skill: Option<&str>, setting: &str, value: Option<&str>) {
        acme::set_routing(self.service(), of, &[(in_skill, setting, value)]);
    }

    pub fn set_skill(&self, skill: &str, setting: &str, value: &str) {
        self.set(RoutingOf::Skill(skill.to_owned()), None, setting, Some(value));
    }

    /// Of the phone `p1`, `p2`, …
    pub fn set_phone(&self, id: u32, in_skill: Option<&str>, setting: &str, value: Option<&str>) {
        self.set(RoutingOf::Phone(acme::phone(id)), in_skill, setting, value);
    }

    /// The phones `p1`, `p2`, … of a skill ring in this order.
    pub fn order(&self, skill: &str, ids: &[u32]) {
        let order = RingOrder::Whole(ids.iter().map(|id| acme::phone(*id)).collect());
        let command = Command::OrderSkill { name: skill.into(), order, expected_version: None };
        acme::execute(self.service(), command);
    }

    /// The store does not answer any more, or does so again.
    pub fn set_away(&self, is_away: bool) {
        self.line.set(if is_away { LineState::Away } else { LineState::There });
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
