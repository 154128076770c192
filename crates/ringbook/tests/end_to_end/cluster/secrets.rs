//! A password of the database is told to nobody, however it is given and whatever happens.

use test_postgres::{Server as Database, Settings, until};

use super::nodes::{Cluster, Node};
use test_support::{DONE, Home};

/// With characters that a URL cannot have as they are.
const PASSWORD: &str = "p@ss:word/of%us";
const IN_URL: &str = "p%40ss%3Aword%2Fof%25us";

/// A place whose URL has the password in it. Its home looks for it in all that is told.
fn place_on(database: &Database) -> Cluster {
    let url = database.new_schema().replacen("ringbook@", &format!("ringbook:{IN_URL}@"), 1);
    keep(Cluster::at(&url))
}

fn keep(cluster: Cluster) -> Cluster {
    for secret in [PASSWORD, IN_URL] {
        cluster.home.keep_secret(secret);
    }
    cluster
}

/// Serves with all logged that can be, while the database goes away and comes back.
fn serve_through_an_outage(home: &Home, database: &mut Database, key: &str, format: &str) {
    let mut command = home.command();
    command.env("RINGBOOK_LOG", "trace").env("PGPASSWORD", PASSWORD);
    command.args(["serve", "--log-format", format]);
    let mut node = Node::start(&mut command, home.log_file());
    let mut caller = node.caller("acme", key);
    assert_eq!(caller.create("+911", "Ravi", "").unwrap().body, DONE);
    database.kill();
    assert_eq!(caller.delete("+911", "Ravi").unwrap().status, 503);
    until("the outage is logged", || node.log().contains("the database does not answer"));
    database.restart();
    until("the database is back", || caller.delete("+911", "Ravi").unwrap().body == DONE);
    node.stop();
    assert!(!node.printed.contains(PASSWORD) && !node.printed.contains(IN_URL));
    // Its home looks through the log when it is dropped.
    assert!(node.log().contains("stopped"));
}

#[test]
fn hides_a_password_in_the_url() {
    let mut database = Database::start(&Settings::new().password(PASSWORD));
    let cluster = place_on(&database);
    let key = cluster.home.account("acme", &[]);
    for format in ["text", "json"] {
        serve_through_an_outage(&cluster.home, &mut database, &key, format);
    }
    for arguments in [&["migrate"][..], &["check"], &["account", "list"], &["--help"]] {
        assert!(cluster.home.run(arguments).status.success(), "{arguments:?}");
    }
    cluster.home.run(&["serve", "--help"]);
    cluster.home.refused(&["backup", "file"]);
    cluster.query(&database, "DROP TABLE schema_migration");
    cluster.home.refused(&["account", "list"]);
}

#[test]
fn hides_a_password_in_the_environment() {
    let mut database = Database::start(&Settings::new().password(PASSWORD));
    let cluster = keep(Cluster::on(&database));
    let message = cluster.home.refused(&["account", "list"]);
    assert!(message.contains("password missing"), "{message}");
    let mut command = cluster.home.command();
    command.args(["account", "create", "acme"]).env("PGPASSWORD", PASSWORD);
    let created = command.output().unwrap();
    assert!(created.status.success() && created.stderr.is_empty(), "{created:?}");
    let key = cluster.home.keep_secret(String::from_utf8(created.stdout).unwrap().trim());
    serve_through_an_outage(&cluster.home, &mut database, &key, "text");
}

/// One who is told that a URL has a fault is not told the URL.
#[test]
fn hides_a_password_in_an_invalid_url() {
    let database = Database::start(&Settings::new().password(PASSWORD));
    let cluster = place_on(&database);
    let wrong = cluster.home.keep_secret("not-the-password");
    for (url, status) in [
        (format!("postgres://ringbook:{wrong}@127.0.0.1:{}/ringbook", database.port()), 1),
        (format!("postgres://ringbook:{wrong}@127.0.0.1:1/ringbook"), 1),
        (format!("postgres://ringbook:{wrong}@127.0.0.1/ringbook?sslmode=maybe"), 2),
        (format!("postgres://ringbook:{wrong}@127.0.0.1:port/ringbook"), 2),
        (format!("postgres:/ringbook:{wrong}@127.0.0.1/ringbook"), 2),
        (format!("postgers://ringbook:{wrong}@127.0.0.1/ringbook"), 2),
    ] {
        let ran = cluster.home.run(&["--store", &url, "account", "list"]);
        assert_eq!(ran.status.code(), Some(status), "{ran:?}");
        assert!(!ran.stderr.is_empty());
        let output = cluster.home.command().env("RINGBOOK_STORE", &url).arg("check").output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains(&wrong), "{output:?}");
    }
}
