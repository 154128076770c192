//! Erasing the numbers and names of a phone, and a deleted account.

use std::sync::Arc;

use directory::{Delta, Kind, PhoneId, PhoneName, PhoneNumber};
use ringbook::store::{
    CatchUp, ChangeQuery, Erased, Erasure, HistoryOf, HistoryRow, ImportId, ImportState,
    ImportWrite, KEPT_TEXTS, KeptText, Store, StoreError, past,
};

use crate::book::{
    self, Book, ReadOne as _, assert_sound, commit, nth_phone, origin, phone, versions,
};
use crate::idempotency::{answer, kept};
use crate::imports::import;
use crate::prune::{before, mark, prune};
use crate::test_store::TestStore;

const NUMBER: &str = "+9198765431";

fn erase_first(book: &Book) -> Result<Erased, StoreError> {
    book.store.erase(&Erasure::Phone { account: book.id(), phone: PhoneId(1) }, &origin())
}

/// Two accounts whose first change is old enough to be pruned.
fn open(test_store: &TestStore) -> (Arc<dyn Store>, [Book; 2]) {
    let opened = book::open(test_store, ["acme", "other"]);
    mark(&*opened.0, 10);
    opened
}

/// Prunes that change, which has all others indexed.
fn index(store: &dyn Store) {
    prune(store, &before(20), 100);
}

fn rows(book: &Book, of: HistoryOf) -> Vec<HistoryRow> {
    book.store.changes(book.id(), &ChangeQuery::newest(of, 100)).unwrap().rows
}

/// An account whose phone 1 was deleted and whose phone 2 has its number since.
fn deleted(book: &mut Book) {
    if book.account.skills.is_empty() {
        book.commit(vec![book.skill(1, Some("Zebediah"))]);
    }
    let first = |name| Some(phone(NUMBER, name, &[(1, 5)]));
    let created = vec![book.phone(1, first("Zebediah")), book.phone(3, Some(nth_phone(3)))];
    book.commit(created);
    book.commit(vec![book.phone(1, first("Zeb.K"))]);
    book.commit(vec![book.phone(1, None)]);
    book.commit(vec![book.phone(2, Some(phone(NUMBER, "Bea", &[])))]);
}

on!(memory sqlite postgres: puts_marks_into_the_changes_of_the_phone_and_of_no_other);
fn puts_marks_into_the_changes_of_the_phone_and_of_no_other(test_store: &TestStore) {
    let (store, [mut acme, mut other]) = open(test_store);
    deleted(&mut other);
    // Some of the changes are found by the index, others not.
    let first = vec![acme.skill(1, Some("Zebediah")), acme.phone(4, Some(nth_phone(4)))];
    acme.commit(first);
    index(&*store);
    deleted(&mut acme);
    let before = [rows(&acme, HistoryOf::Account), rows(&other, HistoryOf::Account)];
    let known = (acme.id(), acme.version());

    let erased = erase_first(&acme).unwrap();
    assert_eq!(erased, Erased { changes: 3, texts: 0, version: acme.version() + 1 });
    let after = rows(&acme, HistoryOf::Account);
    assert_eq!(rows(&other, HistoryOf::Account), before[1]);
    assert_eq!(versions(&*store, acme.id()), (2..=erased.version).collect::<Vec<_>>());
    let (note, after) = after.split_first().unwrap();
    let told = past(note.kind, note.subject_id, &note.delta).unwrap();
    assert_eq!(told, Delta::Erasure { id: PhoneId(1), changes: 3 });
    assert_eq!((note.version, &*note.source), (erased.version, &*origin().source));
    let of_phone = rows(&acme, HistoryOf::Phone(PhoneId(1)));
    assert_eq!(
        of_phone.iter().map(|row| row.kind).collect::<Vec<_>>(),
        [Kind::ErasePhone, Kind::DeletePhone, Kind::EditPhone, Kind::CreatePhone]
    );
    for (before, after) in before[0].iter().zip(after) {
        let is_of_it = before.kind.is_of_phone() && before.subject_id == Some(1);
        let [was, is] =
            [before, after].map(|row| past(row.kind, row.subject_id, &row.delta).unwrap());
        assert_eq!((was == is, before == after), (!is_of_it, !is_of_it), "{}", after.delta);
        assert_eq!(HistoryRow { delta: before.delta.clone(), ..after.clone() }, *before);
        let Delta::Phone { number, name, got, skill_names, .. } = is else { continue };
        if is_of_it {
            let numbers = number.into_iter().flat_map(|sides| [sides.before, sides.after]);
            assert!(numbers.flatten().all(|number| number == PhoneNumber::erased(PhoneId(1))));
            let names = name.into_iter().flat_map(|sides| [sides.before, sides.after]);
            assert!(names.flatten().all(|name| name == PhoneName::erased(PhoneId(1))));
            let Delta::Phone { got: had, skill_names: then, .. } = was else { unreachable!() };
            assert_eq!((got, skill_names), (had, then), "a skill of the same name stays");
        }
    }
    assert_sound(&*store);
    // Other processes notice.
    let CatchUp::Rows { head, phones, has_erased, .. } = store.catch_up(known.0, known.1).unwrap()
    else {
        panic!("the history names what has changed");
    };
    assert_eq!((head.counters.version, phones), (erased.version, vec![(PhoneId(1), None)]));
    assert!(has_erased);

    assert_eq!(erase_first(&acme).unwrap(), Erased::default(), "nothing is left");
    assert_eq!(rows(&acme, HistoryOf::Account)[0], *note);
}

on!(memory sqlite postgres: erases_kept_answers_and_reports_that_tell_a_value);
fn erases_kept_answers_and_reports_that_tell_a_value(test_store: &TestStore) {
    let (store, [mut acme, mut other]) = open(test_store);
    deleted(&mut acme);
    deleted(&mut other);
    let answers = ["by \"ZEBEDIAH\"", "+9198765431", "Zeb.Kay, 98765431", "Bea"];
    let answers: Vec<_> = (1..).zip(answers).map(|(key, text)| answer(key, 5, text)).collect();
    let told = |id, text: &str| {
        let mut import = import(id, ImportState::Stopped, [1, 0, 0, 1]);
        import.progress.stopped = Some(format!("{{\"detail\":\"{text}\"}}"));
        ImportWrite::Progress(import)
    };
    let imports = [told(2, "zeb.k is taken"), told(3, "Bea is taken")];
    for book in [&acme, &other] {
        let mut prepared = book.prepare_with(vec![], answers.clone());
        prepared.imports = imports.to_vec();
        commit(&*store, &[prepared]);
    }
    assert_eq!(erase_first(&acme).unwrap().texts, 3);
    let left = |book: &Book| {
        let kept = kept(&*store, book.id(), &[1, 2, 3, 4]).into_iter();
        let kept = kept.map(|record| record.unwrap().answer.len()).collect::<Vec<_>>();
        let imports = store.imports(book.id(), ImportId(9), 9).unwrap();
        (kept, imports.into_iter().map(|import| import.progress.stopped.is_some()).collect())
    };
    let lengths = answers.iter().map(|record| record.answer.len()).collect::<Vec<_>>();
    assert_eq!(left(&other), (lengths.clone(), vec![true; 2]));
    assert_eq!(left(&acme), (vec![0, 0, lengths[2], lengths[3]], vec![true, false]));
}

on!(memory sqlite postgres: refuses_to_erase_what_is_there);
fn refuses_to_erase_what_is_there(test_store: &TestStore) {
    let (store, [mut acme]) = book::open(test_store, ["acme"]);
    acme.commit(vec![acme.phone(1, Some(phone(NUMBER, "Zebediah", &[])))]);
    let before = rows(&acme, HistoryOf::Account);
    assert!(matches!(erase_first(&acme), Err(StoreError::Busy)));
    let account = store.erase(&Erasure::Account(acme.id()), &origin());
    assert!(matches!(account, Err(StoreError::Busy)));
    assert_eq!(rows(&acme, HistoryOf::Account), before);
    acme.assert_stored();
}

on!(memory sqlite postgres: erases_a_deleted_account_but_for_its_end);
fn erases_a_deleted_account_but_for_its_end(test_store: &TestStore) {
    let (store, [mut gone, mut other]) = open(test_store);
    let user_name = gone.account.profile.user_name.clone();
    assert_eq!(store.deleted_accounts(&user_name).unwrap(), []);
    for book in [&mut gone, &mut other] {
        deleted(book);
        index(&*store);
        let many = book.nth_phones(10..150, 0);
        book.commit(many);
        commit(&*store, &[book.prepare_with(vec![], [answer(1, 5, "")])]);
    }
    let before = rows(&other, HistoryOf::Account);
    let version = gone.version() + 1;
    gone.commit(vec![gone.deletion()]);
    // One of the same name is another one.
    let again = Book::new(&store, "acme");
    assert_eq!(store.deleted_accounts(&user_name).unwrap(), [gone.id()]);

    let erasure = Erasure::Account(gone.id());
    let erased = store.erase(&erasure, &origin()).unwrap();
    let changes = usize::try_from(version - 2).unwrap();
    assert_eq!(erased, Erased { changes, texts: 1, version: version + 1 });
    let left = rows(&gone, HistoryOf::Account);
    let left: Vec<_> = left.iter().map(|row| (row.version, row.kind)).collect();
    assert_eq!(left, [(version + 1, Kind::EraseAccount), (version, Kind::DeleteAccount)]);
    assert_eq!(store.erase(&erasure, &origin()).unwrap(), Erased::default());
    assert_eq!(kept(&*store, gone.id(), &[1]), [None]);

    assert_eq!(rows(&other, HistoryOf::Account), before);
    assert_eq!(kept(&*store, other.id(), &[1]), [Some(answer(1, 5, ""))]);
    other.assert_stored();
    again.assert_stored();
    store.purge(false).unwrap();
    store.purge(true).unwrap();
    assert_sound(&*store);
    other.assert_stored();
}

/// Columns that have no number and no name of a phone in a text of their own.
const OTHERS: &str = "account.id account.user_name account.api_key_sha256 \
    account.api_authentication account.phone_number_limit account.token_sha256 \
    account.token_expires_us account.tokens_issued_us account_version.* skill.* phone.* routing.* \
    change_group.* change_run.* change_indexed.* clock_mark.* import.account_id import.id \
    import.begun_us import.request_id import.source import.mode import.state import.row_count \
    import.done import.unchanged import.refused api_key.* key_use.* operator_key.* session.* \
    idempotency_record.account_id idempotency_record.key_sha256 \
    idempotency_record.request_sha256 idempotency_record.at_us sqlite_sequence.*";

on!(sqlite: erases_every_column_that_may_have_values);
/// Rows of `phone` and `routing` are deleted before, and the history has marks. A new column is listed above, or
/// erased as one of [`KEPT_TEXTS`].
fn erases_every_column_that_may_have_values(test_store: &TestStore) {
    let _ = test_store.open();
    let columns = test_store.query(
        "SELECT found.name || '.' || info.name FROM sqlite_schema AS found \
         JOIN pragma_table_info(found.name) AS info WHERE found.type = 'table'",
    );
    assert!(columns.len() > 50, "{columns:?}");
    for column in columns {
        let table = column.split('.').next().unwrap();
        let is_erased = |kept: &KeptText| column == format!("{}.{}", kept.table, kept.column);
        let is_other = |other: &str| other == column || *other == format!("{table}.*");
        let is_erased = KEPT_TEXTS.iter().any(is_erased);
        assert!(is_erased != OTHERS.split(' ').any(is_other), "{column}: is it erased?");
    }
}
