//! What holds for every sequence of commands.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::model::Model;
use super::steps::{run, steps};
use super::*;
use crate::command::Saves;

/// All that a decision refuses, each by the name of its kind.
fn told(decided: &Result<Decision, Refusal>) -> Vec<String> {
    fn kind(error: &dyn std::fmt::Debug) -> String {
        format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
    }
    fn kinds(refusal: &Refusal) -> String {
        match refusal {
            Refusal::Several(all) => all.iter().map(kinds).collect::<Vec<_>>().join("+"),
            Refusal::Skills(fault) => kind(fault),
            refusal => kind(refusal),
        }
    }
    match decided {
        Err(refusal) => vec![kinds(refusal)],
        Ok(Decision { skill_fault, row_faults, .. }) => {
            let rows = row_faults.iter().map(|row| format!("{} {}", row.line, kinds(&row.refusal)));
            let skills = skill_fault.iter().map(|fault| format!("skills {}", kind(fault)));
            skills.chain(rows).collect()
        }
    }
}

/// The changes of several are told row by row: of a row that is refused, none.
fn assert_rows_add_up(command: &Command, decision: &Decision) {
    let counts = &decision.row_changes;
    assert_eq!(
        counts.iter().sum::<u32>() as usize,
        decision.changes.len() * usize::from(!counts.is_empty())
    );
    let Command::Several { rows, saves } = command else {
        assert!(counts.is_empty() && decision.row_faults.is_empty(), "{command:?}");
        return;
    };
    assert_eq!(decision.skill_fault, None);
    let is_saved = match saves {
        Saves::AllOrNothing => decision.row_faults.is_empty(),
        Saves::GoodRows => true,
        Saves::Nothing => false,
    };
    assert_eq!(counts.len(), if is_saved { rows.len() } else { 0 });
    assert!(is_saved || decision.changes.is_empty());
    for (row, count) in rows.iter().zip(counts) {
        let is_refused = decision.row_faults.iter().any(|fault| fault.line == row.line);
        assert!(!is_refused || *count == 0, "{row:?}");
    }
}

fn assert_holds_what_the_model_holds(account: &Account, model: &Model) {
    let names: BTreeMap<_, _> = account
        .phones
        .iter()
        .map(|(_, phone)| (phone.number.to_string(), phone.name.to_string()))
        .collect();
    assert_eq!(names, model.names);
    assert_eq!(account.phones.len(), model.names.len());
    let ring = |id| account.ring_order(id).iter().map(|(_, p)| p.number.to_string()).collect();
    let rings: BTreeMap<String, Vec<String>> =
        account.skills.iter().map(|(name, id)| (name.to_string(), ring(id))).collect();
    assert_eq!(rings, model.rings);
    // No phone has a skill that is gone.
    let held: usize = account.phones.iter().map(|(_, phone)| phone.skills.len()).sum();
    assert_eq!(held, rings.values().map(Vec::len).sum::<usize>());
    let serials = (1..).zip(&model.serials);
    let serials = serials.filter_map(|(id, number)| Some((PhoneId(id), number.clone()?)));
    let ids = account.phones.iter().map(|(id, phone)| (id, phone.number.to_string()));
    assert!(ids.eq(serials));
    assert_eq!((account.profile.api_key_sha256, account.keys.len()), (model.main_key, model.keys));
    assert_eq!(account.profile.phone_number_limit as usize, model.limit);
    let newest_us = account.tokens.newest.as_ref().map(|token| token.issued_us);
    assert_eq!(newest_us, model.tokens_us.last().copied());
    let recent = newest_us.map_or(Vec::new(), |at_us| model.tokens_within_an_hour_of(at_us));
    assert_eq!(account.tokens.issued_us, recent);
}

fn assert_same(one: &Account, other: &Account) {
    assert_eq!(seen(&View::new(one)), seen(&View::new(other)));
    assert_eq!(one.skills, other.skills);
}

/// What is seen after changes of which each half is staged on trial.
fn seen_on_trial(view: &View<'_>, changes: &[Change]) -> Seen {
    let (early, late) = changes.split_at(changes.len() / 2);
    let mut one = view.on_trial();
    for change in early {
        one.stage(change);
    }
    let mut other = one.on_trial();
    for change in late {
        other.stage(change);
    }
    seen(&other)
}

/// A decision whose changes are in an order of their own: they are of different phones and
/// skills, and which comes first means nothing.
fn sorted(decided: Result<Decision, Refusal>) -> Result<Decision, Refusal> {
    decided.map(|mut decision| {
        decision.changes.sort_by_cached_key(|change| format!("{change:?}"));
        decision
    })
}

proptest! {
    /// The rules refuse what the model refuses, and lead to what it leads to. Every change is told
    /// as what was and became what it says (see `apply`), and the history leads there again.
    #[test]
    fn commands_do_what_the_model_does(steps in steps()) {
        let mut account = notation::new_account();
        let mut history = Vec::new();
        for (command, expected, model) in run(steps) {
            let decided = decide(&mut View::new(&account), &command);
            prop_assert_eq!(told(&decided), expected, "{:?}", command);
            if let Ok(decision) = &decided {
                assert_rows_add_up(&command, decision);
            }
            for change in decided.map(|decision| decision.changes).unwrap_or_default() {
                apply(&mut account, &change);
                history.push(change);
            }
            assert_holds_what_the_model_holds(&account, &model);
        }
        let mut again = notation::new_account();
        for change in &history {
            apply(&mut again, change);
        }
        assert_same(&again, &account);
    }

    /// Commands that are decided through one view and then applied come to what they come to when
    /// each is applied before the next is decided.
    #[test]
    fn a_batch_comes_to_what_its_commands_come_to(
        steps in steps(),
        sizes in prop::collection::vec(1_usize..9, 1..20),
    ) {
        let (mut alone, mut batched) = (notation::new_account(), notation::new_account());
        let commands: Vec<_> = run(steps).into_iter().map(|(command, ..)| command).collect();
        let mut rest = &commands[..];
        for size in sizes.iter().cycle() {
            let (batch, later) = rest.split_at(rest.len().min(*size));
            rest = later;
            let mut view = View::new(&batched);
            let mut changes = Vec::new();
            for command in batch {
                let staged = decide(&mut view.on_trial(), command);
                let on_trial = staged.as_ref().map_or(seen(&view), |decision| {
                    seen_on_trial(&view, &decision.changes)
                });
                prop_assert_eq!(&decide(&mut view, command), &staged);
                prop_assert_eq!(on_trial, seen(&view), "{:?}", command);
                changes.extend(staged.iter().flat_map(|decision| decision.changes.clone()));
                let decided = decide(&mut View::new(&alone), command);
                for change in decided.iter().flat_map(|decision| &decision.changes) {
                    apply(&mut alone, change);
                }
                prop_assert_eq!(sorted(staged), sorted(decided), "{:?}", command);
                prop_assert_eq!(seen(&view), seen(&View::new(&alone)), "{:?}", command);
            }
            for change in &changes {
                apply(&mut batched, change);
            }
            assert_same(&batched, &alone);
            if rest.is_empty() {
                break;
            }
        }
    }
}
