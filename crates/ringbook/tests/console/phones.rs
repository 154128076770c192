//! The page of phones.

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

fn numbers(browser: &Browser) -> Vec<String> {
    browser.texts("tbody th")
}

on!(sqlite postgres: lists_searches_and_sorts_phones);
fn lists_searches_and_sorts_phones(world: &World) {
    let browser = world.browser(Scripts::On);
    browser.sees("3 phones");
    assert_eq!(numbers(&browser), ["919876543210", "4930111", "4930222"]);
    browser.press("Name");
    browser.wait_for("th[aria-sort=ascending]");
    assert_eq!(browser.texts("td.name"), ["Anna", "Bob", "Ravi"]);
    // As it is typed, and the address of the view with it.
    browser.fill("Search phones", "4930");
    browser.sees("2 phones");
    assert_eq!(browser.texts("td.name"), ["Anna", "Bob"]);
    assert_eq!(browser.path(), "/console/phones?q=4930&skill=&sort=name");
    browser.fill("Search phones", "999");
    browser.sees("No phones found");
    browser.go("/console/phones?skill=Support");
    assert_eq!(numbers(&browser), ["919876543210"]);
}

on!(sqlite postgres: adds_a_phone_and_undoes_it);
fn adds_a_phone_and_undoes_it(world: &World) {
    add_and_undo(world, Scripts::On);
}

on!(sqlite: adds_a_phone_and_undoes_it_without_scripts);
fn adds_a_phone_and_undoes_it_without_scripts(world: &World) {
    add_and_undo(world, Scripts::Off);
}

fn add_and_undo(world: &World, scripts: Scripts) {
    let browser = world.browser(scripts);
    browser.press("Add phone");
    // What is taken is refused next to its field, and what was typed is still there.
    browser.fill("Number", "4930111");
    browser.fill("Name", "Carl");
    browser.press("Sales");
    browser.press("Add phone");
    browser.wait_for("#number[aria-invalid=true][aria-describedby^=number-fault]");
    browser.wait_for("#name[value=Carl]");
    browser.wait_for("input[value=Sales]:checked");
    assert_eq!(world.home.phones(USER_NAME).len(), 3);
    browser.fill("Number", "9");
    browser.press("Add phone");
    browser.sees("Carl 49301119 was added.");
    let added = world.home.phones(USER_NAME).into_iter().find(|phone| phone.name == "Carl");
    assert_eq!(added.unwrap().skills, ["Sales"]);
    let source = world.home.ok(&["history", "--account", USER_NAME, "--limit", "1"]);
    assert!(source.contains("console"), "{source}");
    browser.press("Undo");
    browser.sees("It was undone.");
    assert_eq!(world.home.phones(USER_NAME).len(), 3);
    browser.go("/console/phones");
    assert_eq!(browser.texts(".flash"), [""; 0]);
}

on!(sqlite: searches_without_scripts);
fn searches_without_scripts(world: &World) {
    let browser = world.browser(Scripts::Off);
    browser.fill("Search phones", "anna");
    browser.press("Search");
    browser.sees("1 phone");
    assert_eq!(browser.path(), "/console/phones?q=anna&skill=");
}
