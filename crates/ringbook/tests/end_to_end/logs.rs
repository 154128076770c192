//! The log of a server.

use std::sync::Arc;

use ringbook::cli::logs::{LogFilter, log_panic};
use serde_json::{Map, Value, json};

use test_support::{Caller, DONE, Home, PATH, Reply, Server, basic, wait_for_text};

/// The lines about requests.
fn requests(server: &Server) -> Vec<Map<String, Value>> {
    let lines = server.log();
    let lines = lines.lines().map(|line| {
        let object: Map<String, Value> =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["timestamp", "level", "target"] {
            assert!(object[field].is_string(), "{line}");
        }
        object
    });
    lines.filter(|line| line["target"] == "request").collect()
}

#[test]
fn logs_each_request_as_a_line_of_json() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let mut server = home.serve(&["--log-format", "json"]);
    let mut caller = server.caller("acme", &key);
    let mut expected = Vec::new();
    let mut expect = |reply: Reply, outcome: &str, account: Value| {
        let id = reply.header("ringbook-request-id").unwrap().to_owned();
        assert!(id.len() == 17 && id.starts_with('r'), "{id}");
        expected.push(json!({
            "method": "POST", "path": PATH, "status": reply.status, "outcome": outcome,
            "account": account, "source": "127.0.0.1", "request_id": id,
        }));
    };
    expect(caller.create("911", "Ravi", "").unwrap(), "done", json!(1));
    expect(caller.create("911", "Mira", "").unwrap(), "taken", json!(1));
    expect(caller.create("912", "Mira", "Bogus").unwrap(), "done, skills not", json!(1));
    expect(caller.call("get", &json!({"phoneNumber": "911"})).unwrap(), "found", json!(1));
    expect(caller.call("frobnicate", &json!({})).unwrap(), "action not valid", json!(1));
    let mut stranger = server.caller("acme", "wrong key");
    expect(stranger.create("911", "Ravi", "").unwrap(), "denied", Value::Null);
    let bad = server.client().request("POST", PATH, &[("apiKey", &key)], "{").unwrap();
    expect(bad, "invalid body", Value::Null);
    server.stop();

    let mut lines = requests(&server);
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter_mut().zip(expected) {
        assert!(line.remove("time_us").unwrap().as_u64().is_some_and(|time| time < 60_000_000));
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(line.get(field).unwrap_or(&Value::Null), value, "{field} of {line:?}");
        }
    }
    // The request of a change stands in the history.
    let ids = "SELECT request_id FROM history WHERE source = 'api' ORDER BY request_id";
    let mut changed = [0, 2].map(|index: usize| lines[index]["request_id"].clone());
    changed.sort_by_key(ToString::to_string);
    assert_eq!(json!(home.query(ids)), json!(changed));
}

/// A proxy is believed of who has called it, if the operator believes it. Nobody else is.
#[test]
fn logs_the_source_behind_trusted_proxies() {
    let home = Home::new();
    let forwarded = [("X-Forwarded-For", "198.51.100.7, 203.0.113.9, 10.1.2.3")];
    for (options, source) in [
        (&[][..], "127.0.0.1"),
        (&["--trusted-proxy", "10.0.0.0/8"], "127.0.0.1"),
        (&["--trusted-proxy", "127.0.0.1"], "10.1.2.3"),
        (&["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8"], "203.0.113.9"),
        (&["--trusted-proxy", "127.0.0.1,10.0.0.0/8,203.0.113.0/24"], "198.51.100.7"),
    ] {
        let server = home.serve(&[&["--log-format", "json"], options].concat());
        server.client().request("GET", "/healthz", &forwarded, "").unwrap();
        wait_for_text(&server.log_file, "/healthz");
        assert_eq!(requests(&server)[0]["source"], source, "{options:?}");
    }
}

#[test]
fn logs_who_made_a_token() {
    let home = Home::new();
    let key = home.account("acme", &["--api-authentication", "TOKEN_AUTH"]);
    let other_key = home.account("globex", &[]);
    let mut server = home.serve(&["--log-format", "json"]);
    token(&home, &mut server.caller("acme", &key));
    server.caller("globex", &other_key).token().unwrap();
    server.caller("acme", "wrong key").token().unwrap();
    while server.caller("acme", &key).token().unwrap().status != 429 {}
    server.stop();

    let lines = requests(&server);
    let output = |line: &Map<String, Value>| json!([line["outcome"], line.get("account")]);
    let first: Vec<_> = lines.iter().take(3).map(output).collect();
    assert_eq!(
        json!(first),
        // The key of the second was right, though its account takes no tokens.
        json!([["token made", 1], ["denied", 2], ["denied", null]])
    );
    assert_eq!(output(lines.last().unwrap()), json!(["too many", 1]));
}

fn token(home: &Home, caller: &mut Caller) -> String {
    let reply = caller.token().unwrap();
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    home.keep_secret(body["token"].as_str().unwrap_or_else(|| panic!("{reply:?}")))
}

/// Keys that the native API returns are in no log either, and the operator's requests name the
/// account that they are about.
#[test]
fn logs_the_account_of_an_operator_request_and_no_new_key() {
    let home = Home::new();
    let acme = home.account("acme", &[]);
    let operator = home.ok(&["operator", "create-key", "test"]);
    let operator = home.keep_secret(operator.trim());
    let mut server = home.serve(&["--log-format", "json", "--log", "trace"]);
    let (acme, operator) = (basic("acme", &acme), format!("Bearer {operator}"));
    let accounts = "/v1/operator/accounts";
    let keys = "/v1/account/keys";
    let name = json!({"user_name": "initech"});
    for (method, path, credentials, body) in [
        ("POST", accounts, &operator, name),
        ("GET", "/v1/operator/accounts/acme", &operator, Value::Null),
        ("POST", keys, &acme, json!({"name": "PBX", "scope": "read"})),
        ("POST", "/v1/account/keys/k0/rotate", &acme, json!({})),
    ] {
        let headers = [("Authorization", credentials.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = server.client().request(method, path, &headers, &body).unwrap();
        assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
        let reply: Value = serde_json::from_str(&reply.body).unwrap();
        reply["key"].as_str().map(|key| home.keep_secret(key));
    }
    server.stop();
    let accounts: Vec<_> = requests(&server).iter().map(|line| line["account"].clone()).collect();
    assert_eq!(json!(accounts), json!([2, 1, 1, 1]));
}

/// A key or a token can come in many places. None of them is logged, not even when all is.
#[test]
fn logs_no_key_and_no_token() {
    let home = Home::new();
    let key = home.account("acme", &["--api-authentication", "TOKEN_AUTH"]);
    let wrong = home.keep_secret("KK00112233445566778899aabbccddeeff");
    for format in ["text", "json"] {
        let mut command = home.command();
        command.env("RINGBOOK_LOG", "trace").args(["serve", "--log-format", format]);
        let mut server = Server::start(&mut command, home.log_file());
        let mut caller = server.caller("acme", &key);
        let token = token(&home, &mut caller);
        let found = caller.get_with_token(&token, "911").unwrap();
        assert!(found.body.contains("does not exist"), "{found:?}");
        for secret in [&wrong, &token, &key] {
            let found = caller.get_with_token(secret, "911").unwrap();
            assert!(matches!(found.status, 200 | 401), "{found:?}");
            if *secret != key {
                let denied = server.caller("acme", secret).token().unwrap();
                assert!(denied.body.contains("Invalid userName or apiKey"), "{denied:?}");
            }
            assert_ne!(server.caller("acme", secret).create("911", "Ravi", "").unwrap().body, DONE);
            let mut client = server.client();
            let query = format!("{PATH}?apiKey={secret}&token={secret}");
            let body = json!({"userName": secret, "action": secret, "apiKey": secret,
                              "phoneNumber": secret, "phoneName": secret});
            let basic = format!("Basic {secret}");
            let headers = [("Authorization", basic.as_str()), ("X-Api-Key", secret.as_str())];
            client.request("POST", &query, &headers, &body.to_string()).unwrap();
            client.request("POST", &query, &[("apiKey", &key)], &body.to_string()).unwrap();
            // Nor where the JSON, or the HTTP, is none.
            client.request("POST", &query, &[("apiKey", secret)], &format!("{{{secret}")).unwrap();
            client.send(&format!("GET / HTTP/1.1\r\napiKey {secret}\r\n\r\n")).unwrap();
            let _ = client.reply();
        }
        server.stop();
        wait_for_text(&server.log_file, "stopped");
        let log = server.log();
        let lines = log.lines().filter(|line| line.contains("request_id")).count();
        assert!(lines >= 15, "{lines} lines about requests");
    }
}

/// Numbers, names and keys stand in paths. The log has the route instead, and of what is no route
/// nothing at all.
#[test]
fn logs_routes_and_no_paths() {
    let home = Home::new();
    home.account("acme", &[]);
    let mut server = home.serve(&["--log-format", "json", "--log", "debug"]);
    let mut client = server.client();
    for path in [
        "/v1/phones/919876543210",
        "/v1/phones/Ravi.Kumar?q=Mira",
        "/v1/none/919876543210",
        "/919876543210",
        "/KK0123456789",
        "/healthz",
    ] {
        client.get(path).unwrap();
    }
    client.request("POST", PATH, &[], "").unwrap();
    server.stop();
    let log = server.log();
    for output in ["919876543210", "Ravi", "Mira", "KK0123456789"] {
        assert!(!log.contains(output), "{log}");
    }
    let paths: Vec<_> = requests(&server).iter().map(|line| line["path"].clone()).collect();
    let phone = "/v1/phones/{phone}";
    assert_eq!(
        json!(paths),
        json!([phone, phone, "/v1/{*path}", "other", "other", "/healthz", PATH])
    );
}

/// What does not come to a request leaves a line for whoever looks for it.
#[test]
fn logs_invalid_http_at_debug_level() {
    let home = Home::new();
    let server = home.serve(&["--log", "debug"]);
    let mut client = server.client();
    client.send("what is this?\r\n\r\n").unwrap();
    assert_eq!(client.reply().unwrap().status, 400);
    wait_for_text(&server.log_file, "a client went away or sent what is no HTTP peer=127.0.0.1");
}

/// For people too: an event is one line, and sends nothing else to a terminal.
#[test]
fn logs_no_control_characters() {
    let home = Home::new();
    let text = "two\nlines\r\u{1b}[31m\u{85}";
    let mut command = home.command();
    command.env(format!("RINGBOOK_{text}"), "").args(["serve", "--store"]);
    command.arg(format!("sqlite:{}", home.path(text).display()));
    let mut server = Server::start(&mut command, home.log_file());
    server.stop();
    wait_for_text(&server.log_file, "stopped");
    let log = server.log();
    assert!(!log.contains(|one: char| one.is_control() && one != '\n'), "{log:?}");
    // The names of variables are a text, the store is what it displays.
    let escaped = r"two\nlines\r\u{1b}[31m\u{85}";
    assert_eq!(log.matches(escaped).count(), 2, "{log}");
    assert!(log.lines().all(|line| line.starts_with("20")), "{log}");
}

#[test]
fn a_panic_is_logged_as_json() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Arc::new(file.reopen().unwrap()))
        .json()
        .flatten_event(true)
        .finish();
    // Other tests keep their hook.
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| match std::thread::current().name() {
        Some("faulty") => log_panic(panic),
        _ => others(panic),
    }));
    let faulty = std::thread::Builder::new().name("faulty".into()).spawn(|| {
        tracing::subscriber::with_default(subscriber, || panic!("two\nlines"));
    });
    assert!(faulty.unwrap().join().is_err());
    let line = std::fs::read_to_string(file.path()).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let logged = ["level", "message", "thread", "why"].map(|name| line[name].as_str().unwrap());
    assert_eq!(logged, ["ERROR", "a thread panicked", "faulty", "two\nlines"]);
    assert!(line["at"].as_str().unwrap().contains("logs.rs:"), "{line}");
}

#[test]
fn a_filter_of_parts_keeps_info_for_the_rest() {
    for (text, parsed) in [
        ("", "info"),
        ("warn", "warn"),
        ("request=off", "request=off,info"),
        ("request=off,warn", "request=off,warn"),
        ("error, request=debug", "request=debug,error"),
        ("off", "off"),
    ] {
        assert_eq!(text.parse::<LogFilter>().unwrap().filter().to_string(), parsed, "{text:?}");
    }
}

/// The lines are written by a thread of its own, in pieces.
#[test]
fn a_server_that_ends_has_logged_each_request_in_order() {
    let home = Home::new();
    let mut server = home.serve(&["--log-format", "json"]);
    let mut client = server.client();
    let mut ids = Vec::new();
    for _ in 0..3000 {
        let reply = client.get("/healthz").unwrap();
        ids.push(Value::from(reply.header("ringbook-request-id").unwrap()));
    }
    server.stop();
    let logged: Vec<_> =
        requests(&server).into_iter().map(|line| line["request_id"].clone()).collect();
    assert!(logged == ids, "{} of {} lines", logged.len(), ids.len());
}
