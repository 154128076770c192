//! The rows that are not refused.

use std::collections::HashSet;

use serde_json::{Value, json};
use test_postgres::until;

use super::{CSV, lines, many, numbers, with_room};
use crate::world::{World, basic};

pub fn good_rows_are_done_and_bad_ones_told(world: &mut World) {
    let file = "action,phone,number,name,assign\n\
                create,,2001,Asha,\n\
                create,,20x2,Omar,\n\
                edit,2001,,Asha-K,Support\n\
                create,,2001,Pia,\n\
                edit,p1,,Ravi,\n\
                delete,p2,,,\n";
    let expected = json!([
        {"line": 2, "status": "created", "phone": "p4"},
        {"line": 3, "status": "refused", "errors": [
            {"field": "/number", "code": "invalid", "detail": "number \"20x2\": not numeric"}]},
        {"line": 4, "status": "edited", "phone": "p4"},
        {"line": 5, "status": "refused", "errors": [
            {"field": "/number", "code": "number_taken", "detail": "2001 belongs to \"Asha-K\""}]},
        {"line": 6, "status": "unchanged"},
        {"line": 7, "status": "deleted", "phone": "p2"},
    ]);
    let tally = json!({"rows": 6, "done": 3, "unchanged": 1, "refused": 2});
    let tried = world.send("/v1/phones:bulk?mode=keep_going&dry_run=true", CSV, &[], file);
    let mut told = lines(&tried);
    let mut summary = tally.clone();
    summary["dry_run"] = true.into();
    assert_eq!((tried.status, told.pop()), (200, Some(json!({"summary": summary}))));
    assert_eq!(Value::Array(told), expected);
    assert_eq!(numbers(world).len(), 3);

    let done = world.send("/v1/phones:bulk?mode=keep_going", CSV, &[], file);
    let mut told = lines(&done);
    assert_eq!((done.status, told.pop()), (200, Some(json!({"summary": tally}))));
    assert_eq!(Value::Array(told), expected);
    assert_eq!(numbers(world), ["919876543210", "1001", "2001"]);
}

pub fn a_file_that_breaks_in_the_middle_tells_what_was_done(world: &mut World) {
    with_room(world);
    let file = many(7_000) + "\"left open\n" + &"x\n".repeat(40_000);
    let done = world.send("/v1/imports?mode=keep_going", CSV, &[], &file);
    let told = lines(&done);
    let summary = &told.last().unwrap()["summary"];
    assert_eq!((done.status, told.len(), &summary["done"]), (200, 7_001, &json!(7_000)));
    assert_eq!(summary["stopped"]["code"], "invalid_file");
    assert_eq!(summary["stopped"]["line"], 7_002);
    let detail = summary["stopped"]["detail"].as_str().unwrap();
    assert!(detail.starts_with("line 7002 begins a row of more than"), "{detail}");
    assert_eq!(numbers(world).len(), 7_003);
}

pub fn parts_that_are_sent_again_are_done_once(world: &mut World) {
    with_room(world);
    let (path, key) = ("/v1/imports?mode=keep_going", [("Idempotency-Key", "parts")]);
    let file = many(12_000);
    let first = world.send(path, CSV, &key, &file);
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    let again = world.send(path, CSV, &key, &file);
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(again.reply.body, first.reply.body);
    assert_eq!(numbers(world).len(), 12_003);
    // Another file with the same key is found out at the first part that differs.
    let other = world.send(path, CSV, &key, &file.replace("9100000000,", "9900000000,"));
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
    let longer = world.send(path, CSV, &key, &(file + "2001,Asha,\n"));
    let told = lines(&longer);
    let summary = &told.last().unwrap()["summary"];
    assert_eq!(summary["stopped"]["code"], "idempotency_key_reused", "{summary}");
    assert_eq!(summary["rows"], 10_000);
    assert_eq!(numbers(world).len(), 12_003);
}

/// However often the server is killed while it imports, and whenever, the same file sent again
/// with the same key is done in the end, each row once.
pub fn an_import_that_is_cut_off_goes_on_where_it_was(world: &mut World) {
    const ROWS: usize = 50_000;
    with_room(world);
    let (path, file) = ("/v1/imports?mode=keep_going", many(ROWS));
    let mut counts = Vec::new();
    for kill_at in [1, 20_000] {
        let request = head(world, path, file.len())
            .replace("Content-Type", "Idempotency-Key: cut\r\nContent-Type");
        let mut sender = world.server.client();
        // The last row is held back, so that the server cannot come to an end.
        let sent = request + &file[..file.len() - 10];
        let sending = std::thread::spawn(move || {
            // It breaks where the server is killed before it has read all.
            let _ = sender.send(&sent);
            sender
        });
        until("parts are committed", || numbers(world).len() > 3 + kill_at);
        world.restart();
        drop(sending.join());
        counts.push(numbers(world).len() - 3);
    }
    assert!(counts.iter().all(|count| *count < ROWS && count % 5_000 == 0), "{counts:?}");
    let done = world.send(path, CSV, &[("Idempotency-Key", "cut")], &file);
    let told = lines(&done);
    let tally = json!({"rows": ROWS, "done": ROWS, "unchanged": 0, "refused": 0});
    assert_eq!(told.last().unwrap(), &json!({"summary": tally}));
    let phones: HashSet<_> = told.iter().filter_map(|line| line["phone"].as_str()).collect();
    assert_eq!(phones.len(), ROWS);
    let all = numbers(world);
    assert_eq!(all.len(), ROWS + 3);
    assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), ROWS + 3);
}

/// The head of a request whose body has that many bytes.
fn head(world: &World, path: &str, length: usize) -> String {
    let credentials = basic("acme", &world.acme);
    format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {credentials}\r\n\
         Content-Type: text/csv\r\nContent-Length: {length}\r\n\r\n"
    )
}

pub fn whoever_goes_away_leaves_whole_parts(world: &mut World) {
    with_room(world);
    let file = many(12_000);
    let mut sender = world.server.client();
    let head = head(world, "/v1/imports?mode=keep_going", file.len() + 1);
    sender.send(&(head + &file)).unwrap();
    until("parts are committed", || numbers(world).len() == 10_003);
    drop(sender);
    until("the request ends", || world.server.log().contains("outcome=stopped"));
    assert_eq!(numbers(world).len(), 10_003);
}

pub fn an_account_has_few_bulk_requests_at_a_time(world: &mut World) {
    let paths = ["/v1/imports", "/v1/phones:bulk?mode=keep_going"];
    let open: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let mut sender = world.server.client();
            let head = head(world, path, 100);
            let head = head.replace("Content-Type", "Expect: 100-continue\r\nContent-Type");
            sender.send(&head).unwrap();
            // The server asks for the body once the request has its place.
            assert_eq!(sender.reply().unwrap().status, 100);
            sender
        })
        .collect();
    let refused = world.send("/v1/imports", CSV, &[], "number,name\n");
    assert_eq!((refused.code(), refused.header("retry-after")), ("too_many_requests", Some("1")));
    // Another account has places of its own, and each is given back.
    let credentials = basic("globex", &world.globex);
    let headers = [("Authorization", credentials.as_str()), ("Content-Type", CSV)];
    let other =
        world.server.client().request("POST", "/v1/imports", &headers, "number,name\n").unwrap();
    assert_eq!(other.status, 200, "{other:?}");
    drop(open);
    until("a place is free", || world.send("/v1/imports", CSV, &[], "number,name\n").status == 200);
}
