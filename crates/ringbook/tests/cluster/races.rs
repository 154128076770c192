//! Callers on several nodes at once for what only one of them can have.

use test_postgres::Server as Database;

use crate::history;
use crate::nodes::{Node, Place};
use crate::support::{LIMIT_EXCEEDED, TAKEN, assert_once, assert_one, at_once};

const ROUNDS: usize = 10;

/// On two nodes, and on four. Each round leaves one phone.
fn on_nodes(race: impl Fn(&Place, &str, &[Node], usize)) {
    for count in [2, 4] {
        let place = Place::shared();
        let key = place.home.account("acme", &[]);
        let nodes = place.nodes(count);
        for round in 0..ROUNDS {
            race(&place, &key, &nodes, round);
        }
        assert_eq!(place.home.phones("acme").len(), ROUNDS);
        place.home.check();
        history::assert_leads_to_what_is_there(&place, Database::shared());
    }
}

#[test]
fn a_number_is_given_once() {
    on_nodes(|_, key, nodes, round| {
        let replies = at_once(nodes, key, |caller, number| {
            let name = format!("Agent-{round}.{number}");
            caller.create(&format!("+91{round:04}"), &name, "").unwrap().body
        });
        assert_one(&replies, TAKEN);
    });
}

#[test]
fn a_name_is_given_once_in_whatever_case() {
    on_nodes(|_, key, nodes, round| {
        let replies = at_once(nodes, key, |caller, number| {
            let name = format!("Agent-{round}");
            let name = if number % 3 == 0 { name } else { name.to_uppercase() };
            caller.create(&format!("+91{round:04}{number:04}"), &name, "").unwrap().body
        });
        assert_one(&replies, TAKEN);
    });
}

#[test]
fn a_request_with_an_idempotency_key_is_carried_out_once() {
    on_nodes(|_, key, nodes, round| {
        assert_once(nodes, key, &format!("+91{round:04}"), &format!("Agent-{round}"));
    });
}

#[test]
fn the_last_place_under_the_limit_is_given_once() {
    on_nodes(|place, key, nodes, round| {
        let limit = (round + 1).to_string();
        place.home.ok(&["account", "edit", "acme", "--phone-number-limit", &limit]);
        let replies = at_once(nodes, key, |caller, number| {
            let [phone, name] =
                [format!("+91{round:04}{number:04}"), format!("Agent-{round}.{number}")];
            caller.create(&phone, &name, "").unwrap().body
        });
        assert_one(&replies, LIMIT_EXCEEDED);
    });
}
