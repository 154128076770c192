//! `POST /v1/imports`; the tests of the row reader have the variants of each format.

use serde_json::json;

use super::JSON_LINES;
use crate::world::World;

#[test]
fn imports_a_spreadsheet_file_and_json_lines() {
    let csv = "\u{feff}note;phoneName;skills;phoneNumber;\r\n\
               \"a; \"\"b\"\"\r\nc\";Asha;\"Sales, Support ,\";'+911;\r\n\r\n\
               ;Omar;;\u{a0}912 ;\r\n;;;;\r\n";
    let json_lines = "{\"number\":\"+911\",\"name\":\"Asha\",\"skills\":[\"Support\",\"Sales\"]}\n\
                      {\"number\":\"912\",\"name\":\"Omar\"}";
    for (content_type, file, lines) in
        [("Text/CSV; charset=utf-8", csv, [2, 5]), (JSON_LINES, json_lines, [1, 2])]
    {
        let world = &mut World::new();
        let done = world.send("/v1/imports", content_type, &[], file);
        assert_eq!((done.status, &done.json["summary"]["done"]), (201, &json!(2)), "{done:?}");
        assert_eq!(done.header("location"), Some("/v1/imports/i7"));
        assert_eq!(done.column("rows", "line"), lines);
        let asha =
            json!({"id": "p4", "number": "+911", "name": "Asha", "skills": ["Sales", "Support"]});
        assert_eq!(world.read("/v1/phones/p4"), asha);
        assert_eq!(world.read("/v1/phones/p5")["number"], "912");
    }
}
