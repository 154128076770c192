//! Limits that an operator sets: how often an account may ask, and how often a key may be wrong.

use serde_json::json;

use test_support::{Caller, Home, NOT_VALID, PATH, Reply, Server, until, wait_for_text};

fn get(caller: &mut Caller) -> Reply {
    caller.call("get", &json!({"phoneNumber": "911"})).unwrap()
}

/// The real clock: what comes too soon is refused for a while, and nobody else is.
#[test]
fn limits_the_rate_of_each_account() {
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

/// A get of somebody behind a proxy.
fn get_from(server: &Server, source: &str, user_name: &str, key: &str) -> Reply {
    let body = json!({"userName": user_name, "action": "get", "phoneNumber": "911"}).to_string();
    let headers = [("apiKey", key), ("X-Forwarded-For", source)];
    server.client().request("POST", PATH, &headers, &body).unwrap()
}

/// Who guesses is held up; others are not, and whoever is right is not, even beside the guesser.
#[test]
fn limits_wrong_credentials_by_source() {
    const GUESSER: &str = "198.51.100.7";
    let home = Home::new();
    let key = home.account("acme", &[]);
    let wrong = home.keep_secret("KK00112233445566778899aabbccddeeff");
    let server = home.serve(&["--trusted-proxy", "127.0.0.1", "--failed-credentials-limit", "3"]);
    let found = |source: &str| get_from(&server, source, "acme", &key).body.contains("not exist");
    assert!(found("203.0.113.5"), "the account is in memory from now on");

    let mut refused = 0;
    until("a guess is over the limit", || {
        let reply = get_from(&server, GUESSER, "acme", &wrong);
        assert_eq!((reply.status, reply.body.as_str()), (200, NOT_VALID));
        refused += usize::from(reply.header("retry-after").is_some());
        refused >= 3
    });
    assert!(found(GUESSER));
    let other = get_from(&server, "203.0.113.5", "acme", &wrong);
    assert_eq!((other.body.as_str(), other.header("retry-after")), (NOT_VALID, None));
    let output = "too many wrong credentials source=198.51.100.7";
    wait_for_text(&server.log_file, output);
    assert_eq!(server.log().matches("too many wrong").count(), 1);
    // A key that was made a moment ago is known within a second, as ever.
    let rotated = home.account("globex", &[]);
    assert!(get_from(&server, "203.0.113.5", "globex", &rotated).body.contains("not exist"));
    let rotated =
        home.ok(&["account", "key", "rotate", "--account", "globex", "--overlap-s", "0", "--yes"]);
    let rotated = home.keep_secret(rotated.trim());
    until("the new key is let in beside the guesser", || {
        get_from(&server, GUESSER, "globex", &rotated).body.contains("not exist")
    });
}
