//! The document's operations, grouped by tag.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text::text;

/// A group of operations, in the document's order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    position: usize,
    pub name: String,
    pub description: String,
}

/// A method of a path.
pub struct Operation<'d> {
    pub path: &'d str,
    pub method: String,
    pub json: &'d Value,
}

impl Operation<'_> {
    /// The name of the security scheme that it needs.
    pub fn security(&self) -> &str {
        let schemes = self.json.pointer("/security/0").and_then(Value::as_object);
        schemes.and_then(|schemes| schemes.keys().next()).map_or("", String::as_str)
    }
}

/// The operations by tag.
pub fn tags(document: &Value) -> BTreeMap<Tag, Vec<Operation<'_>>> {
    let mut tags = BTreeMap::<Tag, Vec<Operation<'_>>>::new();
    let known = document["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let name = text(operation, "/tags/0").to_owned();
            let position = known.iter().position(|tag| tag["name"] == name.as_str());
            let tag = position.and_then(|position| known.get(position));
            let description = tag.map_or("", |tag| text(tag, "/description")).to_owned();
            let position = position.unwrap_or(usize::MAX);
            let method = method.to_uppercase();
            let operation = Operation { path, method, json: operation };
            tags.entry(Tag { position, name, description }).or_default().push(operation);
        }
    }
    tags
}
