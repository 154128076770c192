//! `ringbook skill …`

use test_support::Home;

fn home() -> Home {
    let home = Home::new();
    home.account("acme", &[]);
    home.skills("acme", &["General", "QA"]);
    for (number, name) in [("111", "Ravi"), ("222", "Mira"), ("333", "Noor"), ("444", "Omar")] {
        home.ok(&["phone", "create", "--account", "acme", number, name, "--assign", "General"]);
    }
    home
}

fn order<'a>(first: &[&'a str]) -> Vec<&'a str> {
    [&["skill", "order", "--account", "acme", "General", "--format", "csv"], first].concat()
}

#[track_caller]
fn assert_order(told: &str, names: &str) {
    let order: Vec<_> = told.lines().skip(1).map(|line| line.split_once(',').unwrap().1).collect();
    assert_eq!(order.join(" "), names);
}

#[test]
fn sets_and_prints_the_ring_order() {
    let home = home();
    assert_order(&home.ok(&order(&[])), "Ravi Mira Noor Omar");
    assert_order(&home.ok(&order(&["444", "222"])), "Omar Mira Ravi Noor");
    assert_order(&home.ok(&order(&["333"])), "Noor Omar Mira Ravi");
    // One that leaves and comes again goes to the end.
    for flag in ["--unassign", "--assign"] {
        home.ok(&["phone", "edit", "--account", "acme", "444", flag, "General"]);
    }
    assert_order(&home.ok(&order(&[])), "Noor Mira Ravi Omar");
    let json = home.ok(&["skill", "order", "--account", "acme", "General", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0], serde_json::json!({"phoneNumber": "333", "phoneName": "Noor"}));
    assert_eq!(
        home.query("SELECT name FROM assignment WHERE skill = 'General'"),
        ["Noor", "Mira", "Ravi", "Omar"]
    );
    home.check();
}

#[test]
fn reports_a_refusal_and_changes_nothing() {
    let home = home();
    home.ok(&["phone", "create", "--account", "acme", "555", "Pia"]);
    let create = |name| vec!["skill", "create", "--account", "acme", "New", name];
    for (arguments, told) in [
        (order(&["222", "555"]), "555 is not assigned to \"General\""),
        (order(&["222", "222"]), "222 is listed twice"),
        (order(&["22x"]), "the phone number \"22x\" is not numeric"),
        (
            vec!["skill", "order", "--account", "acme", "general"],
            "no skill \"general\" in this account",
        ),
        (
            vec!["skill", "delete", "--account", "acme", "QA", "Bogus"],
            "no skill \"Bogus\" in this account",
        ),
        (create("QA"), "the skill \"QA\" exists already"),
        (create("New"), "the skill \"New\" exists already"),
        (create("a,b"), "a skill's name cannot contain ','"),
        (create(""), "a skill's name cannot be empty"),
        (create(" x"), "a skill's name cannot start or end with white space"),
    ] {
        assert_eq!(home.refused(&arguments), told);
        assert_order(&home.ok(&order(&[])), "Ravi Mira Noor Omar");
        let skills = home.ok(&["skill", "list", "--account", "acme", "--format", "csv"]);
        assert_eq!(skills, "name,phones\nGeneral,4\nQA,0\n");
    }
}
