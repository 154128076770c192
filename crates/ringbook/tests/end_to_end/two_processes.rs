//! Several processes that write to one store.

use serde_json::json;

use test_support::{Caller, DONE, Home, NOT_VALID, Server};

#[test]
fn a_server_sees_changes_of_the_command_line_at_once() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let server = home.serve(&[]);
    let mut caller = server.caller("acme", &key);
    assert_eq!(caller.name_of("911"), None);
    home.ok(&["phone", "create", "--account", "acme", "911", "Ravi"]);
    assert_eq!(caller.name_of("911").as_deref(), Some("Ravi"));
    home.ok(&["phone", "edit", "--account", "acme", "911", "--name", "Ravi.K"]);
    assert_eq!(caller.name_of("911").as_deref(), Some("Ravi.K"));
    home.skills("acme", &["QA"]);
    assert_eq!(caller.create("912", "Mira", "QA").unwrap().body, DONE);
    home.ok(&["phone", "delete", "--account", "acme", "911"]);
    assert_eq!(caller.name_of("911"), None);
    // And the other way round.
    assert!(home.ok(&["phone", "get", "--account", "acme", "912"]).contains("912     Mira"));
    assert_eq!(caller.delete("912", "Mira").unwrap().body, DONE);
    home.refused(&["phone", "get", "--account", "acme", "912"]);

    home.ok(&["account", "delete", "acme", "--yes"]);
    let reply = caller.create("911", "Ravi", "").unwrap();
    assert_eq!(reply.body, NOT_VALID);
    // Another one of the same name is another one.
    let other = home.account("acme", &[]);
    assert_eq!(caller.create("911", "Ravi", "").unwrap().body, NOT_VALID);
    assert_eq!(server.caller("acme", &other).create("911", "Ravi", "").unwrap().body, DONE);
}

#[test]
fn rejects_a_replaced_key_at_once() {
    let home = Home::new();
    let mut key = home.account("acme", &[]);
    let servers = [home.serve(&[]), home.serve(&[])];
    for _ in 0..5 {
        let mut old = servers.each_ref().map(|server| server.caller("acme", &key));
        for caller in &mut old {
            assert!(!is_denied(caller), "the old one is right, and in memory");
        }
        key = rotate(&home);
        for caller in &mut old {
            assert_eq!(caller.create("911", "Ravi", "").unwrap().body, NOT_VALID);
            assert_eq!(caller.call("get", &json!({"phoneNumber": "911"})).unwrap().body, NOT_VALID);
        }
    }
    home.refused(&["phone", "get", "--account", "acme", "911"]);
}

#[test]
fn accepts_a_new_key_at_once() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let servers = [home.serve(&[]), home.serve(&[])];
    for server in &servers {
        assert!(!is_denied(&mut server.caller("acme", &key)));
    }
    for _ in 0..5 {
        let key = rotate(&home);
        for server in &servers {
            assert!(!is_denied(&mut server.caller("acme", &key)));
        }
    }
}

/// Replaces the account's key at once, and returns the new one.
fn rotate(home: &Home) -> String {
    let command = ["account", "key", "rotate", "--account", "acme", "--overlap-s", "0", "--yes"];
    home.keep_secret(home.ok(&command).trim())
}

/// Asks for what needs nothing of the store.
fn is_denied(caller: &mut Caller) -> bool {
    let reply = caller.call("frobnicate", &json!({})).unwrap();
    let expected = [r#"{"status":"error","message":"action not valid"}"#, NOT_VALID];
    assert!(expected.contains(&reply.body.as_str()), "{reply:?}");
    reply.body == NOT_VALID
}

/// Tokens made on one server are good on the other, and the newest one alone.
#[test]
fn accepts_a_token_on_every_server() {
    const INVALID: &str = r#"{"status":"false","message":"Invalid Token","data":null}"#;
    let home = Home::new();
    let key = home.account("acme", &["--api-authentication", "TOKEN_AUTH"]);
    home.ok(&["phone", "create", "--account", "acme", "911", "Ravi"]);
    let servers = [home.serve(&[]), home.serve(&[])];
    let token = |server: &Server| {
        let body = server.caller("acme", &key).token().unwrap().body;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        home.keep_secret(body["token"].as_str().unwrap())
    };
    let get = |server: &Server, token: &str| {
        server.caller("acme", &key).get_with_token(token, "911").unwrap().body
    };
    let found = r#"{"phoneNumber":"911","phoneName":"Ravi"}"#;
    let first = token(&servers[0]);
    for server in &servers {
        assert_eq!(get(server, &first), found);
    }
    let second = token(&servers[1]);
    for server in &servers {
        assert_eq!(get(server, &second), found);
        assert_eq!(get(server, &first), INVALID, "it is superseded at once");
    }
}
