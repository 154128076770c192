//! The history, undo, and the phones as they were.

use serde_json::json;

use super::{Browser, Page};
use crate::world::World;

const HISTORY: &str = "/console/history";
const UNDO: &str = "/console/undo";

/// Undoes a change of a page, or as `what` says more of it: where that leads.
#[track_caller]
fn undo(browser: &mut Browser, page: &Page, change: &str, what: &str) -> Page {
    browser.submit(page, UNDO, &[("change", change), ("what", what), ("back", HISTORY)])
}

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
        "API key created",
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
    for link in ["/console/phones/p1", "/console/skills/s1", "/console/history?phone=p3"] {
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
        ("phone=919876543210", "2 changes"),
        ("phone=p2&kind=phone.edit", "1 change"),
        ("skill=Sales", "1 change"),
        ("skill=s2", "1 change"),
        ("source=api", "2 changes"),
        ("since=2020-01-01T00%3A00&until=2030-01-01T00%3A00", "8 changes"),
        ("until=2020-01-01T00%3A00", "No changes found"),
        (&*format!("request={request}"), "1 change"),
    ] {
        browser.open(&format!("{HISTORY}?{query}")).assert_has(&[shown]);
    }
    for (query, fault) in [
        ("phone=p77", "p77"),
        ("since=noon", "must be a time"),
        ("phone=p1&skill=s1", "cannot be given with phone"),
        ("request=x", "More filters"),
    ] {
        let page = browser.get(&format!("{HISTORY}?{query}"));
        assert_eq!(page.status, 422, "{page:?}");
        page.assert_has(&[fault]);
    }
}

#[test]
fn undo_takes_back_a_change_a_request_or_an_import() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    let page = browser.open(HISTORY);
    page.assert_has(&["c7,", "Undo Phone created"]);
    let led = undo(&mut browser, &page, "c7", "change");
    assert_eq!((led.status, led.reply.header("location")), (303, Some(HISTORY)));
    let page = browser.open(HISTORY);
    page.assert_has(&["It was undone. Phone edited: Name Asha → Ravi.", "Undo", "by console"]);
    assert_eq!(world.read("/v1/phones/p1")["name"], "Ravi");

    world.call("DELETE", "/v1/skills/Support?unassign=true", json!(null));
    let page = browser.open(HISTORY);
    page.assert_has(&["Skill deleted", "Undo whole request"]);
    let newest = crate::changes::newest(world);
    assert_eq!(undo(&mut browser, &page, &format!("c{newest}"), "request").status, 303);
    browser.open(HISTORY).assert_has(&["It was undone. 3 changes made."]);
    assert_eq!(world.read("/v1/phones/p1")["skills"], json!(["Sales", "Support"]));

    let file = "number,name\n2001,Anil\n2002,Omar\n";
    assert_eq!(world.send("/v1/imports", "text/csv", &[], file).status, 201);
    let page = browser.open(HISTORY);
    page.assert_has(&["import", "Undo whole import"]);
    let newest = crate::changes::newest(world);
    assert_eq!(undo(&mut browser, &page, &format!("c{newest}"), "import").status, 303);
    browser.open(HISTORY).assert_has(&["It was undone. 2 changes made."]);
    assert_eq!(world.get("/v1/phones/2001").status, 404);
}

#[test]
fn a_refused_undo_shows_what_is_in_the_way_and_offers_the_rest() {
    let world = &mut World::new();
    let file = "number,name\n2001,Anil\n2002,Omar\n";
    assert_eq!(world.send("/v1/imports", "text/csv", &[], file).status, 201);
    world.done("PATCH", "/v1/phones/2001", json!({"name": "Anil-2"}));
    let mut browser = Browser::new(world);
    let page = browser.open(HISTORY);
    let refused = undo(&mut browser, &page, "c8", "import");
    assert_eq!(refused.status, 409, "{refused:?}");
    let texts = ["Not undone", "newer changes are in the way of 1 change", "c7"];
    refused.assert_has(&texts);
    refused.assert_has(&["In the way", "Phone edited: Anil-2", "Name Anil → Anil-2"]);
    refused.assert_has(&["Undo the rest (1 change)", "Leave it so"]);
    assert_eq!(world.get("/v1/phones/2002").status, 200);
    let page = browser.submitted(&refused, UNDO, &[]);
    page.assert_has(&["A part was undone. Phone deleted", "Left as they are: 1 change."]);
    assert_eq!(world.get("/v1/phones/2002").status, 404);

    let page = browser.open(HISTORY);
    let refused = undo(&mut browser, &page, "c7", "change");
    assert_eq!(refused.status, 409, "{refused:?}");
    refused.assert_has(&["This change cannot be undone"]);
    refused.assert_lacks("Undo the rest");
    let page = browser.open(HISTORY);
    assert_eq!(undo(&mut browser, &page, "c1", "change").status, 303);
    browser.open(HISTORY).assert_has(&["It was not undone"]);
}

#[test]
fn the_phones_as_they_were_can_be_read_and_no_more() {
    let world = &mut World::new();
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    let at = world.read("/v1/changes/c6")["at"].as_str().unwrap().to_owned();
    let mut browser = Browser::new(world);
    let path = format!("{HISTORY}/at");
    browser.open(&path).assert_lacks("to read only");
    let page = browser.open(&format!("{path}?at={at}&q=Ravi"));
    page.assert_has(&["as they were at", "UTC, to read only", "1 phone", "919876543210 Ravi"]);
    page.assert_lacks("Asha");
    assert!(!page.html().contains("action=\"/console/undo\""), "{page:?}");
    browser.open(&format!("{path}?at={at}&skill=Support")).assert_has(&["2 phones"]);
    let page = browser.get(&format!("{path}?at=2100-01-01T00%3A00"));
    assert_eq!(page.status, 422, "{page:?}");
    page.assert_has(&["Time (UTC)", "future"]);
    page.assert_lacks("Search phones");
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
