//! States and outcomes as texts.
//!
//! A state is written in lines, or on one line with `;` between them:
//!
//! - `919876543210 Ravi General:1,QA:2`: a phone, its skills, its position in each ring order;
//! - `skills A,B`: the skills of the account; General, QA and Sales where no line names them;
//! - `limit 3`, `auth TOKEN_AUTH`, `key 7`: a setting that is not as in a new account;
//! - `tokens 0,60`: when tokens were issued, in microseconds;
//! - `api 2 PBX routing 9 at 5 until 50`: an API key with its id, name, scope and hash, its time of
//!   creation if that is not 0, and its expiry if it has one. In a state, the ids count up from 2;
//! - `route QA: mode parallel`: in an outcome, the routing settings of a skill, of the `account`, or of
//!   a phone.
//!
//! An outcome is the state afterwards with a mark before what changed: `+` created, `~` edited,
//! `-` deleted (with what it was). A line with `!` is a fault that refuses a part of the
//! command. If all of it is refused, the outcome is only `refused: …`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use directory::account::AccountId;
use directory::limits::TOKEN_VALID_US;
use directory::value::{
    ApiAuthentication, ApiKey, Assignment, IssuedToken, KeyName, KeyScope, SkillSet, UserName,
};

const SKILLS: &str = "General,QA,Sales";

/// A new account.
pub(super) fn new_account() -> Account {
    let profile = Profile::new(UserName::parse("demo").unwrap(), [1; 32]);
    Account::new(AccountId(1), profile, Counters::NEW)
}

/// The lines of a state or an outcome.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty())
}

/// The changes that make a state out of a new account.
pub(super) fn history(state: &str) -> Vec<Change> {
    let before = new_account().profile;
    let mut after = before.clone();
    let (mut skills, mut tokens, mut phones, mut keys) = (SKILLS, "", Vec::new(), Vec::new());
    for line in lines(state) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "limit" => after.phone_number_limit = rest.parse().unwrap(),
            "auth" => after.api_authentication = ApiAuthentication::parse(rest).unwrap(),
            "key" => after.api_key_sha256 = [rest.parse().unwrap(); 32],
            "skills" => skills = rest,
            "tokens" => tokens = rest,
            "api" => keys.push(key(rest)),
            _ => phones.push(line),
        }
    }
    let skills: Vec<_> = SkillName::split_list(skills).collect();
    let profile = (before != after).then_some(Change::Profile { before, after });
    let tokens = SkillName::split_list(tokens).map(|at_us| Change::Token { issued: issued(at_us) });
    let new_skills = (1..).zip(&skills).map(|(id, name)| Change::Skill {
        id: SkillId(id),
        before: None,
        after: Some(SkillName::parse(name).unwrap()),
    });
    let new_phones = (1..).zip(phones).map(|(id, line)| Change::Phone {
        id: PhoneId(id),
        before: None,
        after: Some(phone(line, &skills)),
    });
    let new_keys =
        keys.into_iter().map(|key| Change::Key { id: key.id, before: None, after: Some(key) });
    let settings = new_keys.chain(profile).chain(tokens);
    settings.chain(new_skills).chain(new_phones).collect()
}

/// `2 PBX routing 9 until 50`
pub(super) fn key(line: &str) -> ApiKey {
    let words: Vec<_> = line.split(' ').collect();
    ApiKey {
        id: KeyId(words[0].parse().unwrap()),
        name: KeyName::parse(words[1]).unwrap(),
        scope: KeyScope::parse(words[2]).unwrap(),
        sha256: [words[3].parse().unwrap(); 32],
        created_us: 0,
        expires_us: words.get(5).map(|at_us| at_us.parse().unwrap()),
    }
}

/// `111 Ravi QA:1`, given the skills of the account in the order of their ids.
pub(super) fn phone(line: &str, skills: &[&str]) -> Phone {
    let fields: Vec<_> = line.splitn(3, ' ').collect();
    let assignment = |item: &str| {
        let (name, position) = item.rsplit_once(':').unwrap();
        let index = skills.iter().position(|skill| *skill == name).unwrap();
        Assignment::new(SkillId(u32::try_from(index).unwrap() + 1), position.parse().unwrap())
    };
    Phone {
        number: number(fields[0]),
        name: name(fields[1]),
        skills: fields.get(2).map_or_else(SkillSet::default, |items| {
            SkillName::split_list(items).map(assignment).collect()
        }),
    }
}

/// The outcome of a command.
pub(super) fn render(
    before: &Account,
    decided: &Result<Decision, Refusal>,
    after: &Account,
) -> String {
    let decision = match decided {
        Ok(decision) => decision,
        Err(refusal) => return format!("refused: {refusal}"),
    };
    let mut out = String::new();
    for line in settings(before, after).into_iter().chain(skill_line(before, after)) {
        writeln!(out, "{line}").unwrap();
    }
    for line in key_lines(before, after) {
        writeln!(out, "{line}").unwrap();
    }
    for line in routing_lines(before, after) {
        writeln!(out, "{line}").unwrap();
    }
    for id in (1..after.counters.next_phone_id).map(PhoneId) {
        let (mark, owner) = match (before.phones.get(id), after.phones.get(id)) {
            (None, None) => continue,
            (None, Some(_)) => ("+ ", after),
            (Some(_), None) => ("- ", before),
            (Some(was), Some(is)) => (if was == is { "" } else { "~ " }, after),
        };
        writeln!(out, "{mark}{}", phone_line(owner, id)).unwrap();
    }
    if let Some(fault) = &decision.skill_fault {
        let list = match fault {
            SkillFault::NoSuchSkill { list, .. } | SkillFault::NamesNone { list } => match list {
                SkillList::Assign => "assign: ",
                SkillList::Unassign => "unassign: ",
                SkillList::Set => "set: ",
            },
            SkillFault::UnknownKey { .. } => "",
        };
        writeln!(out, "! {list}{fault}").unwrap();
    }
    for RowFault { line, refusal } in &decision.row_faults {
        writeln!(out, "! line {line}: {refusal}").unwrap();
    }
    out
}

fn settings(before: &Account, after: &Account) -> Vec<String> {
    let texts = |Account { profile, tokens, .. }: &Account| {
        let issued: Vec<_> = tokens.issued_us.iter().map(i64::to_string).collect();
        [
            format!("limit {}", profile.phone_number_limit),
            format!("auth {}", profile.api_authentication.as_str()),
            format!("key {}", profile.api_key_sha256[0]),
            format!("tokens {}", issued.join(",")),
        ]
    };
    let changes = texts(before).into_iter().zip(texts(after));
    let marked = changes.zip(texts(&new_account())).filter_map(|((was, is), new)| {
        let mark = if was == is { "" } else { "~ " };
        (was != is || is != new).then(|| format!("{mark}{is}"))
    });
    marked.collect()
}

fn key_lines(before: &Account, after: &Account) -> Vec<String> {
    let ids: BTreeSet<_> = before.keys.iter().chain(after.keys.iter()).map(|key| key.id).collect();
    let line = |id: KeyId| {
        let (mark, key) = match (before.keys.get(id), after.keys.get(id)) {
            (was, Some(is)) => match was {
                None => ("+ ", is),
                Some(was) => (if was == is { "" } else { "~ " }, is),
            },
            (was, None) => ("- ", was?),
        };
        let (name, scope, hash) = (key.name.as_str(), key.scope.as_str(), key.sha256[0]);
        let created_us = Some(key.created_us).filter(|at_us| *at_us != 0);
        let at = created_us.map_or(String::new(), |at_us| format!(" at {at_us}"));
        let until = key.expires_us.map_or(String::new(), |at_us| format!(" until {at_us}"));
        Some(format!("{mark}api {} {name} {scope} {hash}{at}{until}", id.0))
    };
    ids.into_iter().filter_map(line).collect()
}

fn routing_lines(before: &Account, after: &Account) -> Vec<String> {
    let all = before.routing.iter().chain(after.routing.iter());
    let subjects: BTreeSet<_> = all.map(|(subject, ..)| subject).collect();
    let line = |subject: Subject| {
        let [was, is] = [before, after].map(|account| account.routing.get(subject));
        let (mark, owner, settings) = match (was.is_empty(), is.is_empty()) {
            (true, _) => ("+ ", after, is),
            (_, true) => ("- ", before, was),
            _ => (if was == is { "" } else { "~ " }, after, is),
        };
        let skill = |id: SkillId| owner.skills.name(id).unwrap().to_string();
        let of = match subject {
            Subject::Account => "account".to_owned(),
            Subject::Skill(id) => skill(id),
            Subject::Phone(id) => owner.phones.get(id).unwrap().number.to_string(),
        };
        let settings = settings.iter().map(|(key, value)| {
            let in_skill = key.skill.map_or(String::new(), |id| format!("{}.", skill(id)));
            let value = if let Value::Skill(id) = value { skill(*id) } else { value.to_string() };
            format!("{in_skill}{} {value}", key.setting)
        });
        format!("{mark}route {of}: {}", settings.collect::<Vec<_>>().join(" & "))
    };
    subjects.into_iter().map(line).collect()
}

fn skill_line(before: &Account, after: &Account) -> Option<String> {
    let names = (1..after.counters.next_skill_id).map(SkillId).filter_map(|id| {
        match (before.skills.name(id), after.skills.name(id)) {
            (None, None) => None,
            (None, Some(name)) => Some(format!("+{name}")),
            (Some(name), None) => Some(format!("-{name}")),
            (Some(was), Some(is)) => Some(format!("{}{is}", if was == is { "" } else { "~" })),
        }
    });
    let line = names.collect::<Vec<_>>().join(",");
    (line != SKILLS).then(|| format!("skills {line}"))
}

fn phone_line(account: &Account, id: PhoneId) -> String {
    let phone = account.phones.get(id).unwrap();
    let skills = phone
        .skills
        .iter()
        .map(|held| format!("{}:{}", account.skills.name(held.skill()).unwrap(), held.position()));
    let skills = skills.collect::<Vec<_>>().join(",");
    format!("{} {} {skills}", phone.number, phone.name).trim_end().to_owned()
}

pub(super) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

pub(super) fn name(text: &str) -> PhoneName {
    PhoneName::parse(text).unwrap()
}

/// The token issued at that microsecond.
pub(super) fn issued(at_us: &str) -> IssuedToken {
    let issued_us: i64 = at_us.parse().unwrap();
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&issued_us.to_be_bytes());
    IssuedToken { sha256, issued_us, expires_us: issued_us + TOKEN_VALID_US }
}
