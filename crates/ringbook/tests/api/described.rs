//! Every answer of a test is one that the description of its operation has.

use std::sync::OnceLock;

use serde_json::Value;
use test_support::Client;

use crate::answer::Answer;

static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// The description of the API, which a client reads once.
pub fn document(client: &mut Client) -> &'static Value {
    DOCUMENT.get_or_init(|| {
        let described = client.request("GET", "/openapi.json", &[], "").unwrap();
        serde_json::from_str(&described.body).unwrap()
    })
}

/// The answer has a status that its operation has, a code of that status, and headers and members
/// that are described.
#[track_caller]
pub fn check(document: &Value, method: &str, target: &str, answer: &Answer) {
    let Some(operation) = operation(document, method, target) else { return };
    let name = &operation["operationId"];
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{name} does not have {}: {answer:?}", answer.status);
    let Some(code) = answer.json["code"].as_str().filter(|_| answer.status >= 400) else { return };
    let codes = response["description"].as_str().unwrap_or_default();
    assert!(codes.contains(&format!("`{code}`")), "{name} does not have {code}: {answer:?}");
    let members = &document["components"]["schemas"]["Problem"]["properties"];
    for member in answer.json.as_object().unwrap().keys() {
        assert!(members[member].is_object(), "{code} has {member}: {answer:?}");
    }
    for header in ["retry-after", "www-authenticate", "ratelimit", "idempotent-replayed"] {
        let described = response["headers"].as_object().unwrap().keys();
        let is_described = described.map(|name| name.to_lowercase()).any(|name| name == header);
        assert!(is_described || answer.header(header).is_none(), "{name} {header}: {answer:?}");
    }
}

/// The operation that answers: of paths with parameters, the longest that fits.
fn operation<'d>(document: &'d Value, method: &str, target: &str) -> Option<&'d Value> {
    let path = target.split('?').next().unwrap_or_default();
    let fits = |template: &str| {
        let (segments, given): (Vec<_>, Vec<_>) =
            (template.split('/').collect(), path.split('/').collect());
        let is_same = |(segment, given): (&&str, &&str)| {
            segment == given || (segment.starts_with('{') && !given.is_empty())
        };
        segments.len() == given.len() && segments.iter().zip(&given).all(is_same)
    };
    let paths = document["paths"].as_object().unwrap().iter();
    let (_, methods) =
        paths.filter(|(path, _)| path.starts_with("/v1/")).find(|(path, _)| fits(path))?;
    methods.get(method.to_lowercase())
}
