//! The accounts, and the server, as operators see them.

use serde_json::{Value, json};

use super::Browser;
use super::settings::{assert_signed_out, shown_key};
use crate::world::{ACME, World};

const PATH: &str = "/console/accounts";
const OF_ACME: &str = "/console/accounts/edit?user_name=acme";

#[test]
fn an_operator_lands_on_the_accounts_and_has_no_phones() {
    let world = &World::new();
    let mut operator = Browser::of_operator(world);
    assert_eq!(operator.get("/console").reply.header("location"), Some(PATH));
    let page = operator.open(PATH);
    page.assert_has(&[
        "Accounts",
        "Settings",
        "Accounts on this page: 2",
        "acme 3 1000",
        "globex 0 1000",
    ]);
    page.assert_lacks("History");
    for (mut browser, path) in [(operator, "/console/phones"), (Browser::new(world), PATH)] {
        let page = browser.get(path);
        assert_eq!((page.status, page.reply.header("location")), (303, Some("/console")));
    }
}

#[test]
fn accounts_are_found_by_the_begin_of_their_names() {
    let world = &mut World::new();
    for number in 0..101 {
        let body = json!({"user_name": format!("acme-{number:03}"), "api_key": "0123456789"});
        world.done("POST", "/v1/operator/accounts", body);
    }
    let mut operator = Browser::of_operator(world);
    operator.open("/console/accounts?q=glo").assert_has(&["page: 1", "globex"]);
    operator.open("/console/accounts?q=a%20b").assert_has(&["No user name begins so"]);
    let page = operator.open("/console/accounts?q=acme");
    page.assert_has(&["page: 100", "acme", "acme-098", "Next page"]);
    let (before, _) = page.html().split_once("\" rel=\"next\"").expect("another page");
    let next = before.rsplit('"').next().unwrap().replace("&#38;", "&");
    let page = operator.open(&next);
    page.assert_has(&["page: 2", "acme-099", "acme-100"]);
}

#[test]
fn an_account_is_made_and_its_key_shown_once() {
    let world = &mut World::new();
    let mut operator = Browser::of_operator(world);
    let form = operator.open("/console/accounts/add");
    let typed = [("user_name", "acme"), ("api_authentication", "TOKEN_AUTH")];
    let taken = operator.submit(&form, PATH, &typed);
    assert_eq!(taken.status, 422, "{taken:?}");
    let wrong = operator.submit(&taken, PATH, &[("user_name", "a b"), ("phone_number_limit", "x")]);
    for field in ["user_name", "phone_number_limit", "api_authentication"] {
        let is_faulty = wrong.html().contains(&format!("id=\"{field}-fault\""));
        assert_eq!(is_faulty, field != "api_authentication", "{field}: {wrong:?}");
    }
    let typed = [("user_name", "initech"), ("phone_number_limit", "7")];
    let made = operator.submit(&wrong, PATH, &typed);
    let key = world.keep_secret(&shown_key(&made));
    let account = world.call_as(("initech", &key), "GET", "/v1/account", Value::Null).json;
    assert_eq!(account["phone_number_limit"], 7);
    assert_eq!(account["api_authentication"], "TOKEN_AUTH");
    operator.submit(&wrong, PATH, &typed).assert_has(&["was shown already"]);
}

#[test]
fn an_account_is_edited_unless_it_was_in_the_meantime() {
    let world = &mut World::new();
    let mut operator = Browser::of_operator(world);
    let page = operator.open(OF_ACME);
    let action = "/console/accounts/edit";
    let list = operator.submitted(&page, action, &[("phone_number_limit", "5")]);
    list.assert_has(&["acme was saved.", "acme 3 5 BASIC_AUTH"]);
    let stale = operator.submit(&page, action, &[("phone_number_limit", "6")]);
    assert_eq!(stale.status, 422, "{stale:?}");
    assert_eq!(world.read(ACME)["phone_number_limit"], 5);
    let saved = operator.submitted(&stale, action, &[]);
    saved.assert_has(&["acme 3 6 BASIC_AUTH"]);
}

#[test]
fn the_key_of_an_account_is_rotated_for_whoever_has_lost_it() {
    let world = &mut World::new();
    let (mut operator, mut account) = (Browser::of_operator(world), Browser::new(world));
    let page = operator.open(OF_ACME);
    let typed = [("overlap_s", "0")];
    let rotated = operator.submit(&page, "/console/accounts/rotate-key", &typed);
    let key = world.keep_secret(&shown_key(&rotated));
    assert!(world.is_valid(&key));
    assert_signed_out(&mut account);
}

#[test]
fn an_account_is_deleted_only_once_its_name_was_typed() {
    let world = &mut World::new();
    let mut operator = Browser::of_operator(world);
    let page = operator.open(OF_ACME);
    let action = "/console/accounts/delete";
    for typed in ["", "Acme", "globex"] {
        let refused = operator.submit(&page, action, &[("typed_name", typed)]);
        assert_eq!(refused.status, 422, "{typed}: {refused:?}");
        refused.assert_has(&["type acme to delete it"]);
    }
    let without = operator.send(action, &[("user_name", "acme"), ("typed_name", "acme")]);
    assert_eq!(without.status, 403, "without the token of the session");
    world.read(ACME);
    let list = operator.submitted(&page, action, &[("typed_name", "acme")]);
    list.assert_has(&["acme was deleted.", "page: 1", "globex"]);
    assert_eq!(world.get(ACME).status, 404);
    assert_eq!(operator.get(OF_ACME).status, 404);
}

#[test]
fn an_operator_sees_the_server_and_the_sessions_of_operators() {
    World::on_each_store(|world| {
        let (mut operator, mut other) = (Browser::of_operator(world), Browser::of_operator(world));
        Browser::new(world);
        let page = operator.open("/console/settings");
        page.assert_has(&["Ready yes", "Program", "Size of the store", "MB", "Sessions", "test"]);
        page.assert_lacks("main");
        page.assert_has(&["Newest backup not known"]);
        if !world.test_store().url().is_empty() {
            page.assert_has(&["Connected to the store from", "WAL archived last never"]);
        }
        let page = operator.submitted(&page, "/console/settings/end-other-sessions", &[]);
        page.assert_has(&["All other sessions were ended."]);
        assert_signed_out(&mut other);
    });
}
