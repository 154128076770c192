//! A connection breaks while its commit is under way, and the commit succeeds all the same: the
//! node finds that out, and tells its caller.

use std::thread;

use test_postgres::{Proxy, Server as Database, until};

use super::gate::Gate;
use super::nodes::Cluster;
use test_support::{Caller, DONE};

/// Cuts the connection of a commit that waits at the gate, lets the node try again beside it,
/// and opens the gate.
fn cut_during(prepare: impl FnOnce(&mut Caller), call: impl FnOnce(&mut Caller) -> String + Send) {
    let database = Database::shared();
    let proxy = Proxy::start(database.port());
    let cluster = Cluster::at(&proxy.route(&database.new_schema()));
    let key = cluster.home.account("acme", &[]);
    let node = cluster.home.serve(&[]);
    let gate = Gate::build(&cluster, database);
    let mut caller = node.caller("acme", &key);
    prepare(&mut caller);
    gate.close();
    thread::scope(|scope| {
        let call = scope.spawn(|| call(&mut caller));
        gate.wait_for_commits(1);
        proxy.cut();
        until("the node tries again", || call.is_finished() || gate.sees_another_try());
        gate.open();
        assert_eq!(call.join().unwrap(), DONE);
    });
    cluster.assert_history(database);
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
