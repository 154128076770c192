//! What holds for every sequence of commands.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::commands::create_skills;
use super::model::Model;
use super::*;
use crate::account::{ApiAuthentication, IssuedToken};
use crate::command::{ImportRow, ImportSaves, PhoneLookup, ProfileEdit, SkillEdit};

// Few of each, so that commands meet. Of the skills D and a are there only once they are created.
const NUMBERS: [&str; 6] = ["100", "+100", "0100", "200", "300", "400"];
const NAMES: [&str; 7] = ["Ab", "aB", "+Ab", "Cd", "CD", "Ef", "Gh"];
const SKILLS: [&str; 5] = ["A", "B", "C", "D", "a"];

fn number() -> impl Strategy<Value = PhoneNumber> {
    select(&NUMBERS).prop_map(notation::number)
}

fn name() -> impl Strategy<Value = PhoneName> {
    select(&NAMES).prop_map(notation::name)
}

fn skills() -> impl Strategy<Value = Vec<String>> {
    let skill = prop_oneof![4 => select(&SKILLS[..3]), 1 => select(&SKILLS[3..])];
    prop::collection::vec(skill.prop_map(str::to_owned), 0..3)
}

fn skill_edit() -> impl Strategy<Value = SkillEdit> {
    let fault = select(vec![
        SkillFault::NamesNone { list: SkillList::Assign },
        SkillFault::UnknownKey { key: "skils".to_owned() },
    ]);
    (skills(), skills(), prop::option::weighted(0.1, fault))
        .prop_map(|(unassign, assign, fault)| SkillEdit { unassign, assign, fault })
}

fn lookup() -> impl Strategy<Value = PhoneLookup> {
    let number = prop_oneof![9 => select(&NUMBERS), 1 => Just("12")].prop_map(str::to_owned);
    let name = select(&NAMES).prop_map(str::to_owned);
    (prop::option::weighted(0.8, number), prop::option::weighted(0.8, name))
        .prop_map(|(number, name)| PhoneLookup { number, name })
}

fn import() -> impl Strategy<Value = Command> {
    let row = (number(), name(), skills());
    let saves =
        select(vec![ImportSaves::AllOrNothing, ImportSaves::GoodRows, ImportSaves::Nothing]);
    (prop::collection::vec(row, 0..4), saves).prop_map(|(rows, saves)| {
        let rows = (1..).zip(rows).map(|(line, (number, name, skills))| {
            let skills = skills.join(",").into();
            ImportRow { line, number, name, skills }
        });
        Command::ImportPhones { rows: rows.collect(), saves }
    })
}

fn profile_edit() -> impl Strategy<Value = Command> {
    let api_authentication =
        select(vec![ApiAuthentication::BasicAuth, ApiAuthentication::TokenAuth]);
    (prop::option::of(0_u8..3), prop::option::of(api_authentication), prop::option::of(0_u32..7))
        .prop_map(|(key, api_authentication, phone_number_limit)| {
            let api_key_sha256 = key.map(|byte| [byte; 32]);
            Command::EditProfile(ProfileEdit {
                api_key_sha256,
                api_authentication,
                phone_number_limit,
            })
        })
}

/// The time is the one since the token before.
fn token() -> impl Strategy<Value = Command> {
    let minutes = prop_oneof![3 => 0_i64..3, 1 => 0_i64..70];
    (minutes, any::<u8>()).prop_map(|(minutes, byte)| {
        let issued_us = minutes * 60_000_000;
        Command::IssueToken {
            issued: IssuedToken { sha256: [byte; 32], issued_us, expires_us: issued_us },
        }
    })
}

fn command() -> impl Strategy<Value = Command> {
    let edit = (lookup(), prop::option::of(number()), prop::option::of(name()), skill_edit())
        .prop_map(|(phone, number_new, name_new, skills)| Command::EditPhone {
            phone,
            number_new,
            name_new,
            skills,
        });
    let order = (select(&SKILLS), prop::collection::vec(number(), 0..5))
        .prop_map(|(skill, first)| Command::OrderSkill { name: skill.to_owned(), first });
    prop_oneof![
        6 => (number(), name(), skill_edit())
            .prop_map(|(number, name, skills)| Command::CreatePhone { number, name, skills }),
        8 => edit,
        2 => lookup().prop_map(|phone| Command::DeletePhone { phone }),
        2 => import(),
        1 => skills().prop_map(|names| create_skills(&names.join(","))),
        1 => skills().prop_map(|names| Command::DeleteSkills { names }),
        3 => order,
        1 => profile_edit(),
        4 => token(),
    ]
}

/// Commands, each with what to aim it at: by chance alone too few would hit.
fn steps() -> impl Strategy<Value = Vec<(Command, Option<Index>)>> {
    let aim = prop::option::weighted(0.8, any::<Index>());
    prop::collection::vec((command(), aim), 0..80)
}

/// Turns a command to something that is there.
fn aim(command: &mut Command, index: Index, model: &Model) {
    match command {
        Command::EditPhone { phone, .. } | Command::DeletePhone { phone } => {
            if let Some(at) = model.names.len().checked_sub(1).map(|last| index.index(last + 1)) {
                let (number, name) = model.names.iter().nth(at).unwrap();
                *phone = PhoneLookup {
                    number: Some(number.clone()),
                    name: Some(name.to_ascii_uppercase()),
                };
            }
        }
        Command::OrderSkill { name, first } => {
            let ring = model.rings.get(name).cloned().unwrap_or_default();
            first.retain(|number| ring.contains(&number.to_string()));
        }
        _ => {}
    }
}

/// The commands of the steps, and what the model tells of each and is after it.
fn run(steps: Vec<(Command, Option<Index>)>) -> Vec<(Command, Vec<String>, Model)> {
    let mut model = Model::new();
    let mut now_us = 0;
    let start = (create_skills("A,B,C"), None);
    std::iter::once(start)
        .chain(steps)
        .map(|(mut command, index)| {
            if let Some(index) = index {
                aim(&mut command, index, &model);
            }
            if let Command::IssueToken { issued } = &mut command {
                now_us += issued.issued_us;
                issued.issued_us = now_us;
            }
            let told = model.run(&command);
            (command, told, model.clone())
        })
        .collect()
}

/// All that a decision refuses, each by the name of its kind.
fn told(decided: &Result<Decision, Refusal>) -> Vec<String> {
    fn kind(error: &dyn std::fmt::Debug) -> String {
        format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
    }
    match decided {
        Err(refusal) => vec![kind(refusal)],
        Ok(Decision { skill_fault, row_faults, .. }) => {
            let rows = row_faults.iter().map(|row| format!("{} {}", row.line, kind(&row.refusal)));
            let skills = skill_fault.iter().map(|fault| format!("skills {}", kind(fault)));
            skills.chain(rows).collect()
        }
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
                let staged = decide(&mut view, command);
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
