//! How pages look: pictures for people to look at, and what axe-core finds.

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

/// Pages of an account, each with the name of its picture.
pub const PAGES: [(&str, &str); 16] = [
    ("phones", "/console/phones"),
    ("phones-none", "/console/phones?q=nobody"),
    ("phone-add", "/console/phones/add"),
    ("phone-edit", "/console/phones?edit=p1"),
    ("phone", "/console/phones/p1"),
    ("import", "/console/import"),
    ("as-it-was", "/console/history/at"),
    ("skills", "/console/skills"),
    ("skill", "/console/skills/s1"),
    ("skill-phone", "/console/skills/s1/p1"),
    ("history", "/console/history"),
    ("requests", "/console/requests"),
    ("settings", "/console/settings"),
    ("key", "/console/settings/keys/k0"),
    ("key-new", "/console/settings/keys/new"),
    ("not-found", "/console/nothing"),
];

/// Those of an operator.
pub const OPERATOR_PAGES: [(&str, &str); 4] = [
    ("accounts", "/console/accounts"),
    ("account-add", "/console/accounts/add"),
    ("account", "/console/accounts/edit?user_name=acme"),
    ("server", "/console/settings"),
];

/// Phones beside those of each world.
const ROWS: [&str; 9] = [
    "4989550101,Jonas.Weber,Deutsch;Support",
    "4989550114,Lena.Fischer,Deutsch;Sales;Night shift",
    "442079460017,Oliver.Hayes,Support;Billing",
    "442079460058,Priya.Nair,Sales;Billing",
    "14155550123,Grace.Kim,Support;Night shift",
    "14155550177,Mateo.Alvarez,Sales",
    "912240550199,Asha.Rao,Support;Billing;Night shift",
    "912240550142,Ravi.Menon,Sales",
    "6421550168,Front-desk,",
];

/// Imports phones.
pub fn import(world: &World, rows: &[&str]) {
    world.home.write_csv("more.csv", rows.iter().map(|&row| row.to_owned()));
    world.home.ok(&["phone", "import", "--account", USER_NAME, "more.csv"]);
}

/// Has axe-core look at the page in both schemes and widths, and takes pictures.
fn inspect(browser: &Browser, name: &str) {
    for scheme in ["light", "dark"] {
        for width in [390, 1280] {
            browser.look(width, 900, scheme);
            let size = browser.run(
                "const page = document.documentElement; \
                 return [page.scrollWidth, page.scrollHeight]",
            );
            assert_eq!(size[0], width, "{name} does not scroll sideways");
            browser.look(width, size[1].as_u64().unwrap(), scheme);
            browser.picture(&format!("{name}-{scheme}-{width}"));
            assert_eq!(browser.axe(), [""; 0], "{name}, {scheme}, {width}");
        }
    }
}

on!(sqlite: pages_are_accessible_in_both_schemes);
fn pages_are_accessible_in_both_schemes(world: &World) {
    world.home.skills(USER_NAME, &["Billing", "Deutsch", "Night shift"]);
    import(world, &ROWS);
    let browser = world.browser(Scripts::On);
    browser.press("Add phone");
    browser.fill("Number", "61255501934");
    browser.fill("Name", "Meera.Iyer");
    browser.press("Support");
    browser.press("Add phone");
    browser.sees("Meera.Iyer 61255501934 was added.");
    // Most people's browsers have a font that looks like this one.
    browser.run("document.documentElement.style.fontFamily = 'Inter, sans-serif'");
    for scheme in ["light", "dark"] {
        browser.look(1280, 900, scheme);
        browser.picture(&format!("readme-{scheme}"));
    }
    let (name, skill) = ("W".repeat(50), "S".repeat(64));
    world.home.skills(USER_NAME, &[&skill, "Español"]);
    import(world, &[&format!("+1234567890123456,{name},{skill};Sales")]);
    for (name, path) in PAGES {
        browser.go(path);
        inspect(&browser, name);
    }
    browser.go("/console/history");
    browser.click("//*[@class='from']/a");
    browser.sees("Later changes are not in this list.");
    inspect(&browser, "history-at");

    let rows = ["4989550101,Jonas.Bauer,Deutsch", "33155550182,Chloe.Petit,", "12,Zoe,Nothing"];
    world.home.write_csv("phones.csv", rows.into_iter().map(str::to_owned));
    browser.go("/console/import");
    browser.attach("File", &world.home.path("phones.csv"));
    browser.press("Show the plan");
    browser.sees("Refused");
    inspect(&browser, "import-plan");
    browser.press("Import");
    browser.sees("The import is done.");
    inspect(&browser, "import-done");

    browser.press("Sign out");
    browser.sign_in(USER_NAME, "KKwrong-key");
    browser.sees("The user name or API key is not right.");
    inspect(&browser, "sign-in");
}

on!(sqlite: pages_of_operators_are_accessible_in_both_schemes);
fn pages_of_operators_are_accessible_in_both_schemes(world: &World) {
    let browser = world.operator();
    for (name, path) in OPERATOR_PAGES {
        browser.go(path);
        inspect(&browser, name);
    }
}
