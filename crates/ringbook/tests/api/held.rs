//! While the store makes its callers wait, the server goes on: no request waits for a lock, the disk
//! or a scan on a thread that serves others.

use std::borrow::Borrow;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ringbook::store::{Decorator, Store, StoreError};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};
use test_support::{Client, InProcess, PATH, TOKEN_PATH, basic, request_text, test_store, until};

use crate::requests::scopes;
use crate::world::World;

/// Requests of each kind: many more than the threads that serve.
const OF_EACH: usize = 50;

/// How long the write lock is held.
const HOLD: Duration = Duration::from_secs(3);

/// The bodies of the requests that change something; the others have none.
fn body(method: &str, path: &str) -> Value {
    let route = path.strip_prefix("/v1").unwrap_or(path);
    match (method, route) {
        ("POST", "/phones") => json!({"number": "2001", "name": "Asha"}),
        ("POST", "/bulk") => {
            json!({"rows": [{"action": "create", "number": "2002", "name": "Omar"}]})
        }
        ("POST", "/skills") => json!({"name": "QA"}),
        ("PUT", "/skills/Sales/ring-order") => json!({"phones": ["p2", "p1"]}),
        ("POST", "/skills/Sales/ring-order/move") => json!({"phone": "p1", "place": 2}),
        ("PATCH", "/account" | "/operator/accounts/acme") => json!({"phone_number_limit": 900}),
        ("POST", "/account/keys") => json!({"name": "PBX", "scope": "routing"}),
        ("POST", "/operator/accounts") => json!({"user_name": "initech"}),
        ("PATCH", _) => json!({"name": "Ravi-2"}),
        _ => Value::Null,
    }
}

/// A request of each kind, as it is sent.
fn requests(world: &World) -> Vec<String> {
    let acme = world.credentials("/v1");
    let routes = ["GET /v1/phones?at=2025-06-15T15:07:00Z", "GET /v1/changes?phone=p1"];
    let routes = routes.map(|route| route.split_once(' ').unwrap()).into_iter();
    let routes = routes.chain(scopes().map(|(method, path, _)| (method, path)));
    let operator = [("GET", ""), ("POST", ""), ("GET", "/acme"), ("PATCH", "/acme")];
    let operator = operator.map(|(method, path)| (method, format!("/v1/operator/accounts{path}")));
    let routes = routes.map(|(method, path)| (method, path.to_owned())).chain(operator);
    let native = routes.flat_map(|(method, path)| {
        let credentials = world.credentials(&path);
        let body = body(method, &path);
        let (kind, body) = match &*path {
            "/v1/imports" => ("text/csv", "number,name\n2003,Pia\n".to_owned()),
            _ if body.is_null() => ("application/json", String::new()),
            _ => ("application/json", body.to_string()),
        };
        let headers = [("Authorization", &*credentials), ("Content-Type", kind)];
        let once = [&headers[..], &[("Idempotency-Key", "one of a kind")]].concat();
        let mut texts = vec![request_text(method, &path, &headers, &body)];
        if method != "GET" {
            texts.push(request_text(method, &path, &once, &body));
        }
        texts
    });
    let legacy = [
        json!({"action": "get", "phoneNumber": "1001"}),
        json!({"action": "create", "phoneNumber": "2004", "phoneName": "Noor"}),
        json!({"action": "delete", "phoneNumber": "1001", "phoneName": "Desk-1"}),
    ];
    let legacy = legacy.map(|mut body| {
        body["userName"] = "acme".into();
        request_text("POST", PATH, &[("apiKey", &world.acme)], &body.to_string())
    });
    let user = |name: &str| json!({"userName": name}).to_string();
    let others = [
        request_text("POST", TOKEN_PATH, &[("apiKey", &world.acme)], &user("acme")),
        // Accounts that are not in memory.
        request_text("POST", TOKEN_PATH, &[("apiKey", &world.globex)], &user("globex")),
        request_text(
            "GET",
            "/v1/phones",
            &[("Authorization", &basic("globex", &world.globex))],
            "",
        ),
        request_text("GET", "/v1/phones", &[("Authorization", &basic("nobody", "a key"))], ""),
        request_text("GET", "/v1/phones", &[("Authorization", &acme)], ""),
        request_text("GET", "/readyz", &[], ""),
    ];
    native.chain(legacy).chain(others).collect()
}

/// Sends many requests of each kind, and asks `/healthz` meanwhile until `is_over`. Returns the
/// connections of the requests, and the longest time that `/healthz` took.
fn ask_meanwhile(
    server: &InProcess,
    requests: &[String],
    mut is_over: impl FnMut() -> bool,
) -> (Vec<(Client, String)>, Duration) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut health = Client::connect(server.address).unwrap();
    let mut slowest = Duration::ZERO;
    let mut ask = || {
        let asked = Instant::now();
        assert_eq!(health.get("/healthz").unwrap().status, 200);
        slowest = slowest.max(asked.elapsed());
    };
    let mut waiting = Vec::new();
    for request in requests {
        for _ in 0..OF_EACH {
            let mut client = Client::connect(server.address).unwrap();
            client.send(request).unwrap();
            waiting.push((client, request.clone()));
        }
        ask();
    }
    while !is_over() {
        ask();
    }
    println!("/healthz took {slowest:?} at most");
    (waiting, slowest)
}

/// Each request is answered, if only with 503.
fn assert_answered(waiting: Vec<(Client, String)>) {
    for (mut client, request) in waiting {
        let reply = client.reply().unwrap_or_else(|error| panic!("{request}: {error}"));
        assert!(reply.status < 500 || reply.status == 503, "{request}: {reply:?}");
    }
}

#[test]
fn healthz_answers_while_another_process_holds_the_write_lock() {
    let world = World::on(test_store::sqlite());
    let server = world.another_server();
    let requests = requests(&world);
    let other = world.test_store().connection();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let (waiting, slowest) = ask_meanwhile(&server, &requests, || begun.elapsed() > HOLD);
    other.execute_batch("ROLLBACK").unwrap();
    // A request that waited for the lock on the thread would have taken all of that time.
    assert!(slowest < HOLD / 3, "{slowest:?}");
    assert_answered(waiting);
    server.stop();
    world.check();
}

/// A store that holds back the results of its reads and writes while a test likes.
#[derive(Clone)]
struct Gate {
    inner: Arc<dyn Store>,
    shared: Arc<(Mutex<Holding>, Condvar)>,
}

#[derive(Default)]
struct Holding {
    /// How many of the next results are held.
    next: usize,
    /// How many are held now.
    held: usize,
    /// Rises when those are released.
    released: usize,
}

impl Gate {
    /// Releases the results that are held, and holds as many of the next ones.
    fn hold(&self, next: usize) {
        let mut holding = self.shared.0.lock().unwrap();
        *holding = Holding { next, held: 0, released: holding.released + 1 };
        self.shared.1.notify_all();
    }

    fn held(&self) -> usize {
        self.shared.0.lock().unwrap().held
    }

    fn pass<T>(&self, result: T) -> T {
        // These threads look at the store at any time.
        if matches!(thread::current().name(), Some("follower" | "housekeeper")) {
            return result;
        }
        let mut holding = self.shared.0.lock().unwrap();
        if holding.next > 0 {
            holding.next -= 1;
            holding.held += 1;
            let released = holding.released;
            drop(self.shared.1.wait_while(holding, |holding| holding.released == released));
        }
        result
    }
}

impl Decorator for Gate {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    fn run<T, E: Borrow<StoreError> + From<StoreError>>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, E>,
    ) -> Result<T, E> {
        self.pass(operation(self.inner()))
    }
}

/// A server over the store of a world, with a gate, which has `acme` in memory.
fn server_with_gate(world: &World) -> (InProcess, Gate) {
    let mut gate = None;
    let server = world
        .server_over(|inner| Arc::new(gate.insert(Gate { inner, shared: Arc::default() }).clone()));
    let read = start_call(world, &server, "GET", "/v1/phones", "").reply().unwrap();
    assert_eq!(read.status, 200);
    (server, gate.expect("the server has it"))
}

/// Calls as `acme` over a connection of its own, which has the answer.
fn start_call(world: &World, server: &InProcess, method: &str, path: &str, body: &str) -> Client {
    let credentials = world.credentials(path);
    let headers = [("Authorization", &*credentials), ("Content-Type", "application/json")];
    let mut client = Client::connect(server.address).unwrap();
    client.send(&request_text(method, path, &headers, body)).unwrap();
    client
}

#[test]
fn healthz_answers_while_the_store_does_not_answer() {
    World::on_each_store(|world| {
        let (server, gate) = server_with_gate(world);
        gate.hold(usize::MAX);
        // Until the last of these calls has been answered.
        let (waiting, _) = ask_meanwhile(&server, &requests(world), || true);
        gate.hold(0);
        assert_answered(waiting);
        server.stop();
        world.check();
    });
}

#[test]
fn a_read_of_an_earlier_state_delays_no_change() {
    // Over a file, where the read needs the store for nothing but the history.
    let world = &World::on(test_store::sqlite());
    let (server, gate) = server_with_gate(world);
    let rename = |name: &str| {
        world.wait_a_minute();
        let body = json!({"name": name}).to_string();
        let renamed = start_call(world, &server, "PATCH", "/v1/phones/p1", &body).reply().unwrap();
        assert_eq!(renamed.status, 200, "{renamed:?}");
    };
    gate.hold(1);
    let path = format!("/v1/phones/p1?at={}", world.now());
    let mut read = start_call(world, &server, "GET", &path, "");
    until("the read waits for the history", || gate.held() == 1);
    rename("Ravi-2");
    rename("Ravi-3");
    gate.hold(0);
    let read = read.reply().unwrap();
    let phone: Value = serde_json::from_str(&read.body).unwrap();
    assert_eq!((read.status, &phone["name"]), (200, &json!("Ravi")));
    server.stop();
}
