//! The accounts as they are, and as they should be.

use std::collections::BTreeMap;

use ringbook::service::Service;
use test_support::block_on;

use crate::case::After;
use crate::fixture::Account;

/// The phones and ring orders of all accounts, by `userName`.
pub struct State(BTreeMap<String, After>);

/// What must be there afterwards: what the case says, else what the fixture has.
pub fn expected(accounts: &[Account], after: &BTreeMap<String, After>) -> State {
    let state_of = |account: &Account| {
        let state = after.get(&account.user_name).cloned().unwrap_or_else(|| as_made(account));
        (account.user_name.clone(), state)
    };
    let state: BTreeMap<_, _> = accounts.iter().map(state_of).collect();
    let unknown = after.keys().find(|name| !state.contains_key(*name));
    assert_eq!(unknown, None, "the fixture has no such account");
    State(state)
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
    let mut state = BTreeMap::new();
    for Account { user_name, skills, .. } in accounts {
        let tenant = block_on(service.tenant(user_name)).expect("the account is there");
        let listed = block_on(service.phones(&tenant)).expect("the store answers");
        let mut phones: Vec<_> = listed
            .into_iter()
            .map(|phone| {
                let skills = phone.skills.iter().map(ToString::to_string).collect();
                line(&phone.number.to_string(), phone.name.as_str(), skills)
            })
            .collect();
        phones.sort_unstable();
        let mut rings = BTreeMap::new();
        for skill in skills {
            let ring = block_on(service.ring_order(&tenant, skill)).expect("the skill is there");
            let numbers = ring.into_iter().map(|phone| phone.number.to_string());
            rings.insert(skill.clone(), numbers.collect());
        }
        state.insert(user_name.clone(), After { phones, rings });
    }
    State(state)
}

fn line(number: &str, name: &str, mut skills: Vec<String>) -> String {
    skills.sort_unstable();
    format!("{number} {name} {}", skills.join(",")).trim_end().to_owned()
}

impl State {
    /// In what `found` is other than this. Only the ring orders that this one has are compared.
    pub fn differences(&self, found: &Self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|(user_name, expected)| {
            let found = &found.0[user_name];
            let phones = (expected.phones != found.phones).then(|| {
                let (expected, found) = (expected.phones.join("\n  "), found.phones.join("\n  "));
                format!("{user_name} must have\n  {expected}\nand has\n  {found}")
            });
            let rings = expected.rings.iter().filter_map(move |(skill, ring)| {
                let found = found.rings.get(skill);
                (found != Some(ring))
                    .then(|| format!("{user_name}: {skill} must ring {ring:?} and rings {found:?}"))
            });
            phones.into_iter().chain(rings)
        })
    }
}
