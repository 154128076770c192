//! Many callers at once for what only one of them can have.

use std::sync::Barrier;
use std::thread;

use super::caller::{Caller, DONE};
use super::server::Server;

/// Enough to be in one another's way, on each of several servers.
pub const CALLERS: usize = 16;

/// Calls by everybody at once, each with its number, in turn on one of the servers. The replies.
pub fn at_once(
    servers: &[Server],
    key: &str,
    call: impl Fn(&mut Caller, usize) -> String + Sync,
) -> Vec<String> {
    let barrier = Barrier::new(CALLERS);
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|number| {
                let mut caller = servers[number % servers.len()].caller("acme", key);
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
pub fn assert_one(replies: &[String], others: &str) {
    let winners = replies.iter().filter(|reply| *reply == DONE).count();
    let losers = replies.iter().filter(|reply| *reply == others).count();
    assert_eq!((winners, losers), (1, CALLERS - 1), "{replies:#?}");
}
