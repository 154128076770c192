//! The account that a store must have after each commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use directory::routing::Routing;
use directory::{
    Account, AccountId, ApiKeys, Assignment, Change, Counters, IssuedToken, Phone, PhoneId,
    PhoneName, PhoneNumber, Profile, SkillId, SkillName, Tokens, UserName, View,
};
use ringbook::store::{
    AccountCommit, CatchUp, ChangeQuery, Direction, FoundAccount, HistoryOf, IdempotencyRecord,
    Origin, ReadStore, RequestId, StampedChange, Store, StoreError, Verdict,
};

use crate::test_store::TestStore;

/// A deadline that no commit misses, however busy the machine is.
pub fn deadline() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

/// Reads of one account, of which a store reads several at a time.
pub trait ReadOne: ReadStore {
    fn find_account(&self, user_name: &str) -> FoundAccount {
        self.find_accounts(&[user_name.to_owned()])?.pop().unwrap()
    }

    fn catch_up(&self, id: AccountId, version: u64) -> Result<CatchUp, StoreError> {
        Ok(self.catch_up_all(&[(id, version)])?.pop().unwrap())
    }
}

impl<S: ReadStore + ?Sized> ReadOne for S {}

/// An account and the store that it is in.
pub struct Book {
    pub store: Arc<dyn Store>,
    pub account: Account,
}

/// Opens a store, and creates accounts of these names in it.
pub fn open<const N: usize>(
    test_store: &TestStore,
    names: [&str; N],
) -> (Arc<dyn Store>, [Book; N]) {
    let store = test_store.open();
    let books = names.map(|name| Book::new(&store, name));
    (store, books)
}

impl Book {
    /// Creates an account.
    pub fn new(store: &Arc<dyn Store>, user_name: &str) -> Self {
        let profile = profile(user_name);
        let id = store.create_account(&profile, &origin(), None, deadline()).unwrap();
        let id = id.expect("the name is free");
        Self { store: Arc::clone(store), account: Account::new(id, profile, Counters::NEW) }
    }

    /// The same account as another handle on the store loads it.
    pub fn load_in(&self, test_store: &TestStore) -> Self {
        let store = test_store.open();
        let account = store.load(self.id()).unwrap().unwrap();
        Self { store, account }
    }

    pub fn id(&self) -> AccountId {
        self.account.id
    }

    pub fn version(&self) -> u64 {
        self.account.counters.version
    }

    /// A phone is created, edited or deleted.
    pub fn phone(&self, id: u32, after: Option<Phone>) -> Change {
        let before = self.account.phones.get(PhoneId(id)).cloned();
        Change::Phone { id: PhoneId(id), before, after }
    }

    /// These phones are created or edited: each gets the number and name of [`nth_phone`] `n + id`.
    pub fn nth_phones(&self, ids: impl IntoIterator<Item = u32>, n: u32) -> Vec<Change> {
        ids.into_iter().map(|id| self.phone(id, Some(nth_phone(n + id)))).collect()
    }

    /// A skill is created, renamed or deleted.
    pub fn skill(&self, id: u32, after: Option<&str>) -> Change {
        let before = self.account.skills.name(SkillId(id)).cloned();
        let after = after.map(|name| SkillName::parse(name).unwrap());
        Change::Skill { id: SkillId(id), before, after }
    }

    /// The settings are edited.
    pub fn profile(&self, edit: impl FnOnce(&mut Profile)) -> Change {
        let before = self.account.profile.clone();
        let mut after = before.clone();
        edit(&mut after);
        Change::Profile { before, after }
    }

    /// The account is deleted.
    pub fn deletion(&self) -> Change {
        Change::AccountDeleted(self.account.profile.user_name.clone())
    }

    /// A commit of these changes.
    pub fn prepare(&self, changes: Vec<Change>) -> AccountCommit {
        let mut view = View::new(&self.account);
        let mut stamped = Vec::new();
        for change in changes {
            let skill_names = change.skill_names(view.skills());
            view.stage(&change);
            stamped.push(StampedChange { change, skill_names, origin: origin() });
        }
        AccountCommit {
            id: self.id(),
            expected_version: self.version(),
            counters: view.counters(),
            changes: stamped,
            answers: Vec::new(),
            imports: Vec::new(),
        }
    }

    /// The same with idempotency records.
    pub fn prepare_with(
        &self,
        changes: Vec<Change>,
        answers: impl IntoIterator<Item = IdempotencyRecord>,
    ) -> AccountCommit {
        AccountCommit { answers: answers.into_iter().collect(), ..self.prepare(changes) }
    }

    /// Commits changes; no other process has changed the account.
    #[track_caller]
    pub fn commit(&mut self, changes: Vec<Change>) {
        commit(&*self.store, &[self.prepare(changes.clone())]);
        self.apply(changes);
    }

    /// Applies committed changes.
    pub fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.account.apply(change);
        }
    }

    /// Asserts that the store has this account.
    #[track_caller]
    pub fn assert_stored(&self) {
        self.assert_stored_in(&*self.store);
    }

    /// The same of another store or handle.
    #[track_caller]
    pub fn assert_stored_in(&self, store: &dyn Store) {
        let stored = store.load(self.id()).unwrap().expect("the account is there");
        assert_eq!(content(&stored), content(&self.account));
        assert_eq!(store.versions_of(&[self.id()]).unwrap(), [Some(self.version())]);
        let user_name = self.account.profile.user_name.as_str();
        let head = store.find_account(user_name).unwrap().expect("the account is found");
        assert_eq!((head.id, head.counters), (self.id(), self.account.counters));
        assert_eq!((head.profile, head.tokens), (stored.profile, stored.tokens));
        assert_eq!(head.keys, stored.keys);
    }
}

/// Commits a batch of which no account is stale.
#[track_caller]
pub fn commit(store: &dyn Store, batch: &[AccountCommit]) {
    let verdicts = store.commit(batch, deadline()).unwrap();
    assert_eq!(verdicts, vec![Verdict::Committed; batch.len()]);
}

/// Asserts that the store finds nothing wrong in itself.
#[track_caller]
pub fn assert_sound(store: &dyn Store) {
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}

/// The versions in the history of an account, oldest first.
#[track_caller]
pub fn versions(store: &dyn Store, id: AccountId) -> Vec<u64> {
    let query = ChangeQuery::newest(HistoryOf::Account, 100_000);
    let query = ChangeQuery { direction: Direction::OldestFirst, ..query };
    let page = store.changes(id, &query).unwrap();
    let versions: Vec<_> = page.rows.iter().map(|row| row.version).collect();
    assert_eq!((page.oldest, page.next), (versions.first().copied(), None));
    versions
}

/// All that a store keeps of an account.
#[derive(Debug, PartialEq)]
pub struct Content {
    profile: Profile,
    tokens: Tokens,
    keys: ApiKeys,
    counters: Counters,
    /// With the version of each.
    skills: Vec<(SkillName, SkillId, u64)>,
    phones: Vec<(PhoneId, Phone, u64)>,
    routing: Routing,
}

pub fn content(account: &Account) -> Content {
    let (skills, phones) = (&account.skills, &account.phones);
    let phone_with_version =
        |(id, phone): (PhoneId, &Phone)| (id, phone.clone(), phones.version(id).unwrap());
    Content {
        profile: account.profile.clone(),
        tokens: account.tokens.clone(),
        keys: account.keys.clone(),
        counters: account.counters,
        skills: skills.iter().map(|(name, id)| (name.clone(), id, skills.version(id))).collect(),
        phones: phones.iter().map(phone_with_version).collect(),
        routing: account.routing.clone(),
    }
}

pub fn profile(user_name: &str) -> Profile {
    Profile::new(UserName::parse(user_name).unwrap(), [7; 32])
}

/// A Saturday in 2026, a request whose id has its highest bit set, and an operator.
pub fn origin() -> Origin {
    let request_id = RequestId(0xfedc_ba98_7654_3210);
    Origin { at_us: 1_780_000_000_123_456, request_id, source: "cli:asha".into(), import: None }
}

/// `phone("+911", "Ravi", &[(1, 5)])` is assigned to the skill 1 at position 5.
pub fn phone(number: &str, name: &str, skills: &[(u32, u64)]) -> Phone {
    Phone {
        number: PhoneNumber::parse(number).unwrap(),
        name: PhoneName::parse(name).unwrap(),
        skills: skills.iter().map(|(id, at)| Assignment::new(SkillId(*id), *at)).collect(),
    }
}

/// The `n`th of many phones.
pub fn nth_phone(n: u32) -> Phone {
    phone(&format!("+91{n:06}"), &format!("Agent-{n}"), &[])
}

/// A token that was issued at that microsecond.
pub fn token(byte: u8, issued_us: i64) -> Change {
    let expires_us = issued_us + directory::limits::TOKEN_VALID_US;
    Change::Token { issued: IssuedToken { sha256: [byte; 32], issued_us, expires_us } }
}
