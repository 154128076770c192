//! Pages of skills.

use fantoccini::key::Key;

use crate::browser::{Browser, Scripts};
use crate::world::World;

/// Sales rings p1, Ravi, and then p2, Anna.
const SALES: &str = "/console/skills/s1";

fn assert_order(browser: &Browser, names: &[&str]) {
    assert_eq!(browser.texts(".ring li > div > a"), names);
}

on!(sqlite postgres: phones_are_moved_by_keys_and_by_drag);
fn phones_are_moved_by_keys_and_by_drag(world: &World) {
    let browser = world.browser(Scripts::On);
    browser.press("Skills");
    browser.press("Sales");
    browser.fill("Phone", "Bob");
    browser.press("Add to this skill");
    browser.sees("Bob rings for Sales.");
    assert_order(&browser, &["Ravi", "Anna", "Bob"]);
    for (position, names) in [("2", ["Ravi", "Bob", "Anna"]), ("1", ["Bob", "Ravi", "Anna"])] {
        browser.key("#up-p3", Key::Enter);
        browser.sees(&format!("Bob is at position {position} now."));
        assert_order(&browser, &names);
        // So that the key can be pressed again.
        assert_eq!(browser.run("return document.activeElement.id"), "up-p3");
    }
    browser.drag("#p3 .numeric", "#p2 .numeric");
    browser.sees("Bob is at position 3 now.");
    assert_order(&browser, &["Ravi", "Anna", "Bob"]);
    browser.press("Undo");
    browser.sees("It was undone.");
    assert_order(&browser, &["Bob", "Ravi", "Anna"]);
}

on!(sqlite: phones_are_moved_without_scripts);
fn phones_are_moved_without_scripts(world: &World) {
    let browser = world.browser(Scripts::Off);
    browser.go(SALES);
    browser.fill("Phone", "nobody");
    browser.press("Add to this skill");
    browser.wait_for("#phone[aria-invalid=true][aria-describedby^=phone-fault][value=nobody]");
    browser.go(SALES);
    browser.fill("Phone", "4930222");
    browser.press("Add to this skill");
    browser.sees("4930222 rings for Sales.");
    browser.key("#down-p1", Key::Enter);
    browser.sees("Ravi is at position 2 now.");
    assert_order(&browser, &["Anna", "Ravi", "Bob"]);
    browser.key("#p3 summary", Key::Enter);
    browser.key("#p3 [type=number]", '1');
    browser.key("#p3 [type=number]", Key::Enter);
    browser.sees("Bob is at position 1 now.");
    assert_order(&browser, &["Bob", "Anna", "Ravi"]);
    browser.key("#p2 summary", Key::Enter);
    browser.key("#p2 .danger", Key::Enter);
    browser.sees("Anna does not ring for Sales any more.");
    assert_order(&browser, &["Bob", "Ravi"]);
}

on!(sqlite postgres: of_two_browsers_the_second_is_told);
fn of_two_browsers_the_second_is_told(world: &World) {
    let (first, second) = (world.browser(Scripts::On), world.browser(Scripts::On));
    first.go(SALES);
    second.go(SALES);
    first.key("#down-p1", Key::Enter);
    first.sees("Ravi is at position 2 now.");
    second.key("#up-p2", Key::Enter);
    second.sees("somebody else has changed this skill");
    assert_order(&second, &["Anna", "Ravi"]);
    second.key("#up-p1", Key::Enter);
    second.sees("Ravi is at position 1 now.");
}

on!(sqlite postgres: a_phone_is_paused_for_a_skill);
fn a_phone_is_paused_for_a_skill(world: &World) {
    let browser = world.browser(Scripts::On);
    browser.go(SALES);
    browser.key("#p1 summary", Key::Enter);
    browser.click("//li[@id='p1']//a[@class='button']");
    browser.fill("Reason", "lunch");
    browser.press("Pause");
    browser.sees("Paused for Sales until it is resumed: lunch");
    browser.go(SALES);
    browser.sees("1 phone rings.");
    browser.sees("is paused: lunch");
    browser.go("/console/skills/s2");
    browser.sees("1 phone rings.");
    browser.go("/console/skills/s1/p1");
    browser.press("Resume");
    browser.sees("It is not paused any more.");
    browser.go(SALES);
    browser.sees("2 phones ring.");
}

on!(sqlite postgres: skills_that_go_on_in_a_circle_are_refused);
fn skills_that_go_on_in_a_circle_are_refused(world: &World) {
    let browser = world.browser(Scripts::On);
    for (skill, other) in [("s1", "Support"), ("s2", "Sales")] {
        browser.go(&format!("/console/skills/{skill}"));
        browser.fill("Ring time in seconds", "30");
        browser.click(&format!("//select[@id='overflow']/option[.='{other}']"));
        browser.press("Save");
    }
    browser.wait_for("#overflow[aria-invalid=true][aria-describedby^=overflow-fault]");
    browser.wait_for("#ring_time_s[value='30']");
    browser.wait_for("option[value=Sales]:checked");
}
