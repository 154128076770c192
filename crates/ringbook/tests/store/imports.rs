//! How imports stand, written in the transactions of their parts.

use ringbook::store::ImportState::{Done, Running, Stopped, Undone};
use ringbook::store::{
    AccountCommit, Import, ImportId, ImportProgress, ImportState, ImportWrite, RequestId, Verdict,
};

use crate::book::{Book, commit, deadline, nth_phone, open};
use crate::prune::{before, commit_at, prune};
use crate::test_store::TestStore;

/// An import that stands so: the rows, and those that were done, unchanged and refused.
pub fn import(id: u64, state: ImportState, [rows, done, unchanged, refused]: [u64; 4]) -> Import {
    let stopped = (state == Stopped).then(|| "{\"code\":\"too_slow\"}".into());
    Import {
        id: ImportId(id),
        begun_us: 7,
        request_id: RequestId(u64::MAX),
        source: "api:PBX \"Süd\"".into(),
        is_whole: id.is_multiple_of(2),
        progress: ImportProgress { state, rows, done, unchanged, refused, stopped },
    }
}

fn written(book: &Book, imports: &[ImportWrite]) -> AccountCommit {
    AccountCommit { imports: imports.to_vec(), ..book.prepare(vec![]) }
}

on!(memory sqlite postgres: returns_imports_newest_first_until_their_account_is_deleted);
fn returns_imports_newest_first_until_their_account_is_deleted(test_store: &TestStore) {
    let (store, [acme, mut other]) = open(test_store, ["acme", "other"]);
    let [one, two, three] = [2, 5, 9].map(|id| import(id, Stopped, [id, 1, 0, id - 1]));
    let writes = [&two, &one, &three].map(|import| ImportWrite::Progress(import.clone()));
    commit(&*store, &[written(&acme, &writes), written(&other, &writes[..1])]);
    let imports = |below, rows_max| store.imports(acme.id(), ImportId(below), rows_max).unwrap();
    assert_eq!(imports(u64::MAX, 9), [three, two.clone(), one.clone()]);
    assert_eq!(imports(9, 1), std::slice::from_ref(&two));
    assert_eq!(imports(3, 9), [one]);
    assert_eq!(imports(2, 9), []);
    // No version was raised, and a stale commit writes nothing.
    assert_eq!(store.versions_of(&[acme.id()]).unwrap(), [Some(1)]);
    let stale =
        AccountCommit { expected_version: 7, ..written(&acme, &[ImportWrite::Undone(two.id)]) };
    assert_eq!(store.commit(&[stale], deadline()).unwrap(), [Verdict::Stale]);
    assert_eq!(imports(6, 1), [two]);
    other.commit(vec![other.deletion()]);
    assert_eq!(store.imports(other.id(), ImportId(u64::MAX), 9).unwrap(), []);
}

on!(memory sqlite postgres: keeps_what_is_known_of_an_import_already);
/// A file that is sent again comes to places at which its import was before.
fn keeps_what_is_known_of_an_import_already(test_store: &TestStore) {
    let (store, [acme]) = open(test_store, ["acme"]);
    // What is written of rows and rows done, and how the import stands then.
    for (wrote, (state, rows, done)) in [
        (Some((Running, 5, 5)), (Running, 5, 5)),
        (Some((Running, 9, 8)), (Running, 9, 8)),
        (Some((Stopped, 5, 5)), (Running, 9, 8)),
        (Some((Stopped, 9, 8)), (Stopped, 9, 8)),
        (Some((Done, 9, 8)), (Done, 9, 8)),
        (Some((Stopped, 9, 8)), (Done, 9, 8)),
        (Some((Running, 10, 8)), (Running, 10, 8)),
        (Some((Done, 10, 8)), (Done, 10, 8)),
        (None, (Undone, 10, 8)),
        (Some((Done, 10, 8)), (Undone, 10, 8)),
        (Some((Running, 12, 9)), (Running, 12, 9)),
    ] {
        let at = |(state, rows, done)| import(4, state, [rows, done, 0, rows - done]);
        let undone = ImportWrite::Undone(ImportId(4));
        let write = wrote.map_or(undone, |stands| ImportWrite::Progress(at(stands)));
        commit(&*store, &[written(&acme, &[write])]);
        let found = store.imports(acme.id(), ImportId(5), 1).unwrap();
        assert_eq!(found, [at((state, rows, done))], "{wrote:?}");
    }
}

on!(memory sqlite postgres: forgets_an_import_with_its_first_change);
fn forgets_an_import_with_its_first_change(test_store: &TestStore) {
    let (store, [mut acme]) = open(test_store, ["acme"]);
    for (after_us, id) in [(10, 1), (20, 2), (30, 3)] {
        let change = acme.phone(id, Some(nth_phone(id)));
        commit_at(&mut acme, after_us, vec![change]);
        let begun = import(acme.version(), Done, [1, 1, 0, 0]);
        commit(&*store, &[written(&acme, &[ImportWrite::Progress(begun)])]);
    }
    assert_eq!(prune(&*store, &before(25), 1000).0, 3);
    let left = store.imports(acme.id(), ImportId(u64::MAX), 9).unwrap();
    assert_eq!(left.iter().map(|import| import.id.0).collect::<Vec<_>>(), [acme.version()]);
}
