//! Commands in few words.

use super::notation::{issued, lines, name, number};
use super::*;
use crate::command::{ImportRow, ImportSaves, PhoneLookup, ProfileEdit, SkillEdit};

/// The two words of `111 Ravi`; `_` stands for an absent one.
fn pair(text: &str) -> [Option<&str>; 2] {
    let (number, name) = text.split_once(' ').unwrap();
    [number, name].map(|word| (word != "_").then_some(word))
}

/// A phone as somebody names it: `111 Ravi`, `111 _`, `_ Ravi`.
pub(super) fn lookup(text: &str) -> PhoneLookup {
    let [number, name] = pair(text).map(|word| word.map(str::to_owned));
    PhoneLookup { number, name }
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

/// `edit("111 Ravi", "222 _", "-QA,Sales +General")`
pub(super) fn edit(phone: &str, new: &str, skills: &str) -> Command {
    let [number_new, name_new] = pair(new);
    let mut edit = SkillEdit::default();
    for word in skills.split_whitespace() {
        match word.split_at(1) {
            ("-", names) => edit.unassign = list(names),
            ("+", names) => edit.assign = list(names),
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

/// The same with a fault in the skills that the front end saw.
pub(super) fn faulty(mut command: Command, fault: SkillFault) -> Command {
    match &mut command {
        Command::CreatePhone { skills, .. } | Command::EditPhone { skills, .. } => {
            skills.fault = Some(fault);
        }
        _ => panic!("{command:?} has no skills"),
    }
    command
}

/// `delete("111 Ravi")`
pub(super) fn delete(phone: &str) -> Command {
    Command::DeletePhone { phone: lookup(phone) }
}

/// `import(ImportSaves::GoodRows, "111 Ravi General,QA; 222 Mira")`
pub(super) fn import(saves: ImportSaves, rows: &str) -> Command {
    let row = |(line, row): (u64, &str)| {
        let fields: Vec<_> = row.splitn(3, ' ').collect();
        let skills = fields.get(2).copied().unwrap_or_default().into();
        ImportRow { line, number: number(fields[0]), name: name(fields[1]), skills }
    };
    Command::ImportPhones { rows: (1..).zip(lines(rows)).map(row).collect(), saves }
}

/// `create_skills("Idle,Night Shift")`
pub(super) fn create_skills(names: &str) -> Command {
    let names = SkillName::split_list(names).map(|name| SkillName::parse(name).unwrap());
    Command::CreateSkills { names: names.collect() }
}

/// `delete_skills("QA,Sales")`
pub(super) fn delete_skills(names: &str) -> Command {
    Command::DeleteSkills { names: list(names) }
}

/// `order("General", "333 111")`
pub(super) fn order(skill: &str, first: &str) -> Command {
    let first = first.split_whitespace().map(number).collect();
    Command::OrderSkill { name: skill.to_owned(), first }
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
