//! The feed of changes: the same on every node, and soon.

use std::time::{Duration, Instant};

use super::nodes::Cluster;
use test_support::{DONE, Events, basic, follow_through_kills};

/// Changes that are delivered while the time is taken.
const CHANGES: usize = 100;

/// Far above the few milliseconds that it takes: the machine may be busy with something else.
const DELIVERED_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn a_follower_sees_each_change_once_through_kills() {
    let cluster = Cluster::shared();
    follow_through_kills(&cluster.home, 2);
}

/// From the moment at which one node is asked to that at which a reader on the other one is told.
#[test]
fn streams_a_change_of_another_node_soon() {
    let cluster = Cluster::shared();
    let key = cluster.home.account("acme", &[]);
    cluster.home.skills("acme", &["QA"]);
    let nodes = cluster.nodes(2);
    let mut caller = nodes[0].caller("acme", &key);
    assert_eq!(caller.create("911", "Ravi", "").unwrap().body, DONE);
    let credentials = basic("acme", &key);
    let headers = [("Authorization", credentials.as_str())];
    let mut events = Events::open(nodes[1].address, "/v1/feed?cursor=now", &headers).unwrap();
    let begin = events.next_block().unwrap().unwrap().id.unwrap();
    let begin: usize = begin.strip_prefix('c').unwrap().parse().unwrap();
    let mut took = Vec::new();
    for change in 0..CHANGES {
        let (assign, unassign) = if change % 2 == 0 { ("QA", "") } else { ("", "QA") };
        let asked = Instant::now();
        assert_eq!(caller.reassign(("911", "Ravi"), unassign, assign).unwrap().body, DONE);
        let event = events.next_event().unwrap().unwrap();
        took.push(asked.elapsed());
        assert_eq!(event.id, Some(format!("c{}", begin + 1 + change)));
    }
    took.sort_unstable();
    let (median, most) = (took[CHANGES / 2], took[CHANGES - 1]);
    println!("told on another node within {median:?}, at most {most:?}");
    assert!(median < DELIVERED_WITHIN, "{median:?}");
}
