//! Rows in a JSON body, and the forms of the answer.

use serde_json::json;

use super::{JSON_LINES, lines, numbers, results};
use crate::answer::Answer;
use crate::world::World;

#[test]
fn answers_json_rows_by_their_place_in_the_form_that_was_asked_for() {
    let rows = json!([
        {"action": "create", "number": "2001", "name": "Asha", "skills": ["Sales"]},
        {"action": "edit", "phone": "p1", "name": "Ravi"},
        {"action": "delete", "phone": "1001"},
    ]);
    let mut expected = vec![
        json!({"row": 0, "status": "created", "phone": "p4"}),
        json!({"row": 1, "status": "unchanged"}),
        json!({"row": 2, "status": "deleted", "phone": "p3"}),
        json!({"summary": {"rows": 3, "done": 2, "unchanged": 1, "refused": 0, "import": "i7"}}),
    ];
    for mode in ["all_or_nothing", "keep_going"] {
        for (accept, read) in
            [("application/json", results as fn(&Answer) -> _), (JSON_LINES, lines)]
        {
            let world = &mut World::new();
            let headers = [("Accept", accept), ("Idempotency-Key", "one")];
            let body = json!({"mode": mode, "rows": rows});
            let first = world.call_with("POST", "/v1/bulk", &headers, body.clone());
            assert_eq!((first.status, read(&first)), (200, expected.clone()), "{mode} {accept}");
            let again = world.call_with("POST", "/v1/bulk", &headers, body);
            again.assert_replays(&first);
            assert_eq!((read(&again), numbers(world).len()), (expected.clone(), 3));
        }
    }
    let world = &mut World::new();
    let body = json!({"mode": "keep_going", "rows": [rows[0], {"action": "edit", "phone": "p9"}]});
    let done = world.call("POST", "/v1/bulk", body);
    let detail = "no phone with the id p9 in this account";
    let errors = json!([{"pointer": "/rows/1/phone", "code": "no_such_phone", "detail": detail}]);
    expected[1] = json!({"row": 1, "status": "refused", "errors": errors});
    assert_eq!((done.status, done.list("rows")), (200, &expected[..2]));
}

/// Lines count from 1, places in a list from 0.
#[test]
fn names_the_row_that_has_a_number_too() {
    let row = |name: &str| json!({"action": "create", "number": "2001", "name": name});
    let rows = json!({"rows": [row("Asha"), row("Omar")]});
    let refused = World::new().call("POST", "/v1/bulk", rows);
    let error = &refused.list("rows")[0]["errors"][0];
    assert_eq!((refused.status, &error["detail"]), (422, &json!("2001: row 0 has it too")));
}

#[test]
fn upserts_rows_in_json_and_in_files() {
    let world = &mut World::new();
    let row = |id: &str| json!({"action": "upsert", "id": id, "name": "Ravi.K", "number": "2001"});
    let done = world.call("POST", "/v1/bulk", json!({"rows": [row("p1")]}));
    done.assert_problem(422, "rows_refused");
    let trusted = json!({"trust_ids": true, "rows": [row("p1")]});
    let done = world.call("POST", "/v1/bulk", trusted);
    assert_eq!((done.status, done.column("rows", "status")), (200, vec![&json!("edited")]));
    for (action, status) in [("", 422), ("?action=upsert", 201)] {
        let file = "number,name,skills\n2001,Ravi-2,\n2002,Asha,Sales\n";
        let done = world.send(&format!("/v1/imports{action}"), "text/csv", &[], file);
        assert_eq!(done.status, status, "{done:?}");
    }
    let ravi = json!({"id": "p1", "number": "2001", "name": "Ravi-2", "skills": []});
    assert_eq!(world.read("/v1/phones/p1"), ravi);
}

#[test]
fn refuses_more_json_rows_than_are_read_at_once() {
    let rows = vec![json!({"action": "delete", "phone": "p9"}); 10_001];
    let refused = World::new().call("POST", "/v1/bulk", json!({"rows": rows}));
    refused.assert_problem(422, "invalid_fields");
    assert_eq!(refused.errors(), ["/rows invalid"]);
}

/// Each change is stored by itself, and takes effect with the others.
#[test]
fn phones_exchange_numbers_and_names_in_one_request() {
    World::on_each_store(|world| {
        let before = world.read("/v1/phones")["items"].clone();
        let rows = json!([
            {"action": "edit", "phone": "919876543210", "number": "1001", "name": "Mira"},
            {"action": "edit", "phone": "+14155550123", "name": "Desk-1"},
            {"action": "edit", "phone": "1001", "number": "919876543210", "name": "Ravi"},
        ]);
        let body = |mode: &str| json!({"mode": mode, "rows": rows});
        let refused = world.call("POST", "/v1/bulk", body("keep_going"));
        assert_eq!(refused.json["summary"]["refused"], 3, "{refused:?}");
        let done = world.call("POST", "/v1/bulk", body("all_or_nothing"));
        assert_eq!((done.status, &done.json["summary"]["done"]), (200, &json!(3)), "{done:?}");
        let after = world.get("/v1/phones");
        assert_eq!(after.texts("items", "number"), ["1001", "+14155550123", "919876543210"]);
        assert_eq!(after.texts("items", "name"), ["Mira", "Desk-1", "Ravi"]);
        assert_eq!(world.read("/v1/phones/1001")["id"], "p1");
        let at = world.read("/v1/changes/c6")["at"].as_str().unwrap().to_owned();
        assert_eq!(world.read(&format!("/v1/phones?at={at}"))["items"], before);
        world.check();
        world.restart();
        assert_eq!(world.read("/v1/phones")["items"], after.json["items"]);

        let undone = world.call("POST", "/v1/imports/i7/undo", json!({}));
        assert_eq!(undone.status, 200, "{undone:?}");
        assert_eq!(world.read("/v1/phones")["items"], before);
        world.check();
    });
}
