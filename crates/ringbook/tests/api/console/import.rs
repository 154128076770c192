//! Import and export.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use test_support::{test_store, until};

use super::{Browser, Page};
use crate::world::World;

const IMPORT: &str = "/console/import";
const BOUNDARY: &str = "----ringbook";

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
        let form = self.open(IMPORT).form(IMPORT);
        let kept = form.iter().filter(|(name, _)| name != "file");
        let mut fields: Vec<_> = kept.map(|(name, value)| (&**name, &**value)).collect();
        if !field.is_empty() {
            fields.push((field, file));
        }
        self.send_form(IMPORT, &fields, "same-origin")
    }

    /// Imports what a plan shows.
    #[track_caller]
    fn import(&mut self, plan: &Page, how: &str) -> Page {
        let form = plan.form(IMPORT);
        let mut fields: Vec<_> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.push(("do", how));
        self.send_form(IMPORT, &fields, "same-origin")
    }
}

/// Bytes as a plan carries them.
fn packed(file: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
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
    let form = browser.open(IMPORT).form(IMPORT);
    let token = form.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
    let token = ("csrf", &*token);
    for (fields, site) in [
        (&[][..], "same-origin"),
        (&[file], "same-origin"),
        (&[("csrf", "x"), file], "same-origin"),
        (&[token, file], "cross-site"),
    ] {
        let refused = browser.send_form(IMPORT, fields, site);
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let mut reading = Browser::with_key(&world, &reader);
    reading.open(IMPORT).assert_has(&["Your key may not change phones."]);
    let csrf = reading.open("/console/phones").form("/console/sign-out");
    let token = ("csrf", &*csrf[0].1);
    assert_eq!(reading.send_form(IMPORT, &[token, file], "same-origin").status, 403);
    browser.open("/console/phones").assert_has(&["3 phones"]);
}

#[test]
fn a_long_import_is_done_in_parts() {
    let mut world = World::on(test_store::sqlite());
    world.limit(10_000);
    let mut browser = Browser::new(&world);
    let rows = (0..6_000).map(|row| format!("{},Agent-{row}", 918_000_000 + row));
    let rows = rows.collect::<Vec<_>>().join("\n");
    let plan = browser.plan("file", &format!("number,name\n{rows}\n1,One\n"));
    plan.assert_has(&["6000 created", "1 refused", "Only the first are shown."]);
    let led = browser.import(&plan, "import-others");
    assert_eq!(led.status, 303, "{led:?}");
    let page = led.reply.header("location").unwrap();
    until("it is done", || browser.open(page).text().contains("The import is done."));
    browser.open(page).assert_has(&["6000 done", "1 refused"]);
    // Some change in between makes another plan.
    let plan = browser.plan("file", "number,name\n1001,Desk-7\n");
    world.delete("/v1/phones/p3");
    world.done("POST", "/v1/phones", json!({"number": "1009", "name": "Desk-7"}));
    let refused = browser.import(&plan, "import");
    assert_eq!(refused.status, 422, "{refused:?}");
    refused.assert_has(&["nothing was done", "0 created", "1 refused"]);
}

#[test]
fn the_phones_of_a_view_are_exported() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let view = browser.open("/console/phones?skill=Sales&q=9&sort=name");
    assert!(view.html().contains("/console/export?skill=Sales&#38;q=9\""), "{}", view.html());
    for (query, rows) in [
        ("skill=Sales&q=9", "p1,'919876543210,Ravi,\"Sales,Support\"\n"),
        ("without_skill=true", ""),
    ] {
        let file = browser.open(&format!("/console/export?{query}"));
        assert_eq!(file.html(), format!("\u{feff}id,number,name,skills\n{rows}"));
        let disposition = file.reply.header("content-disposition");
        assert_eq!(disposition, Some("attachment; filename=\"phones.csv\""));
    }
}
