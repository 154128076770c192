//! `POST /ca_apis/PhoneManageV2/explain`

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;
use test_support::{DONE, NOT_VALID, PATH, TAKEN};

const EXPLAIN: &str = "/ca_apis/PhoneManageV2/explain";

/// Sends a request to one of the two endpoints.
#[track_caller]
fn send(world: &mut World, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let key = world.acme.clone();
    let headers = [&[("apiKey", key.as_str())], headers].concat();
    world.request("POST", path, &headers, body.clone())
}

/// Explains a request and then sends it: the reply is the one that was explained.
#[track_caller]
fn explain(world: &mut World, headers: &[(&str, &str)], body: &Value) -> Answer {
    let before = world.read("/v1/phones");
    let explained = send(world, EXPLAIN, headers, body);
    assert_eq!(explained.status, 200, "{explained:?}");
    assert_eq!(world.read("/v1/phones"), before, "nothing is changed");
    let done = send(world, PATH, headers, body);
    let reply = &explained.json["reply"];
    assert_eq!(reply["status"], done.status);
    assert_eq!(reply["body"].as_str(), Some(done.reply.body.as_str()));
    assert_eq!(reply["reason"].as_str(), done.header("ringbook-reason"));
    let is_replayed = done.header("idempotent-replayed") == Some("true");
    assert_eq!(explained.json["isReplayed"], is_replayed);
    explained
}

/// The states of the checks, a letter each: passed, Failed, not reached, or - if the check is for
/// another action.
fn states(explained: &Answer) -> String {
    let checks = explained.list("checks");
    let letter = |check: &Value| match check["state"].as_str().expect("a state") {
        "passed" => 'p',
        "failed" => 'F',
        "not_reached" => 'n',
        "not_for_this_action" => '-',
        other => panic!("{other}"),
    };
    assert!(checks.iter().zip(1..).all(|(check, number)| check["check"] == number));
    checks.iter().map(letter).collect()
}

fn request(action: &str, fields: Value) -> Value {
    with(json!({"userName": "acme", "action": action}), fields)
}

fn with(mut body: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("{fields} is no object") };
    body.as_object_mut().unwrap().extend(fields);
    body
}

#[test]
fn explains_what_a_request_would_change() {
    let world = &mut World::new();
    let edit = request(
        "edit",
        json!({
            "phoneNumber": "1001", "phoneName": "Desk-1", "phoneNumberNew": "1002",
            "assignSkill": "Sales", "unAssignSkill": "Support"
        }),
    );
    let explained = explain(world, &[], &edit);
    assert_eq!(states(&explained), "ppppppppppp");
    assert_eq!(explained.json["reply"]["body"], DONE);
    let changes = json!([{
        "change": "phone.edit",
        "before": {"phoneNumber": "1001", "phoneName": "Desk-1", "skills": ["Support"]},
        "after": {"phoneNumber": "1002", "phoneName": "Desk-1", "skills": ["Sales"]}
    }]);
    assert_eq!(explained.json["changes"], changes);
    let get = explain(world, &[], &request("get", json!({"phoneNumber": "1002"})));
    assert_eq!(states(&get), "pppp---p---");
    let delete = request("delete", json!({"phoneNumber": "1002", "phoneName": "Desk-1"}));
    let delete = explain(world, &[], &delete);
    assert_eq!(states(&delete), "ppppp--p---");
    assert_eq!(delete.json["changes"][0]["after"], Value::Null);
}

#[test]
fn explains_which_check_fails() {
    let world = &mut World::new();
    let desk = json!({"phoneNumber": "1001", "phoneName": "Desk-1", "phoneNumberNew": "1001"});
    let edit = |fields: Value| with(request("edit", desk.clone()), fields);
    for (body, expected) in [
        (json!({"userName": "acme", "action": "Edit"}), "ppFnnnnnnnn"),
        (edit(json!({"phoneNumber": ""})), "pppFnnnnnnn"),
        (edit(json!({"phoneName": ""})), "ppppFnnnnnn"),
        (edit(json!({"phoneNumberNew": "12"})), "pppppFnnnnn"),
        (edit(json!({"phoneNameNew": "."})), "ppppppFnnnn"),
        (edit(json!({"phoneName": "Ravi"})), "pppppppFnnn"),
        (edit(json!({"phoneNumberNew": "919876543210"})), "ppppppppFnn"),
        (request("create", json!({"phoneNumber": "1001", "phoneName": "Asha"})), "ppppppp-Fnn"),
        (edit(json!({"assignSkill": "Bogus"})), "ppppppppppF"),
    ] {
        let explained = explain(world, &[], &body);
        assert_eq!(states(&explained), expected, "{body}");
        let mut checks = explained.list("checks").iter();
        let failed = checks.find(|check| check["state"] == "failed").unwrap();
        assert_eq!(failed["reason"], explained.json["reply"]["reason"], "{body}");
    }
    world.limit(3);
    let full = request("create", json!({"phoneNumber": "2001", "phoneName": "Asha"}));
    assert_eq!(states(&explain(world, &[], &full)), "ppppppp-pFn");
    let twice = explain(world, &[("Idempotency-Key", "")], &full);
    assert_eq!(states(&twice), "ppFnnnn-nnn");
}

#[test]
fn explains_that_a_request_would_be_replayed() {
    let world = &mut World::new();
    let key = [("Idempotency-Key", "a")];
    let create = request("create", json!({"phoneNumber": "2001", "phoneName": "Asha"}));
    let first = explain(world, &key, &create);
    assert_eq!(states(&first), "ppppppp-ppp");
    assert_eq!(first.json["isReplayed"], false);
    let again = explain(world, &key, &create);
    assert_eq!((states(&again).as_str(), &again.json["isReplayed"]), ("ppppppp-nnn", &json!(true)));
    assert_eq!((&again.json["reply"]["body"], &again.json["changes"]), (&json!(DONE), &json!([])));
    let without = explain(world, &[], &create);
    assert_eq!(without.json["reply"]["body"], TAKEN);
    let other = request("create", json!({"phoneNumber": "2002", "phoneName": "Asha"}));
    let other = explain(world, &key, &other);
    assert_eq!(states(&other), "pppppppFnnn");
    assert_eq!(other.json["reply"]["status"], 422);
}

#[test]
fn explains_nothing_without_valid_credentials() {
    let world = &mut World::new();
    let get = request("get", json!({"phoneNumber": "1001"}));
    let (globex, read) = (world.globex.clone(), world.key("read"));
    for key in ["no such key", &globex, &read] {
        let denied = world.request("POST", EXPLAIN, &[("apiKey", key)], get.clone());
        assert_eq!((denied.status, denied.reply.body.as_str()), (200, NOT_VALID));
    }
    let denied = world.request("POST", EXPLAIN, &[], get);
    assert_eq!(denied.reply.body, NOT_VALID);
    // Another account's phones are not revealed.
    let other = json!({"userName": "globex", "action": "get", "phoneNumber": "1001"});
    let other = world.request("POST", EXPLAIN, &[("apiKey", &globex)], other);
    assert_eq!(other.json["reply"]["reason"], "phoneNumber: no phone 1001 in this account");
    // The body is checked before the credentials, as in PhoneManageV2.
    let broken = world.request("POST", EXPLAIN, &[], json!([]));
    assert_eq!(states(&broken), "Fnnnnnnnnnn");
    assert_eq!(broken.json["reply"]["status"], 400);
}
