//! `POST /v1/imports`

use serde_json::json;

use super::{CSV, JSON_LINES, numbers};
use crate::world::World;

#[test]
fn imports_a_spreadsheet_file() {
    let world = &mut World::new();
    let file = "\u{feff}note;phoneName;skills;phoneNumber;\r\n\
                \"a; \"\"b\"\"\r\nc\";Asha;\"Sales, Support ,\";'+911;\r\n\r\n Omar ;;;\u{a0}912 ;\r\n;;;;\r\n";
    // The note of the second row is its name.
    let done = world.send("/v1/imports", "Text/CSV; charset=utf-8", &[], file);
    done.assert_problem(422, "rows_refused");
    let file = file.replace(" Omar ;;;", ";Omar;;");
    let done = world.send("/v1/imports", "Text/CSV; charset=utf-8", &[], &file);
    let rows = json!([
        {"line": 2, "status": "created", "phone": "p4"},
        {"line": 5, "status": "created", "phone": "p5"},
    ]);
    assert_eq!((done.status, &done.json["rows"]), (200, &rows), "{done:?}");
    let expected =
        json!({"id": "p4", "number": "+911", "name": "Asha", "skills": ["Sales", "Support"]});
    assert_eq!(world.read("/v1/phones/p4"), expected);
    assert_eq!(numbers(world)[4], "912");
}

#[test]
fn imports_json_lines() {
    let world = &mut World::new();
    let file = "{\"number\":\"2001\",\"name\":\"Asha\",\"skills\":[\"Sales\"]}\n\
                {\"number\":\"2002\",\"name\":\"Omar\"}";
    let done = world.send("/v1/imports", JSON_LINES, &[], file);
    assert_eq!((done.status, &done.json["summary"]["done"]), (200, &json!(2)), "{done:?}");
    let file = "{\"number\":\"2003\",\"name\":\"Pia\",\"action\":\"delete\"}\n{oops\n";
    let refused = world.send("/v1/imports", JSON_LINES, &[], file);
    let rows = refused.list("rows");
    assert_eq!(rows[0]["errors"][0]["code"], "unknown_field");
    assert_eq!(rows[1]["errors"][0]["code"], "invalid_json");
    assert_eq!(numbers(world).len(), 5);
}

#[test]
fn explains_numbers_that_a_spreadsheet_damaged() {
    let world = &mut World::new();
    let file = "number,name\n9.19877E+11,Asha\n919876543211.0,Omar\n+91 98765,Pia\n";
    let refused = world.send("/v1/imports", CSV, &[], file);
    let words =
        ["last digits are lost", "has made a decimal", "without blanks and signs, +9198765"];
    assert_eq!(refused.list("rows").len(), 3);
    for (row, words) in refused.list("rows").iter().zip(words) {
        let detail = row["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail}");
    }
}
