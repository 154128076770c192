//! Checks that routing settings are about what is there.

use std::iter::successors;

use directory::routing::{Subject, Value, overflow};
use directory::{Account, SkillId};

/// What is wrong with the routing settings of an account, one sentence each.
pub fn check(account: &Account) -> Vec<String> {
    let is_skill = |id| account.skills.name(id).is_some();
    let mut findings = Vec::new();
    for (subject, settings, _) in account.routing.iter() {
        let phone = match subject {
            Subject::Phone(id) => account.phones.get(id),
            Subject::Account | Subject::Skill(_) => None,
        };
        let exists = match subject {
            Subject::Account => true,
            Subject::Skill(id) => is_skill(id),
            Subject::Phone(_) => phone.is_some(),
        };
        if !exists {
            findings.push(format!("{subject} does not exist and has routing settings"));
            continue;
        }
        for (key, value) in settings {
            let has_it = |skill| phone.is_some_and(|phone| phone.skills.contains(skill));
            let fault = match value {
                _ if key.skill.is_some_and(|skill| !has_it(skill)) => "it does not have that skill",
                Value::Skill(next) if !is_skill(*next) => "there is no such skill",
                Value::Skill(next) if leads_to(account, *next, subject) => "that is a circle",
                _ => continue,
            };
            findings.push(format!("{subject} has the routing setting {key} {value}: {fault}"));
        }
    }
    findings
}

/// Whether the overflows of a skill lead to another one.
fn leads_to(account: &Account, from: SkillId, to: Subject) -> bool {
    let next = |skill: &SkillId| overflow(account.routing.get(Subject::Skill(*skill)));
    let chain = successors(Some(from), next).take(account.skills.len());
    chain.map(Subject::Skill).any(|skill| skill == to)
}
