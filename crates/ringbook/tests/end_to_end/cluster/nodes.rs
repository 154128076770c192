//! A directory in a database, and nodes that work on it.

use std::time::Duration;

use test_postgres::{Server as Database, until};

use test_support::Home;
pub use test_support::Server as Node;
use test_support::replay::assert_history_leads_to_content;

/// Whatever the database does, a request is answered within two seconds: that is promised. The
/// rest is what a busy test machine adds. What waits without a limit takes longer than that.
pub const ANSWERED_WITHIN: Duration = Duration::from_secs(15);

/// A schema of a database that is a test's alone, and the home of the nodes on it.
pub struct Cluster {
    pub home: Home,
    schema: String,
    url: String,
}

impl Cluster {
    /// In the database that leaves all tests as they are.
    pub fn shared() -> Self {
        Self::on(Database::shared())
    }

    pub fn on(database: &Database) -> Self {
        Self::at(&database.new_schema())
    }

    /// Where a URL of [`Database::new_schema`] leads to, on whatever way.
    pub fn at(url: &str) -> Self {
        let (_, schema) = url.split_once("search_path%3D").expect("the URL names a schema");
        let schema = schema.to_owned();
        // So that the sessions of these nodes can be told from others.
        let url = format!("{url}&application_name={schema}");
        let home = Home::with_store(tempfile::tempdir().unwrap(), url.clone());
        Self { home, schema, url }
    }

    /// Where nodes find it.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// What the superuser is answered in this schema.
    #[track_caller]
    pub fn query(&self, database: &Database, sql: &str) -> Vec<String> {
        database.query(&format!("SET search_path = {}; {sql}", self.schema))
    }

    /// The history of each account leads to what is there.
    #[track_caller]
    pub fn assert_history(&self, database: &Database) {
        assert_history_leads_to_content(|sql| self.query(database, sql));
    }

    pub fn nodes(&self, count: usize) -> Vec<Node> {
        (0..count).map(|_| self.home.serve(&[])).collect()
    }

    /// Waits until no session of these nodes is left, so that nothing is under way any more.
    pub fn wait_until_quiet(&self, database: &Database) {
        let sessions =
            format!("SELECT FROM pg_stat_activity WHERE application_name = '{}'", self.schema);
        until("the nodes' sessions end", || database.query(&sessions).is_empty());
    }
}
