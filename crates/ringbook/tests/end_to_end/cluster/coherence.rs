//! What one node has changed is soon in the memory of another one, without being asked for there,
//! and what is in memory is there while the database is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ringbook::service::clock::SystemClock;
use ringbook::service::{CachedRead, RingPhone, Service, Tenant};
use ringbook::store::{self, Creates, Migrates};
use test_postgres::{Server as Database, Settings, until, within};

use super::nodes::Cluster;
use test_support::{DONE, OnDrop};

/// How old what a node remembers may be while the database is there.
const PROMISED: Duration = Duration::from_secs(1);

/// What a busy test machine adds.
const SLACK: Duration = Duration::from_secs(15);

const CHANGES: usize = 10;

/// A node in this process, whose memory can be looked at.
struct Watcher {
    service: Service,
    tenant: Tenant,
    _runtime: tokio::runtime::Runtime,
}

impl Watcher {
    fn open(cluster: &Cluster) -> Self {
        let store =
            store::open(&cluster.url().parse().unwrap(), Creates::No, Migrates::No).unwrap();
        let service = Service::new(store, Arc::new(SystemClock));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let tenant = runtime.block_on(service.tenant("acme")).unwrap();
        Self { service, tenant, _runtime: runtime }
    }

    fn remembered(&self) -> CachedRead<Vec<RingPhone>> {
        self.service.cached_ring_order(&self.tenant, "General").unwrap()
    }

    /// Waits until it remembers what the database has now, and says how long that took.
    #[track_caller]
    fn wait_for(&self, cluster: &Cluster, database: &Database) -> Duration {
        let changed = Instant::now();
        let versions = cluster.query(database, "SELECT version FROM account_version");
        let version: u64 = versions[0].parse().unwrap();
        within(PROMISED + SLACK, "the change is remembered", || {
            (self.remembered().version == version).then_some(())
        });
        changed.elapsed()
    }
}

/// A place with the account acme in it and phones that have a skill.
fn place_on(database: &Database) -> (Cluster, String) {
    let cluster = Cluster::on(database);
    let key = cluster.home.account("acme", &[]);
    cluster.home.skills("acme", &["General"]);
    (cluster, key)
}

fn name(change: usize) -> String {
    format!("Agent-{change}")
}

fn number(change: usize) -> String {
    format!("+91{change:04}")
}

/// Another node makes phones, one after the other. How long it took until each was known here.
#[track_caller]
fn change_on_another_node(
    (cluster, key): &(Cluster, String),
    database: &Database,
    watcher: &Watcher,
) -> Vec<Duration> {
    let node = cluster.home.serve(&[]);
    let mut caller = node.caller("acme", key);
    let changes = (0..CHANGES).map(|change| {
        let created = caller.create(&number(change), &name(change), "General").unwrap();
        assert_eq!(created.body, DONE);
        let took = watcher.wait_for(cluster, database);
        let last = watcher.remembered().value.pop().expect("there is a phone by now");
        assert_eq!(last.name.as_str(), name(change));
        took
    });
    let mut took: Vec<_> = changes.collect();
    took.sort_unstable();
    took
}

#[test]
fn remembers_a_change_of_another_node_soon() {
    let database = Database::shared();
    let there = place_on(database);
    let watcher = Watcher::open(&there.0);
    let took = change_on_another_node(&there, database, &watcher);
    println!("told: {:?} mostly, {:?} at most", took[CHANGES / 2], took[CHANGES - 1]);
    assert!(watcher.remembered().age < PROMISED + SLACK);
}

/// Notifications are lost with the connections that they come on.
#[test]
fn remembers_a_change_without_notifications() {
    let database = Database::start(&Settings::new());
    let there = place_on(&database);
    let watcher = Watcher::open(&there.0);
    // The last that a connection was asked that listens.
    let cut_off = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE usename = 'ringbook' AND (query LIKE 'LISTEN%' OR query LIKE '%notify%')";
    let has_ended = AtomicBool::new(false);
    let took = thread::scope(|scope| {
        scope.spawn(|| {
            while !has_ended.load(Ordering::Relaxed) {
                database.query(cut_off);
            }
        });
        let _end = OnDrop(|| has_ended.store(true, Ordering::Relaxed));
        change_on_another_node(&there, &database, &watcher)
    });
    println!("looked for: {:?} mostly, {:?} at most", took[CHANGES / 2], took[CHANGES - 1]);
}

/// A command ends as soon as it has committed, and may have told nobody.
#[test]
fn remembers_a_change_of_the_command_line() {
    let database = Database::shared();
    let (cluster, _) = place_on(database);
    let watcher = Watcher::open(&cluster);
    for change in 0..CHANGES {
        let (number, name) = (number(change), name(change));
        let phone = ["phone", "create", "--account", "acme", &number, &name];
        cluster.home.ok(&[&phone[..], &["--skills", "General"]].concat());
        watcher.wait_for(&cluster, database);
        assert_eq!(watcher.remembered().value.len(), change + 1);
    }
    let numbers: Vec<_> = (0..CHANGES).rev().map(number).collect();
    let order = ["skill", "order", "--account", "acme", "General"].into_iter();
    cluster.home.ok(&order.chain(numbers.iter().map(String::as_str)).collect::<Vec<_>>());
    watcher.wait_for(&cluster, database);
    let remembered: Vec<_> =
        watcher.remembered().value.into_iter().map(|phone| phone.number.to_string()).collect();
    assert_eq!(remembered, numbers);
}

#[test]
fn returns_remembered_state_during_an_outage() {
    let mut database = Database::start(&Settings::new());
    let there = place_on(&database);
    let watcher = Watcher::open(&there.0);
    change_on_another_node(&there, &database, &watcher);
    let before = watcher.remembered();
    database.kill();
    let killed = Instant::now();
    until("what is remembered is old", || {
        let away = killed.elapsed();
        let remembered = watcher.remembered();
        assert_eq!((remembered.version, &remembered.value), (before.version, &before.value));
        // It says how old it is: at least as old as the database is away.
        assert!(remembered.age >= away, "{:?} after {away:?}", remembered.age);
        away > 2 * PROMISED
    });
    database.restart();
    let (cluster, key) = &there;
    let node = cluster.home.serve(&[]);
    let created = node.caller("acme", key).create("+9199", "Late", "General").unwrap();
    assert_eq!(created.body, DONE);
    watcher.wait_for(cluster, &database);
    within(PROMISED + SLACK, "it is as new as ever", || {
        (watcher.remembered().age < PROMISED).then_some(())
    });
}
