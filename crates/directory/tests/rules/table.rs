//! The tables in `cases`, one file for each area.
//!
//! A line is a case: `state | command | … | outcome`. The outcome is that of the last command.
//! The commands before it must not be refused. The state `new` is a new account, `=` is the state
//! of the case above, and an empty one is the account as the line above left it. In an outcome,
//! `unchanged` stands for the account as it was. An indented line continues the one above, and `#`
//! begins a comment. [`notation`] has the states and outcomes, [`commands`] the commands.
//!
//! Some words are commands only here: `revert 2 1` reverts the changes of the second command and
//! then those of the first, `revert v6` reverts the change that made version 6, `commit` ends the
//! batch, and `restart` ends it and loads the account from its stored state. The outcome of
//! `ring QA 2026-11-30T09:00Z` is whom to ring for a skill at that time.

use super::delta::apply_all;
use super::*;
use directory::delta::RecordedChange;

macro_rules! tables {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let file = concat!("cases/", stringify!($name), ".txt");
            check(file, include_str!(concat!("cases/", stringify!($name), ".txt")));
        }
    )*};
}

tables! { account key phone revert revert_positions ring routing several skill }

/// Checks all cases of a file.
pub(super) fn check(file: &str, text: &str) {
    let cases = cases(text);
    let mut state = "";
    let mut story = Story::new(state);
    for (line, case) in &cases {
        // Shown if a case fails in an assertion that does not know the line.
        println!("{file}:{line}");
        let columns: Vec<_> = case.split('|').map(str::trim).collect();
        let [first, commands @ .., last, outcome] = &columns[..] else {
            panic!("{file}:{line}: not a case")
        };
        if !first.is_empty() {
            match *first {
                "=" => {}
                "new" => state = "",
                other => state = other,
            }
            story = Story::new(state);
        }
        for command in commands {
            let found = story.run(command);
            assert!(!found.starts_with("refused"), "{file}:{line}: {command}: {found}");
        }
        let unchanged = story.unchanged();
        let expected = outcome.replace("unchanged", &unchanged);
        let found = story.run(last);
        let [found, expected] = [&found, &expected].map(|text| lines(text).collect::<Vec<_>>());
        assert_eq!(found, expected, "{file}:{line}: {case}");
    }
}

/// The cases of a text, each with the number of its first line.
fn cases(text: &str) -> Vec<(usize, String)> {
    let mut cases = Vec::<(usize, String)>::new();
    let lines = (1..).zip(text.lines());
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        match cases.last_mut() {
            Some((_, case)) if line.starts_with(' ') => {
                case.push(' ');
                case.push_str(line.trim());
            }
            _ => cases.push((number, line.to_owned())),
        }
    }
    cases
}

/// An account that commands change one after another.
struct Story {
    /// The account before the batch.
    committed: Account,
    /// The changes of the batch.
    staged: Vec<Change>,
    /// The account after them.
    account: Account,
    /// The changes of each command, newest first.
    done: Vec<Vec<RecordedChange>>,
}

impl Story {
    fn new(state: &str) -> Self {
        let committed = new_account();
        let (staged, mut account) = (history(state), committed.clone());
        for change in &staged {
            apply(&mut account, change);
        }
        Self { committed, staged, account, done: Vec::new() }
    }

    /// The outcome of a command that changes nothing.
    fn unchanged(&self) -> String {
        render(&self.account, &Ok(Decision::default()), &self.account)
    }

    /// Executes a command, both in the batch and by itself. Returns its outcome.
    fn run(&mut self, text: &str) -> String {
        let command = match text.split_once(' ').unwrap_or((text, "")) {
            ("commit", _) => {
                self.commit(self.account.clone());
                return String::new();
            }
            ("restart", _) => {
                self.commit(reloaded(&self.account));
                return String::new();
            }
            ("ring", when) => return routing::whom(&self.account, when),
            ("revert", which) => self.revert(which),
            _ => commands::command(text),
        };
        let mut batch = View::new(&self.committed);
        for change in &self.staged {
            batch.stage(change);
        }
        let in_batch = outcome_of(&self.account, &mut batch, &command).0;
        let (outcome, changes) = outcome_of(&self.account, &mut View::new(&self.account), &command);
        assert_eq!(in_batch, outcome, "in a batch and by itself: {text}");
        let mut after = self.account.clone();
        let done = apply_all(&mut after, &changes);
        if matches!(command, Command::Revert { .. }) {
            // The outcome does not depend on the last positions that a process has seen.
            let loaded = reloaded(&self.account);
            assert_eq!(outcome_of(&loaded, &mut View::new(&loaded), &command).0, outcome);
            assert_no_shared_position(&after);
        }
        self.account = after;
        self.staged.extend(changes);
        self.done.push(done);
        outcome
    }

    fn commit(&mut self, account: Account) {
        self.account = account.clone();
        self.committed = account;
        self.staged.clear();
    }

    /// `2 1` reverts the changes of these commands, `v6` the change that made this version; with
    /// `good` before them, those that can be.
    fn revert(&self, which: &str) -> Command {
        let (which, mode) = match which.strip_prefix("good ") {
            Some(which) => (which, SaveMode::GoodRows),
            None => (which, SaveMode::AllOrNothing),
        };
        let changes = which.split_whitespace().flat_map(|word| match word.strip_prefix('v') {
            Some(version) => {
                let version: u64 = version.parse().unwrap();
                let all = self.done.iter().flatten();
                all.filter(|change| change.version == version).cloned().collect()
            }
            None => self.done[word.parse::<usize>().unwrap() - 1].clone(),
        });
        Command::Revert { changes: changes.collect(), mode }
    }
}

/// The account as it is loaded after a restart: ring orders end after their last phone.
fn reloaded(account: &Account) -> Account {
    let mut loaded = Account {
        tokens: account.tokens.clone(),
        keys: account.keys.clone(),
        routing: account.routing.clone(),
        ..Account::new(account.id, account.profile.clone(), account.counters)
    };
    for (name, id) in account.skills.iter() {
        loaded.skills.set(id, name.clone(), account.skills.version(id));
    }
    for (id, phone) in account.phones.iter() {
        loaded.set_phone(id, Some((phone.clone(), account.phones.version(id).unwrap())));
    }
    loaded
}
