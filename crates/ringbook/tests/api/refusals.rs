//! The requests of `refusals.toml`, and the problem that answers each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;
use test_support::basic;

use crate::world::World;

/// Requests with one answer; `refusals.toml` explains the fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    answer: String,
    detail: Option<String>,
    #[serde(default)]
    by_globex: bool,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    requests: Vec<Vec<String>>,
}

impl Refusal {
    /// Sends a request. Returns in what its answer differs.
    fn check(&self, world: &mut World, request: &[String]) -> Option<String> {
        let [request, errors @ ..] = request else { panic!("an empty request") };
        let mut parts = request.splitn(3, ' ');
        let mut part = || parts.next().unwrap_or_default();
        let (method, path, body) = (part(), part(), part());
        let globex = self.by_globex.then(|| basic("globex", &world.globex));
        let credentials = globex.unwrap_or_else(|| world.credentials(path));
        let mut headers = vec![("Authorization", credentials.as_str())];
        if !self.headers.contains_key("Content-Type") {
            headers.push(("Content-Type", "application/json"));
        }
        headers.extend(self.headers.iter().map(|(name, value)| (&**name, &**value)));
        let found = world.exchange(method, path, &headers, body);
        let answer = format!("{} {}", found.status, found.code());
        let detail = found.json["detail"].as_str().unwrap_or_default();
        let has_detail = match &self.detail {
            Some(expected) => match expected.strip_suffix('…') {
                Some(begin) => detail.starts_with(begin),
                None => detail == expected,
            },
            None => true,
        };
        let is_expected = answer == self.answer && found.errors() == errors && has_detail;
        (!is_expected)
            .then(|| format!("{request}\n  {answer}\n  {:?}\n  {detail}\n", found.errors()))
    }
}

#[test]
fn returns_the_problem_of_each_refusal_and_changes_nothing() {
    #[derive(Deserialize)]
    struct Refusals {
        refusal: Vec<Refusal>,
    }
    let Refusals { refusal } = toml::from_str(include_str!("refusals.toml")).unwrap();
    let world = &mut World::new();
    world.done("POST", "/v1/account/keys", json!({"name": "PBX", "scope": "read"}));
    world.limit(999);
    let state = |world: &mut World| {
        ["/v1/phones", "/v1/skills", "/v1/account", "/v1/account/keys/k7", "/v1/changes"]
            .map(|path| world.read(path))
    };
    let before = state(world);
    let mut findings = String::new();
    for refusal in &refusal {
        for request in &refusal.requests {
            if let Some(finding) = refusal.check(world, request) {
                write!(findings, "\n{finding}").unwrap();
            }
        }
    }
    assert_eq!(state(world), before);
    assert!(refusal.len() > 40, "the refusals were found");
    assert!(findings.is_empty(), "these are answered otherwise:\n{findings}");
}
