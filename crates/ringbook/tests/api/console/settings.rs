//! The settings of an account, its keys and its sessions.

use serde_json::Value;
use test_support::until;

use super::{Browser, Page};
use crate::world::World;

const PATH: &str = "/console/settings";
const KEYS: &str = "/console/settings/keys";

/// The key that a page shows.
#[track_caller]
pub fn shown_key(page: &Page) -> String {
    assert_eq!((page.status, page.reply.header("cache-control")), (200, Some("no-store")));
    page.assert_has(&["it is shown this once"]);
    let (_, rest) = page.html().split_once("value=\"KK").expect("a key is shown");
    format!("KK{}", rest.split('"').next().unwrap())
}

/// The key of the session has ended, and with it the session.
#[track_caller]
pub fn assert_signed_out(browser: &mut Browser) {
    let led = browser.get(PATH);
    let way = led.reply.header("location").unwrap_or_default();
    assert!(led.status == 303 && way.starts_with("/console?next="), "{led:?}");
}

/// The id of the newest key of `acme`.
fn newest_key(world: &mut World) -> String {
    let keys = world.read("/v1/account/keys");
    keys["items"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_authentication_is_edited_and_undone() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let page = browser.open(PATH);
    page.assert_has(&["Settings", "acme", "3 of 1000 phones are used", "main", "full"]);
    let saved = browser.submitted(&page, PATH, &[("api_authentication", "TOKEN_AUTH")]);
    saved.assert_has(&["The settings were saved.", "Undo"]);
    assert_eq!(world.read("/v1/account")["api_authentication"], "TOKEN_AUTH");
    browser.submitted(&saved, "/console/undo", &[]).assert_has(&["It was undone."]);
    assert_eq!(world.read("/v1/account")["api_authentication"], "BASIC_AUTH");
}

#[test]
fn a_new_key_is_shown_once() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let form = browser.open("/console/settings/keys/new");
    let typed = [("name", " "), ("scope", "routing"), ("expires_in_days", "30")];
    let refused = browser.submit(&form, KEYS, &typed);
    assert!(refused.status == 422 && refused.html().contains("id=\"name-fault\""), "{refused:?}");
    let typed = [("name", "<PBX>")];
    let page = browser.submit(&refused, KEYS, &typed);
    let key = world.keep_secret(&shown_key(&page));
    page.assert_has(&["API key of <PBX>"]);
    let called = world.call_as(("acme", &key), "GET", "/v1/phones", Value::Null);
    called.assert_problem(403, "wrong_scope");

    let again = browser.submit(&refused, KEYS, &typed);
    again.assert_has(&["was shown already"]);
    let list = browser.open(PATH);
    list.assert_has(&["main", "<PBX>", "routing", "UTC"]);
    for page in [&again, &list] {
        assert!(!page.html().contains(&key), "{page:?}");
    }
    assert_eq!(list.html().matches("&#60;PBX&#62;</a>").count(), 1, "it was made once");

    let path = format!("{KEYS}/{}", newest_key(world));
    let page = browser.open(&path);
    let list = browser.submitted(&page, &format!("{path}/delete"), &[]);
    list.assert_has(&["The key was deleted."]);
    list.assert_lacks("<PBX>");
    assert!(!world.is_valid(&key));
}

#[test]
fn a_rotated_key_ends_its_session_at_the_next_request() {
    let world = &mut World::new();
    let (mut browser, own) = (Browser::new(world), format!("{KEYS}/k0"));
    let page = browser.open(&own);
    page.assert_lacks("Delete key");
    let rotated = browser.submit(&page, &format!("{own}/rotate"), &[]);
    let later = world.keep_secret(&shown_key(&rotated));
    rotated.assert_has(&["The old key is valid until", "UTC"]);
    let page = browser.open(PATH);
    page.assert_has(&["API keys", "main"]);

    let mut browser = Browser::with_key(world, &later);
    let page = browser.open(&own);
    let rotated = browser.submit(&page, &format!("{own}/rotate"), &[("overlap_s", "0")]);
    let newest = world.keep_secret(&shown_key(&rotated));
    rotated.assert_lacks("The old key");
    assert_signed_out(&mut browser);
    assert!(world.is_valid(&newest) && !world.is_valid(&later));
}

#[test]
fn keys_that_do_not_write_see_no_forms_and_are_refused() {
    let world = &mut World::new();
    for (scope, seen) in [("read", "3 of 1000 phones are used"), ("routing", "sees no settings")] {
        let key = world.key(scope);
        let (mut other, mut browser) = (Browser::new(world), Browser::with_key(world, &key));
        let page = browser.open(PATH);
        page.assert_has(&[seen]);
        assert_eq!(page.html().matches("<form").count(), 1, "to sign out: {page:?}");
        page.assert_lacks("main");
        let token = page.form("/console/sign-out")[0].1.clone();
        for path in [
            PATH,
            KEYS,
            "/console/settings/keys/k0/rotate",
            "/console/settings/keys/k0/delete",
            "/console/settings/end-other-sessions",
        ] {
            let typed = [("csrf", &*token), ("name", "x"), ("scope", "full"), ("overlap_s", "0")];
            let refused = browser.send(path, &typed);
            assert_eq!(refused.status, 403, "{path}: {refused:?}");
            assert_eq!(browser.send(path, &typed[1..]).status, 403, "{path} without the token");
        }
        browser.open(PATH);
        other.open(PATH);
    }
}

#[test]
fn sessions_end_on_every_node() {
    World::on_each_store(|world| {
        let key = world.key("full");
        let node = world.another_server();
        let (mut browser, mut other) = (Browser::new(world), Browser::with_key(world, &key));
        let mut elsewhere = browser.on(&node);
        let page = elsewhere.open(PATH);
        page.assert_has(&["Sessions", "127.0.0.1 test full", "UTC"]);
        page.assert_has(&["Sessions", "this one 127.0.0.1 main"]);
        let mut operator = Browser::of_operator(world);
        let page = elsewhere.submitted(&page, "/console/settings/end-other-sessions", &[]);
        page.assert_has(&["All other sessions were ended.", "this one"]);
        page.assert_lacks("127.0.0.1 test full");
        assert_signed_out(&mut other);
        browser.open(PATH);
        operator.open(PATH);

        world.replace_key();
        assert_signed_out(&mut browser);
        until("the other node follows", || elsewhere.get(PATH).status == 303);
        world.set_clock_forward_us(12 * 3_600_000_000);
        assert_signed_out(&mut operator);
        node.stop();
    });
}

#[test]
fn a_key_that_was_deleted_elsewhere_has_no_page() {
    let world = &mut World::new();
    world.key("read");
    let path = format!("{KEYS}/{}", newest_key(world));
    let mut browser = Browser::new(world);
    let page = browser.open(&path);
    world.delete(&path.replace("/console/settings", "/v1/account"));
    let overlap = [("overlap_s", "60")];
    assert_eq!(browser.get(&path).status, 404);
    assert_eq!(browser.submit(&page, &format!("{path}/rotate"), &overlap).status, 404);
    assert_eq!(browser.submit(&page, &format!("{path}/delete"), &[]).status, 404);
    assert_eq!(newest_key(world), "k0");
}
