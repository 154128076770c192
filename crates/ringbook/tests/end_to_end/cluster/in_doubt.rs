//! A connection breaks while its commit is under way, and the commit succeeds all the same: the
//! node finds that out, and tells its caller.

use std::thread;

use test_postgres::{Proxy, Server as Database, until};

use super::editor::OUTCOME_UNKNOWN;
use super::gate::Gate;
use super::nodes::Cluster;
use test_support::{Caller, DONE};

/// The caller is told that its change is done. On a slow machine the node may have no time left to
/// find that out, and says so, which is true as well; then this is done again.
fn cut_during(prepare: fn(&mut Caller), call: fn(&mut Caller) -> String) {
    until("the node finds out in time", || {
        let answer = cut_once(prepare, call);
        assert!([DONE, OUTCOME_UNKNOWN].contains(&&*answer), "{answer}");
        answer == DONE
    });
}

/// Cuts the connection of a commit that waits at the gate, lets the node try again beside it,
/// and opens the gate. Returns the answer to the call.
fn cut_once(prepare: fn(&mut Caller), call: fn(&mut Caller) -> String) -> String {
    let database = Database::shared();
    let proxy = Proxy::start(database.port());
    let cluster = Cluster::at(&proxy.route(&database.new_schema()));
    let key = cluster.home.account("acme", &[]);
    let node = cluster.home.serve(&[]);
    let gate = Gate::build(&cluster, database);
    let mut caller = node.caller("acme", &key);
    prepare(&mut caller);
    gate.close();
    let answer = thread::scope(|scope| {
        let call = scope.spawn(|| call(&mut caller));
        gate.wait_for_commits(1);
        proxy.cut();
        until("the node tries again", || call.is_finished() || gate.sees_another_try());
        gate.open();
        call.join().unwrap()
    });
    gate.wait_for_rest();
    cluster.assert_history(database);
    answer
}

#[test]
fn a_create_in_doubt_is_no_duplicate_of_itself() {
    cut_during(|_| {}, |caller| caller.create("+911", "Ravi", "").unwrap().body);
}

#[test]
fn an_edit_in_doubt_finds_its_phone() {
    cut_during(
        |caller| assert_eq!(caller.create("+911", "Ravi", "").unwrap().body, DONE),
        |caller| caller.renumber("Ravi", "+911", "+912").unwrap().body,
    );
}

#[test]
fn a_delete_in_doubt_finds_its_phone() {
    cut_during(
        |caller| assert_eq!(caller.create("+911", "Ravi", "").unwrap().body, DONE),
        |caller| caller.delete("+911", "Ravi").unwrap().body,
    );
}
