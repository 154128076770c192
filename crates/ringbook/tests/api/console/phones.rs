//! The table of phones, and a form for a new one.

use serde_json::json;

use super::Browser;
use crate::world::World;

#[test]
fn a_phone_is_added_and_undone() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let form = browser.open("/console/phones/add");
    let refused = browser.submit(
        &form,
        "/console/phones",
        &[("number", "1001"), ("name", "<b>"), ("skills", "Sales")],
    );
    assert_eq!(refused.status, 422, "{refused:?}");
    let typed = refused.form("/console/phones");
    let has = |name: &str, value: &str| typed.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("number", "1001") && has("name", "<b>") && has("skills", "Sales"), "{typed:?}");
    let list =
        browser.submitted(&refused, "/console/phones", &[("number", "1002"), ("name", "Omar")]);
    list.assert_has(&["Omar 1002 was added.", "Undo", "4 phones", "1002 Omar Sales"]);
    let list = browser.submitted(&list, "/console/undo", &[]);
    list.assert_has(&["It was undone.", "3 phones"]);
    list.assert_lacks("1002 Omar");
}

#[test]
fn a_form_without_the_token_of_the_session_changes_nothing() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let refused = browser.send("/console/phones", &[("number", "1002"), ("name", "Omar")]);
    assert_eq!(refused.status, 403, "{refused:?}");
    browser.open("/console/phones").assert_has(&["3 phones"]);
}

const RAVI: &str = "/console/phones/p1";

#[test]
fn a_phone_shows_where_it_rings_and_what_became_of_it() {
    let mut world = World::new();
    let mut browser = Browser::new(&world);
    world.done("PUT", "/v1/phones/p1/pause", json!({"reason": "<lunch>"}));
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Ravi.K", "unassign": ["Support"]}));
    let page = browser.open(RAVI);
    page.assert_has(&["Ravi.K", "919876543210", "Rings now", "Sales", "place 1 in the ring order"]);
    page.assert_has(&["does not ring: is paused: <lunch>", "History"]);
    page.assert_has(&["UTC", "name changed from Ravi to Ravi.K, lost Support", "routing edited"]);
    page.assert_has(&["created: Ravi 919876543210 with Sales, Support"]);
    assert!(!page.html().contains("<lunch>"), "{page:?}");
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
fn of_two_browsers_that_edit_a_phone_the_second_is_told_and_overwrites_nothing() {
    let mut world = World::new();
    let (mut first, mut second) = (Browser::new(&world), Browser::new(&world));
    let pages = (first.open(RAVI), second.open(RAVI));
    first.submitted(&pages.0, RAVI, &[("name", "Omar"), ("skills", "Sales")]);
    let told = second.submit(&pages.1, RAVI, &[("number", "1002")]);
    assert_eq!(told.status, 412, "{told:?}");
    told.assert_has(&["somebody else has changed this phone", "name Omar, skills Sales."]);
    let typed = told.form(RAVI);
    let has = |name: &str, value: &str| typed.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("number", "1002") && has("name", "Ravi") && has("skills", "Support"), "{typed:?}");
    assert_eq!(world.read("/v1/phones/p1")["name"], "Omar");
    let delete = format!("{RAVI}/delete");
    assert_eq!(second.submit(&pages.1, &delete, &[]).status, 412);
    second.submitted(&told, RAVI, &[]).assert_has(&["Ravi 1002 was saved."]);
}

#[test]
fn a_deleted_phone_is_back_after_undo() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let page = browser.open(RAVI);
    let list = browser.submitted(&page, &format!("{RAVI}/delete"), &[]);
    list.assert_has(&["Ravi 919876543210 was deleted.", "Undo", "2 phones"]);
    let gone = browser.open(RAVI);
    gone.assert_has(&["Deleted phone", "deleted: Ravi 919876543210 with Sales, Support"]);
    browser.submitted(&gone, "/console/undo", &[]).assert_has(&["It was undone.", "Ravi", "Save"]);
}

#[test]
fn a_key_that_only_reads_gets_no_form() {
    let mut world = World::new();
    let key = world.key("read");
    let mut browser = Browser::with_key(&world, &key);
    let page = browser.open(RAVI);
    page.assert_has(&["Ravi", "Rings now", "History"]);
    for button in ["Save", "Delete", "Undo"] {
        page.assert_lacks(button);
    }
}
