//! Pages in browsers: nobody's may call, unless their origin is named, and then only the native
//! API.

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
            let expected = "etag,location,ringbook-request-id,retry-after,idempotent-replayed";
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
