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
    let detail = "no phone with the id 9 in this account";
    let errors = json!([{"pointer": "/rows/1/phone", "code": "no_such_phone", "detail": detail}]);
    expected[1] = json!({"row": 1, "status": "refused", "errors": errors});
    assert_eq!((done.status, done.list("rows")), (200, &expected[..2]));
}

#[test]
fn refuses_more_json_rows_than_are_read_at_once() {
    let rows = vec![json!({"action": "delete", "phone": "p9"}); 10_001];
    let refused = World::new().call("POST", "/v1/bulk", json!({"rows": rows}));
    refused.assert_problem(422, "invalid_fields");
    assert_eq!(refused.errors(), ["/rows invalid"]);
}
