//! A key that was deleted, replaced or has expired does nothing more: not even once on a server
//! that still remembers it, and not in a request that had begun before.

use directory::{Command, PhoneLookup};
use ringbook::secret::sha256;
use ringbook::service::{
    Accepted, Access, CommandRequest, Credentials, CredentialsFault, Failure, Service,
};
use ringbook::store::RequestId;
use serde_json::{Value, json};
use test_support::{Client, InProcess, NOT_VALID, PATH, TOKEN_PATH, basic, block_on, until};

use crate::answer::Answer;
use crate::bulk::CSV;
use crate::requests::scopes;
use crate::world::{ACME, World};

/// How a key is lost.
#[derive(Clone, Copy)]
enum Loss {
    Deleted,
    Rotated,
    Expired,
}

/// A new key of `acme`, and its id.
#[track_caller]
fn new_key(world: &mut World) -> (String, String) {
    let body = json!({"name": "To be lost", "scope": "full"});
    let made = world.call("POST", "/v1/account/keys", body);
    (made.json["id"].as_str().unwrap().to_owned(), world.keep_key(&made))
}

/// Calls another server with the own key of `acme`, or as the operator.
#[track_caller]
fn call(world: &World, other: &InProcess, method: &str, path: &str, body: &Value) -> Answer {
    let credentials = world.credentials(path);
    let headers = [("Authorization", &*credentials), ("Content-Type", "application/json")];
    let mut client = Client::connect(other.address).unwrap();
    let answer = client.request(method, path, &headers, &body.to_string()).unwrap();
    assert!((200..300).contains(&answer.status), "{answer:?}");
    answer.into()
}

/// The key is lost on another server.
#[track_caller]
fn lose(world: &mut World, other: &InProcess, id: &str, loss: Loss) {
    let path = format!("/v1/account/keys/{id}");
    match loss {
        Loss::Deleted => drop(call(world, other, "DELETE", &path, &Value::Null)),
        Loss::Rotated => {
            let path = format!("{path}/rotate");
            let rotated = call(world, other, "POST", &path, &json!({"overlap_s": 0}));
            world.keep_key(&rotated);
            let id = rotated.json["id"].as_str().unwrap();
            // There may be no more than a hundred.
            lose(world, other, id, Loss::Deleted);
        }
        Loss::Expired => {
            let soon = world.now() + jiff::SignedDuration::from_secs(1);
            let body = json!({"expires_at": soon.to_string()});
            call(world, other, "PATCH", &path, &body);
            world.wait_a_minute();
        }
    }
}

#[test]
fn does_nothing_with_a_key_lost_on_another_server() {
    let reads = scopes().filter(|(method, ..)| *method == "GET");
    let mut requests: Vec<_> = reads.map(|(method, path, _)| (method, path, Value::Null)).collect();
    let phone = json!({"number": "2001", "name": "Asha"});
    requests.extend([
        ("GET", "/v1/phones?at=2025-06-15T15:06:41Z", Value::Null),
        ("GET", "/v1/feed?wait_s=1", Value::Null),
        ("POST", "/v1/phones", phone.clone()),
        ("POST", "/v1/phones?dry_run=true", phone),
        ("PATCH", "/v1/phones/p1", json!({"name": "Omar"})),
        ("DELETE", "/v1/phones/p1", Value::Null),
        ("POST", "/v1/account/keys", json!({"name": "Another", "scope": "full"})),
        ("POST", "/v1/changes/c6/revert", json!({})),
    ]);
    World::on_each_store(|world| {
        let other = world.another_server();
        let phones = world.read("/v1/phones");
        for (index, (method, path, body)) in requests.iter().enumerate() {
            let loss = [Loss::Deleted, Loss::Rotated, Loss::Expired][index % 3];
            let (id, key) = new_key(world);
            assert!(world.is_valid(&key), "it is in memory from now on");
            lose(world, &other, &id, loss);
            let newest = call(world, &other, "GET", "/v1/account", &Value::Null);
            println!("{method} {path}");
            let refused = world.call_as(("acme", &key), method, path, body.clone());
            refused.assert_problem(401, "unauthorized");
            assert!(refused.header("www-authenticate").is_some_and(|it| it.starts_with("Basic")));
            assert_eq!(world.read("/v1/account")["version"], newest.json["version"]);
            world.wait_a_minute();
        }
        assert_eq!(world.read("/v1/phones"), phones);
        other.stop();
    });
}

#[test]
fn replays_nothing_to_a_key_lost_on_another_server() {
    World::on_each_store(|world| {
        let other = world.another_server();
        let edit = json!({"name": "Ravi-K"});
        for path in ["/v1/phones/p1", "/v1/changes/c6/revert", PATH] {
            let (id, key) = new_key(world);
            let credentials = basic("acme", &key);
            let headers = [("Authorization", &*credentials), ("apiKey", &key)];
            let headers = [&headers[..], &[("Idempotency-Key", path)]].concat();
            let (method, body) = match path {
                PATH => {
                    ("POST", legacy("create", &json!({"phoneNumber": "2001", "phoneName": "Asha"})))
                }
                "/v1/phones/p1" => ("PATCH", edit.clone()),
                _ => ("POST", json!({})),
            };
            let first = world.request(method, path, &headers, body.clone());
            assert_eq!(first.status, 200, "{first:?}");
            lose(world, &other, &id, Loss::Deleted);
            let again = world.request(method, path, &headers, body);
            let expected = if path == PATH { (200, NOT_VALID) } else { (401, &*again.reply.body) };
            assert_eq!((again.status, &*again.reply.body), expected);
        }
        other.stop();
    });
}

fn legacy(action: &str, fields: &Value) -> Value {
    let mut body = json!({"userName": "acme", "action": action});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

/// What PhoneManageV2 accepts depends on the settings and on the newest token as well.
#[test]
fn follows_the_settings_of_another_server_at_once() {
    World::on_each_store(|world| {
        let other = world.another_server();
        let own = world.acme.clone();
        let set = |world: &World, to: &str| {
            call(world, &other, "PATCH", ACME, &json!({"api_authentication": to}));
        };
        let token = |world: &mut World| {
            let mut client = Client::connect(other.address).unwrap();
            let headers = [("apiKey", &*own), ("Content-Type", "application/json")];
            let made = client.request("POST", TOKEN_PATH, &headers, r#"{"userName":"acme"}"#);
            let made: Value = serde_json::from_str(&made.unwrap().body).unwrap();
            world.keep_secret(made["token"].as_str().unwrap())
        };
        let assert_sent = |world: &mut World, header: (&str, &str), expected: &str| {
            let create = json!({"phoneNumber": "2001", "phoneName": "Asha"});
            for (action, fields) in [("create", create), ("get", json!({"phoneNumber": "1001"}))] {
                let answer = world.request("POST", PATH, &[header], legacy(action, &fields));
                assert!(answer.reply.body.contains(expected), "{action}: {answer:?}");
            }
        };
        assert_sent(world, ("apiKey", "wrong"), "userName or apiKey not valid");
        set(world, "TOKEN_AUTH");
        assert_sent(world, ("apiKey", &own), "Token Should Not be Null or Empty.");
        let first = format!("Bearer {}", token(world));
        let second = format!("Bearer {}", token(world));
        assert_sent(world, ("Authorization", &first), "Invalid Token");
        let body = legacy("get", &json!({"phoneNumber": "1001"}));
        let found = world.request("POST", PATH, &[("Authorization", &second)], body);
        assert!(found.reply.body.contains("Desk-1"), "{found:?}");
        set(world, "BASIC_AUTH");
        assert_sent(world, ("Authorization", &second), "Api Key Should Not be Null or Empty.");
        set(world, "TOKEN_AUTH");
        assert!(world.server().service.usage().accounts > 0, "the key is in memory");
        call(world, &other, "POST", &format!("{ACME}/rotate-key"), &json!({"overlap_s": 0}));
        let headers = [("apiKey", &*own)];
        let denied = world.request("POST", TOKEN_PATH, &headers, json!({"userName": "acme"}));
        assert!(denied.reply.body.contains("Invalid userName or apiKey"), "{denied:?}");
        other.stop();
    });
}

/// An access by a key of `acme`.
#[track_caller]
fn access(service: &Service, key: &str) -> Access {
    let credentials =
        Credentials { user_name: "acme", api_key: Some(key), ..Credentials::default() };
    block_on(service.authenticate(&credentials, Accepted::AnyKey)).unwrap()
}

fn request(service: &Service, access: &Access, command: Command) -> CommandRequest {
    CommandRequest::new(command, service.origin(RequestId(0), &access.source))
}

#[test]
fn refuses_a_command_queued_behind_the_loss_of_its_key() {
    let world = &mut World::new();
    let (id, key) = new_key(world);
    let service = &world.server().service;
    let access = access(service, &key);
    let lookup = || PhoneLookup { number: "1001".parse().ok(), ..PhoneLookup::default() };
    let [delete_key, delete_phone] =
        [Command::DeleteKey { id: id.parse().unwrap() }, Command::DeletePhone { phone: lookup() }]
            .map(|command| request(service, &access, command));
    let done = block_on(async {
        tokio::join!(
            service.execute(&access.tenant, delete_key),
            service.execute(&access.tenant, delete_phone)
        )
    });
    assert!(done.0.is_ok());
    let refused = Failure::Unauthorized(CredentialsFault::UserNameOrApiKey);
    assert_eq!(done.1.unwrap_err(), refused);
    assert_eq!(block_on(service.get_phone(&access.tenant, &lookup())).unwrap_err(), refused);
}

#[test]
fn refuses_a_command_of_a_key_that_expired_since() {
    let world = &mut World::new();
    let soon = world.now() + jiff::SignedDuration::from_secs(30);
    let body = json!({"name": "PBX", "scope": "full", "expires_at": soon.to_string()});
    let made = world.call("POST", "/v1/account/keys", body);
    let key = world.keep_key(&made);
    let access = access(&world.server().service, &key);
    world.wait_a_minute();
    let service = &world.server().service;
    let request = request(service, &access, Command::DeleteAccount);
    let refused = Failure::Unauthorized(CredentialsFault::UserNameOrApiKey);
    assert_eq!(block_on(service.execute(&access.tenant, request)).unwrap_err(), refused);
}

/// Begins a request whose body does not come yet.
fn begin(world: &World, credentials: &str, (method, path, kind): (&str, &str, &str)) -> Client {
    let mut sender = world.client();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {credentials}\r\n\
         Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    );
    sender.send(&head).unwrap();
    // The server asks for the body of a caller that it has authenticated.
    assert_eq!(sender.reply().unwrap().status, 100);
    sender
}

fn send_chunk(sender: &mut Client, text: &str) {
    sender.send(&format!("{:x}\r\n{text}\r\n", text.len())).unwrap();
}

#[test]
fn refuses_an_operator_whose_key_was_deleted_before_the_body_came() {
    World::on_each_store(|world| {
        let other = world.another_server();
        let json = "application/json";
        for (method, path, body) in [
            ("PATCH", ACME, r#"{"phone_number_limit": 7}"#),
            ("POST", "/v1/operator/accounts", r#"{"user_name": "initech"}"#),
        ] {
            let key = world.keep_secret("RBO00000000000000000000000000000lost");
            let (name, service) = ("lost".to_owned(), &other.service);
            let made = service.create_operator_key(name.clone(), sha256(&key), None);
            assert!(block_on(made).unwrap());
            let mut sender = begin(world, &format!("Bearer {key}"), (method, path, json));
            assert!(block_on(service.delete_operator_key(name)).unwrap());
            send_chunk(&mut sender, body);
            sender.send("0\r\n\r\n").unwrap();
            let refused = Answer::from(sender.reply().unwrap());
            refused.assert_problem(401, "unauthorized");
            assert!(refused.header("www-authenticate").is_some_and(|it| it.starts_with("Bearer")));
        }
        assert_eq!(world.read(ACME)["phone_number_limit"], 1000);
        assert_eq!(world.get("/v1/operator/accounts/initech").status, 404);
        other.stop();
    });
}

/// The body is open when the key is deleted, here or on another server, and goes on.
#[test]
fn ends_an_open_bulk_request_whose_key_is_deleted() {
    World::on_each_store(|world| {
        world.limit(1_000_000);
        let other = world.another_server();
        let rows = |from: usize, to: usize| -> String {
            let rows = (from..to).map(|row| format!("9{row:09},Agent-{row}\n"));
            rows.collect::<Vec<_>>().concat()
        };
        for (round, (path, done)) in [
            ("/v1/imports?mode=keep_going", 500),
            ("/v1/imports?mode=keep_going", 0),
            ("/v1/imports", 0),
        ]
        .into_iter()
        .flat_map(|case| [case; 2])
        .enumerate()
        {
            let (id, key) = new_key(world);
            let before = world.read("/v1/account")["phones"].as_u64().unwrap();
            let mut sender = begin(world, &basic("acme", &key), ("POST", path, CSV));
            let first = round * 1_000;
            send_chunk(&mut sender, &format!("number,name\n{}", rows(first, first + done)));
            until("its parts are done", || {
                world.read("/v1/account")["phones"] == before + done as u64
            });
            let deleted = format!("/v1/account/keys/{id}");
            match round % 2 {
                0 => world.delete(&deleted),
                _ => drop(call(world, &other, "DELETE", &deleted, &Value::Null)),
            }
            send_chunk(&mut sender, &rows(first + done, first + 900));
            let _ = sender.send("0\r\n\r\n");
            let refused = Answer::from(sender.reply().unwrap());
            assert_eq!(refused.status, 401);
            refused.assert_problem(401, "unauthorized");
            let summary = &refused.json["summary"];
            // The import has an id once a part of it is done.
            let tally = json!({
                "rows": done,
                "done": done,
                "unchanged": 0,
                "refused": 0,
                "import": summary["import"],
            });
            let expected = if done > 0 { tally } else { Value::Null };
            assert_eq!(*summary, expected, "{refused:?}");
            assert_eq!(world.read("/v1/account")["phones"], before + done as u64);
        }
        other.stop();
    });
}
