//! What options of `serve` make of the console, and what goes over an encrypted connection.

use test_support::Home;

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

#[test]
fn without_a_console_there_is_none() {
    let world = World::serving(&["--no-console"]);
    let mut visitor = world.visitor();
    for path in ["/console", "/console/phones"] {
        assert_eq!(visitor.get(path).status, 404, "{path}");
    }
    assert_eq!(visitor.get("/").header("location"), Some("/docs"));
}

#[test]
fn operators_sign_in_unless_that_is_switched_off() {
    for (options, status) in [(&[][..], 303), (&["--no-console-operator"][..], 401)] {
        let world = World::serving(options);
        let key = world.home.ok(&["operator", "create-key", "setup"]);
        let form = format!("as=operator&api_key={}", world.home.keep_secret(key.trim()));
        let mut visitor = world.visitor();
        assert_eq!(visitor.get("/console").body.contains("operator key"), status == 303);
        assert_eq!(visitor.post("/console/sign-in", &form, &[]).status, status, "{options:?}");
    }
}

#[test]
fn the_cookie_is_for_https_alone_where_a_proxy_says_so() {
    const WARNING: &str = "This connection is not encrypted";
    let world = World::serving(&["--trusted-proxy", "127.0.0.1"]);
    let form = format!("user_name={USER_NAME}&api_key={}", world.key);
    let by_proxy = [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https")];
    for (headers, name, secure) in
        [(&[][..], "ringbook=", ""), (&by_proxy[..], "__Host-ringbook=", "; Secure")]
    {
        let reply = world.visitor().post("/console/sign-in", &form, headers);
        let cookie = reply.header("set-cookie").unwrap();
        assert!(cookie.starts_with(name), "{cookie}");
        let end = format!("; Path=/; HttpOnly; SameSite=Strict{secure}");
        assert!(cookie.ends_with(&end), "{cookie}");
        let page = world.server.client().request("GET", "/console", headers, "").unwrap();
        assert!(!page.body.contains(WARNING));
    }
    let page = world.server.client().request("GET", "/console", &by_proxy[..1], "").unwrap();
    assert!(page.body.contains(WARNING));
}

#[test]
fn the_link_of_a_demo_signs_in_once() {
    let home = Home::new();
    let server = home.serve(&["--demo"]);
    let link = server.printed.split_whitespace().find(|word| word.contains("/console/demo/"));
    let (_, path) = link.expect("it prints a link").split_once("/console").unwrap();
    let path = format!("/console{path}");
    let browser = Browser::open(server.address, Scripts::On);
    browser.go(&path);
    browser.sees("Ravi");
    browser.go(&path);
    browser.sees("This link signs in once, on the machine where the server runs.");
}
