//! How connections go on and end: no answer is lost, whatever the client still sends.

use std::time::Duration;

use serde_json::json;
use test_support::{
    Certificate, CertificateFiles, Client, DONE, Home, PATH, Reply, Server, basic, request_text,
    within,
};

const TIMES: usize = 20;

/// A server with the account `acme`.
struct World {
    server: Server,
    certificate: Option<Certificate>,
    key: String,
    home: Home,
}

impl World {
    fn new(certificate: Option<Certificate>) -> Self {
        let home = Home::new();
        let key = home.account("acme", &[]);
        let files = certificate.as_ref().map(CertificateFiles::new);
        let options = files.as_ref().map(CertificateFiles::options).unwrap_or_default();
        let options: Vec<_> =
            options.iter().map(String::as_str).filter(|o| !o.is_empty()).collect();
        let server = home.serve(&options);
        Self { server, certificate, key, home }
    }

    /// Runs a test with and without TLS.
    fn plain_and_encrypted(test: impl Fn(&Self)) {
        for certificate in [None, Some(Certificate::new())] {
            println!("with TLS: {}", certificate.is_some());
            test(&Self::new(certificate));
        }
    }

    fn client(&self) -> Client {
        match &self.certificate {
            Some(certificate) => certificate.connect(&self.server).unwrap(),
            None => self.server.client(),
        }
    }

    fn authorization(&self) -> String {
        basic("acme", &self.key)
    }
}

fn is_last(reply: &Reply) -> bool {
    reply.header("connection") == Some("close")
}

/// A pooled connection is as good after a refusal as before.
#[test]
fn keeps_a_connection_whose_body_comes_after_the_head() {
    const BODY: &str = r#"{"number":"911","name":"Ravi"}"#;
    World::plain_and_encrypted(|world| {
        let right = world.authorization();
        let (mut client, mut other, mut kept) = (world.client(), world.client(), 0);
        for _ in 0..TIMES {
            for (method, path, authorization, kind, status) in [
                ("POST", "/v1/phones", "Basic AAAA", "application/json", 401),
                ("POST", "/v1/nothing", &right, "application/json", 404),
                ("PUT", "/v1/phones", &right, "application/json", 405),
                ("POST", "/v1/imports", &right, "text/plain", 415),
                ("POST", "/nothing", "", "", 404),
                ("POST", "/healthz", "", "", 405),
                ("PUT", PATH, "", "application/json", 405),
            ] {
                let headers = [("Authorization", authorization), ("Content-Type", kind)];
                let request = request_text(method, path, &headers, BODY);
                client.send(request.strip_suffix(BODY).unwrap()).unwrap();
                // Meanwhile the server reads the head.
                assert_eq!(other.get("/healthz").unwrap().status, 200);
                client.send(BODY).unwrap();
                let reply = client.reply().unwrap();
                assert_eq!(reply.status, status, "{method} {path}");
                // On a busy machine a body may come too late, and then the answer says so.
                if is_last(&reply) {
                    client = world.client();
                } else {
                    kept += 1;
                }
            }
        }
        assert!(kept > 0, "no connection was kept");
    });
}

/// A client that reads nothing before it has sent all.
#[test]
fn answers_a_client_that_goes_on_sending() {
    World::plain_and_encrypted(|world| {
        let wrong = [("Authorization", "Basic AAAA")];
        for (megabytes, times) in [(5, TIMES), (50, 2)] {
            let body = "x".repeat(megabytes << 20);
            for _ in 0..times {
                let mut client = world.client();
                let reply = client.request("POST", "/v1/phones", &wrong, &body).unwrap();
                assert_eq!(reply.status, 401);
                assert!(if is_last(&reply) { client.is_closed() } else { megabytes == 5 });
            }
        }
        // A body that may not come at all is not waited for.
        for header in [("Expect", "100-continue"), ("x", "y")] {
            let mut client = world.client();
            let request = request_text("POST", "/v1/phones", &[header], &"x".repeat(9 << 20));
            client.send(request.split_inclusive("\r\n\r\n").next().unwrap()).unwrap();
            let reply = client.reply().unwrap();
            assert_eq!((reply.status, is_last(&reply)), (401, true), "{header:?}");
            assert!(client.is_closed());
        }
    });
}

/// A client that sends no more gets its answer, and then the connection ends.
#[test]
fn answers_a_client_that_has_shut_down_its_sending_side() {
    World::plain_and_encrypted(|world| {
        let body = json!({"userName": "acme", "action": "create", "phoneNumber": "911",
            "phoneName": "Ravi"})
        .to_string();
        let authorization = ("Authorization", &*world.authorization());
        let half = request_text("POST", PATH, &[], &body);
        for (request, status, text) in [
            (request_text("POST", PATH, &[("apiKey", &world.key)], &body), 200, DONE),
            (request_text("GET", "/healthz", &[], ""), 200, "ok\n"),
            (request_text("GET", "/v1/phones", &[authorization], ""), 200, ""),
            (half[..half.len() - 1].to_owned(), 400, ""),
            // It waits for no change any more.
            (request_text("GET", "/v1/feed?cursor=c2&wait_s=30", &[authorization], ""), 200, ""),
        ] {
            let mut client = world.client();
            client.send(&request).unwrap();
            client.end().unwrap();
            let reply = client.reply().unwrap();
            assert_eq!((reply.status, reply.body.contains(text)), (status, true), "{request}");
            assert!(client.is_closed(), "{request}");
        }
        let mut idle = world.client();
        idle.end().unwrap();
        assert!(idle.is_closed());
        assert_eq!(world.home.phones("acme").len(), 1);
    });
}

/// Those who wait for changes make room for others when they go.
#[test]
fn releases_what_a_client_that_went_away_waited_for() {
    World::plain_and_encrypted(|world| {
        let authorization = ("Authorization", &*world.authorization());
        let accept = ("Accept", "text/event-stream");
        let open = |path: &str, headers: &[(&str, &str)]| {
            let mut client = world.client();
            client.send(&request_text("GET", path, headers, "")).unwrap();
            client
        };
        let stream = || open("/v1/feed?cursor=now", &[authorization, accept]);
        let status = |client: &mut Client| client.reply().unwrap().status;
        let poll = || open("/v1/feed?cursor=c1&wait_s=30", &[authorization]);
        let mut waiting: Vec<_> = (0..64).map(|_| poll()).collect();
        let is_refused = |client: &mut Client| status(client) == 429;
        while waiting.len() == 64 || !waiting.last_mut().is_some_and(is_refused) {
            waiting.push(stream());
        }
        drop(waiting);
        // Otherwise a poll would end after half a minute.
        within(Duration::from_secs(25), "their places are free", || {
            let places: Vec<_> = (0..128).map(|_| stream()).collect();
            places.into_iter().all(|mut place| status(&mut place) == 200).then_some(())
        });
    });
}
