//! Limits that an operator sets: how often an account may ask, and how often a key may be wrong.

use serde_json::json;

use crate::support::{Caller, Home, Reply, until};

fn get(caller: &mut Caller) -> Reply {
    caller.call("get", &json!({"phoneNumber": "911"})).unwrap()
}

/// The real clock: what comes too soon is refused for a while, and nobody else is.
#[test]
fn a_rate_holds_for_each_account() {
    let home = Home::new();
    let (acme, globex) = (home.account("acme", &[]), home.account("globex", &[]));
    let server = home.serve(&["--rate-limit-account", "1/5"]);
    let mut caller = server.caller("acme", &acme);
    let mut refused = None;
    until("a request comes too soon", || {
        let reply = get(&mut caller);
        refused = (reply.status == 429).then_some(reply);
        refused.is_some()
    });
    let refused = refused.unwrap();
    assert_eq!(refused.body, r#"{"status":"error","message":"Max limit exceeded"}"#);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(get(&mut server.caller("globex", &globex)).status, 200);
    until("the next request is let in", || get(&mut caller).status == 200);
}
