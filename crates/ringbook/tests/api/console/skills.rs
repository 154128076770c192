//! `/console/skills`

use serde_json::json;

use super::Browser;
use crate::world::World;

const SALES: &str = "/console/skills/s1";

#[test]
fn lists_adds_renames_and_deletes_skills_with_undo() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let page = browser.open("/console/skills");
    page.assert_has(&["3 phones", "Each has a skill", "Sales", "2", "Support", "2", "Add skill"]);
    assert!(page.html().contains("aria-label=\"2 of 3 phones have Sales\""), "{}", page.html());
    let refused = browser.submit(&page, "/console/skills", &[("name", "Sales")]);
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("id=\"name-fault\""), "{}", refused.html());
    browser
        .submitted(&page, "/console/skills", &[("name", "Night")])
        .assert_has(&["Night", "Undo"]);
    let page = browser.open("/console/skills");
    page.assert_has(&["Night", "0", "nobody is assigned"]);
    let page = browser.open(SALES);
    let page = browser.submitted(&page, "/console/skills/s1/name", &[("name", "<b>&")]);
    page.assert_has(&["<b>& now", "Undo", "2 phones lose it"]);
    let page = browser.submitted(&page, "/console/skills/s1/delete", &[]);
    page.assert_has(&["<b>& was deleted. 2 phones lost it.", "Phones without a skill"]);
    browser.submitted(&page, "/console/undo", &[]).assert_has(&["It was undone", "<b>&", "2"]);
    let found = browser.open("/console/phones?without_skill=true");
    found.assert_has(&["No phones found"]);
}

#[test]
fn moves_phones_and_tells_of_a_change_in_between() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let first = browser.open(SALES);
    first.assert_has(&["1", "919876543210", "Ravi", "rings", "2", "+14155550123", "Mira", "rings"]);
    let path = "/console/skills/s1/move";
    let moved =
        browser.submitted(&first, path, &[("phone", "p2"), ("name", "Mira"), ("place", "1")]);
    moved.assert_has(&["Mira is at position 1 now.", "Undo", "1", "Mira", "2", "Ravi"]);
    // The first page has an order that is no more.
    let late = browser.submit(&first, path, &[("phone", "p1"), ("position", "2")]);
    assert_eq!(late.status, 422);
    late.assert_has(&["changed in the meantime, and nothing was moved", "Mira", "Ravi"]);
    let wrong = browser.submit(&late, path, &[("phone", "p1"), ("position", "x")]);
    assert_eq!(wrong.status, 422);
    let out = browser.submitted(&late, "/console/skills/s1/put-in", &[("phone", "desk-1")]);
    out.assert_has(&["Desk-1 rings for Sales, after the others.", "3", "1001"]);
    let fields = [("phone", "nobody")];
    let refused = browser.submit(&out, "/console/skills/s1/put-in", &fields);
    refused.assert_has(&["There is no phone with the number or the name \"nobody\"."]);
    let mut taken = out.form(path);
    taken.retain(|(name, _)| name == "csrf");
    let fields = [("csrf", &*taken[0].1), ("phone", "p3")];
    assert_eq!(browser.send("/console/skills/s1/take-out", &fields).status, 303);
    browser.open(SALES).assert_has(&["Desk-1 does not ring for Sales any more.", "Undo"]);
}

#[test]
fn sets_how_phones_ring_and_pauses_them() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let page = browser.open(SALES);
    let path = "/console/skills/s1/routing";
    let wrong = [("ring_time_s", "0"), ("hours", "nonsense")];
    let refused = browser.submit(&page, path, &wrong);
    assert_eq!(refused.status, 422);
    for part in ["id=\"ring_time_s-fault\"", "id=\"hours-fault\"", "value=\"nonsense\""] {
        assert!(refused.html().contains(part), "{part}: {}", refused.html());
    }
    browser.submitted(&page, path, &[("ring_time_s", "30"), ("overflow", "Support")]);
    let set = json!({"overflow": {"id": "s2", "name": "Support"}, "ring_time_s": 30});
    assert_eq!(world.read("/v1/skills/s1/routing"), set);

    let path = "/console/skills/s1/p1";
    let page = browser.open(path);
    let refused = browser.submit(&page, path, &[("delay_s", "601")]);
    assert!(refused.html().contains("id=\"delay_s-fault\""), "{}", refused.html());
    browser.submitted(&page, path, &[("delay_s", "5"), ("confirm", "true")]);
    let refused =
        browser.submit(&page, "/console/skills/s1/p1/pause", &[("until", "2001-01-01 00:00")]);
    assert!(refused.html().contains("id=\"until-fault\""), "{}", refused.html());
    let until = [("skill", "s1"), ("reason", "lunch"), ("until", "2100-01-01 03:30")];
    let page = browser.submitted(&page, "/console/skills/s1/p1/pause", &until);
    page.assert_has(&["Paused for Sales until 2100-01-01 03:30 UTC: lunch"]);
    browser.open(SALES).assert_has(&["Ravi", "is paused until"]);
    browser.submitted(&page, "/console/skills/s1/p1/resume", &[]);
    browser.open(SALES).assert_has(&["Ravi", "rings"]);
}
