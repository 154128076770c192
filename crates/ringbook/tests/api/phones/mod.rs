//! `/v1/phones`

mod create;
mod item;
mod list;

use serde_json::{Value, json};

use crate::world::World;

#[test]
fn returns_404_for_a_phone_of_another_account() {
    let world = &mut World::new();
    let globex = world.globex.clone();
    for method in ["GET", "PATCH", "DELETE"] {
        let body = if method == "PATCH" { json!({}) } else { Value::Null };
        for phone in ["p1", "919876543210"] {
            let path = format!("/v1/phones/{phone}");
            let answer = world.call_as(("globex", &globex), method, &path, body.clone());
            assert_eq!((answer.status, answer.code()), (404, "no_such_phone"), "{method} {path}");
        }
    }
    let listed = world.call_as(("globex", &globex), "GET", "/v1/phones", Value::Null);
    assert_eq!(listed.json, json!({"phones": []}));
}

#[test]
fn replays_the_creation_of_a_phone() {
    World::on_each_store(|world| {
        let key = [("Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324")];
        let body = json!({"number": "2001", "name": "Asha", "skills": ["Sales"]});
        let first = world.call_with("POST", "/v1/phones", &key, body.clone());
        assert_eq!((first.status, first.header("idempotent-replayed")), (201, None), "{first:?}");
        let again = world.call_with("POST", "/v1/phones", &key, body);
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{again:?}");
        assert_eq!((again.status, &again.json), (201, &first.json));
        for name in ["etag", "location"] {
            assert_eq!(again.header(name), first.header(name));
        }
        let other = json!({"number": "2002", "name": "Asha"});
        let other = world.call_with("POST", "/v1/phones", &key, other);
        assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));

        // A refusal is an answer as well: it stays, though it would be done by now.
        let key = [("Idempotency-Key", "taken")];
        let body = json!({"number": "1001"});
        let first = world.call_with("PATCH", "/v1/phones/p1", &key, body.clone());
        assert_eq!((first.status, first.code()), (409, "number_taken"));
        assert_eq!(world.call("DELETE", "/v1/phones/1001", Value::Null).status, 204);
        let again = world.call_with("PATCH", "/v1/phones/p1", &key, body);
        assert_eq!((again.status, &again.json), (409, &first.json));
    });
}
