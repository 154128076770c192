//! The primary dies and its standby takes over, under load: nothing acknowledged is lost, nothing
//! is done twice, and the nodes find the new primary by themselves.

use std::time::{Duration, Instant};

use test_postgres::{Proxy, Server as Database, Settings};

use super::editor::Editor;
use super::load::{Load, longest_pause};
use super::nodes::Cluster;
use test_support::Random;

/// Rounds of all pairs together, where `RINGBOOK_FAILOVER_ROUNDS` does not say another number.
const ROUNDS: usize = 20;

/// Pairs that are tested at the same time.
const PAIRS: usize = 2;

/// A primary is killed after fewer edits than this.
const EDITS_MAX: usize = 200;

/// A standby is promoted after at most as many refused edits.
const REFUSED_MAX: usize = 50;

#[test]
fn keeps_every_acknowledged_edit_with_the_first_pair() {
    fail_over_again_and_again();
}

#[test]
fn keeps_every_acknowledged_edit_with_the_second_pair() {
    fail_over_again_and_again();
}

/// Two servers of which one is the primary, each behind an address that stays when the server is
/// replaced.
struct Pair {
    primary: Database,
    standby: Database,
    addresses: [Proxy; 2],
}

impl Pair {
    fn start() -> Self {
        let primary = Database::start(&Settings::new());
        let standby = primary.standby();
        primary.require_standby(&standby);
        let addresses = [Proxy::start(primary.port()), Proxy::start(standby.port())];
        Self { primary, standby, addresses }
    }

    /// A place whose URL names both.
    fn cluster(&self) -> Cluster {
        let url = self.addresses[0].route(&self.primary.new_schema());
        let [first, second] = self.addresses.each_ref().map(Proxy::port);
        let both = format!("127.0.0.1:{first},127.0.0.1:{second}");
        Cluster::at(&url.replace(&format!("127.0.0.1:{first}"), &both))
    }

    /// A new standby takes the place of the server that died.
    fn renew(self) -> Self {
        let Self { primary: _, standby: primary, addresses: [died, lives] } = self;
        let standby = primary.standby();
        primary.require_standby(&standby);
        died.set_target(standby.port());
        Self { primary, standby, addresses: [lives, died] }
    }
}

fn fail_over_again_and_again() {
    let rounds = std::env::var("RINGBOOK_FAILOVER_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("RINGBOOK_FAILOVER_ROUNDS is a number"));
    let mut random = Random::new();
    let mut pair = Pair::start();
    let cluster = pair.cluster();
    let mut editors = Editor::fleet(&cluster, 2, 4);
    let nodes = cluster.nodes(2);
    let addresses: Vec<_> = nodes.iter().map(|node| node.address).collect();
    let mut pauses = Vec::new();
    for _ in 0..rounds.div_ceil(PAIRS) {
        let before = 1 + random.below(EDITS_MAX);
        // Mostly at once; now and then so late that the nodes have given edits up.
        let refused_before = if random.below(4) == 0 { 1 + random.below(REFUSED_MAX) } else { 0 };
        let (killed, counts) = Load::run(&mut editors, &addresses, &mut random, |load| {
            load.wait_for_done(before);
            let killed = Instant::now();
            pair.primary.kill();
            load.wait_for_refused(refused_before);
            pair.standby.promote();
            for node in 0..nodes.len() {
                load.wait_for_done_on(node, 10);
            }
            (killed, load.counts())
        });
        let pause = longest_pause(&editors, killed);
        println!("{pause:?} without writes, {refused_before} refused before; {counts:?}");
        if refused_before == 0 {
            pauses.push(pause);
        }
        Editor::assert_truthful(&editors, &cluster, &pair.standby);
        pair = pair.renew();
    }
    if let Some(longest) = pauses.iter().max() {
        let mean = pauses.iter().sum::<Duration>() / u32::try_from(pauses.len()).unwrap();
        println!("without writes: {mean:?} on average, {longest:?} at most");
    }
    cluster.home.check();
}
