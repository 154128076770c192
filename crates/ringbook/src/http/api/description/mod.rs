//! Completes the description of the API: what the attributes of the handlers say of each operation, by
//! what holds for all operations of a kind.

mod headers;
mod operations;
mod parameters;
mod problems;
mod schemas;

use serde_json::{Value, json};

/// Completes a description, as JSON.
pub fn complete(document: &mut Value) {
    for (path, methods) in members(&mut document["paths"]) {
        for (method, operation) in members(methods) {
            if let Some((name, _)) = operations::of(method, path) {
                operation["operationId"] = name.into();
            }
            if path.starts_with("/v1/") {
                let of_operator = path.starts_with("/v1/operator/");
                let scheme = if of_operator { "operator" } else { "account" };
                operation["security"] = json!([{scheme: []}]);
                parameters::describe(method, path, operation);
                headers::describe_version(method, path, operation);
                problems::describe(method, path, operation);
                headers::describe(operation);
            }
        }
    }
    document["components"]["headers"] = headers::components();
    document["components"]["securitySchemes"]["account"] = json!({
        "type": "http", "scheme": "basic",
        "description": "The account's userName and one of its API keys",
    });
    document["components"]["securitySchemes"]["operator"] = json!({
        "type": "http", "scheme": "bearer",
        "description": "A key made by `ringbook operator create-key`",
    });
    schemas::complete(document);
}

fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// The items of a list among the members of a value.
fn items<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}
