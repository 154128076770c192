//! Short notation for commands.

use super::notation::{issued, lines, name, number};
use super::*;
use crate::command::{
    Assigned, NewKey, PhoneLookup, ProfileEdit, RingOrder, Row, Saves, SkillEdit,
};
use crate::past::PastChange;
use crate::value::{KeyName, KeyScope};

/// The two words of `111 Ravi`; `_` stands for an absent one.
fn pair(text: &str) -> [Option<&str>; 2] {
    let (number, name) = text.split_once(' ').unwrap();
    [number, name].map(|word| (word != "_").then_some(word))
}

/// A lookup of a phone: `111 Ravi`, `111 _`, `_ Ravi`, or by its id, `#1 _`.
pub(super) fn lookup(text: &str) -> PhoneLookup {
    let [number, name] = pair(text).map(|word| word.map(str::to_owned));
    let id = number.as_ref().and_then(|number| number.strip_prefix('#'));
    match id.map(|id| PhoneId(id.parse().unwrap())) {
        Some(id) => PhoneLookup { name, ..PhoneLookup::by_id(id) },
        None => PhoneLookup { number, name, ..PhoneLookup::default() },
    }
}

/// `111 #2`: each phone by its number or its id.
fn lookups(phones: &str) -> Vec<PhoneLookup> {
    phones.split_whitespace().map(|phone| lookup(&format!("{phone} _"))).collect()
}

fn list(names: &str) -> Vec<String> {
    SkillName::split_list(names).map(str::to_owned).collect()
}

/// `create("111 Ravi", "General,QA")`
pub(super) fn create(phone: &str, skills: &str) -> Command {
    let [Some(number_new), Some(name_new)] = pair(phone) else { panic!("{phone}") };
    let skills = SkillEdit { assign: list(skills), ..SkillEdit::default() };
    Command::CreatePhone { number: number(number_new), name: name(name_new), skills }
}

/// `edit("111 Ravi", "222 _", "-QA,Sales +General")`; `=QA` is the set of skills to have.
pub(super) fn edit(phone: &str, new: &str, skills: &str) -> Command {
    let [number_new, name_new] = pair(new);
    let mut edit = SkillEdit::default();
    for word in skills.split_whitespace() {
        match word.split_at(1) {
            ("-", names) => edit.unassign = list(names),
            ("+", names) => edit.assign = list(names),
            ("=", names) => edit.set = Some(list(names)),
            _ => panic!("{word}"),
        }
    }
    Command::EditPhone {
        phone: lookup(phone),
        number_new: number_new.map(number),
        name_new: name_new.map(name),
        skills: edit,
    }
}

fn skills_of(command: &mut Command) -> &mut SkillEdit {
    match command {
        Command::CreatePhone { skills, .. } | Command::EditPhone { skills, .. } => skills,
        _ => panic!("{command:?} has no skills"),
    }
}

/// The same with a fault in the skills that the front end found.
pub(super) fn faulty(mut command: Command, fault: SkillFault) -> Command {
    skills_of(&mut command).fault = Some(fault);
    command
}

/// The same, refused at any fault in the skills.
pub(super) fn strict(mut command: Command) -> Command {
    skills_of(&mut command).is_strict = true;
    command
}

/// `delete("111 Ravi")`
pub(super) fn delete(phone: &str) -> Command {
    Command::DeletePhone { phone: lookup(phone) }
}

/// Commands as rows, on line 1 and on.
pub(super) fn several(saves: Saves, commands: impl IntoIterator<Item = Command>) -> Command {
    let row = |(line, command)| Row { line, command };
    Command::Several { rows: (1..).zip(commands).map(row).collect(), saves }
}

/// `import(Saves::GoodRows, "111 Ravi General,QA; 222 Mira")`: phones to create.
pub(super) fn import(saves: Saves, rows: &str) -> Command {
    let row = |row: &str| {
        let fields: Vec<_> = row.splitn(3, ' ').collect();
        let skills = fields.get(2).copied().unwrap_or_default();
        strict(create(&format!("{} {}", fields[0], fields[1]), skills))
    };
    several(saves, lines(rows).map(row))
}

/// `create_skills("Idle,Night Shift")`
pub(super) fn create_skills(names: &str) -> Command {
    let names = SkillName::split_list(names).map(|name| SkillName::parse(name).unwrap());
    Command::CreateSkills { names: names.collect() }
}

/// `rename("QA", "Quality")`
pub(super) fn rename(name: &str, name_new: &str) -> Command {
    Command::RenameSkill { name: name.to_owned(), name_new: SkillName::parse(name_new).unwrap() }
}

/// `delete_skills("QA,Sales")`: with their assignments.
pub(super) fn delete_skills(names: &str) -> Command {
    Command::DeleteSkills { names: list(names), assigned: Assigned::Unassigned }
}

/// `delete_unused("QA,Sales")`: refused if they are assigned.
pub(super) fn delete_unused(names: &str) -> Command {
    Command::DeleteSkills { names: list(names), assigned: Assigned::Kept }
}

fn ring(skill: &str, order: RingOrder) -> Command {
    Command::OrderSkill { name: skill.to_owned(), order, expected: None }
}

/// `order("General", "333 111")`: these first.
pub(super) fn order(skill: &str, first: &str) -> Command {
    ring(skill, RingOrder::First(lookups(first)))
}

/// `whole("General", "333 111 222")`: these and no others.
pub(super) fn whole(skill: &str, phones: &str) -> Command {
    ring(skill, RingOrder::Whole(lookups(phones)))
}

/// `place("General", "333", 1)`: this phone there.
pub(super) fn place(skill: &str, phone: &str, place: usize) -> Command {
    ring(skill, RingOrder::Move { phone: lookups(phone).remove(0), place })
}

/// The same, if this is the current ring order.
pub(super) fn expecting(mut command: Command, ids: &[u32]) -> Command {
    let Command::OrderSkill { expected, .. } = &mut command else { panic!("{command:?}") };
    *expected = Some(ids.iter().copied().map(PhoneId).collect());
    command
}

/// Revert these changes, newest first.
pub(super) fn revert_command(changes: Vec<PastChange>) -> Command {
    Command::Revert { changes, gone: Vec::new() }
}

/// A new creation limit.
pub(super) fn limit(phone_number_limit: u32) -> Command {
    let phone_number_limit = Some(phone_number_limit);
    Command::EditProfile(ProfileEdit { phone_number_limit, ..ProfileEdit::default() })
}

/// A token issued at that microsecond.
pub(super) fn token(at_us: i64) -> Command {
    Command::IssueToken { issued: issued(&at_us.to_string()) }
}

/// `create_key("PBX", KeyScope::Routing, 9, Some(50))`: its hash is all nines.
pub(super) fn create_key(
    key_name: &str,
    scope: KeyScope,
    hash: u8,
    expires_us: Option<i64>,
) -> Command {
    let name = KeyName::parse(key_name).unwrap();
    Command::CreateKey(NewKey { name, scope, sha256: [hash; 32], created_us: 0, expires_us })
}

/// Rotate a key at microsecond 100, with an overlap.
pub(super) fn rotate_key(id: u64, hash: u8, old_expires_us: i64) -> Command {
    Command::RotateKey { id: KeyId(id), sha256: [hash; 32], now_us: 100, old_expires_us }
}
