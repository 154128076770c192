//! What a node tells Prometheus while the database is away.

use test_postgres::{Mode, Proxy, Server as Database, until};

use super::nodes::Cluster;
use test_support::{DONE, Scrape, serve_with_metrics};

#[test]
fn metrics_show_an_outage_and_its_end() {
    let database = Database::shared();
    let proxy = Proxy::start(database.port());
    let cluster = Cluster::at(&proxy.route(&database.new_schema()));
    let key = cluster.home.account("acme", &[]);
    let (node, mut metrics) = serve_with_metrics(&cluster.home, &[]);
    let mut caller = node.caller("acme", &key);
    assert_eq!(caller.create("911", "Ravi", "").unwrap().body, DONE);
    let away = r#"ringbook_store_errors_total{kind="away"}"#;
    let before = Scrape::of(&mut metrics);
    assert!(before.value("ringbook_ready") > 0.0 && before.value(away) < 1.0, "{}", before.text);

    proxy.set_mode(Mode::BlackHole);
    assert_eq!(caller.create("912", "Mira", "").unwrap().status, 503);
    until("it is told", || {
        let scrape = Scrape::of(&mut metrics);
        scrape.value("ringbook_ready") < 1.0
            && scrape.value(away) > 0.0
            && scrape.value("ringbook_view_age_seconds") > 1.0
    });

    proxy.set_mode(Mode::Pass);
    until("its end is told", || {
        let scrape = Scrape::of(&mut metrics);
        scrape.value("ringbook_ready") > 0.0
            && scrape.value("ringbook_view_age_seconds") < 1.0
            && scrape.value("ringbook_queue_length") < 1.0
    });
    let after = Scrape::of(&mut metrics);
    for kind in ["damaged", "engine", "full", "no_store", "read_only", "stopped"] {
        let errors = after.value(&format!("ringbook_store_errors_total{{kind=\"{kind}\"}}"));
        assert!(errors < 1.0, "{kind}: {}", after.text);
    }
}
