//! `mode=keep_going`: all rows but the refused ones.

use serde_json::{Value, json};
use test_support::{basic, until};

use super::{CSV, many, numbers, results, with_room};
use crate::changes::{newest, revert};
use crate::world::World;

#[test]
fn keep_going_saves_good_rows_and_returns_bad_ones() {
    let world = &mut World::new();
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
            {"pointer": "/number", "code": "invalid", "detail": "number \"20x2\": not numeric: \"x\" at character 3"}]},
        {"line": 4, "status": "edited", "phone": "p4"},
        {"line": 5, "status": "refused", "errors": [
            {"pointer": "/number", "code": "number_taken", "detail": "2001: line 2 has it too", "id": "p4"}]},
        {"line": 6, "status": "unchanged"},
        {"line": 7, "status": "deleted", "phone": "p2"},
    ]);
    let mut tally = json!({"rows": 6, "done": 3, "unchanged": 1, "refused": 2});
    let tried = world.send("/v1/bulk?mode=keep_going&dry_run=true", CSV, &[], file);
    let mut rows = results(&tried);
    tally["import"] = "i0".into();
    assert_eq!((tried.status, rows.pop()), (200, Some(json!({"summary": tally}))));
    let nameless = expected.to_string().replace(r#""phone":"p4""#, r#""phone":"p0""#);
    assert_eq!(Value::Array(rows).to_string(), nameless);
    assert_eq!(tried.header("ringbook-dry-run"), Some("3"));
    assert_eq!(numbers(world).len(), 3);

    tally["import"] = "i7".into();
    let done = world.send("/v1/bulk?mode=keep_going", CSV, &[], file);
    let mut rows = results(&done);
    assert_eq!((done.status, rows.pop()), (200, Some(json!({"summary": tally}))));
    assert_eq!(Value::Array(rows), expected);
    assert_eq!(numbers(world), ["919876543210", "1001", "2001"]);
}

#[test]
fn returns_what_was_done_before_an_invalid_row() {
    let world = &mut World::new();
    with_room(world);
    let file = many(700) + "\"left open\n" + &"x\n".repeat(40_000);
    let done = world.send("/v1/imports?mode=keep_going", CSV, &[], &file);
    let rows = results(&done);
    let summary = &rows.last().unwrap()["summary"];
    assert_eq!((done.status, rows.len(), &summary["done"]), (201, 701, &json!(700)));
    assert_eq!(summary["stopped"]["code"], "invalid_file");
    assert_eq!(summary["stopped"]["line"], 702);
    let detail = summary["stopped"]["detail"].as_str().unwrap();
    assert!(detail.starts_with("line 702 begins a row of more than"), "{detail}");
    assert_eq!(numbers(world).len(), 703);
    let import = world.read(done.header("location").unwrap());
    assert_eq!((&import["state"], &import["rows"]), (&json!("stopped"), &json!(700)));
    assert_eq!(import["stopped"], summary["stopped"]);
    assert!(import["resume"].is_string());
}

#[test]
fn replays_an_import_in_parts() {
    World::on_each_store(|world| {
        with_room(world);
        let (path, key) = ("/v1/imports?mode=keep_going", [("Idempotency-Key", "parts")]);
        let file = many(1_200);
        let first = world.send(path, CSV, &key, &file);
        assert_eq!((first.status, first.header("location")), (201, Some("/v1/imports/i8")));
        let again = world.send(path, CSV, &key, &file);
        again.assert_replays(&first);
        assert_eq!(again.reply.body, first.reply.body);
        assert_eq!(numbers(world).len(), 1_203);
        // Another file with the same key is refused at the first part that differs.
        let other = world.send(path, CSV, &key, &file.replace("9100000000,", "9900000000,"));
        other.assert_problem(422, "idempotency_key_reused");
        let longer = world.send(path, CSV, &key, &(file + "2001,Asha,\n"));
        let rows = results(&longer);
        let summary = &rows.last().unwrap()["summary"];
        assert_eq!(summary["stopped"]["code"], "idempotency_key_reused", "{summary}");
        assert_eq!(summary["rows"], 1_000);
        assert_eq!(numbers(world).len(), 1_203);
    });
}

/// The import breaks off after the first of three parts, and is sent again to another process.
#[test]
fn revert_of_an_import_that_was_resumed_takes_back_all_of_its_parts() {
    World::on_each_store(|world| {
        with_room(world);
        let before = newest(world);
        let (path, file) = ("/v1/imports?mode=keep_going", many(1_200));
        let cut = file.match_indices('\n').nth(700).unwrap().0;
        let mut sender = world.client();
        let head = head(world, path, file.len());
        let head = head.replace("Content-Type", "Idempotency-Key: agents\r\nContent-Type");
        sender.send(&(head + &file[..cut])).unwrap();
        until("a part is committed", || numbers(world).len() == 503);
        drop(sender);
        world.restart();
        let path_of_it = format!("/v1/imports/i{}", before + 1);
        let stands = |world: &mut World| {
            let import = world.read(&path_of_it);
            (import["state"] == "done", import["rows"].as_u64().unwrap())
        };
        assert_eq!(stands(world), (false, 500));
        world.done("PATCH", "/v1/phones/p1", json!({"name": "Ravi.K"}));
        let done = world.send(path, CSV, &[("Idempotency-Key", "agents")], &file);
        let summary = &done.json["summary"];
        let import = format!("i{}", before + 1);
        assert_eq!((&summary["done"], &summary["import"]), (&json!(1_200), &json!(import)));
        assert_eq!(stands(world), (true, 1_200));
        let last = newest(world);
        assert_eq!((last, numbers(world).len()), (before + 1_201, 1_203));

        // The history names it, and leaves out what came in between.
        let page = world.get(&format!("/v1/changes?import={import}&limit=1000"));
        assert_eq!(page.list("items").len(), 1000);
        assert!(page.list("items").iter().all(|change| change["import"] == *import));
        // The edit of a phone came before the second part.
        let edited = world.read(&format!("/v1/changes/c{}", before + 501));
        assert_eq!((&edited["phone"], edited.get("import")), (&json!("p1"), None));

        for id in [last, before + 1] {
            let path = format!("/v1/changes/c{id}/revert?dry_run=true");
            let tried = world.call("POST", &path, json!({"what": "import"}));
            assert_eq!((tried.status, tried.header("ringbook-dry-run")), (200, Some("1200")));
        }
        assert_eq!(revert(world, last, json!({"what": "import"})).status, 200);
        assert_eq!(numbers(world), ["919876543210", "+14155550123", "1001"]);
        // A revert is no import, and an edit of one phone is none.
        for id in [newest(world), before] {
            let refused = revert(world, id, json!({"what": "import"}));
            refused.assert_problem(422, "no_such_import");
        }
    });
}

/// The head of a request with a body of this many bytes.
fn head(world: &World, path: &str, length: usize) -> String {
    let credentials = basic("acme", &world.acme);
    format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {credentials}\r\n\
         Content-Type: text/csv\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[test]
fn commits_whole_parts_when_the_client_disconnects() {
    World::on_each_store(|world| {
        with_room(world);
        let file = many(1_200);
        let mut sender = world.client();
        let head = head(world, "/v1/imports?mode=keep_going", file.len() + 1);
        sender.send(&(head + &file)).unwrap();
        until("parts are committed", || numbers(world).len() == 1_003);
        drop(sender);
        world.restart();
        assert_eq!(numbers(world).len(), 1_003);
    });
}

#[test]
fn returns_429_for_the_third_concurrent_bulk_request() {
    let world = &mut World::new();
    let paths = ["/v1/imports", "/v1/bulk?mode=keep_going"];
    let open: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let mut sender = world.client();
            let head = head(world, path, 100);
            let head = head.replace("Content-Type", "Expect: 100-continue\r\nContent-Type");
            sender.send(&head).unwrap();
            // The server asks for the body once the request has its permit.
            assert_eq!(sender.reply().unwrap().status, 100);
            sender
        })
        .collect();
    let refused = world.send("/v1/imports", CSV, &[], "number,name\n");
    assert_eq!((refused.code(), refused.header("retry-after")), ("too_many_requests", Some("1")));
    // Another account has permits of its own.
    let credentials = basic("globex", &world.globex);
    let headers = [("Authorization", credentials.as_str()), ("Content-Type", CSV)];
    let other = world.exchange("POST", "/v1/imports", &headers, "number,name\n");
    assert_eq!(other.status, 200, "{other:?}");
    drop(open);
    until("a permit is free", || {
        world.send("/v1/imports", CSV, &[], "number,name\n").status == 200
    });
}
