//! What one node has changed is soon in the memory of another one, without being asked for there,
//! and what is in memory is there while the database is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use directory::Skills;
use ringbook::service::clock::SystemClock;
use ringbook::service::{Service, Tenant};
use ringbook::store::{self, Creates, Migrates};
use test_postgres::{Server as Database, Settings, until, within};

use super::nodes::Cluster;
use test_support::{OnDrop, Server, basic};

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

    /// The skills in memory, sorted by name.
    fn remembered(&self) -> Vec<String> {
        let names = |skills: &Skills| skills.iter().map(|(name, _)| name.to_string()).collect();
        self.service.read_skills(&self.tenant, names)
    }

    /// How old what it remembers may be.
    fn age(&self) -> Duration {
        self.service.usage().view_age
    }

    /// Waits until it remembers a skill, and says how long that took.
    #[track_caller]
    fn wait_for(&self, skill: &str) -> Duration {
        let changed = Instant::now();
        within(PROMISED + SLACK, "the change is remembered", || {
            self.remembered().contains(&skill.to_owned()).then_some(())
        });
        changed.elapsed()
    }
}

/// A place with the account acme in it.
fn place_on(database: &Database) -> (Cluster, String) {
    let cluster = Cluster::on(database);
    let key = cluster.home.account("acme", &[]);
    (cluster, key)
}

fn create_skill(node: &Server, key: &str, skill: &str) {
    let headers = [("Authorization", &*basic("acme", key)), ("Content-Type", "application/json")];
    let body = format!(r#"{{"name":"{skill}"}}"#);
    let created = node.client().request("POST", "/v1/skills", &headers, &body).unwrap();
    assert_eq!(created.status, 201, "{}", created.body);
}

/// Another node makes skills, one after the other. How long it took until each was known here.
#[track_caller]
fn change_on_another_node((cluster, key): &(Cluster, String), watcher: &Watcher) -> Vec<Duration> {
    let node = cluster.home.serve(&[]);
    let changes = (0..CHANGES).map(|change| {
        let skill = format!("Skill-{change}");
        create_skill(&node, key, &skill);
        watcher.wait_for(&skill)
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
    let took = change_on_another_node(&there, &watcher);
    println!("told: {:?} mostly, {:?} at most", took[CHANGES / 2], took[CHANGES - 1]);
    assert!(watcher.age() < PROMISED + SLACK);
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
        change_on_another_node(&there, &watcher)
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
        let skill = format!("Skill-{change}");
        cluster.home.skills("acme", &[&skill]);
        watcher.wait_for(&skill);
        assert_eq!(watcher.remembered().len(), change + 1);
    }
}

#[test]
fn returns_remembered_state_during_an_outage() {
    let mut database = Database::start(&Settings::new());
    let there = place_on(&database);
    let watcher = Watcher::open(&there.0);
    change_on_another_node(&there, &watcher);
    let before = watcher.remembered();
    database.kill();
    let killed = Instant::now();
    until("what is remembered is old", || {
        let away = killed.elapsed();
        assert_eq!(watcher.remembered(), before);
        // It says how old it is: at least as old as the database is away.
        let age = watcher.age();
        assert!(age >= away, "{age:?} after {away:?}");
        away > 2 * PROMISED
    });
    database.restart();
    let (cluster, key) = &there;
    let node = cluster.home.serve(&[]);
    create_skill(&node, key, "Late");
    watcher.wait_for("Late");
    within(PROMISED + SLACK, "it is as new as ever", || (watcher.age() < PROMISED).then_some(()));
}
