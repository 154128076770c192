//! `/v1/phones:bulk`, `/v1/imports`, `/v1/exports`

mod export;
mod import;
mod parts;
mod whole;

use serde_json::Value;

use crate::world::{Answer, World};

pub const CSV: &str = "text/csv";
pub const JSON_LINES: &str = "application/x-ndjson";

#[test]
fn rejects_invalid_bulk_requests() {
    let world = &mut World::new();
    for path in ["/v1/phones:bulk", "/v1/imports"] {
        for kind in ["application/json", "text/plain", "application/vnd.ms-excel"] {
            let answer = world.send(path, kind, &[], "number,name\n");
            assert_eq!((answer.status, answer.code()), (415, "unsupported_type"), "{kind}");
        }
        let wrong = world.send(&format!("{path}?mode=fast&dry_run=1&x="), CSV, &[], "");
        assert_eq!((wrong.status, wrong.code()), (400, "invalid_query"));
        let fields: Vec<_> = wrong.errors().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["dry_run", "mode", "x"]);
        let key = [("Idempotency-Key", "é")];
        let wrong = world.send(path, CSV, &key, "");
        assert_eq!((wrong.status, wrong.code()), (400, "invalid_header"));
    }
}

/// In whatever mode a file is imported, and whatever else the key was used for.
#[test]
fn rejects_an_idempotency_key_of_another_request() {
    const MODES: [&str; 2] = ["/v1/imports", "/v1/imports?mode=keep_going"];
    let world = &mut World::new();
    let file = "number,name\n2001,Asha\n";
    let other = "number,name\n2002,Omar\n";
    for (first, second) in [(MODES[0], MODES[1]), (MODES[1], MODES[0])] {
        let key = [("Idempotency-Key", first)];
        let done = world.send(first, CSV, &key, file);
        assert_eq!(done.status, 200, "{done:?}");
        let reused = world.send(second, CSV, &key, other);
        assert_eq!((reused.status, reused.code()), (422, "idempotency_key_reused"), "{second}");
        let reused = world.call_with("DELETE", "/v1/phones/2001", &key, Value::Null);
        assert_eq!((reused.status, reused.code()), (422, "idempotency_key_reused"));
        assert_eq!(world.call("DELETE", "/v1/phones/2001", Value::Null).status, 204);
    }
    let key = [("Idempotency-Key", "one")];
    assert_eq!(world.call_with("DELETE", "/v1/phones/p1", &key, Value::Null).status, 204);
    for path in MODES {
        let reused = world.send(path, CSV, &key, file);
        assert_eq!((reused.status, reused.code()), (422, "idempotency_key_reused"), "{path}");
    }
    assert_eq!(numbers(world).len(), 2);
}

#[test]
fn rejects_unreadable_files() {
    let world = &mut World::new();
    let long = format!("number,name\n911,\"{}", "a".repeat(100_000));
    for mode in ["all_or_nothing", "keep_going"] {
        for (file, told) in [
            ("", "the first line must be the header number,name,skills or "),
            ("911,Ravi\n", "the first line must be the header"),
            ("number,number,name\n", "the header has the column \"number\" twice"),
            ("n\0u\0m\0b\0e\0r\0", "the file is UTF-16: save it as \"CSV UTF-8\""),
            (
                "number,name\n911,\"Ravi\n912,Mira\n",
                "line 2 begins a row in which a quote is left open",
            ),
            (&long, "line 2 begins a row of more than 65536 bytes"),
        ] {
            let answer = world.send(&format!("/v1/imports?mode={mode}"), CSV, &[], file);
            assert_eq!((answer.status, answer.code()), (400, "invalid_file"), "{answer:?}");
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(detail.starts_with(told), "{detail}");
        }
        let path = format!("/v1/phones:bulk?mode={mode}");
        let answer = world.send(&path, CSV, &[], "action,phone,nmae\n");
        assert!(answer.json["detail"].as_str().unwrap().contains("\"nmae\""), "{answer:?}");
    }
    assert_eq!(numbers(world).len(), 3);
}

/// The numbers of all phones.
pub fn numbers(world: &mut World) -> Vec<String> {
    let listed = world.call("GET", "/v1/exports?format=jsonl", Value::Null);
    assert_eq!(listed.status, 200, "{listed:?}");
    let lines = lines(&listed).into_iter();
    lines.map(|line| line["number"].as_str().unwrap().to_owned()).collect()
}

/// The lines of an answer.
pub fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), Some(JSON_LINES), "{answer:?}");
    answer.reply.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file that creates phones.
pub fn many(count: usize) -> String {
    let rows = (0..count).map(|row| format!("91{row:08},Agent-{row},Sales\n"));
    std::iter::once("number,name,skills\n".to_owned()).chain(rows).collect()
}

/// Lets the account have many phones.
pub fn with_room(world: &mut World) {
    world.limit(1_000_000);
}
