//! Random sequences of commands.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::commands::command as parse;
use super::model::Model;
use super::*;
use directory::command::{
    IfAssigned, PhoneLookup, ProfileEdit, RingOrder, Row, SaveMode, SkillEdit,
};
use directory::value::{ApiAuthentication, IssuedToken};

// Few of each, so that commands collide. The skills D and a do not exist at first.
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
    let set = prop::option::weighted(0.2, skills());
    (set, skills(), skills(), prop::option::weighted(0.1, fault), any::<bool>()).prop_map(
        |(set, unassign, assign, fault, is_strict)| SkillEdit {
            set,
            unassign,
            assign,
            fault,
            is_strict,
            ..SkillEdit::default()
        },
    )
}

fn lookup() -> impl Strategy<Value = PhoneLookup> {
    let number = prop_oneof![9 => select(&NUMBERS), 1 => Just("12")].prop_map(str::to_owned);
    let name = select(&NAMES).prop_map(str::to_owned);
    let id = (1_u32..9).prop_map(PhoneId);
    let any = (
        prop::option::weighted(0.1, id.clone()),
        prop::option::weighted(0.8, number),
        prop::option::weighted(0.8, name),
    );
    prop_oneof![
        4 => any.prop_map(|(id, number, name)| PhoneLookup { id, number, name, expected_version: None }),
        1 => id.prop_map(PhoneLookup::by_id),
    ]
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

fn key() -> impl Strategy<Value = Command> {
    (4_u8..=255, prop::option::of(0_i64..200)).prop_map(|(hash, old_expires_us)| {
        match old_expires_us {
            Some(old_expires_us) => parse(&format!("rotate-key 0 {hash} {old_expires_us}")),
            None => parse(&format!("create-key PBX routing {hash}")),
        }
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

fn ring_order() -> impl Strategy<Value = Command> {
    let phones = || prop::collection::vec(lookup(), 0..5);
    let order = prop_oneof![
        2 => phones().prop_map(RingOrder::First),
        1 => phones().prop_map(RingOrder::Whole),
        2 => (lookup(), 0_usize..7)
            .prop_map(|(phone, position)| RingOrder::Move { phone, position }),
    ];
    (select(&SKILLS), order).prop_map(|(skill, order)| Command::OrderSkill {
        name: skill.to_owned(),
        order,
        expected_version: None,
    })
}

/// A command about phones, skills or ring orders.
fn of_directory() -> impl Strategy<Value = Command> {
    let edit = (lookup(), prop::option::of(number()), prop::option::of(name()), skill_edit())
        .prop_map(|(phone, number_new, name_new, skills)| Command::EditPhone {
            phone,
            number_new,
            name_new,
            skills,
        });
    let upsert = (
        prop::option::of((1_u32..9).prop_map(PhoneId)),
        prop::option::weighted(0.8, number()),
        prop::option::of(name()),
        skill_edit(),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(id, number, name, skills, trusts_id)| Command::UpsertPhone {
            id,
            number,
            name,
            skills,
            trusts_id,
        });
    let if_assigned = select(vec![IfAssigned::Unassign, IfAssigned::Refuse]);
    let rename = (select(&SKILLS), select(&SKILLS));
    prop_oneof![
        6 => (number(), name(), skill_edit())
            .prop_map(|(number, name, skills)| Command::CreatePhone { number, name, skills }),
        8 => edit,
        6 => upsert,
        2 => lookup().prop_map(|phone| Command::DeletePhone { phone }),
        2 => skills().prop_map(|names| parse(&format!("create-skills {}", names.join(",")))),
        1 => rename.prop_map(|(name, name_new)| parse(&format!("rename-skill {name} {name_new}"))),
        1 => (skills(), if_assigned)
            .prop_map(|(names, if_assigned)| Command::DeleteSkills { names, if_assigned }),
        3 => ring_order(),
        1 => profile_edit(),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let one = prop_oneof![8 => of_directory(), 1 => key(), 2 => token()].boxed();
    // Rows are issued at one time, so tokens are not among them.
    let row = prop_oneof![8 => of_directory(), 1 => key()];
    let mode = select(vec![SaveMode::AllOrNothing, SaveMode::GoodRows, SaveMode::Nothing]);
    let several = (prop::collection::vec(row, 0..5), mode).prop_map(|(commands, mode)| {
        let rows =
            (1..).zip(commands).map(|(line, command)| Row { line, command, may_be_cut: false });
        Command::Several { rows: rows.collect(), mode }
    });
    prop_oneof![8 => one, 1 => several]
}

/// A command, and perhaps an index of an existing thing to aim it at: otherwise too few would hit.
pub(super) type Step = (Command, Option<Index>);

/// Commands of all kinds that the model has.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let aim = prop::option::weighted(0.8, any::<Index>());
    prop::collection::vec((command(), aim), 0..80)
}

/// Commands whose changes can be reverted.
pub(super) fn revertible_steps() -> impl Strategy<Value = Vec<Step>> {
    let aim = prop::option::weighted(0.8, any::<Index>());
    let kept = of_directory().prop_map(|mut command| {
        if let Command::EditProfile(edit) = &mut command {
            edit.api_key_sha256 = None;
            // A change of the limit cannot be reverted, so it comes alone.
            if edit.phone_number_limit.is_some() {
                edit.api_authentication = None;
            }
        }
        command
    });
    prop::collection::vec((kept, aim), 1..60)
}

/// Aims a command at something that exists.
fn aim(command: &mut Command, index: Index, model: &Model) {
    let listed: Vec<_> = model.listed().collect();
    match command {
        Command::EditPhone { phone, .. } | Command::DeletePhone { phone } => {
            if let Some(at) = listed.len().checked_sub(1).map(|last| index.index(last + 1)) {
                let (_, number, name) = listed[at];
                *phone = PhoneLookup {
                    number: Some(number.to_owned()),
                    name: Some(name.to_ascii_uppercase()),
                    ..PhoneLookup::default()
                };
            }
        }
        Command::UpsertPhone { id: Some(id), number, name, .. } if !listed.is_empty() => {
            let known = listed[index.index(listed.len())];
            *id = known.0;
            match (&mut *number, &mut *name) {
                (_, Some(name)) => *name = notation::name(known.2),
                (number, None) => *number = Some(notation::number(known.1)),
            }
        }
        Command::OrderSkill { name, order, .. } => {
            aim_order(order, index, &model.numbers().remove(name).unwrap_or_default());
        }
        Command::Several { rows, .. } => {
            for row in rows {
                aim(&mut row.command, index, model);
            }
        }
        _ => {}
    }
}

fn aim_order(order: &mut RingOrder, index: Index, ring: &[String]) {
    let held = |phone: &PhoneLookup| phone.number.as_ref().is_some_and(|one| ring.contains(one));
    match order {
        RingOrder::First(first) => {
            first.retain(held);
            for phone in first {
                phone.name = None;
            }
        }
        RingOrder::Whole(whole) if ring.is_empty() => whole.clear(),
        RingOrder::Whole(whole) => {
            let mut turned = ring.to_vec();
            turned.rotate_left(index.index(ring.len()));
            *whole = turned.iter().map(PhoneLookup::by_number).collect();
        }
        RingOrder::Move { phone, .. } if !ring.is_empty() => {
            *phone = PhoneLookup::by_number(&ring[index.index(ring.len())]);
        }
        RingOrder::Move { .. } => {}
    }
}

/// The commands of the steps, each with its faults and the model after it.
pub(super) fn run(steps: Vec<Step>) -> Vec<(Command, Vec<String>, Model)> {
    let mut model = Model::new();
    let mut now_us = 0;
    let start = (parse("create-skills A,B,C"), None);
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
            let faults = model.run(&command);
            (command, faults, model.clone())
        })
        .collect()
}
