//! The page of phones.

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

fn numbers(browser: &Browser) -> Vec<String> {
    browser.texts("tbody th")
}

/// Selects the phone with this name.
fn select(browser: &Browser, name: &str) {
    browser.run(&format!("document.querySelector('[aria-label=\"Select {name}\"]').click()"));
}

/// The skills that each phone has in the store, sorted by name.
fn skills(world: &World) -> Vec<(String, Vec<String>)> {
    let phones = world.home.phones(USER_NAME).into_iter();
    let mut skills: Vec<_> = phones.map(|phone| (phone.name, phone.skills)).collect();
    skills.sort();
    skills
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
    browser.press("Without a skill");
    browser.sees("1 phone");
    assert_eq!(browser.texts("td.name"), ["Bob"]);
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

on!(sqlite postgres: edits_a_phone_in_its_row);
fn edits_a_phone_in_its_row(world: &World) {
    let browser = world.browser(Scripts::On);
    browser.go("/console/phones?sort=name");
    browser.press("Edit");
    // By the keyboard alone: the focus is in the row, and stays there.
    browser.wait_for("#number:focus");
    browser.fill("Name", " B\u{e007}");
    browser.wait_for("#name[aria-invalid=true]:focus");
    browser.sees("such as Anna.B");
    assert_eq!(browser.axe(), [""; 0]);
    assert_eq!(browser.path(), "/console/phones?sort=name");
    browser.run("document.activeElement.value = 'Anna.B'");
    browser.press("Support");
    browser.press("Save");
    browser.sees("Anna.B 4930111 was saved.");
    browser.wait_for("#p2 a:focus");
    let both = ["Sales", "Support"].map(str::to_owned).to_vec();
    assert_eq!(skills(world)[0], ("Anna.B".to_owned(), both));
    browser.press("Edit");
    browser.wait_for("#number:focus");
    browser.press("Cancel");
    browser.wait_for("#p2 a:focus");
}

on!(sqlite postgres: of_two_browsers_that_edit_a_phone_the_second_is_told);
fn of_two_browsers_that_edit_a_phone_the_second_is_told(world: &World) {
    let (first, second) = (world.browser(Scripts::On), world.browser(Scripts::On));
    for browser in [&first, &second] {
        browser.go("/console/phones?skill=Support&edit=p1");
    }
    first.fill("Name", "2");
    first.press("Support");
    first.press("Save");
    first.sees("Ravi2 919876543210 was saved.");
    second.fill("Number", "9");
    second.press("Save");
    second.sees("somebody else has changed this phone");
    second.sees("name Ravi2, skills Sales.");
    assert_eq!(skills(world)[2], ("Ravi2".to_owned(), vec!["Sales".to_owned()]));
    // It is not in this view any more, but what was typed is.
    second.wait_for("#number[value='9198765432109']");
    second.press("Save");
    second.sees("Ravi 9198765432109 was saved.");
    world.home.ok(&["phone", "delete", "--account", USER_NAME, "p1"]);
    second.press("Edit");
    second.sees("Not found");
}

on!(sqlite postgres: assigns_a_skill_to_two_phones_that_are_selected);
fn assigns_a_skill_to_two_phones_that_are_selected(world: &World) {
    let (browser, before) = (world.browser(Scripts::On), skills(world));
    select(&browser, "Anna");
    select(&browser, "Ravi");
    browser.run("document.querySelector('[name=of]').value = 'Support'");
    browser.press("Assign");
    browser.sees("Assign Support to 1 phone?");
    browser.sees("1 phone would not change");
    browser.picture("phones-bulk");
    assert_eq!(browser.axe(), [""; 0]);
    assert_eq!(skills(world), before);
    browser.press("Assign Support to 1 phone");
    browser.sees("Support was assigned to 1 phone.");
    assert_eq!(skills(world)[0].1, ["Sales", "Support"]);
    browser.press("Undo");
    browser.sees("It was undone.");
    assert_eq!(skills(world), before);
}

on!(sqlite postgres: deletes_all_that_were_found_and_undoes_it);
fn deletes_all_that_were_found_and_undoes_it(world: &World) {
    delete_all_found(world, Scripts::On);
}

on!(sqlite: deletes_all_that_were_found_without_scripts);
fn deletes_all_that_were_found_without_scripts(world: &World) {
    delete_all_found(world, Scripts::Off);
}

/// Of 250 phones, more than a page has.
fn delete_all_found(world: &World, scripts: Scripts) {
    let rows = (0..250).map(|index| format!("77{index:04},Team-{index},Sales"));
    world.home.write_csv("team.csv", rows);
    world.home.ok(&["phone", "import", "--account", USER_NAME, "team.csv"]);
    let before = skills(world);
    let browser = world.browser(scripts);
    browser.go("/console/phones?q=team-");
    browser.sees("250 phones, 100 on this page");
    browser.press("Select all 250 phones found");
    browser.press("Delete");
    browser.sees("250 phones would be deleted");
    // Those are deleted that are found then.
    world.home.ok(&["phone", "delete", "--account", USER_NAME, "770007"]);
    browser.press("Delete 250 phones");
    browser.sees("249 phones deleted.");
    assert_eq!(skills(world).len(), 3);
    browser.press("Undo");
    browser.sees("It was undone.");
    assert_eq!(skills(world).len(), before.len() - 1);
}

on!(sqlite: searches_without_scripts);
fn searches_without_scripts(world: &World) {
    let browser = world.browser(Scripts::Off);
    browser.fill("Search phones", "anna");
    browser.press("Search");
    browser.sees("1 phone");
    assert_eq!(browser.path(), "/console/phones?q=anna&skill=");
}
