//! What goes with each answer, and what pages are made of.

use test_support::Reply;

use crate::looks::PAGES;
use crate::world::{USER_NAME, World};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                      base-uri 'none'";

const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The page is nobody else's, and has nothing inline.
#[track_caller]
fn assert_safe(reply: &Reply, cached: &str, what: &str) {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", cached),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name} of {what}");
    }
    if reply.header("content-type").is_some_and(|it| it.starts_with("text/html")) {
        for inline in ["<style", " style=", "javascript:", "://", "<script>", "<base", "<iframe"] {
            assert!(!reply.body.contains(inline), "{what} has {inline}");
        }
        let attributes = reply.body.split([' ', '\n']).filter(|word| word.contains("=\""));
        for attribute in attributes {
            assert!(!attribute.starts_with("on"), "{what} has {attribute}");
        }
    }
}

on!(sqlite: each_answer_is_the_consoles_own_and_nobody_elses);
fn each_answer_is_the_consoles_own_and_nobody_elses(world: &World) {
    let (mut stranger, mut visitor) = (world.visitor(), world.visitor());
    visitor.sign_in(USER_NAME, &world.key);
    for (_, path) in PAGES {
        assert_safe(&visitor.get(path), "no-store", path);
    }
    for (is_signed_in, path, status) in [
        (false, "/console", 200),
        (false, "/console?as=operator", 200),
        (false, "/console/phones", 303),
        (false, "/console/nothing", 404),
        (false, "/console/demo/none", 404),
        (false, "/console/assets/console-old.css", 404),
        (false, "/console/sign-in", 405),
        (true, "/console", 303),
        (true, "/console/accounts", 303),
        (true, "/console/phones/p99", 404),
        (true, "/console/history?since=noon", 422),
        (true, "/console/undo", 405),
    ] {
        let reply = if is_signed_in { visitor.get(path) } else { stranger.get(path) };
        assert_eq!(reply.status, status, "{path}");
        assert_safe(&reply, "no-store", path);
    }
    let csrf = format!("csrf={}", visitor.csrf());
    for (path, form, status) in [
        ("/console/sign-in", "user_name=a&api_key=b", 401),
        ("/console/phones", "", 403),
        ("/console/phones", &csrf, 422),
        ("/console/sign-out", &csrf, 303),
        ("/console/phones", &csrf, 303),
    ] {
        let reply = visitor.post(path, form, &[]);
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        assert_safe(&reply, "no-store", path);
    }
    let page = stranger.get("/console").body;
    let assets = page.split('"').filter(|text| text.starts_with("/console/assets/"));
    let assets: Vec<_> = assets.collect();
    assert!(assets.len() >= 4, "{page}");
    for asset in assets {
        let reply = stranger.get(asset);
        assert_eq!(reply.status, 200, "{asset}");
        assert_safe(&reply, FOR_GOOD, asset);
    }
}
