//! Nodes that are killed in turn, and nodes that are told to stop, under load.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;

use ringbook::store::postgres::WRITERS;
use test_postgres::{Server as Database, until};

use super::editor::{Editor, OUTCOME_UNKNOWN};
use super::gate::Gate;
use super::load::Load;
use super::nodes::{Cluster, Node};
use test_support::{DONE, DRAIN, Random};

const ROUNDS: usize = 10;

/// A node is ended after fewer edits than this.
const EDITS_MAX: usize = 100;

/// Ends one of two nodes after the other, and starts it again at the same address.
fn end_in_turn(end: impl Fn(&mut Node)) {
    let mut random = Random::new();
    let database = Database::shared();
    let cluster = Cluster::on(database);
    let mut editors = Editor::fleet(&cluster, 2, 4);
    let mut nodes = cluster.nodes(2);
    let addresses: Vec<_> = nodes.iter().map(|node| node.address).collect();
    let edits: Vec<_> = (0..ROUNDS).map(|_| 1 + random.below(EDITS_MAX)).collect();
    Load::run(&mut editors, &addresses, &mut random, |load| {
        for (round, edits) in edits.into_iter().enumerate() {
            let ended = round % 2;
            load.wait_for_done(edits);
            end(&mut nodes[ended]);
            // The other one goes on alone.
            load.wait_for_done_on(1 - ended, 10);
            nodes[ended] = cluster.home.serve(&["--listen", &addresses[ended].to_string()]);
            load.wait_for_done_on(ended, 10);
        }
        println!("{:?}", load.counts());
    });
    nodes.iter_mut().for_each(Node::kill);
    cluster.wait_until_quiet(database);
    Editor::assert_truthful(&editors, &cluster, database);
    cluster.home.check();
}

#[test]
fn keeps_every_acknowledged_edit_when_nodes_are_killed() {
    end_in_turn(Node::kill);
}

#[test]
fn keeps_every_acknowledged_edit_when_nodes_are_stopped() {
    end_in_turn(Node::stop);
}

/// Edits are under way when the node is told to stop, one on each of its threads that write. All
/// of them are answered.
#[test]
fn answers_requests_in_progress_before_it_stops() {
    let database = Database::shared();
    let cluster = Cluster::on(database);
    let keys: Vec<_> =
        (0..WRITERS).map(|id| cluster.home.account(&format!("account-{id}"), &[])).collect();
    let mut node = cluster.home.serve(&[]);
    let gate = Gate::build(&cluster, database);
    gate.close();
    thread::scope(|scope| {
        let created: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(id, key)| {
                let mut caller = node.caller(&format!("account-{id}"), key);
                scope.spawn(move || caller.create("+911", "Ravi", "").unwrap().body)
            })
            .collect();
        gate.wait_for_commits(WRITERS);
        node.terminate();
        until("new connections are refused", || {
            let refused = TcpStream::connect(node.address).map_err(|error| error.kind());
            refused.err() == Some(ErrorKind::ConnectionRefused)
        });
        gate.open();
        for created in created {
            // On a slow machine their deadline is over, and that is told as well.
            let answer = created.join().unwrap();
            assert!([DONE, OUTCOME_UNKNOWN].contains(&&*answer), "{answer}");
        }
    });
    assert_eq!(node.wait(DRAIN).code(), Some(0), "{}", node.log());
    cluster.assert_history(database);
}
