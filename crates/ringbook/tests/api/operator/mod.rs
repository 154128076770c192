//! `/v1/operator/accounts`

mod item;
mod list;

use serde_json::{Value, json};

use crate::world::{Answer, World};

pub const PATH: &str = "/v1/operator/accounts";

/// The operator, with a key.
pub struct Operator {
    credentials: String,
}

impl Operator {
    pub fn of(world: &mut World) -> Self {
        Self { credentials: format!("Bearer {}", world.operator_key("test")) }
    }

    #[track_caller]
    pub fn call(&self, world: &mut World, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(world, method, path, &[], body)
    }

    #[track_caller]
    pub fn call_with(
        &self,
        world: &mut World,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let headers = [&[("Authorization", self.credentials.as_str())], headers].concat();
        world.request(method, path, &headers, body)
    }
}

#[test]
fn rejects_all_but_the_operator() {
    let world = &mut World::new();
    let expired = "RBO00000000000000000000000000000000";
    for (method, path) in [
        ("GET", PATH),
        ("POST", PATH),
        ("GET", "/v1/operator/accounts/acme"),
        ("PATCH", "/v1/operator/accounts/acme"),
        ("DELETE", "/v1/operator/accounts/acme"),
        ("POST", "/v1/operator/accounts/acme/rotate-key"),
    ] {
        let without = world.request(method, path, &[], Value::Null);
        assert_eq!((without.status, without.code()), (401, "unauthorized"), "{method} {path}");
        let challenge = without.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer "), "{challenge}");
        // An account's own key is none of the operator's, however it is shown.
        let account = world.call(method, path, Value::Null);
        assert_eq!((account.status, account.code()), (401, "unauthorized"), "{method} {path}");
        for key in [expired, &world.acme.clone()] {
            let bearer = format!("Bearer {key}");
            let headers = [("Authorization", bearer.as_str())];
            let wrong = world.request(method, path, &headers, Value::Null);
            assert_eq!((wrong.status, wrong.code()), (401, "unauthorized"), "{method} {path}");
        }
    }
}

#[test]
fn rejects_a_deleted_key() {
    World::on_each_store(|world| {
        let operator = Operator::of(world);
        assert_eq!(operator.call(world, "GET", PATH, Value::Null).status, 200);
        world.delete_operator_key("test");
        let denied = operator.call(world, "GET", PATH, Value::Null);
        assert_eq!((denied.status, denied.code()), (401, "unauthorized"));
        // And no key of the operator is one of an account.
        let key = world.operator_key("test");
        let account = world.call_as(("acme", &key), "GET", "/v1/phones", Value::Null);
        assert_eq!((account.status, account.code()), (401, "unauthorized"));
    });
}

#[test]
fn shows_an_account_the_limit_that_the_operator_set() {
    let world = &mut World::new();
    let operator = Operator::of(world);
    let body = json!({"phone_number_limit": 9});
    let edited = operator.call(world, "PATCH", "/v1/operator/accounts/acme", body);
    assert_eq!(edited.status, 200, "{edited:?}");
    let shown = world.call("GET", "/v1/account", Value::Null);
    assert_eq!(shown.json["phone_number_limit"], 9);
    assert_eq!(shown.json["version"], edited.json["version"]);
}
