//! Signing in and out, and what ends a session.

use test_support::until;

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

on!(sqlite postgres: signs_in_and_out);
fn signs_in_and_out(world: &World) {
    let browser = Browser::open(world.server.address, Scripts::On);
    browser.go("/");
    assert_eq!(browser.path(), "/console");
    browser.sign_in(USER_NAME, "KKwrong-key");
    browser.sees("The user name or API key is not right.");
    browser.fill("API key", &world.key);
    browser.press("Sign in");
    browser.wait_for("table");
    assert_eq!(browser.path(), "/console/phones");
    browser.go("/console");
    assert_eq!(browser.path(), "/console/phones");
    browser.press("Sign out");
    browser.wait_for("#user_name");
    browser.go("/console/phones?sort=name");
    browser.sign_in(USER_NAME, &world.key);
    browser.wait_for("table");
    assert_eq!(browser.path(), "/console/phones?sort=name");
}

on!(sqlite: a_session_is_over_after_sign_out);
fn a_session_is_over_after_sign_out(world: &World) {
    let mut visitor = world.visitor();
    visitor.sign_in(USER_NAME, &world.key);
    let (first, csrf) = (visitor.cookie.clone(), visitor.csrf());
    // Whoever signs in again gets another session, whatever cookie the browser had.
    visitor.sign_in(USER_NAME, &world.key);
    assert_ne!(visitor.cookie, first);
    assert_eq!(visitor.post("/console/sign-out", &format!("csrf={csrf}"), &[]).status, 403);
    let (second, csrf) = (visitor.cookie.clone(), visitor.csrf());
    let out = visitor.post("/console/sign-out", &format!("csrf={csrf}"), &[]);
    assert_eq!((out.status, out.header("location")), (303, Some("/console")));
    visitor.cookie = second;
    assert_eq!(visitor.get("/console/phones").status, 303, "the old cookie is sent again");
}

on!(sqlite: wrong_keys_are_counted);
fn wrong_keys_are_counted(world: &World) {
    let mut visitor = world.visitor();
    for _ in 0..20 {
        assert_eq!(visitor.sign_in(USER_NAME, "KKwrong-key").status, 401);
    }
    // On a slow machine some more, as the limit fills again.
    let mut refused = visitor.sign_in(USER_NAME, "KKwrong-key");
    until("there were too many", || {
        refused = visitor.sign_in(USER_NAME, "KKwrong-key");
        refused.status != 401
    });
    assert_eq!(refused.status, 429);
    assert!(refused.body.contains("Too many wrong keys"), "{}", refused.body);
    assert!(refused.header("retry-after").is_some());
}

on!(sqlite: refuses_a_form_that_is_not_of_its_page);
fn refuses_a_form_that_is_not_of_its_page(world: &World) {
    let mut visitor = world.visitor();
    visitor.sign_in(USER_NAME, &world.key);
    let form = format!("number=4930333&name=Carl&csrf={}", visitor.csrf());
    let others = [
        ("number=4930333&name=Carl".to_owned(), vec![]),
        ("number=4930333&name=Carl&csrf=0123456789abcdef".to_owned(), vec![]),
        (form.clone(), vec![("Origin", "https://evil.example")]),
        (form.clone(), vec![("Sec-Fetch-Site", "cross-site")]),
        (form.clone(), vec![("Sec-Fetch-Site", "same-site")]),
    ];
    for (form, headers) in others {
        assert_eq!(visitor.post("/console/phones", &form, &headers).status, 403, "{headers:?}");
    }
    assert_eq!(world.home.phones(USER_NAME).len(), 3);
    assert_eq!(visitor.post("/console/phones", &form, &[]).status, 303);
    assert_eq!(world.home.phones(USER_NAME).len(), 4);
    // Nor does a page of another site sign anybody in.
    let form = format!("user_name={USER_NAME}&api_key={}", world.key);
    let forged = visitor.post("/console/sign-in", &form, &[("Sec-Fetch-Site", "cross-site")]);
    assert_eq!(forged.status, 403);
}
