//! The feed, replayed from the start by a model that knows nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use test_support::Random;

use super::{newest, revert};
use crate::world::World;

/// Requests that change something, or are refused.
const STEPS: usize = 1_000;

/// Times at which the model is compared with what the account was then.
const TIMES: usize = 1_000;

const SKILLS: [&str; 5] = ["Sales", "Support", "Night", "Claims", "Spare"];

/// What the feed leads to.
#[derive(Debug, Default)]
struct Model {
    phones: BTreeMap<u32, Phone>,
    /// Names by id.
    skills: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Phone {
    number: Value,
    name: Value,
    /// Positions by the id of the skill.
    positions: BTreeMap<String, u64>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Model {
    /// Follows a change. What was before it is what the ones before have left.
    fn follow(&mut self, change: &Value) {
        let [before, after] = [&change["before"], &change["after"]];
        if let Some(id) = change.get("phone") {
            let id = text(id).strip_prefix('p').unwrap().parse().unwrap();
            let was = self.phones.remove(&id);
            assert_eq!(was.is_some(), !before.is_null(), "{change}");
            let phone = self.changed(was.unwrap_or_default(), change);
            if !after.is_null() {
                self.phones.insert(id, phone);
            }
        }
        if let Some(id) = change.get("skill") {
            let was = self.skills.remove(&text(id));
            assert_eq!(was, before.get("name").map(text), "{change}");
            self.skills.extend(after.get("name").map(|name| (text(id), text(name))));
        }
    }

    fn changed(&self, mut phone: Phone, change: &Value) -> Phone {
        let [before, after] = [&change["before"], &change["after"]];
        for (field, is) in [("number", &mut phone.number), ("name", &mut phone.name)] {
            assert!(before.get(field).is_none_or(|was| *was == *is), "{field}: {change}");
            *is = after.get(field).unwrap_or(is).clone();
        }
        for [lost, got] in [[before, &Value::Null], [&Value::Null, after]] {
            for skill in lost["skills"].as_array().into_iter().flatten() {
                assert_eq!(self.skills[&text(&skill["id"])], skill["name"], "{change}");
                let was = phone.positions.remove(&text(&skill["id"]));
                assert_eq!(was, skill["position"].as_u64(), "{change}");
            }
            for skill in got["skills"].as_array().into_iter().flatten() {
                assert_eq!(self.skills[&text(&skill["id"])], skill["name"], "{change}");
                let position = skill["position"].as_u64().unwrap();
                assert_eq!(phone.positions.insert(text(&skill["id"]), position), None, "{change}");
            }
        }
        assert!(!after.is_null() || phone.positions.is_empty(), "{change}");
        phone
    }

    /// The phones as `/v1/phones` lists them.
    fn phones(&self) -> Vec<Value> {
        let listed = |(id, phone): (&u32, &Phone)| {
            let mut skills: Vec<_> = phone.positions.keys().map(|id| &self.skills[id]).collect();
            skills.sort_unstable();
            let Phone { number, name, .. } = phone;
            json!({"id": format!("p{id}"), "number": number, "name": name, "skills": skills})
        };
        self.phones.iter().map(listed).collect()
    }

    /// The numbers in the ring order of each skill, by its name.
    fn ring_orders(&self) -> BTreeMap<String, Vec<Value>> {
        let ring = |(id, name): (&String, &String)| {
            let held = self.phones.values();
            let held = held.filter_map(|phone| Some((phone.positions.get(id)?, &phone.number)));
            let ring: BTreeMap<_, _> = held.collect();
            (name.clone(), ring.into_values().cloned().collect())
        };
        self.skills.iter().map(ring).collect()
    }
}

/// The ring orders as they are now.
fn ring_orders(world: &mut World) -> BTreeMap<String, Vec<Value>> {
    let mut orders = BTreeMap::new();
    for name in world.get("/v1/skills").column("items", "name").into_iter().map(text) {
        let ring = world.get(&format!("/v1/skills/{name}/ring-order"));
        let numbers = ring.column("phones", "number").into_iter().cloned().collect();
        orders.insert(name, numbers);
    }
    orders
}

/// Sends a request by chance. Some are refused.
fn step(world: &mut World, random: &mut Random) {
    let [phone, number] = [random.below(12), random.below(12)].map(|nth| format!("20{nth:02}"));
    let name = format!("Agent-{}", random.below(12));
    let [skill, other] = [random.below(5), random.below(5)].map(|index| SKILLS[index]);
    let path = format!("/v1/phones/{phone}");
    let answer = match random.below(20) {
        0..=2 => {
            let body = json!({"number": number, "name": name, "skills": [skill]});
            world.call("POST", "/v1/phones", body)
        }
        3 => world.call("PATCH", &path, json!({"name": name})),
        4 => world.call("PATCH", &path, json!({"number": number, "skills": [skill]})),
        5 => world.call("PATCH", &path, json!({"assign": [skill]})),
        6 => world.call("DELETE", &path, Value::Null),
        7..=10 => world.call("POST", "/v1/skills", json!({"name": skill})),
        11 => {
            // Two swap their names, or one gets another name if there is no other one.
            let swap = [(skill, "Swap"), (other, skill), ("Swap", other)];
            let swap = swap.map(|(name, name_new)| {
                let path = format!("/v1/skills/{name}");
                world.call("PATCH", &path, json!({"name": name_new}))
            });
            swap.into_iter().last().unwrap()
        }
        12 => world.call("DELETE", &format!("/v1/skills/{skill}?unassign=true"), Value::Null),
        13..=14 => {
            let path = format!("/v1/skills/{skill}/ring-order/move");
            world.call("POST", &path, json!({"phone": phone, "place": 1}))
        }
        16..=17 => {
            // Two phones exchange their numbers, and one of them gets a skill.
            let rows = json!([
                {"action": "edit", "phone": phone, "number": number},
                {"action": "edit", "phone": number, "number": phone, "assign": [skill]}
            ]);
            world.call("POST", "/v1/bulk", json!({"mode": "all_or_nothing", "rows": rows}))
        }
        15 => {
            let rows = (0..4).map(|row| format!("20{:02},Agent-2{row},{skill}\n", 20 + row));
            let file = "number,name,skills\n".to_owned() + &rows.collect::<String>();
            world.send("/v1/imports?mode=keep_going", "text/csv", &[], &file)
        }
        _ => {
            let change = newest(world) - random.below(6) as u64;
            let what = ["change", "request", "import"][random.below(3)];
            let mode = ["all_or_nothing", "keep_going"][random.below(2)];
            revert(world, change, json!({"what": what, "mode": mode}))
        }
    };
    assert!(answer.status < 500, "{answer:?}");
}

/// The whole feed, from the start.
fn feed(world: &mut World) -> Vec<Value> {
    let (mut changes, mut path) = (Vec::new(), "/v1/feed?limit=100".to_owned());
    loop {
        let page = world.get(&path);
        if page.list("items").is_empty() {
            return changes;
        }
        changes.extend(page.list("items").iter().cloned());
        path = format!("/v1/feed?limit=100&cursor={}", text(&page.json["next"]));
    }
}

/// Through renames and swaps of skills, deletions, what is created again, reverts and imports.
#[test]
fn replay_of_the_feed_leads_to_every_list_and_ring_order_there_was() {
    let (world, mut random) = (&mut World::new(), Random::new());
    let mut seen = BTreeMap::new();
    for _ in 0..STEPS {
        step(world, &mut random);
        if random.below(5) == 0 {
            seen.insert(format!("c{}", newest(world)), ring_orders(world));
        }
    }
    let changes = feed(world);
    let at_us =
        |change: &Value| text(&change["at"]).parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let (first, last) = (at_us(&changes[0]), at_us(changes.last().unwrap()));
    let span = usize::try_from(last - first + 2).unwrap();
    let time = |_| first - 1 + i64::try_from(random.below(span)).unwrap();
    let mut times: Vec<_> = (0..TIMES).map(time).collect();
    times.sort_unstable();
    times.push(last);
    let (mut model, mut rest) = (Model::default(), changes.iter().peekable());
    for time in times {
        while let Some(change) = rest.next_if(|change| at_us(change) <= time) {
            model.follow(change);
            if let Some(expected) = seen.remove(&text(&change["id"])) {
                assert_eq!(model.ring_orders(), expected, "after {change}");
            }
        }
        let at = jiff::Timestamp::from_microsecond(time).unwrap();
        let then = world.get(&format!("/v1/phones?limit=1000&at={at}"));
        assert_eq!(then.list("items"), model.phones(), "at {at}");
    }
    assert_eq!((seen.len(), rest.count()), (0, 0), "all of it is replayed");
    let now = world.get("/v1/phones?limit=1000");
    assert_eq!(now.list("items"), model.phones());
    assert_eq!(ring_orders(world), model.ring_orders());
    assert!(changes.len() > 250, "{} changes", changes.len());
}
