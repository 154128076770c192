//! Whom to ring, as the service answers it over each store: always what a commit has left, and also while
//! the store is away.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::routing::RingList;
use directory::{Account, Command, KeyScope, ProfileEdit, RoutingOf, SkillId, SkillName};
use ringbook::secret::sha256;
use ringbook::service::clock::{DAY_US, ManualClock};
use ringbook::service::{
    Credentials, Denied, Failure, NotRouted, Reason, Routed, Service, ServiceOptions, Tenant,
};
use test_support::{Line, LineState, acme, block_on, until};

use crate::test_store::TestStore;

const MAIN_KEY: &str = "KKmain0123456789";

/// A service with the account acme and these skills.
struct Calls {
    service: Arc<Service>,
    clock: Arc<ManualClock>,
    line: Line,
}

impl Calls {
    fn new(test_store: &TestStore, skills: &[&str]) -> Self {
        Self::with(test_store, skills, &ServiceOptions::default())
    }

    fn with(test_store: &TestStore, skills: &[&str], options: &ServiceOptions) -> Self {
        let calls = Self::over(Line::to(test_store.open()), options);
        acme::create_account(&calls.service, "acme", MAIN_KEY);
        acme::fill(&calls.service, skills, &[]);
        calls
    }

    fn over(line: Line, options: &ServiceOptions) -> Self {
        let clock = Arc::new(ManualClock::new(1_780_000_000_000_000));
        let store = Arc::new(line.clone());
        let service = Arc::new(Service::with_options(store, clock.clone(), options));
        Self { service, clock, line }
    }

    /// What another start of the same server finds.
    fn restart(self, options: &ServiceOptions, state: LineState) -> Self {
        let line = self.line.clone();
        drop(self);
        line.set(state);
        Self::over(line, options)
    }

    #[track_caller]
    fn execute(&self, command: Command) {
        acme::execute(&self.service, command);
    }

    fn create_phone(&self, n: usize, skills: &[&str]) {
        let (number, name) = (format!("+91{n:06}"), format!("Agent-{n}"));
        acme::fill(&self.service, &[], &[(&number, &name, skills)]);
    }

    fn set(&self, of: RoutingOf, setting: &str, value: &str) {
        acme::set_routing(&self.service, of, &[(None, setting, Some(value))]);
    }

    fn route_as(&self, key: &str, skill: &str) -> Result<Result<Routed, NotRouted>, Denied> {
        let credentials =
            Credentials { user_name: "acme", api_key: Some(key), ..Credentials::default() };
        block_on(async {
            let caller = self.service.authenticate_for_routing(&credentials).await?;
            Ok(self.service.route(&caller, skill))
        })
    }

    fn route(&self, skill: &str) -> Result<Routed, NotRouted> {
        self.route_as(MAIN_KEY, skill).unwrap()
    }

    /// The numbers that ring, without what all begin with.
    #[track_caller]
    fn rings(&self, skill: &str) -> String {
        rings(&self.route(skill).unwrap())
    }
}

/// Its threads end only once the store answers.
impl Drop for Calls {
    fn drop(&mut self) {
        self.line.set(LineState::There);
    }
}

fn rings(routed: &Routed) -> String {
    let decision = routed.decide(0);
    let numbers = decision.phones.iter().map(|phone| phone.number.to_string());
    numbers
        .map(|number| number[3..].trim_start_matches('0').to_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

on!(memory sqlite postgres: a_commit_is_published_before_it_is_answered);
fn a_commit_is_published_before_it_is_answered(test_store: &TestStore) {
    let calls = Calls::new(test_store, &["Sales", "Night", "Other"]);
    assert_eq!(calls.rings("Sales"), "");
    for n in 1..=3 {
        calls.create_phone(n, &["Sales"]);
        calls.create_phone(n + 3, &["Night"]);
    }
    assert_eq!(calls.rings("Sales"), "1 2 3");
    calls.execute(Command::DeletePhone { phone: acme::phone(3) });
    assert_eq!((&*calls.rings("Sales"), &*calls.rings("s1")), ("1 3", "1 3"));
    // Nobody has asked for the other skill so far, nor does anybody by its name.
    calls.set(RoutingOf::Skill("Sales".into()), "overflow", "Night");
    assert_eq!(calls.rings("Sales"), "1 3 4 5 6");
    calls.set(RoutingOf::Phone(acme::phone(2)), "pause", "- lunch");
    assert_eq!(calls.rings("Sales"), "1 3 5 6");
    let before = calls.route("Sales").unwrap();
    calls.create_phone(7, &["Other"]);
    let after = calls.route("Sales").unwrap();
    assert!(Arc::ptr_eq(&before.lists[0], &after.lists[0]), "it was not touched");
    assert_eq!(after.revision, before.revision + 1);
    let name_new = SkillName::parse("Vertrieb").unwrap();
    calls.execute(Command::RenameSkill { name: "Sales".into(), name_new });
    assert!(matches!(calls.route("Sales"), Err(NotRouted::UnknownSkill { .. })));
    assert_eq!(calls.rings("Vertrieb"), "1 3 5 6");
    calls.execute(Command::DeleteAccount);
    assert!(matches!(
        calls.route_as(MAIN_KEY, "s1"),
        Err(Denied::Failed(Failure::Unauthorized(_)))
    ));
}

on!(memory sqlite: a_list_that_is_first_asked_for_during_a_commit_is_not_older);
fn a_list_that_is_first_asked_for_during_a_commit_is_not_older(test_store: &TestStore) {
    const SKILLS: usize = 100;
    let names: Vec<_> = (0..SKILLS).map(|n| format!("Skill-{n}")).collect();
    let calls = Calls::new(test_store, &names.iter().map(String::as_str).collect::<Vec<_>>());
    for (n, name) in names.iter().enumerate() {
        thread::scope(|scope| {
            scope.spawn(|| calls.create_phone(n, &[name]));
            scope.spawn(|| calls.route(name).unwrap());
        });
        assert_eq!(calls.route(name).unwrap().lists[0].phones.len(), 1, "{name}");
    }
}

on!(sqlite postgres: follows_other_processes);
fn follows_other_processes(test_store: &TestStore) {
    let calls = Calls::new(test_store, &["Sales", "Night"]);
    let other = Calls::over(Line::to(test_store.open()), &ServiceOptions::default());
    assert_eq!(calls.rings("Sales"), "");
    other.create_phone(1, &["Sales"]);
    other.create_phone(2, &["Night"]);
    until("the phone is known", || calls.rings("Sales") == "1");
    other.set(RoutingOf::Skill("Sales".into()), "overflow", "Night");
    until("the setting is known", || calls.rings("Sales") == "1 2");
    let edit = ProfileEdit { api_key_sha256: Some([1; 32]), ..ProfileEdit::default() };
    other.execute(Command::EditProfile(edit));
    until("the key is not valid any more", || calls.route_as(MAIN_KEY, "Sales").is_err());
}

on!(memory sqlite postgres: calls_go_on_while_the_store_is_away);
fn calls_go_on_while_the_store_is_away(test_store: &TestStore) {
    let calls = Calls::new(test_store, &["Sales", "Night"]);
    for (name, scope) in [("routing", KeyScope::Routing), ("reading", KeyScope::Read)] {
        acme::create_key(&calls.service, name, scope, &format!("KK{name}"));
    }
    calls.create_phone(1, &["Sales"]);
    let is_wrong =
        |key| matches!(calls.route_as(key, "Sales"), Err(Denied::Failed(Failure::Unauthorized(_))));
    assert_eq!([is_wrong("KKwrong00"), is_wrong("KKreading")], [true, true]);
    assert_eq!(calls.rings("Sales"), "1");
    for state in [LineState::Away, LineState::Hanging] {
        calls.line.set(state);
        let cut = calls.service.usage().view_age;
        until("it is noticed", || calls.service.usage().view_age > cut + Duration::from_secs(1));
        let routed = calls.route_as("KKrouting", "Sales").unwrap().unwrap();
        assert!(rings(&routed) == "1" && routed.age > Duration::from_secs(1), "{routed:?}");
        // The account is in memory, so its other skills are, and it has no others.
        assert_eq!(calls.rings("Night"), "");
        assert!(matches!(calls.route("Nights"), Err(NotRouted::UnknownSkill { .. })));
        // It may be a new one.
        let denied = calls.route_as("KKwrong00", "Sales").unwrap_err();
        assert!(matches!(denied, Denied::Failed(Failure::Unavailable(_))), "{denied}");
        calls.line.set(LineState::There);
        until("it is there again", || calls.service.usage().view_age < Duration::from_secs(1));
        assert!(is_wrong("KKwrong00"));
    }
}

/// Options with a file beside a store.
fn with_file(test_store: &TestStore) -> (ServiceOptions, PathBuf) {
    let file = test_store.file("rings");
    (ServiceOptions { routing_cache: Some(file.clone()), ..ServiceOptions::default() }, file)
}

on!(memory sqlite postgres: a_cold_account_is_answered_by_what_is_remembered);
fn a_cold_account_is_answered_by_what_is_remembered(test_store: &TestStore) {
    let (options, _) = with_file(test_store);
    let calls = Calls::with(test_store, &["Sales", "Night"], &options);
    calls.create_phone(1, &["Sales"]);
    assert_eq!(calls.rings("Sales"), "1");
    let calls = calls.restart(&options, LineState::Away);
    for state in [LineState::Away, LineState::Hanging] {
        // Until it is let to, it does not answer, so these do not wait for it.
        calls.line.set(state);
        assert_eq!(calls.rings("Sales"), "1");
        let not_loaded = NotRouted::CannotKnow(Reason::NotLoaded);
        assert_eq!(calls.route("Night").unwrap_err(), not_loaded);
        let denied = calls.route_as("KKwrong00", "Sales").unwrap_err();
        assert!(matches!(denied, Denied::Failed(Failure::Unavailable(_))), "{denied}");
    }
    calls.line.set(LineState::There);
    until("it is loaded", || calls.route("Night").is_ok());
    assert_eq!(calls.rings("Sales"), "1");
    // As if it was never there.
    let most = Duration::ZERO;
    let strict = ServiceOptions { routing_max_age: most, ..options };
    let calls = calls.restart(&strict, LineState::Away);
    let too_old = |routed| matches!(routed, Err(NotRouted::CannotKnow(Reason::TooOld { .. })));
    assert!(too_old(calls.route("Sales")));
    let calls = calls.restart(&with_file(test_store).0, LineState::Away);
    assert_eq!(calls.rings("Sales"), "1");
    calls.clock.advance_us(DAY_US + 1_000_000);
    assert!(too_old(calls.route("Sales")));
}

/// Whether a server that starts with this file and without its store routes a call.
fn routes_by(line: &Line, file: &Path, content: &[u8]) -> bool {
    fs::write(file, content).unwrap();
    let options =
        ServiceOptions { routing_cache: Some(file.to_owned()), ..ServiceOptions::default() };
    line.set(LineState::Away);
    let calls = Calls::over(line.clone(), &options);
    match calls.route_as(MAIN_KEY, "Sales") {
        Ok(routed) => rings(&routed.unwrap()) == "1",
        Err(Denied::Failed(Failure::Unavailable(_))) => false,
        Err(denied) => panic!("{denied}"),
    }
}

on!(memory: a_file_that_is_not_whole_is_not_used);
fn a_file_that_is_not_whole_is_not_used(test_store: &TestStore) {
    let (options, file) = with_file(test_store);
    let calls = Calls::with(test_store, &["Sales"], &options);
    calls.create_phone(1, &["Sales"]);
    calls.set(RoutingOf::Account, "dial_template.kamailio", "sip:{number}@x");
    assert_eq!(calls.rings("Sales"), "1");
    let line = calls.line.clone();
    drop(calls);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let whole = fs::read(&file).unwrap();
    assert!(routes_by(&line, &file, &whole));
    for length in 0..whole.len() {
        assert!(!routes_by(&line, &file, &whole[..length]), "{length} bytes");
    }
    for at in (0..whole.len()).step_by(7) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(!routes_by(&line, &file, &flipped), "bit of byte {at}");
    }
    // With the right checksum, it is refused for what it says.
    let text = String::from_utf8(whole.clone()).unwrap();
    let (head, body) = text.split_once('\n').unwrap();
    let sealed = |body: &str| {
        let (version, _) = head.rsplit_once(':').unwrap();
        format!("{version}:{}\n{body}", URL_SAFE_NO_PAD.encode(sha256(body)))
    };
    assert!(routes_by(&line, &file, sealed(body).as_bytes()));
    for (sound, hostile) in [
        ("+91000001", "${system(id)}"),
        ("\"Agent-1\"", "\"a,b&c\""),
        ("sip:{number}@x", "sip:{number}@x\\r\\nX: y"),
        ("\"serial\"", "\"sometimes\""),
        ("\"acme\"", "\"\\u0000\""),
        ("\"Sales\"", "\",\""),
        ("\"hours\":null", "\"hours\":\"Mars mon 25:00-26:00\""),
        ("\"accounts\"", "\"others\""),
    ] {
        let changed = body.replace(sound, hostile);
        assert_ne!(changed, body, "{sound}");
        assert!(!routes_by(&line, &file, sealed(&changed).as_bytes()), "{hostile}");
    }
    let circle = body.replace("\"overflow\":null", "\"overflow\":1");
    assert!(routes_by(&line, &file, sealed(&circle).as_bytes()), "it ends");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(!routes_by(&line, &file, &whole), "others can read it");
}

on!(sqlite postgres: a_phone_that_is_gone_leaves_what_is_remembered);
/// Of an account that nobody has asked for since the start, so that it is not in memory.
fn a_phone_that_is_gone_leaves_what_is_remembered(test_store: &TestStore) {
    let (options, file) = with_file(test_store);
    let calls = Calls::with(test_store, &["Sales"], &options);
    (1..=3).for_each(|n| calls.create_phone(n, &["Sales"]));
    assert_eq!(calls.rings("Sales"), "1 2 3");
    let calls = calls.restart(&options, LineState::There);
    let other = Calls::over(Line::to(test_store.open()), &ServiceOptions::default());
    other.execute(Command::DeletePhone { phone: acme::phone(2) });
    let has = |number: &str| fs::read_to_string(&file).unwrap().contains(number);
    until("its number is gone", || !has("+91000002"));
    assert!(has("+91000003"));
    other.execute(Command::DeleteAccount);
    until("the account is gone", || !has("+91000003"));
    drop(calls);
}

/// What a service must route by, of an account as it is.
pub fn assert_routes(service: &Service, tenant: &Tenant, account: &Account) {
    let caller = service.routing_caller(tenant);
    for id in (1..account.counters.next_skill_id).map(SkillId) {
        let routed = service.route(&caller, &id.to_string());
        let expected = std::iter::successors(RingList::of(account, id), |list| {
            RingList::of(account, list.overflow?)
        });
        // A list that no change has touched is of an earlier version.
        let without_version = |list: &RingList| RingList { version: 0, ..list.clone() };
        let expected: Vec<_> = expected.map(|list| without_version(&list)).collect();
        match routed {
            Ok(routed) => {
                let lists: Vec<_> = routed.lists.iter().map(|list| without_version(list)).collect();
                assert_eq!((routed.revision, lists), (account.counters.version, expected));
            }
            Err(NotRouted::UnknownSkill { .. }) => assert!(expected.is_empty()),
            Err(why) => panic!("{why}"),
        }
    }
}

on!(memory: lists_that_were_asked_for_last_are_kept_within_their_memory);
fn lists_that_were_asked_for_last_are_kept_within_their_memory(test_store: &TestStore) {
    const SKILLS: usize = 150;
    let names: Vec<_> = (0..SKILLS).map(|n| format!("Skill-{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let calls = Calls::new(test_store, &names);
    for n in 1..=1_000 {
        calls.create_phone(n, &names);
        // A phone with these takes the more memory.
        let of = || RoutingOf::Phone(acme::phone(u32::try_from(n).unwrap()));
        calls.set(of(), "pause", "- lunch");
        calls.set(of(), "hours", "UTC mon-fri 09:00-18:00");
    }
    let mut asked = Vec::new();
    for name in &names {
        asked.push(calls.route(name).unwrap().lists.remove(0));
        calls.clock.advance_us(1);
        assert!(calls.service.routing_usage().bytes <= 64 << 20);
    }
    let kept = calls.service.routing_usage().lists;
    assert!((SKILLS / 3..SKILLS).contains(&kept), "{kept}");
    for (name, asked) in names.iter().zip(&asked).skip(SKILLS - kept) {
        let list = calls.route(name).unwrap().lists.remove(0);
        assert!(Arc::ptr_eq(&list, asked), "{name} was dropped, though older ones were not");
    }
    calls.clock.advance_us(DAY_US + 1);
    until("they are forgotten", || {
        let usage = calls.service.routing_usage();
        (usage.lists, usage.bytes) == (0, 0)
    });
}

on!(memory: an_account_that_nobody_asks_for_is_forgotten);
fn an_account_that_nobody_asks_for_is_forgotten(test_store: &TestStore) {
    let (options, _) = with_file(test_store);
    let calls = Calls::with(test_store, &["Sales"], &options);
    assert_eq!(calls.rings("Sales"), "");
    let calls = calls.restart(&options, LineState::Away);
    assert_eq!(calls.rings("Sales"), "");
    calls.clock.advance_us(DAY_US + 1);
    // To ask for its list would keep it.
    let is_forgotten = || {
        let api_key = Some(MAIN_KEY);
        let credentials = Credentials { user_name: "acme", api_key, ..Credentials::default() };
        let denied = block_on(calls.service.authenticate_for_routing(&credentials)).err();
        matches!(denied, Some(Denied::Failed(Failure::Unavailable(_))))
    };
    until("its key is forgotten", is_forgotten);
}
