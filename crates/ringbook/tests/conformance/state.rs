//! The accounts as they are, and as they should be.

use std::collections::BTreeMap;

use ringbook::service::Service;
use test_support::block_on;

use crate::case::After;
use crate::fixture::Account;

/// The phones and ring orders of all accounts, by `userName`.
pub type State = BTreeMap<String, After>;

/// The expected state afterwards: what the case says, else what the fixture has.
pub fn expected(accounts: &[Account], after: &BTreeMap<String, After>) -> State {
    let state_of = |account: &Account| {
        let state = after.get(&account.user_name).cloned().unwrap_or_else(|| as_made(account));
        (account.user_name.clone(), state)
    };
    let state: State = accounts.iter().map(state_of).collect();
    let unknown = after.keys().find(|name| !state.contains_key(*name));
    assert_eq!(unknown, None, "the fixture has no such account");
    state
}

/// An account as its fixture says: the phones of a skill ring in the order of their creation.
fn as_made(account: &Account) -> After {
    let mut phones: Vec<_> = account
        .phones
        .iter()
        .map(|phone| line(&phone.number, &phone.name, phone.skills.clone()))
        .collect();
    phones.sort_unstable();
    let ring = |skill: &String| {
        let ring = account.phones.iter().filter(|phone| phone.skills.contains(skill));
        (skill.clone(), ring.map(|phone| phone.number.clone()).collect())
    };
    After { phones, rings: account.skills.iter().map(ring).collect() }
}

/// What the service returns.
pub fn read(service: &Service, accounts: &[Account]) -> State {
    let mut state = State::new();
    for Account { user_name, skills, .. } in accounts {
        let tenant = block_on(service.tenant(user_name)).expect("the account is there");
        let listed = block_on(service.phones(&tenant)).expect("the store answers");
        let mut phones: Vec<_> = listed
            .into_iter()
            .map(|phone| {
                let skills = phone.skills.iter().map(|(name, _)| name.to_string()).collect();
                line(&phone.number.to_string(), phone.name.as_str(), skills)
            })
            .collect();
        phones.sort_unstable();
        let mut rings = BTreeMap::new();
        for skill in skills {
            let ring = block_on(service.ring_order(&tenant, skill, 0..usize::MAX))
                .expect("the skill is there");
            let numbers = ring.phones.into_iter().map(|phone| phone.number.to_string());
            rings.insert(skill.clone(), numbers.collect());
        }
        state.insert(user_name.clone(), After { phones, rings });
    }
    state
}

fn line(number: &str, name: &str, mut skills: Vec<String>) -> String {
    skills.sort_unstable();
    format!("{number} {name} {}", skills.join(",")).trim_end().to_owned()
}

/// In what `found` differs. Only the ring orders that `expected` has are compared.
pub fn differences(expected: &State, mut found: State) -> Vec<String> {
    let mut differences = Vec::new();
    for (user_name, expected) in expected {
        let found = found.get_mut(user_name).expect("each account was read");
        found.rings.retain(|skill, _| expected.rings.contains_key(skill));
        if found != expected {
            differences.push(format!("{user_name} must have\n{expected:#?}\nand has\n{found:#?}"));
        }
    }
    differences
}
