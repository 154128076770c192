//! `GET /v1/exports`

use serde_json::{Value, json};

use super::{CSV, JSON_LINES, many, numbers, with_room};
use crate::answer::Answer;
use crate::changes::newest;
use crate::world::World;

fn export(world: &mut World, query: &str) -> Answer {
    world.get(&format!("/v1/exports{query}"))
}

#[test]
fn exports_filtered_phones_that_can_be_imported() {
    let world = &mut World::new();
    for name in ["=1+1", "Nacht-Süd"] {
        world.done("POST", "/v1/skills", json!({"name": name}));
    }
    let file = "number,name,skills\n2001,+Asha,'=1+1\n2002,Omar,\"Nacht-Süd,Sales\"\n";
    assert_eq!(world.send("/v1/imports", CSV, &[], file).status, 201);
    let all = export(world, "");
    assert_eq!(all.status, 200, "{all:?}");
    assert_eq!(
        all.reply.body,
        "id,number,name,skills\np1,919876543210,Ravi,\"Sales,Support\"\n\
         p2,+14155550123,Mira,Sales\np3,1001,Desk-1,Support\np4,2001,'+Asha,'=1+1\n\
         p5,2002,Omar,\"Nacht-Süd,Sales\"\n"
    );
    let sales = export(world, "?skill=Sales&number_prefix=%2B");
    assert_eq!(sales.reply.body, "id,number,name,skills\np2,+14155550123,Mira,Sales\n");
    for kind in [CSV, JSON_LINES] {
        let file = export_as(world, kind);
        for number in numbers(world) {
            world.delete(&format!("/v1/phones/{number}"));
        }
        // The ids are left alone, as in another account.
        let again = world.send("/v1/imports", kind, &[], &file);
        assert_eq!(again.status, 201, "{again:?}");
        let without_ids = |file: String| file.replace(|letter: char| letter.is_ascii_digit(), "");
        assert_eq!(without_ids(export_as(world, kind)), without_ids(file));
    }
}

fn export_as(world: &mut World, kind: &str) -> String {
    world.call_with("GET", "/v1/exports", &[("Accept", kind)], Value::Null).reply.body
}

/// Names and skills that look like formulas, or have what separates cells and skills.
#[test]
fn an_export_that_is_sent_back_changes_nothing() {
    World::on_each_store(|world| {
        let skills = ["=1+1", "'tis", "''", "-x", "@a;b", "Say \"hello\"", "Nacht Süd"];
        for name in skills {
            world.done("POST", "/v1/skills", json!({"name": name}));
        }
        for (number, name, skills) in [
            ("+911", "+Asha.K@x-1_2", &skills[..]),
            ("0911", "+912", &skills[1..2]),
            ("911", "9e11", &skills[..0]),
            ("9111111111111111", "Ab", &skills[5..7]),
        ] {
            let phone = json!({"number": number, "name": name, "skills": skills});
            world.done("POST", "/v1/phones", phone);
        }
        let before = newest(world);
        for (kind, query) in [(CSV, ""), (JSON_LINES, "&trust_ids=true"), (CSV, "&mode=keep_going")]
        {
            let file = export_as(world, kind);
            let path = format!("/v1/imports?action=upsert{query}");
            let done = world.send(&path, kind, &[], &file);
            let tally = json!({"rows": 7, "done": 0, "unchanged": 7, "refused": 0});
            assert_eq!((done.status, &done.json["summary"]), (200, &tally), "{kind}");
            assert_eq!(newest(world), before, "{kind}");
        }
    });
}

/// A file of JSON Lines says in which order phones ring.
#[test]
fn an_export_has_ring_positions_and_an_import_takes_them_back() {
    let world = &mut World::new();
    let file = export_as(world, JSON_LINES);
    let [first, second] = [1, 2].map(|at| format!(r#"{{"name":"Sales","position":{at}}}"#));
    let swapped = file.replace(&first, "?").replace(&second, &first).replace('?', &second);
    assert_ne!(swapped, file);
    let done = world.send("/v1/imports?action=upsert", JSON_LINES, &[], &swapped);
    assert_eq!(done.json["summary"]["done"], 2, "{done:?}");
    let order = world.read("/v1/skills/Sales/ring-order");
    assert_eq!(order["phones"][0]["id"], "p2", "{order}");
    assert_eq!(export_as(world, JSON_LINES), swapped);
}

#[test]
fn exports_for_a_spreadsheet() {
    let world = &mut World::new();
    let file = export(world, "?for=spreadsheet").reply.body;
    let second = file.lines().nth(2);
    assert!(file.starts_with("\u{feff}id,") && second == Some("p2,'+14155550123,Mira,Sales"));
    let done = world.send("/v1/imports?action=upsert", CSV, &[], &file);
    assert_eq!((done.status, &done.json["summary"]["unchanged"]), (200, &json!(3)));
}

#[test]
fn negotiates_the_export_format() {
    let world = &mut World::new();
    for (accept, kind, name) in [
        (None, "text/csv; charset=utf-8", "phones.csv"),
        (Some("text/html, application/jsonl;q=0.9"), JSON_LINES, "phones.jsonl"),
    ] {
        let headers: Vec<_> = accept.iter().map(|accept| ("Accept", *accept)).collect();
        let answer = world.call_with("GET", "/v1/exports", &headers, Value::Null);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)));
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!(answer.header("content-disposition"), Some(disposition.as_str()));
        assert_eq!(answer.header("vary"), Some("accept"));
        assert_eq!(answer.reply.body.lines().count(), 3 + usize::from(name == "phones.csv"));
    }
}

/// Several values are several headers.
#[test]
fn finds_the_preferred_type() {
    const NONE: &str = "application/problem+json";
    let world = &mut World::new();
    for (accept, expected) in [
        (&[""][..], CSV),
        (&["*/*"], CSV),
        (&["text/html, */*;q=0.1"], CSV),
        (&["text/*"], CSV),
        (&["application/*"], JSON_LINES),
        (&["Application/X-NDJSON"], JSON_LINES),
        (&["application/x-ndjson;q=0.1, text/csv"], CSV),
        (&["application/x-ndjson, text/csv"], JSON_LINES),
        (&["application/x-ndjson", "text/csv"], JSON_LINES),
        (&["*/*, application/x-ndjson"], JSON_LINES),
        (&["application/x-ndjson;q=0.5, text/csv;q=0.50, application/jsonl;q=0.6"], JSON_LINES),
        (&["text/csv;q=0.5, application/x-ndjson;q=0.50, application/jsonl;q=0.4"], CSV),
        (&["text/event-stream;q=0, text/csv;q=0.001"], CSV),
        (&["text/csv; Q=0"], NONE),
        (&["text/csv;q=0, text/*"], NONE),
        (&["text/csv;q=0, */*"], JSON_LINES),
        (&["text/csv;header=present;q=0.2, application/*;q=0.3"], JSON_LINES),
        // An invalid quality is ignored.
        (&["text/csv;q=high, application/x-ndjson;q=0.9"], CSV),
        (&["*"], NONE),
        (&["text/html, application/vnd.ms-excel"], NONE),
    ] {
        let headers: Vec<_> = accept.iter().map(|accept| ("Accept", *accept)).collect();
        let answer = world.call_with("GET", "/v1/exports", &headers, Value::Null);
        let kind = answer.header("content-type").unwrap();
        assert!(kind.starts_with(expected), "{accept:?}: {kind}");
    }
}

#[test]
fn exports_a_past_state() {
    World::on_each_store(|world| {
        let before = export(world, "").reply.body;
        let now = world.now();
        world.delete("/v1/phones/p2");
        assert_eq!(export(world, &format!("?at={now}")).reply.body, before);
        assert_eq!(export(world, "").reply.body.lines().count(), 3);
    });
}

#[test]
fn exports_many_phones() {
    let world = &mut World::new();
    with_room(world);
    let file = many(3_456);
    assert_eq!(world.send("/v1/imports", CSV, &[], &file).status, 201);
    let all = export(world, "?name_prefix=agent").reply.body;
    let without_ids = all.lines().map(|line| line.split_once(',').unwrap().1);
    assert!(without_ids.eq(file.lines()), "{}", &all[..200]);
}
