//! Files that say how a directory is to be: the plan as data, and a model of what it leads to.

mod model;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use directory::{
    Account, AccountId, Assignment, Change, Command, Counters, Phone, PhoneId, PhoneName,
    PhoneNumber, Profile, Row, SaveMode, SkillId, SkillName, UserName, View, decide,
};
use ringbook::rows::{Format, Options as RowOptions, Reader, write_refused};
use ringbook::sync::{Current, File, Options, Plan, Step, plan, write_row};

/// An account with these skills, and a phone for each line of a number, a name and skills.
fn account(skills: &[&str], phones: &[&str]) -> Account {
    let profile = Profile::new(UserName::parse("acme").unwrap(), [1; 32]);
    let mut account = Account::new(AccountId(1), profile, Counters::NEW);
    for (id, name) in (1..).zip(skills) {
        let name = Some(SkillName::parse(name).unwrap());
        account.apply(Change::Skill { id: SkillId(id), before: None, after: name });
    }
    for (id, line) in (1..).zip(phones) {
        let [number, name, skills] = words(line);
        let held = skills
            .split(',')
            .filter(|skill| !skill.is_empty())
            .map(|skill| Assignment::new(account.skills.find(skill).unwrap(), u64::from(id)));
        let skills = held.collect();
        let name = PhoneName::parse(name).unwrap();
        let phone = Phone { number: PhoneNumber::parse(number).unwrap(), name, skills };
        account.apply(Change::Phone { id: PhoneId(id), before: None, after: Some(phone) });
    }
    account
}

fn words(line: &str) -> [&str; 3] {
    let mut words = line.split(' ').chain(std::iter::repeat(""));
    [(); 3].map(|()| words.next().unwrap())
}

fn current(account: &Account) -> Current {
    Current { skills: account.skills.clone(), phones: account.phones.clone() }
}

fn format_of(file: &str) -> Format {
    if file.starts_with('{') { Format::JsonLines } else { Format::Csv }
}

fn planned(account: &Account, file: &str, options: Options) -> Result<Plan, String> {
    let current = current(account);
    let read = File::read(file.as_bytes(), format_of(file), &current.skills);
    let read = read.map_err(|fault| fault.to_string())?;
    plan(&current, read, options).map_err(|fault| fault.to_string())
}

/// A phone as a text. A position is told if it is not 0.
fn phone_text(plan: &Plan, phone: &Phone) -> String {
    let mut text = format!("{} {}", phone.number, phone.name);
    for (name, held) in plan.skills_of(phone) {
        write!(text, " {name}@{}", held.position()).unwrap();
    }
    text
}

fn step_text(account: &Account, plan: &Plan, step: &Step) -> String {
    let line = step.line.map_or(String::new(), |line| format!("{line}: "));
    let before = step.id.and_then(|id| account.phones.get(id));
    let before = before.map(|phone| phone_text(plan, phone));
    let after = step.after.as_ref().map(|phone| phone_text(plan, phone));
    match (before, after) {
        (Some(before), Some(after)) => format!("{line}{before} -> {after}"),
        (Some(before), None) => format!("{line}{before} deleted"),
        (None, after) => format!("{line}{} created", after.unwrap()),
    }
}

/// Each case of the file: phones, options, a file, and the plan.
#[test]
fn plans_are_as_the_cases_say() {
    let text = include_str!("cases.txt");
    let mut count = 0;
    for case in text.split("\n## ").skip(1) {
        let mut parts = case.split("\n\n");
        let (title, phones) = parts.next().unwrap().split_once('\n').unwrap();
        let phones: Vec<_> = phones.lines().collect();
        let account = account(&["Sales", "Support"], &phones);
        let file = parts.next().unwrap().trim();
        let (options, file) = match file.strip_prefix("with ") {
            Some(rest) => rest.split_once('\n').unwrap(),
            None => ("", file),
        };
        let at_most = options.split(' ').find_map(|option| option.strip_prefix("deletes="));
        let options = Options {
            deletes: at_most.map(|most| most.parse().unwrap()),
            trusts_ids: options.contains("trusted"),
            creates_skills: options.contains("skills"),
        };
        let file = if file == "nothing" { "number,name" } else { file };
        let told = match planned(&account, file, options) {
            Err(fault) => fault,
            Ok(plan) => {
                let skills = plan.skills.iter().map(|name| format!("skill {name}"));
                let steps = plan.steps.iter().map(|step| step_text(&account, &plan, step));
                let refused = plan.refused.iter().map(|row| format!("{}: {}", row.line, row.why));
                let counts = format!("{} unchanged, {} unlisted", plan.unchanged, plan.unlisted);
                let lines = skills.chain(steps).chain(refused).chain([counts]);
                lines.collect::<Vec<_>>().join("\n")
            }
        };
        let expected = parts.next().unwrap().trim();
        assert_eq!(told, expected, "{title}");
        count += 1;
    }
    assert!(count > 20, "the cases are not found");
}

#[test]
fn refused_rows_are_written_with_the_reason_and_read_again() {
    let reasons = BTreeMap::from([(3, "not \"numeric\"".to_owned()), (4, "too many".to_owned())]);
    for (file, expected) in [
        (
            "number,name\n1001,Ravi\n91x,Mira\n1002,Omar,QA\n",
            "refused,number,name\n\"not \"\"numeric\"\"\",91x,Mira\ntoo many,1002,Omar,QA\n",
        ),
        (
            "number;refused;name\n1001;;Ravi\n\n91x;old;Mira\n",
            "refused,number,name\ntoo many,91x,Mira\n",
        ),
        (
            "{}\n\n{\"number\": 91, \"refused\": \"old\"}\nx\n",
            "{\"number\":91,\"refused\":\"not \\\"numeric\\\"\"}\n\
             {\"refused\":\"too many\",\"row\":\"x\"}\n",
        ),
    ] {
        let mut written = Vec::new();
        write_refused(file.as_bytes(), format_of(file), &reasons, &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
    let ignored = "{\"number\":\"1001\",\"name\":\"Ravi\",\"refused\":\"old\"}";
    let plan = planned(&account(&[], &[]), ignored, Options::default()).unwrap();
    assert_eq!((plan.steps.len(), plan.refused.len()), (1, 0));
}

/// Carries a plan out by the rules, as the API does. Returns what it refuses: the step and why.
fn carry_out(account: &mut Account, plan: &Plan, mode: SaveMode) -> Vec<(usize, String)> {
    let current = current(account);
    carry_out_later(account, &current, plan, mode)
}

/// The same for a directory that was as `current` says when the plan was made.
fn carry_out_later(
    account: &mut Account,
    current: &Current,
    plan: &Plan,
    mode: SaveMode,
) -> Vec<(usize, String)> {
    let is_trial = mode == SaveMode::Nothing;
    if !plan.skills.is_empty() && !is_trial {
        let command = Command::CreateSkills { names: plan.skills.clone() };
        let decision = decide(&View::new(account), &command).unwrap();
        decision.changes.into_iter().for_each(|change| account.apply(change));
    }
    let mut json = Vec::new();
    plan.steps.iter().for_each(|step| write_row(&mut json, plan, step, current, is_trial));
    let mut reader = Reader::new(RowOptions::new(Format::JsonLines));
    reader.push(&json);
    reader.finish();
    let mut rows = Vec::new();
    while let Some(row) = reader.next().unwrap() {
        rows.push(Row { line: row.line, command: row.content.unwrap(), may_be_cut: false });
    }
    let decision = decide(&View::new(account), &Command::Several { rows, mode }).unwrap();
    decision.changes.into_iter().for_each(|change| account.apply(change));
    let refused = decision.row_faults.into_iter();
    let index = |line: u64| usize::try_from(line).unwrap() - 1;
    refused.map(|fault| (index(fault.line), fault.refusal.to_string())).collect()
}
