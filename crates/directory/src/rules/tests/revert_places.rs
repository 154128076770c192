//! Taking back what changed places in ring orders: no two phones come to one place.

use super::commands::{create, delete, delete_skills, edit, order, place, several, taking_back};
use super::past::{carry_out, check_revert};
use super::*;
use crate::command::Saves;
use crate::past::PastChange;
use crate::value::Assignment;

/// The account as a process has it that was started just now: ring orders end after the phones
/// that have the skill.
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

/// Checks what it comes to if what the first command did is taken back after the others, of
/// which each is decided by a process that was started just before.
#[track_caller]
fn check_after_restarts(state: &str, first: &Command, others: &[Command], outcome: &str) {
    let mut account = account(state);
    let done = carry_out(&mut account, first);
    for command in others {
        account = loaded_anew(&account);
        carry_out(&mut account, command);
    }
    check_taken_back(&account, done, outcome);
}

#[track_caller]
fn check_taken_back(account: &Account, changes: Vec<PastChange>, outcome: &str) {
    let revert = taking_back(changes);
    let (found, after) = comes_to(account, &mut View::new(account), &revert);
    assert_eq!(lines(&found).collect::<Vec<_>>(), lines(outcome).collect::<Vec<_>>());
    // Whatever a process remembers of where ring orders end, it comes to the same.
    let loaded = loaded_anew(account);
    assert_eq!(comes_to(&loaded, &mut View::new(&loaded), &revert).0, found);
    assert_no_two_share_a_place(&after);
}

/// In each ring order, each place is one phone's.
#[track_caller]
pub(super) fn assert_no_two_share_a_place(account: &Account) {
    for (name, skill) in account.skills.iter() {
        let ring = account.ring_order(skill);
        let positions = ring.iter().filter_map(|(_, phone)| phone.skills.get(skill));
        let positions: Vec<_> = positions.map(Assignment::position).collect();
        assert!(positions.is_sorted_by(|one, next| one < next), "{name}: {positions:?}");
    }
}

/// A skill that is back is the one that it was: its ring order goes on.
#[test]
fn a_skill_that_is_back_goes_on() {
    let mut account = account("111 Ravi QA:5");
    let changes = carry_out(&mut account, &delete_skills("QA"));
    carry_out(&mut account, &taking_back(changes));
    let create = create("222 Mira", "QA");
    let outcome = "111 Ravi QA:5; + 222 Mira QA:6";
    let (found, _) = comes_to(&account, &mut View::new(&account), &create);
    assert_eq!(lines(&found).collect::<Vec<_>>(), lines(outcome).collect::<Vec<_>>());
}

#[test]
fn a_ring_order_is_taken_back_as_a_whole() {
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
fn one_half_of_a_move_is_not_taken_back() {
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
        check_taken_back(&moved, vec![half.clone()], &taken(half.version, owner));
    }
    check_taken_back(&moved, changes, "~ 111 Ravi QA:1; ~ 222 Mira QA:2; 333 Noor QA:3");
    // Once the other phone is elsewhere, it can.
    let commands = [order("QA", "222"), edit("111 Ravi", "_ _", "-QA")];
    let mut moved = account(state);
    let done = carry_out(&mut moved, &commands[0]);
    carry_out(&mut moved, &commands[1]);
    check_taken_back(&moved, vec![done[1].clone()], "111 Ravi; ~ 222 Mira QA:2; 333 Noor QA:3");
}

#[test]
fn who_got_the_place_since_rings_after_who_has_it_again() {
    let state = "111 Ravi QA:1; 222 Mira QA:2,Sales:4";
    for first in [edit("222 Mira", "_ _", "-QA"), delete("222 Mira"), delete("#2 _")] {
        let mark = if matches!(first, Command::EditPhone { .. }) { "~" } else { "+" };
        let others = [create("333 Noor", "QA"), create("444 Ana", "QA"), create("555 Zoe", "QA")];
        let pushed = "~ 333 Noor QA:3; ~ 444 Ana QA:4; ~ 555 Zoe QA:5";
        let outcome = format!("111 Ravi QA:1; {mark} 222 Mira QA:2,Sales:4; {pushed}");
        check_after_restarts(state, &first, &others, &outcome);
        // Only as many as must.
        let others = [&others[..], &[edit("444 Ana", "_ _", "-QA")]].concat();
        let pushed = "~ 333 Noor QA:3; 444 Ana; 555 Zoe QA:4";
        let outcome = format!("111 Ravi QA:1; {mark} 222 Mira QA:2,Sales:4; {pushed}");
        check_after_restarts(state, &first, &others, &outcome);
    }
    // In one process no place is given out again.
    let commands = [edit("222 Mira", "_ _", "-QA"), create("333 Noor", "QA")];
    let outcome = "111 Ravi QA:1; ~ 222 Mira QA:2,Sales:4; 333 Noor QA:3";
    check_revert(state, &commands, &[0], outcome);
}

/// A skill that is back ends after the phones that it has again.
#[test]
fn a_place_of_a_skill_that_was_gone_is_given_out_again() {
    let mut account = account("111 Ravi QA:1; 222 Mira QA:2");
    let unassigned = carry_out(&mut account, &edit("222 Mira", "_ _", "-QA"));
    let deleted = carry_out(&mut account, &delete_skills("QA"));
    carry_out(&mut account, &taking_back(deleted));
    carry_out(&mut account, &create("333 Noor", "QA"));
    check_taken_back(&account, unassigned, "111 Ravi QA:1; ~ 222 Mira QA:2; ~ 333 Noor QA:3");
}

#[test]
fn several_phones_that_have_one_place_again_ring_as_they_had_it() {
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
    check_taken_back(&account, changes, outcome);
}

/// What made room is taken back with the rest.
#[test]
fn a_revert_that_made_room_is_taken_back() {
    let mut account = account("111 Ravi QA:1; 222 Mira QA:2");
    let deleted = carry_out(&mut account, &delete("222 Mira"));
    account = loaded_anew(&account);
    carry_out(&mut account, &create("333 Noor", "QA"));
    let reverted = carry_out(&mut account, &taking_back(deleted));
    assert_eq!(reverted.len(), 2);
    check_taken_back(&account, reverted, "111 Ravi QA:1; - 222 Mira QA:2; ~ 333 Noor QA:2");
}
