//! The operations of the document.

use serde_json::Value;

use super::text::{members, text};

/// A method of a path.
pub struct Operation<'d> {
    pub path: &'d str,
    pub method: String,
    pub json: &'d Value,
}

impl Operation<'_> {
    /// A text of it; empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        text(self.json, pointer)
    }

    /// The name of the security scheme that it needs.
    pub fn security(&self) -> &str {
        members(&self.json["security"][0]).next().map_or("", |(name, _)| name)
    }
}

/// The operations with a tag, in the document's order.
pub fn operations<'d>(document: &'d Value, tag: &'d str) -> impl Iterator<Item = Operation<'d>> {
    members(&document["paths"]).flat_map(move |(path, methods)| {
        let tagged = members(methods).filter(move |(_, json)| json["tags"][0] == tag);
        tagged.map(move |(method, json)| Operation { path, method: method.to_uppercase(), json })
    })
}
