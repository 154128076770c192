//! Taking back on one node what was done on another.

use serde_json::{Value, json};

use super::nodes::{Cluster, Node};
use test_postgres::Server as Database;
use test_support::{Reply, basic};

/// A caller of the native API.
struct Native<'n> {
    node: &'n Node,
    credentials: String,
}

impl Native<'_> {
    fn call(&self, method: &str, path: &str, if_match: Option<&str>, body: &Value) -> Reply {
        let mut headers = vec![("Authorization", self.credentials.as_str())];
        headers.extend(if_match.map(|tag| ("If-Match", tag)));
        headers.push(("Content-Type", "application/json"));
        let body = body.to_string();
        self.node.client().request(method, path, &headers, &body).unwrap()
    }

    /// The phone, and its `ETag`.
    fn phone(&self) -> (Value, String) {
        let reply = self.call("GET", "/v1/phones/p1", None, &Value::Null);
        let tag = reply.header("etag").unwrap().to_owned();
        (serde_json::from_str(&reply.body).unwrap(), tag)
    }
}

/// Whoever has seen a phone on one node edits it only as it was seen, whatever was taken back on
/// another one meanwhile.
#[test]
fn returns_412_for_a_phone_reverted_on_another_node() {
    let cluster = Cluster::shared();
    let key = cluster.home.account("acme", &[]);
    let nodes = cluster.nodes(2);
    let credentials = basic("acme", &key);
    let native = |node| Native { node, credentials: credentials.clone() };
    let [here, there] = [native(&nodes[0]), native(&nodes[1])];
    let body = json!({"number": "911", "name": "Ravi"});
    assert_eq!(here.call("POST", "/v1/phones", None, &body).status, 201);
    for round in 0..10 {
        let (before, before_tag) = here.phone();
        let body = json!({"name": format!("Ravi-{round}")});
        let edited = there.call("PATCH", "/v1/phones/p1", Some(&before_tag), &body);
        assert_eq!(edited.status, 200, "{edited:?}");
        let edited_tag = edited.header("etag").unwrap().to_owned();
        let newest = there.call("GET", "/v1/changes?limit=1", None, &Value::Null);
        let newest: Value = serde_json::from_str(&newest.body).unwrap();
        let path = format!("/v1/changes/{}/revert", newest["items"][0]["id"].as_str().unwrap());
        let reverted = here.call("POST", &path, None, &json!({}));
        assert_eq!(reverted.status, 200, "{reverted:?}");
        let body = json!({"name": "Asha"});
        let late = there.call("PATCH", "/v1/phones/p1", Some(&edited_tag), &body);
        assert_eq!(late.status, 412, "{late:?}");
        // It is what it was, and its tag is a new one, the same on both.
        let (after, after_tag) = there.phone();
        assert_eq!((&after, &after_tag), (&before, &here.phone().1));
        assert!(after_tag != before_tag && after_tag != edited_tag, "{after_tag}");
        let again = there.call("POST", &path, None, &json!({}));
        assert_eq!(again.status, 409, "{again:?}");
    }
    cluster.assert_history(Database::shared());
}
