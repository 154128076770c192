//! Lists of an account with more phones than are looked at on the threads that serve.

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use directory::{Command, Phone, PhoneId, PhoneLookup, Skills};
use ringbook::service::{PhoneFilter, PhonePage, PhoneQuery};
use serde_json::{Value, json};
use test_support::{acme, block_on};

use crate::world::World;

/// Twice as many as the service looks at under an account's lock.
const PHONES: u32 = 4_000;

/// Adds phones whose ids, numbers and names are sorted differently. A seventh has the skill Sales,
/// and the last ones have Support.
fn with_many_phones() -> World {
    let mut world = World::new();
    world.limit(2 * PHONES);
    let mut rows = String::from("number,name,skills\n");
    for n in 0..PHONES {
        let skills = match n {
            _ if n % 7 == 0 => "Sales",
            _ if n > PHONES - 30 => "Support",
            _ => "",
        };
        let (number, name) = (n * 7919 % 100_000, n * 3331 % 10_007);
        let plus = if n % 2 == 0 { "+" } else { "" };
        let letter = if n % 3 == 0 { 'A' } else { 'a' };
        writeln!(rows, "{plus}91{number:05},{letter}gent-{name},{skills}").unwrap();
    }
    let imported = world.send("/v1/imports", "text/csv", &[], &rows);
    assert_eq!(imported.status, 201, "{imported:?}");
    world
}

/// Whether a filter of that value lists a phone.
type IsListed = fn(&Value, &str) -> bool;

fn text<'p>(phone: &'p Value, field: &str) -> &'p str {
    phone[field].as_str().unwrap()
}

#[test]
fn pages_of_any_filter_and_sort_are_those_of_a_plain_sort() {
    let world = &mut with_many_phones();
    let all = pages(world, "limit=1000");
    assert_eq!(all.len(), PHONES as usize + 3);
    let has_skill: IsListed = |phone, skill| phone["skills"].to_string().contains(skill);
    let begins: IsListed = |phone, begin| text(phone, "number").starts_with(begin);
    let contains: IsListed =
        |phone, part| text(phone, "number").contains(part) || lower(phone).contains(part);
    let filters: [(&str, &str, IsListed); 9] = [
        ("skill", "Sales", has_skill),
        ("skill", "Support", has_skill),
        ("number", "9107919", |phone, number| text(phone, "number") == number),
        ("name", "AGENT-3331", |phone, name| lower(phone) == name.to_ascii_lowercase()),
        ("number_prefix", "914", begins),
        ("number_prefix", "%2B9107", begins),
        ("name_prefix", "agent-12", |phone, begin| lower(phone).starts_with(begin)),
        ("contains", "77", contains),
        ("contains", "t-99", contains),
    ];
    for (parameter, value, is_listed) in filters {
        let given = value.replace("%2B", "+");
        let listed: Vec<&Value> = all.iter().filter(|phone| is_listed(phone, &given)).collect();
        assert!(!listed.is_empty(), "{parameter}={value}");
        for sort in ["created", "number", "name"] {
            let mut expected = listed.clone();
            match sort {
                "number" => expected.sort_by_key(|phone| text(phone, "number")),
                "name" => expected.sort_by_key(|phone| lower(phone)),
                _ => {}
            }
            for (sign, limit) in [("", 1000), ("-", 1000), ("", 90)] {
                let query = format!("{parameter}={value}&sort={sign}{sort}&limit={limit}");
                let found = pages(world, &query);
                assert!(found.iter().eq(expected.iter().copied()), "{query}");
                expected.reverse();
            }
        }
    }
}

fn lower(phone: &Value) -> String {
    text(phone, "name").to_ascii_lowercase()
}

/// The phones of all pages of a list.
fn pages(world: &mut World, query: &str) -> Vec<Value> {
    let mut path = format!("/v1/phones?{query}");
    let mut phones = Vec::new();
    loop {
        let mut page = world.read(&path);
        phones.append(page["items"].as_array_mut().unwrap());
        let Some(next) = page["next"].as_str() else { return phones };
        path = format!("/v1/phones?{query}&cursor={next}");
    }
}

#[test]
fn change_is_made_while_a_walk_goes_on() {
    let world = with_many_phones();
    let service = world.server().service.clone();
    let tenant = block_on(service.tenant("acme")).unwrap();
    let filter = PhoneFilter { contains: Some("nobody".into()), ..PhoneFilter::default() };
    let query = PhoneQuery { filter, phones_max: 50, ..PhoneQuery::default() };
    let other = service.clone();
    // Called within the walk, which ends once another thread has changed the account.
    let show = move |page: PhonePage<(PhoneId, &Phone)>, _: &Skills| {
        let (sender, changed) = mpsc::channel();
        thread::spawn(move || {
            let phone = PhoneLookup { number: Some("9107919".into()), ..PhoneLookup::default() };
            acme::execute(&other, Command::DeletePhone { phone });
            sender.send(()).unwrap();
        });
        (page.phones.len(), changed.recv_timeout(Duration::from_mins(1)).is_ok())
    };
    let shown = block_on(service.show_phones(&tenant, &query, show)).unwrap();
    assert_eq!(shown, (0, true));
}

#[test]
fn long_ring_order_is_whole() {
    let world = &mut with_many_phones();
    world.done("POST", "/v1/skills", json!({"name": "All"}));
    let mut rows = String::new();
    for n in 0..PHONES {
        writeln!(rows, "{{\"action\":\"edit\",\"phone\":\"p{}\",\"assign\":[\"All\"]}}", n + 4)
            .unwrap();
    }
    let edited = world.send("/v1/bulk", "application/x-ndjson", &[], &rows);
    assert_eq!(edited.status, 200, "{edited:?}");
    let ring = world.read("/v1/skills/All/ring-order");
    let ids = ring["phones"].as_array().unwrap().iter().map(|phone| text(phone, "id"));
    assert!(ids.eq((0..PHONES).map(|n| format!("p{}", n + 4))));
    assert_eq!(world.read("/v1/skills/All")["phones"], PHONES);
    let last = world.read(&format!("/v1/skills/All/ring-order?from={PHONES}"));
    assert_eq!(last["phones"][0]["id"], format!("p{}", PHONES + 3));
}
