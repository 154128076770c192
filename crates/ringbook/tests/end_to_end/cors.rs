//! Pages in browsers: nobody's may call, unless their origin is named, and then only the native
//! API.

use ringbook::http::AllowedOrigin;
use test_support::{Home, PATH, Reply, Scrape, Server, serve_with_metrics};

const ORIGIN: &str = "https://app.example.org";

/// What a browser sends before a page's call.
fn preflight(server: &Server, path: &str, origin: &str) -> Reply {
    let headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "PATCH"),
        ("Access-Control-Request-Headers", "authorization,if-match"),
    ];
    server.client().request("OPTIONS", path, &headers, "").unwrap()
}

fn call(server: &Server, path: &str, origin: &str) -> Reply {
    server.client().request("GET", path, &[("Origin", origin)], "").unwrap()
}

#[track_caller]
fn assert_silent(reply: &Reply) {
    let silent = reply.header("access-control-allow-methods").is_none()
        && reply.header("access-control-allow-origin").is_none();
    assert!(silent, "{reply:?}");
}

#[test]
fn allows_named_origins_on_the_native_api() {
    let home = Home::new();
    let server = home.serve(&["--cors-origin", ORIGIN, "--cors-origin", "http://localhost:3000"]);
    for origin in [ORIGIN, "http://localhost:3000"] {
        for path in ["/v1", "/v1/phones", "/v1/none/such", "/openapi.json"] {
            let reply = preflight(&server, path, origin);
            assert_eq!((reply.status, reply.body.as_str()), (200, ""));
            assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
            assert_eq!(
                reply.header("access-control-allow-headers"),
                Some("authorization,if-match")
            );
            assert_eq!(reply.header("access-control-max-age"), Some("3600"));
            assert_eq!(reply.header("access-control-allow-credentials"), None);
            let methods = reply.header("access-control-allow-methods").unwrap();
            assert_eq!(methods, "GET,POST,PUT,PATCH,DELETE");
            assert!(reply.header("ringbook-request-id").is_some());

            let reply = call(&server, path, origin);
            assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
            let exposed = reply.header("access-control-expose-headers").unwrap();
            let expected = "etag,location,ringbook-request-id,retry-after,idempotent-replayed,\
                            ringbook-count,ringbook-dry-run,ratelimit,ratelimit-policy";
            assert_eq!(exposed, expected);
            let vary = reply.header("vary").unwrap();
            assert!(vary.to_lowercase().contains("origin"), "{vary}");
        }
    }
}

#[test]
fn allows_no_other_origin_and_no_other_path() {
    let home = Home::new();
    let named = home.serve(&["--cors-origin", ORIGIN]);
    let nobody = home.serve(&[]);
    for origin in ["https://evil.example", "https://app.example.org.evil.example", "null"] {
        for path in ["/v1/phones", "/openapi.json"] {
            let reply = preflight(&named, path, origin);
            assert_eq!(reply.header("access-control-allow-origin"), None);
            assert_eq!(call(&named, path, origin).header("access-control-allow-origin"), None);
        }
    }
    for path in [PATH, "/healthz", "/v10", "/", "/docs", "/openapi.json/"] {
        assert_silent(&preflight(&named, path, ORIGIN));
        assert_silent(&call(&named, path, ORIGIN));
    }
    assert_eq!(preflight(&named, PATH, ORIGIN).status, 405);
    // A page that may call gets as far as its credentials.
    for (origin, status) in [(ORIGIN, 401), ("https://evil.example", 403)] {
        let headers = [("Origin", origin), ("Sec-Fetch-Site", "cross-site")];
        let reply = named.client().request("DELETE", "/v1/phones/p1", &headers, "").unwrap();
        assert_eq!(reply.status, status, "{origin}");
    }
    for path in ["/v1/phones", "/openapi.json", PATH] {
        assert_silent(&preflight(&nobody, path, ORIGIN));
        assert_silent(&call(&nobody, path, ORIGIN));
    }
}

/// Whether such a request is refused before its credentials are.
fn is_refused(server: &Server, head: &str) -> bool {
    let mut client = server.client();
    client.send(&format!("{head}\r\n")).unwrap();
    match client.reply().unwrap().status {
        401 => false,
        status => {
            assert_eq!(status, 403, "{head}");
            true
        }
    }
}

#[test]
fn refuses_requests_that_another_site_may_have_forged() {
    const OURS: &str = "https://phones.example";
    const OTHER: &str = "https://evil.example";
    let home = Home::new();
    let server = home.serve(&["--cors-origin", ORIGIN]);
    for (site, origin, is_expected) in [
        ("", "", false),
        ("same-origin", OURS, false),
        ("none", "", false),
        // A proxy may have changed the host.
        ("same-origin", OTHER, false),
        ("same-site", "https://app.phones.example", true),
        ("cross-site", "", true),
        ("cross-site", OTHER, true),
        ("cross-site", OURS, true),
        ("other", "", true),
        ("cross-site", ORIGIN, false),
        ("", ORIGIN, false),
        ("", OURS, false),
        ("", "http://phones.example:443", true),
        ("", "https://PHONES.example:443", false),
        ("", "https://phones.example:8443", true),
        ("", "http://phones.example.evil.example", true),
        ("", OTHER, true),
        ("", "null", true),
        ("", "phones.example", true),
        ("", "\u{e9}", true),
    ] {
        let given = [("Sec-Fetch-Site", site), ("Origin", origin)];
        let given = given.iter().filter(|(_, value)| !value.is_empty());
        let headers: Vec<_> = given.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
        let host = "Host: phones.example\r\n";
        for (method, path) in [
            ("POST", "/v1/phones"),
            ("PUT", "/v1/skills/Sales/ring-order"),
            ("PATCH", "/v1/phones/p1"),
            ("DELETE", "/v1/phones/p1"),
        ] {
            let head = format!("{method} {path} HTTP/1.1\r\n{host}{headers}");
            assert_eq!(is_refused(&server, &head), is_expected, "{head}");
        }
        assert!(!is_refused(&server, &format!("GET /v1/phones HTTP/1.1\r\n{host}{headers}")));
        // Without a host, nothing is our own origin.
        let is_ours = site.is_empty() && !origin.is_empty() && origin != ORIGIN;
        let head = format!("POST /v1/phones HTTP/1.0\r\n{headers}");
        assert_eq!(is_refused(&server, &head), is_expected || is_ours, "{head}");
    }
}

#[test]
fn parses_origins_as_browsers_send_them() {
    for text in
        ["https://app.example.org", "http://localhost:3000", "https://[::1]:8443", "http://a:443"]
    {
        assert!(text.parse::<AllowedOrigin>().is_ok(), "{text}");
    }
    for text in [
        "",
        "*",
        "null",
        "app.example.org",
        "https://*.example.org",
        "https://app.example.org/",
        "https://app.example.org/path",
        "https://App.example.org",
        "https://app.example.org:443",
        "http://app.example.org:80",
        "https://user@app.example.org",
        "ftp://app.example.org",
        "https://",
    ] {
        assert!(text.parse::<AllowedOrigin>().is_err(), "{text}");
    }
}

#[test]
fn counts_preflights() {
    let home = Home::new();
    let (server, mut metrics) = serve_with_metrics(&home, &["--cors-origin", ORIGIN]);
    preflight(&server, "/v1/phones", ORIGIN);
    preflight(&server, "/v1/none/such", ORIGIN);
    let scrape = Scrape::of(&mut metrics);
    for route in ["/v1/phones", "/v1/{*path}"] {
        let labels = format!(r#"method="OPTIONS",route="{route}",outcome="",code="200""#);
        let counted = scrape.value(&format!("ringbook_http_requests_total{{{labels}}}"));
        assert!((counted - 1.0).abs() < f64::EPSILON, "{route}: {counted}");
    }
}
