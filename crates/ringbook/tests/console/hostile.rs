//! Texts that are meant as something else, typed into every field: they are shown as the texts that
//! they are. A dialog that one of them opens fails the next command of the browser.

use serde_json::{Value, json};
use test_support::until;

use crate::browser::{Browser, Scripts};
use crate::looks::{OPERATOR_PAGES, PAGES};
use crate::world::{USER_NAME, World};

const TEXTS: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"' autofocus onfocus=alert(1) x='><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} ${7*7} &lt;b&gt; %3Cb%3E",
    "\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{202c} Z\u{351}\u{36b}a\u{301}",
];

/// Fields that take any text.
const FIELDS: &str = "const fields = document.querySelectorAll('main form \
                      :is(input:not([type]), input[type=text], input[type=search])');";

/// Types the text into each field of these pages by itself, sends its form, and looks for the text.
fn type_into_every_field(browser: &Browser, pages: &[(&str, &str)], text: &str) {
    for (_, path) in pages {
        browser.go(path);
        let count = browser.run(&format!("{FIELDS} return fields.length")).as_u64().unwrap();
        for index in 0..count {
            browser.go(path);
            let typed = Value::from(text);
            browser.run(&format!(
                "{FIELDS} const field = fields[{index}], form = field.form; \
                 const button = form.querySelector('button'); \
                 form.append(Object.assign(document.createElement('input'), \
                     {{name: button.name, value: button.value}})); \
                 field.value = {typed}; window.isBefore = true; form.submit()"
            ));
            let is_there = "return !window.isBefore && document.readyState === 'complete'";
            until("the next page is there", || browser.run(is_there) == true);
            let is_shown = browser.run(&format!(
                "const typed = {typed}; {FIELDS} \
                 return [...fields].some(field => field.value === typed) || \
                 document.body.innerText.includes(typed)"
            ));
            assert_eq!(is_shown, true, "{text} in field {index} of {path}: {}", browser.path());
            assert_plain(browser);
        }
    }
}

/// The page has no element that is not ours.
fn assert_plain(browser: &Browser) {
    let script = "return document.querySelectorAll(\
                  'script:not([src]), img:not([alt]), iframe, b, [onerror], [onfocus]').length";
    assert_eq!(browser.run(script), 0, "{}", browser.path());
}

on!(sqlite: every_field_shows_a_text_as_it_is);
fn every_field_shows_a_text_as_it_is(world: &World) {
    let stranger = Browser::open(world.server.address, Scripts::On);
    let (browser, operator) = (world.browser(Scripts::On), world.operator());
    let mut client = world.server.client();
    for text in TEXTS {
        let call = json!({"userName": USER_NAME, "action": text, "phoneNumber": text}).to_string();
        let headers = [("apiKey", &*world.key), ("Content-Type", "application/json")];
        client.request("POST", "/ca_apis/PhoneManageV2", &headers, &call).unwrap();
        type_into_every_field(&stranger, &[("sign-in", "/console")], text);
        type_into_every_field(&browser, &PAGES, text);
        type_into_every_field(&operator, &OPERATOR_PAGES, text);
        // What was accepted is shown elsewhere too.
        for (_, path) in PAGES {
            browser.go(path);
            assert_plain(&browser);
        }
    }
}

on!(sqlite: every_cell_of_a_file_is_shown_as_it_is);
fn every_cell_of_a_file_is_shown_as_it_is(world: &World) {
    let browser = world.browser(Scripts::On);
    let file = world.home.path("hostile.csv");
    for text in TEXTS {
        let cell = format!("\"{}\"", text.replace('"', "\"\""));
        let rows = format!("number,name,skills,{cell}\n{cell},{cell},{cell},{cell}\n");
        std::fs::write(&file, rows).unwrap();
        browser.go("/console/import");
        browser.attach("File", &file);
        browser.press("Show the plan");
        browser.sees("1 refused");
        let cells = browser.texts("tbody th, tbody td");
        assert!(cells.iter().filter(|cell| cell.contains(text)).count() >= 2, "{text}: {cells:?}");
        assert_plain(&browser);
    }
}
