//! Importing a file and undoing it, as somebody does who has read nothing.

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

/// As a spreadsheet of somebody else has it.
const FILE: &str = "Phone;Full name;Team;Room\n\
                    4930111;Anna-2;Sales;1\n\
                    4930333;Carl;Night,Sales;1\n\
                    4930444;Dora;Late;2\n\
                    12;Emil;Sales;2\n";

const REFUSED: &str = "refused,Phone,Full name,Team,Room\n\
                       \"number \"\"12\"\": has 2 digits, allowed are 3 to 16\",\
                       12,Emil,Sales,2\n";

on!(sqlite postgres: imports_a_file_and_undoes_it);
fn imports_a_file_and_undoes_it(world: &World) {
    import_and_undo(world, Scripts::On);
}

on!(sqlite: imports_a_file_and_undoes_it_without_scripts);
fn imports_a_file_and_undoes_it_without_scripts(world: &World) {
    import_and_undo(world, Scripts::Off);
}

fn import_and_undo(world: &World, scripts: Scripts) {
    let browser = world.browser(scripts);
    browser.press("Add phone");
    browser.fill("Number", "1001");
    browser.fill("Name", "Desk-1");
    browser.press("Sales");
    browser.press("Add phone");
    browser.sees("Desk-1 1001 was added.");
    let before = world.home.phones(USER_NAME);
    browser.go("/console/phones");
    browser.press("Import");
    choose_and_plan(&browser, world, FILE);
    browser.sees("3 refused");
    browser.select("What Full name is", "name");
    browser.select("What Team is", "skills");
    browser.press("Show the plan again");
    browser.sees("2 skills are not there: Late, Night.");
    browser.press("Create these skills");
    for count in ["2 created", "1 changed", "0 unchanged", "1 refused"] {
        browser.sees(count);
    }
    assert_eq!([browser.texts("del"), browser.texts("ins")], [["Anna"], ["Anna-2"]]);
    assert_eq!(browser.download(|| browser.press("Download refused rows")), REFUSED);
    assert_eq!(world.home.phones(USER_NAME), before);
    browser.press("Import");
    browser.sees("3 rows imported.");
    browser.sees("The import is done.");
    assert_eq!(browser.download(|| browser.press("Download refused rows")), REFUSED);
    assert_eq!(world.home.phones(USER_NAME).len(), 6);
    // The message offers it, and later the page.
    browser.press("Undo");
    browser.sees("The import was undone.");
    assert_eq!(world.home.phones(USER_NAME), before);
    browser.press("Undo");
    browser.sees("It was undone.");
    assert_eq!(world.home.phones(USER_NAME).len(), 6);
}

fn choose_and_plan(browser: &Browser, world: &World, file: &str) {
    let path = world.home.path("team.csv");
    std::fs::write(&path, file).unwrap();
    browser.attach("File", &path);
    browser.press("Show the plan");
}

on!(sqlite: a_plan_that_was_not_seen_is_not_carried_out);
fn a_plan_that_was_not_seen_is_not_carried_out(world: &World) {
    let browser = world.browser(Scripts::On);
    browser.go("/console/import");
    choose_and_plan(&browser, world, "number,name\n4930333,Carl\n");
    browser.sees("1 created");
    browser.press("What the columns are");
    browser.select("What name is", "ignored");
    browser.press("Import");
    browser.sees("1 refused");
    browser.press("What the columns are (1 ignored)");
    browser.select("What name is", "name");
    browser.press("Show the plan again");
    browser.press("Import");
    browser.sees("1 row imported.");
    browser.go(&browser.path());
    browser.press("Undo");
    browser.sees("The import was undone.");
    assert_eq!(world.home.phones(USER_NAME).len(), 3);
}

on!(sqlite: the_page_of_an_import_follows_it);
fn the_page_of_an_import_follows_it(world: &World) {
    let newest = ["history", "--account", USER_NAME, "--limit", "1", "--format", "json"];
    let newest: serde_json::Value = serde_json::from_str(&world.home.ok(&newest)).unwrap();
    let path = format!("/console/imports/{}?of=9", newest[0]["import"].as_str().unwrap());
    world.home.query("UPDATE import SET state = 'running'");
    let browsers = [Scripts::On, Scripts::Off].map(|scripts| world.browser(scripts));
    for browser in &browsers {
        browser.go(&path);
        browser.sees("Importing: 3 of 9 rows so far.");
        browser.wait_for("progress[value='3'][max='9']");
    }
    world.home.query("UPDATE import SET state = 'done'");
    let [follows, reloads] = browsers;
    follows.sees("The import is done.");
    reloads.press("Reload");
    reloads.sees("The import is done.");
}
