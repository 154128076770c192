//! The history, page by page.

use std::sync::Arc;

use directory::{AccountId, Change, Kind, PhoneId, SkillId, SkillNames};
use ringbook::store::{
    ChangeFilter, ChangeQuery, Direction, HistoryOf, HistoryRow, ImportId, Origin, RequestId,
    Store, delta,
};

use crate::book::{Book, assert_sound, commit, nth_phone, origin, versions};
use crate::prune::{before, mark, prune};
use crate::routing::{PHONE, SKILL, route};
use crate::test_store::TestStore;

/// Commits of each account, and changes in each: in all more than two slices of SQLite's index.
const ROUNDS: u32 = 56;
const EDITS: u32 = 50;

/// The import of some rounds: the first change of the second one.
const IMPORT: ImportId = ImportId(2 + 2 * EDITS as u64 + 1);

/// An account and the history that it must have.
struct Recorded {
    book: Book,
    rows: Vec<HistoryRow>,
}

impl Recorded {
    fn new(store: &Arc<dyn Store>, user_name: &str) -> Self {
        let mut recorded = Self { book: Book::new(store, user_name), rows: Vec::new() };
        recorded.add(&origin(), Kind::CreateAccount, None, "{}".into());
        recorded
    }

    fn commit(&mut self, changes: Vec<Change>) {
        self.commit_of(&origin(), changes);
    }

    fn commit_of(&mut self, origin: &Origin, changes: Vec<Change>) {
        let mut prepared = self.book.prepare(changes.clone());
        for stamped in &mut prepared.changes {
            stamped.origin = origin.clone();
        }
        commit(&*self.book.store, &[prepared]);
        for change in &changes {
            let delta = delta(change, &SkillNames::default());
            self.add(origin, change.kind(), change.subject_id(), delta);
        }
        self.book.apply(changes);
    }

    fn add(&mut self, origin: &Origin, kind: Kind, subject_id: Option<u64>, delta: String) {
        self.rows.push(HistoryRow {
            version: self.rows.len() as u64 + 1,
            at_us: origin.at_us,
            request_id: origin.request_id,
            source: origin.source.to_string(),
            kind,
            subject_id,
            delta,
            import: origin.import,
        });
    }

    /// Creates phones and a skill, or edits them, or how they ring.
    fn round(&mut self, round: u32) {
        let (book, n) = (&self.book, round * EDITS);
        // The last phone is only created.
        let last = if round == 0 { EDITS } else { EDITS - 1 };
        let mut changes = book.nth_phones(2..=last, n);
        if round.is_multiple_of(2) {
            changes.extend(book.nth_phones(1..=1, n));
            changes.push(book.skill(1, Some(&format!("Skill-{round}"))));
        } else {
            changes.push(route(book, PHONE, &[("pause", &format!("- {round}"))]));
            changes.push(route(book, SKILL, &[("ring_time_s", &format!("{round}"))]));
        }
        let origin = Origin {
            at_us: at_us(round),
            request_id: RequestId(round.into()),
            source: if round.is_multiple_of(3) { "api" } else { "api:\"P\n\\BX" }.into(),
            // These rounds are parts of an import, the others are requests of their own.
            import: matches!(round, 2 | 4 | 6).then_some(IMPORT),
        };
        self.commit_of(&origin, changes);
    }

    fn of(&self, of: HistoryOf, filter: &ChangeFilter) -> Vec<HistoryRow> {
        let is_of = |row: &&HistoryRow| match of {
            HistoryOf::Account => true,
            HistoryOf::Phone(id) => row.kind.is_of_phone() && row.subject_id == Some(id.0.into()),
            HistoryOf::Skill(id) => row.kind.is_of_skill() && row.subject_id == Some(id.0.into()),
        };
        let passes = |row: &&HistoryRow| {
            filter.import.is_none_or(|import| row.import == Some(import))
                && filter.request.is_none_or(|request| row.request_id == request)
                && filter.kind.is_none_or(|kind| row.kind == kind)
                && filter.source.as_ref().is_none_or(|source| row.source == *source)
                && filter.since_us.is_none_or(|since_us| row.at_us >= since_us)
                && filter.until_us.is_none_or(|until_us| row.at_us < until_us)
        };
        self.rows.iter().filter(is_of).filter(passes).cloned().collect()
    }

    /// Asserts that the store lists the whole history and parts of it, in either direction.
    #[track_caller]
    fn assert_listed(&self, store: &dyn Store, rows_max: usize) {
        let newest = self.rows.len() as u64;
        let phones = [1, EDITS, 999].map(|id| HistoryOf::Phone(PhoneId(id)));
        let skills = [1, 2].map(|id| HistoryOf::Skill(SkillId(id)));
        let all = [HistoryOf::Account].into_iter().chain(phones).chain(skills);
        let unfiltered = all.map(|of| (of, ChangeFilter::default()));
        for (of, filter) in unfiltered.chain(filtered()) {
            for (above, below) in [(0, None), (7, Some(newest - 3)), (newest, None), (0, Some(1))] {
                let mut expected = self.of(of, &filter);
                expected.retain(|row| row.version > above && below.is_none_or(|v| row.version < v));
                let (filter, direction) = (filter.clone(), Direction::OldestFirst);
                let query = ChangeQuery { of, filter, above, below, direction, rows_max };
                assert_eq!(list(store, &self.book, &query), expected, "{query:?}");
                expected.reverse();
                let query = ChangeQuery { direction: Direction::NewestFirst, ..query };
                assert_eq!(list(store, &self.book, &query), expected, "{query:?}");
            }
        }
    }
}

/// When a round is committed.
fn at_us(round: u32) -> i64 {
    origin().at_us + i64::from(round)
}

/// Each filter, alone and with others.
fn filtered() -> impl Iterator<Item = (HistoryOf, ChangeFilter)> {
    let none = ChangeFilter::default;
    let (all, phone) = (HistoryOf::Account, HistoryOf::Phone(PhoneId(2)));
    let source = Some("api".to_owned());
    let (since_us, until_us) = (Some(at_us(3)), Some(at_us(5)));
    [
        (all, ChangeFilter { import: Some(IMPORT), ..none() }),
        (all, ChangeFilter { request: Some(RequestId(3)), ..none() }),
        (all, ChangeFilter { kind: Some(Kind::CreatePhone), ..none() }),
        (all, ChangeFilter { since_us, until_us, ..none() }),
        (HistoryOf::Skill(SkillId(1)), ChangeFilter { source: source.clone(), ..none() }),
        (phone, ChangeFilter { import: Some(IMPORT), since_us, ..none() }),
        (phone, ChangeFilter { kind: Some(Kind::EditPhone), source, until_us, ..none() }),
        (phone, ChangeFilter { kind: Some(Kind::CreateSkill), ..none() }),
    ]
    .into_iter()
}

/// All rows of a query, page after page.
#[track_caller]
fn list(store: &dyn Store, book: &Book, query: &ChangeQuery) -> Vec<HistoryRow> {
    let mut query = query.clone();
    let mut rows = Vec::new();
    loop {
        let page = store.changes(book.id(), &query).unwrap();
        assert_eq!(page.oldest, Some(1));
        assert!(page.rows.len() <= query.rows_max);
        rows.extend(page.rows);
        let Some(next) = page.next else { return rows };
        match query.direction {
            Direction::OldestFirst => {
                assert!(next > query.above, "it goes on");
                query.above = next;
            }
            Direction::NewestFirst => {
                assert!(query.below.is_none_or(|below| next < below), "it goes on");
                query.below = Some(next);
            }
        }
    }
}

on!(memory sqlite postgres: pages_lead_through_the_history_of_each_account);
/// The phones and skills of the accounts have the same ids. Where a store is shared, two processes
/// write its history.
fn pages_lead_through_the_history_of_each_account(test_store: &TestStore) {
    let store = test_store.open();
    let other = if test_store.is_kept() { test_store.open() } else { Arc::clone(&store) };
    let mut accounts = ["acme", "other", "third"].map(|name| Recorded::new(&store, name));
    for round in 0..ROUNDS {
        for recorded in &mut accounts {
            recorded.book.store = Arc::clone(if round % 2 == 0 { &store } else { &other });
            recorded.round(round);
        }
        if [0, 13, ROUNDS - 1].contains(&round) {
            for recorded in &accounts {
                recorded.assert_listed(&*store, 1000);
            }
        }
    }
    accounts[1].assert_listed(&*other, 97);
    assert_sound(&*store);

    let [mut gone, ..] = accounts;
    let book = &gone.book;
    let limit = book.profile(|profile| profile.phone_number_limit = 5);
    gone.commit(vec![limit, book.phone(1, None), book.skill(1, None)]);
    // The last row of a deleted account reports the deletion.
    gone.commit(vec![gone.book.deletion()]);
    gone.assert_listed(&*store, 1000);
    gone.assert_listed(&*other, 1);
    let page = store.changes(AccountId(99), &ChangeQuery::newest(HistoryOf::Account, 10)).unwrap();
    assert_eq!((page.rows, page.next, page.oldest), (vec![], None, None));
}

on!(memory sqlite postgres: a_page_is_limited_by_what_is_kept_and_asked_for);
/// Pages of ten changes, of which older ones were deleted: the versions, and where the next page begins.
fn a_page_is_limited_by_what_is_kept_and_asked_for(test_store: &TestStore) {
    use Direction::{NewestFirst, OldestFirst};
    let store = test_store.open();
    let mut book = Book::new(&store, "acme");
    book.commit(book.nth_phones(1..=9, 0));
    mark(&*store, 1);
    book.commit(book.nth_phones(10..=19, 0));
    prune(&*store, &before(2), 1000);
    assert_eq!(versions(&*store, book.id()), (11..=20).collect::<Vec<_>>());
    for (above, below, direction, rows_max, expected, next) in [
        (0, None, OldestFirst, 3, &[11, 12, 13][..], Some(13)),
        (16, None, OldestFirst, 4, &[17, 18, 19, 20], None),
        (16, None, OldestFirst, 3, &[17, 18, 19], Some(19)),
        (20, None, OldestFirst, 3, &[], None),
        (u64::MAX, None, OldestFirst, 3, &[], None),
        (0, None, NewestFirst, 3, &[20, 19, 18], Some(18)),
        (0, Some(14), NewestFirst, 3, &[13, 12, 11], None),
        (11, Some(14), NewestFirst, 3, &[13, 12], None),
        (0, Some(11), NewestFirst, 3, &[], None),
        (0, Some(0), NewestFirst, 3, &[], None),
        (0, Some(99), NewestFirst, 0, &[20], Some(20)),
        (17, None, OldestFirst, usize::MAX, &[18, 19, 20], None),
    ] {
        let newest = ChangeQuery::newest(HistoryOf::Account, rows_max);
        let query = ChangeQuery { above, below, direction, ..newest };
        let page = store.changes(book.id(), &query).unwrap();
        let found: Vec<_> = page.rows.iter().map(|row| row.version).collect();
        assert_eq!((&found[..], page.next, page.oldest), (expected, next, Some(11)), "{query:?}");
    }
}

on!(sqlite postgres: returns_short_pages_for_a_phone_with_few_changes);
/// A page of a phone's history scans a limited number of versions.
fn returns_short_pages_for_a_phone_with_few_changes(test_store: &TestStore) {
    const OTHERS: u64 = 230_000;
    let mut recorded = Recorded::new(&test_store.open(), "acme");
    recorded.commit(vec![recorded.book.phone(1, Some(nth_phone(1)))]);
    let (account, first) = (recorded.book.id(), recorded.book.version() + 1);
    let last = first + OTHERS - 1;
    // Without the index, which the store brings up to date by itself.
    test_store.execute(&format!(
        "WITH RECURSIVE n (version) AS \
         (SELECT {first} UNION ALL SELECT version + 1 FROM n WHERE version < {last}) \
         INSERT INTO change (account_id, version, at_us, request_id, source, kind, subject_id, delta) \
         SELECT {account}, version, 0, 0, 'cli:asha', 'phone.edit', 2, '{{}}' FROM n; \
         UPDATE account_version SET version = {last} WHERE account_id = {account}"
    ));
    recorded.book.account.counters.version = last;
    let store = test_store.open();
    recorded.book.store = Arc::clone(&store);
    recorded.book.commit(vec![recorded.book.phone(1, None)]);
    for direction in [Direction::OldestFirst, Direction::NewestFirst] {
        let newest = ChangeQuery::newest(HistoryOf::Phone(PhoneId(1)), 1000);
        let mut query = ChangeQuery { direction, ..newest };
        let rows = list(&*store, &recorded.book, &query);
        assert_eq!(rows.len(), 2, "{direction:?}");
        let short = store.changes(account, &query).unwrap();
        assert!(short.rows.len() == 1 && short.next.is_some(), "{direction:?}");
        // In the middle there is a page without any row.
        match direction {
            Direction::OldestFirst => query.above = short.next.unwrap(),
            Direction::NewestFirst => query.below = short.next,
        }
        let empty = store.changes(account, &query).unwrap();
        assert!(empty.rows.is_empty() && empty.next.is_some(), "{direction:?}");
    }
}
