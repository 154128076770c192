//! Reverts of changes of ring positions: no two phones get one position.

use super::commands::{create, delete, delete_skills, edit, order, place, revert_command, several};
use super::past::{carry_out, check_revert};
use super::*;
use crate::command::Saves;
use crate::past::PastChange;
use crate::value::Assignment;

/// The account as it is loaded after a restart: ring orders end after their last phone.
fn loaded_anew(account: &Account) -> Account {
    let mut loaded = Account::new(account.id, account.profile.clone(), account.counters);
    for (name, id) in account.skills.iter() {
        loaded.skills.set(id, name.clone());
    }
    for (id, phone) in account.phones.iter() {
        loaded.set_phone(id, Some(phone.clone()));
    }
    loaded
}

/// Executes all commands with a restart before each, reverts the first one, and checks the outcome
/// of the revert.
#[track_caller]
fn check_after_restarts(state: &str, first: &Command, others: &[Command], outcome: &str) {
    let mut account = account(state);
    let done = carry_out(&mut account, first);
    for command in others {
        account = loaded_anew(&account);
        carry_out(&mut account, command);
    }
    check_revert_of(&account, done, outcome);
}

#[track_caller]
fn check_revert_of(account: &Account, changes: Vec<PastChange>, outcome: &str) {
    let revert = revert_command(changes);
    let (found, after) = outcome_of(account, &mut View::new(account), &revert);
    assert_eq!(lines(&found).collect::<Vec<_>>(), lines(outcome).collect::<Vec<_>>());
    // The outcome does not depend on the last positions that a process has seen.
    let loaded = loaded_anew(account);
    assert_eq!(outcome_of(&loaded, &mut View::new(&loaded), &revert).0, found);
    assert_no_two_share_a_place(&after);
}

/// No two phones share a position in a ring order.
#[track_caller]
pub(super) fn assert_no_two_share_a_place(account: &Account) {
    for (name, skill) in account.skills.iter() {
        let ring = account.ring_order(skill);
        let positions = ring.iter().filter_map(|(_, phone)| phone.skills.get(skill));
        let positions: Vec<_> = positions.map(Assignment::position).collect();
        assert!(positions.is_sorted_by(|one, next| one < next), "{name}: {positions:?}");
    }
}

/// The ring order of a restored skill continues after its last position.
#[test]
fn restored_skill_keeps_its_next_position() {
    let mut account = account("111 Ravi QA:5");
    let changes = carry_out(&mut account, &delete_skills("QA"));
    carry_out(&mut account, &revert_command(changes));
    let create = create("222 Mira", "QA");
    let outcome = "111 Ravi QA:5; + 222 Mira QA:6";
    let (found, _) = outcome_of(&account, &mut View::new(&account), &create);
    assert_eq!(lines(&found).collect::<Vec<_>>(), lines(outcome).collect::<Vec<_>>());
}

#[test]
fn reverts_a_ring_order_as_a_whole() {
    let state = "111 Ravi QA:1; 222 Mira QA:2; 333 Noor QA:3";
    let back = "~ 111 Ravi QA:1; ~ 222 Mira QA:2; ~ 333 Noor QA:3";
    check_revert(state, &[order("QA", "333")], &[0], back);
    let twice = [place("QA", "333", 1), place("QA", "111", 3)];
    let back = "~ 111 Ravi QA:1; 222 Mira QA:2; ~ 333 Noor QA:3";
    check_revert(state, &twice, &[1, 0], back);
    check_revert(
        state,
        &twice,
        &[0],
        "refused: change 10 cannot be taken back: the phone's skills, or its places in their ring \
         orders, are others by now: it has QA",
    );
}

#[test]
fn refuses_to_revert_half_a_move() {
    let state = "111 Ravi QA:1; 222 Mira QA:2; 333 Noor QA:3";
    let taken = |change: u64, owner: &str| {
        format!(
            "refused: change {change} cannot be taken back: the phone's place in the ring order \
             of \"QA\" is that of {owner} by now"
        )
    };
    let mut moved = account(state);
    let changes = carry_out(&mut moved, &place("QA", "222", 1));
    let [second, first] = &changes[..] else { panic!("{changes:?}") };
    for (half, owner) in [(second, "222"), (first, "111")] {
        check_revert_of(&moved, vec![half.clone()], &taken(half.version, owner));
    }
    check_revert_of(&moved, changes, "~ 111 Ravi QA:1; ~ 222 Mira QA:2; 333 Noor QA:3");
    // It can be reverted once the position is free.
    let commands = [order("QA", "222"), edit("111 Ravi", "_ _", "-QA")];
    let mut moved = account(state);
    let done = carry_out(&mut moved, &commands[0]);
    carry_out(&mut moved, &commands[1]);
    check_revert_of(&moved, vec![done[1].clone()], "111 Ravi; ~ 222 Mira QA:2; 333 Noor QA:3");
}

#[test]
fn restored_phone_pushes_back_its_successor() {
    let state = "111 Ravi QA:1; 222 Mira QA:2,Sales:4";
    for first in [edit("222 Mira", "_ _", "-QA"), delete("222 Mira"), delete("#2 _")] {
        let mark = if matches!(first, Command::EditPhone { .. }) { "~" } else { "+" };
        let others = [create("333 Noor", "QA"), create("444 Ana", "QA"), create("555 Zoe", "QA")];
        let pushed = "~ 333 Noor QA:3; ~ 444 Ana QA:4; ~ 555 Zoe QA:5";
        let outcome = format!("111 Ravi QA:1; {mark} 222 Mira QA:2,Sales:4; {pushed}");
        check_after_restarts(state, &first, &others, &outcome);
        // Only as many phones as necessary move.
        let others = [&others[..], &[edit("444 Ana", "_ _", "-QA")]].concat();
        let pushed = "~ 333 Noor QA:3; 444 Ana; 555 Zoe QA:4";
        let outcome = format!("111 Ravi QA:1; {mark} 222 Mira QA:2,Sales:4; {pushed}");
        check_after_restarts(state, &first, &others, &outcome);
    }
    // Without a restart, no position is assigned twice.
    let commands = [edit("222 Mira", "_ _", "-QA"), create("333 Noor", "QA")];
    let outcome = "111 Ravi QA:1; ~ 222 Mira QA:2,Sales:4; 333 Noor QA:3";
    check_revert(state, &commands, &[0], outcome);
}

/// The ring order of a restored skill ends after its restored phones.
#[test]
fn restored_skill_reuses_its_last_position() {
    let mut account = account("111 Ravi QA:1; 222 Mira QA:2");
    let unassigned = carry_out(&mut account, &edit("222 Mira", "_ _", "-QA"));
    let deleted = carry_out(&mut account, &delete_skills("QA"));
    carry_out(&mut account, &revert_command(deleted));
    carry_out(&mut account, &create("333 Noor", "QA"));
    check_revert_of(&account, unassigned, "111 Ravi QA:1; ~ 222 Mira QA:2; ~ 333 Noor QA:3");
}

#[test]
fn restored_phones_with_one_position_ring_in_their_former_order() {
    let mut account = account("111 Ravi QA:1; 222 Mira; 333 Noor QA:2");
    let mut changes = carry_out(&mut account, &edit("333 Noor", "_ _", "-QA"));
    account = loaded_anew(&account);
    carry_out(&mut account, &edit("222 Mira", "_ _", "+QA"));
    let later = several(Saves::AllOrNothing, [delete("222 Mira"), create("444 Ana", "")]);
    let later = carry_out(&mut account, &later);
    changes.splice(0..0, later);
    account = loaded_anew(&account);
    carry_out(&mut account, &create("555 Zoe", "QA"));
    let outcome = "111 Ravi QA:1; + 222 Mira QA:3; ~ 333 Noor QA:2; - 444 Ana; ~ 555 Zoe QA:4";
    check_revert_of(&account, changes, outcome);
}

/// The moves that made room are reverted as well.
#[test]
fn reverts_a_revert_that_moved_phones() {
    let mut account = account("111 Ravi QA:1; 222 Mira QA:2");
    let deleted = carry_out(&mut account, &delete("222 Mira"));
    account = loaded_anew(&account);
    carry_out(&mut account, &create("333 Noor", "QA"));
    let reverted = carry_out(&mut account, &revert_command(deleted));
    assert_eq!(reverted.len(), 2);
    check_revert_of(&account, reverted, "111 Ravi QA:1; - 222 Mira QA:2; ~ 333 Noor QA:2");
}

#[test]
fn restored_skill_has_the_same_next_position_in_a_batch() {
    let mut account = account("111 Ravi QA:1; 222 Mira QA:2");
    carry_out(&mut account, &edit("222 Mira", "_ _", "-QA"));
    let committed = account.clone();
    let mut view = View::new(&committed);
    decide(&mut view, &delete_skills("QA")).unwrap();
    let deleted = carry_out(&mut account, &delete_skills("QA"));
    let (outcome, _) = outcome_of(&account, &mut view, &revert_command(deleted));
    assert!(outcome.contains("+QA"), "{outcome}");
}
