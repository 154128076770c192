//! The network between a client and a server, in each of its modes.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use postgres::{Client, Error, NoTls};
use test_postgres::{Mode, Proxy, Server, Settings, until};

/// How long nothing must come for it to be believed that nothing comes.
const SILENCE: Duration = Duration::from_millis(200);

/// A schema with a table in it, and the way there.
struct Setup {
    proxy: Proxy,
    /// Through the proxy.
    url: String,
    /// Past it.
    direct: String,
}

impl Setup {
    fn new() -> Self {
        let server = Server::shared();
        let direct = server.new_schema();
        connect(&direct).batch_execute("CREATE TABLE phone (number text)").unwrap();
        let proxy = Proxy::start(server.port());
        Self { url: proxy.route(&direct), proxy, direct }
    }

    fn connect(&self) -> Client {
        connect(&self.url)
    }

    /// How many rows the table has.
    fn count(&self) -> i64 {
        connect(&self.direct).query_one("SELECT count(*) FROM phone", &[]).unwrap().get(0)
    }
}

fn connect(url: &str) -> Client {
    Client::connect(url, NoTls).unwrap()
}

/// Inserts a row in a thread of its own, with a new connection where there is none.
fn insert(client: Option<Client>, url: &str) -> Receiver<Result<(), Error>> {
    let (url, (sender, answers)) = (url.to_owned(), channel());
    thread::spawn(move || {
        let client = client.map_or_else(|| Client::connect(&url, NoTls), Ok);
        let insert = |mut client: Client| client.batch_execute("INSERT INTO phone VALUES ('1')");
        sender.send(client.and_then(insert)).unwrap();
    });
    answers
}

fn assert_silent(answers: &Receiver<Result<(), Error>>) {
    let answer = answers.recv_timeout(SILENCE);
    assert_eq!(answer.map(|_| "an answer"), Err(RecvTimeoutError::Timeout));
}

#[test]
fn it_passes_all_that_comes() {
    let setup = Setup::new();
    let mut client = setup.connect();
    client.batch_execute("INSERT INTO phone VALUES ('1')").unwrap();
    // More than there is room for on the way.
    let long =
        client.query_one("SELECT repeat('x', 10000000), $1::text", &[&"y".repeat(5_000_000)]);
    let long = long.unwrap();
    assert_eq!(long.get::<_, String>(0), "x".repeat(10_000_000));
    assert_eq!(long.get::<_, String>(1), "y".repeat(5_000_000));
    assert_eq!(setup.proxy.connections(), 1);
    drop(client);
    until("the connection is gone", || setup.proxy.connections() == 0);
    assert_eq!(setup.count(), 1);
}

#[test]
fn a_black_hole_can_be_cut() {
    let setup = Setup::new();
    let client = setup.connect();
    setup.proxy.set_mode(Mode::BlackHole);
    let (old, new) = (insert(Some(client), ""), insert(None, &setup.url));
    assert_silent(&old);
    until("the new connection is there", || setup.proxy.connections() == 2);
    setup.proxy.cut();
    assert!(old.recv().unwrap().is_err());
    assert!(new.recv().unwrap().is_err());
    assert_eq!(setup.count(), 0);
}

#[test]
fn an_answer_is_lost() {
    let setup = Setup::new();
    let client = setup.connect();
    setup.proxy.set_mode(Mode::HalfClose);
    let answers = insert(Some(client), "");
    until("the commit is carried out", || setup.count() == 1);
    assert_silent(&answers);
    // It never comes.
    setup.proxy.set_mode(Mode::Pass);
    assert_silent(&answers);
    setup.proxy.cut();
    assert!(answers.recv().unwrap().is_err());
    setup.connect().batch_execute("INSERT INTO phone VALUES ('1')").unwrap();
}

#[test]
fn a_server_that_ends_is_not_heard_of() {
    let mut server = Server::start(&Settings::new());
    let proxy = Proxy::start(server.port());
    let mut client = connect(&proxy.url(&server));
    client.batch_execute("CREATE TABLE phone (number text)").unwrap();
    proxy.set_mode(Mode::HalfClose);
    server.kill();
    let answers = insert(Some(client), "");
    assert_silent(&answers);
    drop(proxy);
    assert!(answers.recv().unwrap().is_err());
}
