//! The store's clock, by which the history and idempotency records age, while the machine's clock is
//! set forward and back.

use std::sync::Arc;

use ringbook::service::clock::{Clock, DAY_US, ManualClock};
use ringbook::service::{Service, ServiceOptions, StoreClock};
use ringbook::store::{Prune, Store};

use crate::book::{Book, commit, nth_phone, versions};
use crate::idempotency::answer;
use crate::prune::prune;
use crate::test_store::TestStore;

const HOUR_US: i64 = DAY_US / 24;
const BEGIN_US: i64 = 1_780_000_000_000_000;

fn start(store: &Arc<dyn Store>, clock: &Arc<ManualClock>) -> StoreClock {
    StoreClock::start(store, &(Arc::clone(clock) as Arc<dyn Clock>))
}

/// What is older than this is deleted.
fn older_than(clock: &StoreClock, days: i64) -> Prune {
    let before_us = clock.now_us() - days * DAY_US;
    Prune { changes_before_us: Some(before_us), answers_before_us: before_us }
}

/// An edit whose time is that of the machine's clock.
fn edit(book: &mut Book, clock: &ManualClock) {
    let n = u32::try_from(book.version()).unwrap();
    let changes = vec![book.phone(1, Some(nth_phone(n)))];
    let mut prepared = book.prepare(changes.clone());
    prepared.changes[0].origin.at_us = clock.now_us();
    commit(&*book.store, &[prepared]);
    book.apply(changes);
}

on!(memory sqlite postgres: setting_the_clock_ages_no_change);
fn setting_the_clock_ages_no_change(test_store: &TestStore) {
    let store = test_store.open();
    let machine = Arc::new(ManualClock::new(BEGIN_US));
    let [mut acme, mut quiet] = ["acme", "quiet"].map(|name| Book::new(&store, name));
    let mut clock = start(&store, &machine);
    edit(&mut quiet, &machine);
    for jump_us in [400 * DAY_US, -800 * DAY_US, 1000 * DAY_US, -600 * DAY_US] {
        for _ in 0..3 {
            edit(&mut acme, &machine);
            clock.mark().unwrap();
            machine.advance_us(HOUR_US);
        }
        machine.set_forward_us(jump_us);
        clock.mark().unwrap();
        assert_eq!(prune(&*store, &older_than(&clock, 30), 1000), (0, 0));
        // A process that starts now counts an hour at most.
        clock = start(&store, &machine);
        clock.mark().unwrap();
        assert_eq!(prune(&*store, &older_than(&clock, 1), 1000), (0, 0));
    }
    assert_eq!(versions(&*store, acme.id()).len(), 13);
    assert_eq!(versions(&*store, quiet.id()).len(), 2);

    // The time that passes does age them, in a quiet account as well.
    machine.advance_us(31 * DAY_US);
    clock.mark().unwrap();
    assert_eq!(prune(&*store, &older_than(&clock, 30), 1000), (12 + 1, 0));
    assert_eq!(versions(&*store, acme.id()), [13]);
    assert_eq!(versions(&*store, quiet.id()), [2]);
    acme.assert_stored();
}

on!(sqlite postgres: several_processes_age_no_faster_than_one);
fn several_processes_age_no_faster_than_one(test_store: &TestStore) {
    let machine = Arc::new(ManualClock::new(BEGIN_US));
    let stores = [test_store.open(), test_store.open(), test_store.open()];
    let clocks = stores.each_ref().map(|store| start(store, &machine));
    for _ in 0..48 {
        for clock in &clocks {
            clock.mark().unwrap();
        }
        machine.advance_us(HOUR_US / 2);
    }
    for clock in &clocks {
        assert_eq!(clock.now_us(), BEGIN_US + DAY_US);
    }
    assert_eq!(test_store.query("SELECT count(*) FROM clock_mark"), ["24"]);
    // Each of them starts again, after a day in which none ran.
    let tomorrow = Arc::new(ManualClock::new(BEGIN_US + 2 * DAY_US));
    for store in &stores {
        let clock = start(store, &tomorrow);
        clock.mark().unwrap();
        assert_eq!(clock.now_us(), BEGIN_US + DAY_US);
    }
}

on!(memory sqlite postgres: setting_the_clock_forgets_no_idempotency_record);
fn setting_the_clock_forgets_no_idempotency_record(test_store: &TestStore) {
    let store = test_store.open();
    let machine = Arc::new(ManualClock::new(BEGIN_US));
    let book = Book::new(&store, "acme");
    let service = Service::new(Arc::clone(&store), Arc::clone(&machine) as Arc<dyn Clock>);
    let record = answer(1, service.store_time_us(), "done");
    commit(&*store, &[book.prepare_with(vec![], [record.clone()])]);
    let is_replayed = || {
        let replay = async {
            let tenant = service.tenant("acme").await.unwrap();
            service.replay(&tenant, record.key, record.request_sha256).await.unwrap()
        };
        test_support::block_on(replay).is_some()
    };
    for jump_us in [400 * DAY_US, -800 * DAY_US, 400 * DAY_US] {
        machine.set_forward_us(jump_us);
        assert!(is_replayed(), "{jump_us}");
        let clock = start(&store, &machine);
        assert_eq!(prune(&*store, &older_than(&clock, 1), 1000), (0, 0));
    }
    machine.advance_us(DAY_US);
    assert!(is_replayed());
    machine.advance_us(1);
    assert!(!is_replayed());
}

#[test]
fn any_number_of_days_ends_in_the_past() {
    let begins_us = |history_days| {
        let options = ServiceOptions { history_days, ..ServiceOptions::default() };
        options.history_begins_us(BEGIN_US)
    };
    assert_eq!((begins_us(None), begins_us(Some(2))), (None, Some(BEGIN_US - 2 * DAY_US)));
    for days in [1, 36_500, 106_751_992, 999_999_999, u32::MAX] {
        assert!(begins_us(Some(days)).unwrap() <= BEGIN_US - DAY_US, "{days}");
    }
}
