//! The table of phones, and a form for a new one.

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
    list.assert_lacks("1002");
}

#[test]
fn a_form_without_the_token_of_the_session_changes_nothing() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let refused = browser.send("/console/phones", &[("number", "1002"), ("name", "Omar")]);
    assert_eq!(refused.status, 403, "{refused:?}");
    browser.open("/console/phones").assert_has(&["3 phones"]);
}
