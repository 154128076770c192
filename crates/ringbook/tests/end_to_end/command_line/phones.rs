//! `ringbook phone create`, `edit`, `delete`, `get` and `list`

use serde_json::{Value, json};

use test_support::Home;

fn home() -> Home {
    let home = Home::new();
    home.account("acme", &[]);
    home.skills("acme", &["General", "QA", "Sales"]);
    home.ok(&["phone", "create", "--account", "acme", "+911", "Ravi", "--assign", "QA, General"]);
    home
}

fn phone<'a>(command: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    [&["phone", command, "--account", "acme"], arguments].concat()
}

#[test]
fn creates_edits_lists_and_deletes_a_phone() {
    let home = home();
    assert_eq!(home.ok(&phone("get", &["+911"])), "+911 Ravi\n");
    assert_eq!(home.ok(&phone("get", &["--name", "rAVI"])), "+911 Ravi\n");
    home.ok(&phone("edit", &["+911", "--number-new", "912", "--name-new", "RAVI"]));
    home.ok(&phone("edit", &["912", "--unassign", "QA,General", "--assign", "General,Sales"]));
    home.ok(&phone("edit", &["912"]));
    let list: Value =
        serde_json::from_str(&home.ok(&phone("list", &["--format", "json"]))).unwrap();
    let ravi = json!({"phoneNumber": "912", "phoneName": "RAVI", "skills": ["General", "Sales"]});
    assert_eq!(list, json!([ravi]));
    let csv = "phoneNumber,phoneName,skills\n912,RAVI,\"General,Sales\"\n";
    assert_eq!(home.ok(&phone("list", &["--format", "csv"])), csv);
    let table = "phoneNumber  phoneName  skills\n912          RAVI       General,Sales\n";
    assert_eq!(home.ok(&phone("list", &[])), table);
    home.ok(&phone("delete", &["912"]));
    assert_eq!(home.ok(&phone("list", &["--format", "json"])), "[]\n");
    assert_eq!(home.refused(&phone("delete", &["912"])), "no phone 912 in this account");
    home.check();
    // Each edit is one row of the history, by the one who did it, and one without a change none.
    let edits = "SELECT delta FROM change WHERE kind = 'edit' AND source = 'cli:asha' ORDER BY id";
    assert_eq!(
        home.query(edits),
        [r#"{"number":["+911","912"],"name":["Ravi","RAVI"]}"#, r#"{"skills":[{"2":1},{"3":1}]}"#,]
    );
}

#[test]
fn reports_a_refusal_and_changes_nothing() {
    let home = home();
    home.ok(&phone("create", &["222", "Mira"]));
    let before = home.phones("acme");
    for (arguments, told) in [
        (phone("create", &["+911", "Noor"]), "+911 belongs to \"Ravi\""),
        (phone("create", &["333", "RAVI"]), "\"Ravi\" belongs to +911"),
        (
            phone("create", &["12", "Noor"]),
            "the phone number \"12\" has 2 digits, allowed are 3 to 16",
        ),
        (phone("create", &["1x3", "Noor"]), "the phone number \"1x3\" is not numeric"),
        (phone("create", &["", "Noor"]), "a phone number cannot be empty"),
        (phone("create", &["333", "N"]), "the name \"N\": has 1 character, allowed are 2 to 50"),
        (phone("edit", &["+911", "--number-new", "222"]), "222 belongs to \"Mira\""),
        (phone("edit", &["999", "--name-new", "Noor"]), "no phone 999 in this account"),
        (phone("get", &["--name", "Noor"]), "no phone named \"Noor\" in this account"),
        (phone("get", &["+911", "--name", "Mira"]), "+911 is named \"Ravi\", not \"Mira\""),
    ] {
        assert_eq!(home.refused(&arguments), told);
        assert_eq!(home.phones("acme"), before);
    }
}

/// As over the API, the phone is saved and its skills are not: here it is said, and told by the
/// exit code.
#[test]
fn saves_a_phone_without_skills_that_do_not_exist() {
    let home = home();
    let told = home.refused(&phone(
        "edit",
        &["+911", "--name-new", "Ravi.K", "--unassign", "QA", "--assign", "Bogus"],
    ));
    let words =
        "the phone was saved, its skills were not changed: no skill \"Bogus\" in this account";
    assert_eq!(told, words);
    let [ravi] = &home.phones("acme")[..] else { panic!("there is one phone") };
    assert_eq!((ravi.phone_name.as_str(), ravi.skills.len()), ("Ravi.K", 2));
}

#[test]
fn exits_with_code_2_on_wrong_usage() {
    let home = home();
    for arguments in [
        &["phone"][..],
        &["phone", "list"],
        &["phone", "get", "--account", "acme"],
        &["phone", "list", "--account", "acme", "--format", "xml"],
        &["phone", "list", "--account", "a b"],
        &["account", "edit", "acme", "--rotate-api-key", "--api-key", "12345678"],
        &["--store", "mysql://x", "check"],
        &["serve", "--listen", "nowhere"],
        &["frobnicate"],
        &[],
    ] {
        let ran = home.run(arguments);
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{arguments:?}: {ran:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["phone", "import", "--help"]] {
        let ran = home.run(arguments);
        assert!(ran.status.success() && !ran.stdout.is_empty(), "{arguments:?}: {ran:?}");
    }
}
