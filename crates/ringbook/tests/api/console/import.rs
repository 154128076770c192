//! Import and export.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use test_support::test_store;

use super::{Browser, Page};
use crate::world::World;

const PLAN: &str = "/console/import/plan";
const IMPORT: &str = "/console/import";
const BOUNDARY: &str = "----ringbook";

/// Has a row of each kind, a column that is not known, and one that is nobody's.
const FILE: &str = "Phone Number,Who,Department,skills\n\
                    1002,Asha,North,Sales\n\
                    1001,Desk-2,,Support\n\
                    919876543210,Ravi,,\"Sales,Support\"\n\
                    1003,Omar,,Bogus\n";

impl Browser {
    /// Sends fields as a form with files does; the one that is named `file` is a file.
    fn send_form(&mut self, path: &str, fields: &[(&str, &str)], site: &str) -> Page {
        let parts = fields.iter().map(|(name, value)| {
            let file = if *name == "file" { "; filename=\"phones.csv\"" } else { "" };
            let head = format!("Content-Disposition: form-data; name=\"{name}\"{file}");
            format!("--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n")
        });
        let body = parts.chain([format!("--{BOUNDARY}--\r\n")]).collect::<Vec<_>>().concat();
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [
            ("Cookie", &*cookies.join("; ")),
            ("Content-Type", &*format!("multipart/form-data; boundary={BOUNDARY}")),
            ("Sec-Fetch-Site", site),
        ];
        let reply = self.client.request("POST", path, &headers, &body).unwrap();
        Page { status: reply.status, reply }
    }

    /// The plan of a file, or why there is none.
    fn plan(&mut self, field: &str, file: &str) -> Page {
        let form = self.open(IMPORT).form(PLAN);
        let kept = form.iter().filter(|(name, _)| name != "file");
        let mut fields: Vec<_> = kept.map(|(name, value)| (&**name, &**value)).collect();
        if !field.is_empty() {
            fields.push((field, file));
        }
        self.send_form(PLAN, &fields, "same-origin")
    }

    /// Sends the form of a plan, with these columns and this mode.
    fn send_plan(&mut self, plan: &Page, path: &str, columns: &[&str], mode: &str) -> Page {
        let form = plan.form(IMPORT);
        let is_kept = |name: &str| name != "column" || columns.is_empty();
        let mut fields: Vec<_> = form
            .iter()
            .filter(|(name, _)| is_kept(name))
            .map(|(name, value)| (&**name, &**value))
            .collect();
        fields.extend(columns.iter().map(|column| ("column", *column)));
        fields.push(("mode", mode));
        self.send_form(path, &fields, "same-origin")
    }

    /// Imports what a plan shows, and opens the page of the import.
    #[track_caller]
    fn import(&mut self, plan: &Page, mode: &str) -> Page {
        let led = self.send_plan(plan, IMPORT, &[], mode);
        assert_eq!(led.status, 303, "{led:?}");
        self.open(led.reply.header("location").unwrap())
    }
}

/// Bytes as a plan carries them.
fn packed(file: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

#[test]
fn a_file_is_planned_with_its_columns_mapped_imported_and_undone() {
    let mut world = World::new();
    let mut browser = Browser::new(&world);
    browser.open("/console/phones").assert_has(&["Import"]);

    let plan = browser.plan("file", FILE);
    plan.assert_has(&["phones.csv", "0 created 0 changed", "2 unchanged 2 refused", "Department"]);
    let columns = ["number", "name", "", "skills"];
    let plan = browser.send_plan(&plan, PLAN, &columns, "all_or_nothing");
    plan.assert_has(&[
        "1 created 1 changed",
        "1 unchanged 1 refused",
        "nothing is imported",
        "Import the others",
        "5 skills no skill \"Bogus\" in this account",
        "3 Desk-1 1001 name: Desk-1 → Desk-2",
        "2 1002 Asha Sales",
    ]);
    assert_eq!(browser.send_plan(&plan, IMPORT, &[], "all_or_nothing").status, 422);
    let refused = "refused,Phone Number,Who,Department,skills\n\
                   \"no skill \"\"Bogus\"\" in this account\",1003,Omar,,Bogus\n";
    let file = browser.send_plan(&plan, "/console/import/refused", &[], "all_or_nothing");
    assert_eq!((file.status, file.html()), (200, refused));
    browser.open("/console/phones").assert_has(&["3 phones"]);

    let import = browser.import(&plan, "keep_going");
    import.assert_has(&["The import is done.", "2 done 1 unchanged 1 refused", "Undo"]);
    let file = browser.open("/console/imports/i7/refused");
    assert_eq!(file.html(), refused);
    assert!(file.reply.header("content-disposition").unwrap().starts_with("attachment"));
    browser.open("/console/phones").assert_has(&["4 phones", "1001 Desk-2"]);
    let undone = browser.submitted(&import, "/console/imports/i7/undo", &[]);
    undone.assert_has(&["The import was undone."]);
    browser.open("/console/phones").assert_has(&["3 phones", "1001 Desk-1"]);
    browser.open("/console/imports").assert_has(&["console", "undone", "2 1 1"]);
    assert_eq!(world.get_as_globex("/v1/imports/i7").status, 404);
    assert_eq!(browser.get("/console/imports/i99").status, 404);
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_the_reason() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let latin = packed(b"number,name\n1002,Asha\n1003,Andr\xe9\n");
    for (field, file, status, why) in [
        ("", "", 422, "Choose a file first."),
        ("file", "", 422, "The file is empty."),
        ("file", "PK\u{3}\u{4}", 422, "save it as \"CSV UTF-8\""),
        ("packed", &latin, 422, "Line 3 is not UTF-8"),
        ("packed", "no file", 400, "did not arrive whole"),
        ("file", "a,b\n1002,Asha\n", 422, "No column has the numbers."),
        ("file", "number,name\n1002,\"Asha\n", 422, "quote is left open"),
        ("file", &"x".repeat(64 * 1024 * 1024 + 1), 413, "more than 64 MiB"),
    ] {
        let refused = browser.plan(field, file);
        assert_eq!(refused.status, status, "{why}: {}", refused.text());
        refused.assert_has(&[why]);
    }
    let nothing = browser.plan("file", "Phone,name\n1001,Desk-1\n");
    nothing.assert_has(&["There is nothing to do"]);
}

#[test]
fn a_form_that_is_not_of_this_session_or_key_imports_nothing() {
    let mut world = World::new();
    let reader = world.key("read");
    let mut browser = Browser::new(&world);
    let file = ("file", "number,name\n1002,Asha\n");
    let form = browser.open(IMPORT).form(PLAN);
    let token = form.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
    let token = ("csrf", &*token);
    for (fields, site) in [
        (&[][..], "same-origin"),
        (&[file], "same-origin"),
        (&[("csrf", "x"), file], "same-origin"),
        (&[file, token], "same-origin"),
        (&[token, file], "cross-site"),
    ] {
        for path in [PLAN, IMPORT] {
            let refused = browser.send_form(path, fields, site);
            assert_eq!(refused.status, 403, "{path}: {refused:?}");
        }
    }
    let mut reading = Browser::with_key(&world, &reader);
    reading.open(IMPORT).assert_has(&["Your key may not change phones."]);
    let csrf = reading.open("/console/phones").form("/console/sign-out");
    let token = ("csrf", &*csrf[0].1);
    for path in [PLAN, IMPORT] {
        assert_eq!(reading.send_form(path, &[token, file], "same-origin").status, 403);
    }
    browser.open("/console/phones").assert_has(&["3 phones"]);
}

#[test]
fn an_undo_says_what_is_in_the_way() {
    let mut world = World::new();
    let mut browser = Browser::new(&world);
    let plan = browser.plan("file", "number,name\n1001,Desk-2\n1002,Asha\n");
    let import = browser.import(&plan, "all_or_nothing");
    world.done("PATCH", "/v1/phones/p3", json!({"name": "Desk-3"}));
    let refused = browser.submit(&import, "/console/imports/i7/undo", &[]);
    assert_eq!(refused.status, 422, "{refused:?}");
    refused.assert_has(&["It was not undone:", "c9: phone.edit p3 by api", "what can be undone"]);
    let mode = [("mode", "keep_going")];
    let undone = browser.submitted(&refused, "/console/imports/i7/undo", &mode);
    undone.assert_has(&["but for 1 change"]);
    browser.open("/console/phones").assert_has(&["3 phones", "1001 Desk-3"]);
}

#[test]
fn a_long_import_shows_how_far_it_is() {
    let mut world = World::on(test_store::sqlite());
    world.limit(10_000);
    let mut browser = Browser::new(&world);
    let rows = (0..6_000).map(|row| format!("{},Agent-{row}", 918_000_000 + row));
    let rows = rows.collect::<Vec<_>>().join("\n");
    let plan = browser.plan("file", &format!("number,name\n{rows}"));
    plan.assert_has(&["6000 created", "Only the first are shown."]);
    browser.import(&plan, "keep_going").assert_has(&["The import is done.", "6000 done"]);
    world.store_sql("UPDATE import SET state = 'running', row_count = 5000");
    let page = browser.open("/console/imports/i8?of=6000");
    page.assert_has(&["Importing: 5000 of 6000 rows so far.", "Show how it stands now"]);
    assert!(page.html().contains("value=\"5000\" max=\"6000\""), "{}", page.html());
}

#[test]
fn the_phones_of_a_view_are_exported() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let view = browser.open("/console/phones?skill=Sales&q=9&sort=name");
    assert!(view.html().contains("/console/export?skill=Sales&#38;q=9\""), "{}", view.html());
    let file = browser.open("/console/export?skill=Sales&q=9");
    assert_eq!(
        file.html(),
        "\u{feff}id,number,name,skills\np1,'919876543210,Ravi,\"Sales,Support\"\n"
    );
    let disposition = file.reply.header("content-disposition");
    assert_eq!(disposition, Some("attachment; filename=\"phones.csv\""));
}
