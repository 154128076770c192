//! Random commands with few different values, so that they often conflict.

use directory::routing::Setting;
use directory::{
    Account, Command, IfAssigned, PhoneId, PhoneLookup, PhoneName, PhoneNumber, ProfileEdit,
    RingOrder, RoutingOf, Row, SaveMode, SettingEdit, SkillEdit, SkillName,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const NUMBERS: [&str; 6] = ["100", "+100", "0100", "200", "300", "400"];
const NAMES: [&str; 7] = ["Ab", "aB", "+Ab", "Cd", "CD", "Ef", "Gh"];
const SKILLS: [&str; 5] = ["General", "QA", "Nacht-Süd", "qa", "\"x\""];

const SKILL_SETTINGS: [(&str, &str); 3] =
    [("mode", "parallel"), ("ring_time_s", "30"), ("overflow", "QA")];
const PHONE_SETTINGS: [(&str, &str); 4] =
    [("pause", "- lunch"), ("ring_time_s", "9"), ("delay_s", "0"), ("confirm", "true")];

/// A command to one of the accounts, and which phone to name: at random too few would exist.
#[derive(Debug, Clone)]
pub struct Step {
    pub account: usize,
    command: Command,
    aim: Option<Index>,
}

impl Step {
    /// The first command of each account.
    pub fn first(account: usize) -> Self {
        let names = SKILLS[..3].iter().map(|name| SkillName::parse(name).unwrap()).collect();
        Self { account, command: Command::CreateSkills { names }, aim: None }
    }

    /// The command, made to name phones that exist.
    pub fn aimed(&self, account: &Account) -> Command {
        let mut command = self.command.clone();
        let Some(index) = self.aim else { return command };
        match &mut command {
            Command::EditPhone { phone, .. }
            | Command::DeletePhone { phone }
            | Command::EditRouting { of: RoutingOf::Phone(phone), .. }
                if !account.phones.is_empty() =>
            {
                let at = index.index(account.phones.len());
                let (_, found) = account.phones.iter().nth(at).unwrap();
                phone.number = Some(found.number.to_string());
                phone.name = Some(found.name.as_str().to_ascii_uppercase());
            }
            Command::OrderSkill { name, order: RingOrder::First(first), .. } => {
                let ring = account.skills.find(name).map(|id| account.phones.ring(id));
                let ring = ring.into_iter().flatten();
                let numbers: Vec<_> = ring.map(|(_, phone)| phone.number.to_string()).collect();
                first
                    .retain(|phone| phone.number.as_ref().is_some_and(|one| numbers.contains(one)));
            }
            _ => {}
        }
        command
    }
}

/// Groups of steps; those of a group are requested at once.
pub fn groups() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let account = prop_oneof![3 => Just(0_usize), 1 => Just(1)];
    let step = (account, command(), prop::option::weighted(0.8, any::<Index>()))
        .prop_map(|(account, command, aim)| Step { account, command, aim });
    prop::collection::vec(prop::collection::vec(step, 1..6), 1..16)
}

fn command() -> impl Strategy<Value = Command> {
    let create = (number(), name(), skill_edit())
        .prop_map(|(number, name, skills)| Command::CreatePhone { number, name, skills });
    let new = (prop::option::of(number()), prop::option::of(name()));
    let edit = (lookup(), new, skill_edit()).prop_map(|(phone, (number_new, name_new), skills)| {
        Command::EditPhone { phone, number_new, name_new, skills }
    });
    let order =
        (select(&SKILLS[..]), prop::collection::vec(number(), 0..5)).prop_map(|(skill, first)| {
            let first = first.into_iter().map(PhoneLookup::by_number).collect();
            let order = RingOrder::First(first);
            Command::OrderSkill { name: skill.to_owned(), order, expected_version: None }
        });
    let if_assigned = select(vec![IfAssigned::Unassign, IfAssigned::Refuse]);
    let delete_skills = (skills(), if_assigned)
        .prop_map(|(names, if_assigned)| Command::DeleteSkills { names, if_assigned });
    let create_skills = skills().prop_map(|names| {
        let names = names.iter().map(|name| SkillName::parse(name).unwrap());
        Command::CreateSkills { names: names.collect() }
    });
    prop_oneof![
        6 => create,
        8 => edit,
        2 => lookup().prop_map(|phone| Command::DeletePhone { phone }),
        2 => import(),
        1 => create_skills,
        1 => delete_skills,
        3 => order,
        1 => profile_edit(),
        4 => routing(),
    ]
}

/// Some are refused: a phone without the skill, a circle, a skill that was deleted.
fn routing() -> impl Strategy<Value = Command> {
    let skill = || select(&SKILLS[..3]).prop_map(str::to_owned);
    let of_account = Just((RoutingOf::Account, None, "dial_template.kamailio", "sip:{number}@x"));
    let in_skill = (skill(), select(&SKILL_SETTINGS[..]))
        .prop_map(|(skill, (setting, value))| (RoutingOf::Skill(skill), None, setting, value));
    let in_phone = (lookup(), prop::option::of(skill()), select(&PHONE_SETTINGS[..])).prop_map(
        |(phone, in_skill, (setting, value))| (RoutingOf::Phone(phone), in_skill, setting, value),
    );
    let edit = prop_oneof![1 => of_account, 3 => in_skill, 6 => in_phone];
    (edit, prop::bool::weighted(0.8)).prop_map(|((of, in_skill, setting, value), sets)| {
        let value = sets.then(|| value.to_owned());
        let setting = Setting::parse(setting).unwrap();
        let edits = vec![SettingEdit { in_skill, setting, value }];
        Command::EditRouting { of, edits, expected_version: None }
    })
}

fn number() -> impl Strategy<Value = PhoneNumber> {
    select(&NUMBERS[..]).prop_map(|text| PhoneNumber::parse(text).unwrap())
}

fn name() -> impl Strategy<Value = PhoneName> {
    select(&NAMES[..]).prop_map(|text| PhoneName::parse(text).unwrap())
}

fn skills() -> impl Strategy<Value = Vec<String>> {
    let skill = prop_oneof![4 => select(&SKILLS[..3]), 1 => select(&SKILLS[3..])];
    prop::collection::vec(skill.prop_map(str::to_owned), 0..3)
}

fn skill_edit() -> impl Strategy<Value = SkillEdit> {
    let edit = |(unassign, assign)| SkillEdit { unassign, assign, ..SkillEdit::default() };
    (skills(), skills()).prop_map(edit)
}

fn lookup() -> impl Strategy<Value = PhoneLookup> {
    let number = prop_oneof![9 => select(&NUMBERS[..]), 1 => Just("12")].prop_map(str::to_owned);
    let name = select(&NAMES[..]).prop_map(str::to_owned);
    (prop::option::weighted(0.8, number), prop::option::weighted(0.8, name))
        .prop_map(|(number, name)| PhoneLookup { number, name, ..PhoneLookup::default() })
}

fn import() -> impl Strategy<Value = Command> {
    let row = (number(), name(), skills(), prop::option::of((1_u32..9).prop_map(PhoneId)));
    let mode = select(vec![SaveMode::AllOrNothing, SaveMode::GoodRows, SaveMode::Nothing]);
    (prop::collection::vec(row, 0..6), mode).prop_map(|(rows, mode)| {
        let rows = (2..).zip(rows).map(|(line, (number, name, assign, id))| {
            let skills = SkillEdit { assign, is_strict: true, ..SkillEdit::default() };
            // By their ids, phones often take each other's numbers and names.
            let (number, name, trusts_id) = (Some(number), Some(name), true);
            Row {
                line,
                command: Command::UpsertPhone { id, number, name, skills, trusts_id },
                may_be_cut: false,
            }
        });
        Command::Several { rows: rows.collect(), mode }
    })
}

fn profile_edit() -> impl Strategy<Value = Command> {
    (prop::option::of(0_u8..3), prop::option::of(0_u32..7)).prop_map(|(key, limit)| {
        let api_key_sha256 = key.map(|byte| [byte; 32]);
        let phone_number_limit = limit;
        Command::EditProfile(ProfileEdit {
            api_key_sha256,
            phone_number_limit,
            ..ProfileEdit::default()
        })
    })
}
