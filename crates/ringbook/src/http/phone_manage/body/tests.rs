//! What the parser accepts and rejects, with the reasons.

use super::*;

fn fault(body: &str) -> String {
    parse(body.as_bytes()).unwrap_err()
}

#[test]
fn parses_known_fields_and_ignores_others() {
    let body = r#" {"userName":"demo","action":"edit","phoneNumber":919876543210,
        "phoneName":"\u0052avi","phoneNumberNew":"%2B91","PhoneNameNew":"Ra",
        "assignSkill":"a,b","unAssignSkill":" ","other":{"phoneName":[1,{}]},"skill":null} "#;
    let fields = parse(body.as_bytes()).unwrap();
    assert_eq!(fields.phone_number.as_deref(), Some("919876543210"));
    assert_eq!(fields.phone_name.as_deref(), Some("Ravi"));
    assert_eq!(fields.phone_name_new.as_deref(), Some("Ra"));
    assert_eq!(fields.unassign_skill.as_deref(), Some(""));
    assert_eq!(fields.skill, None);
    assert_eq!(fields.unknown_skill_key, None);
}

#[test]
fn reports_the_fault_and_its_position() {
    for (body, reason) in [
        ("", "body: empty, expected a JSON object"),
        (" \r\n", "body: empty, expected a JSON object"),
        ("\u{feff}{}", "body: begins with a byte order mark, expected \"{\""),
        ("[]", "body: expected a JSON object"),
        ("{\"a\":1\n\"b\":2}", "body: line 2 column 1: expected \",\" or \"}\""),
        ("{} x", "body: line 1 column 4: trailing characters"),
        (r#"{"phoneName":5}"#, "phoneName: expected a string, got a number"),
        (r#"{"action":[]}"#, "action: expected a string, got an array"),
        (r#"{"phoneNumber":{}}"#, "phoneNumber: expected a string or an integer, got an object"),
        (
            r#"{"phoneNumber":1e3}"#,
            "phoneNumber: a number with a fraction or an exponent is not a phone number",
        ),
        (r#"{"phoneName":"a","phoneName":null}"#, "phoneName: given twice"),
        (r#"{"x":1,"x":2}"#, "x: given twice"),
        (r#"{"phoneNameNew":"a","PhoneNameNew":"b"}"#, "phoneNameNew: differs from PhoneNameNew"),
        // A syntax error takes precedence, wherever it is.
        (r#"{"phoneName":5,"#, "body: line 1 column 15: EOF while parsing a value"),
    ] {
        assert_eq!(fault(body), reason, "{body}");
    }
    assert_eq!(parse(b"{\"a\":\"\xff\"}").unwrap_err(), "body: byte 7 is not UTF-8");
}

#[test]
fn keeps_all_digits_of_an_integer() {
    let fields = parse(br#"{"phoneNumber":123456789012345678901234567890,"phoneNumberNew":-0}"#);
    let fields = fields.unwrap();
    assert_eq!(fields.phone_number.as_deref(), Some("123456789012345678901234567890"));
    assert_eq!(fields.phone_number_new.as_deref(), Some("-0"));
}

#[test]
fn returns_an_unknown_key_that_contains_skill() {
    let key = |body: &'static str| parse(body.as_bytes()).unwrap().unknown_skill_key;
    assert_eq!(key(r#"{"AssignSKILLs":"a"}"#).as_deref(), Some("AssignSKILLs"));
    assert_eq!(key(r#"{"skills":null}"#), None);
}

#[test]
fn survives_deep_nesting() {
    let body = format!(r#"{{"x":{}}}"#, "[".repeat(60_000));
    assert!(parse(body.as_bytes()).is_err());
    let body = format!(r#"{{"x":{}1{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    assert!(parse(body.as_bytes()).is_ok());
}
