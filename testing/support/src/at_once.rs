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

/// Everybody sends the same request with the same `Idempotency-Key`: it is carried out once, and
/// all get the same answer, as if they were one who sends it again.
#[track_caller]
pub fn assert_once(servers: &[Server], account_key: &str, number: &str, name: &str) {
    let fields = serde_json::json!({"phoneNumber": number, "phoneName": name});
    let replies = at_once(servers, account_key, |caller, _| {
        let reply = caller.call_once(name, "create", &fields).unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (200, DONE));
        reply.header("idempotent-replayed").unwrap_or("first").to_owned()
    });
    let first = replies.iter().filter(|replayed| *replayed == "first").count();
    assert_eq!(first, 1, "{replies:?}");
}

/// One has it, and the others are told why they have not.
#[track_caller]
pub fn assert_one(replies: &[String], others: &str) {
    let winners = replies.iter().filter(|reply| *reply == DONE).count();
    let losers = replies.iter().filter(|reply| *reply == others).count();
    assert_eq!((winners, losers), (1, CALLERS - 1), "{replies:#?}");
}
