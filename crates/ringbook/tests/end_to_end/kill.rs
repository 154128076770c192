//! Servers that are killed in the middle of everything.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::support::{Agent, Home, Random};

/// Rounds where `RINGBOOK_KILL_ROUNDS` does not say another number.
const ROUNDS: usize = 100;

const CALLERS: usize = 4;
const AGENTS: usize = 20;
/// A server is killed after fewer acknowledged edits than this.
const EDITS_MAX: usize = 60;

/// Every acknowledged edit is there afterwards, and every phone is in the state that was
/// acknowledged, or in the one that was asked for: whole.
#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there() {
    let rounds = std::env::var("RINGBOOK_KILL_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("RINGBOOK_KILL_ROUNDS is a number"));
    let mut random = Random::new();
    let home = Home::new();
    let (mut agents, key) = Agent::fleet(&home, "acme", AGENTS);
    let (mut edits, mut unanswered) = (0, 0);
    for round in 1..=rounds {
        let mut server = home.serve(&[]);
        // Read beside the server, which has recovered the store before.
        unanswered += Agent::settle_all(&mut agents, &home.phones("acme"));
        let target = (server.address, "acme", key.as_str());
        let count = random.below(EDITS_MAX);
        thread::scope(|scope| {
            let (acknowledged, told) = channel();
            for agents in agents.chunks_mut(AGENTS / CALLERS) {
                let (random, acknowledged) = (random.split(), acknowledged.clone());
                scope.spawn(move || {
                    Agent::edit_until_gone(agents, target, random, &acknowledged);
                });
            }
            for _ in 0..count {
                told.recv_timeout(Duration::from_secs(30)).expect("edits are acknowledged");
            }
            server.kill();
        });
        edits += count;
        if round % 10 == 0 {
            home.check();
        }
    }
    Agent::settle_all(&mut agents, &home.phones("acme"));
    home.check();
    home.assert_history_is_gapless();
    println!("{rounds} rounds, {edits} edits acknowledged before a kill, {unanswered} unanswered");
}
