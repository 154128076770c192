//! Checks stored accounts against the rules and their history, for `ringbook check`.

mod history;
mod routing;

use std::collections::HashMap;

use directory::{Account, Assignment, PhoneId, PhoneNumber};

use super::{Failure, Service};

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// Accounts checked.
    pub accounts: usize,
    /// Phones checked.
    pub phones: usize,
    /// What is wrong, one sentence each.
    pub findings: Vec<String>,
}

impl Service {
    /// Checks the store's own integrity, then each account by the rules and by its history. Calls `progress` with the
    /// number of accounts done and of all accounts.
    pub fn check(&self, mut progress: impl FnMut(usize, usize)) -> Result<CheckReport, Failure> {
        let mut report =
            CheckReport { findings: self.core.store.check_integrity()?, ..CheckReport::default() };
        let ids = self.core.store.account_ids()?;
        for (index, id) in ids.iter().enumerate() {
            progress(index, ids.len());
            match self.core.store.load(*id) {
                Ok(Some(account)) => {
                    report.accounts += 1;
                    report.phones += account.phones.len();
                    check_account(&account, &mut report.findings);
                    let compared =
                        history::check(&*self.core.store, &account, &mut report.findings);
                    report.findings.extend(compared.err().map(|error| error.to_string()));
                }
                Ok(None) => {}
                Err(error) => report.findings.push(error.to_string()),
            }
        }
        Ok(report)
    }
}

fn check_account(account: &Account, findings: &mut Vec<String>) {
    let user_name = &account.profile.user_name;
    let mut find = |what: String| findings.push(format!("account {user_name}: {what}"));
    let mut positions = HashMap::<Assignment, PhoneNumber>::new();
    for (id, phone) in account.phones.iter() {
        let is_it = |found: Option<(PhoneId, _)>| found.is_some_and(|(found, _)| found == id);
        if !is_it(account.phones.by_number(phone.number)) {
            find(format!("two phones have the number {}", phone.number));
        }
        if !is_it(account.phones.by_name(phone.name.as_str())) {
            find(format!("two phones have the name {}", phone.name));
        }
        if id.0 >= account.counters.next_phone_id {
            find(format!("phone {} has an id that is yet to be given", phone.number));
        }
        for assignment in phone.skills.iter() {
            let Some(skill) = account.skills.name(assignment.skill()) else {
                let skill = assignment.skill().0;
                find(format!("phone {} is assigned to no skill of id {skill}", phone.number));
                continue;
            };
            if let Some(other) = positions.insert(assignment, phone.number) {
                find(format!(
                    "phones {other} and {} have one place in the ring order of {skill}: \
                     replace it by one with all of its phones",
                    phone.number
                ));
            }
        }
    }
    routing::check(account).into_iter().for_each(find);
}
