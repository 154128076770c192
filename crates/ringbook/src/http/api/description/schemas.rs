//! Schemas as they are: objects of one piece, and bodies without unknown members.

use serde_json::{Value, json};

use super::{items, members};

/// Completes the schemas of a description.
pub fn complete(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for (_, schema) in members(&mut document["components"]["schemas"]) {
        join(schema, &schemas);
    }
    let mut closed = Vec::new();
    for (path, methods) in members(&mut document["paths"]) {
        for (_, operation) in members(methods).filter(|_| path.starts_with("/v1/")) {
            let Some(body) = operation.get_mut("requestBody") else { continue };
            let schema = &body["content"]["application/json"]["schema"];
            let needs_body = name_of(schema).is_none_or(|name| {
                refer(schema, &mut closed);
                schemas[name]["required"].is_array() || schemas[name]["properties"].is_null()
            });
            body["required"] = needs_body.into();
        }
    }
    // What a body has in it is closed as well.
    let mut index = 0;
    while let Some(name) = closed.get(index).cloned() {
        let schema = &mut document["components"]["schemas"][name];
        if schema["properties"].is_object() {
            schema["additionalProperties"] = false.into();
        }
        refer(schema, &mut closed);
        index += 1;
    }
    remove_unused(document);
}

/// Removes the schemas to which nothing refers any more.
fn remove_unused(document: &mut Value) {
    let mut used = Vec::new();
    refer(document, &mut used);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
    }
}

/// Makes one object of the parts of an `allOf`, as generators of clients make less of them.
fn join(schema: &mut Value, schemas: &Value) {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).cloned() else { return };
    let mut joined = json!({"type": "object", "properties": {}});
    let mut required = Vec::new();
    for mut part in parts {
        if let Some(name) = name_of(&part) {
            part = schemas[name].clone();
            join(&mut part, schemas);
        }
        required.extend(items(&mut part, "required").map(Value::take));
        for (name, property) in members(&mut part["properties"]) {
            joined["properties"][name] = property.take();
        }
    }
    joined["required"] = required.into();
    if let Some(about) = schema.get("description") {
        joined["description"] = about.clone();
    }
    *schema = joined;
}

/// The name of the schema that one refers to.
fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// Adds the names of all schemas to which a value refers.
fn refer(value: &Value, names: &mut Vec<String>) {
    if let Some(name) = name_of(value).filter(|name| !names.iter().any(|other| other == name)) {
        names.push(name.to_owned());
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| refer(member, names)),
        Value::Array(items) => items.iter().for_each(|item| refer(item, names)),
        _ => {}
    }
}
