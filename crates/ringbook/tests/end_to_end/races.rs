//! Many callers at once for what only one of them can have.

use crate::support::{
    CALLERS, DONE, Home, LIMIT_EXCEEDED, Server, TAKEN, assert_once, assert_one, at_once,
};

/// On one server, and on two that share a store.
fn on_servers(check: impl Fn(&Home, &str, &[Server])) {
    for count in [1, 2] {
        let home = Home::new();
        let key = home.account("acme", &[]);
        let servers: Vec<_> = (0..count).map(|_| home.serve(&[])).collect();
        check(&home, &key, &servers);
        home.check();
        home.assert_history_is_gapless();
    }
}

#[test]
fn a_number_is_given_once() {
    on_servers(|home, key, servers| {
        for round in 0..20 {
            let replies = at_once(servers, key, |caller, number| {
                let name = format!("Agent-{round}.{number}");
                caller.create(&format!("+91{round:04}"), &name, "").unwrap().body
            });
            assert_one(&replies, TAKEN);
        }
        assert_eq!(home.phones("acme").len(), 20);
    });
}

#[test]
fn a_name_is_given_once_in_whatever_case() {
    on_servers(|home, key, servers| {
        for round in 0..20 {
            let replies = at_once(servers, key, |caller, number| {
                let name = format!("Agent-{round}");
                let name = if number % 2 == 0 { name } else { name.to_uppercase() };
                caller.create(&format!("+91{round:04}{number:04}"), &name, "").unwrap().body
            });
            assert_one(&replies, TAKEN);
        }
        assert_eq!(home.phones("acme").len(), 20);
    });
}

#[test]
fn the_last_place_under_the_limit_is_given_once() {
    on_servers(|home, key, servers| {
        for round in 0..10_usize {
            let limit = (round + 1).to_string();
            home.ok(&["account", "edit", "acme", "--phone-number-limit", &limit]);
            let replies = at_once(servers, key, |caller, number| {
                let [phone, name] =
                    [format!("+91{round:04}{number:04}"), format!("Agent-{round}.{number}")];
                caller.create(&phone, &name, "").unwrap().body
            });
            assert_one(&replies, LIMIT_EXCEEDED);
        }
        assert_eq!(home.phones("acme").len(), 10);
    });
}

/// Everybody wants to give their own phone the same new number.
#[test]
fn a_number_is_taken_by_one_edit() {
    on_servers(|home, key, servers| {
        let mut caller = servers[0].caller("acme", key);
        for number in 0..CALLERS {
            let created = caller.create(&format!("+1{number:03}"), &format!("Agent-{number}"), "");
            assert_eq!(created.unwrap().body, DONE);
        }
        let replies = at_once(servers, key, |caller, number| {
            let (from, name) = (format!("+1{number:03}"), format!("Agent-{number}"));
            caller.renumber(&name, &from, "+2000").unwrap().body
        });
        assert_one(&replies, TAKEN);
        assert_eq!(home.phones("acme").len(), CALLERS);
    });
}

/// Everybody is the same client, who sends a request again and again.
#[test]
fn a_request_with_an_idempotency_key_is_carried_out_once() {
    on_servers(|home, key, servers| {
        for round in 0..20 {
            assert_once(servers, key, &format!("+91{round:04}"), &format!("Agent-{round}"));
        }
        assert_eq!(home.phones("acme").len(), 20);
        let changes = home.query("SELECT CAST(count(*) AS TEXT) FROM change WHERE kind = 'create'");
        assert_eq!(changes, ["20"]);
    });
}

/// Everybody deletes the same phone: one does, and to the others it is gone.
#[test]
fn a_phone_is_deleted_once() {
    const GONE: &str =
        r#"{"status":"error","message":"phone_name or phone_number does not exist"}"#;
    on_servers(|home, key, servers| {
        let created = servers[0].caller("acme", key).create("+911", "Ravi", "").unwrap();
        assert_eq!(created.body, DONE);
        let replies =
            at_once(servers, key, |caller, _| caller.delete("+911", "Ravi").unwrap().body);
        assert_one(&replies, GONE);
        assert!(home.phones("acme").is_empty());
    });
}
