//! `POST /v1/changes/{id}/revert` of all that was done in a request.

use serde_json::{Value, json};

use super::{BEGIN, newest};
use crate::world::{Answer, World};

fn revert(world: &mut World, id: u64, body: Value) -> Answer {
    world.call("POST", &format!("/v1/changes/{id}/revert"), body)
}

#[test]
fn reverts_an_import_as_a_whole() {
    World::on_each_store(|world| {
        let before = world.call("GET", "/v1/phones", Value::Null).json;
        let rows = (0..20).map(|row| format!("30{row:02},Agent-{row},Sales\n"));
        let file = "number,name,skills\n".to_owned() + &rows.collect::<String>();
        assert_eq!(world.send("/v1/imports", "text/csv", &[], &file).status, 200);
        // Something else in between and something after it stays.
        world.call("PATCH", "/v1/phones/p2", json!({"name": "Mira.K"}));
        let some = BEGIN + 7;
        let tried = world.call(
            "POST",
            &format!("/v1/changes/{some}/revert?dry_run=true"),
            json!({"what": "request"}),
        );
        assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(20)), "{tried:?}");
        assert_eq!(tried.json["result"]["changes"][0].get("id"), None);
        assert_eq!(newest(world), BEGIN + 21, "nothing was done");
        let reverted = revert(world, some, json!({"what": "request"}));
        assert_eq!(reverted.status, 200, "{reverted:?}");
        let undone = reverted.json["changes"].as_array().unwrap();
        let list = |name: &str| undone.iter().map(|one| one[name].as_u64()).collect::<Vec<_>>();
        let first = BEGIN + 22;
        assert_eq!(list("id"), (first..first + 20).map(Some).collect::<Vec<_>>());
        assert_eq!(list("reverts"), (BEGIN + 1..=BEGIN + 20).rev().map(Some).collect::<Vec<_>>());
        let mut expected = before;
        expected["phones"][1]["name"] = "Mira.K".into();
        assert_eq!(world.call("GET", "/v1/phones", Value::Null).json, expected);
    });
}

/// An import that keeps going commits its rows in parts, and others commit in between: here every
/// 400 seconds, which makes more than the ten minutes that two parts may be apart.
#[test]
fn reverts_an_import_in_parts_as_a_whole() {
    World::on_each_store(|world| {
        for part in 0..4 {
            let body = json!({"number": format!("300{part}"), "name": format!("Agent-{part}")});
            assert_eq!(world.call("POST", "/v1/phones", body).status, 201);
            let body = json!({"name": format!("Ravi-{part}")});
            assert_eq!(world.call("PATCH", "/v1/phones/p1", body).status, 200);
        }
        let (first, last) = (BEGIN + 1, newest(world));
        let parts =
            format!("account_id = 1 AND version IN ({first}, {}, {})", first + 2, first + 4);
        world.store_sql(&format!(
            "UPDATE change SET at_us = at_us - ({last} - version) * 400000000
             WHERE account_id = 1 AND version >= {first};
         UPDATE change SET request_id =
             (SELECT request_id FROM change WHERE account_id = 1 AND version = {first})
             WHERE {parts}"
        ));
        for id in [first, first + 2, first + 4] {
            let path = format!("/v1/changes/{id}/revert?dry_run=true");
            let tried = world.call("POST", &path, json!({"what": "request"}));
            assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(3)), "{tried:?}");
        }
        assert_eq!(revert(world, first, json!({"what": "request"})).status, 200);
        let left = world.call("GET", "/v1/phones?contains=Agent", Value::Null);
        assert_eq!(left.json["phones"].as_array().map(Vec::len), Some(1), "{left:?}");
    });
}

/// Places in a skill that is brought back by the same revert have its name, however it is asked.
#[test]
fn names_a_skill_that_the_revert_restores() {
    World::on_each_store(|world| {
        let gone = world.call("DELETE", "/v1/skills/Sales?unassign=true", Value::Null);
        assert_eq!(gone.status, 204, "{gone:?}");
        let path = format!("/v1/changes/{}/revert", newest(world));
        let body = json!({"what": "request"});
        let tried = world.call("POST", &format!("{path}?dry_run=true"), body.clone());
        let once = [("Idempotency-Key", "back")];
        let done = world.call_with("POST", &path, &once, body);
        for (answer, result) in [(&tried, &tried.json["result"]), (&done, &done.json)] {
            assert_eq!(answer.status, 200, "{answer:?}");
            let undone = result["changes"].as_array().unwrap();
            assert_eq!((undone.len(), &undone[0]["after"]["name"]), (3, &json!("Sales")));
            for phone in &undone[1..] {
                let skills = phone["after"]["skills"].as_array().unwrap();
                assert!(skills.iter().any(|place| place["skill"] == "Sales"), "{phone}");
                assert!(skills.iter().all(|place| !place["skill"].is_null()), "{phone}");
            }
        }
    });
}
