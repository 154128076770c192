//! Wrong credentials keep no right ones out.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use ringbook::service::ServiceOptions;
use serde_json::json;
use test_support::{Client, InProcess, PATH, basic, test_store, until};

use crate::answer::Answer;
use crate::world::{ACME, World, create_account};

/// Callers with wrong credentials, from the address of all tests.
const LOOPS: usize = 12;

/// Sends wrong credentials until it is told to end: of accounts that exist and of others, of the
/// operator, and to the legacy API. Counts those that were answered over the limit.
fn guess(server: &InProcess, index: usize, has_ended: &AtomicBool, throttled: &AtomicUsize) {
    let mut client = Client::connect(server.address).unwrap();
    for count in 0.. {
        if has_ended.load(Ordering::Relaxed) {
            return;
        }
        let nobody = format!("nobody-{index}-{count}");
        let name = ["acme", "globex", &nobody, &nobody][index % 4];
        let reply = if index < 8 {
            let (path, credentials) = match index {
                0 => (ACME, "Bearer wrong".to_owned()),
                _ => ("/v1/phones", basic(name, "wrong")),
            };
            client.request("GET", path, &[("Authorization", &credentials)], "")
        } else {
            let body = json!({"userName": name, "action": "get", "phoneNumber": "1001"});
            let headers = [("apiKey", "wrong"), ("Content-Type", "application/json")];
            client.request("POST", PATH, &headers, &body.to_string())
        };
        let is_throttled = reply.unwrap().header("retry-after").is_some();
        throttled.fetch_add(is_throttled.into(), Ordering::Relaxed);
    }
}

/// On a server that has just started, and so remembers nobody.
#[test]
fn lets_right_keys_in_at_the_first_try_beside_wrong_ones() {
    World::on_each_store(|world| {
        let server = world.another_server();
        let (has_ended, throttled) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            for index in 0..LOOPS {
                let (server, has_ended, throttled) = (&server, &has_ended, &throttled);
                scope.spawn(move || guess(server, index, has_ended, throttled));
            }
            until("all are over the limit", || throttled.load(Ordering::Relaxed) > 5 * LOOPS);
            let get = |path: &str, credentials: &str| {
                let mut client = Client::connect(server.address).unwrap();
                let headers = [("Authorization", credentials)];
                Answer::from(client.request("GET", path, &headers, "").unwrap()).status
            };
            assert_eq!(server.service.usage().accounts, 0, "wrong keys load no account");
            // Of userNames that others guess at, and as the operator.
            let statuses = [
                get("/v1/phones", &basic("acme", &world.acme)),
                get("/v1/phones", &basic("globex", &world.globex)),
                get(ACME, &format!("Bearer {}", world.operator)),
            ];
            // Of an account that was made a moment ago, on another server.
            let initech = create_account(&world.server().service, "initech");
            let made = get("/v1/phones", &basic("initech", &initech));
            has_ended.store(true, Ordering::Relaxed);
            assert_eq!((statuses, made), ([200; 3], 200));
        });
        server.stop();
    });
}

/// Wrong keys of an account load nothing but its credentials, and these once: until its version
/// changes, nobody notices that the row was changed by hand.
#[test]
fn reads_the_credentials_of_an_account_once() {
    World::on_each_store(|world| {
        world.done("PATCH", ACME, json!({"api_authentication": "TOKEN_AUTH"}));
        let server = world.another_server();
        let mut client = Client::connect(server.address).unwrap();
        let mut is_known = |world: &World| {
            let headers = [("apiKey", &*world.acme), ("Content-Type", "application/json")];
            let body = r#"{"userName":"acme","action":"get","phoneNumber":"1001"}"#;
            let reply = client.request("POST", PATH, &headers, body).unwrap();
            reply.body.contains("Token Should Not be Null or Empty.")
        };
        assert!(is_known(world));
        world.store_sql("UPDATE account SET user_name = 'moved' WHERE user_name = 'acme'");
        assert!(is_known(world));
        assert_eq!(server.service.usage().accounts, 0);
        world.store_sql("UPDATE account_version SET version = version + 1 WHERE account_id = 1");
        assert!(!is_known(world));
        server.stop();
    });
}

#[test]
fn tells_what_is_left_of_each_rate_limit() {
    let world = &mut World::on(test_store::sqlite());
    let rate = |text: &str| Some(text.parse().unwrap());
    let (account_rate, key_rate) = (rate("2/4"), rate("1/3"));
    world.restart_with(&ServiceOptions { account_rate, key_rate, ..ServiceOptions::default() });
    for (status, left) in [
        (200, r#""key";r=2;t=1, "account";r=3;t=1"#),
        (200, r#""key";r=1;t=2, "account";r=2;t=1"#),
        (200, r#""key";r=0;t=3, "account";r=1;t=2"#),
        (429, r#""key";r=0;t=1"#),
    ] {
        let answer = world.get("/v1/phones");
        assert_eq!((answer.status, answer.header("ratelimit")), (status, Some(left)));
        let both = r#""key";q=3;w=3, "account";q=4;w=2"#;
        let policy = if status == 429 { r#""key";q=3;w=3"# } else { both };
        assert_eq!(answer.header("ratelimit-policy"), Some(policy));
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("1"));
    }
    let guess =
        |world: &mut World| world.call_as(("acme", "wrong"), "GET", "/v1/phones", json!(null));
    let refused = (0..21).map(|_| guess(world)).last().unwrap();
    assert_eq!(refused.header("ratelimit"), Some(r#""credentials";r=0;t=3"#));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""credentials";q=20;w=60"#));
}
