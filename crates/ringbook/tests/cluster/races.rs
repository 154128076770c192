//! Callers on several nodes at once for what only one of them can have.

use std::sync::Barrier;
use std::thread;

use test_postgres::Server as Database;

use crate::history;
use crate::nodes::{Node, Place};
use crate::support::{Caller, DONE, LIMIT_EXCEEDED, TAKEN};

const CALLERS: usize = 16;
const ROUNDS: usize = 10;

/// Calls by everybody at once, each with its number, in turn on one of the nodes. The replies.
fn at_once(
    nodes: &[Node],
    key: &str,
    call: impl Fn(&mut Caller, usize) -> String + Sync,
) -> Vec<String> {
    let barrier = Barrier::new(CALLERS);
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|number| {
                let mut caller = nodes[number % nodes.len()].caller("acme", key);
                let (barrier, call) = (&barrier, &call);
                scope.spawn(move || {
                    barrier.wait();
                    call(&mut caller, number)
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    })
}

/// One has it, and the others are told why they have not.
#[track_caller]
fn assert_one(replies: &[String], others: &str) {
    let winners = replies.iter().filter(|reply| *reply == DONE).count();
    let losers = replies.iter().filter(|reply| *reply == others).count();
    assert_eq!((winners, losers), (1, CALLERS - 1), "{replies:#?}");
}

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
