//! What lies between a node and its database fails: every request is answered in time and with
//! the truth, and the node goes on by itself when that is over.

use std::time::{Duration, Instant};

use test_postgres::{Mode, Proxy, Server as Database, Settings, within};

use super::editor::Editor;
use super::load::{Load, slowest};
use super::nodes::{Cluster, Node};
use test_support::Random;

/// How soon a node is ready again when the database is, on a busy test machine.
const RECOVERED_WITHIN: Duration = Duration::from_secs(30);

/// How soon a node says that it is not ready, on a busy test machine.
const NOTICED_WITHIN: Duration = Duration::from_secs(30);

/// Edits that are done before a failure, refused during it, and done after it.
const EDITS: usize = 50;

/// What a node says of itself.
#[track_caller]
fn wait_for_ready(node: &Node, expected: u16, deadline: Duration) {
    let mut client = node.client();
    within(deadline, &format!("/readyz says {expected}"), || {
        let healthy = client.get("/healthz").unwrap();
        assert_eq!((healthy.status, healthy.body.as_str()), (200, "ok\n"));
        (client.get("/readyz").unwrap().status == expected).then_some(())
    });
}

/// A node behind a network that fails, with a few clients that go on.
fn fail(network: impl FnOnce(&Proxy, &Node, &Load)) {
    fail_with(8, network);
}

/// A node behind a network that fails, with clients that go on.
pub fn fail_with(clients: usize, network: impl FnOnce(&Proxy, &Node, &Load)) {
    let database = Database::shared();
    let proxy = Proxy::start(database.port());
    let cluster = Cluster::at(&proxy.route(&database.new_schema()));
    let mut editors = Editor::fleet(&cluster, 2, clients / 2);
    let mut node = cluster.home.serve(&[]);
    Load::run(&mut editors, &[node.address], &mut Random::new(), |load| {
        load.wait_for_done(EDITS);
        network(&proxy, &node, load);
        load.wait_for_done(EDITS);
        println!("{:?}", load.counts());
    });
    println!("{:?} at most for an edit", slowest(&editors));
    // What a session of its is in the middle of may still come.
    node.kill();
    cluster.wait_until_quiet(database);
    Editor::assert_truthful(&editors, &cluster, database);
    cluster.home.check();
}

/// Puts the network into a mode for some time.
fn fail_in(mode: Mode) {
    fail(|proxy, node, load| {
        proxy.set_mode(mode);
        load.wait_for_refused(EDITS);
        wait_for_ready(node, 503, NOTICED_WITHIN);
        load.wait_for_refused(EDITS);
        proxy.set_mode(Mode::Pass);
        let passes = Instant::now();
        wait_for_ready(node, 200, RECOVERED_WITHIN);
        println!("ready after {:?}", passes.elapsed());
    });
}

#[test]
fn recovers_after_refused_connections() {
    fail_in(Mode::Refuse);
}

#[test]
fn recovers_after_a_black_hole() {
    fail_in(Mode::BlackHole);
}

#[test]
fn recovers_after_lost_answers() {
    fail_in(Mode::HalfClose);
}

/// Slower than is any use, and yet not away.
#[test]
fn recovers_after_long_delays() {
    fail_in(Mode::Delay(Duration::from_millis(400)));
}

/// A slow network is no failure.
#[test]
fn works_with_short_delays() {
    fail(|proxy, node, load| {
        proxy.set_mode(Mode::Delay(Duration::from_millis(50)));
        load.wait_for_done(EDITS);
        wait_for_ready(node, 200, NOTICED_WITHIN);
        proxy.set_mode(Mode::Pass);
    });
}

#[test]
fn works_with_connections_that_break() {
    fail(|proxy, _, load| {
        for _ in 0..20 {
            proxy.cut();
            load.wait_for_done(20);
        }
    });
}

/// Something that is done to a database.
type Act = fn(&mut Database);

/// Two nodes over a database that fails and is there again, each time in another way.
fn fail_database(ways: [[Act; 2]; 3]) {
    let mut database = Database::start(&Settings::new());
    let cluster = Cluster::on(&database);
    let mut editors = Editor::fleet(&cluster, 2, 4);
    let nodes = cluster.nodes(2);
    let addresses: Vec<_> = nodes.iter().map(|node| node.address).collect();
    Load::run(&mut editors, &addresses, &mut Random::new(), |load| {
        for [fail, recover] in ways {
            load.wait_for_done(EDITS);
            fail(&mut database);
            load.wait_for_refused(EDITS);
            for node in &nodes {
                wait_for_ready(node, 503, NOTICED_WITHIN);
            }
            recover(&mut database);
            for node in &nodes {
                wait_for_ready(node, 200, RECOVERED_WITHIN);
            }
        }
        load.wait_for_done(EDITS);
        println!("{:?}", load.counts());
    });
    println!("{:?} at most for an edit", slowest(&editors));
    drop(nodes);
    cluster.wait_until_quiet(&database);
    Editor::assert_truthful(&editors, &cluster, &database);
}

/// The machine of the database hangs: connections stay, and new ones are made.
#[test]
fn recovers_after_a_frozen_database() {
    fail_database([[|database| database.freeze(), |database| database.thaw()]; 3]);
}

/// The database is away and comes back, without a standby.
#[test]
fn recovers_after_a_restarted_database() {
    let [stop, kill, restart]: [Act; 3] = [Database::stop, Database::kill, Database::restart];
    fail_database([[stop, restart], [kill, restart], [stop, restart]]);
}
