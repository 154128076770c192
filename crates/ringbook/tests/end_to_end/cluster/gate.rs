//! Commits that wait, in the middle, until a test lets them go on.

use test_postgres::{Server as Database, until};

use super::nodes::Cluster;

/// A commit that comes to the gate has raised the version of its account, which nobody else sees,
/// and waits before it writes the history.
const GATE: &str = "\
    CREATE TABLE gate (is_open boolean NOT NULL); \
    INSERT INTO gate VALUES (true); \
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN \
        WHILE EXISTS (SELECT FROM gate WHERE NOT is_open) LOOP \
            PERFORM pg_sleep(0.002); \
        END LOOP; \
        RETURN new; \
    END $$; \
    CREATE TRIGGER gate BEFORE INSERT ON change FOR EACH ROW EXECUTE FUNCTION wait_at_gate(); \
    GRANT SELECT ON gate TO ringbook";

/// A gate in the way of all commits to a place.
pub struct Gate<'p> {
    cluster: &'p Cluster,
    database: &'p Database,
}

impl<'p> Gate<'p> {
    /// An open one, in a place with tables.
    pub fn build(cluster: &'p Cluster, database: &'p Database) -> Self {
        cluster.query(database, GATE);
        Self { cluster, database }
    }

    pub fn close(&self) {
        self.cluster.query(self.database, "UPDATE gate SET is_open = false");
    }

    pub fn open(&self) {
        self.cluster.query(self.database, "UPDATE gate SET is_open = true");
    }

    /// Waits until that many commits wait.
    pub fn wait_for_commits(&self, count: usize) {
        until("commits wait", || self.sessions("wait_event = 'PgSleep'") >= count);
    }

    /// Waits until nothing is under way, as a commit may outlive the answer to its caller.
    pub fn wait_for_rest(&self) {
        until("all is over", || self.sessions("state <> 'idle'") == 0);
    }

    /// Whether something is being tried beside the commit that waits.
    pub fn sees_another_try(&self) -> bool {
        self.sessions("wait_event <> 'PgSleep' AND query LIKE '% change%'") > 0
    }

    fn sessions(&self, condition: &str) -> usize {
        let sessions = format!(
            "SELECT FROM pg_stat_activity WHERE application_name = '{}' AND {condition}",
            self.cluster.schema()
        );
        self.database.query(&sessions).len()
    }
}
