//! `/console/skills`

use serde_json::json;

use super::{Browser, Page};
use crate::world::World;

const SKILLS: &str = "/console/skills";
const SALES: &str = "/console/skills/s1";

/// A page with nothing but its form that has this part.
fn form(page: &Page, part: &str) -> Page {
    let mut reply = page.reply.clone();
    let form = page.html().split("<form").find(|form| form.contains(part)).expect(part);
    reply.body = format!("<form{form}");
    Page { status: page.status, reply }
}

#[test]
fn skills_are_listed_added_renamed_and_deleted() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let page = browser.open(SKILLS);
    page.assert_has(&["No phone is without a skill", "Sales 2 Support 2"]);
    let refused = browser.submit(&page, SKILLS, &[("name", "Sales")]);
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("id=\"name-fault\""), "{}", refused.html());
    let page = browser.submitted(&page, SKILLS, &[("name", "Tours")]);
    page.assert_has(&["Tours was added", "Undo", "there are no phones", "Nobody is assigned"]);
    // What needs somebody is first.
    let page = browser.open(SKILLS);
    page.assert_has(&["assigned to 1 of them", "Tours 0 nobody is assigned", "Sales 2"]);
    let page = browser.open(SALES);
    let edit = |form| [("form", form), ("name", "<b>&")];
    let page = browser.submitted(&form(&page, "value=\"name\""), SALES, &edit("name"));
    page.assert_has(&["Sales is called <b>& now", "Undo", "<b>&", "if it is deleted: 2"]);
    let page = browser.submitted(&form(&page, "value=\"name\""), SALES, &edit("delete"));
    page.assert_has(&["<b>& was deleted", "Undo", "Phones without a skill"]);
    browser.submitted(&page, "/console/undo", &[]).assert_has(&["It was undone", "<b>& 2"]);
}

#[test]
fn a_move_needs_the_order_that_the_page_has() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let page = browser.open(SALES);
    page.assert_has(&["1 Ravi 919876543210 rings", "2 Mira +14155550123 rings"]);
    let page = browser.submitted(&form(&page, "down-p1"), SALES, &[("place", "2")]);
    page.assert_has(&["Ravi is at position 2 now", "Undo", "1 Mira", "2 Ravi"]);
    let first = form(&page, "down-p1");
    let wrong = browser.submit(&first, SALES, &[("position", "x")]);
    assert_eq!(wrong.status, 422);
    wrong.assert_has(&["must be", "1 Mira", "2 Ravi"]);
    world.done("POST", "/v1/skills/s1/ring-order/move", json!({"phone": "p1", "place": 1}));
    let late = browser.submit(&first, SALES, &[("place", "2")]);
    assert_eq!(late.status, 422);
    late.assert_has(&["somebody else has changed this skill", "1 Ravi", "2 Mira"]);
}

#[test]
fn settings_are_saved_or_refused_next_to_their_fields() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let page = browser.open(SALES);
    let wrong = [("form", "routing"), ("ring_time_s", "0"), ("hours", "nonsense")];
    let routing = form(&page, "value=\"routing\"");
    let refused = browser.submit(&routing, SALES, &wrong);
    assert_eq!(refused.status, 422);
    for part in ["id=\"ring_time_s-fault\"", "id=\"hours-fault\"", "value=\"nonsense\""] {
        assert!(refused.html().contains(part), "{part}: {}", refused.html());
    }
    let right = [("form", "routing"), ("ring_time_s", "30"), ("overflow", "Support")];
    browser.submitted(&routing, SALES, &right);
    let set = json!({"overflow": {"id": "s2", "name": "Support"}, "ring_time_s": 30});
    assert_eq!(world.read("/v1/skills/s1/routing"), set);

    let path = "/console/skills/s1/p1";
    let page = browser.open(path);
    let ring = form(&page, "name=\"delay_s\"");
    let refused = browser.submit(&ring, path, &[("delay_s", "601")]);
    assert!(refused.html().contains("id=\"delay_s-fault\""), "{}", refused.html());
    let page = browser.submitted(&ring, path, &[("delay_s", "5"), ("confirm", "true")]);
    let set = json!({"skills": {"Sales": {"confirm": true, "delay_s": 5, "id": "s1"}}});
    assert_eq!(world.read("/v1/phones/p1/routing"), set);
    let pause = form(&page, "name=\"until\"");
    let refused = browser.submit(&pause, path, &[("form", "pause"), ("until", "2001-01-01T00:00")]);
    for part in ["id=\"until-fault\"", "value=\"2001-01-01T00:00\"", "value=\"5\""] {
        assert!(refused.html().contains(part), "{part}: {}", refused.html());
    }
    let until = [("form", "pause"), ("until", "2100-01-01T03:30")];
    let page = browser.submitted(&pause, path, &until);
    page.assert_has(&["Paused for Sales until 2100-01-01 03:30:00 UTC", "Resume"]);
}
