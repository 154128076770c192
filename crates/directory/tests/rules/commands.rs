//! Commands as texts.
//!
//! A phone is given by number and name, `111 Ravi`; `_` stands for an absent one, `''` for an empty
//! one, and `#1` for the id 1. Skills are separated by commas, several commands by `;`.
//!
//! - `create 111 Ravi QA,Sales`, `delete 111 Ravi`
//! - `edit 111 Ravi > 222 _ -QA +General`: the new number and name, skills to unassign and to
//!   assign; `=QA,Sales:5` is the complete new set, with a ring position
//! - `upsert #1 222 Mira =QA`: the id or `_`, and what the phone is to have; `upsert! …` trusts the
//!   id
//! - `create-skills A,B`, `rename-skill A B`, `delete-skills A,B`; `delete-unused A` is refused if
//!   the skill is assigned
//! - `order QA 222 #1`: these ring first; `order-all QA 222 111`: the complete order;
//!   `move QA 111 2`: one phone to the second position
//! - `set limit 3 auth TOKEN_AUTH key 7`, `token 60`, `delete-account`
//! - `create-key PBX routing 9 until 50`, `edit-key 2 name Rack until never`, `delete-key 2`;
//!   `rotate-key 2 8 500` gives the key the hash 8, and the old one expires at 500
//! - `several all delete 111 _; token 0`; `import good 111 Ravi QA; 222 Mira` creates phones;
//!   the first word says what is saved: `all` or nothing, `good` rows, or `none`; the number of a row
//!   `cut upsert …` may lack its beginning
//! - `route account: SETTING`, `route QA: SETTING & SETTING`, `route 111: SETTING`: routing settings of
//!   the account, a skill, or a phone; a setting is `mode parallel`, `QA.pause - lunch`, or without a
//!   value `mode`, which removes it
//! - `strict create …`: refused at a fault in the skills
//! - `faulty assign: create …`: the front end has found that a list of skills is empty; any word
//!   but `assign`, `unassign` and `set` is an unknown key
//! - `expecting phone 5: …`, `expecting settings 2: …`, `expecting routing 7: …`: refused if these have not
//!   this version

use super::notation::{self, issued, key, lines};
use super::*;
use directory::command::{
    IfAssigned, NewKey, PhoneLookup, ProfileEdit, RingOrder, RoutingOf, Row, SaveMode, SettingEdit,
    SkillEdit,
};
use directory::routing::Setting;
use directory::value::{ApiAuthentication, ApiKey, KeyName};

/// The command of a text.
pub(super) fn command(text: &str) -> Command {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let list = || SkillName::split_list(rest).map(str::to_owned).collect();
    match verb {
        "create" => create(rest),
        "edit" => edit(rest),
        "upsert" => upsert(rest, false),
        "upsert!" => upsert(rest, true),
        "delete" => Command::DeletePhone { phone: lookup(rest) },
        "create-skills" => {
            let names = SkillName::split_list(rest).map(|name| SkillName::parse(name).unwrap());
            Command::CreateSkills { names: names.collect() }
        }
        "rename-skill" => {
            let (name, name_new) = rest.split_once(' ').unwrap();
            let name_new = SkillName::parse(name_new).unwrap();
            Command::RenameSkill { name: name.to_owned(), name_new }
        }
        "delete-skills" => {
            Command::DeleteSkills { names: list(), if_assigned: IfAssigned::Unassign }
        }
        "delete-unused" => Command::DeleteSkills { names: list(), if_assigned: IfAssigned::Refuse },
        "order" | "order-all" | "move" => ring_order(verb, rest),
        "set" => set(rest),
        "token" => Command::IssueToken { issued: issued(rest) },
        "delete-account" => Command::DeleteAccount,
        "create-key" => {
            let ApiKey { name, scope, sha256, created_us, expires_us, .. } =
                key(&format!("0 {rest}"));
            Command::CreateKey(NewKey { name, scope, sha256, created_us, expires_us })
        }
        "edit-key" => edit_key(rest),
        "rotate-key" => rotate_key(rest),
        "delete-key" => Command::DeleteKey { id: KeyId(rest.parse().unwrap()) },
        "route" => route(rest),
        "several" => several(rest, command),
        "import" => several(rest, |row| command(&format!("strict create {row}"))),
        "strict" => {
            let mut command = command(rest);
            skills_of(&mut command).is_strict = true;
            command
        }
        "faulty" => faulty(rest),
        "expecting" => expecting(rest),
        _ => panic!("{text}: not a command"),
    }
}

/// The words of a text in pairs: `limit 3 auth TOKEN_AUTH`.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let words: Vec<_> = text.split_whitespace().collect();
    words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

fn number_and_name(text: &str) -> [Option<&str>; 2] {
    let (number, name) = text.split_once(' ').unwrap();
    [number, name].map(|word| (word != "_").then_some(if word == "''" { "" } else { word }))
}

/// A lookup of a phone: `111 Ravi`, `111 _`, `_ Ravi`, or by its id, `#1 _`.
pub(super) fn lookup(text: &str) -> PhoneLookup {
    let [number, name] = number_and_name(text).map(|word| word.map(str::to_owned));
    let id = number.as_ref().and_then(|number| number.strip_prefix('#'));
    match id.map(|id| PhoneId(id.parse().unwrap())) {
        Some(id) => PhoneLookup { name, ..PhoneLookup::by_id(id) },
        None => PhoneLookup { number, name, ..PhoneLookup::default() },
    }
}

fn create(text: &str) -> Command {
    let words: Vec<_> = text.splitn(3, ' ').collect();
    let assign = words.get(2).copied().map(SkillName::split_list).into_iter().flatten();
    Command::CreatePhone {
        number: notation::number(words[0]),
        name: notation::name(words[1]),
        skills: SkillEdit { assign: assign.map(str::to_owned).collect(), ..SkillEdit::default() },
    }
}

fn edit(text: &str) -> Command {
    let (phone, new) = text.split_once(" > ").unwrap();
    let (number_new, name_new, skills) = fields(new);
    Command::EditPhone { phone: lookup(phone), number_new, name_new, skills }
}

fn upsert(text: &str, trusts_id: bool) -> Command {
    let (id, new) = text.split_once(' ').unwrap();
    let (number, name, skills) = fields(new);
    let id = id.strip_prefix('#').map(|id| PhoneId(id.parse().unwrap()));
    Command::UpsertPhone { id, number, name, skills, trusts_id }
}

fn fields(text: &str) -> (Option<PhoneNumber>, Option<PhoneName>, SkillEdit) {
    let mut words = text.splitn(3, ' ');
    let [number, name] = [words.next(), words.next()].map(|word| word.filter(|w| *w != "_"));
    let mut skills = SkillEdit::default();
    for word in words.next().into_iter().flat_map(str::split_whitespace) {
        let names: Vec<_> = SkillName::split_list(&word[1..]).map(str::to_owned).collect();
        match &word[..1] {
            "-" => skills.unassign = names,
            "+" => skills.assign = names,
            "=" => {
                let placed = |name: &String| {
                    let (name, position) = name.split_once(':')?;
                    Some((name.to_owned(), position.parse().unwrap()))
                };
                skills.positions = names.iter().filter_map(placed).collect();
                let bare = |name: &String| name.split(':').next().unwrap().to_owned();
                skills.set = Some(names.iter().map(bare).collect());
            }
            _ => panic!("{word}"),
        }
    }
    (number.map(notation::number), name.map(notation::name), skills)
}

fn skills_of(command: &mut Command) -> &mut SkillEdit {
    match command {
        Command::CreatePhone { skills, .. }
        | Command::EditPhone { skills, .. }
        | Command::UpsertPhone { skills, .. } => skills,
        _ => panic!("{command:?} has no skills"),
    }
}

fn faulty(text: &str) -> Command {
    let (word, rest) = text.split_once(": ").unwrap();
    let mut command = command(rest);
    skills_of(&mut command).fault = Some(match word {
        "assign" => SkillFault::NamesNone { list: SkillList::Assign },
        "unassign" => SkillFault::NamesNone { list: SkillList::Unassign },
        "set" => SkillFault::NamesNone { list: SkillList::Set },
        key => SkillFault::UnknownKey { key: key.to_owned() },
    });
    command
}

fn ring_order(verb: &str, text: &str) -> Command {
    let mut words = text.split(' ');
    let name = words.next().unwrap().to_owned();
    let phone = |word: &str| lookup(&format!("{word} _"));
    let order = match verb {
        "order" => RingOrder::First(words.map(phone).collect()),
        "order-all" => RingOrder::Whole(words.map(phone).collect()),
        _ => {
            let phone = phone(words.next().unwrap());
            RingOrder::Move { phone, position: words.next().unwrap().parse().unwrap() }
        }
    };
    Command::OrderSkill { name, order, expected_version: None }
}

fn set(text: &str) -> Command {
    let mut edit = ProfileEdit::default();
    for (field, value) in pairs(text) {
        match field {
            "limit" => edit.phone_number_limit = Some(value.parse().unwrap()),
            "auth" => edit.api_authentication = ApiAuthentication::parse(value),
            "key" => edit.api_key_sha256 = Some([value.parse().unwrap(); 32]),
            _ => panic!("{text}"),
        }
    }
    Command::EditProfile(edit)
}

fn edit_key(text: &str) -> Command {
    let (id, fields) = text.split_once(' ').unwrap_or((text, ""));
    let (mut name, mut expires_us) = (None, None);
    for (field, value) in pairs(fields) {
        match field {
            "name" => name = Some(KeyName::parse(value).unwrap()),
            "until" => expires_us = Some(value.parse().ok()),
            _ => panic!("{text}"),
        }
    }
    Command::EditKey { id: KeyId(id.parse().unwrap()), name, expires_us }
}

fn rotate_key(text: &str) -> Command {
    let numbers: Vec<i64> = text.split(' ').map(|word| word.parse().unwrap()).collect();
    Command::RotateKey {
        id: KeyId(numbers[0].try_into().unwrap()),
        sha256: [numbers[1].try_into().unwrap(); 32],
        now_us: 100,
        old_expires_us: numbers[2],
    }
}

fn route(text: &str) -> Command {
    let (of, edits) = text.split_once(": ").unwrap();
    let is_phone = of.starts_with(|first: char| first == '#' || first.is_ascii_digit());
    let edit = |edit: &str| {
        let (key, value) = match edit.split_once(' ') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (edit, None),
        };
        let (in_skill, setting) = match (Setting::parse(key), key.split_once('.')) {
            (None, Some((skill, setting))) => (Some(skill.to_owned()), Setting::parse(setting)),
            (setting, _) => (None, setting),
        };
        SettingEdit { in_skill, setting: setting.expect(key), value }
    };
    Command::EditRouting {
        of: match of {
            "account" => RoutingOf::Account,
            of if is_phone => RoutingOf::Phone(lookup(&format!("{of} _"))),
            of => RoutingOf::Skill(of.to_owned()),
        },
        edits: edits.split(" & ").map(edit).collect(),
        expected_version: None,
    }
}

/// The rows are on line 1 and on.
fn several(text: &str, command: impl Fn(&str) -> Command) -> Command {
    let (mode, rows) = text.split_once(' ').unwrap();
    let mode = match mode {
        "all" => SaveMode::AllOrNothing,
        "good" => SaveMode::GoodRows,
        "none" => SaveMode::Nothing,
        _ => panic!("{mode}"),
    };
    let rows = (1..).zip(lines(rows)).map(|(line, row)| {
        let cut = row.strip_prefix("cut ");
        Row { line, command: command(cut.unwrap_or(row)), may_be_cut: cut.is_some() }
    });
    Command::Several { rows: rows.collect(), mode }
}

fn expecting(text: &str) -> Command {
    let (expectation, rest) = text.split_once(": ").unwrap();
    let (kind, version) = expectation.split_once(' ').unwrap();
    let version = version.parse().unwrap();
    let mut command = command(rest);
    match (kind, &mut command) {
        ("phone", Command::EditPhone { phone, .. } | Command::DeletePhone { phone }) => {
            phone.expected_version = Some(version);
        }
        ("routing", Command::EditRouting { expected_version, .. }) => {
            *expected_version = Some(version);
        }
        ("settings", _) => {
            let command = Box::new(command);
            return Command::Expecting { settings_version: version, command };
        }
        _ => panic!("{text}"),
    }
    command
}
