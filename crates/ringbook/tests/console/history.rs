//! The history, undo, and the phones as they were.

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

fn ok(world: &World, command: &[&str], arguments: &[&str]) {
    world.home.ok(&[command, &["--account", USER_NAME], arguments].concat());
}

fn names(world: &World) -> Vec<String> {
    world.home.phones(USER_NAME).into_iter().map(|phone| phone.name).collect()
}

fn heads(browser: &Browser) -> Vec<String> {
    browser.texts(".changes h2")
}

on!(sqlite postgres: finds_changes_and_undoes_them);
fn finds_changes_and_undoes_them(world: &World) {
    let browser = world.browser(Scripts::On);
    ok(world, &["phone", "edit"], &["4930111", "--name", "Zoe"]);
    browser.press("History");
    browser.sees("Newest first");
    assert_eq!(heads(&browser)[0], "Phone edited: Zoe p2");
    browser.fill("Phone: number or id", "4930111");
    browser.press("Show");
    browser.wait_for("a[href='/console/history']:not([aria-current]).button");
    assert_eq!(heads(&browser), ["Phone edited: Zoe p2", "Phone created: Zoe p2"]);
    assert_eq!(browser.texts("del"), ["Anna"]);
    browser.press("Undo");
    browser.sees("It was undone.");
    assert_eq!(names(world), ["Anna", "Bob", "Ravi"]);

    // All that a request has done.
    ok(world, &["skill", "delete"], &["Sales", "--unassign"]);
    browser.go("/console/history");
    browser.press("Undo whole request");
    browser.sees("It was undone.");
    assert_eq!(world.home.phones(USER_NAME)[2].skills, ["Sales", "Support"]);
}

on!(sqlite: says_what_is_in_the_way_of_an_undo);
fn says_what_is_in_the_way_of_an_undo(world: &World) {
    let browser = world.browser(Scripts::On);
    ok(world, &["phone", "edit"], &["4930222", "--name", "Zoe"]);
    browser.go("/console/history");
    browser.press("Undo whole import");
    browser.sees("Not undone");
    browser.sees("In the way");
    assert_eq!(heads(&browser), ["Phone edited: Zoe p3"]);
    assert_eq!(browser.axe(), [""; 0]);
    browser.press("Undo the rest");
    browser.sees("A part was undone. Left as they are: 1 change.");
    assert_eq!(names(world), ["Zoe"]);
    browser.go("/console/history?kind=account.create");
    assert_eq!(browser.texts(".changes button"), [""; 0], "it cannot be undone");
}

on!(sqlite: shows_the_phones_as_they_were);
fn shows_the_phones_as_they_were(world: &World) {
    let browser = world.browser(Scripts::Off);
    ok(world, &["phone", "edit"], &["4930111", "--name", "Zoe"]);
    ok(world, &["phone", "delete"], &["4930222"]);
    browser.go("/console/history?kind=phone.edit");
    browser.wait_for(".changes time");
    let link = browser.attribute(".changes .from a", "href");
    browser.go(&link);
    browser.sees("to read only.");
    assert_eq!(browser.texts("tbody th"), ["919876543210", "4930111", "4930222"]);
    // The time in the form is not as exact as that of the change, and not before it.
    browser.fill("Search phones", "Zoe");
    browser.press("Show");
    browser.wait_for("#q[value=Zoe]");
    assert_eq!(browser.texts("tbody th"), ["4930111"]);
    assert_eq!(browser.texts("form[action='/console/undo']"), [""; 0]);
}
