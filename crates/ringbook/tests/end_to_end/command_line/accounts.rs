//! `ringbook account …`

use serde_json::{Value, json};

use test_support::{DONE, Home, NOT_VALID};

fn is_made_key(key: &str) -> bool {
    let digits = key.strip_prefix("KK").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[test]
fn prints_the_key_of_a_new_account_once_and_alone() {
    let home = Home::new();
    let printed = home.ok(&["account", "create", "acme"]);
    assert!(is_made_key(printed.strip_suffix('\n').unwrap()), "{printed}");
    let key = home.keep_secret(printed.trim());
    // Whatever else is asked, it is not told again: each answer is looked at for it.
    for format in ["table", "json", "csv"] {
        home.ok(&["account", "list", "--format", format]);
    }
    home.ok(&["account", "edit", "acme", "--phone-number-limit", "7"]);
    let told = home.refused(&["account", "create", "acme"]);
    assert_eq!(
        told,
        "the account \"acme\" exists already: `ringbook account edit acme` changes it"
    );
    assert_ne!(home.account("other", &[]), key);
    home.refused(&["account", "create", "other", "--phone-number-limit", "1"]);
}

#[test]
fn accepts_a_given_key() {
    let home = Home::new();
    let key = home.keep_secret("brought-from-elsewhere");
    assert_eq!(
        home.command()
            .args(["account", "create", "acme", "--api-key", &key])
            .output()
            .unwrap()
            .stdout,
        format!("{key}\n").as_bytes()
    );
    // From standard input no other user of the machine sees it.
    let piped = home.keep_secret("piped:!~in?KEY");
    std::fs::write(home.path("key"), format!("{piped}\r\n")).unwrap();
    let mut command = home.command();
    command.args(["account", "edit", "acme", "--api-key", "-"]);
    command.stdin(std::fs::File::open(home.path("key")).unwrap());
    assert_eq!(command.output().unwrap().stdout, format!("{piped}\n").as_bytes());
    std::fs::remove_file(home.path("key")).unwrap();
    let server = home.serve(&[]);
    assert_eq!(server.caller("acme", &piped).create("911", "Ravi", "").unwrap().body, DONE);
    assert_eq!(server.caller("acme", &key).create("912", "Mira", "").unwrap().body, NOT_VALID);
}

#[test]
fn rejects_a_bad_key_without_repeating_it() {
    let home = Home::new();
    for bad in ["1234567", "1234 5678", "pässword1", "", &"x".repeat(129)] {
        let told = home.refused(&["account", "create", "acme", "--api-key", bad]);
        assert_eq!(told, "an API key has 8 to 128 printable ASCII characters and no space");
    }
    assert!(!home.store().exists(), "nothing was made");
}

#[test]
fn sets_the_limit_and_authentication_of_an_account() {
    let home = Home::new();
    let settings = ["--phone-number-limit", "1", "--api-authentication", "token_auth"];
    home.account("acme", &settings);
    home.account("zeta", &[]);
    home.ok(&["phone", "create", "--account", "acme", "911", "Ravi"]);
    let told = home.refused(&["phone", "create", "--account", "acme", "912", "Mira"]);
    assert_eq!(told, "holds 1 of at most 1 phone numbers");
    home.skills("zeta", &["General", "QA"]);
    let list: Value =
        serde_json::from_str(&home.ok(&["account", "list", "--format", "json"])).unwrap();
    let account = |name, authentication, limit, phones, skills| {
        json!({"userName": name, "apiAuthentication": authentication,
               "phoneNumberLimit": limit, "phones": phones, "skills": skills})
    };
    let acme = account("acme", "TOKEN_AUTH", 1, 1, 0);
    assert_eq!(list, json!([acme, account("zeta", "BASIC_AUTH", 1000, 0, 2)]));
    assert_eq!(
        home.ok(&["account", "list", "--format", "csv"]),
        "userName,apiAuthentication,phoneNumberLimit,phones,skills\n\
         acme,TOKEN_AUTH,1,1,0\nzeta,BASIC_AUTH,1000,0,2\n"
    );
    for bad in [&["--phone-number-limit", "-1"][..], &["--phone-number-limit", "99999999999"]] {
        let ran = home.run(&[&["account", "edit", "acme"], bad].concat());
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    }
}

#[test]
fn keeps_the_history_of_a_deleted_account() {
    let home = Home::new();
    home.account("acme", &[]);
    home.ok(&["phone", "create", "--account", "acme", "911", "Ravi"]);
    home.ok(&["account", "delete", "acme", "--yes"]);
    for arguments in [
        &["account", "delete", "acme", "--yes"][..],
        &["phone", "list", "--account", "acme"],
        &["account", "edit", "acme", "--rotate-api-key"],
    ] {
        let told = home.refused(arguments);
        assert_eq!(told, "there is no account \"acme\": `ringbook account list` names them");
    }
    assert_eq!(home.ok(&["account", "list", "--format", "json"]), "[]\n");
    let history = "SELECT source || ' ' || kind FROM history";
    assert_eq!(
        home.query(history),
        ["cli:asha account.delete", "cli:asha create", "cli:asha account.create"]
    );
    assert_eq!(home.ok(&["check"]), "ok: 0 accounts, 0 phones\n");
}
