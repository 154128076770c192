//! The history, page by page.

use std::sync::Arc;

use directory::{Change, Kind, PhoneId, SkillId};
use ringbook::store::{ChangeQuery, Direction, HistoryOf, HistoryRow, Store, delta};

use crate::book::{Book, nth_phone, origin, phone};
use crate::place::Place;

/// Commits of each of the accounts, and changes in each: in all more than two slices of the index
/// that SQLite's store has.
const ROUNDS: u32 = 56;
const EDITS: u32 = 50;

/// An account whose history is known.
struct Known {
    book: Book,
    rows: Vec<HistoryRow>,
}

impl Known {
    fn new(store: &Arc<dyn Store>, user_name: &str) -> Self {
        let mut known = Self { book: Book::new(store, user_name), rows: Vec::new() };
        known.add(Kind::CreateAccount, None, "{}".into());
        known
    }

    fn commit(&mut self, changes: Vec<Change>) {
        for change in &changes {
            self.add(change.kind(), change.subject_id(), delta(change));
        }
        self.book.commit(changes);
    }

    fn add(&mut self, kind: Kind, subject_id: Option<u64>, delta: String) {
        let (origin, version) = (origin(), self.rows.len() as u64 + 1);
        let (request_id, source) = (origin.request_id, origin.source.to_string());
        let at_us = origin.at_us;
        self.rows.push(HistoryRow { version, at_us, request_id, source, kind, subject_id, delta });
    }

    /// Phones that are made, edited in turn and deleted, and a skill.
    fn round(&mut self, round: u32) {
        let (book, n) = (&self.book, round * EDITS);
        let mut changes: Vec<_> = match round {
            0 => (1..=EDITS).map(|id| book.phone(id, Some(nth_phone(id)))).collect(),
            _ => (1..EDITS).map(|id| book.phone(id, Some(nth_phone(n + id)))).collect(),
        };
        let name = format!("Skill-{round}");
        changes.push(book.skill(1, Some(&name)));
        self.commit(changes);
    }

    fn of(&self, of: HistoryOf) -> Vec<HistoryRow> {
        let is_of = |row: &&HistoryRow| match of {
            HistoryOf::Account => true,
            HistoryOf::Phone(id) => row.kind.is_of_phone() && row.subject_id == Some(id.0.into()),
            HistoryOf::Skill(id) => row.kind.is_of_skill() && row.subject_id == Some(id.0.into()),
        };
        self.rows.iter().filter(is_of).cloned().collect()
    }

    /// The store tells the whole of it in either direction, and what is between two versions.
    #[track_caller]
    fn assert_told(&self, store: &dyn Store, rows_max: usize) {
        let newest = self.rows.len() as u64;
        let phones = [1, EDITS, 999].map(|id| HistoryOf::Phone(PhoneId(id)));
        let skills = [1, 2].map(|id| HistoryOf::Skill(SkillId(id)));
        for of in [HistoryOf::Account].into_iter().chain(phones).chain(skills) {
            for (above, below) in [(0, None), (7, Some(newest - 3)), (newest, None), (0, Some(1))] {
                let mut expected = self.of(of);
                expected.retain(|row| row.version > above && below.is_none_or(|v| row.version < v));
                let direction = Direction::OldestFirst;
                let asked = ChangeQuery { of, above, below, direction, rows_max };
                assert_eq!(told(store, &self.book, &asked, 1), expected, "{asked:?}");
                expected.reverse();
                let asked = ChangeQuery { direction: Direction::NewestFirst, ..asked };
                assert_eq!(told(store, &self.book, &asked, 1), expected, "{asked:?}");
            }
        }
    }
}

/// All that is asked for, page after page.
#[track_caller]
fn told(store: &dyn Store, book: &Book, asked: &ChangeQuery, oldest: u64) -> Vec<HistoryRow> {
    let mut asked = asked.clone();
    let mut rows = Vec::new();
    loop {
        let page = store.changes(book.id(), &asked).unwrap();
        assert_eq!(page.oldest, Some(oldest));
        assert!(page.rows.len() <= asked.rows_max);
        rows.extend(page.rows);
        let Some(next) = page.next else { return rows };
        match asked.direction {
            Direction::OldestFirst => {
                assert!(next > asked.above, "it goes on");
                asked.above = next;
            }
            Direction::NewestFirst => {
                assert!(asked.below.is_none_or(|below| next < below), "it goes on");
                asked.below = Some(next);
            }
        }
    }
}

fn all(direction: Direction, rows_max: usize) -> ChangeQuery {
    ChangeQuery { of: HistoryOf::Account, above: 0, below: None, direction, rows_max }
}

pub fn pages_lead_through_the_history_of_each_account(place: &Place) {
    let store = place.open();
    let mut accounts = ["acme", "other", "third"].map(|name| Known::new(&store, name));
    for round in 0..ROUNDS {
        for known in &mut accounts {
            known.round(round);
        }
        if [0, 13, ROUNDS - 1].contains(&round) {
            for known in &accounts {
                known.assert_told(&*store, 1000);
            }
        }
    }
    accounts[1].assert_told(&*store, 97);
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);

    // Of an account that is gone, the last row tells of it.
    let [mut gone, ..] = accounts;
    gone.commit(vec![Change::AccountDeleted]);
    gone.assert_told(&*store, 1000);
    let nobody = directory::AccountId(99);
    let page = store.changes(nobody, &all(Direction::NewestFirst, 10)).unwrap();
    assert_eq!((page.rows, page.next, page.oldest), (vec![], None, None));
}

/// A phone and a skill may have the same id, and so may those of another account.
pub fn the_history_of_a_phone_is_its_own(place: &Place) {
    let store = place.open();
    let [mut acme, mut other] = ["acme", "other"].map(|name| Known::new(&store, name));
    for known in [&mut acme, &mut other] {
        let book = &known.book;
        let changes = vec![
            book.skill(1, Some("General")),
            book.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
            book.profile(|profile| profile.phone_number_limit = 5),
        ];
        known.commit(changes);
        known.commit(vec![known.book.phone(1, None), known.book.skill(1, None)]);
    }
    acme.assert_told(&*store, 1);
    other.assert_told(&*store, 2);
    assert_eq!(acme.of(HistoryOf::Phone(PhoneId(1))).len(), 2);
}

pub fn the_history_is_one_whoever_wrote_it(place: &Place) {
    let stores = [place.open(), place.open()];
    let mut known = Known::new(&stores[0], "acme");
    for round in 0..ROUNDS {
        known.book.store = Arc::clone(&stores[round as usize % 2]);
        known.round(round);
    }
    for store in &stores {
        known.assert_told(&**store, 1000);
    }
    assert_eq!(stores[0].check_integrity().unwrap(), [""; 0]);
}

pub fn a_store_of_the_schema_before_has_its_history(place: &Place) {
    let store = place.open();
    let mut accounts = ["acme", "other"].map(|name| Known::new(&store, name));
    for round in 0..ROUNDS {
        for known in &mut accounts {
            known.round(round);
        }
    }
    // Nobody has it open while the tables go.
    for known in &mut accounts {
        known.book.store = Arc::new(ringbook::store::sqlite::SqliteStore::in_memory().unwrap());
    }
    drop(store);
    place.execute(place.to_schema_2());
    let store = place.open();
    for known in &mut accounts {
        known.assert_told(&*store, 1000);
        known.book.store = Arc::clone(&store);
        known.round(ROUNDS);
        known.assert_told(&*store, 1000);
        known.book.assert_stored();
    }
    assert_eq!(store.check_integrity().unwrap(), [""; 0]);
}

/// Of a phone, so many versions are looked at for a page and no more.
pub fn a_page_of_a_phone_may_be_short(place: &Place) {
    const OTHERS: u64 = 230_000;
    let mut known = Known::new(&place.open(), "acme");
    known.commit(vec![known.book.phone(1, Some(nth_phone(1)))]);
    let (account, first) = (known.book.id(), known.book.version() + 1);
    let last = first + OTHERS - 1;
    // As a program wrote them that knows of no index.
    place.execute(&format!(
        "WITH RECURSIVE n (version) AS \
         (SELECT {first} UNION ALL SELECT version + 1 FROM n WHERE version < {last}) \
         INSERT INTO change (account_id, version, at_us, request_id, source, kind, subject_id, delta) \
         SELECT {account}, version, 0, 0, 'cli:asha', 'edit', 2, '{{}}' FROM n; \
         UPDATE account_version SET version = {last} WHERE account_id = {account}"
    ));
    known.book.account.counters.version = last;
    let store = place.open();
    known.book.store = Arc::clone(&store);
    known.book.commit(vec![known.book.phone(1, None)]);
    for direction in [Direction::OldestFirst, Direction::NewestFirst] {
        let of = HistoryOf::Phone(PhoneId(1));
        let mut asked = ChangeQuery { of, ..all(direction, 1000) };
        let rows = told(&*store, &known.book, &asked, 1);
        assert_eq!(rows.len(), 2, "{direction:?}");
        let short = store.changes(account, &asked).unwrap();
        assert!(short.rows.len() == 1 && short.next.is_some(), "{direction:?}");
        // In the middle there is a page without any row.
        match direction {
            Direction::OldestFirst => asked.above = short.next.unwrap(),
            Direction::NewestFirst => asked.below = short.next,
        }
        let empty = store.changes(account, &asked).unwrap();
        assert!(empty.rows.is_empty() && empty.next.is_some(), "{direction:?}");
    }
}
