//! The history, undo, and the phones as they were.

use serde_json::json;

use super::Browser;
use crate::world::World;

const HISTORY: &str = "/console/history";
#[test]
fn each_kind_of_change_has_a_readable_difference() {
    let world = &mut World::new();
    let edit = json!({"name": "Ravi.K", "assign": [], "unassign": ["Support"]});
    world.done("PATCH", "/v1/phones/p1", edit);
    world.done("POST", "/v1/skills/Sales/ring-order/move", json!({"phone": "p2", "place": 1}));
    world.done("PATCH", "/v1/skills/Sales/routing", json!({"ring_time_s": 30}));
    world.done("PUT", "/v1/phones/p1/pause", json!({"reason": "lunch"}));
    world.done("PATCH", "/v1/skills/Support", json!({"name": "Help"}));
    world.delete("/v1/phones/p3");
    world.key("read");
    let page = Browser::new(world).open(HISTORY);
    page.assert_has(&[
        "Key created",
        "Scope read",
        "Phone deleted: Desk-1 p3 Number 1001 Name Desk-1 Help",
        "UTC by api",
        "Skill renamed: Help s2 Name Support → Help",
        "Phone routing edited: Ravi.K p1 Pause none → lunch",
        "Skill routing edited: Sales s1 Ring time (s) none → 30",
        "Phone edited",
        "rings",
        "Phone edited: Ravi.K p1 Name Ravi → Ravi.K − Support removed",
        "Phone created: Desk-1 p3 Number 1001 Name Desk-1 Support",
        "Skill created",
        "Account created",
    ]);
    for link in ["/console/phones/p1", "/console/skills/s1", "/console/phones/p3"] {
        assert!(page.html().contains(&format!("href=\"{link}\"")), "{link}: {page:?}");
    }
}

#[test]
fn filters_are_those_of_the_api_and_refused_next_to_the_field() {
    let world = &mut World::new();
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    let done = world.done("PATCH", "/v1/phones/p2", json!({"name": "Mira-2"}));
    let request = done.header("ringbook-request-id").unwrap().to_owned();
    let mut browser = Browser::new(world);
    for (query, shown) in [
        ("phone=919876543210", 2),
        ("phone=p2&kind=phone.edit", 1),
        ("skill=Sales", 1),
        ("skill=s2", 1),
        ("source=api", 2),
        ("since=2020-01-01T00%3A00&until=2030-01-01T00%3A00", 8),
        ("until=2020-01-01T00%3A00", 0),
        (&*format!("request={request}"), 1),
    ] {
        let page = browser.open(&format!("{HISTORY}?{query}"));
        assert_eq!(page.html().matches("<time ").count(), shown, "{query}: {page:?}");
    }
    for (query, fault) in [
        ("phone=p77", "p77"),
        ("since=noon", "must be a time"),
        ("phone=p1&skill=s1", "cannot be given with phone"),
        ("request=x", "request x"),
        ("skill=None", "None"),
        ("at=2100-01-01T00%3A00", "future"),
    ] {
        let at = if query.starts_with("at=") { "/at" } else { "" };
        let page = browser.get(&format!("{HISTORY}{at}?{query}"));
        assert_eq!(page.status, 422, "{page:?}");
        page.assert_has(&[fault]);
    }
}

#[test]
fn a_reading_key_is_offered_no_undo() {
    let world = &mut World::new();
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    let key = world.key("read");
    let page = Browser::with_key(world, &key).open(HISTORY);
    page.assert_has(&["Name Ravi → Asha"]);
    page.assert_lacks("Undo");
}
