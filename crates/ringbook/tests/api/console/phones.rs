//! The table of phones, a form for a new one, and the page of a phone.

use serde_json::json;

use super::Browser;
use crate::world::World;

const RAVI: &str = "/console/phones/p1";

#[test]
fn a_phone_shows_where_it_rings_and_what_became_of_it() {
    let mut world = World::new();
    let mut browser = Browser::new(&world);
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Ravi.K", "unassign": ["Support"]}));
    let pause = format!("{RAVI}/pause");
    let page = browser.open(RAVI);
    let refused =
        browser.submit(&page, &pause, &[("until", "2020-01-01T00:00"), ("reason", "<b>")]);
    assert_eq!(refused.status, 422, "{refused:?}");
    refused.assert_has(&["is in the past"]);
    let until = [("until", "2126-01-01T00:00")];
    let page = browser.submitted(&refused, &pause, &until);
    page.assert_has(&["Ravi.K", "919876543210", "Rings now", "Sales", "place 1 in the ring order"]);
    page.assert_has(&["is paused", "Paused for all its skills until 2126-01-01 00:00:00 UTC: <b>"]);
    page.assert_has(&["History", "Phone routing edited", "Phone edited", "Ravi → Ravi.K"]);
    page.assert_has(&["Phone created", "All changes"]);
    assert!(!page.html().contains("<b>"), "{page:?}");
    browser
        .submitted(&page, &format!("{RAVI}/resume"), &[])
        .assert_has(&["It is not paused any more.", "Pause for all"]);
    assert_eq!(browser.get("/console/phones/p99").status, 404);
}

#[test]
fn a_phone_is_edited_and_each_refusal_keeps_what_was_typed() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let page = browser.open(RAVI);
    let refused = browser.submit(&page, RAVI, &[("number", "1001"), ("name", "Omar")]);
    assert_eq!(refused.status, 422, "{refused:?}");
    refused.assert_has(&["1001 belongs to \"Desk-1\""]);
    assert!(refused.form(RAVI).contains(&("name".to_owned(), "Omar".to_owned())));
    let saved = browser.submitted(&refused, RAVI, &[("number", "1002"), ("skills", "Support")]);
    saved.assert_has(&["Omar 1002 was saved.", "Undo"]);
    let undone = browser.submitted(&saved, "/console/undo", &[]);
    undone.assert_has(&["It was undone.", "Ravi", "919876543210", "Sales", "Support"]);
}

#[test]
fn a_phone_is_deleted_unless_it_is_another_one_than_was_shown() {
    let mut world = World::new();
    let mut browser = Browser::new(&world);
    let (page, delete) = (browser.open(RAVI), format!("{RAVI}/delete"));
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Omar"}));
    let page = browser.submitted(&page, &delete, &[]);
    page.assert_has(&["It was not deleted", "Omar"]);
    let list = browser.submitted(&page, &delete, &[]);
    list.assert_has(&["Omar 919876543210 was deleted.", "Undo", "2 phones"]);
    let gone = browser.open(RAVI);
    gone.assert_has(&["Deleted phone", "Phone deleted"]);
    browser.submitted(&gone, "/console/undo", &[]).assert_has(&["It was undone.", "Omar", "Save"]);
}

#[test]
fn what_cannot_be_done_to_phones_is_told_before_it_is_done() {
    let mut world = World::new();
    let mut browser = Browser::new(&world);
    let bulk = "/console/phones/bulk";
    let list = browser.open("/console/phones");
    let none = [("do", "delete")];
    browser.submitted(&list, bulk, &none).assert_has(&["select phones first", "3 phones"]);
    world.done("DELETE", "/v1/phones/p2", json!(null));
    let fields = [("do", "unassign"), ("of", "Sales"), ("phone", "p1"), ("phone", "p2")];
    let plan = browser.submit(&list, bulk, &fields);
    plan.assert_has(&[
        "Unassign Sales from 1 phone?",
        "1 phone would be refused",
        "p2",
        "no phone",
    ]);
    let done = browser.submitted(&plan, bulk, &[]);
    done.assert_has(&["Sales was unassigned from 1 phone. Refused: 1 phone.", "Undo"]);
}

#[test]
fn a_key_that_only_reads_gets_no_form() {
    let mut world = World::new();
    let key = world.key("read");
    let mut browser = Browser::with_key(&world, &key);
    for (path, texts) in
        [(RAVI, ["Ravi", "Rings now", "History"]), ("/console/phones", ["Ravi", "Sales", "3"])]
    {
        let page = browser.open(path);
        for text in texts {
            page.assert_has(&[text]);
        }
        for button in ["Save", "Delete", "Undo", "Edit ", "Assign"] {
            page.assert_lacks(button);
        }
    }
}
