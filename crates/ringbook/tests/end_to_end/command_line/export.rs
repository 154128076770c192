//! `ringbook phone export`

use test_support::Home;

/// What is exported is imported into another account, and exported again as it was. A name that a
/// spreadsheet would take for a formula has an apostrophe in the file, and only there.
#[test]
fn exports_a_file_that_can_be_imported() {
    let home = Home::new();
    for account in ["acme", "zeta"] {
        home.account(account, &[]);
        home.skills(account, &["General", "QA", "Say \"hello\"", "Nacht-Süd"]);
    }
    let phones = [
        ("+911", "Ravi", "General,QA"),
        ("0012", "+Mira.K@x-1_2", "Say \"hello\",Nacht-Süd"),
        ("333", "Noor", ""),
    ];
    for (number, name, skills) in phones {
        home.ok(&["phone", "create", "--account", "acme", number, name, "--assign", skills]);
    }
    let printed = home.ok(&["phone", "export", "--account", "acme"]);
    assert_eq!(
        printed,
        "phoneNumber,phoneName,skills\n+911,Ravi,\"General,QA\"\n\
         0012,'+Mira.K@x-1_2,\"Nacht-Süd,Say \"\"hello\"\"\"\n333,Noor,\n"
    );
    assert_eq!(home.ok(&["phone", "export", "--account", "acme", "phones.csv"]), "");
    assert_eq!(std::fs::read_to_string(home.path("phones.csv")).unwrap(), printed);

    home.ok(&["phone", "import", "--account", "zeta", "phones.csv"]);
    assert_eq!(home.phones("zeta"), home.phones("acme"));
    assert_eq!(home.ok(&["phone", "export", "--account", "zeta"]), printed);
    // A shorter one takes the place of a longer one.
    home.ok(&["phone", "delete", "--account", "zeta", "333"]);
    home.ok(&["phone", "export", "--account", "zeta", "phones.csv"]);
    assert_eq!(std::fs::read_to_string(home.path("phones.csv")).unwrap().lines().count(), 3);

    let told = home.refused(&["phone", "export", "--account", "zeta", "no/such.csv"]);
    assert!(told.starts_with("cannot write no/such.csv: "), "{told}");
}
