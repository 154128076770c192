//! Properties of all sequences of commands.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::model::Model;
use super::steps::{run, steps};
use super::*;
use directory::command::SaveMode;

/// The refusals and faults of a decision, each by the name of its kind.
fn faults(decided: &Result<Decision, Refusal>) -> Vec<String> {
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

/// The changes of several commands are counted by row; a refused row has none.
fn assert_rows_add_up(command: &Command, decision: &Decision) {
    let counts = &decision.row_changes;
    assert_eq!(
        counts.iter().sum::<u32>() as usize,
        decision.changes.len() * usize::from(!counts.is_empty())
    );
    let Command::Several { rows, mode } = command else {
        assert!(counts.is_empty() && decision.row_faults.is_empty(), "{command:?}");
        return;
    };
    assert_eq!(decision.skill_fault, None);
    let is_saved = match mode {
        SaveMode::AllOrNothing => decision.row_faults.is_empty(),
        SaveMode::GoodRows => true,
        SaveMode::Nothing => false,
    };
    assert_eq!(counts.len(), if is_saved { rows.len() } else { 0 });
    assert!(is_saved || decision.changes.is_empty());
    for (row, count) in rows.iter().zip(counts) {
        let is_refused = decision.row_faults.iter().any(|fault| fault.line == row.line);
        assert!(!is_refused || *count == 0, "{row:?}");
    }
}

fn assert_holds_what_the_model_holds(account: &Account, model: &Model) {
    let phones = account.phones.iter();
    let phones = phones.map(|(id, phone)| (id, phone.number.to_string(), phone.name.to_string()));
    let listed = model.listed().map(|(id, number, name)| (id, number.into(), name.into()));
    assert_eq!(phones.collect::<Vec<_>>(), listed.collect::<Vec<_>>());
    let ring = |id| account.phones.ring(id).map(|(id, _)| id).collect();
    let rings: BTreeMap<String, Vec<PhoneId>> =
        account.skills.iter().map(|(name, id)| (name.to_string(), ring(id))).collect();
    assert_eq!(rings, model.rings);
    // No phone has a deleted skill.
    let held: usize = account.phones.iter().map(|(_, phone)| phone.skills.len()).sum();
    assert_eq!(held, rings.values().map(Vec::len).sum::<usize>());
    assert_eq!((account.profile.api_key_sha256, account.keys.len()), (model.main_key, model.keys));
    assert_eq!(account.profile.phone_number_limit as usize, model.limit);
    let newest_us = account.tokens.newest.as_ref().map(|token| token.issued_us);
    assert_eq!(newest_us, model.tokens_us.last().copied());
    let recent = newest_us.map_or(Vec::new(), |at_us| model.tokens_within_an_hour_of(at_us));
    assert_eq!(account.tokens.issued_us, recent);
}

fn assert_same(one: &Account, other: &Account) {
    assert_eq!(snapshot(&View::new(one)), snapshot(&View::new(other)));
    assert_eq!(one.skills, other.skills);
}

/// A snapshot after the changes, each half of them staged in a nested view. Between several rows two
/// phones may have the same number, and no view is made on top of that.
fn snapshot_in_nested_views(view: &View<'_>, command: &Command, changes: &[Change]) -> Snapshot {
    let is_whole = matches!(command, Command::Several { .. });
    let (early, late) = changes.split_at(if is_whole { 0 } else { changes.len() / 2 });
    let mut one = view.nested();
    for change in early {
        one.stage(change);
    }
    let mut other = one.nested();
    for change in late {
        other.stage(change);
    }
    snapshot(&other)
}

/// The decision with sorted changes: the order of changes of different phones and skills does not
/// matter.
fn sorted(decided: Result<Decision, Refusal>) -> Result<Decision, Refusal> {
    decided.map(|mut decision| {
        decision.changes.sort_by_cached_key(|change| format!("{change:?}"));
        decision
    })
}

proptest! {
    /// The rules refuse what the model refuses, and lead to the same state. Each change has the
    /// right sides (see `apply`), and a replay of the changes leads to the same account.
    #[test]
    fn commands_agree_with_the_model(steps in steps()) {
        let mut account = notation::new_account();
        let mut history = Vec::new();
        for (command, expected, model) in run(steps) {
            let decided = decide(&mut View::new(&account), &command);
            prop_assert_eq!(faults(&decided), expected, "{:?}", command);
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

    /// Commands that are decided through one view have the same results as commands that are
    /// applied one by one.
    #[test]
    fn batch_equals_single_commands(
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
                let staged = decide(&mut view.nested(), command);
                let nested = staged.as_ref().map_or(snapshot(&view), |decision| {
                    snapshot_in_nested_views(&view, command, &decision.changes)
                });
                prop_assert_eq!(&decide(&mut view, command), &staged);
                prop_assert_eq!(nested, snapshot(&view), "{:?}", command);
                changes.extend(staged.iter().flat_map(|decision| decision.changes.clone()));
                let decided = decide(&mut View::new(&alone), command);
                for change in decided.iter().flat_map(|decision| &decision.changes) {
                    apply(&mut alone, change);
                }
                prop_assert_eq!(sorted(staged), sorted(decided), "{:?}", command);
                prop_assert_eq!(snapshot(&view), snapshot(&View::new(&alone)), "{:?}", command);
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
