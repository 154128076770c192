//! `/openapi.json` and `/docs`

use serde_json::Value;

use crate::requests::scopes;
use crate::world::World;

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "PATCH", "DELETE"];

/// Each described operation exists and needs credentials, and no other method is allowed.
#[test]
fn openapi_and_router_agree() {
    let world = &mut World::new();
    let described = world.request("GET", "/openapi.json", &[], Value::Null);
    assert_eq!(described.header("content-type"), Some("application/json"));
    let paths = described.json["paths"].as_object().expect("there are paths").clone();
    let mut operations = 0;
    for (path, described) in &paths {
        let filled = path.replace("{phone}", "p1").replace("{skill}", "Sales");
        let filled = filled.replace("{change}", "1").replace("{key}", "0").replace("{id}", "1");
        let filled = filled.replace("{user_name}", "acme");
        assert!(!filled.contains('{'), "{path} has a parameter of another name");
        for method in METHODS {
            let is_described = described.get(method.to_lowercase()).is_some();
            operations += usize::from(is_described);
            let answer = world.request(method, &filled, &[], Value::Null);
            if !path.starts_with("/v1") {
                continue;
            }
            let expected = if is_described { 401 } else { 405 };
            assert_eq!(answer.status, expected, "{method} {path}: {answer:?}");
            if is_described && !path.starts_with("/v1/operator") {
                let has_scope = scopes().any(|(other, route, _)| {
                    other == method && route.split('?').next() == Some(filled.as_str())
                });
                assert!(has_scope, "{method} {path} is not in scopes.txt");
            }
        }
    }
    assert!(operations > 30, "the operations were found: {operations}");
    let page = world.request("GET", "/docs", &[], Value::Null);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.reply.body.contains("<h1>Ringbook</h1>"));
}
