//! `mode=all_or_nothing`: every row or none.

use serde_json::json;

use super::{CSV, JSON_LINES, many, numbers, with_room};
use crate::world::World;

#[test]
fn executes_rows_in_order_and_changes_nothing_in_a_dry_run() {
    let world = &mut World::new();
    let rows = [
        json!({"action": "create", "number": "2001", "name": "Asha", "skills": ["Sales"]}),
        json!({"action": "edit", "phone": "2001", "number": "2002", "assign": ["Support"]}),
        json!({"action": "edit", "phone": "p2", "skills": ["Support"]}),
        json!({"action": "delete", "phone": "p1"}),
        json!({"action": "create", "number": "919876543210", "name": "Ravi"}),
        json!({"action": "edit", "phone": "p3", "name": "Desk-1"}),
    ];
    let file = rows.iter().map(|row| format!("{row}\n\n")).collect::<Vec<_>>().concat();
    let mut expected = json!({
        "summary": {"rows": 6, "done": 5, "unchanged": 1, "refused": 0},
        "rows": [
            {"line": 1, "status": "created", "phone": "p4"},
            {"line": 3, "status": "edited", "phone": "p4"},
            {"line": 5, "status": "edited", "phone": "p2"},
            {"line": 7, "status": "deleted", "phone": "p1"},
            {"line": 9, "status": "created", "phone": "p5"},
            {"line": 11, "status": "unchanged"},
        ],
    });
    let tried = world.send("/v1/bulk?dry_run=true", JSON_LINES, &[], &file);
    expected["summary"]["import"] = "i7".into();
    let mut nameless = expected.clone();
    nameless["summary"]["import"] = "i0".into();
    for row in [0, 1, 4] {
        nameless["rows"][row]["phone"] = "p0".into();
    }
    assert_eq!((tried.status, &tried.json), (200, &nameless), "{tried:?}");
    assert_eq!(tried.header("ringbook-dry-run"), Some("5"));
    assert_eq!(numbers(world).len(), 3);
    let done = world.send("/v1/bulk", "application/jsonl", &[], &file);
    assert_eq!((done.status, &done.json), (200, &expected), "{done:?}");
    assert_eq!(numbers(world), ["+14155550123", "1001", "2002", "919876543210"]);
    assert_eq!(world.read("/v1/phones/p4")["skills"], json!(["Sales", "Support"]));
    let nothing = world.send("/v1/bulk", JSON_LINES, &[], "");
    let summary = json!({"rows": 0, "done": 0, "unchanged": 0, "refused": 0});
    assert_eq!(nothing.json, json!({"summary": summary, "rows": []}));
}

/// `refusals.toml` has the errors of each kind of row.
#[test]
fn returns_at_most_1000_refused_rows() {
    let world = &mut World::new();
    let file = "number,name\n".to_owned() + &"1,1\n".repeat(3000);
    let refused = world.send("/v1/imports", CSV, &[], &file);
    assert_eq!((refused.status, &refused.json["refused"]), (422, &json!(3000)));
    assert_eq!(refused.list("rows").len(), 1000);
    let causes = &refused.json["causes"];
    assert_eq!(causes, &json!([{"rows": 3000, "errors": refused.list("rows")[0]["errors"]}]));
}

#[test]
fn tells_columns_that_are_ignored() {
    for query in ["", "?mode=keep_going", "?dry_run=true"] {
        let world = &mut World::new();
        let file = "\u{feff}Phone Number;Name;Notes;\n2001;Asha;x;\n";
        let done = world.send(&format!("/v1/imports{query}"), CSV, &[], file);
        let ignored = &done.json["summary"]["ignored_columns"];
        assert_eq!((done.status, ignored), (201, &json!(["Notes"])), "{query}");
    }
}

#[test]
fn replays_rows_after_a_restart() {
    World::on_each_store(|world| {
        for (key, file, status) in [
            ("monday", "number,name\n2001,Asha\n2002,Omar\n", 201),
            // A refusal is recorded as well, also if no rule had to be checked.
            ("tuesday", "number,name\n2003,P\n", 422),
        ] {
            let key = [("Idempotency-Key", key)];
            let first = world.send("/v1/imports", CSV, &key, file);
            assert_eq!(first.status, status, "{first:?}");
            world.restart();
            world.send("/v1/imports", CSV, &key, file).assert_replays(&first);
            assert_eq!(numbers(world).len(), 5);
            let other = world.send("/v1/imports", CSV, &key, "number,name\n2003,Pia\n");
            other.assert_problem(422, "idempotency_key_reused");
        }
    });
}

#[test]
fn executes_a_hundred_thousand_rows_in_one_request() {
    const ROWS: usize = 100_000;
    let world = &mut World::new();
    with_room(world);
    let made = world.send("/v1/imports", CSV, &[("Idempotency-Key", "many")], &many(ROWS));
    assert_eq!(made.status, 201, "{}", &made.reply.body[..200]);
    assert_eq!(made.json["summary"]["done"], ROWS);
    assert_eq!(made.list("rows").len(), ROWS);
    let edits = (0..ROWS).map(|row| format!("edit,91{row:08},92{row:08},Support\n"));
    let edits: String =
        std::iter::once("action,phone,number,assign\n".into()).chain(edits).collect();
    let edited = world.send("/v1/bulk", CSV, &[], &edits);
    assert_eq!(edited.status, 200, "{}", &edited.reply.body[..200]);
    assert_eq!(edited.json["summary"]["done"], ROWS);
    let last = world.read("/v1/phones/9200099999");
    assert_eq!(last["skills"], json!(["Sales", "Support"]), "{last:?}");
    let too_many = many(200_001);
    for (query, way) in [
        ("", ": send them in several files, or in the mode keep_going"),
        ("?dry_run=true", ", which a dry run does not take: try them in several files"),
        (
            "?dry_run=true&mode=keep_going",
            ", which a dry run does not take: try them in several files",
        ),
    ] {
        let answer = world.send(&format!("/v1/imports{query}"), CSV, &[], &too_many);
        answer.assert_problem(413, "too_large");
        assert_eq!(answer.json["detail"], format!("there are more than 200000 rows{way}"));
    }
}

#[test]
fn the_dry_run_of_a_file_shows_its_phones_if_asked() {
    let world = &mut World::new();
    let file =
        "number,name,skills\n2001,Asha,\n1001,Desk-2,Sales\n919876543210,Ravi,\"Sales,Support\"\n";
    let path = "/v1/bulk?action=upsert&dry_run=true&show_phones";
    let shown = world.send(&format!("{path}=true"), CSV, &[], file);
    let phone = |number: &str, name: &str, skills: &[&str]| json!({"number": number, "name": name, "skills": skills});
    let expected = json!([
        {"line": 2, "status": "created", "phone": "p0", "after": phone("2001", "Asha", &[])},
        {"line": 3, "status": "edited", "phone": "p3",
         "before": phone("1001", "Desk-1", &["Support"]),
         "after": phone("1001", "Desk-2", &["Sales"])},
        {"line": 4, "status": "unchanged"},
    ]);
    assert_eq!(shown.json["rows"], expected, "{shown:?}");
    let hidden = world.send(&format!("{path}=false"), CSV, &[], file);
    assert_eq!(hidden.json["rows"][0]["after"], json!(null), "{hidden:?}");
}
