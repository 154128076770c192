//! The body of a PhoneManageV2 request.

use ringbook::http::phone_manage::body::parse;

#[test]
fn reports_a_syntax_error_before_a_fault_of_a_field() {
    let reason = parse(br#"{"phoneName":5,"#).unwrap_err();
    assert_eq!(reason, "body: line 1 column 15: EOF while parsing a value");
}

#[test]
fn keeps_all_digits_of_an_integer() {
    let body = br#"{"phoneNumber":123456789012345678901234567890,"phoneNumberNew":-0}"#;
    let fields = parse(body).unwrap();
    assert_eq!(fields.phone_number.as_deref(), Some("123456789012345678901234567890"));
    assert_eq!(fields.phone_number_new.as_deref(), Some("-0"));
}

#[test]
fn survives_deep_nesting() {
    let body = format!(r#"{{"x":{}}}"#, "[".repeat(60_000));
    assert!(parse(body.as_bytes()).is_err());
    let body = format!(r#"{{"x":{}1{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    assert!(parse(body.as_bytes()).is_ok());
}
