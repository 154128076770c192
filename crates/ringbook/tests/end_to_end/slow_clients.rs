//! Clients that are slow, hang, or send what is no request: the server goes on answering others.

use std::net::TcpStream;

use rustix::process::{Resource, getrlimit, setrlimit};

use test_support::{Client, DONE, Home, PATH, Server, wait_for_text};

/// A server with the account `acme`, and its key.
fn serve() -> (Home, String, Server) {
    let home = Home::new();
    let (key, server) = (home.account("acme", &[]), home.serve(&[]));
    (home, key, server)
}

/// The server does its work for somebody else.
#[track_caller]
fn assert_serves(server: &Server, key: &str, number: &str) {
    let mut caller = server.caller("acme", key);
    let name = format!("Agent-{number}");
    assert_eq!(caller.create(number, &name, "").unwrap().body, DONE);
    assert_eq!(caller.name_of(number), Some(name));
}

#[test]
fn serves_others_during_half_a_request() {
    let (home, key, server) = serve();
    let body = r#"{"userName":"acme","action":"create","phoneNumber":"911","phoneName":"Ravi"}"#;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: test\r\napiKey: {key}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let halves = [&head[..20], &head[..head.len() - 3], &head, &format!("{head}{}", &body[..30])];
    let mut hanging: Vec<Client> = Vec::new();
    for half in halves.iter().cycle().take(200) {
        let mut client = server.client();
        client.send(half).unwrap();
        hanging.push(client);
    }
    assert_serves(&server, &key, "9100");
    // The second half is as good as ever.
    hanging[3].send(&body[30..]).unwrap();
    assert_eq!(hanging[3].reply().unwrap().body, DONE);
    // A client that goes away with half a body has asked for nothing.
    drop(hanging);
    assert_serves(&server, &key, "9101");
    assert_eq!(home.phones("acme").len(), 3);
}

/// What is no request is answered as far as HTTP has an answer, and the connection ends.
#[test]
fn rejects_what_is_not_http() {
    let (_home, key, server) = serve();
    let long = "x".repeat(20 * 1024);
    let many = "x: y\r\n".repeat(100);
    for (head, status) in [
        (format!("GET /healthz HTTP/1.1\r\nx-long: {long}\r\n\r\n"), 431),
        (format!("GET /healthz HTTP/1.1\r\n{many}\r\n"), 431),
        ("GET / SMTP/1.1\r\n\r\n".to_owned(), 400),
        ("what is this?\r\n\r\n".to_owned(), 400),
        ("GET /healthz HTTP/1.1\r\nContent-Length: few\r\n\r\n".to_owned(), 400),
    ] {
        let mut client = server.client();
        // As the second request of a connection it is answered the same.
        client.send(&format!("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n{head}")).unwrap();
        assert_eq!(client.reply().unwrap().status, 200);
        let reply = client.reply().unwrap();
        assert_eq!(reply.status, status, "{head:.40}");
        let id = reply.header("ringbook-request-id").unwrap();
        wait_for_text(
            &server.log_file,
            &format!("outcome=\"invalid head\" source=127.0.0.1 request_id={id}"),
        );
        assert!(client.is_closed());
    }
    assert_serves(&server, &key, "9100");
}

/// RFC 9112, section 3.2.
#[test]
fn rejects_http_1_1_without_exactly_one_host_and_two_content_types() {
    let home = Home::new();
    let server = home.serve(&["--metrics-listen", "127.0.0.1:0"]);
    let metrics = server.printed.trim_end().strip_prefix("Metrics on http://").unwrap();
    let metrics = metrics.strip_suffix("/metrics").unwrap().parse().unwrap();
    for (address, path) in [
        (server.address, "/healthz"),
        (server.address, "/nothing"),
        (server.address, "/v1/phones"),
        (server.address, PATH),
        (metrics, "/metrics"),
    ] {
        for hosts in ["", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: u@a\r\n"] {
            let mut client = Client::connect(address).unwrap();
            client.send(&format!("GET {path} HTTP/1.1\r\n{hosts}\r\n")).unwrap();
            let reply = client.reply().unwrap();
            assert_eq!(reply.status, 400, "{path} {hosts:?}");
            assert!(reply.body.starts_with("Host: it is given once"), "{path}: {reply:?}");
            assert_eq!(reply.header("ringbook-reason"), Some(reply.body.trim_end()));
            assert!(reply.header("ringbook-request-id").is_some(), "{reply:?}");
            assert!(client.is_closed());
        }
    }
    // RFC 9110, section 5.3.
    for path in ["/v1/phones", PATH] {
        let mut client = server.client();
        let types = "Content-Type: application/json\r\ncontent-type: text/csv";
        client.send(&format!("POST {path} HTTP/1.1\r\nHost: a\r\n{types}\r\n\r\n")).unwrap();
        let reply = client.reply().unwrap();
        assert_eq!((reply.status, &*reply.body), (400, "Content-Type: it is given once\n"));
        assert!(client.is_closed());
    }
    let mut client = server.client();
    for head in ["HTTP/1.1\r\nHost: ring_book:8080", "HTTP/1.1\r\nHost:", "HTTP/1.0"] {
        client.send(&format!("GET /healthz {head}\r\n\r\n")).unwrap();
        assert_eq!(client.reply().unwrap().status, 200, "{head}");
    }
}

/// RFC 9112, section 6.1: nobody may take the rest of a body for the next request.
#[test]
fn ends_the_connection_after_a_doubtful_transfer_encoding() {
    let (_home, _key, server) = serve();
    let rest = "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";
    for (headers, status) in [
        ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501),
        ("Transfer-Encoding: chunked, chunked", 501),
        ("Transfer-Encoding: chunked, gzip", 400),
        // The length is ignored.
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", 405),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 405),
    ] {
        let mut client = server.client();
        client.send(&format!("POST / HTTP/1.1\r\nHost: test\r\n{headers}\r\n\r\n{rest}")).unwrap();
        let reply = client.reply().unwrap();
        assert_eq!(
            (reply.status, reply.header("connection")),
            (status, Some("close")),
            "{headers}"
        );
        assert!(client.is_closed(), "{headers}");
    }
}

/// A megabyte of head, some of it unread when the server has seen enough.
#[test]
fn cuts_off_an_endless_head() {
    let (_home, key, server) = serve();
    let long = "x".repeat(1024 * 1024);
    let many = "x: y\r\n".repeat(200_000);
    for head in [
        format!("GET /healthz HTTP/1.1\r\nx-long: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\n{many}\r\n"),
        long.clone(),
        "\r\n".repeat(500_000),
        "\u{0}\u{1}\u{2}\u{3}".repeat(250_000),
    ] {
        let mut client = server.client();
        client.send(&head).unwrap();
        let reply = client.reply().unwrap();
        assert!((400..500).contains(&reply.status), "{reply:?}");
        assert!(client.is_closed());
    }
    assert_serves(&server, &key, "9100");
}

/// A client may send the next request, or a part of it, before it has read the reply to the last.
#[test]
fn answers_before_the_next_pipelined_request_is_complete() {
    let home = Home::new();
    let server = home.serve(&[]);
    let request = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";
    let mut client = server.client();
    client.send(&format!("{request}{request}{}", &request[..20])).unwrap();
    for _ in 0..2 {
        assert_eq!(client.reply().unwrap().body, "ok\n");
    }
    client.send(&request[20..]).unwrap();
    assert_eq!(client.reply().unwrap().body, "ok\n");
}

#[test]
fn rejects_a_large_body() {
    const TOO_LARGE: &str =
        r#"{"status":"error","message":"request body is larger than 65536 bytes"}"#;
    let (_home, key, server) = serve();
    let body = " ".repeat(1024 * 1024);
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: test\r\napiKey: {key}\r\n");
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for request in [
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}"),
        // One that is only announced.
        format!("{head}Content-Length: 99999999999\r\n\r\n"),
    ] {
        let mut client = server.client();
        client.send(&request).unwrap();
        let reply = client.reply().unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (413, TOO_LARGE));
    }
    assert_serves(&server, &key, "9100");
}

#[test]
fn serves_beside_two_thousand_idle_connections() {
    const IDLE: usize = 2000;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let (_home, key, server) = serve();
    let mut idle: Vec<_> = (0..IDLE).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    assert_serves(&server, &key, "9100");
    // Half of them go away without a word.
    idle.truncate(IDLE / 2);
    assert_serves(&server, &key, "9101");
    // One that was idle can still ask.
    let mut client = Client::over(idle.pop().unwrap()).unwrap();
    assert_eq!(client.get("/readyz").unwrap().body, "ready\n");
}
