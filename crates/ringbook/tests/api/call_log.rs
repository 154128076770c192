//! `GET /v1/requests`: the last calls to PhoneManageV2.

use ringbook::service::ServiceOptions;
use ringbook::store::RequestId;
use serde_json::{Value, json};
use test_support::{block_on, test_store};

use crate::answer::Answer;
use crate::world::World;

const LOG: &str = "/v1/requests";

/// A call to PhoneManageV2 in the name of `acme`.
fn call(world: &mut World, key: &str, action: &str, number: &str, name: &str) -> Answer {
    let body =
        json!({"userName": "acme", "action": action, "phoneNumber": number, "phoneName": name});
    world.request("POST", "/ca_apis/PhoneManageV2", &[("apiKey", key)], body)
}

fn names(world: &mut World, query: &str) -> Vec<String> {
    let name = |call: &Value| {
        let body: Value = serde_json::from_str(call["request"].as_str().unwrap()).unwrap();
        body["phoneName"].as_str().unwrap().to_owned()
    };
    world.read(&format!("{LOG}?{query}"))["items"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn tells_what_was_called_and_why_it_was_refused() {
    let world = &mut World::on(test_store::sqlite());
    let key = world.acme.clone();
    call(world, &key, "create", "2001", "Asha");
    let refused = call(world, &key, "create", "1001", "Zoe");
    call(world, "KK-wrong-key", "get", "2001", "KK-wrong-key");
    call(world, &key, "get", "2001", "Asha");
    let calls = world.get(LOG);
    assert_eq!(calls.texts("items", "outcome"), ["done", "refused", "refused", "done"]);
    assert_eq!(calls.texts("items", "action"), ["get", "get", "create", "create"]);
    let taken = &calls.list("items")[2];
    assert_eq!(taken["id"].as_str(), refused.header("ringbook-request-id"));
    assert_eq!(taken["reason"].as_str(), refused.header("ringbook-reason"));
    assert_eq!((&taken["phone"], &taken["status"]), (&json!("p3"), &json!(200)));
    assert_eq!(taken["reply"], refused.reply.body);
    assert!(!calls.reply.body.contains("KK"), "{calls:?}");
    let (since, id) = (taken["at"].as_str().unwrap(), taken["id"].as_str().unwrap());
    for (query, found) in [
        ("action=create&outcome=refused", &["Zoe"][..]),
        (&format!("request={id}"), &["Zoe"]),
        (&format!("since={since}"), &["Asha", "[key]", "Zoe"]),
        ("outcome=failed", &[]),
    ] {
        assert_eq!(names(world, query), found, "{query}");
    }
    let first = world.read("/v1/requests?limit=2");
    let next = first["next"].as_str().unwrap();
    assert_eq!(names(world, &format!("limit=2&cursor={next}")), ["Zoe", "Asha"]);
    world.get("/v1/requests?outcome=good").assert_problem(422, "invalid_query");
    assert_eq!(world.get_as_globex(LOG).list("items").len(), 0);
    world.restart_with(&ServiceOptions { records_calls: false, ..ServiceOptions::default() });
    call(world, &key, "get", "2001", "Asha");
    world.get(LOG).assert_problem(404, "no_such_path");
}

#[test]
fn keeps_what_is_mistaken_and_the_beginning_of_what_is_long() {
    let world = &mut World::new();
    let key = world.acme.clone();
    world.get("/v1/phones");
    let long = format!("{{\"userName\":\"acme\",\"x\":\"{}\"}}", "é".repeat(3_000));
    for (kind, body, status, is_kept) in [
        ("application/json", "{\"userName\":\"acme\" \"a\":1}", 400, true),
        ("text/plain", "{\"userName\":\"acme\"}", 415, true),
        ("application/json", "{\"userName\":\"nobody\"}", 200, false),
        ("application/json", &long, 200, true),
    ] {
        let before = world.get(LOG).list("items").len();
        let headers = [("apiKey", &*key), ("Content-Type", kind)];
        let answer = world.exchange("POST", "/ca_apis/PhoneManageV2", &headers, body);
        assert_eq!(answer.status, status, "{answer:?}");
        let calls = world.get(LOG);
        if !is_kept {
            assert_eq!(calls.list("items").len(), before);
            continue;
        }
        let newest = &calls.list("items")[0];
        let begun = newest["request"].as_str().unwrap().trim_end_matches("[cut]");
        assert_eq!(begun, &body[..body.len().min(4_096)]);
        assert_eq!(newest["reason"].as_str(), answer.header("ringbook-reason"));
    }
}

#[test]
fn an_erasure_by_another_process_reaches_it() {
    World::on_each_store(|world| {
        let key = world.acme.clone();
        call(world, &key, "create", "9198765431", "Zebediah");
        call(world, &key, "delete", "9198765431", "Zebediah");
        assert_eq!(names(world, ""), ["Zebediah", "Zebediah"]);
        let other = world.another_server();
        let service = &other.service;
        let tenant = block_on(service.tenant("acme")).unwrap();
        let phone = service.erasables(&tenant, "zebediah").unwrap().pop().unwrap();
        let origin = service.origin(RequestId(7), &"cli:asha".into());
        service.erase_phone(&tenant, phone.id, &origin).unwrap();
        other.stop();
        assert_eq!(names(world, ""), [""; 0]);
        call(world, &key, "get", "1001", "Desk-1");
        assert_eq!(names(world, ""), ["Desk-1"]);
    });
}
